"""Asking metrics: the values of periods by label, and which days are known.

A *day is known* when the metric has any value on it. On a known day a series without a value adds
nothing; a day without any value is unknown (or zero where the metric says so, between its first
and its last known day). Over time, values are added up, averaged (over the known days or hours),
or the last or the largest is taken, as the metric's `aggregation` says; across labels they are
added up first.

`StoredMetrics` is the reader of metrics that splits weigh by.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, cast

from outlay.allocation.metrics.model import MetricSpec
from outlay.allocation.metrics.store import SeriesStore
from outlay.expression.errors import QueryError, near_names
from outlay.focus.sql import literal
from outlay.lake.engine.shared import question_connection
from outlay.lake.lake import Lake
from outlay.money.quotients import rounded

Period = Literal["day", "week", "month", "quarter", "year", "all"]
AVERAGE_DIGITS = 12
"""To so many decimals an average is rounded, once, half to even; it is that number from then on."""

Only = Mapping[str, Sequence[str]]
"""Label → the values that count, each at least one."""

NO_LABEL = ""
"""The label value of series without the label; no series has an empty value of a label."""


@dataclass(frozen=True)
class PeriodValues:
    """A metric in one period: `values` by label values (in the order asked); `days` how many days
    of the period were asked, `known` how many have a value, `missing` the days (at most 40, in
    order) that have none. `total` is over all labels; None where nothing is known."""

    start: date
    values: Mapping[tuple[str, ...], Decimal]
    total: Decimal | None
    days: int
    known: int
    missing: tuple[date, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every day is known."""
        return self.known == self.days


@dataclass(frozen=True)
class Coverage:
    """Which days a metric knows: first and last (None: none at all), how many, and the gaps
    between (first and last day of each)."""

    first: date | None
    last: date | None
    known: int
    gaps: tuple[tuple[date, date], ...]
    label_values: Mapping[str, int] = field(default_factory=dict)


