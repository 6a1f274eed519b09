"""Answers of the API: alerts."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.reports import ReportDelivery
from outlay.client.shapes.values import Moment, Number


class AlertOwner(TypedDict):
    """A part of `Alert`."""

    tag: str
    value: str


class AlertFigure(TypedDict):
    """A part of `Alert`."""

    title: str
    value: Number | None
    kind: str
    currency: str | None
    change: Number | None


class Alert(TypedDict):
    """The answer of `acknowledge_alert`, `snooze_alert`, `reopen_alert`, `assign_alert`,
    `settle_alert`."""

    id: int
    state: str
    kind: str
    subject: str
    occurrence: str
    title: str
    severity: str
    owner: AlertOwner | None
    amount: Number | None
    currency: str | None
    figures: list[AlertFigure]
    lines: list[str]
    driver: str
    link: str
    where: str
    raised_at: Moment
    updated_at: Moment
    snoozed_until: Moment | None
    acknowledged_by: str
    assignee: str
    escalations: int
    next_step_at: Moment | None


class AlertStep(TypedDict):
    """A part of `AlertWithHistory`."""

    at: Moment
    action: str
    about: str
    author: str
    route: str
    channel: str
    address: str
    delivery: int | None
    note: str


class AlertWithHistory(Alert):
    """The answer of `get_alert`."""

    steps: list[AlertStep]
    deliveries: list[ReportDelivery]


class AlertList(TypedDict):
    """The answer of `list_alerts`."""

    alerts: list[Alert]
    counts: dict[str, int]
    owners: list[str]


class AlertTarget(TypedDict):
    """A part of `AlertRouteLine`: a channel, and an address where it is one of mail."""

    channel: str
    address: str


class AlertRouteLine(TypedDict):
    """The answer of `list_alert_routes`, `get_alert_route`."""

    name: str
    version: int
    title: str
    spec: dict[str, Any]
    next_digest: Moment | None
    alerts: int
    targets: list[AlertTarget]
    problems: list[str]


class AlertReach(AlertTarget):
    """A part of `AlertRoutePreview`."""

    at_once: int
    digest_alone: int


class AlertWouldGo(TypedDict):
    """A part of `AlertRoutePreview`."""

    id: int
    title: str
    severity: str
    amount: Number | None
    currency: str | None
    raised_at: Moment
    at_once: Moment | None
    targets: list[AlertTarget]
    problems: list[str]


class AlertRoutePreview(TypedDict):
    """The answer of `preview_alert_route`."""

    since: Moment
    looked_at: int
    targets: list[AlertReach]
    alerts: list[AlertWouldGo]


class AlertDigest(AlertTarget):
    """The answer of `preview_alert_digests`."""

    route: str
    document: dict[str, Any]


class LookStep(TypedDict):
    """A part of `Look`."""

    name: str
    raised: int
    notes: list[str]
    failed: str


class Look(TypedDict):
    """The answer of `watch`."""

    at: Moment
    reason: str
    raised: int
    failed: bool
    steps: list[LookStep]
    deliveries: list[ReportDelivery]
