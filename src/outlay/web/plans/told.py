"""What actual charges say of a plan, as its pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.planning.plans import Plan
from outlay.money import MONEY_CONTEXT, total
from outlay.planning.plans.model import Document, Version
from outlay.planning.plans.results import NOT_PLANNED, Actuals
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
    complete = [at for at, state in enumerate(found.states) if state == "complete"]
    row = found.total
    to_date = [MONEY_CONTEXT.subtract(row.estimate[at], row.planned[at]) for at in complete]
    return Year(estimate, variance, share_of(found), total(to_date) if to_date else None)


def figures(workspace: Workspace, plan: Plan, version: Version, view: str) -> Figures:
    """The amounts of a view of a version: ``actual`` of complete days, ``variance`` (actual less
    plan) of complete months, ``outlook`` of the whole year."""
    from outlay.app.planning.plan_actuals import actuals_of
    from outlay.app.planning.plan_outlook import outlook_of

    if view == "outlook":
        found = outlook_of(workspace, version, plan.spec.tolerance)
        return _figures(found.states, _by_line((row.line, row.estimate) for row in found.rows))
    spent = actuals_of(workspace, version.document)
    rows = _by_line(
        (
            row.line,
            [
                None if state == "future" else amount
                for state, amount in zip(spent.states, row.amounts, strict=True)
            ],
        )
        for row in spent.rows
    )
    if view == "variance":
        rows = _variance(spent, rows, version.document)
    return _figures(spent.states, rows)


def _figures(states: Sequence[str], rows: Rows) -> Figures:
    rest = rows.get(NOT_PLANNED)
    return Figures(
        {key: row for key, row in rows.items() if key != NOT_PLANNED},
        complete=sum(1 for state in states if state == "complete"),
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


def _variance(spent: Actuals, actual: Rows, document: Document) -> Rows:
    found: dict[str, Sequence[Decimal | None]] = {}
    for key, row in actual.items():
        planned = (
            [Decimal(0)] * len(row)
            if key == NOT_PLANNED
            else [cell.total for cell in document.cells(key)]
        )
        found[key] = [
            None if amount is None or state != "complete" else MONEY_CONTEXT.subtract(amount, plan)
            for amount, plan, state in zip(row, planned, spent.states, strict=True)
        ]
    return found
