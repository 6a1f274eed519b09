"""Demand by the hour, the offers that may cover it, and a portfolio of them.

Money is on-demand money: what an hour of usage costs without a commitment, after negotiated and
other discounts. A commitment is money too: it costs `level` an hour, used or not, and covers usage
at its own rates until that is used up. A reservation of n units is the same thing with one rate:
its level is n units times its price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from outlay.savings.model import Action

Payment = Literal["none", "partial", "all"]
PAYMENTS: tuple[Payment, ...] = get_args(Payment)
UPFRONT: Mapping[Payment, Decimal] = {
    "none": Decimal(0),
    "partial": Decimal("0.5"),
    "all": Decimal(1),
}
"""The part of a commitment that is paid on its first day (partial: half, as AWS asks)."""

PAYMENT_TITLES: Mapping[Payment, str] = {
    "none": "no upfront",
    "partial": "partial upfront",
    "all": "all upfront",
}
Kind = Literal["spend", "quantity"]
"""``spend``: an amount of money an hour; ``quantity``: so many units of one family."""

YEARS = (1, 3)


@dataclass(frozen=True)
class DemandClass:
    """Usage that every offer treats alike: one family of one service in one region of one payer.

    `where` selects its on-demand charges in the product's expression language. `unit` is what a
    quantity offer counts (``db.r6g.large``), `unit_price` its on-demand price an hour (None: the
    bill does not tell it).
    """

    key: str
    provider: str
    payer: str
    currency: str
    usage: str
    service: str
    family: str
    region: str
    where: str
    unit: str = ""
    unit_price: Decimal | None = None
    meters: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """For people: ``m6i, us-east-1``."""
        named = self.family or self.service
        return f"{named}, {self.region}" if self.region else named


@dataclass(frozen=True)
class Offer:
    """What a vendor sells: one program on one term, paid in one way, over the classes it covers.

    `discounts` is per class key what it takes off the on-demand money (0.28 for 28 %), `sources`
    where each is from. Offers apply in the order of `order`, and within one the highest discount
    first. `step` is the smallest amount an hour that can be bought (of a quantity offer: one
    unit's), `unit` what is counted.
    """

    id: str
    program: str
    title: str
    provider: str
    kind: Kind
    action: Action
    order: int
    years: int
    payment: Payment
    discounts: Mapping[str, Decimal]
    sources: Mapping[str, str] = field(default_factory=dict)
    step: Decimal = Decimal("0.001")
    unit: str = ""
    region: str = ""

    @property
    def ranked(self) -> tuple[tuple[str, Decimal], ...]:
        """The classes it covers with what an on-demand unit of money costs at its rates, the
        highest discount first."""
        return tuple(
            (key, Decimal(1) - discount)
            for key, discount in sorted(
                self.discounts.items(), key=lambda item: (item[1].copy_negate(), item[0])
            )
        )

    def money_factor(self, cost_of_money: Decimal) -> Decimal:
        """What an hour's commitment costs with the money that is tied up: what is paid ahead is
        used up evenly, hence half of it is out on average; `cost_of_money` is a share a year."""
        return Decimal(1) + cost_of_money * UPFRONT[self.payment] * self.years / 2

    @property
    def terms(self) -> str:
        """``1 year, no upfront``."""
        return f"{self.years} year{'s' if self.years > 1 else ''}, {PAYMENT_TITLES[self.payment]}"


@dataclass(frozen=True)
class Held:
    """A commitment that is there: what it covered, by class and slot (on-demand money of the whole
    slot), what it costs a slot in all, and the first day without it (None: not known, it goes
    on)."""

    id: str
    title: str
    order: int
    discount: Decimal
    cost: tuple[Decimal, ...]
    covered: Mapping[str, tuple[Decimal, ...]]
    ends: date | None = None


@dataclass(frozen=True)
class Demand:
    """What was used in the days that were looked at, cut into slots of `slot_hours` hours.

    `on_demand` is by class and slot the money paid on demand (of the whole slot), `held` what
    commitments covered beside it. Slots follow each other without a gap from `first` on and are
    whole days, or whole hours of whole days.
    """

    payer: str
    provider: str
    currency: str
    first: date
    slots: int
    slot_hours: int
    classes: tuple[DemandClass, ...]
    on_demand: Mapping[str, tuple[Decimal, ...]]
    held: tuple[Held, ...] = ()

    @property
    def slots_a_day(self) -> int:
        """24 where the bill has hours, else 1."""
        return 24 // self.slot_hours

    @property
    def days(self) -> int:
        """The days that were looked at."""
        return self.slots // self.slots_a_day


@dataclass(frozen=True)
class Migration:
    """Usage that goes away: of the classes that match (service, family, region; '' matches all),
    `share` (1: all of it) from the day `on` on."""

    on: date
    service: str = ""
    family: str = ""
    region: str = ""
    share: Decimal = Decimal(1)

    def hits(self, one: DemandClass) -> bool:
        """Whether a class goes."""
        return all(
            not wanted or wanted.casefold() == has.casefold()
            for wanted, has in (
                (self.service, one.service), (self.family, one.family), (self.region, one.region),
            )
        )  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """How usage may go on: all of it times `usage` (0.8: a fifth less), growing by `growth` a year
    (0.1: 10 %, a twelfth of it each month, not compounded), less what migrates. `weight` is how
    likely it is taken to be, against the others (0: shown, not planned for)."""

    name: str
    usage: Decimal = Decimal(1)
    growth: Decimal = Decimal(0)
    migrations: tuple[Migration, ...] = ()
    weight: Decimal = Decimal(1)

    def factor(self, one: DemandClass, day: date, month: int) -> Decimal:
        """What a class's usage is times that of the days looked at, in a month (0: the first)."""
        found = self.usage * (Decimal(1) + self.growth * month / 12)
        for gone in self.migrations:
            if day >= gone.on and gone.hits(one):
                found *= Decimal(1) - gone.share
        return max(found, Decimal(0))


@dataclass(frozen=True)
class Position:
    """An offer, and what of it is bought: money an hour, in full."""

    offer: Offer
    level: Decimal

    @property
    def units(self) -> Decimal | None:
        """How many units that is; None of a spend commitment."""
        if self.offer.kind == "spend" or not self.offer.step:
            return None
        return (self.level / self.offer.step).quantize(Decimal(1))

    @property
    def upfront(self) -> Decimal:
        """What is paid on the first day, of a year of 365 days times the term."""
        return self.level * 24 * 365 * self.offer.years * UPFRONT[self.offer.payment]
