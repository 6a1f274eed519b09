"""Answers of the API: commitments and purchase plans."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Number


class CommitmentFigures(TypedDict):
    """A part of `Commitments`: sums in one currency. Shares are of 1, or null without a base."""

    currency: str
    eligible: Number
    covered: Number
    on_demand: Number
    cost: Number
    used: Number
    unused: Number
    saved: Number
    coverage: Number | None
    coverage_hours: Number | None
    utilisation: Number | None
    waste: Number | None
    effective_savings_rate: Number | None


class CommitmentRules(TypedDict):
    """A part of `Commitment`: what its vendor allows, in sentences; '' where it does not."""

    exchange: str
    resize: str
    sell: str
    share: str
    source: str


class Commitment(TypedDict):
    """A part of `Commitments`."""

    id: str
    name: str
    provider: str
    payer: str
    type: str | None
    program: str | None
    figures: CommitmentFigures
    days: int
    per_hour: Number | None
    discount: Number | None
    start: Day | None
    end: Day | None
    days_left: int | None
    months: int | None
    payment: str | None
    break_even_days: int | None
    break_even: Day | None
    accounts: list[str]
    families: list[str]
    elsewhere: Number
    elsewhere_accounts: list[str]
    at_end: str
    advice: str
    rules: CommitmentRules


class CommitmentPart(TypedDict):
    """A part of `Commitments`: the figures of a value."""

    value: str | None
    figures: CommitmentFigures


class CommitmentDay(TypedDict):
    """A part of `Commitments`: the figures of a day."""

    day: Day
    figures: CommitmentFigures


class CommitmentWeek(TypedDict):
    """A part of `Commitments`: an hour of the week, or a weekday (`hour` null); Monday is 0."""

    weekday: int
    hour: int | None
    figures: CommitmentFigures


class CommitmentCurrency(TypedDict):
    """A part of `Commitments`: all of one currency."""

    currency: str
    whole: CommitmentFigures
    before: CommitmentFigures
    parts: list[CommitmentPart]
    days: list[CommitmentDay]
    week: list[CommitmentWeek]


class Commitments(TypedDict):
    """The answer of `get_commitments`."""

    start: Day
    end: Day
    by: str
    hourly: bool
    currencies: list[CommitmentCurrency]
    commitments: list[Commitment]


class CommitmentEnding(TypedDict):
    """The answer of `list_ending_commitments`."""

    day: Day | None
    days_left: int | None
    saved_a_day: Number | None
    planned_change: str | None
    commitment: Commitment


class CommitmentPaidFor(TypedDict):
    """A part of `CommitmentMatrix`: what a payer paid for an owner."""

    owner: str
    cost: Number


# `for` is a word of Python, so that this is not written as a class.
CommitmentPayer = TypedDict(
    "CommitmentPayer",
    {"owner": str, "cost": Number, "unused": Number, "for": list[CommitmentPaidFor]},
)
"""A part of `CommitmentMatrix`."""


class CommitmentBeneficiary(TypedDict):
    """A part of `CommitmentMatrix`."""

    owner: str
    used: Number
    saved: Number


class CommitmentMatrix(TypedDict):
    """The answer of `list_commitment_benefits`: one currency."""

    tag: str
    currency: str
    start: Day
    end: Day
    cost: Number
    unused: Number
    saved: Number
    payers: list[CommitmentPayer]
    beneficiaries: list[CommitmentBeneficiary]


class PurchaseSums(TypedDict):
    """A part of `PurchasePlan`: money over the horizon."""

    usage: Number
    cost: Number
    held: Number
    bought: Number
    unused: Number
    on_demand: Number
    coverage: Number | None


class PurchaseMonth(PurchaseSums):
    """A part of `PurchasePlan`: a month of the horizon."""

    month: str


class PurchasePosition(TypedDict):
    """A part of `PurchasePlan`: what to buy."""

    offer: str
    program: str
    title: str
    years: int
    payment: str
    per_hour: Number
    units: str | None
    unit: str | None
    upfront: Number
    cost: Number
    unused: Number
    on_demand_displaced: Number
    saved: Number
    utilisation: Number | None
    rates: list[str]


class PurchaseScenario(TypedDict):
    """A part of `PurchasePlan`: what a scenario comes to."""

    scenario: str
    weight: str
    now: PurchaseSums
    planned: PurchaseSums
    saved: Number
    best: Number
    regret: Number


class PurchaseCurvePoint(TypedDict):
    """A part of `PurchasePlan`: so much of the portfolio."""

    share: Number
    per_hour: Number
    cost: Number
    saved: Number
    coverage: Number | None
    utilisation: Number | None


class PurchaseTerm(TypedDict):
    """A part of `PurchasePlan`: a term that was weighed."""

    years: int
    payment: str
    per_hour: Number
    cost: Number
    saved: Number
    upfront: Number
    chosen: bool


class PurchaseTranche(TypedDict):
    """A part of `PurchasePlan`: when to buy which share of it."""

    on: Day
    share: Number


class PurchasePlan(TypedDict):
    """A part of `PurchasePlanned`: the plan of one paying account."""

    provider: str
    payer: str
    currency: str
    start: Day
    end: Day
    slot_hours: int
    per_hour: Number
    upfront: Number
    break_even_usage: Number | None
    positions: list[PurchasePosition]
    scenarios: list[PurchaseScenario]
    months: list[PurchaseMonth]
    curve: list[PurchaseCurvePoint]
    terms: list[PurchaseTerm]
    purchases: list[PurchaseTranche]


class PurchaseDays(TypedDict):
    """A part of `PurchasePlanned`: the days that were looked at, the end exclusive."""

    start: Day
    end: Day


class PurchaseCurrency(TypedDict):
    """A part of `PurchasePlanned`: all plans of one currency."""

    currency: str
    now: Number
    planned: Number
    saved: Number
    per_hour: Number
    upfront: Number


class PurchasePlanned(TypedDict):
    """The answer of `plan_purchase` and `get_purchase_plan`."""

    spec: dict[str, Any]
    looked_at: PurchaseDays
    hourly: bool
    rates_as_of: Day
    sums: list[PurchaseCurrency]
    plans: list[PurchasePlan]
    notes: list[str]
