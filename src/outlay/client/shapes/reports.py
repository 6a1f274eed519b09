"""Answers of the API: reports."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Moment


class Report(TypedDict):
    """The answer of `list_reports`, `get_report`."""

    name: str
    version: int
    title: str
    owner: str
    spec: dict[str, Any]
    next_due: str
    next_at: Moment
    last: ReportDelivery | None
    failing: list[ReportDelivery]


class ReportDeliveryFile(TypedDict):
    """A part of `ReportDelivery`."""

    name: str
    bytes: int


class ReportDeliveryLog(TypedDict):
    """A part of `ReportDelivery`."""

    attempt: int
    at: Moment
    outcome: str
    message: str


class ReportDelivery(TypedDict):
    """The answer of `run_reports`, `send_report`, `send_report_test`, `list_report_deliveries`."""

    id: int
    key: str
    kind: str
    report: str
    channel: str
    due_at: Moment
    state: str
    attempts: int
    next_attempt_at: Moment | None
    started_at: Moment
    ended_at: Moment
    author: str
    message: str
    files: list[ReportDeliveryFile]
    log: list[ReportDeliveryLog]


class Channel(TypedDict):
    """The answer of `list_channels`."""

    name: str
    version: int
    title: str
    type: str
    target: str
    spec: dict[str, Any]
    failing: bool
    last: ReportDelivery | None
    reports: list[str]
