"""Where measurements come from: sources of the kind `utilization`, as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from outlay.app.errors import WorkspaceError
from outlay.app.status import SourceLoad, SourceStatus
from outlay.money import BillingPeriod
from outlay.sources.contract import Progress

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KIND = "utilization"
TOOLS: Mapping[str, tuple[str, str]] = {
    "cloudwatch": ("cloudwatch://", "AWS CloudWatch"),
    "azure-monitor": ("azure-monitor://", "Azure Monitor"),
    "cloud-monitoring": ("cloud-monitoring://", "Google Cloud Monitoring"),
}
"""Tool → the location at which its API is asked, and its title; Prometheus has an address."""


def location_of(text: str) -> str:
    """A location as sources have it: a tool's name stands for its API."""
    return TOOLS[text][0] if text in TOOLS else text


def tool_of(location: str) -> str:
    """Which tool a location is of, in words."""
    scheme = location.partition("://")[0].lower()
    if scheme in TOOLS:
        return TOOLS[scheme][1]
    return "Prometheus" if scheme in ("http", "https") else "files"


def sources(workspace: Workspace) -> list[SourceStatus]:
    """The sources of measurements, by name."""
    return [one for one in workspace.sources() if one.kind == KIND]


def add(
    workspace: Workspace,
    name: str,
    location: str,
    options: Mapping[str, Any] | None = None,
    cadence: str = "daily",
    *,
    author: str,
) -> SourceStatus:
    """Configure a source that is not there yet; `location` may be the name of a tool.
    ResourceError says what is wrong with it."""
    return workspace.add_source(
        name, KIND, location_of(location), dict(options or {}), cadence, author=author
    )


def sync(
    workspace: Workspace,
    names: Sequence[str] | None = None,
    period: BillingPeriod | None = None,
    *,
    progress: Progress | None = None,
) -> list[SourceLoad]:
    """Bring measurements up to date: of the sources that are named, else of every one that is
    enabled and not manual. WorkspaceError for a name that is no source of measurements."""
    known = {one.name: one for one in sources(workspace)}
    for name in names or ():
        if name not in known:
            raise WorkspaceError(
                f"{name} is no source of measurements; they are {', '.join(known) or 'none'}. "
                "`outlay utilization add` configures one.",
                wrong_use=True,
            )
    wanted = list(names) if names else [
        one.name for one in known.values() if one.enabled and one.cadence != "manual"
    ]  # fmt: skip
    return workspace.sync(wanted, period, progress=progress) if wanted else []
