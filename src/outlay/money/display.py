"""How amounts, changes, shares and times are written for people: on pages, in mails, on paper.

Nothing here feeds another number: a rounded value is text for a person and goes nowhere else.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

DASH = "–"
_DISPLAY = Context(prec=60, rounding=ROUND_HALF_UP)

# ISO 4217 minor units that are not two.
_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
)
_THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def places(currency: str | None) -> int:
    """Decimals in which amounts of a currency are shown (ISO 4217; 2 when unknown)."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def rounded(value: Decimal, digits: int) -> Decimal:
    """The value rounded half up for showing."""
    return value.quantize(Decimal(1).scaleb(-digits), context=_DISPLAY)


def amount(value: Decimal | int | None, currency: str | None = None) -> str:
    """An amount to the currency's smallest unit: 1,234.56; ``<0.01`` below it; a dash for None."""
    if value is None:
        return DASH
    value = Decimal(value)
    digits = places(currency)
    shown = rounded(value, digits)
    if value and not shown:
        unit = format(Decimal(1).scaleb(-digits), "f")
        return f"<{unit}" if value > 0 else f"-<{unit}"
    return f"{shown if shown else abs(shown):,}"


def quantity(value: Decimal | int | None) -> str:
    """A quantity: up to three decimals without needless zeros; a dash for None."""
    if value is None:
        return DASH
    value = Decimal(value)
    shown = rounded(value, 3)
    if value and not shown:
        return "<0.001" if value > 0 else "-<0.001"
    text = f"{shown:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def hourly(value: Decimal | None) -> str:
    """An amount an hour, always with three decimals, so that a column lines up; a dash for None."""
    if value is None:
        return DASH
    shown = rounded(value, 3)
    if value and not shown:
        return "<0.001" if value > 0 else "-<0.001"
    return f"{shown:,}"


def count(value: Decimal | int | None) -> str:
    """A whole number with separators; a dash for None."""
    return DASH if value is None else f"{int(value):,}"


def measured(value: Decimal | int | None, kind: str, currency: str | None = None) -> str:
    """A measure's value by its kind: money, quantity or count."""
    if kind == "money":
        return amount(value, currency)
    return quantity(value) if kind == "quantity" else count(value)


def short(value: Decimal | None) -> str:
    """Three figures and a unit for cards and axes: 12.3k, 4.56M."""
    if value is None:
        return DASH
    size, unit = abs(value), ""
    for limit, name in ((9, "B"), (6, "M"), (3, "k")):
        if size >= Decimal(10) ** limit:
            size, unit = size.scaleb(-limit, _DISPLAY), name
            break
    digits = 2 if size < 10 else 1 if size < 100 else 0
    return f"{'-' if value < 0 else ''}{rounded(size, digits):,}{unit}"


def exact(value: Decimal | None) -> str:
    """Every digit that the ledger holds, with separators, for titles and proofs."""
    if value is None:
        return DASH
    whole, _, fraction = format(value, "f").partition(".")
    sign = "-" if whole.startswith("-") and value else ""
    fraction = fraction.rstrip("0").ljust(2, "0")
    return f"{sign}{int(whole.lstrip('-') or 0):,}.{fraction}"


def share(ratio: Decimal | None) -> str:
    """A share as percent with one decimal; a dash for None."""
    if ratio is None:
        return DASH
    percent = rounded(ratio.scaleb(2, _DISPLAY), 1)
    if ratio and not percent:
        return "<0.1%"
    return f"{percent}%"


def change(value: Decimal | int | None, kind: str = "money", currency: str | None = None) -> str:
    """A change with its sign: +12.00, -3.40, 0.00; a dash for None."""
    if value is None:
        return DASH
    text = measured(value, kind, currency)
    return f"+{text}" if value > 0 else text


def change_ratio(ratio: Decimal | None) -> str:
    """A relative change as signed percent; `None` (no base) is written *new*."""
    if ratio is None:
        return "new"
    percent = rounded(ratio.scaleb(2, _DISPLAY), 1 if abs(ratio) < 10 else 0)
    if ratio and not percent:
        return "±<0.1%"
    return f"{percent:+,}%" if percent else "0.0%"


def direction(value: Decimal | int | None, ratio: Decimal | None = None) -> str:
    """``up``, ``down`` or ``flat``; a change below half a percent is flat (small is neutral)."""
    if not value or (ratio is not None and abs(ratio) < Decimal("0.005")):
        return "flat"
    return "up" if value > 0 else "down"


def day(value: date | None) -> str:
    """A day: 3 Nov 2026; a dash for None."""
    return DASH if value is None else f"{value.day} {value:%b %Y}"


def month(value: date | str | None) -> str:
    """A month: Nov 2026, also of ``2026-11``; a dash for None, other text as it is."""
    if value is None:
        return DASH
    if isinstance(value, str):
        try:
            return f"{date.fromisoformat(f'{value}-01'):%b %Y}"
        except ValueError:
            return value
    return f"{value:%b %Y}"


def days(start: date | None, end: date | None) -> str:
    """A range whose end is exclusive, as its first and last day: 1–30 Sep 2026."""
    if start is None or end is None:
        return DASH
    last = end - timedelta(days=1)
    if start == last:
        return day(start)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}–{day(last)}"
    if start.year == last.year:
        return f"{start.day} {start:%b} – {day(last)}"
    return f"{day(start)} – {day(last)}"


def moment(value: datetime | None) -> str:
    """A UTC moment to the minute: 3 Nov 2026 14:05 UTC; a dash for None."""
    return DASH if value is None else f"{day(value.date())} {value:%H:%M} UTC"


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in one unit: 5 min, 3 h, 12 days; *never* for None."""
    if value is None:
        return "never"
    passed = (now or datetime.now(UTC).replace(tzinfo=None)) - value
    seconds = max(0, int(passed.total_seconds()))
    if seconds < 90:
        return "just now"
    if seconds < 90 * 60:
        return f"{seconds // 60} min ago"
    if seconds < 36 * 3600:
        return f"{seconds // 3600} h ago"
    return f"{seconds // 86400} days ago"


def size(number: int) -> str:
    """A file size: 812 B, 4.2 MB."""
    amount_, unit = Decimal(number), "B"
    for name in ("kB", "MB", "GB"):
        if amount_ < 1000:
            break
        amount_, unit = amount_ / 1000, name
    return f"{rounded(amount_, 0 if unit == 'B' else 1)} {unit}"
