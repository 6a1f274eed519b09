"""The home of a persona as blocks of a document: its questions, cards, figures and next steps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.home import model
from outlay.app.home.kept import Home, homes
from outlay.app.home.words import amount
from outlay.reports.document import Block, Figure, Figures, Heading, Note, Sentence

if TYPE_CHECKING:
    from datetime import datetime

    from outlay.app.workspace import Workspace


def home_of(workspace: Workspace, persona: str, now: datetime) -> Home:
    """The home with every card; QueryError for a persona that is none."""
    kept = homes(workspace)
    return kept.home(kept.ask(persona, now=now))


def blocks(home: Home) -> list[Block]:
    """Each question with the cards that answer it."""
    found: list[Block] = []
    for question, cards in home.questions:
        if cards:
            found.append(Heading(question.text))
        for card in cards:
            found += _failed(card) if isinstance(card, model.Failed) else _card(card)
    return found


def _failed(card: model.Failed) -> Iterator[Block]:
    yield Note(f"{card.title} could not be worked out: {card.reason}", "warn")


def _card(card: model.Card) -> Iterator[Block]:
    yield Sentence(f"{card.title}: {card.sentence}" if card.sentence else card.title)
    if card.figures:
        yield Figures(tuple(_figure(one) for one in card.figures))
    for line in card.lines:
        if line.figure is not None:
            yield Note(_line(line))
    for step in card.steps:
        cost = f" ({amount(step.amount, step.currency)})" if step.amount is not None else ""
        yield Note(f"Next: {step.text}{cost}")
    for text in card.notes:
        yield Note(text)


def _line(line: model.Line) -> str:
    assert line.figure is not None
    value = line.figure.value
    shown = "–" if value is None else amount(Decimal(value), line.figure.currency)
    return f"{line.title}: {shown}{f' ({line.note})' if line.note else ''}"


def _figure(one: model.Figure) -> Figure:
    def decimal(value: Decimal | int | None) -> Decimal | None:
        return None if value is None else Decimal(value)

    return Figure(
        one.label,
        decimal(one.value),
        one.kind,
        one.currency,
        decimal(one.previous),
        decimal(one.change),
        one.change_ratio,
        one.period,
    )
