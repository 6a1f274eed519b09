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
    everything else is exact sums of these: impact = actual − expected. On a day with a charge of
    the month the expected is the actual amount. Raises ValueError where days are missing."""
    if len(actuals) != len(candidate.days):
        raise ValueError(
            f"the event has {len(candidate.days)} days, but {len(actuals)} amounts were given"
        )
    expected = [
        amount
        if day.left_out
        else Decimal(repr(float(day.expected))).quantize(step, ROUND_HALF_EVEN)
        for day, amount in zip(candidate.days, actuals, strict=True)
    ]
    came, was = total(actuals), total(expected)
    return EventMoney(
        came, was, total((came, was.copy_negate())), tuple(zip(actuals, expected, strict=True))
    )
