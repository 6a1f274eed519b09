"""The latest estimate of a plan's year: actual to date, forecast of the rest, what people add."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.kept import kept
from outlay.app.planning.plan_actuals import actuals_of, held_against
from outlay.app.planning.plan_drivers import driver_for
from outlay.app.planning.plan_forecast import ToCome
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import MONEY_CONTEXT
from outlay.planning.plans.divide import Cells, divide
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import ZERO, Document, Driver, Line, Version
from outlay.planning.plans.outlook import Known, estimated
from outlay.planning.plans.results import NOT_PLANNED, Actuals, Outlook, OutlookRow

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@served("GET /plans/{name}/outlook")
def outlook(
    workspace: Workspace, name: str, number: int | None = None, *, now: datetime | None = None
) -> Outlook:
    """The full year's outlook against a version (None: the approved one, else the draft).

    Complete days are actual; days to come are forecast (of driven lines: the metric's own forecast
    × what a unit costs of late), plus the version's adjustments of months that have not begun. A
    month without a forecast is as planned, and says so.
    """
    plan, against = held_against(workspace, name, number)
    return outlook_of(workspace, against, plan.spec.tolerance, now)


def outlook_of(
    workspace: Workspace, against: Version, tolerance: Decimal, now: datetime | None = None
) -> Outlook:
    """The outlook of a version's year; kept as long as nothing that it stands on changes."""
    return kept(
        workspace,
        "outlook",
        (against.info, tolerance),
        against.document,
        lambda: _made(workspace, against, tolerance, now or utc_now()),
    )


def _made(workspace: Workspace, against: Version, tolerance: Decimal, now: datetime) -> Outlook:
    maker = _Maker(workspace, against.document)
    rows = maker.rows()
    return Outlook(
        version=against.info,
        frame=against.document.frame,
        at=now,
        complete_until=maker.spent.complete_until,
        states=maker.spent.states,
        rows=rows,
        tolerance=tolerance,
        notes=tuple(dict.fromkeys(maker.notes)),
    )


@dataclass
class _Maker:
    """One outlook: what was spent and what is to come, by line."""

    workspace: Workspace
    document: Document
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        frame = self.document.frame
        self.spent: Actuals = actuals_of(self.workspace, self.document)
        self.to_come = ToCome(
            self.workspace, frame, self.document.months, self.spent.complete_until
        )

    def rows(self) -> tuple[OutlookRow, ...]:
        """Every line, then cost that no line has."""
        document, spent = self.document, self.spent
        found = divide(document.live, self.to_come.ask)
        self.notes += [*spent.warnings, *self.to_come.notes]
        if self.to_come.failed:
            self.notes.append(f"nothing is forecast: {self.to_come.failed}")
        rows = [self._line(line, found.lines[line.id]) for line in document.live]
        none = (ZERO,) * len(document.months)
        unplanned = {row.path: row.amounts for row in spent.rows if row.line == NOT_PLANNED}
        for path in sorted({*unplanned, *found.rest}, key=lambda p: tuple(v or "" for v in p)):
            reason = self.to_come.missing(path)
            ahead = self.to_come.unknown() if reason else found.rest.get(path, none)
            known = Known(unplanned.get(path, none), ahead, reason=reason)
            rows.append(estimated(document, None, path, known, spent.states))
        return tuple(rows)

    def _line(self, line: Line, to_come: Cells) -> OutlookRow:
        spent = self.spent.amounts(line.id)
        missing = self.to_come.failed if line.where else self.to_come.missing(line.path)
        if line.planned and not any(spent) and not any(to_come):
            missing = self.to_come.failed or "nothing is charged yet: as planned"
        if missing:
            to_come = self.to_come.unknown()
        reason = missing or ("" if line.where else self.to_come.reasons.get(line.path, ""))
        driver = self._driver(line) if line.driver is not None else None
        known = Known(spent, to_come, driver, reason)
        return estimated(self.document, line, line.path, known, self.spent.states)

    def _driver(self, line: Line) -> Driver | None:
        """The driver by the metric as it is now; None when it tells nothing, and a note why."""
        assert line.driver is not None
        if not line.driver.metric:
            return line.driver
        try:
            return driver_for(
                self.workspace, self.document.frame, line.path, line.where, line.driver.metric,
                dict(line.driver.only),
            )  # fmt: skip
        except (PlanError, QueryError) as error:
            self.notes.append(f"{line.title} keeps its volumes and unit costs: {error}")
            return line.driver


def year_of(found: Outlook) -> tuple[Decimal, Decimal, Decimal]:
    """Planned, estimated and their difference of the whole year."""
    year = found.total.year
    return year.planned, year.actual, year.variance


def share_of(found: Outlook) -> Decimal | None:
    """By how much the estimate is above the version, as a share; None where nothing is planned."""
    from outlay.money.quotients import quotient

    planned, estimate, _ = year_of(found)
    return quotient(MONEY_CONTEXT.subtract(estimate, planned), planned.copy_abs(), 6)
