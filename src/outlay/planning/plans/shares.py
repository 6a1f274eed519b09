"""Sharing an amount out by sizes, to the cent, so that the parts are the whole exactly."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TypeVar

from outlay.money.cents import apportion
from outlay.money.quotients import rounded

_SPARE = 12
"""Decimals beyond a cent that a share is known to before it is made whole."""


K = TypeVar("K")


def share_out(sizes: Mapping[K, Decimal], amount: Decimal, digits: int) -> dict[K, Decimal]:
    """`amount` (in whole units) by the absolute sizes of its parts, evenly where all are nought;
    missing units go to the largest remainders, the first part of equals first."""
    weights = {key: abs(Fraction(size)) for key, size in sizes.items()}
    whole = sum(weights.values())
    if not whole:
        weights, whole = {key: Fraction(1) for key in sizes}, Fraction(len(sizes))
    keys = {f"{place:09d}": key for place, key in enumerate(sizes)}
    exact = {
        name: rounded(Fraction(amount) * weights[key] / whole, digits + _SPARE)
        for name, key in keys.items()
    }
    return {keys[name]: part for name, part in apportion(exact, amount, digits).items()}
