"""The shape of one branch of a question: all that its SQL depends on, but the files.

Slices whose shapes are equal share one text of SQL, which is compiled once.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from outlay.expression import Condition
from outlay.expression.dimensions import Dimension

Table = Literal["cube", "tag_cube", "months", "daily", "charges"]
Origin = Literal["column", "map", "maps", "allocated", "value", "label", "constant", "null"]


SHARE_DAY = "_share_day"
"""The column of a branch that tells under which shares of a split its rows fall."""


@dataclass(frozen=True)
class Field:
    """Where a slice has the value of a dimension: a column of the table, its Tags map, the maps
    AllocatedTags and Tags (a consumer's own tag before that of what it shares), AllocatedTags
    alone, the tag cube's Value, the labels of a virtual tag, one constant for the whole slice, or
    nowhere."""

    dimension: Dimension
    origin: Origin
    constant: str | None = None


@dataclass(frozen=True)
class Sum:
    """A column to sum, over rows where `condition` holds (None: all)."""

    column: str
    condition: Condition | None = None

    @property
    def is_money(self) -> bool:
        """Whether the sum has a currency (a quantity and a count have none)."""
        return self.column.endswith("Cost")


@dataclass(frozen=True)
class Shift:
    """How far the periods of an earlier range are moved to lie over the asked one."""

    unit: Literal["day", "month"]
    count: int


@dataclass(frozen=True)
class Shape:
    """One branch. `day_condition` looks at ChargeDay alone, `condition` at everything else, so
    that contexts are filtered before facts. `start` and `end` are None where they cut nothing.
    `currency` keeps BillingCurrency; `convert_to` is the currency to convert to, by charge day
    (None: amounts stay as they are), in two `halves` where a product would not fit; `stated` is
    the column of the bill's own rate, where it has one. `share_day` keeps the first day of the
    ``day`` or ``month`` of a charge, never moved, as ``_share_day``. `partly`: of the charges
    only those count whose key is among the contexts. `several`: the files are those of several
    slices, in one order for all tables; a context is then told by its file and its id."""

    table: Table
    fields: tuple[Field, ...]
    by: tuple[Dimension, ...]
    sums: tuple[Sum, ...]
    condition: Condition | None
    day_condition: Condition | None
    grain: str
    start: date | None
    end: date | None
    currency: bool
    convert_to: str | None
    halves: bool
    previous: bool = False
    shift: Shift | None = None
    stated: str | None = None
    share_day: str = ""
    partly: bool = False
    several: bool = False

    @property
    def key(self) -> str:
        """The column that tells contexts apart."""
        return "_key" if self.several else "ContextId"

    @property
    def labels(self) -> tuple[str, ...]:
        """The virtual tags whose labels the branch joins to its contexts."""
        return tuple(f.dimension.name for f in self.fields if f.origin == "label")
