"""`outlay reports` and `outlay channels`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.cli import main
from tests.reports.conftest import bills, http, put_channel, put_report, workspace
from tests.reports.servers import HttpServer
from tests.web.company import SEPTEMBER_TOTAL

__all__ = ["bills", "http", "workspace"]

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(workspace: Workspace, http: HttpServer) -> str:
    """A workspace with two reports, one of which cannot arrive at first."""
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_channel(workspace, "hook", type="webhook", url=http.url)
    put_report(workspace, channels=["outbox"], formats=["csv"], schedule="daily at 07:00")
    put_report(workspace, "hooked", channels=["hook"])
    return str(workspace.path)


def run(folder: str, *words: str) -> int:
    return main(["-w", folder, *words])


def test_a_report_is_listed_shown_previewed_and_sent(
    folder: str, capsys: Capture, tmp_path: Path
) -> None:
    assert run(folder, "reports", "list") == 0
    assert "view services" in capsys.readouterr().out
    assert run(folder, "reports", "preview", "services") == 0
    assert SEPTEMBER_TOTAL in capsys.readouterr().out
    out = tmp_path / "services.csv"
    assert run(folder, "reports", "preview", "services", "--format", "csv", "--out", str(out)) == 0
    assert out.read_text().startswith("ServiceName,EffectiveCost")
    assert run(folder, "reports", "send", "services") == 0
    assert "services by outbox: sent: 2 files in outbox/" in capsys.readouterr().out
    assert run(folder, "reports", "show", "services") == 0
    shown = capsys.readouterr().out
    assert "When      daily at 07:00 (UTC); next " in shown
    assert "Eyes      ana" in shown


def test_what_did_not_arrive_is_said_and_can_be_retried(
    folder: str, capsys: Capture, http: HttpServer
) -> None:
    http.answers = [(410, {})]
    assert run(folder, "reports", "send", "hooked") == 1
    assert "hooked by hook: failed: The webhook at 127.0.0.1 answers 410" in capsys.readouterr().out
    assert run(folder, "reports", "log", "--state", "failed", "--json") == 0
    (failed,) = json.loads(capsys.readouterr().out)
    assert [entry["outcome"] for entry in failed["log"]] == ["failed"]
    assert run(folder, "reports", "log", "--retry", str(failed["id"])) == 0
    assert "hooked by hook: sent" in capsys.readouterr().out


def test_nothing_is_due_and_what_to_run_must_be_said(folder: str, capsys: Capture) -> None:
    assert run(folder, "reports", "run", "--due") == 0
    assert "Nothing is due." in capsys.readouterr().out
    assert run(folder, "reports", "run") == 2
    assert "--due" in capsys.readouterr().err


def test_channels_are_listed_and_tried(folder: str, capsys: Capture) -> None:
    assert run(folder, "channels", "test", "outbox") == 0
    assert run(folder, "channels", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out.partition("\n[")[2].join(["[", ""]))
    assert [(one["name"], one["failing"]) for one in listed] == [("hook", False), ("outbox", False)]


def test_a_wrong_name_says_what_there_is(folder: str, capsys: Capture) -> None:
    assert run(folder, "reports", "send", "none") == 1
    assert "There are: hooked, services" in capsys.readouterr().err
    assert run(folder, "reports", "send", "services", "--channel", "hook") == 1
    assert "Its channels: outbox" in capsys.readouterr().err
