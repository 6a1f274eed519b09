"""What the current Iceberg metadata file says, read without PyIceberg.

Opening a pin must take milliseconds, and importing PyIceberg takes seconds: a reader only needs
the catalog's one row and the metadata JSON it names. Writers use `outlay.lake.catalog`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outlay.lake.layout import Layout
from outlay.lake.types import LakeError

CATALOG = "outlay"
NAMESPACE = "outlay"
TABLE = "charges"

COMMIT_PROPERTY = "outlay.commit"
ADDED_PROPERTY = "outlay.added"
REMOVED_PROPERTY = "outlay.removed"
CAUSE_PROPERTY = "outlay.cause"


@dataclass(frozen=True)
class Commit:
    """One commit of ours in the table: the last of its Iceberg snapshots is the one to pin."""

    snapshot_id: int
    parent_id: int | None
    sequence: int
    committed_at: datetime
    added: tuple[str, ...]
    removed: tuple[str, ...]
    cause: str


@dataclass(frozen=True)
class Head:
    """The table as it is now. `commits` are those whose snapshots still exist, oldest first;
    `parents` says which commit each Iceberg snapshot belongs to; `tags` name snapshots."""

    location: str
    current: int | None
    commits: tuple[Commit, ...]
    tags: Mapping[str, int]


def metadata_location(layout: Layout) -> str | None:
    """The location of the current metadata, as the catalog has it; None before the first load."""
    from outlay.lake.catalogs import catalog_of, location_of

    found = location_of(layout, catalog_of(layout), NAMESPACE, TABLE)
    if found is None and next(layout.history.glob("[0-9]*.json"), None) is not None:
        # History is only written of commits, hence the row was lost. An empty lake would be shown
        # as if nothing had ever cost anything.
        raise LakeError(
            f"bills were loaded into the lake {layout.root}, but its catalog does not know its "
            "table; restore the catalog from a backup"
        )
    return found


def local_metadata(layout: Layout, location: str) -> Path:
    """The metadata file itself, wherever the lake was when its location was written."""
    return layout.iceberg / TABLE / "metadata" / location.rsplit("/", 1)[-1]


def read_head(layout: Layout) -> Head | None:
    """The table as it is now; None before the first load. Raises LakeError when it is damaged."""
    for attempt in range(3):
        location = metadata_location(layout)
        if location is None:
            return None
        try:
            text = local_metadata(layout, location).read_text(encoding="utf-8")
            return _head(location, json.loads(text))
        except FileNotFoundError:
            # Another process has just moved on and collected this version: look again.
            if attempt == 2:
                raise LakeError(
                    f"the lake's table metadata {location} is missing; restore the lake folder "
                    "from a backup"
                ) from None
        except ValueError as error:
            raise LakeError(f"the lake's table metadata {location} is damaged: {error}") from error
    return None


def _head(location: str, data: Mapping[str, Any]) -> Head:
    last_of: dict[str, Mapping[str, Any]] = {}
    first_of: dict[str, Mapping[str, Any]] = {}
    for snapshot in sorted(data.get("snapshots", ()), key=lambda s: int(s["sequence-number"])):
        commit_id = snapshot["summary"].get(COMMIT_PROPERTY)
        if commit_id is None:
            continue
        last_of[commit_id] = snapshot
        first_of.setdefault(commit_id, snapshot)
    commits = tuple(_commit(first_of[commit_id], last) for commit_id, last in last_of.items())
    current = data.get("current-snapshot-id")
    return Head(
        location=location,
        current=None if current in (None, -1) else int(current),
        commits=tuple(sorted(commits, key=lambda commit: commit.sequence)),
        tags={
            name: int(ref["snapshot-id"])
            for name, ref in data.get("refs", {}).items()
            if ref["type"] == "tag"
        },
    )


def _commit(first: Mapping[str, Any], last: Mapping[str, Any]) -> Commit:
    summary = last["summary"]
    parent = first.get("parent-snapshot-id")
    moment = datetime.fromtimestamp(int(last["timestamp-ms"]) / 1000, tz=UTC)
    return Commit(
        snapshot_id=int(last["snapshot-id"]),
        parent_id=None if parent is None else int(parent),
        sequence=int(last["sequence-number"]),
        committed_at=moment.replace(tzinfo=None),
        added=_ids(summary.get(ADDED_PROPERTY, "")),
        removed=_ids(summary.get(REMOVED_PROPERTY, "")),
        cause=summary.get(CAUSE_PROPERTY, ""),
    )


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)
