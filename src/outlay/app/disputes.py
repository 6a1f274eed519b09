"""Disputes of a workspace's statements, and the trail of what was done with statements."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require
from outlay.app.seeing import check_values, is_seen, signed, values_seen
from outlay.app.served import served
from outlay.app.statements import books, month, plan_of, statement, values_of
from outlay.expression.errors import QueryError, near_names
from outlay.money import BillingPeriod
from outlay.money.cents import to_unit
from outlay.statements import disputes as disputing
from outlay.statements.disputes import Dispute
from outlay.statements.documents import StatementMonth
from outlay.statements.store import Event, no_dispute

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@served("POST /disputes")
def dispute(
    workspace: Workspace,
    name: str,
    period: BillingPeriod,
    value: str,
    *,
    line: str,
    amount: Decimal | None,
    reason: str,
    proposed: str = "",
    author: str,
) -> Dispute:
    """Dispute a line of a statement (by its id): all of it when `amount` is None. `proposed` is
    the value that it should be given to; '' leaves that to the answer. An editor may, who sees
    the statement."""
    require(Level.EDITOR, "disputing a statement")
    whole, found = statement(workspace, name, period, value)
    if not reason.strip():
        raise QueryError("a dispute needs a reason", field="reason")
    kept = books(workspace)
    others = [d for d in kept.disputes(whole.plan) if d.month == period and d.value == value]
    known = found.line(line)
    wanted = amount if amount is not None or known is None else known.amount
    disputing.check(found, line, wanted if wanted is not None else Decimal(0), others)
    _check_target(workspace, whole, value, proposed, optional=True)
    assert wanted is not None
    wanted = to_unit(wanted, whole.places)
    made = Dispute(
        0, whole.plan, period, value, line, wanted, whole.currency, proposed, reason.strip()
    )
    return kept.raise_dispute(made, signed(author))


@served("POST /disputes/{number}/answer")
def answer(
    workspace: Workspace,
    number: int,
    *,
    accept: bool,
    reason: str = "",
    proposed: str = "",
    author: str,
) -> Dispute:
    """Accept a dispute (its amount moves on the next statement) or refuse it with a reason.

    An approver may, who sees the disputed statement and, to accept, that of the value that takes
    the amount. StatementError for a number that is none, or one of others.
    """
    require(Level.APPROVER, "answering a dispute")
    known = dispute_of(workspace, number)
    kept = books(workspace)
    target = proposed or known.proposed
    if accept:
        whole = month(workspace, known.plan, known.month)
        _check_target(workspace, whole, known.value, target, optional=False)
    elif not reason.strip():
        raise QueryError("a refusal needs a reason", field="reason")
    return kept.answer(
        number, accept=accept, proposed=target, reason=reason.strip(), author=signed(author)
    )


def _check_target(
    workspace: Workspace, whole: StatementMonth, value: str, proposed: str, *, optional: bool
) -> None:
    if not proposed and optional:
        return
    tag = workspace.rules().tags.get(whole.tag)
    values = set(values_of(workspace, whole.plan, whole.month))
    values |= {tag.default, *tag.values} if tag else set()
    allowed = sorted(values - {value})
    seen = values_seen(whole.tag)
    listed = [one for one in allowed if seen is None or one in seen]
    if proposed not in allowed:
        raise QueryError(
            f"{proposed!r} is no other {whole.tag}"
            if proposed
            else f"say which {whole.tag} takes the amount",
            field="proposed",
            text=proposed,
            near=near_names(proposed, listed) if proposed else (),
            allowed=listed,
        )
    if not optional:
        check_values(whole.tag, [proposed], "accepting this dispute")


@served("GET /disputes/{plan}")
def disputes(workspace: Workspace, name: str) -> list[Dispute]:
    """Every dispute of a plan that who asks may see, oldest first."""
    plan = plan_of(workspace, name)
    return [d for d in books(workspace).disputes(plan.name) if is_seen(plan.tag, d.value)]


def dispute_of(workspace: Workspace, number: int) -> Dispute:
    """One dispute; StatementError for a number that is none, or one of others' statements."""
    known = books(workspace).dispute(number)
    if not is_seen(_tag_of(workspace, known.plan), known.value):
        raise no_dispute(number)
    return known


def _tag_of(workspace: Workspace, plan: str) -> str:
    try:
        return plan_of(workspace, plan).tag
    except QueryError:
        # A plan that who asks does not see: nobody's scope is of it.
        return ""


@served("GET /disputes/{plan}")
def events(workspace: Workspace, name: str, period: BillingPeriod | None = None) -> list[Event]:
    """What was done with the statements of a plan, oldest first: to people of a scope, with their
    disputes."""
    plan = plan_of(workspace, name)
    found = books(workspace).events(plan.name, period)
    if values_seen(plan.tag) is None:
        return found
    mine = {one.id for one in disputes(workspace, name)}
    return [event for event in found if event.dispute in mine]


@served("GET /disputes/{plan}")
def owner_of(workspace: Workspace, found: Dispute) -> str:
    """Who should answer a dispute: the owner of the split that gave the amount, else of the value
    that is proposed, else of the disputed one; '' when nobody is named."""
    rules = workspace.rules()
    plan = plan_of(workspace, found.plan)
    parts = found.line.split("/")
    split = rules.splits.get(parts[-1]) if parts[0] in ("shared", "tax-shared") else None
    if split is not None and split.tag == plan.tag and split.owner:
        return split.owner
    tag = rules.tags.get(plan.tag)
    values = tag.values if tag else {}
    named = [values[v].owner for v in (found.proposed, found.value) if v in values]
    return next((owner for owner in named if owner), "")


def dispute_json(found: Dispute) -> dict[str, Any]:
    """A dispute as JSON data."""
    return {
        **vars(found),
        "month": str(found.month),
        "amount": format(found.amount, "f"),
    }


def event_json(event: Event) -> dict[str, Any]:
    """An event as JSON data."""
    return {**vars(event), "at": event.at.isoformat() + "Z"}
