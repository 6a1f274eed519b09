"""Parts that add up from one amount to another as a waterfall: bars drawn as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal

WIDTH, HEIGHT = 720, 250
_TOP, _BOTTOM = Decimal(26), Decimal(42)
_CONTEXT = Context(prec=40)


@dataclass(frozen=True)
class Step:
    """One step: an amount that is reached (`whole`), or a part on the way there."""

    key: str
    name: str
    amount: Decimal
    whole: bool = False


@dataclass(frozen=True)
class Bar:
    """A step as it is drawn: `kind` whole, up, down or none. Places are those of the drawing;
    `line` is where a thin line to the next bar begins."""

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


def bars(steps: Sequence[Step]) -> tuple[Bar, ...]:
    """The bars of some steps, the first and the last of which are whole. A part that is nought is
    drawn as a line."""
    spans = _spans(steps)
    low = min(min(span) for span in spans)
    high = max(max(span) for span in spans)
    # Small parts of a large amount would be no more than lines if every bar began at nought.
    base = _base(low, high, spans)
    scale = _divide(Decimal(HEIGHT) - _TOP - _BOTTOM, (high - base) or Decimal(1))
    slot = _divide(Decimal(WIDTH), Decimal(len(steps)))
    width = slot * Decimal("0.62")
    found = []
    for place, (step, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        top, foot = max(start, end), max(min(start, end), base)
        y = _TOP + (high - top) * scale
        height = max((top - foot) * scale, Decimal("1.5"))
        x = slot * place + (slot - width) / 2
        next_x = slot * (place + 1) + (slot - width) / 2
        found.append(
            Bar(
                step.key, step.name, step.amount, _kind(step), f"{x:.1f}", f"{y:.1f}",
                f"{width:.1f}", f"{height:.1f}", f"{x + width / 2:.1f}", f"{y - 7:.1f}",
                f"{_TOP + (high - end) * scale:.1f}", f"{next_x:.1f}",
            )
        )  # fmt: skip
    return tuple(found)


def starts_above_nought(steps: Sequence[Step]) -> bool:
    """Whether the whole bars are cut at their foot, which the drawing must say."""
    spans = _spans(steps)
    low = min(min(span) for span in spans)
    return _base(low, max(max(span) for span in spans), spans) > 0


def _kind(step: Step) -> str:
    if step.whole:
        return "whole"
    return "up" if step.amount > 0 else "down" if step.amount < 0 else "none"


def _spans(steps: Sequence[Step]) -> list[tuple[Decimal, Decimal]]:
    """From where to where each bar reaches."""
    found: list[tuple[Decimal, Decimal]] = []
    level = Decimal(0)
    for step in steps:
        if step.whole:
            found.append((Decimal(0), step.amount))
            level = step.amount
        else:
            found.append((level, level + step.amount))
            level += step.amount
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
