"""Sharing an amount out by weights in Python: parts that add up to the amount to the last digit."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from outlay.money import MONEY_CONTEXT, MONEY_SCALE


def shared_out(amount: Decimal, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The part of each name: whole units of 10^-21 of the amount in proportion to its weight.

    What is left of the units goes one each to the largest remainders, ties by name, so that the
    parts add up to the amount exactly, whatever its sign. Weights below nothing count as nothing;
    where they add up to nothing, nobody gets a part and the caller keeps the amount.
    """
    known = {name: Fraction(weight) for name, weight in weights.items() if weight > 0}
    whole = sum(known.values(), Fraction(0))
    if not whole:
        return {}
    units = int(amount.scaleb(MONEY_SCALE, MONEY_CONTEXT))
    exact = {name: abs(units) * weight / whole for name, weight in known.items()}
    floors = {name: part.numerator // part.denominator for name, part in exact.items()}
    left = abs(units) - sum(floors.values())
    ranked = sorted(known, key=lambda name: (floors[name] - exact[name], name))
    for name in ranked[:left]:
        floors[name] += 1
    sign = -1 if units < 0 else 1
    return {
        name: Decimal(sign * count).scaleb(-MONEY_SCALE, MONEY_CONTEXT)
        for name, count in floors.items()
        if count
    }
