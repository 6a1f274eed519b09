"""Commitments whose end the bill tells: what would cost more if they are not renewed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.commitments.terms import recorded
from outlay.app.forecasting.model import PLANNED_CHANGE, PlannedChangeSpec
from outlay.app.forecasting.planned import SHARE_DAYS
from outlay.app.runs import utc_now
from outlay.money.quotients import quotient
from outlay.query import CostQuery

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

AHEAD_DAYS = 400


@dataclass(frozen=True)
class CommitmentEnd:
    """A commitment that ends on `day` (its first day without it). `saving` is what it saves a day
    by currency, over the last four weeks: contracted cost less effective cost of what it covers,
    less its unused part. `change` is the planned change that counts its end ('' for none)."""

    identifier: str
    title: str
    day: date
    saving: Mapping[str, Decimal]
    change: str


def ends(workspace: Workspace, now: datetime | None = None) -> tuple[CommitmentEnd, ...]:
    """The ends within the next 400 days, soonest first, as the FOCUS dataset *Contract
    Commitment* has them: stated by the bill, else reckoned from start and term. For those who see
    the whole ledger."""
    today = (now or utc_now()).date()
    last = today + timedelta(days=AHEAD_DAYS)
    rows = sorted(
        (one.end, one.id, one.title)
        for one in recorded(workspace, now)
        if one.end is not None and today <= one.end < last
    )
    if not rows:
        return ()
    saved = _saved(workspace, now)
    counted = {
        one.spec.ends: one.name
        for one in workspace.resources.list(PLANNED_CHANGE.name)
        if isinstance(one.spec, PlannedChangeSpec) and one.spec.ends
    }
    return tuple(
        CommitmentEnd(name, title or name, day, saved.get(name, {}), counted.get(name, ""))
        for day, name, title in rows
    )


def _saved(workspace: Workspace, now: datetime | None) -> dict[str, dict[str, Decimal]]:
    """What each commitment saves a day, by currency."""
    from outlay.app.forecasting.series import complete_until

    query = CostQuery(
        measures=("CommitmentSaving",),
        by=("CommitmentDiscountId",),
        where="CommitmentDiscountId IS NOT NULL",
    )
    until = complete_until(workspace, query, (now or utc_now()).date())
    days = f"{until - timedelta(days=SHARE_DAYS)}..{until}"
    result = workspace.query(query.but(range=days), now=now)
    found: dict[str, dict[str, Decimal]] = {}
    for row in result.rows():
        currency = str(row.get("BillingCurrency") or result.currency)
        a_day = quotient(Decimal(row["CommitmentSaving"] or 0), SHARE_DAYS, 2)  # type: ignore[arg-type]
        found.setdefault(str(row["CommitmentDiscountId"]), {})[currency] = a_day or Decimal(0)
    return found
