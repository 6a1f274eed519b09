"""What one meter of one resource uses on Kestrel's Azure, and what of it is waste.

The waste is ordinary usage, modest and the same every day, so that detectors find it by the
ordinary path. What Azure Monitor says of it is written by `azure_monitor`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from outlay.app.demo.story import Story


@dataclass(frozen=True)
class Use:
    """One meter of one resource: about `amount` units a day at `price` dollars a unit.

    `benefit` covers it: then `share` is what a unit costs of the commitment.
    """

    subscription: str
    group: str
    kind: str
    resource: str
    category: str
    subcategory: str
    meter: str
    unit: str
    amount: str
    price: str
    team: str
    app: str
    env: str = "prod"
    public: str = ""
    pattern: str = "steady"
    benefit: str = ""
    share: Decimal = Decimal(0)
    family: str = "Compute"
    noise: int = 0


def machine(name: str, size: str, price: str, team: str, app: str, **more: object) -> Use:
    """A machine that runs all day: its size as its meter says it, and dollars an hour."""
    series = "Dsv5 Series" if size.startswith("D") else "Esv5 Series"
    use = Use(
        "office", f"rg-{app}", "Microsoft.Compute/virtualMachines", name, "Virtual Machines",
        series, size, "1 Hour", "24", price, team, app,
    )  # fmt: skip
    return replace(use, **more)  # type: ignore[arg-type]


def _disk(name: str, meter: str, price: str, team: str, app: str, group: str) -> Use:
    """A managed disk; Azure bills a thirty-first of its month each day."""
    return Use(
        "office", group, "Microsoft.Compute/disks", name, "Storage", "Premium SSD Managed Disks",
        meter, "1/Month", "0.03", price, team, app, family="Storage",
    )  # fmt: skip


def _address(name: str, team: str, app: str) -> Use:
    return Use(
        "office", "rg-network", "Microsoft.Network/publicIPAddresses", name, "Virtual Network",
        "IP Addresses", "Standard IPv4 Static Public IP", "1 Hour", "24", "0.005", team, app,
        family="Networking",
    )  # fmt: skip


def _blobs(meter: str, unit: str, amount: str, price: str) -> Use:
    return Use(
        "office", "rg-files", "Microsoft.Storage/storageAccounts", "kestrelarchive", "Storage",
        "Tiered Block Blob", meter, unit, amount, price, "data", "archive", family="Storage",
    )  # fmt: skip


OLD_DISK = _disk("disk-erp-4-data", "P20 LRS Disk", "73.22", "platform", "erp", "rg-erp")
MOVED_DISK = _disk("disk-dms-seed", "P15 LRS Disk", "38.02", "platform", "files", "rg-files")
QUIET_DISK = _disk("disk-erp-1-log", "P15 LRS Disk", "38.02", "platform", "erp", "rg-erp")
BUSY_DISK = _disk("disk-close-1-data", "P10 LRS Disk", "19.71", "payments", "finance-close",
                  "rg-finance-close")  # fmt: skip
IDLE_ADDRESS = _address("ip-vpn-legacy", "platform", "network")
ADDRESS = _address("ip-erp", "platform", "erp")
LARGE = machine("vm-report-1", "D4s v5", "0.192", "data", "reporting")
OLDER = machine("vm-portal-1", "D2s v3", "0.102", "platform", "portal",
                subcategory="Dv3/DSv3 Series")  # fmt: skip
STOPPED = machine("vm-scan-1", "D2s v5", "0.096", "platform", "scan")
NIGHTS = machine("vm-erp-test", "D2s v5", "0.096", "platform", "erp-test", env="dev")
WINDOWS = machine("vm-print-1", "D2s v5", "0.188", "platform", "print",
                  subcategory="Dsv5 Series Windows")  # fmt: skip
DATABASE = Use(
    "office", "rg-crm", "Microsoft.Sql/servers", "sql-crm/databases/crm", "SQL Database",
    "Single Standard", "S3 DTUs", "1/Day", "1", "4.8387", "payments", "crm", family="Databases",
)  # fmt: skip

MACHINES = (LARGE, OLDER, STOPPED, NIGHTS, WINDOWS)

WASTE: tuple[Use, ...] = (
    OLD_DISK, MOVED_DISK, QUIET_DISK, BUSY_DISK, IDLE_ADDRESS, ADDRESS, LARGE, OLDER, STOPPED,
    NIGHTS, WINDOWS, DATABASE,
    _blobs("Hot LRS Data Stored", "1 GB/Month", "160", "0.0184"),
    _blobs("Hot Read Operations", "10K", "5", "0.005"),
)  # fmt: skip
"""What could be saved and is not; with it what only looks like waste: an address in use, and a disk
that works."""

SUBSCRIPTIONS = {
    "office": ("4be1f7d0-52a9-4d0c-8c1e-6f2a90b7c310", "kestrel-office"),
    "care": ("c07e2a94-1b6d-4f38-9a21-d35b84e0f762", "kestrel-care"),
}


def resource_id(use: Use) -> str:
    """The resource's id, as Azure writes it where it keeps the case."""
    return (
        f"/subscriptions/{SUBSCRIPTIONS[use.subscription][0]}/resourceGroups/{use.group}"
        f"/providers/{use.kind}/{use.resource}"
    )


def machine_4_gone(story: Story) -> date:
    """The day on which the last ERP machine was switched off; its disk stays."""
    return story.at(-2).start.replace(day=10)


def is_there(use: Use, day: date, story: Story) -> bool:
    """Whether a resource is on the bill: the disk of the move of files was deleted nine weeks ago,
    as recommended."""
    return use is not MOVED_DISK or day < story.cleanup
