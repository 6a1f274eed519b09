"""What Kestrel cleaned up nine weeks ago: found, accepted, done, and measured on the bill since.

Everything goes the ordinary way, as of the days on which it happened: detectors look at the days
before the clean-up, people accept what they say of its resources, and the bill of the weeks after
it proves it. One gateway came back three weeks later: its saving has regressed.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, Principal
from outlay.access import acting as as_person
from outlay.app.demo.story import CLEANUPS, Story
from outlay.app.detectors.facts import facts
from outlay.app.detectors.running import run_over
from outlay.app.realised.following import follow
from outlay.app.realised.keeping import store as baselines
from outlay.app.savings import acting
from outlay.app.savings.footprints import footprints, lay
from outlay.app.savings.policy import environment_tag, owner_tag, policy, settings
from outlay.app.savings.renewing import Found, renewed
from outlay.savings.detectors.registry import detectors
from outlay.savings.merging import merged
from outlay.savings.recommendation import Recommendation

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_BEFORE = timedelta(days=40)
"""So many days of bills before the clean-up detectors need."""

_NOTE = "Part of the clean-up of the old environments."


def configure(workspace: Workspace, story: Story) -> None:
    """Find, accept and implement the clean-up where that was not done yet, and measure up to now.
    A story too short to have it is left as it is."""
    if story.cleanup - _BEFORE < story.months()[0].start:
        return
    if not baselines(workspace).baselines():
        _clean_up(workspace, story)
    follow(workspace, _at(story.today, 8))


def _clean_up(workspace: Workspace, story: Story) -> None:
    day = story.cleanup
    for one in _found(workspace, _at(day - timedelta(days=6), 8)):
        with as_person(_owner(workspace, one)):
            acting.accept(workspace, one.id, _NOTE, _at(day - timedelta(days=4), 10))
            acting.implement(workspace, one.id, "", _at(day - timedelta(days=1), 17))
    # As the bills came in: seen after a week; the gateway that is back, after its first days.
    for seen in (day + timedelta(days=9), story.returned + timedelta(days=5)):
        follow(workspace, _at(seen, 8))


def _found(workspace: Workspace, now: datetime) -> list[Recommendation]:
    """What detectors say of the resources of the clean-up, as of a moment, kept as a look does."""
    spec, rules = policy(workspace), workspace.rules()
    tag = owner_tag(rules, spec)
    wanted = {one.resource: one.detector for one in CLEANUPS}
    only = [one for name, one in detectors().items() if name in set(wanted.values())]
    environment = environment_tag(rules, spec)
    tags = (tag,) if tag else ()
    with facts(workspace, now.date(), environment=environment, tags=tags) as known:
        ran = run_over(known, only=only, settings=settings(spec))
        columns, days = lay(known)
        own = [one for one in ran.findings if wanted.get(one.resource) == one.detector]
        groups = merged(own)
        first = {key: each[0] for key, each in groups.items()}
        bill = footprints(known, first, tag, columns, days)
    nobody = frozenset({rules.tags[tag].default}) if tag in rules.tags else frozenset()
    with acting.store(workspace).changing() as books:
        renewed(books, Found(groups, bill), spec, tag, nobody, acting.times(workspace), now)
        kept = [one for key in groups if (one := books.by_key(key)) is not None]
    return [one for one in kept if one.state in ("identified", "assigned")]


def _owner(workspace: Workspace, one: Recommendation) -> Principal:
    """Whoever answers for the value of the virtual tag that owns it."""
    rules = workspace.rules()
    known = rules.tags[one.owner_tag].values.get(one.owner) if one.owner_tag in rules.tags else None
    name = known.owner if known and known.owner else "outlay demo"
    return Principal(name, Level.EDITOR, via="system")


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))
