"""Use cases of budgets, forecasts and anomalies."""

from datetime import date
from decimal import Decimal

import pytest

from tests.usecases.company import NOVEMBER, OCTOBER, SEPTEMBER
from tests.usecases.conftest import Answers
from tests.usecases.naive import (
    Row,
    added,
    bills,
    days,
    grouped,
    is_,
    month,
    period,
    ratio,
    same,
    tag,
    where,
)

IN_OCTOBER = days(OCTOBER, NOVEMBER)
BILLED = bills(SEPTEMBER, NOVEMBER)


def test_cash_vs_accrual_comparison_by_billing_period(answers: Answers) -> None:
    keys = same("ServiceProviderName", "InvoiceIssuerName", "BillingCurrency")
    keys |= {"BillingPeriod": period}
    rows = grouped(where(BILLED), keys, same("BilledCost", "EffectiveCost"))
    for row in rows:
        row["Difference"] = row["EffectiveCost"] - row["BilledCost"]
    apart = [row for row in rows if abs(row["Difference"]) > Decimal("0.01")]
    assert 0 < len(apart) < len(rows)
    answers("cash-vs-accrual-comparison-by-billing-period", apart)
    far = [row for row in rows if abs(row["Difference"]) > 500]
    answers("cash-vs-accrual-comparison-by-billing-period", far, least=500)


def test_compare_billed_cost_per_subaccount_to_budget(answers: Answers) -> None:
    def rows(account: str, budget: str) -> list[Row]:
        usage = where(IN_OCTOBER, is_(ChargeCategory="Usage", SubAccountId=account))
        keys = same("ServiceProviderName", "SubAccountId", "SubAccountName", "BillingCurrency")
        found = grouped(usage, keys, same("BilledCost"))
        for row in found:
            row["Budget"] = Decimal(budget)
            row["Remaining"] = row["Budget"] - row["BilledCost"]
            row["UsedShare"] = ratio(row["BilledCost"], row["Budget"])
        return found

    name = "compare-billed-cost-per-subaccount-to-budget"
    answers(name, rows("s1", "10000"))
    answers(name, rows("s2", "5.5"), budget="5.50", sub_account="s2")
    assert min(row["Remaining"] for row in rows("s2", "5.5")) < 0


