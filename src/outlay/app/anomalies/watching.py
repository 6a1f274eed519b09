"""What is watched, since when, and what the last look was: what an empty page has to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from outlay.access import current
from outlay.app.anomalies.detecting import DONE, SHORTEST_DAYS, store
from outlay.app.anomalies.events import Run
from outlay.app.anomalies.model import EACH_TAG
from outlay.app.anomalies.monitors import groupings, kept
from outlay.app.served import served
from outlay.query.titles import dimension as title

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Watching:
    """`by` is what the monitors that are on group by, in words; `first` and `until` are the days
    (exclusive) that are known; `last` the newest look that was taken to its end, `failed` the
    newest one where it, or a monitor of it, failed. People of a scope are told the days, and of
    looks when they were and whether they failed."""

    by: tuple[str, ...]
    monitors: int
    first: date | None
    until: date | None
    last: Run | None
    failed: Run | None
    needed: int = SHORTEST_DAYS

    @property
    def days(self) -> int:
        """How many complete days there are."""
        if self.first is None or self.until is None:
            return 0
        return max((self.until - self.first).days, 0)

    @property
    def short(self) -> bool:
        """Whether there are too few to say what is expected."""
        return self.days < self.needed

    @property
    def doubt(self) -> str:
        """Why a list without an event does not say that nothing happened; '' where it does."""
        if self.first is None:
            return "No bill has been loaded yet."
        if self.failed is not None:
            part = "The last look" if self.failed.outcome == "failed" else "A part of the last look"
            why = self.failed.message.partition("\n")[0]
            return f"{part} failed: {why}" if why else f"{part} failed."
        if self.short:
            return (
                f"Too little history: {self.days} complete days since {self.first}; {self.needed} "
                "are needed to say what is expected."
            )
        return "" if self.last else "No look was taken yet; the first follows the next delivery."


@served("GET /anomalies")
def watching(workspace: Workspace) -> Watching:
    """What is watched now."""
    from outlay.app.anomalies.series import first_day, horizon

    known = horizon(workspace.pin().slices, workspace.today())
    until = None if known is None else known.until
    first = first_day(workspace) if known is not None else None
    keeping = store(workspace)
    last = next(iter(keeping.runs(1, DONE)), None)
    newest = next(iter(keeping.runs(1)), None)
    bad = newest is not None and (newest.outcome == "failed" or "failed" in newest.detail)
    failed = newest if bad else None
    if not current().whole:
        return Watching((), 0, first, until, _bare(last), _bare(failed))
    on = [one for one in kept(workspace) if one.spec.enabled]
    rules = workspace.rules()
    words: dict[str, None] = {}
    for one in on:
        for names in groupings(rules, one.spec):
            tagged = EACH_TAG in one.spec.groupings and names[0] in rules.tags
            words[f"the virtual tag {names[0]}" if tagged else " and ".join(map(title, names))] = (
                None
            )
    return Watching(tuple(words), len(on), first, until, last, failed)


def _bare(run: Run | None) -> Run | None:
    """A look without what it was over: when it was, and how it went."""
    return None if run is None else Run(0, run.at, "", 0, 0, 0, run.outcome, "")
