"""Labels: the value of a virtual tag for each context of a slice, worked out once and kept.

A label is a function of the slice's contexts, the tag's rules with all that they build on
(`Ruleset.digest`), and the era: the days between two dates on which a rule changes. It is
kept as a small file under that key and never changes; what is no longer asked for is disposable.
"""

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from outlay.allocation.rules import Ruleset
from outlay.allocation.sql import tag_sql
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.facts import LakeReader, SliceFacts

_PARQUET = "FORMAT PARQUET, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 122880"
_WORKERS = 2


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
        """The files of several labels, in order; those that are missing are made side by side."""
        wanted = list(keys)
        found = [self._target(key) for key in wanted]
        missing = {
            (target, key.facts.slice.delivery.id): key
            for key, target in zip(wanted, found, strict=True)
            if not target.exists()
        }
        by_slice: dict[tuple[str, date | None], list[LabelKey]] = {}
        for key in missing.values():
            by_slice.setdefault((key.facts.slice.delivery.id, key.era), []).append(key)
        if len(by_slice) > 1:
            with ThreadPoolExecutor(_WORKERS) as pool:
                list(pool.map(self._make, by_slice.values()))
        else:
            for keys_of_slice in by_slice.values():
                self._make(keys_of_slice)
        return found

    def _make(self, keys: list[LabelKey]) -> None:
        """Make the labels of one slice and era, what they build on first."""
        first = keys[0]
        with question_connection(self.lake) as connection:
            for name in self.rules.closure(key.tag for key in keys):
                key = LabelKey(name, first.facts, first.era)
                target = self._target(key)
                if not target.exists():
                    self._write(connection, key, target)

    def _write(self, connection: duckdb.DuckDBPyConnection, key: LabelKey, target: Path) -> None:
        others = {
            name: self._target(LabelKey(name, key.facts, key.era))
            for name in self.rules.builds_on(key.tag)
        }
        sql = tag_sql(connection, self.rules, key.tag, key.facts, key.era, others)
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.{time.monotonic_ns()}")
        try:
            connection.execute(
                f"COPY (SELECT ContextId, Rule, Value FROM ({sql}) ORDER BY ContextId) "
                f"TO {literal(str(temporary))} ({_PARQUET})"
            )
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

    def _target(self, key: LabelKey) -> Path:
        folder = labels_folder(self.lake) / self.rules.digest(key.tag)
        era = f"@{key.era}" if key.era else ""
        return folder / f"{key.facts.contexts_id}{era}.parquet"


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
