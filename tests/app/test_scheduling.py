"""Background syncs: when they are due, that they run, and what a killed one leaves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.metrics import due_metrics
from outlay.app.running import KILLED, running
from outlay.app.scheduling import INTERVALS, Syncer, due_at, next_sync
from outlay.app.status import Outcome, RunRecord
from tests.cli.bills import write_bill

NOW = datetime(2026, 11, 28, 12, 0)


def runs(*outcomes: Outcome) -> list[RunRecord]:
    """Runs, newest first, the newest an hour ago."""
    return [
        RunRecord(9 - at, "a", "sync", NOW - timedelta(hours=1 + at), None, outcome, "")
        for at, outcome in enumerate(outcomes)
    ]


def test_a_source_is_due_at_once_and_then_after_its_interval() -> None:
    assert next_sync("daily", [], NOW) == NOW
    started = NOW - timedelta(hours=1)
    for cadence, interval in INTERVALS.items():
        assert next_sync(cadence, runs("loaded"), NOW) == started + interval
        assert next_sync(cadence, runs("unchanged", "failed"), NOW) == started + interval
        assert next_sync(cadence, runs("held"), NOW) == started + interval
    assert next_sync("manual", [], NOW) is None


def test_failures_are_tried_again_soon_and_then_ever_later() -> None:
    started = NOW - timedelta(hours=1)
    waits = []
    for failures in range(1, 9):
        moment = next_sync("daily", runs(*["failed"] * failures), NOW)
        assert moment is not None
        waits.append((moment - started).total_seconds() / 60)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 180]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace.init(tmp_path / "ws")
    (tmp_path / "bill").mkdir()
    write_bill(tmp_path / "bill" / "a.csv")
    made.add_source("a", "aws-focus", str(tmp_path / "bill"), cadence="hourly")
    yield made
    made.close()


def eventually(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


@pytest.mark.slow
def test_what_is_due_is_synced_by_a_process_of_its_own(workspace: Workspace) -> None:
    assert due_at(workspace, "a") is not None
    syncer = Syncer(workspace, tick_seconds=0.2)
    syncer.start()
    try:
        eventually(lambda: bool(workspace.deliveries()))
        eventually(lambda: not syncer.waits("a"))
    finally:
        syncer.stop()
    (run,) = workspace.runs("a")
    assert (run.action, run.outcome) == ("sync", "loaded")
    status = workspace.show_source("a")
    assert status.next_sync_at == run.started_at + INTERVALS["hourly"]


def test_paused_and_manual_sources_are_left_alone(workspace: Workspace) -> None:
    for change in ({"enabled": False}, {"cadence": "manual"}):
        spec = workspace.resources.get("Source", "a").spec.model_dump() | change
        workspace.resources.put("Source", "a", spec, author="")
        assert due_at(workspace, "a") is None


@pytest.mark.slow
def test_one_that_is_asked_for_runs_although_it_is_not_due(workspace: Workspace) -> None:
    workspace.sync(["a"])
    syncer = Syncer(workspace, tick_seconds=3600)
    syncer.start()
    try:
        syncer.request("a")
        syncer.request("a")
        eventually(lambda: len(workspace.runs("a")) == 2)
        eventually(lambda: not syncer.waits("a"))
    finally:
        syncer.stop()
    assert [run.outcome for run in workspace.runs("a")] == ["unchanged", "loaded"]


def test_a_sync_that_fails_says_why_and_is_tried_again(workspace: Workspace) -> None:
    location = Path(workspace.resources.get("Source", "a").spec.location)  # type: ignore[attr-defined]
    (location / "a.csv").rename(location.parent / "a.csv")
    syncer = Syncer(workspace, tick_seconds=3600)
    syncer.start()
    try:
        eventually(lambda: bool(workspace.runs("a")) and not syncer.waits("a"))
    finally:
        syncer.stop()
    (run,) = workspace.runs("a")
    assert run.outcome == "failed"
    assert "there is no bill" in run.message
    status = workspace.show_source("a")
    assert "there is no bill" in status.error
    assert status.next_sync_at == run.started_at + timedelta(minutes=2)


def test_stopping_ends_a_sync_under_way(workspace: Workspace) -> None:
    with running(workspace, "a", "sync"):  # what the child will wait for
        syncer = Syncer(workspace, tick_seconds=3600)
        syncer.start()
        syncer.request("a")
        eventually(lambda: syncer._child is not None)
        syncer.stop()
        child = syncer._child
        assert child is not None
        assert child.poll() is not None


def test_a_killed_run_is_noted_as_failed(workspace: Workspace) -> None:
    script = (
        "import sys, time\n"
        "from outlay.app import Workspace\n"
        "from outlay.app.running import running\n"
        "with running(Workspace.open(sys.argv[1]), 'a', 'sync'):\n"
        "    print('runs', flush=True)\n"
        "    time.sleep(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.path)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"runs\n"
    before = workspace.show_source("a").last_run
    assert before is not None
    assert before.outcome == "running"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    after = workspace.show_source("a").last_run
    assert after is not None
    assert (after.outcome, after.message) == ("failed", KILLED)


def test_a_metric_that_is_due_is_fetched_too(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    (tmp_path / "ws" / "orders.csv").write_text("date,value\n2026-10-01,5\n")
    put = workspace.resources.put
    fetched = {"source": {"kind": "csv", "location": "orders.csv"}}
    put("Metric", "orders", fetched, author="")
    put("Metric", "by-hand", {"source": fetched["source"] | {"cadence": "manual"}}, author="")
    put("Metric", "pushed", {}, author="")
    assert [name for _, name in due_metrics(workspace, NOW)] == ["metric:orders"]
    syncer = Syncer(workspace, tick_seconds=0.2)
    syncer.start()
    try:
        eventually(lambda: bool(workspace.metrics.history("orders")))
        eventually(lambda: not syncer.waits("metric:orders"))
    finally:
        syncer.stop()
    (run,) = workspace.runs("metric:orders")
    assert (run.action, run.outcome) == ("sync", "loaded")
    assert list(due_metrics(workspace, run.started_at)) == []
    assert workspace.metrics.show("orders").next_sync_at == run.started_at + INTERVALS["daily"]
    workspace.close()
