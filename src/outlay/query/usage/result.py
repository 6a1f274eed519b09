"""The answer to a question about usage."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from outlay.money import money_text
from outlay.query.usage.model import UsageQuery

Estimates = Mapping[str, Decimal]
"""Currency → estimated cost."""


@dataclass(frozen=True)
class UsageRow:
    """One group of one metric. `values` are those of the question's `by`, in order; `period` is
    the first day (or hour) of the period; `rows` counts usage rows. `is_other` marks the sum of
    the groups beyond the limit."""

    metric: str
    unit: str
    values: tuple[str | date | None, ...]
    period: date | datetime | None
    quantity: Decimal
    estimates: Estimates
    rows: int
    is_other: bool = False


@dataclass(frozen=True)
class MetricInfo:
    """A metric that there is usage of: its sums, where from, and from when to when (UTC)."""

    metric: str
    unit: str
    quantity: Decimal
    estimates: Estimates
    rows: int
    sources: tuple[str, ...]
    first: datetime
    last: datetime

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; quantities and money as text."""
        return {
            "metric": self.metric,
            "unit": self.unit,
            "quantity": money_text(self.quantity),
            "estimates": _texts(self.estimates),
            "rows": self.rows,
            "sources": list(self.sources),
            "first": f"{self.first.isoformat()}Z",
            "last": f"{self.last.isoformat()}Z",
        }


@dataclass(frozen=True)
class UsageResult:
    """Rows by metric, largest first, and their totals by metric and unit.

    `currencies` are those of the estimates. An estimate is what a tool or a price list says that
    the usage costs; it is no charge and in no total of charges.
    """

    query: UsageQuery
    rows: tuple[UsageRow, ...]
    totals: tuple[UsageRow, ...]
    currencies: tuple[str, ...]
    start: date | None
    end: date | None
    snapshot: str | None

    @property
    def estimates(self) -> Estimates:
        """All estimates together, by currency."""
        from outlay.money import total

        return {
            code: total(row.estimates[code] for row in self.totals if code in row.estimates)
            for code in self.currencies
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; quantities and money as text with all their digits."""
        return {
            "query": self.query.to_params(),
            "from": None if self.start is None else str(self.start),
            "to": None if self.end is None else str(self.end),
            "rows": [self._row(row) for row in self.rows],
            "totals": [self._row(row) for row in self.totals],
            "estimates": _texts(self.estimates),
            "snapshot": self.snapshot,
        }

    def _row(self, row: UsageRow) -> dict[str, Any]:
        found: dict[str, Any] = {"metric": row.metric, "unit": row.unit}
        if row.period is not None:
            found["period"] = _time(row.period)
        if row.values:
            found |= {
                name: value if isinstance(value, str | None) else str(value)
                for name, value in zip(self.query.by, row.values, strict=True)
            }
        found |= {
            "quantity": money_text(row.quantity),
            "estimates": _texts(row.estimates),
            "rows": row.rows,
        }
        return found | ({"other": True} if row.is_other else {})

    def to_csv(self) -> str:
        """Every row with a header; one column of estimates a currency."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        timed = self.query.grain != "none"
        writer.writerow(
            [
                *(["period"] if timed else []),
                *self.query.by,
                "Metric",
                "Unit",
                "Quantity",
                *(f"EstimatedCost {code}" for code in self.currencies),
                "UsageRows",
            ]
        )
        for row in self.rows:
            first = "(other)" if row.is_other else None
            values = ["" if value is None else str(value) for value in row.values]
            writer.writerow(
                [
                    *([_time(row.period)] if timed else []),
                    *([first, *values[1:]] if first and values else values),
                    row.metric,
                    row.unit,
                    money_text(row.quantity),
                    *(
                        money_text(row.estimates[code]) if code in row.estimates else ""
                        for code in self.currencies
                    ),
                    row.rows,
                ]
            )
        return out.getvalue()


def _texts(estimates: Estimates) -> dict[str, str]:
    return {code: money_text(amount) for code, amount in estimates.items()}


def _time(value: date | datetime | None) -> str:
    if value is None:
        return ""
    return value.isoformat() + ("Z" if isinstance(value, datetime) else "")
