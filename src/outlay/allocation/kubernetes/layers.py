"""Layers of a lake: for each slice of a bill that holds a cluster's charges, the allocated rows in
their place.

A layer is a function of the bill's delivery, the deliveries of usage that touch its days, what is
said of clusters and `build.VERSION`. It is kept in ``cache/layers`` under a digest of these and
never changes; what is no longer asked for is disposable.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from outlay.allocation.kubernetes.build import MANIFEST, VERSION, build
from outlay.allocation.kubernetes.model import Clusters
from outlay.allocation.kubernetes.scope import KIND, SPLIT_PARENT, Finder, Scope
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import TABLES, LakeReader, SliceFacts, facts_of
from outlay.lake.lake import Lake
from outlay.lake.layout import staging_folder
from outlay.lake.types import LakeError, Pin, Slice
from outlay.money import BillingPeriod

_REMEMBERED = 4096
_TOUCH_AFTER = 24 * 3600
_MAKING = threading.Lock()

UNBUILDABLE = (
    "The cluster's charges of {source} {period} are shown as billed, not by pod: the charges of "
    "that moment are no longer kept, so that they cannot be shared out by today's settings."
)


@dataclass(frozen=True)
class Layer:
    """A layer on disk. `manifest` says what was taken and given; `found` is False where the slice
    has no charge of a cluster."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def found(self) -> bool:
        """Whether anything of the slice is replaced."""
        return bool(self.manifest["proven"])


class KubernetesLayers:
    """The layers of a workspace's clusters, for `Lake.layers`.

    `settings` gives what is said of clusters at a UTC moment (None: now). Safe to use from several
    threads and processes.
    """

    def __init__(self, settings: Callable[[datetime | None], Clusters]) -> None:
        self.settings = settings
        self._known: dict[str, Layer | None] = {}
        self._folders: dict[str, Path] = {}

    def of(
        self,
        lake: LakeReader,
        pin: Pin,
        facts: list[SliceFacts],
        at: datetime | None = None,
    ) -> list[SliceFacts]:
        """The facts with two in place of each slice that holds charges of a cluster."""
        found: list[SliceFacts] = []
        layers = self.layers(lake, pin, facts, at)
        for one in facts:
            layer = layers.get(one.slice.delivery.id)
            if layer is None:
                found.append(one)
            elif isinstance(layer, str):
                found.append(replace(one, note=layer))
            else:
                found += layered(one, layer)
        return found

    def layers(
        self,
        lake: LakeReader,
        pin: Pin,
        facts: Iterable[SliceFacts],
        at: datetime | None = None,
    ) -> dict[str, Layer | str]:
        """Delivery id of the bill → its layer, or why there is none although there should be."""
        usage = [s for s in pin.slices if s.delivery.kind == KIND and s.delivery.usage_rows]
        clusters = self.settings(at)
        if not isinstance(lake, Lake) or not (usage or clusters.specs):
            return {}
        found: dict[str, Layer | str] = {}
        said = clusters.digest()
        missing: dict[tuple[str, ...], list[tuple[Scope, Path]]] = {}
        wanted: dict[str, Path] = {}
        for one in facts:
            if one.first_day is None or one.slice.delivery.kind == KIND:
                continue
            near = touching(one, usage)
            if not near and not (clusters.specs and SPLIT_PARENT in one.context_columns):
                continue
            digest = digest_of(one.slice, near, said)
            folder = self._folder(lake, digest)
            if not os.path.exists(f"{folder}/{MANIFEST}"):
                if not one.detail:
                    found[one.slice.delivery.id] = UNBUILDABLE.format(
                        source=one.slice.source, period=one.slice.billing_period
                    )
                    continue
                paths = tuple(lake.layout.usage_file(s.delivery.id) for s in near)
                key = tuple(str(path) for path in paths)
                missing.setdefault(key, []).append((Scope(one, paths, clusters), folder))
            wanted[one.slice.delivery.id] = folder
        for group in missing.values():
            _make(lake, group)
        for delivery, folder in wanted.items():
            layer = self._read(folder)
            if layer is not None:
                found[delivery] = layer
        return found

    def _folder(self, lake: Lake, digest: str) -> Path:
        """Where a layer is kept; put together once, since every question asks."""
        known = self._folders.get(digest)
        if known is None:
            if len(self._folders) >= _REMEMBERED:
                self._folders.clear()
            known = self._folders[digest] = lake.layout.cache / "layers" / digest
        return known

    def _read(self, folder: Path) -> Layer | None:
        """A layer on disk; None where nothing is replaced."""
        digest = folder.name
        _touch(f"{folder}/{MANIFEST}")
        if digest not in self._known:
            layer = Layer(folder, json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[digest] = layer if layer.found else None
        return self._known[digest]


def layered(facts: SliceFacts, layer: Layer) -> tuple[SliceFacts, SliceFacts]:
    """What is left of a slice, and the layer in place of the rest."""
    digest = layer.folder.name[:16]
    reduced: dict[str, Path] = {
        table: layer.folder / "reduced" / f"{table}.parquet" for table in TABLES
    }
    rollups: dict[str, Path] = {
        table: layer.folder / "rollups" / f"{table}.parquet" for table in TABLES
    }
    own = replace(facts.slice, charges_path=layer.folder / "charges.parquet")
    return (
        facts_of(facts.slice, reduced, variant=f"-{digest}-left", partly=True),
        facts_of(own, rollups, variant=f"-{digest}-pods"),
    )


def touching(facts: SliceFacts, usage: Iterable[Slice]) -> list[Slice]:
    """The deliveries of usage whose month has a day of the slice's charges."""
    assert facts.first_day is not None and facts.last_day is not None
    months = BillingPeriod.of(facts.first_day), BillingPeriod.of(facts.last_day)
    return [one for one in usage if months[0] <= one.billing_period <= months[1]]


def digest_of(bill: Slice, usage: Iterable[Slice], clusters: str) -> str:
    """The name under which a layer is kept; `clusters` is the digest of what is said of them."""
    parts = [f"v{VERSION}", bill.delivery.id, *sorted(s.delivery.id for s in usage)]
    text = "\n".join([*parts, clusters])
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _make(lake: Lake, group: list[tuple[Scope, Path]]) -> None:
    """Build the layers of slices that the same usage touches, each aside and then moved into
    place; another process may have been faster."""
    with _MAKING, question_connection(lake) as connection:
        finder = Finder(connection, group[0][0].usage)
        for scope, folder in group:
            if (folder / MANIFEST).exists():
                continue
            with staging_folder(lake.layout) as staging:
                made = staging / "layer"
                try:
                    build(finder, scope, made)
                except duckdb.Error as error:
                    text = " ".join(str(error).split())[:400]
                    raise LakeError(
                        f"the cluster's charges of {scope.facts.slice.source} "
                        f"{scope.facts.slice.billing_period} cannot be shared out: {text}. A "
                        "Cluster with `enabled: false` shows them as billed until this is repaired"
                    ) from error
                folder.parent.mkdir(parents=True, exist_ok=True)
                if not (folder / MANIFEST).exists():
                    # What upkeep has emptied may still have its folders.
                    shutil.rmtree(folder, ignore_errors=True)
                with suppress(OSError):
                    made.rename(folder)


def _touch(path: str) -> None:
    """Mark as used, once a day: upkeep removes what nobody asks for."""
    with suppress(OSError):
        if time.time() - os.stat(path).st_mtime > _TOUCH_AFTER:
            os.utime(path)
