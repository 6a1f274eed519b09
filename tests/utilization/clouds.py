"""A company with one large machine in each of three clouds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from outlay.app.detectors.running import run
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding, Insufficient
from tests.sources.kubernetes.usage import csv_text
from tests.web.company import Line, line

FIRST, END = date(2026, 10, 20), date(2026, 11, 9)
"""The days of the bill, the end exclusive: twenty whole days."""

NOW = datetime(2026, 11, 9, 3)
"""When it is looked at: the 8th is over."""

AWS, ACCOUNT = "i-0a1b2c3d4e5f60718", "222222222222"
SUBSCRIPTION = "/subscriptions/4be1f7d0-52a9-4d0c-8c1e-6f2a90b7c310"
AZURE = f"{SUBSCRIPTION}/resourcegroups/rg-a/providers/microsoft.compute/virtualmachines/vm-a"
GOOGLE = "//compute.googleapis.com/projects/kestrel-data/zones/europe-west4-a/instances/api-1"

_AWS = {
    "ProviderName": "AWS", "ServiceName": "Amazon Elastic Compute Cloud", "RegionId": "eu-west-1",
    "SkuMeter": "BoxUsage:m6i.2xlarge", "ResourceId": AWS, "x_Operation": "RunInstances",
    "x_UsageType": "BoxUsage:m6i.2xlarge", "x_LineItemType": "Usage",
}  # fmt: skip
_AZURE = {
    "ProviderName": "Microsoft", "ServiceName": "Virtual Machines", "RegionId": "westeurope",
    "SubAccountId": SUBSCRIPTION, "ResourceId": AZURE, "SkuMeter": "D8s v5", "x_ServiceCode": "",
    "ResourceType": "microsoft.compute/virtualmachines", "ResourceName": "vm-a",
    "x_MeterCategory": "Virtual Machines", "x_MeterName": "D8s v5",
    "x_InstanceType": "Standard_D8s_v5",
}  # fmt: skip
_GOOGLE = {
    "ProviderName": "Google Cloud", "ServiceName": "Compute Engine", "RegionId": "europe-west4",
    "SubAccountId": "kestrel-data", "ResourceId": GOOGLE, "ResourceName": "api-1",
    "SkuMeter": "N2 Instance Core running in Netherlands", "ResourceType": "instances",
    "x_ServiceCode": "", "x_InstanceType": "n2-standard-8",
}  # fmt: skip
CLOUDS: Mapping[str, Mapping[str, str]] = {"aws": _AWS, "azure": _AZURE, "google": _GOOGLE}

_COLUMNS = ("RegionId", "SkuMeter", "ResourceName", "ResourceType", "x_Operation", "x_UsageType",
            "x_LineItemType", "x_MeterCategory", "x_MeterName", "x_InstanceType",
            "PricingCategory")  # fmt: skip


def day_of(cloud: str, day: date, **more: str) -> Line:
    """A day's charge of a cloud's machine: 24 hours for 9.00."""
    after = day + timedelta(days=1)
    return {
        **dict.fromkeys(_COLUMNS, ""),
        **line("9.00", f"{day}"),
        "ChargePeriodStart": f"{day}T00:00:00Z", "ChargePeriodEnd": f"{after}T00:00:00Z",
        "PricingQuantity": "24", "ConsumedQuantity": "24", "PricingCategory": "Standard",
        "PublisherName": CLOUDS[cloud]["ProviderName"], **CLOUDS[cloud], **more,
    }  # fmt: skip


def days(first: date = FIRST, end: date = END) -> list[date]:
    """The days of a range, the end exclusive."""
    return [first + timedelta(days=number) for number in range((end - first).days)]


def company(
    folder: Path, clouds: Iterable[str], first: date = FIRST, end: date = END, **more: str
) -> Workspace:
    """A workspace with the bill of these clouds, a source each."""
    made = Workspace.init(folder / "workspace", name="Acme", currency="USD")
    for cloud in clouds:
        bill(made, folder, cloud, [day_of(cloud, day, **more) for day in days(first, end)])
    return made


def bill(workspace: Workspace, folder: Path, cloud: str, lines: list[Line]) -> None:
    """Load a bill as the source of its cloud; it must be taken."""
    (folder / f"{cloud}.csv").write_text(csv_text(lines))
    (done,) = workspace.load([str(folder / f"{cloud}.csv")], source=f"bill-{cloud}")
    assert done.outcome == "loaded", done


def measured(workspace: Workspace, where: str = "true") -> list[tuple[Any, ...]]:
    """Resource, metric, statistic, begin and value of what is in the lake, in order."""
    from outlay.app.detectors.facts import facts

    with facts(workspace, NOW.date()) as known:
        rows = known.rows(
            "SELECT ResourceId, Metric, Statistic, PeriodStart, Value FROM utilization "
            f"WHERE {where} ORDER BY ALL"
        )
    return [(*list(one.values())[:4], f"{one['Value'].normalize():f}") for one in rows]


def found(workspace: Workspace, detector: str) -> tuple[list[Finding], list[Insufficient]]:
    """What a detector finds in the workspace, and what it cannot judge."""
    ran = run(workspace, NOW, only=[detectors()[detector]])
    assert not ran.failed
    return list(ran.findings), list(ran.insufficient)
