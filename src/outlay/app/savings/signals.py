"""What owners are told of recommendations: what is new and large, and what is overdue; once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from outlay.alerts.signal import Owner, Signal, SignalKind
from outlay.app.alerts.raising import raise_signal, settle
from outlay.app.savings.acting import store
from outlay.app.savings.listing import NOBODY, Row, Sought, recommendations
from outlay.app.savings.policy import policy
from outlay.app.savings.renewing import AUTHOR
from outlay.money import total
from outlay.money.display import day
from outlay.money.quotients import scaled
from outlay.reports.document import Figure
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

KIND: SignalKind = "saving"
_NAMED = 5
_CONDITIONS = 30
"""Conditions of one alert; of more it is told for the whole ledger only."""

Owned = tuple[str, str, str]
"""An owner: the virtual tag, its value, and the currency of what is told."""


def told(workspace: Workspace, new: Sequence[Recommendation], now: datetime) -> int:
    """Tell each owner of new recommendations above the policy's minimum, and of those that became
    overdue; gives how many alerts are new. What is no longer overdue leaves what is told."""
    listed = recommendations(workspace, Sought(), now)
    least = policy(workspace).alert_minimum
    fresh = {one.id for one in new}
    raised = 0
    for owned, rows in _groups(row for row in listed.rows if row.recommendation.id in fresh):
        large = [row for row in rows if row.net >= least]
        if large:
            raised += raise_signal(workspace, _signal(owned, large, "new", f"{now.date()}"), now)
    late = dict(_groups(row for row in listed.rows if row.overdue))
    for owned, rows in late.items():
        unheard = _unheard(workspace, rows, now)
        if unheard:
            raised += raise_signal(workspace, _signal(owned, rows, "overdue", unheard), now)
    for owned in _owners(workspace):
        if owned not in late:
            settle(workspace, KIND, _subject(owned, "overdue"), "nothing is overdue any more", now)
    return raised


def _groups(rows: Iterable[Row]) -> list[tuple[Owned, list[Row]]]:
    found: dict[Owned, list[Row]] = {}
    for row in rows:
        found.setdefault(_owned(row.recommendation), []).append(row)
    return sorted(found.items())


def _owned(one: Recommendation) -> Owned:
    return (one.owner_tag if one.owner else "", one.owner, one.currency)


def _owners(workspace: Workspace) -> list[Owned]:
    return sorted({_owned(one) for one in store(workspace).listed()})


def _subject(owned: Owned, what: str) -> str:
    tag, value, currency = owned
    return f"savings-{what}-{tag}-{value or NOBODY}-{currency}"


def _unheard(workspace: Workspace, rows: Sequence[Row], now: datetime) -> str:
    """What makes an alert of overdue ones another one: '' where all of them were told before.
    That they were told is noted with each."""
    keeping = store(workspace)
    fresh = []
    for row in rows:
        one = row.recommendation
        before = [step.detail.get("due") for step in keeping.steps(one.id, ("overdue",))]
        if f"{one.due_on}" not in before:
            fresh.append(one)
    if not fresh:
        return ""
    with keeping.changing() as books:
        for one in fresh:
            note = f"It was due on {one.due_on}."
            books.step(one.id, now, AUTHOR, "overdue", note=note, detail={"due": f"{one.due_on}"})
    return f"{now.date()}"


def _signal(owned: Owned, rows: Sequence[Row], what: str, occurrence: str) -> Signal:
    tag, value, currency = owned
    amount = total(row.net for row in rows)
    count = f"{len(rows)} recommendation{'s' if len(rows) > 1 else ''}"
    money = f"{scaled(amount, 2):,f} {currency} a month"
    title = f"{count} overdue, {money}" if what == "overdue" else f"{count} to save {money}"
    asked = {"owner": value or NOBODY, **({"late": "1"} if what == "overdue" else {})}
    return Signal(
        kind=KIND,
        subject=_subject(owned, what),
        occurrence=occurrence,
        title=f"{value}: {title}" if value else title,
        severity="warning" if what == "overdue" else "info",
        lines=tuple(_line(row) for row in rows[:_NAMED]) + _more(rows),
        figures=(Figure("To be saved a month", amount, currency=currency),),
        link=f"/savings?{urlencode(asked)}",
        amount=amount,
        currency=currency,
        owner=Owner(value, tag) if value else None,
        where=_where([row.recommendation for row in rows]),
    )


def _line(row: Row) -> str:
    one = row.recommendation
    due = f", due {day(one.due_on)}" if one.due_on else ""
    return f"{one.finding.title}: {scaled(row.net, 2):,f} {one.currency} a month{due}"


def _more(rows: Sequence[Row]) -> tuple[str, ...]:
    rest = len(rows) - _NAMED
    return (f"and {rest} more",) if rest > 0 else ()


def _where(found: Sequence[Recommendation]) -> str:
    """The condition on the charges of all of them; '' where it is not known of one."""
    wheres = list(dict.fromkeys(one.where for one in found))
    if "" in wheres or len(wheres) > _CONDITIONS:
        return ""
    return " OR ".join(f"({where})" for where in wheres)
