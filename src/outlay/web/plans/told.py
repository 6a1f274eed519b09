"""What actual charges say of a plan, as its pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.planning.plans import Plan
from outlay.planning.plans.model import Version
from outlay.planning.plans.results import (
    NOT_PLANNED,
    MonthState,
    Variance,
    VarianceRow,
    complete_of,
)
from outlay.web.plans.grid import Figures, added

VIEWS = ("actual", "variance", "outlook")
"""The views of the grid that are of what was charged."""

Rows = Mapping[str, Sequence[Decimal | None]]


@dataclass(frozen=True)
class Year:
    """A year against its plan: the outlook, what it is more than the plan in money and as a share,
    and actual less plan of the months that are complete."""

    outlook: Decimal | None
    variance: Decimal | None
    ratio: Decimal | None
    to_date: Decimal | None


def year(workspace: Workspace, plan: Plan, version: Version) -> Year:
    """The year of a version."""
    from outlay.app.planning.plan_outlook import outlook_of, share_of, year_of

    found = outlook_of(workspace, version, plan.spec.tolerance)
    _, estimate, variance = year_of(found)
    to_date = found.to_date.variance if found.complete else None
    return Year(estimate, variance, share_of(found), to_date)


def figures(workspace: Workspace, plan: Plan, version: Version, view: str) -> Figures:
    """The amounts of a view of a version: ``actual`` of complete days, ``variance`` (actual less
    plan) of complete months, ``outlook`` of the whole year."""
    from outlay.app.planning.plan_actuals import variance_of
    from outlay.app.planning.plan_outlook import outlook_of

    if view == "outlook":
        found = outlook_of(workspace, version, plan.spec.tolerance)
        return _figures(found.states, _by_line((row.line, row.estimate) for row in found.rows))
    spent = variance_of(workspace, version)
    if view == "variance":
        return _figures(spent.states, _by_line((row.line, _over(spent, row)) for row in spent.rows))
    return _figures(spent.states, _by_line((row.line, row.actual) for row in spent.rows))


def _over(spent: Variance, row: VarianceRow) -> Sequence[Decimal | None]:
    """The variance of a row's complete months."""
    return [row.variance(at) if at in spent.complete else None for at in range(len(spent.states))]


def _figures(states: Sequence[MonthState], rows: Rows) -> Figures:
    rest = rows.get(NOT_PLANNED)
    return Figures(
        {key: row for key, row in rows.items() if key != NOT_PLANNED},
        complete=len(complete_of(states)),
        unplanned=rest if rest is not None and any(rest) else None,
    )


def _by_line(rows: Iterable[tuple[str, Sequence[Decimal | None]]]) -> Rows:
    """Amounts by line; what no line has is one row."""
    found: dict[str, Sequence[Decimal | None]] = {}
    rest: list[Sequence[Decimal | None]] = []
    for line, amounts in rows:
        if line == NOT_PLANNED:
            rest.append(amounts)
        else:
            found[line] = amounts
    if rest:
        found[NOT_PLANNED] = [added(column) for column in zip(*rest, strict=True)]
    return found
