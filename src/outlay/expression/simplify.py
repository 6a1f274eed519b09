"""Conditions said so that a cheaper table can answer them, with the same meaning."""

from datetime import datetime

from outlay.expression.dimensions import Dimension
from outlay.expression.tree import All, Any, Comparison, Condition, Moment, Negation, Ref

_START = Ref(Dimension("column", "ChargePeriodStart"))
_DAY = Ref(Dimension("column", "ChargeDay"))


def by_day(condition: Condition) -> Condition:
    """The condition with ChargePeriodStart replaced by ChargeDay where a whole day decides.

    A moment is at or after midnight of a day just when its day is that day or a later one, and
    before it just when its day is earlier; for the other comparisons the time of day counts.
    """
    match condition:
        case All(items):
            return All(tuple(by_day(item) for item in items))
        case Any(items):
            return Any(tuple(by_day(item) for item in items))
        case Negation(item):
            return Negation(by_day(item))
        case Comparison(">=" | "<" as operator, left, Moment(value) as right):
            if left == _START and not isinstance(value, datetime):
                return Comparison(operator, _DAY, right)
    return condition
