"""What a newcomer does by the README's own words, from a clone to an own bill."""

import os
import re
import shlex
import socket
import subprocess
import time
import urllib.request
from datetime import date
from pathlib import Path

import duckdb
import pytest

from outlay.app.demo import lines, write_cur
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span
from outlay.cli.main import main
from tests.shared import ROOT

BUCKET = "s3://acme-billing/cur"
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def own_bill_lines() -> list[str]:
    """The shell lines of the README's own-bill section."""
    section = (ROOT / "README.md").read_text("utf-8").split("## Your own bill")[1].split("\n## ")[0]
    return [line for block in _SHELL.findall(section) for line in block.splitlines()]


def write_bill(folder: Path) -> None:
    """One closed month of a CUR 2.0 export."""
    story = Story(date(2026, 11, 24), date(2026, 11, 24), span=2)
    month = story.restated
    with duckdb.connect(":memory:") as con:
        lines.build(con, story, Span(month.start, month.end, story.today))
        write_cur.write_cur2(con, folder, month, "run-1", True)


def test_the_readme_leads_from_nothing_to_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_bill(tmp_path / "bills")
    monkeypatch.chdir(tmp_path)
    run = []
    for line in own_bill_lines():
        words = shlex.split(line)
        if words[0] == "cd":
            monkeypatch.chdir(words[1])
        if (
            words[0] != "outlay"
            or words[1] in ("serve", "sync")
            or "s3://" in line
            and "load" in line
        ):
            continue  # a page and a bucket have tests of their own
        status = main(words[1:])
        shown = capsys.readouterr()
        assert status == 0, f"{line}\n{shown.out}\n{shown.err}"
        run.append((words[1], shown.out))
    assert [name for name, _ in run] == ["init", "load", "deliveries", "query", "query", "source"]
    answers = dict(run)
    assert "2026-10" in answers["load"] and "yes" in answers["deliveries"]
    assert "checkout" in answers["query"]


@pytest.mark.fresh
def test_a_fresh_clone_opens_the_demo_twice(tmp_path: Path) -> None:
    """`make demo` with a new environment, the page asked for, and the second run reusing both."""
    clone = tmp_path / "outlay"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    # The usual port is some other program's.
    taken = socket.create_server(("127.0.0.1", 8710), reuse_port=False)
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    times = []
    for _ in range(2):
        began = time.monotonic()
        with subprocess.Popen(
            ["make", "demo"], cwd=clone, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        ) as server:  # fmt: skip
            try:
                assert server.stdout is not None
                shown = []
                for line in server.stdout:
                    shown.append(line)
                    if match := re.search(r"http://\S+", line):
                        break
                else:
                    pytest.fail("".join(shown))
                with urllib.request.urlopen(match[0], timeout=60) as answer:
                    assert answer.status == 200
                    assert b"Kestrel Outdoor" in answer.read()
            finally:
                os.killpg(server.pid, 15)
        times.append(time.monotonic() - began)
    taken.close()
    assert times[1] < times[0]
