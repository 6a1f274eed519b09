"""Upkeep: old snapshots expire, files that nothing needs are collected; roll-ups stay for good.

A delivery's charges and vendor files are kept while it is current, while any kept snapshot holds
it, and for 35 days after it was replaced. Its roll-ups and its record are kept always, so that an
older as-of still answers to the day.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from outlay.lake.history import Moment
from outlay.lake.layout import clean_staging, delivery_of, exclusive
from outlay.lake.types import LakeError, LandedFile, MaintenanceReport

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

KEEP_SNAPSHOTS = 100
KEEP_DELIVERIES = timedelta(days=35)
COLLECT_AFTER = timedelta(hours=24)
KEEP_LABELS = timedelta(days=30)


@dataclass
class _Swept:
    files: int = 0
    freed: int = 0
    notes: list[str] = field(default_factory=list)


def maintain(lake: "Lake", now: datetime | None = None) -> MaintenanceReport:
    """Expire and collect; safe while others load and read. `now` (UTC) is for tests."""
    moment = (now or datetime.now(UTC)).replace(tzinfo=None)
    clean_staging(lake.layout)
    if lake.history.head() is None:
        return MaintenanceReport(0, 0, 0)
    expired = _expire(lake, moment)
    swept = _collect(lake, moment)
    return MaintenanceReport(expired, swept.files, swept.freed, tuple(swept.notes))


def keep(lake: "Lake", snapshot_id: int, name: str) -> None:
    """Name a snapshot so that it and its charges stay; LakeError when it has expired."""
    found = [m for m in lake.history.moments() if m.commit.snapshot_id == snapshot_id]
    if not found or not found[0].live:
        raise LakeError(
            f"snapshot {snapshot_id} cannot be kept: it "
            + ("has expired; only its roll-ups remain" if found else "does not exist")
        )
    with exclusive(lake.layout.root / ".commit.lock"):
        lake.table.tag(snapshot_id, name)


def _expire(lake: "Lake", now: datetime) -> int:
    """Forget commits past the newest 100, and those past the retention, tagged ones apart."""
    with exclusive(lake.layout.root / ".commit.lock"):
        head = lake.history.head()
        if head is None:
            return 0
        # What each commit held is written down before Iceberg forgets it.
        live = [m for m in lake.history.moments(head) if m.live]
        kept = set(head.tags.values()) | {head.current}
        old = [
            m
            for number, m in enumerate(reversed(live))
            if number >= KEEP_SNAPSHOTS or m.commit.committed_at < now - KEEP_DELIVERIES
        ]
        gone = [m for m in old if m.commit.snapshot_id not in kept]
        table = lake.table.open()
        main = {m.commit.snapshot_id for m in live if m not in gone}
        ours = {m.commit.snapshot_id for m in gone}
        # A commit's first half (its delete) is no commit of its own: it goes with the rest.
        halves = {
            snapshot.snapshot_id
            for snapshot in table.metadata.snapshots
            if snapshot.snapshot_id not in main | ours | kept
        }
        if ours or halves:
            lake.table.expire(sorted(ours | halves))
        return len(gone)


def _collect(lake: "Lake", now: datetime) -> _Swept:
    swept = _Swept()
    moments = lake.history.moments()
    ever = {delivery for moment in moments for delivery in moment.deliveries}
    detailed = _detailed(moments, now)
    landed = {
        file.landed for delivery in detailed | _held(lake) for file in _files_of(lake, delivery)
    }
    layout = lake.layout
    rules: tuple[tuple[Iterator[Path], Callable[[Path], bool]], ...] = (
        (layout.charges.glob("*/*/*.parquet"), lambda p: delivery_of(p.name) in detailed),
        (layout.deliveries.glob("*.json"), lambda p: delivery_of(p.name) in ever),
        (layout.rollups.glob("*/*"), lambda p: p.parent.name in ever),
        (layout.usage.glob("*.parquet"), lambda p: delivery_of(p.name) in ever),
        (layout.quarantine.glob("*"), lambda p: delivery_of(p.name) in ever | _held(lake)),
        (layout.cache.glob("tags/*/*"), lambda p: p.parent.name in detailed),
        # Each version of a virtual tag has labels of its own; those in use are touched daily.
        (layout.cache.glob("labels/*/*"), lambda p: _used(p, now)),
        (layout.cache.glob("prices/*"), lambda p: _used(p, now)),
        (layout.landing.glob("[0-9a-f][0-9a-f]/*"), lambda p: layout.relative(p) in landed),
    )
    for paths, needed in rules:
        for path in paths:
            if not needed(path):
                _remove(path, now, swept)
    referenced = lake.table.referenced_files()
    for path in _layers(layout.cache / "layers", ever, detailed, now):
        _remove(path, now, swept)
    for path in _metadata_files(layout.iceberg):
        if path.name not in referenced:
            _remove(path, now, swept)
    for folder in (*layout.rollups.iterdir(), *_cached(lake)):
        if folder.is_dir() and not any(folder.iterdir()) and _is_old(folder, now):
            folder.rmdir()
    return swept


def _cached(lake: "Lake") -> Iterator[Path]:
    """The folders of the cache that a tag key or a version of a virtual tag has to itself."""
    for kind in ("tags", "labels"):
        yield from lake.layout.cache.glob(f"{kind}/*")
    for depth in ("*/*/*", "*/*", "*"):
        yield from lake.layout.cache.glob(f"layers/{depth}")


def _used(path: Path, now: datetime) -> bool:
    """Whether a file of labels was asked for within `KEEP_LABELS`; an unfinished one never is."""
    try:
        touched = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    except FileNotFoundError:
        return False
    return not path.name.startswith(".") and touched >= now - KEEP_LABELS


def _layers(folder: Path, ever: set[str], detailed: set[str], now: datetime) -> Iterator[Path]:
    """Files of layers (what stands in the place of some charges) that go: all of a layer that
    nobody asked for lately and that can be made again, or whose bill is not in the lake; of one
    whose bill's charges are gone its own, since its roll-ups are all that still answers."""
    for manifest in folder.glob("*/layer.json"):
        try:
            bill = json.loads(manifest.read_text(encoding="utf-8")).get("bill")
        except (OSError, ValueError):
            continue
        if bill not in ever or (bill in detailed and not _used(manifest, now)):
            yield from (manifest, *(p for p in manifest.parent.rglob("*") if p.is_file()))
        elif bill not in detailed:
            yield manifest.parent / "charges.parquet"


