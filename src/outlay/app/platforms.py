"""Data platforms and AI over a workspace: what was charged, who it was for, and the proof."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.served import served

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.query.platforms import PlatformProof, PlatformQuery


@served("GET /platforms/{name}")
def prove(
    workspace: Workspace, query: PlatformQuery, *, now: datetime | None = None
) -> PlatformProof:
    """The proof of one platform; QueryError when it cannot be asked so."""
    from outlay.app.shipped import with_shipped
    from outlay.app.usage import ties
    from outlay.query import CostQuery
    from outlay.query.platforms import prove as ask

    rules = workspace.rules(CostQuery(rules_as_of=query.rules_as_of).rules_moment())
    asked = with_shipped(rules, [query.by])
    return ask(workspace.lake, query, rules=asked, ties=ties(workspace), now=now)


@served("GET /platforms")
def there(workspace: Workspace) -> dict[str, dict[str, Decimal]]:
    """The platforms that have charges: name → BilledCost of all time by currency."""
    from outlay.query.platforms import there as ask

    return ask(workspace.lake)
