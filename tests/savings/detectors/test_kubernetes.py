"""Kubernetes: requests against usage, workloads without use, nodes without requests.

The cluster of most cases: two nodes of 4 cores and 16 GiB, on demand, for 15 days. Each costs 12
a day, so 24 a day, 360 in the window. The bill's parts say 6 CPU and 6 memory of each node's day.
Capacity: 2 × 4 × 24 × 15 = 2,880 core-hours and 11,520 GiB-hours; so a core-hour costs
180 / 2,880 = 0.0625, a GiB-hour 180 / 11,520 = 0.015625.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from outlay.expression import parse
from outlay.savings.detectors.contract import Detector
from outlay.savings.detectors.kubernetes import nodes, requests, unused
from outlay.savings.model import Finding, Insufficient
from tests.savings.facts import TODAY, TableFacts, each_day

Rows = list[dict[str, Any]]
_NODE: dict[str, Any] = {
    "ServiceProviderName": "AWS",
    "SubAccountId": "111",
    "RegionId": "us-east-1",
    "BillingCurrency": "USD",
    "ChargeCategory": "Usage",
    "x_Cluster": "prod",
    "x_AllocatedFrom": "node",
}


def node_charges(
    node: str, daily: str = "12", days: int = 15, idle: str = "0", committed: bool = False,
    shares: dict[tuple[str, str], str] | None = None,
) -> Rows:  # fmt: skip
    """A node's days: half CPU, half memory; `shares` gives parts of it to workloads."""
    given = shares or {("shop", "web"): str(Decimal(daily) - Decimal(idle))}
    rows: Rows = []
    paid = {"CommitmentDiscountStatus": "Used"} if committed else {}
    for part in ("CPU", "Memory"):
        held: list[tuple[str | None, str | None, str, str]] = [
            (space, name, cost, "Workload") for (space, name), cost in given.items()
        ]
        held.append((None, None, idle, "Idle"))
        for space, name, cost, state in held:
            if Decimal(cost):
                rows += each_day(
                    {
                        **_NODE, **paid, "ResourceId": f"i-{node}", "x_Node": node,
                        "x_AllocatedPart": part, "x_AllocatedAs": state, "x_Namespace": space,
                        "x_Controller": name, "EffectiveCost": Decimal(cost) / 2,
                    },
                    days,
                )  # fmt: skip
    return rows


def usage_of(
    values: dict[str, str], node: str = "a", name: str = "web", pod: str = "", days: int = 15,
    kind: str = "deployment", namespace: str = "shop",
) -> Rows:  # fmt: skip
    """A pod's days: metric → cores or GiB, as averages."""
    rows: Rows = []
    for number in range(days):
        start = datetime.combine(TODAY - timedelta(days=days - number), datetime.min.time())
        for metric, rate in values.items():
            rows.append(
                {
                    "UsagePeriodStart": start, "UsagePeriodEnd": start + timedelta(days=1),
                    "Metric": metric, "Unit": "Hours", "Quantity": Decimal(rate) * 24,
                    "x_Cluster": "prod", "x_Node": node, "x_Namespace": namespace,
                    "x_ControllerKind": kind, "x_Controller": name,
                    "x_Pod": pod or f"{name}-{node}",
                    "x_Container": name,
                }
            )  # fmt: skip
    return rows


def capacity(*names: str, cores: str = "4", gib: str = "16", days: int = 15) -> Rows:
    """What nodes offer."""
    rows: Rows = []
    for node in names:
        found = usage_of({"node_cpu_capacity": cores, "node_memory_capacity": gib}, node, days=days)
        for row in found:
            for column in ("x_Namespace", "x_ControllerKind", "x_Controller", "x_Pod"):
                row[column] = None
            row["x_Container"] = None
        rows += found
    return rows


