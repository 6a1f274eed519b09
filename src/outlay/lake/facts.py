"""What the planner knows of a slice before it asks anything: days, currencies, columns, tag keys.

All of it is read from the footers of immutable Parquet files and kept for the process's life.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal
from outlay.lake.types import Pin, Rollup, Slice


class Layers(Protocol):
    """What puts other charges in the place of some of a slice's."""

    def of(
        self,
        lake: "LakeReader",
        pin: Pin,
        facts: "list[SliceFacts]",
        at: datetime | None = None,
    ) -> "list[SliceFacts]":
        """The facts with those that are layered in place of their own: two for such a slice, one
        of what is left of it and one of what came in place of the rest. `at` (UTC) is the moment
        whose settings count (None: now)."""
        ...


class LakeReader(Protocol):
    """The part of the lake that questions stand on.

    A lake may have `layers` (see `Layers`), which every reader of `slice_facts` then sees.
    """

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection of the caller's own."""
        ...

    def rollup_paths(self, pin: Pin, table: Rollup) -> dict[str, Path]:
        """Delivery id → the roll-up file of each slice."""
        ...

    def tag_cube(self, slice_: Slice, key: str, rollups: Path | None = None) -> Path:
        """The cube of one tag key of one slice, or of the layer whose roll-ups are in a folder."""
        ...


@dataclass(frozen=True)
class SliceFacts:
    """A slice with its roll-up files. `first_day` and `last_day` are None for a slice without
    charges; columns are those that the file has.

    `variant` tells facts of one delivery apart. Of a slice whose charges are `partly` replaced,
    only those lines count whose key its contexts have. `note` is what must be said of the slice.
    """

    slice: Slice
    paths: Mapping[str, Path]
    first_day: date | None
    last_day: date | None
    currencies: tuple[str, ...]
    cube_columns: frozenset[str]
    context_columns: frozenset[str]
    variant: str = ""
    partly: bool = False
    note: str = ""

    @property
    def contexts_id(self) -> str:
        """What tells the slice's contexts from those of any other delivery."""
        return self.slice.delivery.id + self.variant

    @property
    def lines_sql(self) -> str:
        """SQL of the slice's charges: a relation with the columns of their file."""
        charges = f"read_parquet({literal(str(self.slice.charges_path))}, hive_partitioning = false"
        if not self.partly:
            return f"{charges})"
        contexts = (
            f"read_parquet({literal(str(self.paths['contexts']))}, hive_partitioning = false)"
        )
        return (
            f"(SELECT * FROM {charges}) WHERE x_ContextKey IN "
            f"(SELECT x_ContextKey FROM {contexts}))"
        )

    @property
    def charge_columns(self) -> frozenset[str]:
        """Columns of the charges; empty when retention has taken them."""
        return file_columns(self.slice.charges_path) if self.detail else frozenset()

    @property
    def detail(self) -> bool:
        """Whether the charges themselves are still there."""
        return self.slice.charges_path.exists()

    @property
    def tag_keys(self) -> frozenset[str]:
        """Every tag key of the slice's charges."""
        return _tag_keys(self.paths["tags"])

    def has(self, dimension: Dimension) -> bool:
        """Whether any charge of the slice can have a value of the dimension."""
        if dimension.kind == "tag":
            return dimension.name in self.tag_keys
        if dimension.kind == "label":
            return "AllocatedTags" in self.context_columns and dimension.name in self.tag_keys
        if dimension.kind == VIRTUAL:
            return True
        name = dimension.name
        return (
            not name.startswith("x_")
            or name in self.context_columns
            or name in self.slice.delivery.columns
            or name in self.charge_columns
        )


TABLES: tuple[Rollup, ...] = ("daily", "contexts", "cube", "months", "tags")


