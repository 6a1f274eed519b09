"""Answers of the API: questions."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number


class Column(TypedDict):
    """A part of `Answer`."""

    name: str
    role: str
    type: str
    title: str
    measure: str | None


DayRange = TypedDict(
    "DayRange",
    {
        "from": Day,
        "to": Day,
    },
)
"""A part of `Answer`."""


class Unconverted(TypedDict):
    """A part of `Answer`."""

    currency: str
    amounts: dict[str, Number]


class RateUsed(TypedDict):
    """A part of `Answer`."""

    currency: str
    day: Day
    rate: Number
    publisher: str
    other_rates: int


class Answer(TypedDict):
    """The answer of `query`, `query_json`."""

    query: dict[str, Any]
    columns: list[Column]
    rows: list[dict[str, Any]]
    other: list[dict[str, Any]]
    total: dict[str, Any] | None
    totals: list[dict[str, Any]]
    currency: str | None
    range: DayRange | None
    previous_range: DayRange | None
    groups: int
    unconverted: list[Unconverted]
    rates: list[RateUsed]
    snapshot: str | None
    warnings: list[str]


class ExplanationGroupSliceFileTop(TypedDict):
    """A part of `ExplanationGroupSliceFile`."""

    line: int
    moment: Moment
    amount: Number


class ExplanationGroupSliceFile(TypedDict):
    """A part of `ExplanationGroupSlice`."""

    path: str
    sha256: str
    amount: Number
    lines: int
    top: list[ExplanationGroupSliceFileTop]
    rest: Number
    rest_lines: int


class ExplanationGroupSlice(TypedDict):
    """A part of `ExplanationGroup`."""

    source: str
    billing_period: str
    delivery: str
    version: str
    cause: str
    mapping_version: int
    loaded_at: Moment
    amount: Number
    lines: int
    files: list[ExplanationGroupSliceFile]


class ExplanationGroupSharedWayStep(TypedDict):
    """A part of `ExplanationGroupSharedWay`."""

    split: str
    version: int
    title: str
    owner: str
    tag: str
    method: str
    weighs: str
    period_kind: str
    period: Day
    target: str
    weight: Number
    weights: dict[str, Number]
    share: Number
    notes: list[str]


class ExplanationGroupSharedWay(TypedDict):
    """A part of `ExplanationGroupShared`."""

    share: Number
    stayed: str
    steps: list[ExplanationGroupSharedWayStep]


ExplanationGroupSharedCharges = TypedDict(
    "ExplanationGroupSharedCharges",
    {
        "measures": list[str],
        "from": Day,
        "to": Day,
        "where": str,
        "splits": str,
    },
)
"""A part of `ExplanationGroupShared`."""


class ExplanationGroupShared(TypedDict):
    """A part of `ExplanationGroup`."""

    split: str
    target: str
    day: Day
    billing_period: str | None
    pool: Number
    share: Number
    amount: Number
    ways: list[ExplanationGroupSharedWay]
    charges: ExplanationGroupSharedCharges
    slices: list[ExplanationGroupSlice]


class ExplanationGroup(TypedDict):
    """A part of `Explanation`."""

    values: dict[str, Any]
    currency: str
    amount: Number
    direct: Number
    shared_amount: Number
    lines: int
    slices: list[ExplanationGroupSlice]
    shared: list[ExplanationGroupShared]
    given: list[dict[str, Any]]
    kept: list[dict[str, Any]]


class Explanation(TypedDict):
    """The answer of `explain`."""

    query: dict[str, Any]
    measure: str
    groups: list[ExplanationGroup]
    other: dict[str, Number]
    other_groups: int
    totals: dict[str, Number]
    direct_totals: dict[str, Number]
    tag: str | None
    snapshot: str | None


class Charge(TypedDict):
    """A part of `ChargePage`."""

    source: str
    billing_period: str
    delivery: str
    file: str
    file_index: int
    line: int
    charge: dict[str, Any]


class ChargePage(TypedDict):
    """The answer of `list_charges`."""

    measure: str
    offset: int
    lines: int
    amounts: dict[str, Number]
    charges: list[Charge]
    snapshot: str | None
    warnings: list[str]
    next: str | None


class Dimension(TypedDict):
    """The answer of `list_dimensions`."""

    name: str
    kind: str
    title: str
    covered: dict[str, Number]
    total: dict[str, Number]


class Value(TypedDict):
    """The answer of `list_values`."""

    value: str | None
    amounts: dict[str, Number]
    lines: int


class SqlColumn(TypedDict):
    """A part of `SqlAnswer`."""

    name: str
    type: str


class SqlAnswer(TypedDict):
    """The answer of `sql`."""

    columns: list[SqlColumn]
    rows: list[dict[str, Any]]
    truncated: bool
    snapshot: str | None


class DriversDays(TypedDict):
    """A part of `Drivers`."""

    before: int
    after: int


class DriversBridgeEffect(TypedDict):
    """A part of `DriversBridge`."""

    effect: str
    title: str
    amount: Number


class DriversBridgeGroup(TypedDict):
    """A part of `DriversBridge`."""

    values: list[str]
    before: Number
    after: Number
    change: Number
    effects: dict[str, Number]


class DriversBridgeItem(TypedDict):
    """A part of `DriversBridge`."""

    effect: str
    amount: Number
    provider: str
    account: str | None
    account_name: str | None
    service: str
    region: str | None
    resource: str | None
    resource_name: str | None
    sku: str | None
    meter: str | None
    price_id: str | None
    unit: str | None
    values: list[str]
    cost_before: Number
    cost_after: Number
    quantity_before: Number | None
    quantity_after: Number | None
    price_before: Number | None
    price_after: Number | None
    detail: str
    kind: str


class DriversBridge(TypedDict):
    """A part of `Drivers`."""

    currency: str
    before: Number
    after: Number
    change: Number
    effects: list[DriversBridgeEffect]
    replaced: Number
    by: list[str]
    groups: list[DriversBridgeGroup]
    items: list[DriversBridgeItem]


class Drivers(TypedDict):
    """The answer of `drivers`."""

    sentence: str
    query: dict[str, Any]
    against: str | None
    before_as_of: str | None
    before_rules_as_of: str | None
    measure: str
    range: DayRange | None
    previous_range: DayRange | None
    days: DriversDays
    bridges: list[DriversBridge]
    unconverted: list[Unconverted]
    mean_rates: dict[str, Number]
    snapshot: str | None
    before_snapshot: str | None
    known: Moment | None
    rules_at: Moment | None
    warnings: list[str]
