"""Clusters of a workspace: their settings, and the proof of what was shared out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from outlay.allocation.kubernetes.model import Clusters, ClusterSpec
from outlay.app.served import served
from outlay.resources import ResourceStore
from outlay.resources.names import valid_name

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.kubernetes import ClusterLine, ClusterProof, ClusterQuery

KIND = "Cluster"

_NOW: WeakKeyDictionary[ResourceStore, tuple[Any, Clusters]] = WeakKeyDictionary()


def clusters(store: ResourceStore, at: datetime | None = None) -> Clusters:
    """What is said of clusters now, or was at a UTC moment; read again when a version changes."""
    if at is not None:
        return _read(store, at)
    heads = store.heads(KIND)
    known = _NOW.get(store)
    if known is None or known[0] != heads:
        known = (heads, _read(store, None))
        _NOW[store] = known
    return known[1]


def _read(store: ResourceStore, at: datetime | None) -> Clusters:
    found = store.list(KIND) if at is None else store.as_of(KIND, at)
    return Clusters({r.name: r.spec for r in found if isinstance(r.spec, ClusterSpec)})


@served("GET /kubernetes")
def lines(
    workspace: Workspace, query: ClusterQuery, *, now: datetime | None = None
) -> tuple[ClusterLine, ...]:
    """Every cluster with what was charged for it and what was shared out, largest first."""
    from outlay.query.kubernetes import clusters as ask

    return ask(workspace.lake, query, _of(workspace, query), now=now)


@served("GET /kubernetes/{cluster}")
def prove(
    workspace: Workspace, name: str, query: ClusterQuery, *, now: datetime | None = None
) -> ClusterProof:
    """The proof of one cluster; QueryError with the names there are where it is none."""
    from outlay.query.kubernetes import prove as ask

    return ask(workspace.lake, name, query, _of(workspace, query), now=now)


def _of(workspace: Workspace, query: ClusterQuery) -> Clusters:
    from outlay.query import CostQuery

    return clusters(workspace.resources, CostQuery(rules_as_of=query.rules_as_of).rules_moment())


@served("PUT /resources/{kind}/{name}")
def configure(
    workspace: Workspace, name: str, said: Mapping[str, Any], *, author: str = ""
) -> ClusterSpec:
    """Keep what is said of a cluster, beside what was said before; ResourceError where it is not
    valid. A cluster whose name cannot be a resource's is kept under one made of it."""
    resource, spec = _kept(workspace, name)
    merged = {**spec.model_dump(mode="json"), **said}
    if resource != name and name not in merged["usage"]:
        merged["usage"] = [*merged["usage"], name]
    made = workspace.resources.put(KIND, resource, merged, author=author)
    assert isinstance(made.spec, ClusterSpec)
    return made.spec


def _kept(workspace: Workspace, name: str) -> tuple[str, ClusterSpec]:
    """The resource of a cluster and what it says now."""
    known = clusters(workspace.resources)
    if name in known.specs:
        return name, known.specs[name]
    return valid_name(name), ClusterSpec()
