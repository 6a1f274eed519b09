"""Machines of no production that run day and night: what switching them off would save."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.focus.sql import quoted
from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import Billed, Window, billed, finding, lacking, part
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import Evidence, Finding, Insufficient

WEEK = 168
"""Hours of a week."""

SCHEDULE = (
    Parameter(
        "environments", "dev, development, test, testing, qa, staging, stage, sandbox, research",
        "Values of the virtual tag of environments that are no production, with commas between",
    ),
    Parameter("hours_a_week", Decimal(60),
              "How long it is to run: 60 hours are 12 on each working day", "hours",
              least=Decimal(1), most=Decimal(160)),
    Parameter("least_hours_a_day", Decimal(23), "A day on which it ran so long is a whole one",
              "hours", least=Decimal(12), most=Decimal(24)),
)  # fmt: skip


@dataclass(frozen=True)
class Running:
    """How a provider bills machines: `what` takes their charges, `measure` is the column of hours,
    `by` columns that `units` reads how many hours of it one hour of a machine makes (None: the
    bill does not tell), and `after` what an hour costs after fewer of them are run."""

    what: str
    measure: str
    by: tuple[str, ...] = ()
    units: Callable[[Billed], int | None] = lambda one: 1
    after: Callable[[Billed], Decimal] = lambda one: one.open
    where: Callable[[Billed], str] = lambda one: one.where()


def schedules(
    detector: Detector, facts: Facts, settings: Settings, window: Window, running: Running
) -> Iterator[Finding | Insufficient]:
    """Machines of the named environments that ran whole days on every day of the window.

    Without a virtual tag of environments nothing is known to be no production: nothing is found.
    """
    if not facts.environment:
        return
    tag = quoted(facts.environment)
    names = ", ".join(f"'{name}'" for name in _names(settings.text("environments")))
    if not names:
        return
    what = f"{running.what} AND lower({tag}) IN ({names})"
    by = (*running.by, facts.environment)
    days = _whole_days(facts, detector.provider, window, what, running.measure)
    for one in billed(facts, detector.provider, window, what, by=by, measure=running.measure):
        if one.span(window) < detector.minimum_days or not one.still(window) or one.open <= 0:
            continue
        units = running.units(one)
        if units is None:
            yield lacking(detector, one, window, "how many processors the machine has")
            continue
        least = settings.number("least_hours_a_day") * units
        if one.days < one.span(window) or days[one.resource, one.currency] < least:
            continue  # it rests already
        yield from _found(detector, settings, window, one, units, running, facts.environment)


def _found(
    detector: Detector,
    settings: Settings,
    window: Window,
    one: Billed,
    units: int,
    running: Running,
    tag: str,
) -> Iterator[Finding]:
    span = one.span(window)
    hours = Fraction(one.quantity) / units  # of the machine, in the span
    wanted = Fraction(settings.number("hours_a_week")) * span / 7
    # What stays is at the price that the fewer hours have; what is saved is the rest of the cost.
    stays = Fraction(running.after(one)) * wanted / hours
    rest = Fraction(one.open) - stays
    if rest <= 0:
        return
    saving = part(one.open, rest / Fraction(one.open), span)
    week = settings.number("hours_a_week")
    yield from finding(
        detector, one, window,
        title=f"Run {one.name} {week} hours a week instead of all {WEEK}",
        saving=saving,
        saving_list=part(one.open_list, 1 - wanted / hours, span),
        current=f"{WEEK} hours a week", recommended=f"{week} hours a week",
        where=running.where(one),
        evidence=(
            Evidence("Hours that it ran in the window", rounded(hours, 3), "hours",
                     running.measure),
            Evidence("Hours that it would have run", rounded(wanted, 3), "hours",
                     "parameter hours_a_week"),
        ),
        reasons=(f"{tag} is {one.more[tag]}: no production",
                 f"it ran all hours of every one of {span} days, weekends too"),
    )  # fmt: skip


def _names(text: str) -> list[str]:
    return [name.strip().lower().replace("'", "''") for name in text.split(",") if name.strip()]


def _whole_days(
    facts: Facts, provider: str, window: Window, what: str, measure: str
) -> dict[tuple[str, str], Decimal]:
    """The fewest hours that each machine ran on a day on which it ran at all."""
    rows = facts.rows(
        f"""SELECT resource, currency, min(hours) AS least FROM (
            SELECT ResourceId AS resource, BillingCurrency AS currency, ChargeDay,
                coalesce(sum({measure}), 0) AS hours
            FROM daily WHERE ServiceProviderName = $provider AND ChargeDay >= $first
                AND ChargeDay < $end AND ChargeCategory = 'Usage' AND ResourceId IS NOT NULL
                AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused' AND ({what})
            GROUP BY ALL) GROUP BY ALL ORDER BY ALL""",
        {"provider": provider, **window.arguments},
    )
    return {(str(r["resource"]), str(r["currency"])): Decimal(r["least"]) for r in rows}
