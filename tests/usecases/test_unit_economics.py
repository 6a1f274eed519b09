"""Use cases of unit economics, components and virtual currencies."""

from decimal import Decimal

from tests.usecases.company import MACHINE, NOVEMBER, OCTOBER, SEPTEMBER
from tests.usecases.conftest import Answers
from tests.usecases.naive import (
    Row,
    added,
    bills,
    days,
    grouped,
    is_,
    period,
    ratio,
    same,
    where,
)

IN_OCTOBER = days(OCTOBER, NOVEMBER)


def test_calculate_unit_economics(answers: Answers) -> None:
    def rows(text: str, unit: str) -> list[Row]:
        charges = where(
            IN_OCTOBER,
            is_(ConsumedUnit=unit),
            lambda c: text in c["ChargeDescription"].lower(),
        )
        keys = same("ConsumedUnit", "BillingCurrency") | {"ChargeDay": "ChargePeriodStart"}
        found = grouped(charges, keys, same("ConsumedQuantity", "BilledCost"))
        for row in found:
            row["CostPerUnit"] = ratio(row["BilledCost"], row["ConsumedQuantity"], 9)
        return found

    traffic = rows("transfer", "GB")
    assert {row["CostPerUnit"] for row in traffic} == {Decimal("0.08")}
    answers("calculate-unit-economics", traffic, contains="Transfer", unit="GB")
    answers("calculate-unit-economics", rows("", "GB"), unit="GB")
    answers("calculate-unit-economics", rows("", "Hours"))


def test_calculate_average_rate_of_a_component_resource(answers: Answers) -> None:
    machines = where(IN_OCTOBER, is_(SkuPriceDetails=MACHINE))
    hours = added(c["PricingQuantity"] for c in machines)
    cost = added(c["EffectiveCost"] for c in machines)
    assert hours == 30 * 24 + 240
    row = {
        "ServiceProviderName": "Nimbus Cloud", "ServiceName": "Nimbus Machines",
        "PricingUnit": "Hours", "RegionName": "Easterly", "InstanceSeries": "m",
        "ComponentQuantity": hours * 4, "BillingCurrency": "USD", "EffectiveCost": cost,
        "AverageRate": ratio(cost, hours * 4, 9),
    }  # fmt: skip
    name = "calculate-average-rate-of-a-component-resource"
    answers(name, [row])
    memory = {"ComponentQuantity": hours * 16, "AverageRate": ratio(cost, hours * 16, 9)}
    answers(name, [row | memory], component="MemorySize")


def test_quantify_usage_of_a_component_resource(answers: Answers) -> None:
    rows = grouped(
        where(IN_OCTOBER, is_(SkuPriceDetails=MACHINE)),
        same("ServiceProviderName", "ServiceName", "PricingUnit", "RegionName")
        | {"ChargeDay": "ChargePeriodStart", "InstanceSeries": lambda c: "m"},
        {"ComponentQuantity": lambda c: c["PricingQuantity"] * 4},
    )
    assert len(rows) == 31
    answers("quantify-usage-of-a-component-resource", rows)


def test_analyze_effective_cost_by_pricing_currency(answers: Answers) -> None:
    keys = same("ServiceProviderName", "HostProviderName", "ServiceName", "PricingCurrency",
                "BillingCurrency")  # fmt: skip
    rows = grouped(where(IN_OCTOBER), keys, same("EffectiveCost", "PricingCurrencyEffectiveCost"))
    assert {row["PricingCurrency"] for row in rows} == {"USD", "Sparks"}
    answers("analyze-effective-cost-by-pricing-currency", rows)


def test_analyze_purchase_of_virtual_currency(answers: Answers) -> None:
    """Credits as FOCUS 1.4 has them (a unit), Sparks as 1.2 has them (a pricing currency)."""
    name = "analyze-purchase-of-virtual-currency"
    credits_ = {
        "ServiceProviderName": "Nimbus Cloud", "ChargeDescription": "Prepaid credits",
        "VirtualCurrency": "Credits", "PricingQuantity": Decimal(2000), "BillingCurrency": "USD",
        "BilledCost": Decimal(100),
    }  # fmt: skip
    answers(name, [credits_])
    sparks = {
        "ServiceProviderName": "Glowworm", "ChargeDescription": "250 Sparks",
        "VirtualCurrency": "Sparks", "PricingQuantity": Decimal(250), "BillingCurrency": "USD",
        "BilledCost": Decimal(25),
    }  # fmt: skip
    answers(name, [sparks], currency="Sparks")


def burned(currency: str, keys: Row) -> list[Row]:
    charges = where(
        bills(SEPTEMBER, NOVEMBER),
        is_(ChargeCategory="Usage"),
        lambda c: currency in (c["PricingCurrency"], c["PricingUnit"]),
    )
    amount = "PricingQuantity" if currency == "Credits" else "PricingCurrencyEffectiveCost"
    rows = grouped(
        charges,
        same("ServiceProviderName", "BillingCurrency") | keys,
        same("EffectiveCost") | {"Burned": amount},
    )
    return [row | {"VirtualCurrency": currency} for row in rows]


def test_calculate_consumption_of_virtual_currency(answers: Answers) -> None:
    name = "calculate-consumption-of-virtual-currency-within-a-billing-period"
    answers(name, burned("Credits", {"BillingPeriod": period}))
    sparks = burned("Sparks", {"BillingPeriod": period})
    assert [row["Burned"] for row in sparks] == [Decimal("60"), Decimal("63.75")]
    answers(name, sparks, currency="Sparks")


def test_determine_target_of_virtual_currency_usage(answers: Answers) -> None:
    keys = same("HostProviderName", "ServiceName", "ChargeDescription")
    both = "2026-09-01..2026-11-01"
    for currency in ("Credits", "Sparks"):
        rows = burned(currency, keys)
        answers("determine-target-of-virtual-currency-usage", rows, currency=currency, range=both)


def test_determine_contracted_savings_by_virtual_currency(answers: Answers) -> None:
    row = {
        "ServiceName": "Glowworm Glows", "ServiceSubcategory": "Generative AI",
        "ChargeDescription": "Glowworm Glows usage", "PricingCurrency": "Sparks",
        "PricingUnit": "Glows", "PricingCurrencyListUnitPrice": Decimal(2),
        "PricingCurrencyContractedUnitPrice": Decimal("1.5"),
        "PricingQuantity": Decimal("42.5"), "BillingCurrency": "USD",
        "SavingsInBillingCurrency": Decimal("42.5") * Decimal("0.05"),
        "SavingsInPricingCurrency": Decimal("42.5") * Decimal("0.5"),
    }  # fmt: skip
    answers("determine-contracted-savings-by-virtual-currency", [row])
