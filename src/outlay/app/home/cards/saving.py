"""Cards of saving: recommendations that are open, what was realised, KPIs, and contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from outlay.app.home import words
from outlay.app.home.model import Card, Figure, Line, Step, Tone
from outlay.money.display import month

if TYPE_CHECKING:
    from outlay.app.contracts.contracts import ContractStatus
    from outlay.app.home.asked import At
    from outlay.app.savings.listing import Listed, Row
    from outlay.savings.kpis import Kpi

_ROWS = 5
_SHOWN = ("savings-rate", "waste", "coverage", "utilisation", "realised", "time-to-act")
_CONTRACT_TONES: dict[str, Tone] = {
    "failed": "blocking", "falls short": "attention", "fell short": "attention",
    "exceeds": "attention", "unknown": "attention", "on track": "ok", "met": "ok",
    "met early": "ok",
}  # fmt: skip


# --- recommendations ------------------------------------------------------------------------------


def savings(at: At) -> Card | None:
    """What is open, the most money first; of an owner where the home is about one."""
    from outlay.app.savings.listing import Sought, last_look, recommendations

    owner = at.focus.value if at.focus else ""
    found = recommendations(at.workspace, Sought(owner=owner), at.asked.now)
    link = f"/savings?owner={quote(owner)}" if owner else "/savings"
    whose = f" of {owner}" if owner else ""
    if not found.rows:
        looked = last_look(at.workspace) if at.whole else None
        text = f"No recommendation{whose} is open."
        if at.whole and looked is None:
            text = "Nobody has looked for savings yet: the look after the next delivery does."
        return Card("savings", "Savings", text, link=link, link_text="Savings",
                    tone="ok" if looked else "")  # fmt: skip
    sums = ", ".join(words.amount(one.net, one.currency) for one in found.totals if one.net)
    count = words.counted(len(found.rows), "recommendation")
    text = f"{words.upper(count)}{whose} would cut the bill by {sums or 'nothing'} a month."
    if found.overdue:
        late = "One is" if found.overdue == 1 else f"{found.overdue} are"
        text += f" {late} overdue."
    rows = found.rows[:_ROWS]
    return Card(
        "savings", "Savings", text, link=link, link_text="All recommendations",
        figures=_totals(found),
        lines=tuple(_line(row) for row in rows),
        lines_title="Recommendation",
        steps=tuple(_step(row) for row in rows[:3]),
        tone="attention" if found.overdue else "",
    )  # fmt: skip


def _totals(found: Listed) -> tuple[Figure, ...]:
    return tuple(
        Figure("Open, net", one.net, "money", one.currency, "Net saving", "a month")
        for one in found.totals
    )


def _address(row: Row) -> str:
    return f"/savings/{row.recommendation.id}"


def _line(row: Row) -> Line:
    one = row.recommendation
    figure = Figure("Net saving", row.net, "money", one.currency, "Net saving", "a month")
    note = one.subject if one.subject not in one.finding.title else ""
    return Line(one.finding.title, _address(row), figure, note=note,
                tone="attention" if row.overdue else "")  # fmt: skip


def _step(row: Row) -> Step:
    one = row.recommendation
    text = f"{one.finding.title}: {words.amount(row.net, one.currency)} a month."
    return Step(text, _address(row), row.net, one.currency, urgent=row.overdue)


# --- what was realised ----------------------------------------------------------------------------


def realised(at: At) -> Card | None:
    """What was promised and what the bill shows of it, by month."""
    from outlay.app.realised.listing import ledger

    found = ledger(at.workspace)
    if not found.totals:
        waiting = found.waiting
        text = "Nothing that was recommended was measured on the bill yet."
        if waiting:
            text = f"{words.upper(words.counted(waiting, 'saving'))} will be measured on the bill."
        return Card("realised", "Realised savings", text, link="/realised",
                    link_text="Realised savings")  # fmt: skip
    parts = [
        f"{words.amount(one.realised, one.currency)} of {words.amount(one.promised, one.currency)}"
        for one in found.totals
    ]
    text = f"{words.listed(parts)} promised was realised on the bill."
    paces = [words.amount(one.month, one.currency) for one in found.pace]
    if paces:
        text += f" At the present pace it is {words.listed(paces)} a month."
    # Of each currency apart: amounts of several make no sum.
    short = any(one.missed > one.realised for one in found.totals)
    months = found.months[-_ROWS:]
    return Card(
        "realised", "Realised savings", text, link="/realised", link_text="The ledger",
        figures=tuple(
            Figure("Realised", one.realised, "money", one.currency, "Realised saving", good="up")
            for one in found.totals
        ),
        lines=tuple(
            Line(
                month(str(row.value)), "/realised",
                Figure("Realised", row.sums.realised, "money", row.sums.currency,
                       "Realised saving"),
                beside=(Figure("Promised", row.sums.promised, "money", row.sums.currency),),
            )
            for row in reversed(months)
        ),
        lines_title="Month",
        tone="attention" if short else "ok",
    )  # fmt: skip


# --- KPIs -----------------------------------------------------------------------------------------


def kpis(at: At) -> Card | None:
    """How well the practice saves: the KPIs in the workspace's currency."""
    from outlay.app.kpis.kpis import kpis as ask

    found = ask(at.workspace, now=at.asked.now)
    rate, waste = found.kpi("savings-rate"), found.kpi("waste")
    parts = []
    if rate.value is not None:
        parts.append(f"Commitments saved {words.percent(rate.value)} of what they could cover.")
    if waste.value is not None:
        parts.append(f"{words.percent(waste.value)} of cost is waste that is known.")
    text = " ".join(parts) or "Nothing can be measured yet."
    shown = [found.kpi(name) for name in _SHOWN]
    return Card(
        "kpis", "KPIs", text, link=f"/kpis?currency={found.currency}", link_text="All KPIs",
        figures=tuple(
            _kpi_figure(one) for one in shown if one.kind == "ratio" and one.value is not None
        ),
        lines=tuple(
            _kpi_line(one) for one in shown if one.kind == "days" and one.value is not None
        ),
        lines_title="KPI",
    )  # fmt: skip


