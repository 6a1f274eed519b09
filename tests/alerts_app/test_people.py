"""What people do with alerts, and which of them they see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.alerts.signal import Owner
from outlay.alerts.store import Look
from outlay.app import Workspace, events
from outlay.app.alerts import trying, use
from outlay.app.alerts.raising import raise_signal, store
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from tests.alerts_app.conftest import put_channel, put_route, signal

SCOPE = "team = 'storefront'"


@contextmanager
def as_storefront(level: Level = Level.EDITOR, scope: str = SCOPE) -> Iterator[None]:
    """Within, a person of the team storefront asks."""
    with acting(Principal("sam", level, "storefront", scope, "session")):
        yield


def two(workspace: Workspace) -> tuple[int, int]:
    """An alert of the storefront and one of data; gives their numbers."""
    raise_signal(workspace, signal())
    raise_signal(
        workspace, signal(subject="18", title="Theirs", owner=Owner("data", "team"),
                          where="team = 'data'", severity="critical"),
    )  # fmt: skip
    first, second = store(workspace).unsettled()
    return first.id, second.id


def test_each_thing_that_is_done_is_kept_with_its_author(workspace: Workspace) -> None:
    mine, _ = two(workspace)
    with as_storefront():
        assert use.acknowledge(workspace, mine, "on it").acknowledged_by == "sam"
        with pytest.raises(AlertError, match="was acknowledged by sam already"):
            use.acknowledge(workspace, mine)
        use.assign(workspace, mine, "sam")
        until = utc_now() + timedelta(days=3)
        assert use.snooze(workspace, mine, until).shown_state(utc_now()) == "snoozed"
        assert use.reopen(workspace, mine).shown_state(utc_now()) == "open"
        assert use.settle(workspace, mine, "released").state == "settled"
        with pytest.raises(AlertError, match="is settled already"):
            use.snooze(workspace, mine, until)
    steps = use.alert(workspace, mine).steps
    assert [(s.action, s.author) for s in steps[1:]] == [
        (action, "sam") for action in ("acknowledged", "assigned", "snoozed", "reopened", "settled")
    ]
    done = [one.action for one in events.listed(workspace)]
    assert done[::-1] == ["acknowledge", "assign", "snooze", "reopen", "settle"]


def test_a_person_sees_and_changes_what_lies_in_the_scope_alone(workspace: Workspace) -> None:
    mine, theirs = two(workspace)
    raise_signal(workspace, signal(subject="19", title="Of the whole", owner=None, where=""))
    with as_storefront():
        found = use.alerts(workspace)
        assert [one.id for one in found.alerts] == [mine]
        assert (found.counts["open"], found.owners) == (1, ("team = storefront",))
        for act in (use.acknowledge, use.settle, use.reopen, use.alert):
            with pytest.raises(AlertNotFoundError, match=f"there is no alert {theirs}"):
                act(workspace, theirs)
        with pytest.raises(AccessDeniedError):
            trying.listed(workspace)
        with pytest.raises(AccessDeniedError):
            trying.digest_preview(workspace)
    with as_storefront(Level.VIEWER), pytest.raises(AccessDeniedError, match="needs an editor"):
        use.acknowledge(workspace, mine)
    # A wider scope that still is a scope: what tells of the whole ledger stays hidden.
    with as_storefront(scope="team in ('storefront', 'data')"):
        assert {one.id for one in use.alerts(workspace).alerts} == {mine, theirs}


def test_alerts_are_found_by_state_kind_severity_owner_and_text(workspace: Workspace) -> None:
    mine, theirs = two(workspace)
    for asked, ids in (
        ({}, [theirs, mine]),
        ({"severity": "critical"}, [theirs]),
        ({"owner": "storefront"}, [mine]),
        ({"owner": "team = data"}, [theirs]),
        ({"owner": "none"}, []),
        ({"text": "ec2"}, [mine]),
        ({"kind": "budget"}, []),
        ({"state": "settled"}, []),
        ({"state": "all"}, [theirs, mine]),
    ):
        assert [one.id for one in use.alerts(workspace, **asked).alerts] == ids, asked  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="there is no kind 'weather'. Allowed: anomaly, budget"):
        use.alerts(workspace, kind="weather")


def test_an_open_alert_is_never_cut_off_for_newer_ones_that_have_ended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = two(workspace)
    use.settle(workspace, theirs)
    monkeypatch.setattr(use, "_MOST", 1)
    found = use.alerts(workspace, "all")
    assert [one.id for one in found.alerts] == [mine]
    assert found.counts["open"] == 1


def test_nothing_to_tell_and_a_look_that_failed_are_two_things(workspace: Workspace) -> None:
    now = utc_now()
    for look, doubt in (
        (None, "Nobody has looked yet."),
        (Look(now, "1", now), ""),
        (
            Look(now, "1", now, {"budgets": "team = 'data' is too large", "plans": "no rates"}),
            "The last look at budgets, plans did not work: alerts may be missing.",
        ),
    ):
        if look is not None:
            store(workspace).note_look(look)
        assert use.alerts(workspace).doubt == doubt
        with as_storefront():  # who sees a part is told as much, and nothing of the others
            assert use.alerts(workspace).doubt == doubt


@pytest.mark.parametrize(
    ("text", "hours"),
    [("4h", 4), ("3d", 72), ("1w", 168), ("2026-11-28", 14), ("2026-11-27T12:00Z", 2)],
)
def test_when_a_snooze_ends_may_be_said_in_several_ways(text: str, hours: int) -> None:
    from tests.alerts_app.conftest import NOW

    assert use.moment_of(text, NOW) == NOW + timedelta(hours=hours)


def test_a_snooze_must_end_in_the_future(workspace: Workspace) -> None:
    mine, _ = two(workspace)
    for none in ("soon", "²d"):
        with pytest.raises(AlertError, match=f"'{none}' is no moment. Allowed: 4h, 3d, 1w"):
            use.moment_of(none)
    for moment in (utc_now() - timedelta(hours=1), utc_now() + timedelta(days=400)):
        with pytest.raises(AlertError, match="a snooze ends in the future, within a year"):
            use.snooze(workspace, mine, moment)


def test_a_preview_says_what_would_have_gone_where(workspace: Workspace) -> None:
    two(workspace)
    put_channel(workspace, "ops", type="file", folder="outbox")
    spec = {"min_severity": "critical", "to": {"channels": ["ops"]}}
    found = trying.preview(workspace, spec=spec)
    assert found.looked_at == 2
    assert [(row.alert.signal.title, [t.text for t in row.targets]) for row in found.rows] == [
        ("Theirs", ["ops"])
    ]
    # A route before it that stops leaves nothing for it; nothing was saved, nothing sent.
    put_route(workspace, "first", order=1, stop=True)
    assert trying.preview(workspace, spec=spec).rows == ()
    assert workspace.resources.names("AlertRoute") == ["first"]
    put_route(workspace, "off", to={"owner": True})
    (line,) = [one for one in trying.listed(workspace) if one.name == "off"]
    assert (line.alerts, line.targets) == (0, ())


def test_a_route_that_reaches_nobody_says_so(workspace: Workspace) -> None:
    two(workspace)
    put_route(workspace, "teams", to={"owner": True})
    (line,) = trying.listed(workspace)
    assert line.alerts == 2
    assert line.problems == ("no contact for team = storefront", "no contact for team = data")
