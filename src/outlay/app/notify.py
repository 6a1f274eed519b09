"""Telling people something now, by the channels, outbox and log of reports."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from outlay.access import who
from outlay.app.notices import Message
from outlay.app.runs import utc_now
from outlay.reports.document import Figure
from outlay.reports.model import CHANNEL
from outlay.reports.outbox import Entry, key_of

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

__all__ = ["Figure", "Message", "notify", "test_channel"]


def notify(workspace: Workspace, message: Message, channels: Sequence[str]) -> list[int]:
    """Put a message into the outbox for each channel; whoever sends reports sends it, with the same
    retries and the same log. Gives the ids of the deliveries that are new: none where the
    message's `dedupe_key` went by the channel before.

    ResourceNotFoundError for a channel that is none: nothing is put in then.
    """
    return _put(workspace, message, channels, "notice")


def test_channel(workspace: Workspace, channel: str) -> list[int]:
    """Put in a short message that says that the channel works."""
    message = Message(
        title=f"The channel {channel} works",
        lines=(f"{who()} sent this from {workspace.name} to try the channel.",),
        link="/channels",
    )
    return _put(workspace, message, [channel], "test")


def _put(workspace: Workspace, message: Message, channels: Sequence[str], kind: str) -> list[int]:
    from outlay.app.reports.delivering import outbox

    for channel in channels:
        workspace.resources.get(CHANNEL.name, channel)
    now = utc_now()
    about = message.dedupe_key or uuid.uuid4().hex
    entries = [
        Entry(
            key=key_of("notice", channel, about),
            kind="test" if kind == "test" else "notice",
            report="",
            channel=channel,
            due_at=now,
            author=who(),
            payload={"message": message.to_json()},
        )
        for channel in dict.fromkeys(channels)
    ]
    return outbox(workspace).put(entries, now)
