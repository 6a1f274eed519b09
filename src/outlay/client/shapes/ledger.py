"""Answers of the API: ledger."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.questions import Charge
from outlay.client.shapes.values import Day, Moment, Number


class HealthCheck(TypedDict):
    """A part of `Health`."""

    topic: str
    ok: bool
    found: str
    next: str | None


class Health(TypedDict):
    """The answer of `get_health`."""

    status: str
    workspace: str
    version: str
    slices: int
    checks: NotRequired[list[HealthCheck]]


class Run(TypedDict):
    """The answer of `list_runs`."""

    id: int
    source: str
    action: str
    started_at: Moment
    ended_at: Moment | None
    outcome: str
    message: str


class Source(TypedDict):
    """The answer of `list_sources`, `add_source`."""

    name: str
    kind: str
    location: str
    root: str
    options: dict[str, Any]
    cadence: str
    enabled: bool
    configured: bool
    last_delivery_at: Moment | None
    newest_period: str | None
    slices: int
    rows: int
    rejected: int
    reconciled: bool
    freshness: str
    freshness_reason: str
    last_run: Run | None
    error: str | None
    next_sync_at: Moment | None
    usage_rows: int


class SourceWithRuns(Source):
    """The answer of `get_source`."""

    runs: list[Run]


class InferenceFeed(TypedDict):
    """A part of `Inference`."""

    kind: str
    name: str
    root: str
    evidence: str


class Inference(TypedDict):
    """The answer of `infer_source`."""

    location: str
    feeds: list[InferenceFeed]
    file: str | None
    mapping: dict[str, Any] | None
    evidence: list[dict[str, Any]]
    doubts: list[str]
    missing: list[str]
    trial: dict[str, Any] | None


class DeliveryFile(TypedDict):
    """A part of `Delivery`."""

    path: str
    sha256: str
    size: int


class DeliveryRejectsSample(TypedDict):
    """A part of `Delivery`."""

    file: str
    line: int
    reason: str


class DeliveryUsage(TypedDict):
    """A part of `Delivery`."""

    metric: str
    unit: str
    stated: Number | None
    loaded: Number


class Delivery(TypedDict):
    """The answer of `list_held`."""

    source: str
    kind: str
    billing_period: str
    rows: int
    charges: int
    rows_folded: dict[str, int]
    rows_extra: int
    usage_rows: int
    usage: list[DeliveryUsage]
    rejected: int
    stated: dict[str, dict[str, Number]]
    loaded: dict[str, dict[str, Number]]
    rejected_amounts: dict[str, dict[str, Number]]
    reconciled: bool
    problems: list[str]
    loaded_at: Moment
    cause: str
    delivery: str
    replaces: str | None
    version: str
    focus_version: str
    mapping_version: int
    vocabulary: str | None
    files: list[DeliveryFile]
    notes: list[str]
    rejects_sample: list[DeliveryRejectsSample]


class LoadSlice(TypedDict):
    """A part of `Load`."""

    source: str
    billing_period: str | None
    status: str
    message: str
    snapshot: str | None
    delivery: NotRequired[Delivery]


class Load(TypedDict):
    """The answer of `sync`, `relift`."""

    source: str
    kind: str
    location: str
    detected: InferenceFeed | None
    outcome: str
    error: str | None
    notes: list[str]
    slices: list[LoadSlice]


class BillKind(TypedDict):
    """The answer of `list_kinds`."""

    kind: str
    title: str
    description: str
    example: str
    options: dict[str, Any]


class Slice(Delivery):
    """The answer of `list_deliveries`."""

    snapshot: str
    committed_at: Moment


class Check(TypedDict):
    """The answer of `list_checks`."""

    source: str
    billing_period: str
    rule: str
    description: str
    severity: str
    blocking: bool
    rows: int
    sample: list[dict[str, Any]]


class SliceWithHistory(Slice):
    """The answer of `get_delivery`."""

    checks: list[Check]
    history: list[Slice]


class Record(TypedDict):
    """The answer of `get_record`."""

    record: dict[str, Any]
    charges: list[Charge]


Rates = TypedDict(
    "Rates",
    {
        "name": str,
        "title": str,
        "from": Day | None,
        "to": Day | None,
        "currencies": list[str],
        "default": bool,
    },
)
"""The answer of `list_rates`, `put_bank_rates`."""


class DayRate(TypedDict):
    """The answer of `get_rates`."""

    day: Day
    rate: Number | None
    rate_of: Day | None
    publisher: str | None


class Snapshot(TypedDict):
    """The answer of `list_snapshots`."""

    snapshot: str
    committed_at: Moment
    added: list[str]
    removed: list[str]
    cause: str
    detail: bool


class Pin(TypedDict):
    """A part of `Restatements`."""

    snapshot: str | None
    committed_at: Moment | None


class RestatementsSliceMeasure(TypedDict):
    """A part of `RestatementsSlice`."""

    measure: str
    currency: str
    before: Number
    after: Number
    change: Number


class RestatementsSlice(TypedDict):
    """A part of `Restatements`."""

    source: str
    billing_period: str
    cause: str
    before: str | None
    after: str | None
    rows_before: int
    rows_after: int
    measures: list[RestatementsSliceMeasure]


class Restatements(TypedDict):
    """The answer of `get_restatements`."""

    before: Pin
    after: Pin
    by: list[str]
    slices: list[RestatementsSlice]
    rows: list[dict[str, Any]]


class RejectedRow(TypedDict):
    """The answer of `list_rejected`: a row that was not taken, and why."""

    file: str
    line: int
    reason: str
    record: str | None
