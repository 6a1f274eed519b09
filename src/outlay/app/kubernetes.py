"""Clusters of a workspace: their settings, and the proof of what was shared out."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from outlay.allocation.kubernetes.model import Clusters, ClusterSpec
from outlay.resources import ResourceStore

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
