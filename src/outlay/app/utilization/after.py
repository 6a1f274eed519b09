"""Whether a resource that was made smaller still is large enough, by what is measured since."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.query.utilization import readings
from outlay.savings.catalog import machine
from outlay.savings.headroom import Judgement, Reading, judge, metrics_of_performance

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.savings.recommendation import Recommendation

CHANGES = ("Rightsize", "Upgrade", "MigrateToGraviton", "ScaleIn")
"""Actions after which a resource may turn out to be too small."""

_FREE = "memory_available"
DAYS = 30
"""How many days before a change, and how many up to now, are looked at."""


def regressed(workspace: Workspace, recommendation: Recommendation, now: datetime) -> str:
    """Why the change regressed performance, as a sentence; '' when it did not, or when nothing
    tells (see `after`). For those who see the whole ledger."""
    return after(workspace, recommendation, now).reason


def after(workspace: Workspace, recommendation: Recommendation, now: datetime) -> Judgement:
    """What measurements say of an implemented change, up to the day before `now` (UTC).

    Not known for actions that make nothing smaller, for what was not implemented, and while fewer
    than three days were measured. The day of the change itself counts on neither side.
    """
    changed = recommendation.implemented_at
    if (
        changed is None
        or recommendation.finding.action not in CHANGES
        or not recommendation.resource
    ):
        return Judgement(False)
    day = changed.date()
    end = now.date()
    start = max(day + timedelta(days=1), end - timedelta(days=DAYS))
    finding = recommendation.finding
    return judge(
        _read(workspace, recommendation, finding.current, day - timedelta(days=DAYS), day),
        _read(workspace, recommendation, finding.recommended, start, end),
    )


def _read(
    workspace: Workspace, recommendation: Recommendation, kind: str, start: date, end: date
) -> list[Reading]:
    """What was measured on the days; memory that was free, of a machine of the type `kind`, is the
    percent of it that was used."""
    if end <= start:
        return []
    found = readings(
        workspace.lake, recommendation.resource, (*metrics_of_performance(), _FREE), start, end,
        account=recommendation.account,
    )  # fmt: skip
    size = machine(kind)
    read = []
    for one in found:
        if one.metric != _FREE:
            read.append(Reading(one.metric, one.statistic, one.day, one.value))
        elif size is not None and one.statistic == "minimum":
            used = max(Decimal(0), 1 - one.value / size.memory_bytes) * 100
            read.append(Reading("memory", "maximum", one.day, used))
    return read