def test_update_budgets_for_each_application(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingCurrency")
    keys |= {"BillingPeriod": period, "Application": tag("team")}
    rows = grouped(where(bills(OCTOBER, NOVEMBER)), keys, same("BilledCost"))
    answers("update-budgets-for-each-application", rows)


def test_update_budgets_with_billed_costs(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingCurrency") | {"BillingPeriod": period}
    answers("update-budgets-with-billed-costs", grouped(where(BILLED), keys, same("BilledCost")))


def forecast(columns: tuple[str, ...], cost: str) -> list[Row]:
    """The history, and October plus what October has more than September."""
    rows = grouped(where(BILLED), same(*columns) | {"BillingPeriod": period}, same(cost))
    found = [row | {"Kind": "history"} for row in rows]
    for row in rows:
        before = [
            other[cost]
            for other in rows
            if other["BillingPeriod"] == SEPTEMBER and all(other[c] == row[c] for c in columns)
        ]
        if row["BillingPeriod"] == OCTOBER and before:
            ahead = {"BillingPeriod": NOVEMBER, "Kind": "forecast"}
            found.append(row | ahead | {cost: 2 * row[cost] - before[0]})
    return found


def test_forecast_amortized_costs(answers: Answers) -> None:
    columns = ("ServiceProviderName", "ServiceCategory", "ServiceName", "ChargeCategory",
               "BillingCurrency")  # fmt: skip
    rows = forecast(columns, "EffectiveCost")
    assert {row["Kind"] for row in rows} == {"history", "forecast"}
    answers("forecast-amortized-costs-month-over-month-based-on-historical-trends", rows)


def test_forecast_cashflow(answers: Answers) -> None:
    columns = ("ServiceProviderName", "ServiceCategory", "ServiceName", "BillingCurrency")
    answers(
        "forecast-cashflow-month-over-month-based-on-historical-trends-by-service",
        forecast(columns, "BilledCost"),
    )


def test_get_historical_usage_and_rates(answers: Answers) -> None:
    keys = same("ServiceProviderName", "ServiceCategory", "ServiceName", "RegionId", "RegionName",
                "PricingUnit", "BillingCurrency") | {"BillingPeriod": period}  # fmt: skip
    charges = where(BILLED, lambda c: c["PricingUnit"] is not None)
    rows = grouped(charges, keys, same("PricingQuantity", "EffectiveCost"))
    for row in rows:
        row["EffectiveRate"] = ratio(row["EffectiveCost"], row["PricingQuantity"], 9)
    answers("get-historical-usage-and-rates-to-enable-cost-forecasting", rows)


def test_compare_resource_usage_month_over_month(answers: Answers) -> None:
    keys = same("ServiceProviderName", "ServiceName", "ResourceId", "SkuId", "ConsumedUnit")
    usage = where(
        days(SEPTEMBER, NOVEMBER), is_(ChargeCategory="Usage"),
        lambda c: c["ConsumedUnit"] is not None,
    )  # fmt: skip
    rows = grouped(usage, keys | {"ChargeMonth": month}, same("ConsumedQuantity"))
    for row in rows:
        before = [
            other["ConsumedQuantity"]
            for other in rows
            if (row["ChargeMonth"], other["ChargeMonth"]) == (OCTOBER, SEPTEMBER)
            and all(other[key] == row[key] for key in keys)
        ]
        row["MonthBefore"] = before[0] if before else None
        row["Change"] = row["ConsumedQuantity"] - before[0] if before else None
        row["ChangeRatio"] = ratio(row["Change"], row["MonthBefore"])
    answers("compare-resource-usage-month-over-month", rows)


ANOMALIES = {
    "identify-anomalous-daily-spending-by-subaccount": (
        "ServiceProviderName", "SubAccountId", "SubAccountName",
    ),
    "identify-anomalous-daily-spending-by-subaccount-and-region": (
        "ServiceProviderName", "SubAccountId", "SubAccountName", "RegionId", "RegionName",
    ),
    "identify-anomalous-daily-spending-by-subaccount-region-and-service": (
        "ServiceProviderName", "SubAccountId", "SubAccountName", "RegionId", "RegionName",
        "ServiceName",
    ),
}  # fmt: skip


def outliers(columns: tuple[str, ...], times: str, least: str, window: int) -> list[Row]:
    """By the rule in words: above so many times the average of the days before, and by so much."""
    usage = where(is_(ChargeCategory="Usage"), lambda c: c["CommitmentDiscountStatus"] != "Unused")
    keys = same(*columns, "BillingCurrency") | {"Day": "ChargePeriodStart"}
    by_day = grouped(usage, keys, same("EffectiveCost"))
    found = []
    for row in by_day:
        before = [
            other["EffectiveCost"]
            for other in by_day
            if 0 < (row["Day"] - other["Day"]).days <= window
            and all(other[c] == row[c] for c in (*columns, "BillingCurrency"))
        ]
        if not OCTOBER <= row["Day"] < NOVEMBER or len(before) * 2 < window:
            continue
        summed, number = added(before) or Decimal(0), len(before)
        over = row["EffectiveCost"] * number - summed
        if (
            row["EffectiveCost"] * number > summed * Decimal(times)
            and over >= Decimal(least) * number
        ):
            found.append(
                row
                | {"DaysBefore": number, "CostBefore": summed,
                   "TimesAverage": ratio(row["EffectiveCost"] * number, summed, 2)}
            )  # fmt: skip
    return found


@pytest.mark.parametrize("name", ANOMALIES)
def test_identify_anomalous_daily_spending(answers: Answers, name: str) -> None:
    rows = outliers(ANOMALIES[name], "1.5", "10", 14)
    assert date(2026, 10, 20) in [row["Day"] for row in rows]
    assert len(rows) < 3
    answers(name, rows, range="last-month")


def test_the_bounds_of_an_anomaly_are_parameters(answers: Answers) -> None:
    name = "identify-anomalous-daily-spending-by-subaccount-and-region"
    rows = outliers(ANOMALIES[name], "1.05", "0.5", 6)
    assert len(rows) > 1
    answers(name, rows, range="last-month", times="1.05", least="0.5", window=6)
