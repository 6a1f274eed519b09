"""The layout of Azure's exports, and the run of each billing period that is current.

    <root>/<export>/<yyyymmdd>-<yyyymmdd>/[<yyyymmddhhmm>/]<run id>/manifest.json
    <root>/<export>/<yyyymmdd>-<yyyymmdd>/[<yyyymmddhhmm>/]<run id>/part_N_0001.csv[.gz]

Each run holds the whole period up to its day: the newest one by `submittedTime` counts, and the
others must not be added to it. The manifest is written last; a run without it is being written.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from outlay.money import BillingPeriod
from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.documents import peek_document
from outlay.sources.loose import HalfWrittenError
from outlay.sources.tabular import is_tabular

ACTUAL, AMORTIZED, FOCUS = "ActualCost", "AmortizedCost", "FocusCost"
_TYPES = {"actualcost": ACTUAL, "usage": ACTUAL, "amortizedcost": AMORTIZED, "focuscost": FOCUS}

_MANIFESTS = ("manifest.json", "_manifest.json")
_PERIOD = re.compile(r"^(?P<root>(?:.*/)?)(?P<from>\d{8})-(?P<to>\d{8})(?:/.*)?$")
_UNFINISHED = re.compile(r"^(?P<period>(?:.*/)?\d{8}-\d{8})/(?P<run>.+)/[^/]+$")
_SCOPE = re.compile(r"/providers/microsoft\.costmanagement/.*$", re.IGNORECASE)


@dataclass(frozen=True)
class Run:
    """One run of an export: its folder, its manifest, and what that says.

    `first` and `last` are the days that it covers, both inclusive; `submitted` sorts by time.
    """

    folder: str
    manifest: FileRef
    root: str
    name: str
    type: str
    scope: str
    first: date
    last: date
    submitted: str
    id: str
    rows: int | None
    blobs: tuple[tuple[str, int | None], ...]

    @property
    def period(self) -> BillingPeriod | None:
        """The billing period that it holds from its first day on; None if it holds several.

        Raises SourceError for a run that begins within a month, such as the last seven days.
        """
        if self.first.day != 1 or self.last < self.first:
            raise SourceError(
                f"{self.manifest.path} says that its run covers {self.first} to {self.last}: a "
                "run must begin on the first of a month, so that a newer one can replace it. "
                "Export the month to date (daily) or the last month (monthly) instead."
            )
        period = BillingPeriod.of(self.first)
        return period if period == BillingPeriod.of(self.last) else None


@dataclass(frozen=True)
class Export:
    """One export at a location: `root` is the folder that holds its periods."""

    root: str
    name: str
    type: str
    scope: str
    runs: tuple[Run, ...] = field(default=())

    @property
    def label(self) -> str:
        """How a user names it: its folder, or its own name where it is the whole location."""
        return self.root or self.name

    def answers(self, name: str) -> bool:
        """Whether the user's name means this export."""
        return name.strip("/").lower() in {
            self.name.lower(),
            self.root.lower(),
            self.root.rpartition("/")[2].lower(),
        } - {""}


