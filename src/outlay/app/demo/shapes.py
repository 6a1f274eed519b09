"""How use rises and falls: weekdays, seasons, growth. Exact decimals, one factor a day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal

from outlay.app.demo.story import Story
from outlay.money import BillingPeriod

_CONTEXT = Context(prec=20, rounding=ROUND_HALF_EVEN)
_STEP = Decimal("0.0001")

_WEEK = {
    "steady": "1 1 1 1 1 1 1",
    "shop": "0.86 0.85 0.88 0.95 1.1 1.32 1.24",
    "office": "1 1.04 1.06 1.03 0.92 0.12 0.1",
    "hours": "0.5 0.5 0.5 0.5 0.5 0 0",
    "batch": "1.12 1 1 1 1 0.7 0.78",
    "assistant": "1.02 1.03 1.02 1 0.98 0.98 0.97",
}

# Growth by the month, as bills grow where nobody looks.
GROWTH = {"none": "0", "slow": "0.009", "mid": "0.021", "fast": "0.048", "rocket": "0.19"}


def week(pattern: str, day: date) -> Decimal:
    """The weekday's factor."""
    return Decimal(_WEEK[pattern].split()[day.weekday()])


def season(pattern: str, day: date, story: Story) -> Decimal:
    """The time of year: a shop sells before Christmas and on Black Friday most of all."""
    if pattern == "batch":
        return Decimal("1.5") if day.day <= 2 else Decimal(1)
    if pattern not in ("shop", "assistant"):
        return Decimal(1)
    friday = story.black_friday(day.year)
    gap = (day - friday).days
    if pattern == "shop" and 0 <= gap <= 3:
        return Decimal("2.35") - Decimal("0.25") * gap
    if -6 <= gap < 0:
        return Decimal("1.18")
    if day.month == 12 and day.day <= 21:
        return Decimal("1.32")
    if day.month in (1, 2):
        return Decimal("0.88")
    if day.month in (5, 6):
        return Decimal("1.09")
    return Decimal(1)


def grown(growth: str, day: date, start: BillingPeriod) -> Decimal:
    """The growth since the first month, steady from day to day."""
    rate = Decimal(1) + Decimal(GROWTH[growth])
    period = BillingPeriod.of(day)
    months = (period.year - start.year) * 12 + period.month - start.month
    low = _CONTEXT.power(rate, months)
    part = Decimal((day - period.start).days)
    days = Decimal((period.end - period.start).days)
    rise = _CONTEXT.divide(
        _CONTEXT.multiply(_CONTEXT.multiply(low, Decimal(GROWTH[growth])), part), days
    )
    return _CONTEXT.add(low, rise)


def factors(story: Story) -> list[tuple[date, str, str, Decimal]]:
    """(day, pattern, growth, factor) for every day of the story, factors of four decimals."""
    start = story.months()[0]
    rows = []
    day = start.start
    while day <= story.last_day:
        growths = {name: grown(name, day, start) for name in GROWTH}
        for pattern in _WEEK:
            shape = week(pattern, day) * season(pattern, day, story)
            for name, level in growths.items():
                product = _CONTEXT.multiply(shape, level)
                rows.append((day, pattern, name, product.quantize(_STEP, context=_CONTEXT)))
        day += timedelta(days=1)
    return rows
