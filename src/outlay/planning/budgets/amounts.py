"""What a period may cost: its own amount, and what the periods before hand on to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money import total
from outlay.money.display import places
from outlay.money.quotients import rounded
from outlay.planning.budgets.model import BudgetSpec, Rollover
from outlay.planning.budgets.periods import Period

NOUGHT = Decimal(0)


def own_amount(spec: BudgetSpec, period: Period) -> Decimal | None:
    """The amount of a period without what is carried in; None where none is said.

    Growth is compounded from the first amount as a fraction and rounded once, half to even, to
    the currency's smallest unit: amount × (1 + percent / 100) ^ n.
    """
    said = spec.amounts.get(period.key)
    if said is not None or spec.amount is None or spec.growth is None:
        return said if said is not None else spec.amount
    assert spec.from_ is not None
    months = (period.start.year - spec.from_.year) * 12 + period.start.month - spec.from_.month
    step = {"month": 1, "quarter": 3, "year": 12}[spec.period]
    times = months // (12 if spec.growth.each == "year" else step)
    factor = (1 + Fraction(spec.growth.percent) / 100) ** times
    return rounded(Fraction(spec.amount) * factor, places(spec.currency))


@dataclass(frozen=True)
class Allowance:
    """What a period may cost: `own` and `carried` from the period before (negative: owed), which
    add up to `amount` exactly."""

    own: Decimal
    carried: Decimal = NOUGHT

    @property
    def amount(self) -> Decimal:
        """Both together."""
        return total((self.own, self.carried))


def allowances(
    spec: BudgetSpec, periods: Sequence[Period], actuals: Mapping[str, Decimal]
) -> dict[str, Allowance]:
    """What each period may cost, by its key. `periods` follow each other from the first one that
    hands something on, and `actuals` are what they cost, exactly. A period without an amount is
    left out, and nothing is carried over it."""
    found: dict[str, Allowance] = {}
    carried = NOUGHT
    for period in periods:
        own = own_amount(spec, period)
        if own is None:
            carried = NOUGHT
            continue
        found[period.key] = allowance = Allowance(own, carried)
        spent = actuals.get(period.key, NOUGHT)
        carried = handed_on(spec.rollover, less(allowance.amount, spent))
    return found


def handed_on(rollover: Rollover, left: Decimal) -> Decimal:
    """What of the rest of a period (negative: spent too much) the next one gets."""
    if rollover.carry == "none" or (rollover.carry == "unused" and left < 0):
        return NOUGHT
    if rollover.cap is None or left.copy_abs() <= rollover.cap:
        return left
    return rollover.cap if left > 0 else rollover.cap.copy_negate()


def less(amount: Decimal, other: Decimal) -> Decimal:
    """A difference with every digit."""
    return total((amount, other.copy_negate()))
