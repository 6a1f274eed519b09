"""Baselines: what would have been paid, frozen when a recommendation is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from outlay.app.realised.keeping import store
from outlay.app.realised.promises import promise
from outlay.app.realised.reading import Bill, bill
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from outlay.savings.realised.exact import ZERO, added, less
from outlay.savings.realised.freezing import LOOKED_DAYS, WINDOW_DAYS, Frozen, window
from outlay.savings.realised.freezing import freeze as frozen_of
from outlay.savings.realised.model import Baseline, Line
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

SUCCESSOR = "successor"
"""The step, and the finding's detail, that name what came in place of the charges."""


def freeze(
    workspace: Workspace,
    recommendation: Recommendation,
    now: datetime | None = None,
    *,
    until: date | None = None,
) -> Baseline:
    """Freeze what is paid before `now` (UTC) by what the recommendation changes, and keep it.

    The window are the last 28 whole days before `now`, or before the day `until` where the bill
    showed the change by itself, or what there is of them. It is made of the newest snapshot. A
    condition that selects nothing gives a baseline without prices, and a note that says so: its
    saving cannot be seen on the bill. What was frozen at the same moment stands.
    """
    moment = now or utc_now()
    known = store(workspace).baselines(recommendation.id)
    if known and known[-1].frozen_at == moment:
        return known[-1]
    found = _made(workspace, recommendation, moment, until)

    def promising(connection: Connection, baseline: Baseline) -> Baseline:
        told = promise(connection, recommendation)
        return replace(
            baseline, promised=told.net, promised_list=told.net_list, estimated=told.saving
        )

    return store(workspace).freeze(found, promising)


@dataclass(frozen=True)
class Recomputed:
    """A baseline made again from the snapshot that it was frozen from: whether it is the same, and
    why not, or why it cannot be told."""

    baseline: Baseline
    same: bool
    reason: str = ""


def recompute(workspace: Workspace, baseline: Baseline) -> Recomputed:
    """Make a baseline again from its snapshot, and compare its digest."""
    from outlay.lake import LakeError

    if not baseline.snapshot:
        return Recomputed(baseline, False, "nothing was loaded when it was frozen")
    try:
        with bill(
            workspace, baseline.first_day, (baseline.where,), as_of=int(baseline.snapshot)
        ) as read:
            lines = read.lines(
                baseline.where, baseline.first_day, baseline.end_day, currency=baseline.currency,
                fleet=not baseline.resource, discounted=baseline.discounted,
                account=baseline.account,
            )  # fmt: skip
            whole = read.left_out(baseline.sources, baseline.end_day)
            days = [day for day in _days(baseline.first_day, baseline.end_day) if not whole(day)]
            again = frozen_of(lines, days)
    except (LakeError, QueryError) as error:
        return Recomputed(baseline, False, str(error))
    if again.digest == baseline.digest:
        return Recomputed(baseline, True)
    return Recomputed(baseline, False, "the snapshot gives other charges: rules or layers changed")


def _made(workspace: Workspace, one: Recommendation, now: datetime, until: date | None) -> Baseline:
    where, fleet, account = one.where, not one.resource, one.place[1]
    end = min(now.date(), until or now.date())
    since = end - timedelta(days=LOOKED_DAYS)
    with bill(workspace, since, (where,)) as read:
        lines = read.lines(where, since, end, currency=one.currency, fleet=fleet, account=account)
        sources = sorted({li.source for li in lines if li.role == "own" and li.source})
        whole = read.left_out(sources, end)
        chosen = window(lines, [day for day in _days(since, end) if not whole(day)])
        if chosen and not fleet:
            resources = sorted({li.key.resource for li in lines if li.key.resource})
            lines = read.lines(where, chosen[0], chosen[-1] + timedelta(days=1),
                               currency=one.currency, resources=resources,
                               account=account)  # fmt: skip
        frozen = frozen_of(lines, chosen, _around(read, lines, chosen)) if chosen else None
        snapshot = read.snapshot
    first, last = (chosen[0], chosen[-1]) if chosen else (end, end - timedelta(days=1))
    return _baseline(one, now, until, snapshot, frozen, (first, last + timedelta(days=1)))


def _baseline(
    one: Recommendation,
    now: datetime,
    until: date | None,
    snapshot: str,
    frozen: Frozen | None,
    days: tuple[date, date],
) -> Baseline:
    finding = one.finding
    return Baseline(
        id=0,
        recommendation=one.id,
        frozen_at=now,
        snapshot=snapshot,
        digest=frozen.digest if frozen else "",
        first_day=days[0],
        end_day=days[1],
        days=frozen.days if frozen else 0,
        currency=one.currency,
        nature=one.nature,
        action=one.action,
        group=one.group,
        resource=one.resource,
        where=one.where,
        successor=str(finding.detail.get(SUCCESSOR, "")),
        cadence=frozen.cadence if frozen else "day",
        gap=frozen.gap if frozen else 0,
        keys=frozen.keys if frozen else (),
        beside=frozen.beside if frozen else (),
        commitments=frozen.commitments if frozen else (),
        sources=frozen.sources if frozen else (),
        promised=ZERO,
        estimated=finding.monthly_saving,
        since=until,
        notes=tuple(_notes(one, frozen, until)),
        discounted=True,
        account=one.place[1],
    )


def _notes(one: Recommendation, frozen: Frozen | None, until: date | None) -> Iterable[str]:
    """What must be said of a baseline."""
    if not one.where:
        yield ("The recommendation names no charges of the bill: its saving cannot be seen there.")
    elif frozen is None or not frozen.keys:
        yield (
            "Nothing on the bill of these days is selected by its condition: its saving cannot be "
            "seen there."
        )
    elif frozen.days < WINDOW_DAYS:
        yield f"Only {frozen.days} whole days were there: {WINDOW_DAYS} are wanted."
    if frozen is not None and frozen.cadence == "week":
        yield "Weekends cost otherwise than working days: each weekday is compared with its like."
    if frozen is not None and frozen.cadence == "month":
        yield "It is charged once a month: each is compared with those of the same day before."
    if until is not None:
        yield f"The bill showed the change by itself: it is frozen as of the day before {until}."


def _around(
    read: Bill, lines: Sequence[Line], days: Sequence[date]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Of each commitment that covers some of it, what was unused and what covered others."""
    counted = set(days)
    own: dict[str, list[Decimal]] = {}
    for one in lines:
        if one.role == "own" and one.commitment and one.status != "Unused" and one.day in counted:
            own.setdefault(one.commitment, []).append(one.cost)
    uses = read.uses(tuple(own), days[0], days[-1] + timedelta(days=1)) if own else {}
    found = {}
    for name, costs in own.items():
        there = [each[name] for day, each in uses.items() if day in counted and name in each]
        others = less(added(use.used for use in there), added(costs))
        found[name] = (added(use.unused for use in there), max(others, ZERO))
    return found


def _days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((end - first).days)]
