"""Recommendations as people look for them: which, in which order, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.runs import utc_now
from outlay.app.savings.acting import store
from outlay.app.savings.counting import looked, promises
from outlay.app.savings.errors import not_found
from outlay.app.savings.seeing import may_see, seen
from outlay.app.savings.store import TAKEN, LookRecord, Step
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.money import MoneyError, parse_money, total
from outlay.savings.life import is_open, overdue
from outlay.savings.model import ACTIONS, CONFIDENCES, EFFORTS, STATES
from outlay.savings.netting import Promise, Totals, totals
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

SHOWN = ("open", *STATES, "all")
"""What may be asked for: ``open`` are those whose money is still to be saved; the states; all."""

SORTS = ("net", "saving", "due", "newest")
NOBODY = "-"
"""In place of an owner or a person: nobody's."""


@dataclass(frozen=True)
class Sought:
    """What is looked for; '' is any. `owner` by name, or ``-`` for nobody's; `assignee` the same;
    `tool` is ``outlay`` or a native tool, `detector` an id; `minimum` of the net saving a month;
    `text` in the title, the resource or the scope. `late` keeps what is overdue."""

    state: str = "open"
    owner: str = ""
    assignee: str = ""
    provider: str = ""
    account: str = ""
    action: str = ""
    tool: str = ""
    detector: str = ""
    effort: str = ""
    confidence: str = ""
    minimum: Decimal = Decimal(0)
    late: bool = False
    text: str = ""
    sort: str = "net"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("state", self.state, SHOWN),
            ("action", self.action, ("", *ACTIONS)),
            ("effort", self.effort, ("", *EFFORTS)),
            ("confidence", self.confidence, ("", *CONFIDENCES)),
            ("sort", self.sort, SORTS),
        ):
            if value not in allowed:
                raise QueryError(
                    f"{value!r} is no {name} of recommendations",
                    field=name,
                    text=value,
                    near=near_names(value, allowed),
                    allowed=[one for one in allowed if one],
                )
        if self.minimum < 0:
            raise QueryError("a minimum is an amount of zero or more", field="minimum")


@dataclass(frozen=True)
class Row:
    """A recommendation as a list shows it. `promise` is what it counts for in the totals (None:
    it is not open, or no recurring saving: it counts for nothing more)."""

    recommendation: Recommendation
    promise: Promise | None
    overdue: bool

    @property
    def net(self) -> Decimal:
        """What the bill would fall by for it, a month."""
        return self.promise.net if self.promise else Decimal(0)

    @property
    def best(self) -> Decimal:
        """What it counts for where of alternatives the best is taken."""
        return self.promise.best if self.promise else Decimal(0)


@dataclass(frozen=True)
class Apart:
    """What is no recurring saving, and counts in no total: ``avoided`` or ``one-off``."""

    nature: str
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class Listed:
    """The recommendations that are sought, with their totals by currency: every finding, the best
    of alternatives, and net of overlaps, as `outlay.savings.netting` has them, of the rows that are
    listed. `counts` is how many there are of each state within the other filters; the names of the
    others are those among what who asks may see."""

    rows: tuple[Row, ...]
    totals: tuple[Totals, ...]
    apart: tuple[Apart, ...]
    counts: tuple[tuple[str, int], ...]
    owners: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    overdue: int = 0
    owner_tag: str = ""
    look: LookRecord | None = None


@dataclass(frozen=True)
class Shown:
    """One recommendation with all that a page tells of it: what it counts for, the others of its
    resource, those that it nets against (`beside`, by key) and what was done with it."""

    row: Row
    others: tuple[Row, ...]
    steps: tuple[Step, ...]
    beside: tuple[Recommendation, ...] = field(default=())


def least(text: str) -> Decimal:
    """A least saving as it is written; QueryError for what is no amount."""
    try:
        return parse_money(text)
    except (MoneyError, ArithmeticError):  # also what no decimal of the ledger holds
        raise QueryError(f"{text!r} is no amount", field="minimum", text=text) from None


@served("GET /savings")
def recommendations(
    workspace: Workspace, sought: Sought | None = None, now: datetime | None = None
) -> Listed:
    """The recommendations that who asks may see, of those that are sought."""
    sought = sought or Sought()
    today = (now or utc_now()).date()
    kept = store(workspace).listed()
    look = last_look(workspace)
    count = promises(kept, looked(look.detail if look else {}))
    known = [_row(one, count, today) for one in seen(workspace, kept)]
    rest = [row for row in known if _is_sought(row, sought)]
    counts = tuple(
        (name, sum(1 for row in rest if is_of(row.recommendation, name))) for name in SHOWN
    )
    rows = ordered([row for row in rest if is_of(row.recommendation, sought.state)], sought.sort)
    everything = [row.recommendation for row in known]
    return Listed(
        rows=tuple(rows),
        totals=totals(row.promise for row in rows if row.promise),
        apart=_apart(rows),
        counts=counts,
        owners=_names(one.owner for one in everything),
        assignees=_names(one.assignee for one in everything),
        providers=_names(one.provider for one in everything),
        accounts=_names(one.account for one in everything),
        tools=_names(each.tool for one in everything for each in one.findings),
        overdue=sum(1 for row in rest if row.overdue),
        owner_tag=max((one.owner_tag for one in everything), default=""),
        look=look,
    )


