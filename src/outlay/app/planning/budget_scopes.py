"""Which budgets who asks may see: those whose scope lies within theirs.

A budget is seen whole or not at all. Its scope lies within a reader's when each part of the
reader's condition is also a part of the budget's, or leaves more of the same dimension: who sees
``team = 'checkout'`` sees the budget of ``team = 'checkout' AND ServiceName = 'X'``. What cannot
be told from the conditions themselves counts as outside.
"""

from __future__ import annotations

from collections.abc import Iterable

from outlay.access import AccessDeniedError, current
from outlay.expression import parse
from outlay.expression.dimensions import Dimension
from outlay.expression.tree import All, Comparison, Condition, Membership, Ref, Text


def lies_within(scope: str, wider: str) -> bool:
    """Whether charges of one condition are surely charges of another; '' is every charge."""
    if not wider:
        return True
    if not scope:
        return False
    mine = _items(parse(scope))
    return all(_holds(part, mine) for part in _items(parse(wider)))


def is_seen(scope: str) -> bool:
    """Whether who asks may see what is told of a scope."""
    return lies_within(scope, current().scope)


def check_seen(scopes: Iterable[str], what: str) -> None:
    """Refuse what is told of scopes that who asks does not see; raises AccessDeniedError."""
    if not all(is_seen(scope) for scope in scopes):
        raise AccessDeniedError(
            f"{what} is of charges that {current().title} does not see. An administrator can "
            "change the role on the Access page."
        )


def _items(condition: Condition) -> tuple[Condition, ...]:
    if isinstance(condition, All):
        return tuple(part for item in condition.items for part in _items(item))
    return (condition,)


def _holds(part: Condition, mine: Iterable[Condition]) -> bool:
    wide = _named(part)
    for item in mine:
        if item == part:
            return True
        narrow = _named(item)
        if wide and narrow and wide[0] == narrow[0] and narrow[1] <= wide[1]:
            return True
    return False


def _named(condition: Condition) -> tuple[Dimension, frozenset[str]] | None:
    """The dimension and the texts that a condition names; None for any other condition."""
    match condition:
        case Comparison("=", Ref(dimension), Text(value)):
            return dimension, frozenset({value})
        case Membership(Ref(dimension), values, False):
            texts = frozenset(one.value for one in values if isinstance(one, Text))
            return (dimension, texts) if len(texts) == len(values) else None
    return None
