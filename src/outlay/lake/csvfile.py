"""The records of a CSV file one by one: for explanations and for files with broken rows.

Rows on their way into the lake are read by the engine; this is the slow reader for single
records, which counts them as the engine does.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from outlay.sources.tabular import Header


def csv_rows(path: Path, header: Header) -> Iterator[list[str]]:
    """Every row of the file, the header first; a blank line is an empty list.

    Bytes that are no text in the file's encoding are replaced, never an error.
    """
    opener = gzip.open if header.compression == "gzip" else open
    encoding = "utf-8-sig" if header.encoding == "utf-8" else header.encoding
    with cast("IO[bytes]", opener(path, "rb")) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
        csv.field_size_limit(1 << 30)
        yield from csv.reader(text, delimiter=header.delimiter, quotechar=header.quote)


def csv_record(path: Path, header: Header, number: int) -> list[str] | None:
    """The record with this number (from 1, the header and blank lines not counted), or None."""
    at = -1
    for row in csv_rows(path, header):
        at += bool(row)
        if row and at == number:
            return row
    return None


def blank_lines(path: Path, header: Header, until: int) -> list[int]:
    """Which of the first `until` rows (from 1, the header counted) are blank lines."""
    found = []
    for at, row in enumerate(csv_rows(path, header), start=1):
        if at > until:
            break
        if not row:
            found.append(at)
    return found
