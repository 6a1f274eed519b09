"""The last stage in SQL: branches are added up, ranked and cut to a limit. Nothing but sums.

Amounts that were converted and are large come in two halves (see `outlay.query.sqlparts`), what
splits share out in parts (see `outlay.query.expansion`); they are summed apart and put together
here, exactly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from outlay.expression import condition_text
from outlay.focus.sql import literal
from outlay.money import MONEY_CONTEXT
from outlay.money.rates import RATE_SQL
from outlay.query.expansion import Expansion
from outlay.query.measures import MEASURES, Part
from outlay.query.model import MOVERS, PERIOD, CostQuery
from outlay.query.shape import Sum
from outlay.query.sqlparts import RATES

# Wide enough to order two halves by their sum; what is shown is added in Python.
_ORDER = "DECIMAL(38,18)"

Amount = Decimal | int | None
RateKey = tuple[str, date, str]
"""Currency, charge day, and the text of the rate that the bill states ('' for none)."""
Fetched = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Cell:
    """A row of an answer: period, currency, dimension values, and an amount for each measure
    (now, then before where the question compares). Where splits take part, as many amounts follow
    that say what of each was shared (None for what is no money)."""

    period: Any
    currency: str | None
    values: tuple[Any, ...]
    amounts: tuple[Amount, ...]


@dataclass(frozen=True)
class PeriodSum:
    """All groups of one period and currency: how many there are, and their sums."""

    period: Any
    currency: str | None
    groups: int
    amounts: tuple[Amount, ...]


@dataclass(frozen=True)
class Slot:
    """One amount of an answer: the columns whose sum it is. `shared` is what splits gave."""

    side: str
    index: int
    parts: tuple[str, ...]
    shared: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of table ``answer``."""
        return tuple(f"{self.side}{self.index}{part}" for part in self.parts)


