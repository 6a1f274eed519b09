"""What people mean to spend: budgets by period, plans by month, and what came of them."""
