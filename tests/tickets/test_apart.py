"""Where the two sides come apart: credentials that are wrong, states that are renamed, a second
system, what runs on there by itself."""

from __future__ import annotations

import pytest

from outlay.app import Workspace
from outlay.app.savings import acting
from outlay.app.tickets import use
from outlay.app.tickets.errors import TicketError
from outlay.app.tickets.syncing import sync
from outlay.app.watching import watch
from tests.tickets.conftest import configure, finding, keep, later, notes, state
from tests.tickets.servers import GitHub, Hook, Jira, Reply, Request, ServiceNow

# --- credentials ---


def test_a_token_that_is_wrong_loses_nothing_and_is_tried_once_a_look(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    ones = [keep(acme, finding(f"i-{number}")) for number in range(3)]
    for one in ones:
        use.open_ticket(acme, one.id, "jira")
    acting.accept(acme, ones[0].id, "next sprint", later())
    jira.comment("FIN-2", "Wait for May.")
    monkeypatch.setenv("T_JIRA", "an-old-token-of-jira")
    jira.log.clear()
    (problem,) = sync(acme, later(2)).problems
    assert "answers 401" in problem
    assert "Check the user, the token and what it may do" in problem
    # Many attempts would lock the account.
    assert len(jira.log) == 1
    for one in ones:
        (ticket,) = use.tickets_of(acme, one.id)
        assert "answers 401" in ticket.problem
        assert (ticket.state, ticket.gone) == ("open", False)
        assert ticket.next_try is not None
    looked = watch(acme, only=["tickets"])
    assert not looked.failed
    monkeypatch.setenv("T_JIRA", "jira-secret-token")
    assert sync(acme, later(30)).problems == ()
    assert jira.issues["FIN-1"]["status"] == "In Progress"
    assert len(jira.issues["FIN-1"]["comments"]) == 1
    assert notes(acme, ones[1].id) == ["Ana in FIN-2 (20000): Wait for May."]
    assert [use.tickets_of(acme, one.id)[0].problem for one in ones] == ["", "", ""]


@pytest.mark.parametrize("secret", ["an-old-token-of-jira", None])
def test_a_ticket_that_waits_goes_on_waiting_where_nobody_is_let_in(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch, secret: str | None
) -> None:
    one = keep(acme, finding())
    jira.answers = [Reply(503)]
    use.open_ticket(acme, one.id, "jira")
    if secret:
        monkeypatch.setenv("T_JIRA", secret)
    else:
        monkeypatch.delenv("T_JIRA")
    why = "answers 401" if secret else "T_JIRA, which is not set"
    for minutes in (5, 10):
        (problem,) = sync(acme, later(minutes), every=True).problems
        assert why in problem
    with pytest.raises(TicketError, match="It is tried again"):
        use.open_ticket(acme, one.id, "jira")
    (ticket,) = use.tickets_of(acme, one.id)
    assert ticket.state == "pending"
    assert why in ticket.problem
    assert notes(acme, one.id) == []  # it is told at the ticket, not again and again here
    monkeypatch.setenv("T_JIRA", "jira-secret-token")
    assert sync(acme, later(60), every=True).changed == (
        f"FIN-1 is opened for recommendation {one.id}",
    )
    assert len(jira.issues) == 1


def test_what_a_token_may_not_do_holds_up_that_ticket_alone(
    acme: Workspace, snow: ServiceNow
) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    for each in (one, two):
        use.open_ticket(acme, each.id, "snow")
        acting.accept(acme, each.id, "", later())
    first = use.tickets_of(acme, one.id)[0]
    reply = snow.reply

    def guarded(request: Request) -> Reply:
        mine = request.path.endswith(use.store(acme).of(one.id)[0].handle)
        if request.method == "PATCH" and mine and "state" in request.body:
            return Reply(403, {"error": {"message": "ACL Exception"}})
        return reply(request)

    snow.reply = guarded  # type: ignore[method-assign]
    done = sync(acme, later(2))
    assert len(done.problems) == 1
    assert first.external in done.problems[0]
    assert [record["state"] for record in snow.records.values()] == ["1", "2"]


# --- renamed states ---


def test_a_state_that_is_renamed_moves_nothing(acme: Workspace, jira: Jira) -> None:
    """ "Won't Do" is renamed to what nobody knows, in the category of what is done."""
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "Won't Do")
    sync(acme)
    assert state(acme, one.id) == "dismissed"
    names = {"To Do": "new", "In Progress": "indeterminate", "Done": "done", "Dropped": "done"}
    jira.STATES = names
    jira.issues["FIN-1"]["status"] = "Dropped"
    for minutes in (1, 2):  # and stays so
        (problem,) = sync(acme, later(minutes)).problems
        assert "its state is called 'Dropped' now" in problem
        assert "`states` of the ticket system jira" in problem
        assert state(acme, one.id) == "dismissed"
    configure(acme, "jira", jira.url, states={"dismissed": ["Dropped"]})
    assert sync(acme, later(3)).problems == ()
    # A person who moves it there means it.
    two = keep(acme, finding("i-0bb3"))
    use.open_ticket(acme, two.id, "jira")
    jira.transitions = {name: list(names) for name in names}
    jira.put("FIN-2", "Dropped")
    sync(acme, later(4))
    assert state(acme, two.id) == "dismissed"


