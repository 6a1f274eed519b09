"""The series of a question: one row of daily amounts a group, for arithmetic.

A question is asked once, by day. What is used and what is charged by a calendar (purchases,
recurring fees, taxes, support) come apart, so that a fee of the first of the month is never taken
for a rise of usage. Only complete days are in a series (`outlay.app.complete`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from outlay.app.workspace import Workspace
    from outlay.query import CostQuery
    from outlay.query.daily import DailyAmounts

HISTORY_DAYS = 760
"""How far a series goes back unless it is said: two years, so that a year repeats once."""

_PARTS = ("ChargeCategory", "ChargeFrequency", "ServiceName", "SubAccountId")
# Category and frequency say what goes by a calendar; service and account tell one fee from
# another, whatever a question is grouped by, so that its sum does not depend on the grouping.
_USED = "Usage"
_BY_USE = ("Usage-Based", None)
# A stream with charges on more than half of its days is daily, whatever its category says: daily
# credits and hourly commitment fees go up and down with the days like usage.
_DAILY_SHARE = 0.5
_DAILY_WINDOW = 56
# Usage that is billed by the week or month has a calendar too. What is new is never taken for it:
# so many charges over so many days, and on a quarter of them at most.
_RARE_CHARGES, _RARE_SPAN, _RARE_SHARE = 6, 60, 0.25


@dataclass(frozen=True)
class Stream:
    """One calendar stream of a series: `series` is the row of its key; then its charges' FOCUS
    ChargeCategory, ChargeFrequency, ServiceName and SubAccountId (None: not stated)."""

    series: int
    category: str | None
    frequency: str | None
    service: str | None = None
    account: str | None = None


@dataclass(frozen=True, eq=False)
class SeriesSet:
    """Daily series of one measure.

    `keys` are the values of `query.by`, `currencies` the currency of each key's row: two currencies
    of one group are two rows, largest first. Row i, column d of `usage` is the amount of day
    ``start + d`` that is used; `streams` are the calendar streams with their rows in
    `stream_values`. Days run from `start` to `complete_until` (exclusive). `unconverted` are
    currencies that no rate could convert and that are missing.
    """

    query: CostQuery
    measure: str
    keys: tuple[tuple[object, ...], ...]
    currencies: tuple[str | None, ...]
    start: date
    complete_until: date
    usage: NDArray[np.float64]
    streams: tuple[Stream, ...]
    stream_values: NDArray[np.float64]
    unconverted: tuple[str, ...] = ()
    snapshot: str | None = None

    @property
    def days(self) -> int:
        """How many days each series has."""
        return int(self.usage.shape[1])

    @cached_property
    def stream_series(self) -> NDArray[np.int64]:
        """The row of the key of each stream."""
        return np.array([stream.series for stream in self.streams], dtype=np.int64)

    @cached_property
    def calendar(self) -> NDArray[np.float64]:
        """The calendar part of each series, its streams added up."""
        found = np.zeros_like(self.usage)
        if self.streams:
            np.add.at(found, self.stream_series, self.stream_values)
        return found

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The whole of each series: what is used and what is charged by a calendar."""
        whole: NDArray[np.float64] = self.usage + self.calendar
        return whole

    def rows_of(self, currency: str | None) -> NDArray[np.int64]:
        """The rows of one currency."""
        return np.array([i for i, c in enumerate(self.currencies) if c == currency], dtype=np.int64)


def series_of(
    workspace: Workspace,
    query: CostQuery,
    *,
    measure: str = "",
    since: date | None = None,
    until: date | None = None,
    parts: bool = True,
    now: datetime | None = None,
) -> SeriesSet:
    """The daily series of a question, one a group of `query.by` and currency, in the reader's
    scope.

    `measure` defaults to the question's first. `since` (default: `HISTORY_DAYS` before the end) and
    `until` (exclusive; never after the last complete day) are UTC days; the question's own range
    has no part in it. Without `parts` everything counts as usage: half the work where nobody
    looks at fees. Raises QueryError and LakeError as any question does.
    """
    from outlay.app.rates import rates_of
    from outlay.query.daily import daily

    today = (now or utc_now()).date()
    end = complete_until(workspace, query, today)
    end = min(end, until) if until else end
    start = since or end - timedelta(days=HISTORY_DAYS)
    names = (*query.by, *(name for name in _PARTS if parts and name not in query.by))
    asked = query.but(
        measures=(measure or query.measures[0],),
        by=names,
        range=f"{start}..{max(end, start + _DAY)}",
        sort="",
        limit=None,
        compare=None,
    )
    rates, stated = (None, None) if query.currency is None else rates_of(workspace, query.rates)
    try:
        amounts = daily(
            workspace.lake, asked, rates=rates, stated=stated, now=now,
            rules=workspace.rules_of(asked),
        )  # fmt: skip
    except QueryError as error:
        raise _as_written(error, query) from None
    return _series(query, asked, amounts, start, end, parts)


_DAY = timedelta(days=1)


def _as_written(error: QueryError, query: CostQuery) -> QueryError:
    """An error that shows the groups that were asked for, and not those that were added to them."""
    if error.field != "by":
        return error
    return QueryError(
        error.what, field="by", text=",".join(query.by), position=error.position,
        length=error.length, allowed=error.allowed, near=error.near, hint=error.hint,
    )  # fmt: skip


def complete_until(workspace: Workspace, query: CostQuery, today: date) -> date:
    """The first day of a question's moment whose charges may still come: at the latest today."""
    found = workspace.incomplete_from(query.as_of_moment())
    if found is None:
        last = max(
            (s.billing_period.end for s in workspace.lake.pin(query.as_of_moment()).slices
             if s.delivery.rows),
            default=today,
        )  # fmt: skip
        found = last
    return min(found, today)


