"""Anomalies as JSON data: money as text, days with an inclusive `last`, times with a final Z."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outlay.app.anomalies.events import Day, Event, Member, Part, Run, Step
from outlay.app.anomalies.listing import Listed
from outlay.app.anomalies.monitors import Monitor
from outlay.app.shapes import plain
from outlay.money import money_text

Json = dict[str, Any]


def event_json(event: Event) -> Json:
    """An event in short, as lists have it."""
    return {
        "id": event.id,
        "title": event.title,
        "sentence": event.sentence,
        "driver": event.driver,
        "state": event.state,
        "reason": event.reason,
        "severity": event.severity,
        "kind": event.kind,
        "direction": event.direction,
        "grain": event.grain,
        "monitor": event.monitor,
        "measure": event.measure,
        "currency": event.currency,
        "starts_at": event.start.isoformat() + "Z",
        "ends_at": event.end.isoformat() + "Z",
        "first_day": str(event.range.start),
        "last_day": str(event.last),
        "ongoing": event.ongoing,
        "actual": money_text(event.actual),
        "expected": money_text(event.expected),
        "impact": money_text(event.impact),
        "confidence": format(event.confidence, "f"),
        "grouping": event.grouping,
        "values": list(event.lead.values),
        "where": event.lead.where,
        "owner": event.owner,
        "owner_tag": event.owner_tag,
        "assignee": event.assignee,
        "feedback": event.feedback,
        "quiet": event.quiet,
        "detected_at": event.detected_at.isoformat() + "Z",
        "updated_at": event.updated_at.isoformat() + "Z",
    }


def whole_json(event: Event, steps: Sequence[Step]) -> Json:
    """An event with everything that it is reckoned from and what was done about it."""
    found, split = event.explained, event.split
    return {
        **event_json(event),
        "days": [_day(one) for one in event.days],
        "band": [_day(one) for one in event.band],
        "series": [_member(event, one) for one in event.members],
        "explained": None
        if found is None
        else {
            "parts": [_part(event, one) for one in found.parts],
            "rest": money_text(found.rest),
            "share": format(found.share, "f"),
            "where": dict(found.where),
        },
        "split": None
        if split is None
        else {
            "effects": [
                {"effect": one.name, "title": one.title, "amount": money_text(one.amount)}
                for one in split.effects
            ],
            "against_from": str(split.against.start),
            "against_to": str(split.against.end),
            "before": money_text(split.before),
        },
        "explaining": None if event.explaining is None else plain(vars(event.explaining)),
        "basis": plain(event.basis),
        "names": {dimension: dict(names) for dimension, names in event.names.items()},
        "snapshot": event.snapshot,
        "steps": [step_json(one) for one in steps],
    }


def _day(day: Day) -> Json:
    return {
        "start": day.start.isoformat() + "Z",
        "actual": money_text(day.actual),
        "expected": money_text(day.expected),
        "lower": money_text(day.lower),
        "upper": money_text(day.upper),
        "difference": money_text(day.difference),
        "flagged": day.flagged,
    }


def _member(event: Event, member: Member) -> Json:
    return {
        "grouping": member.grouping,
        "values": list(member.values),
        "title": event.name_of(member),
        "where": member.where,
        "starts_at": member.start.isoformat() + "Z",
        "ends_at": member.end.isoformat() + "Z",
        "actual": money_text(member.actual),
        "expected": money_text(member.expected),
        "impact": money_text(member.impact),
    }


def _part(event: Event, part: Part) -> Json:
    return {
        "values": dict(part.values),
        "titles": {name: event.named(name, value) for name, value in part.values.items()},
        "actual": money_text(part.actual),
        "expected": money_text(part.expected),
        "impact": money_text(part.impact),
    }


def step_json(step: Step) -> Json:
    """One thing that was done."""
    return {
        "at": step.at.isoformat() + "Z",
        "author": step.author,
        "action": step.action,
        "verdict": step.verdict,
        "note": step.note,
        "detail": dict(step.detail),
    }


def listed_json(listed: Listed, limit: int) -> Json:
    """A list with its sums over all of it."""
    return {
        "rows": [event_json(one) for one in listed.events[:limit]],
        "count": len(listed.events),
        "above": [{"currency": c, "impact": money_text(a)} for c, a in listed.above],
        "below": [{"currency": c, "impact": money_text(a)} for c, a in listed.below],
        "counts": dict(listed.counts),
    }


def run_json(run: Run) -> Json:
    """A look."""
    told = {name: value for name, value in run.detail.items() if name != "mark"}
    return {
        "at": run.at.isoformat() + "Z",
        "outcome": run.outcome,
        "message": run.message,
        "snapshot": run.snapshot,
        "series": run.series,
        "events": run.events,
        "duration_ms": run.duration_ms,
        "detail": told,
    }


def monitor_json(monitor: Monitor) -> Json:
    """A monitor; `shipped` is one that is there without being saved."""
    return {
        "name": monitor.name,
        "title": monitor.title,
        "shipped": monitor.shipped,
        "version": monitor.version,
        "author": monitor.author,
        "spec": monitor.spec.model_dump(mode="json"),
    }
