"""Known events: what people know about days to come that no history tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class KnownEvent:
    """From `day` (inclusive) to `until` (exclusive; None: for good) each day is `factor` times
    what it would be, and `amount` more (currency per day; it may be negative). `series` are the
    rows that it is about (None: all of them, which only a factor can be). `name` is for people.

    An event may lie in the past, in whole or in part: its days are then read without it, so that
    what is over is not carried on, and what goes on is counted once.

    Raises ValueError for an empty range, a factor that is not above zero where days of the past
    would be divided by it, or an amount for all series."""

    day: date
    factor: float = 1.0
    amount: float = 0.0
    until: date | None = None
    series: Sequence[int] | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.day:
            raise ValueError(
                f"the known event {self.name!r} ends on {self.until}, which is not after its first "
                f"day {self.day}; its end is exclusive"
            )
        if self.factor < 0:
            raise ValueError(
                f"the known event {self.name!r} has the factor {self.factor}; give 0 or more, e.g. "
                "1.2 for 20 % more"
            )
        if self.amount and self.series is None:
            raise ValueError(
                f"the known event {self.name!r} adds an amount, and does not say to which series"
            )

    def place(self, start: date, count: int) -> slice:
        """Which of `count` days from `start` on it covers."""
        first = min(max((self.day - start).days, 0), count)
        last = count if self.until is None else min(max((self.until - start).days, 0), count)
        return slice(first, last)


def undone(
    values: NDArray[np.float64], start: date, events: Sequence[KnownEvent]
) -> NDArray[np.float64]:
    """History [series, days] as it would have been without the events. Days that a factor of 0
    silenced are unknown (NaN)."""
    import numpy as np

    if not any(_touches(event, start, values.shape[1]) for event in events):
        return values
    plain = values.copy()
    for event in reversed(events):
        where = event.place(start, values.shape[1])
        for row in range(len(plain)) if event.series is None else event.series:
            part = plain[row, where] - event.amount
            plain[row, where] = part / event.factor if event.factor > 0 else np.nan
    return plain


def applied(
    values: NDArray[np.float64],
    start: date,
    events: Sequence[KnownEvent],
    *,
    amounts: bool = True,
) -> NDArray[np.float64]:
    """Days to come [..., series, days] with the events; residuals take no `amounts`."""
    if not any(_touches(event, start, values.shape[-1]) for event in events):
        return values
    changed = values.copy()
    for event in events:
        where = event.place(start, values.shape[-1])
        rows = slice(None) if event.series is None else list(event.series)
        changed[..., rows, where] *= event.factor
        if amounts:
            changed[..., rows, where] += event.amount
    return changed


def _touches(event: KnownEvent, start: date, count: int) -> bool:
    where = event.place(start, count)
    return bool(where.stop > where.start)