def found(
    detector: Detector, bill: Iterable[Any], usage: Iterable[Any], **values: Decimal
) -> list[Finding | Insufficient]:
    return list(detector.find(TableFacts(bill, usage=usage), detector.settings(dict(values))))


def one(results: list[Finding | Insufficient]) -> Finding:
    (result,) = results
    assert isinstance(result, Finding)
    return result


BILL = [*node_charges("a"), *node_charges("b")]
WEB = {"cpu_request": "2", "cpu_usage": "0.5", "memory_request": "8", "memory_usage": "4"}
TWO = [*usage_of(WEB, "a"), *usage_of(WEB, "b"), *capacity("a", "b")]


class TestRequests:
    def test_the_saving_is_what_is_given_back_at_the_nodes_price(self) -> None:
        # CPU below one core: the highest, 0.5. Memory: 4 × 1.2 = 4.8 GiB, up to whole MiB:
        # 4,915.2 → 4,916 MiB = 4.80078125 GiB, in millionths up: 4.800782.
        # Given back: 1.5 cores and 3.199218 GiB × 2 pods × 360 h
        #   = 1,080 core-hours × 0.0625 = 67.50, 2,303.43696 GiB-hours × 0.015625 = 35.9912025.
        # Requests now: 1,440 of 2,880 core-hours, 5,760 of 11,520 GiB-hours: half of the cluster.
        # After: 360 (an eighth), 3,456.56304 (0.300049…): memory decides; 0.199951125 × 360
        #   = 71.982405 of 103.4912025 frees nodes. As 30 days of 15: × 2 = 143.96481.
        finding = one(found(requests.DETECTOR, BILL, TWO))
        assert finding.monthly_saving == Decimal("143.96")
        assert finding.scope == "prod/shop/deployment/web"
        assert (finding.group, finding.action, finding.provider) == ("size", "Rightsize", "AWS")
        assert finding.recommended == "web: 0.5 cores, 4.8 GiB a pod"
        assert finding.monthly_cost == Decimal("720.00")
        assert [(room.metric, room.now, room.after) for room in finding.headroom] == [
            ("cpu", Decimal("25.0"), Decimal("100.0")),
            ("memory", Decimal("50.0"), Decimal("83.3")),
        ]
        assert any("nodes must" in why or "only when nodes go" in why for why in finding.reasons)
        parse(finding.where)

    def test_what_frees_no_node_saves_nothing(self) -> None:
        """CPU is given back, but memory keeps the nodes there."""
        full = WEB | {"memory_request": "8", "memory_usage": "7.5"}
        usage = [*usage_of(full, "a"), *usage_of(full, "b"), *capacity("a", "b")]
        assert found(requests.DETECTOR, BILL, usage) == []

    def test_a_change_below_a_tenth_is_none(self) -> None:
        near = {"cpu_request": "2", "cpu_usage": "1.81", "memory_request": "8",
                "memory_usage": "6.1"}  # fmt: skip
        usage = [*usage_of(near, "a"), *usage_of(near, "b"), *capacity("a", "b")]
        assert found(requests.DETECTOR, BILL, usage) == []
        # At its edge: 7.3203125 GiB (6.1 × 1.2 in whole MiB) is 8.5 % less than 8, and 1.81 of 2
        # cores 9.5 %: with 8 % both count.
        assert len(found(requests.DETECTOR, BILL, usage, least_change_percent=Decimal(8))) == 1

    def test_a_request_that_is_too_small_takes_off_what_it_needs(self) -> None:
        """Memory 4.8 GiB is needed where 2 are requested: 2.8 GiB × 720 h cost more than CPU
        saves (0.02 cores), so nothing is said."""
        small = {"cpu_request": "0.12", "cpu_usage": "0.1", "memory_request": "2",
                 "memory_usage": "4"}  # fmt: skip
        usage = [*usage_of(small, "a"), *usage_of(small, "b"), *capacity("a", "b")]
        assert found(requests.DETECTOR, BILL, usage) == []

    def test_missing_memory_is_not_judged(self) -> None:
        blind = {name: value for name, value in WEB.items() if name != "memory_usage"}
        usage = [*usage_of(blind, "a"), *usage_of(blind, "b"), *capacity("a", "b")]
        (lacking,) = found(requests.DETECTOR, BILL, usage)
        assert isinstance(lacking, Insufficient)
        assert lacking.missing == "memory usage"
        assert (lacking.monthly_cost, lacking.currency) == (Decimal("720.00"), "USD")

    def test_young_and_ended_workloads_are_left_out(self) -> None:
        young = [*usage_of(WEB, "a", days=6), *usage_of(WEB, "b", days=6), *capacity("a", "b")]
        assert found(requests.DETECTOR, BILL, young) == []
        week = [*usage_of(WEB, "a", days=7), *usage_of(WEB, "b", days=7), *capacity("a", "b")]
        assert len(found(requests.DETECTOR, BILL, week)) == 1
        ended = [row for row in usage_of(WEB, "a") if row["UsagePeriodStart"].day < 10]
        assert found(requests.DETECTOR, BILL, [*ended, *capacity("a", "b")]) == []

    @pytest.mark.parametrize(
        "more", [{"kind": "Job"}, {"kind": "cronjob"}, {"namespace": "kube-system"}]
    )
    def test_jobs_and_the_system_are_left_out(self, more: dict[str, Any]) -> None:
        usage = [*usage_of(WEB, "a", **more), *usage_of(WEB, "b", **more), *capacity("a", "b")]
        assert found(requests.DETECTOR, BILL, usage) == []

    def test_what_a_commitment_pays_for_is_not_saved(self) -> None:
        committed = [*node_charges("a", committed=True), *node_charges("b", committed=True)]
        assert found(requests.DETECTOR, committed, TWO) == []
        # With one node on demand, at most its 180 of the window can go: 71.98 is below that.
        half = [*node_charges("a", committed=True), *node_charges("b")]
        finding = one(found(requests.DETECTOR, half, TWO))
        assert finding.monthly_saving == Decimal("143.96")
        assert any("commitment" in why for why in finding.reasons)

    def test_a_cluster_without_usage_is_not_judged(self) -> None:
        bare = each_day(
            {**_NODE, "x_AllocatedFrom": None, "x_Cluster": "gke", "EffectiveCost": Decimal(10)}
        )
        (lacking,) = found(requests.DETECTOR, bare, [])
        assert isinstance(lacking, Insufficient)
        assert lacking.monthly_cost == Decimal("300.00") and "Kubernetes source" in lacking.missing

    def test_a_cluster_without_a_bill_is_not_judged(self) -> None:
        (lacking,) = found(requests.DETECTOR, [], TWO)
        assert isinstance(lacking, Insufficient)
        assert lacking.monthly_cost is None and "bill" in lacking.missing

    def test_without_parts_of_memory_the_ratio_divides(self) -> None:
        """A bill that splits by CPU alone: 360 over the same capacity by 0.031611 to 0.004237.
        Weights 2,880 × 0.031611 = 91.03968 and 11,520 × 0.004237 = 48.81024: all
        139.84992: 0.031611 × 360 / 139.84992 and 0.004237 × 360 / 139.84992 an hour."""
        cpu = [row | {"x_AllocatedPart": "CPU"} for row in BILL]
        finding = one(found(requests.DETECTOR, cpu, TWO))
        prices = {figure.name: figure.value for figure in finding.evidence}
        assert prices["Price of a core-hour"] == Decimal("0.081372660")
        assert prices["Price of a GiB-hour"] == Decimal("0.010906835")
        assert any("0.031611" in figure.source for figure in finding.evidence)


