"""An event's money, exactly: floats decide what is an event, Decimals say what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from outlay.anomalies.model import Candidate
from outlay.money import total

CENT = Decimal("0.01")


@dataclass(frozen=True)
class EventMoney:
    """Money of an event in its series' currency: `days` are (actual, expected) per day."""

    actual: Decimal
    expected: Decimal
    impact: Decimal
    days: tuple[tuple[Decimal, Decimal], ...]


def money(candidate: Candidate, actuals: Sequence[Decimal], step: Decimal = CENT) -> EventMoney:
    """The event's money. `actuals` are the exact amounts of its days (as many as
    `candidate.days`); the expected amount of each day is rounded once to `step` (half even), and
    everything else is exact sums over the flagged days: impact = actual − expected. Raises
    ValueError where days are missing."""
    if len(actuals) != len(candidate.days):
        raise ValueError(
            f"the event has {len(candidate.days)} days, but {len(actuals)} amounts were given"
        )
    told = [day.flagged for day in candidate.days]
    expected = [
        Decimal(repr(float(day.expected))).quantize(step, ROUND_HALF_EVEN) for day in candidate.days
    ]
    came = total(amount for amount, part in zip(actuals, told, strict=True) if part)
    was = total(amount for amount, part in zip(expected, told, strict=True) if part)
    return EventMoney(
        came, was, total((came, was.copy_negate())), tuple(zip(actuals, expected, strict=True))
    )
