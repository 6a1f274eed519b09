"""Azure resources that nothing uses: disks, addresses, machines that are stopped and billed."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.registry import detectors
from tests.savings.detectors.azure_rows import RESERVED, SUBSCRIPTION, azure_id, disk, row, vm
from tests.savings.detectors.look import lacks, look, nothing, only
from tests.savings.facts import TODAY, TableFacts, each_day, measured

DISKS = "Microsoft.Compute/disks"
ADDRESSES = "Microsoft.Network/publicIPAddresses"
MACHINES = "Microsoft.Compute/virtualMachines"


def states(kind: str, name: str, values: str, metric: str = "attached") -> list[dict[str, Any]]:
    """One state a day, to yesterday: ``"0 0 1"``."""
    return measured(azure_id(kind, name), metric, "average", values.split())


ZEROS = " ".join(["0"] * 15)
OLD = each_day(disk("old", "P10 LRS Disk", "0.60"))


def test_a_disk_that_nothing_is_attached_to() -> None:
    # 30 days of 0.60 EUR are 18.00 a month; its list price is 0.70 a day: 21.00.
    bill = [{**one, "ListCost": Decimal("0.70")} for one in OLD]
    found = only("azure-disk-unattached", TableFacts(bill, utilization=states(DISKS, "old", ZEROS)))
    assert (found.monthly_saving, found.currency) == (Decimal("18.00"), "EUR")
    assert found.monthly_saving_list == Decimal("21.00")
    assert found.resource == azure_id(DISKS, "old")
    assert found.where == (
        f"ResourceId = '{azure_id(DISKS, 'old')}' AND SubAccountId = '{SUBSCRIPTION}'"
    )


def test_the_inventory_may_spell_the_id_in_another_case() -> None:
    rows = [{**one, "ResourceId": one["ResourceId"].upper()} for one in states(DISKS, "old", ZEROS)]
    assert only("azure-disk-unattached", TableFacts(OLD, utilization=rows))


def test_a_younger_disk_is_reckoned_by_its_own_days() -> None:
    # 10 days of 0.60 are 6.00 in 10 days, 18.00 in a month.
    bill = each_day(disk("old", "P10 LRS Disk", "0.60"), 10)
    found = only("azure-disk-unattached", TableFacts(bill, utilization=states(DISKS, "old", ZEROS)))
    assert found.monthly_saving == Decimal("18.00")


@pytest.mark.parametrize("values", ["0 0 0 0 0 0 0 1 0 0 0 0 0 0 0", "1 " * 15])
def test_a_disk_that_was_attached_on_any_day_is_none(values: str) -> None:
    nothing("azure-disk-unattached", TableFacts(OLD, utilization=states(DISKS, "old", values)))


def test_what_no_inventory_saw_is_not_judged() -> None:
    lacking = lacks("azure-disk-unattached", TableFacts(OLD))
    assert lacking.missing == (
        "attached: not measured in the last 15 days; 7 days are needed"
    )  # fmt: skip
    assert lacking.monthly_cost == Decimal("18.00")
    six = TableFacts(OLD, utilization=states(DISKS, "old", "0 0 0 0 0 0"))
    assert "measured on 6 days" in lacks("azure-disk-unattached", six).missing
    seven = TableFacts(OLD, utilization=states(DISKS, "old", "0 0 0 0 0 0 0"))
    assert only("azure-disk-unattached", seven)


def test_a_lowest_state_proves_nothing() -> None:
    rows = measured(azure_id(DISKS, "old"), "attached", "minimum", ["0"] * 15)
    assert lacks("azure-disk-unattached", TableFacts(OLD, utilization=rows))


def test_what_a_reservation_pays_is_no_saving() -> None:
    # Of 0.60 a day a reservation pays all: nothing falls away with the disk.
    paid = [{**one, **RESERVED} for one in OLD]
    nothing("azure-disk-unattached", TableFacts(paid, utilization=states(DISKS, "old", ZEROS)))
    # On 10 of 30 days it pays: 20 × 0.60 = 12.00 are saved, of 18.00.
    half = [{**one, **(RESERVED if number < 10 else {})} for number, one in enumerate(OLD)]
    found = only("azure-disk-unattached", TableFacts(half, utilization=states(DISKS, "old", ZEROS)))
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("12.00"), Decimal("18.00"))
    assert "a commitment pays 6.00 EUR a month of it" in found.reasons[-1]


def test_replicas_of_site_recovery_are_left_alone() -> None:
    seeds = each_day(disk("asrseeddisk-vm1", "P10 LRS Disk", "0.60"))
    tagged = each_day(disk("copy", "P10 LRS Disk", "0.60", Tags={"ASR-ReplicaDisk": "1"}))
    known = states(DISKS, "asrseeddisk-vm1", ZEROS) + states(DISKS, "copy", ZEROS)
    nothing("azure-disk-unattached", TableFacts(seeds + tagged, utilization=known))


def test_a_disk_that_is_gone_already_or_only_just_came_is_none() -> None:
    known = states(DISKS, "old", ZEROS)
    gone = each_day(disk("old", "P10 LRS Disk", "0.60"), 20, TODAY - timedelta(days=4))
    nothing("azure-disk-unattached", TableFacts(gone, utilization=known))
    young = each_day(disk("old", "P10 LRS Disk", "0.60"), 6)
    nothing("azure-disk-unattached", TableFacts(young, utilization=known))


def test_days_bound_how_far_back_it_must_have_been_unattached() -> None:
    known = states(DISKS, "old", "1 " + ZEROS)  # attached 16 days ago
    facts = TableFacts(OLD, utilization=known)
    assert only("azure-disk-unattached", facts)
    assert look("azure-disk-unattached", facts, days=Decimal(16)) == ([], [])
    with pytest.raises(ValueError, match="between 1 and 90"):
        look("azure-disk-unattached", facts, days=Decimal(91))


ADDRESS = row(ADDRESSES, "ip-old", "Virtual Network", "Standard IPv4 Static Public IP", "0.11")


def test_an_address_that_nothing_has() -> None:
    # 30 × 0.11 = 3.30.
    known = states(ADDRESSES, "ip-old", ZEROS)
    found = only("azure-public-ip-idle", TableFacts(each_day(ADDRESS), utilization=known))
    assert found.monthly_saving == Decimal("3.30")
    used = states(ADDRESSES, "ip-old", ZEROS + " 1")
    nothing("azure-public-ip-idle", TableFacts(each_day(ADDRESS), utilization=used))
    assert lacks("azure-public-ip-idle", TableFacts(each_day(ADDRESS))).resource
    disks = states(DISKS, "ip-old", ZEROS)  # a disk of the same name is another resource
    assert lacks("azure-public-ip-idle", TableFacts(each_day(ADDRESS), utilization=disks))


STOPPED = each_day(vm("vm-old", "D4s v5", "4.80"))
OFF = states(MACHINES, "vm-old", "0 0 0 0 0 0 0", "running")


def test_a_machine_that_is_stopped_and_billed() -> None:
    # 7 days of 4.80 are 33.60, as 30 days 144.00.
    found = only("azure-vm-stopped-allocated", TableFacts(STOPPED, utilization=OFF))
    assert found.monthly_saving == Decimal("144.00")
    assert found.where.endswith("AND x_MeterCategory = 'Virtual Machines'")


def test_a_machine_that_ran_or_was_not_billed_each_day_is_none() -> None:
    ran = states(MACHINES, "vm-old", "0 0 0 1 0 0 0", "running")
    nothing("azure-vm-stopped-allocated", TableFacts(STOPPED, utilization=ran))
    six = states(MACHINES, "vm-old", "0 0 0 0 0 0", "running")
    nothing("azure-vm-stopped-allocated", TableFacts(STOPPED, utilization=six))
    nothing("azure-vm-stopped-allocated", TableFacts(STOPPED[:-3], utilization=OFF))
    spot = [{**one, "PricingCategory": "Dynamic"} for one in STOPPED]
    nothing("azure-vm-stopped-allocated", TableFacts(spot, utilization=OFF))


def test_a_machine_whose_state_nobody_knows_is_not_judged() -> None:
    assert "running" in lacks("azure-vm-stopped-allocated", TableFacts(STOPPED)).missing


def test_a_reserved_machine_saves_nothing_by_being_deallocated() -> None:
    paid = [{**one, **RESERVED} for one in STOPPED]
    nothing("azure-vm-stopped-allocated", TableFacts(paid, utilization=OFF))


def test_how_long_it_must_be_stopped_can_be_set() -> None:
    one = states(MACHINES, "vm-old", "1 0", "running")
    facts = TableFacts(STOPPED, utilization=one)
    assert only("azure-vm-stopped-allocated", facts, days=Decimal(1))
    nothing("azure-vm-stopped-allocated", facts, days=Decimal(2))


def test_what_saves_less_than_a_cent_is_no_finding_and_no_failure() -> None:
    tiny = [{**one, "EffectiveCost": Decimal("0.0001")} for one in OLD]
    facts = TableFacts(tiny, utilization=states(DISKS, "old", ZEROS))
    detector = detectors()["azure-disk-unattached"]
    assert list(detector.find(facts, detector.settings(minimum=Decimal(0)))) == []
