"""AWS's resources by what was measured: idle, too large, attached to nothing, paid for unused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.savings.detectors.aws.measured_hours import HOURS, words
from outlay.savings.detectors.aws.measured_idle import DATABASES as IDLE_DATABASES
from outlay.savings.detectors.aws.measured_idle import INSTANCES as IDLE
from outlay.savings.detectors.aws.measured_sizes import DATABASES, INSTANCES
from outlay.savings.detectors.aws.measured_volumes import OPERATIONS, UNATTACHED
from tests.savings.detectors.aws_bill import ACCOUNT, asked, covered, line, unused
from tests.savings.facts import TODAY, TableFacts, each_day, measured

BOX = line("i-1", "BoxUsage:m6i.2xlarge", "9.216", x_Operation="RunInstances")
"""A day of a machine of 8 processors and 32 GiB, 0.384 an hour."""

DB = "arn:aws:rds:us-east-1:111122223333:db:orders-1"
CLASS = line(DB, "InstanceUsage:db.r6g.xlarge", "10.8", x_ServiceCode="AmazonRDS",
             x_Operation="CreateDBInstance:0021")  # fmt: skip
STORAGE = line(DB, "RDS:GP3-Storage", "1.15", "10", x_ServiceCode="AmazonRDS")
BACKUP = line(DB, "RDS:ChargedBackupUsage", "0.5", "5", x_ServiceCode="AmazonRDS")

Rows = Sequence[Mapping[str, Any]]


def load(resource: str, days: int = 14, **metrics: str) -> list[dict[str, Any]]:
    """The same value on each day; `cpu_p99` is the metric and the statistic."""
    found: list[dict[str, Any]] = []
    for name, value in metrics.items():
        metric, _, statistic = name.rpartition("_")
        found += measured(resource, metric, statistic, [value] * days, SubAccountId=ACCOUNT)
    return found


def quiet(resource: str = "i-1", days: int = 14, **more: Any) -> list[dict[str, Any]]:
    """A machine that does nothing."""
    values: dict[str, Any] = {
        "cpu_maximum": "4.99",
        "network_in_sum": "2400000",
        "network_out_sum": "2500000",
    }
    return load(resource, days, **(values | more))


def facts(rows: Iterable[Mapping[str, Any]], utilization: Rows = (), days: int = 30,
          **more: Any) -> TableFacts:  # fmt: skip
    return TableFacts(
        [day for row in rows for day in each_day(row, days)], utilization=utilization, **more
    )


# --- idle machines ---


def test_a_machine_that_does_nothing() -> None:
    # 9.216 a day for 14 days are 129.024; 30 days are 276.48.
    (one,), lacking = asked(IDLE, facts([BOX], quiet()))
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("276.48", "276.48")
    assert (one.action, one.resource, lacking) == ("Stop", "i-1", [])
    assert "BoxUsage" in one.where
    assert {evidence.name for evidence in one.evidence} >= {"cpu, highest"}


@pytest.mark.parametrize(
    "busy",
    [
        {"cpu_maximum": "5"},  # the limit itself is work
        {"network_in_sum": "2500000"},  # 2.5 + 2.5 MB a day
    ],
)
def test_a_machine_that_does_a_little(busy: dict[str, Any]) -> None:
    assert asked(IDLE, facts([BOX], quiet(**busy))) == ([], [])


def test_a_machine_without_any_tag_is_looked_at() -> None:
    assert len(asked(IDLE, facts([BOX | {"Tags": None}], quiet()))[0]) == 1


def test_a_maximum_of_fewer_days_says_that_it_works() -> None:
    rows = quiet(cpu_p99="3")
    rows = [row for row in rows if (row["Metric"], row["Statistic"]) != ("cpu", "maximum")]
    assert len(asked(IDLE, facts([BOX], rows))[0]) == 1
    assert asked(IDLE, facts([BOX], [*rows, *load("i-1", 13, cpu_maximum="90")])) == ([], [])


def test_the_limits_are_parameters() -> None:
    busy = facts([BOX], quiet(cpu_maximum="8", network_in_sum="9000000"))
    assert asked(IDLE, busy, cpu_most=Decimal(10)) == ([], [])
    (one,), _ = asked(IDLE, busy, cpu_most=Decimal(10), network_most=Decimal(20))
    assert one.resource == "i-1"


@pytest.mark.parametrize(
    ("utilization", "missing"),
    [
        ([], "processors: not measured"),
        (load("i-1", cpu_average="1", network_in_sum="1", network_out_sum="1"),
         "processors: not measured (maximum or p99: an average hides peaks)"),
        (load("i-1", cpu_maximum="1"), "network received: not measured"),
        (quiet(days=13), "processors: measured on 13 days, 14 are needed"),
        # Bytes in five minutes are no day's sum.
        (load("i-1", cpu_maximum="1", network_in_average="1", network_out_average="1"),
         "network received: not measured"),
    ],
)  # fmt: skip
def test_a_machine_that_was_not_measured_is_not_idle(utilization: Rows, missing: str) -> None:
    found, (one,) = asked(IDLE, facts([BOX], utilization))
    assert found == []
    assert missing in one.missing
    assert str(one.monthly_cost) == "276.48"


def test_a_machine_with_gpus_needs_their_measure() -> None:
    box = line("i-1", "BoxUsage:g5.2xlarge", "29.088")
    found, (one,) = asked(IDLE, facts([box], quiet()))
    assert found == [] and "GPUs: not measured" in one.missing
    assert asked(IDLE, facts([box], quiet(gpu_maximum="60"))) == ([], [])
    (one_found,), _ = asked(IDLE, facts([box], quiet(gpu_maximum="0")))
    assert str(one_found.monthly_saving) == "872.64"


def test_a_machine_younger_than_the_window_says_nothing() -> None:
    assert asked(IDLE, facts([BOX], quiet(days=13), days=13)) == ([], [])


def test_machines_of_autoscaling_groups_and_spot_are_left_out() -> None:
    rows = [
        BOX | {"Tags": {"aws:autoscaling:groupName": "web"}},
        BOX | {"ResourceId": "i-2", "PricingCategory": "Dynamic"},
    ]
    assert asked(IDLE, facts(rows, [*quiet("i-1"), *quiet("i-2")])) == ([], [])


def test_a_machine_that_a_savings_plan_pays_for_saves_nothing() -> None:
    """The plan has room left: it is paid on, whether the machine runs or not."""
    plan = "arn:aws:savingsplans::1:savingsplan/p"
    rows = [covered(BOX, "6.08", plan), unused(plan, "1")]
    assert asked(IDLE, facts(rows, quiet())) == ([], [])


def test_half_covered_saves_the_other_half() -> None:
    # On demand 4.608 a day: 30 days are 138.24. The plan's 3.04 a day go on.
    plan = "arn:aws:savingsplans::1:savingsplan/p"
    half = BOX | {"EffectiveCost": Decimal("4.608"), "ConsumedQuantity": Decimal(12)}
    (one,), _ = asked(IDLE, facts([half, covered(half, "3.04", plan), unused(plan, "1")], quiet()))
    assert str(one.monthly_saving) == "138.24"
    assert any("commitment" in reason for reason in one.reasons)
    assert str(one.monthly_cost) == "229.44"  # (4.608 + 3.04) × 30


def test_a_plan_that_is_used_up_pays_for_other_machines_instead() -> None:
    # 6.08 a day at the plan's rate, which the other machine's 9.216 on demand can take.
    other = BOX | {"ResourceId": "i-2"}
    rows = [covered(BOX, "6.08"), other]
    busy = load("i-2", cpu_maximum="80", network_in_sum="1", network_out_sum="1")
    (one,), _ = asked(IDLE, facts(rows, [*quiet(), *busy]))
    assert (one.resource, str(one.monthly_saving)) == ("i-1", "182.40")


# --- idle databases ---


def test_a_database_that_nobody_connects_to() -> None:
    # (10.80 + 1.15) × 30; the backups' 0.50 a day go on.
    rows = load("orders-1", connections_maximum="0")
    (one,), _ = asked(IDLE_DATABASES, facts([CLASS, STORAGE, BACKUP], rows))
    assert (str(one.monthly_saving), one.resource, one.action) == ("358.50", DB, "Delete")


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (load("orders-1", connections_maximum="1"), None),
        (load("orders-1", connections_average="0"), "connections: not measured"),
        (load("orders-1", 10, connections_maximum="0"), "measured on 10 days"),
        ([], "connections: not measured"),
    ],
)
def test_other_databases(rows: Rows, missing: str | None) -> None:
    found, lacking = asked(IDLE_DATABASES, facts([CLASS, STORAGE], rows))
    assert found == []
    assert [missing in one.missing for one in lacking] == ([] if missing is None else [True])  # type: ignore[operator]


def test_a_name_that_two_databases_have_is_neither() -> None:
    """CloudWatch says no account: the idle one cannot be told from the other."""
    other = DB.replace("111122223333", "444455556666")
    rows = [CLASS, CLASS | {"ResourceId": other, "SubAccountId": "444455556666"}]
    quiet_rows = [row | {"SubAccountId": None} for row in load("orders-1", connections_maximum="0")]
    found, lacking = asked(IDLE_DATABASES, facts(rows, quiet_rows))
    assert found == [] and len(lacking) == 2
    (one,), _ = asked(IDLE_DATABASES, facts(rows, load("orders-1", connections_maximum="0")))
    assert one.account == ACCOUNT


# --- sizes ---


def test_a_machine_twice_too_large() -> None:
    """p99 of the processors 35 % and 38 % of the memory: 70 % and 76 % of m6i.xlarge; a quarter of
    the size would be over its limits. The bill has no xlarge: half the price by the catalogue."""
    rows = load("i-1", cpu_p99="35", cpu_maximum="99", memory_maximum="38")
    (one,), lacking = asked(INSTANCES, facts([BOX], rows))
    # 276.48 × (1 − 0.192/0.384)
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("138.24", "138.24")
    assert (one.current, one.recommended, lacking) == ("m6i.2xlarge", "m6i.xlarge", [])
    assert [(h.metric, h.statistic, h.now, h.after) for h in one.headroom] == [
        ("cpu", "p99", Decimal(35), Decimal(70)),
        ("memory", "maximum", Decimal(38), Decimal(76)),
    ]
    assert "AWS's list prices in N. Virginia of 2025-11-01" in one.basis
    assert any("2025-11-01" in evidence.source for evidence in one.evidence)


def test_the_bills_own_price_of_the_target_comes_first() -> None:
    # Sydney: xlarge 0.24 an hour on this bill, 2xlarge 0.6: 24 × 0.6 × (1 − 0.4) × 30.
    here = {"RegionId": "ap-southeast-2", "x_Operation": "RunInstances"}
    big = line("i-1", "APS2-BoxUsage:m6i.2xlarge", "14.4", **here)
    small = line("i-2", "APS2-BoxUsage:m6i.xlarge", "5.76", **here)
    rows = [*load("i-1", cpu_p99="20", memory_maximum="30"),
            *load("i-2", cpu_p99="70", memory_maximum="70")]  # fmt: skip
    (one,), _ = asked(INSTANCES, facts([big, small], rows))
    assert (one.resource, str(one.monthly_saving)) == ("i-1", "259.20")
    assert "the bill's own list prices" in one.basis


def test_a_discount_on_the_machine_is_one_on_the_saving() -> None:
    # A tenth off: 276.48 × 0.9 × 0.5; at list as before.
    row = BOX | {"EffectiveCost": Decimal("8.2944"), "ListCost": Decimal("9.216")}
    (one,), _ = asked(INSTANCES, facts([row], load("i-1", cpu_p99="35", memory_maximum="38")))
    assert (str(one.monthly_saving), str(one.monthly_saving_list)) == ("124.42", "138.24")


@pytest.mark.parametrize(
    "rows",
    [
        load("i-1", cpu_p99="40.01", memory_maximum="20"),  # 80.02 % of the smaller one
        load("i-1", cpu_p99="10", memory_maximum="40.01"),
    ],
)
def test_a_machine_that_is_as_large_as_it_must_be(rows: Rows) -> None:
    assert asked(INSTANCES, facts([BOX], rows)) == ([], [])


def test_the_headroom_is_a_parameter() -> None:
    rows = load("i-1", cpu_p99="40.01", memory_maximum="20")
    (one,), _ = asked(INSTANCES, facts([BOX], rows), cpu_headroom=Decimal(19))
    assert one.recommended == "m6i.xlarge"


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([], "processors: not measured"),
        (load("i-1", cpu_p99="5"), "memory: not measured"),
        (load("i-1", cpu_average="5", memory_maximum="5"), "an average hides peaks"),
        (load("i-1", memory_maximum="5"), "processors: not measured"),
        (load("i-1", 9, cpu_p99="5", memory_maximum="5"), "measured on 9 days"),
    ],
)
def test_without_processors_and_memory_nothing_is_made_smaller(rows: Rows, missing: str) -> None:
    found, (one,) = asked(INSTANCES, facts([BOX], rows))
    assert found == []
    assert missing in one.missing


def test_a_burstable_machine_stays_below_the_baseline_of_the_smaller_one() -> None:
    """t3.large: 30 % of each of 2 processors all the time; t3.medium 20 %, half the memory."""
    box = line("i-1", "BoxUsage:t3.large", "1.9968")
    rows = load("i-1", cpu_p99="60", memory_maximum="30", cpu_average="20")
    (one,), _ = asked(INSTANCES, facts([box], rows))
    # 59.904 × (1 − 0.0416/0.0832)
    assert (one.recommended, str(one.monthly_saving)) == ("t3.medium", "29.95")
    busy = load("i-1", cpu_p99="60", memory_maximum="30", cpu_average="20.1")
    assert asked(INSTANCES, facts([box], busy)) == ([], [])
    _, (lack,) = asked(INSTANCES, facts([box], load("i-1", cpu_p99="60", memory_maximum="30")))
    assert "burstable" in lack.missing


def test_a_committed_machine_is_not_made_smaller() -> None:
    plan = "arn:aws:savingsplans::1:savingsplan/p"
    rows = [covered(BOX, "6.08", plan), unused(plan, "1")]
    assert asked(INSTANCES, facts(rows, load("i-1", cpu_p99="5", memory_maximum="5"))) == ([], [])


def test_the_smallest_machine_of_a_family_and_an_unknown_one() -> None:
    rows = load("i-1", cpu_p99="1", memory_maximum="1")
    for kind in ("m6i.large", "z9.large"):
        assert asked(INSTANCES, facts([line("i-1", f"BoxUsage:{kind}", "5")], rows)) == ([], [])


def test_a_database_by_the_memory_that_was_free() -> None:
    """db.r6g.xlarge has 32 GiB: 20 GiB free are 37.5 % used, 75 % of db.r6g.large."""
    rows = load("orders-1", cpu_p99="30", memory_available_minimum=str(20 * 2**30))
    (one,), _ = asked(DATABASES, facts([CLASS, STORAGE], rows))
    # 10.80 × 30 × (1 − 0.225/0.45)
    assert (one.recommended, str(one.monthly_saving)) == ("db.r6g.large", "162.00")
    assert {h.metric: (h.now, h.after) for h in one.headroom} == {
        "cpu": (Decimal(30), Decimal(60)),
        "memory": (Decimal("37.5"), Decimal(75)),
    }
    full = load("orders-1", cpu_p99="30", memory_available_minimum=str(19 * 2**30))
    assert asked(DATABASES, facts([CLASS], full)) == ([], [])  # 81.25 %
    _, (lack,) = asked(DATABASES, facts([CLASS], load("orders-1", cpu_p99="3")))
    assert "memory: not measured" in lack.missing


# --- volumes ---

VOLUME = line("vol-1", "EBS:VolumeUsage.gp3", "0.8", "10")


def test_a_volume_that_is_attached_to_nothing() -> None:
    # (0.80 + 0.10) × 30: its operations go with it.
    rows = [VOLUME, line("vol-1", "EBS:VolumeP-IOPS.gp3", "0.1", "20")]
    (one,), _ = asked(UNATTACHED, facts(rows, load("vol-1", attached_average="0")))
    assert (str(one.monthly_saving), one.action) == ("27.00", "Delete")


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        (load("vol-1", attached_average="1"), None),
        ([*load("vol-1", 13, attached_average="0"),
          *measured("vol-1", "attached", "average", ["1"], end=TODAY - timedelta(days=13))], None),
        (load("vol-1", 13, attached_average="0"), "attached: measured on 13 days"),
        ([], "an inventory of volumes a day says it"),
        # Nothing read or written is no proof: a disk of a quiet machine looks alike.
        (load("vol-1", disk_read_ops_sum="0", disk_write_ops_sum="0"), "attached: not measured"),
    ],
)  # fmt: skip
def test_other_volumes(rows: Rows, missing: str | None) -> None:
    found, lacking = asked(UNATTACHED, facts([VOLUME], rows))
    assert found == []
    assert [missing in one.missing for one in lacking] == ([] if missing is None else [True])  # type: ignore[operator]


def operations(kind: str, provisioned: int, price: str) -> dict[str, Any]:
    """A day of provisioned operations in November (30 days): a thirtieth of a month's."""
    a_day = Decimal(provisioned) / 30
    return line("vol-1", f"EBS:VolumeP-IOPS.{kind}", str(a_day * Decimal(price)), str(a_day))


