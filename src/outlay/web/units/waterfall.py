"""The parts of a change as a waterfall: bars from what it was to what it is, drawn as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

from outlay.query.unit import Drivers

WIDTH, HEIGHT = 720, 250
_TOP, _BOTTOM = Decimal(26), Decimal(42)
_CONTEXT = Context(prec=40)
NAMES = {
    "before": "Before",
    "volume": "Volume",
    "mix": "Mix",
    "price": "Price",
    "without_units": "Without units",
    "after": "After",
}
"""The steps, in order."""


@dataclass(frozen=True)
class Bar:
    """One step: a whole amount (`kind` whole) or a part that rises or falls. Places are those of
    the drawing; `line` is where a thin line to the next bar begins."""

    key: str
    name: str
    amount: Decimal
    kind: str
    x: str
    y: str
    width: str
    height: str
    middle: str
    label_y: str
    line_y: str
    line_to: str


def waterfall(drivers: Drivers) -> tuple[Bar, ...]:
    """The bars of a change. A part that is nought is drawn as a line."""
    steps = [
        ("before", drivers.before),
        ("volume", drivers.volume),
        ("mix", drivers.mix),
        ("price", drivers.price),
        ("without_units", drivers.without_units),
        ("after", drivers.after),
    ]
    if not drivers.without_units:
        steps = [step for step in steps if step[0] != "without_units"]
    spans = _spans(steps)
    low = min(min(span) for span in spans)
    high = max(max(span) for span in spans)
    # Small parts of a large bill would be no more than lines if every bar began at nought.
    base = _base(low, high, spans)
    scale = _divide(Decimal(HEIGHT) - _TOP - _BOTTOM, (high - base) or Decimal(1))
    slot = _divide(Decimal(WIDTH), Decimal(len(steps)))
    width = slot * Decimal("0.62")
    bars = []
    for place, ((key, amount), (start, end)) in enumerate(zip(steps, spans, strict=True)):
        top, foot = max(start, end), max(min(start, end), base)
        y = _TOP + (high - top) * scale
        height = max((top - foot) * scale, Decimal("1.5"))
        x = slot * place + (slot - width) / 2
        next_x = slot * (place + 1) + (slot - width) / 2
        whole = key in ("before", "after")
        kind = "whole" if whole else "up" if amount > 0 else "down" if amount < 0 else "none"
        bars.append(
            Bar(
                key, NAMES[key], amount, kind, f"{x:.1f}", f"{y:.1f}", f"{width:.1f}",
                f"{height:.1f}", f"{x + width / 2:.1f}", f"{y - 7:.1f}",
                f"{_TOP + (high - end) * scale:.1f}", f"{next_x:.1f}",
            )
        )  # fmt: skip
    return tuple(bars)


def starts_above_nought(drivers: Drivers) -> bool:
    """Whether the whole bars are cut at their foot, which the drawing must say."""
    spans = _spans([("before", drivers.before), ("volume", drivers.volume), ("mix", drivers.mix),
                    ("price", drivers.price), ("without_units", drivers.without_units),
                    ("after", drivers.after)])  # fmt: skip
    low = min(min(span) for span in spans)
    return _base(low, max(max(span) for span in spans), spans) > 0


def _spans(steps: Sequence[tuple[str, Decimal]]) -> list[tuple[Decimal, Decimal]]:
    """From where to where each bar reaches."""
    found: list[tuple[Decimal, Decimal]] = []
    level = Decimal(0)
    for key, amount in steps:
        if key in ("before", "after"):
            found.append((Decimal(0), amount))
            level = amount
        else:
            found.append((level, level + amount))
            level += amount
    return found


def _base(low: Decimal, high: Decimal, spans: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Where the drawing begins: nought, or near the parts where they are small."""
    if low < 0 or high <= 0:
        return low
    parts = [point for span in spans for point in span if point]
    least = min(parts, default=Decimal(0))
    spread = high - least
    if least <= 0 or spread * 4 > high:
        return Decimal(0)
    return max(least - spread, Decimal(0))


def _divide(one: Decimal, other: Decimal) -> Decimal:
    return _CONTEXT.divide(one, other)
