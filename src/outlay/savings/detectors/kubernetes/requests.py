"""Workloads that request more than they use: CPU and memory by Kruize's rules.

CPU: a percentile of what a pod used, or the highest where that is below a core (Kruize's cost
profile takes the 60th, its performance profile the 98th: ours is the 98th, since most tools
average). Memory: the highest use and a fifth. A change below a tenth is none. A request that is
too small is raised, and what that costs is taken off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.kubernetes import unused
from outlay.savings.detectors.kubernetes.clusters import MICRO, Cluster, clusters, exact
from outlay.savings.detectors.kubernetes.plan import (
    NODES_MUST_SHRINK,
    Hours,
    freed_share,
    left_to_save,
)
from outlay.savings.detectors.kubernetes.scoped import Priced, cost_of, workload_finding
from outlay.savings.detectors.kubernetes.workloads import (
    Container,
    Workload,
    hours_of,
    workloads,
)
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Finding, Headroom, Insufficient

_MILLICORE = MICRO // 1000
_MIB = Fraction(MICRO, 1024)


@dataclass(frozen=True)
class Sized:
    """A container's requests as they should be, in millionths of a core and GiB; None: as now."""

    container: Container
    cpu: int | None
    memory: int | None

    @property
    def freed(self) -> Hours:
        """Core-hours and GiB-hours that it gives back; below zero where it needs more."""
        one = self.container
        cpu = 0 if self.cpu is None else (one.cpu_request or 0) - self.cpu
        memory = 0 if self.memory is None else (one.memory_request or 0) - self.memory
        return hours_of(one, cpu), hours_of(one, memory)


def sized(one: Container, settings: Settings) -> Sized:
    """What a container should request. Its usage must be known where it requests."""
    cpu = memory = None
    if one.cpu_request and one.cpu_used is not None and one.cpu_peak is not None:
        wanted = one.cpu_peak if one.cpu_peak < MICRO else one.cpu_used
        wanted = max(wanted, int(settings.number("least_millicores") * _MILLICORE))
        cpu = _changed(one.cpu_request, _up(Fraction(wanted), Fraction(_MILLICORE)), settings)
    if one.memory_request and one.memory_peak is not None:
        room = 1 + Fraction(settings.number("memory_room_percent")) / 100
        memory = _changed(one.memory_request, _up(one.memory_peak * room, _MIB), settings)
    return Sized(one, cpu, memory)


def _up(rate: Fraction, step: Fraction) -> int:
    """A rate rounded up to whole steps (millicores, MiB), in whole millionths, rounded up."""
    return ceil(ceil(rate / step) * step)


def _changed(now: int, wanted: int, settings: Settings) -> int | None:
    least = Fraction(settings.number("least_change_percent")) / 100
    return wanted if abs(wanted - now) >= least * now else None


def missing_of(workload: Workload) -> str:
    """What is not known of a workload that requests; '' when all of it is."""
    lacking = []
    if any(one.cpu_request and one.cpu_peak is None for one in workload.containers):
        lacking.append("CPU usage")
    if any(one.memory_request and one.memory_peak is None for one in workload.containers):
        lacking.append("memory usage")
    return " and ".join(lacking)


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    for cluster in clusters(facts, DETECTOR):
        if isinstance(cluster, Insufficient):
            yield cluster
        else:
            yield from _of_cluster(facts, cluster, settings)


def _of_cluster(
    facts: Facts, cluster: Cluster, settings: Settings
) -> Iterator[Finding | Insufficient]:
    running = list(workloads(facts, cluster, settings.number("cpu_percentile")))
    idle = unused.unused_in(running, unused.DETECTOR.settings(), DETECTOR.minimum_days)
    found: list[tuple[Workload, Sequence[Sized], Hours]] = []
    for one in running:
        if one in idle or one.days < DETECTOR.minimum_days or not any(one.requests):
            continue
        missing = missing_of(one)
        if missing:
            yield Insufficient(
                DETECTOR.id, f"{cluster.name}/{one.scope}", missing, cluster.provider,
                cluster.account, cluster.currency, _month(facts, cluster, one),
            )  # fmt: skip
            continue
        sizes = [sized(each, settings) for each in one.containers]
        freed = (
            sum((each.freed[0] for each in sizes), Fraction(0)),
            sum((each.freed[1] for each in sizes), Fraction(0)),
        )
        if cluster.worth(*freed) > 0:
            found.append((one, sizes, freed))
    if not found or cluster.open <= 0:
        return
    before = unused.requested(running)
    pool = left_to_save(facts, cluster)
    if idle:
        _, before, pool = freed_share(cluster, before, [one.requests for one in idle], pool)
    factor, _, _ = freed_share(cluster, before, [freed for _, _, freed in found], pool)
    for workload, sizing, freed in found:
        made = _finding(facts, cluster, workload, sizing, freed, factor)
        if made is not None:
            yield made


def _month(facts: Facts, cluster: Cluster, workload: Workload) -> Decimal:
    return monthly(cost_of(facts, cluster, workload), cluster.days)


