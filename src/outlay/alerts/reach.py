"""Whether a part of the ledger holds everything that an alert tells of.

Decided from the two conditions alone, without a question: where it cannot be seen that every
charge of the alert lies in the reader's part, the alert is not shown. A wrong no hides an alert
from somebody who might see it; a wrong yes would show amounts of others, and never comes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product

from outlay.expression import parse
from outlay.expression.dimensions import Dimension
from outlay.expression.tree import (
    All,
    Any,
    Comparison,
    Condition,
    Membership,
    Missing,
    Negation,
    Ref,
    Text,
)

Known = Mapping[Dimension, str]
_MOST_CASES = 256


@lru_cache(maxsize=4096)
def covers(scope: str, where: str) -> bool:
    """Whether all charges of `where` lie in `scope`; '' is the whole ledger for both."""
    if not scope:
        return True
    if not where:
        return False
    wanted, told = parse(scope, "scope"), parse(where, "where")
    said = frozenset(_parts(told))
    values: dict[Dimension, tuple[str, ...]] = {}
    for part in said:
        found = _fixed(part)
        if found is not None:
            values.setdefault(*found)
    cases = list(product(*values.values())) if values else [()]
    if len(cases) > _MOST_CASES:
        return False
    return all(_holds(wanted, dict(zip(values, case, strict=True)), said) for case in cases)


def _parts(condition: Condition) -> Iterator[Condition]:
    if isinstance(condition, All):
        for item in condition.items:
            yield from _parts(item)
    else:
        yield condition


def _fixed(part: Condition) -> tuple[Dimension, tuple[str, ...]] | None:
    """A dimension and the only values that it can have, where a part says so."""
    match part:
        case Comparison("=", Ref(dimension), Text(value)):
            return dimension, (value,)
        case Membership(Ref(dimension), values, False):
            texts = tuple(one.value for one in values if isinstance(one, Text))
            return (dimension, texts) if len(texts) == len(values) else None
    return None


def _holds(condition: Condition, known: Known, said: frozenset[Condition]) -> bool | None:
    """Whether a condition holds for every charge with the known values; None where that cannot be
    seen."""
    if condition in said:
        return True
    match condition:
        case All(items):
            found = [_holds(item, known, said) for item in items]
            return False if False in found else (None if None in found else True)
        case Any(items):
            found = [_holds(item, known, said) for item in items]
            return True if True in found else (None if None in found else False)
        case Negation(item):
            held = _holds(item, known, said)
            return None if held is None else not held
    return _leaf(condition, known)


def _leaf(condition: Condition, known: Known) -> bool | None:
    match condition:
        case Comparison("=", Ref(dimension), Text(value)) if dimension in known:
            return known[dimension] == value
        case Comparison("<>", Ref(dimension), Text(value)) if dimension in known:
            return known[dimension] != value
        case Membership(Ref(dimension), values, negated) if dimension in known:
            texts = {one.value for one in values if isinstance(one, Text)}
            return (known[dimension] in texts) != negated
        case Missing(Ref(dimension), negated) if dimension in known:
            return negated
    return None