@pytest.mark.parametrize(
    ("kind", "provisioned", "price", "peak", "saving"),
    [
        # 6,000 of io2 at 0.065 are 390 a month; 2,000 and a fifth are 2,400: 60 % less.
        ("io2", 6000, "0.065", "2000", "234.00"),
        # gp3 pays for those beyond 3,000: 9,000 in all, 4,000 × 1.2 − 3,000 = 1,800 of 6,000.
        ("gp3", 6000, "0.005", "4000", "21.00"),
        # Below what is included none are needed.
        ("gp3", 6000, "0.005", "100", "30.00"),
        # io1 has 100 at least: 100 of 6,000.
        ("io1", 6000, "0.065", "1", "383.50"),
    ],
)
def test_operations_that_are_not_used(
    kind: str, provisioned: int, price: str, peak: str, saving: str
) -> None:
    bill = operations(kind, provisioned, price)
    days = each_day(bill, 14)  # 2–15 November: days of one month alone
    (one,), _ = asked(OPERATIONS, TableFacts(days, utilization=load("vol-1", iops_maximum=peak)))
    assert str(one.monthly_saving) == saving
    assert one.headroom[0].metric == "iops"


def test_operations_by_the_hour_count_and_days_do_not() -> None:
    bill = each_day(operations("io2", 6000, "0.065"), 14)
    hours: list[dict[str, Any]] = [
        {
            "ResourceId": "vol-1", "Metric": metric, "Statistic": "sum", "SubAccountId": ACCOUNT,
            "PeriodStart": datetime.combine(TODAY - timedelta(days=day), datetime.min.time()),
            "PeriodEnd": datetime.combine(TODAY - timedelta(days=day), datetime.min.time())
            + timedelta(hours=1),
            "Value": Decimal(3600 * 1000),
        }
        for day in range(1, 15)
        for metric in ("disk_read_ops", "disk_write_ops")
    ]  # fmt: skip
    # 1,000 reads and 1,000 writes a second.
    (one,), _ = asked(OPERATIONS, TableFacts(bill, utilization=hours))
    assert str(one.monthly_saving) == "234.00"
    days = [row | {"PeriodEnd": row["PeriodStart"] + timedelta(days=1)} for row in hours]
    found, (lack,) = asked(OPERATIONS, TableFacts(bill, utilization=days))
    assert found == [] and "operations a second" in lack.missing
    reads = [row for row in hours if row["Metric"] == "disk_read_ops"]
    found, lacking = asked(OPERATIONS, TableFacts(bill, utilization=reads))
    assert found == [] and len(lacking) == 1


