"""The variance of a plan's months taken apart: planned, price, volume, mix, one-off, actual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.planning.kept import kept
from outlay.app.planning.plan_actuals import actuals_of, held_against, question, text_of
from outlay.app.planning.plan_drivers import actual_volumes, last_complete
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, DateRange, total
from outlay.planning.plans.bridge import by_drivers, by_effects, folded, unplanned
from outlay.planning.plans.divide import Cells, divide
from outlay.planning.plans.errors import PlanError
from outlay.planning.plans.model import EFFECTS, ZERO, Document, Line, Path, Version
from outlay.planning.plans.results import Actuals, Bridge, BridgeError, BridgeRow, complete_of

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_WIDTH = 1 + len(EFFECTS)
"""The cost of the reference, then each part."""


@served("GET /plans/{name}/bridge")
def bridge(
    workspace: Workspace,
    name: str,
    number: int | None = None,
    *,
    first: BillingPeriod | None = None,
    last: BillingPeriod | None = None,
) -> Bridge:
    """From planned to actual of a version (None: the approved one, else the draft), for the
    complete months from `first` to `last` (inclusive; None: all complete ones).

    PlanError for a month that is not complete, or where none is; BridgeError should it not add up.
    """
    _, against = held_against(workspace, name, number)
    document = against.document
    spent = actuals_of(workspace, document)
    months = _months(document, spent, first, last)
    return kept(
        workspace,
        "bridge",
        (against.info, months),
        document,
        lambda: _made(workspace, against, spent, months),
    )


def _made(
    workspace: Workspace, against: Version, spent: Actuals, months: tuple[int, ...]
) -> Bridge:
    document = against.document
    asking = _Effects(workspace, document, months)
    found = divide(document.live, asking.ask, _WIDTH)
    rows = [_row(workspace, document, spent, line, months, found.lines[line.id], asking.notes)
            for line in document.live]  # fmt: skip
    for row in spent.rows:
        told = found.rest.get(row.path, (ZERO,) * _WIDTH)
        if not row.line and (any(told) or any(row.amounts[at] for at in months)):
            rows.append(unplanned(row.path, told, total(row.amounts[at] for at in months)))
    known = {row.path for row in spent.rows if not row.line}
    rows += [unplanned(path, told, ZERO) for path, told in found.rest.items() if path not in known]
    return Bridge(
        against.info, document.frame, document.months[months[0]], document.months[months[-1]],
        asking.reference, tuple(rows), asking.told, asking.cost,
        tuple(dict.fromkeys((*asking.notes, *spent.warnings))),
    )  # fmt: skip


def _months(
    document: Document, spent: Actuals, first: BillingPeriod | None, last: BillingPeriod | None
) -> tuple[int, ...]:
    """The places of the months that are asked for."""
    complete = complete_of(spent.states)
    if not complete:
        raise PlanError(
            f"no month of {document.frame.plan!r} is complete yet; its first is "
            f"{document.months[0]}"
        )
    start = complete[0] if first is None else document.frame.index(first)
    end = complete[-1] if last is None else document.frame.index(last)
    if start > end or end > complete[-1]:
        raise PlanError(
            f"a variance is taken apart for complete months: {document.months[complete[0]]} to "
            f"{document.months[complete[-1]]}"
        )
    return tuple(range(start, end + 1))


def _row(
    workspace: Workspace, document: Document, spent: Actuals, line: Line, months: tuple[int, ...],
    told: Cells, notes: list[str],
) -> BridgeRow:  # fmt: skip
    cost = [spent.amounts(line.id)[at] for at in months]
    if line.driver is not None and line.driver.metric:
        asked = [document.months[at] for at in months]
        try:
            reader = workspace.metrics.reader()
            counted = actual_volumes(reader, line.driver.metric, dict(line.driver.only), asked)
        except QueryError as error:
            notes.append(f"{line.title}: {error}")
            counted = (None,) * len(months)
        if None not in counted:
            return by_drivers(document, line, months, counted, cost)
        notes.append(
            f"{line.title} is told by its charges, since {line.driver.metric} does not know every "
            "day of these months"
        )
    return by_effects(document, line, months, told, total([ZERO, *cost]))


@dataclass
class _Effects:
    """The effects between the reference and the asked months, by path."""

    workspace: Workspace
    document: Document
    months: tuple[int, ...]
    notes: list[str] = field(default_factory=list)
    told: Mapping[str, Decimal] = field(default_factory=dict)
    cost: Decimal = ZERO

    def __post_init__(self) -> None:
        self.reference = self._reference()
        if self.reference is None:
            self.notes.append(
                "the ledger has no complete month before the baseline: prices cannot be compared, "
                "and all that is metered is volume"
            )

    def _reference(self) -> DateRange | None:
        """As many months as are asked for, before the baseline's first day that was not complete;
        fewer where the ledger begins later."""
        stamp = self.document.baseline
        until = stamp.complete_until if stamp else None
        before = last_complete(until or self.document.months[0].start, len(self.months))
        slices = self.workspace.pin().slices
        began = min((s.billing_period for s in slices if s.delivery.rows), default=None)
        known = [month for month in before if began is not None and month >= began]
        return DateRange(known[0].start, known[-1].end) if known else None

    def ask(self, where: str) -> Mapping[Path, Cells]:
        """(cost of the reference, parts…) of every path."""
        from outlay.app.drivers import drivers

        first = self.document.months[self.months[0]].start
        last = self.document.months[self.months[-1]].end
        query = question(self.document.frame, where).but(range=f"{first}..{last}")
        if self.reference is None:
            return self._new(query.range, where)
        against = f"{self.reference.start}..{self.reference.end}"
        report = drivers(self.workspace, query, against=against)
        if not where:
            self.notes += report.warnings
        found: dict[Path, Cells] = {}
        for one in report.bridges:
            if one.currency not in (None, self.document.frame.currency):
                raise BridgeError(f"the effects are in {one.currency}")  # a question has a currency
            if not where:
                self.told, self.cost = dict(one.told), one.before
            for group in one.groups:
                path = tuple(text_of(value) for value in group.values)
                found[path] = (group.before, *folded(group.effects))
        return found

    def _new(self, range_: str, where: str) -> Mapping[Path, Cells]:
        """Without a reference all is new."""
        frame = self.document.frame
        result = self.workspace.query(question(frame, where).but(range=range_))
        found: dict[Path, Cells] = {}
        for row in result.rows():
            amount = row[frame.measure]
            assert isinstance(amount, Decimal)
            path = tuple(text_of(row[name]) for name in frame.hierarchy)
            found[path] = (ZERO, *folded({"new": amount}))
        if not where:
            self.told = {"new": total([ZERO, *(cells[2] or ZERO for cells in found.values())])}
        return found
