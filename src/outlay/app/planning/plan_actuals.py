"""What was spent in a plan's year, by the lines of the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.kept import kept
from outlay.app.planning.plans import get_plan
from outlay.app.planning.plans import version as version_of
from outlay.app.served import served
from outlay.money import MONEY_CONTEXT, BillingPeriod
from outlay.planning.plans.divide import Cells, divide
from outlay.planning.plans.model import ZERO, Document, Frame, Path, Version
from outlay.planning.plans.results import (
    NOT_PLANNED,
    ActualRow,
    Actuals,
    Variance,
    VarianceRow,
    states_of,
)

if TYPE_CHECKING:
    from outlay.app.planning.plans import Plan
    from outlay.app.workspace import Workspace
    from outlay.query import CostQuery, Result


@served("GET /plans/{name}/actuals")
def actuals(workspace: Workspace, name: str, number: int | None = None) -> Actuals:
    """What was spent in the year, on complete days, by the lines of a version (None: the draft,
    else the approved one). Cost that no line has is told apart."""
    return actuals_of(workspace, version_of(workspace, name, number).document)


@served("GET /plans/{name}/variance")
def variance(workspace: Workspace, name: str, number: int | None = None) -> Variance:
    """Actual cost against a version (None: the approved one, else the draft), by line and month."""
    _, against = held_against(workspace, name, number)
    return variance_of(workspace, against)


def held_against(workspace: Workspace, name: str, number: int | None) -> tuple[Plan, Version]:
    """A plan, and the version that what came of it is held against (None: the approved one, else
    the draft)."""
    plan = get_plan(workspace, name)
    if number is None and plan.approved is not None:
        return plan, plan.approved
    return plan, version_of(workspace, name, number)


def variance_of(workspace: Workspace, against: Version) -> Variance:
    """`variance` for a version."""
    spent = actuals_of(workspace, against.document)
    rows = tuple(
        VarianceRow(
            row.line, row.path, row.name, _planned(against.document, row.line),
            tuple(
                None if state == "future" else amount
                for state, amount in zip(spent.states, row.amounts, strict=True)
            ),
        )
        for row in spent.rows
    )  # fmt: skip
    return Variance(
        against.info, spent.frame, spent.complete_until, spent.states, rows, spent.warnings
    )


def actuals_of(workspace: Workspace, document: Document, cut: date | None = None) -> Actuals:
    """What was spent by the lines of a document; `cut` leaves out days from it on."""
    until = complete_until(workspace, cut)
    return kept(workspace, "actuals", until, document, lambda: _spent(workspace, document, until))


def _spent(workspace: Workspace, document: Document, until: date | None) -> Actuals:
    frame = document.frame
    states = states_of(document.months, until)
    asking = Months(workspace, frame, document.months, until)
    found = divide(document.live, asking.ask)
    rows = [
        ActualRow(line.id, line.path, line.title, _known(found.lines[line.id]))
        for line in document.live
    ]
    rows += [
        ActualRow(NOT_PLANNED, path, "", _known(cells))
        for path, cells in sorted(found.rest.items(), key=_by_text)
    ]
    warnings = tuple(dict.fromkeys((*asking.warnings, *not_loaded(workspace, document.months))))
    return Actuals(frame, until, states, tuple(rows), warnings, asking.snapshot)


def not_loaded(workspace: Workspace, months: Sequence[BillingPeriod]) -> tuple[str, ...]:
    """What is to be said of months before the ledger begins: their nought is not known, it is what
    nobody loaded."""
    began = min((s.billing_period for s in workspace.pin().slices if s.delivery.rows), default=None)
    before = [month for month in months if began is not None and month < began]
    if not before:
        return ()
    named = str(before[0]) if len(before) == 1 else f"{before[0]} to {before[-1]}"
    return (f"the ledger begins in {began}: what {named} cost is not known and counts as nought",)


def complete_until(workspace: Workspace, cut: date | None = None) -> date | None:
    """The first day that is not complete (at the latest today, or `cut`); None: no charge yet."""
    until = workspace.incomplete_from()
    if until is None:
        ends = [s.billing_period.end for s in workspace.lake.pin().slices if s.delivery.rows]
        until = max(ends, default=None)
    if until is None:
        return None
    return min(day for day in (until, workspace.today(), cut) if day is not None)


def question(frame: Frame, where: str = "") -> CostQuery:
    """A plan's question: its measure by its hierarchy, over its scope and a condition more."""
    from outlay.query import CostQuery

    return CostQuery(
        measures=(frame.measure,),
        by=frame.hierarchy,
        where=both(frame.where, where),
        currency=frame.currency,
        rates=frame.rates,
    )


def both(one: str, other: str) -> str:
    """Two conditions together."""
    given = [text for text in (one, other) if text]
    return " AND ".join(f"({text})" for text in given) if len(given) > 1 else "".join(given)


@dataclass
class Months:
    """Cost of a plan's scope by path for some months, up to a day (exclusive); remembers what had
    to be said, and the snapshot that answered."""

    workspace: Workspace
    frame: Frame
    months: Sequence[BillingPeriod]
    until: date | None
    snapshot: str | None = None

    def __post_init__(self) -> None:
        self.warnings: list[str] = []

    def ask(self, where: str) -> Mapping[Path, Cells]:
        """The months by path; nought where there is no charge."""
        first, last = self.months[0].start, self.months[-1].end
        end = min(self.until, last) if self.until is not None else first
        if end <= first:
            return {}
        query = question(self.frame, where).but(grain="month", range=f"{first}..{end}")
        result = self.workspace.query(query)
        self.snapshot = result.snapshot
        self._warn(result)
        place = {month: at for at, month in enumerate(self.months)}
        found: dict[Path, list[Decimal]] = {}
        for row in result.rows():
            path = tuple(text_of(row[name]) for name in self.frame.hierarchy)
            cells = found.setdefault(path, [ZERO] * len(self.months))
            period = row["period"]
            assert isinstance(period, date)
            amount = row[self.frame.measure]
            assert isinstance(amount, Decimal)
            at = place[BillingPeriod.of(period)]
            cells[at] = MONEY_CONTEXT.add(cells[at], amount)
        return {path: tuple(cells) for path, cells in found.items()}

    def _warn(self, result: Result) -> None:
        for lost in result.unconverted:
            self.warnings.append(
                f"charges in {lost.currency} have no rate to {self.frame.currency} and are missing"
            )


def text_of(value: object) -> str | None:
    """A value of a dimension as a plan has it: text, or None."""
    return None if value is None else str(value)


def _known(cells: Cells) -> tuple[Decimal, ...]:
    return tuple(amount if amount is not None else ZERO for amount in cells)


def _planned(document: Document, line: str) -> tuple[Decimal, ...]:
    if line == NOT_PLANNED:
        return (ZERO,) * len(document.months)
    return tuple(cell.total for cell in document.cells(line))


def _by_text(item: tuple[Path, Cells]) -> tuple[str, ...]:
    return tuple(value or "" for value in item[0])
