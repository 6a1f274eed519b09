"""Operations of the API: planning. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from outlay.client.shapes import (
    Budget,
    BudgetPeriod,
    BudgetPeriodWithMarks,
    BudgetStatus,
    BudgetSuggestions,
    BudgetWithParts,
    FinancePlan,
    PlanActuals,
    PlanBridge,
    PlanComparison,
    PlanDriver,
    PlanImport,
    PlanLine,
    PlanOutlook,
    PlanVariance,
    PlanVersion,
    PlanVersionInfo,
)
from outlay.client.transport import Transport, part


class Planning(Transport):
    """Methods of the client: planning."""

    def list_budgets(
        self, *, at: str | None = None, forecast: bool | None = None
    ) -> list[BudgetStatus]:
        """Every budget with where it stands. Children below their parents. `state` is over,
        heading over (by forecast), ahead (of what was to be expected by now), on track, kept
        (ended within its amount), not begun, no amount, unknown (charges that no rate
        converts), no period, or failed with its `problem`. Amounts are exact; `expected` and
        `forecast` are rounded to the currency's smallest unit."""
        found: list[BudgetStatus] = self.shaped(
            "list[BudgetStatus]", "GET", "/budgets", {"at": at, "forecast": forecast}
        )
        return found

    def add_budgets(self, body: Mapping[str, Any]) -> list[Budget]:
        """Keep several budgets at once. Name → spec. All are kept or none; a name that is taken
        is refused."""
        found: list[Budget] = self.shaped("list[Budget]", "POST", "/budgets", None, body=body)
        return found

    def get_budget(
        self, name: str, *, period: str | None = None, forecast: bool | None = None
    ) -> BudgetWithParts:
        """A budget in a period, and its children. The budget as in the list, and its `parts`:
        the budgets below it."""
        found: BudgetWithParts = self.shaped(
            "BudgetWithParts",
            "GET",
            f"/budgets/{part(name)}",
            {"period": period, "forecast": forecast},
        )
        return found

    def list_budget_history(
        self, name: str, *, count: int | None = None
    ) -> list[BudgetPeriodWithMarks]:
        """How a budget fared by period. The last periods up to the present one, newest first,
        with the thresholds passed."""
        found: list[BudgetPeriodWithMarks] = self.shaped(
            "list[BudgetPeriodWithMarks]", "GET", f"/budgets/{part(name)}/history", {"count": count}
        )
        return found

    def preview_budget(self, body: Mapping[str, Any]) -> list[BudgetPeriod]:
        """How a budget would fare. The last periods of a spec that is not kept, newest first.
        `name` is that of the budget that it would change, `count` how many periods."""
        found: list[BudgetPeriod] = self.shaped(
            "list[BudgetPeriod]", "POST", "/budgets/preview", None, body=body
        )
        return found

    def suggest_budgets(self, body: Mapping[str, Any]) -> BudgetSuggestions:
        """Budgets to begin with. One for each value of a virtual tag (`tag`), by the last
        `months` (`basis` actual) or the next month's forecast, with a `margin` in percent.
        Nothing is kept: POST /budgets keeps those that are wanted."""
        found: BudgetSuggestions = self.shaped(
            "BudgetSuggestions", "POST", "/budgets/suggest", None, body=body
        )
        return found

    def list_plans(self, *, archived: bool | None = None) -> list[FinancePlan]:
        """Every plan with its versions. Without the versions' content."""
        found: list[FinancePlan] = self.shaped(
            "list[FinancePlan]", "GET", "/plans", {"archived": archived}
        )
        return found

    def add_plan(self, body: Mapping[str, Any]) -> FinancePlan:
        """Make a plan. `name` and `spec`; 409 when there is one of that name. Its lines come
        with a baseline."""
        found: FinancePlan = self.shaped("FinancePlan", "POST", "/plans", None, body=body)
        return found

    def get_plan(self, name: str) -> FinancePlan:
        """A plan. Its settings and versions; `draft` and `approved` are version numbers."""
        found: FinancePlan = self.shaped("FinancePlan", "GET", f"/plans/{part(name)}", None)
        return found

    def list_plan_versions(self, name: str) -> list[PlanVersionInfo]:
        """The versions of a plan. Oldest first, without their content."""
        found: list[PlanVersionInfo] = self.shaped(
            "list[PlanVersionInfo]", "GET", f"/plans/{part(name)}/versions", None
        )
        return found

    def get_plan_version(self, name: str, version: int) -> PlanVersion:
        """A version with its content. Lines with their cells, adjustments, notes and history. A
        `digest` is of the document that was frozen, `previous` that of the version approved
        before."""
        found: PlanVersion = self.shaped(
            "PlanVersion", "GET", f"/plans/{part(name)}/versions/{part(version)}", None
        )
        return found

    def compare_plan_versions(self, name: str, *, before: int, after: int) -> PlanComparison:
        """Two versions line by line. The lines that differ, largest change of the year first."""
        found: PlanComparison = self.shaped(
            "PlanComparison",
            "GET",
            f"/plans/{part(name)}/compare",
            {"before": before, "after": after},
        )
        return found

    def get_plan_actuals(self, name: str, *, version: int | None = None) -> PlanActuals:
        """What was spent, by the plan's lines. Complete days alone; `line` is empty for cost
        that no line has."""
        found: PlanActuals = self.shaped(
            "PlanActuals", "GET", f"/plans/{part(name)}/actuals", {"version": version}
        )
        return found

    def get_plan_variance(self, name: str, *, version: int | None = None) -> PlanVariance:
        """Actual against planned, by line and month. `to_date` is of complete months; above
        nought is over the plan."""
        found: PlanVariance = self.shaped(
            "PlanVariance", "GET", f"/plans/{part(name)}/variance", {"version": version}
        )
        return found

    def get_plan_bridge(
        self,
        name: str,
        *,
        version: int | None = None,
        first: str | None = None,
        last: str | None = None,
    ) -> PlanBridge:
        """A variance taken apart. Planned + price + volume + mix + one-off = actual, exactly,
        for complete months."""
        found: PlanBridge = self.shaped(
            "PlanBridge",
            "GET",
            f"/plans/{part(name)}/bridge",
            {"version": version, "first": first, "last": last},
        )
        return found

    def get_plan_outlook(self, name: str, *, version: int | None = None) -> PlanOutlook:
        """The full year's latest estimate. Actual to date, forecast of the rest, adjustments of
        months to come."""
        found: PlanOutlook = self.shaped(
            "PlanOutlook", "GET", f"/plans/{part(name)}/outlook", {"version": version}
        )
        return found

    def propose_plan_driver(
        self,
        name: str,
        *,
        metric: str,
        path: Sequence[str] | None = None,
        only: Sequence[str] | None = None,
        where: str | None = None,
    ) -> PlanDriver:
        """Volume and unit cost by a metric's forecast. What `POST …/lines/{line}/driver` takes."""
        found: PlanDriver = self.shaped(
            "PlanDriver",
            "GET",
            f"/plans/{part(name)}/driver",
            {"metric": metric, "path": path, "only": only, "where": where},
        )
        return found

    def make_plan_baseline(
        self, name: str, body: Mapping[str, Any] | None = None
    ) -> PlanVersionInfo:
        """Make the draft's baseline. `method` (forecast, last-year, growth, flat) and `growth`
        in per cent, in place of the plan's own; `cut` a day from which nothing is known;
        `revision` that was looked at."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/baseline", None, body=body
        )
        return found

    def start_plan_draft(self, name: str, body: Mapping[str, Any] | None = None) -> PlanVersionInfo:
        """Start a draft. With the content of the version `of` (the approved one); `kind` is
        budget or estimate."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/draft", None, body=body
        )
        return found

    def discard_plan_draft(self, name: str) -> None:
        """Throw the draft away. What was submitted once stays."""
        self.json("DELETE", f"/plans/{part(name)}/draft", None)

    def edit_plan_cells(self, name: str, body: Mapping[str, Any]) -> PlanVersionInfo:
        """Change cells. All or none, with a `reason`. A cell is of a `line` or, for a sum,
        below a `path`; `how` is set (default) or add, `of` is amount, volume or unit_cost,
        `effect` is volume, price, mix or one-off. With `revision`, 409 when somebody else
        changed one of the cells since."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/cells", None, body=body
        )
        return found

    def take_back_plan_adjustments(self, name: str, body: Mapping[str, Any]) -> PlanVersionInfo:
        """Take adjustments back. By their numbers; both the adjustment and its opposite are
        kept."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/take-back", None, body=body
        )
        return found

    def undo_plan_edit(self, name: str, body: Mapping[str, Any] | None = None) -> PlanVersionInfo:
        """Undo. Take back one's own newest edit of cells."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/undo", None, body=body
        )
        return found

    def redo_plan_edit(self, name: str, body: Mapping[str, Any] | None = None) -> PlanVersionInfo:
        """Redo. Do one's own newest undone edit again."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/redo", None, body=body
        )
        return found

    def add_plan_note(self, name: str, body: Mapping[str, Any]) -> PlanVersionInfo:
        """Note something. On a `line`, one of its months (`month`), or the plan."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/notes", None, body=body
        )
        return found

    def add_plan_line(self, name: str, body: Mapping[str, Any]) -> PlanLine:
        """Add a line. What is not there yet: a `path` with a value for each level, `amounts` by
        month, and perhaps `name`, a condition (`where`), `note`, `driver`."""
        found: PlanLine = self.shaped(
            "PlanLine", "POST", f"/plans/{part(name)}/lines", None, body=body
        )
        return found

    def change_plan_line(self, name: str, line: str, body: Mapping[str, Any]) -> PlanLine:
        """Change a line. Its `name`, or its condition (`where`)."""
        found: PlanLine = self.shaped(
            "PlanLine", "PATCH", f"/plans/{part(name)}/lines/{part(line)}", None, body=body
        )
        return found

    def remove_plan_line(
        self, name: str, line: str, *, reason: str, revision: int | None = None
    ) -> PlanVersionInfo:
        """Remove a line. It is kept, and can be restored."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo",
            "DELETE",
            f"/plans/{part(name)}/lines/{part(line)}",
            {"reason": reason, "revision": revision},
        )
        return found

    def restore_plan_line(self, name: str, line: str, body: Mapping[str, Any]) -> PlanLine:
        """Restore a line. Put a removed line back."""
        found: PlanLine = self.shaped(
            "PlanLine", "POST", f"/plans/{part(name)}/lines/{part(line)}/restore", None, body=body
        )
        return found

    def drive_plan_line(self, name: str, line: str, body: Mapping[str, Any]) -> PlanLine:
        """Drive a line. Make it volume × unit cost by month (`GET …/driver` proposes them), or
        no longer so (`driver` null)."""
        found: PlanLine = self.shaped(
            "PlanLine", "POST", f"/plans/{part(name)}/lines/{part(line)}/driver", None, body=body
        )
        return found

    def submit_plan(self, name: str, body: Mapping[str, Any] | None = None) -> PlanVersionInfo:
        """Submit the draft. It cannot be changed until somebody decides. `note`, and the
        `revision` looked at."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo", "POST", f"/plans/{part(name)}/submit", None, body=body
        )
        return found

    def approve_plan_version(
        self, name: str, version: int, body: Mapping[str, Any] | None = None
    ) -> PlanVersionInfo:
        """Approve a version. It never changes again. Not by who submitted it, unless nobody
        else could."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo",
            "POST",
            f"/plans/{part(name)}/versions/{part(version)}/approve",
            None,
            body=body,
        )
        return found

    def reject_plan_version(
        self, name: str, version: int, body: Mapping[str, Any]
    ) -> PlanVersionInfo:
        """Reject a version. With the `reason`; a new draft of it goes on."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo",
            "POST",
            f"/plans/{part(name)}/versions/{part(version)}/reject",
            None,
            body=body,
        )
        return found

    def export_plan(self, name: str, *, version: int | None = None) -> PlanVersion:
        """A version as a file. A workbook holds all of the version, and can be imported again."""
        found: PlanVersion = self.shaped(
            "PlanVersion", "GET", f"/plans/{part(name)}/export", {"version": version}
        )
        return found

    def preview_plan_import(
        self, name: str, content: bytes | str, *, file: str | None = None
    ) -> PlanImport:
        """What an import would do. The body is the file; nothing is changed."""
        found: PlanImport = self.shaped(
            "PlanImport",
            "POST",
            f"/plans/{part(name)}/import/preview",
            {"file": file},
            data=content,
            headers={
                "Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            },
        )
        return found

    def import_plan(
        self, name: str, content: bytes | str, *, file: str | None = None, reason: str | None = None
    ) -> PlanVersionInfo:
        """Import a file. The body is the file. What was changed in it becomes adjustments, all
        or none."""
        found: PlanVersionInfo = self.shaped(
            "PlanVersionInfo",
            "POST",
            f"/plans/{part(name)}/import",
            {"file": file, "reason": reason},
            data=content,
            headers={
                "Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            },
        )
        return found
