"""The home of a persona as blocks of a document: its questions, cards, figures and next steps."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.home import model
from outlay.app.home.kept import Home, homes
from outlay.app.home.words import amount
from outlay.query import Column, Row
from outlay.reports.cells import figure_texts
from outlay.reports.document import Block, Figure, Figures, Heading, Note, Sentence, Table

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
    yield from _lines(card)
    for step in card.steps:
        cost = f" ({amount(step.amount, step.currency)})" if step.amount is not None else ""
        yield Note(f"Next: {step.text}{cost}")
    for text in card.notes:
        yield Note(text)


def _lines(card: model.Card) -> Iterator[Block]:
    """The rows of a card as a table where they are amounts of money, else as notes."""
    lines = [line for line in card.lines if line.figure is not None]
    figures = [line.figure for line in lines if line.figure is not None]
    if not lines or any(figure.kind != "money" for figure in figures):
        for line in card.lines:
            yield Note(f"{line.title}{_shown(line)}{f' ({line.note})' if line.note else ''}")
        return
    moved = any(figure.change is not None for figure in figures)
    noted = any(line.note for line in lines)
    currencies = {figure.currency for figure in figures}
    columns = [
        Column("name", "dimension", "text", card.lines_title or "Of it"),
        *([Column("note", "dimension", "text", "")] if noted else []),
        Column("BillingCurrency", "currency", "text", "Currency"),
        Column("amount", "measure", "money", "Amount", "amount"),
        *([Column("amount_change", "change", "money", "Change", "amount")] if moved else []),
    ]
    rows: list[Row] = [
        {
            "name": line.title,
            "note": line.note,
            "BillingCurrency": figure.currency,
            "amount": None if figure.value is None else Decimal(figure.value),
            "amount_change": None if figure.change is None else Decimal(figure.change),
            "amount_change_ratio": figure.change_ratio,
        }
        for line, figure in zip(lines, figures, strict=True)
    ]
    unit = currencies.pop() if len(currencies) == 1 else None
    yield Table(card.name, "", tuple(columns), tuple(rows), currency=unit)


def _shown(line: model.Line) -> str:
    figure = line.figure
    if figure is None or figure.value is None:
        return ""
    if figure.kind == "money":
        return f": {amount(Decimal(figure.value), figure.currency)}"
    return f": {figure_texts(_figure(figure))['value']}"


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
