"""The command line as other programs see it: real processes in an empty folder."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.cli.bills import SEPTEMBER_TOTAL, write_bill

OUTLAY = [sys.executable, "-m", "outlay"]


def outlay(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OUTLAY_")}
    return subprocess.run(
        [*OUTLAY, *(str(word) for word in words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_from_nothing_to_an_answer(tmp_path: Path) -> None:
    write_bill(tmp_path / "bill.csv")
    nothing = outlay(tmp_path, "query")
    assert nothing.returncode == 2 and "outlay init" in nothing.stderr
    assert outlay(tmp_path, "init").returncode == 0
    loaded = outlay(tmp_path, "load", "bill.csv")
    assert (loaded.returncode, loaded.stderr) == (0, "")
    answer = json.loads(outlay(tmp_path, "query", "--measure", "BilledCost", "--json").stdout)
    assert answer["total"] == {"BilledCost": SEPTEMBER_TOTAL}
    # A bill inside the workspace is kept relative to it: the workspace may move.
    assert "location: bill.csv" in outlay(tmp_path, "get", "source", "bill").stdout
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    again = outlay(moved, "sync", "bill", "--json")
    assert json.loads(again.stdout)[0]["slices"][0]["status"] == "unchanged"


def test_a_reader_that_stops_early_is_no_failure(tmp_path: Path) -> None:
    script = f"'{sys.executable}' -m outlay source kinds --json | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "[\n"
    assert "Traceback" not in done.stderr and "BrokenPipe" not in done.stderr


def test_serve_answers_on_loopback_and_stops_on_interrupt(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    outlay(tmp_path, "init")
    server = subprocess.Popen(
        [*OUTLAY, "serve", "--port", "0", "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(4)]
        address = json.loads("".join(lines))["address"]
        assert address.startswith("http://127.0.0.1:")
        for _ in range(100):
            try:
                with urllib.request.urlopen(address, timeout=10) as page:
                    assert page.status == 200
                    break
            except ConnectionError:
                time.sleep(0.1)
        else:
            pytest.fail("the page did not answer")
    finally:
        server.send_signal(2)
        _, errors = server.communicate(timeout=30)
    assert "Traceback" not in errors