def _finding(
    facts: Facts, cluster: Cluster, workload: Workload, sizes: Sequence[Sized], freed: Hours,
    factor: Fraction,
) -> Finding | None:  # fmt: skip
    priced = Priced(cluster, cluster.worth(*freed) * factor, cost_of(facts, cluster, workload))
    return workload_finding(
        DETECTOR,
        priced,
        workload,
        title=f"{workload.scope} in {cluster.name} requests more than it uses",
        current="; ".join(_words(one, now=True) for one in sizes),
        recommended="; ".join(_words(one, now=False) for one in sizes),
        evidence=(
            *(figure for one in sizes for figure in _figures(one)),
            Evidence("Given back, CPU", exact(freed[0]), "core-hours", "requests less new ones"),
            Evidence("Given back, memory", exact(freed[1]), "GiB-hours", "requests less new ones"),
            Evidence("Part that frees nodes", exact(factor, 6), "", "capacity"),
        ),
        headroom=_headroom(sizes),
        reasons=(
            NODES_MUST_SHRINK,
            "set limits with the requests: a limit below them is refused, and an autoscaler by "
            "share of the request scales sooner",
        ),
    )


def _words(one: Sized, *, now: bool) -> str:
    cpu, memory = one.container.cpu_request, one.container.memory_request
    if not now:
        cpu = cpu if one.cpu is None else one.cpu
        memory = memory if one.memory is None else one.memory
    parts = []
    if cpu is not None:
        parts.append(f"{exact(Fraction(cpu, MICRO), 3).normalize():f} cores")
    if memory is not None:
        parts.append(f"{exact(Fraction(memory, MICRO), 2).normalize():f} GiB")
    name = f"{one.container.name}: " if one.container.name else ""
    return name + ", ".join(parts) + " a pod"


def _figures(one: Sized) -> Iterator[Evidence]:
    of, name = one.container, one.container.name or "pod"
    figures = (
        ("CPU requested", of.cpu_request, "cores", "cpu_request"),
        ("CPU used, percentile", of.cpu_used, "cores", "cpu_usage"),
        ("CPU used, highest", of.cpu_peak, "cores", "cpu_usage"),
        ("memory requested", of.memory_request, "GiB", "memory_request"),
        ("memory used, highest", of.memory_peak, "GiB", "memory_usage"),
    )
    for words, value, unit, source in figures:
        if value is not None:
            yield Evidence(f"{name}: {words}", exact(Fraction(value, MICRO)), unit, source)
    yield Evidence(f"{name}: pod-hours", exact(of.pod_hours), "hours", "usage")


def _headroom(sizes: Sequence[Sized]) -> tuple[Headroom, ...]:
    """The tightest container of each resource."""
    found = []
    for metric in ("cpu", "memory"):
        rooms = []
        for one in sizes:
            of = one.container
            now, peak, after = (
                (of.cpu_request, of.cpu_peak, one.cpu) if metric == "cpu"
                else (of.memory_request, of.memory_peak, one.memory)
            )  # fmt: skip
            if now and peak is not None:
                rooms.append((Fraction(100 * peak, after or now), Fraction(100 * peak, now)))
        if rooms:
            then, before = max(rooms)
            found.append(Headroom(metric, "maximum", exact(before, 1), exact(then, 1)))
    return tuple(found)


DETECTOR = Detector(
    id="kubernetes-requests",
    title="Workloads that request more than they use",
    provider="Kubernetes",
    service="Kubernetes",
    inputs=("daily", "usage"),
    window_days=15,
    minimum_days=7,
    predicate=(
        "What a pod requests of CPU or memory is at least a tenth above what it needs: a "
        "percentile of its CPU (the highest below one core), its highest memory and a fifth"
    ),
    formula=(
        "Core-hours and GiB-hours given back, at the price of the nodes that no commitment pays "
        "for, as far as nodes can go for it (the scarcer of CPU and memory decides), less what "
        "requests that are too small need; 30 days"
    ),
    verification=(
        "The workload's allocated cost falls, the cluster's idle cost does not rise by the same, "
        "and no pod is throttled or killed for memory"
    ),
    action="Rightsize",
    group="size",
    effort="Medium",
    confidence="medium",
    find=_find,
    restart=True,
    risk="A pod that uses more than before is throttled, or killed for memory",
    exclusions=(
        "Jobs, and the namespaces of the system",
        "Workloads younger than the least number of days, or not running any more",
        "Workloads that are unused altogether: another detector has them",
        "Containers that request nothing",
    ),
    parameters=(
        Parameter("cpu_percentile", Decimal(98), "Percentile of a pod's CPU that is requested", "%",
                  Decimal(50), Decimal(100)),
        Parameter("memory_room_percent", Decimal(20), "Room above the highest memory", "%",
                  Decimal(0), Decimal(200)),
        Parameter("least_change_percent", Decimal(10), "Smaller changes are none", "%",
                  Decimal(0), Decimal(90)),
        Parameter("least_millicores", Decimal(10), "No pod requests less CPU", "millicores",
                  Decimal(1), Decimal(1000)),
    ),
    source="Kruize / ROS: GenericRecommendationModel, long term 15 days",
)  # fmt: skip

DETECTORS = (DETECTOR,)
