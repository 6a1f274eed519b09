"""Planned changes, counted: what each adds to which line of a forecast, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from outlay.access import current, whole_ledger
from outlay.app.forecasting.answer import CountedChange
from outlay.app.forecasting.model import PLANNED_CHANGE, PlannedChangeSpec
from outlay.expression import condition_text
from outlay.lake import LakeError
from outlay.query import CostQuery, QueryError
from outlay.query.measures import MEASURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from outlay.app.forecasting.reckoned import Block
    from outlay.app.forecasting.series import SeriesSet
    from outlay.app.workspace import Workspace

    Floats = NDArray[np.float64]

SHARE_DAYS = 28
"""An amount's part of a group is the group's part of its scope in the last four weeks."""

PART = "a part of an amount"
"""The effect as a reader of a part is told it: the whole amount beside their part of it would tell
what all of the change's scope costs, of which they see a part."""

_SAVING = "CommitmentSaving"
_SAVED_MEASURES = ("EffectiveCost", "CostBeforeCredits")
_COSTS = ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost", "CostBeforeCredits")
# What people plan to spend: an amount of it is no credit, no tax and no saving.


@dataclass(frozen=True)
class _Asked:
    """What every change is counted in."""

    workspace: Workspace
    series: SeriesSet
    blocks: Sequence[Block]
    start: date
    end: date
    now: datetime

    @property
    def horizon(self) -> int:
        return (self.end - self.start).days

    def block(self, currency: str | None) -> Block | None:
        """The block of a currency that has a forecast."""
        found = next((b for b in self.blocks if b.currency == currency), None)
        return found if found is not None and found.total.mean is not None else None

    def row(self, key: tuple[object, ...], currency: str | None) -> int:
        """The row of a group; of one beyond the largest, the row of all others."""
        return self.places.get((key, currency), self.places.get(((), currency), -1))

    @cached_property
    def places(self) -> dict[tuple[tuple[object, ...], str | None], int]:
        """The row of each group and currency."""
        pairs = zip(self.series.keys, self.series.currencies, strict=True)
        return {pair: row for row, pair in enumerate(pairs)}

    def sums(self, where: str, measure: str = "", query: CostQuery | None = None) -> _Sums:
        """Amounts of the last weeks by group and currency, of what a condition narrows."""
        from outlay.app.forecasting.series import series_of

        asked = self.series.query if query is None else query
        asked = asked.narrowed(where) if where else asked
        since = self.start - timedelta(days=SHARE_DAYS)
        found = series_of(
            self.workspace, asked, measure=measure or self.series.measure, since=since,
            until=self.start, parts=False, now=self.now,
        )  # fmt: skip
        # A group that began within these weeks has fewer days: the sum is over all of them.
        amounts = found.values.sum(axis=1)
        return {
            (key, currency): amount
            for key, currency, amount in zip(
                found.keys, found.currencies, amounts.tolist(), strict=True
            )
        }


_Sums = Mapping[tuple[tuple[object, ...], str | None], float]


def counted(
    workspace: Workspace,
    series: SeriesSet,
    blocks: Sequence[Block],
    start: date,
    end: date,
    now: datetime,
) -> tuple[CountedChange, ...]:
    """Put every planned change that the reader may see on the lines that it is about."""
    changes = [
        (one.name, one.spec)
        for one in workspace.resources.list(PLANNED_CHANGE.name)
        if isinstance(one.spec, PlannedChangeSpec)
    ]
    asked = _Asked(workspace, series, blocks, start, end, now)
    found = []
    for name, spec in sorted(changes, key=lambda item: (item[1].from_, item[0])):
        if spec.from_ >= end or (spec.until is not None and spec.until <= start):
            continue  # nothing of it is in the days to come
        told = _count(asked, name, spec)
        if told is not None:
            found.append(told)
    return tuple(found)


def _count(asked: _Asked, name: str, spec: PlannedChangeSpec) -> CountedChange | None:
    """One change; None where the reader's scope has nothing to do with it."""
    try:
        added, reason = _added(asked, spec)
    except (QueryError, LakeError) as error:
        added, reason = {}, f"its condition cannot be asked: {error}"
    if not added and not current().whole:
        return None
    return CountedChange(
        name=name,
        title=spec.title or name,
        effect=spec.effect if current().whole or not _is_amount(spec) else PART,
        day=spec.from_,
        until=spec.until,
        amounts=added,
        reason=reason,
    )


