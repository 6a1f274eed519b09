"""The bar of a budget: actual, expected by now and forecast against the amount, as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from outlay.money.quotients import quotient
from outlay.planning.budgets.status import PeriodStatus

WIDTH, HEIGHT = 200, 16
_ROOM = Decimal("1.04")


@dataclass(frozen=True)
class Bar:
    """Places in a box of 200 × 16: ends of the bars and of the marks; None where there is none."""

    actual: str
    forecast_from: str
    forecast: str | None
    expected: str | None
    amount: str
    tone: str


_TONES = {"over": "bad", "heading over": "warn", "ahead": "warn", "unknown": "warn"}


def bar(status: PeriodStatus) -> Bar | None:
    """The bar of a period; None where it has no amount to stand against."""
    amount = status.amount
    if amount is None:
        return None
    forecast = status.forecast
    most = max(amount, status.actual, forecast or Decimal(0)) * _ROOM
    if most <= 0:
        return None

    def at(value: Decimal) -> str:
        return f"{(quotient(max(value, Decimal(0)), most) or 0) * WIDTH:.1f}"

    further = None
    if forecast is not None and forecast > status.actual:
        further = f"{Decimal(at(forecast)) - Decimal(at(status.actual)):.1f}"
    expected = None if status.expected is None or status.over else at(status.expected)
    tone = _TONES.get(status.state, "good")
    return Bar(at(status.actual), at(status.actual), further, expected, at(amount), tone)
