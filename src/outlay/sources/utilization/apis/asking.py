"""Which monitoring tool answers at a location, and asking it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from outlay.money import BillingPeriod
from outlay.sources.contract import BilledResource, Progress
from outlay.sources.utilization.apis.azure import AzureMonitor, checked
from outlay.sources.utilization.apis.cloudwatch import CloudWatch
from outlay.sources.utilization.apis.collect import collect
from outlay.sources.utilization.apis.google import CloudMonitoring
from outlay.sources.utilization.apis.model import Monitor
from outlay.sources.utilization.apis.prometheus import Prometheus, expressions
from outlay.sources.utilization.apis.table import table
from outlay.sources.utilization.options import UtilizationOptions

_WAY = ("reread", "days", "token", "user", "password", "client_id", "client_secret")
"""Options that change how it is asked, not what the answer is."""


def ask(
    location: str,
    options: UtilizationOptions,
    resources: Sequence[BilledResource],
    into: Path,
    *,
    periods: Collection[BillingPeriod] | None,
    now: datetime,
    progress: Progress | None,
) -> None:
    """Ask the tool at a location about what is on the bill (see `Source.collect`)."""
    with closing(monitor(location, options, resources, progress)) as found:
        collect(
            found, options, into, key=_key(location, options), periods=periods, now=now,
            progress=progress,
        )  # fmt: skip


def monitor(
    location: str,
    options: UtilizationOptions,
    resources: Sequence[BilledResource],
    progress: Progress | None,
) -> Monitor:
    """The tool at a location."""
    scheme = location.partition("://")[0].lower()
    if scheme == "cloudwatch":
        return CloudWatch(options, resources, progress)
    if scheme == "azure-monitor":
        checked(options)
        return AzureMonitor(options, resources, progress)
    if scheme == "cloud-monitoring":
        return CloudMonitoring(options, resources, progress)
    return Prometheus(location, options, progress)


def _key(location: str, options: UtilizationOptions) -> dict[str, Any]:
    """What is asked beside days and resources: pages of another question are asked again."""
    scheme = location.partition("://")[0].lower()
    own = options.model_dump(mode="json", exclude_defaults=True, exclude=set(_WAY))
    asked = expressions(options) if scheme in ("https", "http") else table()[scheme]
    return {"location": location, "options": own, "asked": asked}