def test_a_renamed_state_that_we_set_moves_nothing(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.dismiss(acme, one.id, "kept for the audit", None, later())
    sync(acme, later(2))
    assert jira.issues["FIN-1"]["status"] == "Won't Do"
    sync(acme, later(3))
    jira.STATES = {"To Do": "new", "In Progress": "indeterminate", "Done": "done", "Off": "done"}
    jira.issues["FIN-1"]["status"] = "Off"
    assert "called 'Off' now" in sync(acme, later(4)).problems[0]
    assert state(acme, one.id) == "dismissed"


def test_another_resolution_of_the_same_state_is_a_move(acme: Workspace, jira: Jira) -> None:
    jira.STATES = {"To Do": "new", "Finished": "done"}
    jira.transitions = {name: list(jira.STATES) for name in jira.STATES}
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "Finished", "Done")
    sync(acme)
    assert state(acme, one.id) == "implemented"
    jira.put("FIN-1", "Finished", "Won't Do")
    sync(acme, later())
    assert state(acme, one.id) == "dismissed"


# --- no ping-pong ---


def test_two_systems_follow_one_another_and_come_to_rest(
    acme: Workspace, jira: Jira, github: GitHub
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    use.open_ticket(acme, one.id, "github")
    jira.put("FIN-1", "Done")
    for minutes in (1, 2, 3):
        sync(acme, later(minutes))
    assert state(acme, one.id) == "implemented"
    assert github.issues[1]["state_reason"] == "completed"
    said = len(github.issues[1]["_comments"]), len(jira.issues["FIN-1"]["comments"])
    assert said == (1, 0)  # who closed it is not told so
    for minutes in (4, 5):
        assert sync(acme, later(minutes)).changed == ()
    github._patch(github.issues[1], {"state": "open", "labels": ["outlay"]})
    for minutes in (6, 7, 8):
        sync(acme, later(minutes))
    assert state(acme, one.id) == "identified"
    assert jira.issues["FIN-1"]["status"] == "To Do"
    assert sync(acme, later(9)).changed == ()


def test_a_system_that_moves_on_by_itself_is_followed_once(acme: Workspace, jira: Jira) -> None:
    """A rule in Jira takes what is done to a review: that is where it stands then."""
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    put = jira.put

    def review(key: str, status: str, resolution: str | None = None) -> None:
        put(key, "In Progress" if status == "Done" else status, resolution)

    jira.put = review  # type: ignore[method-assign]
    acting.accept(acme, one.id, "", later())
    acting.implement(acme, one.id, "resized", later(2))
    for minutes in range(3, 9):
        sync(acme, later(minutes))
    assert (state(acme, one.id), jira.issues["FIN-1"]["status"]) == ("accepted", "In Progress")
    before = len(jira.issues["FIN-1"]["comments"])
    assert sync(acme, later(10)).changed == ()
    assert len(jira.issues["FIN-1"]["comments"]) == before


# --- two recommendations, one ticket ---


def test_a_receiver_that_makes_one_ticket_of_two_recommendations(
    acme: Workspace, hook: Hook
) -> None:
    """It answers with the same id: each recommendation has the ticket, and tells of itself."""
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    first, second = (use.open_ticket(acme, each.id, "hook") for each in (one, two))
    assert (first.external, second.external) == ("T-77", "T-77")
    assert use.open_ticket(acme, two.id, "hook") == second
    assert [ticket.external for ticket in use.tickets(acme)] == ["T-77", "T-77"]
    acting.accept(acme, two.id, "", later())
    hook.log.clear()
    (told,) = sync(acme, later(2)).changed
    assert told == f"T-77 is told that recommendation {two.id} is accepted"
    # What is told is told under the marker of the second, by which the receiver knows it.
    assert {request.body["ticket"] for request in hook.log} == {
        use.store(acme).of(two.id)[0].marker
    }
    assert sync(acme, later(3)).changed == ()