def _is_amount(spec: PlannedChangeSpec) -> bool:
    return spec.per_day is not None or spec.once is not None


def _added(asked: _Asked, spec: PlannedChangeSpec) -> tuple[dict[str, Decimal], str]:
    """What a change adds by currency over the horizon, and why nothing ('' where something)."""
    if spec.ends:
        return _ending(asked, spec)
    if spec.from_ < asked.start and spec.until is None:
        return {}, "it began before the forecast: history has it"
    if spec.percent is not None:
        return _by_percent(asked, spec)
    return _by_amount(asked, spec, asked.sums(spec.where))


def _days(asked: _Asked, spec: PlannedChangeSpec) -> tuple[Floats, bool]:
    """1 on each day that a change changes; and whether it began before: then history has it, and
    what changes is its end."""
    day = np.arange(asked.horizon)
    first = (spec.from_ - asked.start).days
    last = asked.horizon if spec.until is None else (spec.until - asked.start).days
    if spec.once is not None:
        return (day == first).astype(np.float64), False
    if first < 0:
        return (day >= last).astype(np.float64), True
    return ((day >= first) & (day < last)).astype(np.float64), False


def _by_percent(asked: _Asked, spec: PlannedChangeSpec) -> tuple[dict[str, Decimal], str]:
    """A share of what its scope would be: the scope is forecast by itself, so that what is added
    is the same whatever the question is grouped by."""
    from outlay.app.forecasting.forecasting import calendar_of
    from outlay.app.forecasting.reckoned import reckon
    from outlay.app.forecasting.series import series_of

    assert spec.percent is not None
    days, ends = _days(asked, spec)
    factor = 1 + np.float64(spec.percent) / 100
    if ends and factor <= 0:
        return {}, "what it ended is in history as nothing: say an amount per day for its return"
    step = 1 / factor - 1 if ends else factor - 1
    query = asked.series.query
    found = series_of(
        asked.workspace, query.narrowed(spec.where) if spec.where else query,
        measure=asked.series.measure, until=asked.start, now=asked.now,
    )  # fmt: skip
    added: dict[str, float] = {}
    reason = "no charge of this question meets its condition"
    for narrow in reckon(found, asked.horizon, calendar_of(asked.workspace)):
        block = asked.block(narrow.currency)
        if block is None or narrow.total.mean is None:
            reason = narrow.total.reason or f"nothing in {narrow.currency} is forecast here"
            continue
        by = step * days
        for row, line in narrow.rows.items():
            if line.mean is not None:
                block.change(asked.row(found.keys[row], narrow.currency), by * line.mean)
        if narrow.rest is not None and narrow.rest.mean is not None:
            alone = next(row for row, line in narrow.rows.items() if line.mean is None)
            block.change(asked.row(found.keys[alone], narrow.currency), by * narrow.rest.mean)
        added[block.currency or ""] = (by * narrow.total.mean).sum().item()
    return _told(added), "" if added else reason


def _by_amount(
    asked: _Asked, spec: PlannedChangeSpec, sums: _Sums
) -> tuple[dict[str, Decimal], str]:
    """An amount of money: by the parts that the groups have in its scope; a line of its own where
    nothing is charged in it yet."""
    if MEASURES[asked.series.measure].kind != "money":
        return {}, "it is an amount of money, and this forecast is none"
    if asked.series.measure not in _COSTS:
        title = MEASURES[asked.series.measure].title.lower()
        return {}, f"it is an amount of cost, which says nothing of {title}"
    amount, block, reason = _converted(asked, spec)
    if block is None:
        return {}, reason
    days, ends = _days(asked, spec)
    by = (-amount if ends else amount) * days
    of_all = _scope_sum(asked, spec, block.currency)
    where = asked.series.query.where
    if spec.where and of_all > 0:
        placed = _placed(asked, sums, block, of_all)
        for row, part in placed.items():
            block.change(row, by * part)
        if not placed:
            return {}, "no charge of this question meets its condition"
        return _told({block.currency or "": by.sum().item() * sum(placed.values())}), ""
    if where not in ("", spec.where) or not current().whole:
        return {}, "nothing is charged in its scope yet: its part of this question is not known"
    block.plan(f"Planned: {spec.title or spec.effect}", by)
    return _told({block.currency or "": by.sum().item()}), ""


