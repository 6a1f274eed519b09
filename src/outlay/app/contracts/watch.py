"""What is looked at after a delivery: contracts that fall short, are used up early, or end."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.alerts.signal import Owner, Signal
from outlay.app.alerts.raising import raise_signal, settle
from outlay.app.contracts import contracts as use
from outlay.app.contracts import pricing, words
from outlay.app.watching import StepOutcome
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import display
from outlay.reports.document import Figure

if TYPE_CHECKING:
    from outlay.app.contracts.contracts import ContractStatus
    from outlay.app.workspace import Workspace

_KIND = "contract"


def watch(workspace: Workspace, now: datetime) -> StepOutcome:
    """One look at every contract: each matter is told once a term (of the price check, once a
    month), and its alert ends when the matter does."""
    raised = 0
    notes: list[str] = []
    for one in use.statuses(workspace, now):
        if one.problem:
            notes.append(f"{one.contract.name}: {one.problem}")
            continue
        signals = [*_burn(one), *_notice(one), *_prices(workspace, one, now, notes)]
        for signal in signals:
            raised += raise_signal(workspace, signal, now)
        told = {signal.subject for signal in signals}
        for matter, why in (
            ("burn", "it is on track again"),
            ("notice", "the notice is behind us"),
            ("prices", "what was charged is as agreed"),
        ):
            subject = f"{one.contract.name}/{matter}"
            if subject not in told:
                settle(workspace, "contract", subject, why, now)
    return StepOutcome("contracts", raised, tuple(notes))


def _signal(
    one: ContractStatus, matter: str, occurrence: str, title: str, severity: str,
    amount: Decimal | None = None, lines: tuple[str, ...] = (), figures: tuple[Figure, ...] = (),
) -> Signal:  # fmt: skip
    spec = one.contract.spec
    return Signal(
        kind="contract", subject=f"{one.contract.name}/{matter}", occurrence=occurrence,
        title=title, severity=severity, lines=lines, figures=figures,  # type: ignore[arg-type]
        link=f"/contracts/{one.contract.name}", amount=amount,
        currency=spec.currency if amount is not None else "",
        owner=Owner(spec.owner.value, spec.owner.tag) if spec.owner else None,
    )  # fmt: skip


def _burn(one: ContractStatus) -> list[Signal]:
    """A term that is heading short, or will be used up before its end."""
    term = one.present
    if term is None or term.state not in ("falls short", "exceeds"):
        return []
    short = term.state == "falls short"
    amount = term.shortfall if short else term.overage
    what = "falls short" if short else "will be used up before its end"
    figures = tuple(
        Figure(name, value, "money", one.contract.spec.currency)
        for name, value in (
            ("Owed", term.term.amount), ("Used", term.used), ("Outlook", term.outlook),
            ("Short" if short else "Beyond", amount),
        )
    )  # fmt: skip
    return [
        _signal(
            one, "burn", f"{term.term.from_}/{term.state}", f"{one.contract.title} {what}",
            "warning", amount, (words.sentence(one),), figures,
        )
    ]  # fmt: skip


def _notice(one: ContractStatus) -> list[Signal]:
    """Reminders of the notice: one for each of the days that were asked for."""
    end, renewal = one.ending, one.contract.spec.renewal
    if end.days_left <= 0 or end.notice_days_left < 0:
        return []
    due = [days for days in renewal.remind_days if end.notice_days_left <= days]
    if not due:
        return []
    nearest = min(due)
    severity = "critical" if nearest == min(renewal.remind_days) else "warning"
    title = f"{one.contract.title}: notice is due on {display.day(end.notice_on)}"
    return [_signal(one, "notice", f"{end.ends}/{nearest}", title, severity,
                    lines=(words.notice(one),))]  # fmt: skip


def _prices(
    workspace: Workspace, one: ContractStatus, now: datetime, notes: list[str]
) -> list[Signal]:
    """What was charged beyond what was agreed, in the last 90 days."""
    spec = one.contract.spec
    if not spec.prices or not spec.begins <= now.date() < spec.ends:
        return []
    try:
        found = pricing.report(workspace, one.contract, now)
    except (QueryError, LakeError) as error:
        notes.append(f"{one.contract.name}: its prices cannot be checked. {error}")
        return []
    too_high = [c for c in found.checks if c.verdict == "too high" and c.difference is not None]
    if not too_high:
        return []
    code, amount = max(found.overcharged, key=lambda pair: pair[1])
    lines = tuple(
        f"{c.charged.title}: {display.amount(c.difference, c.charged.currency)} "
        f"{c.charged.currency} more than agreed ({c.price.name})"
        for c in too_high[:5]
    )
    beyond = f"{display.amount(amount, code)} {code}"
    title = f"{one.contract.title}: {beyond} charged beyond what was agreed"
    signal = _signal(one, "prices", f"{now:%Y-%m}", title, "warning", amount, lines)
    return [signal if code == spec.currency else _in(signal, code)]


def _in(signal: Signal, currency: str) -> Signal:
    from dataclasses import replace

    return replace(signal, currency=currency)
