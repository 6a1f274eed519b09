"""Why an invoice and its charges differ: amounts that were measured, taken where they add up.

Nothing is fitted. A candidate is an amount that the ledger knows of its own accord (what was
corrected since, what was held back, what names no invoice). Candidates are taken only where they,
with rounding, leave nothing of the difference; the fewest that do. Otherwise they are shown
beside an unexplained rest, untaken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Literal

from outlay.money import total
from outlay.statements.billed import Rounded

Reason = Literal[
    "tax", "credits", "unnamed", "corrected", "held", "rejected", "missing", "incomplete",
    "currency", "rounding",
]  # fmt: skip
_MOST = 8


@dataclass(frozen=True)
class Explanation:
    """One reason for a difference (invoice less charges), in the invoice's currency.

    `amount` is the part of the difference that it accounts for, None where nobody can know it.
    `certain` ones hold by what the invoice itself states. `taken` tells whether it counts.
    """

    reason: Reason
    amount: Decimal | None
    text: str
    taken: bool = False
    certain: bool = False


@dataclass(frozen=True)
class Explained:
    """Every explanation, the taken ones first, and what of the difference they leave."""

    explanations: tuple[Explanation, ...]
    unexplained: Decimal


def less(left: Decimal, *right: Decimal) -> Decimal:
    """The first amount less the others, exactly."""
    return total((left, *(one.copy_negate() for one in right)))


def half_unit(digits: int) -> Decimal:
    """Half of a currency's smallest unit: what rounding one amount can change at most."""
    return Decimal(5).scaleb(-digits - 1)


def explain(
    difference: Decimal,
    found: Sequence[Explanation],
    digits: int,
    charges: Decimal,
    rounded: Callable[[], Rounded | None],
) -> Explained:
    """Take what explains a difference.

    `digits` are those of the currency's smallest unit, `charges` the sum that was compared;
    `rounded` is asked only where rounding could be a reason.
    """
    sure = [replace(one, taken=True) for one in found if one.certain and one.amount is not None]
    others = [one for one in found if not one.certain]
    left = less(difference, *(one.amount for one in sure if one.amount is not None))
    measured = [one for one in others if one.amount][:_MOST]
    for check in (_exactly(digits), _by_lines(digits, charges, rounded)):
        for size in range(len(measured) + 1):
            for chosen in combinations(measured, size):
                rest = less(left, *(one.amount for one in chosen if one.amount is not None))
                rounding = check(rest)
                if rounding is not None:
                    return _taken(sure, others, chosen, rounding)
    return Explained((*sure, *others), left)


def _taken(
    sure: list[Explanation],
    others: list[Explanation],
    chosen: Sequence[Explanation],
    rounding: tuple[Explanation, ...],
) -> Explained:
    kept = [one for one in others if not any(one is taken for taken in chosen)]
    counted = [replace(one, taken=True) for one in chosen]
    return Explained((*sure, *counted, *rounding, *kept), Decimal(0))


_Check = Callable[[Decimal], tuple[Explanation, ...] | None]


def _exactly(digits: int) -> _Check:
    """Nothing is left, or less than rounding the one total can change."""

    def check(rest: Decimal) -> tuple[Explanation, ...] | None:
        if not rest:
            return ()
        if abs(rest) > half_unit(digits):
            return None
        text = "The total is rounded to the currency's smallest unit."
        return (Explanation("rounding", rest, text, taken=True),)

    return check


def _by_lines(digits: int, charges: Decimal, rounded: Callable[[], Rounded | None]) -> _Check:
    """What is left is what rounding each line of the invoice, or each charge, comes to; or no
    more than rounding as many lines as the invoice has can change."""
    known: list[Rounded | None] = []

    def check(rest: Decimal) -> tuple[Explanation, ...] | None:
        # Ten thousand lines of half a unit each: beyond that it is no matter of rounding.
        if abs(rest) > half_unit(digits) * 10_000:
            return None
        if not known:
            known.append(rounded())
        sums = known[0]
        if sums is None:
            return None
        for by, number, what in (
            (sums.by_detail, sums.details, "line of the invoice (account, service and category)"),
            (sums.by_charge, sums.charges, "charge"),
        ):
            if less(rest, less(by, charges)) == 0:
                text = (
                    f"Each {what} is rounded to the currency's smallest unit: {number:,} of them."
                )
                return (Explanation("rounding", rest, text, taken=True),)
        most = half_unit(digits) * sums.details
        if abs(rest) > most:
            return None
        text = (
            f"Within what rounding {sums.details:,} lines of an invoice can change "
            f"({most:f} at most)."
        )
        return (Explanation("rounding", rest, text, taken=True),)

    return check
