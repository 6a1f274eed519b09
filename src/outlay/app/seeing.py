"""What people of a scope see of things that are no charges: statements and configuration.

A statement is of one value of a virtual tag. It is seen whole or not at all: by those whose scope
is nothing but a condition on that tag which names the value (`team = 'checkout'`, `team IN
('checkout', 'search')`, or several of these at once). Any other part of a scope would cut the
statement, and half of one is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import AccessDeniedError, Level, current, require
from outlay.expression import parse
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.tree import All, Comparison, Condition, Membership, Ref, Text
from outlay.money import total
from outlay.statements.sections import OF_THE_BILL

if TYPE_CHECKING:
    from outlay.resources import Kind
    from outlay.statements.documents import StatementMonth
    from outlay.statements.model import Plan


def values_seen(tag: str) -> frozenset[str] | None:
    """The values of a virtual tag whose statements who asks may see; None for every one."""
    scope = current().scope
    if not scope:
        return None
    condition = parse(scope)
    found: frozenset[str] | None = None
    for item in condition.items if isinstance(condition, All) else (condition,):
        named = _named(item, Dimension(VIRTUAL, tag))
        found = named if found is None else found & named
    return found


def _named(condition: Condition, tag: Dimension) -> frozenset[str]:
    """The values that a condition on the tag alone names; none for any other condition."""
    match condition:
        case Comparison("=", Ref(dimension), Text(value)) if dimension == tag:
            return frozenset({value})
        case Membership(Ref(dimension), values, False) if dimension == tag:
            return frozenset(one.value for one in values if isinstance(one, Text))
    return frozenset()


def is_seen(tag: str, value: str) -> bool:
    """Whether who asks may see the statements of a value."""
    seen = values_seen(tag)
    return seen is None or value in seen


def month_seen(whole: StatementMonth) -> StatementMonth:
    """A month as who asks may see it: the statements in scope, and sums of these alone. What is
    of the whole month (its digest, problems, the close's note, the journal's accounts) is left
    out."""
    seen = values_seen(whole.tag)
    if seen is None:
        return whole
    mine = tuple(one for one in whole.statements if one.value in seen)
    places = Decimal(0).scaleb(-whole.places)
    exact = (line.exact for one in mine for line in one.lines if line.section in OF_THE_BILL)
    return replace(
        whole,
        statements=mine,
        bill=total([places, *(one.base for one in mine)]),
        bill_exact=total([Decimal(0), *exact]),
        spec={name: value for name, value in whole.spec.items() if name != "journal"},
        problems=(),
        warnings=(),
        note="",
        previous="",
        digest="",
    )


def signed(author: str) -> str:
    """The name under which a thing of finance is kept: at this machine the one that was given, else
    that of who is logged in. Nobody signs for another."""
    asks = current()
    return author or asks.name if asks.via == "local" else asks.name


OF_THEIR_OWN = ("Annotation",)
"""Kinds of which people of a scope see some: by a use case that knows which, not as resources."""


def check_kind(kind: Kind) -> None:
    """Let who asks read resources of a kind: people of a scope those alone that are nobody's
    configuration, since rules and plans name others. Raises AccessDeniedError."""
    require(Level.VIEWER, f"the {kind.title.lower()}", whole=not _open_to_all(kind))


def kinds_seen(kinds: Iterable[Kind]) -> list[Kind]:
    """The kinds whose resources who asks may read."""
    return [kind for kind in kinds if current().whole or _open_to_all(kind)]


def _open_to_all(kind: Kind) -> bool:
    return kind.personal and kind.name not in OF_THEIR_OWN


def plan_seen(plan: Plan) -> Plan:
    """A plan as who asks may see it: the journal's accounts of other values are left out."""
    seen, journal = values_seen(plan.tag), plan.spec.journal
    if seen is None or journal is None:
        return plan
    mine = {value: account for value, account in journal.values.items() if value in seen}
    kept = journal.model_copy(update={"values": mine})
    return replace(plan, spec=plan.spec.model_copy(update={"journal": kept}))


def check_values(tag: str, values: Iterable[str], what: str) -> None:
    """Refuse what concerns values that who asks does not see; raises AccessDeniedError."""
    hidden = [value for value in values if not is_seen(tag, value)]
    if hidden:
        raise AccessDeniedError(
            f"{what} concerns a {tag} that {current().title} does not see. Somebody who sees the "
            "whole ledger can do it."
        )
