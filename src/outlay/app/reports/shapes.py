"""Reports, channels and deliveries as plain JSON data: one shape for command line and API."""

from __future__ import annotations

from typing import Any

from outlay.app.reports.use import ChannelLine, ReportLine
from outlay.app.shapes import plain
from outlay.reports.outbox import Delivery

Json = dict[str, Any]


def delivery_json(one: Delivery) -> Json:
    """A delivery with its attempts; times are UTC."""
    return {
        "id": one.id,
        "key": one.key,
        "kind": one.kind,
        "report": one.report,
        "channel": one.channel,
        "due_at": plain(one.due_at),
        "state": one.state,
        "attempts": one.attempts,
        "next_attempt_at": plain(one.next_attempt_at) if one.is_open else None,
        "started_at": plain(one.started_at),
        "ended_at": plain(one.ended_at),
        "author": one.author,
        "message": one.message,
        "files": [dict(file) for file in one.files],
        "log": [dict(entry) for entry in one.log],
    }


def report_json(line: ReportLine) -> Json:
    """A report with its state."""
    return {
        "name": line.name,
        "version": line.version,
        "title": line.title,
        "owner": line.owner,
        "spec": line.spec.model_dump(mode="json"),
        "next_due": line.next_due,
        "next_at": plain(line.next_at),
        "last": None if line.last is None else delivery_json(line.last),
        "failing": [delivery_json(one) for one in line.failing],
    }


def channel_json(line: ChannelLine) -> Json:
    """A channel with its state. Secrets are references, as they are configured."""
    return {
        "name": line.name,
        "version": line.version,
        "title": line.title,
        "type": line.spec.type,
        "target": line.target,
        "spec": line.spec.model_dump(mode="json"),
        "failing": line.failing,
        "last": None if line.last is None else delivery_json(line.last),
        "reports": list(line.reports),
    }
