"""What Azure Monitor and Resource Graph say of Kestrel's Azure: metrics by the day, inventories.

A month is two files: answers of Azure Monitor's metrics, one a resource, and one inventory a day.
Nothing was measured before the fourth month back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from outlay.app.demo.fleet import digest
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import azure_uses as uses
from outlay.app.demo.vendors.azure_uses import Use, is_there, machine_4_gone, resource_id
from outlay.money import BillingPeriod

_MONTHS = -3
_ENCODER = msgspec.json.Encoder(decimal_format="number")
_GIB = 1 << 30
_CPU, _FREE = "Percentage CPU", "Available Memory Bytes"
_DISK = "Composite Disk {} {}/sec"

_Series = tuple[str, str, Decimal, Decimal]
"""A metric: its name, unit, and the least and most that it is in a day."""


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's answers and inventories up to the story's last day."""
    if month < story.at(_MONTHS):
        return
    days = []
    day = month.start
    while day < month.end and day <= story.last_day:
        days.append(day)
        day += timedelta(days=1)
    folder.mkdir(parents=True, exist_ok=True)
    _lines(folder / f"metrics-{month}.json", [_answer(use, s, days) for use, s in _measured()])
    _lines(folder / f"inventory-{month}.json", [_inventory(day, story) for day in days])


def _measured() -> Iterator[tuple[Use, list[_Series]]]:
    """Who is measured, and between which bounds each metric's highest (of free memory: lowest)
    value of a day lies."""
    yield uses.LARGE, [_percent(_CPU, "13", "22"), _bytes(_FREE, "10.4", "11.6")]
    yield uses.OLDER, [_percent(_CPU, "46", "58"), _bytes(_FREE, "2.6", "3.4")]
    yield uses.WINDOWS, [_percent(_CPU, "35", "52"), _bytes(_FREE, "2.1", "3.1")]
    yield uses.NIGHTS, [_percent(_CPU, "20", "38"), _bytes(_FREE, "4.0", "5.0")]
    yield uses.DATABASE, [_percent("dtu_consumption_percent", "21", "31")]
    yield uses.QUIET_DISK, _disk("12", "22", "0.9")
    yield uses.BUSY_DISK, _disk("180", "240", "20")


def _percent(name: str, least: str, most: str) -> _Series:
    return name, "Percent", Decimal(least), Decimal(most)


def _bytes(name: str, least: str, most: str) -> _Series:
    return name, "Bytes", Decimal(least) * _GIB, Decimal(most) * _GIB


def _disk(least: str, most: str, megabytes: str) -> list[_Series]:
    """Reads and writes alike."""
    found: list[_Series] = []
    for kind in ("Read", "Write"):
        operations = _DISK.format(kind, "Operations")
        found.append((operations, "CountPerSecond", Decimal(least), Decimal(most)))
        most_bytes = Decimal(megabytes) * 1_000_000
        found.append((_DISK.format(kind, "Bytes"), "BytesPerSecond", most_bytes / 2, most_bytes))
    return found


def _answer(use: Use, series: Sequence[_Series], days: Sequence[date]) -> dict[str, Any]:
    resource = resource_id(use)
    return {
        "cost": 0,
        "timespan": f"{days[0]}T00:00:00Z/{days[-1] + timedelta(days=1)}T00:00:00Z",
        "interval": "P1D",
        "value": [_metric(resource, *one, days) for one in series],
        "namespace": "Microsoft.Sql/servers/databases" if use is uses.DATABASE else use.kind,
        "resourceregion": "westeurope",
    }


def _metric(
    resource: str, name: str, unit: str, least: Decimal, most: Decimal, days: Sequence[date]
) -> dict[str, Any]:
    return {
        "id": f"{resource}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": unit,
        "timeseries": [
            {"metadatavalues": [], "data": [_point(resource, name, d, least, most) for d in days]}
        ],
        "errorCode": "Success",
    }


def _point(resource: str, name: str, day: date, least: Decimal, most: Decimal) -> dict[str, Any]:
    """A day: its peak between the bounds, the average below; of free memory, above its lowest."""
    height = least + (most - least) * (digest(f"{resource}/{name}/{day}") % 101) / 100
    if name == _FREE:
        found = {"minimum": height, "average": height + _GIB // 2, "maximum": height + _GIB}
    else:
        found = {"minimum": Decimal(0), "average": height / 8, "maximum": height}
    return {
        "timeStamp": f"{day}T00:00:00Z",
        **{key: round(value, 3) for key, value in found.items()},
    }


def _inventory(day: date, story: Story) -> dict[str, Any]:
    rows = [_machine_row(use) for use in uses.MACHINES]
    attached = {uses.QUIET_DISK: "vm-erp-1", uses.BUSY_DISK: "vm-close-1"}
    if day < machine_4_gone(story):
        attached[uses.OLD_DISK] = "vm-erp-4"
    for disk in (uses.OLD_DISK, uses.MOVED_DISK, uses.QUIET_DISK, uses.BUSY_DISK):
        if is_there(disk, day, story):
            rows.append(_disk_row(disk, attached.get(disk, "")))
    for address in (uses.IDLE_ADDRESS, uses.ADDRESS):
        used = {} if address is uses.IDLE_ADDRESS else {"ipConfiguration": {"id": "nic-erp/ip"}}
        rows.append(_row(address, {"publicIPAllocationMethod": "Static", **used}))
    return {"AsOf": str(day), "totalRecords": len(rows), "count": len(rows), "data": rows}


def _machine_row(use: Use) -> dict[str, Any]:
    state = "PowerState/stopped" if use is uses.STOPPED else "PowerState/running"
    return _row(use, {"extended": {"instanceView": {"powerState": {"code": state}}}})


def _disk_row(use: Use, machine: str) -> dict[str, Any]:
    group = resource_id(use).rpartition("/providers/")[0]
    owner = f"{group}/providers/Microsoft.Compute/virtualMachines/{machine}" if machine else ""
    state = {"diskState": "Attached" if machine else "Unattached"}
    return _row(use, state) | {"managedBy": owner}


def _row(use: Use, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": resource_id(use), "name": use.resource, "type": use.kind.lower(),
        "location": "westeurope", "properties": properties,
    }  # fmt: skip


def _lines(path: Path, documents: Sequence[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(_ENCODER.encode(one) + b"\n" for one in documents))
