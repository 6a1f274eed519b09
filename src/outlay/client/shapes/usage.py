"""Answers of the API: usage."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.ledger import Run
from outlay.client.shapes.values import Day, Moment, Number

UsageAnswer = TypedDict(
    "UsageAnswer",
    {
        "query": dict[str, Any],
        "from": Day | None,
        "to": Day | None,
        "rows": list[dict[str, Any]],
        "totals": list[dict[str, Any]],
        "estimates": dict[str, Number],
        "snapshot": str | None,
    },
)
"""The answer of `usage`."""


class UsageMetric(TypedDict):
    """The answer of `list_usage_metrics`."""

    metric: str
    unit: str
    quantity: Number
    estimates: dict[str, Number]
    rows: int
    sources: list[str]
    first: Moment
    last: Moment


class ProvisionalRow(TypedDict):
    """A part of `Provisional`."""

    source: str
    superseded_by: str
    day: Day
    currency: str
    rated_by: str
    estimated: Number
    superseded: Number
    provisional: Number
    unmatched: Number


Provisional = TypedDict(
    "Provisional",
    {
        "query": dict[str, Any],
        "from": Day | None,
        "to": Day | None,
        "provisional": dict[str, Number],
        "superseded": dict[str, Number],
        "unmatched": dict[str, Number],
        "rows": list[ProvisionalRow],
        "untied": dict[str, dict[str, Number]],
        "unscoped": dict[str, dict[str, Number]],
        "notes": list[str],
        "snapshot": str | None,
    },
)
"""The answer of `provisional`."""


AiReconciliation = TypedDict(
    "AiReconciliation",
    {
        "by": list[str],
        "from": Day | None,
        "to": Day | None,
        "rows": list[dict[str, Any]],
        "totals": list[dict[str, Any]],
        "credits_and_adjustments": dict[str, dict[str, Number]],
        "notes": list[str],
        "snapshot": str | None,
    },
)
"""The answer of `reconcile_ai`."""


class MetricLastDelivery(TypedDict):
    """A part of `Metric`."""

    sequence: int
    known_at: Moment
    origin: str
    author: str
    delivered: int
    new: int
    changed: int
    withdrawn: int
    first: Day
    last: Day


class Metric(TypedDict):
    """The answer of `list_metrics`."""

    name: str
    title: str
    version: int
    spec: dict[str, Any]
    unit: str
    currency: str | None
    aggregation: str
    labels: list[str]
    label_values: dict[str, int]
    source: str
    first: Day | None
    last: Day | None
    days_known: int
    days_missing: int
    gaps: list[dict[str, Any]]
    state: str
    reason: str
    deliveries: int
    restatements: int
    last_delivery: MetricLastDelivery | None
    last_run: Run | None
    error: str | None
    next_sync_at: Moment | None


class MetricWithHistory(Metric):
    """The answer of `get_metric`."""

    history: list[MetricLastDelivery]


class MetricValuesValue(TypedDict):
    """A part of `MetricValues`."""

    period: Day
    days: int
    days_known: int
    labels: NotRequired[dict[str, str]]
    value: str


MetricValues = TypedDict(
    "MetricValues",
    {
        "metric": str,
        "by": list[str],
        "grain": str,
        "from": Day,
        "to": Day,
        "values": list[MetricValuesValue],
    },
)
"""The answer of `get_metric_values`."""


class MetricPut(TypedDict):
    """The answer of `push_metric_values`."""

    outcome: str
    delivered: int
    delivery: MetricLastDelivery | None


class MetricRestatement(TypedDict):
    """The answer of `list_metric_restatements`."""

    start: Moment
    labels: dict[str, str]
    before: Number | None
    after: Number | None


MetricSync = TypedDict(
    "MetricSync",
    {
        "metric": str,
        "outcome": str,
        "from": Day | None,
        "to": Day | None,
        "delivery": MetricLastDelivery | None,
        "error": str | None,
    },
)
"""The answer of `sync_metric`."""


class Unit(TypedDict):
    """The answer of `list_units`."""

    name: str
    title: str
    version: int
    spec: dict[str, Any]


class UnitAnswerPeriodRow(TypedDict):
    """A part of `UnitAnswerPeriod`."""

    value: str
    cost: Number
    units: Number | None
    unit_cost: Number | None
    status: str
    reason: str | None
    revenue: Number | None
    margin: Number | None
    margin_ratio: Number | None
    marginal_cost: Number | None


UnitAnswerPeriod = TypedDict(
    "UnitAnswerPeriod",
    {
        "period": Day,
        "from": Day,
        "to": Day,
        "open": bool,
        "whole": bool,
        "rows": list[UnitAnswerPeriodRow],
        "total": dict[str, str | None],
    },
)
"""A part of `UnitAnswer`."""


class UnitAnswerOverall(TypedDict):
    """A part of `UnitAnswer`."""

    cost: Number
    units: Number | None
    unit_cost: Number | None
    status: str
    reason: str | None
    revenue: Number | None
    margin: Number | None
    margin_ratio: Number | None


class UnitAnswerChangeValue(TypedDict):
    """A part of `UnitAnswerChange`."""

    value: str | None
    cost_before: Number
    cost_after: Number
    units_before: Number
    units_after: Number
    change: Number
    volume: Number
    mix: Number
    price: Number
    without_units: Number


class UnitAnswerChange(TypedDict):
    """A part of `UnitAnswer`."""

    before: Day
    after: Day
    reason: str | None
    cost_before: Number
    cost_after: Number
    units_before: Number
    units_after: Number
    change: Number
    volume: Number
    mix: Number
    price: Number
    without_units: Number
    values: list[UnitAnswerChangeValue]


UnitAnswer = TypedDict(
    "UnitAnswer",
    {
        "unit_cost": str,
        "metric": str,
        "unit": str,
        "revenue_metric": str | None,
        "measure": str,
        "where": str,
        "currency": str,
        "grain": str,
        "label": str | None,
        "dimension": str | None,
        "from": Day,
        "to": Day,
        "periods": list[UnitAnswerPeriod],
        "overall": UnitAnswerOverall,
        "change": UnitAnswerChange | None,
        "snapshot": str | None,
        "warnings": list[str],
    },
)
"""The answer of `get_unit`."""


UtilizationAnswer = TypedDict(
    "UtilizationAnswer",
    {
        "query": dict[str, Any],
        "from": Day | None,
        "to": Day | None,
        "snapshot": str | None,
        "rows": list[dict[str, Any]],
        "left_out": int,
    },
)
"""The answer of `utilization`."""


class UtilizationCovered(TypedDict):
    """A part of `UtilizationCoverage`."""

    provider: str
    service: str
    currency: str
    cost: Number
    measured: Number
    unnamed: Number
    share: Number | None
    resources: int
    measured_resources: int
    metrics: list[str]


UtilizationCoverage = TypedDict(
    "UtilizationCoverage",
    {
        "from": Day | None,
        "to": Day | None,
        "rows": list[UtilizationCovered],
        "totals": list[UtilizationCovered],
        "unbilled": list[str],
    },
)
"""The answer of `utilization_coverage`."""