def test_a_volume_that_needs_its_operations() -> None:
    bill = each_day(operations("io2", 6000, "0.065"), 14)
    needed = load("vol-1", iops_maximum="5000")  # and a fifth are 6,000
    assert asked(OPERATIONS, TableFacts(bill, utilization=needed)) == ([], [])
    (one,), _ = asked(OPERATIONS, TableFacts(bill, utilization=needed), headroom=Decimal(0))
    assert str(one.monthly_saving) == "65.00"


# --- hours of the week ---


def hourly(
    days: int = 28, *, busy: Iterable[int] = (), skip: Iterable[int] = ()
) -> list[dict[str, Any]]:
    """Maxima by the hour: 50 % in hours of the week that are busy, 1 % in others, none in
    `skip`."""
    first = datetime.combine(TODAY - timedelta(days=days), datetime.min.time())
    busy_set, skipped = set(busy), set(skip)
    rows = []
    for number in range(days * 24):
        at = first + timedelta(hours=number)
        slot = at.weekday() * 24 + at.hour
        if slot in skipped:
            continue
        rows.append({
            "ResourceId": "i-1", "Metric": "cpu", "Statistic": "maximum", "SubAccountId": ACCOUNT,
            "PeriodStart": at, "PeriodEnd": at + timedelta(hours=1),
            "Value": Decimal(50 if slot in busy_set else 1),
        })  # fmt: skip
    return rows


