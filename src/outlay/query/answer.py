"""The last stage in SQL: branches are added up, converted, ranked and cut to a limit.

Everything here is sums and, for a conversion, one exact product: an amount of 21 decimals is
taken apart into nine decimals and the rest, since its product with a rate of nine decimals would
need more than the 38 digits of a DuckDB decimal. Both halves are summed apart and put together
in Python, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from outlay.money import MONEY_CONTEXT
from outlay.money.rates import RATE_SQL
from outlay.query.expression import condition_text
from outlay.query.measures import MEASURES
from outlay.query.model import MOVERS, PERIOD, CostQuery
from outlay.query.shape import Sum

_HIGH = "DECIMAL(26,9)"
_LOW = "DECIMAL(21,21)"
_ORDER = "DECIMAL(38,18)"


@dataclass(frozen=True)
class Answer:
    """The branches' rows in the temporary table ``answer`` of a connection, and how to read it.

    Its columns: ``period``, ``currency``, ``d0…``; per measure ``m0…`` now and ``v0…`` before,
    each with a low half ``m0l…`` where amounts were converted.
    """

    connection: duckdb.DuckDBPyConnection
    query: CostQuery
    sums: tuple[Sum, ...]
    converted: bool

    # --- what to select -------------------------------------------------------------------

    @property
    def dimensions(self) -> list[str]:
        """The columns that make a group, without the period."""
        return ["currency", *(f"d{i}" for i in range(len(self.query.by)))]

    def halves(self, index: int) -> tuple[str, ...]:
        """The suffixes of a measure's columns."""
        kind = MEASURES[self.query.measures[index]].kind
        return ("", "l") if self.converted and kind == "money" else ("",)

    @property
    def amounts(self) -> list[str]:
        """The columns of all measures, now and before."""
        sides = "mv" if self.query.compare else "m"
        return [
            f"{side}{i}{half}"
            for i in range(len(self.query.measures))
            for side in sides
            for half in self.halves(i)
        ]

    def create(self, branches: Sequence[str], rates: dict[tuple[str, date], Decimal]) -> None:
        """Run the branches and keep their sums."""
        rows = " UNION ALL ".join(f"({sql})" for sql in branches)
        if self.converted:
            self._keep_rates(rates)
            self.connection.execute(f"CREATE TEMP TABLE unit AS {rows}")
            rows = self._converted_rows()
        keys = ["period", *self.dimensions]
        selected = ["_period AS period", "_currency AS currency"]
        selected += [f"d{i}" for i in range(len(self.query.by))]
        selected += self._measure_sums()
        self.connection.execute(
            f"CREATE TEMP TABLE answer AS SELECT {', '.join(selected)} FROM ({rows}) AS unit "
            f"GROUP BY {', '.join(keys)}"
        )

    def _measure_sums(self) -> list[str]:
        selected = []
        sides = {"m": "NOT _previous", "v": "_previous"} if self.query.compare else {"m": "true"}
        for index, name in enumerate(self.query.measures):
            for side, when in sides.items():
                for half in self.halves(index):
                    terms = [
                        f"{'-' if part.sign < 0 else '+'} {self._sum(part, half, when)}"
                        for part in MEASURES[name].parts
                    ]
                    text = " ".join(terms).removeprefix("+ ")
                    selected.append(f"{text} AS {side}{index}{half}")
        return selected

    def _sum(self, part: Any, half: str, when: str) -> str:
        number = next(
            i
            for i, known in enumerate(self.sums)
            if known.column == part.column and _text(known) == part.when
        )
        kind = "quantity" if part.column.endswith("Quantity") else "money"
        summed = f"sum(s{number}{half}) FILTER (WHERE {when})"
        # A quantity that no charge states is unknown, a cost that no charge has is zero.
        return summed if kind == "quantity" else f"coalesce({summed}, 0)"

    # --- currencies -----------------------------------------------------------------------

    def _keep_rates(self, rates: dict[tuple[str, date], Decimal]) -> None:
        self.connection.execute(
            f"CREATE TEMP TABLE rate (currency VARCHAR, day DATE, value {RATE_SQL})"
        )
        if rates:
            rows = ", ".join(
                f"('{currency}', DATE '{day}', {value:f})"
                for (currency, day), value in rates.items()
            )
            self.connection.execute(f"INSERT INTO rate VALUES {rows}")

    def _converted_rows(self) -> str:
        target = self.query.currency
        selected = ["_previous", "_period", f"'{target}' AS _currency"]
        selected += [f"d{i}" for i in range(len(self.query.by))]
        for i, part in enumerate(self.sums):
            if _is_money(part):
                rate = f"coalesce(rate.value, CAST(1 AS {RATE_SQL}))"
                selected.append(f"CAST(s{i} AS {_HIGH}) * {rate} AS s{i}")
                selected.append(f"CAST(s{i} - CAST(s{i} AS {_HIGH}) AS {_LOW}) * {rate} AS s{i}l")
            else:
                selected.append(f"s{i}")
        return (
            f"SELECT {', '.join(selected)} FROM unit LEFT JOIN rate "
            "ON rate.currency = unit._currency AND rate.day = unit._day "
            f"WHERE unit._currency = '{target}' OR rate.value IS NOT NULL"
        )

    def unconverted(self) -> list[tuple[Any, ...]]:
        """Currency and one sum a measure (asked range only) of what no rate could convert."""
        if not self.converted:
            return []
        selected = []
        for index, name in enumerate(self.query.measures):
            terms = " ".join(
                f"{'-' if part.sign < 0 else '+'} {self._sum(part, '', 'true')}"
                for part in MEASURES[name].parts
            )
            selected.append(f"{terms.removeprefix('+ ')} AS m{index}")
        return self.connection.execute(
            f"SELECT unit._currency, {', '.join(selected)} FROM unit LEFT JOIN rate "
            "ON rate.currency = unit._currency AND rate.day = unit._day "
            f"WHERE NOT _previous AND rate.value IS NULL AND unit._currency IS DISTINCT FROM "
            f"'{self.query.currency}' GROUP BY ALL ORDER BY 1"
        ).fetchall()

    # --- reading --------------------------------------------------------------------------

    def totals(self) -> list[tuple[Any, ...]]:
        """Currency and amounts over all rows."""
        return self._fetch(
            f"SELECT currency, {self._sums()} FROM answer GROUP BY currency ORDER BY currency"
        )

    def group_count(self) -> int:
        """The number of groups, before the limit."""
        keys = ", ".join(self.dimensions)
        found = self._fetch(f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM answer)")
        return int(found[0][0])

    def rank(self) -> None:
        """Keep the order of groups in the temporary table ``ranked``."""
        keys = ", ".join(self.dimensions)
        self.connection.execute(
            f"CREATE TEMP TABLE ranked AS SELECT {keys}, row_number() OVER "
            f"(PARTITION BY currency ORDER BY {self._group_order()}) AS place "
            f"FROM (SELECT {keys}, {self._sums()} FROM answer GROUP BY {keys})"
        )

    def rows(self) -> list[tuple[Any, ...]]:
        """Period, currency, dimensions and amounts of the groups within the limit, in order."""
        keys = ["period", *self.dimensions]
        columns = ", ".join(f"answer.{name}" for name in (*keys, *self.amounts))
        limit = f" AND ranked.place <= {self.query.limit}" if self.query.limit else ""
        backwards = " DESC" if self.query.sort == f"-{PERIOD}" else ""
        sorted_by_group = self.query.sort and self.query.sort.removeprefix("-") != PERIOD
        order = ["answer.currency", "ranked.place", "answer.period"]
        if not sorted_by_group:
            order = [f"answer.period{backwards}", "answer.currency", "ranked.place"]
        return self._fetch(
            f"SELECT {columns} FROM answer JOIN ranked ON {self._same()}{limit} "
            f"ORDER BY {', '.join(order)}"
        )

    def other(self) -> list[tuple[Any, ...]]:
        """Period, currency, number of groups and amounts of what the limit leaves out."""
        if not self.query.limit:
            return []
        return self._fetch(
            f"SELECT answer.period, answer.currency, count(DISTINCT ranked.place), "
            f"{self._sums('answer.')} FROM answer JOIN ranked ON {self._same()} "
            f"AND ranked.place > {self.query.limit} "
            "GROUP BY answer.period, answer.currency ORDER BY 1, 2"
        )

    def _sums(self, prefix: str = "") -> str:
        return ", ".join(f"sum({prefix}{name}) AS {name}" for name in self.amounts)

    def _same(self) -> str:
        return " AND ".join(
            f"answer.{name} IS NOT DISTINCT FROM ranked.{name}" for name in self.dimensions
        )

    def _group_order(self) -> str:
        sort = self.query.sort
        name = sort.removeprefix("-")
        ties = [f"{d} NULLS LAST" for d in self.dimensions]
        if name in self.query.by:
            way = "DESC" if sort.startswith("-") else "ASC"
            return ", ".join([f"d{self.query.by.index(name)} {way} NULLS LAST", *ties])
        if not name or name == PERIOD:
            key, way = self._ordered("m", 0), "DESC"
        elif name == MOVERS:
            key, way = f"abs({self._ordered('m', 0)} - {self._ordered('v', 0)})", "DESC"
        else:
            key, way = self._sort_key(name), "DESC" if sort.startswith("-") else "ASC"
        return ", ".join([f"{key} {way} NULLS LAST", *ties])

    def _sort_key(self, name: str) -> str:
        for suffix in ("_change", "_previous", ""):
            measure = name.removesuffix(suffix) if suffix else name
            if name.endswith(suffix) and measure in self.query.measures:
                index = self.query.measures.index(measure)
                if suffix == "_change":
                    return f"{self._ordered('m', index)} - {self._ordered('v', index)}"
                return self._ordered("v" if suffix else "m", index)
        raise AssertionError(f"{name} passed the check of the question")

    def _ordered(self, side: str, index: int) -> str:
        halves = [f"{side}{index}{half}" for half in self.halves(index)]
        if len(halves) == 1:
            return halves[0]
        return "(" + " + ".join(f"CAST({half} AS {_ORDER})" for half in halves) + ")"

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    def read_amounts(self, values: Sequence[Any]) -> list[Decimal | int | None]:
        """The amounts of a fetched row, one for each measure now and before, halves joined."""
        found: list[Decimal | int | None] = []
        place = 0
        for index in range(len(self.query.measures)):
            for _ in "mv" if self.query.compare else "m":
                halves = self.halves(index)
                found.append(_whole(values[place : place + len(halves)], index, self.query))
                place += len(halves)
        return found


def _whole(halves: Sequence[Any], index: int, query: CostQuery) -> Decimal | int | None:
    if halves[0] is None:
        return None
    if MEASURES[query.measures[index]].kind == "count":
        return int(halves[0])
    whole = halves[0]
    for half in halves[1:]:
        whole = MONEY_CONTEXT.add(whole, half)
    return Decimal(whole)


def _text(part: Sum) -> str:
    return condition_text(part.condition) if part.condition else ""


def _is_money(part: Sum) -> bool:
    return part.column.endswith("Cost")
