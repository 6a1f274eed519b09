"""What AWS's resources were measured at over a window, and what another size of them costs.

A resource that was not measured is not in these answers: detectors say that it cannot be judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.utilization_ids import BilledIds
from outlay.money.quotients import rounded
from outlay.savings.catalog import list_price
from outlay.savings.detectors.aws.parts import PROVIDER, Part, used
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.model import Evidence, Finding, Headroom, Insufficient

PEAK = ("p99", "p98", "maximum")
"""Statistics that tell how busy processors get, the one that counts first."""

FULL = ("maximum", "p99", "p98")
"""The same for memory, which breaks where it is full for a moment."""

HIGHEST = ("maximum", "p99")
"""Statistics by which a resource did nothing at all."""

LIVES = "NOT coalesce(map_contains(tags, 'aws:autoscaling:groupName'), false)"
"""SQL: the resource is no machine of an autoscaling group, which makes and ends machines itself.
Exports in FOCUS have null where there is no tag at all."""


@dataclass(frozen=True)
class Stat:
    """One statistic of a metric over the window: the highest and lowest of its periods, the
    highest sum of a day, the mean of its periods, and on how many days it was measured."""

    statistic: str
    highest: Decimal
    lowest: Decimal
    day: Decimal
    mean: Decimal
    days: int


class Measured:
    """Statistics by resource of the bill and metric."""

    def __init__(self, facts: Facts, metrics: Iterable[str], end: date, first: date,
                 parts: Iterable[Part]) -> None:  # fmt: skip
        known = list(parts)
        names = BilledIds((part.resource, part.account) for part in known)
        self._found: dict[tuple[str, str, str], Stat] = {}
        for row in _rows(facts, list(metrics), first, end):
            own = names.find(str(row["resource"]), str(row["account"] or ""))
            if own is None:
                continue
            self._found[own, str(row["metric"]), str(row["statistic"])] = Stat(
                str(row["statistic"]), Decimal(row["highest"]), Decimal(row["lowest"]),
                Decimal(row["day"]),
                rounded(Fraction(Decimal(row["total"])) / int(row["periods"]), 6),
                int(row["days"]),
            )  # fmt: skip

    def of(self, resource: str, metric: str, statistics: Sequence[str]) -> Stat | None:
        """The first of these statistics that a resource was measured by; the one of the most days
        where they differ in that."""
        found = [
            stat for one in statistics
            if (stat := self._found.get((resource, metric, one))) is not None
        ]  # fmt: skip
        return max(found, key=lambda stat: stat.days, default=None)


def measured(facts: Facts, metrics: Iterable[str], parts: Sequence[Part], days: int) -> Measured:
    """What `parts` were measured at in the last `days` whole days."""
    first, end = facts.window(days, PROVIDER)
    return Measured(facts, metrics, end, first, parts)


def _rows(facts: Facts, metrics: Sequence[str], first: date, end: date) -> list[dict[str, Any]]:
    return facts.rows(
        """WITH days AS (SELECT ResourceId AS resource, SubAccountId AS account, Metric AS metric,
            Statistic AS statistic, CAST(PeriodStart AS DATE) AS day_of, max(Value) AS highest,
            min(Value) AS lowest, sum(Value) AS total, count(Value) AS periods
            FROM utilization WHERE list_contains($metrics, Metric) AND PeriodStart >= $first
                AND PeriodStart < $end AND ResourceId IS NOT NULL AND Value IS NOT NULL
            GROUP BY ALL)
        SELECT resource, account, metric, statistic, max(highest) AS highest,
            min(lowest) AS lowest, max(total) AS day, sum(total) AS total,
            CAST(sum(periods) AS BIGINT) AS periods, count(DISTINCT day_of) AS days
        FROM days GROUP BY ALL ORDER BY ALL""",
        {"metrics": list(metrics), "first": first, "end": end},
    )


def lacks(stat: Stat | None, days: int, what: str, how: str) -> str:
    """What is missing of a metric, in words; '' where it was measured on `days` days."""
    if stat is None:
        return f"{what}: not measured ({how})"
    if stat.days < days:
        return f"{what}: measured on {stat.days} days, {days} are needed"
    return ""


def insufficient(detector: Detector, part: Part, missing: Iterable[str]) -> Insufficient:
    """That a resource cannot be judged, and what it costs a month."""
    return Insufficient(
        detector=detector.id, resource=part.resource,
        missing="; ".join(one for one in missing if one), provider=PROVIDER, account=part.account,
        currency=part.currency, monthly_cost=part.a_month(part.effective),
    )  # fmt: skip


def evidence_of(stat: Stat, metric: str, unit: str) -> Evidence:
    """A measured figure: the highest value of the window."""
    return Evidence(
        f"{metric}, highest", rounded(Fraction(stat.highest), 2), unit,
        f"{metric} {stat.statistic}, {stat.days} days",
    )  # fmt: skip


def with_headroom(one: Finding | None, headroom: Iterable[Headroom]) -> Finding | None:
    """The finding, with what is left after it."""
    return None if one is None else replace(one, headroom=tuple(headroom))


@dataclass(frozen=True)
class Quotient:
    """What another size costs for each unit of what this one costs, and where that is from."""

    value: Fraction
    source: str
    evidence: tuple[Evidence, ...]


class TypePrices:
    """List prices an hour of machines and database classes: the bill's own, else the
    catalogue's."""

    def __init__(self, facts: Facts, days: int) -> None:
        first, end = facts.window(days, PROVIDER)
        rows = facts.rows(
            f"""SELECT currency, region, operation, meter, sum(listed) AS cost,
                sum(quantity) AS hours FROM {used()}
            WHERE regexp_matches(meter, '^(BoxUsage|InstanceUsage|Multi-AZUsage):') AND NOT spot
            GROUP BY ALL HAVING sum(quantity) > 0 AND sum(listed) > 0""",
            {"first": first, "end": end},
        )
        self._known: Mapping[tuple[str, str, str, str], Fraction] = {
            (row["currency"], row["region"], row["operation"], row["meter"]): Fraction(row["cost"])
            / Fraction(row["hours"])
            for row in rows
        }

    def quotient(self, part: Part, target: str) -> Quotient | None:
        """What the type `target` costs for each unit of what the part's own costs at list; None
        where nobody knows. A region's level and a discount apply to both sides alike, and are in
        what the part costs now."""
        prefix, _, current = part.meter.partition(":")
        here = self._at(part, part.meter)
        there = self._at(part, f"{prefix}:{target}")
        if here and there:
            place = f"ListCost of this bill in {part.region or 'no region'}"
            return Quotient(there / here, "the bill's own list prices", (
                Evidence(f"list price of {current}", rounded(here, 6), f"{part.currency} an hour",
                         place),
                Evidence(f"list price of {target}", rounded(there, 6), f"{part.currency} an hour",
                         place),
            ))  # fmt: skip
        listed, wanted = list_price(current), list_price(target)
        if listed is None or wanted is None:
            return None
        source = f"AWS's list prices in N. Virginia of {listed.as_of}"
        return Quotient(Fraction(wanted.amount) / Fraction(listed.amount), source, (
            Evidence(f"list price of {current}", listed.amount, "USD an hour",
                     f"{listed.source}, {listed.as_of}"),
            Evidence(f"list price of {target}", wanted.amount, "USD an hour",
                     f"{wanted.source}, {wanted.as_of}"),
        ))  # fmt: skip

    def _at(self, part: Part, meter: str) -> Fraction | None:
        return self._known.get((part.currency, part.region, part.operation, meter))
