"""The SQL of a mapping's cells over the raw rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from outlay.focus.multiply import is_rounded_sql, multiplied_sql
from outlay.focus.sql import literal, money_sql, quantity_sql
from outlay.money import MONEY_SQL
from outlay.sources.contract import RawColumn
from outlay.sources.csv_mapped.forms import ISO, NUMBERS, date_sql, number_sql
from outlay.sources.csv_mapped.spec import Cell

_PLAIN = NUMBERS["1234.56"]


@dataclass(frozen=True)
class Cells:
    """Reads cells from the columns of one delivery."""

    columns: Mapping[str, RawColumn]

    def raw(self, name: str) -> str:
        """SQL of a column's cell as text, blank ones null; null where a file lacks it."""
        column = self.columns.get(name)
        if column is None:
            return "CAST(NULL AS VARCHAR)"
        text = column.sql if column.type == "VARCHAR" else f"CAST({column.sql} AS VARCHAR)"
        return f"nullif(trim({text}), '')"

    def text(self, cell: Cell) -> str:
        """SQL of a cell as text, after `map` and `default`."""
        return self._mapped(cell, self.origin(cell))

    def origin(self, cell: Cell) -> str:
        """SQL of what stands in the file, before `map` and `default`."""
        if cell.constant is not None:
            return literal(cell.constant)
        if cell.concat:
            parts = ", ".join(self.text(part) for part in cell.concat)
            return f"nullif(concat_ws({literal(cell.separator)}, {parts}), '')"
        return _first([self.raw(name) for name in cell.column])

    def _mapped(self, cell: Cell, text: str) -> str:
        if cell.map:
            cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in cell.map.items())
            otherwise = literal(cell.default) if cell.default is not None else text
            text = f"CASE {text} {cases} ELSE {otherwise} END"
        return text if cell.default is None else f"coalesce({text}, {literal(cell.default)})"

    def money(self, cell: Cell) -> str:
        """SQL of an exact amount; null where the cell is empty, no number, or does not fit."""
        return self._signed(cell, self._times(cell, self._amount(cell)))

    def unfit(self, cell: Cell) -> str:
        """SQL condition: the cell has something that is no amount, or not to the last digit."""
        there = f"{self.text(cell)} IS NOT NULL"
        unfit = f"({there} AND {self.money(cell)} IS NULL)"
        if cell.multiply is None:
            return unfit
        factor = _decimal(cell.multiply)
        return f"({unfit} OR coalesce({is_rounded_sql(self._amount(cell), factor)}, false))"

    def quantity(self, cell: Cell) -> str:
        """SQL of a quantity or price."""
        if cell.number or self._kind(cell) != "VARCHAR":
            return self.money(cell)
        return self._signed(cell, self._times(cell, quantity_sql(self.text(cell))))

    def time(self, cell: Cell) -> str:
        """SQL of a UTC TIMESTAMP; null where the cell is no date in any of its forms."""
        kind = self._kind(cell)
        if kind == "TIMESTAMP WITH TIME ZONE":
            found = f"({self.columns[cell.column[0]].sql} AT TIME ZONE 'UTC')"
        elif kind.startswith(("DATE", "TIMESTAMP")):
            found = f"CAST({self.columns[cell.column[0]].sql} AS TIMESTAMP)"
        else:
            text = self.text(cell)
            found = _first([date_sql(text, form) for form in cell.date or (ISO,)])
        return f"({found} + INTERVAL 1 DAY)" if cell.inclusive else found

    def _amount(self, cell: Cell) -> str:
        """SQL of the amount as it stands, without factor and sign."""
        kind = self._kind(cell)
        if kind != "VARCHAR":
            return money_sql(self.columns[cell.column[0]].sql, kind)
        if cell.constant is not None:
            return money_sql(literal(cell.constant), "VARCHAR")
        form = NUMBERS[cell.number] if cell.number else _PLAIN
        return money_sql(number_sql(self.text(cell), form), "VARCHAR")

    def _kind(self, cell: Cell) -> str:
        """The engine's type of a cell that is one column as it is, else VARCHAR."""
        if len(cell.column) != 1 or cell.map or cell.default is not None:
            return "VARCHAR"
        column = self.columns.get(cell.column[0])
        return column.type.upper() if column else "VARCHAR"

    def _times(self, cell: Cell, amount: str) -> str:
        if cell.multiply is None:
            return amount
        return multiplied_sql(amount, _decimal(cell.multiply))

    def _signed(self, cell: Cell, amount: str) -> str:
        return f"(-{amount})" if cell.sign == "minus" else amount


def _first(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _decimal(value: Decimal) -> str:
    return f"CAST('{value:f}' AS {MONEY_SQL})"
