"""A condition as rows in nested groups, and back to the one text that both ways of writing share.

Rows are what a form holds: texts, whole or not. What rows cannot say (a column against a column,
a function of a text) stays a text.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outlay.expression import condition_text, parse, text_literal
from outlay.expression.dimensions import parse_dimension
from outlay.expression.errors import QueryError
from outlay.expression.printer import moment_literal, number_text
from outlay.expression.tree import (
    All,
    Apply,
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
from outlay.expression.tree import Any as AnyOf
from outlay.expression.values import is_time

OPERATORS = {
    "is": "is",
    "is-not": "is not",
    "in": "is one of",
    "not-in": "is none of",
    "contains": "contains",
    "not-contains": "does not contain",
    "starts": "starts with",
    "ends": "ends with",
    "like": "is like (% _)",
    "not-like": "is not like (% _)",
    "matches": "matches (regular expression)",
    "not-matches": "does not match",
    "missing": "is missing",
    "present": "is there",
    "lt": "< (number or day)",
    "le": "≤ (number or day)",
    "gt": "> (number or day)",
    "ge": "≥ (number or day)",
}
"""Operator of a row → its words."""

WITHOUT_VALUE = ("missing", "present")
JOINS = {
    "all": "all of these hold",
    "any": "any of these holds",
    "none": "none of these holds",
    "not-all": "not all of these hold",
}
"""How a group joins its items → its words."""

DEEPEST = 8
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_SEARCHES = {
    "contains": "contains",
    "starts": "starts_with",
    "ends": "ends_with",
    "matches": "matches",
}
_COMPARED = {sign: key for key, sign in _COMPARISONS.items()}
_SEARCHED = {function: key for key, function in _SEARCHES.items()}


@dataclass(frozen=True)
class Row:
    """One comparison as it is written in the form. `value` lists several with commas, as CSV."""

    column: str = ""
    operator: str = "is"
    value: str = ""


@dataclass(frozen=True)
class Group:
    """Rows and groups that hold together as `join` says."""

    join: str = "all"
    items: tuple[Row | Group, ...] = ()


Path = tuple[int, ...]
"""Where something stands in a group: the place in it, the place in that, …"""


class RowError(Exception):
    """A row cannot be read; `path` says which."""

    def __init__(self, path: Path, message: str) -> None:
        self.path = path
        super().__init__(message)


# --- rows to text -------------------------------------------------------------------------


def text_of(group: Group) -> str:
    """The condition that the rows say; '' where there is none. RowError for a row that is not
    whole."""
    text = _group_text(group, ())
    return condition_text(parse(text, "when")) if text else ""


def _group_text(group: Group, path: Path) -> str:
    texts = []
    for at, item in enumerate(group.items):
        here = (*path, at)
        text = _group_text(item, here) if isinstance(item, Group) else _row_text(item, here)
        if text:
            texts.append(f"({text})")
    joined = (" AND " if group.join in ("all", "not-all") else " OR ").join(texts)
    return f"NOT ({joined})" if joined and group.join in ("none", "not-all") else joined


def _row_text(row: Row, path: Path) -> str:
    if not row.column.strip() and not row.value.strip():
        raise RowError(path, "choose a column (without any row the rule always holds)")
    try:
        column = str(parse_dimension(row.column, "column"))
        text = _comparison(row, column)
        parse(text, "when")
    except QueryError as error:
        raise RowError(path, error.what + (f". {error.hint}" if error.hint else "")) from None
    return text


def _comparison(row: Row, column: str) -> str:
    operator, value = row.operator, row.value
    if operator not in OPERATORS:
        raise QueryError(f"{operator!r} is not an operator", allowed=tuple(OPERATORS))
    if operator in WITHOUT_VALUE:
        return f"{column} IS {'NOT ' if operator == 'present' else ''}NULL"
    if not value.strip():
        raise QueryError("write a value")
    positive, negated = operator.removeprefix("not-"), operator.startswith("not-")
    sign = "NOT " if negated else ""
    if positive == "in":
        listed = ", ".join(text_literal(item) for item in listed_values(value))
        return f"{column} {sign}IN ({listed})"
    if positive in _SEARCHES:
        return f"{sign}{_SEARCHES[positive]}({column}, {text_literal(value)})"
    if positive == "like":
        return f"{column} {sign}LIKE {text_literal(value)}"
    if operator in _COMPARISONS:
        if is_time(Ref(parse_dimension(column))):
            return f"{column} {_COMPARISONS[operator]} {text_literal(value.strip())}"
        return f"number({column}) {_COMPARISONS[operator]} {value.strip()}"
    return f"{column} {'=' if operator == 'is' else '<>'} {text_literal(value)}"


def listed_values(text: str) -> list[str]:
    """The values of a list with commas; one that has a comma stands in double quotes."""
    rows = csv.reader(io.StringIO(text), skipinitialspace=True)
    return [cell.strip() for row in rows for cell in row if cell.strip()]


# --- text to rows -------------------------------------------------------------------------


def group_of(text: str) -> Group | None:
    """The rows of a condition; None where it cannot be read or rows cannot say it."""
    if not text.strip():
        return Group()
    try:
        found = _node(parse(text, "when"), 0)
    except QueryError:
        return None
    return found if found is None or isinstance(found, Group) else Group("all", (found,))


def _node(condition: Condition, depth: int) -> Row | Group | None:
    match condition:
        case All(items):
            return _group("all", items, depth)
        case AnyOf(items):
            return _group("any", items, depth)
        case Negation(All(items)):
            return _group("not-all", items, depth)
        case Negation(AnyOf(items)):
            return _group("none", items, depth)
        case Negation(Search(("contains" | "matches") as function, Ref(dimension), text)):
            return Row(str(dimension), f"not-{_SEARCHED[function]}", text)
        case _:
            return _row(condition)


def _group(join: str, items: Sequence[Condition], depth: int) -> Group | None:
    if depth >= DEEPEST:
        return None
    found = [_node(item, depth + 1) for item in items]
    return None if None in found else Group(join, tuple(item for item in found if item))


def _row(condition: Condition) -> Row | None:
    match condition:
        case Comparison(("=" | "<>") as sign, Ref(dimension), Text() | Moment() as value):
            return Row(str(dimension), "is" if sign == "=" else "is-not", _constant(value))
        case Comparison(sign, Ref(dimension), Moment() as value) if sign in _COMPARED:
            return Row(str(dimension), _COMPARED[sign], _constant(value))
        case Comparison(sign, Apply("number", Ref(dimension)), Number(value)) if sign in _COMPARED:
            return Row(str(dimension), _COMPARED[sign], number_text(value))
        case Membership(Ref(dimension), values, negated) if not any(
            isinstance(value, Number) for value in values
        ):
            listed = _listed([_constant(value) for value in values])
            return None if listed is None else Row(str(dimension), _sign("in", negated), listed)
        case Pattern(Ref(dimension), pattern, False, negated):
            return Row(str(dimension), _sign("like", negated), pattern)
        case Missing(Ref(dimension), negated):
            return Row(str(dimension), "present" if negated else "missing")
        case Search(function, Ref(dimension), text):
            return Row(str(dimension), _SEARCHED[function], text)
        case _:
            return None


def _sign(operator: str, negated: bool) -> str:
    return f"not-{operator}" if negated else operator


def _constant(value: object) -> str:
    if isinstance(value, Moment):
        return moment_literal(value.value)
    assert isinstance(value, Text)
    return value.value


def _listed(values: list[str]) -> str | None:
    """The values as one CSV line; None where reading it again would give others."""
    text = ", ".join(map(_cell, values))
    return text if listed_values(text) == values else None


def _cell(value: str) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([value])
    return out.getvalue()


# --- changing rows ------------------------------------------------------------------------


def at(group: Group, path: Path) -> Row | Group:
    """What stands at a path; IndexError where there is nothing."""
    found: Row | Group = group
    for place in path:
        if not isinstance(found, Group):
            raise IndexError(path)
        found = found.items[place]
    return found


def changed(group: Group, path: Path, new: Sequence[Row | Group]) -> Group:
    """The group with what stands at a path replaced by others (none: it is removed)."""
    place, rest = path[0], path[1:]
    items = list(group.items)
    if rest:
        inner = items[place]
        if not isinstance(inner, Group):
            raise IndexError(path)
        items[place] = changed(inner, rest, new)
    else:
        items[place : place + 1] = new
    return replace(group, items=tuple(items))


def added(group: Group, path: Path, item: Row | Group) -> Group:
    """The group with an item added to the end of the group at a path."""
    if not path:
        return replace(group, items=(*group.items, item))
    inner = at(group, path)
    if not isinstance(inner, Group):
        raise IndexError(path)
    return changed(group, path, [replace(inner, items=(*inner.items, item))])


def paths(group: Group, above: Path = ()) -> Iterator[Path]:
    """The paths of all rows of a group."""
    for place, item in enumerate(group.items):
        here = (*above, place)
        if isinstance(item, Group):
            yield from paths(item, here)
        else:
            yield here


# --- as data ------------------------------------------------------------------------------


def group_data(group: Group) -> dict[str, Any]:
    """A group as plain data."""
    return {
        "join": group.join,
        "items": [
            group_data(item)
            if isinstance(item, Group)
            else {"column": item.column, "operator": item.operator, "value": item.value}
            for item in group.items
        ],
    }


def read_group(data: Any, depth: int = 0) -> Group:
    """A group from plain data or a form; what makes no sense in it is left out."""
    if not isinstance(data, Mapping) or depth > DEEPEST:
        return Group()
    join = str(data.get("join", "all"))
    found: list[Row | Group] = []
    items = data.get("items", ())
    for item in items if isinstance(items, list | tuple) else ():
        if isinstance(item, Mapping) and "join" in item:
            found.append(read_group(item, depth + 1))
        elif isinstance(item, Mapping):
            operator = str(item.get("operator", "is"))
            found.append(
                Row(
                    str(item.get("column", "")).strip(),
                    operator if operator in OPERATORS else "is",
                    str(item.get("value", "")),
                )
            )
    return Group(join if join in JOINS else "all", tuple(found))
