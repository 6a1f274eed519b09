"""`outlay alerts` and `outlay watch`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.alerts.raising import raise_signal
from outlay.cli import main
from tests.alerts_app.conftest import put_channel, put_route, signal
from tests.web.company import AUGUST, csv_text

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(workspace: Workspace) -> str:
    """A workspace with an open alert and a route to a folder."""
    put_channel(workspace, "ops", type="file", folder="outbox")
    put_route(workspace, "all", title="Everything", to={"channels": ["ops"]},
              digest="daily at 08:00")  # fmt: skip
    raise_signal(workspace, signal())
    return str(workspace.path)


def run(folder: str, *words: str) -> int:
    return main(["-w", folder, *words])


def test_alerts_are_looked_for_listed_shown_and_acknowledged(folder: str, capsys: Capture) -> None:
    assert run(folder, "watch", "--only", "alerts") == 0
    assert "ops: sent 2 files in outbox/" in capsys.readouterr().out
    assert run(folder, "alerts", "list") == 0
    assert "1,234.56 EUR" in capsys.readouterr().out
    assert run(folder, "alerts", "list", "--json") == 0
    (alert,) = json.loads(capsys.readouterr().out)["alerts"]
    assert alert["amount"] == "1234.560000000000000000001"
    assert run(folder, "alerts", "digest", "--preview") == 0
    assert "1 open alert" in capsys.readouterr().out
    assert run(folder, "alerts", "acknowledge", "1", "--note", "on it") == 0
    assert "Amazon EC2 costs more than expected: acknowledged." in capsys.readouterr().out
    assert run(folder, "alerts", "digest", "--preview") == 0
    assert "No digest has anything to tell now." in capsys.readouterr().out
    assert run(folder, "alerts", "show", "1") == 0
    shown = capsys.readouterr().out
    assert "Driver    instance i-0abc in eu-central-1, by usage" in shown
    assert "acknowledged" in shown
    assert run(folder, "alerts", "list") == 0
    assert "No alert fits. There are: 1 acknowledged." in capsys.readouterr().out


def test_an_alert_is_snoozed_reopened_assigned_and_settled(folder: str, capsys: Capture) -> None:
    for words, state in (
        (("snooze", "1", "3d"), "snoozed"),
        (("reopen", "1"), "open"),
        (("assign", "1", "ana"), "open"),
        (("settle", "1", "--note", "released"), "settled"),
    ):
        assert run(folder, "alerts", *words) == 0
        assert capsys.readouterr().out.strip().endswith(f"{state}.")
    assert run(folder, "alerts", "settle", "1") == 1
    assert "alert 1 is settled already" in capsys.readouterr().err
    assert run(folder, "alerts", "show", "9") == 1
    assert "there is no alert 9" in capsys.readouterr().err


def test_routes_are_listed_previewed_and_tested(folder: str, capsys: Capture) -> None:
    assert run(folder, "alerts", "routes", "list") == 0
    assert "ops" in capsys.readouterr().out
    assert run(folder, "alerts", "routes", "preview", "all") == 0
    assert "1 of 1 alerts since" in capsys.readouterr().out
    assert run(folder, "alerts", "routes", "test", "all") == 0
    assert "ops: sent 2 files in outbox/" in capsys.readouterr().out


def test_a_load_looks_afterwards_unless_told_not_to(
    workspace: Workspace, tmp_path: Path, capsys: Capture
) -> None:
    from outlay.app.alerts.raising import store

    bill = tmp_path / "acme.csv"
    bill.write_text(csv_text(AUGUST), encoding="utf-8")
    assert run(str(workspace.path), "load", str(bill), "--source", "acme", "--no-watch") == 0
    assert store(workspace).last_look() is None
    capsys.readouterr()
    assert run(str(workspace.path), "load", str(bill), "--source", "acme", "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)[0]["source"] == "acme"
    assert store(workspace).last_look() is not None


def test_a_look_whose_step_fails_exits_with_one(
    folder: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.alerts import watch_freshness

    def broken(*_: object) -> None:
        raise RuntimeError("the clock stands still")

    monkeypatch.setattr(watch_freshness, "watch", broken)
    assert run(folder, "watch", "--json") == 1
    captured = capsys.readouterr()
    steps = {step["name"]: step["failed"] for step in json.loads(captured.out)["steps"]}
    assert steps["freshness"] == "the clock stands still"
    assert "Warning: the look at freshness failed: the clock stands still" in captured.err
    assert run(folder, "alerts", "list", "--json") == 0
    assert "The last look at freshness did not work: alerts may be" in capsys.readouterr().err
    assert run(folder, "watch", "--only", "weather") != 0
