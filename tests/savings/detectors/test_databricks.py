"""Databricks: jobs on clusters for people, and clusters that never terminate."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from outlay.expression import parse
from outlay.savings.detectors.contract import Detector
from outlay.savings.detectors.platforms.databricks import ALWAYS_ON, JOBS
from outlay.savings.model import Finding, Insufficient
from tests.savings.facts import TODAY, TableFacts, each_day

Rows = list[dict[str, Any]]
_ROW = {
    "ServiceProviderName": "Databricks", "ChargeCategory": "Usage", "BillingCurrency": "USD",
    "SubAccountId": "w1", "ConsumedUnit": "DBU",
}  # fmt: skip


def job(price: str, dbus: str = "10", days: int = 30, product: str = "All-Purpose Compute") -> Rows:
    """A job's days."""
    sku = "PREMIUM_ALL_PURPOSE_COMPUTE" if "All" in product else "PREMIUM_JOBS_COMPUTE"
    return each_day(
        {
            **_ROW, "ServiceName": product, "SkuId": sku, "ResourceId": "7", "x_JobId": "7",
            "ResourceName": "nightly", "ConsumedQuantity": Decimal(dbus),
            "EffectiveCost": Decimal(price) * Decimal(dbus),
        },
        days,
    )  # fmt: skip


def jobs_compute(price: str = "0.15", sku: str = "PREMIUM_JOBS_COMPUTE") -> Rows:
    """Another job on jobs compute: where the price is from."""
    return [
        row | {"SkuId": sku, "ResourceId": "8", "x_JobId": "8"}
        for row in job(price, "100", product="Jobs Compute")
    ]


def found(
    detector: Detector, rows: Rows, charges: Rows | None = None, **values: Decimal
) -> list[Finding | Insufficient]:
    facts = TableFacts(rows, charges=charges or [])
    return list(detector.find(facts, detector.settings(dict(values))))


def one(results: list[Finding | Insufficient]) -> Finding:
    (result,) = results
    assert isinstance(result, Finding)
    return result


def test_a_jobs_dbus_at_the_bills_price_of_jobs_compute() -> None:
    # 10 DBU a day at 0.55 is 5.50; at 0.15 it is 1.50. 4 × 30 = 120.
    finding = one(found(JOBS, [*job("0.55"), *jobs_compute()]))
    assert finding.monthly_saving == Decimal("120.00")
    assert finding.monthly_cost == Decimal("165.00")
    assert finding.recommended == "a job cluster (PREMIUM_JOBS_COMPUTE), 0.1500 USD a DBU"
    assert (finding.resource, finding.group) == ("7", "configuration")
    parse(finding.where)


def test_a_job_that_has_not_run_for_two_weeks_is_over() -> None:
    rows, last = job("0.55"), TODAY - timedelta(days=14)
    until = [row for row in rows if row["ChargeDay"] <= last]
    assert one(found(JOBS, [*until, *jobs_compute()]))
    before = [row for row in rows if row["ChargeDay"] < last]
    assert found(JOBS, [*before, *jobs_compute()]) == []


def test_discounts_are_in_both_prices() -> None:
    """Everything a fifth cheaper by the account's prices: a fifth less is saved, 96 of 120."""
    rows = [*job("0.44"), *jobs_compute("0.12")]
    assert one(found(JOBS, rows)).monthly_saving == Decimal("96.00")


def test_the_sku_of_the_same_tier_gives_the_price() -> None:
    rows = [*job("0.55"), *jobs_compute("0.10", "STANDARD_JOBS_COMPUTE"), *jobs_compute()]
    assert one(found(JOBS, rows)).monthly_saving == Decimal("120.00")


def test_jobs_on_jobs_compute_and_notebooks_are_left_out() -> None:
    assert found(JOBS, job("0.15", product="Jobs Compute")) == []
    notebook = [row | {"x_JobId": None} for row in job("0.55")]
    assert found(JOBS, [*notebook, *jobs_compute()]) == []