class TestUnused:
    IDLE = {"cpu_request": "1", "cpu_usage": "0.001", "memory_request": "4", "memory_usage": "1"}
    SHARED = [
        *node_charges("a", shares={("shop", "web"): "9", ("shop", "old"): "3"}),
        *node_charges("b", shares={("shop", "web"): "9", ("shop", "old"): "3"}),
    ]

    def _usage(self, values: dict[str, str], **more: Any) -> Rows:
        busy = WEB | {"cpu_usage": "1.9", "memory_usage": "7.9"}
        rows = [*usage_of(busy, "a"), *usage_of(busy, "b"), *capacity("a", "b")]
        for node in ("a", "b"):
            rows += usage_of(values, node, "old", **more)
        return rows

    def test_the_whole_request_is_given_back(self) -> None:
        # Two pods × 360 h: 720 core-hours × 0.0625 = 45, 2,880 GiB-hours × 0.015625 = 45: 90,
        # which is a quarter of the cluster (720 of 2,880, 2,880 of 11,520): all of it frees nodes.
        # As 30 of 15 days: 180, no more than the workload costs (2 × 3 × 30 = 180).
        finding = one(found(unused.DETECTOR, self.SHARED, self._usage(self.IDLE)))
        assert finding.monthly_saving == Decimal("180.00")
        assert (finding.group, finding.action) == ("existence", "Delete")
        assert finding.where == (
            "x_Cluster = 'prod' AND x_Namespace = 'shop' AND x_Controller = 'old'"
        )
        assert finding.confidence == "low"  # a day's average hides what happened within

    def test_it_is_in_the_requests_of_no_one_else(self) -> None:
        assert found(requests.DETECTOR, self.SHARED, self._usage(self.IDLE)) == []

    def test_a_little_above_a_millicore_is_use(self) -> None:
        # Half a per cent of one core is 0.005, which is more than a millicore.
        near = self.IDLE | {"cpu_usage": "0.0051"}
        assert found(unused.DETECTOR, self.SHARED, self._usage(near)) == []
        edge = self.IDLE | {"cpu_usage": "0.005"}
        assert len(found(unused.DETECTOR, self.SHARED, self._usage(edge))) == 1

    def test_without_cpu_it_is_not_called_unused(self) -> None:
        blind = {name: value for name, value in self.IDLE.items() if name != "cpu_usage"}
        assert found(unused.DETECTOR, self.SHARED, self._usage(blind)) == []

    def test_daemonsets_are_left_out(self) -> None:
        usage = self._usage(self.IDLE, kind="daemonset")
        assert found(unused.DETECTOR, self.SHARED, usage) == []

    def test_what_a_commitment_pays_for_is_not_saved(self) -> None:
        bill = [row | {"CommitmentDiscountStatus": "Used"} for row in self.SHARED]
        assert found(unused.DETECTOR, bill, self._usage(self.IDLE)) == []


