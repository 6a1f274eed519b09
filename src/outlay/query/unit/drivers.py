"""What drove a change of cost between two periods: price, volume, mix.

The parts are those of management accounting's sales-variance analysis, with cost in the place of
revenue (Horngren, Datar, Rajan: *Cost Accounting*, chapter "Sales variances": sales-quantity,
sales-mix and price variance). For label values i with units q and cost c (0 before, 1 after),
Q the sum of q, and p = c / q:

    volume_i = (Q1 - Q0) * c0_i / Q0          more or fewer units, at the mix and prices of before
    mix_i    = q1_i * p0_i - Q1 * c0_i / Q0   units moved between values that cost more or less
    price_i  = c1_i - q1_i * p0_i             each unit costs more or less than before

    volume_i + mix_i + price_i = c1_i - c0_i

A value without units before has no price then: the average of before, C0 / Q0, stands for it. Cost
of a value whose units are zero, below zero or not known is no price times volume: its change is
the fourth part, *without units*.

Parts are fractions. They are rounded per value, half to even, to twelve decimals, and what
rounding leaves over goes into the value's last part, so that the parts of a value are exactly its
change, and the sums of each part exactly the whole change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money import MONEY_CONTEXT, total
from outlay.money.quotients import rounded

DIGITS = 12
"""Decimals of a part."""

ZERO = Decimal(0)
Key = str | None


@dataclass(frozen=True)
class Amounts:
    """Cost and units of one label value in one period; units None: not known."""

    cost: Decimal
    units: Decimal | None

    @property
    def counted(self) -> bool:
        """Whether cost is a price times a number of units."""
        return self.units is not None and self.units > 0


@dataclass(frozen=True)
class Driver:
    """One label value's part in a change."""

    value: Key
    before: Amounts
    after: Amounts
    volume: Decimal
    mix: Decimal
    price: Decimal
    without_units: Decimal

    @property
    def change(self) -> Decimal:
        """After less before, exactly; the four parts add up to it."""
        return _less(self.after.cost, self.before.cost)


@dataclass(frozen=True)
class Drivers:
    """A change and its parts, in total and per label value (largest change first). `units` are
    the counted units before and after."""

    before: Decimal
    after: Decimal
    units_before: Decimal
    units_after: Decimal
    drivers: tuple[Driver, ...]

    @property
    def change(self) -> Decimal:
        """After less before."""
        return _less(self.after, self.before)

    @property
    def volume(self) -> Decimal:
        """What more or fewer units cost, at the mix and prices of before."""
        return total(driver.volume for driver in self.drivers)

    @property
    def mix(self) -> Decimal:
        """What it cost that units moved between label values."""
        return total(driver.mix for driver in self.drivers)

    @property
    def price(self) -> Decimal:
        """What it cost that units became dearer or cheaper."""
        return total(driver.price for driver in self.drivers)

    @property
    def without_units(self) -> Decimal:
        """The change of cost that no units are known of."""
        return total(driver.without_units for driver in self.drivers)


def decompose(before: Mapping[Key, Amounts], after: Mapping[Key, Amounts]) -> Drivers | None:
    """Take a change apart. None where no unit is counted before: there is no price to start from.

    `before` and `after` are by label value; a value that is not there cost nothing and is not
    known to have had units.
    """
    nothing = Amounts(ZERO, None)
    units0 = total(a.units for a in before.values() if a.counted and a.units is not None)
    units1 = total(a.units for a in after.values() if a.counted and a.units is not None)
    if not units0:
        return None
    counted0 = total(a.cost for a in before.values() if a.counted)
    whole = _Whole(Fraction(units0), Fraction(units1), Fraction(counted0) / Fraction(units0))
    found = [
        _driver(key, before.get(key, nothing), after.get(key, nothing), whole)
        for key in dict.fromkeys([*before, *after])
    ]
    return Drivers(
        total(a.cost for a in before.values()),
        total(a.cost for a in after.values()),
        units0,
        units1,
        tuple(
            sorted(
                found,
                key=lambda d: (d.change.copy_abs().copy_negate(), d.value is None, d.value or ""),
            )
        ),
    )


@dataclass(frozen=True)
class _Whole:
    """All values together: units before and after, and the average price before."""

    units0: Fraction
    units1: Fraction
    price0: Fraction


def _driver(key: Key, before: Amounts, after: Amounts, whole: _Whole) -> Driver:
    cost0 = before.cost if before.counted else ZERO
    cost1 = after.cost if after.counted else ZERO
    without = _less(_less(after.cost, cost1), _less(before.cost, cost0))
    share = Fraction(cost0) / whole.units0  # c0 / Q0
    volume = rounded((whole.units1 - whole.units0) * share, DIGITS)
    if not after.counted or after.units is None:
        # Nothing is left to be dearer: mix is all that volume does not explain.
        return Driver(key, before, after, volume, _less(_less(ZERO, cost0), volume), ZERO, without)
    price0 = whole.price0
    if before.counted and before.units is not None:
        price0 = Fraction(cost0) / Fraction(before.units)
    mix = rounded(Fraction(after.units) * price0 - whole.units1 * share, DIGITS)
    price = _less(_less(_less(cost1, cost0), volume), mix)
    return Driver(key, before, after, volume, mix, price, without)


def _less(one: Decimal, other: Decimal) -> Decimal:
    return MONEY_CONTEXT.subtract(one, other)


def parts(drivers: Drivers) -> Sequence[tuple[str, Decimal]]:
    """The parts of a change in the order of a waterfall."""
    return (
        ("volume", drivers.volume),
        ("mix", drivers.mix),
        ("price", drivers.price),
        ("without_units", drivers.without_units),
    )
