"""Of several processes one keeps house, whatever becomes of the others."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.runs import utc_now
from outlay.app.scheduling import Syncer
from outlay.app.servers import House, Presence, keeps_house, running

_HOLD = """
import sys, time
from outlay.app import Workspace
from outlay.app.servers import House, Presence
workspace = Workspace.open(sys.argv[1])
house, presence = House(workspace), Presence(workspace, "http://127.0.0.1:1/")
print(house.held(), flush=True)
time.sleep(120)
"""


def _holder(workspace: Workspace) -> tuple[subprocess.Popen[str], bool]:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(workspace.path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    assert child.stdout is not None
    return child, child.stdout.readline().strip() == "True"


def _eventually(check: object, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_one_keeps_house_and_another_takes_over(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_DATABASE_URL", database_url)
    workspace = Workspace.init(tmp_path)
    assert not keeps_house(workspace)
    first, held = _holder(workspace)
    assert held
    second, held = _holder(workspace)
    assert not held
    house = House(workspace)
    try:
        assert not house.held()
        assert keeps_house(workspace)
        assert [one.pid for one in running(workspace)] == [first.pid, second.pid]
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert _eventually(house.held)
        assert house.held()
        assert [one.pid for one in running(workspace)] == [second.pid]
    finally:
        for child in (first, second):
            child.kill()
            child.wait()
        house.release()
    other = House(workspace)
    assert other.held()
    other.release()
    workspace.close()


@pytest.mark.postgres
def test_of_two_hosts_one_keeps_house(
    postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts whose folder has no common locks: the database decides."""
    monkeypatch.setenv("OUTLAY_DATABASE_URL", postgres_server)
    here, there = Workspace.init(tmp_path / "here"), Workspace.init(tmp_path / "there")
    one, other = House(here), House(there)
    assert one.held()
    assert not other.held()
    one.release()
    assert _eventually(other.held)
    assert not one.held()
    other.release()
    here.close()
    there.close()


def test_a_presence_ends_with_its_server(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)
    presence = Presence(workspace, "http://127.0.0.1:8710/")
    (found,) = running(workspace)
    assert (found.pid, found.address) == (os.getpid(), "http://127.0.0.1:8710/")
    assert utc_now() - found.started_at < timedelta(minutes=1)
    (line,) = [line for line in workspace.doctor() if line.topic == "servers"]
    assert line.ok
    assert "http://127.0.0.1:8710/" in line.found
    presence.end()
    assert running(workspace) == []
    workspace.close()


def test_only_who_keeps_house_asks_for_what_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    bill = tmp_path / "bill.csv"
    bill.write_text("x\n1\n", encoding="utf-8")
    workspace.add_source("late", "focus", str(bill), cadence="hourly")
    asked: list[str] = []
    monkeypatch.setattr(Syncer, "request", lambda self, name: asked.append(name))
    house = House(workspace)
    assert house.held()
    syncer = Syncer(workspace, tick_seconds=0.05)
    syncer.start()
    time.sleep(0.4)
    assert asked == []
    house.release()
    assert _eventually(lambda: "late" in asked)
    syncer.stop()
    assert house.held()
    house.release()
    workspace.close()
