"""What drove a change, asked of a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from outlay.app.served import served

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.app.workspace import Workspace
    from outlay.query import CostQuery
    from outlay.query.drivers import Asking, DriverReport


@served("GET /drivers")
def drivers(
    workspace: Workspace,
    query: CostQuery,
    *,
    against: str = "",
    before_as_of: str = "",
    before_rules_as_of: str = "",
    now: datetime | None = None,
) -> DriverReport:
    """What drove the change of a question between its period and the one before.

    `query` has one measure of money; its comparison says which days are the earlier ones (the
    period before, where it has none), or `against` does (``2026-09-01..2026-10-01``).
    `before_as_of` and `before_rules_as_of` tell the earlier period as it was known, and by the
    rules, of a moment (UTC) or ``then``; see `outlay.query.drivers.Asking`. Money is converted by
    the question's rates, else the workspace's. Days whose charges may still come are
    left out. Raises QueryError, LakeError, and DriversError should the effects not add up.
    """
    from outlay.query.drivers import Asking

    asking = Asking(query, against, before_as_of, before_rules_as_of)
    return answered(workspace, asking, now=now)


def answered(workspace: Workspace, asking: Asking, *, now: datetime | None = None) -> DriverReport:
    """The report of a question that was read already; see `drivers`."""
    from outlay.app.rates import rates_of
    from outlay.app.shipped import asked_for, with_shipped
    from outlay.query.drivers import drivers as ask

    query = asking.query
    rates, stated = None, None
    if query.currency is not None:
        rates, stated = rates_of(workspace, query.rates)

    def rulebook(moment: datetime | None) -> Ruleset:
        return with_shipped(workspace.rules(moment), asked_for(query))

    return ask(
        workspace.lake,
        asking,
        rules=workspace.rules_of(query),
        rulebook=rulebook,
        rates=rates,
        stated=stated,
        now=now,
        complete_until=workspace.incomplete_from(query.as_of_moment()),
    )
