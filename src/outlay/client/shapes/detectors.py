"""Answers of the API: detectors."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Moment, Number


class DetectorLacking(TypedDict):
    """A part of `DetectorMissing`: a resource that could not be judged, and its cost a month."""

    resource: str
    account: str
    currency: str
    cost: Number | None


class DetectorMissing(TypedDict):
    """A part of `DetectorLast`: what is missing, of how many resources; `cost` a month by currency,
    `unpriced` how many have no cost that is known, `some` the dearest."""

    reason: str
    resources: int
    cost: dict[str, Number]
    unpriced: int
    some: list[DetectorLacking]


class DetectorLast(TypedDict):
    """A part of `DetectorStanding`: what a look came to; `saving` a month by currency."""

    findings: int
    saving: dict[str, Number]
    missing: list[DetectorMissing]


class DetectorParameter(TypedDict):
    """A part of `DetectorStanding`: numbers are text. `changed`: the policy says the value."""

    name: str
    meaning: str
    unit: str
    default: str | bool
    value: str | bool
    changed: bool
    least: str | None
    most: str | None


class DetectorStanding(TypedDict):
    """The answer of `get_detector`: its declaration, how it looks, what the last look came to."""

    id: str
    title: str
    area: str
    provider: str
    service: str
    action: str
    group: str
    effort: str
    confidence: str
    inputs: list[str]
    metrics: list[str]
    window_days: int
    minimum_days: int
    predicate: str
    formula: str
    verification: str
    exclusions: list[str]
    risk: str
    restart: bool
    rollback: bool
    source: str
    parameters: list[DetectorParameter]
    enabled: bool
    minimum_saving: Number
    where: str
    failed: str
    last: DetectorLast | None


class DetectorCatalogue(TypedDict):
    """The answer of `list_detectors`."""

    looked_at: Moment | None
    outcome: str
    message: str
    snapshot: str
    policy_version: int
    detectors: list[DetectorStanding]


class DetectorFigure(TypedDict):
    """A part of `DetectorFinding`: a figure that the estimate is made of."""

    name: str
    value: str
    unit: str
    source: str


class DetectorHeadroom(TypedDict):
    """A part of `DetectorFinding`: the highest use, in percent of now and of what would be."""

    metric: str
    statistic: str
    now: str
    after: str


class DetectorFinding(TypedDict):
    """A part of `DetectorRun`: what a detector finds; amounts a month."""

    detector: str
    title: str
    action: str
    provider: str
    account: str
    region: str
    service: str
    resource: str
    resource_name: str
    scope: str
    where: str
    group: str
    current: str
    recommended: str
    currency: str
    monthly_saving: Number
    monthly_saving_list: Number | None
    monthly_cost: Number | None
    basis: str
    confidence: str
    effort: str
    reasons: list[str]
    evidence: list[DetectorFigure]
    headroom: list[DetectorHeadroom]


class DetectorInsufficient(TypedDict):
    """A part of `DetectorRun`: what could not be judged, and why."""

    detector: str
    resource: str
    missing: str
    provider: str
    account: str
    currency: str
    monthly_cost: Number | None


class DetectorExplained(TypedDict):
    """A part of `DetectorRun`: why a detector finds a resource or does not; `verdict` is found,
    small, insufficient, near, not found or not on the bill."""

    detector: str
    resource: str
    verdict: str
    because: list[str]
    near: dict[str, str]
    finding: DetectorFinding | None


class DetectorRun(TypedDict):
    """The answer of `run_detectors`."""

    snapshot: str
    findings: list[DetectorFinding]
    insufficient: list[DetectorInsufficient]
    failed: dict[str, str]
    detectors: dict[str, DetectorLast]
    explained: DetectorExplained | None
