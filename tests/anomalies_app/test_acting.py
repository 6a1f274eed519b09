"""What people do with events, what feedback changes, and who sees which event."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.access.people import People
from outlay.app import Workspace
from outlay.app.alerts import use as alerts
from outlay.app.anomalies import acting as doing
from outlay.app.anomalies import listing, monitors
from outlay.app.anomalies.detecting import detect, store
from outlay.app.anomalies.errors import AnomalyError, AnomalyNotFoundError
from outlay.app.anomalies.listing import Sought
from outlay.app.anomalies.watch import watch
from outlay.app.runs import utc_now
from outlay.expression.errors import QueryError
from outlay.resources import ResourceError, ResourceInUseError
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import events, load, look, make
from tests.web.conftest import serving
from tests.web.page import parse

EVER = 36500


def scoped(scope: str, level: Level = Level.EDITOR) -> Principal:
    """Somebody who sees a part of the ledger."""
    return Principal("sam", level, role="part", scope=scope, via="session")


def ids(workspace: Workspace, **sought: object) -> list[int]:
    """The numbers of the events that are sought."""
    found = listing.anomalies(workspace, Sought(days=EVER, **sought))  # type: ignore[arg-type]
    return [one.id for one in found.events]


def test_acknowledge_resolve_and_reopen(spiked: Workspace) -> None:
    assert ids(spiked) == [1]
    doing.acknowledge(spiked, 1, "looking into it")
    assert ids(spiked) == [] and ids(spiked, state="acknowledged") == [1]
    assert alerts.alerts(spiked, "open", "anomaly").alerts == ()
    with pytest.raises(AnomalyError, match="acknowledged already"):
        doing.acknowledge(spiked, 1)
    look(spiked, force=True)
    assert events(spiked)[0].state == "acknowledged"
    doing.reopen(spiked, 1)
    assert ids(spiked) == [1]
    assert [one.signal.occurrence for one in alerts.alerts(spiked, "open", "anomaly").alerts] == [
        "1"
    ]
    doing.resolve(spiked, 1, "the machine is off")
    assert ids(spiked, state="resolved") == [1]
    told = [(one.action, one.note) for one in store(spiked).steps(1)[1:]]
    assert told == [
        ("acknowledge", "looking into it"), ("reopen", ""), ("resolve", "the machine is off"),
    ]  # fmt: skip


def test_comments_and_who_has_it(spiked: Workspace) -> None:
    with acting(Principal("ana", Level.EDITOR, via="session")):
        doing.comment(spiked, 1, "it was the load test")
        doing.assign(spiked, 1, "sam@example.com")
    event = listing.anomaly(spiked, 1)
    assert event.assignee == "sam@example.com"
    steps = listing.steps(spiked, 1)[1:]
    assert [(one.author, one.action) for one in steps] == [("ana", "comment"), ("ana", "assign")]
    assert ids(spiked, owner="sam@example.com") == [1]
    with pytest.raises(AnomalyError, match="needs words"):
        doing.comment(spiked, 1, "  ")
    with acting(Principal("viv", Level.VIEWER, via="session")), pytest.raises(AccessDeniedError):
        doing.comment(spiked, 1, "me too")


def test_where_there_are_accounts_an_event_is_given_to_one_of_them(spiked: Workspace) -> None:
    People(spiked.resources).add("sam@example.com", "editor")
    with pytest.raises(AnomalyError, match="there is no account 'smith@example.com'"):
        doing.assign(spiked, 1, "smith@example.com")
    assert doing.assign(spiked, 1, " sam@example.com ").assignee == "sam@example.com"
    assert doing.assign(spiked, 1, "").assignee == ""


JULY = (date(2026, 7, 22), date(2026, 7, 24))


def _two(tmp_path: Path) -> Workspace:
    """A spike in July that is known; August comes with another of the same size."""
    july = bill.lines(end=date(2026, 8, 1))
    workspace = make(tmp_path / "ws", bill.write(tmp_path / "a.csv", july, bill.more(*JULY)))
    look(workspace)
    return workspace


def _august(tmp_path: Path, *more: object) -> Path:
    return bill.write(tmp_path / "b.csv", bill.lines(), bill.more(*JULY), *more)  # type: ignore[arg-type]


def test_what_is_expected_keeps_the_next_alike_quiet_until_it_is_taken_back(
    tmp_path: Path,
) -> None:
    workspace = _two(tmp_path)
    with acting(Principal("ana", Level.EDITOR, via="session")):
        doing.feedback(workspace, 1, "expected", "the monthly load test")
    assert ids(workspace) == [] and ids(workspace, state="quiet") == [1]
    load(workspace, _august(tmp_path, bill.spike()))
    found = look(workspace)
    assert found.raised == 0
    later = events(workspace)[-1]
    assert later.reason == "quiet" and later.quiet == 1 and later.range.start == bill.SPIKE[0]
    ((event, step),) = doing.learned(workspace, "default")
    assert event.id == 1 and (step.author, step.note) == ("ana", "the monthly load test")
    doing.withdraw(workspace, 1)
    assert doing.learned(workspace, "default") == []
    found = look(workspace)
    assert found.raised == 1
    again = events(workspace)[-1]
    assert again.id == later.id and again.reason == "" and again.is_open
    assert store(workspace).steps(again.id)[-1].action == "told"
    workspace.close()


@pytest.mark.slow
def test_a_larger_one_is_raised_in_spite_of_feedback(tmp_path: Path) -> None:
    workspace = _two(tmp_path)
    doing.feedback(workspace, 1, "too-small")
    larger = bill.more(date(2026, 8, 26), date(2026, 8, 28), Decimal(4000))
    load(workspace, _august(tmp_path, larger))
    assert look(workspace).raised == 1
    assert events(workspace)[-1].is_open
    workspace.close()


def test_feedback_is_a_word_that_there_is(spiked: Workspace) -> None:
    with pytest.raises(AnomalyError, match="Allowed: expected, unexpected, too-small, known"):
        doing.feedback(spiked, 1, "fine")
    with pytest.raises(AnomalyError, match="nothing was said"):
        doing.withdraw(spiked, 1)


def test_people_of_a_scope_see_what_is_theirs_as_a_whole(spiked: Workspace) -> None:
    with acting(scoped("team = 'storefront'")):
        assert ids(spiked) == [1]
        event = listing.anomaly(spiked, 1)
        assert {one.grouping for one in event.members} == {"ServiceName", "SubAccountId", "team"}
        doing.comment(spiked, 1, "ours")
    with acting(scoped("ServiceName = 'Compute'")):
        # The account has another service too, which they do not see.
        assert [one.grouping for one in listing.anomaly(spiked, 1).members] == ["ServiceName"]
    for other in ("team = 'insight'", "ServiceName = 'Compute' AND ResourceId = 'runaway-1'"):
        with acting(scoped(other)):
            assert ids(spiked) == []
            for ask in (listing.anomaly, listing.steps, doing.acknowledge):
                with pytest.raises(AnomalyNotFoundError, match="there is no anomaly 1"):
                    ask(spiked, 1)
            with pytest.raises(AccessDeniedError):
                detect(spiked)
            with pytest.raises(AccessDeniedError):
                monitors.monitors(spiked)


def test_a_monitor_is_refused_with_the_reason(spiked: Workspace) -> None:
    with pytest.raises(ResourceError, match="'Cost' is no measure of money"):
        monitors.save(spiked, "mine", {"measure": "Cost"})
    with pytest.raises(ResourceError, match="groupings"):
        monitors.save(spiked, "mine", {"groupings": []})
    made = monitors.save(
        spiked, "mine", {"groupings": ["team", "SubAccountId,ServiceName"], "sensitivity": "low"}
    )
    assert made.spec.groupings == ("team", "SubAccountId,ServiceName")
    with pytest.raises(ResourceInUseError, match="anomaly monitor 'mine'"):
        spiked.delete_resource("VirtualTag", "team", author="ana")
    # Two monitors that see one cause keep it once.
    assert look(spiked).run.events == 0 and len(events(spiked)) == 1


def test_a_monitor_that_is_off_watches_nothing(spiked: Workspace) -> None:
    monitors.save(spiked, "default", {"enabled": False})
    found = look(spiked)
    assert found.run.message == "No monitor is on." and len(events(spiked)) == 1


def test_only_what_is_above_the_least_impact(spiked: Workspace) -> None:
    assert ids(spiked, minimum=Decimal(1700)) == [1]
    assert ids(spiked, minimum=Decimal(2000)) == []
    assert ids(spiked, direction="down") == [] and ids(spiked, text="runaway") == [1]
    assert ids(spiked, owner="-") == [] and ids(spiked, owner="storefront") == [1]
    found = listing.anomalies(spiked, Sought(days=EVER, state="all"))
    assert dict(found.counts)["open"] == 1 and found.owners == ("storefront",)
    assert found.above == (("USD", events(spiked)[0].impact),) and found.below == ()


def test_a_monitor_that_cannot_be_asked_stops_no_other(spiked: Workspace) -> None:
    spec = {"groupings": ["ServiceName"], "where": "tags.nowhere = 'x'"}
    with pytest.raises(QueryError, match="no charge has tags.nowhere"):
        monitors.save(spiked, "lost", spec)
    spiked.put_resource("AnomalyMonitor", "lost", spec, author="ana")
    outcome = watch(spiked, utc_now())
    assert outcome.failed.startswith("The monitor lost cannot be asked: no charge has tags.nowhere")
    (event,) = events(spiked)
    assert event.is_open
    shown = parse(serving(spiked).get("/anomalies?days=36500").text)
    assert "A part of the last look failed" in shown.text and shown.all(id="anomalies")
