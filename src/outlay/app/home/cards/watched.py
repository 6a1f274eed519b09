"""Cards of what is watched: anomalies that want a look, and plans against what came."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from outlay.app.home import words
from outlay.app.home.model import Card, Figure, Line, Step, Tone
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.planning.plans.results import ToDate

if TYPE_CHECKING:
    from outlay.app.anomalies.events import Event
    from outlay.app.home.asked import At
    from outlay.planning.plans.results import Outlook

_EVENTS = 5
_DAYS = 60
"""Events that began before so many days are on their own page alone."""
_TONES: dict[str, Tone] = {"critical": "blocking", "warning": "attention", "info": ""}


# --- anomalies ------------------------------------------------------------------------------------


def anomalies(at: At) -> Card | None:
    """Events that nobody has dealt with, those that go on first, then the largest."""
    from outlay.app.anomalies.detecting import runs
    from outlay.app.anomalies.listing import Sought, anomalies
    from outlay.app.anomalies.watching import watching

    owner = at.focus.value if at.focus else ""
    found = anomalies(at.workspace, Sought(owner=owner, days=_DAYS), at.asked.now)
    link = f"/anomalies?owner={quote(owner)}" if owner else "/anomalies"
    events = found.events
    if not events:
        known = watching(at.workspace)
        if known.failed is not None:
            return Card(
                "anomalies", "Anomalies", known.doubt,
                link=link, link_text="Anomalies", tone="attention",
            )  # fmt: skip
        looked = runs(at.workspace, 1) if at.whole and not known.short else []
        since = ", ".join(
            f", looked for at {run.at:%H:%M} on {words.day(run.at.date())}" for run in looked
        )
        whose = f" of {owner}" if owner else ""
        return Card(
            "anomalies", "Anomalies",
            f"No anomaly{whose} wants a look{since}.",
            link=link, link_text="Anomalies", tone="ok" if looked else "",
        )  # fmt: skip
    shown = events[:_EVENTS]
    first = events[0]
    text = f"{words.upper(words.counted(len(events), 'anomaly', 'anomalies'))} "
    text += "wants a look." if len(events) == 1 else "want a look."
    return Card(
        "anomalies", "Anomalies", f"{text} {first.sentence} {first.driver}".strip(),
        link=link, link_text="All anomalies",
        figures=(
            *(Figure("Above expected", amount, "money", code, "Impact") for code, amount in
              found.above),
            *(Figure("Below expected", amount, "money", code, "Impact") for code, amount in
              found.below),
        ),
        lines=tuple(_event_line(one) for one in shown),
        lines_title="Anomaly",
        steps=tuple(
            Step(f"Look at {one.title}: {_in_words(one)}.", _address(one),
                 one.impact.copy_abs(), one.currency, urgent=one.severity == "critical")
            for one in shown if one.severity != "info"
        ),
        tone=_TONES.get(first.severity, ""),
    )  # fmt: skip


def _event_line(event: Event) -> Line:
    impact = Figure("Impact", event.impact, "money", event.currency, "Impact", _when(event))
    return Line(
        event.title, _address(event), impact, note=_when(event),
        tone=_TONES.get(event.severity, ""),
    )  # fmt: skip


def _in_words(event: Event) -> str:
    side = "above" if event.impact > 0 else "below"
    return f"{words.size(event.impact, event.currency)} {side} what was expected, {_when(event)}"


def _when(event: Event) -> str:
    if event.ongoing:
        return f"since {words.day(event.range.start)}"
    return words.days(event.range)


def _address(event: Event) -> str:
    return f"/anomalies/{event.id}"


# --- plans ----------------------------------------------------------------------------------------


def plan(at: At) -> Card | None:
    """Approved plans: the months that are over against them, and where the year is heading."""
    from outlay.app.planning.plan_outlook import outlook
    from outlay.app.planning.plans import plans

    kept = [one for one in plans(at.workspace) if one.approved is not None]
    if not kept:
        return Card(
            "plan", "Plan", "No plan is approved yet.", link="/plans", link_text="Plans",
            steps=(Step("Plan the year from a forecast.", "/plans"),),
        )  # fmt: skip
    told = [(one.name, one.title, outlook(at.workspace, one.name, now=at.asked.now))
            for one in kept]  # fmt: skip
    name, title, first = told[0]
    return Card(
        "plan", "Plan", _year(title, first),
        link=f"/plans/{quote(name)}", link_text="The plan",
        figures=_figures(first),
        lines=tuple(
            Line(each, f"/plans/{quote(key)}", _against(found.total.year, found, "Latest estimate"))
            for key, each, found in told
        ),
        lines_title="Plan",
        steps=tuple(
            Step(f"{each} is heading {words.size(found.total.year.variance, found.frame.currency)} "
                 f"{'over' if found.total.year.variance > 0 else 'under'} its plan, beyond its "
                 "tolerance.", f"/plans/{quote(key)}", found.total.year.variance.copy_abs(),
                 found.frame.currency)
            for key, each, found in told if found.beyond
        ),
        notes=first.notes,
        tone="attention" if any(found.beyond for *_, found in told) else "ok",
    )  # fmt: skip


def _figures(found: Outlook) -> tuple[Figure, ...]:
    """The year as things stand, and the months that are over, each against the plan."""
    over = [at for at, state in enumerate(found.states) if state == "complete"]
    row = found.total
    year = _against(row.year, found, "Latest estimate")
    if not over:
        return (year,)
    so_far = ToDate(
        total([row.planned[at] for at in over]), total([row.estimate[at] for at in over])
    )
    return year, _against(so_far, found, "Months that are over")


def _against(sums: ToDate, found: Outlook, label: str) -> Figure:
    """An amount with the plan as what it is compared with."""
    return Figure(
        label, sums.actual, "money", found.frame.currency, "Latest estimate",
        f"against {words.amount(sums.planned, found.frame.currency)} planned",
        sums.planned, sums.variance,
        quotient(sums.variance, sums.planned) if sums.planned > 0 else None,
    )  # fmt: skip


def _year(title: str, found: Outlook) -> str:
    year, currency = found.total.year, found.frame.currency
    said = f"{title} is heading for {words.amount(year.actual, currency)}"
    if not year.variance:
        return f"{said}, as planned."
    side = "above" if year.variance > 0 else "below"
    share = quotient(year.variance.copy_abs(), year.planned) if year.planned > 0 else None
    part = f" ({words.percent(share)})" if share is not None else ""
    return f"{said}, {words.size(year.variance, currency)}{part} {side} plan."
