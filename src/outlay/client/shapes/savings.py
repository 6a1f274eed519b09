"""Answers of the API: savings."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class Saving(TypedDict):
    """A recommendation in short. Amounts are a month's, of `currency`: `monthly_saving` is the
    tool's own word after discounts, `monthly_best` what it counts for where of alternatives the
    best is taken, `monthly_net` what the bill would fall by for it."""

    id: int
    state: str
    reason: str
    title: str
    action: str
    group: str
    nature: str
    provider: str
    account: str
    region: str
    service: str
    resource: str
    resource_name: str
    scope: str
    where: str
    current: str
    recommended: str
    currency: str
    monthly_saving: Number
    monthly_saving_list: Number | None
    monthly_best: Number
    monthly_net: Number
    monthly_cost: Number | None
    counts: bool
    tools: list[str]
    detector: str
    confidence: str
    effort: str
    restart: bool | None
    rollback: bool | None
    owner: str
    owner_tag: str
    assignee: str
    due_on: Day | None
    overdue: bool
    snoozed_until: Day | None
    gone: str
    first_seen: Moment | None
    last_seen: Moment | None
    accepted_at: Moment | None
    implemented_at: Moment | None
    verified_at: Moment | None
    updated_at: Moment | None


class SavingTotals(TypedDict):
    """A part of `SavingList`: a month's totals of one currency; every finding, the best of
    alternatives, and net of overlaps; the same at list prices."""

    currency: str
    count: int
    all: Number
    best: Number
    net: Number
    all_list: Number
    best_list: Number
    net_list: Number


class SavingApart(TypedDict):
    """A part of `SavingList`: what is no recurring saving and counts in no total."""

    nature: str
    currency: str
    count: int
    amount: Number


class SavingList(TypedDict):
    """The answer of `list_savings`; totals and `count` are over all that fit."""

    rows: list[Saving]
    count: int
    totals: list[SavingTotals]
    apart: list[SavingApart]
    counts: dict[str, int]
    overdue: int
    looked_at: Moment | None


class SavingEvidence(TypedDict):
    """A part of `SavingFinding`: a figure that the estimate is made of."""

    name: str
    value: Number
    unit: str
    source: str


class SavingHeadroom(TypedDict):
    """A part of `SavingFinding`: the highest use seen, in per cent of now and of afterwards."""

    metric: str
    statistic: str
    now: Number
    after: Number


class SavingFinding(TypedDict):
    """A part of `SavingWhole`: what one tool says. `end_day` is exclusive."""

    tool: str
    detector: str
    native_id: str
    title: str
    basis: str
    current: str
    recommended: str
    monthly_saving: Number
    monthly_saving_list: Number | None
    monthly_cost: Number | None
    first_day: Day | None
    end_day: Day | None
    confidence: str
    reasons: list[str]
    effort: str
    restart: bool | None
    rollback: bool | None
    risk: str
    evidence: list[SavingEvidence]
    headroom: list[SavingHeadroom]


class SavingEffect(TypedDict):
    """A part of `SavingWhole`: why it counts for less than its own word; `by` is the number of the
    other recommendation (null: none, or one of others)."""

    why: str
    amount: Number
    by: int | None


class SavingStep(TypedDict):
    """A part of `SavingWhole`: what was done."""

    at: Moment
    author: str
    action: str
    note: str
    detail: dict[str, Any]


class SavingDiscount(TypedDict):
    """What private discounts in lines of their own take off the charges of a recommendation, a
    month: `rate` a share (0.06 is 6 %), `before` what they cost without, `off` what is taken,
    `lines` which lines give it."""

    rate: Number
    before: Number
    off: Number
    lines: list[str]


class SavingWhole(Saving):
    """The answer of `get_saving`. `discount` is null where nothing is taken off, or the bill has
    its discounts inside its charges; `discount_why` says it in a sentence."""

    owner_why: str
    discount: SavingDiscount | None
    discount_why: str
    accepted_by: str
    cycle: int
    findings: list[SavingFinding]
    effects: list[SavingEffect]
    others: list[Saving]
    steps: list[SavingStep]


class SavingChanged(TypedDict):
    """The answer of a step: the recommendation as it is now."""

    id: int
    state: str
    reason: str
    title: str
    owner: str
    assignee: str
    due_on: Day | None
    snoozed_until: Day | None
    accepted_at: Moment | None
    implemented_at: Moment | None
    updated_at: Moment | None


class SavingsChanged(TypedDict):
    """The answer of `change_savings`: all are done, or `refused` says by number why none is."""

    done: list[SavingChanged]
    refused: dict[str, str]


class SavingLook(TypedDict):
    """The answer of `look_for_savings`: numbers of recommendations that are new, came back or are
    gone; `failed` by detector why it did not work."""

    at: Moment
    outcome: str
    message: str
    found: int
    insufficient: int
    duration_ms: int
    new: list[int]
    back: list[int]
    gone: list[int]
    failed: dict[str, str]


class SavingsPolicy(TypedDict):
    """The answer of `get_savings_policy`; version 0: it is there without being saved."""

    version: int
    author: str
    spec: dict[str, Any]
