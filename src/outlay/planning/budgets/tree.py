"""Who is whose part: budgets as a tree, a child's scope within its parent's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outlay.expression import canonical
from outlay.planning.budgets.model import BudgetSpec
from outlay.planning.budgets.periods import between, only
from outlay.resources.errors import ResourceError

_ORDER = ("month", "quarter", "year")
MOST_LEVELS = 12


@dataclass(frozen=True)
class Placed:
    """A budget's place: its `parent` ('' for a root), how deep it stands (0 for a root), and its
    scope within the scopes of those above."""

    name: str
    spec: BudgetSpec
    parent: str
    depth: int
    scope: str


def check_tree(specs: Mapping[str, BudgetSpec]) -> None:
    """Raise ResourceError for a parent that is not there, a circle, or a child that cannot be
    added up to its parent."""
    for name, spec in sorted(specs.items()):
        if not spec.parent:
            continue
        if spec.parent not in specs:
            there = ", ".join(one for one in sorted(specs) if one != name) or "none yet"
            raise ResourceError(
                f"Budget {name!r} needs the budget {spec.parent!r} as its parent, which is not "
                f"there. There are: {there}."
            )
        _check_circle(name, specs)
        _check_child(name, spec, spec.parent, specs[spec.parent])


def _check_circle(name: str, specs: Mapping[str, BudgetSpec]) -> None:
    path = [name]
    while (above := specs[path[-1]].parent) and above in specs:
        if above in path:
            raise ResourceError(
                f"budgets would be parts of each other: {' → '.join([*path, above])}. Leave the "
                "parent of one of them empty."
            )
        path.append(above)
        if len(path) > MOST_LEVELS:
            raise ResourceError(f"budgets may be nested {MOST_LEVELS} deep; {name!r} lies deeper.")


def _check_child(name: str, spec: BudgetSpec, above: str, parent: BudgetSpec) -> None:
    for field, mine, theirs in (
        ("measure", spec.measure, parent.measure),
        ("currency", spec.currency, parent.currency),
        ("rates", spec.rates or "the workspace's", parent.rates or "the workspace's"),
    ):
        if mine != theirs:
            raise ResourceError(
                f"Budget {name!r} cannot be a part of {above!r}: its {field} is {mine}, that of "
                f"{above!r} {theirs}. A child has its parent's {field}, so that amounts add up."
            )
    problem = _unfit(spec, parent)
    if problem:
        raise ResourceError(f"Budget {name!r} cannot be a part of {above!r}: {problem}.")


def _unfit(spec: BudgetSpec, parent: BudgetSpec) -> str:
    """Why a child's periods do not lie within its parent's; '' where they do."""
    if spec.period == "custom":
        mine = only(spec)
        if any(mine.within(one) for one in between(parent, mine.start, mine.end)):
            return ""
        return f"its days {mine.title} do not lie within one period of it"
    if parent.period == "custom":
        theirs = only(parent)
        inside = between(spec, theirs.start, theirs.end)
        if inside and inside[0].start == theirs.start and inside[-1].end == theirs.end:
            return ""
        return f"its {spec.period}s do not fill the days {theirs.title}"
    if _ORDER.index(spec.period) > _ORDER.index(parent.period):
        return f"a {spec.period} does not lie within a {parent.period}"
    if spec.year_start != parent.year_start and parent.period != "month":
        fits = parent.period == "quarter" and (spec.year_start - parent.year_start) % 3 == 0
        if spec.period != "month" and not fits:
            return "its year begins in another month (year_start)"
    return ""


def placed(specs: Mapping[str, BudgetSpec]) -> list[Placed]:
    """Every budget below its parent, roots and children by name. A parent that is not there (or
    that who asks may not see) makes a root."""
    children: dict[str, list[str]] = {}
    for name, spec in sorted(specs.items()):
        children.setdefault(spec.parent if spec.parent in specs else "", []).append(name)

    def walk(parent: str, depth: int) -> Iterator[Placed]:
        for name in children.get(parent, ()):
            yield Placed(name, specs[name], parent, depth, scope_of(name, specs))
            yield from walk(name, depth + 1)

    return list(walk("", 0))


def scope_of(name: str, specs: Mapping[str, BudgetSpec]) -> str:
    """The scope of a budget within those above it, in canonical form."""
    parts: list[str] = []
    at, seen = name, set[str]()
    while at in specs and at not in seen:
        seen.add(at)
        if specs[at].scope:
            parts.append(specs[at].scope)
        at = specs[at].parent
    return joined(parts[::-1])


def joined(parts: list[str]) -> str:
    """Several conditions that all hold, in canonical form; '' for none."""
    distinct = list(dict.fromkeys(filter(None, parts)))
    return canonical(" AND ".join(f"({part})" for part in distinct)) if distinct else ""
