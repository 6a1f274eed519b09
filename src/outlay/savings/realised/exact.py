"""Exact arithmetic of realised savings.

Frozen quantities and rates are quotients, rounded once: quantities to 12 decimals, rates and
amounts to 18, half to even. Whatever is made of them is exact, so that everybody who multiplies
what is shown comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction

from outlay.money import MONEY_CONTEXT, total
from outlay.money.quotients import rounded

ZERO = Decimal(0)
QUANTITY_DIGITS = 12
RATE_DIGITS = 18


def times(one: Decimal, other: Decimal) -> Decimal:
    """The product, exactly."""
    return MONEY_CONTEXT.multiply(one, other)


def less(one: Decimal, other: Decimal) -> Decimal:
    """The difference, exactly."""
    return MONEY_CONTEXT.subtract(one, other)


def divided(over: Decimal, under: Decimal | int, digits: int) -> Decimal:
    """A quotient rounded once, half to even; ZeroDivisionError by nought."""
    return rounded(Fraction(over) / Fraction(under), digits)


def allotted(amount: Decimal, weights: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """An amount by weights (equally where they are all nought): each part is rounded once to 18
    decimals, and the last takes what that leaves, so that the parts add up to the amount."""
    given = {key: max(weight, ZERO) for key, weight in weights.items()}
    whole = total(given.values())
    if not whole:
        given, whole = dict.fromkeys(given, Decimal(1)), Decimal(len(given))
    found: dict[int, Decimal] = {}
    *firsts, last = sorted(given)
    for key in firsts:
        share = Fraction(amount) * Fraction(given[key]) / Fraction(whole)
        found[key] = rounded(share, RATE_DIGITS)
    found[last] = less(amount, total(found.values()))
    return found


def added(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, exactly."""
    return total(amounts)