def slice_facts(lake: LakeReader, pin: Pin, at: datetime | None = None) -> list[SliceFacts]:
    """The facts of every slice of the pin, in its order, as the lake's layers leave them by the
    settings of a moment (UTC; None: now)."""
    files = {table: lake.rollup_paths(pin, table) for table in TABLES}
    found = []
    for slice_ in pin.slices:
        paths: dict[str, Path] = {t: files[t][slice_.delivery.id] for t in TABLES}
        found.append(facts_of(slice_, paths))
    layers: Layers | None = getattr(lake, "layers", None)
    return found if layers is None else layers.of(lake, pin, found, at)


def facts_of(
    slice_: Slice,
    paths: Mapping[str, Path],
    *,
    variant: str = "",
    partly: bool = False,
    note: str = "",
) -> SliceFacts:
    """The facts of a slice by its roll-up files (see `SliceFacts`)."""
    first, last = _day_bounds(paths["cube"])
    return SliceFacts(
        slice_,
        paths,
        first,
        last,
        _currencies(paths["cube"]),
        file_columns(paths["cube"]),
        file_columns(paths["contexts"]),
        variant,
        partly,
        note,
    )


def charges_sql(lake: LakeReader, pin: Pin, slice_: Slice) -> str:
    """SQL of the charges of a slice of the pin as the lake's layers leave them: a subselect in
    brackets. Fails when it is run where the charges are no longer kept."""
    mine = [one for one in slice_facts(lake, pin) if one.slice.delivery.id == slice_.delivery.id]
    rows = " UNION ALL BY NAME ".join(f"SELECT * FROM {one.lines_sql}" for one in mine)
    return f"({rows})"


def check_known(
    facts: Iterable[SliceFacts], dimensions: Iterable[Dimension], field: str, text: str
) -> None:
    """Raise QueryError for a tag key or source column that no slice has, with near names."""
    slices = list(facts)
    for dimension in dimensions:
        if not slices or dimension.name in ("x_SourceName", "x_BillingPeriod"):
            continue
        if dimension.kind == VIRTUAL:
            continue
        if any(slice_.has(dimension) for slice_ in slices):
            continue
        names = sorted(_names(slices, dimension.kind))
        near = near_names(str(dimension), names)
        position = text.find(str(dimension))
        raise QueryError(
            f"no charge has {dimension}",
            field=field,
            text=text,
            position=position if position >= 0 else None,
            length=len(str(dimension)),
            near=near,
            allowed=() if near else names[:40],
            hint="" if names else "No charge has any yet.",
        )


def _names(slices: list[SliceFacts], kind: str) -> set[str]:
    if kind in ("tag", "label"):
        return {str(d) for s in slices for key in s.tag_keys if s.has(d := Dimension(kind, key))}
    return {
        name
        for s in slices
        for name in (*s.context_columns, *s.slice.delivery.columns)
        if name.startswith("x_") and name != "x_ContextKey"
    }


@lru_cache(maxsize=8192)
def file_columns(path: Path) -> frozenset[str]:
    """The columns of a Parquet file."""
    return frozenset(pq.read_schema(path).names)


@lru_cache(maxsize=8192)
def _day_bounds(path: Path) -> tuple[date | None, date | None]:
    metadata = pq.read_metadata(path)
    index = metadata.schema.to_arrow_schema().names.index("ChargeDay")
    lows, highs = [], []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(index).statistics
        if statistics is None or not statistics.has_min_max:
            days = pq.read_table(path, columns=["ChargeDay"])["ChargeDay"]
            bounds = pc.min_max(days).as_py()
            return bounds["min"], bounds["max"]
        lows.append(statistics.min)
        highs.append(statistics.max)
    return (min(lows), max(highs)) if lows else (None, None)


@lru_cache(maxsize=8192)
def _currencies(path: Path) -> tuple[str, ...]:
    column = pq.read_table(path, columns=["BillingCurrency"])["BillingCurrency"]
    return tuple(sorted(value for value in pc.unique(column).to_pylist() if value is not None))


@lru_cache(maxsize=8192)
def _tag_keys(path: Path) -> frozenset[str]:
    table = pq.read_table(path, columns=["Key"], read_dictionary=["Key"])
    return frozenset(pc.unique(table["Key"]).to_pylist())
