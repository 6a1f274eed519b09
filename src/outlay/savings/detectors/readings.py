"""What was measured of resources over a window: states and peaks, each with how many days it is of.

A resource without a reading is in no answer here: callers say that it cannot be judged, and never
take it for idle. Ids are compared without case, since tools and bills spell them differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import Window
from outlay.savings.detectors.contract import Facts

PEAKS = ("p99", "p98", "p95", "maximum")
"""Statistics that tell a peak, the one that counts first. An average hides peaks and tells none."""


@dataclass(frozen=True)
class Reading:
    """A metric of one resource: the highest and lowest value of its periods, by the statistic
    that counts, and on how many of the window's days it was measured."""

    statistic: str
    highest: Decimal
    lowest: Decimal
    days: int


def readings(
    facts: Facts, metric: str, window: Window, statistics: tuple[str, ...]
) -> dict[str, Reading]:
    """The readings of a metric by resource (lower case), of the first of `statistics` that the
    resource was measured by."""
    found: dict[str, Reading] = {}
    rows = facts.rows(
        """SELECT lower(ResourceId) AS resource, Statistic AS statistic, max(Value) AS highest,
            min(Value) AS lowest, count(DISTINCT CAST(PeriodStart AS DATE)) AS days
        FROM utilization
        WHERE Metric = $metric AND PeriodStart >= $first AND PeriodStart < $end
            AND ResourceId IS NOT NULL AND Value IS NOT NULL
        GROUP BY ALL ORDER BY ALL""",
        {"metric": metric, **window.arguments},
    )
    for statistic in statistics:
        for row in rows:
            if row["statistic"] == statistic:
                one = Reading(
                    statistic, Decimal(row["highest"]), Decimal(row["lowest"]), int(row["days"])
                )
                found.setdefault(str(row["resource"]), one)
    return found


def peaks(facts: Facts, metric: str, window: Window) -> dict[str, Reading]:
    """The peaks of a metric by resource (lower case)."""
    return readings(facts, metric, window, PEAKS)


def states(facts: Facts, metric: str, window: Window) -> dict[str, Reading]:
    """A state (1 or 0) by resource (lower case): `highest` is 0 where it never was."""
    return readings(facts, metric, window, ("maximum", "average", "sum"))


def averages(facts: Facts, metric: str, window: Window) -> dict[str, Decimal]:
    """The mean of the averages of a metric by resource (lower case), exact to nine decimals."""
    rows = facts.rows(
        """SELECT lower(ResourceId) AS resource, sum(Value) AS total, count(Value) AS periods
        FROM utilization
        WHERE Metric = $metric AND Statistic = 'average' AND PeriodStart >= $first
            AND PeriodStart < $end AND ResourceId IS NOT NULL AND Value IS NOT NULL
        GROUP BY ALL ORDER BY ALL""",
        {"metric": metric, **window.arguments},
    )
    return {
        str(row["resource"]): rounded(Fraction(Decimal(row["total"])) / int(row["periods"]), 9)
        for row in rows
    }
