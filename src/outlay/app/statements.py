"""Statements of a workspace: drafts worked out now, closed months as they were kept.

Everything that faces show of statements comes from here; `outlay.statements` says what it means.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import Level, require, whole_ledger
from outlay.app.rates import bank, table_of
from outlay.app.seeing import month_seen, plan_seen, signed, values_seen
from outlay.app.served import served
from outlay.app.statement_problems import (
    closed_plan,
    lost,
    other_plan,
    problems_of,
    warnings_of,
)
from outlay.expression.errors import QueryError, near_names
from outlay.lake.facts import TABLES, facts_of
from outlay.lake.types import Pin
from outlay.money import BillingPeriod
from outlay.money.cents import places, to_unit
from outlay.money.rates import Rate as MoneyRate
from outlay.money.rates import Rates
from outlay.statements import disputes as disputing
from outlay.statements.adjust import adjustments
from outlay.statements.bill import Ask, MonthBill, Standing, month_bill
from outlay.statements.build import statements
from outlay.statements.disputes import Dispute
from outlay.statements.documents import Line, Rate, Statement, StatementMonth
from outlay.statements.errors import StatementError
from outlay.statements.model import RATE_RULES, STATEMENT_PLAN, Plan, StatementPlanSpec
from outlay.statements.rates import FrozenRates, month_rates
from outlay.statements.store import Books, utc_now

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.lake import Slice
    from outlay.query import CostQuery, Result

_KEPT_BILLS = 48
_LOCK = threading.Lock()
_BILLS: OrderedDict[Any, MonthBill] = OrderedDict()


# --- plans --------------------------------------------------------------------------------------


@served("GET /statements")
def plans(workspace: Workspace) -> list[Plan]:
    """Every plan: those configured, the default one of each virtual tag without, and those of
    which months were closed, whatever became of their tag; of them those that who asks may see."""
    tags = workspace.rules().tags
    configured = {
        r.name: _plan(workspace, r.name, r.spec, r.version)
        for r in workspace.resources.list(STATEMENT_PLAN.name)
        if isinstance(r.spec, StatementPlanSpec)
    }
    found = {name: plan for name, plan in configured.items() if plan.tag in tags}
    known = {plan.tag for plan in found.values()} | set(configured)
    found |= {tag: _plan(workspace, tag) for tag in tags if tag not in known}
    kept = books(workspace)
    found |= {
        name: closed_plan(kept.closed(name)[-1]) for name in kept.plans() if name not in found
    }
    seen = (plan for _, plan in sorted(found.items()) if values_seen(plan.tag) != frozenset())
    return [plan_seen(plan) for plan in seen]


def plan_of(workspace: Workspace, name: str) -> Plan:
    """A plan by its name, else the default one of the virtual tag of that name, else as its last
    closed month has it; QueryError lists the plans there are, and that who asks may see."""
    return plan_seen(_plan_of(workspace, name))


def _plan_of(workspace: Workspace, name: str) -> Plan:
    plan = _find_plan(workspace, name)
    if plan is not None and values_seen(plan.tag) != frozenset():
        return plan
    names = [one.name for one in plans(workspace)]
    raise QueryError(
        f"there are no statements by {name!r}",
        field="plan",
        near=near_names(name, names),
        allowed=names,
        hint="" if names else "Statements are of a virtual tag: define one first.",
    )


def _find_plan(workspace: Workspace, name: str) -> Plan | None:
    found = workspace.resources.find(STATEMENT_PLAN.name, name)
    plan = _plan(workspace, name)
    if found is not None and isinstance(found.spec, StatementPlanSpec):
        plan = _plan(workspace, name, found.spec, found.version)
    if plan.tag in workspace.rules().tags:
        return plan
    closed = books(workspace).closed(name)
    if closed:
        return closed_plan(closed[-1])
    if found is not None and values_seen(plan.tag) != frozenset():
        raise _no_tag(workspace, plan)
    return None


def _no_tag(workspace: Workspace, plan: Plan) -> QueryError:
    return QueryError(
        f"the statements {plan.name!r} are of the virtual tag {plan.tag!r}, which is not there",
        field="plan",
        allowed=tuple(sorted(workspace.rules().tags)),
    )


def _plan(
    workspace: Workspace, name: str, spec: StatementPlanSpec | None = None, version: int = 0
) -> Plan:
    spec = spec or StatementPlanSpec()
    return Plan(name, spec.tag or name, spec.currency or workspace.currency, spec, version)


# --- months -------------------------------------------------------------------------------------


def books(workspace: Workspace) -> Books:
    """What was closed and disputed."""
    return Books(workspace.resources.engine)


@served("GET /statements")
def months(workspace: Workspace, name: str) -> list[tuple[BillingPeriod, str]]:
    """The months of a plan with their state, newest first: those with charges, and those closed."""
    plan = plan_of(workspace, name)
    closed = {month.month for month in books(workspace).closed(plan.name)}
    there = plan.tag in workspace.rules().tags
    charged = {one.billing_period for one in workspace.pin().slices} if there else set()
    every = sorted(closed | charged, reverse=True)
    return [(month, "closed" if month in closed else "draft") for month in every]


@served("GET /statements/{plan}/{month}")
def month(workspace: Workspace, name: str, period: BillingPeriod) -> StatementMonth:
    """All statements of a month that who asks may see: as they were closed, else the draft of this
    moment. They are reckoned over the whole ledger, so that everybody's are the same for all."""
    plan = _plan_of(workspace, name)
    return month_seen(_whole_month(workspace, plan, period))


