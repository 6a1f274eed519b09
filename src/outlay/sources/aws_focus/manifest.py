"""The layout of an AWS Data Export, and the run of each billing period that is current.

    <export>/metadata/BILLING_PERIOD=YYYY-MM/<export>-Manifest.json
    <export>/metadata/BILLING_PERIOD=YYYY-MM/<execution>/<export>-Manifest.json    (create new)
    <export>/data/BILLING_PERIOD=YYYY-MM/[<execution>/]<export>-NNNNN.…

The manifest beside the period's folder names the files of the current run. An export that
overwrites may leave parts of an earlier, longer run behind; one that creates new folders keeps
every run: only what the manifest names counts.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from outlay.money import BillingPeriod, PeriodError
from outlay.sources.contract import Delivery, FileRef, SourceError, Transport
from outlay.sources.loose import HalfWrittenError
from outlay.sources.tabular import is_tabular

_MANIFEST = re.compile(
    r"^(?P<root>.*?)/?metadata/BILLING_PERIOD=(?P<period>\d{4}-\d{2})/"
    r"(?:(?P<run>[^/]+)/)?(?P<export>[^/]+)-Manifest\.json$"
)
_DATA = re.compile(r"^(?P<root>.*?)/?data/BILLING_PERIOD=(?P<period>\d{4}-\d{2})/.+$")


@dataclass(frozen=True)
class Export:
    """One data export at a location: `root` is the folder that holds `data` and `metadata`.

    `manifests` are the current ones by period, `data` the bill files by period, `runs` the
    periods whose current manifest had to be chosen among those of the runs.
    """

    root: str
    name: str
    manifests: dict[str, FileRef] = field(default_factory=dict)
    data: dict[str, list[FileRef]] = field(default_factory=dict)
    guessed: frozenset[str] = frozenset()


def exports(files: Sequence[FileRef]) -> list[Export]:
    """The data exports among the files, by root: those with at least one manifest."""
    own: dict[str, dict[str, FileRef]] = {}
    of_runs: dict[str, dict[str, tuple[str, FileRef]]] = {}
    names: dict[str, str] = {}
    for file in files:
        if not (match := _MANIFEST.match(file.path)):
            continue
        root, period, run = match["root"], match["period"], match["run"]
        names.setdefault(root, match["export"])
        if run is None:
            own.setdefault(root, {})[period] = file
        else:
            newest = of_runs.setdefault(root, {})
            newest[period] = max(newest.get(period, ("", file)), (run, file))
    found = []
    for root, name in sorted(names.items()):
        upper = own.get(root, {})
        lower = {
            period: file
            for period, (_, file) in of_runs.get(root, {}).items()
            if period not in upper
        }
        data = _data_files(files, root)
        found.append(Export(root, name, upper | lower, data, frozenset(lower)))
    return found


def delivery(
    transport: Transport, export: Export, period: str, files: Sequence[FileRef]
) -> Delivery:
    """The current run of a period.

    Raises HalfWrittenError (retryable) when a part that the manifest names is not there or has
    another size, SourceError when the manifest cannot be read.
    """
    ref = export.manifests[period]
    manifest = read_manifest(transport, ref.path)
    try:
        billing_period = BillingPeriod.parse(period)
    except PeriodError as error:
        raise SourceError(f"{ref.path} lies in no billing period's folder: {error}") from error
    by_path = {file.path: file for file in files}
    parts = [
        _part(key, size, export.root, by_path, ref.path) for key, size in _parts(manifest, ref.path)
    ]
    notes = []
    named = {part.path for part in parts}
    stale = [file.path for file in export.data.get(period, []) if file.path not in named]
    if stale:
        notes.append(
            f"{len(stale)} files of {period} are not in the manifest and left out: earlier runs "
            f"({', '.join(stale[:3])}{' …' * (len(stale) > 3)})"
        )
    if period in export.guessed:
        notes.append(f"{period} has manifests of its runs alone: the newest run by name is taken")
    version = str(manifest.get("executionId") or "")
    return Delivery(billing_period, tuple(sorted(parts)), version, notes=tuple(notes))


def read_manifest(transport: Transport, path: str) -> dict[str, Any]:
    """The manifest as parsed JSON; HalfWrittenError when it is no whole JSON object."""
    with transport.open(path) as stream:
        text = stream.read()
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise HalfWrittenError(
            f"{path} is no whole JSON ({error}): the export is being written or was cut off. "
            "Sync again when it has finished."
        ) from error
    if not isinstance(manifest, dict):
        raise SourceError(
            f"{path} is no manifest of AWS Data Exports: expected a JSON object with dataFiles."
        )
    return manifest


def _parts(manifest: dict[str, Any], path: str) -> Iterable[tuple[str, int | None]]:
    """(key, size if stated) of each data file; AWS has written them as text and as objects."""
    parts = manifest.get("dataFiles")
    if not isinstance(parts, list) or not parts:
        raise HalfWrittenError(
            f"{path} names no data files (dataFiles): the export is being written or holds no "
            "rows. Sync again when it has finished."
        )
    for part in parts:
        if isinstance(part, str):
            yield part, None
        elif isinstance(part, dict) and (key := _key(part)):
            yield key, part["size"] if isinstance(part.get("size"), int) else None
        else:
            raise SourceError(f"{path} names a data file in a way that is not known: {part!r}")


def _key(part: dict[str, Any]) -> str | None:
    values = (part.get(name) for name in ("s3Uri", "s3uri", "uri", "key", "path", "fileName"))
    return next((str(value) for value in values if value), None)


def _part(
    key: str, size: int | None, root: str, files: dict[str, FileRef], manifest: str
) -> FileRef:
    """The file at the location that a manifest's key means: keys name bucket and prefix, the
    location may begin anywhere in them, so that the longest ending that exists is the file."""
    parts = key.split("/")
    for at in range(len(parts)):
        path = "/".join([root, *parts[at:]] if root else parts[at:])
        if file := files.get(path):
            break
    else:
        raise HalfWrittenError(
            f"half-written export: {manifest} names {key}, which is not there. Every part must "
            "have arrived. Sync again when the export has finished, or copy the missing part."
        )
    if size is not None and size != file.size:
        raise HalfWrittenError(
            f"half-written export: {file.path} has {file.size} bytes, {manifest} says {size}. "
            "Sync again when the export has finished, or copy the part again."
        )
    return file


def _data_files(files: Sequence[FileRef], root: str) -> dict[str, list[FileRef]]:
    found: dict[str, list[FileRef]] = {}
    for file in files:
        match = _DATA.match(file.path)
        if match and match["root"] == root and is_tabular(file.path):
            found.setdefault(match["period"], []).append(file)
    return found
