"""The operations of budgets."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

BUDGETS: dict[str, Operation] = {
    "GET /budgets": Operation("list_budgets", "list[BudgetStatus]"),
    "POST /budgets": Operation("add_budgets", "list[Budget]", (), (201,)),
    "POST /budgets/preview": Operation("preview_budget", "list[BudgetPeriod]"),
    "POST /budgets/suggest": Operation("suggest_budgets", "BudgetSuggestions"),
    "GET /budgets/{name}": Operation("get_budget", "BudgetWithParts"),
    "GET /budgets/{name}/history": Operation("list_budget_history", "list[BudgetPeriodWithMarks]"),
}