def _series(
    query: CostQuery, asked: CostQuery, amounts: DailyAmounts, start: date, end: date, parts: bool
) -> SeriesSet:
    """The matrices from the columns of an answer."""
    table = amounts.table
    groups, keys = _coded(table, ["currency", *(f"d{at}" for at in range(len(query.by)))])
    first = _first_day(table, start)
    days = max((end - first).days, 0)
    offset = _offsets(table, first)
    cell = table.column("amount").to_numpy(zero_copy_only=False)
    inside = (offset >= 0) & (offset < days)
    place = [f"d{asked.by.index(name)}" for name in _PARTS] if parts else []
    fine, kinds = _coded(table, place)
    pairs, rows = np.unique(groups * len(kinds) + fine, return_inverse=True)
    cells = _matrix(rows, offset, cell, inside, (len(pairs), days))
    series, kind = np.divmod(pairs, max(len(kinds), 1))
    apart = np.zeros(len(pairs), dtype=bool)
    if parts and len(pairs):
        codes = {currency: at for at, currency in enumerate({key[0] for key in keys})}
        money = np.array([codes[key[0]] for key in keys], dtype=np.int64)
        apart = _apart(cells, money[series] * len(kinds) + kind, _of_calendar(kinds)[kind])
    usage = np.zeros((len(keys), days))
    np.add.at(usage, series[~apart], cells[~apart])
    values = cells[apart]
    streams = [
        Stream(int(one), *kinds[at]) for one, at in zip(series[apart], kind[apart], strict=True)
    ]
    whole = usage.sum(axis=1) + _summed(streams, values, len(keys))
    order = np.argsort(-np.abs(whole), kind="stable")
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return SeriesSet(
        query,
        asked.measures[0],
        tuple(keys[i][1:] for i in order),
        tuple(keys[i][0] for i in order),
        first,
        max(end, first),
        usage[order],
        tuple(replace(s, series=int(back[s.series])) for s in streams),
        values,
        amounts.unconverted,
        amounts.snapshot,
    )


def _coded(
    table: pa.Table, names: list[str]
) -> tuple[NDArray[np.int64], list[tuple[str | None, ...]]]:
    """Each row's group as a number, and the values of each group."""
    if not names:
        return np.zeros(len(table), dtype=np.int64), [()]
    code = np.zeros(len(table), dtype=np.int64)
    values: list[list[object]] = []
    for name in names:
        column = table.column(name).combine_chunks().dictionary_encode()
        indices = column.indices.fill_null(len(column.dictionary)).to_numpy(zero_copy_only=False)
        values.append([*column.dictionary.to_pylist(), None])
        code = code * len(values[-1]) + indices
    found, groups = np.unique(code, return_inverse=True)
    keys = []
    for one in found.tolist():
        key: list[object] = []
        for listed in reversed(values):
            one, at = divmod(one, len(listed))
            key.append(listed[at])
        keys.append(tuple(reversed(key)))
    return groups.astype(np.int64), keys  # type: ignore[return-value]


def _first_day(table: pa.Table, start: date) -> date:
    """The first day that has anything: days before the bill began are no history."""
    import pyarrow.compute as pc

    first = pc.min(table.column("period")).as_py() if len(table) else None
    return max(start, first) if first is not None else start


def _offsets(table: pa.Table, first: date) -> NDArray[np.int64]:
    """Which day of the matrix each row is of."""
    days = table.column("period").cast("int32").to_numpy(zero_copy_only=False).astype(np.int64)
    found: NDArray[np.int64] = days - (first - date(1970, 1, 1)).days
    return found


def _of_calendar(kinds: list[tuple[str | None, ...]]) -> NDArray[np.bool_]:
    """Which kinds of charges go by a calendar as their category and frequency say."""
    return np.array(
        [bool(kind) and not (kind[0] == _USED and kind[1] in _BY_USE) for kind in kinds], dtype=bool
    )


def _apart(
    values: NDArray[np.float64], stream: NDArray[np.int64], calendar: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which rows are forecast by their own calendar: fees and the like that are not charged on
    nearly every day, and usage that has been charged on few days only for long.

    It is decided for all rows of a `stream` together: what a question is grouped by must not
    change what its sum is forecast by."""
    _, first, whole = np.unique(stream, return_index=True, return_inverse=True)
    sums = np.zeros((len(first), values.shape[1]))
    np.add.at(sums, whole, values)
    charged = sums != 0
    daily = charged[:, -_DAILY_WINDOW:].mean(axis=1) > _DAILY_SHARE
    count = charged.sum(axis=1)
    span = values.shape[1] - charged.argmax(axis=1) - charged[:, ::-1].argmax(axis=1)
    rare = (count >= _RARE_CHARGES) & (span >= _RARE_SPAN) & (count <= _RARE_SHARE * span)
    found = np.where(calendar[first], ~daily, rare)
    apart: NDArray[np.bool_] = found[whole] & (values != 0).any(axis=1)
    return apart


def _matrix(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    cells: NDArray[np.float64],
    chosen: NDArray[np.bool_] | None,
    shape: tuple[int, int],
) -> NDArray[np.float64]:
    """Rows × columns, the cells of one place added up."""
    if chosen is not None:
        rows, columns, cells = rows[chosen], columns[chosen], cells[chosen]
    flat = np.bincount(rows * shape[1] + columns, weights=cells, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def _summed(streams: list[Stream], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The whole amount of the streams of each series."""
    series = np.array([stream.series for stream in streams], dtype=np.int64)
    found = np.bincount(series, weights=values.sum(axis=1), minlength=count)
    return found.astype(np.float64)