def _kpi_figure(one: Kpi) -> Figure:
    return Figure(one.title, one.value, "ratio", None, one.title, "30 days", one.before,
                  good=one.good)  # fmt: skip


def _kpi_line(one: Kpi) -> Line:
    assert one.value is not None
    return Line(f"{one.title}: {one.value:f} days", one.link or "/kpis", note=one.formula)


# --- contracts ------------------------------------------------------------------------------------


def contracts(at: At) -> Card | None:
    """What is owed to vendors, and when notice is due."""
    from outlay.app.contracts.contracts import statuses
    from outlay.app.contracts.words import notice, sentence

    found = [one for one in statuses(at.workspace, at.asked.now) if one.ending.days_left > 0]
    if not found:
        return Card(
            "contracts", "Contracts", "No contract with a vendor is kept here.",
            link="/contracts", link_text="Contracts",
        )  # fmt: skip
    first = next((one for one in found if one.wants), found[0])
    return Card(
        "contracts", "Contracts", f"{first.contract.title}: {sentence(first)} {notice(first)}",
        link="/contracts", link_text="All contracts",
        lines=tuple(_contract_line(one) for one in found[:_ROWS]),
        lines_title="Contract",
        steps=tuple(
            Step(f"{one.contract.title}: {notice(one)}", f"/contracts/{one.contract.name}",
                 urgent=one.ending.notice_days_left <= 30)
            for one in found if "notice" in one.wants
        ),
        tone="attention" if any(one.wants for one in found) else "ok",
    )  # fmt: skip


def _contract_line(one: ContractStatus) -> Line:
    term, code = one.present, one.contract.spec.currency
    figure = None
    if term is not None:
        gap = term.shortfall if term.shortfall else term.overage
        name = "Short" if term.shortfall else "Beyond"
        # What it comes to is not known where nothing can be expected: that is no gap of nought.
        figure = None if gap is None else Figure(name, gap, "money", code, "Contract")
    return Line(
        one.contract.title, f"/contracts/{one.contract.name}", figure,
        note=f"{one.state}; notice by {words.day(one.ending.notice_on)}",
        tone=_CONTRACT_TONES.get(one.state, ""),
    )  # fmt: skip
