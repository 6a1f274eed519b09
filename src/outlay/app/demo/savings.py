"""What could be saved at Kestrel, and what its people did with it in the last twelve days.

A look as of twelve days ago and the decisions of the days after it, all by the ordinary path; the
look that ends the demo is the one of now. What was cleaned up nine weeks ago is of
`outlay.app.demo.realised`, which comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from outlay.access import Level, Principal
from outlay.access import acting as as_person
from outlay.app.demo.story import Story
from outlay.app.savings import acting
from outlay.app.savings.listing import Row, recommendations
from outlay.app.savings.looking import look

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

_AGO = timedelta(days=12)
_NEEDED = timedelta(days=45)
"""So many days of bills a look needs."""

Wanted = Callable[[Row], bool]


def configure(workspace: Workspace, story: Story) -> None:
    """Look twelve days back, and have people decide on what was found, where that was not done yet.
    A story too short to have it is left as it is."""
    then = story.today - _AGO
    if then - _NEEDED < story.months()[0].start:
        return
    if not acting.store(workspace).looks(1):
        look(workspace, _at(then, 8))
        _decide(workspace, then)


def _decide(workspace: Workspace, then: date) -> None:
    """What the owners did: the largest of each kind, so that a few of each state can be seen."""
    rows = recommendations(workspace, now=_at(then, 9)).rows
    taken: set[int] = set()

    def most(wanted: Wanted, count: int = 1) -> list[Row]:
        found = [row for row in rows if row.recommendation.id not in taken and wanted(row)][:count]
        taken.update(row.recommendation.id for row in found)
        return found

    _bought(workspace, most(lambda row: row.recommendation.group == "purchase"), then)
    for row in most(lambda row: row.recommendation.group == "traffic", 2):
        _dismissed(workspace, row, then)
    for row in most(lambda row: _kind(row, "storage", "configuration") and _owned(row), 4):
        _accepted(workspace, row, then)
    for row in most(lambda row: row.recommendation.owner == "data", 2):
        _assigned(workspace, row, then)
    _scheduled(workspace, most(lambda row: _kind(row, "hours") and _owned(row, "storefront"), 5),
               then)  # fmt: skip


def _accepted(workspace: Workspace, row: Row, then: date) -> None:
    number = row.recommendation.id
    with as_person(_owner(workspace, row)):
        acting.comment(workspace, number, "We can do this in the next sprint.",
                       _at(then + timedelta(days=2), 14))  # fmt: skip
        acting.accept(workspace, number, "", _at(then + timedelta(days=3), 10))


def _assigned(workspace: Workspace, row: Row, then: date) -> None:
    owner = _owner(workspace, row)
    with as_person(Principal("pia@kestrel.example", Level.EDITOR, via="system")):
        acting.assign(workspace, row.recommendation.id, owner.name,
                      "Can you say whether this is still needed?",
                      _at(then + timedelta(days=1), 11))  # fmt: skip


def _scheduled(workspace: Workspace, rows: Sequence[Row], then: date) -> None:
    """The environments of one team are dealt with together."""
    if not rows:
        return
    numbers = [row.recommendation.id for row in rows]
    owner = _owner(workspace, rows[0])
    with as_person(owner):
        at = _at(then + timedelta(days=4), 9)
        acting.bulk(workspace, numbers, "assign", "", at, person=owner.name)
        acting.bulk(workspace, numbers, "accept", "Office hours from next week on.",
                    at + timedelta(hours=1))  # fmt: skip


def _bought(workspace: Workspace, rows: Iterable[Row], then: date) -> None:
    for row in rows:
        with as_person(Principal("petra@kestrel.example", Level.EDITOR, via="system")):
            acting.snooze(workspace, row.recommendation.id, then + timedelta(days=60),
                          "After the renewal is negotiated.",
                          _at(then + timedelta(days=5), 15))  # fmt: skip


def _dismissed(workspace: Workspace, row: Row, then: date) -> None:
    with as_person(_owner(workspace, row)):
        acting.dismiss(workspace, row.recommendation.id,
                       "The services stay spread over zones on purpose.",
                       then + timedelta(days=180), _at(then + timedelta(days=2), 16))  # fmt: skip


def _kind(row: Row, *groups: str) -> bool:
    return row.recommendation.group in groups and row.net >= 10


def _owned(row: Row, owner: str = "") -> bool:
    found = row.recommendation.owner
    return found == owner if owner else bool(found)


def _owner(workspace: Workspace, row: Row) -> Principal:
    """Whoever answers for the value of the virtual tag that owns it."""
    one, rules = row.recommendation, workspace.rules()
    known = rules.tags[one.owner_tag].values.get(one.owner) if one.owner_tag in rules.tags else None
    name = known.owner if known and known.owner else "outlay demo"
    return Principal(name, Level.EDITOR, via="system")


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour))
