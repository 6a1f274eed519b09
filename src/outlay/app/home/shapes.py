"""Homes as plain JSON values, for the API and for `--json`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from outlay.app.home.kept import Home
from outlay.app.home.model import Card, Failed, Figure, Line, Persona, Step
from outlay.money import money_text

Json = dict[str, Any]


def persona_json(persona: Persona) -> Json:
    """A persona with its questions."""
    return {
        "persona": persona.name,
        "title": persona.title,
        "about": persona.about,
        "focus": persona.focus or None,
        "questions": [
            {"question": question.text, "cards": list(question.cards)}
            for question in persona.questions
        ],
    }


def home_json(home: Home) -> Json:
    """A home with every card."""
    asked = home.asked
    period = asked.period
    return {
        "persona": asked.persona.name,
        "title": asked.persona.title,
        "period": period.name,
        "from": str(period.days.start),
        "to": str(period.days.end),
        "previous_from": str(period.before.start),
        "previous_to": str(period.before.end),
        "tag": asked.tag or None,
        "of": asked.focus.value if asked.focus else None,
        "questions": [
            {"question": question.text, "cards": [card_json(card) for card in cards]}
            for question, cards in home.questions
        ],
    }


def card_json(card: Card | Failed) -> Json:
    """A card: `state` is ``failed`` with the `reason`, else how it stands."""
    if isinstance(card, Failed):
        return {
            "card": card.name, "title": card.title, "state": "failed", "reason": card.reason,
            "retryable": card.retryable,
        }  # fmt: skip
    return {
        "card": card.name,
        "title": card.title,
        "state": card.tone or "plain",
        "sentence": card.sentence,
        "link": card.link or None,
        "drivers": card.drivers or None,
        "query": card.query.to_json() if card.query else None,
        "figures": [_figure(one) for one in card.figures],
        "lines": [_line(one) for one in card.lines],
        "steps": [_step(one) for one in card.steps],
        "notes": list(card.notes),
    }


def _figure(one: Figure) -> Json:
    return {
        "label": one.label,
        "value": _text(one.value, one.kind),
        "kind": one.kind,
        "currency": one.currency,
        "period": one.period or None,
        "previous": _text(one.previous, one.kind),
        "change": _text(one.change, one.kind),
        "change_ratio": _text(one.change_ratio, "ratio"),
        "drivers": one.drivers or None,
    }


def _line(one: Line) -> Json:
    return {
        "title": one.title,
        "link": one.link,
        "figure": _figure(one.figure) if one.figure else None,
        "beside": [_figure(other) for other in one.beside],
        "note": one.note or None,
        "state": one.tone or None,
    }


def _step(one: Step) -> Json:
    return {
        "text": one.text,
        "link": one.link,
        "amount": _text(one.amount, "money"),
        "currency": one.currency,
        "urgent": one.urgent,
    }


def _text(value: Decimal | int | None, kind: str) -> str | None:
    """Money with all its decimals; quotients as they were rounded."""
    if value is None:
        return None
    if kind == "money":
        return money_text(Decimal(value))
    return format(Decimal(value), "f")