def _metadata_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _detailed(moments: list[Moment], now: datetime) -> set[str]:
    """Deliveries whose charges stay: in a live snapshot, or replaced less than 35 days ago."""
    kept = {delivery for moment in moments if moment.live for delivery in moment.deliveries}
    for moment in moments:
        if moment.commit.committed_at >= now - KEEP_DELIVERIES:
            kept |= set(moment.commit.removed)
    return kept


def _held(lake: "Lake") -> set[str]:
    return {record.id for record in lake.held()}


def _files_of(lake: "Lake", delivery_id: str) -> tuple[LandedFile, ...]:
    held = {record.id: record for record in lake.held()}
    if delivery_id in held:
        return held[delivery_id].files
    return lake.history.record(delivery_id).files


def _is_old(path: Path, now: datetime) -> bool:
    """Old enough that no running load can still be about to commit it."""
    try:
        written = path.stat().st_mtime
    except FileNotFoundError:
        return False
    age_by_clock = time.time() - written
    age_by_now = now.replace(tzinfo=UTC).timestamp() - written
    return max(age_by_clock, age_by_now) > COLLECT_AFTER.total_seconds()


def _remove(path: Path, now: datetime, swept: _Swept) -> None:
    if not path.is_file() or not _is_old(path, now):
        return
    size = path.stat().st_size
    try:
        path.unlink()
    except OSError as error:
        swept.notes.append(f"{path.name} could not be removed: {error}")
        return
    swept.files += 1
    swept.freed += size
