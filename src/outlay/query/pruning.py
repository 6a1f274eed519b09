"""Slices that no charge of a question can be in: their files need not be read at all."""

from datetime import datetime

from outlay.expression.dimensions import Dimension
from outlay.expression.tree import (
    All,
    Comparison,
    Condition,
    Membership,
    Moment,
    Operand,
    Ref,
    Text,
)
from outlay.lake.types import Slice

_SOURCE = Dimension("column", "x_SourceName")
_PERIOD = Dimension("column", "x_BillingPeriod")


def may_hold(condition: Condition | None, slice_: Slice) -> bool:
    """False when the condition names the source or the billing period that charges must be of
    (alone, or joined by AND), and it is not the slice's; True in every other case."""
    if isinstance(condition, All):
        return all(may_hold(item, slice_) for item in condition.items)
    if isinstance(condition, Comparison) and condition.operator == "=":
        operand = condition.left
        values: tuple[Operand, ...] = (condition.right,)
        if not isinstance(operand, Ref):
            operand, values = condition.right, (condition.left,)
    elif isinstance(condition, Membership) and not condition.negated:
        operand, values = condition.operand, condition.values
    else:
        return True
    if not isinstance(operand, Ref) or operand.dimension not in (_SOURCE, _PERIOD):
        return True
    own = slice_.source if operand.dimension == _SOURCE else str(slice_.billing_period.start)
    said = [_text(value) for value in values]
    return None in said or own in said


def _text(value: object) -> str | None:
    """A constant as a source's name or an ISO day; None for anything else."""
    if isinstance(value, Text):
        return value.value
    if isinstance(value, Moment) and not isinstance(value.value, datetime):
        return value.value.isoformat()
    return None
