"""KPIs of saving: what each is, and how it is reckoned. Sums and quotients alone.

Names and formulas are those of the FinOps Foundation's KPI library where it has them (effective
savings rate, commitment coverage and utilisation, time to act); each says its own formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Literal

from outlay.money import total
from outlay.money.quotients import quotient, rounded

KpiKind = Literal["ratio", "money", "days", "count"]
DIGITS = 6
WASTE_ACTIONS = ("Delete", "Stop")
"""Actions on what does nothing: its cost is waste."""


@dataclass(frozen=True)
class Part:
    """A figure that a KPI is made of."""

    name: str
    value: Decimal | None
    kind: KpiKind = "money"


@dataclass(frozen=True)
class Kpi:
    """One KPI. `value` is None where it cannot be told (`reason`); a ratio is a share (0.25 is
    25 %), rounded to six decimals. `before` is that of the days before (None: not told), `good`
    the direction that is better, `link` the page behind it."""

    name: str
    title: str
    value: Decimal | None
    kind: KpiKind
    formula: str
    good: Literal["up", "down", ""]
    parts: tuple[Part, ...] = ()
    before: Decimal | None = None
    reason: str = ""
    link: str = ""


@dataclass(frozen=True)
class Acted:
    """When a recommendation was found and what was decided when (UTC; None: not yet)."""

    owner: str
    found: datetime
    accepted: datetime | None = None
    implemented: datetime | None = None
    dismissed: datetime | None = None


@dataclass(frozen=True)
class OwnerKpis:
    """The KPIs of one owner ('' for nobody). `realised` and `missed` are of the last 12 months that
    were measured; `days` the median days from found to implemented (None: nothing was)."""

    owner: str
    cost: Decimal
    potential: Decimal
    potential_share: Decimal | None
    waste: Decimal
    waste_share: Decimal | None
    realised: Decimal
    missed: Decimal
    recommendations: int
    overdue: int
    days: Decimal | None
    accepted: int
    dismissed: int


def share(over: Decimal | None, under: Decimal | None) -> Decimal | None:
    """A share, where there is something to have a share of."""
    if over is None or under is None or under <= 0:
        return None
    return quotient(over, under, DIGITS)


def days_to(
    acted: Iterable[Acted], what: Literal["accepted", "implemented"], since: date
) -> tuple[Decimal | None, int]:
    """The median days from found until then, of those that were on or after `since`, rounded to a
    tenth, and how many there were."""
    spans = []
    for one in acted:
        moment = one.accepted if what == "accepted" else one.implemented
        if moment is not None and moment.date() >= since:
            spans.append(Fraction(int((moment - one.found).total_seconds()), 86_400))
    if not spans:
        return None, 0
    return rounded(Fraction(median(spans)), 1), len(spans)


def decided(acted: Iterable[Acted], since: date) -> tuple[int, int]:
    """How many were accepted, and how many dismissed, on or after a day; the later one counts."""
    accepted = dismissed = 0
    for one in acted:
        yes = one.accepted if one.accepted and one.accepted.date() >= since else None
        no = one.dismissed if one.dismissed and one.dismissed.date() >= since else None
        if yes and (not no or yes >= no):
            accepted += 1
        elif no:
            dismissed += 1
    return accepted, dismissed


def realisation(pace: Decimal, open_net: Decimal) -> Decimal | None:
    """What is realised a month of all that is realised or still to be."""
    return share(pace, total((pace, open_net)))


def by_cost(rows: Sequence[OwnerKpis]) -> tuple[OwnerKpis, ...]:
    """Owners with the most to save first, then those that cost most."""
    return tuple(sorted(rows, key=lambda one: (-one.potential, -one.cost, one.owner)))
