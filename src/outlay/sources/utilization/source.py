"""The source of measurements: usage rows alone, which never add up and are never charges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingABC
from typing import BinaryIO, ClassVar

from pydantic import Field, field_validator

from outlay.focus.utilization import METRICS, STATISTICS
from outlay.sources.ai.pages import (
    feed_name,
    highest_roots,
    is_stranger,
    natural,
    refuse_damaged,
)
from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.loose import below
from outlay.sources.utilization.forms import records, what
from outlay.sources.utilization.mapping import Reader

_SCORE = 65


class UtilizationOptions(SourceOptions):
    """Options of measurements."""

    metric: str | None = Field(
        None,
        description="what is measured, where the answer itself does not say it (an expression of "
        "Prometheus): a metric of utilisation, e.g. cpu",
    )
    statistic: str = Field(
        "average",
        description="the statistic of values that say none (Cloud Monitoring, Prometheus)",
    )
    resource_label: str | None = Field(
        None, description="the label that holds the resource's id, e.g. provider_id"
    )
    provider: str | None = Field(
        None, description="ServiceProviderName of rows that say none, e.g. AWS"
    )
    account: str | None = Field(None, description="SubAccountId of rows that say none")

    @field_validator("metric")
    @classmethod
    def _known(cls, name: str | None) -> str | None:
        if name is not None and name not in METRICS:
            raise ValueError(f"{name!r} is no metric; the metrics are {', '.join(METRICS)}")
        return name

    @field_validator("statistic")
    @classmethod
    def _statistic(cls, name: str) -> str:
        if name not in STATISTICS:
            raise ValueError(f"{name!r} is no statistic; they are {', '.join(STATISTICS)}")
        return name


class Utilization(Source):
    """CloudWatch, Azure Monitor, Cloud Monitoring, Prometheus, tables and inventories."""

    kind: ClassVar[str] = "utilization"
    title: ClassVar[str] = "Utilisation"
    description: ClassVar[str] = (
        "how busy resources were: CloudWatch, Azure Monitor, Cloud Monitoring and Prometheus "
        "answers (JSON), tables (CSV), and inventories of what is attached and running"
    )
    example: ClassVar[str] = (
        "outlay source add cloudwatch --kind utilization --location metrics/cloudwatch"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = UtilizationOptions
    names_tell: ClassVar[bool] = True

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
        """All files below the root as one delivery, which their rows divide by month."""
        everything = below(transport.list(), root)
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

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Measurements in the product's words; finer ones than an hour as hours."""
        assert isinstance(options, UtilizationOptions)
        return Reader.of(raw, options).mapping()


def _under(path: str, root: str) -> bool:
    return not root or path == root or path.startswith(root + "/")
