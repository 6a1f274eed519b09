"""Conditions of rules: read once, told apart by case, and the days on which they change."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from outlay.allocation.model import TagRule
from outlay.expression import parse
from outlay.expression.dimensions import CHARGE_DAY
from outlay.expression.errors import QueryError
from outlay.expression.tree import (
    All,
    Any,
    Apply,
    Between,
    Comparison,
    Condition,
    Constant,
    Listed,
    Membership,
    Missing,
    Moment,
    Negation,
    Operand,
    Pattern,
    Ref,
    Search,
    Text,
)
from outlay.expression.values import is_text, lower_text


def rule_condition(rule: TagRule) -> Condition | None:
    """The condition of a rule (None: always), its texts in lower case where it ignores case."""
    return condition_of(rule.when, rule.ignore_case)


def condition_of(when: str, ignore_case: bool) -> Condition | None:
    """A rule's condition from its text (empty: None, always)."""
    return _condition(when, ignore_case) if when else None


@lru_cache(maxsize=8192)
def _condition(text: str, ignore_case: bool) -> Condition:
    condition = parse(text, "when")
    return caseless(condition) if ignore_case else condition


def caseless(condition: Condition) -> Condition:
    """The same condition, with texts compared without regard to case."""
    match condition:
        case All(items) | Any(items):
            return replace(condition, items=tuple(map(caseless, items)))
        case Negation(item):
            return Negation(caseless(item))
        case Comparison(operator, left, right):
            return Comparison(operator, _lower(left), _lower(right))
        case Membership(operand, values, negated):
            lowered = tuple(_lower_constant(value) for value in values)
            return Membership(_lower(operand), lowered, negated)
        case Listed():
            return replace(condition, ignore_case=True)
        case Between(operand, low, high, negated):
            return Between(_lower(operand), _lower(low), _lower(high), negated)
        case Pattern():
            return replace(condition, ignore_case=True)
        case Search("matches", operand, text):
            return Search("matches", operand, f"(?i){text}")
        case Search(function, operand, text):
            return Search(function, _lower(operand), lower_text(text))
        case Missing():
            return condition


def _lower(operand: Operand) -> Operand:
    if isinstance(operand, Constant):
        return _lower_constant(operand)
    return Apply("lower", operand) if is_text(operand) else operand


def _lower_constant(value: Constant) -> Constant:
    return Text(lower_text(value.value)) if isinstance(value, Text) else value


def conditions_days(condition: Condition | None) -> set[date]:
    """The days from which a condition may hold otherwise than on the day before.

    Between two of them any day stands for all: a condition compares the charge day with
    constants only.
    """
    found: set[date] = set()
    for moment in _compared(condition):
        day = moment.value.date() if isinstance(moment.value, datetime) else moment.value
        found |= {day, day + timedelta(days=1)}
    return found


def check_days(condition: Condition | None, field: str, text: str) -> None:
    """Raise QueryError where the charge day is compared with anything but constants: between the
    days on which rules change, any day must stand for all."""
    if not _compares_day(condition):
        return
    position = text.find(CHARGE_DAY.name)
    raise QueryError(
        "ChargeDay is compared with constant days only",
        field=field,
        text=text,
        position=position if position >= 0 else None,
        length=len(CHARGE_DAY.name),
        allowed=("'YYYY-MM-DD'",),
    )


def _compares_day(condition: Condition | None) -> bool:
    match condition:
        case All(items) | Any(items):
            return any(map(_compares_day, items))
        case Negation(item):
            return _compares_day(item)
        case Comparison(_, left, right):
            return _otherwise(left, (right,)) or _otherwise(right, (left,))
        case Membership(operand, values):
            return _otherwise(operand, values)
        case Between(operand, low, high):
            ends = (low, high)
            return _otherwise(operand, ends) or any(_otherwise(e, (operand,)) for e in ends)
    return False


def _otherwise(operand: Operand, others: Iterable[Operand]) -> bool:
    return operand == Ref(CHARGE_DAY) and not all(isinstance(o, Moment) for o in others)


def _compared(condition: Condition | None) -> Iterator[Moment]:
    match condition:
        case All(items) | Any(items):
            for item in items:
                yield from _compared(item)
        case Negation(item):
            yield from _compared(item)
        case Comparison(_, left, right):
            yield from _beside_day(left, (right,))
            yield from _beside_day(right, (left,))
        case Membership(operand, values):
            yield from _beside_day(operand, values)
        case Between(operand, low, high):
            yield from _beside_day(operand, (low, high))


def _beside_day(operand: Operand, values: tuple[Operand, ...]) -> Iterator[Moment]:
    if operand == Ref(CHARGE_DAY):
        yield from (value for value in values if isinstance(value, Moment))
