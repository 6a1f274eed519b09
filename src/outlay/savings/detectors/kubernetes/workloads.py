"""Workloads of a cluster: what each container requests and used, as rates a pod.

A rate is what one pod had or used over one period of the tool (an hour or a day), in whole
millionths of a core or GiB, rounded up. A tool that averages over a day hides what happened within
it: `hours` says how long a period was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.savings.detectors.contract import Facts
from outlay.savings.detectors.kubernetes.clusters import MICRO, SYSTEM, Cluster

SHORT_LIVED = ("job", "cronjob")
"""Kinds whose pods come and go: an average over a period says nothing of their need."""


@dataclass(frozen=True)
class Container:
    """One container of a workload. Rates in millionths: `request` of the latest period (None:
    none is set), `used` a percentile and `peak` the highest of the usage (None: not measured)."""

    name: str
    pod_hours: Fraction
    days: int
    period_hours: Fraction
    cpu_request: int | None
    cpu_used: int | None
    cpu_peak: int | None
    memory_request: int | None
    memory_peak: int | None


@dataclass(frozen=True)
class Workload:
    """A controller's pods, by container."""

    namespace: str
    kind: str
    name: str
    containers: tuple[Container, ...]

    @property
    def scope(self) -> str:
        """Its name within the cluster."""
        return "/".join(part for part in (self.namespace, self.kind, self.name) if part)

    @property
    def days(self) -> int:
        """On how many days it ran."""
        return max(one.days for one in self.containers)

    @property
    def requests(self) -> tuple[Fraction, Fraction]:
        """Core-hours and GiB-hours of the window that it requests as it is now."""
        cores = sum((hours_of(one, one.cpu_request) for one in self.containers), Fraction(0))
        gib = sum((hours_of(one, one.memory_request) for one in self.containers), Fraction(0))
        return cores, gib


def hours_of(container: Container, rate: int | None) -> Fraction:
    """A rate of each pod over the window, in core-hours or GiB-hours."""
    return container.pod_hours * (rate or 0) / MICRO


_PODS = f"""
    WITH measured AS (
        SELECT coalesce(x_Namespace, '') AS namespace,
            coalesce(lower(x_ControllerKind), '') AS kind,
            x_Controller AS name, coalesce(x_Container, '') AS container, x_Pod AS pod,
            UsagePeriodStart AS start, Metric,
            date_diff('second', UsagePeriodStart, UsagePeriodEnd) AS seconds,
            CAST(sum(Quantity) * {MICRO} AS HUGEINT) AS quantity
        FROM usage
        WHERE x_Cluster = $cluster AND x_Controller IS NOT NULL
            AND UsagePeriodStart >= $first AND UsagePeriodEnd <= $end
            AND UsagePeriodEnd > UsagePeriodStart
            AND Metric IN ('cpu_request', 'cpu_usage', 'memory_request', 'memory_usage')
        GROUP BY ALL
    ), rates AS (
        SELECT *, (quantity * 3600 + seconds - 1) // seconds AS rate FROM measured
    )"""

_CONTAINERS = f"""{_PODS}, pods AS (
        SELECT namespace, kind, name, container, pod, start, max(seconds) AS seconds,
            max(rate) FILTER (Metric = 'cpu_request') AS cpu_request,
            max(rate) FILTER (Metric = 'cpu_usage') AS cpu_usage,
            max(rate) FILTER (Metric = 'memory_request') AS memory_request,
            max(rate) FILTER (Metric = 'memory_usage') AS memory_usage
        FROM rates GROUP BY ALL
    ), latest AS (
        SELECT namespace, kind, name, container, max(start) AS start FROM pods GROUP BY ALL
    )
    SELECT namespace, kind, name, container, sum(seconds) AS seconds,
        max(seconds) AS longest, count(DISTINCT CAST(p.start AS DATE)) AS days,
        max(cpu_request) FILTER (p.start = l.start) AS cpu_request,
        quantile_disc(cpu_usage, {{percentile}}) AS cpu_used, max(cpu_usage) AS cpu_peak,
        max(memory_request) FILTER (p.start = l.start) AS memory_request,
        max(memory_usage) AS memory_peak
    FROM pods AS p JOIN latest AS l USING (namespace, kind, name, container)
    GROUP BY namespace, kind, name, container
    ORDER BY namespace, kind, name, container"""


def workloads(
    facts: Facts, cluster: Cluster, percentile: Decimal, *, until: bool = True
) -> Iterator[Workload]:
    """The cluster's workloads that run now, but for the system's and those of jobs; `percentile`
    (0–100) of the CPU's usage. `until` leaves out what has no period in the window's last day."""
    rows = facts.rows(
        _CONTAINERS.format(percentile=f"{percentile / 100:f}"),
        {"cluster": cluster.name, "first": cluster.first, "end": cluster.end},
    )
    found: dict[tuple[str, str, str], list[Container]] = {}
    for row in rows:
        namespace, kind = str(row["namespace"]), str(row["kind"])
        if namespace.startswith("__") or namespace in SYSTEM or kind in SHORT_LIVED:
            continue
        found.setdefault((namespace, kind, str(row["name"])), []).append(_container(row))
    alive = _alive(facts, cluster) if until else set()
    for (namespace, kind, name), containers in found.items():
        if not until or (namespace, kind, name) in alive:
            yield Workload(namespace, kind, name, tuple(containers))


def _alive(facts: Facts, cluster: Cluster) -> set[tuple[str, str, str]]:
    """Workloads with a pod in the last day that was measured."""
    rows = facts.rows(
        f"""{_PODS} SELECT DISTINCT namespace, kind, name FROM rates
        WHERE CAST(start AS DATE) = (
            SELECT max(CAST(UsagePeriodStart AS DATE)) FROM usage
            WHERE x_Cluster = $cluster AND UsagePeriodStart >= $first AND UsagePeriodEnd <= $end
        )""",
        {"cluster": cluster.name, "first": cluster.first, "end": cluster.end},
    )
    return {(str(row["namespace"]), str(row["kind"]), str(row["name"])) for row in rows}


def _container(row: dict[str, Any]) -> Container:
    def rate(name: str) -> int | None:
        return None if row[name] is None else int(row[name])

    return Container(
        name=str(row["container"]),
        pod_hours=Fraction(int(row["seconds"]), 3600),
        days=int(row["days"]),
        period_hours=Fraction(int(row["longest"]), 3600),
        cpu_request=rate("cpu_request"),
        cpu_used=rate("cpu_used"),
        cpu_peak=rate("cpu_peak"),
        memory_request=rate("memory_request"),
        memory_peak=rate("memory_peak"),
    )
