"""Metrics as use cases: what is configured, what is known of it, and values that come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from outlay.access import whole_only
from outlay.allocation.metrics import (
    MetricDataError,
    MetricSpec,
    SeriesStore,
    StoredMetrics,
    ValueDelivery,
)
from outlay.allocation.metrics.model import METRIC
from outlay.allocation.metrics.reader import Period, PeriodValues
from outlay.allocation.metrics.store import Put, Restatement
from outlay.allocation.metrics.values import read_csv, read_json
from outlay.app.errors import WorkspaceError
from outlay.app.metric_status import MetricStatus, MetricSync, state_of
from outlay.app.reaching import reaching_of
from outlay.app.running import note_killed, running
from outlay.app.runs import utc_now
from outlay.app.scheduling import next_sync
from outlay.expression.errors import QueryError, near_names
from outlay.sources.contract import SourceError

if TYPE_CHECKING:
    from outlay.allocation.metrics.pull import Window
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource
    from outlay.sources.contract import Progress

_FIRST_DAYS = 92
_RECENT_DAYS = 60
MAX_FILE_BYTES = 256 << 20
"""The largest file of values that is taken."""


PERIODS: tuple[str, ...] = get_args(Period)
"""Grains that a metric can be asked by."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a metric: by which labels, by which grain, over which range of days (see
    `outlay.query.ranges`; ``all`` is all days that it knows), and as of which UTC moment."""

    by: tuple[str, ...] = ()
    grain: str = "day"
    range: str = "all"
    as_of: datetime | None = None


@dataclass(frozen=True)
class Answer:
    """The values of a metric; `start` and `end` (exclusive) are the days asked, None when it
    knows none."""

    metric: str
    asked: Asked
    start: date | None
    end: date | None
    periods: tuple[PeriodValues, ...]


class Metrics:
    """The metrics of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def store(self) -> SeriesStore:
        """The kept series."""
        return SeriesStore(self._workspace.lake)

    def specs(self) -> dict[str, MetricSpec]:
        """Every metric as it is configured, by name."""
        found = {r.name: r.spec for r in self._workspace.resources.list(METRIC.name)}
        return {name: spec for name, spec in found.items() if isinstance(spec, MetricSpec)}

    def spec(self, name: str) -> MetricSpec:
        """One metric as it is configured; ResourceNotFoundError lists the names there are."""
        spec = self._workspace.resources.get(METRIC.name, name).spec
        assert isinstance(spec, MetricSpec)
        return spec

    def reader(self, as_of: datetime | None = None) -> StoredMetrics:
        """What splits and unit costs ask, at the newest state or as of a UTC moment (naive)."""
        return StoredMetrics(self._workspace.lake, self.specs(), as_of)

    # --- values that come in ---

    def push(self, name: str, data: Any, *, author: str = "", origin: str = "push") -> Put:
        """Take values from JSON (see `read_json`), whole or not at all; MetricDataError names
        each wrong row."""
        values = read_json(data, self.spec(name))
        return self.store.put(name, values, origin=origin, author=author)

    def load(
        self, name: str, text: str | bytes, *, file: str = "the file", author: str = ""
    ) -> Put:
        """Take values from a CSV, whole or not at all; MetricDataError names each wrong line.

        The names of its columns are those of the metric's source where that is a CSV.
        """
        spec = self.spec(name)
        if len(text) > MAX_FILE_BYTES:
            raise MetricDataError(
                f"{file} has more than {MAX_FILE_BYTES >> 20} MiB; deliver it in parts"
            )
        values = read_csv(text, spec, what=file, **csv_options(spec))
        return self.store.put(name, values, origin=file, author=author)

    def load_file(self, name: str, path: Path, *, author: str = "") -> Put:
        """`load` of a file on this machine; WorkspaceError when it cannot be read."""
        self.spec(name)
        return self.load(name, read_values(path), file=path.name, author=author)

    # --- values that are fetched ---

    def sync(
        self,
        names: Sequence[str] | None = None,
        *,
        since: date | None = None,
        progress: Progress | None = None,
        now: datetime | None = None,
    ) -> list[MetricSync]:
        """Fetch metrics: those named, else every one that is not pushed or fetched by hand.

        Asked is from some days before the newest known value (the metric's `late_days`) up to the
        last day or hour that is over, or from `since` on. One that fails says so in its `error`;
        the others are still done. Raises ResourceNotFoundError for a name that is none.
        """
        specs = self.specs()
        for name in names or ():
            self.spec(name)
        wanted = names or [
            name for name, spec in specs.items() if cadence_of(spec) not in ("push", "manual")
        ]
        return [self._sync(name, specs[name], since, progress, now) for name in wanted]

    def _sync(
        self,
        name: str,
        spec: MetricSpec,
        since: date | None,
        progress: Progress | None,
        now: datetime | None,
    ) -> MetricSync:
        from outlay.allocation.metrics.pull import pull

        with running(self._workspace, run_name(name), "sync") as run:
            window = self._window(name, spec, since, now or utc_now())
            try:
                with reaching_of(self._workspace):
                    found = pull(spec, window, self._workspace.path, progress)
                if not found.values:
                    raise SourceError(
                        f"nothing is known there of {window.start:%Y-%m-%d} to "
                        f"{window.end:%Y-%m-%d}; check the metric's source"
                    )
                whole = (window.start, window.end) if found.whole else None
                put = self.store.put(
                    name, found.values, origin=found.origin, author="sync", whole=whole, now=now
                )
            except Exception as error:
                message = str(error) or type(error).__name__
                self._workspace.run_log.end(run, "failed", message)
                if not isinstance(error, SourceError):
                    raise
                return MetricSync(name, "failed", window.start, window.end, error=message)
            self._workspace.run_log.end(run, put.outcome)
        return MetricSync(name, put.outcome, window.start, window.end, put)

    def _window(self, name: str, spec: MetricSpec, since: date | None, now: datetime) -> Window:
        """What to ask for."""
        from outlay.allocation.metrics.pull import Window

        end = now.replace(minute=0, second=0, microsecond=0)
        if spec.grain == "day":
            end = end.replace(hour=0)
        first = since or getattr(spec.source, "since", None)
        if first is None or not since:
            last = StoredMetrics(self._workspace.lake, {name: spec}).coverage(name).last
            if last is not None:
                first = last - timedelta(days=spec.late_days)
        if first is None:
            first = (now - timedelta(days=_FIRST_DAYS)).date()
        start = datetime(first.year, first.month, first.day)
        return Window(start, max(end, start))

    # --- what is known ---

    def statuses(self, now: datetime | None = None) -> list[MetricStatus]:
        """Every metric with its freshness, by name."""
        whole_only("the metrics")
        return [self._status(resource, now) for resource in self._resources()]

    def show(self, name: str, now: datetime | None = None) -> MetricStatus:
        """One metric; ResourceNotFoundError lists the names there are."""
        whole_only("a metric")
        return self._status(self._workspace.resources.get(METRIC.name, name), now)

    def _resources(self) -> Sequence[Resource]:
        return self._workspace.resources.list(METRIC.name)

    def _status(self, resource: Resource, now: datetime | None) -> MetricStatus:
        name, spec = resource.name, resource.spec
        assert isinstance(spec, MetricSpec)
        reader = StoredMetrics(self._workspace.lake, {name: spec})
        coverage = reader.coverage(name)
        moment = now or utc_now()
        cadence = cadence_of(spec)
        state, reason = state_of(spec, coverage, moment.date(), cadence)
        history = self.store.history(name)
        note_killed(self._workspace, run_name(name))
        runs = self._workspace.runs(run_name(name), 12)
        recent: tuple[tuple[date, Decimal | None], ...] = ()
        if coverage.last is not None:
            end = max(coverage.last + timedelta(days=1), moment.date())
            start = end - timedelta(days=_RECENT_DAYS)
            recent = tuple((p.start, p.total) for p in reader.periods(name, (), start, end, "day"))
        return MetricStatus(
            name, spec, resource.version, coverage, state, reason, len(history),
            sum(delivery.restates for delivery in history), history[-1] if history else None,
            recent, runs[0] if runs else None,
            runs[0].message if runs and runs[0].outcome == "failed" else "",
            next_sync(cadence, runs, moment),
        )  # fmt: skip

    def values(self, name: str, asked: Asked, *, now: datetime | None = None) -> Answer:
        """A metric's values by period and label. QueryError for a label, grain or range that
        there is not."""
        whole_only("a metric")
        from outlay.query.ranges import range_text, resolve

        self.spec(name)
        reader = self.reader(asked.as_of)
        reader.check_labels(name, asked.by)
        if asked.grain not in PERIODS:
            raise QueryError(
                f"{asked.grain!r} is no grain of a metric",
                field="grain",
                text=asked.grain,
                near=near_names(asked.grain, PERIODS),
                allowed=PERIODS,
            )
        days = resolve(range_text(asked.range), (now or utc_now()).date())
        coverage = reader.coverage(name)
        start = days.start or coverage.first
        end = days.end or (coverage.last + timedelta(days=1) if coverage.last else None)
        found: tuple[PeriodValues, ...] = ()
        if start is not None and end is not None and start < end:
            found = reader.periods(name, asked.by, start, end, cast(Period, asked.grain))
        return Answer(name, asked, start, end, found)

    def define(self, name: str, spec: Mapping[str, Any], *, author: str = "") -> Resource:
        """Configure a metric that there is not yet; ResourceConflictError when there is."""
        return self._workspace.resources.put(
            METRIC.name, name, spec, author=author, expected_version=0
        )

    # --- history ---

    def history(self, name: str) -> list[ValueDelivery]:
        """Every delivery of values, newest first."""
        whole_only("a metric")
        self.spec(name)
        return self.store.history(name)[::-1]

    def restated(self, name: str, sequence: int, limit: int = 1000) -> tuple[Restatement, ...]:
        """What one delivery changed, with what was known before; WorkspaceError for none."""
        whole_only("a metric")
        self.spec(name)
        known = [delivery.sequence for delivery in self.store.history(name)]
        if sequence not in known:
            last = f"1 to {known[-1]}" if known else "none yet"
            raise WorkspaceError(
                f"the metric {name!r} has no delivery {sequence}; deliveries: {last}",
                wrong_use=True,
            )
        return self.store.restated(name, sequence, limit)


