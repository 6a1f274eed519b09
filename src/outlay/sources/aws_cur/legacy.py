"""The layout of a legacy Cost and Usage Report, and the assembly of each period that is current.

    <report>/<yyyymmdd>-<yyyymmdd>/<report>-Manifest.json
    <report>/<yyyymmdd>-<yyyymmdd>/<assembly>/<report>-N.csv.gz        (create new)
    <report>/<yyyymmdd>-<yyyymmdd>/<assembly>/<report>-Manifest.json   (a copy)
    <report>/<yyyymmdd>-<yyyymmdd>/<report>-N.csv.gz                   (overwrite)
    <report>/<report>/year=2026/month=8/<report>-N.snappy.parquet      (for Athena)

The upper manifest names the files of the current assembly; every other assembly stays beside it
and is not read.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import basename, dirname
from typing import Any

from outlay.money import BillingPeriod, PeriodError
from outlay.sources.aws_focus.manifest import read_manifest
from outlay.sources.contract import Delivery, FileRef, SourceError, Transport
from outlay.sources.loose import HalfWrittenError
from outlay.sources.tabular import is_tabular

_ENDING = "-Manifest.json"
_PERIOD_FOLDER = re.compile(r"(\d{6})01-(\d{6})01")
_DATA_EXPORT = re.compile(r"(?:^|/)metadata/BILLING_PERIOD=")


@dataclass(frozen=True)
class Report:
    """One report at a location: `root` is the folder that holds its periods, `manifests` the
    current ones, one a period."""

    root: str
    name: str
    manifests: tuple[FileRef, ...]


def reports(files: Sequence[FileRef]) -> list[Report]:
    """The legacy reports among the files, by root: those with at least one manifest."""
    manifests = [
        file for file in files if file.path.endswith(_ENDING) and not _DATA_EXPORT.search(file.path)
    ]
    named = {file.path for file in manifests}
    by_report: dict[tuple[str, str], list[FileRef]] = defaultdict(list)
    for file in manifests:
        folder, name = dirname(file.path), basename(file.path)
        upper = f"{dirname(folder)}/{name}" if dirname(folder) else name
        # The copy inside an assembly's folder tells of that assembly alone.
        if folder and upper in named:
            continue
        by_report[_root(folder), name.removesuffix(_ENDING)].append(file)
    return [Report(root, name, tuple(found)) for (root, name), found in sorted(by_report.items())]


def legacy_deliveries(
    transport: Transport, report: Report, files: Sequence[FileRef]
) -> list[Delivery]:
    """The current assembly of each period, oldest first.

    Raises HalfWrittenError (retryable) when a file that a manifest names is not there,
    SourceError when a manifest cannot be read or two assemblies claim one period.
    """
    by_path = {file.path: file for file in files}
    _refuse_missing_manifests(report, files)
    found: dict[BillingPeriod, tuple[str, Delivery]] = {}
    for ref in report.manifests:
        delivery = _delivery(transport, ref, by_path)
        period = delivery.billing_period
        assert period is not None
        if period in found:
            raise SourceError(
                f"{found[period][0]} and {ref.path} are both manifests of {period}, and nothing "
                "says which assembly is current. Keep the manifest of the period's folder, or "
                "point to one assembly."
            )
        found[period] = (ref.path, delivery)
    return [found[period][1] for period in sorted(found)]


def _refuse_missing_manifests(report: Report, files: Sequence[FileRef]) -> None:
    """A period whose files lie there without a manifest is being written."""
    prefix = f"{report.root}/" if report.root else ""
    known = {file.path.removeprefix(prefix).split("/")[0] for file in report.manifests}
    lacking = sorted(
        {
            folder
            for file in files
            if is_tabular(file.path) and file.path.startswith(prefix)
            for folder in [file.path.removeprefix(prefix).split("/")[0]]
            if _PERIOD_FOLDER.fullmatch(folder) and folder not in known
        }
    )
    if lacking:
        raise HalfWrittenError(
            f"half-written report: {report.root or '.'} has files of {', '.join(lacking)} but no "
            f"{report.name}{_ENDING} there. Sync again when the report has finished, or copy the "
            "manifest too."
        )


def _root(folder: str) -> str:
    """The folder above the period that a manifest's folder belongs to, or that folder itself."""
    parts = folder.split("/") if folder else []
    for at in range(len(parts) - 1, max(len(parts) - 3, -1), -1):
        if _PERIOD_FOLDER.fullmatch(parts[at]):
            return "/".join(parts[:at])
    return folder


def _delivery(transport: Transport, ref: FileRef, by_path: dict[str, FileRef]) -> Delivery:
    manifest = read_manifest(transport, ref.path)
    keys = manifest.get("reportKeys")
    if not isinstance(keys, list) or not keys:
        raise HalfWrittenError(
            f"{ref.path} names no report files (reportKeys): the report is being written or "
            "holds no lines. Sync again when it has finished."
        )
    folder = dirname(ref.path)
    parts = [_part(str(key), folder, by_path, ref.path) for key in keys]
    assembly = str(manifest.get("assemblyId") or "")
    return Delivery(_period(manifest, ref.path), tuple(sorted(parts)), assembly)


def _part(key: str, folder: str, by_path: dict[str, FileRef], manifest: str) -> FileRef:
    """The file that a key of the bucket means, at a location that may begin anywhere in it.

    The longest ending of the key that lies below the manifest's folder, or below one above it,
    is the file. A bare name counts only beside the manifest: elsewhere it may be another
    assembly's.
    """
    parts = key.strip("/").split("/")
    above: str | None = folder
    while above is not None:
        shortest = len(parts) if above == folder else len(parts) - 1
        for at in range(shortest):
            path = "/".join([above, *parts[at:]] if above else parts[at:])
            if path in by_path:
                return by_path[path]
        above = dirname(above) if above else None
    raise HalfWrittenError(
        f"half-written report: {manifest} names {key}, which is not there. Every file of the "
        "assembly must have arrived. Sync again when the report has finished, or copy the "
        "missing file."
    )


def _period(manifest: dict[str, Any], path: str) -> BillingPeriod:
    """The billing period that the manifest, or else its folder, names."""
    stated = manifest.get("billingPeriod")
    start = str(stated.get("start", "")) if isinstance(stated, dict) else ""
    if not re.match(r"\d{6}", start):
        match = _PERIOD_FOLDER.search(path)
        start = match[1] if match else ""
    try:
        return BillingPeriod.parse(f"{start[:4]}-{start[4:6]}")
    except PeriodError as error:
        raise SourceError(
            f"{path} names no billing period: {error}. Expected billingPeriod.start such as "
            "20261001T000000.000Z, or a folder such as 20261001-20261101."
        ) from error
