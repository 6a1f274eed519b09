"""Amounts of several currencies: never added, converted exactly, at rates that are stated."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.rates import MonthRates, Rate, Rates
from outlay.query import CostQuery, RateUsed, Result, Unconverted, run
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10)


class Fixed:
    """Rates by (source, target, day); none for other days."""

    def __init__(self, table: dict[tuple[str, str, date], str]) -> None:
        self.table = table

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        value = self.table.get((source, target, day))
        return Rate(source, target, Decimal(value), day, "test") if value else None


def ask(lake: SmallLake, rates: Rates | None = None, **parts: object) -> Result:
    return run(lake, CostQuery.model_validate(parts), now=NOW, rates=rates)


@pytest.fixture
def two(lake: SmallLake) -> SmallLake:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "10", "BillingCurrency": "USD", "ChargePeriodStart": "2026-01-01"},
            {"EffectiveCost": "20", "BillingCurrency": "EUR", "ChargePeriodStart": "2026-01-01"},
            {"EffectiveCost": "30", "BillingCurrency": "EUR", "ChargePeriodStart": "2026-01-02"},
        ],
    )
    return lake


def test_without_a_currency_each_has_its_own_row(two: SmallLake) -> None:
    result = ask(two)
    assert [dict(row) for row in result.rows()] == [
        {"BillingCurrency": "EUR", "EffectiveCost": 50},
        {"BillingCurrency": "USD", "EffectiveCost": 10},
    ]
    assert result.total is None
    assert result.to_json()["total"] is None
    assert result.to_json()["currency"] is None
    assert result.to_json()["totals"] == [
        {"BillingCurrency": "EUR", "EffectiveCost": "50.00"},
        {"BillingCurrency": "USD", "EffectiveCost": "10.00"},
    ]


def test_one_currency_is_used_as_it_is(two: SmallLake) -> None:
    result = ask(two, where="BillingCurrency = 'EUR'")
    assert [dict(row) for row in result.rows()] == [{"EffectiveCost": 50}]
    assert result.currency == "EUR"


def test_counts_need_no_currency(two: SmallLake) -> None:
    result = ask(two, measures="LineCount")
    assert [dict(row) for row in result.rows()] == [{"LineCount": 3}]


def test_each_day_has_its_own_rate(two: SmallLake) -> None:
    rates = Fixed(
        {
            ("EUR", "USD", date(2026, 1, 1)): "1.100000001",
            ("EUR", "USD", date(2026, 1, 2)): "1.200000000",
        }
    )
    result = ask(two, rates, currency="USD")
    assert result.total == {"EffectiveCost": Decimal("10") + Decimal("22.00000002") + 36}
    assert result.currency == "USD"
    assert result.unconverted == ()
    assert result.rates == (RateUsed("EUR", date(2026, 1, 2), Decimal("1.200000000"), "test"),)
    months = ask(two, rates, currency="USD", grain="month")
    assert [row["EffectiveCost"] for row in months.rows()] == [Decimal("68.00000002")]


def test_what_has_no_rate_stays_in_its_own_currency(two: SmallLake) -> None:
    rates = Fixed({("EUR", "USD", date(2026, 1, 1)): "1.5"})
    result = ask(two, rates, currency="USD", by="ServiceName", measures="EffectiveCost,LineCount")
    assert result.total == {"EffectiveCost": 40, "LineCount": 2}
    assert result.unconverted == (Unconverted("EUR", {"EffectiveCost": 30, "LineCount": 1}),)
    assert result.to_json()["unconverted"] == [
        {"currency": "EUR", "EffectiveCost": "30.00", "LineCount": 1}
    ]


def test_unconverted_amounts_of_the_earlier_range_are_not_counted(two: SmallLake) -> None:
    result = ask(two, Fixed({}), currency="USD", range="2026-01-02..2026-01-03", compare="previous")
    assert result.unconverted == (Unconverted("EUR", {"EffectiveCost": 30}),)
    assert result.total is not None and result.total["EffectiveCost_previous"] == 10


def test_a_month_rate_holds_for_the_whole_month(two: SmallLake) -> None:
    rates = MonthRates({("EUR", "USD", BillingPeriod(2026, 1)): Decimal("1.25")})
    result = ask(two, rates, currency="USD")
    assert result.total == {"EffectiveCost": Decimal("72.5")}
    assert result.rates[0].publisher == "month rate"


def test_the_bank_s_rates_are_the_default(two: SmallLake) -> None:
    result = ask(two, currency="USD")
    assert result.rates[0].publisher == "European Central Bank"
    # New Year's Day has the rate of the last working day before.
    assert result.rates[0].day == date(2026, 1, 2)


amounts = st.decimals(places=21, min_value=-(10**12), max_value=10**12)
rate_values = st.decimals(places=9, min_value="0.000000001", max_value=30_000)


@given(st.lists(st.tuples(amounts, rate_values), min_size=1, max_size=4))
def test_conversion_is_an_exact_product(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[Decimal, Decimal]]
) -> None:
    lake = SmallLake(tmp_path_factory.mktemp("exact"))
    charges, table = [], {}
    for number, (amount, rate) in enumerate(cells, start=1):
        day = date(2026, 1, number)
        charges.append(
            {
                "EffectiveCost": format(amount, "f"),
                "BillingCurrency": "EUR",
                "ChargePeriodStart": str(day),
            }
        )
        table["EUR", "USD", day] = format(rate, "f")
    lake.add("2026-01", charges)
    expected = total(MONEY_CONTEXT.multiply(amount, rate) for amount, rate in cells)
    result = ask(lake, Fixed(table), currency="USD")
    assert result.total is not None
    assert result.total["EffectiveCost"] == expected
    assert list(result.rows())[0]["EffectiveCost"] == expected


@pytest.mark.parametrize("by", [(), ("ResourceId",), ("SkuPriceId",), ("tags.team",)])
@pytest.mark.parametrize("amount", ["0.000000000000000000001", "99999.5", "98765432109876.5"])
def test_small_and_large_amounts_are_converted_alike(
    lake: SmallLake, by: tuple[str, ...], amount: str
) -> None:
    more: dict[str, object] = {
        "ListCost": "-3",
        "BillingCurrency": "EUR",
        "ChargeCategory": "Credit",
    }
    more["Tags"] = {"team": "a"}
    lake.add("2026-01", [{"EffectiveCost": amount, **more}] * 2)
    rates = Fixed({("EUR", "USD", date(2026, 1, 1)): "1.234567891"})
    measures = "EffectiveCost,NegotiatedSaving,Credits,CostBeforeCredits,LineCount"
    result = ask(lake, rates, currency="USD", by=by, measures=measures, limit=5)
    expected = MONEY_CONTEXT.multiply(Decimal(amount) * 2, Decimal("1.234567891"))
    assert result.total is not None
    row = {name: result.total[name] for name in measures.split(",")}
    assert row == {
        "EffectiveCost": expected,
        "NegotiatedSaving": Decimal("-7.407407346"),
        "Credits": expected,
        "CostBeforeCredits": 0,
        "LineCount": 2,
    }
    assert [r["EffectiveCost"] for r in result.rows()] == [expected]


def test_large_currencies_do_not_overflow(lake: SmallLake) -> None:
    rupiah = "98765432109876.543210987654321"
    lake.add("2026-01", [{"EffectiveCost": rupiah, "BillingCurrency": "IDR"}] * 3)
    rates = Fixed({("IDR", "USD", date(2026, 1, 1)): "0.000060000"})
    total_ = ask(lake, rates, currency="USD").total
    assert total_ is not None
    assert total_["EffectiveCost"] == MONEY_CONTEXT.multiply(Decimal(rupiah), Decimal("0.00018"))
