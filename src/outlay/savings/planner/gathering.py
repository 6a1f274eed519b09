"""From charges to a demand: classes of usage, their units and prices, and sums by slot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from outlay.money import total
from outlay.money.quotients import quotient
from outlay.savings.planner.catalogue import Matched
from outlay.savings.planner.model import DemandClass


@dataclass(frozen=True)
class Metered:
    """Charges that are alike, in one slot that begins `at` (UTC). `effective` is what they cost,
    `contracted` what they would without a commitment, `hours` the machine hours among them;
    `matched` says what can be committed to for them (None: nothing)."""

    at: datetime
    provider: str
    payer: str
    currency: str
    service: str
    region: str
    meter: str
    matched: Matched | None
    effective: Decimal
    contracted: Decimal
    hours: Decimal


HOUR_UNITS = frozenset({"hrs", "hours", "hour", "1 hour", "h"})
"""Pricing units that are hours of a machine (Google's core hours too)."""


class Slots:
    """Whole days from `first` on, cut into days or hours."""

    def __init__(self, first: date, days: int, hourly: bool) -> None:
        self.first, self.hourly = first, hourly
        self.hours = 1 if hourly else 24
        self.count = days * (24 if hourly else 1)

    def sums(self, amounts: Iterable[tuple[datetime, Decimal]]) -> tuple[Decimal, ...]:
        """The sum of each slot."""
        found: list[list[Decimal]] = [[] for _ in range(self.count)]
        for at, amount in amounts:
            index = (at.date() - self.first).days
            if self.hourly:
                index = index * 24 + at.hour
            found[index].append(amount)
        return tuple(total(one) for one in found)


def class_key(one: Metered) -> str:
    """The class that usage belongs to."""
    assert one.matched is not None
    return "|".join((one.matched.usage.id, one.matched.family, one.region))


def demand_class(key: str, cells: Sequence[Metered]) -> DemandClass:
    """The class of usage that is alike."""
    first = cells[0]
    matched = first.matched
    assert matched is not None
    unit, price = _unit(cells)
    meters = tuple(sorted({one.meter for one in cells}))
    return DemandClass(
        key, first.provider, first.payer, first.currency, matched.usage.id, first.service,
        matched.family, first.region, matched.usage.where(first.payer, first.region, meters),
        unit, price, meters,
    )  # fmt: skip


def _unit(cells: Sequence[Metered]) -> tuple[str, Decimal | None]:
    """The smallest unit that is used, by its price an hour: what a quantity offer counts."""
    prices: dict[str, tuple[list[Decimal], list[Decimal]]] = {}
    for one in cells:
        matched: Matched | None = one.matched
        if matched is None or one.hours <= 0 or one.contracted <= 0:
            continue
        amounts = prices.setdefault(matched.unit, ([], []))
        amounts[0].append(one.contracted)
        amounts[1].append(one.hours)
    priced = [
        (price, unit)
        for unit, (money, hours) in prices.items()
        if (price := quotient(total(money), total(hours), 6))
    ]
    if not priced:
        return "", None
    price, unit = min(priced)
    return unit, price


def price_ratio(free: Sequence[Metered]) -> Decimal:
    """Contracted over what is paid on demand: above 1 where other discounts (Google's sustained
    use) apply, which a commitment takes the place of."""
    paid = total(one.effective for one in free)
    found = quotient(total(one.contracted for one in free), paid, 6) if paid > 0 else None
    return found if found is not None and found > 0 else Decimal(1)
