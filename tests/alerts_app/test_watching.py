"""Alerts reach people once: at once, in digests, after somebody was killed, from two processes."""

from __future__ import annotations

import json
import multiprocessing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.access.people import People
from outlay.alerts.signal import Owner
from outlay.app import Workspace
from outlay.app.alerts import trying, use, watch_routes
from outlay.app.alerts.documents import figures_of
from outlay.app.alerts.raising import raise_signal, settle, store
from outlay.app.reports import delivering
from outlay.app.runs import utc_now
from outlay.reports.document import Figure, Sentence
from outlay.resources import ResourceError, ResourceInUseError
from tests.alerts_app.conftest import NOW, put_channel, put_mail, put_route, signal
from tests.reports.servers import HttpServer, SmtpServer

HOUR = timedelta(hours=1)


def told(workspace: Workspace, now: datetime) -> list[tuple[str, str, str]]:
    """Look and send; gives what became of each delivery: channel, state, message."""
    outcome = watch_routes.watch(workspace, now)
    assert outcome.failed == ""
    done = delivering.run(workspace, due=False, now=now)
    return [(one.channel, one.state, one.message) for one in done]


def test_an_alert_goes_to_its_owner_by_mail_with_amount_driver_and_link(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    contact = {"tag": "team", "values": ["store*"], "addresses": ["sam@acme.example"],
               "mail": "mail"}  # fmt: skip
    workspace.resources.put("Contact", "storefront", contact, author="ana")
    put_route(workspace, "teams", to={"owner": True})
    assert raise_signal(workspace, signal(), NOW)
    assert told(workspace, NOW) == [("mail", "sent", "1 recipient by 127.0.0.1")]
    assert told(workspace, NOW + HOUR) == []
    (mail,) = smtp.mails
    assert mail.recipients == ["sam@acme.example"]
    assert mail.message["Subject"] == "Warning: Amazon EC2 costs more than expected"
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Impact: 1,234.56 EUR" in text
    assert "What drove it: instance i-0abc in eu-central-1, by usage." in text
    assert "Owner: team = storefront." in text
    assert "Open it: https://outlay.acme.example/anomalies/17" in text
    assert "https://outlay.acme.example/alerts/1" in text


def test_the_owner_that_a_virtual_tag_names_gets_mail(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_route(workspace, "teams", to={"owner": True, "mail": "mail"})
    raise_signal(workspace, signal(owner=Owner("data", "team")), NOW)
    told(workspace, NOW)
    assert [mail.recipients for mail in smtp.mails] == [["dora@acme.example"]]


def test_an_owner_whose_account_is_turned_off_gets_nothing(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_route(workspace, "teams", to={"owner": True, "mail": "mail"})
    people = People(workspace.resources)
    people.add("dora", "viewer", email="Dora@acme.example")
    people.add("ana", "admin")
    people.disable("dora")
    raise_signal(workspace, signal(owner=Owner("data", "team")), NOW)
    assert told(workspace, NOW) == []
    assert smtp.mails == []
    (nobody,) = [s for s in use.alert(workspace, 1).steps if s.action == "nobody"]
    assert "the account of dora@acme.example is turned off" in nobody.note


def test_amounts_leave_exactly(workspace: Workspace, http: HttpServer) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    put_route(workspace, "all", to={"channels": ["hook"]})
    raise_signal(workspace, signal(), NOW)
    told(workspace, NOW)
    (request,) = http.requests
    assert request.json["document"]["figures"][0] == {
        "title": "Impact", "value": "1234.560000000000000000001", "kind": "money",
        "currency": "EUR", "before": None, "change": None, "change_ratio": None,
    }  # fmt: skip
    assert request.json["subject"] == "Warning: Amazon EC2 costs more than expected"


def test_a_digest_holds_what_is_open_and_nothing_else(
    workspace: Workspace, http: HttpServer
) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    route = {"to": {"channels": ["hook"]}, "at_once": "never", "digest": "daily at 08:00"}
    put_route(workspace, "all", **route)
    day = workspace.resources.get("AlertRoute", "all").updated_at + timedelta(days=2)
    due = day.replace(hour=8, minute=0, second=0, microsecond=0)
    before = due - 3 * HOUR
    cheap, dear = Decimal("0.10"), Decimal("0.20")
    raise_signal(workspace, signal(subject="1", amount=cheap, title="Cheap"), before)
    raise_signal(workspace, signal(subject="2", amount=dear, title="Dear"), before)
    raise_signal(workspace, signal(subject="3", title="Acknowledged"), before)
    raise_signal(workspace, signal(subject="4", title="Late"), due + HOUR)
    assert told(workspace, before) == []
    third = next(a for a in store(workspace).unsettled() if a.signal.subject == "3")
    use.acknowledge(workspace, third.id)
    assert [one[:2] for one in told(workspace, due + 2 * HOUR)] == [("hook", "sent")]
    assert told(workspace, due + 3 * HOUR) == []
    (request,) = http.requests
    document = request.json["document"]
    assert document["title"] == "2 open alerts"
    assert [(f["title"], f["value"]) for f in document["figures"]] == [
        ("Open", "2.00"), ("Critical", "0.00"), ("Impact of anomalies", "0.30"),
    ]  # fmt: skip
    assert [row["alert"] for row in document["tables"][0]["rows"]] == ["Dear", "Cheap"]
    assert "https://outlay.acme.example/anomalies/17" in " ".join(document["text"])


def test_the_amount_stands_in_a_digest_though_a_longer_one_ends_alike(
    workspace: Workspace,
) -> None:
    for number, (amount, line) in enumerate(
        [("5.00", "It cost 1,205.00 EUR."), ("7.00", "Of 9.00 EUR, 7.00 EUR were not expected.")]
    ):
        found = signal(subject=str(number), title="Dear", amount=Decimal(amount), lines=(line,))
        raise_signal(workspace, found, NOW)
    put_channel(workspace, "ops", type="file", folder="outbox")
    put_route(workspace, "all", to={"channels": ["ops"]}, digest="daily at 08:00")
    (digest,) = trying.digest_preview(workspace)
    texts = [one.text for one in digest.document.blocks if isinstance(one, Sentence)]
    assert [text.count("7.00 EUR") for text in texts] == [1, 0]
    assert " 5.00 EUR. It cost 1,205.00 EUR." in texts[1]


def test_a_number_of_something_else_does_not_stand_for_the_amount() -> None:
    servers = Figure("Servers", Decimal(3), kind="count")
    found = figures_of(signal(amount=Decimal(3), figures=(servers,)))
    assert found == (Figure("Amount", Decimal(3), currency="EUR"), servers)


def test_a_digest_of_nothing_is_not_sent_and_not_made_later(
    workspace: Workspace, http: HttpServer
) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    put_route(workspace, "all", to={"channels": ["hook"]}, at_once="never", digest="daily at 08:00")
    day = workspace.resources.get("AlertRoute", "all").updated_at + timedelta(days=2)
    due = day.replace(hour=8, minute=0, second=0, microsecond=0)
    raise_signal(workspace, signal(), due - 2 * HOUR)
    watch_routes.watch(workspace, due - HOUR)
    (alert,) = store(workspace).unsettled()
    from outlay.alerts.store import change

    with store(workspace).locked(alert.key) as (connection, one):
        change(connection, one, {"snoozed_until": due + HOUR})
    assert told(workspace, due) == []
    assert watch_routes.is_due(workspace, due + 2 * HOUR)  # the snooze has ended
    assert told(workspace, due + 2 * HOUR) == []  # the digest of today was made
    assert not watch_routes.is_due(workspace, due + 3 * HOUR)
    assert [one[:2] for one in told(workspace, due + 24 * HOUR)] == [("hook", "sent")]


@pytest.mark.parametrize("killed_at", ["put_once", "delivered"])
def test_who_is_killed_between_storing_and_sending_leaves_it_to_be_sent_once(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    put_route(workspace, "all", to={"channels": ["hook"]})
    raise_signal(workspace, signal(), NOW)

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if killed_at == "put_once":
            patched.setattr(watch_routes, "put_once", killed)
        else:
            patched.setattr("outlay.alerts.store.AlertStore.delivered", killed)
        with pytest.raises(KeyboardInterrupt):
            watch_routes.watch(workspace, NOW)
    assert watch_routes.is_due(workspace, NOW)
    assert [one[:2] for one in told(workspace, NOW + HOUR)] == [("hook", "sent")]
    assert told(workspace, NOW + 2 * HOUR) == []
    assert len(http.requests) == 1
    (step,) = [s for s in use.alert(workspace, 1).steps if s.action == "tell"]
    assert step.delivery is not None


def _look(folder: Path, go: object) -> None:
    found = Workspace.open(folder)
    go.wait()  # type: ignore[attr-defined]
    watch_routes.watch(found, NOW)
    delivering.run(found, due=False, now=NOW)
    found.close()


@pytest.mark.slow
def test_two_processes_tell_everything_once(workspace: Workspace, http: HttpServer) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    put_route(workspace, "all", to={"channels": ["hook"]})
    for number in range(12):
        raise_signal(workspace, signal(subject=str(number), title=f"Number {number}"), NOW)
    spawned = multiprocessing.get_context("spawn")
    go = spawned.Barrier(2)
    processes = [spawned.Process(target=_look, args=(workspace.path, go)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    subjects = [request.json["subject"] for request in http.requests]
    assert sorted(subjects) == sorted(f"Warning: Number {number}" for number in range(12))
    actions = [s.action for steps in store(workspace).steps(range(1, 13)).values() for s in steps]
    assert actions.count("tell") == 12


@pytest.mark.parametrize("kind", ["slack", "teams"])
def test_chats_show_amount_driver_owner_and_link(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("CHAT_URL", f"{http.url}/chat")
    put_channel(workspace, "chat", type=kind, url="env:CHAT_URL")
    put_route(workspace, "all", to={"channels": ["chat"]})
    raise_signal(workspace, signal(severity="critical"), NOW)
    assert [one[:2] for one in told(workspace, NOW)] == [("chat", "sent")]
    (request,) = http.requests
    text = request.body.decode()
    for part in (
        "Critical: Amazon EC2 costs more than expected",
        "1,234.56 EUR",
        "What drove it: instance i-0abc in eu-central-1, by usage.",
        "Owner: team = storefront.",
        "https://outlay.acme.example/anomalies/17",
    ):
        assert part in text, part


# --- PagerDuty ----------------------------------------------------------------------------------


def test_an_alert_is_an_incident_that_is_acknowledged_and_resolved(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY", "r0uting-key")
    url = f"{http.url}/v2/enqueue"
    put_channel(workspace, "pager", type="pagerduty", secret="env:PAGERDUTY_KEY", url=url)
    put_route(workspace, "all", to={"channels": ["pager"]}, digest="daily at 08:00")
    raise_signal(workspace, signal(severity="critical"), NOW)
    assert told(workspace, NOW) == [("pager", "sent", "PagerDuty answers 200: triggered")]
    (alert,) = store(workspace).unsettled()
    use.acknowledge(workspace, alert.id)
    later = store(workspace).get(alert.id).updated_at
    told(workspace, later)
    settle(workspace, "anomaly", "17", "resolved", later + HOUR)
    told(workspace, later + HOUR)
    trigger, acknowledged, resolved = [request.json for request in http.requests]
    assert {request.path for request in http.requests} == {"/v2/enqueue"}
    assert trigger == {
        "routing_key": "r0uting-key",
        "event_action": "trigger",
        "dedup_key": alert.key,
        "client": "Outlay",
        "client_url": "https://outlay.acme.example/anomalies/17",
        "links": [{"href": "https://outlay.acme.example/anomalies/17",
                   "text": "Open it in Outlay"}],
        "payload": {
            "summary": "Critical: Amazon EC2 costs more than expected",
            "source": "Acme GmbH",
            "severity": "critical",
            "timestamp": "2026-11-27T10:00:00Z",
            "component": "outlay",
            "custom_details": trigger["payload"]["custom_details"],
        },
    }  # fmt: skip
    details = trigger["payload"]["custom_details"]
    assert details["Impact"] == "1,234.56 EUR"
    assert details["figures"][0]["value"] == "1234.560000000000000000001"
    assert "What drove it: instance i-0abc in eu-central-1, by usage." in details["text"]
    key = {"routing_key": "r0uting-key", "dedup_key": alert.key}
    assert acknowledged == {**key, "event_action": "acknowledge"}
    assert resolved == {**key, "event_action": "resolve"}


def test_what_pagerduty_refuses_is_in_the_log_without_the_key(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY", "r0uting-key")
    put_channel(workspace, "pager", type="pagerduty", secret="env:PAGERDUTY_KEY", url=http.url)
    put_route(workspace, "all", to={"channels": ["pager"]})
    raise_signal(workspace, signal(), NOW)
    http.answers.append((400, {}))
    assert told(workspace, NOW) == [("pager", "failed", "PagerDuty answers 400.")]
    raise_signal(workspace, signal(subject="18"), NOW)
    http.answers.append((429, {}))
    assert [one[:2] for one in told(workspace, NOW)] == [("pager", "waiting")]
    assert [one[:2] for one in told(workspace, NOW + HOUR)] == [("pager", "sent")]
    assert (
        b"r0uting-key"
        not in json.dumps(
            [dict(one.log[0]) for one in delivering.outbox(workspace).listed()], default=str
        ).encode()
    )


def test_no_incident_begins_after_its_alert_was_acknowledged(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGERDUTY_KEY", "r0uting-key")
    put_channel(workspace, "pager", type="pagerduty", secret="env:PAGERDUTY_KEY", url=http.url)
    put_route(workspace, "all", to={"channels": ["pager"]})
    raise_signal(workspace, signal(), NOW)
    http.answers.append((503, {}))
    assert [one[:2] for one in told(workspace, NOW)] == [("pager", "waiting")]
    use.acknowledge(workspace, 1)
    later = utc_now() + HOUR
    assert sorted(told(workspace, later)) == [
        ("pager", "sent", "PagerDuty answers 200: acknowledged"),
        ("pager", "skipped", "the alert was acknowledged before it could be told."),
    ]
    assert [one.json["event_action"] for one in http.requests] == ["trigger", "acknowledge"]


def test_a_test_of_pagerduty_leaves_no_incident(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.notify import test_channel

    monkeypatch.setenv("PAGERDUTY_KEY", "r0uting-key")
    put_channel(workspace, "pager", type="pagerduty", secret="env:PAGERDUTY_KEY", url=http.url)
    test_channel(workspace, "pager")
    (done,) = delivering.run(workspace)
    assert done.message == "PagerDuty answers 200: triggered and resolved"
    first, second = [request.json for request in http.requests]
    assert (first["event_action"], first["payload"]["severity"]) == ("trigger", "info")
    assert (second["event_action"], second["dedup_key"]) == ("resolve", first["dedup_key"])


# --- what must hold -----------------------------------------------------------------------------


def test_what_a_route_names_must_be_there_and_stays(
    workspace: Workspace, http: HttpServer, smtp: SmtpServer
) -> None:
    with pytest.raises(ResourceError, match="needs the channel 'hook', which is not there"):
        put_route(workspace, "all", to={"channels": ["hook"]})
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    put_route(workspace, "all", escalate=[{"after_hours": 1, "to": {"channels": ["hook"]}}])
    with pytest.raises(ResourceInUseError, match="the alert route 'all' needs it"):
        workspace.delete_resource("Channel", "hook", author="ana")
    with pytest.raises(ResourceError, match="which is of type webhook. Name a channel of type"):
        put_route(workspace, "people", to={"roles": ["admin"], "mail": "hook"})
    put_mail(workspace, smtp)
    contact = {"tag": "team", "values": ["x"], "addresses": ["eve@else.example"], "mail": "mail"}
    with pytest.raises(ResourceError, match=r"'eve@else.example', which the channel 'mail' does"):
        workspace.resources.put("Contact", "x", contact, author="ana")
    with pytest.raises(ResourceError, match="needs the virtual tag 'product'"):
        put_route(workspace, "tagged", tag="product")


def test_nothing_is_sent_where_no_route_is_written(workspace: Workspace, http: HttpServer) -> None:
    put_channel(workspace, "hook", type="webhook", url=f"{http.url}/hook")
    raise_signal(workspace, signal(), NOW)
    assert told(workspace, NOW) == []
    assert http.requests == []
    assert [one.signal for one in use.alerts(workspace).alerts] == [signal()]
