"""What people configure of a plan: the kind Plan. Its lines and versions are documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from outlay.expression import canonical
from outlay.expression.dimensions import parse_dimension
from outlay.expression.errors import QueryError
from outlay.focus.currencies import is_currency
from outlay.money import BillingPeriod
from outlay.money.cents import places
from outlay.planning.plans.model import Frame, Method
from outlay.resources.kinds import Kind, Spec, registry

FRAME = ("starts", "measure", "currency", "hierarchy", "where", "rates")
"""The settings that all versions of a plan share: once there is a version they stay."""


class Baseline(Spec):
    """How a baseline is made: a ``forecast`` of each line; ``last-year``, the same months a year
    before; ``growth``, those and so many per cent more; ``flat``, the mean of the last three
    complete months. Months that are complete already are actual."""

    method: Method = "forecast"
    growth: Annotated[Decimal | None, Field(ge=-100, le=1000)] = None

    @model_validator(mode="after")
    def _growth_is_said(self) -> Baseline:
        if (self.method == "growth") != (self.growth is not None):
            raise ValueError("growth (in per cent) goes with method: growth, and only with it")
        return self


class PlanSpec(Spec):
    """A plan's settings.

    `starts` is the first month of its year, `hierarchy` the dimensions and virtual tags by which
    its lines stand, from the whole to the line, `where` the charges that it is about ('': all).
    `currency` is the workspace's unless given, `rates` as in a question. `tolerance` is by how many
    per cent the year's outlook may leave the approved plan before people are told. `owner` is whose
    plan it is; `approvers` are the accounts that may approve (none: everybody of that level).
    """

    title: str = ""
    description: str = ""
    starts: str
    measure: Literal["EffectiveCost", "BilledCost"] = "EffectiveCost"
    currency: str = ""
    rates: Annotated[str | None, Field(min_length=1)] = None
    hierarchy: Annotated[tuple[str, ...], Field(min_length=1, max_length=5)]
    where: str = ""
    baseline: Baseline = Baseline()
    tolerance: Annotated[Decimal, Field(gt=0, le=100)] = Decimal(5)
    owner: str = ""
    approvers: tuple[str, ...] = ()
    archived: bool = False

    @field_validator("starts")
    @classmethod
    def _a_month(cls, text: str) -> str:
        return str(BillingPeriod.parse(text))

    @field_validator("currency")
    @classmethod
    def _a_currency(cls, code: str) -> str:
        if code and not is_currency(code):
            raise ValueError(f"{code!r} is no currency code of ISO 4217, such as EUR")
        return code

    @field_validator("hierarchy")
    @classmethod
    def _dimensions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            found = tuple(str(parse_dimension(name, "hierarchy")) for name in names)
        except QueryError as error:
            raise ValueError(error.message) from None
        if len(set(found)) < len(found):
            raise ValueError("a hierarchy has each dimension once")
        return found

    @field_validator("where")
    @classmethod
    def _a_condition(cls, text: str) -> str:
        try:
            return canonical(text, "where") if text.strip() else ""
        except QueryError as error:
            raise ValueError(str(error)) from None


def frame_of(name: str, spec: PlanSpec, currency: str) -> Frame:
    """What a plan is a plan of; `currency` is the workspace's."""
    code = spec.currency or currency
    return Frame(
        plan=name,
        title=spec.title or name,
        first=BillingPeriod.parse(spec.starts),
        measure=spec.measure,
        currency=code,
        places=places(code),
        hierarchy=spec.hierarchy,
        where=spec.where,
        rates=spec.rates,
    )


PLAN = registry.register(
    Kind(
        name="Plan",
        spec=PlanSpec,
        title="Plan",
        description=(
            "A year by month over a hierarchy such as cost center, team and service: what is meant "
            "to be spent, approved in versions and compared with what was."
        ),
        example="""\
kind: Plan
name: fy2027
spec:
  title: Cloud plan FY2027
  starts: 2026-10
  measure: EffectiveCost
  currency: USD
  hierarchy: [team, ServiceName]
  baseline: {method: forecast}
  tolerance: "5"
  owner: finance@example.com
""",
    )
)
"""The kind `Plan`."""
