"""Metrics as use cases: what is configured, what is known of it, and values that come in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.allocation.metrics import (
    MetricDataError,
    MetricSpec,
    SeriesStore,
    StoredMetrics,
    ValueDelivery,
)
from outlay.allocation.metrics.model import METRIC
from outlay.allocation.metrics.store import Put, Restatement
from outlay.allocation.metrics.values import read_csv, read_json
from outlay.app.errors import WorkspaceError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MAX_FILE_BYTES = 256 << 20
"""The largest file of values that is taken."""


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
        values = read_json(data, self._pushable(name))
        return self.store.put(name, values, origin=origin, author=author)

    def load(
        self, name: str, text: str | bytes, *, file: str = "the file", author: str = ""
    ) -> Put:
        """Take values from a CSV, whole or not at all; MetricDataError names each wrong line.

        The names of its columns are those of the metric's source where that is a CSV.
        """
        spec = self._pushable(name)
        if len(text) > MAX_FILE_BYTES:
            raise MetricDataError(
                f"{file} has more than {MAX_FILE_BYTES >> 20} MiB; deliver it in parts"
            )
        values = read_csv(text, spec, what=file, **csv_options(spec))
        return self.store.put(name, values, origin=file, author=author)

    def load_file(self, name: str, path: Path, *, author: str = "") -> Put:
        """`load` of a file on this machine; WorkspaceError when it cannot be read."""
        self._pushable(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise WorkspaceError(
                f"{path} cannot be read: {error.strerror or error}. Name a CSV file.",
                wrong_use=True,
            ) from None
        return self.load(name, content, file=path.name, author=author)

    def _pushable(self, name: str) -> MetricSpec:
        """A metric may be corrected by hand also where it is pulled."""
        return self.spec(name)

    # --- history ---

    def history(self, name: str) -> list[ValueDelivery]:
        """Every delivery of values, newest first."""
        self.spec(name)
        return self.store.history(name)[::-1]

    def restated(self, name: str, sequence: int, limit: int = 1000) -> tuple[Restatement, ...]:
        """What one delivery changed, with what was known before; WorkspaceError for none."""
        self.spec(name)
        known = [delivery.sequence for delivery in self.store.history(name)]
        if sequence not in known:
            last = f"1 to {known[-1]}" if known else "none yet"
            raise WorkspaceError(
                f"the metric {name!r} has no delivery {sequence}; deliveries: {last}",
                wrong_use=True,
            )
        return self.store.restated(name, sequence, limit)


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