def _whole_month(workspace: Workspace, plan: Plan, period: BillingPeriod) -> StatementMonth:
    closed = books(workspace).closed(plan.name)
    for one in closed:
        if one.month == period:
            return one
    with whole_ledger():
        return _draft(workspace, plan, period, closed, None)[0]


def values_of(workspace: Workspace, name: str, period: BillingPeriod) -> frozenset[str]:
    """Every value that has a statement in a month, whoever asks; never shown to people of a
    scope."""
    found = _whole_month(workspace, _plan_of(workspace, name), period)
    return frozenset(one.value for one in found.statements)


@served("GET /statements/{plan}/{month}/{value:path}")
def statement(
    workspace: Workspace, name: str, period: BillingPeriod, value: str
) -> tuple[StatementMonth, Statement]:
    """A value's statement and the month that it is of; QueryError lists the values there are."""
    whole = month(workspace, name, period)
    found = whole.statement(value)
    if found is None:
        values = [one.value for one in whole.statements]
        raise QueryError(
            f"{whole.tag} {value!r} has no statement for {period}: nothing is charged or adjusted",
            field="value",
            near=near_names(value, values),
            allowed=values,
        )
    return whole, found


def _draft(
    workspace: Workspace,
    plan: Plan,
    period: BillingPeriod,
    closed: Sequence[StatementMonth],
    at: datetime | None,
) -> tuple[StatementMonth, list[Dispute]]:
    """The draft of a month and the disputes that it settles; `at` pins the rules of a moment."""
    rules_at = at or utc_now()
    rules, pin = workspace.rules(at), workspace.pin()
    if plan.tag not in rules.tags:
        raise _no_tag(workspace, plan)
    rates = _rates(workspace, plan, period, pin)
    standing = Standing(pin, rules, rates, plan.spec.bill_rates)
    bill = _bill(workspace, plan, period, standing)
    known = books(workspace).disputes(plan.name)
    carried = [d for d in known if _carries(d, period, closed)]
    corrections, unknown = _corrections(workspace, plan, period, closed, standing, carried)
    digits = places(plan.currency)
    draft = StatementMonth(
        plan=plan.name,
        tag=plan.tag,
        title=plan.title,
        month=period,
        state="draft",
        currency=plan.currency,
        places=digits,
        statements=statements(
            plan, bill, rules.tag(plan.tag), corrections, rules.splits_of(plan.tag)
        ),
        bill_exact=bill.total,
        bill=to_unit(bill.total, digits),
        snapshot=pin.snapshot_id,
        rules_at=rules_at,
        spec=_spec(plan),
        rates=tuple(_rate(rate) for rate in rates.rates.values()),
        problems=tuple(problems_of(workspace, plan, period, closed, [*lost(bill), *unknown])),
        warnings=tuple(warnings_of(workspace, period, known)),
    )
    return draft, carried


