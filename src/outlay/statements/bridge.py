"""The prepaid bridge: from the sum of EffectiveCost to the sum of BilledCost, month by month.

What is paid for before it is used (upfront fees, capacity, reservations) is billed in one month
and effective in others. The difference of the two is what is prepaid:

    closing = opening + what was bought - what was used up
    sum of BilledCost = sum of EffectiveCost + closing - opening

Every charge whose two costs differ moves the balance by BilledCost less EffectiveCost, so that
both lines hold to the last digit whatever the bill does. Balances are kept by source, currency and
commitment; those of before the ledger are not in any bill, and are stated (`PrepaidBalance`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from outlay.money import BillingPeriod, total
from outlay.statements.explained import less
from outlay.statements.resources import PrepaidBalanceSpec

Cause = Literal[
    "upfront", "recurring", "prepayment", "correction", "amortisation", "unused", "drawdown",
    "other",
]  # fmt: skip
CAUSES: Mapping[Cause, str] = {
    "upfront": "Commitments bought upfront",
    "recurring": "Recurring fees of commitments",
    "prepayment": "Purchases without a commitment's id",
    "correction": "Corrections and refunds",
    "amortisation": "Used of commitments",
    "unused": "Unused of commitments",
    "drawdown": "Used of what names no commitment",
    "other": "Credits, tax and adjustments",
}
"""What moves the balance, in the order in which it is shown."""

BOUGHT: frozenset[Cause] = frozenset({"upfront", "recurring", "prepayment", "correction"})
"""The causes that are purchases; of the others, those but `other` use up."""


@dataclass(frozen=True)
class CostSum:
    """BilledCost and EffectiveCost of charges that have these columns in common."""

    source: str
    period: BillingPeriod
    currency: str
    commitment: str | None
    category: str | None
    frequency: str | None
    status: str | None
    charge_class: str | None
    billed: Decimal
    effective: Decimal

    @property
    def cause(self) -> Cause:
        """Why the two costs differ."""
        if self.category in ("Credit", "Tax", "Adjustment") or self.category is None:
            return "other"
        if self.charge_class == "Correction":
            return "correction"
        if self.category == "Purchase":
            if self.commitment is None:
                return "prepayment"
            return "upfront" if self.frequency == "One-Time" else "recurring"
        if self.status == "Unused":
            return "unused"
        return "amortisation" if self.commitment is not None else "drawdown"


@dataclass(frozen=True)
class Balance:
    """One commitment in one month (`commitment` None: what names none). `moves` are signed: bought
    is positive, used up negative. `stated` tells whether its opening stands on what was stated."""

    commitment: str | None
    opening: Decimal
    moves: Mapping[Cause, Decimal]
    stated: bool

    @property
    def moved(self) -> Decimal:
        """What the month changed."""
        return total(self.moves.values())

    @property
    def closing(self) -> Decimal:
        """The balance at the month's end."""
        return total((self.opening, self.moved))


@dataclass(frozen=True)
class BridgeMonth:
    """The bridge of one source, month and currency, by commitment.

    `billed` and `effective` are of all charges, also those that do not move the balance.
    """

    period: BillingPeriod
    source: str
    currency: str
    billed: Decimal
    effective: Decimal
    balances: tuple[Balance, ...]

    @property
    def opening(self) -> Decimal:
        """What was prepaid at the month's beginning."""
        return total(one.opening for one in self.balances)

    @property
    def closing(self) -> Decimal:
        """What was prepaid at its end."""
        return total(one.closing for one in self.balances)

    @property
    def moves(self) -> dict[Cause, Decimal]:
        """What changed it, by cause."""
        return {
            cause: total(one.moves[cause] for one in self.balances if cause in one.moves)
            for cause in CAUSES
            if any(cause in one.moves for one in self.balances)
        }

    @property
    def bought(self) -> Decimal:
        """What was paid in the month for later use, refunds off."""
        return total(amount for cause, amount in self.moves.items() if cause in BOUGHT)

    @property
    def used_up(self) -> Decimal:
        """What was used in the month of what is paid for at other times; a positive amount."""
        return total(
            amount.copy_negate()
            for cause, amount in self.moves.items()
            if cause not in BOUGHT and cause != "other"
        )

    @property
    def other(self) -> Decimal:
        """What else moved the balance."""
        return self.moves.get("other", Decimal(0))

    @property
    def difference(self) -> Decimal:
        """Billed less effective less what the balance moved: nought, or the ledger is wrong."""
        return less(self.billed, self.effective, less(self.closing, self.opening))

    @property
    def unassigned(self) -> Decimal:
        """What moved without a commitment that is named."""
        return total(one.moved for one in self.balances if one.commitment is None)


@dataclass(frozen=True)
class Gap:
    """A balance that falls below nought by `short`, first in `period`: as much at least was
    prepaid before the ledger begins (or is billed later than it is used)."""

    source: str
    currency: str
    commitment: str | None
    first: BillingPeriod
    period: BillingPeriod
    short: Decimal


