"""The kind `Contract`: obligations by term, what counts towards them, prices agreed, renewal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from outlay.expression import canonical
from outlay.expression.errors import QueryError
from outlay.focus.currencies import is_currency
from outlay.money import money_text
from outlay.money.display import places
from outlay.money.quotients import scaled
from outlay.resources.kinds import Kind, Spec, registry

Measure = Literal["BilledCost", "EffectiveCost", "ContractedCost", "ListCost"]
Charged = Literal["ContractedCost", "EffectiveCost", "BilledCost"]
Excess = Literal["ends", "carries"]
Shortfall = Literal["invoiced", "lost"]
MOST = Decimal(10) ** 15
"""No obligation is larger; a number beyond it is a slip."""


def _condition(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return canonical(text, "scope")
    except QueryError as error:
        raise ValueError(str(error).removeprefix("scope: ")) from None


Condition = Annotated[str, AfterValidator(_condition)]
"""A condition on charges, in canonical form; empty for every charge."""


class Term(Spec):
    """A part of the contract with an obligation of its own, a year as a rule: `from` its first day
    (inclusive) `until` the day after its last (exclusive), and the `amount` that is owed for it."""

    from_: date = Field(alias="from")
    until: date
    amount: Annotated[Decimal, Field(gt=0, le=MOST)]

    model_config = Spec.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _in_order(self) -> Term:
        if self.until <= self.from_:
            raise ValueError(
                f"until {self.until} is not after from {self.from_} (until is exclusive: the day "
                "after the last)"
            )
        return self

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.until - self.from_).days


class AgreedPrice(Spec):
    """A price or discount that was agreed: the charges `when` it holds for, and either a `price`
    of one pricing unit (FOCUS PricingUnit `unit`) in the contract's currency, or a `discount` in
    percent off the list price. `charged` is the measure that has it. It holds `from` a day until a
    day (exclusive); within `tolerance` percent of the expected amount a difference is rounding."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    when: Condition = ""
    price: Annotated[Decimal, Field(ge=0, le=MOST)] | None = None
    unit: Annotated[str, Field(max_length=120)] = ""
    discount: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    charged: Charged = "ContractedCost"
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    tolerance: Annotated[Decimal, Field(ge=0, le=50)] = Decimal("0.1")

    model_config = Spec.model_config | {"populate_by_name": True, "serialize_by_alias": True}

    @model_validator(mode="after")
    def _one_of(self) -> AgreedPrice:
        if (self.price is None) == (self.discount is None):
            raise ValueError(f"{self.name}: an agreed price has a price or a discount, one of both")
        if self.price is not None and not self.unit:
            raise ValueError(f"{self.name}: a price needs unit: the PricingUnit that it is of")
        if self.from_ and self.until and self.until <= self.from_:
            raise ValueError(f"{self.name}: until {self.until} is not after from {self.from_}")
        return self


class Renewal(Spec):
    """What comes at the end: `notice_days` before it somebody must have said so, `automatic`
    whether it goes on otherwise; `remind_days` before the notice people are told."""

    notice_days: Annotated[int, Field(ge=0, le=730)] = 90
    automatic: bool = False
    remind_days: tuple[Annotated[int, Field(ge=0, le=730)], ...] = (90, 30, 7)


class ContractOwner(Spec):
    """Whose it is: a value of a virtual tag, or a person or role by name (no `tag`)."""

    value: Annotated[str, Field(min_length=1, max_length=200)]
    tag: Annotated[str, Field(max_length=64)] = ""


def _owner(value: Any) -> Any:
    return {"value": value} if isinstance(value, str) else value


class ContractSpec(Spec):
    """An agreement with a vendor: AWS EDP or PPA, Azure MACC, Google's commit, Snowflake or
    Databricks capacity, or of any SaaS.

    `scope` says which charges count towards the obligation, by `measure`. Terms follow each other
    without gap. `excess` is what was used beyond a term's obligation: it ``ends`` with the term, or
    ``carries`` over to the next. `shortfall` is what was not used: ``invoiced`` (a true-up), or
    ``lost`` (paid ahead). `overage_percent` is the price of what is used beyond, in percent of what
    was charged for it (100: the same price). Amounts are in `currency`; charges in others are
    converted by `rates`.
    """

    title: Annotated[str, Field(max_length=200)] = ""
    vendor: Annotated[str, Field(min_length=1, max_length=200)]
    number: Annotated[str, Field(max_length=120)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    scope: Condition = ""
    measure: Measure = "BilledCost"
    currency: str
    rates: str = ""
    terms: Annotated[tuple[Term, ...], Field(min_length=1, max_length=40)]
    excess: Excess = "ends"
    shortfall: Shortfall = "invoiced"
    overage_percent: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(100)
    renewal: Renewal = Renewal()
    owner: Annotated[ContractOwner, BeforeValidator(_owner)] | None = None
    prices: Annotated[tuple[AgreedPrice, ...], Field(max_length=200)] = ()

    @field_validator("currency")
    @classmethod
    def _a_currency(cls, code: str) -> str:
        if not is_currency(code.strip().upper()):
            raise ValueError(
                f"{code!r} is no currency. Allowed: a code of ISO 4217, such as USD or EUR"
            )
        return code.strip().upper()

    @model_validator(mode="after")
    def _holds_together(self) -> ContractSpec:
        for before, after in zip(self.terms, self.terms[1:], strict=False):
            if after.from_ != before.until:
                raise ValueError(
                    f"terms: the one from {after.from_} does not begin where the one before it "
                    f"ends, on {before.until}"
                )
        for term in self.terms:
            if scaled(term.amount, places(self.currency)) != term.amount:
                raise ValueError(
                    f"terms: {money_text(term.amount)} has more decimals than {self.currency} has"
                )
        names = [price.name for price in self.prices]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"prices: {', '.join(twice)} is there twice")
        return self

    @property
    def begins(self) -> date:
        """Its first day."""
        return self.terms[0].from_

    @property
    def ends(self) -> date:
        """The day after its last."""
        return self.terms[-1].until


CONTRACT = registry.register(
    Kind(
        name="Contract",
        spec=ContractSpec,
        title="Contract",
        description=(
            "An agreement with a vendor: what is owed by term and what counts towards it, how far "
            "it is used up, when it is renewed, and whether charged prices are the agreed ones."
        ),
        example="""\
kind: Contract
name: aws-edp
spec:
  title: AWS enterprise discount program
  vendor: AWS
  number: EDP-2026-0117
  scope: ServiceProviderName = 'AWS' AND ChargeCategory <> 'Tax'
  measure: BilledCost
  currency: USD
  terms:
    - {from: 2026-01-01, until: 2027-01-01, amount: 1200000}
    - {from: 2027-01-01, until: 2028-01-01, amount: 1400000}
  shortfall: invoiced
  owner: procurement
  renewal: {notice_days: 90}
  prices:
    - {name: Compute, when: "ServiceCategory = 'Compute'", discount: 9}
""",
    )
)
"""The kind of contracts."""
