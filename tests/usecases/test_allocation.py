"""Use cases of allocation and reporting, reckoned in Python from the same charges."""

from datetime import date
from decimal import Decimal

from tests.usecases.company import NOVEMBER, OCTOBER, SEPTEMBER
from tests.usecases.conftest import Answers
from tests.usecases.naive import (
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
BILLED_IN_OCTOBER = bills(OCTOBER, NOVEMBER)
BOTH = "2026-09-01..2026-11-01"


def test_allocate_multi_currency_charges_per_application(answers: Answers) -> None:
    keys = {"Application": tag("team")} | same(
        "ServiceProviderName", "BillingAccountId", "BillingAccountName", "BillingCurrency"
    )
    rows = grouped(where(BILLED_IN_OCTOBER), keys, same("BilledCost"))
    answers("allocate-multi-currency-charges-per-application", rows)
    assert {row["BillingCurrency"] for row in rows} == {"USD", "EUR"}
    keys["Application"] = tag("app")
    rows = grouped(where(BILLED_IN_OCTOBER), keys, same("BilledCost"))
    answers("allocate-multi-currency-charges-per-application", rows, tag="app")


def compute_of(account: str) -> list[dict[str, object]]:
    charges = where(IN_OCTOBER, is_(SubAccountId=account, ServiceCategory="Compute"))
    keys = same("ServiceName", "ResourceId", "ResourceName", "PricingUnit", "BillingCurrency")
    rows = grouped(charges, keys, same("PricingQuantity", "EffectiveCost"))
    for row in rows:
        of = [c["ChargePeriodStart"] for c in charges if all(c[k] == row[k] for k in keys)]
        row |= {"FirstDay": min(of), "LastDay": max(of)}
    return rows


def test_analyze_cost_per_compute_service_for_a_subaccount(answers: Answers) -> None:
    name = "analyze-cost-per-compute-service-for-a-subaccount"
    answers(name, compute_of("s1"))
    answers(name, compute_of("s2"), sub_account="s2")


def test_analyze_costs_by_availability_zone_for_a_subaccount(answers: Answers) -> None:
    rows = grouped(
        where(IN_OCTOBER, is_(SubAccountId="s2")),
        same("ServiceProviderName", "RegionName", "AvailabilityZone", "BillingCurrency")
        | {"BillingPeriod": period},
        same("EffectiveCost")
        | {"HoursUsed": lambda c: c["ConsumedQuantity"] if c["ConsumedUnit"] == "Hours" else None},
    )
    answers("analyze-costs-by-availability-zone-for-a-subaccount", rows, sub_account="s2")


def test_analyze_costs_by_service_name(answers: Answers) -> None:
    def rows(service: str) -> list[dict[str, object]]:
        keys = {"BillingPeriod": period} | same(
            "ServiceProviderName", "SubAccountId", "SubAccountName", "ServiceName",
            "BillingCurrency",
        )  # fmt: skip
        charges = where(bills(SEPTEMBER, NOVEMBER), is_(ServiceName=service))
        return grouped(charges, keys, same("BilledCost", "EffectiveCost"))

    answers("analyze-costs-by-service-name", rows("Nimbus Machines"))
    answers("analyze-costs-by-service-name", rows("Glowworm Glows"), service="Glowworm Glows")


def test_analyze_costs_of_components_of_a_resource(answers: Answers) -> None:
    keys = same("ResourceId", "ResourceName", "ResourceType", "ChargeDescription", "SkuId",
                "BillingCurrency")  # fmt: skip
    rows = grouped(where(IN_OCTOBER, is_(ResourceId="d-1")), keys, same("EffectiveCost"))
    assert len(rows) == 2
    answers("analyze-costs-of-components-of-a-resource", rows, resource="d-1")
    rows = grouped(where(IN_OCTOBER, is_(ResourceId="m-1")), keys, same("EffectiveCost"))
    answers("analyze-costs-of-components-of-a-resource", rows)


def test_analyze_resource_costs_by_sku(answers: Answers) -> None:
    keys = same("ServiceProviderName", "ResourceId", "SkuId", "SkuPriceId", "PricingUnit",
                "ListUnitPrice", "BillingCurrency")  # fmt: skip
    charges = where(IN_OCTOBER, lambda c: c["SkuId"] is not None)
    rows = grouped(charges, keys, same("PricingQuantity", "ListCost", "EffectiveCost"))
    answers("analyze-resource-costs-by-sku", rows)
    top = sorted(rows, key=lambda row: -row["EffectiveCost"])[:1]
    answers("analyze-resource-costs-by-sku", top, rows=1)


def test_analyze_service_costs_by_region(answers: Answers) -> None:
    keys = {"ChargeMonth": month} | same(
        "ServiceProviderName", "RegionId", "ServiceName", "BillingCurrency"
    )
    rows = grouped(where(days(date(2026, 8, 1), NOVEMBER)), keys, same("EffectiveCost"))
    answers("analyze-service-costs-by-region", rows)


def test_analyze_service_costs_by_subaccount(answers: Answers) -> None:
    keys = same("SubAccountId", "SubAccountName", "ServiceName", "BillingCurrency")
    rows = grouped(where(IN_OCTOBER, is_(SubAccountId="s1")), keys, same("EffectiveCost"))
    answers("analyze-service-costs-by-subaccount", rows)
    rows = grouped(where(IN_OCTOBER, is_(SubAccountId="s2")), keys, same("EffectiveCost"))
    answers("analyze-service-costs-by-subaccount", rows, sub_account="s2")


def test_analyze_service_costs_month_over_month(answers: Answers) -> None:
    keys = {"ChargeMonth": month} | same("ServiceProviderName", "ServiceName", "BillingCurrency")
    rows = grouped(where(days(SEPTEMBER, NOVEMBER)), keys, same("EffectiveCost"))
    for row in rows:
        before = [
            other["EffectiveCost"]
            for other in rows
            if (row["ChargeMonth"], other["ChargeMonth"]) == (OCTOBER, SEPTEMBER)
            and all(other[k] == row[k] for k in keys if k != "ChargeMonth")
        ]
        row["MonthBefore"] = before[0] if before else None
        row["Change"] = row["EffectiveCost"] - before[0] if before else None
        row["ChangeRatio"] = ratio(row["Change"], row["MonthBefore"])
    answers("analyze-service-costs-month-over-month", rows)


def test_analyze_tag_coverage(answers: Answers) -> None:
    charges = where(IN_OCTOBER, lambda c: c["EffectiveCost"] > 0)
    rows = grouped(charges, same("ServiceProviderName", "BillingCurrency"), same("EffectiveCost"))
    for row in rows:
        tagged = [
            c["EffectiveCost"]
            for c in charges
            if "team" in c["Tags"] and c["BillingCurrency"] == row["BillingCurrency"]
            and c["ServiceProviderName"] == row["ServiceProviderName"]
        ]  # fmt: skip
        row["TaggedCost"] = added(tagged) or Decimal(0)
        row["TaggedShare"] = ratio(row["TaggedCost"], row["EffectiveCost"])
    answers("analyze-tag-coverage", rows)
    only = [row for row in rows if row["ServiceProviderName"] == "Orchid"]
    assert [row["TaggedShare"] for row in only] == [0]
    answers("analyze-tag-coverage", only, provider="Orchid")


def test_analyze_the_different_metered_costs_for_a_particular_sku(answers: Answers) -> None:
    keys = same("ServiceProviderName", "SkuId", "SkuMeter", "SkuPriceId", "PricingUnit",
                "ListUnitPrice", "BillingCurrency")  # fmt: skip
    rows = grouped(
        where(IN_OCTOBER, is_(SkuId="sku-d")),
        keys,
        same("PricingQuantity", "ListCost", "EffectiveCost"),
    )
    assert {row["SkuMeter"] for row in rows} == {"disk", "snapshots"}
    answers("analyze-the-different-metered-costs-for-a-particular-sku", rows, sku="sku-d")


def test_analyze_total_cost_by_allocated_resource(answers: Answers) -> None:
    charges = where(IN_OCTOBER, lambda c: c["AllocatedResourceId"] is not None)
    rows = grouped(
        charges,
        same("AllocatedResourceId", "AllocatedResourceName", "BillingCurrency")
        | {"OriginResourceId": "ResourceId"},
        same("EffectiveCost") | {"Charges": lambda c: Decimal(1)},
    )
    assert len(rows) == 2
    answers("analyze-total-cost-by-allocated-resource", rows)


def test_identify_resources_with_shared_cost_allocation(answers: Answers) -> None:
    row = {
        "ServiceProviderName": "Nimbus Cloud", "ResourceId": "k-1", "ResourceName": "cluster",
        "AllocatedMethodId": "cpu", "Consumers": 2, "BillingCurrency": "USD",
        "AllocatedCost": Decimal("5.75"), "UnallocatedCost": Decimal("0.25"),
    }  # fmt: skip
    answers("identify-resources-with-shared-cost-allocation", [row])


def test_report_application_cost_month_over_month(answers: Answers) -> None:
    def rows(team: str) -> list[dict[str, object]]:
        keys = {"BillingPeriod": period, "Application": tag("team")} | same(
            "ServiceName", "BillingCurrency"
        )
        charges = where(bills(SEPTEMBER, NOVEMBER), lambda c: c["Tags"].get("team") == team)
        return grouped(charges, keys, same("EffectiveCost"))

    answers("report-application-cost-month-over-month", rows("shop"))
    answers("report-application-cost-month-over-month", rows("data"), application="data")


def test_report_costs_by_service_category(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingCurrency", "ServiceCategory")
    keys |= {"BillingPeriod": period}
    rows = grouped(where(BILLED_IN_OCTOBER), keys, same("BilledCost"))
    answers("report-costs-by-service-category", rows)
    keys |= same("ServiceSubcategory")
    rows = grouped(where(bills(SEPTEMBER, NOVEMBER)), keys, same("BilledCost"))
    answers("report-costs-by-service-category-and-subcategory", rows, range=BOTH)


def test_report_costs_by_service_category_and_subcategory(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingCurrency", "ServiceCategory", "ServiceSubcategory")
    keys |= {"BillingPeriod": period}
    rows = grouped(where(BILLED_IN_OCTOBER), keys, same("BilledCost"))
    answers("report-costs-by-service-category-and-subcategory", rows)


def test_report_effective_cost_of_compute(answers: Answers) -> None:
    keys = same("CommitmentDiscountType", "ServiceProviderName", "ServiceName", "SubAccountId",
                "SubAccountName", "BillingCurrency") | {"BillingPeriod": period}  # fmt: skip
    rows = grouped(
        where(BILLED_IN_OCTOBER, is_(ServiceCategory="Compute")), keys, same("EffectiveCost")
    )
    assert {row["CommitmentDiscountType"] for row in rows} == {None, "Spend Plan"}
    answers("report-effective-cost-of-compute", rows)


def test_effective_cost_by_service_and_region(answers: Answers) -> None:
    keys = same("ServiceProviderName", "ServiceCategory", "ServiceName", "RegionId", "RegionName",
                "PricingUnit", "BillingCurrency") | {"BillingPeriod": period}  # fmt: skip
    rows = grouped(where(BILLED_IN_OCTOBER), keys, same("PricingQuantity", "EffectiveCost"))
    answers("effective-cost-by-service-and-region", rows)


def test_report_service_costs_by_providers_subaccount(answers: Answers) -> None:
    keys = same("ServiceProviderName", "ServiceName", "SubAccountId", "BillingCurrency")
    keys |= {"ChargeMonth": month}
    charges = where(bills(SEPTEMBER, NOVEMBER), is_(SubAccountId="s1"))
    # The correction of September stands on October's bill: by its own month.
    answers(
        "report-service-costs-by-providers-subaccount",
        grouped(charges, keys, same("EffectiveCost")),
    )
    charges = [c for c in charges if c["ServiceProviderName"] == "Orchid"]
    answers(
        "report-service-costs-by-providers-subaccount",
        grouped(charges, keys, same("EffectiveCost")),
        provider="Orchid",
    )


def test_report_spending_across_billing_periods(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingAccountName", "BillingAccountId",
                "BillingCurrency", "ServiceCategory", "ServiceName")  # fmt: skip
    keys |= {"BillingPeriod": period}
    charges = where(bills(SEPTEMBER, NOVEMBER), is_(ServiceProviderName="Nimbus Cloud"))
    answers(
        "report-spending-across-billing-periods-for-a-service-provider-by-service-category",
        grouped(charges, keys, same("BilledCost")),
    )


def test_report_subaccounts_by_region(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingAccountId", "SubAccountId", "SubAccountName",
                "RegionId", "RegionName", "BillingCurrency")  # fmt: skip
    rows = grouped(
        where(IN_OCTOBER), keys, same("EffectiveCost") | {"Charges": lambda c: Decimal(1)}
    )
    answers("report-subaccounts-by-region", rows)


def test_understand_the_billing_account_or_sub_account_entity(answers: Answers) -> None:
    keys = same("ServiceProviderName", "BillingAccountId", "BillingAccountName",
                "BillingAccountType", "SubAccountId", "SubAccountName", "SubAccountType",
                "BillingCurrency")  # fmt: skip
    rows = grouped(where(IN_OCTOBER), keys, same("BilledCost"))
    answers("understand-the-billing-account-or-sub-account-entity", rows)