OFFICE = [day * 24 + hour for day in range(5) for hour in range(8, 20)]
DEV = BOX | {"environment": "dev"}


def test_a_machine_that_sleeps_at_night() -> None:
    """Busy 60 of 168 hours: 108/168 of 276.48."""
    (one,), _ = asked(HOURS, facts([DEV], hourly(busy=OFFICE), environment="environment"))
    assert str(one.monthly_saving) == "177.74"  # 276.48 × 108 ÷ 168 = 177.737…
    assert one.action == "Schedule"
    assert "Fri 20–Mon 08" in one.recommended


@pytest.mark.parametrize(
    ("row", "environment", "busy", "lacking"),
    [
        (DEV, "", OFFICE, 0),  # nobody has said what production is
        (BOX | {"environment": "prod"}, "environment", OFFICE, 0),
        (BOX, "environment", OFFICE, 0),
        (DEV, "environment", range(129), 0),  # 39 idle hours a week
    ],
)
def test_machines_that_get_no_schedule(
    row: dict[str, Any], environment: str, busy: Iterable[int], lacking: int
) -> None:
    kept = {name: value for name, value in row.items() if environment or name != "environment"}
    known = facts([kept], hourly(busy=busy), environment=environment)
    found, missing = asked(HOURS, known)
    assert (found, len(missing)) == ([], lacking)


