"""What Cloud Monitoring and gcloud say of Kestrel's Google Cloud: a day's peaks, inventories.

A month is two files: series aligned to the highest value of a day, and the disks of each day.
Nothing was measured before the fourth month back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from outlay.app.demo.fleet import digest, hex_id
from outlay.app.demo.story import Story
from outlay.app.demo.vendors.gcp_waste import DATA, DISK, LARGE, ML, NIGHTS, OLD_DISK, ZONE
from outlay.money import BillingPeriod

_MONTHS = -3
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_PLACE = "europe-west4-a"
_CPU = "compute.googleapis.com/instance/cpu/utilization"
_MEMORY = "agent.googleapis.com/memory/percent_used"

_MEASURED = (
    (LARGE, ML, _CPU, "0.17", "0.27"),
    (LARGE, ML, _MEMORY, "29", "38"),
    (NIGHTS, DATA, _CPU, "0.44", "0.57"),
    (NIGHTS, DATA, _MEMORY, "52", "61"),
)
"""Machine, project, metric, and the bounds of its highest value in a day."""


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's series and inventories up to the story's last day."""
    if month < story.at(_MONTHS):
        return
    days = []
    day = month.start
    while day < month.end and day <= story.last_day:
        days.append(day)
        day += timedelta(days=1)
    folder.mkdir(parents=True, exist_ok=True)
    series = [_series(*one, days) for one in _MEASURED]
    _lines(folder / f"series-{month}.json", [{"timeSeries": series}])
    disks = [_disk(name, project, user, day) for day in days for name, project, user in _DISKS]
    _lines(folder / f"disks-{month}.json", disks)


_DISKS = (
    (OLD_DISK, ML, ""),
    (DISK, ML, LARGE),
    ("analytics-nodes", DATA, "gke-analytics-pool-1"),
)


def _series(
    machine: str, project: str, metric: str, least: str, most: str, days: Sequence[date]
) -> dict[str, Any]:
    low, high = Decimal(least), Decimal(most)
    points = []
    for day in reversed(days):  # Google answers the newest first
        step = digest(f"{machine}/{metric}/{day}") % 101
        value = round(low + (high - low) * step / 100, 4)
        points.append(
            {
                "interval": {
                    "startTime": f"{day}T00:00:00Z",
                    "endTime": f"{day + timedelta(days=1)}T00:00:00Z",
                },
                "value": {"doubleValue": value},
            }
        )
    number = str(int(hex_id(machine, 12), 16))
    return {
        "metric": {"type": metric, "labels": {"instance_name": machine}},
        "resource": {
            "type": "gce_instance",
            "labels": {"project_id": project, "zone": _PLACE, "instance_id": number},
        },
        "metricKind": "GAUGE",
        "valueType": "DOUBLE",
        "points": points,
    }


def _disk(name: str, project: str, user: str, day: date) -> dict[str, Any]:
    link = f"https://www.googleapis.com/compute/v1/projects/{project}"
    users = [f"{link}/{ZONE}/instances/{user}"] if user else []
    return {
        "AsOf": str(day), "kind": "compute#disk", "name": name, "status": "READY",
        "selfLink": f"{link}/{ZONE}/disks/{name}", "zone": f"{link}/zones/{_PLACE}",
        **({"users": users} if users else {}),
    }  # fmt: skip


def _lines(path: Path, documents: Sequence[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(_ENCODER.encode(one) + b"\n" for one in documents))
