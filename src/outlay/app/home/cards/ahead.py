"""Cards of what is still to come: the month's outlook, and budgets against it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote

from outlay.app.home import addresses, words
from outlay.app.home.asked import COST
from outlay.app.home.model import Card, Figure, Line, Step, Tone
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import CostQuery
from outlay.query.codec import to_params

if TYPE_CHECKING:
    from outlay.app.forecasting.answer import Month, SeriesForecast
    from outlay.app.home.asked import At
    from outlay.app.planning.budgets import BudgetStatus

_MONTHS = 3
_BUDGETS = 6
_BAND = 80
_TITLE = "What it is heading for"
_TONES: dict[str, Tone] = {
    "over": "blocking", "failed": "blocking", "heading over": "attention", "ahead": "attention",
    "unknown": "attention", "on track": "ok", "kept": "ok",
}  # fmt: skip
_ORDER = ("failed", "over", "heading over", "unknown", "ahead", "on track", "kept")
_URGENT = ("over", "heading over")


# --- the outlook ----------------------------------------------------------------------------------


def outlook(at: At) -> Card | None:
    """What the month in hand and those after it are heading for; always of now, whatever month
    the home shows."""
    from outlay.app.forecasting.forecasting import forecast
    from outlay.app.forecasting.series import complete_until

    query = CostQuery(
        measures=(COST,), where=at.focus.where if at.focus else "", currency=at.currency
    )
    begin = complete_until(at.workspace, query, at.asked.now.date())
    answer = forecast(at.workspace, query, until=_after(begin, _MONTHS), now=at.asked.now)
    link = addresses.address("/forecast", **to_params(query))
    whole = answer.total(at.currency)
    months = [month for month in whole.months if month.whole] if whole else []
    if whole is None or whole.mean is None or not months:
        reason = answer.reason or (whole.reason if whole else "nothing was charged yet")
        return Card("outlook", _TITLE, f"There is no forecast: {reason}.", link=link)
    rows = [_month(at, whole, months, place) for place in range(len(months))]
    return Card(
        "outlook", _TITLE, _heading(at, whole, months[0]),
        link=link, link_text="Forecast",
        figures=(rows[0],),
        lines=tuple(
            Line(words.days_of(month.period), link, row, note=_band(month, at.currency))
            for month, row in zip(months, rows, strict=True)
        ),
        lines_title="Month",
        notes=(f"Method: {whole.method}; {whole.tried.words}.", *answer.notes),
    )  # fmt: skip


def _after(day: date, months: int) -> date:
    """The first day of the month so many months after that of a day."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _month(at: At, whole: SeriesForecast, months: list[Month], place: int) -> Figure:
    """A month's outlook, against the month before it."""
    one = months[place]
    before = (
        months[place - 1].outlook if place else whole.before.get(one.period.previous(), Decimal(0))
    )
    change = total((one.outlook, before.copy_negate()))
    return Figure(
        "Outlook", one.outlook, "money", at.currency, "Forecast", words.days_of(one.period),
        before, change, quotient(change, before) if before > 0 else None,
    )  # fmt: skip


def _band(month: Month, currency: str) -> str:
    low, high = month.bands[_BAND]
    return f"likely {words.amount(low, None)} to {words.amount(high, currency)}"


def _heading(at: At, whole: SeriesForecast, month: Month) -> str:
    """How the month in hand is likely to end."""
    subject = f"{at.focus.value}'s {words.days_of(month.period)}" if at.focus else (
        words.days_of(month.period)
    )  # fmt: skip
    text = (
        f"{subject} is heading for {words.amount(month.outlook, at.currency)}: "
        f"{words.amount(month.actual, at.currency)} so far, "
        f"{words.amount(month.forecast, at.currency)} still to come."
    )
    before = whole.before.get(month.period.previous())
    if before is None or before <= 0:
        return text
    ratio = quotient(total((month.outlook, before.copy_negate())), before)
    assert ratio is not None
    if words.is_small(ratio):
        return f"{text} That is about as much as {words.days_of(month.period.previous())}."
    way = "more" if ratio > 0 else "less"
    than = words.days_of(month.period.previous())
    return f"{text} That is {words.percent(abs(ratio))} {way} than {than}."


