"""Looks: late and failing sources, what is due, and what a look costs where there is nothing."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.alerts import looking, watch_freshness
from outlay.app.alerts.raising import raise_signal, store
from outlay.app.runs import utc_now
from tests.alerts_app.conftest import put_channel, put_route, signal
from tests.reports.servers import HttpServer
from tests.web.company import AUGUST, SEPTEMBER, line, load

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _told(workspace: Workspace) -> list[tuple[str, str, str]]:
    return [
        (one.signal.subject, one.severity, one.signal.title) for one in store(workspace).unsettled()
    ]


def _source(workspace: Workspace, tmp_path: Path, name: str = "acme") -> None:
    spec = {"kind": "focus", "location": str(tmp_path / "bills"), "cadence": "daily"}
    workspace.resources.put("Source", name, spec, author="ana")


def test_a_source_is_late_once_and_settled_as_it_delivers(
    workspace: Workspace, tmp_path: Path
) -> None:
    load(workspace, tmp_path / "bills", "acme", AUGUST)
    _source(workspace, tmp_path)
    now = utc_now()
    later = now + 2 * DAY
    assert watch_freshness.watch(workspace, later).raised == 1
    assert watch_freshness.watch(workspace, later + HOUR).raised == 0
    ((subject, severity, title),) = _told(workspace)
    assert (subject, severity, title) == ("acme", "warning", "acme is late")
    # Very late is worse: the same alert, whose rise is told.
    assert watch_freshness.watch(workspace, now + 6 * DAY).raised == 0
    assert [one[1] for one in _told(workspace)] == ["critical"]
    (alert,) = store(workspace).unsettled()
    assert [s.action for s in store(workspace).steps([alert.id])[alert.id]] == [
        "raised", "severity",
    ]  # fmt: skip
    workspace.resources.put(
        "Source", "acme", {"kind": "focus", "location": str(tmp_path / "bills"),
                           "cadence": "manual"}, author="ana",
    )  # fmt: skip
    watch_freshness.watch(workspace, now + 6 * DAY)
    assert _told(workspace) == []
    assert store(workspace).get(alert.id).ended_by == "product"


def test_a_source_that_delivers_old_periods_alone_is_late_once(
    workspace: Workspace, tmp_path: Path
) -> None:
    load(workspace, tmp_path / "bills", "acme", (line("100.00", "2020-03-03"),))
    _source(workspace, tmp_path)
    assert watch_freshness.watch(workspace, utc_now()).raised == 1
    load(workspace, tmp_path / "bills", "acme", (line("90.00", "2020-03-03"),))  # restated
    assert watch_freshness.watch(workspace, utc_now()).raised == 0
    assert watch_freshness.watch(workspace, utc_now() + 2 * DAY).raised == 0  # and nothing since
    assert len(_told(workspace)) == 1


def test_a_source_that_never_delivered_is_missing_after_its_grace(
    workspace: Workspace, tmp_path: Path
) -> None:
    _source(workspace, tmp_path)
    assert watch_freshness.watch(workspace, utc_now()).raised == 0
    assert watch_freshness.watch(workspace, utc_now() + 2 * DAY).raised == 1
    assert _told(workspace) == [("acme", "warning", "Nothing came from acme yet")]


def test_a_sync_that_fails_is_one_alert_until_it_works(
    workspace: Workspace, tmp_path: Path
) -> None:
    _source(workspace, tmp_path)
    for number in range(3):
        run = workspace.run_log.start("acme", "sync")
        workspace.run_log.end(run, "failed", "the bucket says no")
        assert watch_freshness.watch(workspace, utc_now()).raised == (number == 0)
    assert _told(workspace) == [("acme", "critical", "The sync of acme fails")]
    (alert,) = store(workspace).unsettled()
    assert alert.signal.lines[0].startswith("The bucket says no. It has failed 3 times since ")
    workspace.run_log.end(workspace.run_log.start("acme", "sync"), "loaded")
    watch_freshness.watch(workspace, utc_now())
    assert _told(workspace) == []


def test_a_sync_that_is_tried_again_stays_one_alert_however_often_it_fails(
    workspace: Workspace, tmp_path: Path
) -> None:
    _source(workspace, tmp_path)
    raised = 0
    for number in range(52):
        run = workspace.run_log.start("acme", "sync")
        workspace.run_log.end(run, "failed", "the bucket says no")
        if number in (0, 2, 51):
            raised += watch_freshness.watch(workspace, utc_now()).raised
    (alert,) = store(workspace).unsettled()
    running = workspace.run_log.start("acme", "sync")
    watch_freshness.watch(workspace, utc_now())
    assert raised == 1
    (line,) = alert.signal.lines
    assert "It has failed 52 times since " in line
    assert [one.id for one in store(workspace).unsettled()] == [alert.id]
    workspace.run_log.end(running, "unchanged")
    watch_freshness.watch(workspace, utc_now())
    assert _told(workspace) == []


def test_rejected_rows_are_told_with_their_exact_amount(
    workspace: Workspace, tmp_path: Path
) -> None:
    from tests.web.company import csv_text

    folder = tmp_path / "bills"
    folder.mkdir()
    # A currency that is none: the row is rejected, the others are let in.
    rows = [
        *SEPTEMBER,
        {**SEPTEMBER[0], "ChargePeriodStart": "never", "BilledCost": "12.340000001"},
    ]
    (folder / "acme.csv").write_text(csv_text(rows), encoding="utf-8")
    workspace.load([str(folder / "acme.csv")], source="acme", max_rejected=Decimal(1))
    watch_freshness.watch(workspace, utc_now())
    ((_, severity, title),) = _told(workspace)
    assert (severity, title) == ("info", "1 row of acme for 2026-09 was rejected")
    (alert,) = store(workspace).unsettled()
    assert (alert.signal.amount, alert.signal.currency) == (Decimal("12.340000001"), "USD")


def test_rejected_rows_of_several_currencies_are_no_one_amount(
    workspace: Workspace, tmp_path: Path
) -> None:
    from tests.web.company import csv_text

    bad = {**SEPTEMBER[0], "ChargePeriodStart": "never"}
    rows = [
        *SEPTEMBER,
        {**bad, "BilledCost": "900", "BillingCurrency": "JPY", "BillingAccountId": "japan"},
        {**bad, "BilledCost": "12.34", "BillingCurrency": "EUR", "BillingAccountId": "europe"},
    ]
    (tmp_path / "acme.csv").write_text(csv_text(rows), encoding="utf-8")
    workspace.load([str(tmp_path / "acme.csv")], source="acme", max_rejected=Decimal(1))
    watch_freshness.watch(workspace, utc_now())
    (alert,) = store(workspace).unsettled()
    assert (alert.signal.amount, alert.signal.currency) == (None, "")
    assert [(one.value, one.currency) for one in alert.signal.figures] == [
        (Decimal("12.34"), "EUR"), (Decimal(900), "JPY"),
    ]  # fmt: skip


def test_a_look_is_due_when_the_ledger_moves_a_clock_says_so_or_somebody_is_to_be_told(
    workspace: Workspace, tmp_path: Path, http: HttpServer
) -> None:
    def reason(at: object = None) -> str:
        found = looking.due(workspace, at)  # type: ignore[arg-type]
        return found.reason if found else ""

    assert reason() == "the ledger has moved"
    now = utc_now().replace(hour=12)
    looked = looking.look(workspace, only_due=True, now=now)
    assert not looked.failed, looked.watched.steps
    assert [step.name for step in looked.watched.steps] == [
        "anomalies", "budgets", "plans", "savings", "realised", "commitments", "contracts",
        "tickets", "freshness", "alerts",
    ]  # fmt: skip
    assert reason(now) == ""
    assert looking.look(workspace, only_due=True, now=now).reason == "nothing is due"
    assert reason(now + HOUR) == "an hour has passed"
    assert reason(now + DAY) == "a new day has begun"
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_route(workspace, "all", to={"channels": ["hook"]})
    raise_signal(workspace, signal(), now)
    assert reason(now) == "somebody is to be told"
    looked = looking.look(workspace, only_due=True, now=now)
    assert [one.state for one in looked.deliveries] == ["sent"]
    assert reason(now) == ""
    load(workspace, tmp_path / "bills", "acme", AUGUST)
    assert reason(now) == "the ledger has moved"
    with pytest.raises(ValueError, match="there is no step 'weather'. Steps: anomalies, budgets"):
        looking.look(workspace, only=["weather"])


def test_what_a_channel_refused_for_now_is_sent_though_nothing_else_is_due(
    workspace: Workspace, http: HttpServer
) -> None:
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_route(workspace, "all", to={"channels": ["hook"]})
    now = utc_now().replace(hour=12)
    raise_signal(workspace, signal(), now)
    http.answers.append((503, {}))
    looked = looking.look(workspace, only_due=True, now=now)
    assert [one.state for one in looked.deliveries] == ["waiting"]
    later = now + timedelta(minutes=30)
    assert looking.due(workspace, later) is None
    looked = looking.look(workspace, only_due=True, now=later)
    assert (looked.reason, [one.state for one in looked.deliveries]) == ("nothing is due", ["sent"])


def test_a_step_that_fails_is_told_and_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the clock stands still")

    now = utc_now().replace(hour=12)
    with monkeypatch.context() as patched:
        patched.setattr(watch_freshness, "watch", broken)
        looked = looking.look(workspace, now=now)
    assert looked.failed
    assert {s.name: s.failed for s in looked.watched.steps if s.failed} == {
        "freshness": "the clock stands still"
    }
    last = store(workspace).last_look()
    assert last is not None
    assert last.failed == {"freshness": "the clock stands still"}
    assert looking.due(workspace, now + timedelta(minutes=5)) is None
    found = looking.due(workspace, now + timedelta(minutes=11))
    assert found is not None
    assert found.reason == "a step failed at the last look"


def test_telling_people_puts_off_neither_late_sources_nor_what_failed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the clock stands still")

    now = utc_now().replace(hour=12)
    looking.look(workspace, now=now)
    looking.look(workspace, ["alerts"], now=now + timedelta(minutes=50))
    found = looking.due(workspace, now + HOUR)
    assert found == looking.Due(("tickets", "freshness", "alerts"), "an hour has passed")
    with monkeypatch.context() as patched:
        patched.setattr(watch_freshness, "watch", broken)
        looking.look(workspace, now=now + HOUR)
    looking.look(workspace, ["alerts"], now=now + HOUR + timedelta(minutes=9))
    found = looking.due(workspace, now + HOUR + timedelta(minutes=10))
    assert found == looking.Due(None, "a step failed at the last look")
    looking.look(workspace, ["freshness"], now=now + HOUR + timedelta(minutes=9))
    last = store(workspace).last_look()
    assert last is not None
    assert last.failed == {}  # it works again


def test_what_cannot_be_told_is_tried_every_ten_minutes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no routes")

    now = utc_now().replace(hour=12)
    raise_signal(workspace, signal(), now)
    with monkeypatch.context() as patched:
        patched.setattr("outlay.app.alerts.watch_routes.watch", broken)
        looking.look(workspace, now=now)
    assert looking.due(workspace, now + timedelta(minutes=9)) is None
    assert looking.due(workspace, now + timedelta(minutes=10)) is not None


def test_a_look_where_there_is_nothing_costs_next_to_nothing(workspace: Workspace) -> None:
    looking.look(workspace)  # imports, once
    started = time.process_time()
    looking.look(workspace)
    assert time.process_time() - started < 0.2


@pytest.mark.slow
def test_a_look_where_there_is_nothing_imports_nothing_heavy(workspace: Workspace) -> None:
    import subprocess

    code = (
        "import sys; from outlay.app import Workspace; from outlay.app.alerts.looking import look; "
        f"look(Workspace.open({str(workspace.path)!r})); "
        "print([m for m in ('outlay.forecast.engine', 'holidays', 'apprise') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_served_workspace_looks_by_itself(workspace: Workspace, http: HttpServer) -> None:
    import subprocess

    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_route(workspace, "all", to={"channels": ["hook"]})
    command = [sys.executable, "-m", "outlay", "-w", str(workspace.path), "serve"]
    # Two servers of one workspace tell it once.
    servers = [
        subprocess.Popen(
            [*command, "--port", "0", "--no-sync"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    try:
        raise_signal(workspace, signal())
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not http.requests:
            time.sleep(0.2)
        time.sleep(2)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.communicate(timeout=60)
    assert [request.json["subject"] for request in http.requests] == [
        "Warning: Amazon EC2 costs more than expected"
    ]
    assert store(workspace).last_look() is not None
