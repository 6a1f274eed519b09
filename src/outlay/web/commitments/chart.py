"""Pictures of commitments as SVG: coverage by day, the hours of the week, the savings curve.

The server draws them, so that they are there without scripts and in both themes; tables hold the
same numbers. Floats are places on the picture and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor, log10

from outlay.app.commitments.figures import Figures, WeekHour
from outlay.savings.planner.plan import CurvePoint

WIDTH, HEIGHT = 860, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 12, 24
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place and its text."""

    at: str
    text: str


@dataclass(frozen=True)
class Bar:
    """A day: left edge and width; top and height of what was covered, on demand and unused."""

    x: str
    width: str
    covered: tuple[str, str]
    on_demand: tuple[str, str]
    unused: tuple[str, str]
    title: str


@dataclass(frozen=True)
class DayChart:
    """Covered and on-demand usage of each day at on-demand prices, and below the line what was
    paid for nothing."""

    bars: tuple[Bar, ...]
    zero: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def day_chart(days: Sequence[tuple[date, Figures]]) -> DayChart | None:
    """The chart of days; None where nothing was used."""
    most = max((float(one.eligible) for _, one in days), default=0.0)
    low = max((float(max(one.unused, Decimal(0))) for _, one in days), default=0.0)
    if most <= 0 and low <= 0:
        return None
    place = _Axis(-low, most)
    step = (WIDTH - LEFT - RIGHT) / len(days)
    bars = []
    for number, (day, one) in enumerate(days):
        covered = float(max(one.covered, Decimal(0)))
        top = float(max(one.eligible, Decimal(0)))
        bars.append(
            Bar(
                f"{LEFT + number * step + step * 0.1:.2f}",
                f"{step * 0.8:.2f}",
                place.box(0, covered),
                place.box(covered, top),
                place.box(-float(max(one.unused, Decimal(0))), 0),
                f"{day:%d %b}",
            )
        )
    every = ceil(len(days) / 8)
    ticks = tuple(
        Tick(f"{LEFT + (number + 0.5) * step:.1f}", f"{day.day} {day:%b}")
        for number, (day, _) in enumerate(days)
        if number % every == 0
    )
    return DayChart(tuple(bars), place.y(0), ticks, place.ticks())


@dataclass(frozen=True)
class Curve:
    """The savings curve: what a portfolio of so much an hour saves over the horizon."""

    line: str
    zero: str
    chosen: tuple[str, str]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def curve(points: Sequence[CurvePoint]) -> Curve | None:
    """The curve; None where nothing is bought."""
    if len(points) < 2:
        return None
    saved = [float(one.saved) for one in points]
    place = _Axis(min(0.0, *saved), max(0.0, *saved))
    most = float(points[-1].level) or 1.0

    def x(level: Decimal | float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * float(level) / most:.1f}"

    chosen = next(one for one in points if one.share == 1)
    step = _step(most, 6)
    return Curve(
        " ".join(f"{x(one.level)},{place.y(float(one.saved))}" for one in points),
        place.y(0),
        (x(chosen.level), place.y(float(chosen.saved))),
        tuple(Tick(x(step * n), f"{step * n:g}") for n in range(floor(most / step) + 1)),
        place.ticks(),
    )


@dataclass(frozen=True)
class Square:
    """An hour of the week (of a weekday: a row alone), its shade from 0 to 1, and words."""

    shade: str
    text: str


def week(hours: Sequence[WeekHour]) -> dict[int, list[Square]]:
    """By weekday, its hours in order; one square where the bill has days only."""
    found: dict[int, list[Square]] = {}
    for one in hours:
        coverage = one.figures.coverage
        shade = "" if coverage is None else f"{float(coverage):.3f}"
        text = "–" if coverage is None else f"{float(coverage) * 100:.0f}%"
        found.setdefault(one.weekday, []).append(Square(shade, text))
    return found


class _Axis:
    def __init__(self, low: float, high: float) -> None:
        room = (high - low) or 1.0
        self.low, self.high = low - (room * 0.03 if low < 0 else 0), high + room * 0.05

    def y(self, value: float) -> str:
        """The place of an amount."""
        part = (value - self.low) / (self.high - self.low)
        return f"{HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part:.2f}"

    def box(self, low: float, high: float) -> tuple[str, str]:
        """The top and the height of a bar between two amounts."""
        top, bottom = self.y(high), self.y(low)
        return top, f"{float(bottom) - float(top):.2f}"

    def ticks(self) -> tuple[Tick, ...]:
        """Round amounts."""
        step = _step(self.high - self.low, 4)
        first = ceil(self.low / step)
        return tuple(
            Tick(self.y(step * n), _short(step * n))
            for n in range(first, floor(self.high / step) + 1)
        )


def _step(room: float, count: int) -> float:
    raw = room / count
    base: float = 10 ** floor(log10(raw))
    return next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)


def _short(value: float) -> str:
    size = abs(value)
    for most, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= most:
            return f"{value / most:g}{unit}"
    return f"{value:g}"