class Answer:
    """The branches' rows in the temporary table ``answer`` of a connection, and how to read it.

    Its columns: ``period``, ``currency``, ``d0…``; per measure ``m0…`` now and ``v0…`` before,
    each with a low half ``m0l…`` where amounts come in `halves`, and shared parts ``m0a…`` where
    there is an `expansion`.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: CostQuery,
        sums: tuple[Sum, ...],
        *,
        converted: bool,
        halves: bool,
        expansion: Expansion | None = None,
    ) -> None:
        self.expansion = expansion
        self.connection = connection
        self.query = query
        self.sums = sums
        self.converted = converted
        self.halves = halves

    def create(self, branches: Sequence[str], rates: Mapping[RateKey, Decimal]) -> None:
        """Run the branches and keep their sums."""
        rows = " UNION ALL BY NAME ".join(f"({sql})" for sql in branches)
        if self.expansion:
            self.expansion.create_shares(self.connection)
            rows = self.expansion.sql(rows, self.sums, converted=self.converted, halves=self.halves)
        if self.converted:
            self._keep_rates(rates)
            self.connection.execute(f"CREATE TEMP TABLE unit AS {rows}")
            rows = f"SELECT * REPLACE ({literal(self.query.currency)} AS _currency) FROM unit "
            rows += "WHERE NOT _missing"
        keys = ["period", *self.dimensions]
        selected = ["_period AS period", "_currency AS currency", *self.dimensions[1:]]
        selected += self._measure_sums(self._sides)
        self.connection.execute(
            f"CREATE TEMP TABLE answer AS SELECT {', '.join(selected)} FROM ({rows}) AS branches "
            f"GROUP BY {', '.join(keys)}"
        )

    def _keep_rates(self, rates: Mapping[RateKey, Decimal]) -> None:
        # As columns: the engine takes longer to read thousands of literals than to answer.
        table = pa.table(
            {
                "currency": pa.array([key[0] for key in rates], pa.string()),
                "day": pa.array([key[1] for key in rates], pa.date32()),
                "stated": pa.array([key[2] for key in rates], pa.string()),
                "rate": pa.array([f"{value:f}" for value in rates.values()], pa.string()),
            }
        )
        self.connection.register("outlay_made", table)
        self.connection.execute(
            f"CREATE TEMP TABLE {RATES} AS SELECT currency AS _rate_currency, day AS _rate_day, "
            f"stated AS _rate_stated, CAST(rate AS {RATE_SQL}) AS _rate FROM outlay_made"
        )
        self.connection.unregister("outlay_made")

    # --- columns --------------------------------------------------------------------------

    @cached_property
    def dimensions(self) -> list[str]:
        """The columns that make a group, without the period."""
        return ["currency", *(f"d{i}" for i in range(len(self.query.by)))]

    @cached_property
    def _sides(self) -> dict[str, str]:
        """Prefix of a measure's columns → which rows of the branches it sums."""
        if self.query.compare:
            return {"m": "NOT _previous", "v": "_previous"}
        return {"m": "true"}

    @cached_property
    def _layout(self) -> list[Slot]:
        """The amounts in the order of a cell: first all whole ones, then what of them is shared."""
        own = self._slots(self._sides)
        return own + [self._shared(slot) for slot in own] if self.expansion else own

    def _slots(self, sides: Iterable[str]) -> list[Slot]:
        return [
            Slot(side, index, ("", "l") if self.halves and self._is_money(index) else ("",))
            for index in range(len(self.query.measures))
            for side in sides
        ]

    def _shared(self, slot: Slot) -> Slot:
        wide = self.expansion is not None and self.expansion.wide(self.converted)
        parts = ("a", "b", "c", "u") if wide else ("a", "b")
        return Slot(slot.side, slot.index, parts if self._is_money(slot.index) else (), True)

    def _is_money(self, index: int) -> bool:
        return MEASURES[self.query.measures[index]].kind == "money"

    @cached_property
    def amounts(self) -> list[str]:
        """The columns of all amounts."""
        return [column for slot in self._layout for column in slot.columns]

    def _measure_sums(self, sides: Mapping[str, str]) -> list[str]:
        selected = []
        for slot in self._all_slots(sides):
            parts = MEASURES[self.query.measures[slot.index]].parts
            for name, part in zip(slot.columns, slot.parts, strict=True):
                of = "x" if slot.shared else "s"
                when = sides[slot.side]
                terms = " + ".join(self._sum(one, of, part, when) for one in parts)
                selected.append(f"{terms} AS {name}")
        return selected

    def _all_slots(self, sides: Iterable[str]) -> list[Slot]:
        own = self._slots(sides)
        return own + [self._shared(slot) for slot in own] if self.expansion else own

    def _sum(self, part: Part, of: str, suffix: str, when: str) -> str:
        sign = "-" if part.sign < 0 else ""
        known = [(s.column, condition_text(s.condition) if s.condition else "") for s in self.sums]
        number = known.index((part.column, part.when))
        summed = f"sum({sign}{of}{number}{suffix}) FILTER (WHERE {when})"
        # A quantity that no charge states is unknown, a cost that no charge has is zero.
        return summed if part.column.endswith("Quantity") else f"coalesce({summed}, 0)"

    # --- reading --------------------------------------------------------------------------

    @cached_property
    def period_sums(self) -> list[PeriodSum]:
        """The sums of every period and currency."""
        fetched = self._fetch(
            f"SELECT period, currency, count(*), {self._sums} FROM answer "
            "GROUP BY period, currency ORDER BY period, currency"
        )
        return [PeriodSum(row[0], row[1], row[2], self._read(row[3:])) for row in fetched]

    @cached_property
    def totals(self) -> dict[str | None, tuple[Amount, ...]]:
        """Currency → amounts over all rows, currencies in order."""
        found: dict[str | None, tuple[Amount, ...]] = {}
        for row in self.period_sums:
            found[row.currency] = added(found.get(row.currency), row.amounts)
        return dict(sorted(found.items(), key=lambda item: item[0] or ""))

    @cached_property
    def group_count(self) -> int:
        """The number of groups, before the limit."""
        if not self.query.by:
            return len(self.totals)
        if self.query.grain == "none":
            return sum(row.groups for row in self.period_sums)
        keys = ", ".join(self.dimensions)
        found = self._fetch(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM answer)")
        return int(found[0][0])

    def cells(self) -> list[Cell]:
        """The rows within the limit, in order."""
        columns = ["period", *self.dimensions, *self.amounts]
        if not self.query.by:
            backwards = "DESC" if self.query.sort == f"-{PERIOD}" else ""
            sql = f"SELECT {', '.join(columns)} FROM answer ORDER BY period {backwards}, currency"
            return self._cells(self._fetch(sql))
        if self.query.grain != "none":
            return self._cells(self._fetch(self._ranked_sql(columns)))
        if not self.query.limit:
            order = f"currency, {self._order}"
            return self._cells(
                self._fetch(f"SELECT {', '.join(columns)} FROM answer ORDER BY {order}")
            )
        found: Fetched = []
        for currency in self.totals:
            found += self._fetch(
                f"SELECT {', '.join(columns)} FROM answer WHERE currency IS NOT DISTINCT FROM "
                f"{literal(currency)} ORDER BY {self._order} LIMIT {self.query.limit}"
            )
        return self._cells(found)

    def _ranked_sql(self, columns: Sequence[str]) -> str:
        """Periods of the groups that are first over the whole range."""
        keys = ", ".join(self.dimensions)
        limit = f" AND ranked.place <= {self.query.limit}" if self.query.limit else ""
        same = " AND ".join(
            f"answer.{name} IS NOT DISTINCT FROM ranked.{name}" for name in self.dimensions
        )
        backwards = " DESC" if self.query.sort == f"-{PERIOD}" else ""
        order = f"answer.period{backwards}, answer.currency, ranked.place"
        if self.query.sort and self.query.sort.removeprefix("-") != PERIOD:
            order = "answer.currency, ranked.place, answer.period"
        return (
            f"SELECT {', '.join(f'answer.{name}' for name in columns)} FROM answer JOIN ("
            f"SELECT {keys}, row_number() OVER (PARTITION BY currency ORDER BY {self._order}) "
            f"AS place FROM (SELECT {keys}, {self._sums} FROM answer GROUP BY {keys})"
            f") AS ranked ON {same}{limit} ORDER BY {order}"
        )

    def arrow(self, index: int = 0) -> pa.Table:
        """Every row as ``period``, ``currency``, ``d0…`` and ``amount``: the measure of that
        index as a binary number, for arithmetic that does not need its last digits."""
        parts = [
            f"coalesce(CAST({column} AS DOUBLE), 0){' * 1e-39' if part == 'u' else ''}"
            for slot in self._layout
            if slot.index == index and slot.side == "m"
            for column, part in zip(slot.columns, slot.parts, strict=True)
        ]
        columns = ", ".join(["period", *self.dimensions])
        return self.connection.sql(
            f"SELECT {columns}, {' + '.join(parts)} AS amount FROM answer"
        ).to_arrow_table()

    def unconverted(self) -> Fetched:
        """Currency and one sum a measure (asked range only) of what no rate could convert."""
        if not self.converted:
            return []
        selected = ", ".join(self._measure_sums({"m": "NOT _previous"}))
        fetched = self._fetch(
            f"SELECT _currency, {selected} FROM unit WHERE _missing AND NOT _previous "
            "GROUP BY _currency ORDER BY _currency"
        )
        return [(row[0], *_joined(row[1:], self._all_slots(["m"]))) for row in fetched]

    def _cells(self, fetched: Fetched) -> list[Cell]:
        width = 2 + len(self.query.by)
        return [Cell(row[0], row[1], row[2:width], self._read(row[width:])) for row in fetched]

    def _read(self, values: Sequence[Any]) -> tuple[Amount, ...]:
        if not self.halves and not self.expansion:
            return tuple(values)
        return _joined(values, self._layout)

    @cached_property
    def _sums(self) -> str:
        return ", ".join(f"sum({name}) AS {name}" for name in self.amounts)

    def _fetch(self, sql: str) -> Fetched:
        return self.connection.execute(sql).fetchall()

    # --- order ----------------------------------------------------------------------------

    @cached_property
    def _order(self) -> str:
        """How groups are ordered; equal ones by their values, so that the order is stable."""
        sort = self.query.sort
        name = sort.removeprefix("-")
        ties = ", ".join(f"{d} NULLS LAST" for d in self.dimensions[1:])
        way = "DESC" if sort.startswith("-") else "ASC"
        if name in self.query.by:
            key = f"d{self.query.by.index(name)}"
        elif not name or name == PERIOD:
            key, way = self._ordered("m", 0), "DESC"
        elif name == MOVERS:
            key, way = f"abs({self._ordered('m', 0)} - {self._ordered('v', 0)})", "DESC"
        else:
            key = self._sort_key(name)
        return f"{key} {way} NULLS LAST, {ties}" if ties else f"{key} {way} NULLS LAST"

    def _sort_key(self, name: str) -> str:
        measures = self.query.measures
        if name in measures:
            return self._ordered("m", measures.index(name))
        if name.endswith(("_direct", "_shared")):
            measure, _, part = name.rpartition("_")
            return self._ordered("m", measures.index(measure), shared=part == "shared")
        if name.endswith("_previous"):
            return self._ordered("v", measures.index(name.removesuffix("_previous")))
        index = measures.index(name.removesuffix("_change"))
        return f"{self._ordered('m', index)} - {self._ordered('v', index)}"

    def _ordered(self, side: str, index: int, shared: bool | None = None) -> str:
        """An amount to order by: whole, or what of it is `shared` (or direct) alone."""
        slots = [
            slot
            for slot in self._layout
            if (slot.side, slot.index) == (side, index) and shared in (None, slot.shared)
        ]
        columns = [column for slot in slots for column in slot.columns if not _is_last(column)]
        if not columns:
            return "CAST(NULL AS INTEGER)"  # no split has a part in it
        if len(columns) == 1:
            return columns[0]
        return "(" + " + ".join(f"CAST({column} AS {_ORDER})" for column in columns) + ")"


