"""Answers of the API: homes."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Number


class PersonaQuestion(TypedDict):
    """A part of `Persona`."""

    question: str
    cards: list[str]


class Persona(TypedDict):
    """The answer of `list_personas`."""

    persona: str
    title: str
    about: str
    focus: str | None
    questions: list[PersonaQuestion]


class HomeCardFigure(TypedDict):
    """A part of `HomeCard`."""

    label: str
    value: Number | None
    kind: str
    currency: str | None
    period: str | None
    previous: Number | None
    change: Number | None
    change_ratio: Number | None
    drivers: str | None


class HomeCardLineBeside(TypedDict):
    """A part of `HomeCardLine`."""

    label: str
    value: Number
    kind: str
    currency: str | None
    period: str
    previous: Number | None
    change: Number | None
    change_ratio: Number | None
    drivers: str | None


class HomeCardLineFigure(TypedDict):
    """A part of `HomeCardLine`."""

    label: str
    value: Number | None
    kind: str
    currency: str
    period: str
    previous: Number | None
    change: Number | None
    change_ratio: Number | None
    drivers: str | None


class HomeCardLine(TypedDict):
    """A part of `HomeCard`."""

    title: str
    link: str
    figure: HomeCardLineFigure | None
    beside: list[HomeCardLineBeside]
    note: str | None
    state: str | None


class HomeCardStep(TypedDict):
    """A part of `HomeCard`."""

    text: str
    link: str
    amount: Number | None
    currency: str | None
    urgent: bool


class HomeCard(TypedDict):
    """The answer of `get_card`."""

    card: str
    title: str
    state: str
    sentence: str
    link: str
    drivers: str | None
    query: dict[str, Any] | None
    figures: list[HomeCardFigure]
    lines: list[HomeCardLine]
    steps: list[HomeCardStep]
    notes: list[str]


class HomeQuestion(TypedDict):
    """A part of `Home`."""

    question: str
    cards: list[HomeCard]


Home = TypedDict(
    "Home",
    {
        "persona": str,
        "title": str,
        "period": str,
        "from": Day,
        "to": Day,
        "previous_from": Day,
        "previous_to": Day,
        "tag": str | None,
        "of": str | None,
        "questions": list[HomeQuestion],
    },
)
"""The answer of `get_home`."""


class Term(TypedDict):
    """The answer of `list_terms`, `get_term`."""

    term: str
    title: str
    short: str
    text: str | None
    see: list[str]
    focus: str | None
    source: str
    also: list[str]
    anchor: str


class Found(TypedDict):
    """The answer of `find`."""

    kind: str
    name: str
    title: str
    dimension: str | None
    amounts: dict[str, Number]
