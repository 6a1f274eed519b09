"""Machines and databases of lower environments that run when nobody works."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.sql import quoted
from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.parts import (
    CHARGED,
    METER,
    PROVIDER,
    Part,
    cost_of,
    found,
    metered,
    parts,
    used,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_METERS = "^(BoxUsage|InstanceUsage|Multi-AZUsage):"
_HOURS_A_WEEK = 168


def _schedule(facts: Facts, settings: Settings) -> Iterator[Finding]:
    detector = HOURS
    if not facts.environment:
        return  # nobody has said what production is
    lower = _environments(facts, settings)
    outside = _outside(facts, settings)
    for part in parts(
        facts, _METERS, detector.window_days, where="resource <> '' AND NOT spot", by=("meter",)
    ):
        name = lower.get((part.account, part.resource))
        if name is None or not part.there or part.span < detector.minimum_days:
            continue
        one = _finding(part, name, outside.get((part.account, part.resource)), settings)
        if one:
            yield one


def _finding(
    part: Part, environment: str, outside: Fraction | None, settings: Settings
) -> Finding | None:
    allowed = Fraction(settings.number("office_hours_a_week"))
    weekly = Fraction(part.quantity) * 7 / part.span
    if weekly < Fraction(settings.number("least_hours_a_week")) or weekly <= allowed:
        return None
    off = outside if outside is not None else 1 - allowed / weekly
    if off <= 0:
        return None
    source = "hourly charges" if outside is not None else "hours a day: the bill has no hours"
    return found(
        HOURS,
        part,
        rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
        f"Stop {part.called} ({environment}) at nights and weekends",
        f"{rounded(off * 100, 1)} % of its hours outside commitments, {part.span} days",
        saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
        where=metered(part, part.meter),
        current=f"{rounded(weekly, 1)} of {_HOURS_A_WEEK} hours a week",
        recommended=f"{rounded(weekly * (1 - off), 1)} of {_HOURS_A_WEEK} hours a week",
        evidence=(
            cost_of(part),
            Evidence("hours", part.quantity, "hours in the window", "ConsumedQuantity"),
            Evidence("hours a week", rounded(weekly, 2), "hours", "ConsumedQuantity"),
            Evidence("not needed", rounded(off * 100, 2), "% of its hours", source),
        ),
        confidence=None if outside is not None else "medium",
        reasons=() if outside is not None else (source,),
    )


def _environments(facts: Facts, settings: Settings) -> dict[tuple[str, str], str]:
    """(account, resource) → its environment, where that is not production."""
    first, end = facts.window(HOURS.window_days, PROVIDER)
    named = quoted(facts.environment)
    rows = facts.rows(
        f"""SELECT account, resource, max_by(environment, day) AS environment
        FROM {used(more=f"{named} AS environment")}
        WHERE resource <> '' AND regexp_matches(meter, $meters) GROUP BY account, resource
        HAVING regexp_matches(lower(max_by(environment, day)), $lower)""",
        {
            "first": first,
            "end": end,
            "meters": _METERS,
            "lower": settings.text("lower_environments"),
        },
    )
    return {(str(r["account"] or ""), str(r["resource"])): str(r["environment"]) for r in rows}


def _outside(facts: Facts, settings: Settings) -> dict[tuple[str, str], Fraction]:
    """(account, resource) → the share of its hours outside of office hours, where the bill has
    hours: lines of one hour each."""
    first, end = facts.window(HOURS.window_days, PROVIDER)
    begins = int(settings.number("office_begins"))
    length = int(settings.number("office_hours_a_week")) // 5
    local = f"(ChargePeriodStart + INTERVAL ({int(settings.number('utc_offset'))}) HOUR)"
    rows: list[dict[str, Any]] = facts.rows(
        f"""SELECT SubAccountId AS account, ResourceId AS resource,
            sum(ConsumedQuantity) AS hours, coalesce(sum(ConsumedQuantity) FILTER (
                isodow({local}) >= 6 OR (hour({local}) + 24 - {begins}) % 24 >= {length}), 0)
                AS outside
        FROM charges WHERE {CHARGED} AND CAST(ChargePeriodStart AS DATE) >= $first
            AND CAST(ChargePeriodStart AS DATE) < $end AND ResourceId IS NOT NULL
            AND regexp_matches({METER}, $meters)
        GROUP BY ALL HAVING sum(ConsumedQuantity) > 0
            AND max(ChargePeriodEnd - ChargePeriodStart) <= INTERVAL 1 HOUR""",
        {"first": first, "end": end, "meters": _METERS},
    )
    return {
        (str(row["account"] or ""), str(row["resource"])): Fraction(row["outside"])
        / Fraction(row["hours"])
        for row in rows
    }


HOURS = Detector(
    id="aws-nonproduction-hours",
    title="Lower environments that run at nights and weekends",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "charges"),
    window_days=28,
    minimum_days=14,
    predicate="A machine (EC2) or database (RDS) of an environment that is not production, by the "
    "virtual tag of environments, runs for more hours a week than the parameter says.",
    formula="What its hours cost outside commitments × the share of them outside of office hours: "
    "by the hour where the bill has hours (weekends, and hours of the day outside), else "
    "1 − office hours a week ÷ its hours a week.",
    verification="The hours of the resource fall to the office hours.",
    action="Schedule",
    group="hours",
    effort="Low",
    confidence="high",
    find=_schedule,
    restart=True,
    risk="Nightly jobs and tests that run there do not run; databases of RDS start again after "
    "seven days.",
    exclusions=(
        "spot machines",
        "resources whose environment nobody knows",
        "storage, which is paid while a machine is stopped",
    ),
    parameters=(
        Parameter(
            "lower_environments",
            "^(dev|develop|development|test|testing|qa|uat|stage|staging|sandbox|preview|demo)$",
            "a regular expression that an environment's name in lower case matches",
        ),
        Parameter(
            "office_hours_a_week", Decimal(60), "the hours a week that are needed, Monday to "
            "Friday", "hours", Decimal(5), Decimal(120),
        ),
        Parameter(
            "office_begins", Decimal(7), "the hour at which the day begins, where the bill has "
            "hours", "o'clock", Decimal(0), Decimal(23),
        ),
        Parameter(
            "utc_offset", Decimal(0), "hours that the office is ahead of UTC", "hours",
            Decimal(-12), Decimal(14),
        ),
        Parameter(
            "least_hours_a_week", Decimal(100), "resources that run for less are left out",
            "hours", Decimal(1), Decimal(168),
        ),
    ),
    source="OptScale instances_for_shutdown; Cloud Custodian offhours",
)  # fmt: skip

DETECTORS = (HOURS,)
