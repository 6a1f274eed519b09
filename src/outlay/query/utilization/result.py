"""What a question about utilisation answers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.query.utilization.model import UtilizationQuery


@dataclass(frozen=True)
class UtilizationRow:
    """One metric of one group over a time.

    `values` are those of `by`. `average` is the mean of the periods' averages (of their sums,
    where a metric is a sum: bytes, requests), rounded to six decimals; `p95` the highest measured
    95th percentile (or higher), else the 95th percentile of the periods' averages; `maximum` the
    highest maximum (or percentile, or sum). Null is not measured, never zero. `days` are days
    (UTC) on which there is a measurement, `resources` how many are in it; `statistics` which
    were measured.
    """

    values: tuple[str | None, ...]
    metric: str
    unit: str
    period: date | None
    average: Decimal | None
    p95: Decimal | None
    maximum: Decimal | None
    minimum: Decimal | None
    days: int
    resources: int
    measurements: int
    first: datetime
    last: datetime
    statistics: tuple[str, ...]

    def to_json(self, by: tuple[str, ...]) -> dict[str, Any]:
        """As JSON: decimals as text, as all amounts are."""
        return {
            **dict(zip(by, self.values, strict=True)),
            "metric": self.metric, "unit": self.unit,
            "period": None if self.period is None else self.period.isoformat(),
            "average": _text(self.average), "p95": _text(self.p95),
            "maximum": _text(self.maximum), "minimum": _text(self.minimum),
            "days": self.days, "resources": self.resources, "measurements": self.measurements,
            "first": self.first.isoformat(), "last": self.last.isoformat(),
            "statistics": list(self.statistics),
        }  # fmt: skip


@dataclass(frozen=True)
class UtilizationResult:
    """Rows by group, metric and time; `left_out` are rows that the limit did not let through,
    `start` and `end` (exclusive) the days that were asked, None where open."""

    query: UtilizationQuery
    rows: tuple[UtilizationRow, ...]
    left_out: int
    start: date | None
    end: date | None
    snapshot: str | None

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "query": self.query.to_params(),
            "from": None if self.start is None else self.start.isoformat(),
            "to": None if self.end is None else self.end.isoformat(),
            "snapshot": self.snapshot,
            "rows": [row.to_json(self.query.by) for row in self.rows],
            "left_out": self.left_out,
        }

    def to_csv(self) -> str:
        """As CSV, every row, values unrounded."""
        out = io.StringIO()
        names = (*self.query.by, "metric", "unit", "period", "average", "p95", "maximum",
                 "minimum", "days", "resources", "measurements", "first", "last",
                 "statistics")  # fmt: skip
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for row in self.rows:
            found: Mapping[str, Any] = row.to_json(self.query.by)
            cells = [found[name] for name in names[:-1]]
            writer.writerow([*("" if cell is None else cell for cell in cells),
                             " ".join(row.statistics)])  # fmt: skip
        return out.getvalue()


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}" if value else "0"
