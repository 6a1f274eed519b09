"""The columns of a cost report, found by name: Oracle's own documents differ in case."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outlay.focus.sql import money_sql, money_unfit_sql, quantity_sql
from outlay.sources.contract import RawColumn, SourceError

TAG_PREFIX = "tags/"
COST, CURRENCY, START = "cost/myCost", "cost/currencyCode", "lineItem/intervalUsageStart"
_ALIASES = {"lineitem/backreference": "lineitem/backreferenceno"}


def is_cost_report(names: Iterable[str]) -> bool:
    """Whether a header is that of a cost report."""
    found = {_fold(name) for name in names}
    return {_fold(COST), _fold(START), "lineitem/referenceno"} <= found


def is_usage_report(names: Iterable[str]) -> bool:
    """Whether a header is that of a usage report, which has quantities and no cost."""
    found = {_fold(name) for name in names}
    return {_fold(START), "usage/consumedquantity"} <= found and _fold(COST) not in found


@dataclass(frozen=True)
class Columns:
    """Raw columns by name without case, and the SQL that reads them."""

    by_name: Mapping[str, RawColumn]

    @classmethod
    def of(cls, columns: Mapping[str, RawColumn]) -> "Columns":
        """Raises SourceError when a column is missing without which no row means anything."""
        found = cls({_fold(name): column for name, column in columns.items()})
        for name, why in (
            (COST, "the cost of a row"),
            (CURRENCY, "the currency of its cost"),
            (START, "the time of a row"),
        ):
            if not found.has(name):
                raise SourceError(
                    f"the cost report lacks the column {name}, {why}; it has "
                    f"{', '.join(list(columns)[:8])} …. Download the report again."
                )
        return found

    def has(self, name: str) -> bool:
        """Whether the report has the column."""
        return _fold(name) in self.by_name

    def text(self, name: str) -> str:
        """SQL of a cell as text, NULL where it is empty or the report has no such column."""
        column = self.by_name.get(_fold(name))
        if column is None:
            return "CAST(NULL AS VARCHAR)"
        return f"nullif({_text(column)}, '')"

    def money(self, name: str) -> str:
        """SQL of an exact amount, NULL where there is none."""
        column = self.by_name[_fold(name)]
        return money_sql(column.sql, column.type)

    def unfit(self, name: str) -> str:
        """SQL condition: the cell is no amount that the ledger holds exactly."""
        column = self.by_name[_fold(name)]
        return money_unfit_sql(column.sql, column.type)

    def quantity(self, name: str) -> str:
        """SQL of a quantity or price."""
        column = self.by_name.get(_fold(name))
        return "NULL" if column is None else quantity_sql(column.sql)

    def time(self, name: str) -> str:
        """SQL of a time in UTC; Oracle writes it with or without seconds."""
        column = self.by_name.get(_fold(name))
        if column is None:
            return "CAST(NULL AS TIMESTAMP)"
        if column.type.upper() == "TIMESTAMP WITH TIME ZONE":
            return f"({column.sql} AT TIME ZONE 'UTC')"
        return f"TRY_CAST({column.sql} AS TIMESTAMP)"

    def tags(self) -> str:
        """SQL of the map of a row's tags: `tags/namespace.key` becomes `namespace.key`."""
        held = [
            (column.name[len(TAG_PREFIX) :], _text(column))
            for column in self.by_name.values()
            if column.name.startswith(TAG_PREFIX) and len(column.name) > len(TAG_PREFIX)
        ]
        empty = "CAST(MAP {} AS MAP(VARCHAR, VARCHAR))"
        if not held:
            return empty
        entries = ", ".join(
            f"{{'key': '{key.replace(chr(39), chr(39) * 2)}', 'value': {sql}}}" for key, sql in held
        )
        some = " OR ".join(f"{sql} <> ''" for _, sql in held)
        return (
            f"CASE WHEN {some} THEN map_from_entries(list_filter([{entries}], "
            f"lambda entry: entry.value <> '')) ELSE {empty} END"
        )


def _text(column: RawColumn) -> str:
    return column.sql if column.type == "VARCHAR" else f"CAST({column.sql} AS VARCHAR)"


def _fold(name: str) -> str:
    if name.startswith(TAG_PREFIX):
        return name  # keys that differ by case are two tags
    folded = name.lower()
    return _ALIASES.get(folded, folded)
