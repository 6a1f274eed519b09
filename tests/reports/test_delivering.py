"""From a report that is due to what arrives, and everything that goes wrong on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace, events
from outlay.app.notify import Figure, Message, notify
from outlay.app.reports import delivering, use
from outlay.app.reports.delivering import outbox, put_due, run
from outlay.reports.outbox import LEASE, Delivery
from outlay.resources import ResourceError
from tests.reports.conftest import put_channel, put_mail, put_report
from tests.reports.servers import HttpServer, SmtpServer
from tests.web.company import SEPTEMBER_TOTAL, load

SECRET = "hunter2-hunter2"


def minute(now: datetime) -> str:
    return f"{now.minute} {now.hour} * * *"


def at(workspace: Workspace, **after: float) -> datetime:
    """A moment after the reports were saved."""
    return datetime.utcnow() + timedelta(**after)  # noqa: DTZ003 - the product's own form


def states(done: Sequence[Delivery]) -> list[tuple[str, str]]:
    return [(one.channel, one.state) for one in done]


def test_what_is_due_is_sent_once(workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, schedule="daily at 07:00", formats=["pdf", "xlsx", "csv"])
    assert run(workspace) == []  # saved just now: nothing was missed
    tomorrow = at(workspace, days=1)
    assert states(run(workspace, now=tomorrow)) == [("mail", "sent")]
    assert run(workspace, now=tomorrow) == []
    (mail,) = smtp.mails
    names = [file.get_filename() for file in mail.message.iter_attachments()]
    assert [name.rpartition(".")[2] for name in names if name] == ["pdf", "xlsx", "csv"]
    text = mail.message.get_body(("plain",))
    assert text is not None and SEPTEMBER_TOTAL in text.get_content()
    (kept,) = outbox(workspace).listed()
    assert [file["name"] for file in kept.files] == names
    assert kept.author == "ana"


def test_a_delivery_is_an_event_of_its_owner(workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    put_report(workspace)
    run(workspace, ids=delivering.put_now(workspace, "services"))
    event = next(e for e in events.listed(workspace) if e.action == "deliver")
    assert (event.author, event.via, event.target) == ("ana", "system", "services by mail")


def test_what_was_missed_is_sent_once_late_and_says_so(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, schedule="daily at 07:00")
    later = (at(workspace) + timedelta(days=6)).replace(hour=9, minute=30)
    assert states(run(workspace, now=later)) == [("mail", "sent")]
    (mail,) = smtp.mails
    text = mail.message.get_body(("plain",))
    assert text is not None
    said = " ".join(text.get_content().split())
    assert f"This comes late: it was due {later:%a} {later.day}" in said
    assert "before it were missed and not sent." in said
    assert run(workspace, now=later) == []


def test_another_schedule_calls_nothing_missed_and_another_title_loses_nothing(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, schedule="daily at 07:00")
    resource = workspace.resources.get("Report", "services")
    put_report(workspace, schedule="daily at 07:00", title="Renamed")
    renamed = workspace.resources.get("Report", "services")
    since = delivering.since_when(workspace, renamed)
    assert abs(since - resource.updated_at) < renamed.updated_at - since
    put_report(workspace, schedule="daily at 06:00", title="Renamed")
    moved = workspace.resources.get("Report", "services")
    assert delivering.since_when(workspace, moved) > renamed.updated_at
    put_report(workspace, schedule="daily at 06:00", title="Renamed", enabled=False)
    assert put_due(workspace, at(workspace, days=3)) == []


def test_a_500_is_tried_again_and_arrives(workspace: Workspace, http: HttpServer) -> None:
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["hook"], schedule="daily at 07:00")
    http.answers = [(500, {}), (503, {"Retry-After": "600"})]
    now = at(workspace, days=1)
    (first,) = run(workspace, now=now)
    assert (first.state, first.next_attempt_at) == ("waiting", now + timedelta(minutes=1))
    assert "answers 500" in first.message
    assert run(workspace, now=now + timedelta(seconds=30)) == []
    (second,) = run(workspace, now=now + timedelta(minutes=1))
    assert second.next_attempt_at == now + timedelta(minutes=11)
    (third,) = run(workspace, now=now + timedelta(minutes=11))
    assert (third.state, third.attempts) == ("sent", 3)
    keys = {request.headers["idempotency-key"] for request in http.requests}
    assert keys == {third.key}
    assert [entry["outcome"] for entry in third.log] == ["tried", "tried", "sent"]


def test_a_410_is_given_up_at_once_and_can_be_retried_by_hand(
    workspace: Workspace, http: HttpServer
) -> None:
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["hook"])
    http.answers = [(410, {})]
    (gone,) = run(workspace, ids=delivering.put_now(workspace, "services"))
    assert gone.state == "failed"
    assert "410" in gone.message
    (line,) = use.reports(workspace)
    assert [one.id for one in line.failing] == [gone.id]
    assert use.channels(workspace)[0].failing
    (again,) = run(workspace, ids=[use.retry(workspace, gone.id).id])
    assert (again.state, again.key) == ("sent", gone.key)
    assert use.reports(workspace)[0].failing == ()


def test_one_channel_that_fails_does_not_hold_up_another(
    workspace: Workspace, http: HttpServer, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["hook", "mail"])
    http.answers = [(410, {})]
    done = run(workspace, ids=delivering.put_now(workspace, "services"))
    assert states(done) == [("hook", "failed"), ("mail", "sent")]


def test_those_who_were_refused_for_now_alone_get_it_later(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, recipients=["a@acme.example", "b@acme.example"])
    smtp.refuse = {"b@acme.example": "450 later"}
    ids = delivering.put_now(workspace, "services")
    (first,) = run(workspace, ids=ids)
    assert first.state == "waiting"
    smtp.refuse = {}
    (second,) = run(workspace, ids=ids, now=at(workspace, minutes=2))
    assert second.state == "sent"
    assert [mail.recipients for mail in smtp.mails] == [["a@acme.example"], ["b@acme.example"]]


def test_a_recipient_that_the_channel_does_not_permit_gets_nothing(
    workspace: Workspace, smtp: SmtpServer
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, recipients=["eve@elsewhere.example"])
    (done,) = run(workspace, ids=delivering.put_now(workspace, "services"))
    assert done.state == "failed"
    assert "does not permit the recipient eve@elsewhere.example" in done.message
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("condition", "state"), [("change > 10 %", "sent"), ("change > 13 %", "skipped")]
)
def test_a_condition_decides_and_the_log_says_why(
    workspace: Workspace, smtp: SmtpServer, condition: str, state: str
) -> None:
    put_mail(workspace, smtp)
    put_report(workspace, schedule="daily at 07:00", only_if=condition)
    (done,) = run(workspace, now=at(workspace, days=1))
    assert done.state == state
    assert len(smtp.mails) == (state == "sent")
    if state == "skipped":
        assert done.message == (
            "only if change > 13 %: Effective cost changed by +14.98 USD (+12.4%)"
        )
        assert run(workspace, now=at(workspace, days=1)) == []


def test_after_each_delivery_of_a_source(
    workspace: Workspace, smtp: SmtpServer, tmp_path: Path
) -> None:
    from tests.web.company import line

    put_mail(workspace, smtp)
    put_report(workspace, schedule="after each delivery of extra")
    assert run(workspace) == []
    time.sleep(1.1)  # moments of deliveries are told to the second
    load(workspace, tmp_path / "more", "extra", [line("1.00", "2026-09-07")])
    assert states(run(workspace)) == [("mail", "sent")]
    assert run(workspace) == []


def test_a_view_that_is_gone_fails_with_its_reason(workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    put_report(workspace)
    with pytest.raises(ResourceError, match="needs it"):
        workspace.resources.delete("View", "services", author="ana")
    put_report(workspace, "board", content={"dashboard": "nowhere"})
    (done,) = run(workspace, ids=delivering.put_now(workspace, "board"))
    assert done.state == "failed"
    assert "there is no dashboard 'nowhere'" in done.message


def test_a_report_names_channels_that_are_there(workspace: Workspace) -> None:
    with pytest.raises(ResourceError, match="needs the channel 'mail', which is not there"):
        put_report(workspace)


def test_no_secret_is_in_log_outbox_events_or_audit(
    workspace: Workspace, http: HttpServer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setenv("SLACK", f"{http.url}/services/{SECRET}")
    monkeypatch.setenv("APPRISE", f"json://u:{SECRET}@127.0.0.1:{http.port}/{SECRET}")
    put_channel(workspace, "slack", type="slack", url="env:SLACK")
    put_channel(workspace, "other", type="apprise-url", url="env:APPRISE")
    put_report(workspace, channels=["slack", "other"])
    for answers in ([(410, {}), (500, {})], []):
        http.answers = list(answers)
        run(workspace, ids=delivering.put_now(workspace, "services"))
    kept = repr(outbox(workspace).listed()) + repr(events.listed(workspace))
    kept += repr(workspace.history("Channel", "slack"))
    assert len(http.requests) == 4
    assert SECRET not in kept + caplog.text


# --- notices ------------------------------------------------------------------------------------


def test_a_notice_goes_the_same_way_once_for_each_key(
    workspace: Workspace, http: HttpServer
) -> None:
    from decimal import Decimal

    put_channel(workspace, "hook", type="webhook", url=http.url)
    message = Message(
        "Spend jumped",
        severity="critical",
        lines=("EC2 in checkout is far above its usual day.",),
        figures=(Figure("Above usual", Decimal("1234.567890123456789"), "money", "USD"),),
        link="/explore?by=ServiceName",
        dedupe_key="ec2-checkout-2026-11-02",
    )
    ids = notify(workspace, message, ["hook"])
    assert notify(workspace, message, ["hook"]) == []
    (done,) = run(workspace, ids=ids)
    assert (done.state, done.kind) == ("sent", "notice")
    (request,) = http.requests
    body = request.json
    assert body["type"] == "notice"
    assert body["subject"] == "Critical: Spend jumped"
    assert body["document"]["figures"][0]["value"] == "1234.567890123456789"
    assert body["document"]["severity"] == "critical"
    with pytest.raises(ResourceError, match="no channel"):
        notify(workspace, message, ["hook", "nowhere"])


def test_a_channel_can_be_tried(workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    (done,) = run(workspace, ids=use.test_channel(workspace, "mail"))
    assert done.state == "sent"
    assert smtp.mails[0].message["Subject"] == "Test: The channel mail works"


# --- processes ----------------------------------------------------------------------------------


def start(workspace: Workspace, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "outlay", "-w", str(workspace.path), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.slow
def test_two_processes_send_each_thing_once(workspace: Workspace, http: HttpServer) -> None:
    put_channel(workspace, "hook", type="webhook", url=http.url)
    for number in range(6):
        put_report(workspace, f"report-{number}", channels=["hook"])
        delivering.put_now(workspace, f"report-{number}")
    http.before = lambda: time.sleep(0.2)
    processes = [start(workspace, "reports", "run", "--due") for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    for process in processes:
        process.communicate()
    reports = sorted(request.json["report"] for request in http.requests)
    assert reports == [f"report-{number}" for number in range(6)]
    assert {one.state for one in outbox(workspace).listed()} == {"sent"}


@pytest.mark.slow
def test_a_sender_that_is_killed_while_sending_is_followed(
    workspace: Workspace, http: HttpServer
) -> None:
    """Killed between claim and answer: another has it after the lease, under the same key."""
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["hook"])
    (ident,) = delivering.put_now(workspace, "services")
    http.before = lambda: time.sleep(30) if len(http.requests) == 1 else None
    process = start(workspace, "reports", "run", "--due")
    end = time.monotonic() + 60
    while not http.requests and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    left = outbox(workspace).get(ident)
    assert left.state == "sending"
    assert run(workspace) == []  # its lease still holds
    (done,) = run(workspace, now=at(workspace) + 2 * LEASE)
    assert (done.id, done.state, done.attempts) == (ident, "sent", 2)
    keys = [request.headers["idempotency-key"] for request in http.requests]
    assert keys == [done.key] * 2


@pytest.mark.slow
def test_the_served_workspace_sends_what_is_due(workspace: Workspace, smtp: SmtpServer) -> None:
    put_mail(workspace, smtp)
    put_report(workspace)
    delivering.put_now(workspace, "services")
    process = start(workspace, "serve", "--port", "0", "--no-sync")
    try:
        end = time.monotonic() + 60
        while not smtp.mails and time.monotonic() < end:
            time.sleep(0.1)
        assert len(smtp.mails) == 1
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert [one.state for one in outbox(workspace).listed()] == ["sent"]
