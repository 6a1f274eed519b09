"""Who sees a recommendation: those whose part of the ledger holds all the charges it changes.

It is shown whole or not at all. Its charges lie within a reader's scope when each condition of the
scope is one of its own, when its resource costs the same under the scope as over the whole ledger,
or when the question of its condition has the same answer under both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from outlay.access import current, whole_ledger
from outlay.app.annotations.marks import conditions
from outlay.expression import text_literal
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.query import CostQuery
from outlay.query.ranges import between
from outlay.query.result import Row
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_BACK = timedelta(days=100)
_AT_ONCE = 500
_MEASURES = ("EffectiveCost", "BilledCost", "ListCost")

Digests = tuple[tuple[str, str], ...]


def seen(workspace: Workspace, found: Iterable[Recommendation]) -> list[Recommendation]:
    """The recommendations that who asks may see."""
    given = list(found)
    if current().whole:
        return given
    part = _Part(workspace)
    inside = part.resources(sorted({one.resource for one in given if one.resource}))
    return [one for one in given if part.holds(one, inside)]


def may_see(workspace: Workspace, one: Recommendation) -> bool:
    """Whether who asks may see a recommendation."""
    return bool(seen(workspace, [one]))


class _Part:
    """The part of the ledger of who asks, over the newest snapshot and rules."""

    def __init__(self, workspace: Workspace) -> None:
        rules = workspace.rules()
        self._asked = _Asked(workspace)
        self._scope = current().scope
        self._conditions = conditions(self._scope)
        self._snapshot = str(workspace.pin().snapshot_id)
        self._rules: Digests = tuple((name, rules.digest(name)) for name in sorted(rules.tags))
        self._today = workspace.today()

    def resources(self, wanted: Sequence[str]) -> frozenset[str]:
        """Those resources all of whose charges lie in it."""
        inside: set[str] = set()
        for first in range(0, len(wanted), _AT_ONCE):
            part = tuple(wanted[first : first + _AT_ONCE])
            inside |= _inside(
                self._asked, self._scope, self._snapshot, self._rules, part, self._today
            )
        return frozenset(inside)

    def holds(self, one: Recommendation, inside: frozenset[str]) -> bool:
        if not one.where:
            return False
        try:
            own = conditions(one.where)
        except QueryError:  # a column that is no more
            return False
        if self._conditions <= own:
            return True
        resource = f"ResourceId = {text_literal(one.resource)}" if one.resource else ""
        if resource and one.resource in inside and conditions(resource) <= own:
            return True
        return _same(self._asked, self._scope, self._snapshot, self._rules, one.where, self._today)


class _Asked:
    """A workspace as a part of a cache's key: by its folder."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path = workspace.path

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)


@lru_cache(maxsize=256)
def _inside(
    asked: _Asked,
    scope: str,
    snapshot: str,
    rules: Digests,
    resources: tuple[str, ...],
    today: date,
) -> frozenset[str]:
    listed = ", ".join(map(text_literal, resources))
    query = CostQuery(
        measures=_MEASURES,
        by=("ResourceId",),
        where=f"ResourceId IN ({listed})",
        range=between(today - _BACK, today + timedelta(days=1)),
        splits="direct",
    )
    mine, all_ = (_by_resource(rows) for rows in _answers(asked, query))
    return frozenset(name for name, costs in mine.items() if all_.get(name) == costs)


@lru_cache(maxsize=4096)
def _same(
    asked: _Asked, scope: str, snapshot: str, rules: Digests, where: str, today: date
) -> bool:
    query = CostQuery(
        measures=_MEASURES,
        where=where,
        range=between(today - _BACK, today + timedelta(days=1)),
        grain="day",
        splits="direct",
    )
    mine, all_ = _answers(asked, query)
    return bool(mine) and mine == all_


def _answers(asked: _Asked, query: CostQuery) -> tuple[list[Row], list[Row]]:
    """The answer under the scope and over the whole ledger; none where it cannot be asked."""
    try:
        mine = asked.workspace.query(query)
        with whole_ledger():
            all_ = asked.workspace.query(query)
    except (QueryError, LakeError):  # a column or tag that the reader's part does not have
        return [], []
    return list(mine.rows()), list(all_.rows())


def _by_resource(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["ResourceId"]), []).append(row)
    return {name: sorted(parts, key=repr) for name, parts in found.items()}
