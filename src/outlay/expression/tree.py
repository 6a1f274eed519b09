"""Conditions as frozen values. Anything not listed here cannot be said."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from outlay.expression.dimensions import Dimension

Operator = Literal["=", "<>", "<", "<=", ">", ">="]
Transform = Literal["lower", "upper", "trim", "number"]
SearchKind = Literal["contains", "starts_with", "ends_with", "matches"]


@dataclass(frozen=True)
class Ref:
    """The value of a dimension; null where the charge has none."""

    dimension: Dimension


@dataclass(frozen=True)
class Text:
    """A text constant."""

    value: str


@dataclass(frozen=True)
class Moment:
    """A day, or a UTC moment (naive)."""

    value: date | datetime


@dataclass(frozen=True)
class Number:
    """A number constant, of at most 20 digits before and 18 after the point."""

    value: Decimal


@dataclass(frozen=True)
class Apply:
    """A function of a text operand: another text, or the number that it writes (null where it
    writes none)."""

    function: Transform
    argument: "Operand"


Operand = Ref | Text | Moment | Number | Apply
Constant = Text | Moment | Number


@dataclass(frozen=True)
class Comparison:
    """`left operator right`, exact and case-sensitive."""

    operator: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True)
class Membership:
    """`operand [NOT] IN (values)`."""

    operand: Operand
    values: tuple[Constant, ...]
    negated: bool = False


@dataclass(frozen=True)
class Listed:
    """`operand [NOT] IN metrics.METRIC.LABEL`: whether a text is a value of a metric's label.
    Rules of virtual tags alone can ask; `ignore_case` is the rule's."""

    operand: Operand
    metric: str
    label: str
    negated: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class Pattern:
    """`operand [NOT] LIKE pattern`, or ILIKE where case is ignored."""

    operand: Operand
    pattern: str
    ignore_case: bool = False
    negated: bool = False


@dataclass(frozen=True)
class Missing:
    """`operand IS [NOT] NULL`."""

    operand: Operand
    negated: bool = False


@dataclass(frozen=True)
class Between:
    """`operand [NOT] BETWEEN low AND high`, both ends included."""

    operand: Operand
    low: Operand
    high: Operand
    negated: bool = False


@dataclass(frozen=True)
class Search:
    """`contains(operand, text)` and its kin; `matches` finds an RE2 regular expression."""

    function: SearchKind
    operand: Operand
    text: str


@dataclass(frozen=True)
class All:
    """Every condition holds (AND)."""

    items: tuple["Condition", ...]


@dataclass(frozen=True)
class Any:
    """At least one condition holds (OR)."""

    items: tuple["Condition", ...]


@dataclass(frozen=True)
class Negation:
    """The condition does not hold (NOT); of an unknown one it is unknown too, as in SQL."""

    item: "Condition"


Condition = (
    Comparison | Membership | Listed | Pattern | Missing | Between | Search | All | Any | Negation
)


def referenced(condition: Condition) -> frozenset[Dimension]:
    """Every dimension that the condition looks at."""
    return frozenset(_dimensions(condition))


def _dimensions(node: object) -> Iterator[Dimension]:
    if isinstance(node, Dimension):
        yield node
    elif isinstance(node, tuple):
        for item in node:
            yield from _dimensions(item)
    elif hasattr(node, "__dataclass_fields__"):
        for name in node.__dataclass_fields__:
            yield from _dimensions(getattr(node, name))


def listed_in(condition: Condition | None) -> frozenset[Listed]:
    """Every question of a condition for a metric's label."""
    match condition:
        case All(items) | Any(items):
            return frozenset(found for item in items for found in listed_in(item))
        case Negation(item):
            return listed_in(item)
        case Listed():
            return frozenset((condition,))
    return frozenset()
