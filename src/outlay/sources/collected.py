"""Reading what `collect` landed: one delivery a period, of the pages that its manifest names."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outlay.money import BillingPeriod, PeriodError
from outlay.sources.collecting import MANIFEST
from outlay.sources.contract import FileRef, SourceError, Transport
from outlay.sources.loose import HalfWrittenError


@dataclass(frozen=True)
class CollectedPeriod:
    """One period's pages, and what the manifest says of them."""

    period: BillingPeriod
    files: tuple[FileRef, ...]
    manifest: dict[str, Any]

    @property
    def version(self) -> str:
        """When it was collected."""
        return str(self.manifest["collected_at"])


def collected_periods(transport: Transport, files: Sequence[FileRef]) -> list[CollectedPeriod]:
    """The periods that lie at a location as `outlay.sources.collecting.Spool` lays them, oldest
    first; none where nothing was collected there.

    Raises HalfWrittenError where a page that a manifest names is missing.
    """
    by_path = {file.path: file for file in files}
    found = []
    for path in sorted(by_path):
        folder, _, name = path.rpartition("/")
        if name != MANIFEST:
            continue
        manifest = _manifest(transport, path)
        period = _period(folder.rpartition("/")[2])
        if manifest is None or period is None:
            continue
        pages = [f"{folder}/{page}" for page in manifest["pages"]]
        lacking = [page for page in pages if page not in by_path]
        if lacking:
            raise HalfWrittenError(
                f"{path} names {lacking[0]}, which is not there. Collect {period} again."
            )
        found.append(CollectedPeriod(period, tuple(by_path[page] for page in pages), manifest))
    return sorted(found, key=lambda one: one.period)


def _manifest(transport: Transport, path: str) -> dict[str, Any] | None:
    with transport.open(path) as stream:
        try:
            data = json.load(stream)
        except (ValueError, UnicodeDecodeError) as error:
            raise SourceError(f"{path} is no valid JSON: {error}; collect it again") from None
    is_ours = isinstance(data, dict) and "collected_at" in data and "pages" in data
    return data if is_ours else None


def _period(text: str) -> BillingPeriod | None:
    try:
        return BillingPeriod.parse(text)
    except PeriodError:
        return None
