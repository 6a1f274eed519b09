"""Azure's storage, databases and commitments."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.savings.detectors.azure_rows import RESERVED, SUBSCRIPTION, azure_id, disk, row, vm
from tests.savings.detectors.look import lacks, look, nothing, only
from tests.savings.facts import TODAY, TableFacts, each_day, measured

DISKS = "Microsoft.Compute/disks"
ACCOUNTS = "Microsoft.Storage/storageAccounts"
SQL = "Microsoft.Sql/servers"


def disk_use(
    name: str, iops: str, throughput: str, usual: str = "1", days: int = 20
) -> list[dict[str, Any]]:
    resource = azure_id(DISKS, name)
    return (
        measured(resource, "iops", "maximum", [iops] * days)
        + measured(resource, "iops", "average", [usual] * days)
        + measured(resource, "throughput", "maximum", [throughput] * days)
    )


PREMIUM = each_day(disk("data", "P20 LRS Disk", "2.00"))


def test_a_premium_disk_that_does_little() -> None:
    # P20 may do 2,300 operations and 150 MB a second: 5 % are 115 and 7.5 MB. At one operation a
    # second a month has 2,592,000, 259.2 × 0.002 = 0.5184 USD. Of the price of P20, 73.22, E20's
    # 38.40 and those 0.5184 stay: 1 - 38.9184 / 73.22 = 0.468473…; of 60.00 a month 28.11.
    facts = TableFacts(PREMIUM, utilization=disk_use("data", "115", "7500000"))
    found = only("azure-disk-premium-underused", facts)
    assert found.monthly_saving == Decimal("28.11")
    assert (found.current, found.recommended) == ("P20", "E20")
    # 115 of 2,300 are 5 %; of a Standard SSD's 500 they are 23 %.
    assert (found.headroom[0].now, found.headroom[0].after) == (Decimal(5), Decimal(23))


@pytest.mark.parametrize(("iops", "throughput"), [("115.1", "7500000"), ("115", "7500001")])
def test_a_disk_above_either_limit_stays(iops: str, throughput: str) -> None:
    facts = TableFacts(PREMIUM, utilization=disk_use("data", iops, throughput))
    nothing("azure-disk-premium-underused", facts)
    assert only("azure-disk-premium-underused", facts, limit=Decimal(6))


def test_reads_and_writes_that_are_measured_apart_are_added() -> None:
    resource = azure_id(DISKS, "data")
    rows = []
    for kind, peak in (("read", "60"), ("write", "55")):
        rows += measured(resource, f"{kind}_iops", "maximum", [peak] * 20)
        rows += measured(resource, f"{kind}_iops", "average", ["0.5"] * 20)
        rows += measured(resource, f"{kind}_throughput", "maximum", ["1000"] * 20)
    found = only("azure-disk-premium-underused", TableFacts(PREMIUM, utilization=rows))
    assert found.monthly_saving == Decimal("28.11")
    reads = [one for one in rows if one["Metric"].startswith("read")]
    lacking = lacks("azure-disk-premium-underused", TableFacts(PREMIUM, utilization=reads))
    assert "iops: no peak measured" in lacking.missing


def test_a_disk_that_nobody_measured_is_not_judged() -> None:
    assert lacks("azure-disk-premium-underused", TableFacts(PREMIUM)).monthly_cost == 60
    few = TableFacts(PREMIUM, utilization=disk_use("data", "1", "1", days=13))
    assert "on 14 days" in lacks("azure-disk-premium-underused", few).missing
    rows = [one for one in disk_use("data", "1", "1") if one["Statistic"] == "maximum"]
    lacking = lacks("azure-disk-premium-underused", TableFacts(PREMIUM, utilization=rows))
    assert "no average" in lacking.missing


def test_transactions_may_cost_more_than_the_tier_saves() -> None:
    # 70 operations a second all month are 36.288 USD of transactions, of 34.82 that are saved.
    facts = TableFacts(PREMIUM, utilization=disk_use("data", "100", "1", usual="70"))
    nothing("azure-disk-premium-underused", facts)


def test_other_disks_and_reserved_ones_stay() -> None:
    known = disk_use("data", "1", "1")
    for meter in ("E20 LRS Disk", "S20 LRS Disk", "P20 LRS Disk Mount", "Premium LRS Snapshots"):
        bill = each_day(disk("data", meter, "2.00"))
        nothing("azure-disk-premium-underused", TableFacts(bill, utilization=known))
    paid = [{**one, **RESERVED} for one in PREMIUM]
    nothing("azure-disk-premium-underused", TableFacts(paid, utilization=known))
    gone = each_day(disk("data", "P20 LRS Disk", "2.00"), 20, TODAY - timedelta(days=5))
    nothing("azure-disk-premium-underused", TableFacts(gone, utilization=known))


def test_a_disk_whose_size_changed_waits() -> None:
    before = each_day(disk("data", "P30 LRS Disk", "4.00"))
    mixed = before[:28] + PREMIUM[28:]
    nothing("azure-disk-premium-underused",
            TableFacts(mixed, utilization=disk_use("data", "1", "1")))  # fmt: skip


def blobs(name: str, stored: str, operations: str, days: int = 30) -> list[dict[str, Any]]:
    hot = row(ACCOUNTS, name, "Storage", "Hot LRS Data Stored", stored, "100")
    read = row(ACCOUNTS, name, "Storage", "Hot Read Operations", operations, "10")
    return each_day(hot, days) + each_day(read, days)


def test_blobs_that_hardly_anything_reads() -> None:
    # Storing 300.00 a month, operations 3.00. Cool stores for 100/184 and reads a tenth at 100/184
    # of hot's price: 300 × (1 - 1.1 × 100/184) = 120.652…, less 3.00 × 1.5 = 4.50: 116.15.
    found = only("azure-blob-cool-tier", TableFacts(blobs("archive", "10", "0.10")))
    assert found.monthly_saving == Decimal("116.15")
    assert found.where.endswith("AND x_MeterCategory = 'Storage'")
    # If nothing is read: 300 × 84/184 - 4.50 = 132.46. If all is: 300 × (1 - 200/184) < 0.
    idle = only(
        "azure-blob-cool-tier", TableFacts(blobs("archive", "10", "0.10")), read_share=Decimal(0)
    )
    assert idle.monthly_saving == Decimal("132.46")
    nothing("azure-blob-cool-tier", TableFacts(blobs("archive", "10", "0.10")),
            read_share=Decimal(100))  # fmt: skip


def test_blobs_that_are_used_or_young_stay_hot() -> None:
    at = TableFacts(blobs("archive", "10", "0.50"))  # operations are 5 %: the limit
    assert only("azure-blob-cool-tier", at)
    nothing("azure-blob-cool-tier", TableFacts(blobs("archive", "10", "0.51")))
    nothing("azure-blob-cool-tier", TableFacts(blobs("archive", "10", "0.10", days=29)))
    cool = row(ACCOUNTS, "archive", "Storage", "Cool LRS Data Stored", "10", "100")
    nothing("azure-blob-cool-tier", TableFacts(each_day(cool)))
    paid = [{**one, **RESERVED} for one in blobs("archive", "10", "0")]
    nothing("azure-blob-cool-tier", TableFacts(paid))


def test_an_account_without_operations_at_all_is_read_by_nobody() -> None:
    # The bill is whole: what it has no line of did not happen. 300 × (1 - 1.1 × 100/184) = 120.65.
    hot = each_day(row(ACCOUNTS, "archive", "Storage", "Hot LRS Data Stored", "10", "100"))
    assert only("azure-blob-cool-tier", TableFacts(hot)).monthly_saving == Decimal("120.65")


DATABASE = each_day(row(SQL, "db-a", "SQL Database", "S3 DTUs", "4.80", "1"))


def dtu(value: str, days: int = 20, statistic: str = "maximum") -> list[dict[str, Any]]:
    return measured(azure_id(SQL, "db-a"), "dtu", statistic, [value] * days)


@pytest.mark.parametrize(
    ("peak", "target", "saving"),
    [
        # S3 has 100 DTUs, at 144.00 a month. 39 % are 39 of 50: 78 %. Half of it goes.
        ("39", "S2, 50 DTUs", "72.00"),
        # 16 % are 16 of 20: 80 %, the limit. Four fifths go.
        ("16", "S1, 20 DTUs", "115.20"),
        ("16.1", "S2, 50 DTUs", "72.00"),
        ("8", "S0, 10 DTUs", "129.60"),
    ],
)
def test_a_database_with_more_than_it_uses(peak: str, target: str, saving: str) -> None:
    found = only("azure-sql-dtu-underused", TableFacts(DATABASE, utilization=dtu(peak)))
    assert (found.recommended, found.monthly_saving) == (target, Decimal(saving))


def test_a_database_that_is_used_enough_stays() -> None:
    nothing("azure-sql-dtu-underused", TableFacts(DATABASE, utilization=dtu("40")))
    facts = TableFacts(DATABASE, utilization=dtu("40"))
    assert only("azure-sql-dtu-underused", facts, underused=Decimal(41))
    nothing("azure-sql-dtu-underused", facts, underused=Decimal(41), limit=Decimal(79))


def test_a_database_that_nobody_measured_is_not_judged() -> None:
    assert lacks("azure-sql-dtu-underused", TableFacts(DATABASE))
    average = TableFacts(DATABASE, utilization=dtu("5", statistic="average"))
    assert lacks("azure-sql-dtu-underused", average)
    few = TableFacts(DATABASE, utilization=dtu("5", days=13))
    assert "13 days" in lacks("azure-sql-dtu-underused", few).missing


def test_other_databases_and_reserved_ones_stay() -> None:
    known = dtu("5")
    for meter in ("S0 DTUs", "vCore", "B DTU", "P1 DTUs"):
        bill = each_day(row(SQL, "db-a", "SQL Database", meter, "4.80", "1"))
        nothing("azure-sql-dtu-underused", TableFacts(bill, utilization=known))
    paid = [{**one, **RESERVED} for one in DATABASE]
    nothing("azure-sql-dtu-underused", TableFacts(paid, utilization=known))
    before = each_day(row(SQL, "db-a", "SQL Database", "S4 DTUs", "9.60", "1"))
    nothing("azure-sql-dtu-underused", TableFacts(before[:15] + DATABASE[15:], utilization=known))


RESERVATION = "/providers/microsoft.capacity/reservationorders/1/reservations/2"
PLAN = "/providers/microsoft.billingbenefits/savingsplanorders/1/savingsplans/2"


def commitment(
    id_: str, kind: str, used: str, unused: str, days: int = 30, end: Any = TODAY
) -> list[dict[str, Any]]:
    base = {
        "ServiceProviderName": "Microsoft", "ChargeCategory": "Usage", "BillingCurrency": "EUR",
        "SubAccountId": SUBSCRIPTION, "ServiceName": "Virtual Machines", "PricingCategory":
        "Committed", "CommitmentDiscountId": id_, "CommitmentDiscountName": "VM_RI",
        "CommitmentDiscountType": kind,
    }  # fmt: skip
    paid = {**base, "CommitmentDiscountStatus": "Used", "EffectiveCost": Decimal(used),
            "ResourceId": azure_id("microsoft.compute/virtualmachines", "vm-a")}  # fmt: skip
    left = {**base, "CommitmentDiscountStatus": "Unused", "EffectiveCost": Decimal(unused),
            "ResourceId": id_, "ListCost": Decimal(0)}  # fmt: skip
    return each_day(paid) + each_day(left, days, end)


def test_a_reservation_that_is_not_used() -> None:
    # 2.50 of 10.00 a day are not used: 75.00 of 300.00 a month.
    found = only(
        "azure-commitment-unused",
        TableFacts(commitment(RESERVATION, "Reservation", "7.5", "2.5")),
    )
    assert (found.monthly_saving, found.monthly_cost) == (Decimal("75.00"), Decimal("300.00"))
    assert found.resource == RESERVATION
    assert found.where.endswith("CommitmentDiscountStatus = 'Unused'")


def test_a_savings_plan_saves_what_other_machines_would_take() -> None:
    # 75.00 a month are not used, and machines at on-demand prices cost 30 × 1.20 = 36.00.
    plan = commitment(PLAN, "Savings Plan", "7.5", "2.5")
    nothing("azure-commitment-unused", TableFacts(plan))
    other = each_day(vm("vm-b", "D2s v5", "1.20"))
    found = only("azure-commitment-unused", TableFacts(plan + other))
    assert (found.monthly_saving, found.confidence) == (Decimal("36.00"), "low")
    more = each_day(vm("vm-b", "D2s v5", "9.60"))
    found = only("azure-commitment-unused", TableFacts(plan + more))
    assert found.monthly_saving == Decimal("75.00")
    # Two plans, and machines for one of them and a fifth of the next: 75.00 + 15.00, not 150.00.
    two = plan + commitment(f"{PLAN}-2", "Savings Plan", "7.5", "2.5")
    some = each_day(vm("vm-b", "D2s v5", "3.00"))
    told, _ = look("azure-commitment-unused", TableFacts(two + some))
    assert [one.monthly_saving for one in told] == [Decimal("75.00"), Decimal("15.00")]
    # Machines of another currency or billing account are none that it could take.
    for change in ({"BillingCurrency": "USD"}, {"BillingAccountId": "another"}):
        elsewhere = [{**one, **change} for one in more]
        nothing("azure-commitment-unused", TableFacts(plan + elsewhere))


def test_a_little_or_an_old_waste_is_none() -> None:
    at = TableFacts(commitment(RESERVATION, "Reservation", "9.5", "0.5"))
    assert only("azure-commitment-unused", at)
    below = TableFacts(commitment(RESERVATION, "Reservation", "9.51", "0.49"))
    nothing("azure-commitment-unused", below)
    assert only("azure-commitment-unused", below, unused_share=Decimal(4))
    few = TableFacts(commitment(RESERVATION, "Reservation", "5", "5", days=13))
    nothing("azure-commitment-unused", few)
    over = commitment(RESERVATION, "Reservation", "5", "5", 20, TODAY - timedelta(days=4))
    nothing("azure-commitment-unused", TableFacts(over))
    assert look("azure-commitment-unused", TableFacts()) == ([], [])