class StoredMetrics:
    """The metrics of a lake as they are configured, at the newest state or as of a UTC moment."""

    def __init__(
        self, lake: Lake, specs: Mapping[str, MetricSpec], as_of: datetime | None = None
    ) -> None:
        self.specs = specs
        self.as_of = as_of
        self.store = SeriesStore(lake)
        self._label_values: dict[tuple[str, str, int], frozenset[str]] = {}

    def spec(self, metric: str, field_name: str = "metric") -> MetricSpec:
        """How a metric is configured; QueryError when there is none of that name."""
        found = self.specs.get(metric)
        if found is None:
            raise QueryError(
                f"there is no metric {metric!r}",
                field=field_name,
                text=metric,
                near=near_names(metric, self.specs),
                allowed=sorted(self.specs),
                hint="" if self.specs else "No metric is defined yet.",
            )
        return found

    def version(self, metric: str) -> str:
        """What tells this state of a metric's values from any other; '' for one without values."""
        spec = self.spec(metric)
        sequence = self.store.sequence(metric, self.as_of)
        if not sequence:
            return ""
        text = f"{metric} {sequence} {spec.aggregation} {spec.missing} {spec.grain}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def weights(
        self, metric: str, label: str, grain: str, start: date, end: date
    ) -> Mapping[date, Mapping[str, Decimal]]:
        """A metric by period (`grain` is ``day`` or ``month``, keyed by its first day) and value
        of one of its labels, from `start` (inclusive) to `end` (exclusive), UTC.

        A period or label value that has no value is not there: that is unknown, never zero; so
        are series that do not have the label. QueryError for a metric or label that there is not.
        """
        self.check_labels(metric, (label,))
        read = self._read(metric, self.spec(metric), (label,), (start, end), cast(Period, grain))
        return {
            first: {key[0]: value for key, value in values.items() if key[0] != NO_LABEL}
            for first, values in read.items()
        }

    def label_values(self, metric: str, label: str) -> frozenset[str]:
        """Every value of a label that the metric has any value for, at any time."""
        self.check_labels(metric, (label,))
        key = metric, label, self.store.sequence(metric, self.as_of)
        if key not in self._label_values:
            with question_connection(self.store.lake) as connection:
                state = self.store.state(connection, metric, self.as_of)
                rows = connection.execute(
                    f"SELECT DISTINCT {_label_sql(label)} FROM ({state})"
                ).fetchall()
            self._label_values[key] = frozenset(row[0] for row in rows if row[0])
        return self._label_values[key]

    def periods(
        self,
        metric: str,
        labels: Sequence[str],
        start: date,
        end: date,
        period: Period,
        only: Only = MappingProxyType({}),
    ) -> tuple[PeriodValues, ...]:
        """Every period that has a day from `start` to `end` (exclusive), in order, with the
        metric's values by label values and what is known of it. `only` keeps series with one of
        the given values of a label; a day is known by any series all the same."""
        spec = self.spec(metric)
        self.check_labels(metric, (*labels, *only))
        rows = self._read(metric, spec, tuple(labels), (start, end), period, only)
        totals = rows
        if labels:
            totals = self._read(metric, spec, (), (start, end), period, only)
        days = self._days(metric, spec, start, end)
        found = []
        for first, last in _spans(start, end, period):
            asked = [first + timedelta(days=n) for n in range((last - first).days)]
            missing = [day for day in asked if day not in days]
            key = floor(first, period, start)
            sums = totals.get(key, {})
            total = sums.get(())
            if total is None and spec.missing == "zero" and len(missing) < len(asked):
                total = Decimal(0)
            found.append(
                PeriodValues(
                    key, rows.get(key, {}), total, len(asked), len(asked) - len(missing),
                    tuple(missing[:40]),
                )
            )  # fmt: skip
        return tuple(found)

    def coverage(self, metric: str) -> Coverage:
        """The days that a metric knows."""
        spec = self.spec(metric)
        with question_connection(self.store.lake) as connection:
            state = self.store.state(connection, metric, self.as_of)
            days = [
                row[0]
                for row in connection.execute(
                    f"SELECT DISTINCT CAST(Start AS DATE) AS d FROM ({state}) ORDER BY d"
                ).fetchall()
            ]
            counts = {
                label: _one(
                    connection.execute(
                        f"SELECT count(DISTINCT {_label_sql(label)}) FROM ({state})"
                    ).fetchone()
                )
                for label in spec.labels
            }
        gaps = tuple(
            (one + timedelta(days=1), other - timedelta(days=1))
            for one, other in zip(days, days[1:], strict=False)
            if (other - one).days > 1
        )
        return Coverage(
            days[0] if days else None, days[-1] if days else None, len(days), gaps, counts
        )

    # ------------------------------------------------------------------ the parts

    def check_labels(self, metric: str, labels: Sequence[str]) -> None:
        """Raise QueryError for a label that the metric does not have."""
        spec = self.spec(metric)
        for label in labels:
            if label not in spec.labels:
                raise QueryError(
                    f"the metric {metric!r} has no label {label!r}",
                    field="label",
                    text=label,
                    near=near_names(label, spec.labels),
                    allowed=spec.labels,
                    hint="" if spec.labels else "It has no labels at all.",
                )

    def _read(
        self,
        metric: str,
        spec: MetricSpec,
        labels: tuple[str, ...],
        days: tuple[date, date],
        period: Period,
        only: Only = MappingProxyType({}),
    ) -> dict[date, dict[tuple[str, ...], Decimal]]:
        start, end = days
        bucket = _bucket_sql(period, start)
        keys = "".join(f", {_label_sql(label)} AS k{n}" for n, label in enumerate(labels))
        names = "".join(f", k{n}" for n in range(len(labels)))
        with question_connection(self.store.lake) as connection:
            state = self.store.state(connection, metric, self.as_of)
            connection.execute(
                f"CREATE TEMP TABLE moments AS SELECT {bucket} AS b, Start{keys}, "
                f"sum(Value) FILTER (WHERE {_only_sql(only)}) AS v FROM ({state}) "
                f"WHERE Start >= ? AND Start < ? GROUP BY b, Start{names}",
                [start, end],
            )
            fold = {
                "sum": "sum(v)",
                "average": "sum(v)",
                "max": "max(v)",
                "last": "sum(v) FILTER (Start = newest)",
            }[spec.aggregation]
            rows = connection.execute(
                f"SELECT b{names}, {fold} FROM (SELECT *, max(Start) OVER (PARTITION BY b) AS "
                f"newest FROM moments) GROUP BY b{names}"
            ).fetchall()
            moments = dict(
                connection.execute(
                    "SELECT b, count(DISTINCT Start) FROM moments GROUP BY b"
                ).fetchall()
            )
            connection.execute("DROP TABLE moments")
        counts = moments
        if spec.aggregation == "average" and spec.missing == "zero":
            counts = self._zero_counts(metric, spec, start, end, period)
        found: dict[date, dict[tuple[str, ...], Decimal]] = {}
        for b, *key, value in rows:
            if value is None:
                continue
            if spec.aggregation == "average":
                value = rounded(Fraction(value) / counts[b], AVERAGE_DIGITS)
            found.setdefault(b, {})[tuple(text or NO_LABEL for text in key)] = value
        return found

    def _zero_counts(
        self, metric: str, spec: MetricSpec, start: date, end: date, period: Period
    ) -> dict[date, int]:
        """How many days (hours) an average goes over where missing ones are zero."""
        counts: dict[date, int] = {}
        for day in self._days(metric, spec, start, end):
            key = floor(day, period, start)
            counts[key] = counts.get(key, 0) + (24 if spec.grain == "hour" else 1)
        return counts

    def _days(self, metric: str, spec: MetricSpec, start: date, end: date) -> set[date]:
        """The known days of a range; where missing means zero, all between first and last."""
        with question_connection(self.store.lake) as connection:
            state = self.store.state(connection, metric, self.as_of)
            if spec.missing == "zero":
                row = connection.execute(
                    f"SELECT CAST(min(Start) AS DATE), CAST(max(Start) AS DATE) FROM ({state})"
                ).fetchone()
                if row is None or row[0] is None:
                    return set()
                first, last = max(row[0], start), min(row[1] + timedelta(days=1), end)
                return {first + timedelta(days=n) for n in range(max((last - first).days, 0))}
            return {
                row[0]
                for row in connection.execute(
                    f"SELECT DISTINCT CAST(Start AS DATE) FROM ({state}) "
                    "WHERE Start >= ? AND Start < ?",
                    [start, end],
                ).fetchall()
            }


