"""Budgets: what a scope may cost per period, by rules that are pure functions of amounts.

`model` is the kind, `periods` the periods that it has, `amounts` what each may cost with what is
carried over, `shape` how a period's cost is spread over its days, `thresholds` what is raised
when, `tree` who is whose part, `status` where a period stands.
"""
