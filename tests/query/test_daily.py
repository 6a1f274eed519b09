"""Amounts by day as binary numbers: those of the same question in full, to their last digits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from outlay.money import DateRange
from outlay.money.rates import Rate
from outlay.query import CostQuery, run
from outlay.query.daily import DailyAmounts, daily
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10)
Cells = dict[tuple[object, ...], float]


class EveryDay:
    """One rate from USD to EUR for every day; none for other currencies."""

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        value = {"USD": "0.9123456789", target: "1"}.get(source)
        return Rate(source, target, Decimal(value), day, "test") if value else None


def _cells(found: DailyAmounts, by: int) -> Cells:
    names = ["period", *(["currency"] if found.query.currency is None else [])]
    rows = found.table.to_pylist()
    names += [f"d{at}" for at in range(by)]
    cells = {tuple(row[name] for name in names): row["amount"] for row in rows}
    assert len(cells) == len(rows)
    return {key: amount for key, amount in cells.items() if amount}


@pytest.mark.parametrize("measure", ["EffectiveCost", "BilledCost", "ConsumedQuantity"])
@pytest.mark.parametrize("currency", [None, "EUR"])
def test_each_day_has_the_amount_of_the_exact_answer(
    rich_lake: SmallLake, measure: str, currency: str | None
) -> None:
    by = ("ServiceName", "RegionId")
    # What has no part in it: the comparison, the limit, the order, the grain and more measures.
    asked = CostQuery(
        measures=(measure, "ListCost"), by=by, grain="month", currency=currency, limit=1,
        compare="previous", sort="ServiceName", range="2026-01-05..2026-02-10",
    )  # fmt: skip
    rates = EveryDay() if currency else None
    found = daily(rich_lake, asked, rates=rates, now=NOW)
    same = asked.but(measures=(measure,), grain="day", compare=None, limit=None, sort="")
    exact: Cells = {}
    names = (*([] if currency else ["BillingCurrency"]), *by)
    for row in run(rich_lake, same, rates=rates, now=NOW).rows():
        amount = row[measure]
        if amount:
            key = (row["period"], *(row.get(name) for name in names))
            exact[key] = float(amount)  # type: ignore[arg-type]
    assert exact
    assert _cells(found, len(by)) == pytest.approx(exact, rel=1e-12, abs=1e-12)
    assert found.range == DateRange(date(2026, 1, 5), date(2026, 2, 10))


def test_what_no_rate_converts_is_named(lake: SmallLake) -> None:
    day = {"ChargePeriodStart": "2026-01-01"}
    lake.add("2026-01", [
        {**day, "EffectiveCost": "10", "BillingCurrency": "USD"},
        {**day, "EffectiveCost": "20", "BillingCurrency": "GBP"},
    ])  # fmt: skip
    found = daily(lake, CostQuery(currency="EUR"), rates=EveryDay(), now=NOW)
    assert found.unconverted == ("GBP",)
    assert sum(_cells(found, 0).values()) == pytest.approx(9.123456789)


def test_of_no_slice_there_are_columns_and_no_row(lake: SmallLake) -> None:
    found = daily(lake, CostQuery(by=("ServiceName",)), now=NOW)
    assert found.table.column_names == ["period", "currency", "d0", "amount"]
    assert (found.table.num_rows, found.unconverted) == (0, ())
