"""Azure's virtual machines: sizes, generations, hours, licences."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.azure.sizes import size_of
from tests.savings.detectors.azure_rows import RESERVED, azure_id, vm
from tests.savings.detectors.look import lacks, look, nothing, only
from tests.savings.facts import TODAY, TableFacts, each_day, measured

MACHINES = "Microsoft.Compute/virtualMachines"
DAYS = 20


def busy(name: str, cpu: str, memory: str, statistic: str = "p99") -> list[dict[str, Any]]:
    """Peaks of every one of the last days."""
    resource = azure_id(MACHINES, name)
    return measured(resource, "cpu", statistic, [cpu] * DAYS) + measured(
        resource, "memory", "maximum", [memory] * DAYS
    )


@pytest.mark.parametrize(
    ("name", "size", "processors"),
    [
        ("Standard_D4s_v5", "D4s v5", 4),
        ("D4 v3/D4s v3", "D4s v3", 4),
        ("Standard_E16ds_v4", "E16ds v4", 16),
        ("D3 v2/DS3 v2", "DS3 v2", 4),
        ("L4s Spot", "L4s", None),
        ("Standard_B2ms", "B2ms", None),
    ],
)
def test_sizes_are_read_from_names(name: str, size: str, processors: int | None) -> None:
    found = size_of(name)
    assert found is not None
    assert (found.name, found.processors) == (size, processors)


@pytest.mark.parametrize("name", ["Standard_E8-4s_v5", "vCore", "", "4 vCPU", "P10 LRS Disk"])
def test_what_is_no_size_is_none(name: str) -> None:
    assert size_of(name) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("D4s v3", "D4s v5"), ("D4 v3", "D4s v5"), ("D8as v4", "D8as v5"), ("E4d v4", "E4ds v5"),
        ("DS3 v2", "D4s v5"), ("D12 v2", "E4s v5"), ("F4s", "F4s v2"), ("D4s v5", None),
        ("B2ms", None), ("D1 v2", None), ("F4s v2", None),
    ],
)  # fmt: skip
def test_which_size_takes_the_place_of_an_older_one(old: str, new: str | None) -> None:
    size = size_of(old)
    assert size is not None
    successor = size.successor()
    assert (successor.name if successor else None) == new


LARGE = each_day(vm("vm-a", "D8s v5", "9.00"))


def test_a_machine_that_is_too_large() -> None:
    # Peaks 12 % and 30 % of 8 processors: on 4, 24 and 60 %; on 2, 48 and 120 %: memory decides.
    # 9.00 a day are 270.00 a month; half of the processors go: 135.00. List 10.00: 150.00.
    bill = [{**one, "ListCost": Decimal(10)} for one in LARGE]
    found = only("azure-vm-rightsize", TableFacts(bill, utilization=busy("vm-a", "12", "30")))
    assert (found.current, found.recommended) == ("D8s v5", "D4s v5")
    assert found.monthly_saving == Decimal("135.00")
    assert found.monthly_saving_list == Decimal("150.00")
    assert [(one.metric, one.now, one.after) for one in found.headroom] == [
        ("cpu", Decimal(12), Decimal(24)),
        ("memory", Decimal(30), Decimal(60)),
    ]


def test_it_takes_the_smallest_size_that_both_fit_on() -> None:
    # 12 and 18 %: on 2 of 8 processors 48 and 72 %. Three quarters of 270.00 go: 202.50.
    found = only("azure-vm-rightsize", TableFacts(LARGE, utilization=busy("vm-a", "12", "18")))
    assert (found.recommended, found.monthly_saving) == ("D2s v5", Decimal("202.50"))


def test_limits_are_met_exactly_and_not_passed() -> None:
    at = busy("vm-a", "30", "40")  # on 4 of 8: 60 and 80 %, the limits
    assert only("azure-vm-rightsize", TableFacts(LARGE, utilization=at)).recommended == "D4s v5"
    nothing("azure-vm-rightsize", TableFacts(LARGE, utilization=busy("vm-a", "30.01", "40")))
    nothing("azure-vm-rightsize", TableFacts(LARGE, utilization=busy("vm-a", "30", "40.01")))
    wide = TableFacts(LARGE, utilization=busy("vm-a", "30.01", "40"))
    assert only("azure-vm-rightsize", wide, cpu_limit=Decimal(70))
    with pytest.raises(ValueError, match="between 10 and 95"):
        look("azure-vm-rightsize", wide, cpu_limit=Decimal(96))


def test_one_busy_day_counts() -> None:
    rows = busy("vm-a", "12", "30")
    rows[3]["Value"] = Decimal(55)
    nothing("azure-vm-rightsize", TableFacts(LARGE, utilization=rows))


def test_without_memory_it_is_never_made_smaller() -> None:
    rows = measured(azure_id(MACHINES, "vm-a"), "cpu", "p99", ["2"] * DAYS)
    lacking = lacks("azure-vm-rightsize", TableFacts(LARGE, utilization=rows))
    assert lacking.missing.startswith("memory: no peak measured in the last 30 days")
    assert lacking.monthly_cost == Decimal("270.00")
    few = [one for one in busy("vm-a", "2", "5") if one["Metric"] == "cpu"]
    few += measured(azure_id(MACHINES, "vm-a"), "memory", "maximum", ["5"] * 13)
    assert "measured on 13 days" in lacks(
        "azure-vm-rightsize", TableFacts(LARGE, utilization=few)
    ).missing  # fmt: skip


def test_averages_are_no_peaks() -> None:
    rows = busy("vm-a", "2", "5", statistic="average")
    assert lacks("azure-vm-rightsize", TableFacts(LARGE, utilization=rows)).missing.startswith(
        "cpu"
    )


def test_memory_follows_from_what_is_available() -> None:
    # A D8s has 32 GiB; at least 24 GiB were free, so at most 25 % was used: 50 % on 16 GiB.
    rows = measured(azure_id(MACHINES, "vm-a"), "cpu", "maximum", ["20"] * DAYS)
    rows += measured(
        azure_id(MACHINES, "vm-a"), "memory_available", "minimum", [str(24 << 30)] * DAYS
    )
    found = only("azure-vm-rightsize", TableFacts(LARGE, utilization=rows))
    assert found.recommended == "D4s v5"
    assert found.headroom[1].now == Decimal(25) and found.headroom[1].after == Decimal(50)


def test_only_what_no_reservation_pays_is_saved() -> None:
    measured_ = busy("vm-a", "12", "30")
    paid = [{**one, **RESERVED} for one in LARGE]
    nothing("azure-vm-rightsize", TableFacts(paid, utilization=measured_))
    # On 20 of 30 days it pays: 10 × 9.00 = 90.00 are open; half of it: 45.00.
    part = [{**one, **(RESERVED if number < 20 else {})} for number, one in enumerate(LARGE)]
    found = only("azure-vm-rightsize", TableFacts(part, utilization=measured_))
    assert found.monthly_saving == Decimal("45.00")


@pytest.mark.parametrize("size", ["D2s v5", "B8ms", "D4 v2", "E8-4s v5", "NC6s v3"])
def test_sizes_that_have_no_smaller_one_in_proportion_are_left_alone(size: str) -> None:
    bill = each_day(vm("vm-a", size, "9.00"))
    nothing("azure-vm-rightsize", TableFacts(bill, utilization=busy("vm-a", "2", "5")))


def test_a_machine_that_changed_or_came_lately_waits() -> None:
    known = busy("vm-a", "2", "5")
    before, since = each_day(vm("vm-a", "D16s v5", "18")), each_day(vm("vm-a", "D8s v5", "9.00"))
    nothing("azure-vm-rightsize", TableFacts(before[:20] + since[20:], utilization=known))
    nothing("azure-vm-rightsize", TableFacts(LARGE[-13:], utilization=known))
    spot = [{**one, "PricingCategory": "Dynamic"} for one in LARGE]
    nothing("azure-vm-rightsize", TableFacts(spot, utilization=known))


OLDER = each_day(vm("vm-old", "D4s v3", "6.00"))
NEWER = each_day(vm("vm-new", "D4s v5", "5.40"))


def test_an_older_generation_by_the_bills_own_prices() -> None:
    # By the hour 0.25 and 0.225: a tenth less. 6.00 a day are 180.00 a month: 18.00.
    found = only("azure-vm-previous-generation", TableFacts(OLDER + NEWER))
    assert (found.monthly_saving, found.recommended) == (Decimal("18.00"), "D4s v5")
    assert found.confidence == "high"


def test_a_discount_stays_and_prices_at_list_compare() -> None:
    # List prices as above, at a discount of a fifth: 144.00 a month, a tenth of it 14.40.
    cheap = [
        {**one, "ListCost": one["EffectiveCost"], "EffectiveCost": one["EffectiveCost"] * 4 / 5}
        for one in OLDER + NEWER
    ]
    found = only("azure-vm-previous-generation", TableFacts(cheap))
    assert (found.monthly_saving, found.monthly_saving_list) == (Decimal("14.40"), Decimal("18.00"))


def test_without_a_price_of_the_newer_one_a_share_is_assumed() -> None:
    # 5 % of 180.00 are 9.00; at the bounds 0 % (nothing) and 50 % (90.00).
    found = only("azure-vm-previous-generation", TableFacts(OLDER))
    assert (found.monthly_saving, found.confidence) == (Decimal("9.00"), "low")
    nothing("azure-vm-previous-generation", TableFacts(OLDER), assumed_saving=Decimal(0))
    half = only("azure-vm-previous-generation", TableFacts(OLDER), assumed_saving=Decimal(50))
    assert half.monthly_saving == Decimal("90.00")
    elsewhere = [{**one, "RegionId": "northeurope"} for one in NEWER]
    assert only("azure-vm-previous-generation", TableFacts(OLDER + elsewhere)).confidence == "low"


def test_a_newer_one_that_is_not_cheaper_is_no_saving() -> None:
    same = each_day(vm("vm-new", "D4s v5", "6.00"))
    nothing("azure-vm-previous-generation", TableFacts(OLDER + same))
    nothing("azure-vm-previous-generation", TableFacts(NEWER))


def test_a_reserved_older_machine_stays() -> None:
    paid = [{**one, **RESERVED} for one in OLDER]
    nothing("azure-vm-previous-generation", TableFacts(paid + NEWER))
    # On 15 of 30 days: 90.00 are open, a tenth of it 9.00.
    half = [{**one, **(RESERVED if number < 15 else {})} for number, one in enumerate(OLDER)]
    found = only("azure-vm-previous-generation", TableFacts(half + NEWER))
    assert found.monthly_saving == Decimal("9.00")


def test_a_young_or_gone_older_machine_is_none() -> None:
    nothing("azure-vm-previous-generation", TableFacts(OLDER[-6:] + NEWER))
    gone = each_day(vm("vm-old", "D4s v3", "6.00"), 20, TODAY - timedelta(days=5))
    nothing("azure-vm-previous-generation", TableFacts(gone + NEWER))


DEV = each_day(vm("vm-dev", "D2s v5", "2.40", environment="development"), 28)


def hours(rows: list[dict[str, Any]]) -> TableFacts:
    return TableFacts(rows, environment="environment")


def test_a_machine_of_no_production_that_runs_day_and_night() -> None:
    # 28 days of 2.40 are 67.20, as 30 days 72.00. It ran 672 hours; 60 a week are 240 in 4 weeks:
    # 432 of 672 hours go: 72.00 × 432 / 672 = 46.2857.
    found = only("azure-nonproduction-hours", hours(DEV))
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("46.29"), Decimal("72.00"))
    # 80 hours a week: 320 in 4 weeks, 352 of 672 go: 37.71.
    longer = only("azure-nonproduction-hours", hours(DEV), hours_a_week=Decimal(80))
    assert longer.monthly_saving == Decimal("37.71")


def test_what_rests_is_production_or_unknown_is_left_alone() -> None:
    rests = [one for one in DEV if one["ChargeDay"].weekday() < 5]
    nothing("azure-nonproduction-hours", hours(rests))
    short = [dict(one) for one in DEV]
    short[5]["ConsumedQuantity"] = Decimal("22.9")
    nothing("azure-nonproduction-hours", hours(short))
    assert only("azure-nonproduction-hours", hours(short), least_hours_a_day=Decimal("22.9"))
    prod = [{**one, "environment": "production"} for one in DEV]
    nothing("azure-nonproduction-hours", hours(prod))
    unknown = [{**one, "environment": None} for one in DEV]
    nothing("azure-nonproduction-hours", hours(unknown))
    plain = [{name: value for name, value in one.items() if name != "environment"} for one in DEV]
    nothing("azure-nonproduction-hours", TableFacts(plain))
    nothing("azure-nonproduction-hours", hours(DEV[-13:]))


def test_which_environments_count_can_be_set() -> None:
    nothing("azure-nonproduction-hours", hours(DEV), environments="staging")
    assert only("azure-nonproduction-hours", hours(DEV), environments="it's, Development")
    nothing("azure-nonproduction-hours", hours(DEV), environments=" ")


def test_reserved_hours_are_paid_at_night_too() -> None:
    nothing("azure-nonproduction-hours", hours([{**one, **RESERVED} for one in DEV]))


WINDOWS = each_day(vm("vm-win", "D4s v5", "8.64", x_MeterSubcategory="Dsv5 Series Windows"))
LINUX = each_day(vm("vm-lin", "D4s v5", "4.32", x_MeterSubcategory="Dsv5 Series"))


def test_a_windows_licence_by_the_hour() -> None:
    # By the hour 0.36 with Windows and 0.18 without: half of 259.20 a month is the licence.
    found = only("azure-hybrid-benefit", TableFacts(WINDOWS + LINUX))
    assert (found.monthly_saving, found.confidence) == (Decimal("129.60"), "low")


def test_a_licence_whose_price_is_not_on_the_bill_is_left_alone() -> None:
    nothing("azure-hybrid-benefit", TableFacts(WINDOWS))
    nothing("azure-hybrid-benefit", TableFacts(LINUX))
    other = each_day(vm("vm-lin", "D8s v5", "8.64", x_MeterSubcategory="Dsv5 Series"))
    nothing("azure-hybrid-benefit", TableFacts(WINDOWS + other))
    paid = [{**one, **RESERVED} for one in WINDOWS]
    nothing("azure-hybrid-benefit", TableFacts(paid + LINUX))
    nothing("azure-hybrid-benefit", TableFacts(WINDOWS[-6:] + LINUX))