# --- budgets --------------------------------------------------------------------------------------


def budgets(at: At) -> Card | None:
    """Budgets in their present periods, those that need somebody first."""
    from outlay.app.planning.budgets import statuses

    own = [one for one in statuses(at.workspace, at.asked.now) if _is_own(at, one)]
    told = [one for one in own if one.state in _ORDER]
    if own and not told:
        count = words.counted(len(own), "budget")
        return Card(
            "budgets", "Budgets", f"Nothing is known yet of {count} in the present period.",
            link="/budgets", link_text="All budgets",
        )  # fmt: skip
    if not told:
        whose = f"{at.focus.value} has no budget" if at.focus else "There is no budget"
        return Card(
            "budgets", "Budgets", f"{whose} yet.", link="/budgets", link_text="Budgets",
            steps=(Step("Propose budgets from what the last periods cost.", "/budgets/_suggest"),),
        )  # fmt: skip
    told.sort(key=lambda one: _ORDER.index(one.state))
    return Card(
        "budgets", "Budgets", _standing(told),
        link="/budgets", link_text="All budgets",
        lines=tuple(_budget_line(one) for one in told[:_BUDGETS]),
        lines_title="Budget",
        steps=tuple(step for one in told if (step := _step(one)) is not None),
        tone=_TONES.get(told[0].state, ""),
        notes=tuple(f"{one.budget.title}: {one.problem}" for one in told if one.problem),
    )  # fmt: skip


def _is_own(at: At, one: BudgetStatus) -> bool:
    owner = one.budget.spec.owner
    return at.focus is None or (owner is not None and owner.value == at.focus.value)


def _standing(told: list[BudgetStatus]) -> str:
    """How many stand how."""
    count = words.counted(len(told), "budget")
    said = [
        f"{number} {'is' if number == 1 else 'are'} {text}"
        for state, text in (("over", "over"), ("heading over", "heading over"),
                            ("ahead", "ahead of the month"), ("failed", "not known"),
                            ("unknown", "not wholly known"))
        if (number := sum(1 for one in told if one.state == state))
    ]  # fmt: skip
    if not said:
        return f"{words.upper(count)}, all within {'its' if len(told) == 1 else 'their'} amounts."
    return f"Of {count}, {words.listed(said)}."


def _budget_line(one: BudgetStatus) -> Line:
    link = f"/budgets/{quote(one.budget.name)}"
    tone = _TONES.get(one.state, "")
    if one.status is None:
        return Line(one.budget.title, link, note=one.state, tone=tone)
    status, currency = one.status, one.budget.spec.currency
    label = status.period.title
    return Line(
        one.budget.title, link,
        Figure("Actual", status.actual, "money", currency, "Actual", label),
        beside=(Figure("Amount", status.amount, "money", currency, "Budget", label),),
        note=one.state, tone=tone,
    )  # fmt: skip


def _step(one: BudgetStatus) -> Step | None:
    """What is to be looked at of a budget that is over, or heading there."""
    if one.state not in _URGENT or one.status is None or one.status.amount is None:
        return None
    currency, link = one.budget.spec.currency, f"/budgets/{quote(one.budget.name)}"
    over = one.state == "over"
    by = one.status.remaining if over else one.status.forecast_left
    if by is None:
        return None
    size = by.copy_abs()
    said = "over its budget" if over else "forecast to be over its budget"
    text = (
        f"{one.budget.title} is {said} for {one.status.period.title} by "
        f"{words.amount(size, currency)}."
    )
    return Step(text, link, size, currency, urgent=over)
