"""Which table answers a question exactly at the least cost, slice by slice.

From cheap to dear: base cube, tag cube, context-months, daily facts with contexts, charges.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from outlay.allocation.labels import LabelKey, Labels, eras_of
from outlay.expression import Condition, parse, referenced
from outlay.expression.columns import SLICE_COLUMNS, TIME_COLUMNS
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError
from outlay.expression.tree import All
from outlay.lake.facts import LakeReader, SliceFacts
from outlay.query.measures import MEASURES
from outlay.query.pruning import may_hold
from outlay.query.ranges import Days
from outlay.query.shape import Field, Shape, Shift, Sum, Table
from outlay.query.stated import looked_at, used_column

CHARGE_DAY = Dimension("column", "ChargeDay")
CURRENCY = Dimension("column", "BillingCurrency")
_CUBE_SUMS = {"BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "LineCount"}
_TAG_CUBE = {"ChargeDay", "BillingCurrency", "ChargeCategory", *SLICE_COLUMNS}
_MONTH_GRAINS = ("none", "month", "quarter", "year")


@dataclass(frozen=True)
class Asked:
    """A question made ready for planning: names read, sums taken apart."""

    by: tuple[Dimension, ...]
    condition: Condition | None
    sums: tuple[Sum, ...]
    grain: str
    money: bool
    also: frozenset[Dimension] = frozenset()
    """Dimensions that the conversion looks at."""
    share_day: str = ""
    """``day`` or ``month`` where shares of a split differ by it."""

    # What follows is looked at for every slice of a question, and there are hundreds.
    @cached_property
    def needed(self) -> frozenset[Dimension]:
        """Every dimension that any part of the question looks at."""
        found = {*self.by, *self.also, *(referenced(self.condition) if self.condition else ())}
        for part in self.sums:
            found |= referenced(part.condition) if part.condition else set()
        return frozenset(found | {CURRENCY} if self.money else found)

    @cached_property
    def virtual(self) -> tuple[str, ...]:
        """The virtual tags among them."""
        return tuple(sorted(d.name for d in self.needed if d.kind == VIRTUAL))

    @cached_property
    def halves(self) -> tuple[Condition | None, Condition | None]:
        """The part of the condition that looks at the day alone, and the rest."""
        return _split(self.condition)


@dataclass(frozen=True)
class Span:
    """A range to plan for: its days, whether it is the compared one, how its periods move."""

    days: Days
    previous: bool = False
    shift: Shift | None = None


@dataclass(frozen=True)
class Branch:
    """A shape and the files that it reads, by table name."""

    shape: Shape
    files: tuple[tuple[str, tuple[Path, ...]], ...]


Part = tuple[SliceFacts, Days, date | None]
"""A slice, the days that are asked of it, and the first day of the era (None: it has but one)."""


def asked_sums(measures: tuple[str, ...]) -> tuple[Sum, ...]:
    """The distinct sums that the measures are made of."""
    sums: dict[Sum, None] = {}
    for name in measures:
        for part in MEASURES[name].parts:
            sums.setdefault(Sum(part.column, parse(part.when) if part.when else None))
    return tuple(sums)


def plan(
    lake: LakeReader,
    facts: list[SliceFacts],
    asked: Asked,
    span: Span,
    target: str | None,
    *,
    halves: bool = False,
    stated: bool = False,
    labels: Labels | None = None,
) -> Iterator[Branch]:
    """The branches that answer `asked` over the span; slices outside of it are left out.

    `target` is the currency to convert to (None: nothing needs converting), in `halves` where
    amounts are too large for one product; `stated` converts by a slice's own rates where it has
    some; `labels` are those of the virtual tags. Raises QueryError where only charges can answer
    and they are gone by retention.
    """
    merged: dict[Shape, dict[str, list[Path]]] = {}
    seen_by: dict[str | None, Asked] = {}
    parts = list(_parts(facts, asked, span, labels))
    files_of = label_files(parts, asked, labels)
    for (slice_, days, _), label_paths in zip(parts, files_of, strict=True):
        column = used_column(slice_, target) if stated and target and asked.money else None
        if column not in seen_by:
            seen_by[column] = replace(asked, also=looked_at(column)) if column else asked
        seen = seen_by[column]
        part = replace(span, days=days)
        shape = replace(_shape(slice_, seen, part, target, halves), stated=column)
        files = _files(lake, slice_, shape) | label_paths
        by_id = shape.table in ("daily", "months")
        if not by_id and (label_paths or shape.partly):
            # The keys of contexts mean something within their slice alone.
            yield Branch(shape, tuple((name, (path,)) for name, path in files.items()))
            continue
        for name, path in files.items():
            merged.setdefault(shape, {}).setdefault(name, []).append(path)
    for shape, lists in merged.items():
        # The engine plans a branch for longer than it reads a small slice.
        several = shape.table in ("daily", "months") and len(lists[shape.table]) > 1
        listed = tuple((name, tuple(paths)) for name, paths in lists.items())
        yield Branch(replace(shape, several=several), listed)


def _parts(
    facts: list[SliceFacts], asked: Asked, span: Span, labels: Labels | None
) -> Iterator[Part]:
    """The slices of a span, each cut at the days on which a label may change."""
    for slice_ in facts:
        if overlaps(slice_, span.days) and may_hold(asked.condition, slice_.slice):
            yield from parts_of(slice_, asked, span.days, labels)


def parts_of(slice_: SliceFacts, asked: Asked, days: Days, labels: Labels | None) -> Iterator[Part]:
    """A slice with the asked days and the era (None: it has but one), an era a part."""
    if labels is None or not asked.virtual:
        yield slice_, days, None
        return
    for start, end in eras_of(labels.rules, asked.virtual, slice_):
        first = max(filter(None, (start, days.start)), default=None)
        last = min(filter(None, (end, days.end)), default=None)
        within = Days(first, last)
        if (first is None or last is None or first < last) and overlaps(slice_, within):
            yield slice_, within, start


def label_files(
    parts: Sequence[Part], asked: Asked, labels: Labels | None
) -> list[dict[str, Path]]:
    """The files of labels that each part reads, by the name that its SQL has for them."""
    if labels is None or not asked.virtual:
        return [{} for _ in parts]
    keys = [LabelKey(tag, slice_, era) for slice_, _, era in parts for tag in asked.virtual]
    paths = iter(labels.paths(keys))
    return [{f"label {tag}": next(paths) for tag in asked.virtual} for _ in parts]


def overlaps(slice_: SliceFacts, days: Days) -> bool:
    """Whether the slice has a charge day within the days."""
    if slice_.first_day is None or slice_.last_day is None:
        return False
    before = days.end is not None and slice_.first_day >= days.end
    after = days.start is not None and slice_.last_day < days.start
    return not (before or after)


def _shape(slice_: SliceFacts, asked: Asked, span: Span, target: str | None, halves: bool) -> Shape:
    start, end = cut(slice_, span.days)
    table = _table(slice_, asked, start, end, target is not None)
    by_day, other = asked.halves
    if table in ("cube", "tag_cube", "charges"):
        by_day, other = None, asked.condition
    return Shape(
        table=table,
        fields=tuple(_field(slice_, table, dimension) for dimension in sorted(asked.needed)),
        by=asked.by,
        sums=asked.sums,
        condition=other,
        day_condition=by_day,
        grain=asked.grain,
        start=start,
        end=end,
        currency=asked.money,
        convert_to=target,
        halves=halves,
        previous=span.previous,
        shift=span.shift,
        share_day=asked.share_day,
        partly=slice_.partly and table == "charges",
    )


def cut(slice_: SliceFacts, days: Days) -> tuple[date | None, date | None]:
    """The bounds that leave out some day of the slice; the others would cost time for nothing."""
    first, last = slice_.first_day, slice_.last_day
    start = days.start if days.start and first and days.start > first else None
    end = days.end if days.end and last and days.end <= last else None
    return start, end


def _split(condition: Condition | None) -> tuple[Condition | None, Condition | None]:
    """The part of a condition that looks at the day alone, and the rest."""
    if condition is None:
        return None, None
    items = condition.items if isinstance(condition, All) else (condition,)
    by_day = tuple(item for item in items if referenced(item) == {CHARGE_DAY})
    other = tuple(item for item in items if referenced(item) != {CHARGE_DAY})
    return _joined(by_day), _joined(other)


def _joined(items: tuple[Condition, ...]) -> Condition | None:
    return (items[0] if len(items) == 1 else All(items)) if items else None


def _table(
    slice_: SliceFacts, asked: Asked, start: date | None, end: date | None, convert: bool
) -> Table:
    present = [d for d in asked.needed if _is_present(slice_, d)]
    columns = {d.name for d in present if d.kind == "column"} - set(SLICE_COLUMNS)
    tags = {d.name for d in present if d.kind == "tag"}
    summed = {part.column for part in asked.sums}
    if asked.grain == "hour" or columns & set(TIME_COLUMNS):
        return _charges(slice_, asked)
    # The cube is made of contexts: a column that those lack is null there, whatever charges say.
    in_cube = columns - {"ChargeDay"} <= slice_.cube_columns & slice_.context_columns
    keyed = any(d.kind in ("label", VIRTUAL) for d in present)
    if summed <= _CUBE_SUMS and not tags and not keyed and in_cube:
        return "cube"
    if summed <= _CUBE_SUMS and columns <= _TAG_CUBE and not keyed and _has_cube(tags):
        return "tag_cube"
    mixed = CHARGE_DAY in referenced_or_none(asked.halves[1])
    if mixed or not columns <= slice_.context_columns | {"ChargeDay"}:
        return _charges(slice_, asked)
    whole = all(day is None or day.day == 1 for day in (start, end))
    by_month = asked.grain in _MONTH_GRAINS and not convert and "ChargeDay" not in columns
    by_month = by_month and asked.share_day != "day"
    return "months" if by_month and whole else "daily"


def _has_cube(tags: set[str]) -> bool:
    # A cube is a file that is named after its key; file names have a limit.
    return len(tags) == 1 and all(len(key.encode()) <= 100 for key in tags)


def referenced_or_none(condition: Condition | None) -> frozenset[Dimension]:
    """What a condition looks at; nothing if there is none."""
    return referenced(condition) if condition else frozenset()


def _charges(slice_: SliceFacts, asked: Asked) -> Table:
    if not slice_.detail:
        raise QueryError(
            f"the charges of {slice_.slice.source} {slice_.slice.billing_period} of that moment "
            "are no longer kept; only their daily roll-ups are",
            field="as_of",
            allowed=("grain day or longer", *sorted(slice_.context_columns)),
            hint="Ask without hours and line-level columns, or at a later moment.",
        )
    return "charges"


def _is_present(slice_: SliceFacts, dimension: Dimension) -> bool:
    if dimension.kind != "column":
        return slice_.has(dimension)
    name = dimension.name
    if name == "ChargeDay" or name in SLICE_COLUMNS or not name.startswith("x_"):
        return True
    return slice_.has(dimension)


def line_fields(slice_: SliceFacts, asked: Asked) -> tuple[Field, ...]:
    """Where the slice's charges have the values that the question needs."""
    return tuple(_field(slice_, "charges", d) for d in sorted(asked.needed | {CURRENCY}))


