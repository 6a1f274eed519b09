"""Where a budget stands in a period: exact amounts, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from outlay.money import total
from outlay.money.quotients import quotient
from outlay.planning.budgets.amounts import NOUGHT, Allowance, less
from outlay.planning.budgets.periods import Period
from outlay.planning.budgets.shape import Spread

State = Literal[
    "over",
    "heading over",
    "ahead",
    "on track",
    "kept",
    "no data",
    "not begun",
    "no amount",
    "unknown",
]
STATES: tuple[State, ...] = get_args(State)
"""From what needs somebody to what does not; see `PeriodStatus.state`."""

_AHEAD = Decimal("0.10")
_AHEAD_OF_ALL = Decimal("0.01")


@dataclass(frozen=True)
class Rest:
    """The forecast of the days of a period that are not complete: from `since` (inclusive) to the
    period's end. `days` are the likely cost of each day, to the currency's smallest unit, and add
    up to `amount` exactly; `lower` and `upper` hold the whole of it with the probability `level`.
    """

    since: date
    days: tuple[Decimal, ...]
    amount: Decimal
    lower: Decimal
    upper: Decimal
    level: str
    method: str = ""
    error: str = ""


@dataclass(frozen=True)
class PeriodStatus:
    """A budget in one of its periods; amounts are exact, in the budget's currency.

    `actual` is all that was charged: `complete` on days that are complete, up to `complete_until`
    (exclusive; None: no charge is known at all), and `incomplete` after. `unconverted` are amounts
    that no rate could convert, by currency, of the period and of those that hand something on to
    it: what is known is then less than the whole. `expected` is what the shape lets expect by
    `complete_until`; `daily` the cost of each day, in order; `waiting` whether the period has begun
    and nothing of it has been delivered yet.
    """

    period: Period
    allowance: Allowance | None
    complete: Decimal
    incomplete: Decimal
    complete_until: date | None
    spread: Spread | None
    begun: bool
    over: bool
    expected: Decimal | None = None
    rest: Rest | None = None
    no_forecast: str = ""
    unconverted: Mapping[str, Decimal] = field(default_factory=dict)
    run_out: date | None = None
    daily: tuple[Decimal, ...] = ()
    waiting: bool = False

    @property
    def amount(self) -> Decimal | None:
        """What the period may cost, with what was carried in."""
        return None if self.allowance is None else self.allowance.amount

    @property
    def actual(self) -> Decimal:
        """What was charged so far."""
        return total((self.complete, self.incomplete))

    @property
    def remaining(self) -> Decimal | None:
        """Amount less actual; negative when it is overspent."""
        return None if self.amount is None else less(self.amount, self.actual)

    @property
    def used(self) -> Decimal | None:
        """Actual over amount, six decimals; None of no amount or nought."""
        return None if self.amount is None else quotient(self.actual, self.amount)

    @property
    def ahead(self) -> Decimal | None:
        """Complete cost less what was to be expected by then: negative is behind."""
        return None if self.expected is None else less(self.complete, self.expected)

    @property
    def ahead_ratio(self) -> Decimal | None:
        """`ahead` over what was to be expected, six decimals."""
        if self.ahead is None or not self.expected:
            return None
        return quotient(self.ahead, self.expected)

    @property
    def forecast(self) -> Decimal | None:
        """The whole period: what the complete days cost and the forecast of the rest. None: there
        is no forecast (`no_forecast` says why)."""
        if self.rest is not None:
            return total((self.complete, self.rest.amount))
        return None

    @property
    def forecast_left(self) -> Decimal | None:
        """Amount less forecast; negative: it is forecast to be over by that."""
        if self.amount is None or self.forecast is None:
            return None
        return less(self.amount, self.forecast)

    @property
    def bounds(self) -> tuple[Decimal, Decimal] | None:
        """Between which amounts the whole period is likely to end."""
        if self.rest is None:
            return None
        return total((self.complete, self.rest.lower)), total((self.complete, self.rest.upper))

    @property
    def state(self) -> State:
        """Where it stands, in words.

        Over: it cost more than its amount. Unknown: charges are missing that no rate converts.
        Heading over: the forecast is more than the amount. No data: nothing of it has been
        delivered. Ahead: a tenth more than was to be expected by now, and a hundredth of the
        amount. Kept: the period ended within its amount.
        """
        if self.amount is None:
            return "no amount"
        if self.actual > self.amount and self.actual > 0:
            return "over"
        if any(self.unconverted.values()):
            return "unknown"
        if not self.begun:
            return "not begun"
        if self.over:
            return "kept"
        if self.forecast is not None and self.forecast > self.amount:
            return "heading over"
        if self.waiting:
            return "no data"
        ahead, expected = self.ahead, self.expected
        if (
            ahead is not None
            and expected is not None
            and ahead > expected * _AHEAD
            and ahead > self.amount * _AHEAD_OF_ALL
        ):
            return "ahead"
        return "on track"


@dataclass(frozen=True)
class Parts:
    """A parent's period against its children's: what they were `allocated` of its amount and what
    is left of it (`unallocated`, negative when they were given more), what they cost, and the
    `rest` of the parent's cost that is in no child's scope (negative where their scopes overlap).
    """

    allocated: Decimal
    unallocated: Decimal | None
    actual: Decimal
    rest: Decimal


def parts(parent: PeriodStatus, allocated: list[Decimal], actuals: list[Decimal]) -> Parts:
    """The sums of a parent's children; they and the rest are the parent's to the last digit."""
    given, spent = total((NOUGHT, *allocated)), total((NOUGHT, *actuals))
    own = parent.allowance.own if parent.allowance else None
    return Parts(
        given, None if own is None else less(own, given), spent, less(parent.actual, spent)
    )
