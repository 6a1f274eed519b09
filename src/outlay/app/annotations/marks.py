"""Annotations as use cases: who sees which, on which charts they are marked, how they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.access import current, who
from outlay.app.annotations.model import ANNOTATION, AnnotationSpec
from outlay.app.served import served
from outlay.expression import canonical, parse
from outlay.expression.errors import QueryError
from outlay.expression.tree import All, Comparison, Condition, Membership, Missing, Ref, Text
from outlay.lake import LakeError
from outlay.money import DateRange
from outlay.query import CostQuery, Result
from outlay.resources import ResourceNotFoundError, valid_name
from outlay.resources.names import MAX_NAME

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

Ask = Callable[[CostQuery], Result]
"""Answers a question."""


@dataclass(frozen=True)
class Annotation:
    """An annotation as it is kept; `author` wrote its newest version."""

    name: str
    spec: AnnotationSpec
    version: int
    author: str
    updated_at: datetime | None


@dataclass(frozen=True)
class Sought:
    """What is looked for: days (None: any), a category, words of the text."""

    days: DateRange | None = None
    category: str = ""
    text: str = ""


@served("GET /annotations")
def listed(workspace: Workspace, wanted: Sought | None = None) -> list[Annotation]:
    """The annotations that the reader may see, newest day first."""
    seen = conditions(current().scope)
    found = [
        _annotation(one)
        for one in workspace.resources.list(ANNOTATION.name)
        if isinstance(one.spec, AnnotationSpec) and _may_see(one.spec, seen)
    ]
    return sought_of(found, wanted or Sought())


def sought_of(found: Iterable[Annotation], wanted: Sought) -> list[Annotation]:
    """Those annotations that are looked for, newest day first."""
    kept = [one for one in found if _is_sought(one.spec, wanted)]
    return sorted(kept, key=lambda one: (one.spec.from_, one.name), reverse=True)


def find(workspace: Workspace, name: str) -> Annotation:
    """One annotation; ResourceNotFoundError also for one that the reader may not see."""
    one = next((a for a in listed(workspace) if a.name == name), None)
    if one is None:
        raise ResourceNotFoundError(
            f"there is no annotation {name!r}. The annotations page and `outlay annotations list` "
            "show those there are."
        )
    return one


def marked(
    found: Iterable[Annotation],
    query: CostQuery,
    days: DateRange | None,
    ask: Ask,
    *,
    dashboard: str = "",
    view: str = "",
) -> list[Annotation]:
    """Those annotations that concern a chart, oldest first.

    `days` are the chart's. An annotation with a condition concerns a chart that has charges of
    its days for which both conditions hold; where the conditions do not tell, `ask` is asked.
    """
    if days is None:
        return []
    kept = [
        one
        for one in found
        if one.spec.from_ < days.end
        and one.spec.end > days.start
        and one.spec.dashboard in ("", dashboard)
        and one.spec.view in ("", view)
        and _meets(one.spec, query, days, ask)
    ]
    return sorted(kept, key=lambda one: (one.spec.from_, one.name))


def _meets(spec: AnnotationSpec, query: CostQuery, days: DateRange, ask: Ask) -> bool:
    own, asked = conditions(spec.where), conditions(query.where)
    if not own or not asked or own <= asked or asked <= own:
        return True
    if exclude(own, asked):
        return False
    first, end = max(spec.from_, days.start), min(spec.end, days.end)
    both = CostQuery(range=f"{first}..{end}", as_of=query.as_of).narrowed(query.where)
    try:
        return bool(ask(both.narrowed(spec.where)).totals)
    except (QueryError, LakeError):  # a tag or column that is no more: it concerns no charge
        return False


@served("POST /annotations")
def add(workspace: Workspace, parts: Mapping[str, Any], name: str = "") -> Annotation:
    """Keep a new annotation. Who sees a part of the ledger annotates that part: the scope is
    joined to the condition. ResourceError says what is wrong with it."""
    spec = ANNOTATION.parse(_scoped(parts))
    assert isinstance(spec, AnnotationSpec)
    name = name or _free_name(workspace, spec)
    put = workspace.put_resource(ANNOTATION.name, name, spec, author=who(), expected_version=0)
    return _annotation(put)


def change(
    workspace: Workspace, name: str, parts: Mapping[str, Any], seen: int | None
) -> Annotation:
    """Change an annotation; `seen` is the version that was read."""
    find(workspace, name)
    spec = ANNOTATION.parse(_scoped(parts))
    put = workspace.put_resource(ANNOTATION.name, name, spec, author=who(), expected_version=seen)
    return _annotation(put)


@served("DELETE /annotations/{name}")
def remove(workspace: Workspace, name: str) -> None:
    """Remove an annotation; its history stays."""
    find(workspace, name)
    workspace.delete_resource(ANNOTATION.name, name, author=who())


def annotation_json(one: Annotation) -> dict[str, Any]:
    """An annotation as plain JSON values."""
    return {
        "name": one.name,
        "author": one.author,
        "version": one.version,
        "updated_at": one.updated_at.isoformat() + "Z" if one.updated_at else None,
        **one.spec.model_dump(mode="json"),
    }


def conditions(where: str) -> frozenset[Condition]:
    """The conditions that all hold; none for an empty text."""
    if not where.strip():
        return frozenset()
    tree = parse(where)
    return frozenset(tree.items) if isinstance(tree, All) else frozenset({tree})


def exclude(one: Iterable[Condition], other: Iterable[Condition]) -> bool:
    """Whether two lists of conditions cannot hold of the same charge, as far as it can be told:
    both name the values of one dimension, and have none in common."""
    first = [found for found in map(_values, one) if found]
    return any(
        dimension == named and not values & others
        for dimension, values in first
        for named, others in filter(None, map(_values, other))
    )


def _values(condition: Condition) -> tuple[str, frozenset[str | None]] | None:
    """The dimension whose values a condition names, and the values (None: missing)."""
    match condition:
        case Comparison("=", Ref(dimension), Text(value)):
            return str(dimension), frozenset({value})
        case Membership(Ref(dimension), values, False):
            texts = [value.value for value in values if isinstance(value, Text)]
            return (str(dimension), frozenset(texts)) if len(texts) == len(values) else None
        case Missing(Ref(dimension), False):
            return str(dimension), frozenset({None})
        case _:
            return None


def _may_see(spec: AnnotationSpec, scope: frozenset[Condition]) -> bool:
    """Whether a reader with a scope sees an annotation: it has no condition, or is about charges
    within the scope (every condition of the scope is one of its own)."""
    return not scope or not spec.where or scope <= conditions(spec.where)


def _scoped(parts: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: value for key, value in parts.items() if value not in (None, "")}
    scope = current().scope
    where = str(given.get("where", ""))
    if scope and not conditions(scope) <= conditions(where):
        given["where"] = canonical(f"({where}) AND ({scope})" if where else scope)
    return given


def _is_sought(spec: AnnotationSpec, sought: Sought) -> bool:
    days = sought.days
    return (
        (days is None or (spec.from_ < days.end and spec.end > days.start))
        and sought.category in ("", spec.category)
        and sought.text.strip().lower() in spec.text.lower()
    )


def _free_name(workspace: Workspace, spec: AnnotationSpec) -> str:
    base = valid_name(f"{spec.from_}-{spec.text}")[: MAX_NAME - 4].strip("-")
    name, number = base, 1
    while workspace.resources.history(ANNOTATION.name, name):
        number += 1
        name = f"{base}-{number}"
    return name


def _annotation(resource: Resource) -> Annotation:
    assert isinstance(resource.spec, AnnotationSpec)
    return Annotation(
        resource.name, resource.spec, resource.version, resource.author, resource.updated_at
    )
