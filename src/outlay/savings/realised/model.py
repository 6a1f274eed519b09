"""What is frozen when a recommendation is accepted, and what each day after it shows.

Amounts are exact decimals of one currency; days are UTC and whole, the end of a range exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from outlay.savings.model import Nature
from outlay.savings.realised.exact import ZERO, added, less, times

Cadence = Literal["day", "week", "month"]
"""What repeats: every day alike, each weekday like the ones before, or once a month on its day."""


def of_day(values: tuple[Decimal, ...], day: date) -> Decimal:
    """The value of a day, of one for all, seven from Monday, or 31 by the day of the month."""
    if len(values) == 1:
        return values[0]
    return values[day.weekday() if len(values) == 7 else day.day - 1]


@dataclass(frozen=True, order=True)
class PriceKey:
    """What has one price: a resource ('' for a fleet as a whole), what is charged of it (SkuId,
    else the vendor's usage type or meter, else the service), and the unit. `account` is told where
    resources of several accounts have the name ('' elsewhere)."""

    resource: str
    meter: str
    unit: str
    account: str = ""


@dataclass(frozen=True)
class Line:
    """The charges of a day, key and commitment, summed.

    `cost` is EffectiveCost, `contracted` what it would have cost without commitments. `role`:
    ``own`` are charges that the finding's condition selects, ``successor`` those that a person or
    the finding named as what came in their place, ``resource`` others of the same resources.
    `commitment` is the CommitmentDiscountId ('' for none), `status` Used, Unused or ''.
    `recurring` is usage; what is not (a fee, refund, credit or correction) counts apart.
    """

    day: date
    key: PriceKey
    quantity: Decimal | None
    cost: Decimal
    list_cost: Decimal
    contracted: Decimal
    role: Literal["own", "successor", "resource"] = "own"
    commitment: str = ""
    status: str = ""
    recurring: bool = True
    source: str = ""


@dataclass(frozen=True)
class FrozenKey:
    """A price key as it was: quantity a day and the price of a unit.

    `quantities` are one number, seven from Monday where the week has a wave, or 31 where a charge
    comes once a month, on its day. `rate` and
    `list_rate` are after and before discounts, of a unit; None where there is no price of a unit
    (no quantities, or some below nought), and `costs` and `list_costs` stand for them. `quantity`,
    `cost` and `list_cost` are the sums over the window that they were made of, `covered` what of
    the cost a commitment covered.
    """

    key: PriceKey
    quantities: tuple[Decimal, ...]
    rate: Decimal | None
    list_rate: Decimal | None
    costs: tuple[Decimal, ...]
    list_costs: tuple[Decimal, ...]
    quantity: Decimal
    cost: Decimal
    list_cost: Decimal
    covered: Decimal = ZERO

    def quantity_on(self, day: date) -> Decimal:
        """What was used on such a day."""
        return of_day(self.quantities, day)

    def cost_on(self, day: date) -> Decimal:
        """What would have been paid."""
        if self.rate is None:
            return of_day(self.costs, day)
        return times(self.quantity_on(day), self.rate)

    def list_on(self, day: date) -> Decimal:
        """What it would have cost at list prices."""
        if self.list_rate is None:
            return of_day(self.list_costs, day)
        return times(self.quantity_on(day), self.list_rate)


@dataclass(frozen=True)
class FrozenCommitment:
    """A commitment that covered what the action changes: a day's cost of it here (as many numbers
    as quantities), and a day's mean of what of it was unused and what covered others."""

    id: str
    covered: tuple[Decimal, ...]
    unused: Decimal
    others: Decimal

    def covered_on(self, day: date) -> Decimal:
        """What it covered here on such a day, in effective cost."""
        return of_day(self.covered, day)


