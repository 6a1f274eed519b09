"""What goes wrong: crashes between two steps, limits, refusals, what is deleted, who may."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest

from outlay.access import AccessDeniedError, Level
from outlay.access import acting as as_
from outlay.access.principal import Principal
from outlay.app import Workspace
from outlay.app.runs import utc_now
from outlay.app.savings import acting
from outlay.app.savings.errors import SavingNotFoundError
from outlay.app.tickets import syncing, use
from outlay.app.tickets.errors import TicketError
from outlay.app.tickets.store import Link, TicketStore
from outlay.app.tickets.syncing import sync
from outlay.app.watching import watch
from outlay.resources import ResourceError, ResourceNotFoundError
from tests.tickets.conftest import configure, finding, keep, later, notes, state
from tests.tickets.servers import GitHub, Hook, Jira, Reply, Request, ServiceNow

pytestmark = pytest.mark.slow


def test_a_crash_between_opening_and_noting_opens_no_second(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr("outlay.app.tickets.use.External", killed)
        during.setattr("outlay.app.tickets.systems.jira.Jira._external", killed)
        with pytest.raises(KeyboardInterrupt):
            use.open_ticket(acme, one.id, "jira")
    assert len(jira.issues) == 1  # it is there, and we do not know its key
    (pending,) = use.tickets_of(acme, one.id)
    assert (pending.state, pending.external) == ("pending", "")
    sync(acme)
    (ticket,) = use.tickets_of(acme, one.id)
    assert (ticket.external, ticket.state) == ("FIN-1", "open")
    assert len(jira.issues) == 1


@pytest.mark.parametrize("lost", [Reply(502, {"message": "bad gateway"}), Reply(0, broken=True)])
def test_an_answer_that_is_lost_opens_no_second(acme: Workspace, jira: Jira, lost: Reply) -> None:
    one = keep(acme, finding())
    jira.lost = [lost]
    ticket = use.open_ticket(acme, one.id, "jira")
    assert (ticket.state, ticket.external) == ("pending", "")
    assert ticket.problem
    assert use.open_ticket(acme, one.id, "jira").external == "FIN-1"
    assert len(jira.issues) == 1


def test_github_is_searched_among_the_newest_issues_too(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    github.lost = [Reply(500)]
    use.open_ticket(acme, one.id, "github")
    for _ in range(120):
        github._create({"title": "other", "body": "", "labels": ["outlay"]})
    assert use.open_ticket(acme, one.id, "github").external == "acme/ops#1"


def test_servicenow_is_searched_by_its_correlation(acme: Workspace, snow: ServiceNow) -> None:
    one = keep(acme, finding())
    snow.lost = [Reply(503)]
    use.open_ticket(acme, one.id, "snow")
    sync(acme, every=True)
    assert use.tickets_of(acme, one.id)[0].external == "INC0010001"
    assert len(snow.records) == 1


def test_a_limit_is_kept_to_and_told(acme: Workspace, github: GitHub) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    for each in (one, two):
        use.open_ticket(acme, each.id, "github")
    reset = str(int(time.time()) + 900)
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    github.answers = [Reply(403, {"message": "API rate limit exceeded"}, limits)]
    github.log.clear()
    now = utc_now()
    (problem,) = sync(acme, now).problems
    assert "API rate limit exceeded" in problem
    assert len(github.log) == 1  # the other ticket is not even asked for
    first = use.tickets_of(acme, one.id)[0]
    assert first.next_try is not None
    assert timedelta(seconds=880) < first.next_try - now <= timedelta(seconds=900)
    assert sync(acme, now + timedelta(seconds=30)).looked_at == 0
    assert sync(acme, now + timedelta(hours=1)).problems == ()
    assert use.tickets_of(acme, one.id)[0].problem == ""


def test_a_limit_while_opening_opens_it_later(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    jira.answers = [Reply(429, {"errorMessages": ["Rate limit"]}, {"Retry-After": "120"})]
    now = utc_now()
    ticket = use.open_ticket(acme, one.id, "jira", now)
    assert ticket.next_try == now + timedelta(seconds=120)
    assert sync(acme, now + timedelta(seconds=60)).looked_at == 0
    done = sync(acme, now + timedelta(seconds=130))
    assert done.changed == (f"FIN-1 is opened for recommendation {one.id}",)


def test_attempts_become_rarer(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    waits = []
    for _ in range(4):
        jira.answers = [Reply(500)]
        now = utc_now()
        sync(acme, now, every=True)
        tried = use.tickets_of(acme, one.id)[0].next_try
        assert tried is not None
        waits.append((tried - now).total_seconds())
    assert waits == [60, 120, 240, 480]


def test_a_refusal_keeps_nothing_and_says_why(acme: Workspace, jira: Jira) -> None:
    configure(acme, "jira", jira.url, project="OPS")
    one = keep(acme, finding())
    jira.answers = [Reply(200, {"issues": []})]
    with pytest.raises(TicketError, match="valid project is required"):
        use.open_ticket(acme, one.id, "jira")
    assert use.tickets_of(acme, one.id) == ()


def test_a_refusal_later_is_told_at_the_recommendation(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    jira.answers = [Reply(503)]
    use.open_ticket(acme, one.id, "jira")
    jira.answers = [Reply(400, {"errorMessages": ["The project is archived"]})]
    (problem,) = sync(acme, later()).problems
    assert "The project is archived" in problem
    assert "The project is archived" in notes(acme, one.id)[0]
    assert use.tickets_of(acme, one.id) == ()


def test_secrets_are_in_no_message(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    monkeypatch.setenv("T_JIRA", "another-secret-token")
    echo = "bad token " + jira_header("another-secret-token")
    jira.answers = [Reply(401, {"errorMessages": [echo]})]
    with pytest.raises(TicketError) as raised:
        use.open_ticket(acme, one.id, "jira")
    assert "[hidden]" in str(raised.value)
    assert jira_header("another-secret-token") not in str(raised.value)
    monkeypatch.delenv("T_JIRA")
    with pytest.raises(TicketError, match="T_JIRA, which is not set"):
        use.open_ticket(acme, one.id, "jira")


def test_a_secret_that_no_header_can_carry_is_in_no_message(
    acme: Workspace, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    use.open_ticket(acme, two.id, "github")
    for secret in ("first-secret-line\nsecond-line", "github-s\u2019cret"):
        monkeypatch.setenv("T_GITHUB", secret)
        with pytest.raises(TicketError, match="HTTP cannot carry") as raised:
            use.open_ticket(acme, one.id, "github")
        assert "first-secret" not in str(raised.value)
        assert "HTTP cannot carry" in sync(acme, every=True).problems[0]


def jira_header(secret: str) -> str:
    from tests.tickets.servers import basic

    return basic("bot@acme.example", secret).removeprefix("Basic ")


def test_a_deleted_ticket_is_told_and_may_be_opened_anew(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.issues.clear()
    assert sync(acme).changed == ("the ticket FIN-1 is gone",)
    (ticket,) = use.tickets_of(acme, one.id)
    assert ticket.gone
    assert "is gone" in notes(acme, one.id)[0]
    assert state(acme, one.id) == "identified"  # deleting a ticket decides nothing
    assert sync(acme, every=True).looked_at == 0
    jira.issues["FIN-0"] = {"id": "1", "key": "FIN-0", "fields": {"labels": []}}
    assert use.open_ticket(acme, one.id, "jira").external == "FIN-2"


def test_a_deleted_issue_of_github_is_gone(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    github.issues.clear()
    sync(acme)
    assert use.tickets_of(acme, one.id)[0].gone


def test_what_a_token_may_not_see_any_more_is_not_gone(acme: Workspace, github: GitHub) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    # GitHub says of a private repository that it is not there, where a token may not see it.
    github.answers = [Reply(404, {"message": "Not Found"}), Reply(404, {"message": "Not Found"})]
    (problem,) = sync(acme).problems
    assert "what the token may see" in problem
    (ticket,) = use.tickets_of(acme, one.id)
    assert (ticket.gone, ticket.state) == (False, "open")
    assert sync(acme, later()).problems == ()
    assert use.tickets_of(acme, one.id)[0].problem == ""


def test_a_receiver_that_is_not_there_takes_no_ticket_away(acme: Workspace, hook: Hook) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "hook")
    acting.accept(acme, one.id, "", later())
    hook.answers = [Reply(404)]
    assert "404" in sync(acme).problems[0]
    hook.log.clear()
    assert "is accepted" in sync(acme, later(5)).changed[0]
    assert [each.body["type"] for each in hook.log] == ["ticket.changed", "ticket.commented"]


def test_what_is_refused_again_and_again_is_said_once(acme: Workspace, snow: ServiceNow) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "snow")
    acting.accept(acme, one.id, "", later())
    reply = snow.reply

    def guarded(request: Request) -> Reply:
        # Who may not read the journal is given an empty one.
        if "journal" in request.path:
            return Reply(200, {"result": []})
        if request.method == "PATCH" and "state" in request.body:
            return Reply(403, {"error": {"message": "Operation Failed"}})
        return reply(request)

    snow.reply = guarded  # type: ignore[method-assign]
    for minutes in (1, 5, 10):
        assert "Operation Failed" in sync(acme, later(minutes), every=True).problems[0]
    assert len([r for r in snow.asked("PATCH", "incident") if "work_notes" in r.body]) == 1


def test_a_ticket_that_may_have_no_link_is_opened_all_the_same(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    monkeypatch.setattr(use, "link_to", lambda _, path: f"https://outlay.example{path}")
    reply = jira.reply

    def refusing(request: Request) -> Reply:
        return Reply(403) if request.path.endswith("/remotelink") else reply(request)

    jira.reply = refusing  # type: ignore[method-assign]
    assert use.open_ticket(acme, one.id, "jira").external == "FIN-1"
    assert len(jira.asked("POST", "remotelink")) == 1


def test_two_who_open_at_once_open_one(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    jira.indexed = False  # a search finds a new issue only later
    claim = TicketStore.claim

    def later_than_another(self: TicketStore, number: int, now: datetime) -> Link | None:
        monkeypatch.setattr(TicketStore, "claim", claim)
        use.open_ticket(acme, one.id, "jira")
        return claim(self, number, now)

    monkeypatch.setattr(TicketStore, "claim", later_than_another)
    assert use.open_ticket(acme, one.id, "jira").external == "FIN-1"
    assert len(jira.issues) == 1


def test_a_ticket_that_another_process_opens_meanwhile_is_not_put_back(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = keep(acme, finding()), keep(acme, finding("i-0bb3"))
    for each in (one, two):
        jira.answers = [Reply(503)]
        use.open_ticket(acme, each.id, "jira")

    def away(workspace: Workspace, link: Link, now: datetime) -> syncing._Done:
        use.open_ticket(acme, two.id, "jira")  # while we wait for an answer
        return syncing._Done(problem="away", waits=True)

    monkeypatch.setattr(syncing, "_synced", away)
    sync(acme, every=True)
    assert use.tickets_of(acme, two.id)[0].external == "FIN-1"


def test_a_comment_is_taken_once_though_the_system_is_busy_then(
    acme: Workspace, github: GitHub
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "github")
    acting.accept(acme, one.id, "", later())
    github.comment(1, "Wait for May.\r\n")
    reply = github.reply

    def busy(request: Request) -> Reply:
        return Reply(503) if request.method == "PATCH" else reply(request)

    github.reply = busy  # type: ignore[method-assign]
    for minutes in (1, 10):
        sync(acme, later(minutes), every=True)
    assert notes(acme, one.id) == ["ana in acme/ops#1 (900): Wait for May."]


def test_a_crash_after_telling_tells_once(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    acting.accept(acme, one.id, "", later())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr("outlay.app.tickets.syncing._kept", killed)
        with pytest.raises(KeyboardInterrupt):
            sync(acme)
    sync(acme)
    assert jira.issues["FIN-1"]["status"] == "In Progress"
    assert len(jira.issues["FIN-1"]["comments"]) == 1


def test_a_crash_after_taking_a_comment_takes_it_once(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.comment("FIN-1", "Wait for May.")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr("outlay.app.tickets.store.TicketStore.hold", killed)
        with pytest.raises(KeyboardInterrupt):
            sync(acme)
    sync(acme)
    assert notes(acme, one.id) == ["Ana in FIN-1 (20000): Wait for May."]


def test_an_address_of_the_own_network_needs_the_setting(
    acme: Workspace, jira: Jira, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = keep(acme, finding())
    monkeypatch.setattr(acme.settings.delivery, "__dict__", {"private_addresses": False})
    with pytest.raises(TicketError, match="private_addresses"):
        use.open_ticket(acme, one.id, "jira")
    assert jira.log == []


def test_the_look_goes_on_where_a_system_is_away(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    jira.answers = [Reply(500)]
    looked = watch(acme, only=["tickets"])
    assert not looked.failed
    assert "500" in looked.steps[0].notes[0]


def test_systems_that_are_none_or_paused(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    with pytest.raises(ResourceNotFoundError, match="There are: jira"):
        use.open_ticket(acme, one.id, "linear")
    use.open_ticket(acme, one.id, "jira")
    configure(acme, "jira", jira.url, enabled=False)
    with pytest.raises(TicketError, match="is paused"):
        use.open_ticket(acme, keep(acme, finding("i-2")).id, "jira")
    jira.log.clear()
    sync(acme)
    assert jira.log == []


def test_who_sees_nothing_of_it_opens_and_reads_nothing(acme: Workspace, jira: Jira) -> None:
    one = keep(acme, finding())
    use.open_ticket(acme, one.id, "jira")
    stranger = Principal("eve", Level.EDITOR, role="editor", via="session",
                         scope="tags.team = 'other'")  # fmt: skip
    with as_(stranger):
        assert use.tickets(acme) == ()
        with pytest.raises(SavingNotFoundError):
            use.tickets_of(acme, one.id)
        with pytest.raises(SavingNotFoundError):
            use.open_ticket(acme, one.id, "jira")
    with as_(Principal("vera", Level.VIEWER, role="viewer", via="session")):
        assert len(use.tickets(acme)) == 1
        with pytest.raises(AccessDeniedError):
            use.open_ticket(acme, one.id, "jira")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"type": "jira", "url": "https://a.example"}, "project: a system of type jira needs it"),
        ({"type": "github", "project": "ops", "token": "env:X"}, "expected owner/repository"),
        ({"type": "webhook", "url": "ftp://a.example"}, "expected an https:// address"),
        ({"type": "webhook", "url": "https://a.example", "token": "abc"}, "never the secret"),
        ({"type": "webhook", "url": "https://a.example:hush/"}, "its port is no number"),
        ({"type": "webhook", "url": "https://a.example/hush"}, "url: env:NAME, file:PATH"),
        (
            {"type": "jira", "url": "env:URL", "project": "F", "token": "env:X"},
            "tickets link there",
        ),
        ({"type": "linear"}, "type: input should be 'jira', 'github'"),
    ],
)
def test_a_system_that_cannot_be(acme: Workspace, spec: dict[str, str], message: str) -> None:
    with pytest.raises(ResourceError) as raised:
        acme.put_resource("TicketSystem", "x", spec, author="test")
    assert message in str(raised.value) or "secret" in str(raised.value)
    assert "hush" not in str(raised.value)
