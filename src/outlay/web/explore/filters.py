"""The filter of a question as a list of conditions that hold together, and back.

`where` is one expression; at its top it is a list joined by AND. Chips, breadcrumbs and toggles
work on that list, so that whatever was typed stays as it is and can be removed by a click.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outlay.expression import condition_text, parse
from outlay.expression.dimensions import parse_dimension
from outlay.expression.tree import (
    All,
    Any,
    Comparison,
    Condition,
    Membership,
    Missing,
    Ref,
    Search,
    Text,
)
from outlay.query import QueryError

OPERATORS = {
    "is": "is",
    "is-not": "is not",
    "contains": "contains",
    "starts": "starts with",
    "missing": "is missing",
    "present": "is present",
}
"""The filter builder's operators: the word in the address and the word on the page."""

TEXT_OPERATORS = ("contains", "starts")
WITHOUT_CREDITS = "ChargeCategory <> 'Credit'"
WITHOUT_TAX = "ChargeCategory <> 'Tax'"


@dataclass(frozen=True)
class Fixed:
    """A dimension that a condition fixes to one value (None: missing)."""

    dimension: str
    value: str | None


def conditions(where: str) -> list[Condition]:
    """The conditions that all hold; none for an empty filter. Raises QueryError."""
    if not where.strip():
        return []
    tree = parse(where)
    return list(tree.items) if isinstance(tree, All) else [tree]


def joined(items: Iterable[Condition]) -> str:
    """The filter in which all of these hold."""
    texts = [_grouped(item) for item in dict.fromkeys(items)]
    return " AND ".join(texts)


def _grouped(item: Condition) -> str:
    text = condition_text(item)
    return f"({text})" if isinstance(item, Any) else text


def without(where: str, index: int) -> str:
    """The filter less its condition number `index`."""
    items = conditions(where)
    return joined(items[:index] + items[index + 1 :])


def toggled(where: str, condition: str) -> str:
    """The filter with a condition added, or removed if it is there."""
    items, wanted = conditions(where), conditions(condition)
    if all(item in items for item in wanted):
        return joined(item for item in items if item not in wanted)
    return joined([*items, *wanted])


def holds(where: str, condition: str) -> bool:
    """Whether the filter has this condition at its top."""
    items = conditions(where)
    return all(item in items for item in conditions(condition))


def equal(dimension: str, value: object) -> str:
    """The condition that a dimension has a value (None: has none)."""
    return build(dimension, "missing" if value is None else "is", [str(value)])


def fixed(item: Condition) -> Fixed | None:
    """The dimension and value that a condition fixes, if it does just that."""
    match item:
        case Comparison("=", Ref(dimension), Text(value)):
            return Fixed(str(dimension), value)
        case Membership(Ref(dimension), (Text(value),), False):
            return Fixed(str(dimension), value)
        case Missing(Ref(dimension), False):
            return Fixed(str(dimension), None)
        case _:
            return None


def build(dimension: str, operator: str, values: Sequence[str], missing: bool = False) -> str:
    """The text of one condition of the filter builder; raises QueryError.

    `missing` adds charges that have no value to the chosen ones. *Is not* keeps charges without
    a value unless they are chosen too, so that *is* and *is not* make up the whole.
    """
    ref = Ref(parse_dimension(dimension, "dimension"))
    if operator in ("missing", "present"):
        return condition_text(Missing(ref, operator == "present"))
    if operator in TEXT_OPERATORS:
        if not values:
            raise QueryError("write the text to look for", field="value")
        return condition_text(
            Search("contains" if operator == "contains" else "starts_with", ref, values[-1])
        )
    if operator not in ("is", "is-not"):
        raise QueryError(
            f"{operator!r} is not an operator", field="operator", allowed=tuple(OPERATORS)
        )
    if not values and not missing:
        raise QueryError("choose at least one value", field="value")
    condition = _chosen(ref, values, missing, negated=operator == "is-not")
    # Read again: days among the values become days.
    return condition_text(parse(condition_text(condition)))


def _chosen(ref: Ref, values: Sequence[str], missing: bool, negated: bool) -> Condition:
    if not values:
        return Missing(ref, negated)
    texts = tuple(Text(value) for value in values)
    chosen: Condition = (
        Comparison("<>" if negated else "=", ref, texts[0])
        if len(texts) == 1
        else Membership(ref, texts, negated)
    )
    # A missing value is neither equal nor unequal to anything, as in SQL.
    return Any((chosen, Missing(ref))) if missing != negated else chosen
