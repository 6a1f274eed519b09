"""Telling people something now, by the channels, outbox and log of reports."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import who
from outlay.app.notices import Message
from outlay.app.runs import utc_now
from outlay.reports.document import Figure
from outlay.reports.model import CHANNEL
from outlay.reports.outbox import Entry, key_of

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

__all__ = ["Figure", "Message", "notify", "put_once", "test_channel"]


def notify(
    workspace: Workspace, message: Message, channels: Sequence[str], *, test: bool = False
) -> list[int]:
    """Put a message into the outbox for each channel; whoever sends reports sends it, with the same
    retries and the same log. Gives the ids of the deliveries that are new: none where the
    message's `dedupe_key` went by the channel before. A `test` says that it is one.

    ResourceNotFoundError for a channel that is none: nothing is put in then.
    """
    return _put(workspace, message, channels, "test" if test else "notice")


def put_once(
    workspace: Workspace,
    channel: str,
    about: str,
    payload: Mapping[str, Any],
    now: datetime,
) -> int:
    """Put one notice into the outbox under what it is `about`; gives its number, also where it was
    put in before (by another process, or before this one was killed): it goes once.

    `payload` has a `message` or a `digest`, `to` with the addresses of a channel of mail, `event`
    and `incident` for a channel of incidents.
    """
    from outlay.app.reports.delivering import outbox

    box = outbox(workspace)
    entry = Entry(
        key=key_of("notice", channel, about),
        kind="notice",
        report="",
        channel=channel,
        due_at=now,
        author=who(),
        payload=payload,
    )
    new = box.put([entry], now)
    if new:
        return new[0]
    found = box.find(entry.key)
    assert found is not None, "a key that is taken belongs to a delivery"
    return found.id


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
