"""The same questions answered the slow way, in plain Python over every charge.

Nothing here uses the product's planner, compiler or SQL: it is what they are compared with.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.expression.dimensions import Dimension, parse_dimension
from outlay.expression.tree import (
    All,
    Apply,
    Between,
    Comparison,
    Condition,
    Membership,
    Missing,
    Moment,
    Negation,
    Number,
    Pattern,
    Ref,
    Search,
    Text,
)
from outlay.expression.tree import (
    Any as AnyOf,
)
from outlay.money import total

Row = Mapping[str, Any]


def value_of(dimension: Dimension, charge: Row) -> Any:
    if dimension.kind == "tag":
        return charge["Tags"].get(dimension.name)
    if dimension.name == "ChargeDay":
        return charge["ChargePeriodStart"].date()
    return charge.get(dimension.name)


def holds(condition: Condition, charge: Row) -> bool | None:
    """SQL's three-valued truth of a condition."""
    match condition:
        case All(items):
            found = [holds(item, charge) for item in items]
            return False if False in found else None if None in found else True
        case AnyOf(items):
            found = [holds(item, charge) for item in items]
            return True if True in found else None if None in found else False
        case Negation(item):
            return _not(holds(item, charge), True)
        case Missing(operand, negated):
            return (_operand(operand, charge) is None) is not negated
        case Comparison(operator, left, right):
            return _compare(operator, _operand(left, charge), _operand(right, charge))
        case Membership(operand, values, negated):
            value = _operand(operand, charge)
            options = [_operand(option, charge) for option in values]
            return _not(None if value is None else value in options, negated)
        case Between(operand, low, high, negated):
            value = _operand(operand, charge)
            ends = _operand(low, charge), _operand(high, charge)
            inside = [_compare(">=", value, ends[0]), _compare("<=", value, ends[1])]
            both = False if False in inside else None if None in inside else True
            return _not(both, negated)
        case Pattern(operand, pattern, ignore_case, negated):
            value = _operand(operand, charge)
            if value is None:
                return None
            parts = (".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern)
            flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
            return _not(re.fullmatch("".join(parts), value, flags) is not None, negated)
        case Search(function, operand, text):
            value = _operand(operand, charge)
            if value is None:
                return None
            return {
                "contains": lambda: text in value,
                "starts_with": lambda: value.startswith(text),
                "ends_with": lambda: value.endswith(text),
                "matches": lambda: re.search(text, value) is not None,
            }[function]()


def _not(truth: bool | None, negated: bool) -> bool | None:
    return truth if truth is None or not negated else not truth


def _compare(operator: str, left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None
    if isinstance(left, datetime) != isinstance(right, datetime):
        left, right = (
            v if isinstance(v, datetime) else datetime(v.year, v.month, v.day)
            for v in (left, right)
        )
    # SQL orders texts by their bytes.
    if isinstance(left, str):
        left, right = left.encode(), right.encode()
    return {
        "=": left == right,
        "<>": left != right,
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[operator]


def _operand(operand: Any, charge: Row) -> Any:
    match operand:
        case Ref(dimension):
            return value_of(dimension, charge)
        case Text(value) | Moment(value) | Number(value):
            return value
        case Apply("number", argument):
            return number(_operand(argument, charge))
        case Apply(function, argument):
            text = _operand(argument, charge)
            if text is None:
                return None
            return {"lower": text.lower(), "upper": text.upper(), "trim": text.strip(" ")}[function]


def number(text: str | None) -> Decimal | None:
    """The number that a text writes; None where it writes none that fits exactly."""
    if text is None or not re.fullmatch(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", text.strip(" ")):
        return None
    whole, _, fraction = text.strip(" ").lstrip("+-").partition(".")
    fits = len(whole.lstrip("0")) <= 20 and len(fraction.rstrip("0")) <= 18
    return Decimal(text.strip(" ")) if fits else None


def period_of(moment: datetime, grain: str) -> date | datetime | None:
    day = moment.date()
    match grain:
        case "none":
            return None
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.isoweekday() - 1)
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, {1: 1, 2: 4, 3: 7, 4: 10}[(day.month + 2) // 3], 1)
        case _:
            return date(day.year, 1, 1)


PLAIN = ("EffectiveCost", "BilledCost", "ListCost", "ContractedCost")


def measure_of(name: str, charge: Row) -> Decimal:
    cost = {column: charge[column] for column in PLAIN}
    status = charge["CommitmentDiscountStatus"]
    match name:
        case "LineCount":
            return Decimal(1)
        case "ConsumedQuantity":
            return Decimal(charge["ConsumedQuantity"] or 0)
        case "CostBeforeCredits":
            return cost["EffectiveCost"] if charge["ChargeCategory"] != "Credit" else Decimal(0)
        case "Credits":
            return cost["EffectiveCost"] if charge["ChargeCategory"] == "Credit" else Decimal(0)
        case "NegotiatedSaving":
            return total((cost["ListCost"], cost["ContractedCost"].copy_negate()))
        case "CommitmentSaving":
            if status == "Used":
                return total((cost["ContractedCost"], cost["EffectiveCost"].copy_negate()))
            return cost["EffectiveCost"].copy_negate() if status == "Unused" else Decimal(0)
        case _:
            return cost[name]


def answer(
    charges: Iterable[Row],
    *,
    by: tuple[str, ...],
    grain: str,
    days: tuple[date | None, date | None],
    condition: Condition | None,
    measure: str,
) -> dict[tuple[Any, ...], Decimal]:
    """(period, currency, values…) → sum."""
    sums: dict[tuple[Any, ...], Decimal] = {}
    for charge in charges:
        day = charge["ChargePeriodStart"].date()
        if (days[0] and day < days[0]) or (days[1] and day >= days[1]):
            continue
        if condition is not None and holds(condition, charge) is not True:
            continue
        values = tuple(value_of(parse_dimension(name), charge) for name in by)
        key = (period_of(charge["ChargePeriodStart"], grain), charge["BillingCurrency"], *values)
        sums[key] = total((sums.get(key, Decimal(0)), measure_of(measure, charge)))
    return sums
