"""The close of a month over a workspace: every check, then the statements of a plan for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from outlay.access import whole_only
from outlay.app import bridge as bridging
from outlay.app import invoices as invoicing
from outlay.app import statements
from outlay.app.evidence import billed_of
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, total
from outlay.statements.bridge import short_name
from outlay.statements.close import Check, CloseStatus, Finding

if TYPE_CHECKING:
    from outlay.app.invoices import Reconciliation
    from outlay.app.workspace import Workspace
    from outlay.lake import DeliveryRecord, Slice
    from outlay.lake.types import Pin
    from outlay.statements.bridge import Bridge
    from outlay.statements.documents import StatementMonth


_FEW = 3


@dataclass(frozen=True)
class MonthView:
    """Everything on the page of a month: the status, and what two of its checks stand on."""

    status: CloseStatus
    bridge: Bridge
    invoices: Reconciliation


def default_plan(workspace: Workspace, name: str = "") -> str:
    """The plan that is meant: the one named, else the only or first one there is; QueryError where
    there is no virtual tag yet."""
    if name:
        return statements.plan_of(workspace, name).name
    found = statements.plans(workspace)
    if not found:
        raise QueryError(
            "there is nothing to close", field="plan",
            hint="Statements are of a virtual tag: define one first.",
        )  # fmt: skip
    # A configured plan goes before the ones that every tag has of itself.
    return min(found, key=lambda plan: (plan.version == 0, plan.name)).name


def view(workspace: Workspace, period: BillingPeriod, plan: str = "") -> MonthView:
    """The checks of a month and what they stand on."""
    whole_only("the close of a month")
    pin = workspace.pin()
    name = default_plan(workspace, plan)
    found = invoicing.reconciliation(workspace, period, pin)
    bridge = bridging.prepaid_bridge(workspace, pin)
    month = statements.month(workspace, name, period)
    checks = (
        _deliveries(workspace, pin, period),
        _rejected(pin, period),
        _invoices(found, period),
        _unallocated(workspace, month, period),
        *_proofs(workspace, period),
        *_clusters(workspace, period),
        _bridge(bridge, period),
        _disputes(workspace, name, period),
        _statements(month, period),
    )
    done = CloseStatus(
        name, period, checks, month.currency, month.total,
        month.closed_at, month.closed_by, month.note,
    )  # fmt: skip
    return MonthView(done, bridge, found)


@served("GET /close/{month}")
def status(workspace: Workspace, period: BillingPeriod, plan: str = "") -> CloseStatus:
    """Where a month of a plan stands."""
    return view(workspace, period, plan).status


@served("POST /close/{month}")
def run(
    workspace: Workspace, period: BillingPeriod, plan: str = "", *, author: str, note: str = ""
) -> CloseStatus:
    """Close the month: the statements of every value of the plan's tag.

    StatementError where a check blocks and no note says why it is closed nevertheless.
    """
    before = status(workspace, period, plan)
    statements.close(workspace, before.plan, period, author=author, note=before.note_for(note))
    return status(workspace, period, before.plan)


# --- checks -------------------------------------------------------------------------------------


def _deliveries(workspace: Workspace, pin: Pin, period: BillingPeriod) -> Check:
    """Every source that delivered the month before, or this one, has delivered it whole."""
    slices = {(s.source, s.billing_period): s for s in pin.slices}
    held = {r.source: r for r in workspace.held() if r.billing_period == period}
    end = datetime.combine(period.end, time())
    found: list[Finding] = []
    early: list[Slice] = []
    expected = 0
    for source in workspace.sources():
        current = slices.get((source.name, period))
        before = slices.get((source.name, period.previous()))
        live = source.configured and source.enabled
        if current or (before and live) or source.name in held:
            expected += 1
            found += _delivery(source.name, period, current, held.get(source.name))
            early += [current] if current and current.delivery.loaded_at < end else []
        elif live and not source.slices:
            text = f"{source.name} has never delivered: {source.freshness_reason}."
            found.append(Finding("attention", text, link=f"/sources/{quote(source.name)}"))
        if live and source.error and source.name not in held:
            text = f"The last run of {source.name} failed: its data may not be the newest."
            found.append(Finding("attention", text, link=f"/sources/{quote(source.name)}"))
    found += _early(early, period)
    if not expected:
        found.append(Finding("blocking", f"There is no bill of {period}.", link="/sources"))
    text = f"{expected} {'source' if expected == 1 else 'sources'} with a bill of {period}"
    return Check("deliveries", text, tuple(found), "/sources")


def _delivery(
    source: str,
    period: BillingPeriod,
    current: Slice | None,
    held: DeliveryRecord | None,
) -> Iterable[Finding]:
    place = f"/sources/{quote(source)}"
    if held is not None:
        text = f"A delivery of {source} is held back: its charges are not in."
        yield Finding("blocking", text, billed_of(held), f"{place}/held/{held.id}")
    if current is None:
        if held is None:
            yield Finding("blocking", f"{source} has not delivered {period}.", link=place)
        return
    if not current.delivery.proof.reconciled:
        text = f"The bill of {source} does not reconcile with the vendor's own rows."
        yield Finding("blocking", text, link=f"{place}/{period}")


def _early(slices: Sequence[Slice], period: BillingPeriod) -> Iterable[Finding]:
    """Bills that were last loaded before the month was over; together where they are many."""
    if len(slices) > _FEW:
        names = ", ".join(one.source for one in slices)
        text = f"{len(slices)} bills were last loaded before the month was over: {names}."
        yield Finding("blocking", text, link="/sources")
        return
    for one in slices:
        day = f"{one.delivery.loaded_at:%Y-%m-%d}"
        text = f"{one.source} was last loaded on {day}, before the month was over."
        yield Finding("blocking", text, link=f"/sources/{quote(one.source)}/{period}")


def _rejected(pin: Pin, period: BillingPeriod) -> Check:
    """Rows that were not taken."""
    here = [item for item in pin.slices if item.billing_period == period]
    found = []
    for item in here:
        number = item.delivery.proof.rows_rejected
        if number:
            rows = "row of {} was" if number == 1 else "rows of {} were"
            text = f"{number:,} {rows.format(item.source)} rejected."
            link = f"/sources/{quote(item.source)}/{period}#quarantine"
            found.append(Finding("attention", text, billed_of(item.delivery, "rejected"), link))
    read = sum(item.delivery.proof.rows_read for item in here)
    return Check("rejected", f"{read:,} rows read", tuple(found), "/sources")


def _invoices(found: Reconciliation, period: BillingPeriod) -> Check:
    """Invoices agree with their charges, and charges have an invoice."""
    link = f"/invoices?period={period}"
    findings = []
    for row in found.rows:
        if row.state == "differs":
            assert row.invoice is not None
            rest = row.unexplained if row.unexplained is not None else row.invoice.spec.amount
            text = f"{row.invoice_id} of {row.issuer} differs from its charges."
            place = f"/invoices/{row.invoice.name}"
            findings.append(Finding("blocking", text, {row.currency: rest}, place))
        elif row.state == "no charges":
            assert row.invoice is not None
            text = f"{row.invoice_id} of {row.issuer} has no charges."
            place = f"/invoices/{row.invoice.name}"
            amounts = {row.currency: row.invoice.spec.amount}
            findings.append(Finding("blocking", text, amounts, place))
    open_ = [row for row in found.rows if row.state == "no invoice" and row.charged]
    if open_:
        sums: dict[str, list[Decimal]] = defaultdict(list)
        for row in open_:
            sums[row.charged_currency].append(row.charged)
        what = "an invoice was" if len(open_) == 1 else "invoices were"
        text = f"Charges for which no invoice was entered: {len(open_)} {what} expected."
        amounts = {currency: total(amounts) for currency, amounts in sorted(sums.items())}
        place = f"{link}&{urlencode({'state': 'no invoice'})}"
        findings.append(Finding("attention", text, amounts, place))
    agreed = found.count("matched") + sum(
        row.state == "explained" and row.invoice is not None for row in found.rows
    )
    return Check("invoices", f"{agreed} agree with their charges", tuple(findings), link)


def _unallocated(workspace: Workspace, month: StatementMonth, period: BillingPeriod) -> Check:
    """The money of the plan's tag that no rule gives to a value."""
    from outlay.query import CostQuery

    tag = month.tag
    link = f"/coverage?{urlencode({'tag': tag})}"
    spec = workspace.rules().tags.get(tag)
    if spec is None:
        text = f"The virtual tag {tag} is not there any more."
        return Check("unallocated", text, (Finding("attention", text, link="/tags"),), "/tags")
    where = f"x_BillingPeriod = '{period.start}' AND {tag} = '{spec.default}'"
    query = CostQuery(
        measures=("EffectiveCost",), by=("BillingCurrency",),
        where=where.replace(f"'{spec.default}'", _quoted(spec.default)),
    )  # fmt: skip
    amounts = {
        str(row["BillingCurrency"]): row["EffectiveCost"]
        for row in workspace.query(query).rows()
        if row["EffectiveCost"]
    }
    found: tuple[Finding, ...] = ()
    if amounts:
        text = f"EffectiveCost that no value of {tag} has ({spec.default})."
        found = (Finding("attention", text, amounts, link),)  # type: ignore[arg-type]
    return Check("unallocated", f"by {tag}", found, link)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _proofs(workspace: Workspace, period: BillingPeriod) -> list[Check]:
    """Platforms whose parts add up to their bill."""
    from outlay.app.platforms import prove, there
    from outlay.query.platforms import PlatformQuery

    names = sorted(there(workspace))
    if not names:
        return []
    range_ = f"{period.start}..{period.end}"
    findings = []
    for name in names:
        proof = prove(workspace, PlatformQuery(platform=name, range=range_))
        link = f"/platforms?{urlencode({'platform': name, 'range': range_})}"
        if proof.proven_scopes < proof.all_scopes:
            text = (
                f"{proof.platform.title}: the parts of "
                f"{proof.all_scopes - proof.proven_scopes} of {proof.all_scopes} scopes do not "
                "add up to the bill."
            )
            findings.append(Finding("blocking", text, link=link))
    text = f"{len(names)} proven: direct, idle and unattributed are the bill"
    return [Check("platforms", text, tuple(findings), "/platforms")]


