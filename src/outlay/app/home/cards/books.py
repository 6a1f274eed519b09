"""Cards of finance: what is booked for a month, how far its close is, what is disputed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app import closing, statements
from outlay.app.home import addresses, words
from outlay.app.home.asked import zero
from outlay.app.home.cards import common
from outlay.app.home.model import Card, Figure, Line, Step, Tone
from outlay.money import total
from outlay.money.quotients import quotient

if TYPE_CHECKING:
    from outlay.app.home.asked import At
    from outlay.query import CostQuery
    from outlay.query.result import Result
    from outlay.statements.close import Check, Finding
    from outlay.statements.disputes import Dispute

_FEW = 5
_TONES: dict[str, Tone] = {"ok": "ok", "attention": "attention", "blocking": "blocking"}


def booked(at: At) -> Card | None:
    """What the statements of the month come to, by value, against the month before."""
    if not statements.plans(at.workspace):
        return None
    plan = closing.default_plan(at.workspace)
    month = statements.month(at.workspace, plan, at.month)
    earlier = dict(statements.months(at.workspace, plan))
    before = (
        statements.month(at.workspace, plan, at.month.previous())
        if at.month.previous() in earlier
        else None
    )
    when, code = words.days_of(at.month), month.currency
    link = f"/statements/{addresses.part(plan)}/{at.month}"
    same = before is not None and before.currency == code
    was = before.total if before is not None and same else None
    change = None if was is None else total((month.total, was.copy_negate()))
    ratio = quotient(change, was) if was and change is not None and was > 0 else None
    state = "closed month" if month.closed_at else "draft"
    text = words.moved(
        f"The {state} of {words.counted(len(month.statements), 'statement')} by {month.tag}",
        month.total, was, change, ratio, currency=code, than=words.days_of(at.month.previous()),
    )  # fmt: skip
    figures = [
        Figure("Statements", month.total, "money", code, "Statement", when, was, change, ratio),
        Figure("Bill", month.bill, "money", code, "EffectiveCost", when),
    ]
    if month.adjustments:
        figures.append(Figure("Adjustments", month.adjustments, "money", code, "Adjustment", when))
    largest = sorted(month.statements, key=lambda one: one.total, reverse=True)[:_FEW]
    return Card(
        "booked", f"What to book for {when}", text, link=link, link_text="Statements",
        figures=tuple(figures),
        lines=tuple(
            Line(one.value, f"{link}/{addresses.part(one.value)}",
                 Figure("Total", one.total, "money", code, "Statement", when))
            for one in largest
        ),
        lines_title=month.tag,
        notes=tuple(words.upper(problem) for problem in month.problems[:2]),
    )  # fmt: skip


def prepaid(at: At) -> Card | None:
    """Effective cost is not what is billed: the month's bridge, per source."""
    from outlay.app.bridge import prepaid_bridge

    found = prepaid_bridge(at.workspace).of(at.month)
    if not found:
        return None
    when = words.days_of(at.month)
    link = addresses.address("/close/bridge", period=str(at.month))
    moved = [one for one in found if one.closing != one.opening]
    holds = all(not one.difference for one in found)
    text = (
        f"Effective and billed cost of {when} differ for "
        f"{words.counted(len(moved), 'bill')} of {len(found)}, by what was prepaid or used up"
        if moved
        else f"Effective and billed cost of {when} are the same"
    )
    text += "; every bridge holds to the last digit." if holds else "; a bridge does not hold."
    codes = sorted({one.currency for one in found})
    figures = []
    for code in codes:
        mine = [one for one in found if one.currency == code]
        figures += [
            Figure("Effective", total(m.effective for m in mine), "money", code,
                   "EffectiveCost", when),
            Figure("Billed", total(m.billed for m in mine), "money", code, "BilledCost", when),
            Figure("Prepaid at the end", total(m.closing for m in mine), "money", code,
                   "Prepaid", when),
        ]  # fmt: skip
    return Card(
        "prepaid", "Effective against billed", text, link=link, link_text="Prepaid bridge",
        figures=tuple(figures), tone="ok" if holds else "blocking",
    )  # fmt: skip


