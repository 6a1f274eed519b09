"""Answers of the API: allocation."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from outlay.client.shapes.configured import (
    Change,
    PlanEffectsTag,
    PlanEffectsTagCoverageBefore,
    PlanEffectsTagValueBefore,
    Resource,
)
from outlay.client.shapes.questions import Charge, DayRange
from outlay.client.shapes.values import Day, Moment, Number


class TagOverview(TypedDict):
    """The answer of `list_tags`."""

    name: str
    title: str
    description: str
    default: str
    rules: int
    values: int
    builds_on: list[str]
    splits: list[str]
    version: int
    author: str
    updated_at: Moment
    allocated: dict[str, Number]
    unallocated: dict[str, Number]
    total: dict[str, Number]
    share: dict[str, Number]


class TagScope(TypedDict):
    """A part of `Tag`."""

    measure: str
    range: DayRange | None
    where: str
    currency: str | None
    snapshot: str | None
    warnings: list[str]


class TagSpendRuleGive(TypedDict):
    """A part of `TagSpendRule`."""

    value: str
    money: dict[str, Number]
    resources: int
    lines: int


class TagSpendRuleShadowedBy(TypedDict):
    """A part of `TagSpendRule`."""

    number: int
    money: dict[str, Number]
    resources: int
    lines: int


class TagSpendRule(TypedDict):
    """A part of `TagSpend`."""

    number: int
    name: str
    state: str
    alone: PlanEffectsTagValueBefore
    first: PlanEffectsTagValueBefore
    gives: list[TagSpendRuleGive]
    shadowed_by: list[TagSpendRuleShadowedBy]


class TagSpend(TypedDict):
    """A part of `Tag`."""

    rules: list[TagSpendRule]
    default: PlanEffectsTagValueBefore


class Tag(Resource):
    """The answer of `get_tag`."""

    builds_on: list[str]
    used_by: list[str]
    splits: list[str]
    boundaries: list[str]
    scope: NotRequired[TagScope]
    spend: NotRequired[TagSpend]
    coverage: NotRequired[PlanEffectsTagCoverageBefore]
    history: list[Change]


TagValue = TypedDict(
    "TagValue",
    {
        "value": str,
        "title": str,
        "owner": str,
        "description": str,
        "parent": str | None,
        "from": Day | None,
        "until": Day | None,
        "active": bool,
        "described": bool,
        "money": dict[str, Number],
        "lines": int,
    },
)
"""The answer of `list_tag_values`."""


class TagPreview(TypedDict):
    """The answer of `preview_tag`."""

    tag: str
    scope: TagScope
    rules: list[TagSpendRule]
    default: PlanEffectsTagValueBefore
    effect: PlanEffectsTag
    dependents: list[str]


class CoverageMonth(TypedDict):
    """A part of `Coverage`."""

    month: str
    allocated: dict[str, Number]
    unallocated: dict[str, Number]
    total: dict[str, Number]
    share: dict[str, Number]


class CoverageGap(TypedDict):
    """A part of `Coverage`."""

    kind: str
    dimension: str
    value: str
    title: str
    condition: str
    money: dict[str, Number]
    resources: int
    lines: int


class Coverage(TypedDict):
    """The answer of `get_tag_coverage`, `try_tag_coverage`, `coverage`."""

    tag: str
    default: str
    scope: TagScope
    allocated: dict[str, Number]
    unallocated: dict[str, Number]
    total: dict[str, Number]
    share: dict[str, Number]
    months: list[CoverageMonth]
    values: list[TagSpendRuleGive]
    gaps: list[CoverageGap]


class SuggestionRule(TypedDict):
    """A part of `Suggestion`."""

    when: str
    value: str


class Suggestion(TypedDict):
    """The answer of `list_tag_suggestions`, `try_tag_suggestions`."""

    kind: str
    title: str
    rule: SuggestionRule
    place: int
    replaces: Any
    reason: str
    allocates: PlanEffectsTagValueBefore
    support: int
    confidence: Number


class DictionaryOverview(TypedDict):
    """The answer of `list_dictionaries`."""

    kind: str
    name: str
    version: int
    author: str
    updated_at: Moment
    note: str
    title: str
    description: str
    ignore_case: bool
    entries: int
    used_by: list[str]


class Dictionary(TypedDict):
    """The answer of `get_dictionary`."""

    kind: str
    name: str
    version: int
    author: str
    updated_at: Moment
    note: str
    title: str
    description: str
    ignore_case: bool
    entries: int
    used_by: list[str]
    spec: dict[str, Any]
    history: list[Change]


class SplitOverview(TypedDict):
    """The answer of `list_splits`."""

    name: str
    version: int
    spec: dict[str, Any]
    takes: str
    weighs: str
    taken: dict[str, Number]
    given: dict[str, Number]
    kept: dict[str, Any]
    targets: dict[str, dict[str, Number]]
    sources: dict[str, dict[str, Number]]
    feeds: list[str]
    fed_by: list[str]
    reasons: list[str]


class SplitPeriod(TypedDict):
    """A part of `Split`."""

    day: Day
    billing_period: str | None
    currency: str
    taken: Number
    charges: dict[str, Number]
    period: Day
    weights: dict[str, Number]
    shares: dict[str, Number | dict[str, Number]]
    given: dict[str, Number | dict[str, Number]]
    reason: str
    notes: list[str]


class Split(SplitOverview):
    """The answer of `get_split`."""

    periods: list[SplitPeriod]
    history: list[Change]


class SplitPreviewSplit(TypedDict):
    """A part of `SplitPreview`."""

    name: str
    version: int | None
    spec: dict[str, Any]
    takes: str
    weighs: str
    taken: dict[str, Number]
    given: dict[str, Number]
    kept: dict[str, Any]
    targets: dict[str, dict[str, Number]]
    sources: dict[str, dict[str, Number]]
    feeds: list[str]
    fed_by: list[str]
    reasons: list[str]
    periods: list[SplitPeriod]


class SplitPreviewValueBefore(TypedDict):
    """A part of `SplitPreviewValue`."""

    direct: Number
    shared: Number
    total: Number


class SplitPreviewValue(TypedDict):
    """A part of `SplitPreview`."""

    value: str
    currency: str
    before: SplitPreviewValueBefore | None
    after: SplitPreviewValueBefore | None
    change: Number


class SplitPreview(TypedDict):
    """The answer of `preview_split`."""

    name: str
    tag: str
    split: SplitPreviewSplit | None
    values: list[SplitPreviewValue]
    warnings: list[str]


class WhyRuleSeen(TypedDict):
    """A part of `WhyRule`."""

    saw: dict[str, str]
    gave: str
    condition: str
    exact: bool
    money: dict[str, Number]
    resources: int
    lines: int


WhyRule = TypedDict(
    "WhyRule",
    {
        "number": int,
        "name": str,
        "when": str,
        "value": str,
        "from": Day | None,
        "until": Day | None,
        "resources": int,
        "builds_on": list[str],
        "seen": list[WhyRuleSeen],
        "other_combinations": int,
        "money": dict[str, Number],
        "lines": int,
    },
)
"""A part of `Why`."""


class WhySaved(TypedDict):
    """A part of `Why`."""

    kind: str
    name: str
    version: int
    author: str
    at: Moment


class WhyCharges(TypedDict):
    """A part of `Why.charges.*`."""

    measure: str
    offset: int
    lines: int
    amounts: dict[str, Any]
    charges: list[Charge]
    snapshot: str | None
    warnings: list[str]


class WhyValue(TypedDict):
    """A part of `Why`."""

    value: str
    amounts: dict[str, Any]


class Why(TypedDict):
    """The answer of `why`."""

    tag: str
    value: NotRequired[str]
    version: NotRequired[int]
    rules_of_the_tag: NotRequired[int]
    scope: NotRequired[TagScope]
    rules: NotRequired[list[WhyRule]]
    saved: NotRequired[list[WhySaved]]
    owners: NotRequired[dict[str, str]]
    charges: NotRequired[dict[str, WhyCharges]]
    amounts: NotRequired[list[dict[str, Any]]]
    values: NotRequired[list[WhyValue]]


class ReplayBefore(TypedDict):
    """A part of `Replay`."""

    rules: str
    title: str


class ReplayValue(TypedDict):
    """A part of `Replay`."""

    value: str
    before: Any
    after: PlanEffectsTagValueBefore
    change: dict[str, Number]


class Replay(TypedDict):
    """The answer of `replay`."""

    tag: str
    before: ReplayBefore
    after: ReplayBefore
    query: dict[str, Any]
    range: DayRange | None
    values: list[ReplayValue]
    moves: list[dict[str, int | str | dict[str, Number] | None]]
    moved: PlanEffectsTagValueBefore
    coverage_before: PlanEffectsTagCoverageBefore | None
    coverage_after: PlanEffectsTagCoverageBefore | None
