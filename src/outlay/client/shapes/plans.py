"""Answers of the API: plans."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Moment, Number

Months = list[str]


class PlanVersionInfo(TypedDict):
    """The answer of `list_plan_versions`, and of every edit and decision."""

    version: int
    title: str
    kind: str
    state: str
    revision: int
    total: Number
    currency: str
    created_at: Moment
    author: str
    submitted_at: Moment | None
    submitter: str
    decided_at: Moment | None
    approver: str
    note: str
    digest: str


class FinancePlan(TypedDict):
    """The answer of `get_plan`."""

    name: str
    plan: str
    title: str
    first: str
    measure: str
    currency: str
    places: int
    hierarchy: list[str]
    where: str
    rates: str | None
    fiscal_year: str
    months: Months
    owner: str
    approvers: list[str]
    tolerance: Number
    archived: bool
    draft: int | None
    approved: int | None
    budget: int | None
    versions: list[PlanVersionInfo]


class PlanFrame(TypedDict):
    """A part of `PlanVersion`: what it is a plan of."""

    plan: str
    title: str
    first: str
    measure: str
    currency: str
    places: int
    hierarchy: list[str]
    where: str
    rates: str | None


class PlanBaseline(TypedDict):
    """A part of `PlanVersion`: where its baseline is from."""

    at: Moment
    author: str
    method: str
    snapshot: str | None
    complete_until: Day | None
    growth: Number | None
    warnings: list[str]


class PlanDriver(TypedDict):
    """The answer of `propose_plan_driver`: volume and unit cost by month."""

    metric: str
    unit: str
    only: dict[str, list[str]]
    basis: str
    volumes: list[Number | None]
    unit_costs: list[Number | None]


class PlanCell(TypedDict):
    """A part of `PlanLine`: one month."""

    month: str
    baseline: Number | None
    origin: str
    adjusted: Number
    total: Number
    volume: Number | None
    unit_cost: Number | None


class PlanLine(TypedDict):
    """The answer of `add_plan_line`: a line with its cells."""

    id: str
    path: list[str | None]
    name: str
    where: str
    planned: bool
    reason: str
    driver: PlanDriver | None
    year: Number
    cells: list[PlanCell]


class PlanAdjustment(TypedDict):
    """A part of `PlanVersion`: a change of a cell, kept for good."""

    id: int
    line: str
    month: str
    of: str
    amount: Number
    effect: str
    reason: str
    author: str
    at: Moment
    batch: int
    takes_back: int | None


class PlanNote(TypedDict):
    """A part of `PlanVersion`: what someone said."""

    id: int
    line: str
    month: str | None
    text: str
    author: str
    at: Moment


class PlanChange(TypedDict):
    """A part of `PlanVersion`: what was done."""

    revision: int
    at: Moment
    author: str
    action: str
    said: str
    reason: str
    cells: list[str]


class PlanVersion(PlanVersionInfo):
    """The answer of `get_plan_version`: a version with its content."""

    plan: str
    months: Months
    previous: str
    frame: PlanFrame
    baseline: PlanBaseline | None
    lines: list[PlanLine]
    sums: list[Number]
    adjustments: list[PlanAdjustment]
    notes: list[PlanNote]
    steps: list[PlanChange]


class PlanComparedLine(TypedDict):
    """A part of `PlanComparison`: a line that differs."""

    line: str
    path: list[str | None]
    name: str
    presence: str
    before: list[Number]
    after: list[Number]
    change: list[Number]
    year: list[Number]


class PlanComparison(TypedDict):
    """The answer of `compare_plan_versions`."""

    before: PlanVersionInfo
    after: PlanVersionInfo
    currency: str
    months: Months
    lines: list[PlanComparedLine]
    total: list[Number]


class PlanActualRow(TypedDict):
    """A part of `PlanActuals`: a line's months."""

    line: str
    path: list[str | None]
    name: str
    amounts: list[Number]


class PlanActuals(TypedDict):
    """The answer of `get_plan_actuals`."""

    plan: str
    currency: str
    months: Months
    states: list[str]
    complete_until: Day | None
    lines: list[PlanActualRow]
    total: list[Number]
    warnings: list[str]


class PlanToDate(TypedDict):
    """A part of `PlanVarianceRow`: complete months together."""

    planned: Number
    actual: Number
    variance: Number


class PlanVarianceRow(TypedDict):
    """A part of `PlanVariance`: a line against its plan."""

    line: str
    path: list[str | None]
    name: str
    planned: list[Number]
    actual: list[Number | None]
    to_date: PlanToDate


class PlanVariance(TypedDict):
    """The answer of `get_plan_variance`."""

    version: PlanVersionInfo
    currency: str
    months: Months
    states: list[str]
    complete_until: Day | None
    lines: list[PlanVarianceRow]
    total: PlanVarianceRow
    warnings: list[str]


class PlanBridgeRow(TypedDict):
    """A part of `PlanBridge`: planned + effects = actual."""

    line: str
    path: list[str | None]
    name: str
    planned: Number
    effects: dict[str, Number]
    actual: Number
    variance: Number
    how: str


# `from` is a word of Python, so that this one is not written as a class.
PlanReference = TypedDict("PlanReference", {"from": Day, "to": Day})


class PlanBridge(TypedDict):
    """The answer of `get_plan_bridge`."""

    version: PlanVersionInfo
    currency: str
    first: str
    last: str
    reference: PlanReference | None
    reference_cost: Number
    lines: list[PlanBridgeRow]
    total: PlanBridgeRow
    told: dict[str, Number]
    notes: list[str]


class PlanYear(TypedDict):
    """A part of `PlanOutlookRow`: the whole year."""

    planned: Number
    estimate: Number
    variance: Number


class PlanOutlookRow(TypedDict):
    """A part of `PlanOutlook`: a line's year."""

    line: str
    path: list[str | None]
    name: str
    planned: list[Number]
    estimate: list[Number]
    origins: list[str]
    adjusted: list[Number]
    year: PlanYear
    reason: str


class PlanOutlook(TypedDict):
    """The answer of `get_plan_outlook`."""

    version: PlanVersionInfo
    currency: str
    at: Moment
    months: Months
    states: list[str]
    complete_until: Day | None
    tolerance: Number
    beyond: bool
    lines: list[PlanOutlookRow]
    total: PlanOutlookRow
    notes: list[str]


class PlanImportChange(TypedDict):
    """A part of `PlanImport`: a cell that was changed in the file."""

    cell: str
    line: str
    name: str
    month: str
    of: str
    before: Number
    now: Number
    after: Number
    rounded: bool


class PlanImportLine(TypedDict):
    """A part of `PlanImport`: a row that is a new line."""

    cell: str
    path: list[str | None]
    name: str
    amounts: dict[str, Number]


class PlanImportNote(TypedDict):
    """A part of `PlanImport`: a note that was written in the file."""

    cell: str
    line: str
    month: str | None
    text: str


class PlanImportProblem(TypedDict):
    """A part of `PlanImport`: a cell that is not as it must be."""

    cell: str
    message: str


class PlanImport(TypedDict):
    """The answer of `preview_plan_import`."""

    plan: str
    file_version: int
    file_revision: int
    revision: int
    refused: bool
    changes: list[PlanImportChange]
    lines: list[PlanImportLine]
    notes: list[PlanImportNote]
    problems: list[PlanImportProblem]
    conflicts: list[str]