def _field(slice_: SliceFacts, table: Table, dimension: Dimension) -> Field:
    if not _is_present(slice_, dimension):
        return Field(dimension, "null")
    if dimension.kind == "tag":
        if table == "tag_cube":
            return Field(dimension, "value")
        return Field(dimension, "maps" if "AllocatedTags" in slice_.context_columns else "map")
    if dimension.kind == "label":
        return Field(dimension, "allocated")
    if dimension.kind == VIRTUAL:
        return Field(dimension, "label")
    if dimension.name == "x_SourceName":
        return Field(dimension, "constant", slice_.slice.source)
    if dimension.name == "x_BillingPeriod":
        return Field(dimension, "constant", slice_.slice.billing_period.start.isoformat())
    return Field(dimension, "column")


def _files(lake: LakeReader, slice_: SliceFacts, shape: Shape) -> dict[str, Path]:
    if shape.table == "charges":
        # Labels are of contexts: lines find theirs by the context's key.
        found = shape.labels or shape.partly
        contexts = {"contexts": slice_.paths["contexts"]} if found else {}
        return {"charges": slice_.slice.charges_path} | contexts
    if shape.table == "cube":
        return {"cube": slice_.paths["cube"]}
    if shape.table == "tag_cube":
        key = next(f.dimension.name for f in shape.fields if f.origin == "value")
        if slice_.variant:
            return {"tag_cube": lake.tag_cube(slice_.slice, key, slice_.paths["daily"].parent)}
        return {"tag_cube": lake.tag_cube(slice_.slice, key)}
    return {shape.table: slice_.paths[shape.table], "contexts": slice_.paths["contexts"]}
