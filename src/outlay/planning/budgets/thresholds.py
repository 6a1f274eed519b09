"""What is raised when: each threshold at most once a period, the highest that was passed.

Nothing here knows of time: what was raised or passed before is given, and any order of looks at
any amounts raises each threshold once at most.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.planning.budgets.model import BudgetSpec, Threshold


@dataclass(frozen=True)
class Passed:
    """What a look found: thresholds to be `raised` (at most one of each basis), and those that
    count as `passed` with them, which are never raised in this period."""

    raised: tuple[Threshold, ...] = ()
    passed: tuple[Threshold, ...] = ()


def limit(threshold: Threshold, amount: Decimal) -> Fraction:
    """The money at which a threshold is passed, for a period that may cost `amount`."""
    if threshold.amount is not None:
        return Fraction(threshold.amount)
    assert threshold.percent is not None
    return Fraction(threshold.percent) * Fraction(amount) / 100


def is_passed(threshold: Threshold, amount: Decimal, value: Decimal) -> bool:
    """Whether a value reaches a threshold. Nothing spent passes none, also none of a budget of 0;
    what is owed from before (an amount below 0) is passed by any spend."""
    return value > 0 and Fraction(value) >= limit(threshold, amount)


def look(
    spec: BudgetSpec,
    amount: Decimal,
    actual: Decimal,
    forecast: Decimal | None,
    known: Collection[str],
) -> Passed:
    """What a look raises.

    `known` are the keys of thresholds that were raised or passed in this period. A threshold is
    raised when it is reached for the first time and nothing as high was before: of its own basis,
    or, for a forecast, by the actual cost, which makes the forecast old news.
    """
    values = {"actual": actual, "forecast": forecast}
    reached = [
        one
        for one in spec.thresholds
        if (value := values[one.of]) is not None and is_passed(one, amount, value)
    ]
    fresh = [one for one in reached if one.key not in known]
    raised: list[Threshold] = []
    for basis in ("actual", "forecast"):
        mine = _ordered([one for one in fresh if one.of == basis], amount)
        bases = ("actual",) if basis == "actual" else ("actual", "forecast")
        before = [
            height(one, amount)
            for one in spec.thresholds
            if one.of in bases and (one.key in known or one in raised)
        ]
        if mine and (not before or height(mine[-1], amount) > max(before)):
            raised.append(mine[-1])
    kept = {one.key for one in raised}
    return Passed(tuple(raised), tuple(one for one in fresh if one.key not in kept))


def _ordered(thresholds: Sequence[Threshold], amount: Decimal) -> list[Threshold]:
    return sorted(thresholds, key=lambda one: (height(one, amount), one.key))


def height(threshold: Threshold, amount: Decimal) -> tuple[Fraction, Decimal]:
    """How high a threshold lies: by its money; of an amount of nothing (or of what is owed) by its
    percentage, since any spend passes every one of them, and the highest is to be told."""
    money = limit(threshold, amount)
    return (money, Decimal(0)) if money > 0 else (Fraction(0), threshold.percent or Decimal(0))