@dataclass(frozen=True)
class Baseline:
    """What would have been paid: frozen at acceptance and never changed.

    `recommendation` is its number, `frozen_at` the moment (UTC), `first_day` to `end_day` the
    window and `days` how many of its days were counted. `snapshot` is the lake's, `digest` that of
    the charges' sums, so that it can be made again and compared. `where` and `successor` are the
    conditions, `beside` the keys of the same resources that the condition left out: they are no
    replacement. `gap` is the longest run of days in the window without a charge. `since` is the
    first day that is measured where the bill showed it by itself (None: the day after it was said
    to be implemented). `promised` is the saving a month that was accepted, after netting against
    others, `estimated` before it, `promised_list` at list prices. `discounted`: costs are after
    private discounts in lines of their own, here and on each day that is measured against it; of
    baselines that were frozen before these were taken off, they are not. `account` is the
    resource's where others have one of the same name. `id` is 0 until it is kept.
    """

    id: int
    recommendation: int
    frozen_at: datetime
    snapshot: str
    digest: str
    first_day: date
    end_day: date
    days: int
    currency: str
    nature: Nature
    action: str
    group: str
    resource: str
    where: str
    successor: str
    cadence: Cadence
    gap: int
    keys: tuple[FrozenKey, ...]
    beside: tuple[PriceKey, ...]
    commitments: tuple[FrozenCommitment, ...]
    sources: tuple[str, ...]
    promised: Decimal
    promised_list: Decimal | None = None
    estimated: Decimal = ZERO
    since: date | None = None
    notes: tuple[str, ...] = ()
    discounted: bool = False
    account: str = ""

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources whose charges were frozen."""
        return tuple(sorted({one.key.resource for one in self.keys if one.key.resource}))

    def cost_on(self, day: date) -> Decimal:
        """What would have been paid on such a day."""
        return added(one.cost_on(day) for one in self.keys)

    def list_on(self, day: date) -> Decimal:
        """The same at list prices."""
        return added(one.list_on(day) for one in self.keys)

    @property
    def cost(self) -> Decimal:
        """What was paid in the window."""
        return added(one.cost for one in self.keys)


@dataclass(frozen=True)
class Effects:
    """What the difference of a day or month is made of; each is saved money where it is above
    nought, and all of them add up to what was realised.

    ``usage``: fewer units, at the frozen price. ``rate``: another price for the units that are
    left. ``replacement``: what came in place of them costs so much (below nought). ``unpriced``:
    charges without a price of a unit, whose difference is neither (the residual). ``unused``: what
    was freed of a commitment and nobody uses (below nought). ``coverage``: what was freed covers
    others, who pay less.
    """

    usage: Decimal = ZERO
    rate: Decimal = ZERO
    replacement: Decimal = ZERO
    unpriced: Decimal = ZERO
    unused: Decimal = ZERO
    coverage: Decimal = ZERO

    @property
    def realised(self) -> Decimal:
        """The sum of all."""
        return added(getattr(self, one.name) for one in fields(self))

    @property
    def used(self) -> Decimal:
        """What less, or something cheaper, is used: usage with what came in its place."""
        return added((self.usage, self.replacement))

    @property
    def other(self) -> Decimal:
        """What is neither usage nor rate: the residual, and what became of commitments."""
        return added((self.unpriced, self.unused, self.coverage))

    def plus(self, other: Effects) -> Effects:
        """Both together."""
        return Effects(
            **{
                one.name: added((getattr(self, one.name), getattr(other, one.name)))
                for one in fields(self)
            }
        )


EFFECTS: tuple[str, ...] = tuple(one.name for one in fields(Effects))


@dataclass(frozen=True)
class KeyDay:
    """A key on a day, or over several: the frozen quantity and cost, the actual ones, list beside
    them, and the effects on it. Where other recommendations have the key too, all of these are
    this one's `share` of it (1: it is alone)."""

    key: PriceKey
    quantity_before: Decimal
    rate_before: Decimal | None
    counterfactual: Decimal
    quantity: Decimal
    actual: Decimal
    list_before: Decimal
    list_actual: Decimal
    effects: Effects
    share: Decimal = Decimal(1)

    def plus(self, other: KeyDay) -> KeyDay:
        """Both days together."""
        return KeyDay(
            self.key,
            added((self.quantity_before, other.quantity_before)),
            self.rate_before,
            added((self.counterfactual, other.counterfactual)),
            added((self.quantity, other.quantity)),
            added((self.actual, other.actual)),
            added((self.list_before, other.list_before)),
            added((self.list_actual, other.list_actual)),
            self.effects.plus(other.effects),
            other.share,
        )


@dataclass(frozen=True)
class Measured:
    """One day of one recommendation against its baseline.

    `counterfactual` would have been paid, `actual` was; their difference is the effects but for
    those of commitments. `one_off` is money that came back or went once (above
    nought: back), `avoided` what the bill did not rise by. `gone`: none of the charges that the
    action changes was there. `partners` are the numbers of others that have frozen charges in
    common with it.
    """

    day: date
    baseline: int
    counterfactual: Decimal
    actual: Decimal
    list_before: Decimal
    list_actual: Decimal
    effects: Effects
    keys: tuple[KeyDay, ...] = ()
    one_off: Decimal = ZERO
    avoided: Decimal = ZERO
    gone: bool = False
    partners: tuple[int, ...] = ()

    @property
    def realised(self) -> Decimal:
        """What the bill fell by on this day, of this recommendation."""
        return self.effects.realised

    @property
    def realised_list(self) -> Decimal:
        """The same at list prices, whatever commitments and others have of it."""
        return less(self.list_before, self.list_actual)


@dataclass(frozen=True)
class Entry:
    """A month of a recommendation, as it was known at a moment: never changed, only followed by a
    newer one. `promised` is the promise for the days that were counted. `owner` and the rest are
    what the recommendation was then."""

    id: int
    recommendation: int
    month: date
    at: datetime
    snapshot: str
    currency: str
    nature: Nature
    promised: Decimal
    effects: Effects
    counterfactual: Decimal
    actual: Decimal
    list_before: Decimal
    list_actual: Decimal
    one_off: Decimal
    avoided: Decimal
    days: tuple[Measured, ...]
    keys: tuple[KeyDay, ...]
    left_out: tuple[tuple[date, str], ...] = ()
    title: str = ""
    owner_tag: str = ""
    owner: str = ""
    provider: str = ""
    action: str = ""
    where: str = ""
    digest: str = ""
    reads: str = ""
    detail: dict[str, str] = field(default_factory=dict)

    @property
    def realised(self) -> Decimal:
        """The recurring money that the bill fell by; nought where the nature is another."""
        return self.effects.realised if self.nature == "saving" else ZERO

    @property
    def missed(self) -> Decimal:
        """What was promised for these days and not seen; never below nought."""
        return max(less(self.promised, self._seen), ZERO)

    @property
    def beyond(self) -> Decimal:
        """What was seen beyond the promise; never below nought."""
        return max(less(self._seen, self.promised), ZERO)

    @property
    def _seen(self) -> Decimal:
        if self.nature == "avoided":
            return self.avoided
        return self.one_off if self.nature == "one-off" else self.realised