def test_without_jobs_compute_on_the_bill_its_price_is_not_known() -> None:
    (lacking,) = found(JOBS, job("0.55"))
    assert isinstance(lacking, Insufficient)
    assert "price of jobs compute" in lacking.missing
    assert lacking.monthly_cost == Decimal("165.00")
    serverless = jobs_compute(sku="PREMIUM_JOBS_SERVERLESS_COMPUTE")
    assert isinstance(found(JOBS, [*job("0.55"), *serverless])[0], Insufficient)


def test_dearer_jobs_compute_saves_nothing() -> None:
    assert found(JOBS, [*job("0.15"), *jobs_compute("0.15")]) == []


def test_a_job_must_run_on_several_days() -> None:
    assert found(JOBS, [*job("0.55", days=6), *jobs_compute()]) == []  # younger than a week
    seldom = [row for row in job("0.55") if (TODAY - row["ChargeDay"]).days in (20, 10)]
    assert found(JOBS, [*seldom, *jobs_compute()]) == []
    assert len(found(JOBS, [*seldom, *jobs_compute()], least_days=Decimal(2))) == 1


def cluster(hours: int = 24, days: int = 14, **more: Any) -> Rows:
    """A cluster's hours, each of one hour and one dollar."""
    rows: Rows = []
    for day in range(days):
        start = datetime.combine(TODAY - timedelta(days=days - day), time())
        for hour in range(hours):
            began = start + timedelta(hours=hour)
            rows.append(
                {
                    **_ROW, "ServiceName": "All-Purpose Compute", "ResourceId": "c-1",
                    "ChargePeriodStart": began, "ChargePeriodEnd": began + timedelta(hours=1),
                    "ConsumedQuantity": Decimal(2), "EffectiveCost": Decimal(1), **more,
                }
            )  # fmt: skip
    return rows


def test_hours_that_nobody_works_are_saved() -> None:
    # 24 a day are 720 a month; 60 of 168 hours a week stay: 720 × 108 / 168 = 462.857…
    finding = one(found(ALWAYS_ON, [], cluster()))
    assert finding.monthly_saving == Decimal("462.86")
    assert (finding.group, finding.action) == ("hours", "Schedule")
    assert finding.monthly_cost == Decimal("720.00")
    parse(finding.where)
    none = one(found(ALWAYS_ON, [], cluster(), hours_a_week=Decimal(0)))
    assert none.monthly_saving == Decimal("720.00")


def test_a_cluster_that_rests_is_not_always_on() -> None:
    assert found(ALWAYS_ON, [], cluster(hours=21)) == []  # 87.5 %
    assert len(found(ALWAYS_ON, [], cluster(hours=22))) == 1  # 91.7 %


def test_clusters_of_jobs_young_and_gone_ones_are_left_out() -> None:
    assert found(ALWAYS_ON, [], cluster(x_JobId="7")) == []
    assert found(ALWAYS_ON, [], cluster(days=6)) == []
    gone = [row for row in cluster() if (TODAY - row["ChargePeriodStart"].date()).days > 2]
    assert found(ALWAYS_ON, [], gone) == []


def test_a_bill_by_day_does_not_tell() -> None:
    start = datetime.combine(TODAY - timedelta(days=14), time())
    daily = [
        cluster()[0]
        | {"ChargePeriodStart": start + timedelta(days=day),
           "ChargePeriodEnd": start + timedelta(days=day + 1)}
        for day in range(14)
    ]  # fmt: skip
    (lacking,) = found(ALWAYS_ON, [], daily)
    assert isinstance(lacking, Insufficient) and "hours" in lacking.missing


def test_next_to_nothing_saves_nothing_and_fails_nothing() -> None:
    """A saving that rounds to no cent is none: the detector goes on."""
    tiny = [row | {"EffectiveCost": row["EffectiveCost"] / 10**6} for row in job("0.55")]
    prices = [row | {"EffectiveCost": row["EffectiveCost"] / 10**6} for row in jobs_compute()]
    assert found(JOBS, [*tiny, *prices]) == []
    assert found(ALWAYS_ON, [], cluster(EffectiveCost=Decimal("0.000001"))) == []
    assert found(ALWAYS_ON, [], cluster(), hours_a_week=Decimal(168)) == []
