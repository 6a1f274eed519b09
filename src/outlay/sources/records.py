"""The records of exported tables in JSON: lines, a list, or an object that holds one list."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from outlay.sources.contract import SourceError
from outlay.sources.documents import read_document, read_lines

_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def table_records(stream: BinaryIO, name: str) -> Iterator[Mapping[str, object]]:
    """The rows of a table that was exported as JSON lines, or as one list of objects.

    Raises SourceError for anything else.
    """
    if name.lower().endswith(_LINES):
        yield from read_lines(stream, name)
        return
    try:
        document = read_document(stream, name)
    except SourceError:
        yield from read_lines(stream, name)  # some exports call JSON lines .json
        return
    rows = document if isinstance(document, list) else [document]
    for at, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise SourceError(f"{name}, record {at}, is no JSON object; export the table again")
        yield row
