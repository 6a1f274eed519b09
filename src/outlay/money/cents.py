"""From exact amounts to what can be paid: the smallest unit of a currency, nothing lost.

Largest remainder: every amount is first rounded down to whole units; the units that are then
missing to the rounded total go, one each, to the largest remainders (ties by name).
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import floor

from iso4217 import Currency

from outlay.money import total

_WIDE = Context(prec=120, rounding=ROUND_HALF_UP)
_USUAL = 2


def places(currency: str) -> int:
    """The decimals of a currency's smallest unit by ISO 4217: 2 for USD, 0 for JPY, 3 for KWD; 2
    for a withdrawn code, which the standard no longer lists."""
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        return _USUAL
    return _USUAL if exponent is None else int(exponent)


def to_unit(amount: Decimal, digits: int) -> Decimal:
    """An amount in whole units, rounded half up (half away from zero), as invoices are."""
    rounded = amount.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    return rounded if rounded else rounded.copy_abs()


def apportion(parts: Mapping[str, Decimal], whole: Decimal, digits: int) -> dict[str, Decimal]:
    """Each part in whole units, so that all of them sum to `whole` exactly.

    `whole` is in whole units already. No part moves by more than a unit where `whole` is the
    parts' rounded sum; where it is further off, the rest is dealt out evenly in the same order.
    ValueError when there is no part to hold a `whole` that is not nought.
    """
    if not parts:
        if whole:
            raise ValueError(f"{whole} cannot be apportioned to nothing")
        return {}
    scale = 10**digits
    units: dict[str, int] = {}
    remainders: dict[str, Fraction] = {}
    for key, amount in parts.items():
        exact = Fraction(amount) * scale
        units[key] = floor(exact)
        remainders[key] = exact - units[key]
    missing = int(Fraction(whole) * scale) - sum(units.values())
    each, more = divmod(missing, len(parts))
    ordered = sorted(parts, key=lambda key: (-remainders[key], key))
    for place, key in enumerate(ordered):
        units[key] += each + (place < more)
    return {key: Decimal(units[key]).scaleb(-digits, _WIDE) for key in parts}


def apportioned(parts: Mapping[str, Decimal], digits: int) -> dict[str, Decimal]:
    """Each part in whole units, so that they sum to the rounded sum of all parts."""
    return apportion(parts, to_unit(total(parts.values()), digits), digits)


def unit_text(amount: Decimal, digits: int) -> str:
    """An amount in whole units as text with exactly its decimals."""
    return format(to_unit(amount, digits), "f")