@dataclass(frozen=True)
class Bridge:
    """All months, oldest first; `gaps` where the opening is not known, `conflicts` where two
    stated balances do not agree with what happened between them."""

    months: tuple[BridgeMonth, ...]
    gaps: tuple[Gap, ...]
    conflicts: tuple[str, ...]

    def of(self, period: BillingPeriod) -> tuple[BridgeMonth, ...]:
        """The bridges of one month."""
        return tuple(one for one in self.months if one.period == period)


def short_name(commitment: str | None) -> str:
    """What a commitment is called where there is little room: the end of its id."""
    if commitment is None:
        return "what names no commitment"
    return commitment.rstrip("/").rpartition("/")[2].rpartition(":")[2]


_Key = tuple[str, str]
_Moves = dict[str | None, dict[BillingPeriod, dict[Cause, list[Decimal]]]]


def bridge(sums: Iterable[CostSum], stated: Sequence[PrepaidBalanceSpec] = ()) -> Bridge:
    """The bridge over every month of the charges, and what is stated of before them."""
    groups: dict[_Key, list[CostSum]] = defaultdict(list)
    for one in sums:
        groups[one.source, one.currency].append(one)
    months: list[BridgeMonth] = []
    gaps: list[Gap] = []
    conflicts: list[str] = []
    for (source, currency), mine in sorted(groups.items()):
        own = [spec for spec in stated if (spec.source, spec.currency) == (source, currency)]
        moves = _moves(mine)
        for spec in own:
            moves.setdefault(spec.commitment or None, {})
        periods = sorted({one.period for one in mine})
        openings, wrong = _openings(source, currency, periods, moves, own)
        conflicts += wrong
        made = _months(source, currency, mine, moves, openings)
        months += made
        gaps += _gaps(made)
    months.sort(key=lambda one: (one.period, one.source, one.currency))
    return Bridge(tuple(months), tuple(gaps), tuple(conflicts))


def _moves(sums: Sequence[CostSum]) -> _Moves:
    """commitment → month → cause → what moved, where anything did."""
    found: _Moves = {}
    for one in sums:
        amount = less(one.billed, one.effective)
        if amount:
            by_month = found.setdefault(one.commitment, {}).setdefault(one.period, {})
            by_month.setdefault(one.cause, []).append(amount)
    return found


def _moved_before(
    by_month: Mapping[BillingPeriod, Mapping[Cause, list[Decimal]]], period: BillingPeriod
) -> Decimal:
    return total(
        amount
        for month, causes in by_month.items()
        if month < period
        for amounts in causes.values()
        for amount in amounts
    )


def _openings(
    source: str,
    currency: str,
    periods: Sequence[BillingPeriod],
    moves: _Moves,
    stated: Sequence[PrepaidBalanceSpec],
) -> tuple[dict[str | None, Decimal], list[str]]:
    """commitment → its balance before the first month, where it is stated; and contradictions.

    A balance of a later month is carried back by what moved since, so that it holds then.
    """
    found: dict[str | None, Decimal] = {}
    wrong: list[str] = []
    for commitment, by_month in moves.items():
        by_period: dict[BillingPeriod, list[Decimal]] = defaultdict(list)
        for one in stated:
            if (one.commitment or None) == commitment:
                by_period[one.period].append(one.amount)
        for period, amounts in sorted(by_period.items()):
            opening = less(total(amounts), _moved_before(by_month, period))
            if commitment not in found:
                found[commitment] = opening
            elif found[commitment] != opening:
                wrong.append(
                    f"{source} {currency}, {commitment or 'no commitment'}: the balance stated for "
                    f"{period} is {less(opening, found[commitment]):f} off what the bills make of "
                    "the one stated before."
                )
    return found, wrong


def _months(
    source: str,
    currency: str,
    sums: Sequence[CostSum],
    moves: _Moves,
    openings: Mapping[str | None, Decimal],
) -> list[BridgeMonth]:
    balance = {one: openings.get(one, Decimal(0)) for one in moves}
    found = []
    for period in sorted({one.period for one in sums}):
        here = [one for one in sums if one.period == period]
        balances = []
        for commitment in sorted(moves, key=lambda name: (name is None, name or "")):
            causes = moves[commitment].get(period, {})
            every = {cause: total(causes[cause]) for cause in CAUSES if cause in causes}
            moved = {cause: amount for cause, amount in every.items() if amount}
            if not moved and not balance[commitment]:
                continue
            one = Balance(commitment, balance[commitment], moved, commitment in openings)
            balances.append(one)
            balance[commitment] = one.closing
        found.append(
            BridgeMonth(
                period, source, currency,
                total(one.billed for one in here), total(one.effective for one in here),
                tuple(balances),
            )
        )  # fmt: skip
    return found


def _gaps(months: Sequence[BridgeMonth]) -> list[Gap]:
    """Commitments whose balance falls below nought and is not stated."""
    lowest: dict[str | None, tuple[Decimal, BillingPeriod]] = {}
    for month in months:
        for one in month.balances:
            if one.stated or one.closing >= 0:
                continue
            known = lowest.get(one.commitment)
            if known is None or one.closing < known[0]:
                first = known[1] if known else month.period
                lowest[one.commitment] = (one.closing, first)
    return [
        Gap(
            months[0].source, months[0].currency, commitment, months[0].period, period,
            amount.copy_negate(),
        )
        for commitment, (amount, period) in lowest.items()
    ]  # fmt: skip