def _is_last(column: str) -> bool:
    # The digits below the 30th make no difference to an order by 18 of them.
    return column.endswith(("c", "u"))


def _joined(values: Sequence[Any], layout: Iterable[Slot]) -> tuple[Amount, ...]:
    """Amounts of fetched columns: their parts added; whole ones hold what is shared too."""
    own: list[Amount] = []
    shared: list[Amount] = []
    place = 0
    for slot in layout:
        found: Amount = None
        for part in slot.parts:
            value = values[place]
            if part == "u" and value is not None:
                value = Decimal(value).scaleb(-39, MONEY_CONTEXT)
            found = _plus(found, value)
            place += 1
        (shared if slot.shared else own).append(found)
    if not shared:
        return tuple(own)
    return (*map(_plus, own, shared), *shared)


def added(left: tuple[Amount, ...] | None, right: tuple[Amount, ...]) -> tuple[Amount, ...]:
    """Two rows of amounts added, exactly; an unknown amount adds nothing."""
    if left is None:
        return right
    return tuple(_plus(a, b) for a, b in zip(left, right, strict=True))


def less(left: tuple[Amount, ...], right: tuple[Amount, ...] | None) -> tuple[Amount, ...]:
    """Two rows of amounts subtracted, exactly."""
    if right is None:
        return left
    return tuple(_plus(a, _negative(b)) for a, b in zip(left, right, strict=True))


def _plus(left: Amount, right: Amount) -> Amount:
    if left is None or right is None:
        return right if left is None else left
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return MONEY_CONTEXT.add(Decimal(left), Decimal(right))


def _negative(amount: Amount) -> Amount:
    # A unary minus would round a decimal to 28 digits.
    return amount.copy_negate() if isinstance(amount, Decimal) else amount and -amount
