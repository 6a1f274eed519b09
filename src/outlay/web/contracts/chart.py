"""The burn-down of a term as SVG: what counts day by day against what is owed.

The server draws it, so that it is there without scripts and in both themes; the table below it
holds the same numbers by month. Floats are places on the picture and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from math import ceil, floor, log10

from outlay.money import total
from outlay.savings.contracts.burn import Known, TermStatus

WIDTH, HEIGHT = 860, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 20, 26
_TICKS, _MOST_POINTS = 4, 400


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place and its text."""

    at: str
    text: str


@dataclass(frozen=True)
class Month:
    """A line of the table: what counts in the part of a month that lies in the term, and the sum
    since its first day; `expected` tells that some of it is to come."""

    month: date
    amount: Decimal
    so_far: Decimal
    expected: bool


@dataclass(frozen=True)
class Chart:
    """What is drawn: polylines as points; `owed` is the height of the obligation."""

    actual: str
    ahead: str
    even: str
    owed: str
    today: str | None
    used_up: str | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    months: tuple[Month, ...]


def chart(term: TermStatus, known: Known) -> Chart:
    """The chart of a term that has begun."""
    days = [term.term.from_ + timedelta(days=n) for n in range(term.term.days)]
    cut = (term.complete_until - term.term.from_).days
    ahead = known.ahead or {}
    amounts = [
        known.by_day.get(day, Decimal(0)) if n < cut else ahead.get(day, Decimal(0))
        for n, day in enumerate(days)
    ]
    whole = len(days) if ahead or cut == len(days) else cut
    sums = list(accumulate(amounts[:whole], lambda a, b: total((a, b)), initial=term.carried))
    place = _Places(len(days), max([term.term.amount, *sums]))
    actual = place.line(0, sums[: cut + 1])
    later = place.line(cut, sums[cut:]) if whole > cut else ""
    end = place.y(term.term.amount)
    used_up = term.used_up_on
    return Chart(
        actual,
        later,
        f"{place.x(0)},{place.y(Decimal(0))} {place.x(len(days))},{end}",
        end,
        place.x(cut) if cut < len(days) else None,
        place.x((used_up - term.term.from_).days + 1) if used_up else None,
        _x_ticks(days, place),
        place.y_ticks(),
        _months(days, amounts[:whole], cut, term.carried),
    )


class _Places:
    def __init__(self, days: int, most: Decimal) -> None:
        self.days, self.top = days, float(most) * 1.05 or 1.0

    def x(self, index: float) -> str:
        """The place of the end of so many days."""
        return f"{_LEFT + (WIDTH - _LEFT - _RIGHT) * index / self.days:.1f}"

    def y(self, value: Decimal | float) -> str:
        """The place of an amount."""
        part = float(value) / self.top
        return f"{HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * part:.1f}"

    def line(self, start: int, values: Sequence[Decimal]) -> str:
        """A polyline whose first value is at the end of `start` days, of few enough points."""
        step = max(1, len(values) // _MOST_POINTS)
        picked = [*range(0, len(values), step)]
        if picked and picked[-1] != len(values) - 1:
            picked.append(len(values) - 1)
        return " ".join(f"{self.x(start + n)},{self.y(values[n])}" for n in picked)

    def y_ticks(self) -> tuple[Tick, ...]:
        """Round amounts."""
        raw = self.top / _TICKS
        base = 10 ** floor(log10(raw))
        step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)
        return tuple(
            Tick(self.y(step * n), _short(step * n)) for n in range(floor(self.top / step) + 1)
        )


def _short(value: float) -> str:
    for most, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if value >= most:
            return f"{value / most:g}{unit}"
    return f"{value:g}"


def _x_ticks(days: Sequence[date], place: _Places) -> tuple[Tick, ...]:
    firsts = [(n, day) for n, day in enumerate(days) if day.day == 1 or n == 0]
    step = ceil(len(firsts) / 12)
    pattern = "%b" if len(days) <= 400 else "%b %y"
    return tuple(Tick(place.x(n), f"{day:{pattern}}") for n, day in firsts[::step])


def _months(
    days: Sequence[date], amounts: Sequence[Decimal], cut: int, carried: Decimal
) -> tuple[Month, ...]:
    by_month: dict[date, list[Decimal]] = {}
    open_: set[date] = set()
    for n, (day, amount) in enumerate(zip(days, amounts, strict=False)):
        first = day.replace(day=1)
        by_month.setdefault(first, []).append(amount)
        if n >= cut:
            open_.add(first)
    found, so_far = [], carried
    for first, parts in by_month.items():
        amount = total(parts)
        so_far = total((so_far, amount))
        found.append(Month(first, amount, so_far, first in open_))
    return tuple(found)
