"""The series of a metric: immutable files, one a delivery of values, and what is known by them.

Below the lake, `metrics/<name>/<sequence>.parquet` holds the values that a delivery changed and
`<sequence>.json` what it was; the record is written last, so that a delivery is there whole or not
at all. The newest delivery that names a day (or hour) and labels says its value; a question *as
of* a moment leaves later deliveries out. Nothing is ever written over.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from outlay.allocation.metrics.values import MetricValue
from outlay.focus.sql import literal
from outlay.lake.engine.duckdb import parquet
from outlay.lake.engine.shared import question_connection
from outlay.lake.faults import fault_point
from outlay.lake.lake import Lake
from outlay.lake.layout import exclusive, publish, staging_folder, write_text
from outlay.money import MONEY_CONTEXT, MONEY_PRECISION, MONEY_SCALE, MONEY_SQL

_PARQUET = "FORMAT PARQUET, COMPRESSION zstd"
_SCHEMA = pa.schema(
    [
        ("Start", pa.timestamp("us")),
        ("Labels", pa.string()),
        ("Value", pa.decimal128(MONEY_PRECISION, MONEY_SCALE)),
    ]
)
_EMPTY = (
    "SELECT NULL::TIMESTAMP AS Start, NULL::VARCHAR AS Labels, "
    f"NULL::{MONEY_SQL} AS Value WHERE false"
)
_KEPT_STATES = 3
_KEPT_SECONDS = 24 * 3600
_TOUCHED_SECONDS = 3600

PutOutcome = Literal["loaded", "unchanged"]


@dataclass(frozen=True)
class ValueDelivery:
    """One delivery of values: what came, and what it changed.

    `known_at` (UTC, naive) is from when on the values are known; `delivered` counts all values of
    the delivery, `new` those of days (hours) and labels that had none, `changed` those that were
    restated, `withdrawn` those that are known no more. `first` and `last` are the first and last
    day that changed. `origin` says how it came (``push``, ``orders.csv``, ``sql``…).
    """

    metric: str
    sequence: int
    known_at: datetime
    origin: str
    author: str
    fingerprint: str
    delivered: int
    new: int
    changed: int
    withdrawn: int
    first: date | None
    last: date | None

    @property
    def restates(self) -> bool:
        """Whether something that was known is known otherwise since."""
        return bool(self.changed or self.withdrawn)


@dataclass(frozen=True)
class Put:
    """What became of a delivery: `unchanged` when everything in it was known already."""

    outcome: PutOutcome
    delivery: ValueDelivery | None
    delivered: int


@dataclass(frozen=True)
class Restatement:
    """One value that a delivery made, changed (`before` and `after`) or withdrew."""

    start: datetime
    labels: dict[str, str]
    before: Decimal | None
    after: Decimal | None


class SeriesStore:
    """The series of a lake. Safe to use from several threads and processes at once."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake

    def folder(self, metric: str) -> Path:
        """Where a metric's deliveries lie."""
        return self.lake.layout.root / "metrics" / metric

    def put(
        self,
        metric: str,
        values: Sequence[MetricValue],
        *,
        origin: str,
        author: str = "",
        whole: tuple[datetime, datetime] | None = None,
        now: datetime | None = None,
    ) -> Put:
        """Take a delivery, whole or not at all; the same values again change nothing.

        `whole` is a range of time (its end exclusive) that the delivery says everything of: what
        was known within and is not in it is withdrawn. `now` (UTC, naive) is when it is known.
        """
        fingerprint = _fingerprint(values, whole)
        with exclusive(self.folder(metric) / ".lock"):
            records = self.history(metric)
            if records and records[-1].fingerprint == fingerprint:
                return Put("unchanged", None, len(values))
            sequence = records[-1].sequence + 1 if records else 1
            known_at = now or datetime.now(UTC).replace(tzinfo=None)
            if records:
                # As-of goes by this moment: it never runs backwards, whatever the clock does.
                known_at = max(known_at, records[-1].known_at + timedelta(microseconds=1))
            with staging_folder(self.lake.layout) as staging:
                changes = staging / "changes.parquet"
                counts = self._changes(metric, values, whole, records, changes)
                if not counts["rows"]:
                    return Put("unchanged", None, len(values))
                publish(changes, self._values_file(metric, sequence))
            delivery = ValueDelivery(
                metric, sequence, known_at, origin, author, fingerprint, len(values),
                counts["new"], counts["changed"], counts["withdrawn"],
                counts["first"], counts["last"],
            )  # fmt: skip
            fault_point("commit")
            write_text(self._record_file(metric, sequence), _record_text(delivery))
            self.tidy(metric)
        return Put("loaded", delivery, len(values))

    def _changes(
        self,
        metric: str,
        values: Sequence[MetricValue],
        whole: tuple[datetime, datetime] | None,
        records: Sequence[ValueDelivery],
        target: Path,
    ) -> dict[str, Any]:
        """Write what a delivery changes, and count it."""
        table = pa.Table.from_pydict(
            {
                "Start": [value.start for value in values],
                "Labels": [value.labels_text for value in values],
                "Value": [value.value for value in values],
            },
            schema=_SCHEMA,
        )
        with question_connection(self.lake) as connection:
            connection.register("delivered", table)
            state = self._state(connection, metric, records[-1].sequence if records else 0)
            connection.execute(
                f"CREATE TEMP TABLE changes AS SELECT d.Start, d.Labels, d.Value, s.Value AS Was "
                f"FROM delivered d LEFT JOIN ({state}) s USING (Start, Labels) "
                "WHERE d.Value IS DISTINCT FROM s.Value"
            )
            if whole is not None:
                connection.execute(
                    "INSERT INTO changes SELECT s.Start, s.Labels, NULL, s.Value "
                    f"FROM ({state}) s ANTI JOIN delivered d USING (Start, Labels) "
                    "WHERE s.Start >= ? AND s.Start < ?",
                    list(whole),
                )
            row = connection.execute(
                "SELECT count(*), count(*) FILTER (Was IS NULL), "
                "count(*) FILTER (Was IS NOT NULL AND Value IS NOT NULL), "
                "count(*) FILTER (Value IS NULL), CAST(min(Start) AS DATE), "
                "CAST(max(Start) AS DATE) FROM changes"
            ).fetchone()
            assert row is not None
            if row[0]:
                connection.execute(
                    "COPY (SELECT Start, Labels, Value FROM changes ORDER BY Start, Labels) "
                    f"TO {literal(str(target))} ({_PARQUET})"
                )
            connection.execute("DROP TABLE changes")
            connection.unregister("delivered")
        names = ("rows", "new", "changed", "withdrawn", "first", "last")
        return dict(zip(names, row, strict=True))

    # ------------------------------------------------------------------ reading

    def history(self, metric: str, as_of: datetime | None = None) -> list[ValueDelivery]:
        """Every delivery of a metric, oldest first, up to a UTC moment."""
        found = [
            _read_record(path, path.stat().st_mtime_ns)
            for path in sorted(self.folder(metric).glob("*.json"))
        ]
        return [d for d in found if as_of is None or d.known_at <= as_of]

    def sequence(self, metric: str, as_of: datetime | None = None) -> int:
        """The newest delivery that was known at a moment; 0 for none."""
        if as_of is None:
            newest = max(self.folder(metric).glob("*.json"), default=None)
            return 0 if newest is None else int(newest.stem)
        records = self.history(metric, as_of)
        return records[-1].sequence if records else 0

    def state(
        self, connection: duckdb.DuckDBPyConnection, metric: str, as_of: datetime | None = None
    ) -> str:
        """SQL of what is known at a moment: Start, Labels (canonical JSON), Value."""
        return self._state(connection, metric, self.sequence(metric, as_of))

    def restated(
        self, metric: str, sequence: int, limit: int | None = None
    ) -> tuple[Restatement, ...]:
        """What one delivery changed, by time and labels, with what was known before it."""
        path = self._values_file(metric, sequence)
        if not path.exists():
            return ()
        with question_connection(self.lake) as connection:
            before = self._state(connection, metric, sequence - 1)
            rows = connection.execute(
                f"SELECT c.Start, c.Labels, s.Value, c.Value FROM {parquet(path)} c "
                f"LEFT JOIN ({before}) s USING (Start, Labels) ORDER BY c.Start, c.Labels"
                + (f" LIMIT {int(limit)}" if limit is not None else "")
            ).fetchall()
        return tuple(Restatement(r[0], json.loads(r[1]), r[2], r[3]) for r in rows)

    def _state(self, connection: duckdb.DuckDBPyConnection, metric: str, sequence: int) -> str:
        """SQL of the state after a delivery; kept as a file that can be made again at any time."""
        if sequence == 0:
            return _EMPTY
        target = self._state_file(metric, sequence)
        if target.exists():
            # What is asked for is not tidied away; a folder that may only be read is not tidied.
            with contextlib.suppress(OSError):
                if time.time() - target.stat().st_mtime > _TOUCHED_SECONDS:
                    os.utime(target)
        else:
            self._make_state(connection, metric, sequence, target)
        return f"SELECT Start, Labels, Value FROM {parquet(target)}"

    def _make_state(
        self, connection: duckdb.DuckDBPyConnection, metric: str, sequence: int, target: Path
    ) -> None:
        kept = [int(path.stem) for path in target.parent.glob("*.parquet")]
        base = max((number for number in kept if number < sequence), default=0)
        parts = []
        if base:
            path = self._state_file(metric, base)
            parts.append(f"SELECT Start, Labels, Value, 0 AS Sequence FROM {parquet(path)}")
        for number in range(base + 1, sequence + 1):
            path = self._values_file(metric, number)
            if path.exists():
                parts.append(
                    f"SELECT Start, Labels, Value, {number} AS Sequence FROM {parquet(path)}"
                )
        with staging_folder(self.lake.layout) as staging:
            made = staging / "state.parquet"
            connection.execute(
                "COPY (SELECT * FROM (SELECT Start, Labels, arg_max_null(Value, Sequence) AS Value "
                f"FROM ({' UNION ALL '.join(parts)}) GROUP BY ALL) WHERE Value IS NOT NULL "
                f"ORDER BY Start, Labels) TO {literal(str(made))} ({_PARQUET})"
            )
            target.parent.mkdir(parents=True, exist_ok=True)
            # Somebody else may have made the same one, and may be reading it.
            if not target.exists():
                made.replace(target)

    def tidy(self, metric: str) -> None:
        """Drop kept states that nobody asked for in a day, but the newest few; they can be made
        again."""
        folder = self._state_file(metric, 1).parent
        for path in sorted(folder.glob("*.parquet"))[:-_KEPT_STATES]:
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)

    def _values_file(self, metric: str, sequence: int) -> Path:
        return self.folder(metric) / f"{sequence:08d}.parquet"

    def _record_file(self, metric: str, sequence: int) -> Path:
        return self.folder(metric) / f"{sequence:08d}.json"

    def _state_file(self, metric: str, sequence: int) -> Path:
        return self.lake.layout.cache / "metrics" / metric / f"{sequence:08d}.parquet"


