"""From when to when a recommendation is measured against which baseline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from outlay.app.realised.baselines import SUCCESSOR
from outlay.app.realised.keeping import store
from outlay.app.savings.store import SavingStore, Step
from outlay.savings.realised.model import Baseline
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

COUNTED_DAYS = 365
"""A saving counts for a year: what would have been paid later, an old baseline does not know."""

_STEPS = ("accept", "implement", "reopen", SUCCESSOR)


@dataclass(frozen=True)
class Span:
    """The days from `since` to `end` (exclusive; None: it goes on) of one baseline. `successor` is
    the condition of what came in place of the charges ('' for none)."""

    one: Recommendation
    baseline: Baseline
    since: date
    end: date | None
    successor: str = ""

    @property
    def last(self) -> date:
        """The day on which it stops to count."""
        year = self.since + timedelta(days=COUNTED_DAYS)
        return year if self.end is None else min(year, self.end)

    def covers(self, month: date, end: date) -> bool:
        """Whether any day from `month` to `end` (exclusive) is one of its days."""
        return self.since < end and self.last > month

    @property
    def text(self) -> str:
        """What decides it, for a digest."""
        return f"{self.one.id}/{self.baseline.id}/{self.since}/{self.end}/{self.successor}"


def spans(workspace: Workspace, only: Iterable[int] | None = None) -> list[Span]:
    """Every span of what was implemented, the oldest baseline first."""
    saved = SavingStore(workspace.resources.engine)
    wanted = None if only is None else set(only)
    baselines: dict[int, list[Baseline]] = {}
    for frozen in store(workspace).baselines():
        baselines.setdefault(frozen.recommendation, []).append(frozen)
    if not baselines:
        return []
    steps: dict[int, list[Step]] = {}
    for step in saved.steps(None, _STEPS):
        steps.setdefault(step.recommendation, []).append(step)
    found: list[Span] = []
    for one in saved.listed():
        if one.id in baselines and (wanted is None or one.id in wanted):
            found += _spans(one, baselines[one.id], steps.get(one.id, ()))
    return sorted(found, key=lambda span: (span.baseline.frozen_at, span.one.id))


def _spans(
    one: Recommendation, baselines: Sequence[Baseline], steps: Sequence[Step]
) -> Iterable[Span]:
    for place, baseline in enumerate(baselines):
        following = baselines[place + 1].frozen_at if place + 1 < len(baselines) else None
        later = [
            step
            for step in steps
            if step.at >= baseline.frozen_at and (following is None or step.at < following)
        ]
        # What expired and is seen on the bill is opened again at the moment it is frozen: what
        # comes before its acceptance ends nothing.
        taken = [n for n, step in enumerate(later) if step.action == "accept"]
        later = later[taken[0] :] if taken else later
        done = next((step for step in later if step.action == "implement"), None)
        if done is None:
            continue
        since = baseline.since or done.at.date() + timedelta(days=1)
        ends = [step.at.date() for step in later if step.action == "reopen"]
        ends += [following.date()] if following is not None else []
        ends = [day for day in ends if day >= since]
        told = [step for step in steps if step.action == SUCCESSOR]
        successor = str(told[-1].detail.get("where", "")) if told else baseline.successor
        yield Span(one, baseline, since, min(ends, default=None), successor)
