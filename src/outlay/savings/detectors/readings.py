"""What was measured of resources over a window: states, peaks and averages, by the bill's id.

A resource without a reading is in no answer here: callers say that it cannot be judged, and never
take it for idle.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.focus.utilization_ids import BilledIds
from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import Billed, Window
from outlay.savings.detectors.contract import Facts

STATES = ("maximum", "average", "sum")
"""Statistics by which a state (1 or 0) was never 1 where the highest of them is 0."""

PEAKS = ("p99", "p98", "p95", "maximum")
"""Statistics that tell a peak, the one that counts first. An average hides peaks and tells none."""

FILLS = ("maximum", "p99", "p98", "p95")
"""The same for what breaks when it is full for a moment, as memory does."""


@dataclass(frozen=True)
class Reading:
    """A metric of one resource: the highest and lowest value of its periods, by the statistic
    that counts, and on how many of the window's days it was measured."""

    statistic: str
    highest: Decimal
    lowest: Decimal
    days: int


def readings(
    facts: Facts,
    metric: str,
    window: Window,
    bills: Iterable[Billed],
    statistics: tuple[str, ...] = PEAKS,
) -> dict[str, Reading]:
    """The readings of a metric by ResourceId of `bills`, of the first of `statistics` that a
    resource was measured by."""
    found: dict[str, Reading] = {}
    rows = _rows(
        facts, metric, window, bills,
        "Statistic AS statistic, max(Value) AS highest, min(Value) AS lowest, "
        "count(DISTINCT CAST(PeriodStart AS DATE)) AS days",
    )  # fmt: skip
    for statistic in statistics:
        for resource, row in rows:
            if row["statistic"] == statistic:
                highest, lowest = Decimal(row["highest"]), Decimal(row["lowest"])
                found.setdefault(resource, Reading(statistic, highest, lowest, int(row["days"])))
    return found


def averages(
    facts: Facts, metric: str, window: Window, bills: Iterable[Billed]
) -> dict[str, Decimal]:
    """The mean of the averages of a metric by ResourceId, rounded once to nine decimals."""
    rows = _rows(
        facts, metric, window, bills,
        "Statistic AS statistic, sum(Value) AS total, count(Value) AS periods",
    )  # fmt: skip
    return {
        resource: rounded(Fraction(Decimal(row["total"])) / int(row["periods"]), 9)
        for resource, row in rows
        if row["statistic"] == "average"
    }


def _rows(
    facts: Facts, metric: str, window: Window, bills: Iterable[Billed], columns: str
) -> list[tuple[str, dict[str, Any]]]:
    """Aggregates by measured resource and statistic, each with the bill's id. An id with a path is
    one whatever its case, else by its kind, name and account (Google's bills have a machine's
    number where its monitoring has the name); a bare name is the one resource that ends with it."""
    ids: dict[str, str] = {}
    kinds: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in bills:
        ids[one.resource.lower()] = one.resource
        kind, last = _end(one.resource)
        for name in {last, one.name.lower()}:
            kinds.setdefault((kind, name), set()).add((one.account.lower(), one.resource))
    names = BilledIds((resource, "") for resource in ids.values())
    rows = facts.rows(
        f"""SELECT ResourceId AS resource, {columns}
        FROM utilization
        WHERE Metric = $metric AND PeriodStart >= $first AND PeriodStart < $end
            AND ResourceId IS NOT NULL AND Value IS NOT NULL
        GROUP BY ResourceId, Statistic ORDER BY ResourceId, Statistic""",
        {"metric": metric, **window.arguments},
    )
    found = []
    for row in rows:
        measured = str(row["resource"])
        own = ids.get(measured.lower())
        if own is None and "/" not in measured:
            own = names.find(measured)
        elif own is None:
            alike = {
                resource
                for account, resource in kinds.get(_end(measured), ())
                if account and f"/{account.strip('/')}/" in measured.lower()
            }
            own = alike.pop() if len(alike) == 1 else None
        if own is not None:
            found.append((own, row))
    return found


def _end(resource: str) -> tuple[str, str]:
    """The last two parts of an id, in small letters: ``("instances", "api-1")``."""
    parts = resource.lower().rstrip("/").split("/")
    return (parts[-2] if len(parts) > 1 else "", parts[-1])
