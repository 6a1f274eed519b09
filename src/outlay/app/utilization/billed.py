"""Resources of the bill that monitoring tools are asked about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from outlay.query import CostQuery, ranges
from outlay.sources.contract import BilledResource

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

DAYS = 14
"""How many days of the bill name the resources that are asked about."""

_COLUMNS = ("ResourceId", "ServiceProviderName", "SubAccountId", "RegionId", "ServiceName")


def billed(workspace: Workspace, now: datetime) -> tuple[BilledResource, ...]:
    """The resources with usage on the bill's last days (UTC), sorted; a bill that ends before
    today is looked at from its end."""
    if not workspace.holds_charges():
        return ()
    end = min(now.date() + timedelta(days=1), _end(workspace))
    query = CostQuery(
        measures=("EffectiveCost",),
        by=_COLUMNS,
        range=ranges.between(end - timedelta(days=DAYS), end),
        where="ChargeCategory = 'Usage' AND ResourceId IS NOT NULL",
    )
    found = {
        BilledResource(*(str(row[name] or "") for name in _COLUMNS))
        for row in workspace.query(query, now=now).rows()
        if row["ResourceId"]
    }
    return tuple(sorted(found))


def _end(workspace: Workspace) -> date:
    """The day after the newest month that has charges."""
    periods = [one.billing_period for one in workspace.lake.pin().slices if one.delivery.rows]
    return max(periods).end
