"""Cells of JSON records by the vendor's name; NULL where no record of the delivery has it."""

from collections.abc import Mapping
from dataclasses import dataclass

from outlay.focus.sql import literal
from outlay.sources.ai.usage import WHOLE
from outlay.sources.contract import RawColumn


@dataclass(frozen=True)
class Cells:
    """SQL of the raw columns of a delivery, all of them text."""

    columns: Mapping[str, RawColumn]

    def has(self, name: str) -> bool:
        """Whether any record has it."""
        return name in self.columns

    def text(self, *names: str) -> str:
        """SQL of a cell as text; of several names, the first that is there and filled."""
        found = [f"nullif({self.columns[n].sql}, '')" for n in names if n in self.columns]
        if not found:
            return "CAST(NULL AS VARCHAR)"
        return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"

    def count(self, *names: str) -> str:
        """SQL of a whole number; NULL where absent, no number or a fraction of one."""
        return f"TRY_CAST({self.text(*names)} AS {WHOLE})" if any(map(self.has, names)) else "NULL"

    def counted(self, *names: str) -> str:
        """As `count`, 0 where there is none."""
        return f"coalesce({self.count(*names)}, CAST(0 AS {WHOLE}))"

    def unix(self, name: str) -> str:
        """SQL of a TIMESTAMP (UTC) from seconds since 1970."""
        return f"make_timestamp(TRY_CAST({self.text(name)} AS BIGINT) * 1000000)"

    def iso(self, *names: str) -> str:
        """SQL of a TIMESTAMP (UTC) from ISO 8601 text; without a zone it is UTC."""
        text = self.text(*names)
        # The engine's cast to TIMESTAMP leaves an offset out of account.
        zone = f"regexp_matches(substr({text}, 12), '[+-]\\d\\d(:?\\d\\d)?$')"
        zoned = f"TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
        return f"CASE WHEN {zone} THEN {zoned} ELSE TRY_CAST({text} AS TIMESTAMP) END"


def tags(values: Mapping[str, str]) -> str:
    """SQL of a MAP of the values (key → SQL of text) that are there."""
    entries = ", ".join(
        f"CASE WHEN {sql} IS NOT NULL THEN {{'key': {literal(key)}, 'value': {sql}}} END"
        for key, sql in values.items()
    )
    return f"map_from_entries(list_filter([{entries}], lambda entry: entry IS NOT NULL))"
