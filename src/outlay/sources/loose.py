"""Files that lie loose at a location: which folder is one feed, which file is one alone."""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.tabular import Header, is_tabular, peek

_DIGITS = re.compile(r"\d+")
_ENDINGS = re.compile(r"(\.(csv|gz|zip|parquet|snappy))+$", re.IGNORECASE)
_PACKINGS = re.compile(r"(\.(csv|json|jsonl|ndjson|gz|zip|parquet|snappy))+$", re.IGNORECASE)
_RUN_FOLDERS = (
    re.compile(r"(?:^|/)(BILLING_PERIOD=\d{4}-\d{2})/([^/]+)/[^/]+$"),
    re.compile(r"(?:^|/)(\d{8}-\d{8})/([^/]+)/[^/]+$"),
)


class HalfWrittenError(SourceError):
    """An export that is being written, or was cut off: the same call may succeed later."""

    retryable = True


def claimed(
    transport: Transport, files: Sequence[FileRef], wanted: Callable[[Header], bool]
) -> list[FileRef]:
    """The tabular files whose header is wanted.

    Parts of one folder whose names differ by digits alone have one header: the first is read
    for all. Files that cannot be read are not claimed.
    """
    verdicts: dict[str, bool] = {}
    found = []
    for file in files:
        if not is_tabular(file.path):
            continue
        pattern = _DIGITS.sub("#", file.path)
        if pattern not in verdicts:
            try:
                verdicts[pattern] = wanted(peek(transport, file))
            except SourceError:
                verdicts[pattern] = False
        if verdicts[pattern]:
            found.append(file)
    return found


def roots(files: Sequence[FileRef], claims: Sequence[FileRef]) -> list[str]:
    """The highest folders whose bill files are all claimed, else the claimed files themselves.

    An empty text is the location as a whole; a location that is a file has the file as root.
    """
    mine = {file.path for file in claims}
    strangers: dict[str, bool] = defaultdict(bool)
    for file in files:
        for folder in _folders(file.path):
            strangers[folder] |= is_tabular(file.path) and file.path not in mine
    found = {
        next((folder for folder in _folders(path) if not strangers[folder]), path)
        for path in sorted(mine)
    }
    if len(files) == 1 and files[0].path in mine and "/" not in files[0].path:
        return [files[0].path]
    return sorted(found)


def below(files: Sequence[FileRef], root: str) -> list[FileRef]:
    """The files at or below a root."""
    clean = root.strip("/")
    return [
        file
        for file in files
        if not clean or file.path == clean or file.path.startswith(clean + "/")
    ]


def feed_name(transport: Transport, root: str) -> str:
    """What a loose feed is called: its file's or folder's name, endings off."""
    last = PurePosixPath(root or transport.location.rstrip("/")).name
    bare = _ENDINGS.sub("", last)
    return bare or last or "bill"


def refuse_several_runs(files: Sequence[FileRef]) -> None:
    """Raise SourceError where two runs of one period lie side by side without a manifest.

    Adding them up would count the period twice.
    """
    runs: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for pattern in _RUN_FOLDERS:
            if match := pattern.search(file.path):
                runs[file.path[: match.end(1)]].add(match[2])
    for period, names in sorted(runs.items()):
        if len(names) > 1:
            raise SourceError(
                f"{period} holds {len(names)} runs of one period ({', '.join(sorted(names))}) and "
                "no manifest says which one is current. Point to the export's own folder, which "
                "has its manifests, or to one run."
            )


def refuse_packings(files: Sequence[FileRef], where: str) -> None:
    """Raise SourceError where files of one name differ by their endings alone (`bill.csv` beside
    `bill.parquet` or `bill.csv.gz`): they are one table, whose rows would be counted again."""
    names: dict[str, list[str]] = defaultdict(list)
    for file in files:
        names[_PACKINGS.sub("", file.path)].append(file.path)
    for paths in names.values():
        if len(paths) > 1:
            raise SourceError(
                f"{where} holds one table in {len(paths)} packings ({', '.join(sorted(paths))}), "
                "whose rows would be counted again: keep one of them there, or point to one file."
            )


def _folders(path: str) -> list[str]:
    """Every folder above a file, the location itself (empty text) first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in range(len(parts) + 1)]
