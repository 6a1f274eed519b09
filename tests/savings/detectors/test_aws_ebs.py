"""gp2, io1 and old snapshots: what is saved, by hand, and what is left alone."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.aws.ebs import GP2, IO1, SNAPSHOTS
from tests.savings.detectors.aws_bill import asked, covered, line, savings
from tests.savings.facts import TODAY, TableFacts, each_day

# 73 GB for 365/12 days of a month are 73 × 12/365 = 2.4 GB-months a day.
SMALL = line("vol-1", "EBS:VolumeUsage.gp2", "0.24", "2.4", x_Operation="CreateVolume-Gp2")
# 730 GB: 24 GB-months a day, 2.40 dollars.
LARGE = line("vol-2", "EBS:VolumeUsage.gp2", "2.4", "24")
# 2,190 GB have 6,570 operations a second: 72 GB-months a day, 7.20 dollars.
HUGE = line("vol-3", "EBS:VolumeUsage.gp2", "7.2", "72")


@pytest.mark.parametrize(
    ("row", "saving"),
    [
        # 30 days at 0.24 are 7.20; gp3 costs 0.08 of 0.10: 5.76.
        (SMALL, "1.44"),
        # 72.00 as gp2; gp3: 720 GB-months × 0.08 = 57.60, and 125 MiB/s above the free ones:
        # 125 × 0.5 × 0.08 × 360/365 = 4.9315.
        (LARGE, "9.47"),
        # 216.00; 2,160 × 0.08 = 172.80; 4.9315; 3,570 operations above 3,000:
        # 3,570 × 0.06 × 0.08 × 360/365 = 16.9012.
        (HUGE, "21.37"),
    ],
)
def test_a_volume_of_gp2(row: dict[str, Any], saving: str) -> None:
    (one,), _ = asked(GP2, TableFacts(each_day(row)))
    assert str(one.monthly_saving) == saving == str(one.monthly_saving_list)
    assert one.where == f"ResourceId = '{row['ResourceId']}' AND SubAccountId = '111122223333'"
    assert one.monthly_cost == row["EffectiveCost"] * 30
    assert one.action == "Upgrade"


def test_without_the_throughput_that_gp2_has() -> None:
    # 72.00 − 57.60: the free 125 MiB/s are enough.
    assert savings(GP2, each_day(LARGE), keep_throughput=False) == ["14.40"]


def test_the_price_of_gp3_is_the_bills_own_of_the_region_and_discounts_stay() -> None:
    # In Frankfurt gp3 is 0.0952 and gp2 0.119: 2.4 × 0.119 = 0.2856 a day at list, 10 % off.
    row = line(
        "vol-1", "EUC1-EBS:VolumeUsage.gp2", "0.25704", "2.4", ListCost=Decimal("0.2856"),
        RegionId="eu-central-1",
    )  # fmt: skip
    other = line("vol-9", "EUC1-EBS:VolumeUsage.gp3", "0.0952", "1", RegionId="eu-central-1")
    (one,), _ = asked(GP2, TableFacts([*each_day(row), *each_day(other)]))
    # 72 × (0.119 − 0.0952) = 1.7136 at list, 1.54224 paid.
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("1.54", "1.71")


def test_what_changed_is_gone_or_is_young_is_left_alone() -> None:
    young = each_day(SMALL, 13)
    gone = each_day(SMALL | {"ResourceId": "vol-8"}, 20, TODAY - timedelta(days=4))
    other = each_day(line("vol-7", "EBS:VolumeUsage.gp3", "1", "10"))
    credit = each_day(SMALL | {"ResourceId": "vol-6", "ChargeCategory": "Credit"})
    assert savings(GP2, [*young, *gone, *other, *credit]) == []
    assert savings(GP2, each_day(SMALL, 14)) == ["1.44"]


def test_a_focus_export_names_the_meter_alone() -> None:
    own = {"x_UsageType": None, "x_LineItemType": None, "SkuMeter": "EUN1-EBS:VolumeUsage.gp2"}
    assert savings(GP2, each_day(SMALL | own)) == ["1.44"]


IO1_GB = line("vol-1", "EBS:VolumeUsage.piops", "0.3", "2.4")
# 1,460 operations a second: 48 IOPS-months a day at 0.065.
IO1_OPS = line("vol-1", "EBS:VolumeP-IOPS.piops", "3.12", "48")


def test_provisioned_operations_that_gp3_has_anyway() -> None:
    (one,), _ = asked(IO1, TableFacts([*each_day(IO1_GB), *each_day(IO1_OPS)]))
    # 30 × 3.42 = 102.60; gp3: 72 × 0.08 = 5.76; io1 gave 365 MiB/s (256 KiB an operation):
    # 240 × 0.5 × 0.08 × 360/365 = 9.4685.
    assert str(one.monthly_saving) == "87.37"
    assert one.monthly_cost == Decimal("102.60")
    assert one.recommended == "gp3, 73 GB, 3000 IOPS, 365 MiB/s"


def test_more_operations_than_asked_for_and_io2_are_left_alone() -> None:
    rows = [*each_day(IO1_GB), *each_day(IO1_OPS)]
    assert savings(IO1, rows, most_iops=Decimal(1460)) == ["87.37"]
    assert savings(IO1, rows, most_iops=Decimal(1459)) == []
    assert savings(IO1, each_day(IO1_GB)) == [], "no operations are known"
    io2 = [
        row | {"SkuMeter": row["SkuMeter"].replace("piops", "io2"), "x_UsageType": None}
        for row in rows
    ]
    assert savings(IO1, io2) == []


SNAPSHOT = line("arn:aws:ec2:us-east-1:1:snapshot/snap-1", "EBS:SnapshotUsage", "0.5", "10")


def snapshots(days: int, *, shrinks: str = "10", **values: Decimal) -> list[str]:
    """Savings on a snapshot of so many days whose last 30 have `shrinks` GB-months a day."""
    old = each_day(SNAPSHOT, days - 30, TODAY - timedelta(days=30))
    new = each_day(SNAPSHOT | {"ConsumedQuantity": Decimal(shrinks)}, 30)
    return savings(SNAPSHOTS, [*old, *new], **values)


def test_a_snapshot_is_old_by_its_first_day_on_the_bill() -> None:
    # 30 days at 0.50.
    assert snapshots(91) == ["15.00"]
    assert snapshots(90) == [], "not longer than 90 days"
    assert snapshots(90, older_than_days=Decimal(89)) == ["15.00"]


def test_a_snapshot_that_shrinks_is_in_use() -> None:
    assert snapshots(120, shrinks="9.9") == ["15.00"], "by 1 %"
    assert snapshots(120, shrinks="9.89") == []


def test_snapshots_without_a_name_and_what_is_paid_back_are_left_alone() -> None:
    rows = each_day(SNAPSHOT | {"ResourceId": None}, 120)
    refund = each_day(SNAPSHOT | {"ChargeClass": "Correction"}, 120)
    assert savings(SNAPSHOTS, [*rows, *refund]) == []


def test_a_covered_part_saves_nothing_of_it() -> None:
    # No commitment covers snapshots; were there one, it would be paid on.
    rows = each_day(covered(SNAPSHOT, "0.2"), 120)
    assert savings(SNAPSHOTS, rows) == []
