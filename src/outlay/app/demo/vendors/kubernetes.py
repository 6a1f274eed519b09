"""Usage of Kestrel's cluster as OpenCost allocates it: daily steps, one answer a month.

Its nodes are the EC2 instances of the bill, so that their provider ids join it. OpenCost prices
them at list, and the bill has them cheaper by a Savings Plan: the estimate is never the bill. It
is also earlier: today's hours are here before any bill has them. A load test of checkout was left
running two months ago: for nine days it requested what it never used. A preview of the app's push
messages was never taken down: nothing has asked it since, and every pod requests more than it uses.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import msgspec

from outlay.app.demo.fleet import digest, nodes
from outlay.app.demo.story import Story
from outlay.money import BillingPeriod

_CLUSTER = "kestrel"
_CORES, _GIB = 16, 64
_CORE_PRICE, _GIB_PRICE = Decimal("0.031611"), Decimal("0.004237")
_LIVE_HOURS = 14  # of the day that is not over
_LOAD_TEST_DAYS = 9
_PLACES = Decimal("1E-8")
_BYTES = 1 << 30
_ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True)
class _Workload:
    """A deployment with a pod on each node: cores and GiB requested, and used in per cent."""

    namespace: str
    name: str
    team: str
    cores: str
    gib: str
    used: str
    kind: str = "deployment"


_WORKLOADS = (
    _Workload("shop", "cart", "checkout", "3", "10", "62"),
    _Workload("shop", "catalog", "storefront", "2.5", "12", "48"),
    _Workload("ml", "recs-cache", "ml", "2", "16", "71"),
    _Workload("mobile", "gateway", "mobile", "1.5", "4", "55"),
    _Workload("mobile", "push-preview", "mobile", "0.75", "1", "0.1"),
    _Workload("monitoring", "collector", "platform", "0.5", "2", "90", "daemonset"),
)
_LOAD_TEST = _Workload("shop", "load-test", "checkout", "4", "8", "1")


def load_test(story: Story) -> tuple[date, date]:
    """The first and last day of the load test that nobody stopped."""
    first = story.at(-2).start + timedelta(days=6)
    return first, first + timedelta(days=_LOAD_TEST_DAYS - 1)


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's answer of the allocation API, up to the present hour."""
    day, sets = month.start, []
    while day < month.end and day <= story.today:
        sets.append(dict(_day(day, story)))
        day += timedelta(days=1)
    document = {"code": 200, "status": "success", "data": sets}
    content = gzip.compress(_ENCODER.encode(document), compresslevel=5, mtime=0)
    (folder / f"allocation-{month}.json.gz").write_bytes(content)


def _day(day: date, story: Story) -> Iterator[tuple[str, dict[str, Any]]]:
    hours = _LIVE_HOURS if day == story.today else 24
    first, last = load_test(story)
    for node in nodes():
        if not node.start <= day <= node.end:
            continue
        workloads = [*_WORKLOADS, *([_LOAD_TEST] if first <= day <= last else [])]
        cores, gib = Decimal(_CORES), Decimal(_GIB)
        for workload in workloads:
            found = _allocation(workload, node.resource, day, hours)
            cores -= found["cpuCores"]
            gib -= found["ramBytes"] / _BYTES
            yield found["name"], found
        name = f"{_CLUSTER}/{node.resource}/__idle__"
        yield (
            name,
            _record(name, node.resource, day, hours, cores, gib)
            | {"properties": _properties(node.resource)},
        )


def _allocation(workload: _Workload, node: str, day: date, hours: int) -> dict[str, Any]:
    pod = _pod(workload, node)
    seed = f"{workload.name}-{digest(node + workload.name) % 0xFFFFF:05x}"
    swing = Decimal(digest(f"{seed}/{day}") % 21 - 10) / 100
    quiet = Decimal("0.8") if day.weekday() >= 5 else Decimal(1)
    share = Decimal(workload.used) / 100 * (1 + swing) * quiet
    cores, gib = Decimal(workload.cores), Decimal(workload.gib)
    name = f"{_CLUSTER}/{node}/{workload.namespace}/{pod}/{workload.name}"
    record = _record(name, node, day, hours, cores, gib)
    record["properties"] = _properties(node) | {
        "namespace": workload.namespace,
        "controllerKind": workload.kind,
        "controller": workload.name,
        "pod": pod,
        "container": workload.name,
        "labels": {"app": workload.name, "team": workload.team},
        "namespaceLabels": {"kubernetes_io_metadata_name": workload.namespace},
    }
    record |= {
        "cpuCoreRequestAverage": cores,
        "cpuCoreUsageAverage": _rounded(cores * share),
        "ramByteRequestAverage": gib * _BYTES,
        "ramByteUsageAverage": _rounded(gib * _BYTES * share),
    }
    return record


def _pod(workload: _Workload, node: str) -> str:
    """The pod's name: that of the bill's split lines (`fees`), which know the same pods."""
    number = (*_WORKLOADS, _LOAD_TEST).index(workload)
    text = hashlib.md5(f"{node}{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{workload.name}-{text[:5]}"


def _properties(node: str) -> dict[str, Any]:
    return {
        "cluster": _CLUSTER,
        "node": f"ip-10-40-{digest(node) % 250}-{digest(node + 'ip') % 250}.ec2.internal",
        "providerID": f"aws:///us-east-1a/{node}",
    }


def _record(
    name: str, node: str, day: date, hours: int, cores: Decimal, gib: Decimal
) -> dict[str, Any]:
    """Cores and memory of one day at list price."""
    cpu = _rounded(cores * hours * _CORE_PRICE)
    ram = _rounded(gib * hours * _GIB_PRICE)
    end = f"{day}T{hours:02d}:00:00Z" if hours < 24 else f"{day + timedelta(days=1)}T00:00:00Z"
    return {
        "name": name,
        "window": {"start": f"{day}T00:00:00Z", "end": end},
        "minutes": 60 * hours,
        "cpuCores": cores,
        "cpuCoreHours": cores * hours,
        "cpuCost": cpu,
        "ramBytes": gib * _BYTES,
        "ramByteHours": gib * _BYTES * hours,
        "ramCost": ram,
        "totalCost": cpu + ram,
    }


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, ROUND_HALF_EVEN)
