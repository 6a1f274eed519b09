"""The arithmetic of one key: what changed it, in whole numbers, exactly.

Amounts are integers of 10^-30 of a currency, quantities of 10^-21 of a unit: all that the ledger
and a conversion by a rate of nine decimals can hold. Products and quotients are fractions of such
integers; each effect that is a quotient is rounded once, half to even, to twelve decimals, and what
that leaves over is the effect `rounding`. So the effects of a key add up to its change, always.

The formulas, with a table worked by hand, are in docs/drivers.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from outlay.money import MONEY_CONTEXT

COST_SCALE = 30
QUANTITY_SCALE = 21
DIGITS = 12
"""Decimals of an effect that is a quotient."""

_STEP: int = 10 ** (COST_SCALE - DIGITS)
_WIDE = Context(prec=200)

Effects = dict[str, int]
"""Effect → integer of 10^-30; what is not there is nought."""


@dataclass(frozen=True)
class Lines:
    """The charges of one kind in one period: `cost` in their own currency, `converted` in the
    report's (the same where nothing is converted), `quantity` (0 where there is none), how many
    `lines`, and `contracted`: what they would have cost without commitments."""

    cost: int = 0
    converted: int = 0
    quantity: int = 0
    lines: int = 0
    contracted: int = 0


NOTHING = Lines()


@dataclass(frozen=True)
class Side:
    """Usage of a key in one period: at the price of demand, and covered by commitments. `mixed`:
    some quantities are below nought and some above, so that there is no mean price."""

    demand: Lines = NOTHING
    covered: Lines = NOTHING
    mixed: bool = False

    @property
    def present(self) -> bool:
        """Whether there is any charge."""
        return bool(self.demand.lines or self.covered.lines)

    @property
    def cost(self) -> int:
        """In the charges' own currency."""
        return self.demand.cost + self.covered.cost

    @property
    def converted(self) -> int:
        """In the report's currency."""
        return self.demand.converted + self.covered.converted

    @property
    def quantity(self) -> int:
        """In the key's unit."""
        return self.demand.quantity + self.covered.quantity

    def plus(self, other: "Side") -> "Side":
        """Both together."""
        signs = {q > 0 for q in (self.quantity, other.quantity) if q}
        return Side(
            _added(self.demand, other.demand),
            _added(self.covered, other.covered),
            self.mixed or other.mixed or len(signs) > 1,
        )


def _added(one: Lines, other: Lines) -> Lines:
    return Lines(
        one.cost + other.cost,
        one.converted + other.converted,
        one.quantity + other.quantity,
        one.lines + other.lines,
        one.contracted + other.contracted,
    )


@dataclass(frozen=True)
class Scale:
    """What all keys of a currency share: `rate`, the mean rate of the earlier period, and the days
    that both periods have."""

    rate: Fraction = Fraction(1)
    days_before: int = 0
    days_after: int = 0


def metered(
    before: Side, after: Side, scale: Scale, *, counted: bool, by_day: bool, split: bool = True
) -> Effects:
    """The effects of a key of usage.

    `counted`: its charges have quantities; `by_day`: they grow with the days of a period; `split`:
    commitments make a difference to the measure.
    """
    if not before.present:
        return {"new": after.converted} if after.present else {}
    if not after.present:
        return {"gone": -before.converted}
    if not split:
        before, after = _merged(before), _merged(after)
    cost0, cost1 = before.cost, after.cost
    units0, units1 = before.quantity, after.quantity
    parts: dict[str, Fraction]
    if not counted or before.mixed or after.mixed or (not units0 and cost0):
        parts = {"unmetered": Fraction(cost1 - cost0)}
    elif not units0:
        # What cost nothing and had no units has no price of its own: the asked period's stands.
        parts = {"usage" if units1 else "unmetered": Fraction(cost1)}
    elif not units1:
        parts = {"usage": Fraction(-cost0), "unmetered": Fraction(cost1)}
    else:
        parts = _priced(before, after, scale if by_day else Scale())
    return _finished(parts, cost1 - cost0, after.converted - before.converted, scale.rate)


