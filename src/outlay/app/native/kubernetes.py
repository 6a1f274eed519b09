"""Amounts for right-sizings of containers, which Kubernetes' own tools do not know.

Core-hours and GiB-hours that a workload gives back are priced as our own detector of requests
prices them (`outlay.savings.detectors.kubernetes`): by the cluster's nodes on the bill, as far as
nodes can go for it. Without the cluster's bill or usage there is no amount, and that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Facts
from outlay.savings.detectors.kubernetes import requests, unused
from outlay.savings.detectors.kubernetes.clusters import MICRO, Cluster, clusters, exact
from outlay.savings.detectors.kubernetes.plan import (
    NODES_MUST_SHRINK,
    Hours,
    freed_share,
    left_to_save,
)
from outlay.savings.detectors.kubernetes.scoped import Priced, cost_of, workload_finding
from outlay.savings.detectors.kubernetes.workloads import Container, Workload, workloads
from outlay.savings.model import Evidence, Finding, Insufficient
from outlay.savings.native.model import Sizing, Told

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_GIB = 2**30
_NAMES = {"kruize": "Kruize", "vpa": "the vertical pod autoscaler"}


def priced(
    workspace: Workspace, sizings: Sequence[Sizing], today: date
) -> tuple[tuple[Finding, ...], tuple[Told, ...]]:
    """Findings for the sizings whose cluster is on the bill, and why the others have no amount."""
    if not sizings:
        return (), ()
    from outlay.app.detectors.facts import facts

    with facts(workspace, today) as known:
        return priced_over(known, sizings)


def priced_over(
    facts: Facts, sizings: Sequence[Sizing]
) -> tuple[tuple[Finding, ...], tuple[Told, ...]]:
    """As `priced`, over facts that are open already."""
    found: list[Finding] = []
    told: list[Told] = []
    known: dict[str, Cluster] = {}
    lacking: dict[str, str] = {}
    for one in clusters(facts, requests.DETECTOR):
        if isinstance(one, Insufficient):
            lacking[one.resource] = one.missing
        else:
            known[one.name] = one
    for name in dict.fromkeys(one.cluster for one in sizings):
        own = [one for one in sizings if one.cluster == name]
        if name in known:
            for item in _of_cluster(facts, known[name], own):
                (told if isinstance(item, Told) else found).append(item)  # type: ignore[arg-type]
            continue
        reason = _unknown(name, lacking.get(name, ""), sorted(known))
        told += [Told(one.native_id, reason, one.native_id) for one in own]
    return tuple(found), tuple(told)


def _unknown(name: str, missing: str, known: Sequence[str]) -> str:
    if missing:
        return f"no amount can be reckoned for the cluster {name}; missing: {missing}"
    there = ", ".join(known) or "none"
    if not name:
        return f"the answer names no cluster: say it with the option `cluster` (known: {there})"
    return f"the cluster {name} is on no bill, so that there is no amount (clusters: {there})"


def _of_cluster(
    facts: Facts, cluster: Cluster, sizings: Sequence[Sizing]
) -> Iterator[Finding | Told]:
    running = list(workloads(facts, cluster, Decimal(98)))
    by_tool: dict[str, list[tuple[Workload, list[tuple[Sizing, Container]]]]] = {}
    for sizing in sizings:
        workload = _named(running, sizing)
        container = _container(workload, sizing) if workload else None
        if workload is None or container is None:
            yield Told(
                sizing.native_id,
                "no pod of it ran in the window that the cluster's usage tells of",
                sizing.native_id,
            )
            continue
        own = by_tool.setdefault(sizing.tool, [])
        parts = next((parts for other, parts in own if other == workload), None)
        if parts is None:
            own.append((workload, parts := []))
        parts.append((sizing, container))
    pool = left_to_save(facts, cluster)
    for tool, own in by_tool.items():
        freed = [_freed(parts) for _, parts in own]
        saving = [one for one in freed if cluster.worth(*one) > 0]
        factor, _, _ = freed_share(cluster, unused.requested(running), saving, pool)
        for (workload, parts), one in zip(own, freed, strict=True):
            yield _finding(facts, cluster, workload, parts, tool, one, factor)


def _named(running: Sequence[Workload], sizing: Sizing) -> Workload | None:
    found = [
        one for one in running
        if one.namespace == sizing.namespace and one.name == sizing.workload
    ]  # fmt: skip
    kind = sizing.workload_kind.lower()
    same = [one for one in found if one.kind.rpartition("-")[2] == kind]
    return next(iter(same or found), None)


def _container(workload: Workload, sizing: Sizing) -> Container | None:
    """The container as usage names it; some tools measure pods alone."""
    named = [one for one in workload.containers if one.name == sizing.container]
    whole = [one for one in workload.containers if not one.name]
    return next(iter(named or whole), None)


def _freed(parts: Sequence[tuple[Sizing, Container]]) -> Hours:
    """Core-hours and GiB-hours that a workload gives back; below zero where it needs more."""
    cpu = memory = Fraction(0)
    for sizing, container in parts:
        now = _now(sizing, container)
        if now[0] is not None and sizing.cpu_after is not None:
            cpu += container.pod_hours * (now[0] - Fraction(sizing.cpu_after))
        if now[1] is not None and sizing.memory_after is not None:
            memory += container.pod_hours * (now[1] - Fraction(sizing.memory_after) / _GIB)
    return cpu, memory


def _now(sizing: Sizing, container: Container) -> tuple[Fraction | None, Fraction | None]:
    """Cores and GiB that a pod requests: as the tool says, else as the cluster's usage does."""
    cpu = _either(sizing.cpu_now, Fraction(1), container.cpu_request)
    return cpu, _either(sizing.memory_now, Fraction(1, _GIB), container.memory_request)


