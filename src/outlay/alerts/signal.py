"""What a capability says when something is to be known; who is told, and when, is not its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Literal, get_args

from outlay.money import money_text
from outlay.reports.document import Figure, Severity, figure_json, figure_of

SignalKind = Literal[
    "anomaly", "budget", "plan", "saving", "commitment", "contract", "freshness", "policy", "sync"
]
KINDS: tuple[SignalKind, ...] = get_args(SignalKind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""From the least to the most."""


@dataclass(frozen=True)
class Owner:
    """Whose matter it is: a value of a virtual tag (`tag` and `value`), or a person or role by
    name with an empty `tag`."""

    value: str
    tag: str = ""

    @property
    def text(self) -> str:
        """For people: ``team = checkout``, or the name alone."""
        return f"{self.tag} = {self.value}" if self.tag else self.value


@dataclass(frozen=True)
class Signal:
    """One thing to be known.

    `subject` names what it is about (an event's id, a budget's name, a source's), `occurrence`
    what makes it once (a period and its threshold, ``2026-11/forecast``): the same kind, subject
    and occurrence is one alert however often it is raised; raising it again brings its text up to
    date. `amount` is the money at stake in `currency` (never negative; None: no money), exact,
    for order and for minimums of routes. `driver` is one sentence on what drove it, '' when
    nothing is known. `link` is the path of the page behind it. `where` is the condition on charges
    of which all its figures are told (a budget's scope, a series' ``team = 'checkout'``): people
    who see a part of the ledger see the alert only where that part holds all of them; '' is the
    whole ledger.
    """

    kind: SignalKind
    subject: str
    occurrence: str
    title: str
    severity: Severity = "warning"
    lines: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    driver: str = ""
    link: str = ""
    amount: Decimal | None = None
    currency: str = ""
    owner: Owner | None = None
    where: str = ""

    @property
    def key(self) -> str:
        """What it is told apart by; 64 hexadecimal digits."""
        return key_of(self.kind, self.subject, self.occurrence)


def key_of(kind: SignalKind, subject: str, occurrence: str) -> str:
    """The key of a signal by its three names."""
    return hashlib.sha256("\x1f".join((kind, subject, occurrence)).encode()).hexdigest()


def to_json(signal: Signal) -> dict[str, Any]:
    """A signal as plain JSON data; amounts are text in full."""
    return {
        "kind": signal.kind,
        "subject": signal.subject,
        "occurrence": signal.occurrence,
        "title": signal.title,
        "severity": signal.severity,
        "lines": list(signal.lines),
        "figures": [figure_json(one) for one in signal.figures],
        "driver": signal.driver,
        "link": signal.link,
        "amount": None if signal.amount is None else money_text(signal.amount),
        "currency": signal.currency,
        "owner": None if signal.owner is None else asdict(signal.owner),
        "where": signal.where,
    }


def from_json(data: Mapping[str, Any]) -> Signal:
    """Read `to_json`'s form."""
    owner = data.get("owner")
    amount = data.get("amount")
    return Signal(
        kind=data["kind"],
        subject=data["subject"],
        occurrence=data["occurrence"],
        title=data["title"],
        severity=data["severity"],
        lines=tuple(data["lines"]),
        figures=tuple(figure_of(one) for one in data["figures"]),
        driver=data["driver"],
        link=data["link"],
        amount=None if amount is None else Decimal(amount),
        currency=data["currency"],
        owner=None if owner is None else Owner(**owner),
        where=data.get("where", ""),
    )
