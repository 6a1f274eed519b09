"""The header of a bill file, read without an engine.

Engines fold the case of column names, guess delimiters from rows and give up on a broken file
with words of their own. Bills need the names exactly as the vendor spelled them
(`resourceTags/user:team` beside `resourceTags/user:TEAM` is real), so that rows are read by
position and errors say what is wrong with which file.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO, Literal, cast

import pyarrow as pa
import pyarrow.parquet as pq

from outlay.sources.contract import FileRef, SourceError, Transport, TransportError

TABULAR_ENDINGS = (".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet", ".gz")
DELIMITERS = (",", ";", "\t", "|")
QUOTE = '"'

# A CUR header of 1,500 columns is about 60 KB: a first row that does not end within this is no
# header.
_SAMPLE_BYTES = 1 << 20
_ALLOWED = "a CSV file (plain, .gz or .zip) or a Parquet file"


@dataclass(frozen=True)
class Header:
    """What the first bytes of a bill file say.

    `columns` are spelled as in the file, byte order mark removed; a column without a name is
    `column_N` (N from 1). `delimiter` and `quote` are empty for Parquet. `encoding` is the name
    that DuckDB's CSV reader takes (`utf-8`, `utf-16`, `latin-1`). `members` are the CSV files
    inside a zip, in order; the header is the first one's.
    """

    format: Literal["csv", "parquet", "json"]
    columns: tuple[str, ...]
    delimiter: str = ""
    quote: str = ""
    compression: Literal["gzip", "zip"] | None = None
    encoding: str = "utf-8"
    members: tuple[str, ...] = ()


class _SameForCache:
    """A transport that is equal to any other, so that a cache goes by location and file."""

    def __init__(self, value: Transport) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SameForCache)

    def __hash__(self) -> int:
        return 0


def is_tabular(path: str) -> bool:
    """Whether a file of this name may be a bill: the ending alone, content decides later."""
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(TABULAR_ENDINGS) and not name.startswith((".", "_"))


def read_header(stream: BinaryIO, name: str) -> Header:
    """Read the header of the file `name`; its content decides the format, not its ending.

    Needs a seekable stream. Raises SourceError when the file is empty, cut short, no table, or
    names a column twice in the same spelling (names that differ by case alone are fine).
    """
    stream.seek(0)
    magic = stream.read(4)
    stream.seek(0)
    if not magic:
        raise SourceError(
            f"{name} is empty (0 bytes); expected {_ALLOWED} with a header row. "
            "Check that the export finished and fetch the file again."
        )
    if magic == b"PAR1":
        return _parquet_header(stream, name)
    if magic.startswith(b"PK\x03\x04") or magic.startswith(b"PK\x05\x06"):
        return _zip_header(stream, name)
    if magic.startswith(b"\x1f\x8b"):
        return _csv_header(_gunzipped_sample(stream, name), name, "gzip")
    return _csv_header(stream.read(_SAMPLE_BYTES), name, None)


@lru_cache(maxsize=4096)
def _peeked(location: str, file: FileRef, transport: _SameForCache) -> Header | SourceError:
    try:
        with transport.value.open(file.path) as stream:
            return read_header(stream, file.path)
    except SourceError as error:
        return error


def peek(transport: Transport, file: FileRef) -> Header:
    """The header of a file at a location, read once however many sources ask for it.

    Raises SourceError as `read_header`, TransportError when the file cannot be opened.
    """
    header = _peeked(transport.location, file, _SameForCache(transport))
    if isinstance(header, TransportError):
        _peeked.cache_clear()  # the next call may reach it
    if isinstance(header, SourceError):
        raise header
    return header


def zip_members(stream: BinaryIO, name: str) -> list[str]:
    """The names of the CSV files inside a zip, in its own order; SourceError if there is none."""
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
    except zipfile.BadZipFile as error:
        raise _cut_short(name, "zip archive", error) from error
    members = [info.filename for info in infos if not info.is_dir() and _is_member(info.filename)]
    if not members:
        found = ", ".join(info.filename for info in infos[:5]) or "nothing"
        raise SourceError(
            f"{name} is a zip archive without a CSV file; it holds {found}. "
            "Expected one or more .csv members; load the files it holds instead."
        )
    return members


def _is_member(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.lower().endswith(".csv") and not name.startswith("__MACOSX/") and last[0] != "."


def _zip_header(stream: BinaryIO, name: str) -> Header:
    members = zip_members(stream, name)
    stream.seek(0)
    first = f"{name}!{members[0]}"
    try:
        with zipfile.ZipFile(stream) as archive, archive.open(members[0]) as member:
            sample = member.read(_SAMPLE_BYTES)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise _cut_short(name, "zip archive", error) from error
    header = _csv_header(sample, first, "zip")
    return Header(
        "csv",
        header.columns,
        header.delimiter,
        header.quote,
        "zip",
        header.encoding,
        tuple(members),
    )


def _gunzipped_sample(stream: BinaryIO, name: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=stream) as unzipped:
            return unzipped.read(_SAMPLE_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _cut_short(name, "gzip file", error) from error


def _cut_short(name: str, kind: str, error: Exception) -> SourceError:
    return SourceError(
        f"{name} is a {kind} that is cut short or damaged ({error}). "
        "Expected a whole file; fetch it again from where it was exported."
    )


def _parquet_header(stream: BinaryIO, name: str) -> Header:
    try:
        schema = pq.read_schema(stream)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{name} begins like Parquet, but its footer cannot be read ({error}). "
            "Expected a whole Parquet file; fetch it again from where it was exported."
        ) from error
    columns = _checked_names([str(column) for column in schema.names], name)
    return Header("parquet", columns)


def _csv_header(sample: bytes, name: str, compression: Literal["gzip", "zip"] | None) -> Header:
    text, encoding = _decoded(sample, name)
    if not text.strip():
        raise SourceError(
            f"{name} is empty: it has no header row. Expected {_ALLOWED}. "
            "Check that the export finished and fetch the file again."
        )
    if text.lstrip()[0] in "{[<":
        raise _no_table(name, f"it begins with {text.lstrip()[:20]!r}")
    delimiter = _delimiter(text, name)
    columns = _first_row(text, delimiter, name)
    return Header("csv", _checked_names(columns, name), delimiter, QUOTE, compression, encoding)


def _decoded(sample: bytes, name: str) -> tuple[str, str]:
    """The text without its byte order mark, and its encoding as the engine names it."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        even = sample[: len(sample) // 2 * 2]
        return even.decode("utf-16", errors="ignore").lstrip("\ufeff"), "utf-16"
    if b"\x00" in sample[:4096]:
        raise _no_table(name, "it holds binary data")
    try:
        return sample.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(sample) - 4:  # the sample ends inside a character
            return sample[: error.start].decode("utf-8-sig"), "utf-8"
    return sample.decode("latin-1"), "latin-1"


