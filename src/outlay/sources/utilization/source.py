"""The source of measurements: usage rows alone, which never add up and are never charges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from outlay.money import BillingPeriod
from outlay.sources.ai.pages import (
    feed_name,
    highest_roots,
    is_stranger,
    natural,
    refuse_damaged,
)
from outlay.sources.collected import collected_periods
from outlay.sources.contract import (
    BilledResource,
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Progress,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.loose import below
from outlay.sources.utilization.forms import records, what
from outlay.sources.utilization.mapping import Reader
from outlay.sources.utilization.options import UtilizationOptions

_SCORE = 65

SCHEMES = ("cloudwatch", "azure-monitor", "cloud-monitoring", "https", "http")
"""Where an API answers: the scheme says which tool's, addresses are Prometheus's."""


class Utilization(Source):
    """CloudWatch, Azure Monitor, Cloud Monitoring, Prometheus, tables and inventories."""

    def __init__(self, resources: Sequence[BilledResource] = ()) -> None:
        self._resources = tuple(resources)

    kind: ClassVar[str] = "utilization"
    title: ClassVar[str] = "Utilisation"
    description: ClassVar[str] = (
        "how busy resources were: CloudWatch, Azure Monitor, Cloud Monitoring and Prometheus "
        "answers (JSON) or APIs, tables (CSV), and inventories of what is attached and running"
    )
    example: ClassVar[str] = (
        "outlay source add cloudwatch --kind utilization --location metrics/cloudwatch"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = UtilizationOptions
    names_tell: ClassVar[bool] = True
    api_schemes: ClassVar[tuple[str, ...]] = SCHEMES
    asks_about: ClassVar[bool] = True

    def about(self, resources: Sequence[BilledResource]) -> Source:
        """The source that asks about these resources of the bill."""
        return Utilization(resources)

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders whose files are all measurements, else the files themselves."""
        mine = {file.path: kind for file in files if (kind := what(transport, file))}
        if not mine:
            return []
        strangers = {
            file.path for file in files if file.path not in mine and is_stranger(transport, file)
        }
        feeds = []
        for root in highest_roots(files, sorted(mine), strangers):
            kinds = Counter(kind for path, kind in mine.items() if _under(path, root))
            count = sum(kinds.values())
            evidence = f"{count} file{'s' * (count > 1)} of {' and '.join(sorted(kinds))}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, _SCORE))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """What was collected, month by month; of files one delivery, which their rows divide."""
        everything = below(transport.list(), root)
        collected = collected_periods(transport, everything)
        if collected:
            return [
                Delivery(
                    one.period, one.files, version=one.version,
                    notes=tuple(map(str, one.manifest.get("notes", ()))),
                )
                for one in collected
            ]  # fmt: skip
        refuse_damaged(transport, everything)
        files = [file for file in everything if what(transport, file)]
        if not files:
            raise SourceError(
                f"there is no measurement at {transport.location}{'/' + root if root else ''}; "
                "expected answers of CloudWatch, Azure Monitor, Cloud Monitoring or Prometheus "
                "(.json), inventories, or a table of ResourceId, Metric, Statistic, PeriodStart, "
                "PeriodEnd, Value (.csv). Check the location."
            )
        files.sort(key=lambda file: natural(file.path))
        return [Delivery(None, tuple(files))]

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """A record per statistic and period of a resource."""
        return records(stream, name)

    def collect(
        self,
        location: str,
        options: SourceOptions,
        into: Path,
        *,
        periods: Collection[BillingPeriod] | None,
        now: datetime,
        progress: Progress | None,
    ) -> None:
        """Ask a monitoring tool for whole days that are not there yet, and the last ones again."""
        from outlay.sources.utilization.apis.asking import ask

        assert isinstance(options, UtilizationOptions)
        ask(
            location, options, self._resources, into, periods=periods, now=now, progress=progress
        )  # fmt: skip

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Measurements in the product's words; finer ones than an hour as hours."""
        assert isinstance(options, UtilizationOptions)
        return Reader.of(raw, options).mapping()


def _under(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(root + "/")
