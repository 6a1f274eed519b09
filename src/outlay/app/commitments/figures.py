"""Coverage, utilisation, waste, what was saved and the effective savings rate: sums of cells.

Effective savings rate (FinOps Foundation): what commitments saved, over the on-demand equivalent
of everything eligible. What was saved is the on-demand equivalent of covered usage less what the
commitments cost, used or not; it is negative where they cost more than they cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from outlay.app.commitments.ledger import Cell, Looked
from outlay.money import total
from outlay.money.quotients import quotient

UNUSED = "(unused)"
"""As what the unused part stands among families: it is of none."""

DIMENSIONS: dict[str, tuple[str, Callable[[Cell], str]]] = {
    "provider": ("Provider", lambda one: one.provider),
    "service": ("Service", lambda one: one.service),
    "family": (
        "Family",
        lambda one: UNUSED if one.state == "unused" else one.family or one.service,
    ),
    "region": ("Region", lambda one: one.region),
    "account": ("Account", lambda one: one.account_name or one.account),
    "type": ("Type of commitment", lambda one: one.type),
}
"""What figures can be split by: name → its title, and a cell's value."""


@dataclass(frozen=True)
class Figures:
    """Sums in one currency. `covered` and `on_demand` are on-demand equivalents; `used` and
    `unused` what commitments cost; hours are those of machines."""

    currency: str
    covered: Decimal
    on_demand: Decimal
    used: Decimal
    unused: Decimal
    covered_hours: Decimal
    on_demand_hours: Decimal

    @property
    def eligible(self) -> Decimal:
        """What could be covered, at on-demand prices."""
        return total((self.covered, self.on_demand))

    @property
    def cost(self) -> Decimal:
        """What the commitments cost."""
        return total((self.used, self.unused))

    @property
    def saved(self) -> Decimal:
        """What they saved, less their unused part."""
        return total((self.covered, self.used.copy_negate(), self.unused.copy_negate()))

    @property
    def coverage(self) -> Decimal | None:
        """The covered share of eligible cost; None where nothing is eligible."""
        return quotient(self.covered, self.eligible)

    @property
    def coverage_hours(self) -> Decimal | None:
        """The covered share of eligible machine hours."""
        return quotient(self.covered_hours, total((self.covered_hours, self.on_demand_hours)))

    @property
    def utilisation(self) -> Decimal | None:
        """The used share of what was committed; None without a commitment."""
        return quotient(self.used, self.cost)

    @property
    def waste(self) -> Decimal | None:
        """The unused share."""
        return quotient(self.unused, self.cost)

    @property
    def savings_rate(self) -> Decimal | None:
        """The effective savings rate."""
        return quotient(self.saved, self.eligible)


@dataclass(frozen=True)
class Split:
    """The figures of one value ('' where charges have none)."""

    value: str
    figures: Figures


def figures(cells: Iterable[Cell], currency: str) -> Figures:
    """The sums of cells of one currency."""
    listed = [one for one in cells if one.currency == currency]
    covered = [one for one in listed if one.state == "covered"]
    free = [one for one in listed if one.state == "on-demand"]
    return Figures(
        currency,
        total(one.contracted for one in covered),
        total(one.contracted for one in free),
        total(one.effective for one in covered),
        total(one.effective for one in listed if one.state == "unused"),
        total(one.hours for one in covered),
        total(one.hours for one in free),
    )


def currencies(cells: Iterable[Cell]) -> tuple[str, ...]:
    """The currencies, that of the most cost first."""
    sums: dict[str, list[Decimal]] = {}
    for one in cells:
        sums.setdefault(one.currency, []).append(one.effective)
    return tuple(sorted(sums, key=lambda code: (-total(sums[code]), code)))


def split(looked: Looked, currency: str, by: str) -> tuple[Split, ...]:
    """The figures by a dimension, the most eligible cost first; they add up to the whole."""
    _, value = DIMENSIONS[by]
    groups: dict[str, list[Cell]] = {}
    for one in looked.cells:
        if one.currency == currency:
            groups.setdefault(value(one), []).append(one)
    found = [Split(name, figures(cells, currency)) for name, cells in groups.items()]
    return tuple(
        sorted(found, key=lambda one: (-one.figures.eligible, -one.figures.cost, one.value))
    )


def by_day(looked: Looked, currency: str) -> tuple[tuple[date, Figures], ...]:
    """Each day's figures, those without charges too."""
    days: dict[date, list[Cell]] = {
        looked.start + timedelta(days=n): [] for n in range(looked.days)
    }
    for one in looked.cells:
        if one.currency == currency:
            days[one.day].append(one)
    return tuple((day, figures(cells, currency)) for day, cells in days.items())


@dataclass(frozen=True)
class WeekHour:
    """An hour of the week (`weekday` 0 is Monday; `hour` None: the bill has days only), with the
    sums of all such hours that were looked at."""

    weekday: int
    hour: int | None
    figures: Figures


def by_week(looked: Looked, currency: str, hourly: bool) -> tuple[WeekHour, ...]:
    """The figures by hour of the week, or by weekday where the bill has days only."""
    groups: dict[tuple[int, int | None], list[Cell]] = {}
    for one in looked.cells:
        if one.currency != currency or (hourly and one.state == "unused"):
            continue  # the unused part is known by the day: an hour's coverage does not need it
        key = (one.at.weekday(), one.at.hour if hourly else None)
        groups.setdefault(key, []).append(one)
    return tuple(
        WeekHour(weekday, hour, figures(cells, currency))
        for (weekday, hour), cells in sorted(
            groups.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        )
    )


def payers(cells: Sequence[Cell]) -> tuple[tuple[str, str, str], ...]:
    """Who buys: provider, billing account and currency, by provider."""
    return tuple(sorted({(one.provider, one.payer, one.currency) for one in cells}))
