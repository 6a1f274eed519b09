"""Which columns of a charge describe it, and of what type they are.

Amounts, quantities, prices and JSON objects do not describe a charge: a question sums or shows
them, but never groups or filters by them.
"""

from typing import Literal

from outlay.focus.schema import COLUMNS, CURRENT, Type
from outlay.focus.schema import LAKE_COLUMNS as LAKE_TYPES

TEXT_COLUMNS = tuple(name for name in CURRENT if COLUMNS[name].type is Type.STRING)
"""FOCUS columns that hold text."""

TIME_COLUMNS = tuple(name for name in CURRENT if COLUMNS[name].type is Type.TIME)
"""FOCUS columns that hold a moment (UTC)."""

DAY_COLUMNS = ("ChargeDay", "x_BillingPeriod")
"""The lake's own dates: the day of ChargePeriodStart, and the first day of the slice's month."""

SLICE_COLUMNS = ("x_SourceName", "x_BillingPeriod")
"""Columns that are one value for a whole slice."""

DESCRIPTIVE = tuple(sorted((*TEXT_COLUMNS, *TIME_COLUMNS, "ChargeDay")))
"""What a question may group and filter by, besides tags and ``x_`` columns."""

LAKE_COLUMNS = tuple(name for name in LAKE_TYPES if name not in SLICE_COLUMNS)
"""Numbers of the lake's own that lead from a charge to its origin; no dimensions."""


def column_type(name: str) -> Literal["date", "timestamp", "text"]:
    """'date', 'timestamp' or 'text': the type of a descriptive column."""
    if name in DAY_COLUMNS:
        return "date"
    return "timestamp" if name in TIME_COLUMNS else "text"