def _clusters(workspace: Workspace, period: BillingPeriod) -> list[Check]:
    """Clusters whose charges were shared out whole."""
    from outlay.app.kubernetes import lines
    from outlay.query.kubernetes import ClusterQuery

    days = {"from": str(period.start), "to": str(period.end)}
    found = [one for one in lines(workspace, ClusterQuery.of(days)) if any(one.charged.values())]
    if not found:
        return []
    findings = []
    for one in found:
        link = f"/kubernetes/{quote(one.name, safe='')}?{urlencode(days)}"
        apart = {
            code: total((amount, one.allocated.get(code, Decimal(0)).copy_negate()))
            for code, amount in one.charged.items()
        }
        if one.enabled and any(apart.values()):
            text = f"{one.name}: what pods were given is not what the bill charged."
            findings.append(Finding("blocking", text, apart, link))
        elif one.enabled and one.note and one.divided_by == "usage":
            text = f"{one.name}: {one.note[:1].lower()}{one.note[1:].rstrip('.')}."
            findings.append(Finding("attention", text, dict(one.charged), link))
    clusters = "cluster" if len(found) == 1 else "clusters"
    text = f"{len(found)} {clusters}, shared out to the last digit"
    return [Check("kubernetes", text, tuple(findings), "/kubernetes")]