def test_forty_idle_hours_are_enough() -> None:
    (one,), _ = asked(HOURS, facts([DEV], hourly(busy=range(128)), environment="environment"))
    assert str(one.monthly_saving) == "65.83"  # 276.48 × 40 ÷ 168


def test_hours_that_it_was_stopped_are_no_saving() -> None:
    """Measured 120 hours a week, of which 60 are idle: half of what it costs."""
    gone = list(range(5 * 24, 7 * 24))
    rows = hourly(busy=OFFICE, skip=gone)
    (one,), _ = asked(HOURS, facts([DEV], rows, environment="environment"))
    assert str(one.monthly_saving) == "138.24"


def test_machines_that_were_not_measured_by_the_hour() -> None:
    days = load("i-1", cpu_maximum="1")
    found, (one,) = asked(HOURS, facts([DEV], days, environment="environment"))
    assert found == [] and "by the hour: not measured" in one.missing
    found, (one,) = asked(HOURS, facts([DEV], hourly(10), environment="environment"))
    assert found == [] and "measured on 10 days" in one.missing


def test_a_committed_machine_gets_no_schedule() -> None:
    plan = "arn:aws:savingsplans::1:savingsplan/p"
    rows = [covered(DEV, "6.08", plan), unused(plan, "1")]
    assert asked(HOURS, facts(rows, hourly(busy=OFFICE), environment="environment")) == ([], [])


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([0, 1, 2], "Mon 00–03"),
        ([22, 23], "Mon 22–24"),
        ([22, 23, 24, 25], "Mon 22–Tue 02"),
        ([0, 1, 166, 167], "Sun 22–Mon 02"),
        ([5, 30], "Mon 05–06, Tue 06–07"),
    ],
)
def test_hours_in_words(slots: list[int], expected: str) -> None:
    assert words(slots) == expected
