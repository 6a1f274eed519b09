"""What finance configures of statements: the kind StatementPlan, and its default."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from outlay.expression.dimensions import VIRTUAL, parse_dimension
from outlay.expression.errors import QueryError
from outlay.focus.currencies import is_currency
from outlay.resources.kinds import Kind, Spec, registry

Measure = Literal["EffectiveCost", "BilledCost"]
Mode = Literal["showback", "chargeback"]
Later = Literal["keep", "adjust"]

ECB_AVERAGE = "ecb-month-average"
ECB_END = "ecb-month-end"
RATE_RULES = (ECB_AVERAGE, ECB_END)
"""The rules for a month's rate that need no table."""


class ValueAccount(Spec):
    """Where one value's cost is booked, if not on the plan's own accounts."""

    cost: str = ""
    cost_center: str = ""


class Journal(Spec):
    """The accounts of the general ledger that a month is booked on.

    `cost` is debited for each value, `clearing` credited for the whole; `accrual` takes the part
    that no invoice backs yet and gives it back in the next month; `tax` is debited for tax that is
    recovered, if `recoverable_tax`. `values` says of a value which account and cost center it has
    (default: `cost`, and the value itself).
    """

    cost: Annotated[str, Field(min_length=1)]
    clearing: Annotated[str, Field(min_length=1)]
    accrual: Annotated[str, Field(min_length=1)]
    tax: str = ""
    recoverable_tax: bool = True
    values: dict[str, ValueAccount] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tax_has_an_account(self) -> "Journal":
        if self.recoverable_tax and not self.tax:
            raise ValueError("tax is missing: name the account of recoverable tax, or say "
                             "recoverable_tax: false")  # fmt: skip
        return self


class StatementPlanSpec(Spec):
    """How the statements of a virtual tag are made.

    `tag` is the virtual tag (default: the plan's own name), `currency` what statements are in
    (default: the workspace's), `rates` its month rate: ``ecb-month-average``, ``ecb-month-end`` or
    the name of a resource of kind ExchangeRates; with `bill_rates` a bill's own rate goes first.
    `lines` is the dimension that direct cost is listed by. `after_close` says what a change of
    rules means for closed months: ``keep`` (they stay as they were allocated) or ``adjust``.
    """

    title: str = ""
    tag: str = ""
    measure: Measure = "EffectiveCost"
    currency: str = ""
    rates: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")] = ECB_AVERAGE
    bill_rates: bool = False
    lines: str = "ServiceName"
    after_close: Later = "keep"
    mode: Mode = "showback"
    journal: Journal | None = None
    heading: str = ""
    footer: str = ""

    @field_validator("currency")
    @classmethod
    def _a_currency(cls, code: str) -> str:
        if code and not is_currency(code):
            raise ValueError(f"{code!r} is no currency code of ISO 4217, such as EUR")
        return code

    @field_validator("tag")
    @classmethod
    def _a_virtual_tag(cls, name: str) -> str:
        if name and _kind_of(name) != VIRTUAL:
            raise ValueError(f"{name!r} cannot name a virtual tag; statements are of one")
        return name

    @field_validator("lines")
    @classmethod
    def _a_dimension(cls, name: str) -> str:
        try:
            return str(parse_dimension(name, "lines"))
        except QueryError as error:
            raise ValueError(error.message) from None

    @model_validator(mode="after")
    def _chargeback_is_booked(self) -> "StatementPlanSpec":
        if self.mode == "chargeback" and self.journal is None:
            raise ValueError(
                "a chargeback is booked: name its accounts under journal (cost, clearing, accrual, "
                "tax), or set mode: showback"
            )
        return self


def _kind_of(name: str) -> str:
    try:
        return parse_dimension(name, "tag").kind
    except QueryError:
        return ""


STATEMENT_PLAN = registry.register(
    Kind(
        name="StatementPlan",
        spec=StatementPlanSpec,
        title="Statement plan",
        level="approver",
        description=(
            "How the monthly statements of a virtual tag are made: measure, currency and month "
            "rate, what their lines are, and the accounts that a chargeback is booked on."
        ),
        example="""\
kind: StatementPlan
name: team
spec:
  title: Cloud cost by team
  measure: EffectiveCost
  currency: EUR
  rates: ecb-month-average
  lines: ServiceName
  mode: chargeback
  journal:
    cost: "6815"
    clearing: "1590"
    accrual: "3790"
    tax: "1406"
    values:
      search: {cost_center: CC-4711}
  heading: Kestrel Outdoor, cloud finance
  footer: Questions go to finance@example.com.
""",
    )
)


@dataclass(frozen=True)
class Plan:
    """A plan that can be used: every default filled in. `version` is the resource's (0: there is
    none, the plan is the default one of its tag)."""

    name: str
    tag: str
    currency: str
    spec: StatementPlanSpec = field(default_factory=StatementPlanSpec)
    version: int = 0

    @property
    def title(self) -> str:
        """What the statements are called."""
        return self.spec.title or f"Cost by {self.tag}"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The virtual tag first, then what a month is taken apart by."""
        return tuple(dict.fromkeys((self.tag, self.spec.lines, *SPLIT_BY)))


SPLIT_BY = (
    "ChargeCategory",
    "ChargeClass",
    "CommitmentDiscountStatus",
    "ServiceSubcategory",
    "InvoiceId",
    "x_SourceName",
)
"""What a month is taken apart by beside tag and lines: its sections, and what adjustments name."""
