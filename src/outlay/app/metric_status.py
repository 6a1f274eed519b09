"""What the app tells of metrics: freshness, coverage, and everything as plain JSON data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from outlay.allocation.metrics import MetricSpec, ValueDelivery
from outlay.allocation.metrics.reader import Coverage, PeriodValues
from outlay.allocation.metrics.store import Put, Restatement
from outlay.app.shapes import plain, run_json
from outlay.app.status import RunRecord
from outlay.money import MONEY_CONTEXT

State = Literal["empty", "fresh", "late", "manual"]
Json = dict[str, Any]


@dataclass(frozen=True)
class MetricStatus:
    """A metric with what is known of it. Times are UTC, naive.

    `reason` is the sentence behind `state`; `recent` the totals of the last sixty days, None where
    nothing is known; `error` the message of the last sync if that failed. `next_sync_at` is when a
    served workspace fetches it next, None for one that is pushed or fetched by hand.
    """

    name: str
    spec: MetricSpec
    version: int
    coverage: Coverage
    state: State
    reason: str
    deliveries: int
    restatements: int
    last_delivery: ValueDelivery | None
    recent: tuple[tuple[date, Decimal | None], ...]
    last_run: RunRecord | None = None
    error: str = ""
    next_sync_at: datetime | None = None

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name

    @property
    def missing_days(self) -> int:
        """How many days between the first and the last have no value."""
        return sum((last - first).days + 1 for first, last in self.coverage.gaps)


@dataclass(frozen=True)
class MetricSync:
    """What a sync did for one metric; `error` says why it could not."""

    metric: str
    outcome: Literal["loaded", "unchanged", "failed"]
    start: datetime | None = None
    end: datetime | None = None
    put: Put | None = None
    error: str = ""


def state_of(spec: MetricSpec, coverage: Coverage, today: date, cadence: str) -> tuple[State, str]:
    """Whether the newest value is as new as can be expected, and the sentence behind it."""
    if coverage.last is None:
        return "empty", "no value was delivered yet"
    if cadence == "manual":
        return "manual", f"fetched by hand; the newest value is of {coverage.last}"
    expected = today - timedelta(days=1 + spec.late_days)
    if coverage.last >= expected:
        return "fresh", f"the newest value is of {coverage.last}"
    return "late", f"the newest value is of {coverage.last}; expected one of {expected} by now"


def number_text(value: Decimal | None) -> str | None:
    """A number in full, without needless zeros behind the point."""
    return None if value is None else format(_plain(value), "f")


def _plain(value: Decimal) -> Decimal:
    return MONEY_CONTEXT.plus(value.normalize(MONEY_CONTEXT))


def metric_json(status: MetricStatus) -> Json:
    """A metric as command line and API give it."""
    coverage = status.coverage
    return {
        "name": status.name,
        "title": status.title,
        "version": status.version,
        "spec": status.spec.model_dump(mode="json", exclude_defaults=True),
        "unit": status.spec.noun,
        "currency": status.spec.currency,
        "aggregation": status.spec.aggregation,
        "labels": list(status.spec.labels),
        "label_values": dict(coverage.label_values),
        "source": status.spec.source.kind,
        "first": plain(coverage.first),
        "last": plain(coverage.last),
        "days_known": coverage.known,
        "days_missing": status.missing_days,
        "gaps": [{"from": str(first), "to": str(last)} for first, last in coverage.gaps[:100]],
        "state": status.state,
        "reason": status.reason,
        "deliveries": status.deliveries,
        "restatements": status.restatements,
        "last_delivery": delivery_json(status.last_delivery) if status.last_delivery else None,
        "last_run": run_json(status.last_run) if status.last_run else None,
        "error": status.error or None,
        "next_sync_at": plain(status.next_sync_at),
    }


def delivery_json(delivery: ValueDelivery) -> Json:
    """A delivery of values."""
    return {
        "sequence": delivery.sequence,
        "known_at": plain(delivery.known_at),
        "origin": delivery.origin,
        "author": delivery.author or None,
        "delivered": delivery.delivered,
        "new": delivery.new,
        "changed": delivery.changed,
        "withdrawn": delivery.withdrawn,
        "first": plain(delivery.first),
        "last": plain(delivery.last),
    }


def put_json(put: Put) -> Json:
    """What became of a delivery."""
    return {
        "outcome": put.outcome,
        "delivered": put.delivered,
        "delivery": delivery_json(put.delivery) if put.delivery else None,
    }


def restatement_json(change: Restatement) -> Json:
    """One value that a delivery changed."""
    return {
        "start": plain(change.start),
        "labels": change.labels,
        "before": number_text(change.before),
        "after": number_text(change.after),
    }


def sync_json(sync: MetricSync) -> Json:
    """What a sync did for one metric."""
    return {
        "metric": sync.metric,
        "outcome": sync.outcome,
        "from": plain(sync.start),
        "to": plain(sync.end),
        "delivery": delivery_json(sync.put.delivery) if sync.put and sync.put.delivery else None,
        "error": sync.error or None,
    }


def values_json(labels: Sequence[str], periods: Sequence[PeriodValues]) -> list[Json]:
    """The values of periods: one object a period and combination of label values; ``null`` for
    the total of a period of which nothing is known."""
    rows = []
    for period in periods:
        known: Json = {
            "period": str(period.start),
            "days": period.days,
            "days_known": period.known,
        }
        if not labels:
            rows.append(known | {"value": number_text(period.total)})
        for key, value in sorted(period.values.items()) if labels else ():
            named = {label: text or None for label, text in zip(labels, key, strict=True)}
            rows.append(known | {"labels": named, "value": number_text(value)})
    return rows