def _either(said: Decimal | None, unit: Fraction, measured: int | None) -> Fraction | None:
    if said is not None:
        return Fraction(said) * unit
    return None if measured is None else Fraction(measured, MICRO)


def _finding(
    facts: Facts,
    cluster: Cluster,
    workload: Workload,
    parts: Sequence[tuple[Sizing, Container]],
    tool: str,
    freed: Hours,
    factor: Fraction,
) -> Finding | Told:
    first = parts[0][0]
    name = f"{cluster.name}/{workload.scope}"
    if all(_now(*part) == (None, None) for part in parts):
        return Told(first.native_id, "what it requests now is not known", name)
    amount = Priced(cluster, cluster.worth(*freed) * factor, cost_of(facts, cluster, workload))
    profile = f", {first.term} term, {first.profile} profile" if first.term else ""
    made = workload_finding(
        requests.DETECTOR,
        amount,
        workload,
        title=f"{workload.scope} in {cluster.name} needs other requests",
        current="; ".join(_words(p, after=False) for p in parts),
        recommended="; ".join(_words(p, after=True) for p in parts),
        evidence=(
            Evidence("Given back, CPU", exact(freed[0]), "core-hours", "requests less new ones"),
            Evidence("Given back, memory", exact(freed[1]), "GiB-hours", "requests less new ones"),
            Evidence("Part that frees nodes", exact(factor, 6), "", "capacity"),
        ),
        reasons=(f"advised by {_NAMES[tool]}{profile}", NODES_MUST_SHRINK, *first.reasons),
    )
    if made is None:
        return Told(first.native_id, "as its requests are now, no money is saved by it", name)
    advice = f"{_NAMES[tool]}'s requests at the nodes' effective price, as 30 days"
    return replace(
        made,
        tool=tool,
        detector=f"requests{f'.{first.term}.{first.profile}' if first.term else ''}",
        native_id=first.native_id,
        basis=advice,
    )


def _words(part: tuple[Sizing, Container], *, after: bool) -> str:
    sizing, container = part
    cpu, memory = _now(sizing, container)
    if after:
        cpu = cpu if sizing.cpu_after is None else Fraction(sizing.cpu_after)
        memory = memory if sizing.memory_after is None else Fraction(sizing.memory_after) / _GIB
    told = []
    if cpu is not None:
        told.append(f"{rounded(cpu, 3).normalize():f} cores")
    if memory is not None:
        told.append(f"{rounded(memory, 2).normalize():f} GiB")
    return f"{sizing.container or 'pod'}: {', '.join(told) or 'nothing'}"
