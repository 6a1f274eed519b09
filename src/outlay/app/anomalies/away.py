"""What explains an event away: bills that were delivered again, and rules that changed.

A jump is the cost of the event's days less as many days of the four weeks before. It is explained
when at least half of the impact is how much the jump moved: between what was first known of all
the event's days and what is known now (a restatement), or between the rules of the last look and
those of now (a change of tag rules). Where a rule has a date, charges move from one value to
another on it; such a jump is one value's and not that of the tag as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from outlay.app.anomalies.events import Event, Explaining, Reason
from outlay.app.anomalies.exact import daily
from outlay.expression import parse, referenced, text_literal
from outlay.expression.dimensions import VIRTUAL
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.money import BillingPeriod, DateRange, total
from outlay.query import CostQuery, equals
from outlay.query.ranges import between

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.lake import Pin, Slice, SnapshotInfo

BEFORE_DAYS = 28
"""The days before an event that a jump is measured from."""

_ENOUGH = Fraction(1, 2)
_NEWEST = 40
"""How many deliveries of a month are looked at, the newest first."""

_DAY = timedelta(days=1)
Key = tuple[str, BillingPeriod]


@dataclass(frozen=True)
class Away:
    """What explains an event, and in which words the event says so."""

    reason: Reason
    told: Explaining


def question(event: Event, base: CostQuery, days: DateRange) -> CostQuery:
    """The question that an event's days are the answer to, over other days: of its own measure
    and currency, whatever its monitor asks for by now and whatever bills came since; over its own
    days that of an hourly one keeps to its hours."""
    asked = base.but(
        measures=(event.measure,),
        where=event.lead.where,
        by=(),
        currency=event.currency if base.currency else None,
        range=between(days.start, days.end),
    )
    if asked.currency is None:
        asked = asked.narrowed(equals("BillingCurrency", event.currency))
    if event.grain == "hour" and days == event.range:
        low, high = (text_literal(at.isoformat()) for at in (event.start, event.end))
        asked = asked.narrowed(f"ChargePeriodStart >= {low} AND ChargePeriodStart < {high}")
    return asked


def with_before(event: Event) -> DateRange:
    """The event's days and those before that it is measured from."""
    return DateRange(event.range.start - BEFORE_DAYS * _DAY, event.range.end)


def explained_away(
    workspace: Workspace, event: Event, base: CostQuery, scope: str, last_look: datetime | None
) -> Away | None:
    """What explains a new event; None where nothing does.

    `base` is the question of its series (currency, measure, splits), `scope` the condition of its
    monitor, `last_look` the moment (UTC) of the look before.
    """
    return (
        _restated(workspace, event, base)
        or _rules_since(workspace, event, base, last_look)
        or _dated_rule(workspace, event, base, scope)
    )


def explained_lost(workspace: Workspace, event: Event, base: CostQuery) -> Away | None:
    """What explains that an event that was found is not there any more."""
    days = event.range
    now = total(_sums(workspace, question(event, base, days)).values())
    moved = total((now, event.actual.copy_negate()))
    if not _enough(Fraction(moved).__neg__(), event.impact):
        return None
    by_rules = _lost_by_rules(workspace, event, base, now)
    if by_rules is not None:
        return by_rules
    change = _change_since(workspace, event, base)
    return None if change is None else _told(change, moved)


# --- bills delivered again --------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A commit that put new deliveries in the place of others, and what it put there."""

    before: SnapshotInfo
    after: SnapshotInfo
    slices: tuple[Slice, ...]


def _restated(workspace: Workspace, event: Event, base: CostQuery) -> Away | None:
    if not _replaced(workspace, event):
        return None
    keys = _holding(workspace, event, base)
    changes = _changes(workspace, keys)
    known = [one for one in changes if _covered(workspace, one.before, keys, event.range)]
    if not known:
        return None
    asked = question(event, base, with_before(event))
    now = _sums(workspace, asked)
    best: Away | None = None
    for change in known:
        try:
            then = _sums(workspace, asked.but(as_of=str(change.before.snapshot_id)))
        except LakeError:  # its roll-ups are gone by retention: nothing can be said of it
            continue
        if not _enough(_jump(now, event) - _jump(then, event), event.impact):
            break
        # The last commit before which the jump was not there is the one that made it.
        best = _told(change, _moved(now, then, event))
    return best


