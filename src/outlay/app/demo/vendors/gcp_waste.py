"""What Kestrel pays for on Google Cloud and does not need: modest, and the same every day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from outlay.app.demo.story import Story

ZONE = "zones/europe-west4-a"
DATA, ML = "kestrel-data", "kestrel-ml"
LARGE = "feature-api"
NIGHTS = "reports-staging"
OLD_DISK, DISK = "notebook-old", "etl-scratch"


@dataclass(frozen=True)
class Waste:
    """Units of a SKU that a resource uses in a day, with whose it is; `machine` is its type."""

    sku: str
    amount: Decimal
    project: str
    resource: str
    team: str
    env: str
    app: str
    machine: str = ""


def waste(day: date, story: Story) -> Iterator[Waste]:
    """A day's waste; with it what only looks like it: a disk in use, and a rule with traffic. An
    address and a copy of the lake were given up nine weeks ago, as recommended."""
    yield Waste("address", Decimal(24), DATA, "addresses/vpn-old", "platform", "prod", "network")
    if day < story.cleanup:
        yield Waste(
            "address", Decimal(24), DATA, "addresses/partner-feed", "platform", "prod", "network"
        )
        yield _snapshot("lake-before-move", 600)
    for number in (1, 2, 3):
        yield _snapshot(f"warehouse-2023-{number}", 350)
    for name, size in ((OLD_DISK, 500), (DISK, 200)):
        yield Waste("disk", _month(size), ML, f"{ZONE}/disks/{name}", "ml", "prod", "ranking")
    for name, app in (("fe-reporting", "reporting"), ("fe-pilot", "pilot")):
        rule = f"forwardingRules/{name}"
        yield Waste("rule", Decimal(24), DATA, rule, "data", "prod", app)
        if app == "reporting":
            yield Waste("balanced", Decimal(40), DATA, rule, "data", "prod", app)
    yield from _machine(LARGE, "n2-standard-4", ML, ("ml", "prod", "features"), ("cpu", "ram"))
    yield from _machine(
        NIGHTS, "e2-standard-4", DATA, ("data", "staging", "reporting"), ("e2-cpu", "e2-ram")
    )


def _machine(
    name: str, kind: str, project: str, whose: tuple[str, str, str], skus: tuple[str, str]
) -> Iterator[Waste]:
    """Four processors and 16 GiB, day and night."""
    for sku, units in zip(skus, (4, 16), strict=True):
        resource = f"{ZONE}/instances/{name}"
        yield Waste(sku, Decimal(units * 24), project, resource, *whose, machine=kind)


def _snapshot(name: str, size: int) -> Waste:
    return Waste("snapshot", _month(size), DATA, f"snapshots/{name}", "data", "prod", "warehouse")


def _month(size: int) -> Decimal:
    """Gibibyte-months that a day adds, as for the other disks."""
    return Decimal(size) / 31
