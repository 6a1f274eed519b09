"""Each system in both directions: what is opened, what comes back, what is told there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.runs import utc_now
from outlay.app.savings import acting
from outlay.app.tickets import use
from outlay.app.tickets.syncing import sync
from outlay.app.tickets.systems.jira import plain
from tests.tickets.conftest import configure, finding, keep, later, notes, state
from tests.tickets.servers import GitHub, Hook, Jira, ServiceNow


def said(jira: Jira, key: str = "FIN-1") -> list[str]:
    return [plain(one["body"]) for one in jira.issues[key]["comments"]]


# --- Jira ---


def test_what_was_accepted_in_jira_and_then_assigned_here_stays_accepted(
    acme: Workspace, jira: Jira
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "In Progress")
    acting.assign(acme, one.id, "ana", "", later())
    sync(acme, later(2))
    assert state(acme, one.id) == "accepted"
    assert jira.issues["FIN-1"]["status"] == "In Progress"


def test_a_ticket_of_jira_says_what_how_much_why_and_whose(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    ticket = use.open_ticket(acme, one.id, "jira")
    assert (ticket.external, ticket.url) == ("FIN-1", f"{jira.url}/browse/FIN-1")
    fields = jira.issues["FIN-1"]["fields"]
    text = plain(fields["description"])
    # 37.725 is shown rounded, and is the field's number to the last digit.
    assert fields["summary"].startswith("Save 37.72 USD a month: Right-size i-0aa2")
    assert fields["customfield_10042"] == Decimal("37.725")
    for part in ("39.71 USD at list prices", "Owner: checkout (team)", "Resource: i-0aa2",
                 "CPU: 8.2 Percent (CloudWatch)"):  # fmt: skip
        assert part in text
    assert fields["labels"][0] == "outlay"
    assert use.tickets_of(acme, one.id) == (ticket,)


def test_opening_twice_opens_one(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    first, second = (use.open_ticket(acme, one.id, "jira") for _ in range(2))
    assert first.external == second.external == "FIN-1"
    assert len(jira.issues) == 1


@pytest.mark.parametrize(
    ("status", "resolution", "expected"),
    [
        ("Done", "Done", "implemented"),
        ("Done", "Won't Do", "dismissed"),  # one state for both: the resolution tells
        ("Won't Do", None, "dismissed"),
        ("In Progress", None, "accepted"),
    ],
)
def test_what_is_decided_in_jira_is_decided_here(
    acme: Workspace, jira: Jira, status: str, resolution: str | None, expected: str
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.comment("FIN-1", "It serves the night batch.")
    jira.put("FIN-1", status, resolution)
    sync(acme)
    assert state(acme, one.id) == expected
    assert notes(acme, one.id) == ["Ana in FIN-1 (20000): It serves the night batch."]
    if expected == "dismissed":
        reason = resolution or "It serves the night batch."
        assert acting.store(acme).one(one.id).reason == f"FIN-1 is {status}: {reason}"
    before = len(jira.issues["FIN-1"]["comments"])
    assert sync(acme).changed == ()  # nothing echoes
    assert len(jira.issues["FIN-1"]["comments"]) == before


def test_a_ticket_that_is_reopened_opens_the_recommendation(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "Done")
    sync(acme)
    assert state(acme, one.id) == "implemented"
    jira.put("FIN-1", "To Do")
    sync(acme)
    assert state(acme, one.id) == "identified"


def test_what_is_decided_here_is_told_in_jira(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.accept(acme, one.id, "next sprint", later())
    sync(acme)
    assert jira.issues["FIN-1"]["status"] == "In Progress"
    acting.implement(acme, one.id, "done on Tuesday", later(2))
    sync(acme)
    assert jira.issues["FIN-1"]["status"] == "Done"
    acting.verify(acme, one.id, "41.20 USD of 37.73 a month", later(3))
    sync(acme)
    told = said(jira)
    assert [line.splitlines()[0] for line in told] == [
        "It is accepted in Outlay: its baseline on the bill is frozen.",
        "It is said to be implemented. Outlay now looks for the saving on the bill.",
        "The saving is seen on the bill.",
    ]
    assert "next sprint" in told[0]
    assert "41.20 USD of 37.73 a month" in told[2]
    assert notes(acme, one.id) == []  # our own words do not come back
    acting.regress(acme, one.id, "i-0aa2 runs again", later(4))
    sync(acme)
    assert jira.issues["FIN-1"]["status"] == "To Do"


def test_a_dismissal_takes_the_resolution_that_the_screen_offers(
    acme: Workspace, jira: Jira
) -> None:
    jira.transitions = {
        "To Do": ["In Progress", "Done"],
        "In Progress": [],
        "Done": [],
        "Won't Do": [],
    }
    jira.resolutions = {"Done": ["Done", "Won't Do"]}
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.dismiss(acme, one.id, "it is to be replaced", None, later())
    sync(acme)
    issue = jira.issues["FIN-1"]
    assert (issue["status"], issue["resolution"]) == ("Done", "Won't Do")


def test_a_transition_that_is_not_offered_is_told_and_tried_again(
    acme: Workspace, jira: Jira
) -> None:
    jira.transitions["To Do"] = ["In Progress"]
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.dismiss(acme, one.id, "it is to be replaced", None, later())
    (problem,) = sync(acme, later(2)).problems
    assert "FIN-1 cannot go to Won't Do" in problem
    assert "it can go to In Progress" in problem
    assert len(said(jira)) == 1  # said, though it could not be moved
    assert state(acme, one.id) == "dismissed"
    jira.transitions["To Do"] = ["Won't Do"]
    assert sync(acme, every=True).problems == ()
    assert jira.issues["FIN-1"]["status"] == "Won't Do"
    assert len(said(jira)) == 1  # and not said twice
    assert use.tickets_of(acme, one.id)[0].problem == ""


def test_a_state_of_another_name_goes_by_its_category_or_by_the_mapping(
    acme: Workspace, jira: Jira
) -> None:
    jira.STATES = {"To Do": "new", "Parked": "indeterminate", "Shipped": "done"}
    jira.transitions = {name: list(jira.STATES) for name in jira.STATES}
    configure(acme, "jira", jira.url, states={"dismissed": ["Parked"]})
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    use.open_ticket(acme, one.id, "jira")
    use.open_ticket(acme, two.id, "jira")
    jira.put("FIN-1", "Shipped")
    jira.put("FIN-2", "Parked")
    sync(acme)
    assert (state(acme, one.id), state(acme, two.id)) == ("implemented", "dismissed")


def test_documents_of_jira_are_read_as_text() -> None:
    found: dict[str, Any] = {"type": "doc", "content": [
        {"type": "paragraph", "content": [
            {"type": "text", "text": "Ask "}, {"type": "mention", "attrs": {"text": "@Ben"}},
            {"type": "hardBreak"}, {"type": "text", "text": "first"}]},
        {"type": "bulletList", "content": [{"type": "listItem", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "one"}]}]}]},
        {"type": "blockCard", "attrs": {"url": "https://wiki.example/x"}},
    ]}  # fmt: skip
    assert plain(found) == "Ask @Ben\nfirst\none\nhttps://wiki.example/x"


def test_many_comments_come_in_pages(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    for number in range(205):
        jira.comment("FIN-1", f"note {number}")
    sync(acme)
    found = notes(acme, one.id)
    assert len(found) == 205
    assert found[-1].endswith("note 204")
    assert len(jira.asked("GET", "/comment$")) == 3


# --- GitHub ---


def test_github_both_ways(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    ticket = use.open_ticket(acme, one.id, "github")
    assert ticket.external == "acme/ops#1"
    body = github.issues[1]["body"]
    # What a tool says calls nobody and marks nothing up.
    assert "@\u200ball \\*really\\* &lt;b&gt;" in body
    assert body.rstrip().endswith("-->")
    acting.accept(acme, one.id, "", later())
    sync(acme)
    assert [label["name"] for label in github.issues[1]["labels"]] == ["outlay", "accepted"]
    acting.implement(acme, one.id, "", later(2))
    sync(acme)
    assert (github.issues[1]["state"], github.issues[1]["state_reason"]) == ("closed", "completed")
    github._patch(github.issues[1], {"state": "open"})
    sync(acme)
    # It still has the label of what is accepted.
    assert state(acme, one.id) == "accepted"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("completed", "implemented"), ("not_planned", "dismissed"), ("duplicate", "dismissed")],
)
def test_a_closed_issue_by_its_reason(
    acme: Workspace, github: GitHub, reason: str, expected: str
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    github.comment(1, "We keep it for the audit.\r\nUntil May.")
    github._patch(github.issues[1], {"state": "closed", "state_reason": reason})
    sync(acme)
    assert state(acme, one.id) == expected
    assert notes(acme, one.id)[0].endswith("We keep it for the audit.\nUntil May.")


def test_our_dismissal_closes_an_issue_as_not_planned(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    acting.dismiss(acme, one.id, "kept for the audit", None, later())
    sync(acme)
    assert github.issues[1]["state_reason"] == "not_planned"
    assert "kept for the audit" in github.issues[1]["_comments"][0]["body"]


# --- ServiceNow ---


def test_servicenow_both_ways(acme: Workspace, snow: ServiceNow) -> None:
    one = keep(acme, finding())
    ticket = use.open_ticket(acme, one.id, "snow")
    assert ticket.external == "INC0010001"
    (record,) = snow.records.values()
    assert record["u_saving"] == "37.725"
    assert record["correlation_display"] == "Outlay"
    acting.accept(acme, one.id, "", later())
    sync(acme)
    assert record["state"] == "2"
    acting.implement(acme, one.id, "resized", later(2))
    sync(acme)
    assert record["state"] == "6"
    assert "resized" in record["close_notes"]
    assert len(snow.journal) == 2
    snow.note(record["sys_id"], "Looks good.")
    sync(acme)
    assert notes(acme, one.id) == ["ana in INC0010001 (j2): Looks good."]


@pytest.mark.parametrize(
    ("number", "expected"), [("6", "implemented"), ("7", "implemented"), ("8", "dismissed")]
)
def test_states_of_an_incident(
    acme: Workspace, snow: ServiceNow, number: str, expected: str
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    snow.put(sys_id, state=number, close_notes="not worth it")
    sync(acme)
    assert state(acme, one.id) == expected
    if expected == "dismissed":
        assert acting.store(acme).one(one.id).reason == "INC0010001 is Canceled: not worth it"


def test_a_state_that_means_nothing_is_told(acme: Workspace, snow: ServiceNow) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    snow.put(sys_id, state="-5")
    (problem,) = sync(acme).problems
    assert "its state '-5' is not known here" in problem
    assert state(acme, one.id) == "identified"


# --- a webhook ---


def test_a_webhook_is_told_and_signed(acme: Workspace, hook: Hook) -> None:
    one = keep(acme, finding())
    ticket = use.open_ticket(acme, one.id, "hook")
    assert (ticket.external, ticket.url) == ("T-77", "https://tickets.example/T-77")
    acting.accept(acme, one.id, "", later())
    sync(acme)
    kinds = [request.body["type"] for request in hook.log]
    assert kinds == ["ticket.opened", "ticket.changed", "ticket.commented"]
    first = hook.log[0]
    assert first.path == "/in/hook-path-secret"
    assert first.query == {"sig": "hook-query-secret"}
    assert first.body["monthly_saving"] == "37.725"
    assert first.headers["Idempotency-Key"] == first.body["ticket"]
    assert first.headers["X-Outlay-Signature"].startswith("t=")
    assert sync(acme).changed == ()


# --- conflicts ---


def test_where_both_changed_the_later_counts(acme: Workspace, jira: Jira) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    use.open_ticket(acme, one.id, "jira")
    use.open_ticket(acme, two.id, "jira")
    jira.put("FIN-1", "Done")
    acting.dismiss(acme, one.id, "not this year", None, later(5))  # after Jira's
    acting.dismiss(acme, two.id, "not this year", None, utc_now())
    jira.issues["FIN-2"] |= {"status": "Done", "changed": later(5).isoformat() + "+00:00"}
    sync(acme)
    assert state(acme, one.id) == "dismissed"
    assert jira.issues["FIN-1"]["status"] == "Won't Do"
    assert state(acme, two.id) == "implemented"
    assert jira.issues["FIN-2"]["status"] == "Done"
    assert sync(acme).changed == ()


def test_where_both_say_the_same_nothing_is_undone(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.accept(acme, one.id, "", utc_now())
    acting.implement(acme, one.id, "", utc_now())
    jira.put("FIN-1", "Done")
    sync(acme)
    assert (state(acme, one.id), jira.issues["FIN-1"]["status"]) == ("implemented", "Done")
    assert len(said(jira)) == 1


def test_what_the_bill_has_proven_no_ticket_undoes(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "Done")
    sync(acme)
    acting.verify(acme, one.id, "seen", later())
    sync(acme)
    jira.put("FIN-1", "To Do")
    sync(acme)
    assert state(acme, one.id) == "verified"
    assert "which changes nothing here" in notes(acme, one.id)[-1]