def _replaced(workspace: Workspace, event: Event) -> bool:
    """Whether any bill of the event's days was ever delivered again."""
    return any(
        one.delivery.replaces
        and one.billing_period.start < event.range.end
        and one.billing_period.end > event.range.start
        for one in workspace.pin().slices
    )


def _told(change: Change, moved: Decimal) -> Away:
    newest = max(change.slices, key=lambda one: one.delivery.loaded_at)
    told = Explaining(
        amount=moved,
        source=newest.source,
        period=str(newest.billing_period),
        delivery=newest.delivery.id,
        before=str(change.before.snapshot_id),
        after=str(change.after.snapshot_id),
        at=newest.delivery.loaded_at,
    )
    return Away("restatement", told)


def _holding(workspace: Workspace, event: Event, base: CostQuery) -> set[Key]:
    """The slices whose source has charges of the event, by its days."""
    asked = question(event, base, event.range).but(by=("x_SourceName",))
    sources = {str(row["x_SourceName"]) for row in workspace.query(asked).rows()}
    sources |= {one.source for one in workspace.pin().slices if not sources}
    return {
        (one.source, one.billing_period)
        for one in workspace.pin().slices
        if one.source in sources
        and one.billing_period.start < event.range.end
        and one.billing_period.end > event.range.start
    }


def _changes(workspace: Workspace, keys: set[Key]) -> list[Change]:
    """The commits that replaced a slice by another delivery of it, the oldest first."""
    current = [one for one in workspace.pin().slices if (one.source, one.billing_period) in keys]
    wanted = {one.delivery.id for one in current if one.delivery.replaces}
    found: list[Change] = []
    known = workspace.lake.snapshots()
    for before, after in reversed(list(zip(known, known[1:], strict=False))):
        if not wanted or len(found) >= _NEWEST:
            break
        put = wanted.intersection(after.added)
        if not put:
            continue
        pin = workspace.lake.pin(after.snapshot_id)
        slices = tuple(one for one in pin.slices if one.delivery.id in put)
        replaced = {one.delivery.replaces for one in slices}.intersection(after.removed)
        wanted = (wanted - put) | {one for one in replaced if one}
        if replaced:
            found.append(Change(before, after, slices))
    return found[::-1]


def _covered(workspace: Workspace, snapshot: SnapshotInfo, keys: set[Key], days: DateRange) -> bool:
    """Whether all days of an event were complete at a snapshot: each slice of its sources was
    there, had charges up to the last day, and was loaded after it or has later ones."""
    from outlay.lake.facts import slice_facts

    pin: Pin = workspace.lake.pin(snapshot.snapshot_id)
    facts = {
        (one.slice.source, one.slice.billing_period): one
        for one in slice_facts(workspace.lake, pin)
    }
    for key in keys:
        found = facts.get(key)
        end = min(days.end, key[1].end)
        if found is None or found.last_day is None or found.last_day < end - _DAY:
            return False
        whole = found.slice.delivery.loaded_at.date() - _DAY >= end
        if not whole and found.last_day < end:
            return False
    return True


def _change_since(workspace: Workspace, event: Event, base: CostQuery) -> Change | None:
    """The newest commit since an event was reckoned that replaced what it was reckoned from."""
    keys = _holding(workspace, event, base)
    since = int(event.snapshot) if event.snapshot.isdigit() else None
    known = [one.snapshot_id for one in workspace.lake.snapshots()]
    seen = known.index(since) if since in known else -1
    for change in reversed(_changes(workspace, keys)):
        if known.index(change.after.snapshot_id) > seen:
            return change
    return None


# --- rules that changed -----------------------------------------------------------------------


def tags_of(where: str) -> tuple[str, ...]:
    """The virtual tags of a condition."""
    return tuple(sorted({d.name for d in referenced(parse(where)) if d.kind == VIRTUAL}))


