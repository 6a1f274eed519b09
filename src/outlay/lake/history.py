"""Which deliveries made up the lake at each commit, also after Iceberg has forgotten it.

`history/<sequence>-<snapshot>.json` is written for every commit: a pin opens without planning
the table, and an as-of older than the retention still knows its deliveries. The truth is the
table's own snapshot; `verify` compares the two.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from outlay.lake.layout import Layout, write_text
from outlay.lake.metadata import Commit, Head, metadata_location, read_head
from outlay.lake.records import read_record
from outlay.lake.types import DeliveryRecord, LakeError, Pin, Slice, SnapshotInfo


@dataclass(frozen=True)
class Moment:
    """A commit with the deliveries that the lake held after it; `live` while Iceberg knows it."""

    commit: Commit
    deliveries: tuple[str, ...]
    live: bool


class History:
    """The commits of one lake, oldest first, and pins on them."""

    def __init__(self, layout: Layout, plan: Callable[[int], tuple[str, ...]]) -> None:
        self.layout = layout
        self._plan = plan
        self._records: dict[str, DeliveryRecord] = {}
        self._stored: dict[int, Moment] = {}
        self._pins: dict[int, Pin] = {}
        self._head: Head | None = None
        self._moments: tuple[str, list[Moment]] | None = None

    def head(self) -> Head | None:
        """The table as it is now; its metadata is read again only when it has moved on."""
        location = metadata_location(self.layout)
        if self._head is None or self._head.location != location:
            self._head = read_head(self.layout)
        return self._head

    def record(self, delivery_id: str) -> DeliveryRecord:
        """The record of a delivery; raises LakeError when it is missing."""
        if delivery_id not in self._records:
            self._records[delivery_id] = read_record(self.layout.record_file(delivery_id))
        return self._records[delivery_id]

    def moments(self, head: Head | None = None) -> list[Moment]:
        """Every commit that the table or the history folder knows, oldest first."""
        head = head or self.head()
        if head and self._moments and self._moments[0] == head.location:
            return self._moments[1]
        self._read_stored()
        live = {commit.snapshot_id for commit in head.commits} if head else set()
        if head:
            for commit in head.commits:
                if commit.snapshot_id not in self._stored:
                    self._store(commit)
        moments = sorted(self._stored.values(), key=lambda moment: moment.commit.sequence)
        found = [
            Moment(moment.commit, moment.deliveries, moment.commit.snapshot_id in live)
            for moment in moments
        ]
        if head:
            self._moments = (head.location, found)
        return found

    def _read_stored(self) -> None:
        known = {f"{m.commit.sequence:010d}-{m.commit.snapshot_id}" for m in self._stored.values()}
        for path in sorted(self.layout.history.glob("[0-9]*.json")):
            if path.stem not in known:
                moment = _from_json(json.loads(path.read_text(encoding="utf-8")))
                self._stored[moment.commit.snapshot_id] = moment

    def _store(self, commit: Commit) -> None:
        """Write down what a commit left: its parent's deliveries, less removed, plus added."""
        parent = self._stored.get(commit.parent_id) if commit.parent_id is not None else None
        if commit.parent_id is None or parent is not None:
            before = set(parent.deliveries) if parent else set()
            deliveries = tuple(sorted((before - set(commit.removed)) | set(commit.added)))
        else:
            deliveries = self._plan(commit.snapshot_id)
        moment = Moment(commit, deliveries, True)
        name = f"{commit.sequence:010d}-{commit.snapshot_id}.json"
        write_text(self.layout.history / name, json.dumps(_to_json(moment), indent=1) + "\n")
        self._stored[commit.snapshot_id] = moment

    def pin(self, as_of: datetime | int | None = None) -> Pin:
        """The lake at a moment (UTC; newest when None) or at a snapshot id.

        Raises LakeError when the moment is before the first commit or the id is unknown.
        """
        head = self.head()
        moments = self.moments(head)
        if as_of is None:
            current = head.current if head else None
            if current is None:
                return Pin(None, None, ())
            return self._pin(moments, self._find(moments, current))
        if not moments:
            raise LakeError("the lake is empty: nothing has been loaded yet")
        if isinstance(as_of, datetime):
            return self._pin(moments, self._at(moments, as_of))
        return self._pin(moments, self._find(moments, as_of))

    def _at(self, moments: list[Moment], as_of: datetime) -> int:
        if as_of.tzinfo is not None:
            as_of = as_of.astimezone(UTC).replace(tzinfo=None)
        found = [at for at, moment in enumerate(moments) if moment.commit.committed_at <= as_of]
        if not found:
            first = moments[0].commit.committed_at
            raise LakeError(
                f"the lake did not exist at {as_of.isoformat(' ')}: its first snapshot is of "
                f"{first.isoformat(' ')} UTC; ask for that or a later moment"
            )
        return found[-1]

    def _find(self, moments: list[Moment], snapshot_id: int) -> int:
        for at, moment in enumerate(moments):
            if moment.commit.snapshot_id == snapshot_id:
                return at
        raise LakeError(
            f"the lake has no snapshot {snapshot_id}; list them with `outlay deliveries` or give a "
            "date instead"
        )

    def _pin(self, moments: list[Moment], at: int) -> Pin:
        moment = moments[at]
        cached = self._pins.get(moment.commit.snapshot_id)
        if cached is not None and moment.live:
            return cached
        added_by = {
            delivery_id: earlier.commit
            for earlier in moments[: at + 1]
            for delivery_id in earlier.commit.added
        }
        slices = []
        for delivery_id in moment.deliveries:
            record = self.record(delivery_id)
            commit = added_by.get(delivery_id, moment.commit)
            path = self.layout.charges_file(record.source, record.billing_period, delivery_id)
            slices.append(
                Slice(
                    record.source,
                    record.billing_period,
                    record,
                    path,
                    commit.snapshot_id,
                    commit.committed_at,
                )
            )
        ordered = tuple(sorted(slices, key=lambda s: (s.source, s.billing_period)))
        # Charges outlive their snapshot for a while: what counts is whether the files are there.
        detail = moment.live or all(s.charges_path.exists() for s in ordered)
        commit = moment.commit
        pin = Pin(commit.snapshot_id, commit.committed_at, ordered, detail)
        self._pins[commit.snapshot_id] = pin
        return pin

    def snapshots(self) -> list[SnapshotInfo]:
        """Every commit, oldest first."""
        found = []
        for moment in self.moments():
            commit = moment.commit
            found.append(
                SnapshotInfo(
                    commit.snapshot_id,
                    commit.committed_at,
                    commit.added,
                    commit.removed,
                    commit.cause,
                    moment.live,
                )
            )
        return found


def _to_json(moment: Moment) -> dict[str, Any]:
    commit = moment.commit
    return {
        "snapshot_id": commit.snapshot_id,
        "parent_id": commit.parent_id,
        "sequence": commit.sequence,
        "committed_at": commit.committed_at.isoformat(),
        "added": list(commit.added),
        "removed": list(commit.removed),
        "cause": commit.cause,
        "deliveries": list(moment.deliveries),
    }


def _from_json(data: dict[str, Any]) -> Moment:
    commit = Commit(
        data["snapshot_id"],
        data["parent_id"],
        data["sequence"],
        datetime.fromisoformat(data["committed_at"]),
        tuple(data["added"]),
        tuple(data["removed"]),
        data["cause"],
    )
    return Moment(commit, tuple(data["deliveries"]), False)
