"""Answers of the API: realised savings."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class RealisedEffects(TypedDict):
    """What a difference is made of; all add up to what was realised."""

    usage: Number
    rate: Number
    replacement: Number
    unpriced: Number
    unused: Number
    coverage: Number


class RealisedSums(TypedDict):
    """What entries of one currency come to."""

    currency: str
    recommendations: int
    entries: int
    days: int
    promised: Number
    realised: Number
    missed: Number
    beyond: Number
    effects: RealisedEffects
    realised_list: Number
    avoided: Number
    one_off: Number


class RealisedRow(RealisedSums):
    """A row of the ledger."""

    value: str
    restated: Number
    cumulated: Number


class RealisedEntry(TypedDict):
    """A month of a recommendation, as it was known at a moment."""

    entry: int
    recommendation: int
    title: str
    month: str
    at: Moment
    snapshot: str
    currency: str
    nature: str
    owner_tag: str
    owner: str
    provider: str
    action: str
    days: int
    promised: Number
    counterfactual: Number
    actual: Number
    effects: RealisedEffects
    realised: Number
    missed: Number
    beyond: Number
    list_before: Number
    list_actual: Number
    avoided: Number
    one_off: Number


class RealisedDay(TypedDict):
    """A day against the baseline."""

    day: Day
    baseline: int
    counterfactual: Number
    actual: Number
    realised: Number
    effects: RealisedEffects
    one_off: Number
    avoided: Number
    gone: bool
    shared_with: list[int]


class RealisedKey(TypedDict):
    """A price over the days of an entry."""

    resource: str
    meter: str
    unit: str
    share: Number
    quantity_before: Number
    rate_before: Number | None
    counterfactual: Number
    quantity: Number
    actual: Number
    effects: RealisedEffects


class RealisedLeftOut(TypedDict):
    """A day that was not counted, and why."""

    day: Day
    reason: str


class RealisedMonth(RealisedEntry):
    """An entry with what it is made of."""

    measured: list[RealisedDay]
    keys: list[RealisedKey]
    left_out: list[RealisedLeftOut]


class RealisedChange(TypedDict):
    """What a later entry changed of a month that was over."""

    recommendation: int
    month: str
    currency: str
    before: Number
    after: Number
    difference: Number


class RealisedPace(TypedDict):
    """What is saved at the pace of the last 30 days."""

    currency: str
    month: Number
    year: Number
    recommendations: int


class RealisedLedger(TypedDict):
    """The answer of `get_realised`."""

    by: str
    rows: list[RealisedRow]
    totals: list[RealisedSums]
    months: list[RealisedRow]
    pace: list[RealisedPace]
    changes: list[RealisedChange]
    entries: list[RealisedEntry]
    left_off: int


class FrozenPrice(TypedDict):
    """A price and its quantity a day, as they were frozen."""

    resource: str
    meter: str
    unit: str
    quantities: list[Number]
    rate: Number | None
    list_rate: Number | None
    costs: list[Number]
    quantity: Number
    cost: Number
    list_cost: Number
    covered: Number


class FrozenCover(TypedDict):
    """A commitment as it was frozen."""

    commitment: str
    covered: list[Number]
    unused: Number
    others: Number


class RealisedBaseline(TypedDict):
    """What was frozen at acceptance; `discounted` is whether costs are after private discounts that
    a bill gives in lines of their own."""

    baseline: int
    recommendation: int
    frozen_at: Moment
    snapshot: str
    digest: str
    first_day: Day
    end_day: Day
    days: int
    cadence: str
    currency: str
    cost: Number
    promised: Number
    promised_list: Number | None
    estimated: Number
    where: str
    discounted: bool
    basis: str
    notes: list[str]
    keys: list[FrozenPrice]
    commitments: list[FrozenCover]


class RealisedWeek(TypedDict):
    """What the last days show."""

    first: Day
    last: Day
    days: int
    realised: Number
    promised: Number
    share: Number | None


class RealisedSaving(TypedDict):
    """The answer of `get_realised_saving`."""

    recommendation: int
    title: str
    state: str
    currency: str
    nature: str
    owner: str
    since: Day | None
    successor: str
    sums: RealisedSums
    week: RealisedWeek | None
    words: list[str]
    baselines: list[RealisedBaseline]
    entries: list[RealisedMonth]
    history: list[RealisedEntry]
    changes: list[RealisedChange]


class RealisedProof(TypedDict):
    """Whether a baseline can be made again."""

    baseline: int
    snapshot: str
    digest: str
    same: bool
    reason: str


class RealisedLook(TypedDict):
    """What a look did."""

    at: Moment
    entries: int
    seen: list[int]
    verified: list[int]
    sustained: list[int]
    regressed: list[int]