def _merged(side: Side) -> Side:
    return Side(_added(side.demand, side.covered), NOTHING, side.mixed)


def _priced(before: Side, after: Side, days: Scale) -> dict[str, Fraction]:
    """Usage, length, price and commitment of what has a quantity on both sides."""
    cost0, units0, units1 = before.cost, before.quantity, after.quantity
    at_old = Fraction(units1 * cost0, units0)
    parts: dict[str, Fraction] = {}
    length = Fraction(0)
    if days.days_before and days.days_after and days.days_before != days.days_after:
        length = Fraction(cost0 * (days.days_after - days.days_before), days.days_before)
        parts["length"] = length
    parts["usage"] = at_old - cost0 - length
    if not (before.covered.lines or after.covered.lines):
        parts["price"] = after.cost - at_old
        return parts
    demand = after.demand.quantity * _demand_price(before, after)
    parts["price"] = after.demand.cost - demand
    parts["commitment"] = demand + after.covered.cost - at_old
    return parts


def _demand_price(before: Side, after: Side) -> Fraction:
    """The earlier price of a unit on demand: what was paid; else what covered usage would have
    cost without commitments; else what is paid now, so that nothing is taken for a change of it."""
    if before.demand.quantity:
        return Fraction(before.demand.cost, before.demand.quantity)
    if before.covered.quantity and before.covered.contracted:
        return Fraction(before.covered.contracted, before.covered.quantity)
    if after.demand.quantity:
        return Fraction(after.demand.cost, after.demand.quantity)
    return Fraction(0)


def whole(name: str, before: Lines, after: Lines, rate: Fraction) -> Effects:
    """The effects of charges that are no price times a quantity: all of their change is `name`,
    but for what exchange rates did to those that both periods have."""
    change = after.converted - before.converted
    if not before.lines or not after.lines:
        return {name: change}
    cost = after.cost - before.cost
    return _finished({name: Fraction(cost)}, cost, change, rate)


def _finished(parts: Mapping[str, Fraction], cost: int, change: int, rate: Fraction) -> Effects:
    """Parts of a change of `cost` in the charges' own currency as effects on a `change` of the
    report's: at the earlier mean rate, with what rates did apart, rounded."""
    found: Effects = {}
    if rate == 1 and cost == change:
        for name, part in parts.items():
            found[name] = _rounded(part)
    else:
        for name, part in parts.items():
            found[name] = _rounded(part * rate)
        found["currency"] = _rounded(change - cost * rate)
    found["rounding"] = change - sum(found.values())
    return {name: amount for name, amount in found.items() if amount}


def _rounded(value: Fraction) -> int:
    """To twelve decimals, half to even; whole numbers of 10^-30 that need no rounding stay."""
    if value.denominator == 1:
        return int(value.numerator)
    return round(value / _STEP) * _STEP


def shared_out(effects: Mapping[str, int], weights: Iterable[int]) -> list[Effects]:
    """Effects divided by weights (equally where those say nothing), each exactly: what division
    leaves over goes to the last."""
    given = list(weights)
    over = sum(given)
    if not over or len({weight > 0 for weight in given if weight}) > 1:
        given, over = [1] * len(given), len(given)
    found: list[Effects] = [{} for _ in given]
    for name, amount in effects.items():
        left = amount
        for part, weight in zip(found[:-1], given[:-1], strict=True):
            part[name] = amount * weight // over
            left -= part[name]
        found[-1][name] = left
    return found


def integer(amount: Decimal | None, scale: int = COST_SCALE) -> int:
    """A decimal as a whole number of 10^-scale; raises ValueError where it has more digits."""
    if not amount:
        return 0
    scaled = amount.scaleb(scale, MONEY_CONTEXT)
    found = int(scaled)
    if found != scaled:
        raise ValueError(f"{amount} has more than {scale} decimals")
    return found


def decimal(amount: int, scale: int = COST_SCALE) -> Decimal:
    """A whole number of 10^-scale as a decimal."""
    return Decimal(amount).scaleb(-scale, _WIDE)