def read_values(path: Path) -> bytes:
    """The content of a file of values; WorkspaceError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be read: {error.strerror or error}. Name a CSV file.",
            wrong_use=True,
        ) from None


def csv_options(spec: MetricSpec) -> Mapping[str, Any]:
    """How the columns of the metric's CSV files are called."""
    from outlay.allocation.metrics.model import CsvSource

    source = spec.source
    if not isinstance(source, CsvSource):
        return {}
    return {
        "time": source.time,
        "value": source.value,
        "columns": source.columns,
        "delimiter": source.delimiter,
    }


def cadence_of(spec: MetricSpec) -> str:
    """How often a metric is fetched: its source's cadence, or ``push``."""
    return str(getattr(spec.source, "cadence", "push"))


def run_name(metric: str) -> str:
    """What a metric's syncs are called in the run log: no source can be named so."""
    return f"metric:{metric}"


def due_metrics(workspace: Workspace, now: datetime) -> Sequence[tuple[datetime, str]]:
    """The metrics whose next sync is not later than now, with when it was due, by `run_name`."""
    found = []
    for name, spec in workspace.metrics.specs().items():
        moment = next_sync(cadence_of(spec), workspace.runs(run_name(name), 12), now)
        if moment is not None and moment <= now:
            found.append((moment, run_name(name)))
    return found


def days_text(range_: str | None, start: str | None, end: str | None) -> str:
    """A range, or from and to (exclusive), as one text; QueryError when both are given."""
    from outlay.query.ranges import between, parse_day

    if not (start or end):
        return range_ or "all"
    if range_ and range_ != "all":
        raise QueryError(
            "a range and from/to exclude each other",
            field="range",
            text=range_,
            hint="Give either a relative range, or from and to.",
        )
    return between(parse_day(start or "", "from"), parse_day(end or "", "to"))