def _spec(plan: Plan) -> dict[str, Any]:
    return {**plan.spec.model_dump(mode="json"), "tag": plan.tag, "currency": plan.currency,
            "version": plan.version}  # fmt: skip


def _rate(rate: MoneyRate) -> Rate:
    return Rate(rate.source, format(rate.value, "f"), rate.day.isoformat(), rate.publisher)


def _rates(workspace: Workspace, plan: Plan, period: BillingPeriod, pin: Pin) -> FrozenRates:
    """The month's rates of every currency that its bill is in."""
    rule = plan.spec.rates
    source: Rates = bank(workspace) if rule in RATE_RULES else table_of(workspace, rule)
    currencies = {
        line.currency
        for one in pin.slices
        if one.billing_period == period
        for line in one.delivery.proof.lines
    }
    return month_rates(source, rule, currencies, plan.currency, period)


def _ask(workspace: Workspace) -> Ask:
    from outlay.query import run

    def ask(query: CostQuery, standing: Standing) -> Result:
        return run(
            workspace.lake,
            query,
            rates=standing.rates,
            stated=standing.stated,
            pin=standing.pin,
            rules=standing.rules,
        )

    return ask


def _bill(workspace: Workspace, plan: Plan, period: BillingPeriod, standing: Standing) -> MonthBill:
    """The month's bill; the same question is answered once."""
    key = (
        str(workspace.lake.path),
        standing.pin.snapshot_id,
        repr(plan),
        period,
        standing.rules.at,
        workspace.configuration(),
        tuple(sorted((pair, rate.value) for pair, rate in standing.rates.rates.items())),
    )
    with _LOCK:
        if key in _BILLS:
            _BILLS.move_to_end(key)
            return _BILLS[key]
    found = month_bill(plan, period, standing, _ask(workspace))
    with _LOCK:
        _BILLS[key] = found
        while len(_BILLS) > _KEPT_BILLS:
            _BILLS.popitem(last=False)
    return found


# --- what corrects earlier months ---------------------------------------------------------------


def _corrections(
    workspace: Workspace,
    plan: Plan,
    period: BillingPeriod,
    closed: Sequence[StatementMonth],
    standing: Standing,
    carried: Iterable[Dispute],
) -> tuple[dict[str, list[Line]], list[str]]:
    """Value → adjustments and settled disputes, and what keeps them from being known."""
    found: dict[str, list[Line]] = {}
    problems: list[str] = []
    if closed and period == closed[-1].month.next() and not other_plan(plan, closed):
        before = workspace.pin(closed[-1].snapshot)

        def again(one: StatementMonth) -> MonthBill | None:
            if _untouched(workspace, one, before, standing):
                return None
            bill = _bill(workspace, closed_plan(one), one.month, _once(workspace, one, standing))
            problems.extend(lost(bill))
            return bill

        found = adjustments(closed, again, before, standing.pin)
    carried = list(carried)
    tax = [d.id for d in carried if d.line.startswith(("tax/", "tax-shared/"))]
    for value, lines in disputing.settlements(carried, tax).items():
        found.setdefault(value, []).extend(lines)
    return found, problems


def _untouched(workspace: Workspace, one: StatementMonth, before: Pin, standing: Standing) -> bool:
    """Whether nothing that was delivered since `before` can have a part in a closed month: no bill
    of it, and where splits weigh it, no charge of its days."""
    plan = closed_plan(one)
    splits = standing.rules.splits_of(plan.tag) | workspace.rules(one.rules_at).splits_of(plan.tag)
    methods = {split.method for split in splits.values()}
    if plan.spec.after_close == "adjust" or "metric" in methods:
        return False
    then = {slice_.delivery.id for slice_ in before.slices}
    now = {slice_.delivery.id for slice_ in standing.pin.slices}
    every = {s.delivery.id: s for s in (*before.slices, *standing.pin.slices)}
    changed = [every[delivery] for delivery in then ^ now]
    if any(slice_.billing_period == one.month for slice_ in changed) or (
        changed and "usage" in methods
    ):
        return False
    if not splits:
        return True
    own = [slice_ for slice_ in standing.pin.slices if slice_.billing_period == one.month]
    return not _months_of(workspace, own) & _months_of(workspace, changed)


