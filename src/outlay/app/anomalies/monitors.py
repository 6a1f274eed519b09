"""Monitors as use cases: which there are, what each watches, how they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, who, whole_only
from outlay.app.anomalies.model import (
    ANOMALY_MONITOR,
    DEFAULT,
    EACH_TAG,
    AnomalyMonitorSpec,
    default_monitor,
)
from outlay.app.served import served
from outlay.expression.dimensions import VIRTUAL, parse_dimension, split_names
from outlay.resources import ResourceNotFoundError, valid_name

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

_OWNING = ("team", "owner", "squad", "product", "cost-center", "cost_center")
"""Virtual tags whose values usually answer for cost, in the order in which they are looked for."""


@dataclass(frozen=True)
class Monitor:
    """A monitor as it is kept; `version` 0: it is there without being saved."""

    name: str
    spec: AnomalyMonitorSpec
    version: int = 0
    author: str = ""

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name

    @property
    def shipped(self) -> bool:
        """Whether it is there without being saved."""
        return self.version == 0


@served("GET /anomalies/monitors")
def monitors(workspace: Workspace) -> list[Monitor]:
    """Every monitor by name, the one that is there without being saved among them."""
    whole_only("the anomaly monitors")
    return kept(workspace)


def kept(workspace: Workspace) -> list[Monitor]:
    """As `monitors`, for what is done on the product's own account."""
    found = [_monitor(one) for one in workspace.resources.list(ANOMALY_MONITOR.name)]
    if all(one.name != DEFAULT for one in found):
        found.append(Monitor(DEFAULT, default_monitor()))
    return sorted(found, key=lambda one: (one.name != DEFAULT, one.name))


@served("GET /anomalies/monitors/{name}")
def monitor(workspace: Workspace, name: str) -> Monitor:
    """One monitor; ResourceNotFoundError lists those there are."""
    found = monitors(workspace)
    for one in found:
        if one.name == name:
            return one
    raise ResourceNotFoundError(
        f"there is no anomaly monitor {name!r}. There are: {', '.join(one.name for one in found)}."
    )


@served("PUT /resources/{kind}/{name}")
def save(
    workspace: Workspace, name: str, spec: Mapping[str, Any], seen: int | None = None
) -> Monitor:
    """Keep a monitor; `seen` is the version that was read (0: there must be none yet). Its
    question is asked once, so that a tag or column that is not there is refused with the reason."""
    require(Level.EDITOR, "changing an anomaly monitor", whole=True)
    typed = ANOMALY_MONITOR.parse(spec)
    assert isinstance(typed, AnomalyMonitorSpec)
    check(workspace, typed)
    put = workspace.put_resource(
        ANOMALY_MONITOR.name, name, typed, author=who(), expected_version=seen
    )
    return _monitor(put)


def check(workspace: Workspace, spec: AnomalyMonitorSpec) -> None:
    """Ask a monitor's groupings and condition for one day: QueryError names what is not there."""
    from outlay.query import CostQuery

    today = workspace.today()
    day = f"{today.replace(day=1)}..{today.replace(day=2)}"
    for names in groupings(workspace.rules(), spec):
        question = CostQuery(by=names, where=spec.condition, range=day, limit=1)
        if workspace.holds_charges():
            workspace.query(question)


def free_name(workspace: Workspace, title: str) -> str:
    """A name that no monitor has had, from a title."""
    base = valid_name(title) or "monitor"
    name, number = base, 1
    while name == DEFAULT or workspace.resources.history(ANOMALY_MONITOR.name, name):
        number += 1
        name = f"{base}-{number}"
    return name


def groupings(rules: Ruleset, spec: AnomalyMonitorSpec) -> list[tuple[str, ...]]:
    """The dimensions of each grouping of a monitor, virtual tags spelt out."""
    found: dict[tuple[str, ...], None] = {}
    for one in spec.groupings:
        if one == EACH_TAG:
            found.update({(tag,): None for tag in sorted(rules.tags)})
        else:
            found[tuple(split_names(one))] = None
    return list(found)


def owner_tag(rules: Ruleset, spec: AnomalyMonitorSpec) -> str:
    """The virtual tag whose value owns an event: the monitor's, else the tag that usually does,
    else the one most of whose values name an owner; '' where there is none."""
    if spec.owner_tag:
        return spec.owner_tag
    for name in _OWNING:
        if name in rules.tags:
            return name
    named = {
        name: sum(1 for value in tag.values.values() if value.owner)
        for name, tag in rules.tags.items()
    }
    best = max(named, key=lambda name: (named[name], name), default="")
    return best if best and named[best] else ""


def is_tag(dimension: str) -> bool:
    """Whether a dimension is a virtual tag."""
    return parse_dimension(dimension).kind == VIRTUAL


def _monitor(resource: Resource) -> Monitor:
    assert isinstance(resource.spec, AnomalyMonitorSpec)
    return Monitor(resource.name, resource.spec, resource.version, resource.author)
