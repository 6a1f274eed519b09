"""What actual charges say of a plan, as its pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.app import Workspace
from outlay.app.planning.plans import Plan
from outlay.money import MONEY_CONTEXT
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
    return Year(None, None, None, None)


def figures(workspace: Workspace, plan: Plan, version: Version, view: str) -> Figures:
    """The amounts of a view of a version: ``actual`` of complete days, ``variance`` (actual less
    plan) of complete months, ``outlook`` of the whole year."""
    from outlay.app.planning.plan_actuals import actuals_of

    spent = actuals_of(workspace, version.document)
    if view == "actual":
        return _figures(spent, _actual(spent))
    return _figures(spent, _variance(spent, version.document))


def _figures(spent: Actuals, rows: Rows) -> Figures:
    rest = rows.get(NOT_PLANNED)
    return Figures(
        {key: row for key, row in rows.items() if key != NOT_PLANNED},
        complete=sum(1 for state in spent.states if state == "complete"),
        unplanned=rest if rest is not None and any(rest) else None,
    )


def _actual(spent: Actuals) -> Rows:
    """What was charged by line, nothing for months to come; what no line has is one row."""
    found: dict[str, Sequence[Decimal | None]] = {}
    rest: list[Sequence[Decimal | None]] = []
    for row in spent.rows:
        amounts = [
            None if state == "future" else amount
            for state, amount in zip(spent.states, row.amounts, strict=True)
        ]
        if row.line == NOT_PLANNED:
            rest.append(amounts)
        else:
            found[row.line] = amounts
    if rest:
        found[NOT_PLANNED] = [added([one[at] for one in rest]) for at in range(len(spent.states))]
    return found


def _variance(spent: Actuals, document: Document) -> Rows:
    found: dict[str, Sequence[Decimal | None]] = {}
    for key, row in _actual(spent).items():
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