def _delimiter(text: str, name: str) -> str:
    """The delimiter that the first row holds most often outside quotes."""
    counts: Counter[str] = Counter()
    inside = False
    for character in text:
        if character == QUOTE:
            inside = not inside
        elif inside:
            continue
        elif character in "\r\n":
            if counts or not inside:
                break
        elif character in DELIMITERS:
            counts[character] += 1
    if not counts:
        raise _no_table(name, f"its first line is {text.splitlines()[0][:60]!r}, a single column")
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])


def _first_row(text: str, delimiter: str, name: str) -> list[str]:
    rows = cast(
        "Iterator[list[str]]",
        csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=QUOTE),
    )
    try:
        return [column.strip() for column in next(rows)]
    except (csv.Error, StopIteration) as error:
        raise _no_table(name, f"its first row cannot be split into columns ({error})") from error


def _no_table(name: str, found: str) -> SourceError:
    return SourceError(
        f"{name} is no table: {found}. Expected {_ALLOWED} whose first row names the columns. "
        "Check that this is the bill itself and not a page, a manifest or an error message."
    )


def _checked_names(columns: list[str], name: str) -> tuple[str, ...]:
    """The names, those without one filled in; SourceError for a name that stands twice."""
    named = [column or f"column_{index}" for index, column in enumerate(columns, start=1)]
    twice = {column: count for column, count in Counter(named).items() if count > 1}
    if twice:
        places = "; ".join(
            f"{column!r} in columns "
            + ", ".join(str(at) for at, other in enumerate(named, start=1) if other == column)
            for column in twice
        )
        raise SourceError(
            f"{name} has a duplicate header: {places}. Every column must have its own name "
            "(names that differ by case are allowed). Export the file again, or remove the copy."
        )
    return tuple(named)
