"""Amounts, shares, days and changes in words, for the sentences of cards.

What is rounded here is text for a person and feeds no other number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from outlay.money import BillingPeriod, DateRange
from outlay.money.cents import places, to_unit
from outlay.money.quotients import scaled

_SMALL = Decimal("0.0005")


def amount(value: Decimal | int, currency: str | None) -> str:
    """An amount in the currency's smallest unit with its code: ``1,204.11 USD``."""
    digits = places(currency or "")
    value = Decimal(value)
    shown = to_unit(value, digits)
    code = f" {currency}" if currency else ""
    if value and not shown:
        unit = format(Decimal(1).scaleb(-digits), "f")
        return f"{'less than ' if value > 0 else 'less than -'}{unit}{code}"
    return f"{shown:,}{code}"


def size(value: Decimal | int, currency: str | None) -> str:
    """An amount without its sign."""
    return amount(Decimal(value).copy_abs(), currency)


def amounts(found: Mapping[str, Decimal]) -> str:
    """Amounts of several currencies, never added: ``12.00 EUR and 3.00 USD``."""
    return listed([amount(found[code], code) for code in sorted(found)])


def percent(ratio: Decimal, digits: int = 1) -> str:
    """A share as percent: ``4.2 %``; whole percent from 1000 on."""
    if abs(ratio) >= 10:
        digits = 0
    shown = scaled(ratio.scaleb(2), digits)
    if ratio and not shown:
        return f"less than {Decimal(1).scaleb(-digits):f} %"
    # A share that is not quite all is not said to be all.
    if shown == 100 and ratio < 1:
        return f"more than {Decimal(100) - Decimal(1).scaleb(-digits):f} %"
    return f"{shown if shown else abs(shown):,f} %"


def day(value: date) -> str:
    """A day: 3 Nov 2026."""
    return f"{value.day} {value:%b %Y}"


def days(found: DateRange) -> str:
    """Days in words; a whole month by its name, else the first and last day: 1–27 Nov 2026."""
    last = found.end - timedelta(days=1)
    if found.start.day == 1 and found.end == _next_month(found.start):
        return f"{found.start:%B %Y}"
    if found.start == last:
        return day(last)
    if (found.start.year, found.start.month) == (last.year, last.month):
        return f"{found.start.day}–{day(last)}"
    if found.start.year == last.year:
        return f"{found.start.day} {found.start:%b} – {day(last)}"
    return f"{day(found.start)} – {day(last)}"


def _next_month(start: date) -> date:
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


def listed(texts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 source``, ``3 sources``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def upper(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def is_small(ratio: Decimal | None) -> bool:
    """Whether a change is too small to have a direction in words (below 0.05 %)."""
    return ratio is not None and abs(ratio) < _SMALL


def moved(
    subject: str,
    now: Decimal,
    before: Decimal | None,
    change: Decimal | None,
    ratio: Decimal | None,
    *,
    currency: str | None,
    than: str,
) -> str:
    """One sentence on an amount and the one before; `than` names the period before.

    ``Spend is 1,042.00 USD, 4.2 % above October 2026 (+42.00 USD).`` Without anything before it
    says so; where an amount is a credit, or changes its sign, a percentage would mislead and both
    amounts stand instead.
    """
    here = f"{subject} is {amount(now, currency)}"
    if before is None or change is None:
        return f"{here}."
    if not now and not before:
        return f"{subject} is zero, as in {than}."
    if not change:
        return f"{here}, exactly as in {than}."
    if not before:
        return f"{here}; there was none in {than}."
    if not now:
        return f"{subject} is zero; it was {amount(before, currency)} in {than}."
    if before < 0 or now < 0 or ratio is None:
        was = amount(before, currency)
        return f"{subject} went from {was} in {than} to {amount(now, currency)}."
    if is_small(ratio):
        return f"{here}, almost as in {than} ({signed(change, currency)})."
    way = "above" if change > 0 else "below"
    return f"{here}, {percent(abs(ratio))} {way} {than} ({signed(change, currency)})."


def signed(value: Decimal, currency: str | None) -> str:
    """A change with its sign: ``+42.00 USD``, ``less than +0.01 USD``."""
    digits = places(currency or "")
    code = f" {currency}" if currency else ""
    shown = to_unit(value, digits)
    sign = "-" if value < 0 else "+" if value > 0 else ""
    if value and not shown:
        return f"less than {sign}{Decimal(1).scaleb(-digits):f}{code}"
    return f"{sign}{shown.copy_abs():,}{code}"


def days_of(month: BillingPeriod) -> str:
    """A month's name: October 2026."""
    return f"{month.start:%B %Y}"
