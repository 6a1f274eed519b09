"""Whether the charged price is the contracted one: expected amounts against charged ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from outlay.money import total
from outlay.money.quotients import quotient, rounded
from outlay.savings.contracts.model import AgreedPrice

Verdict = Literal["as agreed", "too high", "too low", "cannot be told"]
_DIGITS = 10


@dataclass(frozen=True)
class Charged:
    """What was charged for one SKU in one unit: `quantity` in pricing units (None: the bill has
    none), `listed` at list price, `amount` by the agreed price's measure; one currency."""

    sku: str
    title: str
    unit: str
    currency: str
    quantity: Decimal | None
    listed: Decimal
    amount: Decimal
    lines: int


@dataclass(frozen=True)
class PriceCheck:
    """One agreed price against one SKU. `expected` is None where it cannot be told (`reason`);
    `difference` is charged less expected: above 0, too much was charged. `paid_price` is what one
    pricing unit came to, `paid_discount` how many percent below list it was; both rounded."""

    price: AgreedPrice
    charged: Charged
    verdict: Verdict
    expected: Decimal | None
    difference: Decimal | None
    paid_price: Decimal | None
    paid_discount: Decimal | None
    reason: str = ""


def check(price: AgreedPrice, charges: Iterable[Charged], currency: str) -> list[PriceCheck]:
    """The agreed price against each SKU that it holds for, the largest difference first."""
    found = [_check(price, one, currency) for one in charges]
    return sorted(
        found,
        key=lambda one: (
            -(one.difference.copy_abs() if one.difference is not None else Decimal(0)),
            one.charged.sku,
            one.charged.unit,
        ),
    )


def _check(price: AgreedPrice, charged: Charged, currency: str) -> PriceCheck:
    expected, reason = _expected(price, charged, currency)
    paid = quotient(charged.amount, charged.quantity, 6) if charged.quantity else None
    below = total((charged.listed, charged.amount.copy_negate()))
    discount = quotient(below * 100, charged.listed, 3) if charged.listed > 0 else None
    if expected is None:
        return PriceCheck(price, charged, "cannot be told", None, None, paid, discount, reason)
    difference = total((charged.amount, expected.copy_negate()))
    allowed = Fraction(expected.copy_abs()) * Fraction(price.tolerance) / 100
    verdict: Verdict = "as agreed"
    if Fraction(difference.copy_abs()) > allowed:
        verdict = "too high" if difference > 0 else "too low"
    return PriceCheck(price, charged, verdict, expected, difference, paid, discount)


def _expected(price: AgreedPrice, charged: Charged, currency: str) -> tuple[Decimal | None, str]:
    """What should have been charged, rounded to ten decimals, or why that cannot be told."""
    if price.discount is not None:
        if not charged.listed:
            return None, "the bill has no list price for it"
        share = Fraction(100 - price.discount) / 100
        return rounded(Fraction(charged.listed) * share, _DIGITS), ""
    assert price.price is not None
    if charged.currency != currency:
        return None, f"it is charged in {charged.currency}, the price is in {currency}"
    if charged.quantity is None:
        return None, "the bill has no quantity for it"
    if charged.unit != price.unit:
        return None, f"it is charged by {charged.unit or 'no unit'}, the price is by {price.unit}"
    return rounded(Fraction(price.price) * Fraction(charged.quantity), _DIGITS), ""


def overcharged(checks: Iterable[PriceCheck]) -> dict[str, Decimal]:
    """By currency, what was charged beyond what was agreed (only what is too high)."""
    found: dict[str, list[Decimal]] = {}
    for one in checks:
        if one.verdict == "too high" and one.difference is not None:
            found.setdefault(one.charged.currency, []).append(one.difference)
    return {code: total(amounts) for code, amounts in sorted(found.items())}
