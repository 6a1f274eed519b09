"""A message in a few lines (an alert, a test of a channel) as a document like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, get_args

from outlay.reports.channels.parcel import Parcel
from outlay.reports.document import (
    Block,
    Document,
    Figure,
    Figures,
    Sentence,
    Severity,
    figure_json,
    figure_of,
)
from outlay.reports.errors import PermanentError, ReportError
from outlay.reports.model import ChannelSpec
from outlay.reports.outbox import Delivery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True)
class Message:
    """What is to be known. `link` is the path of the page behind it ("/explore?…"). `dedupe_key`
    names what the message is about: the same key goes by a channel once and never again ('' is
    sent each time)."""

    title: str
    severity: Severity = "info"
    lines: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    link: str = ""
    dedupe_key: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ReportError(
                f"there is no severity {self.severity!r}. Allowed: {', '.join(SEVERITIES)}."
            )
        if not self.title.strip():
            raise ReportError("a message needs a title.")

    def to_json(self) -> dict[str, Any]:
        """As plain JSON data; amounts are text in full."""
        return {
            "title": self.title,
            "severity": self.severity,
            "lines": list(self.lines),
            "figures": [figure_json(one) for one in self.figures],
            "link": self.link,
        }


def read_message(data: Mapping[str, Any]) -> Message:
    """Read `to_json`'s form."""
    return Message(
        title=data["title"],
        severity=data["severity"],
        lines=tuple(data["lines"]),
        figures=tuple(figure_of(one) for one in data["figures"]),
        link=data["link"],
    )


def too_late(workspace: Workspace, delivery: Delivery, channel: ChannelSpec) -> str:
    """Why a notice is not sent any more: its alert was acknowledged or has ended while it waited,
    so that an incident would begin after it had ended, and never end. '' where it is sent."""
    from outlay.alerts.targets import PAGED
    from outlay.app.alerts.raising import store

    payload = delivery.payload
    if channel.type != PAGED or payload.get("event") != "trigger" or not payload.get("incident"):
        return ""
    alert = store(workspace).find(payload["incident"])
    if alert is None or alert.state == "open":
        return ""
    return f"the alert was {alert.state} before it could be told."


def parcel_of(workspace: Workspace, delivery: Delivery, channel: ChannelSpec) -> Parcel:
    """What a notice of the outbox sends: its message, or a digest of alerts.

    PermanentError for an address that the channel does not permit (any more).
    """
    payload, at = delivery.payload, delivery.due_at
    if "digest" in payload:
        from outlay.app.alerts.documents import digest_document

        document = digest_document(workspace, payload["digest"], at)
    else:
        document = document_of(workspace, read_message(payload["message"]), at)
    to = tuple(str(one) for one in payload.get("to", ())) if channel.type == "mail" else ()
    refused = [one for one in to if not channel.permits(one)]
    if refused:
        raise PermanentError(
            f"the channel {delivery.channel!r} does not permit {', '.join(refused)}. Its `allow` "
            "says which addresses may get mail by it."
        )
    return Parcel(
        key=delivery.key,
        document=document,
        due_at=at,
        recipients=to,
        test=delivery.kind == "test",
        event=payload.get("event", "trigger"),
        incident=payload.get("incident", ""),
    )


def document_of(workspace: Workspace, message: Message, at: datetime) -> Document:
    """The message as a document of the workspace."""
    from outlay.app.reports.compose import link_to

    blocks: list[Block] = [Figures(message.figures)] if message.figures else []
    blocks += [Sentence(line) for line in message.lines]
    return Document(
        title=message.title,
        company=workspace.name,
        made_at=at,
        severity=message.severity,
        link=link_to(workspace, message.link),
        blocks=tuple(blocks),
        name="notice",
    )
