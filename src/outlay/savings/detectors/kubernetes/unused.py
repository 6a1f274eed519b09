"""Workloads that request and never do anything: their CPU was still in every period.

Kruize's notice of an idle workload (a millicore at most), with a share of the request beside it
for those that only keep themselves alive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.kubernetes.clusters import MICRO, Cluster, clusters, exact
from outlay.savings.detectors.kubernetes.plan import (
    NODES_MUST_SHRINK,
    Hours,
    freed_share,
    left_to_save,
)
from outlay.savings.detectors.kubernetes.scoped import Priced, cost_of, workload_finding
from outlay.savings.detectors.kubernetes.workloads import Workload, workloads
from outlay.savings.model import Evidence, Finding, Insufficient


def is_unused(workload: Workload, settings: Settings) -> bool:
    """Whether no container of it did anything in any period. False where CPU was not measured."""
    millicores, percent = settings.number("millicores"), settings.number("percent")
    for one in workload.containers:
        if one.cpu_peak is None:
            return False
        still = max(
            Fraction(millicores) * MICRO / 1000,
            Fraction(percent) * (one.cpu_request or 0) / 100,
        )
        if one.cpu_peak > still:
            return False
    return True


def unused_in(running: Sequence[Workload], settings: Settings, minimum_days: int) -> list[Workload]:
    """Those of the running workloads that are unused and old enough; daemonsets never are."""
    return [
        one for one in running
        if one.kind != "daemonset" and one.days >= minimum_days and any(one.requests)
        and is_unused(one, settings)
    ]  # fmt: skip


def requested(running: Sequence[Workload]) -> Hours:
    """What all workloads request, over the window."""
    return (
        sum((one.requests[0] for one in running), Fraction(0)),
        sum((one.requests[1] for one in running), Fraction(0)),
    )


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    for cluster in clusters(facts, DETECTOR):
        if isinstance(cluster, Insufficient):
            yield cluster
            continue
        running = list(workloads(facts, cluster, Decimal(100)))
        found = unused_in(running, settings, DETECTOR.minimum_days)
        if found and cluster.open > 0:
            factor, _, _ = freed_share(
                cluster, requested(running), [one.requests for one in found],
                left_to_save(facts, cluster),
            )  # fmt: skip
            for one in found:
                made = _finding(facts, cluster, one, factor)
                if made is not None:
                    yield made


def _finding(
    facts: Facts, cluster: Cluster, workload: Workload, factor: Fraction
) -> Finding | None:
    cores, gib = workload.requests
    peak = max(one.cpu_peak or 0 for one in workload.containers)
    priced = Priced(cluster, cluster.worth(cores, gib) * factor, cost_of(facts, cluster, workload))
    return workload_finding(
        DETECTOR,
        priced,
        workload,
        title=f"{workload.scope} in {cluster.name} requests and does nothing",
        current=f"{exact(cores, 1)} core-hours and {exact(gib, 1)} GiB-hours requested",
        recommended="removed, or scaled to none",
        evidence=(
            Evidence("Highest CPU of a pod", exact(Fraction(peak, MICRO)), "cores", "cpu_usage"),
            Evidence("Requested, CPU", exact(cores), "core-hours", "cpu_request"),
            Evidence("Requested, memory", exact(gib), "GiB-hours", "memory_request"),
            Evidence("Part that frees nodes", exact(factor, 6), "", "capacity"),
        ),
        reasons=(
            NODES_MUST_SHRINK,
            "memory that is held and traffic are not looked at: ask before removing",
        ),
    )


DETECTOR = Detector(
    id="kubernetes-unused-workload",
    title="Workloads that request and do nothing",
    provider="Kubernetes",
    service="Kubernetes",
    inputs=("daily", "usage"),
    window_days=15,
    minimum_days=7,
    predicate=(
        "In every period of the window, each pod's CPU stayed below a millicore or a small share "
        "of its request"
    ),
    formula=(
        "Requested core-hours and GiB-hours at the price of the nodes that no commitment pays for, "
        "as far as nodes can go for it, and no more than the workload costs; 30 days"
    ),
    verification=(
        "The workload's allocated cost ends and the cluster's idle cost does not rise by it"
    ),
    action="Delete",
    group="existence",
    effort="Low",
    confidence="medium",
    find=_find,
    risk="A standby that must be there when it is asked looks the same",
    exclusions=(
        "Daemonsets, jobs, and the namespaces of the system",
        "Workloads younger than the least number of days, or not running any more",
        "Workloads whose CPU was not measured",
    ),
    parameters=(
        Parameter("millicores", Decimal(1), "CPU of a pod that counts as none", "millicores",
                  Decimal(0), Decimal(1000)),
        Parameter("percent", Decimal("0.5"), "Share of its CPU request that counts as none", "%",
                  Decimal(0), Decimal(20)),
    ),
    source="Kruize: CPU of a millicore or less is idle",
)  # fmt: skip

DETECTORS = (DETECTOR,)