def _rules_since(
    workspace: Workspace, event: Event, base: CostQuery, last_look: datetime | None
) -> Away | None:
    if last_look is None:
        return None
    changed = changed_tag(workspace, event, last_look)
    if not changed:
        return None
    asked = question(event, base, with_before(event))
    try:
        then = _sums(workspace, asked.but(rules_as_of=last_look))
    except QueryError:  # the tag was not there: there was no series to jump
        return None
    now = _sums(workspace, asked)
    if not _enough(_jump(now, event) - _jump(then, event), event.impact):
        return None
    return _by_rules(workspace, changed, _moved(now, then, event))


def _lost_by_rules(
    workspace: Workspace, event: Event, base: CostQuery, now: Decimal
) -> Away | None:
    if event.rules_at is None:
        return None
    changed = changed_tag(workspace, event, event.rules_at)
    if not changed:
        return None
    asked = question(event, base, event.range)
    try:
        then = total(_sums(workspace, asked.but(rules_as_of=event.rules_at)).values())
    except QueryError:
        then = event.actual
    moved = total((now, then.copy_negate()))
    if not _enough(Fraction(moved).__neg__(), event.impact):
        return None
    return _by_rules(workspace, changed, moved)


def _by_rules(workspace: Workspace, tag: str, moved: Decimal) -> Away:
    history = workspace.resources.history("VirtualTag", tag)
    at = max((one.at for one in history), default=None)
    return Away("tag-change", Explaining(amount=moved, tag=tag, at=at))


def changed_tag(workspace: Workspace, event: Event, since: datetime) -> str:
    """The virtual tag of an event whose rules are others than at a moment; '' where none is."""
    rules = workspace.rules()
    tags = [name for name in tags_of(event.lead.where) if name in rules.tags]
    if not tags:
        return ""
    then = workspace.rules(since)
    for name in tags:
        if name not in then.tags or then.digest(name) != rules.digest(name):
            return name
    return ""


def _dated_rule(workspace: Workspace, event: Event, base: CostQuery, scope: str) -> Away | None:
    rules = workspace.rules()
    first = event.range.start
    for tag in event.lead.grouping.split(","):
        if tag not in rules.tags:
            continue
        dates = [day for day in rules.boundaries(tag) if abs(day - first) <= _DAY]
        if not dates:
            continue
        days = with_before(event)
        own = _sums(workspace, question(event, base, days))
        all_ = base.but(where=scope, by=(), range=between(days.start, days.end))
        if base.currency is None:
            all_ = all_.narrowed(equals("BillingCurrency", event.currency))
        whole = _sums(workspace, all_)
        if abs(_jump(whole, event)) < abs(_jump(own, event)) * _ENOUGH:
            told = Explaining(
                amount=event.impact,
                tag=tag,
                note=f"Rules of {tag} begin or end on {dates[0]}: charges moved from one value to "
                "another on that day.",
            )
            return Away("tag-change", told)
    return None


# --- jumps ------------------------------------------------------------------------------------


def _sums(workspace: Workspace, query: CostQuery) -> Mapping[date, Decimal]:
    """The amounts of a question by day."""
    return {start.date(): amount for start, amount in daily(workspace, query).items()}


def _jump(amounts: Mapping[date, Decimal], event: Event) -> Fraction:
    """The event's days less as many days of those before."""
    days = event.range
    inside = Fraction(total(a for day, a in amounts.items() if days.start <= day < days.end))
    before = Fraction(total(a for day, a in amounts.items() if day < days.start))
    return inside - before * days.days / BEFORE_DAYS


def _moved(now: Mapping[date, Decimal], then: Mapping[date, Decimal], event: Event) -> Decimal:
    """How much more the event's days cost now than then."""
    start, end = event.range.start, event.range.end
    later = (amount for day, amount in now.items() if start <= day < end)
    earlier = (amount.copy_negate() for day, amount in then.items() if start <= day < end)
    return total((*later, *earlier))


def _enough(moved: Fraction, impact: Decimal) -> bool:
    """Whether a move goes the way of the impact and is at least half of it."""
    whole = Fraction(impact)
    return moved * whole > 0 and abs(moved) >= abs(whole) * _ENOUGH
