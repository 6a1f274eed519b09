"""What people configure of commitments: a purchase plan, its assumptions as code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from outlay.expression import canonical
from outlay.expression.errors import QueryError
from outlay.resources.kinds import Kind, Spec, registry
from outlay.savings.planner.catalogue import catalogue
from outlay.savings.planner.model import Payment

Years = Literal[1, 3]
Percent = Annotated[Decimal, Field(ge=0, le=100)]


def _condition(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return canonical(text, "scope")
    except QueryError as error:
        raise ValueError(str(error).removeprefix("scope: ")) from None


def _program(name: str) -> str:
    known = [one.id for one in catalogue().programs]
    if name not in known:
        raise ValueError(f"{name!r} is no program. Programs: {', '.join(known)}")
    return name


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str | int) else value


class TermShare(Spec):
    """A part of a term mix: so many percent of what is bought on this term."""

    years: Years
    payment: Payment = "none"
    share: Annotated[Decimal, Field(gt=0, le=100)]


class MigrationSpec(Spec):
    """Usage that goes away on a day: all that matches (a field left out matches everything),
    `percent` of it."""

    day: date
    service: str = ""
    family: str = ""
    region: str = ""
    percent: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(100)

    @model_validator(mode="after")
    def _of_something(self) -> MigrationSpec:
        if not (self.service or self.family or self.region):
            raise ValueError("a migration names a service, a family or a region")
        return self


class ScenarioSpec(Spec):
    """How usage may go on: `usage` in percent of today's, `growth` in percent a year, less what
    migrates. `weight` is how likely it is against the others; 0 is shown and not planned for."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    usage: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(100)
    growth: Annotated[Decimal, Field(ge=-100, le=1000)] = Decimal(0)
    migrations: tuple[MigrationSpec, ...] = ()
    weight: Annotated[Decimal, Field(ge=0, le=1000)] = Decimal(1)


AS_NOW = ScenarioSpec(name="As now")
FEWER = ScenarioSpec(name="A fifth less", usage=Decimal(80), weight=Decimal(0))
MORE = ScenarioSpec(name="Growing by 20 % a year", growth=Decimal(20), weight=Decimal(0))
DEFAULT_SCENARIOS = (AS_NOW, FEWER, MORE)


class PurchasePlanSpec(Spec):
    """The assumptions of a purchase plan; it is worked out live from the ledger.

    `scope` narrows the usage that may be committed to. `lookback` whole days (rounded down to
    weeks) stand for the `months` to come. `programs` are those that may be bought (none named:
    all). Of `years` × `payments` the best term is taken; a `mix` buys each in its share instead.
    `tranche` percent of the portfolio are bought each month. `cost_of_money` is percent a year on
    what is paid ahead. `most_an_hour` bounds the new commitments of each payer, in its currency;
    `coverage_limit` the covered part of usage, in percent.
    """

    title: Annotated[str, Field(max_length=200)] = ""
    note: Annotated[str, Field(max_length=2000)] = ""
    scope: Annotated[str, AfterValidator(_condition)] = ""
    lookback: Annotated[int, Field(ge=7, le=400)] = 91
    months: Annotated[int, Field(ge=1, le=36)] = 12
    programs: Annotated[
        tuple[Annotated[str, AfterValidator(_program)], ...], BeforeValidator(_listed)
    ] = ()
    years: Annotated[tuple[Years, ...], BeforeValidator(_listed), Field(min_length=1)] = (1,)
    payments: Annotated[tuple[Payment, ...], BeforeValidator(_listed), Field(min_length=1)] = (
        "none",
    )
    mix: tuple[TermShare, ...] = ()
    tranche: Annotated[Decimal, Field(ge=5, le=100)] = Decimal(100)
    cost_of_money: Annotated[Decimal, Field(ge=0, le=50)] = Decimal(0)
    most_an_hour: Annotated[Decimal, Field(ge=0, le=Decimal(10) ** 9)] | None = None
    coverage_limit: Percent | None = None
    scenarios: Annotated[tuple[ScenarioSpec, ...], Field(min_length=1, max_length=8)] = (
        DEFAULT_SCENARIOS
    )

    @model_validator(mode="after")
    def _holds_together(self) -> PurchasePlanSpec:
        if self.mix:
            terms = [(one.years, one.payment) for one in self.mix]
            if len(set(terms)) < len(terms):
                raise ValueError("mix: a term is there twice")
            whole = sum((one.share for one in self.mix), Decimal(0))
            if whole != 100:
                raise ValueError(f"mix: the shares come to {whole}, not to 100")
        names = [one.name for one in self.scenarios]
        if len(set(names)) < len(names):
            raise ValueError("scenarios: a name is there twice")
        if not any(one.weight for one in self.scenarios):
            raise ValueError("scenarios: at least one needs a weight above 0")
        return self


PURCHASE_PLAN = registry.register(
    Kind(
        name="PurchasePlan",
        spec=PurchasePlanSpec,
        title="Purchase plan",
        description=(
            "The assumptions by which commitments are to be bought: terms, payment, tranches, "
            "limits and the scenarios that the plan has to stand."
        ),
        example="""\
kind: PurchasePlan
name: compute-2027
spec:
  title: Compute for 2027
  scope: ServiceProviderName = 'AWS'
  programs: [aws-compute-savings-plan, aws-reserved]
  years: [1]
  payments: [none, partial]
  tranche: 25
  cost_of_money: 6
  coverage_limit: 85
  scenarios:
    - {name: As now, weight: 6}
    - {name: A fifth less, usage: 80, weight: 3}
    - name: Without Redshift
      weight: 1
      migrations: [{day: 2027-03-01, service: Amazon Redshift}]
""",
    )
)
"""The kind of purchase plans."""