def _fingerprint(values: Sequence[MetricValue], whole: tuple[datetime, datetime] | None) -> str:
    digest = hashlib.sha256()
    if whole is not None:
        digest.update(f"{whole[0].isoformat()}..{whole[1].isoformat()}\n".encode())
    for value in sorted(values, key=lambda v: (v.start, v.labels)):
        number = "" if value.value is None else _plain(value.value)
        digest.update(f"{value.start.isoformat()} {value.labels_text} {number}\n".encode())
    return digest.hexdigest()


def _plain(value: Decimal) -> str:
    return format(value.normalize(MONEY_CONTEXT), "f")


def _record_text(delivery: ValueDelivery) -> str:
    parts = delivery.__dict__ | {
        "known_at": delivery.known_at.isoformat(),
        "first": delivery.first.isoformat() if delivery.first else None,
        "last": delivery.last.isoformat() if delivery.last else None,
    }
    return json.dumps(parts, ensure_ascii=False, indent=1) + "\n"


@lru_cache(maxsize=100_000)
def _read_record(path: Path, _: int) -> ValueDelivery:
    """A record never changes; the time of its file tells another lake at the same place."""
    parts = json.loads(path.read_text(encoding="utf-8"))
    parts["known_at"] = datetime.fromisoformat(parts["known_at"])
    for name in ("first", "last"):
        parts[name] = date.fromisoformat(parts[name]) if parts[name] else None
    return ValueDelivery(**parts)
