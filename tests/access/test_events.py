"""The log of what was done: who, by which way, from where."""

from datetime import timedelta
from decimal import Decimal

import pytest

from outlay.access import Level, Principal, acting
from outlay.access.events import Wanted, utc_now
from outlay.app import Workspace, events


@pytest.fixture
def workspace(tmp_path):
    found = Workspace.init(tmp_path / "ws")
    yield found
    found.close()


ANA = Principal("ana", Level.EDITOR, via="token", address="10.0.0.9")


def test_an_event_keeps_who_did_it_by_which_way_and_from_where(workspace):
    with acting(ANA):
        events.record(workspace, "export", "focus 1.2", rows=7, total=Decimal("12.340"))
    (event,) = events.listed(workspace)
    assert (event.author, event.via, event.address) == ("ana", "token", "10.0.0.9")
    assert (event.action, event.target) == ("export", "focus 1.2")
    assert event.detail == {"rows": 7, "total": "12.340"}


def test_events_are_found_by_author_action_and_period(workspace):
    events.record(workspace, "export", "a")
    with acting(ANA):
        events.record(workspace, "deliver", "b")
    assert [e.target for e in events.listed(workspace)] == ["b", "a"]
    assert [e.target for e in events.listed(workspace, Wanted(author="ana"))] == ["b"]
    assert [e.target for e in events.listed(workspace, Wanted(actions=("export",)))] == ["a"]
    now = utc_now()
    assert events.listed(workspace, Wanted(since=now + timedelta(hours=1))) == []
    assert len(events.listed(workspace, Wanted(until=now + timedelta(hours=1)))) == 2
    assert len(events.listed(workspace, limit=1)) == 1
