"""Showback and chargeback: what each value of a virtual tag owes for a month, to the cent.

A statement is a draft, worked out when it is looked at, until its month is closed; from then on
it never changes. `build` makes drafts, `adjust` says what later restatements owe, `store` keeps
what was closed, `journal` books it.
"""
