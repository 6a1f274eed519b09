"""Google Cloud's machines and committed use."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.gcp.words import machine_type
from tests.savings.detectors.gcp_rows import COMMITTED, gcp_id, machine, row
from tests.savings.detectors.look import lacks, look, nothing, only
from tests.savings.facts import TODAY, TableFacts, each_day, measured

DAYS = 20


def busy(name: str, cpu: str, memory: str, statistic: str = "p99") -> list[dict[str, Any]]:
    resource = gcp_id(f"instances/{name}")
    return measured(resource, "cpu", statistic, [cpu] * DAYS) + measured(
        resource, "memory", "maximum", [memory] * DAYS
    )


def days(rows: list[dict[str, Any]], count: int = 30, **more: Any) -> list[dict[str, Any]]:
    return [one for row_ in rows for one in each_day({**row_, **more}, count)]


LARGE = days(machine("api-1", "n2-standard-8", "6.00", "3.00", "192"))


def test_machine_types_are_read_from_the_bills_label() -> None:
    found = machine_type("n2-highmem-8")
    assert found is not None
    assert [one.name for one in found.smaller()] == ["n2-highmem-2", "n2-highmem-4"]
    one = machine_type("n1-standard-2")
    assert one is not None and [small.name for small in one.smaller()] == ["n1-standard-1"]
    assert machine_type("custom-4-16384") is None and machine_type("e2-medium") is None


def test_a_machine_that_is_too_large() -> None:
    # On 4 of 8 processors the peaks are 40 and 70 %. Cores and memory cost 9.00 a day, 270.00 a
    # month; half of it: 135.00.
    found = only("gcp-vm-rightsize", TableFacts(LARGE, utilization=busy("api-1", "20", "35")))
    assert (found.recommended, found.monthly_saving) == ("n2-standard-4", Decimal("135.00"))
    assert found.headroom[1].after == Decimal(70)
    assert found.where == (
        f"ResourceId = '{gcp_id('instances/api-1')}' AND SubAccountId = 'kestrel-data' "
        "AND ServiceName = 'Compute Engine'"
    )


def test_limits_are_met_exactly_and_not_passed() -> None:
    assert only("gcp-vm-rightsize", TableFacts(LARGE, utilization=busy("api-1", "30", "40")))
    nothing("gcp-vm-rightsize", TableFacts(LARGE, utilization=busy("api-1", "30.1", "40")))
    nothing("gcp-vm-rightsize", TableFacts(LARGE, utilization=busy("api-1", "30", "40.1")))
    facts = TableFacts(LARGE, utilization=busy("api-1", "30", "40.1"))
    assert only("gcp-vm-rightsize", facts, memory_limit=Decimal(85))


def test_without_memory_or_type_it_is_not_judged() -> None:
    cpu = measured(gcp_id("instances/api-1"), "cpu", "p99", ["2"] * DAYS)
    lacking = lacks("gcp-vm-rightsize", TableFacts(LARGE, utilization=cpu))
    assert lacking.missing.startswith("memory") and lacking.monthly_cost == Decimal("270.00")
    bare = [{**one, "x_InstanceType": None} for one in LARGE]
    facts = TableFacts(bare, utilization=busy("api-1", "2", "5"))
    assert "machine_spec" in lacks("gcp-vm-rightsize", facts).missing
    average = busy("api-1", "2", "5", "average")
    assert lacks("gcp-vm-rightsize", TableFacts(LARGE, utilization=average)).missing[:3] == "cpu"


def test_what_is_committed_excluded_or_changed_stays() -> None:
    known = busy("api-1", "2", "5")
    nothing("gcp-vm-rightsize", TableFacts(days(LARGE[:1], **COMMITTED), utilization=known))
    for more in (
        {"x_Cluster": "analytics"}, {"PricingCategory": "Dynamic"},
        {"x_InstanceType": "custom-8-32768"}, {"x_InstanceType": "n2-standard-2"},
    ):  # fmt: skip
        rows = [{**one, **more} for one in LARGE]
        nothing("gcp-vm-rightsize", TableFacts(rows, utilization=known))
    gpu = each_day(row("instances/api-1", "Nvidia Tesla T4 GPU running in Netherlands", "9"))
    nothing("gcp-vm-rightsize", TableFacts(LARGE + gpu, utilization=known))
    before = days(machine("api-1", "n2-standard-16", "12.00", "6.00"))
    mixed = [a if a["ChargeDay"].day < 5 else b for a, b in zip(before, LARGE, strict=True)]
    nothing("gcp-vm-rightsize", TableFacts(mixed, utilization=known))


def test_committed_cores_leave_memory_to_save() -> None:
    # Cores are committed; memory of 3.00 a day is not: half of 90.00.
    rows = [{**one, **(COMMITTED if "Core" in one["SkuMeter"] else {})} for one in LARGE]
    found = only("gcp-vm-rightsize", TableFacts(rows, utilization=busy("api-1", "20", "35")))
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("45.00"), Decimal("270.00"))


def first(
    name: str, effective: str, contracted: str, core_hours: str = "48"
) -> list[dict[str, Any]]:
    sku = "N1 Predefined Instance Core running in Netherlands"
    one = row(f"instances/{name}", sku, effective, core_hours, ContractedCost=Decimal(contracted))
    return each_day(one)


def test_n1_to_e2_after_sustained_use() -> None:
    # Before credits 2.00 a day, with sustained use 1.60. E2 costs 69 % of 2.00: 1.38. Of 48.00 a
    # month 41.40 stay: 6.60.
    found = only("gcp-vm-previous-generation", TableFacts(first("etl", "1.60", "2.00")))
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("6.60"), Decimal("48.00"))


def test_n1_that_sustained_use_makes_as_cheap_stays() -> None:
    nothing("gcp-vm-previous-generation", TableFacts(first("etl", "1.38", "2.00")))
    facts = TableFacts(first("etl", "1.38", "2.00"))
    assert only("gcp-vm-previous-generation", facts, price_ratio=Decimal(60))
    nothing("gcp-vm-previous-generation", TableFacts(first("etl", "1.60", "2.00")),
            price_ratio=Decimal(80))  # fmt: skip


def test_n1_that_e2_cannot_be_or_is_committed_stays() -> None:
    big = first("etl", "1.60", "2.00", "768")
    assert only("gcp-vm-previous-generation", TableFacts(big))  # 32 processors
    nothing("gcp-vm-previous-generation", TableFacts(first("etl", "1.60", "2.00", "769")))
    gpu = each_day(row("instances/etl", "Nvidia Tesla T4 GPU running in Netherlands", "9"))
    nothing("gcp-vm-previous-generation", TableFacts(big + gpu))
    paid = [{**one, **COMMITTED} for one in big]
    nothing("gcp-vm-previous-generation", TableFacts(paid))
    spot = [{**one, "PricingCategory": "Dynamic"} for one in big]
    nothing("gcp-vm-previous-generation", TableFacts(spot))
    nothing("gcp-vm-previous-generation", TableFacts(LARGE))
    nothing("gcp-vm-previous-generation", TableFacts([o for o in big if o["ChargeDay"].day < 13]))
    young = [one for one in big if one["ChargeDay"] >= TODAY - timedelta(days=13)]
    nothing("gcp-vm-previous-generation", TableFacts(young))


DEV = days(machine("web-dev", "n2-standard-4", "1.20", "0.80"), 28, environment="development",
           ContractedCost=Decimal("1.25"))  # fmt: skip


def hours(rows: list[dict[str, Any]]) -> TableFacts:
    return TableFacts(rows, environment="environment")


def test_a_machine_of_no_production_that_runs_day_and_night() -> None:
    # 28 days of 2.00 effective; before credits 2.50 a day. 240 of 672 hours stay, at the price
    # before credits: 70.00 × 240 / 672 = 25.00. Of 56.00 go 31.00, as 30 days 33.21.
    found = only("gcp-nonproduction-hours", hours(DEV))
    assert found.monthly_saving == Decimal("33.21")


def test_hours_that_nobody_can_tell_are_not_judged() -> None:
    bare = [{**one, "x_InstanceType": None} for one in DEV]
    assert "processors" in lacks("gcp-nonproduction-hours", hours(bare)).missing


def test_what_rests_is_production_or_committed_stays() -> None:
    rests = [one for one in DEV if one["ChargeDay"].weekday() < 5]
    nothing("gcp-nonproduction-hours", hours(rests))
    short = [{**one, "PricingQuantity": one["PricingQuantity"] * 22 / 24} for one in DEV]
    nothing("gcp-nonproduction-hours", hours(short))
    assert only("gcp-nonproduction-hours", hours(short), least_hours_a_day=Decimal(22))
    nothing("gcp-nonproduction-hours", hours([{**one, "environment": "prod"} for one in DEV]))
    nothing("gcp-nonproduction-hours", hours([{**one, **COMMITTED} for one in DEV]))
    nothing("gcp-nonproduction-hours", hours([{**one, "x_Cluster": "a"} for one in DEV]))


def test_with_sustained_use_a_schedule_may_save_nothing() -> None:
    # 160 of 168 hours at 2.50 before credits cost more than all hours at 2.00 after them.
    nothing("gcp-nonproduction-hours", hours(DEV), hours_a_week=Decimal(160))


CPU = "01KEST/europe-west4/N2 CPU"
NAME = "Commitment v1: N2 Cpu in Netherlands for 1 Year"


def committed(used: str = "15.00", unused: str = "5.00", name: str = NAME, days_: int = 30) -> list[
    dict[str, Any]
]:  # fmt: skip
    """A commitment of 20.00 a day for 1,000 core hours: 0.02 each."""
    base = {
        "ServiceProviderName": "Google Cloud", "BillingCurrency": "USD",
        "RegionId": "europe-west4", "ServiceName": "Compute Engine", "CommitmentDiscountId": CPU,
        "CommitmentDiscountName": name, "CommitmentDiscountType": "Resource-based",
    }  # fmt: skip
    fee = {**base, "ChargeCategory": "Purchase", "EffectiveCost": Decimal(0),
           "ListCost": Decimal(20), "PricingQuantity": Decimal(1000), "ResourceId": CPU,
           "PricingCategory": "Standard"}  # fmt: skip
    taken = {**base, "ChargeCategory": "Usage", "CommitmentDiscountStatus": "Used",
             "PricingCategory": "Committed", "EffectiveCost": Decimal(used),
             "SkuMeter": "N2 Instance Core running in Netherlands"}  # fmt: skip
    left = {**base, "ChargeCategory": "Usage", "CommitmentDiscountStatus": "Unused",
            "PricingCategory": "Committed", "EffectiveCost": Decimal(unused), "ResourceId": CPU,
            "PricingQuantity": Decimal(0)}  # fmt: skip
    return each_day(fee) + each_day(taken) + each_day(left, days_)


def open_cores(cost: str, quantity: str, **more: Any) -> list[dict[str, Any]]:
    return each_day(row("instances/gpu-prep", "N2 Instance Core running in Netherlands", cost,
                        quantity, SubAccountId="kestrel-ml", **more))  # fmt: skip


def test_committed_use_that_other_projects_could_take() -> None:
    # Unused are 5.00 of 20.00 a day: 250 core hours at 0.02. On demand 100 core hours a day cost
    # 3.50: all of them would be taken: 105.00 a month.
    found = only("gcp-cud-unused", TableFacts(committed() + open_cores("3.50", "100")))
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("105.00"), Decimal("600.00"))
    # With 500 core hours on demand at 17.50, half of them: 250 at 0.035, 262.50 a month.
    more = only("gcp-cud-unused", TableFacts(committed() + open_cores("17.50", "500")))
    assert more.monthly_saving == Decimal("262.50")
    # Of two such commitments one takes 250 of 300 core hours, and the other what is left.
    second = [{**one, "CommitmentDiscountId": f"{CPU}-2"} for one in committed()]
    facts = TableFacts(committed() + second + open_cores("10.50", "300"))
    told, _ = look("gcp-cud-unused", facts)
    assert [one.monthly_saving for one in told] == [Decimal("262.50"), Decimal("52.50")]


@pytest.mark.parametrize(
    "more",
    [
        {"RegionId": "us-central1"}, {"SkuMeter": "E2 Instance Core running in Netherlands"},
        {"PricingCategory": "Dynamic"}, {"SkuMeter": "N2 Instance Ram running in Netherlands"},
        COMMITTED, {"BillingCurrency": "EUR"}, {"SkuMeter": "N2D AMD Instance Core running in X"},
        {"BillingAccountId": "another"},
    ],
)  # fmt: skip
def test_usage_that_it_could_not_take_saves_nothing(more: dict[str, Any]) -> None:
    other = open_cores("3.50", "100")
    nothing("gcp-cud-unused", TableFacts(committed() + [{**one, **more} for one in other]))


def test_an_unused_part_that_is_small_or_new_is_none() -> None:
    usage = open_cores("3.50", "100")
    assert only("gcp-cud-unused", TableFacts(committed("19.00", "1.00") + usage))  # 5 %
    below = TableFacts(committed("19.01", "0.99") + usage)
    nothing("gcp-cud-unused", below)
    assert only("gcp-cud-unused", below, unused_share=Decimal(4))
    nothing("gcp-cud-unused", TableFacts(committed(days_=13) + usage))
    assert look("gcp-cud-unused", TableFacts()) == ([], [])


def test_what_a_spend_commitment_could_take_cannot_be_told() -> None:
    name = "Commitment - dollar based v1: Cloud Run for 1 Year"
    facts = TableFacts(committed(name=name) + open_cores("3.50", "100"))
    assert "resource-based" in lacks("gcp-cud-unused", facts).missing
