"""Exports that are several tables of a vendor: which file holds which, and what is one feed."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import is_document, peek_document
from outlay.sources.tabular import is_tabular, peek

TableOf = Callable[[str, Sequence[str]], str]
"""(path, columns) → the vendor's table, or an empty text: `Source.table_of`."""

_DIGITS = re.compile(r"\d+")
_PARTS = 20  # fewer may be one table each: 1.csv, 2.csv
_ENDING = re.compile(
    r"\.(jsonl|ndjson|json|csv|snappy\.parquet|parquet)(\.gz|\.zip)?$", re.IGNORECASE
)
# Of one table in several formats, the first of these is read: text has every digit.
_FORMATS = ("jsonl", "ndjson", "json", "csv", "parquet", "snappy.parquet")


@dataclass(frozen=True)
class TableFile:
    """A file and the vendor's table that it holds."""

    file: FileRef
    table: str


def table_files(
    transport: Transport, files: Iterable[FileRef], table_of: TableOf
) -> list[TableFile]:
    """The files that hold a table of the vendor, by name and columns.

    Many files whose paths differ by digits alone are parts of one table: the first is read for
    all. Files that cannot be read hold none.
    """
    listed = list(files)
    alike = Counter(_DIGITS.sub("#", file.path) for file in listed)
    seen: dict[str, tuple[str, ...]] = {}
    found = []
    for file in listed:
        pattern = _DIGITS.sub("#", file.path)
        key = pattern if alike[pattern] >= _PARTS else file.path
        if key not in seen:
            seen[key] = _columns(transport, file)
        table = table_of(file.path, seen[key]) if seen[key] else ""
        if table:
            found.append(TableFile(file, table))
    return found


def feed_roots(files: Sequence[FileRef], claims: Sequence[TableFile]) -> list[str]:
    """The folders that are one feed each: as high as possible without a stranger's table below.

    Tables in folders beside each other (`usage/`, `prices/`) are one feed when nothing else is
    there. A location that is one file has the file as root.
    """
    mine = {claim.file.path for claim in claims}
    if len(files) == 1 and files[0].path in mine and "/" not in files[0].path:
        return [files[0].path]
    strangers: set[str] = set()
    for file in files:
        if file.path not in mine and is_tabular(file.path):
            strangers.update(_above(file.path))
    found = set()
    for path in sorted(mine):
        folders = [folder for folder in _above(path) if folder not in strangers]
        found.add(min(folders, key=len) if folders else _above(path)[-1])
    return sorted(found)


def one_format(claims: Sequence[TableFile]) -> tuple[list[TableFile], list[str]]:
    """The files with each table once, and a note for each that is the same in another format.

    Files of one folder and name that differ by their ending alone are one export: adding them up
    would count it twice.
    """
    by_name: dict[str, list[tuple[int, TableFile]]] = defaultdict(list)
    for claim in claims:
        match = _ENDING.search(claim.file.path)
        name = claim.file.path[: match.start()] if match else claim.file.path
        rank = _FORMATS.index(match[1].lower()) if match else len(_FORMATS)
        by_name[name].append((rank, claim))
    kept, notes = [], []
    for ranked in by_name.values():
        first, *others = sorted(ranked, key=lambda pair: (pair[0], pair[1].file.path))
        kept.append(first[1])
        notes += [
            f"{other.file.path} is {first[1].file.path} in another format: left out"
            for _, other in others
        ]
    return sorted(kept, key=lambda claim: claim.file.path), notes


def _above(path: str) -> list[str]:
    """Every folder above a file, the location itself (empty text) first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in range(len(parts) + 1)]


def _columns(transport: Transport, file: FileRef) -> tuple[str, ...]:
    try:
        if is_document(file.path):
            record = peek_document(transport, file)
            first = record[0] if isinstance(record, list) and record else record
            return tuple(map(str, first)) if isinstance(first, dict) else ()
        return peek(transport, file).columns if is_tabular(file.path) else ()
    except SourceError:
        return ()
