"""The chart of a period: cumulative actual against the expected line, forecast and amount, as SVG.

The server draws it, so that it is there without scripts and in both themes; the table below it
holds the same numbers. Floats are places on the picture and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from math import ceil, floor, log10, sqrt

from outlay.money import total
from outlay.money.display import day as day_text
from outlay.money.display import places, short
from outlay.money.quotients import rounded
from outlay.planning.budgets.model import BudgetSpec
from outlay.planning.budgets.status import PeriodStatus
from outlay.planning.budgets.thresholds import limit

WIDTH, HEIGHT = 860, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 22, 26
_DAYS_IN_TABLE = 92
_TICKS = 4


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place and its text."""

    at: str
    text: str


@dataclass(frozen=True)
class Level:
    """A horizontal line: the amount, or a threshold of it."""

    y: str
    text: str
    kind: str
    label_y: str


@dataclass(frozen=True)
class Point:
    """A line of the table: sums from the period's start until the end of `day`."""

    day: date
    cost: Decimal | None
    actual: Decimal | None
    expected: Decimal | None
    forecast: Decimal | None
    incomplete: bool


@dataclass(frozen=True)
class Chart:
    """What is drawn: polylines as points, the band as a polygon."""

    actual: str
    incomplete: str
    expected: str
    forecast: str
    band: str
    levels: tuple[Level, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    today: str | None
    points: tuple[Point, ...]


def chart(status: PeriodStatus, spec: BudgetSpec) -> Chart | None:
    """The chart of a period; None where nothing is known of it."""
    if status.amount is None or status.complete_until is None or not status.begun:
        return None
    return _Drawing(status, spec).chart()


class _Drawing:
    def __init__(self, status: PeriodStatus, spec: BudgetSpec) -> None:
        assert status.amount is not None and status.complete_until is not None
        self.status, self.spec, self.amount = status, spec, status.amount
        self.days = status.period.days
        self.complete = (status.complete_until - status.period.start).days
        last = max((n for n, cost in enumerate(status.daily) if cost), default=-1) + 1
        self.known = max(self.complete, last)
        self.actual = _sums(status.daily)
        self.expected = status.spread.line(self.amount, spec.currency) if status.spread else []
        rest = status.rest.days if status.rest else ()
        self.forecast = [
            total((status.complete, cost)) for cost in _sums((Decimal(0), *rest))
        ] if rest else []  # fmt: skip
        self.limits = [
            (one, rounded(limit(one, self.amount), places(spec.currency)))
            for one in spec.thresholds
            if limit(one, self.amount) > 0 and limit(one, self.amount) != self.amount
        ]
        bounds = status.bounds or (Decimal(0), Decimal(0))
        tops = [self.amount, status.actual, bounds[1], *self.actual[: self.known], *self.forecast]
        near = max(max(tops), Decimal(1))
        tops += [value for _, value in self.limits if value < near * 2]
        self.top = float(max(tops)) * 1.05 or 1.0
        self.low = min(0.0, float(min(self.actual[: self.known], default=Decimal(0))) * 1.05)

    def x(self, index: float) -> str:
        """The place of the end of so many days."""
        return f"{_LEFT + (WIDTH - _LEFT - _RIGHT) * index / self.days:.1f}"

    def y(self, value: Decimal | float) -> str:
        """The place of an amount."""
        part = (float(value) - self.low) / (self.top - self.low)
        return f"{HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * part:.1f}"

    def line(self, start: int, values: Sequence[Decimal]) -> str:
        """A polyline whose first value is at the end of `start` days."""
        return " ".join(f"{self.x(start + n)},{self.y(value)}" for n, value in enumerate(values))

    def chart(self) -> Chart:
        """All of it."""
        status, nought = self.status, Decimal(0)
        behind = [nought, *self.actual]
        incomplete = behind[self.complete : self.known + 1] if self.known > self.complete else []
        return Chart(
            self.line(0, behind[: self.complete + 1]),
            self.line(self.complete, incomplete),
            self.line(0, [nought, *self.expected]) if self.expected else "",
            self.line(self.complete, self.forecast),
            self._band(),
            self._levels(),
            self._x_ticks(),
            self._y_ticks(),
            None if status.over else self.x(self.complete),
            self._points(),
        )

    def _band(self) -> str:
        """The band of the whole at the period's end, widening from nothing: errors of days that do
        not know each other add up like the root of their number."""
        rest = self.status.rest
        if rest is None or len(self.forecast) < 2:
            return ""
        end = self.forecast[-1]
        above = float(total((self.status.complete, rest.upper)) - end)
        below = float(end - total((self.status.complete, rest.lower)))
        count = len(self.forecast) - 1
        upper, lower = [], []
        for n, value in enumerate(self.forecast):
            part = sqrt(n / count)
            upper.append(f"{self.x(self.complete + n)},{self.y(float(value) + above * part)}")
            lower.append(f"{self.x(self.complete + n)},{self.y(float(value) - below * part)}")
        return " ".join([*upper, *lower[::-1]])

    def _levels(self) -> tuple[Level, ...]:
        found = [(self.amount, "Amount " + short(self.amount), "amount")]
        found += [
            (value, one.title(self.spec.currency), f"threshold {one.of}")
            for one, value in self.limits
            if float(value) <= self.top
        ]
        levels: list[Level] = []
        taken: list[float] = []
        for value, text, kind in found:
            y = float(self.y(value))
            label = y - 5
            if kind != "amount":  # thresholds are named at the right, the amount at the left
                while any(abs(label - other) < 12 for other in taken):
                    label += 12
                taken.append(label)
            levels.append(Level(f"{y:.1f}", text, kind, f"{label:.1f}"))
        return tuple(levels)

    def _x_ticks(self) -> tuple[Tick, ...]:
        start = self.status.period.start
        days = [start + timedelta(days=n) for n in range(self.days)]
        if self.days <= _DAYS_IN_TABLE // 2:
            step = 7 if self.days > 14 else 1
            picked = [(n, f"{one.day} {one:%b}") for n, one in enumerate(days) if n % step == 0]
        else:
            months = [(n, one) for n, one in enumerate(days) if one.day == 1 or n == 0]
            step = ceil(len(months) / 12)
            picked = [(n, f"{one:%b}") for n, one in months[::step]]
        return tuple(Tick(self.x(n), text) for n, text in picked)

    def _y_ticks(self) -> tuple[Tick, ...]:
        raw = (self.top - self.low) / _TICKS
        base = 10 ** floor(log10(raw))
        step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)
        first = ceil(self.low / step)
        values = [step * n for n in range(first, floor(self.top / step) + 1)]
        return tuple(Tick(self.y(value), _axis(value)) for value in values)

    def _points(self) -> tuple[Point, ...]:
        start = self.status.period.start
        found = []
        for n in range(self.days):
            known = n < self.known
            place = n + 1 - self.complete
            ahead = self.forecast[place] if 0 < place < len(self.forecast) else None
            found.append(
                Point(
                    start + timedelta(days=n),
                    self.status.daily[n] if known else None,
                    self.actual[n] if known else None,
                    self.expected[n] if self.expected else None,
                    ahead,
                    self.complete <= n < self.known,
                )
            )
        if self.days <= _DAYS_IN_TABLE:
            return tuple(found)
        ends = {n for n, one in enumerate(found) if (one.day + timedelta(days=1)).day == 1}
        kept = ends | {self.days - 1, max(self.complete - 1, 0)}
        return tuple(found[n] for n in sorted(kept))


def _sums(values: Sequence[Decimal]) -> list[Decimal]:
    return list(accumulate(values, lambda a, b: total((a, b))))


def _axis(value: float) -> str:
    size = abs(value)
    for most, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= most:
            return f"{value / most:g}{unit}"
    return f"{value:g}"


def label(chart_: Chart, status: PeriodStatus) -> str:
    """What the picture shows, for those who do not see it."""
    return (
        f"Cumulative cost of {status.period.title} until {day_text(status.complete_until)} against "
        "the line that was to be expected; the table below holds the same numbers"
    )
