"""Alerts, routes and looks as plain JSON data: one shape for command line, API and assistants."""

from __future__ import annotations

from typing import Any

from outlay.alerts.store import Alert, Step
from outlay.alerts.targets import Target
from outlay.app.alerts.looking import Looked
from outlay.app.alerts.trying import DigestPreview, Preview, RouteLine
from outlay.app.alerts.use import History, Listing
from outlay.app.reports.shapes import delivery_json
from outlay.app.shapes import plain
from outlay.reports.document import Figure
from outlay.reports.render.plain import to_json as document_json

Json = dict[str, Any]


def alert_json(alert: Alert, now: Any) -> Json:
    """An alert; amounts are text in full, times UTC."""
    signal = alert.signal
    owner = signal.owner
    return {
        "id": alert.id,
        "state": alert.shown_state(now),
        "kind": signal.kind,
        "subject": signal.subject,
        "occurrence": signal.occurrence,
        "title": signal.title,
        "severity": alert.severity,
        "owner": None if owner is None else {"tag": owner.tag, "value": owner.value},
        "amount": plain(signal.amount),
        "currency": signal.currency or None,
        "figures": [_figure(one) for one in signal.figures],
        "lines": list(signal.lines),
        "driver": signal.driver,
        "link": signal.link,
        "where": signal.where,
        "raised_at": plain(alert.raised_at),
        "updated_at": plain(alert.updated_at),
        "snoozed_until": plain(alert.snoozed_until) if alert.snoozed(now) else None,
        "acknowledged_by": alert.acknowledged_by,
        "assignee": alert.assignee,
        "escalations": alert.escalation,
        "next_step_at": plain(alert.next_step_at),
    }


def _figure(figure: Figure) -> Json:
    return {
        "title": figure.title,
        "value": plain(figure.value),
        "kind": figure.kind,
        "currency": figure.currency,
        "change": plain(figure.change),
    }


def listing_json(found: Listing) -> Json:
    """Alerts that were asked for, with the number of each state."""
    return {
        "alerts": [alert_json(one, found.now) for one in found.alerts],
        "counts": dict(found.counts),
        "owners": list(found.owners),
    }


def history_json(found: History) -> Json:
    """An alert with everything that happened to it and the deliveries by which it was told."""
    return {
        **alert_json(found.alert, found.now),
        "steps": [_step(one) for one in found.steps],
        "deliveries": [delivery_json(one) for _, one in sorted(found.deliveries.items())],
    }


def _step(step: Step) -> Json:
    return {
        "at": plain(step.at),
        "action": step.action,
        "about": step.about,
        "author": step.author,
        "route": step.route,
        "channel": step.channel,
        "address": step.address,
        "delivery": step.delivery,
        "note": step.note,
    }


def _target(target: Target) -> Json:
    return {"channel": target.channel, "address": target.address}


def route_json(line: RouteLine) -> Json:
    """A route with what went by it lately."""
    return {
        "name": line.name,
        "version": line.version,
        "title": line.title,
        "spec": line.spec.model_dump(mode="json", exclude_defaults=True),
        "next_digest": plain(line.next_digest),
        "alerts": line.alerts,
        "targets": [_target(one) for one in line.targets],
        "problems": list(line.problems),
    }


def preview_json(found: Preview) -> Json:
    """What would have gone where by a route."""
    return {
        "since": plain(found.since),
        "looked_at": found.looked_at,
        "targets": [
            {**_target(target), "at_once": at_once, "digest_alone": alone}
            for target, (at_once, alone) in found.by_target.items()
        ],
        "alerts": [
            {
                "id": row.alert.id,
                "title": row.alert.signal.title,
                "severity": row.alert.severity,
                "amount": plain(row.alert.signal.amount),
                "currency": row.alert.signal.currency or None,
                "raised_at": plain(row.alert.raised_at),
                "at_once": plain(row.at_once),
                "targets": [_target(one) for one in row.targets],
                "problems": list(row.problems),
            }
            for row in found.rows
        ],
    }


def digest_json(found: DigestPreview) -> Json:
    """A digest as it would be sent now."""
    return {
        "route": found.route,
        **_target(found.target),
        "document": document_json(found.document),
    }


def looked_json(found: Looked) -> Json:
    """What a look did, step by step, and what became of the deliveries that it sent."""
    return {
        "at": plain(found.watched.at),
        "reason": found.reason,
        "raised": found.raised,
        "failed": found.failed,
        "steps": [
            {"name": s.name, "raised": s.raised, "notes": list(s.notes), "failed": s.failed}
            for s in found.watched.steps
        ],
        "deliveries": [delivery_json(one) for one in found.deliveries],
    }