def _placed(asked: _Asked, sums: _Sums, block: Block, of_all: float) -> dict[int, float]:
    """Each row's part of an amount. Together they are what the question has of the scope, credits
    taken off, so that the total is the same whatever it is grouped by; it is shared by the rows
    that cost something."""
    rows = [(row, part) for found, row, part in _rows(asked, sums) if found is block]
    whole = min(sum(part for _, part in rows) / of_all, 1.0)
    costs = {row: part for row, part in rows if part > 0}
    if whole <= 0:
        return {}
    return {row: whole * part / sum(costs.values()) for row, part in costs.items()}


def _scope_sum(asked: _Asked, spec: PlannedChangeSpec, currency: str | None) -> float:
    """What the whole ledger has in a change's scope: of this, a question and a reader have a
    part."""
    query = asked.series.query.but(by=(), where="")
    with whole_ledger():
        sums = asked.sums(spec.where, query=query)
    return sum(amount for (_, found), amount in sums.items() if found == currency)


def _converted(asked: _Asked, spec: PlannedChangeSpec) -> tuple[float, Block | None, str]:
    """The amount in the currency of a block, and the block; or why there is none."""
    from outlay.app.rates import rates_of
    from outlay.money.rates import ecb_rates

    given = spec.per_day if spec.per_day is not None else spec.once
    assert given is not None
    target = asked.series.query.currency or spec.currency
    block = asked.block(target)
    if block is None:
        return 0.0, None, f"nothing in {target} is forecast here"
    if target == spec.currency:
        return np.float64(given), block, ""
    rates, _ = rates_of(asked.workspace, asked.series.query.rates)
    rate = (rates or ecb_rates()).rate(spec.currency, target, asked.start - timedelta(days=1))
    if rate is None:
        return 0.0, None, f"there is no rate from {spec.currency} to {target}"
    return np.float64(given) * np.float64(rate.value), block, ""


def _ending(asked: _Asked, spec: PlannedChangeSpec) -> tuple[dict[str, Decimal], str]:
    """A commitment that is not renewed: what it saves a day is no longer saved."""
    if asked.series.measure not in _SAVED_MEASURES:
        return {}, "it is reckoned for effective cost only"
    if spec.from_ < asked.start:
        return {}, "it ended before the forecast: history has it"
    where = commitment_where(spec.ends)
    saved = asked.sums(f"({where}) AND ({spec.where})" if spec.where else where, _SAVING)
    days, _ = _days(asked, spec)
    added: dict[str, float] = {}
    for block, row, part in _rows(asked, saved):
        by = part / SHARE_DAYS * days
        block.change(row, by)
        added[block.currency or ""] = added.get(block.currency or "", 0.0) + by.sum().item()
    return _told(added), "" if added else "no charge of the last four weeks names this commitment"


def commitment_where(identifier: str) -> str:
    """The condition on the charges of a commitment."""
    from outlay.expression.dimensions import parse_dimension
    from outlay.expression.tree import Comparison, Ref, Text

    return condition_text(
        Comparison("=", Ref(parse_dimension("CommitmentDiscountId")), Text(identifier))
    )


def _rows(asked: _Asked, sums: _Sums) -> list[tuple[Block, int, float]]:
    """The rows that have an amount, each with its block; groups beyond the largest are one row."""
    found: dict[int, float] = {}
    for (key, currency), amount in sums.items():
        row = asked.row(key, currency)
        if row >= 0 and amount:
            found[row] = found.get(row, 0.0) + amount
    placed = []
    for row, amount in found.items():
        block = asked.block(asked.series.currencies[row])
        if block is not None:
            placed.append((block, row, amount))
    return placed


def _told(added: Mapping[str, float]) -> dict[str, Decimal]:
    """Amounts over the horizon for people, to two decimals: the lines have the exact ones."""
    return {currency: Decimal(f"{amount:.2f}") for currency, amount in added.items()}
