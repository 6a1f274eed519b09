"""Slack and Microsoft Teams, by their incoming webhooks.

One JSON message each, written here: Apprise's own would be a title and a text, and it does not say
whether a refusal is for now or for good. Files do not go by these webhooks; the message says where
they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from outlay.money.display import moment
from outlay.reports.cells import figure_texts, shown
from outlay.reports.channels.parcel import Delivered, Parcel, Ways
from outlay.reports.channels.post import post
from outlay.reports.document import Document, Figure, Note, Sentence, Table
from outlay.reports.model import ChannelSpec
from outlay.reports.render.mail import text_table
from outlay.sources.secrets import read_secret

_ROWS = 10
_MOST_FIGURES = 8
_SECTION = 2900
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_TINTS = {"critical": "attention", "warning": "warning", "info": "default"}
_MARKS = {"critical": ":red_circle: ", "warning": ":large_yellow_circle: ", "info": ""}


def send_slack(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """One message with headlines, sentences, the first table and the link."""
    return _posted(channel, parcel, ways, "Slack", slack(parcel))


def send_teams(channel: ChannelSpec, parcel: Parcel, ways: Ways) -> Delivered:
    """One adaptive card with the same."""
    return _posted(channel, parcel, ways, "Teams", teams(parcel))


def _posted(
    channel: ChannelSpec, parcel: Parcel, ways: Ways, name: str, message: dict[str, Any]
) -> Delivered:
    url = read_secret(channel.url, f"the address of the {name} webhook")
    headers = {**_JSON, "Idempotency-Key": parcel.key}
    shown_as = f"the {name} webhook"
    status = post(url, orjson.dumps(message), headers, reach=ways.reach, shown=shown_as)
    return Delivered(f"{name} answers {status}")


def slack(parcel: Parcel) -> dict[str, Any]:
    """The message in Slack's blocks; `text` is what notifications show."""
    document = parcel.document
    title = f"{_MARKS[document.severity]}{parcel.subject}"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:150], "emoji": True}}
    ]
    about = " · ".join(filter(None, (document.company, document.measure, document.scope)))
    blocks.append(_context(about))
    if document.late:
        blocks.append(_section(_escaped(document.late)))
    fields = [
        {"type": "mrkdwn", "text": f"*{_escaped(one.title)}*\n{_escaped(_told(one))}"[:2000]}
        for one in document.figures[:_MOST_FIGURES]
    ]
    if fields:
        blocks.append({"type": "section", "fields": fields})
    for text in _texts(document):
        blocks.append(_section(_escaped(text)))
    table = _first_table(document)
    if table:
        blocks.append(_section(f"```{_escaped(table)[: _SECTION - 10]}```"))
    if document.link:
        button = {"type": "plain_text", "text": "Open it in Outlay"}
        blocks.append(
            {
                "type": "actions",
                "elements": [{"type": "button", "text": button, "url": document.link}],
            }
        )
    blocks.append(_context(_made(document)))
    return {"text": parcel.subject, "blocks": blocks[:50]}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_SECTION]}}


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": _escaped(text)[:_SECTION]}]}


def _escaped(text: str) -> str:
    """Slack's three characters; a name in a bill must not become a link or a mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(parcel: Parcel) -> dict[str, Any]:
    """The message as an adaptive card."""
    document = parcel.document
    body: list[dict[str, Any]] = [
        _block(parcel.subject, size="large", weight="bolder", color=_TINTS[document.severity]),
        _block(
            " · ".join(filter(None, (document.company, document.measure, document.scope))),
            isSubtle=True,
            spacing="none",
        ),
    ]
    if document.late:
        body.append(_block(document.late, color="warning"))
    if document.figures:
        facts = [{"title": f.title, "value": _told(f)} for f in document.figures[:_MOST_FIGURES]]
        body.append({"type": "FactSet", "facts": facts})
    body += [_block(text) for text in _texts(document)]
    table = _first_table(document)
    if table:
        body.append(_block(table, fontType="monospace", size="small"))
    body.append(_block(_made(document), isSubtle=True, size="small"))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if document.link:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": "Open it in Outlay", "url": document.link}
        ]
    return {
        "type": "message",
        "summary": parcel.subject,
        "attachments": [
            {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        ],
    }


def _block(text: str, **style: Any) -> dict[str, Any]:
    # Cards read Markdown: a name in a bill must not become a link.
    plain = text.replace("[", "\\[").replace("]", "\\]")
    return {"type": "TextBlock", "text": plain, "wrap": True, **style}


def _told(figure: Figure) -> str:
    told = figure_texts(figure)
    moved = f" {told['change']} {told['note']}".rstrip() if told["change"] else ""
    return f"{told['value']} {told['unit']}".strip() + moved


def _texts(document: Document) -> Iterator[str]:
    for block in document.blocks:
        if isinstance(block, Sentence) or (isinstance(block, Note) and block.tone == "warn"):
            yield block.text


def _first_table(document: Document) -> str:
    for block in document.blocks:
        if isinstance(block, Table) and block.on != "file":
            return "\n".join(text_table(shown(block, _ROWS)))
    return ""


def _made(document: Document) -> str:
    parts = [f"{document.company}, {moment(document.made_at)}.", document.freshness]
    return " ".join(filter(None, parts))
