"""Dictionaries from files that people have anyway: a CSV with one row a key."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.allocation.model import DictionaryEntry, DictionarySpec
from outlay.app.errors import WorkspaceError
from outlay.resources.names import valid_name

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

LARGEST = 50 << 20
"""Bytes of the largest file that is read."""

_SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Imported:
    """What an import did to a dictionary: how many entries it has now, how many of them are new
    or say something else than before, and how many are gone."""

    resource: Resource
    entries: int
    added: int
    changed: int
    removed: int


def import_file(
    workspace: Workspace,
    path: Path,
    columns: Mapping[str, str],
    *,
    name: str = "",
    ignore_case: bool | None = None,
    author: str = "",
) -> Imported:
    """Make or renew a dictionary from a CSV file with a header.

    `columns` names the file's columns of ``key``, ``value`` and, where there are any, ``from``
    and ``until`` (UTC days, until exclusive); `name` defaults to the file's. A dictionary that is
    there keeps its title and description, and its case rule unless one is given; its entries are
    replaced whole. WorkspaceError says which line of the file is wrong; ResourceError when a key
    has two values at once.
    """
    entries = read_entries(_text(path), path.name, columns)
    wanted = valid_name(name or path.stem)
    before = workspace.resources.find("Dictionary", wanted)
    old = before.spec if before else DictionarySpec(entries=())
    assert isinstance(old, DictionarySpec)
    spec = {
        "title": old.title,
        "description": old.description,
        "ignore_case": old.ignore_case if ignore_case is None else ignore_case,
        "entries": entries,
    }
    saved = workspace.put_resource(
        "Dictionary", wanted, spec, author=author, note=f"imported from {path.name}"
    )
    assert isinstance(saved.spec, DictionarySpec)
    was, now = _by_key(old.entries), _by_key(saved.spec.entries)
    return Imported(
        saved,
        len(saved.spec.entries),
        len(now.keys() - was.keys()),
        sum(now[key] != was[key] for key in now.keys() & was.keys()),
        len(was.keys() - now.keys()),
    )


def read_entries(text: str, name: str, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries of a CSV text; see `import_file`. Empty rows are passed over."""
    header_line = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=header_line.count)
    rows = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    found: list[dict[str, Any]] = []
    try:
        header = [cell.strip() for cell in next(rows, [])]
        places = {part: _place(header, column, part, name) for part, column in columns.items()}
        for row in rows:
            if any(cell.strip() for cell in row):
                found.append(_entry(row, places, header, f"{name}, line {rows.line_num}"))
    except csv.Error as error:
        raise WorkspaceError(f"{name}, line {rows.line_num}: {error}", wrong_use=True) from None
    if not found:
        raise WorkspaceError(f"{name} has no entries below its header", wrong_use=True)
    return found


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise WorkspaceError(f"{path} is larger than {LARGEST >> 20} MiB", wrong_use=True)
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(
            f"{path} cannot be read as UTF-8 text: {error}", wrong_use=True
        ) from None


def _place(header: Sequence[str], column: str, part: str, name: str) -> int:
    if header.count(column) != 1:
        what = "twice" if column in header else "not there"
        raise WorkspaceError(
            f"{name}: the column {column!r} (for --{part}) is {what}. Columns: "
            f"{', '.join(header) or 'none'}.",
            wrong_use=True,
        )
    return header.index(column)


def _entry(
    row: Sequence[str], places: Mapping[str, int], header: Sequence[str], where: str
) -> dict[str, Any]:
    if len(row) != len(header):
        raise WorkspaceError(
            f"{where}: {len(row)} cells, but the header has {len(header)}", wrong_use=True
        )
    cells = {part: row[place].strip() for part, place in places.items()}
    for part in ("key", "value"):
        if not cells[part]:
            raise WorkspaceError(f"{where}: the {part} is empty", wrong_use=True)
    for part in ("from", "until"):
        if cells.get(part) and not _is_day(cells[part]):
            raise WorkspaceError(
                f"{where}: {cells[part]!r} is no day; write YYYY-MM-DD", wrong_use=True
            )
    return {part: cell for part, cell in cells.items() if cell}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _by_key(entries: Sequence[DictionaryEntry]) -> dict[str, list[DictionaryEntry]]:
    found: dict[str, list[DictionaryEntry]] = {}
    for entry in entries:
        found.setdefault(entry.key, []).append(entry)
    return found
