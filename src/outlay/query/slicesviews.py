"""Many slices as one relation: the engine plans one scan of a hundred files, not a hundred scans.

What `outlay.query.rawsql.slice_view` gives slice by slice is here one SELECT for all of them; the
number of a file in its list tells the slice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from outlay.allocation.labels import LabelKey, eras_of
from outlay.focus.sql import literal, quoted
from outlay.lake.facts import SliceFacts
from outlay.query.rawsql import slice_view
from outlay.query.sqlviews import SqlTags


def slices_view(
    view: Literal["daily", "contexts"], facts: Sequence[SliceFacts], tags: SqlTags
) -> list[str]:
    """SELECTs that together give the rows of all slices in ``daily`` or ``contexts``, virtual tags
    beside them; to be added up by name.

    A slice in whose days a rule changes has a SELECT of its own.
    """
    together = [one for one in facts if _has_one_era(one, tags)]
    apart = [one for one in facts if not _has_one_era(one, tags)]
    found = [slice_view(view, one, tags) for one in apart]
    return [*([_merged(view, together, tags)] if together else []), *found]


def _has_one_era(facts: SliceFacts, tags: SqlTags) -> bool:
    if not tags.named:
        return True
    eras = list(eras_of(tags.labels.rules, tags.named, facts))
    return eras in ([], [(None, None)]) and facts.first_day is not None


def _merged(view: str, facts: Sequence[SliceFacts], tags: SqlTags) -> str:
    of = "d" if view == "daily" else "c"
    names = ", ".join(literal(one.slice.source) for one in facts)
    periods = ", ".join(f"DATE '{one.slice.billing_period.start}'" for one in facts)
    number = f"CAST({of}.file_index AS BIGINT) + 1"
    own = (
        f"list_extract([{names}], {number}) AS {quoted('x_SourceName')}, "
        f"list_extract([{periods}], {number}) AS {quoted('x_BillingPeriod')}"
    )
    joins, columns = _labels(facts, tags)
    contexts = _files(one.paths["contexts"] for one in facts)
    if view == "contexts":
        return f"SELECT {own}, c.* EXCLUDE (x_ContextKey){columns} FROM {contexts} AS c {joins}"
    daily = _files(one.paths["daily"] for one in facts)
    return (
        f"SELECT {own}, d.*, c.* EXCLUDE (ContextId, x_ContextKey){columns} "
        f"FROM {daily} AS d JOIN {contexts} AS c "
        f"ON c.file_index = d.file_index AND c.ContextId = d.ContextId {joins}"
    )


def _labels(facts: Sequence[SliceFacts], tags: SqlTags) -> tuple[str, str]:
    """The joins and the columns of virtual tags: a tag has a file of labels a slice."""
    keys = [LabelKey(tag, one, None) for tag in tags.named for one in facts]
    paths = tags.labels.paths(keys) if keys else []
    tags.files.extend(paths)
    joins, columns = [], []
    for number, tag in enumerate(tags.named):
        mine = paths[number * len(facts) : (number + 1) * len(facts)]
        joins.append(
            f"LEFT JOIN {_files(mine)} AS l{number} "
            f"ON l{number}.file_index = c.file_index AND l{number}.ContextId = c.ContextId"
        )
        columns.append(f", l{number}.Value AS {quoted(tag)}")
    return " ".join(joins), "".join(columns)


def _files(paths: Iterable[Path]) -> str:
    listed = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true)"