@served("GET /savings/{number}")
def recommendation(workspace: Workspace, number: int, now: datetime | None = None) -> Shown:
    """One recommendation; SavingNotFoundError for one that is none or of others."""
    one = store(workspace).one(number)
    if not may_see(workspace, one):
        raise not_found(number)
    today = (now or utc_now()).date()
    kept = store(workspace).listed()
    look = last_look(workspace)
    count = promises(kept, looked(look.detail if look else {}))
    row = _row(one, count, today)
    same = [
        each
        for each in kept
        if each.id != number
        and each.place == one.place
        and each.scope == one.scope
        and (each.resource or each.account == one.account)
    ]
    named = {effect.by for effect in (row.promise.effects if row.promise else ())}
    beside = [each for each in kept if each.key in named]
    return Shown(
        row,
        tuple(ordered([_row(each, count, today) for each in seen(workspace, same)], "net")),
        tuple(store(workspace).steps(number)),
        tuple(seen(workspace, beside)),
    )


def promise_of(workspace: Workspace, one: Recommendation) -> Promise | None:
    """What a recommendation counts for now beside all others; None where it counts for nothing."""
    look = last_look(workspace)
    kept = [each for each in store(workspace).listed() if each.id != one.id]
    return promises([*kept, one], looked(look.detail if look else {})).get(one.key)


def last_look(workspace: Workspace) -> LookRecord | None:
    """The newest look that was taken to its end."""
    return next(iter(store(workspace).looks(1, TAKEN)), None)


def is_of(one: Recommendation, shown: str) -> bool:
    """Whether a recommendation is one of those that are asked for; see `SHOWN`."""
    if shown == "all":
        return True
    return is_open(one) if shown == "open" else one.state == shown


def ordered(rows: Sequence[Row], sort: str) -> list[Row]:
    """By what the bill would fall by, by the saving alone, by the day that it is due, or the
    newest first; of equals the larger saving, then the older."""

    def size(row: Row) -> tuple[Decimal, Decimal, int]:
        one = row.recommendation
        return (-row.net, -one.finding.monthly_saving, one.id)

    by_size = sorted(rows, key=size)
    if sort == "saving":
        return sorted(by_size, key=lambda row: -row.recommendation.finding.monthly_saving)
    if sort == "due":
        return sorted(by_size, key=lambda row: row.recommendation.due_on or date.max)
    if sort == "newest":
        return sorted(by_size, key=lambda row: -row.recommendation.id)
    return by_size


def _row(one: Recommendation, count: dict[str, Promise], today: date) -> Row:
    promise = count.get(one.key) if is_open(one) else None
    return Row(one, promise, overdue(one, today))


def _apart(rows: Iterable[Row]) -> tuple[Apart, ...]:
    groups: dict[tuple[str, str], list[Decimal]] = {}
    for row in rows:
        one = row.recommendation
        if one.nature != "saving" and is_open(one):
            amounts = groups.setdefault((one.nature, one.currency), [])
            amounts.append(one.finding.monthly_saving)
    return tuple(
        Apart(nature, currency, len(amounts), total(amounts))
        for (nature, currency), amounts in sorted(groups.items())
    )


def _names(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({one for one in values if one}))


def _is_sought(row: Row, sought: Sought) -> bool:
    one, finding = row.recommendation, row.recommendation.finding
    words = " ".join(
        (finding.title, one.resource, one.resource_name, one.scope, one.service)
    ).lower()
    return (
        sought.owner in ("", one.owner or NOBODY)
        and sought.assignee in ("", one.assignee or NOBODY)
        and sought.provider in ("", one.provider)
        and sought.account in ("", one.account)
        and sought.action in ("", one.action)
        and (not sought.tool or any(each.tool == sought.tool for each in one.findings))
        and (not sought.detector or any(each.detector == sought.detector for each in one.findings))
        and sought.effort in ("", finding.effort)
        and sought.confidence in ("", finding.confidence)
        and (row.net if row.promise else finding.monthly_saving) >= sought.minimum
        and (row.overdue or not sought.late)
        and sought.text.strip().lower() in words
    )
