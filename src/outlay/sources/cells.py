"""SQL of single cells of exported tables, whatever type the file gave them."""

from collections.abc import Mapping

from outlay.focus.sql import literal, money_sql, money_unfit_sql
from outlay.focus.tags import json_map_sql
from outlay.sources.contract import RawColumn

NO_TEXT = "CAST(NULL AS VARCHAR)"
NO_TIME = "CAST(NULL AS TIMESTAMP)"
NO_MONEY = "CAST(NULL AS DECIMAL(38,21))"

# ISO 8601 with a zone at its end: Z, +02, +0200, +02:00, also after a blank.
_ZONE = r"\s*(Z|[+-]\d\d(:?\d\d)?)$"


class Cells:
    """The columns of `raw` by name without regard to case."""

    def __init__(self, columns: Mapping[str, RawColumn]) -> None:
        self._columns = {name.strip().lower(): column for name, column in columns.items()}

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name.lower() in self._columns

    def text(self, name: str) -> str:
        """SQL of a cell as text; an empty text, or a column that is not there, is NULL."""
        column = self._columns.get(name.lower())
        if column is None:
            return NO_TEXT
        if is_nested(column.type):
            return f"CAST(to_json({column.sql}) AS VARCHAR)"
        if column.type.upper() == "VARCHAR":
            return f"nullif(trim({column.sql}), '')"
        return f"CAST({column.sql} AS VARCHAR)"

    def field(self, name: str, key: str) -> str:
        """SQL of a member of a nested cell, as text: of a struct, of JSON text, or of a column
        of its own (`name.key` or `name_key`)."""
        for flat in (f"{name}.{key}", f"{name}_{key}"):
            if self.has(flat):
                return self.text(flat)
        if not self.has(name):
            return NO_TEXT
        path = literal("$." + key)
        return f"nullif(json_extract_string({self.json(name)}, {path}), '')"

    def json(self, name: str) -> str:
        """SQL of a nested cell as JSON; NULL where its text is none."""
        return f"TRY_CAST({self.text(name)} AS JSON)"

    def tags(self, name: str) -> str:
        """SQL of a cell that holds a map, as MAP(VARCHAR, VARCHAR); NULL where it holds none."""
        column = self._columns.get(name.lower())
        if column is None:
            return "CAST(NULL AS MAP(VARCHAR, VARCHAR))"
        if column.type.upper().startswith("MAP"):
            return f"CAST({column.sql} AS MAP(VARCHAR, VARCHAR))"
        return json_map_sql(self.text(name))

    def money(self, name: str) -> str:
        """SQL of an amount or quantity, exact as DECIMAL(38,21); NULL where it is none."""
        column = self._columns.get(name.lower())
        return NO_MONEY if column is None else money_sql(column.sql, column.type)

    def unfit(self, name: str) -> str:
        """SQL condition: a value is there that the ledger cannot hold exactly."""
        column = self._columns.get(name.lower())
        return "false" if column is None else money_unfit_sql(column.sql, column.type)

    def time(self, name: str) -> str:
        """SQL of a moment as TIMESTAMP in UTC; a text without a zone is taken to be UTC."""
        column = self._columns.get(name.lower())
        return NO_TIME if column is None else time_sql(column.sql, column.type)

    def flag(self, name: str) -> str:
        """SQL of a truth value, however it is spelled; NULL where it is none."""
        return f"TRY_CAST({self.text(name)} AS BOOLEAN)"


def is_nested(duckdb_type: str) -> bool:
    """Whether the type is a struct, a map or a list."""
    kind = duckdb_type.upper()
    return kind.startswith(("STRUCT", "MAP")) or kind.endswith("]")


def time_sql(expression: str, duckdb_type: str) -> str:
    """SQL of a moment as TIMESTAMP in UTC, from a text or a time of any kind."""
    kind = duckdb_type.upper()
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"({expression} AT TIME ZONE 'UTC')"
    if kind != "VARCHAR":
        return f"TRY_CAST({expression} AS TIMESTAMP)"
    # The engine drops the zone of a text that it casts to TIMESTAMP, and does not know +0000.
    # A date ends in -01 too: only what has a time before it is a zone.
    zone = f"regexp_extract(substr({expression}, 12), {literal(_ZONE)}, 1)"
    bare = f"rtrim(left({expression}, length({expression}) - length({zone})))"
    hours = f"TRY_CAST(substr({zone}, 2, 2) AS INTEGER)"
    minutes = f"coalesce(TRY_CAST(right(replace({zone}, ':', ''), 2) AS INTEGER), 0)"
    offset = (
        f"CASE WHEN length({zone}) < 3 THEN 0 ELSE "
        f"CASE WHEN left({zone}, 1) = '-' THEN -1 ELSE 1 END * ({hours} * 60 + "
        f"CASE WHEN length({zone}) > 3 THEN {minutes} ELSE 0 END) END"
    )
    return (
        f"CASE WHEN length({expression}) > 11 AND {zone} <> '' "
        f"THEN TRY_CAST({bare} AS TIMESTAMP) - to_minutes({offset}) "
        f"ELSE TRY_CAST({expression} AS TIMESTAMP) END"
    )
