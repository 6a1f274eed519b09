"""How much of two series' differences is the same money: what tells one cause from two.

Two series may rise alike on the same days and have no charge in common. What lies in both (a
service within an account, a team's part of a service) is asked of the ledger, for the pairs that
could be one cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from outlay.anomalies.model import Candidate
from outlay.app.anomalies.away import BEFORE_DAYS
from outlay.app.anomalies.exact import one_of
from outlay.app.anomalies.series import Batch

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

Pair = tuple[int, int]

_NEAR = timedelta(days=10)
_MOST_PAIRS = 2000
_DAY = timedelta(days=1)


def shared(
    workspace: Workspace, batch: Batch, candidates: Sequence[Candidate]
) -> dict[Pair, float] | None:
    """For each pair of candidates that could be one cause, what the lines in both series cost more
    on their common days than on as many of the four weeks before. None where it is not asked: by
    the hour, and for very many."""
    if batch.hourly:
        return None
    pairs = [
        (a, b)
        for a in range(len(candidates))
        for b in range(a + 1, len(candidates))
        if _may_be_one(batch, candidates[a], candidates[b])
    ]
    if not pairs or len(pairs) > _MOST_PAIRS:
        return None
    by: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Pair]] = {}
    for a, b in pairs:
        first, second = (batch.series[candidates[i].series].grouping for i in (a, b))
        by.setdefault((first, second), []).append((a, b))
    found: dict[Pair, float] = {}
    for (first, second), own in by.items():
        amounts = _both(workspace, batch, first, second, [
            (candidates[a], candidates[b]) for a, b in own
        ])  # fmt: skip
        for a, b in own:
            one, other = candidates[a], candidates[b]
            key = (*_key(batch, one), *_key(batch, other))
            found[a, b] = _more(amounts.get(key, {}), one, other)
    return found


def _may_be_one(batch: Batch, one: Candidate, other: Candidate) -> bool:
    first, second = batch.series[one.series], batch.series[other.series]
    return (
        first.grouping != second.grouping
        and one.direction == other.direction
        and abs(one.start - other.start) <= _NEAR
        and one.start <= other.end
        and other.start <= one.end
    )


def _key(batch: Batch, one: Candidate) -> tuple[str | None, ...]:
    return batch.series[one.series].values


def _both(
    workspace: Workspace,
    batch: Batch,
    first: tuple[str, ...],
    second: tuple[str, ...],
    pairs: Sequence[tuple[Candidate, Candidate]],
) -> dict[tuple[str | None, ...], dict[date, float]]:
    """The cost by day of what lies in a series of one grouping and in one of another."""
    from outlay.app.rates import rates_of
    from outlay.query.daily import daily

    start = min(min(a.start, b.start) for a, b in pairs) - BEFORE_DAYS * _DAY
    end = max(max(a.end, b.end) for a, b in pairs) + _DAY
    names = tuple(dict.fromkeys((*first, *second)))
    query = batch.base.but(by=names, range=f"{start}..{end}")
    query = query.narrowed(one_of(first[0], _firsts(batch, (a for a, _ in pairs))))
    query = query.narrowed(one_of(second[0], _firsts(batch, (b for _, b in pairs))))
    currency = batch.series[pairs[0][0].series].currency
    rates, stated = (None, None) if query.currency is None else rates_of(workspace, query.rates)
    answer = daily(
        workspace.lake, query, rates=rates, stated=stated, rules=workspace.rules_of(query)
    )
    columns = answer.table.to_pydict()
    found: dict[tuple[str | None, ...], dict[date, float]] = {}
    for at, amount in enumerate(columns["amount"]):
        if currency and columns["currency"][at] not in (None, currency):
            continue
        values = {name: columns[f"d{i}"][at] for i, name in enumerate(names)}
        days = found.setdefault(tuple(values[name] for name in (*first, *second)), {})
        day = columns["period"][at]
        days[day] = days.get(day, 0.0) + amount
    return found


def _firsts(batch: Batch, candidates: Iterable[Candidate]) -> set[str | None]:
    return {batch.series[one.series].values[0] for one in candidates}


def _more(amounts: dict[date, float], one: Candidate, other: Candidate) -> float:
    """What came on the common days less as many days of the four weeks before them."""
    start, end = max(one.start, other.start), min(one.end, other.end)
    before = min(one.start, other.start)
    days = (end - start).days + 1
    inside = sum(amount for day, amount in amounts.items() if start <= day <= end)
    past = sum(
        amount for day, amount in amounts.items() if before - BEFORE_DAYS * _DAY <= day < before
    )
    return inside - past * days / BEFORE_DAYS
