"""The part of the ledger that who asks may see: one more condition on every question.

`outlay.query.run.prepare` joins it to the question's own condition after that was read, so that an
error points at what was written and the question that an answer echoes is the one that was asked.
Whatever stands on `prepare` keeps to it; what reads facts without it refuses people of a scope
(`outlay.access.whole_only`).

A scope goes by the rules of now. Under rules of another moment its virtual tags might say something
else, so that such a question is answered only where they are the same in both.
"""

from collections.abc import Sequence
from dataclasses import replace

from outlay.access import AccessDeniedError, current
from outlay.allocation.rules import Ruleset
from outlay.expression import Condition, parse, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError
from outlay.expression.simplify import by_day
from outlay.expression.tree import All
from outlay.lake.facts import SliceFacts, check_known
from outlay.query.planner import Asked


def scope() -> str:
    """The condition on what who asks may see, in canonical form; '' for the whole ledger. Part of
    the key of every answer that is kept."""
    return current().scope


def scoped(asked: Asked, facts: Sequence[SliceFacts], rules: Ruleset) -> Asked:
    """The question over the charges that who asks may see.

    Raises AccessDeniedError where the scope cannot be told: it names what is not there, or what
    the asked rules of another moment tell differently. Nothing is shown then.
    """
    text = scope()
    if not text:
        return asked
    try:
        condition = by_day(parse(text))
    except QueryError as error:
        raise _lost(error.what) from None
    names = sorted(referenced(condition))
    _check_names(names, facts, rules, text)
    _check_moment(names, rules)
    return replace(asked, condition=joined(asked.condition, condition))


def joined(*conditions: Condition | None) -> Condition | None:
    """Conditions joined by AND, on one level, each part once."""
    found: dict[Condition, None] = {}
    for condition in conditions:
        if condition is not None:
            items = condition.items if isinstance(condition, All) else (condition,)
            found.update(dict.fromkeys(items))
    items = tuple(found)
    if not items:
        return None
    return items[0] if len(items) == 1 else All(items)


def without_names(error: QueryError) -> QueryError:
    """An error as people of a scope see it: names that the lake would propose may be of charges
    that they do not see."""
    if not scope():
        return error
    # A new one: the text of an error is made with it.
    return QueryError(
        error.what, field=error.field, text=error.text, position=error.position,
        length=error.length,
        hint=f"No charge that {current().title} sees has it: see what there is to group by.",
    )  # fmt: skip


def _check_names(
    names: Sequence[Dimension], facts: Sequence[SliceFacts], rules: Ruleset, text: str
) -> None:
    for name in names:
        if name.kind == VIRTUAL and name.name not in rules.tags:
            raise _lost(f"there is no virtual tag {name.name!r}")
    try:
        check_known(facts, names, "scope", text)
    except QueryError as error:
        raise _lost(error.what) from None


def _check_moment(names: Sequence[Dimension], rules: Ruleset) -> None:
    """Refuse rules of another moment that say something else of the scope's virtual tags."""
    tags = [name.name for name in names if name.kind == VIRTUAL]
    if rules.at is None or not tags:
        return
    now = rules.present
    for tag in tags:
        if now is None or tag not in now.tags or now.splits_digest(tag) != rules.splits_digest(tag):
            raise AccessDeniedError(
                f"{current().title} sees the part where {scope()}, by the rules of now. The rules "
                f"of {tag} were others at {rules.at:%Y-%m-%d %H:%M} UTC: ask by the rules of now."
            )


def _lost(reason: str) -> AccessDeniedError:
    found = current()
    role = f"the role {found.role!r}" if found.role else found.title
    return AccessDeniedError(
        f"The part of the ledger that {role} sees is not known any more: {reason}. Nothing is "
        "shown until an administrator changes the role on the Access page."
    )
