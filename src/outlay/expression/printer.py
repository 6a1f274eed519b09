"""A condition's canonical text: the same tree always gives the same characters."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from outlay.expression.tree import (
    All,
    Any,
    Apply,
    Between,
    Comparison,
    Condition,
    Listed,
    Membership,
    Missing,
    Moment,
    Negation,
    Number,
    Operand,
    Pattern,
    Ref,
    Search,
    Text,
)


def text_literal(text: str) -> str:
    """A text constant as it is written in a condition."""
    return "'" + text.replace("'", "''") + "'"


def condition_text(condition: Condition) -> str:
    """Write a condition so that reading it gives the same tree."""
    match condition:
        case All(items):
            return " AND ".join(_within(item, (Any,)) for item in items)
        case Any(items):
            return " OR ".join(condition_text(item) for item in items)
        case Negation(item):
            return f"NOT {_within(item, (All, Any))}"
        case Comparison(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Membership(operand, values, negated):
            listed = ", ".join(_operand(value) for value in values)
            return f"{_operand(operand)} {_not(negated)}IN ({listed})"
        case Listed(operand, metric, label, negated):
            return f"{_operand(operand)} {_not(negated)}IN metrics.{_name(metric)}.{_name(label)}"
        case Pattern(operand, pattern, ignore_case, negated):
            like = "ILIKE" if ignore_case else "LIKE"
            return f"{_operand(operand)} {_not(negated)}{like} {text_literal(pattern)}"
        case Missing(operand, negated):
            return f"{_operand(operand)} IS {_not(negated)}NULL"
        case Between(operand, low, high, negated):
            ends = f"{_operand(low)} AND {_operand(high)}"
            return f"{_operand(operand)} {_not(negated)}BETWEEN {ends}"
        case Search(function, operand, text):
            return f"{function}({_operand(operand)}, {text_literal(text)})"


def _name(text: str) -> str:
    """The name of a metric or label: plain words may be joined by hyphens."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(-[A-Za-z0-9_]+)*", text)
    return text if plain else '"' + text.replace('"', '""') + '"'


def _within(condition: Condition, kinds: tuple[type, ...]) -> str:
    text = condition_text(condition)
    return f"({text})" if isinstance(condition, kinds) else text


def _not(negated: bool) -> str:
    return "NOT " if negated else ""


def _operand(operand: Operand) -> str:
    match operand:
        case Ref(dimension):
            return str(dimension)
        case Text(value):
            return text_literal(value)
        case Moment(value):
            return text_literal(moment_literal(value))
        case Number(value):
            return number_text(value)
        case Apply(function, argument):
            return f"{function}({_operand(argument)})"


def number_text(value: Decimal) -> str:
    """A number without needless zeros, sign of nought or exponent."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "+0", "") else text.removeprefix("+")


def moment_literal(value: date | datetime) -> str:
    """A day as YYYY-MM-DD, a moment with its time; midnight is the day."""
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat()
