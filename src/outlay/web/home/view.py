"""What the templates of homes need beside the cards: addresses, widths of bars, next steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from outlay.app.glossary import find
from outlay.app.home import CARDS, PERSONAS, Asked, Card, Figure, Home, Persona, Step
from outlay.app.home.addresses import address
from outlay.app.home.personas import card_of
from outlay.app.home.words import days_of
from outlay.money.quotients import quotient, significant
from outlay.web import numbers

HOME = "/home"
_STEPS = 5
_MONTHS = 13


@dataclass(frozen=True)
class Choice:
    """One way to see a home: its title, address, and whether it is the present one."""

    title: str
    link: str
    chosen: bool
    about: str = ""


@dataclass(frozen=True)
class Todo:
    """A step with the card that it comes from."""

    step: Step
    card: str
    title: str


def url(asked: Asked, path: str = "", **changes: str) -> str:
    """The address of a home (or of a fragment of it): all that was asked, with some parts
    changed."""
    given = {"period": asked.period.name, "of": asked.focus.value if asked.focus else ""} | changes
    return address(f"{HOME}/{asked.persona.name}{path}", **given)


def personas(asked: Asked | None) -> list[Choice]:
    """The homes there are."""
    return [
        Choice(
            one.title, f"{HOME}/{one.name}", asked is not None and asked.persona == one, one.about
        )
        for one in PERSONAS.values()
    ]


def periods(asked: Asked) -> list[Choice]:
    """This month and the months with bills."""
    now = asked.period
    found = [Choice("This month so far", url(asked, period="month-to-date"), now.to_date)]
    found += [
        Choice(
            days_of(month), url(asked, period=str(month)), not now.to_date and now.month == month
        )
        for month in asked.months[:_MONTHS]
    ]
    return found


def todos(home: Home) -> tuple[list[Todo], int]:
    """What to do next over all cards, urgent first, and how many more there are."""
    found = [
        Todo(step, card.name, card.title)
        for card in home.cards
        if isinstance(card, Card)
        for step in card.steps
    ]
    found.sort(key=lambda one: not one.step.urgent)
    seen: set[str] = set()
    kept = [one for one in found if not (one.step.link in seen or seen.add(one.step.link))]  # type: ignore[func-returns-value]
    return kept[:_STEPS], max(0, len(kept) - _STEPS)


def value(figure: Figure, *, currency: bool = False) -> str:
    """A figure as text."""
    if figure.value is None:
        return numbers.DASH
    if figure.kind == "ratio":
        return numbers.share(Decimal(figure.value))
    if figure.kind == "unit":
        text = significant(Decimal(figure.value))
    elif figure.kind == "count":
        return numbers.count(figure.value)
    elif figure.kind == "quantity":
        return numbers.quantity(figure.value)
    else:
        text = numbers.amount(figure.value, figure.currency)
    return f"{text} {figure.currency}" if currency and figure.currency else text


def exact(figure: Figure) -> str:
    """A figure with every digit, for hovering."""
    if figure.value is None:
        return ""
    if figure.kind == "count":
        return numbers.count(figure.value)
    text = numbers.exact(Decimal(figure.value))
    return f"{text} {figure.currency}" if figure.currency else text


def direction(figure: Figure) -> str:
    """``up`` (drawn as costing more) or ``down``, where more may be good news; ``flat``."""
    way = numbers.direction(figure.change, figure.change_ratio)
    if figure.good == "up" and way != "flat":
        return "down" if way == "up" else "up"
    return way


def arrow(figure: Figure) -> str:
    """The arrow of the real direction, whatever its colour."""
    return {"up": "▲", "down": "▼", "flat": ""}[
        numbers.direction(figure.change, figure.change_ratio)
    ]


def points(figure: Figure) -> str:
    """The change of a share, in percentage points."""
    if figure.value is None or figure.previous is None:
        return ""
    moved = (Decimal(figure.value) - Decimal(figure.previous)).scaleb(2)
    shown = numbers.rounded(moved, 1)
    return f"{shown:+} points" if shown else "0.0 points"


def bars(card: Card) -> list[str]:
    """The width of each row's bar in per cent of the longest; '' where there is none."""
    amounts = [
        abs(Decimal(line.figure.value))
        if line.figure and line.figure.kind == "money" and line.figure.value is not None
        else None
        for line in card.lines
    ]
    longest = max((amount for amount in amounts if amount), default=None)
    return [
        "" if amount is None or not longest else f"{quotient(amount * 100, longest, 1)}"
        for amount in amounts
    ]


def heading(card: Card) -> tuple[str, str]:
    """The term and title over the amounts of a card's rows."""
    figures = [line.figure for line in card.lines if line.figure]
    labels, known = {one.label for one in figures}, {one.term for one in figures}
    if len(labels) == 1:
        return figures[0].term, figures[0].label
    term = find(figures[0].term) if len(known) == 1 else None
    return (term.name, term.title) if term else ("", "Amount")


def terms(persona: Persona) -> Sequence[str]:
    """The glossary's terms of every card of a persona, so that late cards find them there."""
    names = (name for question in persona.questions for name in question.cards)
    found = (term for name in names for term in card_of(name).terms)
    return tuple(dict.fromkeys(("Change", *found)))


def titles() -> dict[str, str]:
    """The title of every card, for those that are still to come."""
    return {name: kind.title for name, kind in CARDS.items()}
