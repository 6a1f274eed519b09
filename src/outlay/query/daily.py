"""Amounts by day as binary numbers, column by column: for arithmetic over many days and series.

The same question as any other (scope, splits and conversion apply); it is only read as Arrow
columns instead of exact rows, so that a series of 400 days is no Python loop. What people are
shown as an amount never comes from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from outlay.allocation.rules import Ruleset
from outlay.lake.types import Pin
from outlay.money import DateRange
from outlay.money.rates import Rate, Rates
from outlay.query.answer import Answer, RateKey
from outlay.query.model import CostQuery
from outlay.query.run import PinnableLake, Prepared, prepare, read_answer, with_splits


@dataclass(frozen=True)
class DailyAmounts:
    """`table`: ``period`` (date), ``currency``, ``d0…`` as asked by, ``amount`` (float64).

    `range` are the asked days, open ends closed by what the lake holds (None: nothing).
    `unconverted` are the currencies that no rate could convert and that are therefore missing.
    """

    query: CostQuery
    table: pa.Table
    range: DateRange | None
    unconverted: tuple[str, ...]
    snapshot: str | None


def daily(
    lake: PinnableLake,
    query: CostQuery,
    *,
    rates: Rates | None = None,
    stated: bool | None = None,
    now: datetime | None = None,
    pin: Pin | None = None,
    rules: Ruleset | None = None,
) -> DailyAmounts:
    """The first measure of a question by day; arguments and errors are those of `query.run`.

    Grain, comparison, limit and order of `query` have no part in it.
    """
    asked = query.but(
        measures=query.measures[:1], grain="day", compare=None, limit=None, sort=""
    )  # every group, in no order
    prepared = with_splits(lake, prepare(lake, asked, now=now, pin=pin, rules=rules))
    return read_answer(lake, prepared, _read, rates=rates, stated=stated)


def _read(
    answer: Answer | None,
    prepared: Prepared,
    rates: Mapping[RateKey, Rate],
    tables: Mapping[str, int],
) -> DailyAmounts:
    """The answer as Arrow; of no slice at all, an empty table."""
    table = answer.arrow() if answer is not None else _nothing(prepared)
    missing = answer.unconverted() if answer is not None else ()
    snapshot = prepared.pin.snapshot_id
    return DailyAmounts(
        prepared.query,
        table,
        prepared.range,
        tuple(str(row[0]) for row in missing),
        None if snapshot is None else str(snapshot),
    )


def _nothing(prepared: Prepared) -> pa.Table:
    names = ["currency", *(f"d{index}" for index in range(len(prepared.query.by)))]
    fields = [("period", pa.date32()), *((name, pa.string()) for name in names)]
    return pa.schema([*fields, ("amount", pa.float64())]).empty_table()
