"""Answers of the API: anomalies."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class Anomaly(TypedDict):
    """An event in short. `ends_at` is exclusive, `last_day` inclusive."""

    id: int
    title: str
    sentence: str
    driver: str
    state: str
    reason: str
    severity: str
    kind: str
    direction: str
    grain: str
    monitor: str
    measure: str
    currency: str
    starts_at: Moment
    ends_at: Moment
    first_day: Day
    last_day: Day
    ongoing: bool
    actual: Number
    expected: Number
    impact: Number
    confidence: Number
    grouping: str
    values: list[str | None]
    where: str
    owner: str
    owner_tag: str
    assignee: str
    feedback: str
    quiet: int | None
    detected_at: Moment
    updated_at: Moment


class AnomalySum(TypedDict):
    """A part of `AnomalyList`: impacts of one currency."""

    currency: str
    impact: Number


class AnomalyList(TypedDict):
    """The answer of `list_anomalies`; sums and `count` are over all that fit."""

    rows: list[Anomaly]
    count: int
    above: list[AnomalySum]
    below: list[AnomalySum]
    counts: dict[str, int]


class AnomalyDay(TypedDict):
    """A part of `AnomalyWithDrivers`: a day (or hour) and what would have been normal."""

    start: Moment
    actual: Number
    expected: Number
    lower: Number
    upper: Number
    difference: Number
    flagged: bool


class AnomalySeries(TypedDict):
    """A part of `AnomalyWithDrivers`: a series of its cause, the first says it best."""

    grouping: str
    values: list[str | None]
    title: str
    where: str
    starts_at: Moment
    ends_at: Moment
    actual: Number
    expected: Number
    impact: Number


class AnomalyPart(TypedDict):
    """A part of `AnomalyExplained`: a combination of values."""

    values: dict[str, str | None]
    titles: dict[str, str]
    actual: Number
    expected: Number
    impact: Number


class AnomalyExplained(TypedDict):
    """The smallest set of values that explains an impact; `share` is in per cent."""

    parts: list[AnomalyPart]
    rest: Number
    share: Number
    where: dict[str, str | None]


class AnomalyEffect(TypedDict):
    """A part of `AnomalySplit`: what one kind of change made of the impact."""

    effect: str
    title: str
    amount: Number


class AnomalySplit(TypedDict):
    """An impact by kind of change; the effects add up to it."""

    effects: list[AnomalyEffect]
    against_from: Day
    against_to: Day
    before: Number


class AnomalyAway(TypedDict):
    """What explains an event away: a delivery, or a virtual tag whose rules changed."""

    amount: Number
    source: str
    period: str
    delivery: str
    before: str
    after: str
    at: Moment | None
    tag: str
    note: str


class AnomalyStep(TypedDict):
    """One thing that was done with an event."""

    at: Moment
    author: str
    action: str
    verdict: str
    note: str
    detail: dict[str, Any]


class AnomalyWithDrivers(Anomaly):
    """The answer of `get_anomaly`."""

    days: list[AnomalyDay]
    band: list[AnomalyDay]
    series: list[AnomalySeries]
    explained: AnomalyExplained | None
    split: AnomalySplit | None
    explaining: AnomalyAway | None
    basis: dict[str, Any]
    names: dict[str, dict[str, str]]
    snapshot: str
    steps: list[AnomalyStep]


class AnomalyMonitor(TypedDict):
    """A monitor; one that is `shipped` is there without being saved."""

    name: str
    title: str
    shipped: bool
    version: int
    author: str
    spec: dict[str, Any]


class AnomalyLearned(AnomalyStep):
    """A part of `AnomalyMonitorLearned`: feedback that counts."""

    anomaly: int
    title: str


class AnomalyMonitorLearned(AnomalyMonitor):
    """The answer of `get_anomaly_monitor`."""

    learned: list[AnomalyLearned]


class AnomalyRun(TypedDict):
    """A look for anomalies."""

    at: Moment
    outcome: str
    message: str
    snapshot: str
    series: int
    events: int
    duration_ms: int
    detail: dict[str, Any]
