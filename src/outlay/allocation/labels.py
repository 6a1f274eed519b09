"""Labels: the value of a virtual tag for each context of a slice, worked out once and kept.

A label is a function of the slice's contexts, the tag's rules with all that they build on
(`Ruleset.digest`), and the era: the days between two dates on which a rule changes. It is
kept as a small file under that key and never changes; what is no longer asked for is disposable.
"""

import os
import time
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from outlay.allocation.rules import Ruleset, tag_dimensions
from outlay.allocation.sql import Evaluation, alike, contexts_sql
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import LakeReader, SliceFacts

_ROW_GROUP = 122_880
_BATCH = 1_000_000
"""So many contexts are labelled at once, at most about."""

_TOUCHED_AFTER = 24 * 60 * 60


@dataclass(frozen=True)
class LabelKey:
    """One file of labels: a tag over the contexts of a slice, from the first day of an era on
    (None: the slice knows but one era)."""

    tag: str
    facts: SliceFacts
    era: date | None


class Labels:
    """The labels of a lake under one ruleset. Safe to use from several threads and processes."""

    def __init__(self, lake: LakeReader, rules: Ruleset) -> None:
        self.lake = lake
        self.rules = rules

    def path(self, key: LabelKey) -> Path:
        """The file of labels, made if it is not there. Columns: ``ContextId``, ``Rule`` (from 1;
        0 where none matched) and ``Value``, one row a context, by ContextId."""
        return self.paths([key])[0]

    def paths(self, keys: Iterable[LabelKey]) -> list[Path]:
        """The files of several labels, in order; those that are missing are made together."""
        wanted = list(keys)
        found = [self._target(key) for key in wanted]
        missing = {
            target: key for key, target in zip(wanted, found, strict=True) if not _in_use(target)
        }
        for batch in _batches(list(missing.values())):
            self._make(batch)
        return found

    def _make(self, keys: Sequence[LabelKey]) -> None:
        """Make the labels of some slices, what they build on first."""
        with question_connection(self.lake) as connection:
            for name in self.rules.closure(key.tag for key in keys):
                needing: dict[Path, LabelKey] = {}
                for key in keys:
                    if name in self.rules.closure([key.tag]):
                        own = LabelKey(name, key.facts, key.era)
                        needing.setdefault(self._target(own), own)
                turns = self.rules.boundaries(name)
                turned: dict[int, list[LabelKey]] = {}
                for target, key in needing.items():
                    if not _in_use(target):
                        turned.setdefault(bisect_right(turns, _day(key)), []).append(key)
                for same in turned.values():
                    self._write(connection, same)

    def _write(self, connection: duckdb.DuckDBPyConnection, keys: Sequence[LabelKey]) -> None:
        """Evaluate the rules of one tag over several slices at once, on days of which the rules
        say the same, and keep a file each."""
        tag, day = keys[0].tag, _day(keys[0])
        dimensions = tag_dimensions(self.rules.tags[tag])
        parts: list[str] = []
        ordered: list[LabelKey] = []
        for group in alike((key.facts for key in keys), dimensions):
            same = [keys[number] for number, _ in group]
            labels = {
                name: [self._target(LabelKey(name, key.facts, key.era)) for key in same]
                for name in self.rules.builds_on(tag)
            }
            contexts = contexts_sql(dimensions, [key.facts for key in same], day, labels)
            parts.append(f"SELECT * REPLACE (Slice + {len(ordered)} AS Slice) FROM ({contexts})")
            ordered += same
        spec = self.rules.tags[tag]
        evaluation = Evaluation(connection, self.rules, spec, day, "Slice, ContextId")
        sql = evaluation.sql(" UNION ALL ".join(parts))
        made = connection.sql(
            f"SELECT Slice, ContextId, Rule, Value FROM ({sql}) ORDER BY Slice, ContextId"
        ).to_arrow_table()
        counts = [_contexts(key) for key in ordered]
        # A label more or less than a context would count money twice or not at all.
        assert made.num_rows == sum(counts), f"{made.num_rows} labels of {sum(counts)} contexts"
        first = 0
        for key, count in zip(ordered, counts, strict=True):
            _keep(made.slice(first, count).drop_columns(["Slice"]), self._target(key))
            first += count

    def _target(self, key: LabelKey) -> Path:
        folder = labels_folder(self.lake) / self.rules.digest(key.tag)
        era = f"@{key.era}" if key.era else ""
        return folder / f"{key.facts.contexts_id}{era}.parquet"


def _day(key: LabelKey) -> date:
    """A day of the era."""
    day = key.era or key.facts.first_day
    assert day is not None
    return day


def _contexts(key: LabelKey) -> int:
    """How many contexts the slice has."""
    return int(pq.read_metadata(key.facts.paths["contexts"]).num_rows)


def _batches(keys: Sequence[LabelKey]) -> Iterator[list[LabelKey]]:
    """The keys by slice, so many together that what is worked out at once fits in memory."""
    by_slice: dict[str, list[LabelKey]] = {}
    for key in keys:
        by_slice.setdefault(key.facts.contexts_id, []).append(key)
    batch: list[LabelKey] = []
    contexts = 0
    for same in by_slice.values():
        batch += same
        contexts += _contexts(same[0])
        if contexts >= _BATCH:
            yield batch
            batch, contexts = [], 0
    if batch:
        yield batch


def _keep(rows: pa.Table, target: Path) -> None:
    """Write a file of labels whole or not at all: several threads and processes may make one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        pq.write_table(
            rows, temporary, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP
        )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _in_use(target: Path) -> bool:
    """Whether a file of labels is there; one that is used is touched once a day, so that upkeep
    tells it from those that nobody asks for any more."""
    try:
        age = time.time() - target.stat().st_mtime
        if age > _TOUCHED_AFTER:
            os.utime(target)
    except FileNotFoundError:
        return False
    return True


def labels_folder(lake: LakeReader) -> Path:
    """Where the labels of a lake are kept; everything in it can be made again."""
    layout = getattr(lake, "layout", None)
    if layout is None:
        raise TypeError("labels are kept in the cache of a lake; this one has no folder")
    return Path(layout.cache) / "labels"


def label_rows(path: Path) -> str:
    """SQL that reads a file of labels."""
    return f"read_parquet({literal(str(path))}, hive_partitioning = false)"


def eras_of(
    rules: Ruleset, tags: Iterable[str], facts: SliceFacts
) -> Iterator[tuple[date | None, date | None]]:
    """The parts of a slice in which no label of the tags changes: first day (None: the slice's
    own) and end, exclusive (None: the slice's own)."""
    from outlay.allocation.rules import eras

    if facts.first_day is None or facts.last_day is None:
        return iter(())
    days = {day for tag in tags for day in rules.boundaries(tag)}
    return iter(eras(days, facts.first_day, facts.last_day))