def floor(day: date, period: Period, start: date) -> date:
    """The first day of the period that holds a day; `start` for the one period ``all``."""
    if period == "all":
        return start
    if period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period == "year":
        return day.replace(month=1, day=1)
    return day.replace(month=(day.month - 1) // 3 * 3 + 1 if period == "quarter" else day.month,
                       day=1)  # fmt: skip


def _spans(start: date, end: date, period: Period) -> Iterator[tuple[date, date]]:
    """The parts of a range that lie in one period each: first day and end, exclusive."""
    first = start
    while first < end:
        last = min(_next(floor(first, period, start), period, end), end)
        yield first, last
        first = last


def _next(first: date, period: Period, end: date) -> date:
    if period == "all":
        return end
    if period in ("day", "week"):
        return first + timedelta(days=1 if period == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _bucket_sql(period: Period, start: date) -> str:
    if period == "all":
        return f"DATE {literal(start.isoformat())}"
    # DuckDB's weeks begin on Monday, as ours do.
    return f"CAST(date_trunc({literal(period)}, Start) AS DATE)"


def _label_sql(label: str) -> str:
    path = literal(f'$."{label}"')
    return f"json_extract_string(Labels, {path})"


def _only_sql(only: Only) -> str:
    """SQL that holds for series with one of the given values of each label."""
    return (
        " AND ".join(
            f"{_label_sql(label)} IN ({', '.join(literal(value) for value in values)})"
            for label, values in only.items()
        )
        or "true"
    )


def _one(row: tuple[int, ...] | None) -> int:
    return 0 if row is None else int(row[0])
