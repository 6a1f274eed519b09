"""Answers of the API: configured."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.values import Moment, Number


class Resource(TypedDict):
    """The answer of `save_split`, `restore_split`, `list_vocabularies`, `save_vocabulary_rules`."""

    kind: str
    name: str
    spec: dict[str, Any]
    version: int
    author: str
    updated_at: Moment
    note: str


class View(Resource):
    """The answer of `list_views`, `save_view`."""

    params: dict[str, Any]


class ChangeDiff(TypedDict):
    """A part of `Change`."""

    field: str
    before: Any
    after: Any


class Change(TypedDict):
    """The answer of `list_resource_history`."""

    kind: str
    name: str
    version: int
    action: str
    author: str
    at: Moment
    note: str
    diff: list[ChangeDiff]


class ViewWithHistory(View):
    """The answer of `get_view`."""

    history: list[Change]


class VocabularyTablesService(TypedDict):
    """A part of `VocabularyTables`."""

    provider: str
    name: str
    category: str
    subcategory: str
    where_stated: str | None


class VocabularyTablesRegion(TypedDict):
    """A part of `VocabularyTables`."""

    provider: str
    id: str
    name: str
    country: str | None
    continent: str | None


class VocabularyTables(TypedDict):
    """The answer of `get_vocabulary`."""

    version: str
    services: list[VocabularyTablesService]
    regions: list[VocabularyTablesRegion]
    resource_types: list[str]


class VocabularyCoverageCoverage(TypedDict):
    """A part of `VocabularyCoverage`."""

    provider: str
    about: str
    currency: str
    named: Number
    total: Number
    percent: Number


class UnmappedRule(TypedDict):
    """A part of `Unmapped`."""

    provider: NotRequired[str]
    service: NotRequired[str]
    resource_type: NotRequired[str]


class Unmapped(TypedDict):
    """The answer of `list_unmapped`."""

    provider: str
    about: str
    service: str
    value: str | None
    currency: str
    amount: Number
    rule: UnmappedRule | None


class VocabularyCoverage(TypedDict):
    """The answer of `get_vocabulary_coverage`."""

    version: str
    digest: str
    rules: int
    outdated: list[str]
    coverage: list[VocabularyCoverageCoverage]
    unmapped: list[Unmapped]


class ResourceWithHistory(Resource):
    """The answer of `get_vocabulary_rules`."""

    history: list[Change]


class ResourceKind(TypedDict):
    """The answer of `list_resource_kinds`."""

    kind: str
    title: str
    description: str
    count: int
    example: str
    schema: dict[str, Any]


class PlanCounts(TypedDict):
    """A part of `Plan`."""

    create: int
    change: int
    delete: int
    unchanged: int


class PlanStep(TypedDict):
    """A part of `Plan`."""

    action: str
    kind: str
    name: str
    version: int
    place: str
    changes: list[ChangeDiff]
    notes: list[str]


class PlanEffectsTagValueBefore(TypedDict):
    """A part of `PlanEffectsTagValue`."""

    money: dict[str, Number]
    resources: int
    lines: int


class PlanEffectsTagValue(TypedDict):
    """A part of `PlanEffectsTag`."""

    value: str
    before: PlanEffectsTagValueBefore | None
    after: PlanEffectsTagValueBefore
    change: dict[str, Number]


class PlanEffectsTagCoverageBefore(TypedDict):
    """A part of `PlanEffectsTag`."""

    allocated: dict[str, Number]
    unallocated: dict[str, Number]
    total: dict[str, Number]
    share: dict[str, Number]


class PlanEffectsTag(TypedDict):
    """A part of `PlanEffects`."""

    tag: str
    values: list[PlanEffectsTagValue]
    moves: list[dict[str, int | str | dict[str, Number] | None]]
    moved: PlanEffectsTagValueBefore
    coverage_before: PlanEffectsTagCoverageBefore | None
    coverage_after: PlanEffectsTagCoverageBefore | None


class PlanEffects(TypedDict):
    """A part of `Plan`."""

    measure: str
    tags: list[PlanEffectsTag]
    splits: list[dict[str, Any]]
    budgets: list[dict[str, Any]]


class Plan(TypedDict):
    """The answer of `plan`."""

    counts: PlanCounts
    steps: list[PlanStep]
    versions: dict[str, int]
    effects: PlanEffects | None


class Applied(Plan):
    """The answer of `apply`."""

    written: list[Resource]


class UseCaseParameter(TypedDict):
    """A part of `UseCase`."""

    name: str
    about: str
    kind: str
    default: Any
    when_empty: str
    allowed: list[str]
    dimension: str


class UseCase(TypedDict):
    """The answer of `list_usecases`."""

    name: str
    title: str
    group: str
    question: str
    note: str
    focus_version: Number
    parameters: list[UseCaseParameter]


class UseCaseAnswerParameters(TypedDict):
    """A part of `UseCaseAnswer`."""

    range: str
    tag: NotRequired[str]
    provider: NotRequired[str]


class UseCaseAnswerColumn(TypedDict):
    """A part of `UseCaseAnswer`."""

    name: str
    kind: str


class UseCaseAnswer(TypedDict):
    """The answer of `get_usecase`."""

    name: str
    title: str
    parameters: UseCaseAnswerParameters
    sql: str
    columns: list[UseCaseAnswerColumn]
    rows: list[dict[str, Any]]
    truncated: bool
    snapshot: str


class ExportOfferDataset(TypedDict):
    """A part of `ExportOffer`."""

    name: str
    title: str
    versions: list[Number]


class ExportOfferSource(TypedDict):
    """A part of `ExportOffer`."""

    name: str
    periods: list[str]


class ExportOffer(TypedDict):
    """The answer of `get_export`."""

    datasets: list[ExportOfferDataset]
    formats: list[str]
    sources: list[ExportOfferSource]


class CallResult(TypedDict):
    """The answer of `call`: what the use case gave, or the error that it raised."""

    result: NotRequired[Any]
    raised: NotRequired[dict[str, Any]]
