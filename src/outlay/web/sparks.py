"""Sparklines with gaps: what is not known is not drawn, and never drawn as zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_HEIGHT = Decimal(18)


@dataclass(frozen=True)
class Spark:
    """A line in a box of 100 × 20: `lines` are the points of each unbroken part, `dots` the parts
    of a single point (x, y)."""

    lines: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]


def spark(values: Sequence[Decimal | None]) -> Spark | None:
    """The line of values in order; None where there are less than two."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    span = high - low
    step = Decimal(100) / (len(values) - 1)
    lines: list[str] = []
    dots: list[tuple[str, str]] = []
    part: list[tuple[str, str]] = []

    def close() -> None:
        if len(part) == 1:
            dots.append(part[0])
        elif part:
            lines.append(" ".join(f"{x},{y}" for x, y in part))
        part.clear()

    for index, value in enumerate(values):
        if value is None:
            close()
            continue
        height = (value - low) / span if span else Decimal("0.5")
        part.append((f"{step * index:.1f}", f"{_HEIGHT + 1 - _HEIGHT * height:.1f}"))
    close()
    return Spark(tuple(lines), tuple(dots))
