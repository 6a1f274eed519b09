"""Quotients of exact amounts: shares, rates and prices per unit, for showing.

They are never added up or written back: a rounded quotient is an answer's last step.
"""

from decimal import Context, Decimal
from fractions import Fraction

_WIDE = Context(prec=120)


def quotient(over: Decimal | int, under: Decimal | int, digits: int = 6) -> Decimal | None:
    """`over` divided by `under`, rounded once (half to even) to `digits` decimals; None by 0."""
    if not under:
        return None
    return rounded(Fraction(over) / Fraction(under), digits)


def rounded(value: Fraction, digits: int) -> Decimal:
    """A rational number as a decimal of `digits` decimals, rounded once, half to even."""
    return Decimal(round(value * 10**digits)).scaleb(-digits, _WIDE)


def scaled(value: Decimal, digits: int) -> Decimal:
    """A decimal with exactly `digits` decimals, rounded half to even where it has more."""
    return value.quantize(Decimal(1).scaleb(-digits), context=_WIDE)


def significant(value: Decimal, digits: int = 4) -> str:
    """A quotient for people: so many significant digits, at least two decimals, thousands apart."""
    if not value:
        return "0.00"
    decimals = max(2, digits - 1 - value.adjusted())
    return f"{scaled(value, decimals):,f}"
