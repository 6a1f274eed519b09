"""Clusters as their bills and their usage have them, and what a core-hour of them is worth.

A cluster's money is that of its nodes. What a commitment pays of them is paid on whatever is
removed, so that only `open` cost can be saved: prices are those of the nodes that no commitment
pays. A part of a node's charge is CPU's or memory's as the allocated rows say; where they do not
(a bill that splits by one resource alone), by the ratio of a `Cluster`'s defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.allocation.kubernetes.model import ClusterSpec, Ratio
from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import COMMITTED
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Insufficient

SYSTEM = ClusterSpec().overhead
"""Namespaces of the system, whose requests are not anybody's to lower."""

MICRO = 10**6
"""Rates are whole millionths of a core or GiB, so that a percentile is exact."""


@dataclass(frozen=True)
class Cluster:
    """One cluster over a window of whole days.

    Amounts are sums over the window in `currency`: `cost` effective, `open` the part that no
    commitment pays, `open_list` that at list, `idle` effective of what nobody held. `cores` and
    `gib` are the capacity in core-hours and GiB-hours, `open_part` the share of the nodes' hours
    that is open. `core_price` and `gib_price` are what an hour of open capacity costs.
    """

    name: str
    provider: str
    account: str
    region: str
    currency: str
    first: date
    end: date
    cost: Decimal
    open: Decimal
    open_list: Decimal
    idle: Decimal
    cores: Fraction
    gib: Fraction
    open_part: Fraction
    core_price: Fraction
    gib_price: Fraction
    priced_by: str

    @property
    def days(self) -> int:
        """Days of the window."""
        return (self.end - self.first).days

    @property
    def list_ratio(self) -> Fraction:
        """List cost by effective cost of what is open."""
        return Fraction(self.open_list) / Fraction(self.open) if self.open else Fraction(1)

    def worth(self, cores: Fraction, gib: Fraction) -> Fraction:
        """What core-hours and GiB-hours cost."""
        return cores * self.core_price + gib * self.gib_price

    def part(self, cores: Fraction, gib: Fraction) -> Fraction:
        """The part of the cluster that must be there to hold so much: the scarcer one decides."""
        return max(
            cores / self.cores if self.cores else Fraction(0),
            gib / self.gib if self.gib else Fraction(0),
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The figures that every price of it stands on."""
        money = (
            Evidence("Effective cost of the cluster's nodes", self.cost, self.currency,
                     "EffectiveCost"),
            Evidence("of it paid by no commitment", self.open, self.currency,
                     "CommitmentDiscountStatus"),
        )  # fmt: skip
        return (
            *money,
            Evidence("Capacity, CPU", exact(self.cores), "core-hours", "usage"),
            Evidence("Capacity, memory", exact(self.gib), "GiB-hours", "usage"),
            Evidence("Price of a core-hour", exact(self.core_price, 9), self.currency,
                     self.priced_by),
            Evidence("Price of a GiB-hour", exact(self.gib_price, 9), self.currency,
                     self.priced_by),
            Evidence("Days in the window", Decimal(self.days), "days", "ChargePeriodStart"),
        )  # fmt: skip


_BILL = f"""
    SELECT x_Cluster AS name, ServiceProviderName AS provider, BillingCurrency AS currency,
        min(SubAccountId) AS account, count(DISTINCT SubAccountId) AS accounts,
        min(RegionId) AS region, count(DISTINCT RegionId) AS regions,
        sum(EffectiveCost) AS cost,
        coalesce(sum(EffectiveCost) FILTER (NOT {COMMITTED}), 0) AS open_cost,
        coalesce(sum(ListCost) FILTER (NOT {COMMITTED}), 0) AS open_list,
        coalesce(sum(EffectiveCost) FILTER (x_AllocatedAs = 'Idle'), 0) AS idle,
        coalesce(sum(EffectiveCost) FILTER (x_AllocatedPart = 'CPU' AND NOT {COMMITTED}), 0)
            AS open_cpu,
        coalesce(sum(EffectiveCost) FILTER (x_AllocatedPart = 'Memory' AND NOT {COMMITTED}), 0)
            AS open_memory,
        coalesce(sum(EffectiveCost) FILTER (x_AllocatedPart = 'GPU' AND NOT {COMMITTED}), 0)
            AS open_gpu,
        count(DISTINCT ResourceId || ChargeDay::VARCHAR) AS node_days,
        count(DISTINCT ResourceId || ChargeDay::VARCHAR) FILTER (NOT {COMMITTED}) AS open_days
    FROM daily
    WHERE x_Cluster IS NOT NULL AND x_AllocatedFrom = 'node' AND ChargeCategory = 'Usage'
        AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'
        AND ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY ALL ORDER BY name, currency"""

_CAPACITY = """
    SELECT x_Cluster AS name,
        sum(Quantity) FILTER (Metric = 'node_cpu_capacity') AS cpu,
        sum(Quantity) FILTER (Metric = 'node_memory_capacity') AS memory,
        sum(Quantity) FILTER (Metric = 'node_gpu_capacity') AS gpu,
        sum(Quantity) FILTER (Metric = 'cpu_allocated') AS cpu_given,
        sum(Quantity) FILTER (Metric = 'memory_allocated') AS memory_given,
        sum(Quantity) FILTER (Metric = 'gpu_allocated') AS gpu_given,
        count(DISTINCT CAST(UsagePeriodStart AS DATE)) AS days
    FROM usage WHERE x_Cluster IS NOT NULL
        AND UsagePeriodStart >= $first AND UsagePeriodEnd <= $end
    GROUP BY x_Cluster"""

# Rows of a cluster that nobody shares out: a provider that has done it itself, with no usage.
_BARE = """
    SELECT x_Cluster AS name, ServiceProviderName AS provider, BillingCurrency AS currency,
        coalesce(min(SubAccountId), '') AS account, sum(EffectiveCost) AS cost
    FROM daily
    WHERE x_Cluster IS NOT NULL AND x_AllocatedFrom IS NULL AND ChargeCategory = 'Usage'
        AND ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
    GROUP BY ALL HAVING sum(EffectiveCost) > 0 ORDER BY name, currency"""


def clusters(facts: Facts, detector: Detector) -> Iterator[Cluster | Insufficient]:
    """The clusters that a detector may look at; `Insufficient` for one whose usage, capacity or
    bill is not known."""
    priced: set[str] = set()
    charged: set[str] = set()
    providers = facts.rows(
        "SELECT DISTINCT ServiceProviderName AS provider FROM daily "
        "WHERE x_Cluster IS NOT NULL AND ServiceProviderName IS NOT NULL ORDER BY provider"
    )
    for provider in (str(row["provider"]) for row in providers):
        first, end = facts.window(detector.window_days, provider)
        given = {"provider": provider, "first": first, "end": end}
        usage = facts.rows(_CAPACITY, {"first": first, "end": end})
        capacity = {str(row["name"]): row for row in usage}
        for row in facts.rows(_BILL, given):
            name = str(row["name"])
            charged.add(name)
            missing = _missing(name, capacity.get(name), detector)
            if name in priced:
                missing = "its nodes are charged in several currencies or by several providers"
            if missing:
                yield _lacking(detector, row, missing, (end - first).days)
                continue
            priced.add(name)
            yield _cluster(row, capacity[name], first, end)
        for row in facts.rows(_BARE, given):
            if str(row["name"]) not in charged:
                charged.add(str(row["name"]))
                missing = "what its pods requested and used: load a Kubernetes source of it"
                yield _lacking(detector, row, missing, (end - first).days)
    unbilled = facts.rows(
        "SELECT DISTINCT x_Cluster AS name FROM usage WHERE x_Cluster IS NOT NULL "
        "AND Metric IN ('cpu_request', 'cpu_usage') ORDER BY name"
    )
    for name in (str(row["name"]) for row in unbilled):
        if name not in charged:
            yield Insufficient(
                detector.id, name, "the bill of its nodes: what a core-hour costs is not known"
            )


def _missing(name: str, found: dict[str, Any] | None, detector: Detector) -> str:
    if found is None or not int(found["days"]):
        return "what its pods requested and used in the window"
    if int(found["days"]) < detector.minimum_days:
        return f"usage of {detector.minimum_days} days; there are {found['days']}"
    if not ((found["cpu"] or found["cpu_given"]) and (found["memory"] or found["memory_given"])):
        return "what its nodes offer: neither capacities nor idle were measured"
    return ""


def _lacking(detector: Detector, row: dict[str, Any], missing: str, days: int) -> Insufficient:
    return Insufficient(
        detector=detector.id,
        resource=str(row["name"]),
        missing=missing,
        provider=str(row["provider"]),
        account=str(row["account"] or ""),
        currency=str(row["currency"]),
        monthly_cost=monthly(Decimal(row["cost"]), days),
    )


def _cluster(row: dict[str, Any], found: dict[str, Any], first: date, end: date) -> Cluster:
    cores = Fraction(found["cpu"] or found["cpu_given"])
    gib = Fraction(found["memory"] or found["memory_given"])
    gpus = Fraction(found["gpu"] or found["gpu_given"] or 0)
    # The window's usage may lack a day; what is seen stands for all of it.
    scale = Fraction((end - first).days, int(found["days"]))
    cores, gib, gpus = cores * scale, gib * scale, gpus * scale
    node_days = int(row["node_days"])
    open_part = Fraction(int(row["open_days"]), node_days) if node_days else Fraction(0)
    open_cores, open_gib = cores * open_part, gib * open_part
    cost = Fraction(row["open_cost"])
    priced_by = "the bill's parts of CPU and memory"
    cpu, memory = Fraction(row["open_cpu"]), Fraction(row["open_memory"])
    if not (cpu and memory):
        ratio = Ratio()
        weights = (
            open_cores * Fraction(ratio.cpu),
            open_gib * Fraction(ratio.memory),
            gpus * open_part * Fraction(ratio.gpu),
        )
        whole = sum(weights)
        cpu = cost * weights[0] / whole if whole else Fraction(0)
        memory = cost * weights[1] / whole if whole else Fraction(0)
        priced_by = f"the bill, CPU {ratio.cpu} to memory {ratio.memory}"
    return Cluster(
        name=str(row["name"]),
        provider=str(row["provider"]),
        account=str(row["account"] or "") if int(row["accounts"]) == 1 else "",
        region=str(row["region"] or "") if int(row["regions"]) == 1 else "",
        currency=str(row["currency"]),
        first=first,
        end=end,
        cost=Decimal(row["cost"]),
        open=Decimal(row["open_cost"]),
        open_list=Decimal(row["open_list"]),
        idle=Decimal(row["idle"]),
        cores=cores,
        gib=gib,
        open_part=open_part,
        core_price=cpu / open_cores if open_cores else Fraction(0),
        gib_price=memory / open_gib if open_gib else Fraction(0),
        priced_by=priced_by,
    )


def exact(value: Fraction, digits: int = 6) -> Decimal:
    """A figure to show, rounded once to so many decimals."""
    return rounded(value, digits)
