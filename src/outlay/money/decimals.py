"""Decimal money: one precision, one text form, sums that never round."""

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow

# Bills in the wild carry up to 21 decimals (a double such as 2.5893953072562468e-05 written out),
# so that 21 is the smallest scale at which every vendor file we know loads without a lost digit.
MONEY_PRECISION = 38
MONEY_SCALE = 21
MONEY_SQL = f"DECIMAL({MONEY_PRECISION},{MONEY_SCALE})"

# Python's default context rounds at 28 digits; money needs the full width of the ledger and
# must fail loudly rather than round.
MONEY_CONTEXT = Context(prec=76, traps=[Inexact, InvalidOperation, Overflow])


class MoneyError(ValueError):
    """A text is not an amount, or an amount does not fit the ledger's precision."""


def parse_money(text: str) -> Decimal:
    """Read an amount exactly.

    Takes plain or scientific notation (``-0.10``, ``1E-10``). Raises MoneyError when the text is
    not a finite number, has more than 21 decimals or more than 17 integer digits: an amount is
    never rounded to fit.
    """
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        raise MoneyError(f"{text!r} is not an amount; expected a number such as 12.34") from None
    if not amount.is_finite():
        raise MoneyError(f"{text!r} is not a finite amount; expected a number such as 12.34")
    digits = amount.normalize(MONEY_CONTEXT).as_tuple()
    exponent = int(digits.exponent)
    if -exponent > MONEY_SCALE:
        raise MoneyError(f"{text!r} has {-exponent} decimals; the ledger holds {MONEY_SCALE}")
    if len(digits.digits) + exponent > MONEY_PRECISION - MONEY_SCALE:
        raise MoneyError(
            f"{text!r} has more than {MONEY_PRECISION - MONEY_SCALE} digits before the point"
        )
    return amount


def money_text(amount: Decimal) -> str:
    """Write an amount in full: no exponent, at least two decimals, no needless zeros after them."""
    text = format(amount, "f")
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0").ljust(2, "0")
    sign_of_zero = whole.startswith("-") and not whole.strip("-0") and not fraction.strip("0")
    return f"{whole.lstrip('-') if sign_of_zero else whole}.{fraction}"


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Sum amounts of one currency exactly; raises decimal.Inexact rather than round."""
    result = Decimal(0)
    for amount in amounts:
        result = MONEY_CONTEXT.add(result, amount)
    return result