def _months_of(workspace: Workspace, slices: Sequence[Slice]) -> set[BillingPeriod]:
    """The months in which slices have charges, by their first and last days."""
    pin = Pin(None, None, tuple(slices))
    files = {table: workspace.lake.rollup_paths(pin, table) for table in TABLES}
    found: set[BillingPeriod] = set()
    for slice_ in slices:
        facts = facts_of(slice_, {table: files[table][slice_.delivery.id] for table in TABLES})
        if facts.first_day and facts.last_day:
            month = BillingPeriod.of(facts.first_day)
            while month.start <= facts.last_day:
                found.add(month)
                month = month.next()
    return found


def _once(workspace: Workspace, one: StatementMonth, standing: Standing) -> Standing:
    """What a closed month is worked out from again: the newest charges, its own rules and rates.
    A currency that was not billed then has the rate that the month's rule gives today."""
    plan = closed_plan(one)
    keep = plan.spec.after_close == "keep"
    rules: Ruleset = workspace.rules(one.rules_at) if keep else standing.rules
    today = _rates(workspace, plan, one.month, standing.pin)
    return Standing(
        standing.pin,
        rules,
        FrozenRates({**today.rates, **frozen_rates(one).rates}),
        plan.spec.bill_rates,
    )


def frozen_rates(one: StatementMonth) -> FrozenRates:
    """The rates that a month pinned."""
    from datetime import date

    return FrozenRates(
        {
            (rate.source, one.currency): MoneyRate(
                rate.source,
                one.currency,
                Decimal(rate.value),
                date.fromisoformat(rate.day),
                rate.publisher,
            )
            for rate in one.rates
        }
    )


def _carries(dispute: Dispute, period: BillingPeriod, closed: Sequence[StatementMonth]) -> bool:
    """Whether an accepted dispute is settled by the statements of a month: the first open one that
    is not before the disputed month."""
    if not dispute.accepted or dispute.state == "settled":
        return False
    first_open = closed[-1].month.next() if closed else dispute.month
    return period == max(dispute.month, first_open)


# --- closing ------------------------------------------------------------------------------------


@served("POST /statements/{plan}/{month}/close")
def close(
    workspace: Workspace, name: str, period: BillingPeriod, *, author: str, note: str = ""
) -> StatementMonth:
    """Close a month: its statements never change again. Snapshot, rules and rates are pinned, the
    disputes that it carries are settled. StatementError says what keeps it open; an approver who
    sees the whole ledger may close."""
    require(Level.APPROVER, "closing a month", whole=True)
    plan = plan_of(workspace, name)
    kept = books(workspace)
    closed = kept.closed(plan.name)
    if any(one.month == period for one in closed):
        raise StatementError(f"{period} of {plan.name} is closed already; it never changes")
    at = utc_now()
    draft, carried = _draft(workspace, plan, period, closed, at)
    if draft.problems:
        raise StatementError(
            f"{period} of {plan.name} cannot be closed: " + "; ".join(draft.problems)
        )
    done = draft.closed(at, signed(author), note, closed[-1].digest if closed else "")
    assert done.snapshot is not None, "a month with a bill has a snapshot"
    # The name has the snapshot: whoever closes the month at the same moment keeps another one.
    tag = f"statement-{plan.name}-{period}-{done.snapshot}"
    head = workspace.lake.history.head()
    if head is None or tag not in head.tags:  # there already if a closing did not come to its end
        workspace.lake.keep(done.snapshot, tag)
    try:
        kept.close(done, [dispute.id for dispute in carried])
    except BaseException:
        if not any(one.snapshot == done.snapshot for one in kept.closed(plan.name)):
            workspace.lake.release(tag)
        raise
    return done
