"""A node's charge goes to its pods: every number here is worked out by hand."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.allocation.kubernetes.model import ClusterSpec, Ratio
from tests.allocation.kubernetes.bench import DAY, NODE, Bench, by, charge, room, used

HALVES = Ratio(cpu=Decimal("4"), memory=Decimal("1"), gpu=Decimal("0"))
"""Four cores cost as much as 16 GiB: each half of the node."""
PLAIN = ClusterSpec(ratio=HALVES)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_node_day_goes_to_requests_and_use_and_the_rest_is_idle(bench: Bench) -> None:
    # 96 core-hours at 4 and 384 GiB-hours at 1: 8.00 for CPU, 8.00 for memory.
    usage = [
        *room(),
        used("cpu_request", "24"), used("cpu_usage", "12"),
        used("memory_request", "96"), used("memory_usage", "192"),
        used("cpu_request", "12", x_Namespace="data", x_Pod="etl-1"),
        used("cpu_usage", "48", x_Namespace="data", x_Pod="etl-1"),
    ]  # fmt: skip
    rows = bench.layer([charge("16")], usage, prod=PLAIN)
    assert by(rows, "x_Namespace", "x_AllocatedPart") == {
        ("shop", "CPU"): Decimal(2),  # 24 of 96 requested, less used
        ("shop", "Memory"): Decimal(4),  # 192 of 384 used, less requested
        ("data", "CPU"): Decimal(4),  # 48 of 96 used
        ("__idle__", "CPU"): Decimal(2),
        ("__idle__", "Memory"): Decimal(4),
    }
    assert by(rows, "x_AllocatedAs") == {"Workload": Decimal(10), "Idle": Decimal(6)}
    assert {row["x_Node"] for row in rows} == {"node-1"}


def test_every_cost_and_quantity_is_shared_and_dimensions_repeat(bench: Bench) -> None:
    bill = [
        charge("16", SkuId="m6i", Tags={"team": "platform"}, x_SourceFile=0, x_SourceLine=7)
        | {"BilledCost": "0", "ListCost": "32", "ContractedCost": "20"}
    ]
    rows = bench.layer(bill, [*room(), used("cpu_request", "48", Tags={"app": "web"})], prod=PLAIN)
    assert by(rows, "x_Namespace", cost="ListCost") == {"shop": 8, "__idle__": 24}
    assert by(rows, "x_Namespace", cost="ContractedCost") == {"shop": 5, "__idle__": 15}
    assert by(rows, "x_Namespace", cost="ConsumedQuantity") == {"shop": 6, "__idle__": 18}
    assert {row["SkuId"] for row in rows} == {"m6i"}
    assert {(row["x_SourceFile"], row["x_SourceLine"]) for row in rows} == {(0, 7)}
    (web,) = (row for row in rows if row["x_Namespace"] == "shop")
    assert (web["ResourceId"], web["AllocatedResourceId"]) == (NODE, "prod/shop/web-1")
    assert (web["AllocatedResourceName"], web["AllocatedMethodId"]) == ("web-1", "kubernetes-node")
    assert web["AllocatedTags"] == {"app": "web"} and web["Tags"] == {"team": "platform"}
    assert web["AllocatedMethodDetails"] == (
        '{"Elements": [{"AllocatedRatio": 0.25, "UsageUnit": "Core-Hours", "UsageQuantity": 48}]}'
    )
    # What nobody has keeps the method and has no consumer, as FOCUS says.
    idle = [row for row in rows if row["x_Namespace"] == "__idle__"]
    assert {(row["AllocatedResourceId"], row["AllocatedMethodId"]) for row in idle} == {
        (None, "kubernetes-node")
    }


def test_a_node_with_more_asked_for_than_it_has_never_costs_more(bench: Bench) -> None:
    # 96 core-hours, 144 and 48 are asked for: three quarters and one quarter of the CPU's 8.00.
    usage = [
        *room(),
        used("cpu_request", "144"),
        used("cpu_request", "48", x_Namespace="data", x_Pod="etl-1"),
    ]
    rows = bench.layer([charge("16")], usage, prod=PLAIN)
    assert by(rows, "x_Namespace", "x_AllocatedPart") == {
        ("shop", "CPU"): Decimal(6),
        ("data", "CPU"): Decimal(2),
        ("__idle__", "Memory"): Decimal(8),
    }


def test_the_default_ratio_is_opencosts_list_of_prices(bench: Bench) -> None:
    # 96 × 0.031611 = 3.034656 and 384 × 0.004237 = 1.627008: a bill of their sum divides so.
    usage = [*room(), used("cpu_request", "96")]
    rows = bench.layer([charge("4.661664")], usage)
    assert by(rows, "x_AllocatedPart") == {
        "CPU": Decimal("3.034656"), "Memory": Decimal("1.627008")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("node", {("shop", "Workload", "node-1"): 6, ("data", "Workload", "node-1"): 2,
                  ("__idle__", "Idle", "node-1"): 8}),
        ("cluster", {("shop", "Workload", "node-1"): 6, ("data", "Workload", "node-1"): 2,
                     ("__idle__", "Idle", None): 8}),
        # What is idle of a resource goes to those who have of it: CPU idle 4 as 3 : 1, memory's
        # 4 as 1 : 0, since only the shop has memory.
        ("share", {("shop", "Workload", "node-1"): 6, ("data", "Workload", "node-1"): 2,
                   ("shop", "Shared idle", "node-1"): Decimal("6"),
                   ("data", "Shared idle", "node-1"): Decimal("2")}),
    ],
)  # fmt: skip
def test_idle_stays_on_the_node_or_the_cluster_or_is_shared(
    bench: Bench, policy: str, expected: dict[tuple[str, str, str | None], Decimal]
) -> None:
    # CPU 8.00: 36 + 12 of 96 hours; memory 8.00: 144 + 48 of 384.
    more = {"x_Namespace": "data", "x_Pod": "etl-1"}
    usage = [
        *room(), used("cpu_request", "36"), used("cpu_request", "12", **more),
        used("memory_request", "144"), used("memory_request", "48", **more),
    ]  # fmt: skip
    spec = ClusterSpec(ratio=HALVES, idle=policy)  # type: ignore[arg-type]
    rows = bench.layer([charge("16")], usage, prod=spec)
    assert by(rows, "x_Namespace", "x_AllocatedAs", "x_Node") == expected


def test_namespaces_of_the_system_are_overhead(bench: Bench) -> None:
    usage = [
        *room(), used("cpu_request", "24"),
        used("cpu_request", "24", x_Namespace="kube-system", x_Pod="dns"),
        used("cpu_request", "24", x_Namespace="kube-extra", x_Pod="log"),
    ]  # fmt: skip
    rows = bench.layer([charge("16")], usage, prod=PLAIN)
    assert by(rows, "x_AllocatedAs") == {"Workload": 4, "Overhead": 2, "Idle": 10}
    wide = ClusterSpec(ratio=HALVES, overhead=("kube-*",))
    assert by(bench.layer([charge("16")], usage, prod=wide), "x_AllocatedAs")["Overhead"] == 4


def test_gpus_whole_and_slices(bench: Bench) -> None:
    # One GPU for a day at 84.00 an hour's ratio alone: 24 hours. A pod holds it whole for twelve
    # hours, another holds two sevenths for six: 12 and 12/7 of 24.
    ratio = ClusterSpec(ratio=Ratio(cpu=Decimal(0), memory=Decimal(0), gpu=Decimal(1)))
    usage = [
        *room(gpu="24"), used("gpu_request", "12"), used("gpu_usage", "3"),
        used("gpu_slice_request", "6", x_Pod="small", x_GpuProfile="2g.10gb"),
    ]  # fmt: skip
    rows = bench.layer([charge("168")], usage, prod=ratio)
    assert by(rows, "x_Pod", "x_AllocatedPart") == {
        ("web-1", "GPU"): Decimal(84),
        ("small", "GPU"): Decimal("11.999999998"),  # 12/7 hours, in units of 10^-9 hours
        (None, "GPU"): Decimal("72.000000002"),
    }


def test_lines_of_hours_take_the_usage_of_their_hours(bench: Bench) -> None:
    usage = [
        *room("4", "16", hours=1), used("cpu_request", "2", hours=1),
        *room("4", "16", hours=1, start=DAY + timedelta(hours=1)),
        used("cpu_request", "4", hours=1, start=DAY + timedelta(hours=1), x_Namespace="data"),
    ]  # fmt: skip
    bill = [charge("2", hours=1, start=DAY + timedelta(hours=at)) for at in range(3)]
    rows = bench.layer(bill, usage, prod=PLAIN)
    assert by(rows, "ChargePeriodStart", "x_Namespace") == {
        (DAY, "shop"): Decimal("0.5"), (DAY, "__idle__"): Decimal("1.5"),
        (DAY + timedelta(hours=1), "data"): Decimal(1),
        (DAY + timedelta(hours=1), "__idle__"): Decimal(1),
        (DAY + timedelta(hours=2), "__idle__"): Decimal(2),
    }  # fmt: skip
    assert by(rows, "x_AllocatedAs", "x_AllocationReason") == {
        ("Workload", None): Decimal("1.5"), ("Idle", None): Decimal("2.5"),
        ("Idle", "no usage of the node in this period"): Decimal(2),
    }  # fmt: skip


def test_an_hour_of_a_bill_takes_its_part_of_a_day_of_usage(bench: Bench) -> None:
    bill = [charge("2", hours=1), charge("62", hours=24 * 31, start=DAY.replace(day=1))]
    rows = bench.layer(bill, [*room(), used("cpu_request", "48")], prod=PLAIN)
    # The month's line knows but one day of usage, and goes by it.
    assert by(rows, "ChargePeriodStart", "x_Namespace") == {
        (DAY, "shop"): Decimal("0.5"), (DAY, "__idle__"): Decimal("1.5"),
        (DAY.replace(day=1), "shop"): Decimal("15.5"),
        (DAY.replace(day=1), "__idle__"): Decimal("46.5"),
    }  # fmt: skip


def test_credits_are_shared_as_charges_are(bench: Bench) -> None:
    bill = [charge("16"), charge("-4", ChargeCategory="Credit"), charge("0")]
    rows = bench.layer(bill, [*room(), used("cpu_request", "48")], prod=PLAIN)
    assert by(rows, "ChargeCategory", "x_Namespace") == {
        ("Usage", "shop"): 4, ("Usage", "__idle__"): 12,
        ("Credit", "shop"): -1, ("Credit", "__idle__"): -3,
    }  # fmt: skip


def test_thirds_add_up_to_the_last_digit(bench: Bench) -> None:
    usage = [used("cpu_request", "8", x_Pod=name) for name in ("a", "b", "c")]
    spec = ClusterSpec(ratio=Ratio(cpu=Decimal(1), memory=Decimal(0), gpu=Decimal(0)))
    rows = bench.layer([charge("1")], usage, prod=spec)
    assert sorted(by(rows, "x_Pod").values()) == [
        Decimal("0.333333333333333333333"), Decimal("0.333333333333333333333"),
        Decimal("0.333333333333333333334"),
    ]  # fmt: skip


def test_a_bill_of_others_is_left_alone(bench: Bench) -> None:
    usage = [*room(), used("cpu_request", "48")]
    assert bench.layer([charge("16", "i-0other")], usage) == []
    off = ClusterSpec(enabled=False)
    assert bench.layer([charge("16")], usage, prod=off) == []
    elsewhere = ClusterSpec(bills=("another",))
    assert bench.layer([charge("16")], usage, prod=elsewhere) == []
    # What a provider has divided itself stays as it is.
    divided = charge("16", AllocatedResourceId="prod/shop", AllocatedMethodId="theirs")
    assert bench.layer([divided], usage) == []


def test_idle_of_which_only_the_cost_is_told_is_found_by_the_tools_price(bench: Bench) -> None:
    # OpenCost says 72 idle core-hours, and of idle memory only that it costs 0.72: at the price
    # of the pod's memory (0.96 for 96 GiB-hours) that is 72 GiB-hours.
    more = {"x_Namespace": "__idle__", "x_Pod": None}
    usage = [
        used("cpu_allocated", "24"), used("cpu_allocated", "72", **more),
        used("memory_allocated", "96", EstimatedCost=Decimal("0.96")),
        used("memory_allocated", "0", EstimatedCost=Decimal("0.72"), **more),
    ]  # fmt: skip
    # 96 × 4 and 168 × 1: 384 and 168 of 552.
    rows = bench.layer([charge("5.52")], usage, prod=PLAIN)
    assert by(rows, "x_Namespace", "x_AllocatedPart") == {
        ("shop", "CPU"): Decimal("0.96"), ("__idle__", "CPU"): Decimal("2.88"),
        ("shop", "Memory"): Decimal("0.96"), ("__idle__", "Memory"): Decimal("0.72"),
    }  # fmt: skip
