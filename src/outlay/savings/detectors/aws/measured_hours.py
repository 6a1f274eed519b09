"""Machines of lower environments that do nothing at the same hours of every week."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.sql import quoted
from outlay.focus.utilization_ids import BilledIds
from outlay.money.quotients import rounded
from outlay.savings.detectors.aws.measured import LIVES, insufficient
from outlay.savings.detectors.aws.parts import (
    PROVIDER,
    Part,
    cost_of,
    found,
    metered,
    parts,
    seen,
    used,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Insufficient

WEEK = 168
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass
class _Slots:
    """Hours of the week (0 is Monday 00:00 UTC): how often each was measured, and how often it
    was busy then. `cpu` and `network` say whether both were measured."""

    measured: dict[int, int] = field(default_factory=dict)
    busy: dict[int, int] = field(default_factory=dict)
    days: int = 0

    def idle(self, least: int) -> list[int]:
        """Hours of the week that were measured so often and were never busy."""
        return [
            slot for slot, times in sorted(self.measured.items())
            if times >= least and not self.busy.get(slot)
        ]  # fmt: skip

    def share(self, slots: list[int]) -> Fraction:
        """What part of all hours that were measured lies in these."""
        total = sum(self.measured.values())
        return Fraction(sum(self.measured[slot] for slot in slots), total) if total else Fraction(0)


def _schedule(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    detector = HOURS
    if not facts.environment:
        return  # nobody has said what production is
    lower = _environments(facts, settings.text("lower_environments"))
    where = f"resource <> '' AND NOT spot AND code = 'AmazonEC2' AND {LIVES}"
    billed = [
        part for part in parts(facts, "^BoxUsage:", detector.window_days, where=where)
        if (part.account, part.resource) in lower and part.there
        and part.span >= detector.minimum_days
    ]  # fmt: skip
    known = _slots(facts, billed, settings)
    times = int(settings.number("least_weeks"))
    for part in billed:
        if part.a_month(part.falls) < settings.minimum_saving:
            continue
        slots = known.get(part.resource)
        if slots is None or slots.days < detector.minimum_days:
            missing = (
                "processors by the hour: not measured (their maximum)" if slots is None
                else f"processors by the hour: measured on {slots.days} days, "
                f"{detector.minimum_days} are needed"
            )  # fmt: skip
            yield insufficient(detector, part, (missing,))
            continue
        one = _finding(part, lower[part.account, part.resource], slots, times, settings)
        if one:
            yield one


def _finding(
    part: Part, environment: str, slots: _Slots, times: int, settings: Settings
) -> Finding | None:
    idle = slots.idle(times)
    if len(idle) < int(settings.number("least_idle_hours")):
        return None
    off = slots.share(idle)
    return found(
        HOURS, part, rounded(Fraction(part.falls) * off * MONTH_DAYS / part.span, 2),
        f"Stop {part.called} ({environment}) when it does nothing: {len(idle)} hours a week",
        f"{rounded(off * 100, 1)} % of its hours were idle in every week, {part.span} days",
        saving_list=rounded(Fraction(part.listed) * off * MONTH_DAYS / part.span, 2),
        where=metered(part, "BoxUsage:%"),
        current="runs all week", recommended=f"stopped {words(idle)} (UTC)",
        evidence=(
            cost_of(part), seen(part),
            Evidence("idle hours of the week", Decimal(len(idle)), f"of {WEEK}", "cpu by the hour"),
            Evidence("share of its hours", rounded(off * 100, 2), "percent", "cpu by the hour"),
        ),
        reasons=(f"below {settings.number('cpu_most').normalize():f} % of the processors in these "
                 f"hours of every week measured ({slots.days} days)",),
        detail={"idle_hours": idle},
    )  # fmt: skip


def words(slots: list[int]) -> str:
    """Hours of the week as runs of words: ``Mon 00–07, Fri 19–Mon 07``; the first eight runs."""
    runs: list[tuple[int, int]] = []
    for slot in slots:
        if runs and runs[-1][1] == slot:
            runs[-1] = (runs[-1][0], slot + 1)
        else:
            runs.append((slot, slot + 1))
    if len(runs) > 1 and runs[0][0] == 0 and runs[-1][1] == WEEK:
        runs[-1] = (runs[-1][0], WEEK + runs.pop(0)[1])  # a run goes on over Sunday night
    told = [f"{_at(first)}–{_at(end, after=first)}" for first, end in runs[:8]]
    return ", ".join(told) + (" and more" if len(runs) > 8 else "")


def _at(slot: int, *, after: int | None = None) -> str:
    day, hour = divmod(slot, 24)
    if after is not None and after // 24 == day:
        return f"{hour:02d}"
    if after is not None and hour == 0 and after // 24 == day - 1:
        return "24"
    return f"{_DAYS[day % 7]} {hour:02d}"


def _slots(facts: Facts, billed: list[Part], settings: Settings) -> dict[str, _Slots]:
    """By resource, from maxima (else averages) of an hour or less."""
    first, end = facts.window(HOURS.window_days, PROVIDER)
    rows: list[dict[str, Any]] = facts.rows(
        """WITH hours AS (SELECT ResourceId AS resource, SubAccountId AS account,
                date_trunc('hour', PeriodStart) AS hour, max(Value) AS cpu
            FROM utilization WHERE Metric = 'cpu' AND Statistic = 'maximum'
                AND PeriodEnd - PeriodStart <= INTERVAL 1 HOUR AND PeriodStart >= $first
                AND PeriodStart < $end AND ResourceId IS NOT NULL
            GROUP BY ALL)
        SELECT resource, account, (isodow(hour) - 1) * 24 + extract('hour' FROM hour) AS slot,
            count(*) AS times, count(*) FILTER (cpu >= $most) AS busy,
            list(DISTINCT CAST(hour AS DATE)) AS days
        FROM hours GROUP BY ALL ORDER BY ALL""",
        {"first": first, "end": end, "most": settings.number("cpu_most")},
    )
    names = BilledIds((part.resource, part.account) for part in billed)
    found_: dict[str, _Slots] = {}
    days: dict[str, set[Any]] = {}
    for row in rows:
        own = names.find(str(row["resource"]), str(row["account"] or ""))
        if own is None:
            continue
        one = found_.setdefault(own, _Slots())
        slot = int(row["slot"])
        one.measured[slot] = one.measured.get(slot, 0) + int(row["times"])
        one.busy[slot] = one.busy.get(slot, 0) + int(row["busy"])
        days.setdefault(own, set()).update(row["days"])
    for resource, seen_ in days.items():
        found_[resource].days = len(seen_)
    return found_


def _environments(facts: Facts, lower: str) -> dict[tuple[str, str], str]:
    """(account, resource) → its environment, where that is not production."""
    first, end = facts.window(HOURS.window_days, PROVIDER)
    rows = facts.rows(
        f"""SELECT account, resource, max_by(environment, day) AS environment
        FROM {used(more=f"{quoted(facts.environment)} AS environment")}
        WHERE resource <> '' AND starts_with(meter, 'BoxUsage:') GROUP BY account, resource
        HAVING regexp_matches(lower(max_by(environment, day)), $lower)""",
        {"first": first, "end": end, "lower": lower},
    )
    return {(str(r["account"] or ""), str(r["resource"])): str(r["environment"]) for r in rows}


HOURS = Detector(
    id="aws-schedule",
    title="Lower environments that do nothing at the same hours of every week",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily", "utilization"),
    window_days=28,
    minimum_days=14,
    predicate="A machine of an environment that is not production, by the virtual tag of "
    "environments, is below 5 % of its processors at the same hours of every week measured, and "
    "these are at least 40 of the week's 168.",
    formula="What the machine cost outside commitments × the share of its measured hours that lie "
    "in those hours of the week.",
    verification="The machine's hours fall by the hours of the schedule.",
    action="Schedule",
    group="hours",
    effort="Low",
    confidence="high",
    find=_schedule,
    restart=True,
    risk="Jobs that run at night without load of the processors are stopped too.",
    metrics=("cpu",),
    exclusions=(
        "spot machines, and machines of autoscaling groups",
        "machines whose environment nobody knows",
        "hours of the week that were measured only once: one idle night is no habit",
    ),
    parameters=(
        Parameter("lower_environments", "^(dev|test|qa|uat|stag|sandbox|non.?prod|research|lab)",
                  "Environments that are not production, as a regular expression of RE2"),
        Parameter("cpu_most", Decimal(5), "From this load of its processors on it works",
                  "percent", least=Decimal(1), most=Decimal(20)),
        Parameter("least_idle_hours", Decimal(40), "How many hours of the week must be idle",
                  "hours", least=Decimal(1), most=Decimal(168)),
        Parameter("least_weeks", Decimal(2), "In how many weeks an hour must be measured", "weeks",
                  least=Decimal(2), most=Decimal(4)),
    ),
    source="OptScale instances_for_shutdown (168 hours of the week)",
)  # fmt: skip

DETECTORS = (HOURS,)
