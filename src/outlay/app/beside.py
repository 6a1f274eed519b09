"""What a spec in a resource file may name beside the file, read in before it is looked at.

A `Dictionary` may name a CSV file with its entries, a `Source` a YAML file for an option. What is
stored is the content: a changed file is a change that the next plan shows.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from outlay.app.errors import WorkspaceError
from outlay.resources import ResourceError

COLUMNS = ("key", "value", "from", "until")
"""Columns of a dictionary's CSV file; the first two must be there."""

_LARGEST = 50 << 20


def expand(kind: str, spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The spec with what it names in `folder` read in; see `outlay.resources.files.Expand`."""
    if kind == "Dictionary" and "file" in spec:
        return _dictionary(spec, folder)
    if kind == "Source" and isinstance(spec.get("options"), dict):
        return _source(spec, folder)
    return spec


def _dictionary(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "entries" in spec:
        raise ResourceError("a dictionary has either entries or a file with them, not both")
    path = folder / str(spec["file"])
    try:
        if path.stat().st_size > _LARGEST:
            raise ResourceError(f"file: {path} is larger than {_LARGEST >> 20} MiB")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ResourceError(f"file: {path} cannot be read as UTF-8 text: {error}") from None
    rest = {key: value for key, value in spec.items() if key != "file"}
    return rest | {"entries": dictionary_entries(text, str(path))}


def dictionary_entries(text: str, name: str) -> list[dict[str, str]]:
    """The entries of a CSV text with a header: key, value and, where they are, from and until
    (YYYY-MM-DD; until is exclusive). ResourceError names the line."""
    rows = csv.reader(io.StringIO(text))
    header = [cell.strip().lower() for cell in next(rows, [])]
    missing = [column for column in COLUMNS[:2] if column not in header]
    unknown = [column for column in header if column not in COLUMNS]
    if missing or unknown:
        raise ResourceError(
            f"{name}: "
            + (
                f"the column {missing[0]!r} is missing"
                if missing
                else f"unknown column {unknown[0]!r}"
            )
            + f". Allowed: {', '.join(COLUMNS)} (from and until may be left out)."
        )
    entries = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            raise ResourceError(
                f"{name}, line {rows.line_num}: {len(row)} cells, but the header has {len(header)}"
            )
        cells = {column: cell.strip() for column, cell in zip(header, row, strict=True)}
        for column in COLUMNS[:2]:
            if not cells[column]:
                raise ResourceError(f"{name}, line {rows.line_num}: the {column} is empty")
        entries.append({column: cell for column, cell in cells.items() if cell})
    return entries


def _source(spec: dict[str, Any], folder: Path) -> dict[str, Any]:
    from outlay.app.options import with_files_read
    from outlay.sources.registry import SOURCES

    kind, options = str(spec.get("kind", "")), dict(spec["options"])
    if kind not in SOURCES:
        return spec
    for name, field in SOURCES[kind].Options.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and extra.get("file") and isinstance(options.get(name), str):
            options[name] = str(folder / options[name])
    try:
        return {**spec, "options": with_files_read(kind, options)}
    except WorkspaceError as error:
        raise ResourceError(f"options: {error}") from None
