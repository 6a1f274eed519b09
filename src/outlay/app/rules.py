"""The rules of a moment, from the resources as they were then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from outlay.allocation.model import DictionarySpec, SplitSpec, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError, near_names
from outlay.resources import ResourceStore

if TYPE_CHECKING:
    from outlay.allocation.weights import MetricReader
    from outlay.lake import Lake

KINDS = ("VirtualTag", "Dictionary", "Split")
"""The kinds of resources that rules are made of."""


_NOW: WeakKeyDictionary[ResourceStore, tuple[Any, Ruleset]] = WeakKeyDictionary()
METRIC = "Metric"


def ruleset(store: ResourceStore, at: datetime | None = None, lake: Lake | None = None) -> Ruleset:
    """The virtual tags, dictionaries and splits as they are (or were at a UTC moment).

    `lake` keeps the metrics that splits weigh by; their values are those of now at any moment of
    the rules. Read again only when a version has changed: a dictionary may have ten thousand
    entries.
    """
    if at is not None:
        return replace(_read(store, at, lake), present=ruleset(store, None, lake))
    heads = (store.heads(*KINDS, METRIC), lake)
    known = _NOW.get(store)
    if known is None or known[0] != heads:
        known = (heads, _read(store, None, lake))
        _NOW[store] = known
    return known[1]


def metric_reader(store: ResourceStore, lake: Lake) -> MetricReader:
    """The metrics of a workspace, for splits to weigh by."""
    from outlay.allocation.metrics import MetricSpec, StoredMetrics

    specs = {r.name: r.spec for r in store.list(METRIC) if isinstance(r.spec, MetricSpec)}
    return StoredMetrics(lake, specs)


class DeclaredMetrics:
    """Metrics as they are declared, without any value: whether rules name what there is."""

    def __init__(self, specs: Mapping[str, Any]) -> None:
        self.specs = specs

    def version(self, metric: str) -> str:
        """No value is known."""
        return ""

    def weights(
        self, metric: str, label: str, grain: str, start: date, end: date
    ) -> Mapping[date, Mapping[str, Decimal]]:
        """No value is known; QueryError for a metric or label that there is not."""
        self.label_values(metric, label)
        return {}

    def label_values(self, metric: str, label: str) -> frozenset[str]:
        """No value is known; QueryError for a metric or label that there is not."""
        if metric not in self.specs:
            raise QueryError(
                f"there is no metric {metric!r}",
                text=metric,
                near=near_names(metric, self.specs),
                allowed=sorted(self.specs),
            )
        labels = self.specs[metric].labels
        if label not in labels:
            raise QueryError(
                f"the metric {metric!r} has no label {label!r}",
                text=label,
                near=near_names(label, labels),
                allowed=labels,
            )
        return frozenset()


def with_metrics(metrics: MetricReader | None, changes: Mapping[str, Any]) -> MetricReader | None:
    """A reader of metrics with some of their specs changed (None: removed)."""
    from outlay.allocation.metrics import StoredMetrics

    if not changes or not isinstance(metrics, StoredMetrics):
        return metrics
    specs = {**metrics.specs, **changes}
    kept = {name: spec for name, spec in specs.items() if spec is not None}
    return StoredMetrics(metrics.store.lake, kept, metrics.as_of)


def ruleset_of(
    specs: Mapping[str, Mapping[str, Any]],
    versions: Mapping[tuple[str, str], int] | None = None,
    at: datetime | None = None,
    metrics: MetricReader | None = None,
) -> Ruleset:
    """A ruleset from specs by kind and name, whatever else is among them left out."""
    return Ruleset(
        tags={n: s for n, s in specs["VirtualTag"].items() if isinstance(s, VirtualTagSpec)},
        dictionaries={
            n: s for n, s in specs["Dictionary"].items() if isinstance(s, DictionarySpec)
        },
        splits={n: s for n, s in specs["Split"].items() if isinstance(s, SplitSpec)},
        versions=versions or {},
        at=at,
        metrics=metrics,
    )


def _read(store: ResourceStore, at: datetime | None, lake: Lake | None) -> Ruleset:
    found = {kind: store.list(kind) if at is None else store.as_of(kind, at) for kind in KINDS}
    specs = {kind: {r.name: r.spec for r in resources} for kind, resources in found.items()}
    versions = {(r.kind, r.name): r.version for rs in found.values() for r in rs}
    metrics = metric_reader(store, lake) if lake is not None else None
    return ruleset_of(specs, versions, at, metrics)
