"""Rates that a bill states go before published ones, charge by charge, whatever table answers."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from outlay.money import MONEY_CONTEXT
from outlay.money.rates import Rate, Rates
from outlay.query import CostQuery, Result, Unconverted, run
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10)
COLUMN = "x_BillingExchangeRate"
BYS = [(), ("ServiceName",), ("tags.team",), ("ResourceId",), ("ChargeDay",), ("SkuPriceId",)]


class Flat:
    """One published rate for everything."""

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        return Rate(source, target, Decimal("1.5"), day, "published")


def euro(
    cost: str, stated: str | None, day: str = "2026-01-01", **more: object
) -> dict[str, object]:
    """A charge billed in euros and priced in dollars."""
    return {
        "EffectiveCost": cost,
        "BillingCurrency": "EUR",
        "PricingCurrency": "USD",
        "ChargePeriodStart": day,
        COLUMN: stated,
        **more,
    }


def ask(lake: SmallLake, rates: Rates | None = None, **parts: object) -> Result:
    query = CostQuery.model_validate({"currency": "USD", **parts})
    return run(lake, query, now=NOW, rates=rates or Flat(), stated=True)


def effective(result: Result) -> object:
    assert result.total is not None
    return result.total["EffectiveCost"]


@pytest.fixture
def azure(lake: SmallLake) -> SmallLake:
    lake.add(
        "2026-01",
        [
            euro("80", "0.8", Tags={"team": "a"}, ResourceId="vm"),
            euro("5", "0.5", Tags={"team": "b"}),
            euro("10", None, day="2026-01-02"),
            euro("20", "soon", day="2026-01-02"),
            {"EffectiveCost": "7", "BillingCurrency": "USD", "PricingCurrency": "USD", COLUMN: "1"},
        ],
        source="azure",
        columns=(COLUMN,),
    )
    return lake


@pytest.mark.parametrize("by", BYS)
@pytest.mark.parametrize("grain", ["none", "day", "month"])
def test_each_charge_goes_by_its_own_rate(
    azure: SmallLake, by: tuple[str, ...], grain: str
) -> None:
    result = ask(azure, by=by, grain=grain)
    # 80 / 0.8, 5 / 0.5, then the published 1.5 for what states none, and dollars as they are.
    assert effective(result) == 100 + 10 + 15 + 30 + 7
    assert sum(Decimal(str(row["EffectiveCost"])) for row in result.rows()) == 162
    assert result.unconverted == ()


def test_groups_are_right_too(azure: SmallLake) -> None:
    rows = {row["tags.team"]: row["EffectiveCost"] for row in ask(azure, by="tags.team").rows()}
    assert rows == {"a": 100, "b": 10, None: 52}


def test_a_column_that_only_charges_have_is_read_there(lake: SmallLake) -> None:
    lake.add("2026-01", [euro("80", "0.8")], columns=(COLUMN,), context=())
    assert effective(ask(lake)) == 100


def test_every_rate_is_told_with_its_publisher(azure: SmallLake) -> None:
    told = {(rate.publisher, rate.source, rate.value, rate.others) for rate in ask(azure).rates}
    assert ("published", "EUR", Decimal("1.5"), 0) in told
    (own,) = [rate for rate in ask(azure).rates if rate.publisher == "stated by azure"]
    assert own.day == date(2026, 1, 1) and own.value in (Decimal("1.25"), Decimal(2))
    assert own.others == 1


def test_another_currency_than_the_priced_one_goes_by_published_rates(azure: SmallLake) -> None:
    result = ask(azure, currency="GBP")
    assert effective(result) == Decimal("1.5") * (80 + 5 + 10 + 20 + 7)


def test_a_question_may_leave_stated_rates_aside(azure: SmallLake) -> None:
    query = CostQuery.model_validate({"currency": "USD"})
    result = run(azure, query, now=NOW, rates=Flat())
    assert effective(result) == Decimal("1.5") * (80 + 5 + 10 + 20) + 7


def test_google_states_how_much_a_dollar_was(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {
                "EffectiveCost": "166",
                "BillingCurrency": "INR",
                "PricingCurrency": "INR",
                "x_CurrencyConversionRate": "83",
            }
        ],
        columns=("x_CurrencyConversionRate",),
    )
    # 1/83 with nine decimals, times 166.
    assert effective(ask(lake)) == Decimal("0.012048193") * 166
    assert effective(ask(lake, currency="EUR")) == Decimal("1.5") * 166


def test_with_a_stated_rate_and_no_published_one_only_the_rest_is_unconverted(
    azure: SmallLake,
) -> None:
    class Nothing:
        def rate(self, source: str, target: str, day: date) -> Rate | None:
            return None

    result = ask(azure, Nothing())
    assert effective(result) == 117
    assert result.unconverted == (Unconverted("EUR", {"EffectiveCost": Decimal(30)}),)


def test_slices_with_and_without_stated_rates_are_added(azure: SmallLake) -> None:
    azure.add("2026-01", [{"EffectiveCost": "2", "BillingCurrency": "EUR"}], source="saas")
    assert effective(ask(azure)) == 162 + 3


def test_large_amounts_are_converted_alike(lake: SmallLake) -> None:
    amount = "98765432109876.543210987654321"
    lake.add("2026-01", [euro(amount, "0.8")] * 3, columns=(COLUMN,))
    expected = MONEY_CONTEXT.multiply(Decimal(amount), Decimal("3.75"))
    assert effective(ask(lake)) == expected


def test_rates_that_nothing_needs_are_not_told(lake: SmallLake) -> None:
    lake.add("2026-01", [euro("80", "0.8")], columns=(COLUMN,))
    assert [rate.publisher for rate in ask(lake).rates] == ["stated by bill"]
    assert [rate.publisher for rate in ask(lake, currency="GBP").rates] == ["published"]
