"""An event reckoned again from nothing but the numbers that are shown with it: `recompute`.

This is the arithmetic a person does by hand with the page beside them. It shares no code with the
engine: it takes an event's days and basis, reckons level, expected, band, change and threshold
again, and says where anything differs.

1. level = median of `steady` (= used ÷ factor) on the level's days;
2. expected of a day = level × its factor (on a day with a charge of the month: what came);
3. change = (Σ used − level before × Σ factor) ÷ what was expected, of the days looked at;
4. usual = the larger of 1.4826 × the median and 1.2533 × the mean of the past changes' distances
   from their typical value (their median; 0 for one day), at least 0.02;
5. the threshold = the largest of: multiplier × usual + typical in the change's direction; what is
   seen of itself; the minimum; feedback;
6. it is an event when |change| > threshold; impact = Σ actual − Σ expected.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median

from outlay.anomalies.model import Candidate

CLOSE = 1e-9


@dataclass(frozen=True)
class Recomputed:
    """The numbers by hand. `differs` names those that are not the event's; () when all agree."""

    level: float
    expected: float
    impact: float
    change: float
    usual: float
    threshold: float
    raised: bool
    differs: tuple[str, ...]


def recompute(event: Candidate) -> Recomputed:
    """Reckon the event again. An event of cost where none was expected has level 0."""
    basis = event.basis
    steady = {day.day: day.steady for day in basis.history}
    window = [steady[day] for day in basis.level_days if day in steady]
    level = median(window) if window else 0.0
    sign = 1 if event.direction == "up" else -1
    came = sum(day.used for day in basis.looked_at)
    before = basis.before * sum(day.factor for day in basis.looked_at)
    change = (came - before) / basis.base if basis.base else sign * 100.0
    past = basis.changes
    typical = 0.0 if basis.window == 1 or not past else median(past)
    off = [abs(change - typical) for change in past]
    usual = max(1.4826 * median(off), 1.2533 * fmean(off), 0.02) if off else 0.02
    limits = dict(basis.limits) | {"usual": basis.multiplier * usual + typical * sign}
    threshold = max(limits.values())
    expected = sum(d.actual if d.left_out else level * d.factor for d in event.days)
    impact = sum(d.actual for d in event.days) - expected
    found = {
        "level": (level, basis.level),
        "expected": (expected, event.expected),
        "impact": (impact, event.impact),
        "change": (change, basis.change),
        "usual": (usual, basis.usual),
        "threshold": (threshold, basis.threshold),
    }
    differs = tuple(name for name, (one, other) in found.items() if not _same(one, other))
    return Recomputed(
        level, expected, impact, change, usual, threshold, abs(change) > threshold, differs
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= CLOSE * max(1.0, abs(one), abs(other))