class TestNodes:
    """Three nodes at 12 a day, 180 in the window, half of it idle."""

    BILL = [row for name in "abc" for row in node_charges(name, idle="6")]

    def _usage(self, cores: str, gib: str, **more: Any) -> Rows:
        pods = {"cpu_request": cores, "cpu_usage": "0.1", "memory_request": gib,
                "memory_usage": "1"}  # fmt: skip
        rows = capacity("a", "b", "c")
        for node in "abc":
            rows += usage_of(pods, node, **more)
        return rows

    def test_what_fits_on_fewer_nodes_at_the_target_goes(self) -> None:
        # Requested 3 × 2 = 6 cores, 3 × 8 = 24 GiB. Two nodes offer 8 and 32: 75 % of both.
        # One node goes: 12 × 15 = 180; as 30 days 360. Idle is 3 × 6 × 30 = 540: enough.
        finding = one(found(nodes.DETECTOR, self.BILL, self._usage("2", "8")))
        assert finding.monthly_saving == Decimal("360.00")
        assert finding.monthly_cost == Decimal("540.00")
        assert (finding.current, finding.action) == ("3 nodes", "ScaleIn")
        assert finding.where == "x_Cluster = 'prod' AND x_AllocatedAs = 'Idle'"
        assert [(room.now, room.after) for room in finding.headroom] == [
            (Decimal("50.0"), Decimal("75.0")), (Decimal("50.0"), Decimal("75.0")),
        ]  # fmt: skip

    def test_memory_alone_may_hold_them(self) -> None:
        # 3 × 8.6 = 25.8 of 32 GiB is 80.6 %, above the target of 80.
        assert found(nodes.DETECTOR, self.BILL, self._usage("1", "8.6")) == []
        usage = self._usage("1", "8.6")
        assert len(found(nodes.DETECTOR, self.BILL, usage, target_percent=Decimal(81))) == 1

    def test_two_nodes_stay(self) -> None:
        finding = one(found(nodes.DETECTOR, self.BILL, self._usage("0.1", "0.1")))
        assert finding.current == "3 nodes" and finding.recommended.startswith("2 nodes")
        usage = self._usage("0.1", "0.1")
        assert found(nodes.DETECTOR, self.BILL, usage, least_nodes=Decimal(3)) == []

    def test_daemonsets_go_with_their_node(self) -> None:
        """2.5 cores a node of a daemonset alone: two nodes hold two of them, 5 of 8 cores."""
        usage = self._usage("2.5", "4", kind="daemonset")
        assert one(found(nodes.DETECTOR, self.BILL, usage)).recommended.startswith("2 nodes")

    def test_no_more_than_what_the_bill_calls_idle(self) -> None:
        # Idle 1 a day and node: 3 × 1 × 30 = 90.
        bill = [row for name in "abc" for row in node_charges(name, idle="1")]
        assert one(found(nodes.DETECTOR, bill, self._usage("2", "8"))).monthly_saving == 90

    def test_committed_nodes_stay(self) -> None:
        bill = [row for name in "abc" for row in node_charges(name, idle="6", committed=True)]
        assert found(nodes.DETECTOR, bill, self._usage("2", "8")) == []
        mixed = [
            *node_charges("a", idle="6"), *node_charges("b", idle="6", committed=True),
            *node_charges("c", idle="6", committed=True),
        ]  # fmt: skip
        finding = one(found(nodes.DETECTOR, mixed, self._usage("2", "8")))
        assert finding.detail["nodes"] == ["i-a"]

    def test_nodes_that_come_and_go_are_the_autoscalers(self) -> None:
        bill = [
            *node_charges("a", idle="6"), *node_charges("b", idle="6"),
            *node_charges("c", idle="6", days=14),
        ]  # fmt: skip
        assert found(nodes.DETECTOR, bill, self._usage("2", "8")) == []

    def test_without_capacity_it_is_not_judged(self) -> None:
        usage = [row for row in self._usage("2", "8") if "capacity" not in row["Metric"]]
        (lacking,) = found(nodes.DETECTOR, self.BILL, usage)
        assert isinstance(lacking, Insufficient) and "nodes offer" in lacking.missing


def test_three_detectors_promise_no_node_twice() -> None:
    """All that they save together is no more than what the nodes cost that no commitment pays
    for."""
    bill = [
        row
        for name in "abc"
        for row in node_charges(name, idle="4", shares={("shop", "web"): "5", ("shop", "old"): "3"})
    ]
    usage = capacity("a", "b", "c")
    for node in "abc":
        usage += usage_of(WEB, node)
        usage += usage_of(TestUnused.IDLE, node, "old")
    detectors = (nodes.DETECTOR, unused.DETECTOR, requests.DETECTOR)
    facts = TableFacts(bill, usage=usage)
    saved = [
        finding.monthly_saving
        for detector in detectors
        for finding in detector.find(facts, detector.settings())
        if isinstance(finding, Finding)
    ]
    assert saved and sum(saved) <= 3 * 12 * 30
