"""What changed between two pins, worked out from the roll-ups of the slices that differ."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from outlay.focus.sql import literal, quoted
from outlay.lake.engine.duckdb import parquet
from outlay.lake.rollups import tags_of
from outlay.lake.schema import ALLOCATED_TAGS
from outlay.lake.types import (
    MEASURE_COLUMNS,
    DimensionChange,
    LakeError,
    MeasureChange,
    Pin,
    RestatementReport,
    Slice,
    SliceChange,
)
from outlay.money import BillingPeriod

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

_OWN = {
    "x_SourceName": lambda s: literal(s.source),
    "x_BillingPeriod": lambda s: f"DATE '{s.billing_period.start}'",
}
_DAYS = {
    "ChargeDay": "ChargeDay",
    "ChargeMonth": "CAST(date_trunc('month', ChargeDay) AS DATE)",
}
_Sums = dict[tuple[tuple[Any, ...], str], list[Decimal]]


def report(lake: "Lake", before: Pin, after: Pin, by: Sequence[str] = ()) -> RestatementReport:
    """The restatement report from `before` to `after`.

    `by` may hold context columns, `tags.KEY`, ChargeDay, ChargeMonth, x_SourceName and
    x_BillingPeriod. Raises LakeError for another dimension, or when roll-ups are gone.
    """
    old = {(s.source, s.billing_period): s for s in before.slices}
    new = {(s.source, s.billing_period): s for s in after.slices}
    changed = [slot for slot in sorted({*old, *new}) if _id(old.get(slot)) != _id(new.get(slot))]
    connection = lake.connect()
    try:
        slices = tuple(
            _slice_change(lake, connection, slot, old.get(slot), new.get(slot)) for slot in changed
        )
        rows: tuple[DimensionChange, ...] = ()
        if by:
            rows = _rows(
                _all_sums(lake, connection, [old[s] for s in changed if s in old], by),
                _all_sums(lake, connection, [new[s] for s in changed if s in new], by),
            )
    finally:
        connection.close()
    return RestatementReport(before, after, tuple(by), slices, rows)


def _id(current: Slice | None) -> str | None:
    return current.delivery.id if current else None


def _slice_change(
    lake: "Lake",
    connection: duckdb.DuckDBPyConnection,
    slot: tuple[str, BillingPeriod],
    old: Slice | None,
    new: Slice | None,
) -> SliceChange:
    before = _sums(lake, connection, old, ()) if old else {}
    after = _sums(lake, connection, new, ()) if new else {}
    measures = [
        change
        for currency in sorted({currency for _, currency in (*before, *after)})
        for change in _changes(currency, before.get(((), currency)), after.get(((), currency)))
    ]
    return SliceChange(
        source=slot[0],
        billing_period=slot[1],
        cause=new.delivery.cause if new else "removed",
        before=_id(old),
        after=_id(new),
        rows_before=old.delivery.rows if old else 0,
        rows_after=new.delivery.rows if new else 0,
        measures=tuple(measures),
    )


def _changes(
    currency: str, before: list[Decimal] | None, after: list[Decimal] | None
) -> list[MeasureChange]:
    zeros = [Decimal(0)] * (len(MEASURE_COLUMNS) + 1)
    return [
        MeasureChange(measure, currency, old, new)
        for measure, old, new in zip(
            (*MEASURE_COLUMNS, "LineCount"), before or zeros, after or zeros, strict=True
        )
    ]


def _rows(before: _Sums, after: _Sums) -> tuple[DimensionChange, ...]:
    """Combinations in which any measure changed, by their values (null last)."""
    found = []
    for values in sorted({values for values, _ in (*before, *after)}, key=_sortable):
        currencies = sorted({c for v, c in (*before, *after) if v == values})
        changes = [
            change
            for currency in currencies
            for change in _changes(
                currency, before.get((values, currency)), after.get((values, currency))
            )
        ]
        if any(change.change for change in changes):
            found.append(DimensionChange(values, tuple(changes)))
    return tuple(found)


def _sortable(values: tuple[str | date | None, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, str(value)) for value in values)


def _all_sums(
    lake: "Lake", connection: duckdb.DuckDBPyConnection, slices: Sequence[Slice], by: Sequence[str]
) -> _Sums:
    found: _Sums = {}
    for current in slices:
        for key, amounts in _sums(lake, connection, current, by).items():
            sofar = found.get(key)
            found[key] = amounts if sofar is None else _added(sofar, amounts)
    return found


def _added(left: list[Decimal], right: list[Decimal]) -> list[Decimal]:
    from outlay.money import total

    return [total(pair) for pair in zip(left, right, strict=True)]


def _sums(
    lake: "Lake", connection: duckdb.DuckDBPyConnection, current: Slice, by: Sequence[str]
) -> _Sums:
    """(dimension values, currency) → the measures of one slice, from its daily roll-up."""
    pin = Pin(None, None, (current,))
    daily = parquet(lake.rollup_paths(pin, "daily")[current.delivery.id])
    contexts = parquet(lake.rollup_paths(pin, "contexts")[current.delivery.id])
    dimensions = [_dimension(current, name) for name in by]
    listing = "".join(f"{sql} AS d{at}, " for at, sql in enumerate(dimensions))
    places = "".join(f"d{at}, " for at in range(len(by)))
    sums = ", ".join(f"coalesce(sum({measure}), 0)" for measure in MEASURE_COLUMNS)
    rows = connection.execute(
        f"SELECT {places}BillingCurrency, {sums}, CAST(sum(LineCount) AS BIGINT) FROM "
        f"(SELECT {listing}BillingCurrency, d.* FROM {daily} d JOIN {contexts} c "
        "USING (ContextId)) GROUP BY ALL"
    ).fetchall()
    width = len(by)
    return {
        (tuple(row[:width]), row[width]): [Decimal(value) for value in row[width + 1 :]]
        for row in rows
    }


def _dimension(current: Slice, name: str) -> str:
    if name in _OWN:
        return _OWN[name](current)
    if name in _DAYS:
        return _DAYS[name]
    if name.lower().startswith("tags."):
        return f"({tags_of(current.delivery.context_columns, 'c.')})[{literal(name[5:])}]"
    if name in current.delivery.context_columns and name not in ("Tags", ALLOCATED_TAGS):
        return f"c.{quoted(name)}"
    if name in current.delivery.columns:
        return "CAST(NULL AS VARCHAR)"
    if name.startswith("x_"):
        return "CAST(NULL AS VARCHAR)"
    allowed = ", ".join([*_OWN, *_DAYS, "tags.KEY", *current.delivery.context_columns])
    raise LakeError(f"a restatement report cannot be by {name!r}; allowed are {allowed}")
