"""What is left of a resource: before it is made smaller, and whether it is still enough after.

A change regressed performance when the resource is short of something that it was not short of
before: its processors or memory are above a limit on several days, or it throttles, swaps or
refuses requests. One busy day is no regression, and no measurement is no proof of anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from outlay.money.quotients import scaled

LIMITS: Mapping[str, Decimal] = {
    "cpu": Decimal(90), "memory": Decimal(90), "gpu": Decimal(95), "dtu": Decimal(90),
    "disk_used": Decimal(95),
}  # fmt: skip
"""Percent from which on a resource is short of it."""

ERRORS = "performance_errors"
LEAST_DAYS = 3
"""So many days above a limit are a regression: one busy day is none."""

_WORDS = {"cpu": "processors", "memory": "memory", "gpu": "GPUs", "dtu": "DTUs",
          "disk_used": "disk"}  # fmt: skip

_VERBS = {"cpu": "were", "gpu": "were", "dtu": "were"}

# The statistic that counts where several are measured. A day's single highest sample is no
# shortage of processors, which run at 100 % for a second by design; of memory it is.
_COUNTS: Mapping[str, tuple[str, ...]] = {
    "memory": ("maximum", "p99", "p98", "p95", "p90", "average"),
    "disk_used": ("maximum", "p99", "p98", "p95", "p90", "average"),
}
_OTHERWISE = ("p99", "p98", "p95", "p90", "average")


@dataclass(frozen=True)
class Reading:
    """A statistic of a metric on one day (UTC)."""

    metric: str
    statistic: str
    day: date
    value: Decimal


@dataclass(frozen=True)
class Judgement:
    """What measurements after a change say. `known` is whether there were enough of them,
    `reason` the sentence that says why performance regressed ('' when it did not)."""

    known: bool
    reason: str = ""

    @property
    def regressed(self) -> bool:
        """Whether the resource has become too small."""
        return bool(self.reason)


def judge(
    before: Iterable[Reading],
    after: Iterable[Reading],
    *,
    limits: Mapping[str, Decimal] = LIMITS,
    least_days: int = LEAST_DAYS,
) -> Judgement:
    """Whether a change made a resource too small, by days before and after it.

    Regressed: on at least `least_days` days after the change a metric was at its limit or above,
    and in days before on a smaller share of days; or there were errors of performance on so many
    days and fewer a day before. Days before may be missing: then the days after decide alone.
    """
    old, new = list(before), list(after)
    reasons = []
    for metric, limit in limits.items():
        days = _daily(new, metric)
        over = {day: value for day, value in days.items() if value >= limit}
        if len(over) < least_days:
            continue
        earlier = _daily(old, metric)
        share = _share(sum(value >= limit for value in earlier.values()), len(earlier))
        if len(over) <= share * len(days):
            continue  # it was as short before the change
        what = f"its {_WORDS.get(metric, metric)} {_VERBS.get(metric, 'was')}"
        reasons.append(
            f"{what} at {_percent(limit)} or more on {len(over)} of {len(days)} days since the "
            f"change (highest {_percent(max(over.values()))})"
            + (f", before it on {_percent(share * 100)} of days" if earlier else "")
        )
    reasons += _errors(old, new, least_days)
    measured = {one.day for one in new if one.metric in limits or one.metric == ERRORS}
    sentence = "; ".join(reasons)
    return Judgement(
        len(measured) >= least_days, f"Performance regressed: {sentence}." if sentence else ""
    )


def _errors(old: Sequence[Reading], new: Sequence[Reading], least_days: int) -> list[str]:
    after = _sums(new)
    bad = [value for value in after.values() if value > 0]
    if len(bad) < least_days:
        return []
    before = _sums(old)
    earlier = _share(int(sum(value > 0 for value in before.values())), len(before))
    if len(bad) <= earlier * len(after):
        return []
    return [
        f"it throttled, swapped or refused requests on {len(bad)} of {len(after)} days since the "
        "change"
    ]


def _daily(readings: Iterable[Reading], metric: str) -> dict[date, Decimal]:
    """The highest value of each day, of the best statistic that the day has."""
    order = _COUNTS.get(metric, _OTHERWISE)
    found: dict[date, tuple[int, Decimal]] = {}
    for one in readings:
        if one.metric != metric or one.statistic not in order:
            continue
        rank = order.index(one.statistic)
        known = found.get(one.day)
        if known is None or rank < known[0] or (rank == known[0] and one.value > known[1]):
            found[one.day] = (rank, one.value)
    return {day: value for day, (_, value) in sorted(found.items())}


def _sums(readings: Iterable[Reading]) -> dict[date, Decimal]:
    """Errors by day: sums where there are any, else the highest of what is there."""
    found: dict[date, Decimal] = {}
    for one in readings:
        if one.metric == ERRORS:
            found[one.day] = max(found.get(one.day, Decimal(0)), one.value)
    return found


def _share(part: int, whole: int) -> Decimal:
    return Decimal(part) / Decimal(whole) if whole else Decimal(0)


def _percent(value: Decimal) -> str:
    return f"{scaled(value, 1).normalize():f} %"


def metrics_of_performance() -> Collection[str]:
    """The metrics that `judge` looks at."""
    return (*LIMITS, ERRORS)
