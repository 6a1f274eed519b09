"""What a capability says when something is to be known; who is told, and when, is not its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from outlay.reports.document import Figure, Severity

SignalKind = Literal["anomaly", "budget", "plan", "freshness", "policy", "sync"]
KINDS: tuple[SignalKind, ...] = get_args(SignalKind)


@dataclass(frozen=True)
class Owner:
    """Whose matter it is: a value of a virtual tag (`tag` and `value`), or a person or role by
    name with an empty `tag`."""

    value: str
    tag: str = ""


@dataclass(frozen=True)
class Signal:
    """One thing to be known.

    `subject` names what it is about (an event's id, a budget's name, a source's), `occurrence`
    what makes it once (a period and its threshold, ``2026-11/forecast``): the same kind, subject
    and occurrence is one alert however often it is raised; raising it again brings its text up to
    date. `amount` is the money at stake in `currency` (never negative; None: no money), exact,
    for order and for minimums of routes. `driver` is one sentence on what drove it, '' when
    nothing is known. `link` is the path of the page behind it.
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

    @property
    def key(self) -> str:
        """What it is told apart by; 64 hexadecimal digits."""
        return key_of(self.kind, self.subject, self.occurrence)


def key_of(kind: SignalKind, subject: str, occurrence: str) -> str:
    """The key of a signal by its three names."""
    return hashlib.sha256("\x1f".join((kind, subject, occurrence)).encode()).hexdigest()
