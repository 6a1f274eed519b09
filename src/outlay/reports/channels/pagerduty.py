"""PagerDuty, by its Events API v2: an alert is an incident that is acknowledged and resolved with
it.

One JSON object each, as PagerDuty documents it (developer.pagerduty.com, "Send an Alert Event"):
`dedup_key` names the matter, so that a repetition does not page again and what became of the alert
reaches the incident. Apprise only triggers, and names no matter.
"""

from __future__ import annotations

from typing import Any

import orjson

from outlay.reports.cells import figure_texts
from outlay.reports.channels.parcel import Delivered, Event, Parcel, Ways
from outlay.reports.channels.post import post
from outlay.reports.document import Document, Note, Sentence
from outlay.reports.errors import PermanentError
from outlay.reports.model import ChannelSpec
from outlay.reports.render.plain import to_json
from outlay.sources.secrets import read_secret

ADDRESS = "https://events.pagerduty.com/v2/enqueue"
_SUMMARY = 1024
_SEVERITIES = {"info": "info", "warning": "warning", "critical": "critical"}
_JSON = {"Content-Type": "application/json"}
_DONE = {"trigger": "triggered", "acknowledge": "acknowledged", "resolve": "resolved"}


def send(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """Trigger, acknowledge or resolve the incident of a notice. A test is triggered as information
    and resolved at once, so that nobody is left with it."""
    if parcel.report:
        raise PermanentError("PagerDuty gets alerts, not reports. Send the report by mail or chat.")
    key = read_secret(channel.secret or "", "the integration key of PagerDuty")
    url = channel.url or ADDRESS
    if not url.startswith(("https://", "http://")):
        url = read_secret(url, "the address for PagerDuty's events")
    events: tuple[Event, ...] = ("trigger", "resolve") if parcel.test else (parcel.event,)
    for event in events:
        body = orjson.dumps(payload(parcel, key, event))
        status = post(url, body, _JSON, reach=ways.reach, shown="PagerDuty")
    done = " and ".join(_DONE[event] for event in events)
    return Delivered(f"PagerDuty answers {status}: {done}")


def payload(parcel: Parcel, key: str, event: Event) -> dict[str, Any]:
    """What is posted for an event."""
    found: dict[str, Any] = {
        "routing_key": key,
        "event_action": event,
        "dedup_key": parcel.incident or parcel.key,
    }
    if event != "trigger":
        return found
    document = parcel.document
    found["payload"] = {
        "summary": parcel.subject[:_SUMMARY],
        "source": document.company,
        "severity": "info" if parcel.test else _SEVERITIES[document.severity],
        "timestamp": parcel.due_at.isoformat(timespec="seconds") + "Z",
        "component": "outlay",
        "custom_details": _details(document),
    }
    found["client"] = "Outlay"
    if document.link:
        found["client_url"] = document.link
        found["links"] = [{"href": document.link, "text": "Open it in Outlay"}]
    return found


def _details(document: Document) -> dict[str, Any]:
    """What an incident shows: headlines as people read them and exactly, and the text."""
    shown = {}
    for figure in document.figures:
        told = figure_texts(figure)
        shown[figure.title] = f"{told['value']} {told['unit']}".strip()
    texts = [b.text for b in document.blocks if isinstance(b, Sentence | Note)]
    return {**shown, "text": texts, "figures": to_json(document)["figures"]}
