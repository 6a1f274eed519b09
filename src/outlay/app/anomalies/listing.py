"""Events as people look for them: which, in which order, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.app.anomalies.detecting import store
from outlay.app.anomalies.errors import not_found
from outlay.app.anomalies.events import QUIET, STATES, Event, Step
from outlay.app.anomalies.monitors import kept
from outlay.app.anomalies.seeing import as_seen, seen
from outlay.app.anomalies.working import base_of
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.expression.errors import QueryError, near_names
from outlay.lake import LakeError
from outlay.money import MoneyError, parse_money, total

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

SHOWN = ("open", *STATES, "explained", "quiet", "all")
"""What may be asked for: ``open`` are those that want a look (active or ended, not explained away
nor said to be expected), the states, what explains them, or all."""

SORTS = ("impact", "newest")
DEFAULT_DAYS = 180


@dataclass(frozen=True)
class Sought:
    """What is looked for. `owner` and `monitor` by name ('' any; ``-`` for the owner: nobody's),
    `direction` up or down, `minimum` of the impact without its sign, `days` back from today."""

    state: str = "open"
    direction: str = ""
    owner: str = ""
    monitor: str = ""
    minimum: Decimal = Decimal(0)
    days: int = DEFAULT_DAYS
    text: str = ""
    sort: str = "impact"

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("state", self.state, SHOWN),
            ("direction", self.direction, ("", "up", "down")),
            ("sort", self.sort, SORTS),
        ):
            if value not in allowed:
                raise QueryError(
                    f"{value!r} is no {name} of anomalies",
                    field=name,
                    text=value,
                    near=near_names(value, allowed),
                    allowed=[one for one in allowed if one],
                )
        if self.minimum < 0 or self.days < 1:
            raise QueryError(
                "a minimum is an amount of zero or more, days are one or more", field="minimum"
            )


@dataclass(frozen=True)
class Listed:
    """The events that are sought, with sums by currency: what came above and below what was
    expected. `counts` is how many there are of each state within the other filters."""

    events: tuple[Event, ...]
    above: tuple[tuple[str, Decimal], ...]
    below: tuple[tuple[str, Decimal], ...]
    counts: tuple[tuple[str, int], ...]
    owners: tuple[str, ...]


def least(text: str) -> Decimal:
    """A least impact as it is written; QueryError for what is no amount."""
    try:
        return parse_money(text)
    except MoneyError:
        raise QueryError(f"{text!r} is no amount", field="minimum", text=text) from None


@served("GET /anomalies")
def anomalies(
    workspace: Workspace, sought: Sought | None = None, now: datetime | None = None
) -> Listed:
    """The events that who asks may see, of those that are sought."""
    sought = sought or Sought()
    since = (now or utc_now()) - timedelta(days=sought.days)
    known = seen(workspace, store(workspace).events(since=since))
    owners = tuple(sorted({one.owner for one in known if one.owner}))
    rest = [one for one in known if _is_sought(one, sought)]
    counts = tuple((name, sum(1 for one in rest if is_of(one, name))) for name in SHOWN)
    found = ordered([one for one in rest if is_of(one, sought.state)], sought.sort)
    return Listed(
        tuple(found),
        sums(one for one in found if one.impact > 0),
        sums(one for one in found if one.impact < 0),
        counts,
        owners,
    )


@served("GET /anomalies/{number}")
def anomaly(workspace: Workspace, number: int) -> Event:
    """One event, with what drove it; AnomalyNotFoundError for one that is none or of others."""
    event = as_seen(workspace, store(workspace).event(number))
    if event is None:
        raise not_found(number)
    if event.split is None:
        event = _explained(workspace, event)
    return event


@served("GET /anomalies/{number}")
def steps(workspace: Workspace, number: int) -> list[Step]:
    """What was done with an event, oldest first."""
    anomaly_seen(workspace, number)
    return store(workspace).steps(number)


def anomaly_seen(workspace: Workspace, number: int) -> Event:
    """One event as it is kept, if who asks may see it."""
    event = store(workspace).event(number)
    if as_seen(workspace, event) is None:
        raise not_found(number)
    return event


@served("GET /anomalies/{number}")
def related(workspace: Workspace, event: Event, limit: int = 5) -> list[Event]:
    """Other events of the same series, the newest first: what others did before."""
    own = {(one.grouping, one.values) for one in event.members}
    found = [
        one
        for one in store(workspace).events()
        if one.id != event.id
        and one.currency == event.currency
        and any((m.grouping, m.values) in own for m in one.members[:1])
    ]
    return seen(workspace, found[: limit * 4])[:limit]


def _explained(workspace: Workspace, event: Event) -> Event:
    """The event with its split, which small ones get when somebody looks; of very many found at
    once the smallest have none of their drivers until then."""
    from outlay.app.anomalies.explaining import explained
    from outlay.app.anomalies.splitting import split
    from outlay.app.anomalies.telling import driver

    monitor = next((one for one in kept(workspace) if one.name == event.monitor), None)
    if monitor is None:
        return event
    base = base_of(monitor)
    try:
        if event.explained is None:
            return explained(workspace, event, monitor.spec, base)
        found = split(workspace, event, base)
    except (QueryError, LakeError):  # a column or tag that is no more: the event stands as it is
        return event
    event = replace(event, split=found)
    return replace(event, driver=driver(event))


def is_of(event: Event, shown: str) -> bool:
    """Whether an event is one of those that are asked for; see `SHOWN`."""
    if shown == "all":
        return True
    if shown == "open":
        return event.is_open
    if shown == "explained":
        return event.reason in ("restatement", "tag-change")
    if shown == "quiet":
        return event.reason == "quiet" or (event.feedback in QUIET and event.state != "resolved")
    return event.state == shown and not event.reason


def ordered(events: Sequence[Event], sort: str) -> list[Event]:
    """What goes on before what is over, each by impact without its sign, the largest first; or the
    newest first."""
    newest = sorted(events, key=lambda one: (one.start, one.id), reverse=True)
    if sort == "newest":
        return newest
    return sorted(newest, key=lambda one: (one.ongoing, one.impact.copy_abs()), reverse=True)


def sums(events: Iterable[Event]) -> tuple[tuple[str, Decimal], ...]:
    """The impacts by currency, by code."""
    found: dict[str, list[Decimal]] = {}
    for one in events:
        found.setdefault(one.currency, []).append(one.impact)
    return tuple((code, total(parts)) for code, parts in sorted(found.items()))


def _is_sought(event: Event, sought: Sought) -> bool:
    owner = event.owner or "-"
    words = f"{event.sentence} {event.driver} {event.value}".lower()
    return (
        sought.direction in ("", event.direction)
        and sought.owner in ("", owner, event.assignee)
        and sought.monitor in ("", event.monitor)
        and event.impact.copy_abs() >= sought.minimum
        and sought.text.strip().lower() in words
    )
