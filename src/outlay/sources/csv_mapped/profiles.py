"""What the values of a column look like: numbers, dates, currencies, JSON objects."""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.focus.currencies import is_currency
from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.csv_mapped.forms import (
    ISO,
    NUMBERS,
    SYMBOLS,
    currency_of,
    parse_date,
    parse_number,
)
from outlay.sources.tabular import Header, peek

SAMPLE_ROWS = 2000
_DAYS = (
    "DD.MM.YYYY", "DD.MM.YY", "MM/DD/YYYY", "DD/MM/YYYY", "MM/DD/YY", "DD/MM/YY", "YYYY/MM/DD",
    "DD-MM-YYYY", "MM-DD-YYYY", "YYYYMMDD", "DD MMM YYYY", "DD-MMM-YYYY", "DD MMMM YYYY",
    "MMM DD, YYYY", "MMMM DD, YYYY", "YYYY.MM.DD",
)  # fmt: skip
_TIMES = ("", " HH:mm", " HH:mm:ss", " hh:mm AM", ", HH:mm")
_MONTHS = ("YYYY-MM", "MM/YYYY", "MM.YYYY", "YYYY/MM", "MMM YYYY", "MMMM YYYY", "YYYYMM")
FORMS = (ISO, *(day + time for day in _DAYS for time in _TIMES), *_MONTHS)
_MOST = 98  # per cent of the values that must have a form


@dataclass(frozen=True)
class Profile:
    """One column of the sample.

    `numbers` are the forms that all its values have, the likeliest first; `dates` likewise, and
    `others` those of them that read some value differently. `currencies` are codes that its
    values are, or have beside a number.
    """

    name: str
    filled: int
    rows: int
    distinct: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    is_currency: bool = False
    currencies: tuple[str, ...] = ()
    is_json: bool = False

    @property
    def example(self) -> str:
        """A value of it."""
        return self.distinct[0] if self.distinct else ""


@dataclass(frozen=True)
class Sample:
    """The beginning of a table: its header, up to `SAMPLE_ROWS` rows, and the columns' profiles.

    Cells are text; a row may be shorter than the header.
    """

    header: Header
    rows: tuple[tuple[str, ...], ...]
    profiles: tuple[Profile, ...]

    def column(self, name: str) -> list[str]:
        """The values of a column, empty where there is none."""
        at = self.header.columns.index(name)
        return [row[at] if at < len(row) else "" for row in self.rows]


def sample(transport: Transport, file: FileRef) -> Sample:
    """Read the beginning of a table. Raises SourceError when it is none or has no rows."""
    header = peek(transport, file)
    with transport.open(file.path) as stream:
        rows = tuple(_rows(stream, header))
    if not rows:
        raise SourceError(f"{file.path} has a header and no rows; there is nothing to look at")
    profiles = []
    for at, name in enumerate(header.columns):
        profiles.append(profile(name, [row[at] if at < len(row) else "" for row in rows]))
    return Sample(header, rows, tuple(profiles))


def profile(name: str, values: Iterable[str]) -> Profile:
    """What a column's values look like."""
    every = [value.strip() for value in values]
    filled = [value for value in every if value]
    distinct = tuple(dict.fromkeys(filled))
    codes = {value for value in distinct if is_currency(value) or value in SYMBOLS}
    numbers = _numbers(distinct)
    beside = {code for value in distinct if (code := currency_of(value))} if numbers else set()
    return Profile(
        name,
        len(filled),
        len(every),
        distinct,
        numbers=numbers,
        dates=() if numbers and not _eight_digits(distinct) else _dates(distinct),
        is_currency=bool(distinct) and len(codes) == len(distinct),
        currencies=tuple(sorted(codes if len(codes) == len(distinct) else beside)),
        is_json=bool(distinct) and all(_is_object(value) for value in distinct[:50]),
    )


def readings(values: Iterable[str], forms: Iterable[str]) -> dict[str, list[Any]]:
    """Form → what it makes of each value, for number or date forms."""
    return {form: [_read(value, form) for value in values] for form in forms}


def _read(value: str, form: str) -> Decimal | datetime | None:
    if form in NUMBERS:
        return parse_number(value, NUMBERS[form])
    found = parse_date(value, form)
    return found.replace(tzinfo=None) if found else None


def _numbers(values: tuple[str, ...]) -> tuple[str, ...]:
    return _fitting(values, NUMBERS)


def _dates(values: tuple[str, ...]) -> tuple[str, ...]:
    found = _fitting(values[:200], FORMS)
    return tuple(form for form in found if _most(values, form)) if found else ()


def _fitting(values: tuple[str, ...], forms: Iterable[str]) -> tuple[str, ...]:
    return tuple(form for form in forms if values and _most(values, form))


def _most(values: tuple[str, ...], form: str) -> bool:
    read = sum(_read(value, form) is not None for value in values)
    return read * 100 >= len(values) * _MOST


def _eight_digits(values: tuple[str, ...]) -> bool:
    """YYYYMMDD and YYYYMM look like numbers."""
    return all(value.isdigit() and len(value) in (6, 8) and value[:2] == "20" for value in values)


def _is_object(value: str) -> bool:
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _rows(stream: BinaryIO, header: Header) -> Iterator[tuple[str, ...]]:
    if header.format == "parquet":
        yield from _parquet_rows(stream)
        return
    if header.compression == "gzip":
        with gzip.GzipFile(fileobj=stream) as packed:
            yield from _csv_rows(packed, header)
    elif header.compression == "zip":
        with zipfile.ZipFile(stream) as archive, archive.open(header.members[0]) as member:
            yield from _csv_rows(member, header)
    else:
        yield from _csv_rows(stream, header)


def _csv_rows(stream: Any, header: Header) -> Iterator[tuple[str, ...]]:
    encoding = "utf-8-sig" if header.encoding == "utf-8" else header.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=header.delimiter, quotechar=header.quote)
    next(reader)
    for row in reader:
        if any(cell.strip() for cell in row):
            yield tuple(row)
        if reader.line_num > SAMPLE_ROWS:
            return


def _parquet_rows(stream: BinaryIO) -> Iterator[tuple[str, ...]]:
    batch = next(pq.ParquetFile(pa.PythonFile(stream)).iter_batches(SAMPLE_ROWS), None)
    for row in batch.to_pylist() if batch is not None else []:
        yield tuple("" if value is None else str(value) for value in row.values())
