"""Answers, exports and reports as the tools write them, and the usage rows that a load gives."""

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from outlay.focus.sql import literal
from outlay.lake import Lake, LoadOutcome
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport


def allocation(start: str, end: str, **more: Any) -> dict[str, Any]:
    """An allocation of OpenCost: properties and fields by name; the rest is nothing."""
    names = ("cluster", "node", "namespace", "controllerKind", "controller", "pod", "container",
             "providerID", "labels", "namespaceLabels")  # fmt: skip
    properties = {name: more.pop(name) for name in names if name in more}
    window = {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}
    costs = ("cpuCost", "gpuCost", "ramCost", "pvCost", "networkCost", "loadBalancerCost")
    empty = dict.fromkeys((*costs, *(f"{cost}Adjustment" for cost in costs)), 0)
    return {
        "name": more.get("name", properties.get("pod", "")),
        "properties": {"cluster": "prod", "namespace": "shop", **properties},
        "window": window, **window, "minutes": 1440, **empty,
        "sharedCost": 0, "externalCost": 0, "totalCost": 0, "pvs": None, **more,
    }  # fmt: skip


def answer(*steps: Mapping[str, Any] | None) -> dict[str, Any]:
    """An answer of the allocation API."""
    return {"code": 200, "status": "success", "data": list(steps)}


def export_row(day: date, **more: str) -> dict[str, str]:
    """A row of OpenCost's CSV export."""
    row = {
        "Date": f"{day}", "Namespace": "shop", "ControllerKind": "deployment",
        "ControllerName": "web", "Pod": "web-1", "Container": "web", "CPUCoreUsageAverage": "0.5",
        "CPUCoreRequestAverage": "1", "RAMBytesUsageAverage": "0", "RAMBytesRequestAverage": "0",
        "NetworkReceiveBytes": "0", "NetworkTransferBytes": "0", "GPUs": "0", "PVBytes": "0",
        "CPUCost": "0", "RAMCost": "0", "NetworkCost": "0", "PVCost": "0", "GPUCost": "0",
        "TotalCost": "0", "Labels": "{}",
    }  # fmt: skip
    return row | {"Pod": more.pop("pod", "web-1")} | more


def hour(at: int, day: str = "2026-10-05") -> dict[str, str]:
    """The time columns of a report's row of OpenShift's cost operator."""
    return {
        "report_period_start": "2026-10-01 00:00:00 +0000 UTC",
        "report_period_end": "2026-11-01 00:00:00 +0000 UTC",
        "interval_start": f"{day} {at:02d}:00:00 +0000 UTC",
        "interval_end": f"{day} {at:02d}:59:59 +0000 UTC",
    }


def pod_row(at: int, pod: str = "web-1", core_seconds: str = "3600", **more: str) -> dict[str, str]:
    """A row of the pod report."""
    return hour(at, more.pop("day", "2026-10-05")) | {
        "node": "node-1", "namespace": "shop", "pod": pod,
        "pod_usage_cpu_core_seconds": core_seconds, "pod_request_cpu_core_seconds": "1800.000000",
        "pod_limit_cpu_core_seconds": "", "pod_usage_memory_byte_seconds": "3865470566400.000000",
        "pod_request_memory_byte_seconds": "0.000000", "pod_limit_memory_byte_seconds": "",
        "node_capacity_cpu_cores": "4.000000", "node_capacity_cpu_core_seconds": "14400.000000",
        "node_capacity_memory_bytes": "17179869184.000000",
        "node_capacity_memory_byte_seconds": "61847529062400.000000",
        "resource_id": "i-0abc", "pod_labels": "label_app:web", **more,
    }  # fmt: skip


def csv_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def payload(
    path: Path,
    reports: Mapping[str, Sequence[Mapping[str, str]]],
    *,
    date: str,
    uuid: str = "",
    names: Sequence[str] | None = None,
    cluster: str = "cluster-1",
) -> Path:
    """A payload of the operator: an archive, or a folder where the path has no ending."""
    manifest = {
        "uuid": uuid or path.name, "cluster_id": cluster, "version": "4.0.0", "date": date,
        "files": list(reports) if names is None else list(names),
    }  # fmt: skip
    files = {name: csv_text(rows) for name, rows in reports.items()}
    files["manifest.json"] = json.dumps(manifest)
    if path.suffix:
        with tarfile.open(path, "w:gz") as archive:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text.encode())
                archive.addfile(info, io.BytesIO(text.encode()))
    else:
        path.mkdir(parents=True)
        for name, text in files.items():
            (path / name).write_text(text)
    return path


def write_gz(path: Path, text: str) -> None:
    """A gzipped text file."""
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


class Usage:
    """A lake that usage is loaded into, and its usage rows."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake.open(folder, threads=1)

    def load(self, location: Path, **options: object) -> list[LoadOutcome]:
        """Load what lies at a location, as `outlay load` does."""
        transport = FileTransport(str(location))
        (feed,) = detect(transport)
        kind = source(feed.kind)
        assert kind.kind == "kubernetes"
        return self.lake.load("cluster", kind, transport, kind.Options(**options), root=feed.root)

    def loaded(self, location: Path, **options: object) -> list[LoadOutcome]:
        """As `load`, where every slice must be taken."""
        outcomes = self.load(location, **options)
        assert [outcome.status for outcome in outcomes] == ["loaded"] * len(outcomes), [
            outcome.message for outcome in outcomes
        ]
        return outcomes

    @property
    def table(self) -> str:
        """The usage rows as an SQL relation."""
        paths = [str(path) for path in self.lake.usage_paths(self.lake.pin()).values()]
        return f"read_parquet([{', '.join(map(literal, paths))}], union_by_name = true)"

    def ask(self, select: str, where: str = "true", more: str = "") -> list[tuple[Any, ...]]:
        """Rows of a SELECT over the usage."""
        with duckdb.connect() as reader:
            reader.execute("SET TimeZone = 'UTC'")
            return reader.execute(
                f"SELECT {select} FROM {self.table} WHERE {where} {more}"
            ).fetchall()

    def quantities(self, where: str = "true") -> dict[str, Decimal]:
        """Metric → sum of quantities."""
        return dict(self.ask("Metric, sum(Quantity)", where, "GROUP BY 1"))

    def costs(self, by: str, where: str = "true") -> dict[str, Decimal]:
        """Sums of estimated costs by an expression."""
        found = self.ask(f"coalesce({by}, ''), sum(EstimatedCost)", where, "GROUP BY 1")
        return {key: cost for key, cost in found if cost is not None}
