"""Answers of the API: native recommendations."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class NativeDelivery(TypedDict):
    """A delivery of a native tool: `findings` have an amount, `sizings` get theirs from the
    cluster's bill, `told` could not be taken."""

    id: int
    at: Moment
    format: str
    items: int
    digest: str
    findings: int
    sizings: int
    told: int
    files: int


class NativeSource(TypedDict):
    """Each of `list_native_sources`. `monthly_saving` is by currency, every finding counted."""

    name: str
    title: str
    format: str
    location: str
    options: dict[str, str]
    cadence: str
    enabled: bool
    freshness: str
    freshness_reason: str
    delivery: NativeDelivery | None
    findings: int
    without_amount: int
    told: int
    monthly_saving: dict[str, Number]
    looked_at: Moment | None
    next_sync_at: Moment | None
    error: str


class NativeEvidence(TypedDict):
    """A figure that an estimate is made of."""

    name: str
    value: Number
    unit: str
    source: str


class NativeHeadroom(TypedDict):
    """What is left of a resource, in percent, now and after."""

    metric: str
    statistic: str
    now: Number
    after: Number


class NativeFinding(TypedDict):
    """What a native tool says of one resource."""

    tool: str
    detector: str
    native_id: str
    provider: str
    account: str
    region: str
    service: str
    resource: str
    resource_name: str
    resource_type: str
    scope: str
    where: str
    action: str
    group: str
    title: str
    current: str
    recommended: str
    currency: str
    basis: str
    nature: str
    confidence: str
    effort: str
    restart: bool | None
    rollback: bool | None
    risk: str
    monthly_saving: Number
    monthly_saving_list: Number | None
    monthly_cost: Number | None
    reasons: list[str]
    first_day: Day | None
    end_day: Day | None
    evidence: list[NativeEvidence]
    headroom: list[NativeHeadroom]
    tags: dict[str, str]


class NativeLeftOut(TypedDict):
    """An item that is no finding, and why."""

    item: str
    reason: str
    resource: str


class NativeRun(TypedDict):
    """A sync of a native source."""

    id: int
    started_at: Moment
    ended_at: Moment | None
    outcome: str
    message: str


class NativeSourceWithFindings(NativeSource):
    """The answer of `get_native_source`: what the newest delivery says."""

    recommendations: list[NativeFinding]
    left_out: list[NativeLeftOut]
    deliveries: list[NativeDelivery]
    runs: list[NativeRun]


class NativeSync(TypedDict):
    """What a sync did: `outcome` is delivered, unchanged or failed."""

    source: str
    outcome: str
    error: str
    delivery: NativeDelivery | None


class NativeFormat(TypedDict):
    """What can be read; `api` are the options of its API, null where it has none."""

    format: str
    title: str
    provider: str
    shape: str
    description: str
    options: dict[str, str]
    api: dict[str, str] | None
