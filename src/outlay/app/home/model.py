"""What a home is made of, as plain frozen data that every face shows in its own way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery

FigureKind = Literal["money", "ratio", "count", "quantity", "unit"]
Good = Literal["", "up", "down"]
Tone = Literal["", "ok", "attention", "blocking"]


@dataclass(frozen=True)
class Figure:
    """One number. `value` is exact, but for a ``ratio`` (a share, six decimals) and a ``unit``
    (a cost per unit, twelve decimals), which are quotients for showing.

    `label` names the measure, `term` its entry in the glossary, `period` the days in words,
    `previous`, `change` and `change_ratio` the same of the period before (None: there is none).
    `good` is the direction that is good news, '' where neither is.
    """

    label: str
    value: Decimal | int | None
    kind: FigureKind = "money"
    currency: str | None = None
    term: str = ""
    period: str = ""
    previous: Decimal | int | None = None
    change: Decimal | int | None = None
    change_ratio: Decimal | None = None
    drivers: str = ""
    good: Good = ""


@dataclass(frozen=True)
class Line:
    """A row of a card: a name, what it comes to, and the address behind it. `drivers` is the
    address of the change taken apart, `note` one remark, `tone` how it stands."""

    title: str
    link: str
    figure: Figure | None = None
    beside: tuple[Figure, ...] = ()
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Step:
    """What to do next: a sentence that says why, its money where there is some, and the page where
    it is done. `urgent` comes before what can wait."""

    text: str
    link: str
    amount: Decimal | None = None
    currency: str | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Card:
    """An answer: a sentence that was computed, the figures, the rows, and the question behind them.

    `link` is the address of what the card is made of, `query` the same as a question where it is
    one. `notes` are what must be said beside the figures. `steps` are what to do next.
    """

    name: str
    title: str
    sentence: str
    link: str = ""
    link_text: str = "Open"
    query: CostQuery | None = None
    drivers: str = ""
    figures: tuple[Figure, ...] = ()
    lines: tuple[Line, ...] = ()
    lines_title: str = ""
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    tone: Tone = ""


@dataclass(frozen=True)
class Failed:
    """A card that could not be worked out, with the reason. `retryable` is False where asking
    again would say the same."""

    name: str
    title: str
    reason: str
    retryable: bool = True


Kept = Literal["", "charges", "books", "sources", "savings"]


@dataclass(frozen=True)
class CardKind:
    """A card by name. `make` gives None where it has nothing to say in this workspace.

    `whole` cards need the whole ledger: they are left out for people with a scope. `kept` is what
    its answer depends on beside the configuration: it is worked out anew when that changes
    ('': always). `terms` are the glossary's terms that it may use.
    """

    name: str
    title: str
    make: Callable[[At], Card | None]
    whole: bool = False
    kept: Kept = "charges"
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One of the three questions of a persona, and the cards that answer it."""

    text: str
    cards: tuple[str, ...]


FocusKind = Literal["", "owner", "product"]


@dataclass(frozen=True)
class Persona:
    """A reader. `about` is one sentence for choosing; `focus` says whether the home is about one
    value of a virtual tag; `current` whether it opens on this month rather than the last one."""

    name: str
    title: str
    about: str
    questions: tuple[Question, ...]
    focus: FocusKind = ""
    current: bool = False
