"""What every detector reckons alike: months, and the condition that names the charges."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from outlay.expression import text_literal
from outlay.money.quotients import rounded
from outlay.savings.model import MONTH_DAYS

CENTS = 2


def monthly(amount: Decimal, days: int) -> Decimal:
    """An amount over `days` days as one of a month of `MONTH_DAYS` days, rounded once, half to
    even, to cents; ValueError without a day."""
    if days < 1:
        raise ValueError("an amount over no day says nothing of a month")
    return rounded(Fraction(amount) * MONTH_DAYS / days, CENTS)


def share(amount: Decimal, part: Decimal) -> Decimal:
    """A part (0.2 for a fifth) of an amount, rounded once, half to even, to cents."""
    return rounded(Fraction(amount) * Fraction(part), CENTS)


def condition(**columns: str | None) -> str:
    """The charges whose columns have these values, in the product's expression language; a column
    of None is one that is null: ``ResourceId = 'vol-1' AND SubAccountId = '123'``."""
    return " AND ".join(
        f"{name} IS NULL" if value is None else f"{name} = {text_literal(value)}"
        for name, value in columns.items()
    )
