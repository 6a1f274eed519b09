"""Finding something by a part of its name: what is configured, and values that have cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.seeing import kinds_seen
from outlay.app.served import served
from outlay.expression.errors import QueryError
from outlay.money import money_text
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

RANGE = "all"
"""Values are looked for in all that the ledger holds: what was turned off has a bill too."""

SHORTEST = 2
"""Letters from which on values are looked for."""

_DIMENSIONS = ("ServiceName", "x_ServiceName", "x_ServiceCode", "SubAccountName", "ResourceName")
"""Services by the common name and by the vendor's own: people say S3, bills say both."""


@dataclass(frozen=True)
class Found:
    """Something that was found. `kind` is a kind of resource, or ``Value`` for a value of
    `dimension`, whose `amounts` are the effective cost by currency over `RANGE`."""

    kind: str
    name: str
    title: str
    dimension: str = ""
    amounts: Mapping[str, Decimal] = field(default_factory=dict)


def found_json(found: Found) -> dict[str, object]:
    """A find as plain JSON data; money is text with all its decimals."""
    return {
        "kind": found.kind,
        "name": found.name,
        "title": found.title,
        "dimension": found.dimension or None,
        "amounts": {currency: money_text(money) for currency, money in found.amounts.items()},
    }


@served("GET /find")
def find(workspace: Workspace, text: str, limit: int = 5) -> list[Found]:
    """Resources whose name or title holds the text, then values of services, accounts, resources
    and virtual tags, at most `limit` of a kind, values with the largest cost first.

    Who sees a part of the ledger finds values of that part alone, and of resources those that
    such people may keep. No text finds nothing.
    """
    wanted = text.strip().lower()
    if not wanted:
        return []
    return [*_resources(workspace, wanted, limit), *_values(workspace, wanted, limit)]


def _resources(workspace: Workspace, wanted: str, limit: int) -> list[Found]:
    found = []
    for kind in kinds_seen(workspace.kinds()):
        named = []
        for resource in workspace.resources.list(kind.name):
            title = str(getattr(resource.spec, "title", "") or resource.name)
            if wanted in resource.name.lower() or wanted in title.lower():
                named.append(Found(kind.name, resource.name, title))
        found += named[:limit]
    return found


def _values(workspace: Workspace, wanted: str, limit: int) -> list[Found]:
    if len(wanted) < SHORTEST:
        return []
    within = CostQuery(range=RANGE)
    tags = tuple(workspace.resources.names("VirtualTag"))
    found: list[Found] = []
    for dimension in (*tags, *_DIMENSIONS):
        try:
            values = workspace.values(dimension, search=wanted, limit=limit, within=within)
        except QueryError:  # a column that no bill of this ledger has
            continue
        known = {one.name for one in found}
        found += [
            Found("Value", str(one.value), str(one.value), dimension, dict(one.amounts))
            for one in values
            if one.value is not None and str(one.value) not in known
        ]
    return found
