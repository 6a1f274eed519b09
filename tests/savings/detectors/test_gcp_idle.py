"""Google Cloud resources that nothing uses: addresses, rules, snapshots, disks."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.savings.detectors.gcp_rows import COMMITTED, gcp_id, row
from tests.savings.detectors.look import lacks, look, nothing, only
from tests.savings.facts import TODAY, TableFacts, each_day, measured

ADDRESS = row("addresses/vpn-old", "Static Ip Charge in Netherlands", "0.24")


def test_an_address_that_is_charged_because_nothing_uses_it() -> None:
    # 15 days of 0.24 are 3.60, as 30 days 7.20.
    found = only("gcp-static-ip-idle", TableFacts(each_day(ADDRESS)))
    assert (found.monthly_saving, found.currency) == (Decimal("7.20"), "USD")
    assert found.resource == gcp_id("addresses/vpn-old")


def test_an_address_that_was_used_on_one_of_the_days_is_none() -> None:
    nothing("gcp-static-ip-idle", TableFacts(each_day(ADDRESS, 14)))
    gap = [one for one in each_day(ADDRESS) if one["ChargeDay"] != TODAY - timedelta(days=5)]
    nothing("gcp-static-ip-idle", TableFacts(gap))
    gone = each_day(ADDRESS, 20, TODAY - timedelta(days=1))
    nothing("gcp-static-ip-idle", TableFacts(gone))


def test_an_address_in_use_has_another_sku() -> None:
    used = row("instances/vm-a", "External IP Charge on a Standard VM", "0.12")
    nothing("gcp-static-ip-idle", TableFacts(each_day(used)))
    nothing("gcp-static-ip-idle", TableFacts([{**one, "ResourceId": None}
                                              for one in each_day(ADDRESS)]))  # fmt: skip


def test_how_long_an_address_must_have_been_unused_can_be_set() -> None:
    facts = TableFacts(each_day(ADDRESS, 14))
    assert only("gcp-static-ip-idle", facts, days=Decimal(14)).monthly_saving == Decimal("7.20")
    with pytest.raises(ValueError, match="between 1 and 30"):
        look("gcp-static-ip-idle", facts, days=Decimal(31))


def test_a_credit_for_all_of_an_address_leaves_nothing_to_save() -> None:
    free = [{**one, "EffectiveCost": Decimal(0)} for one in each_day(ADDRESS)]
    nothing("gcp-static-ip-idle", TableFacts(free))


RULE = row("forwardingRules/fe-old", "Cloud Load Balancer Forwarding Rule Minimum Global", "0.60")
BUSY = [
    *each_day(row("forwardingRules/fe-a", "Cloud Load Balancer Forwarding Rule Minimum Global",
                  "0.60")),
    *each_day(row("forwardingRules/fe-a", "Network Load Balancing: Data Processing Charge",
                  "0.40", "40")),
]  # fmt: skip


def test_a_rule_that_no_data_goes_through() -> None:
    # 30 × 0.60 = 18.00.
    found = only("gcp-load-balancer-idle", TableFacts(each_day(RULE) + BUSY))
    assert found.monthly_saving == Decimal("18.00")
    assert found.resource == gcp_id("forwardingRules/fe-old")


def test_a_little_data_is_data() -> None:
    once = row("forwardingRules/fe-old", "Network Load Balancing: Data Processing Charge",
               "0.0001", "0.01")  # fmt: skip
    nothing("gcp-load-balancer-idle", TableFacts(each_day(RULE) + each_day(once, 1) + BUSY))


def test_where_the_bill_tells_no_rules_data_nothing_is_judged() -> None:
    lacking = lacks("gcp-load-balancer-idle", TableFacts(each_day(RULE)))
    assert "no forwarding rule at all" in lacking.missing
    assert lacking.monthly_cost == Decimal("18.00")


def test_a_rule_that_is_young_gone_or_committed_is_none() -> None:
    nothing("gcp-load-balancer-idle", TableFacts(each_day(RULE, 13) + BUSY))
    gone = each_day(RULE, 20, TODAY - timedelta(days=4))
    nothing("gcp-load-balancer-idle", TableFacts(gone + BUSY))
    paid = [{**one, **COMMITTED} for one in each_day(RULE)]
    nothing("gcp-load-balancer-idle", TableFacts(paid + BUSY))


SNAPSHOT = row("snapshots/db-before-move", "Storage PD Snapshot in Netherlands", "0.50", "20")


def snapshots(days: int, **more: Any) -> TableFacts:
    """A snapshot whose first charge is `days` days old; `daily` has the last 100 of them."""
    history = each_day({**SNAPSHOT, **more}, days)
    return TableFacts(history[-100:], history=history)


def test_a_snapshot_that_is_old_by_its_first_charge() -> None:
    # 30 × 0.50 = 15.00.
    found = only("gcp-snapshot-old", snapshots(200))
    assert found.monthly_saving == Decimal("15.00")
    assert "200 days old" in found.title


def test_a_snapshot_is_old_from_a_day_on_that_can_be_set() -> None:
    assert only("gcp-snapshot-old", snapshots(180))
    nothing("gcp-snapshot-old", snapshots(179))
    assert only("gcp-snapshot-old", snapshots(179), age=Decimal(179))
    with pytest.raises(ValueError, match="between 30 and 400"):
        look("gcp-snapshot-old", snapshots(31), age=Decimal(29))


def test_a_snapshot_that_is_gone_free_or_an_image_is_none() -> None:
    history = each_day(SNAPSHOT, 200, TODAY - timedelta(days=4))
    nothing("gcp-snapshot-old", TableFacts(history[-96:], history=history))
    nothing("gcp-snapshot-old", snapshots(200, EffectiveCost=Decimal(0)))
    nothing("gcp-snapshot-old", snapshots(200, **COMMITTED))
    image = row("images/base", "Storage Image in Netherlands", "0.50", "20")
    nothing("gcp-snapshot-old", TableFacts(each_day(image, 100), history=each_day(image, 200)))


DISK = each_day(row("disks/notebook-old", "Storage PD Capacity in Netherlands", "0.40", "10"))


def attached(name: str, values: str) -> list[dict[str, Any]]:
    return measured(gcp_id(f"disks/{name}"), "attached", "average", values.split())


ZEROS = " ".join(["0"] * 15)


def test_a_disk_that_nothing_is_attached_to() -> None:
    # 30 × 0.40 = 12.00.
    found = only(
        "gcp-disk-unattached", TableFacts(DISK, utilization=attached("notebook-old", ZEROS))
    )
    assert found.monthly_saving == Decimal("12.00")
    bare = measured("notebook-old", "attached", "average", ZEROS.split())  # by its name alone
    assert only("gcp-disk-unattached", TableFacts(DISK, utilization=bare))


def test_a_disk_that_was_attached_or_not_measured_is_none() -> None:
    used = attached("notebook-old", "0 0 0 0 0 0 0 0 1 0 0 0 0 0 0")
    nothing("gcp-disk-unattached", TableFacts(DISK, utilization=used))
    assert lacks("gcp-disk-unattached", TableFacts(DISK)).monthly_cost == Decimal("12.00")
    six = attached("notebook-old", "0 0 0 0 0 0")
    assert lacks("gcp-disk-unattached", TableFacts(DISK, utilization=six))


def test_volumes_of_clusters_and_committed_disks_stay() -> None:
    for name in ("pvc-0c1e", "gke-analytics-pool-1"):
        bill = each_day(row(f"disks/{name}", "Storage PD Capacity in Netherlands", "0.40"))
        nothing("gcp-disk-unattached", TableFacts(bill, utilization=attached(name, ZEROS)))
    cluster = [{**one, "x_Cluster": "analytics"} for one in DISK]
    nothing("gcp-disk-unattached", TableFacts(cluster, utilization=attached("notebook-old", ZEROS)))
    paid = [{**one, **COMMITTED} for one in DISK]
    nothing("gcp-disk-unattached", TableFacts(paid, utilization=attached("notebook-old", ZEROS)))


def test_the_unattached_days_can_be_set() -> None:
    facts = TableFacts(DISK, utilization=attached("notebook-old", "1 " + ZEROS))
    assert only("gcp-disk-unattached", facts)
    nothing("gcp-disk-unattached", facts, days=Decimal(16))
