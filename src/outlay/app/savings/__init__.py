"""Savings: one list of recommendations, their owners, and what became of each."""