def close(at: At) -> Card | None:
    """How far the close of the month is: every check, what blocks, what asks for attention."""
    if not statements.plans(at.workspace):
        return None
    status = closing.status(at.workspace, at.month)
    when = words.days_of(at.month)
    link = addresses.address(f"/close/{at.month}", plan=status.plan)
    blocking, attention = status.blocking, status.in_state("attention")
    good = len(status.in_state("ok"))
    all_ = len(status.checks)
    steps: tuple[Step, ...] = ()
    if status.closed:
        text = f"{when} of {status.plan} is closed, by {status.closed_by}."
    elif blocking:
        names = words.listed([check.title.lower() for check in blocking])
        text = f"{good} of {all_} checks are in order; {when} is kept open by {names}."
        steps = tuple(
            _blocks(check, one)
            for check in blocking
            for one in check.findings
            if one.state == "blocking"
        )[:_FEW]
    else:
        asks = f", {len(attention)} ask for attention" if attention else ""
        text = f"{when} of {status.plan} is ready to close: {good} of {all_} checks are in order"
        text += f"{asks}."
        steps = (Step(f"Close {when}: nothing blocks it.", link, status.total, status.currency),)
    return Card(
        "close", f"Close of {when}", text, link=link, link_text="Month close",
        figures=(Figure("In order", good, "count", None, "Month close", f"of {all_} checks"),),
        lines=tuple(
            Line(check.title, check.link or link, note=_found(check.findings, check.text),
                 tone=_TONES[check.state])
            for check in status.checks
        ),
        lines_title="Check", steps=steps,
        tone="ok" if status.closed or not (blocking or attention)
        else "blocking" if blocking else "attention",
    )  # fmt: skip


def _found(findings: Sequence[Finding], text: str) -> str:
    return findings[0].text if findings else text


def _blocks(check: Check, finding: Finding) -> Step:
    """What to do about a finding that keeps the month open."""
    amounts = dict(finding.amounts or {})
    code, value = next(iter(amounts.items())) if len(amounts) == 1 else (None, None)
    return Step(finding.text, finding.link or check.link, value, code, urgent=True)


def disputes(at: At) -> Card | None:
    """Disputes that nobody has answered."""
    books = statements.books(at.workspace)
    found = [
        dispute
        for plan in statements.plans(at.workspace)
        for dispute in books.disputes(plan.name)
        if dispute.state == "open"
    ]
    if not found:
        return None
    sums: dict[str, list[Decimal]] = {}
    for one in found:
        sums.setdefault(one.currency, []).append(one.amount)
    amounts = {code: total(parts) for code, parts in sums.items()}
    return Card(
        "disputes", "Disputes",
        f"{words.counted(len(found), 'dispute')} over {words.amounts(amounts)} "
        f"{'waits' if len(found) == 1 else 'wait'} for an answer.",
        link="/statements", link_text="Statements", tone="attention",
        lines=tuple(
            Line(f"{one.value}, {one.month}", _dispute(one),
                 Figure("Disputed", one.amount, "money", one.currency, "Dispute", str(one.month)),
                 note=one.reason)
            for one in found[:_FEW]
        ),
        lines_title="Statement",
        steps=tuple(
            Step(f"Answer {one.value}'s dispute of {one.month}: {one.reason}", _dispute(one),
                 one.amount, one.currency)
            for one in found[:_FEW]
        ),
    )  # fmt: skip


def _dispute(one: Dispute) -> str:
    return f"/statements/{addresses.part(one.plan)}/{one.month}/{addresses.part(one.value)}"


def accounts(at: At) -> Card:
    """What was billed, by who sends the invoice, and what moved."""
    query = at.question(
        measures=("BilledCost",), by=("InvoiceIssuerName",), compare="previous", sort="movers",
        limit=8,
    )  # fmt: skip
    result = at.ask(query)
    return _vendors_card(at, query, result, "accounts", "What moved")


def vendors(at: At) -> Card:
    """What each vendor bills, largest first."""
    query = at.question(
        measures=("BilledCost",), by=("InvoiceIssuerName",), compare="previous",
        sort="-BilledCost", limit=10,
    )  # fmt: skip
    result = at.ask(query)
    return _vendors_card(at, query, result, "vendors", "Vendors")


def _vendors_card(at: At, query: CostQuery, result: Result, name: str, title: str) -> Card:
    figure = common.figure(at, result)
    number = result.group_count
    value = figure.value or 0
    text = words.moved(
        f"Billed cost of {words.counted(number, 'vendor')}" if number else "Billed cost",
        zero(value), zero(figure.previous), zero(figure.change),
        figure.change_ratio, currency=result.currency, than=at.period.than,
    )  # fmt: skip
    rows = list(result.rows())
    ordered = sorted(rows, key=lambda row: abs(zero(row["BilledCost_change"])), reverse=True)
    moved = [(str(r["InvoiceIssuerName"]), zero(r["BilledCost_change"])) for r in ordered]
    moved = [(one, change) for one, change in moved if change]
    if moved and figure.change:
        why = common.mover_sentence(moved, zero(figure.change), result.currency, at.period.than)
        text = f"{text} {why}"
    return Card(
        name, title, text, link=at.explore(query.but(limit=None)), link_text="By vendor",
        query=at.plain(query), drivers=at.drivers(query.but(by=())), figures=(figure,),
        lines=common.lines(at, result, "InvoiceIssuerName", then="ServiceName",
                           none="without an issuer"),
        lines_title="Vendor", notes=common.notes(result),
    )  # fmt: skip
