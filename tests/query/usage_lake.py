"""A lake with usage of a cluster beside the bill of its nodes, written where it is tested."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from outlay.lake import Lake
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.kubernetes.usage import allocation, answer
from tests.web.company import Line, line


def charge(cost: str, start: str, end: str, resource: str, **more: str) -> Line:
    """A usage charge of a node, from hour to hour (`2026-10-05T03`)."""
    return line(cost, start[:10], resource=resource) | {
        "ChargePeriodStart": f"{start}:00:00Z", "ChargePeriodEnd": f"{end}:00:00Z", **more,
    }  # fmt: skip


def pod(day: str, cost: str, node: str | None, name: str = "web", **more: Any) -> dict[str, Any]:
    """A day's allocation: a core of a pod, at a cost."""
    day_after = f"{day[:8]}{int(day[8:]) + 1:02d}"
    return allocation(
        day, day_after, pod=name, providerID=node, cpuCoreHours=24, cpuCost=cost, totalCost=cost,
        **more,
    )  # fmt: skip


class Ledger:
    """A lake, and what is loaded into it by name."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake.open(folder / "lake", threads=1)
        self.folder = folder

    def bill(self, name: str, lines: Sequence[Mapping[str, str]]) -> None:
        """Load charges as the source `name`, in place of those before."""
        path = self.folder / name / "bill.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        self._load(name, path.parent)

    def cluster(self, name: str, *steps: Sequence[Mapping[str, Any]]) -> None:
        """Load allocations as the source `name`; one list a window."""
        path = self.folder / name / "allocation.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        sets = [{f"{index}": one for index, one in enumerate(step)} for step in steps]
        path.write_text(json.dumps(answer(*sets)))
        self._load(name, path.parent)

    def _load(self, name: str, folder: Path) -> None:
        transport = FileTransport(str(folder))
        (feed,) = detect(transport)
        kind = source(feed.kind)
        outcomes = self.lake.load(name, kind, transport, kind.Options(), root=feed.root)
        assert all(outcome.status == "loaded" for outcome in outcomes), outcomes
