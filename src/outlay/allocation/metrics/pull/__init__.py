"""Fetching a metric's values from where its source says they are: one module a kind of source."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from outlay.allocation.metrics.model import MetricSpec
from outlay.allocation.metrics.values import MetricValue
from outlay.sources.contract import Progress, SourceError


@dataclass(frozen=True)
class Window:
    """What to ask for: from a day or hour (inclusive) to one that is over (exclusive), UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Pulled:
    """What was fetched. `whole` says that it is everything of the window: what was known within
    and is not in it any more is withdrawn (a warehouse is asked what is true; a monitoring
    system forgets)."""

    values: tuple[MetricValue, ...]
    origin: str
    whole: bool = False


Pull = Callable[[MetricSpec, Window, Path, Progress | None], Pulled]


def pull(
    spec: MetricSpec, window: Window, folder: Path, progress: Progress | None = None
) -> Pulled:
    """Fetch the values of a window. `folder` is where relative paths begin (the workspace).

    Raises SourceError when the source cannot be read and MetricDataError when a row of it is not
    right; nothing is half-taken.
    """
    return _of(spec.source.kind)(spec, window, folder, progress)


def _of(kind: str) -> Pull:
    """The module of a kind; an SDK is imported only by the metric that needs it."""
    if kind == "csv":
        from outlay.allocation.metrics.pull.files import pull_csv

        return pull_csv
    if kind == "sql":
        from outlay.allocation.metrics.pull.sql import pull_sql

        return pull_sql
    if kind == "prometheus":
        from outlay.allocation.metrics.pull.prometheus import pull_prometheus

        return pull_prometheus
    if kind == "cloudwatch":
        from outlay.allocation.metrics.pull.cloudwatch import pull_cloudwatch

        return pull_cloudwatch
    if kind == "datadog":
        from outlay.allocation.metrics.pull.datadog import pull_datadog

        return pull_datadog
    raise SourceError(
        "the metric's values are pushed, not fetched: `outlay metrics load NAME FILE.csv`, "
        "`outlay metrics push NAME`, or POST /api/v1/metrics/NAME/values"
    )
