"""The ledger as people look for it: which entries, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, require, who
from outlay.app.realised.baselines import SUCCESSOR, Recomputed, recompute
from outlay.app.realised.following import Followed, follow
from outlay.app.realised.keeping import store
from outlay.app.realised.spans import Span, spans
from outlay.app.runs import utc_now
from outlay.app.savings.errors import SavingError, not_found
from outlay.app.savings.seeing import may_see, seen
from outlay.app.savings.store import SavingStore
from outlay.app.served import served
from outlay.expression import canonical
from outlay.expression.errors import QueryError, near_names
from outlay.savings.model import DONE
from outlay.savings.realised import ledger as pure
from outlay.savings.realised.judging import Seen
from outlay.savings.realised.judging import seen as seen_of
from outlay.savings.realised.ledger import GROUPINGS, Change, Grouping, Row, RunRate, Sums
from outlay.savings.realised.model import Baseline, Entry, Measured
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@dataclass(frozen=True)
class Sought:
    """Which entries: of the months from `since` to `until` (both included, ``2026-10``; '' open),
    of an owner (``-`` for nobody's), provider, action or currency; as known at the end of the day
    `known` (``2026-11-30``; '' now)."""

    since: str = ""
    until: str = ""
    owner: str = ""
    provider: str = ""
    action: str = ""
    currency: str = ""
    known: str = ""

    def __post_init__(self) -> None:
        self.months  # noqa: B018 (what is no month is refused where it is given)
        self.known_at  # noqa: B018

    @property
    def months(self) -> tuple[date | None, date | None]:
        """The first and the last month."""
        return _month(self.since, "since"), _month(self.until, "until")

    @property
    def known_at(self) -> datetime | None:
        """The moment up to which entries are known (UTC; None: now)."""
        if not self.known:
            return None
        try:
            return datetime.combine(date.fromisoformat(self.known), time.max)
        except ValueError:
            raise QueryError(
                f"{self.known!r} is no day; expected one such as 2026-11-30",
                field="known",
                text=self.known,
            ) from None


def _month(text: str, field_: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise QueryError(
            f"{text!r} is no month; expected one such as 2026-10", field=field_, text=text
        ) from None


def grouping(text: str) -> Grouping:
    """A grouping by its name; QueryError with those there are."""
    found = next((one for one in GROUPINGS if one == text), None)
    if found is None:
        raise QueryError(
            f"{text!r} is no grouping of the ledger",
            field="by",
            text=text,
            near=near_names(text, GROUPINGS),
            allowed=GROUPINGS,
        )
    return found


@dataclass(frozen=True)
class Ledger:
    """The ledger: `rows` of the grouping, `totals` by currency, `months` always (for the chart),
    `entries` that they are made of, `changes` of months that were closed, and the pace. `choices`
    are what may be filtered by."""

    by: Grouping
    rows: tuple[Row, ...]
    totals: tuple[Sums, ...]
    months: tuple[Row, ...]
    entries: tuple[Entry, ...]
    changes: tuple[Change, ...]
    pace: tuple[RunRate, ...]
    owners: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    every_month: tuple[str, ...] = ()
    states: dict[int, str] = field(default_factory=dict)
    waiting: int = 0


@served("GET /realised")
def ledger(workspace: Workspace, sought: Sought | None = None, by: str = "month") -> Ledger:
    """What was promised and realised, of the recommendations that who asks may see. QueryError for
    a grouping that there is not."""
    sought, grouped_by = sought or Sought(), grouping(by)
    visible = {one.id: one for one in _visible(workspace)}
    every = [
        one
        for one in store(workspace).entries(known_at=sought.known_at)
        if one.recommendation in visible
    ]
    changes = pure.restated(every)
    all_ = [one for one in pure.newest(every) if one.days]
    found = [one for one in all_ if _is_sought(one, sought)]
    states = {number: one.state for number, one in visible.items()}
    counts = _counting(workspace, found)
    running = {number: state in DONE and number in counts for number, state in states.items()}
    kept = {(one.recommendation, one.month) for one in found}
    measured = {one.recommendation for one in all_}
    return Ledger(
        by=grouped_by,
        rows=pure.grouped(found, grouped_by, changes),
        totals=pure.sums(found),
        months=pure.grouped(found, "month", changes),
        entries=tuple(found),
        changes=tuple(one for one in changes if (one.recommendation, one.month) in kept),
        pace=pure.run_rates(found, running),
        owners=tuple(sorted({one.owner for one in all_ if one.owner})),
        providers=tuple(sorted({one.provider for one in all_})),
        actions=tuple(sorted({one.action for one in all_})),
        every_month=tuple(months_of(all_)),
        states={one.recommendation: states[one.recommendation] for one in found},
        waiting=sum(
            1 for n, state in states.items() if state == "implemented" and n not in measured
        ),
    )


def _counting(workspace: Workspace, entries: Iterable[Entry]) -> set[int]:
    """Those of the entries that were not measured to the end of the year that a saving counts."""
    last: dict[int, date] = {}
    for one in entries:
        for day in one.days:
            last[one.recommendation] = max(day.day, last.get(one.recommendation, date.min))
    ends = {span.one.id: span.last for span in spans(workspace, last)}
    return {n for n, day in last.items() if day + timedelta(days=1) < ends.get(n, date.max)}


@dataclass(frozen=True)
class Of:
    """What is known of one recommendation: its baselines, the newest entries by month, all
    entries, the span that is measured now (None: it was not implemented), the days of the present
    baseline, what the last week shows, and its sums."""

    recommendation: Recommendation
    baselines: tuple[Baseline, ...]
    entries: tuple[Entry, ...]
    history: tuple[Entry, ...]
    changes: tuple[Change, ...]
    since: date | None
    successor: str
    days: tuple[Measured, ...]
    week: Seen | None
    sums: Sums

    @property
    def baseline(self) -> Baseline | None:
        """The baseline that counts: the newest."""
        return self.baselines[-1] if self.baselines else None


@served("GET /realised/{number}")
def realised_of(workspace: Workspace, number: int) -> Of:
    """One recommendation; SavingNotFoundError for one that is none, or of others."""
    one = _one(workspace, number)
    every = store(workspace).entries(number)
    entries = [entry for entry in pure.newest(every) if entry.days or entry.left_out]
    measured = spans(workspace, (number,))
    span: Span | None = measured[-1] if measured else None
    baselines = tuple(store(workspace).baselines(number))
    days = tuple(
        day
        for entry in entries
        for day in entry.days
        if span is not None and day.baseline == span.baseline.id
    )
    found = pure.sums(entries)
    return Of(
        recommendation=one,
        baselines=baselines,
        entries=tuple(entries),
        history=tuple(every),
        changes=pure.restated(every),
        since=span.since if span else None,
        successor=span.successor if span else _successor(workspace, one, baselines),
        days=days,
        week=seen_of(span.baseline, days[-7:]) if span and days else None,
        sums=found[0] if found else Sums(one.currency),
    )


@served("GET /realised/{number}/proof")
def proof(workspace: Workspace, number: int) -> tuple[Recomputed, ...]:
    """Each baseline of a recommendation, made again from the snapshot that it was frozen from."""
    _one(workspace, number)
    return tuple(recompute(workspace, one) for one in store(workspace).baselines(number))


@served("POST /realised/measure")
def measure_now(workspace: Workspace, now: datetime | None = None) -> Followed:
    """Look at the bill now, as is done after each delivery."""
    require(Level.EDITOR, "measuring what was saved", whole=True)
    return follow(workspace, now)


@served("POST /realised/{number}/successor")
def succeed(
    workspace: Workspace, number: int, where: str, note: str = "", now: datetime | None = None
) -> Recommendation:
    """Say which charges came in place of those that a recommendation changed, as a condition (an
    instance under another id, a resource that moved elsewhere); '' for none. What they cost is
    taken off what was saved, from the next look on, for all its days."""
    require(Level.EDITOR, "changing a recommendation")
    one = _one(workspace, number)
    text = canonical(where) if where.strip() else ""
    if text and text == canonical(one.where or "true"):
        raise SavingError(
            "these are the charges that the recommendation changes. A successor is what came in "
            "their place, such as: ResourceId = 'i-0abc'"
        )
    if text and not may_see(workspace, replace(one, where=text, resource="")):
        raise SavingError(
            "these charges do not all lie in your part of the ledger, or there are none yet. "
            "Narrow the condition, or ask somebody who sees them"
        )
    with SavingStore(workspace.resources.engine).changing() as books:
        books.step(number, now or utc_now(), who(), SUCCESSOR, note=note.strip(),
                   detail={"where": text})  # fmt: skip
    return one


def _one(workspace: Workspace, number: int) -> Recommendation:
    one = SavingStore(workspace.resources.engine).one(number)
    if not may_see(workspace, one):
        raise not_found(number)
    return one


def _visible(workspace: Workspace) -> list[Recommendation]:
    saved = SavingStore(workspace.resources.engine)
    known = {one.recommendation for one in store(workspace).baselines()}
    return seen(workspace, [one for one in saved.listed() if one.id in known])


def _successor(workspace: Workspace, one: Recommendation, baselines: Sequence[Baseline]) -> str:
    steps = SavingStore(workspace.resources.engine).steps(one.id, (SUCCESSOR,))
    if steps:
        return str(steps[-1].detail.get("where", ""))
    return baselines[-1].successor if baselines else ""


def _is_sought(entry: Entry, sought: Sought) -> bool:
    since, until = sought.months
    return (
        (since is None or entry.month >= since)
        and (until is None or entry.month <= until)
        and sought.owner in ("", entry.owner or "-")
        and sought.provider in ("", entry.provider)
        and sought.action in ("", entry.action)
        and sought.currency in ("", entry.currency)
    )


def months_of(entries: Iterable[Entry]) -> list[str]:
    """The months of entries, oldest first."""
    return sorted({f"{one.month:%Y-%m}" for one in entries})