def exports(transport: Transport, files: Sequence[FileRef]) -> list[Export]:
    """The cost exports among the files, by root: those with at least one whole manifest."""
    runs = [run for file in files if (run := _run(transport, file))]
    owners: dict[tuple[str, str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: (len(run.root), run.root, run.folder)):
        key = (run.root, run.name.lower(), run.type)
        if run.root == run.folder:  # no folder of a period: part of the export above it, if any
            key = next(
                (
                    other
                    for other in owners
                    if other[1:] == key[1:] and _below(run.folder, other[0])
                ),
                key,
            )
        owners.setdefault(key, []).append(run)
    return [
        Export(root, held[0].name, kind, held[0].scope, tuple(held))
        for (root, _, kind), held in sorted(owners.items())
    ]


def current_runs(export: Export) -> dict[BillingPeriod | None, Run]:
    """The newest run of each period of an export; runs of several months under None.

    Raises SourceError when two such long runs would overlap.
    """
    current: dict[BillingPeriod | None, Run] = {}
    for run in export.runs:
        period = run.period
        other = current.get(period)
        if period is None and other and (other.first, other.last) != (run.first, run.last):
            raise SourceError(
                f"{other.folder} and {run.folder} are runs of several months each; offer each as "
                "a location of its own, or export one month at a time"
            )
        if other is None or (run.submitted, run.id) > (other.submitted, other.id):
            current[period] = run
    return current


def parts(run: Run, files: Mapping[str, FileRef]) -> list[FileRef]:
    """The files that the manifest names. Raises HalfWrittenError when one is not there or has
    another size."""
    found = []
    for name, size in run.blobs:
        file = _find(name, run.folder, files)
        if file is None:
            raise HalfWrittenError(
                f"half-written export: {run.manifest.path} names {name}, which is not there. "
                "Every part must have arrived. Sync again when the export has finished, or copy "
                "the missing part."
            )
        if size and size != file.size:
            raise HalfWrittenError(
                f"half-written export: {file.path} has {file.size} bytes, {run.manifest.path} "
                f"says {size}. Sync again when the export has finished, or copy the part again."
            )
        found.append(file)
    return sorted(found)


def unfinished(
    transport: Transport, files: Sequence[FileRef], known: Iterable[Export]
) -> dict[str, list[str]]:
    """Folder of a period → folders of its runs that hold parts and no manifest that can be read.

    Runs of datasets that are no bill (price sheets, reservation details) have their manifests and
    are left alone.
    """
    whole = {run.folder for export in known for run in export.runs}
    whole |= {
        _folder(file.path)
        for file in files
        if _is_manifest(file.path) and isinstance(peek_document(transport, file), dict)
    }
    found: dict[str, list[str]] = {}
    for file in files:
        match = _UNFINISHED.match(file.path)
        folder = _folder(file.path)
        if match and is_tabular(file.path) and folder not in whole:
            runs = found.setdefault(match["period"], [])
            if folder not in runs:
                runs.append(folder)
    return found


def _run(transport: Transport, file: FileRef) -> Run | None:
    """What a manifest says, None when the file is no manifest of a cost export."""
    if not _is_manifest(file.path):
        return None
    document = peek_document(transport, file)
    if not isinstance(document, dict) or not isinstance(document.get("blobs"), list):
        return None
    config, info = _part(document, "exportConfig"), _part(document, "runInfo")
    kind = _TYPES.get(str(config.get("type", "")).lower())
    if kind is None:
        return None
    folder = _folder(file.path)
    match = _PERIOD.match(folder)
    first = _day(info.get("startDate")) or _day(match and match["from"])
    last = _day(info.get("endDate")) or _day(match and match["to"])
    if first is None or last is None:
        raise SourceError(
            f"{file.path} does not say which days its run covers (runInfo.startDate, endDate), "
            "nor does its folder (yyyymmdd-yyyymmdd). Run the export again."
        )
    if last.day == 1 and last > first:  # an exclusive end
        last -= timedelta(days=1)
    rows = document.get("dataRowCount")
    resource = str(config.get("resourceId") or "")
    return Run(
        folder=folder,
        manifest=file,
        root=match["root"].rstrip("/") if match else folder,
        name=str(config.get("exportName") or resource.rpartition("/")[2] or "export"),
        type=kind,
        scope=_SCOPE.sub("", resource).lower(),
        first=first,
        last=last,
        submitted=str(info.get("submittedTime") or "").rstrip("Z"),
        id=str(info.get("runId") or folder.rpartition("/")[2]),
        rows=rows if isinstance(rows, int) else None,
        blobs=tuple(_blobs(document["blobs"], file.path)),
    )


def _blobs(blobs: Sequence[Any], path: str) -> Iterable[tuple[str, int | None]]:
    for blob in blobs:
        if not isinstance(blob, dict) or not isinstance(blob.get("blobName"), str):
            raise SourceError(f"{path} names a part in a way that is not known: {blob!r}")
        size = blob.get("byteCount")
        yield blob["blobName"], size if isinstance(size, int) else None


def _find(name: str, folder: str, files: Mapping[str, FileRef]) -> FileRef | None:
    """The file of a blob's name: beside its manifest, else where the name's end leads (names
    begin with the container's folders, of which the location may be any)."""
    pieces = name.split("/")
    beside = f"{folder}/{pieces[-1]}" if folder else pieces[-1]
    if beside in files:
        return files[beside]
    ends = ("/".join(pieces[at:]) for at in range(len(pieces) - 1))
    return next((files[end] for end in ends if end in files), None)


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _day(text: object) -> date | None:
    said = str(text or "")[:10].replace("-", "")[:8]
    try:
        return date(int(said[:4]), int(said[4:6]), int(said[6:8]))
    except ValueError:
        return None


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2].lower() in _MANIFESTS


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _below(folder: str, root: str) -> bool:
    return not root or folder == root or folder.startswith(root + "/")