def _bridge(found: Bridge, period: BillingPeriod) -> Check:
    """Effective and billed cost are bridged, and every balance is known."""
    link = f"/close/bridge?period={period}"
    findings = []
    for month in found.of(period):
        if month.difference:
            text = f"The bridge of {month.source} does not hold."
            amounts = {month.currency: month.difference}
            findings.append(Finding("blocking", text, amounts, link))
    for gap in found.gaps:
        if gap.period <= period:
            what = short_name(gap.commitment)
            text = (
                f"{gap.source}: what was prepaid before {gap.first} for {what} is not known; it "
                "was this much at least."
            )
            findings.append(Finding("attention", text, {gap.currency: gap.short}, f"{link}#state"))
    findings += [Finding("attention", text, link=link) for text in found.conflicts]
    number = len(found.of(period))
    bills = "bill" if number == 1 else "bills"
    text = f"{number} {bills}: effective + closing - opening = billed, to the last digit"
    return Check("bridge", text, tuple(findings), link)


def _disputes(workspace: Workspace, plan: str, period: BillingPeriod) -> Check:
    """Disputes of the month, or of one before, that nobody has answered."""
    known = [d for d in statements.books(workspace).disputes(plan) if d.month <= period]
    found = tuple(
        Finding(
            "attention",
            f"{d.value} disputes a line of {d.month}: {d.reason}",
            {d.currency: d.amount},
            f"/statements/{quote(plan)}/{d.month}/{quote(d.value, safe='')}",
        )
        for d in known
        if d.state == "open"
    )
    return Check("disputes", f"{len(known)} raised, {len(found)} open", found, "/statements")


def _statements(month: StatementMonth, period: BillingPeriod) -> Check:
    """Statements can be made; what keeps them open cannot be closed over."""
    link = f"/statements/{quote(month.plan)}/{period}"
    found = tuple(Finding("blocking", _sentence(text), link=link) for text in month.problems)
    state = "closed" if month.closed_at else "draft"
    text = f"{len(month.statements)} of {month.plan}, {state}"
    return Check("statements", text, found if not month.closed_at else (), link, final=True)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


# --- overview -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class MonthLine:
    """One month of the overview: bills it has, invoice rows by state, and its state by plan."""

    month: BillingPeriod
    bills: int
    held: int
    rejected: int
    invoices: dict[str, int]
    plans: dict[str, str]


@served("GET /close")
def overview(workspace: Workspace, most: int = 14) -> tuple[Sequence[str], list[MonthLine]]:
    """The plans, and the newest months with what is quickly told of each; newest first."""
    whole_only("the close of months")
    pin = workspace.pin()
    plans = [plan.name for plan in statements.plans(workspace)]
    states = {plan: dict(statements.months(workspace, plan)) for plan in plans}
    found = invoicing.reconciliation(workspace, None, pin)
    held = [record.billing_period for record in workspace.held()]
    months = sorted({item.billing_period for item in pin.slices} | set(held), reverse=True)[:most]
    lines = []
    for month in months:
        here = [item for item in pin.slices if item.billing_period == month]
        counts: dict[str, int] = defaultdict(int)
        for row in found.rows:
            if row.period == month:
                counts[row.state] += 1
        lines.append(
            MonthLine(
                month, len(here), held.count(month),
                sum(item.delivery.proof.rows_rejected for item in here), dict(counts),
                {plan: states[plan].get(month, "draft") for plan in plans},
            )
        )  # fmt: skip
    return plans, lines
