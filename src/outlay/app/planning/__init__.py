"""Use cases of budgets and plans."""
