"""The charts of realised savings, as SVG: months promised and realised, days with and without.

The server draws them, so that they are there without scripts and in both themes; the tables below
hold the same numbers. Floats are places on the picture and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor, log10

from outlay.money.display import day as day_text
from outlay.savings.realised.ledger import Row
from outlay.savings.realised.model import Measured

WIDTH, HEIGHT = 860, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 14, 26
_TICKS = 4
_MOST_LABELS = 12


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place and its text."""

    at: str
    text: str


@dataclass(frozen=True)
class Bar:
    """A rectangle; `title` is what it says when it is pointed at."""

    x: str
    y: str
    width: str
    height: str
    kind: str
    title: str


@dataclass(frozen=True)
class Chart:
    """What is drawn."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[str, str], ...]
    area: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    zero: str
    label: str


class _Scale:
    def __init__(self, values: Sequence[Decimal]) -> None:
        self.top = max([float(one) for one in values] + [0.0]) * 1.06 or 1.0
        self.low = min([float(one) for one in values] + [0.0]) * 1.06

    def y(self, value: Decimal | float) -> float:
        part = (float(value) - self.low) / (self.top - self.low)
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * part

    def ticks(self) -> tuple[Tick, ...]:
        raw = (self.top - self.low) / _TICKS
        base = 10 ** floor(log10(raw))
        step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= raw)
        first = ceil(self.low / step)
        values = [step * n for n in range(first, floor(self.top / step) + 1)]
        return tuple(Tick(f"{self.y(value):.1f}", _axis(value)) for value in values)


def months(rows: Sequence[Row], currency: str) -> Chart | None:
    """Promised and realised by month, of one currency; None without any."""
    own = [row for row in rows if row.sums.currency == currency]
    if not own:
        return None
    scale = _Scale([value for row in own for value in (row.sums.promised, row.sums.realised)])
    slot = (WIDTH - _LEFT - _RIGHT) / len(own)
    width = min(slot * 0.36, 44.0)
    bars = []
    for n, row in enumerate(own):
        middle = _LEFT + slot * (n + 0.5)
        for side, kind, value in (
            (-width - 1, "promised", row.sums.promised),
            (1, "realised", row.sums.realised),
        ):
            title = f"{row.value} {kind}: {value:,.2f} {currency}"
            bars.append(_bar(scale, middle + side, width, kind, value, title))
    step = ceil(len(own) / _MOST_LABELS)
    ticks = tuple(
        Tick(f"{_LEFT + slot * (n + 0.5):.1f}", f"{date.fromisoformat(row.value + '-01'):%b %y}")
        for n, row in enumerate(own)
        if n % step == 0
    )  # fmt: skip
    return Chart(
        tuple(bars), (), "", ticks, scale.ticks(), f"{scale.y(0):.1f}",
        f"Promised and realised savings in {currency} by month, from {own[0].value} to "
        f"{own[-1].value}; the table below holds the same numbers",
    )  # fmt: skip


def _bar(scale: _Scale, x: float, width: float, kind: str, value: Decimal, title: str) -> Bar:
    zero, end = scale.y(0), scale.y(value)
    return Bar(
        f"{x:.1f}", f"{min(zero, end):.1f}", f"{width:.1f}", f"{max(abs(zero - end), 0.5):.1f}",
        kind, title,
    )  # fmt: skip


def days(measured: Sequence[Measured]) -> Chart | None:
    """What each day would have cost and what it did; None for fewer than two days."""
    if len(measured) < 2:
        return None
    scale = _Scale([value for one in measured for value in (one.counterfactual, one.actual)])
    slot = (WIDTH - _LEFT - _RIGHT) / (len(measured) - 1)
    places = [_LEFT + slot * n for n in range(len(measured))]

    def line(values: Sequence[Decimal]) -> list[str]:
        return [f"{x:.1f},{scale.y(v):.1f}" for x, v in zip(places, values, strict=True)]

    without = line([one.counterfactual for one in measured])
    paid = line([one.actual for one in measured])
    step = max(ceil(len(measured) / 8), 1)
    return Chart(
        (),
        (("without", " ".join(without)), ("actual", " ".join(paid))),
        " ".join([*without, *paid[::-1]]),
        tuple(
            Tick(f"{places[n]:.1f}", f"{one.day.day} {one.day:%b}")
            for n, one in enumerate(measured)
            if n % step == 0
        ),
        scale.ticks(),
        f"{scale.y(0):.1f}",
        f"Cost by day from {day_text(measured[0].day)} to {day_text(measured[-1].day)}, as it "
        "would have been and as it was; the table below holds the same numbers",
    )


def _axis(value: float) -> str:
    size = abs(value)
    for most, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= most:
            return f"{value / most:g}{unit}"
    return f"{value:g}"
