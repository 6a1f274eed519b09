"""Nodes that nothing requests: what is requested at its peak fits on fewer of them.

Whole nodes alone go. Of those that were there all the time, and whose charge no commitment pays for
altogether, the ones with most to save go first while what is left holds the highest requests of
the window at the target, of CPU and of memory (Kubecost's cluster right-sizing by way of Flexera:
7 days, 80 %, two nodes at least). Pods of daemonsets go with their node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.savings.detectors.billed import COMMITTED
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.kubernetes.clusters import MICRO, Cluster, clusters, exact
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.model import Evidence, Finding, Headroom, Insufficient


@dataclass(frozen=True)
class Node:
    """A node of the bill that usage knows. Money over the window; rates in millionths of a core or
    GiB: what it offers, and what daemonsets hold of it."""

    name: str
    resource: str
    cost: Decimal
    open: Decimal
    open_list: Decimal
    cores: int
    gib: int
    daemon_cores: int
    daemon_gib: int


@dataclass(frozen=True)
class Fit:
    """Which nodes can go. `cores` and `gib` are the highest requests of what runs anywhere, `held`
    the highest share of CPU and memory that is requested before and after, in per cent."""

    nodes: tuple[Node, ...]
    gone: tuple[Node, ...]
    cores: int
    gib: int
    before: tuple[Decimal, Decimal]
    after: tuple[Decimal, Decimal]

    @property
    def saved(self) -> Decimal:
        """What the nodes that go cost over the window, without what commitments pay."""
        return sum((one.open for one in self.gone), Decimal(0))


_BILL = f"""
    SELECT max(x_Node) AS node, ResourceId AS resource, sum(EffectiveCost) AS cost,
        coalesce(sum(EffectiveCost) FILTER (NOT {COMMITTED}), 0) AS open_cost,
        coalesce(sum(ListCost) FILTER (NOT {COMMITTED}), 0) AS open_list
    FROM daily
    WHERE x_Cluster = $cluster AND x_AllocatedFrom = 'node' AND ChargeCategory = 'Usage'
        AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' AND x_Node IS NOT NULL
        AND BillingCurrency = $currency AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY ResourceId HAVING count(DISTINCT ChargeDay) >= date_diff('day', $first, $end)
    ORDER BY open_cost DESC, cost, resource"""

_HELD = f"""
    WITH held AS (
        SELECT UsagePeriodStart AS start, x_Node AS node, x_Namespace AS namespace, x_Pod AS pod,
            x_Container AS container,
            coalesce(lower(x_ControllerKind) = 'daemonset', false) AS everywhere,
            date_diff('second', UsagePeriodStart, UsagePeriodEnd) AS seconds,
            greatest(coalesce(sum(Quantity) FILTER (Metric = 'cpu_request'), 0),
                coalesce(sum(Quantity) FILTER (Metric = 'cpu_usage'), 0)) AS cpu,
            greatest(coalesce(sum(Quantity) FILTER (Metric = 'memory_request'), 0),
                coalesce(sum(Quantity) FILTER (Metric = 'memory_usage'), 0)) AS memory
        FROM usage
        WHERE x_Cluster = $cluster AND x_Pod IS NOT NULL AND UsagePeriodStart >= $first
            AND UsagePeriodEnd <= $end AND UsagePeriodEnd > UsagePeriodStart
        GROUP BY ALL
    ), rates AS (
        SELECT start, node, everywhere,
            sum((CAST(cpu * {MICRO} AS HUGEINT) * 3600 + seconds - 1) // seconds) AS cpu,
            sum((CAST(memory * {MICRO} AS HUGEINT) * 3600 + seconds - 1) // seconds) AS memory
        FROM held GROUP BY ALL
    )"""

_PEAK = f"""{_HELD}
    SELECT coalesce(max(cpu), 0) AS cpu, coalesce(max(memory), 0) AS memory FROM (
        SELECT start, sum(cpu) AS cpu, sum(memory) AS memory FROM rates WHERE NOT everywhere
        GROUP BY start)"""

_DAEMONS = f"""{_HELD}
    SELECT node, max(cpu) AS cpu, max(memory) AS memory FROM rates WHERE everywhere GROUP BY node"""

_OFFER = f"""
    WITH seen AS (
        SELECT UsagePeriodStart AS start, x_Node AS node,
            max(date_diff('second', UsagePeriodStart, UsagePeriodEnd)) AS seconds,
            sum(Quantity) FILTER (Metric = 'node_cpu_capacity') AS cpu,
            sum(Quantity) FILTER (Metric = 'node_memory_capacity') AS memory,
            sum(Quantity) FILTER (Metric = 'cpu_allocated') AS cpu_given,
            sum(Quantity) FILTER (Metric = 'memory_allocated') AS memory_given
        FROM usage
        WHERE x_Cluster = $cluster AND x_Node IS NOT NULL AND UsagePeriodStart >= $first
            AND UsagePeriodEnd <= $end AND UsagePeriodEnd > UsagePeriodStart
        GROUP BY ALL
    )
    SELECT node, max(CAST(coalesce(cpu, cpu_given) * {MICRO} AS HUGEINT) * 3600 // seconds) AS cpu,
        max(CAST(coalesce(memory, memory_given) * {MICRO} AS HUGEINT) * 3600 // seconds) AS memory
    FROM seen GROUP BY node"""


def fit(facts: Facts, cluster: Cluster, target: Decimal, least: int) -> Fit:
    """Which nodes of a cluster can go; `target` in per cent, `least` how many must stay."""
    asked = {"cluster": cluster.name, "first": cluster.first, "end": cluster.end}
    offer = {str(row["node"]): row for row in facts.rows(_OFFER, asked)}
    daemons = {str(row["node"]): row for row in facts.rows(_DAEMONS, asked)}
    nodes = [
        _node(row, offer[str(row["node"])], daemons.get(str(row["node"])))
        for row in facts.rows(_BILL, asked | {"currency": cluster.currency})
        if str(row["node"]) in offer
    ]
    nodes = [one for one in nodes if one.cores and one.gib]
    (peak,) = facts.rows(_PEAK, asked)
    needed = int(peak["cpu"]), int(peak["memory"])
    stay, gone = list(nodes), []
    for one in nodes:  # those with most to save first
        if one.open <= 0 or len(stay) <= least:
            continue
        rest = [other for other in stay if other is not one]
        if all(share <= target for share in _exact_shares(rest, needed)):
            stay.remove(one)
            gone.append(one)
    return Fit(tuple(nodes), tuple(gone), *needed, _shares(nodes, needed), _shares(stay, needed))


def _exact_shares(nodes: Sequence[Node], needed: tuple[int, int]) -> tuple[Fraction, Fraction]:
    """The part of nodes' CPU and memory that is requested at the peak, in per cent."""
    cores = sum(one.cores for one in nodes)
    gib = sum(one.gib for one in nodes)
    if not cores or not gib:
        return Fraction(0), Fraction(0)
    return (
        Fraction(100 * (needed[0] + sum(one.daemon_cores for one in nodes)), cores),
        Fraction(100 * (needed[1] + sum(one.daemon_gib for one in nodes)), gib),
    )


def _shares(nodes: Sequence[Node], needed: tuple[int, int]) -> tuple[Decimal, Decimal]:
    cpu, memory = _exact_shares(nodes, needed)
    return exact(cpu, 1), exact(memory, 1)


def _node(bill: dict[str, Any], offer: dict[str, Any], daemons: dict[str, Any] | None) -> Node:
    held = daemons or {"cpu": 0, "memory": 0}
    return Node(
        name=str(bill["node"]),
        resource=str(bill["resource"]),
        cost=Decimal(bill["cost"]),
        open=Decimal(bill["open_cost"]),
        open_list=Decimal(bill["open_list"]),
        cores=int(offer["cpu"] or 0),
        gib=int(offer["memory"] or 0),
        daemon_cores=int(held["cpu"]),
        daemon_gib=int(held["memory"]),
    )


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    target, least = settings.number("target_percent"), int(settings.number("least_nodes"))
    for one in clusters(facts, DETECTOR):
        if isinstance(one, Insufficient):
            yield one
            continue
        found = fit(facts, one, target, least)
        if found.gone:
            saved = min(found.saved, one.idle) if one.idle > 0 else Decimal(0)
            if monthly(saved, one.days) > 0:
                yield _finding(one, found, saved, target)


def _finding(cluster: Cluster, found: Fit, saved: Decimal, target: Decimal) -> Finding:
    gone, all_ = len(found.gone), len(found.nodes)
    listed = sum((one.open_list for one in found.gone), Decimal(0))
    names = ", ".join(one.name for one in found.gone[:5]) + (" and more" if gone > 5 else "")
    reasons = [
        "measured by requests, of which the highest of the window counts",
        "what keeps pods apart (affinity, zones, disruption budgets) is not known",
    ]
    if saved < found.saved:
        reasons.append("no more is counted than what the bill's own split calls idle")
    if cluster.open < cluster.cost:
        reasons.append("nodes that a commitment pays for stay: their removal saves nothing")
    after = zip(("cpu", "memory"), found.before, found.after, strict=True)
    return Finding(
        tool="outlay",
        detector=DETECTOR.id,
        provider=cluster.provider,
        action=DETECTOR.action,
        title=f"{gone} of {all_} nodes of {cluster.name} can go",
        currency=cluster.currency,
        monthly_saving=monthly(saved, cluster.days),
        basis=f"effective cost of the nodes over {cluster.days} days, as 30 days",
        account=cluster.account,
        region=cluster.region,
        service=DETECTOR.service,
        scope=f"cluster {cluster.name}",
        where=condition(x_Cluster=cluster.name, x_AllocatedAs="Idle"),
        group=DETECTOR.group,
        current=f"{all_} nodes",
        recommended=f"{all_ - gone} nodes: without {names}",
        monthly_saving_list=monthly(listed, cluster.days),
        monthly_cost=monthly(cluster.idle, cluster.days),
        evidence=(
            *(
                Evidence(f"Node {one.name}", one.open, cluster.currency, "EffectiveCost")
                for one in found.gone[:20]
            ),
            Evidence(
                "Highest requests, CPU", exact(Fraction(found.cores, MICRO)), "cores", "usage"
            ),
            Evidence("Highest requests, memory", exact(Fraction(found.gib, MICRO)), "GiB", "usage"),
            Evidence("Target", target, "%", "settings"),
            Evidence("Idle by the bill", cluster.idle, cluster.currency, "x_AllocatedAs"),
            Evidence("Days in the window", Decimal(cluster.days), "days", "ChargePeriodStart"),
        ),
        headroom=tuple(
            Headroom(metric, "highest requests", before, then) for metric, before, then in after
        ),
        first_day=cluster.first,
        end_day=cluster.end,
        confidence=DETECTOR.confidence,
        reasons=tuple(reasons),
        effort=DETECTOR.effort,
        restart=True,
        rollback=True,
        risk=DETECTOR.risk,
        detail={"nodes": [one.resource for one in found.gone]},
    )


DETECTOR = Detector(
    id="kubernetes-idle-nodes",
    title="Nodes that nothing requests",
    provider="Kubernetes",
    service="Kubernetes",
    inputs=("daily", "usage"),
    window_days=15,
    minimum_days=7,
    predicate=(
        "The highest requests of the window, of CPU and of memory, fit on fewer nodes at the target"
    ),
    formula=(
        "Effective cost of the nodes that can go, those with most to save first, without what a "
        "commitment pays of them, and no more than what is idle on the bill; 30 days"
    ),
    verification=(
        "The nodes' charges end, and the cluster's idle cost falls by them; requests stay below "
        "what the nodes offer"
    ),
    action="ScaleIn",
    group="size",
    effort="Medium",
    confidence="medium",
    find=_find,
    restart=True,
    risk="Pods move to other nodes; those that allow no disruption hold a node back",
    exclusions=(
        "Nodes that were not there on every day of the window: an autoscaler has them",
        "Nodes whose whole charge a commitment pays: it is paid on",
        "Clusters whose capacity or bill is not known",
    ),
    parameters=(
        Parameter("target_percent", Decimal(80), "How much of the nodes may be requested", "%",
                  Decimal(10), Decimal(100)),
        Parameter("least_nodes", Decimal(2), "How many nodes stay in any case", "nodes",
                  Decimal(1), Decimal(10_000)),
    ),
    source="Kubecost cluster right-sizing (Flexera policy templates): 7 days, 80 %, two nodes",
)  # fmt: skip

DETECTORS = (DETECTOR,)
