"""How a file writes its dates: decided per file from all its rows, never row by row."""

from collections.abc import Mapping
from dataclasses import dataclass

from outlay.sources.contract import Raw, RawColumn, SourceError

_FORMATS = {
    "month first": ("%m/%d/%y", "%m/%d/%Y"),
    "day first": ("%d/%m/%y", "%d/%m/%Y"),
}
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")


@dataclass(frozen=True)
class DateFormats:
    """The date formats of a delivery's text columns.

    `slashed` gives per format (`month first`, `day first`) the files that write `4/1/25`; the
    others write ISO 8601. `offsets` says that some ISO times have a zone other than UTC,
    `odd` that some texts are neither.
    """

    slashed: Mapping[str, tuple[int, ...]]
    offsets: bool = False
    odd: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, raw: Raw, columns: Mapping[str, RawColumn], clean: Mapping[str, str]
    ) -> "DateFormats":
        """Ask the rows; `clean` are the cells' expressions. SourceError if a file mixes orders."""
        texts = [clean[name] for name, column in columns.items() if column.type == "VARCHAR"]
        if not texts:
            return cls({})
        # Of a column without any value, count_if is null.
        slash = " + ".join(f"coalesce(count_if(strpos({text}, '/') > 0), 0)" for text in texts)
        offset = " OR ".join(f"bool_or({_has_offset(text)})" for text in texts)
        odd = " OR ".join(f"bool_or(NOT {_is_iso(text)})" for text in texts)
        asked = raw.ask(f"SELECT _file, {slash}, {offset}, {odd} FROM raw GROUP BY 1 ORDER BY 1")
        slashed: dict[str, tuple[int, ...]] = {}
        notes = []
        for file, slashes, *_ in asked:
            if slashes:
                order = _order(raw, file, texts, clean.get("BillingPeriodStart"))
                slashed[order] = (*slashed.get(order, ()), file)
                notes.append(f"dates with slashes in file {file + 1} are read {order}")
        return cls(
            slashed, any(row[2] for row in asked), any(row[3] for row in asked), tuple(notes)
        )

    def sql(self, expression: str, duckdb_type: str) -> str:
        """SQL of the UTC TIMESTAMP of a cell; NULL where it is no date in its file's format."""
        kind = duckdb_type.upper()
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"({expression} AT TIME ZONE 'UTC')"
        if kind != "VARCHAR":
            return f"TRY_CAST({expression} AS TIMESTAMP)"
        iso = f"TRY_CAST({expression} AS TIMESTAMP)"
        if self.offsets:  # DuckDB drops the offset of a text that it casts to TIMESTAMP
            zoned = f"TRY_CAST({expression} AS TIMESTAMPTZ) AT TIME ZONE 'UTC'"
            iso = f"CASE WHEN {_has_offset(expression)} THEN {zoned} ELSE {iso} END"
        if self.odd:  # and takes 4/1/25 for a day of the year 4
            iso = f"CASE WHEN {_is_iso(expression)} THEN {iso} END"
        if not self.slashed:
            return iso
        cases = " ".join(
            f"WHEN _file IN ({', '.join(map(str, files))}) "
            f"THEN try_strptime({expression}, {_patterns(order)})"
            for order, files in self.slashed.items()
        )
        return f"CASE WHEN strpos({expression}, '/') > 0 THEN CASE {cases} END ELSE {iso} END"


def _is_iso(expression: str) -> str:
    return f"(substr({expression}, 5, 1) = '-' AND substr({expression}, 8, 1) = '-')"


def _has_offset(expression: str) -> str:
    """The text's time has a sign after it: a zone such as +02:00 (that of UTC included)."""
    time = f"substr({expression}, 12)"
    return f"(strpos({time}, '+') > 0 OR strpos({time}, '-') > 0)"


def _patterns(order: str) -> str:
    patterns = [date + time for date in _FORMATS[order] for time in _TIMES]
    return "[" + ", ".join(f"'{pattern}'" for pattern in patterns) + "]"


def _order(raw: Raw, file: int, texts: list[str], period_start: str | None) -> str:
    """Whether the month or the day comes first in a file's dates with slashes."""
    parts = ", ".join(
        f"max(TRY_CAST(split_part({text}, '/', {part}) AS INTEGER))"
        for part in (1, 2)
        for text in texts
    )
    (row,) = raw.ask(f"SELECT {parts} FROM raw WHERE _file = {file}")
    first = max((value for value in row[: len(texts)] if value), default=0)
    second = max((value for value in row[len(texts) :] if value), default=0)
    if first > 12 and second > 12:
        raise SourceError(
            f"file {file + 1} writes dates both as month/day/year and as day/month/year: its "
            f"first numbers go up to {first}, its second to {second}. Dates must be ISO 8601 "
            "(2026-10-01T00:00:00Z) or keep one order. Export the file again."
        )
    if first > 12:
        return "day first"
    if second > 12 or not period_start:
        return "month first"
    # Billing periods begin on the first: the number that is always 1 is the day.
    ((day_first, month_first),) = raw.ask(
        f"SELECT bool_and(split_part({period_start}, '/', 1) IN ('1', '01')), "
        f"bool_and(split_part({period_start}, '/', 2) IN ('1', '01')) FROM raw WHERE _file = {file}"
    )
    return "day first" if day_first and not month_first else "month first"
