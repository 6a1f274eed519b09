"""Which files below a location are a billing export, and of what shape."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import is_document
from outlay.sources.gcp_billing.columns import looks_like_export
from outlay.sources.gcp_billing.focus_view import looks_like_view
from outlay.sources.gcp_billing.records import first_row
from outlay.sources.loose import refuse_packings
from outlay.sources.tabular import is_tabular, peek

_DIGITS = re.compile(r"\d+")
_TABLE = re.compile(
    r"gcp_billing_export(_resource)?_v\d+_([0-9A-Za-z]{6}(?:[_-][0-9A-Za-z]{6}){2})"
)


@dataclass(frozen=True)
class Found:
    """A file of the export: its columns, and its shape in words."""

    file: FileRef
    columns: tuple[str, ...]
    shape: str


def find(transport: Transport, files: Sequence[FileRef]) -> list[Found]:
    """The files that are billing exports. Files of one folder whose names differ by digits alone
    are parts of one table, and the first is looked at for all; what cannot be read is left out."""
    looks: dict[str, Found | None] = {}
    found = []
    for file in files:
        if not (is_document(file.path) or is_tabular(file.path)):
            continue
        pattern = _DIGITS.sub("#", file.path)
        if pattern not in looks:
            try:
                looks[pattern] = look(transport, file)
            except SourceError:
                looks[pattern] = None
        one = looks[pattern]
        if one is not None:
            found.append(Found(file, one.columns, one.shape))
    return found


def look(transport: Transport, file: FileRef) -> Found | None:
    """What a file is; None when it is no billing export. Raises SourceError when it is unreadable
    as a table."""
    if is_document(file.path):
        row = first_row(transport, file)
        if row is None:
            return None
        columns, kind = tuple(row), "JSON"
    else:
        header = peek(transport, file)
        columns, kind = header.columns, "Parquet" if header.format == "parquet" else "CSV"
    if looks_like_view(columns):
        # As a table the view is a FOCUS file like any other.
        return Found(file, columns, "JSON of the FOCUS view") if kind == "JSON" else None
    if not looks_like_export(columns):
        return None
    dotted = any("." in name for name in columns) or kind == "Parquet"
    return Found(file, columns, kind if dotted else f"flattened {kind}")


def refuse_copies(found: Sequence[Found], where: str) -> None:
    """Raise SourceError where the files may hold the same rows twice: the export in two shapes or
    two packings, or the standard table beside the detailed one of the same account."""
    shapes: dict[str, list[str]] = defaultdict(list)
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    for one in found:
        path = one.file.path
        shapes[one.shape].append(path)
        if match := _TABLE.search(path):
            account = match[2].replace("_", "-").upper()
            tables[account]["detailed" if match[1] else "standard"] = path
    if len(shapes) > 1:
        listed = "; ".join(f"{shape}: {_few(paths)}" for shape, paths in sorted(shapes.items()))
        raise SourceError(
            f"{where} holds a billing export in {len(shapes)} shapes ({listed}). They may be the "
            "same rows, which would be counted again: load one of them, by pointing to its file "
            "or to a folder that holds one shape alone."
        )
    refuse_packings([one.file for one in found], where)
    for account, kinds in sorted(tables.items()):
        if len(kinds) > 1:
            raise SourceError(
                f"{where} holds the standard and the detailed export of the billing account "
                f"{account} ({kinds['standard']} and {kinds['detailed']}). Both have all its "
                "costs, which would be counted twice: load the detailed one alone."
            )


def _few(paths: Sequence[str]) -> str:
    names = [PurePosixPath(path).name for path in paths]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
