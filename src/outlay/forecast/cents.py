"""From floats to cents, once: from here on parts add up to totals exactly."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def cents(values: NDArray[np.float64], digits: int = 2) -> NDArray[np.int64]:
    """Whole minor units [..., days] of amounts [..., days].

    What rounding leaves on one day is carried to the next, so that the sum of any run of days is
    within one minor unit of the sum of its floats; rounding each day by itself would make a
    service of 0.004 a day cost nothing for ever. Raises ValueError for NaN or infinity, and for
    sums that 64 bits do not hold."""
    import numpy as np

    if not np.isfinite(values).all():
        raise ValueError("an amount that is not a number cannot be written in cents")
    rounded = np.rint(np.cumsum(values, axis=-1) * 10.0**digits)
    if rounded.size and np.abs(rounded).max() >= 2.0**62:
        raise ValueError("amounts are too large to be written in cents")
    running = rounded.astype(np.int64)
    return np.diff(running, axis=-1, prepend=0)


def exact(values: NDArray[np.float64], digits: int = 2) -> list[list[Decimal]]:
    """Amounts [series, days] as Decimals of the currency's minor unit (`digits` decimals: 2 for
    USD, 0 for JPY), by `cents`."""
    return [
        [Decimal(unit).scaleb(-digits) for unit in row] for row in cents(values, digits).tolist()
    ]
