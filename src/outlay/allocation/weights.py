"""Weights: by what a split gives, in one of its periods, and when it cannot give at all.

A weight is a cost, a metric or a usage of a target in a period. What cannot be weighed keeps its
cost, with the reason in words: money never vanishes for want of a number.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from outlay.allocation.model import SplitPeriod, SplitSpec
from outlay.allocation.splits import SplitPart

_NAMED = 5
"""How many values a note names."""


class MetricReader(Protocol):
    """The metrics that splits weigh by and rules look at. Made by the app from the kept series;
    periods are the first days of UTC days or months."""

    def version(self, metric: str) -> str:
        """A text that changes whenever a value of the metric does; '' for one without values."""
        ...

    def weights(
        self, metric: str, label: str, grain: str, start: date, end: date
    ) -> Mapping[date, Mapping[str, Decimal]]:
        """The sum of a metric's values by period (`grain` is ``day`` or ``month``, keyed by its
        first day) and value of one of its labels, from `start` (inclusive) to `end` (exclusive).
        Raises QueryError for a metric or label that there is not."""
        ...

    def label_values(self, metric: str, label: str) -> frozenset[str]:
        """Every value of a label that the metric has any value for, at any time. Raises
        QueryError for a metric or label that there is not."""
        ...


def evenly(split: str, period: date, targets: Iterable[str]) -> SplitPart:
    """Every target weighs the same."""
    weights = {target: Fraction(1) for target in sorted(targets)}
    if not weights:
        return kept(split, period, {}, "there is no target in the period")
    share = Fraction(1, len(weights))
    return SplitPart(split, period, weights, dict.fromkeys(weights, share))


def fixed(split: str, period: date, shares: Mapping[str, Decimal]) -> SplitPart:
    """Every target has its percentage."""
    weights = {target: Fraction(share) for target, share in sorted(shares.items())}
    return SplitPart(split, period, weights, {t: w / 100 for t, w in weights.items() if w})


def weighed(
    split: str,
    period: date,
    targets: Iterable[str],
    found: Mapping[str, Decimal | Fraction | int],
    what: str,
    notes: tuple[str, ...] = (),
    *,
    strict: bool = False,
) -> SplitPart:
    """Every target has its share of what was `found` by value; one that is not found weighs 0.

    A negative weight gets nothing and is noted. No target, no weight, weights that are all zero
    and a negative sum keep the cost. `what` names what is weighed; `strict` notes what was found
    for values that are no target (they would be expected to be).
    """
    weights = {target: Fraction(found.get(target, 0)) for target in sorted(targets)}
    told = list(notes)
    strangers = sorted(value for value in found if value not in weights and found[value])
    if strict and strangers:
        told.append(f"{what} names values that are no target: {_listed(strangers)}")
    if not weights:
        return kept(split, period, {}, "there is no target in the period", tuple(told))
    if not any(target in found for target in weights):
        return kept(split, period, weights, f"there is no {what} of any target", tuple(told))
    if not any(weights.values()):
        return kept(split, period, weights, f"{what} of every target is 0", tuple(told))
    whole = sum(weights.values(), Fraction(0))
    if whole <= 0:
        words = "zero" if whole == 0 else "negative"
        return kept(split, period, weights, f"{what} of the targets sums to {words}", tuple(told))
    negative = sorted(target for target, weight in weights.items() if weight < 0)
    if negative:
        told.append(f"{what} of {_listed(negative)} is negative: it gets nothing")
    positive = {target: weight for target, weight in weights.items() if weight > 0}
    whole = sum(positive.values(), Fraction(0))
    shares = {target: weight / whole for target, weight in positive.items()}
    return SplitPart(split, period, weights, shares, "", tuple(told))


def kept(
    split: str,
    period: date,
    weights: Mapping[str, Fraction],
    reason: str,
    notes: tuple[str, ...] = (),
) -> SplitPart:
    """The split gives nothing in the period."""
    return SplitPart(split, period, weights, {}, reason, notes)


def windowed(
    found: Mapping[date, Mapping[str, Decimal]], period: date, kind: SplitPeriod, window: int
) -> dict[str, Decimal | Fraction]:
    """What was found in a period and the `window` - 1 periods before it, added up by value."""
    sums: dict[str, Decimal | Fraction] = {}
    at = period
    for _ in range(window):
        for value, weight in found.get(at, {}).items():
            sums[value] = Fraction(sums.get(value, 0)) + Fraction(weight)
        at = before(at, kind)
    return sums


def before(period: date, kind: SplitPeriod) -> date:
    """The first day of the period before."""
    if kind == "day":
        return date.fromordinal(period.toordinal() - 1)
    return date(period.year - (period.month == 1), (period.month - 2) % 12 + 1, 1)


def after(period: date, kind: SplitPeriod) -> date:
    """The first day of the period after: the end of this one, exclusive."""
    if kind == "day":
        return date.fromordinal(period.toordinal() + 1)
    return date(period.year + (period.month == 12), period.month % 12 + 1, 1)


def described(split: SplitSpec) -> str:
    """What a split weighs, in words."""
    if split.metric is not None:
        return f"metric {split.metric.metric} by {split.metric.label}"
    if split.usage is not None:
        return f"usage of {split.usage.metric}"
    if split.method == "proportional":
        return split.measure + (f" where {split.where}" if split.where else "")
    return {"even": "equal parts", "fixed": "stated shares"}[split.method]


def _listed(values: list[str]) -> str:
    more = len(values) - _NAMED
    return ", ".join(values[:_NAMED]) + (f" and {more} more" if more > 0 else "")
