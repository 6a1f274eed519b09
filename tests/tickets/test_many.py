"""However much was said in a ticket, all of it comes, once; nobody is asked more than is needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.runs import utc_now
from outlay.app.savings import acting
from outlay.app.tickets import use
from outlay.app.tickets.syncing import sync
from tests.tickets.conftest import configure, finding, keep, later, notes, state
from tests.tickets.servers import GitHub, Jira, Reply, Request, ServiceNow

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 1, 9, 0)


def words(workspace: Workspace, number: int) -> list[str]:
    """What was taken, without who said it."""
    return [note.partition("): ")[2] for note in notes(workspace, number)]


def at(minutes: int) -> str:
    """A moment as ServiceNow writes it."""
    return f"{NOW + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"


def asked(snow: ServiceNow) -> list[str]:
    return [r.query["sysparm_query"] for r in snow.asked("GET", "sys_journal_field")]


# --- ServiceNow ---


def test_more_than_five_hundred_entries_come_the_newest_too(
    acme: Workspace, snow: ServiceNow
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    for number in range(520):
        snow.note(sys_id, f"note {number}", at=at(number))
    sync(acme)
    assert words(acme, one.id) == [f"note {number}" for number in range(520)]
    assert len(asked(snow)) == 3
    snow.log.clear()
    snow.note(sys_id, "note 520", at=at(520))
    sync(acme, later())
    # What is known is not asked for again, but for two days.
    assert len(asked(snow)) == 3
    assert f"sys_created_on>={at(519 - 2880)}" in asked(snow)[0]
    assert words(acme, one.id)[-1] == "note 520"
    (link,) = use.store(acme).of(one.id)
    assert len(link.seen) == 521


@pytest.mark.parametrize("counts", [True, False])
def test_a_page_with_entries_that_may_not_be_seen_is_not_the_last(
    acme: Workspace, snow: ServiceNow, monkeypatch: pytest.MonkeyPatch, counts: bool
) -> None:
    monkeypatch.setattr("outlay.app.tickets.systems.servicenow._PAGE", 10)
    snow.counts = counts
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    for number in range(35):
        snow.note(sys_id, f"note {number}", at=at(number))
    snow.hidden = {f"j{number}" for number in range(8, 25)}
    sync(acme)
    assert words(acme, one.id) == [f"note {n}" for n in range(35) if not 8 <= n < 25]


def test_entries_of_one_second_are_all_taken(
    acme: Workspace, snow: ServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.tickets.systems.servicenow._PAGE", 4)
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    for number in range(11):
        snow.note(sys_id, f"note {number}", at=at(0))
    sync(acme)
    assert sorted(words(acme, one.id)) == sorted(f"note {number}" for number in range(11))
    assert sync(acme).changed == ()


def test_what_breaks_off_goes_on_where_it_was(
    acme: Workspace, snow: ServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.tickets.systems.servicenow._PAGE", 10)
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    for number in range(40):
        snow.note(sys_id, f"note {number}", at=at(number * 600))  # ten hours apart
    reply = snow.reply

    def away(request: Request) -> Reply:
        return Reply(503) if request.query.get("sysparm_offset") == "20" else reply(request)

    snow.reply = away  # type: ignore[method-assign]
    assert "503" in sync(acme).problems[0]
    assert words(acme, one.id) == [f"note {number}" for number in range(20)]
    snow.reply = reply  # type: ignore[method-assign]
    snow.log.clear()
    sync(acme, later(5))
    assert words(acme, one.id) == [f"note {number}" for number in range(40)]
    # From two days before the last that was taken, not from the beginning.
    assert f"sys_created_on>={at(19 * 600 - 2880)}" in asked(snow)[0]


def test_what_is_remembered_of_comments_is_bounded(
    acme: Workspace, snow: ServiceNow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.tickets.hearing._SEEN", 5)
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    for number in range(12):
        snow.note(sys_id, f"note {number}", at=at(number))
    for _ in range(3):
        sync(acme, later())
    # All are of the last two days and are asked for again; none is taken twice.
    assert words(acme, one.id) == [f"note {number}" for number in range(12)]
    assert len(use.store(acme).of(one.id)[0].seen) == 5


def test_a_system_that_gives_the_same_page_for_ever_is_left(
    acme: Workspace, snow: ServiceNow
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (sys_id,) = snow.records
    snow.note(sys_id, "note", at=at(0))
    reply = snow.reply

    def same(request: Request) -> Reply:
        request.query["sysparm_offset"] = "0"
        found = reply(request)
        found.headers.update({"X-Total-Count": "100000"} if "journal" in request.path else {})
        return found

    snow.reply = same  # type: ignore[method-assign]
    sync(acme)
    assert words(acme, one.id) == ["note"]
    assert len(asked(snow)) == 2


# --- Jira ---


def test_jira_is_asked_for_what_is_new(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")

    def say(first: int, end: int) -> None:
        for number in range(first, end):
            jira.comment("FIN-1", f"note {number}")
            created = NOW + timedelta(hours=number)
            jira.issues["FIN-1"]["comments"][-1]["created"] = (
                f"{created:%Y-%m-%dT%H:%M:%S.000+0000}"
            )

    say(0, 250)
    sync(acme)
    assert words(acme, one.id) == [f"note {number}" for number in range(250)]
    say(250, 253)
    jira.log.clear()
    sync(acme, later())
    assert [r.query["orderBy"] for r in jira.asked("GET", "/comment$")] == ["-created"]
    say(253, 500)
    jira.log.clear()
    sync(acme, later())
    assert words(acme, one.id) == [f"note {number}" for number in range(500)]
    # Three pages back to what is known, then three in order.
    assert [r.query["orderBy"] for r in jira.asked("GET", "/comment$")] == [
        *["-created"] * 3, *["created"] * 3,
    ]  # fmt: skip


# --- GitHub ---


def test_pages_of_github_go_on_by_their_links(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    for number in range(200):
        github.comment(1, f"note {number}")
    sync(acme)
    assert words(acme, one.id) == [f"note {number}" for number in range(200)]
    assert len(github.asked("GET", "/comments$")) == 2  # the second is full, and the last


def test_an_issue_that_did_not_change_costs_github_one_question(
    acme: Workspace, github: GitHub
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    github.comment(1, "Wait for May.")
    sync(acme)
    github.log.clear()
    assert sync(acme, later()).changed == ()
    (only,) = github.log
    assert only.headers["If-None-Match"].startswith('W/"')
    # What changed here is told all the same, and what changes there is heard.
    acting.accept(acme, one.id, "", later(2))
    sync(acme, later(3))
    assert [label["name"] for label in github.issues[1]["labels"]] == ["outlay", "accepted"]
    github.comment(1, "It is May.")
    github._patch(github.issues[1], {"state": "closed"})
    sync(acme, later(4))
    assert words(acme, one.id) == ["Wait for May.", "It is May."]
    assert state(acme, one.id) == "implemented"
    sync(acme, later(5))
    github.log.clear()
    # Other words for its states: the answer that is kept was read by those before.
    configure(acme, "github", github.url, states={"dismissed": ["completed"], "done": ["x"]})
    sync(acme, later(6))
    assert "If-None-Match" not in github.log[0].headers
    assert state(acme, one.id) == "dismissed"


def test_a_comment_that_is_edited_later_is_not_taken_again(
    acme: Workspace, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.tickets.hearing._SEEN", 2)
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    for number in range(5):
        github.comment(1, f"note {number}", at=f"{NOW + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}")
    sync(acme)
    edited = github.issues[1]["_comments"][0]
    edited |= {"body": "note 0, corrected", "updated_at": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"}
    github.comment(1, "note 5")
    sync(acme, later())
    assert words(acme, one.id) == [f"note {number}" for number in range(6)]


# --- limits ---


@pytest.mark.parametrize(
    ("reply", "least", "most"),
    [
        (Reply(429, {}, {"Retry-After": "@date"}), 880, 900),
        (Reply(503, {}, {"Retry-After": "@date"}), 880, 900),
        (Reply(403, {"message": "You have exceeded a secondary rate limit"}), 60, 60),
    ],
)
def test_how_long_a_system_asks_to_wait(
    acme: Workspace, github: GitHub, reply: Reply, least: int, most: int
) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    for each in (one, two):
        use.open_ticket(acme, each.id, "github")
    now = utc_now()
    date = format_datetime(utc_now() + timedelta(seconds=899)).replace("-0000", "GMT")
    github.answers = [
        Reply(reply.status, reply.body, {k: date for k in reply.headers} if reply.headers else {})
    ]
    assert len(sync(acme, now).problems) == 1
    # The others of that system wait as long, though they were not asked for.
    for each in (one, two):
        tried = use.tickets_of(acme, each.id)[0].next_try
        assert tried is not None
        assert least <= (tried - now).total_seconds() <= most


# --- which change is the later one ---


def test_words_in_an_issue_do_not_make_its_change_later(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    issue = github.issues[1]
    github._patch(issue, {"labels": ["outlay", "accepted"]})
    issue["_events"][-1]["created_at"] = "2026-01-01T00:00:00Z"
    acting.dismiss(acme, one.id, "not this year", None, utc_now())
    issue["updated_at"] = f"{later(9):%Y-%m-%dT%H:%M:%SZ}"  # somebody said something since
    sync(acme, later(10))
    assert (state(acme, one.id), issue["state_reason"]) == ("dismissed", "not_planned")


def test_jira_within_one_category_tells_when_by_its_changelog(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.put("FIN-1", "Done")
    sync(acme)
    acting.reopen(acme, one.id, "look again", utc_now())
    jira.put("FIN-1", "Won't Do")
    log: list[dict[str, Any]] = jira.issues["FIN-1"]["log"]
    log[-1]["created"] = f"{later(5):%Y-%m-%dT%H:%M:%S.000+0000}"
    log += [{"created": f"{later(6):%Y-%m-%dT%H:%M:%S.000+0000}", "items": [{"field": "labels"}]}
            for _ in range(150)]  # fmt: skip
    sync(acme, later(7))
    assert state(acme, one.id) == "dismissed"
    assert len(jira.asked("GET", "/changelog$")) == 3


def test_a_note_in_servicenow_does_not_make_its_change_later(
    acme: Workspace, snow: ServiceNow
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    (record,) = snow.records.values()
    snow.put(record["sys_id"], state="6", close_notes="done", resolved_at="2026-01-01 00:00:00")
    acting.dismiss(acme, one.id, "not this year", None, utc_now())
    record["sys_updated_on"] = f"{later(9):%Y-%m-%d %H:%M:%S}"
    sync(acme, later(10))
    assert (state(acme, one.id), record["state"]) == ("dismissed", "8")
