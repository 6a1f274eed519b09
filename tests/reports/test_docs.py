"""What docs/reports.md says is true: its files apply, its receiver checks what we sign."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.reports import delivering, use
from outlay.reports.channels.webhook import signature
from outlay.reports.model import CHANNEL_TYPES, ChannelSpec
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "reports.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def fences(language: str) -> list[str]:
    return [body for name, body in FENCE.findall(PAGE) if name == language]


@pytest.mark.slow
def test_the_files_of_the_page_apply_and_the_report_is_sent(
    workspace: Workspace, tmp_path: Path
) -> None:
    for number, body in enumerate(fences("yaml")):
        path = tmp_path / f"{number}.yaml"
        path.write_text(body)
        plan = workspace.plan_resources(workspace.read_resource_files([path]), effects=False)
        workspace.apply_resources(plan, author="ana")
    found = [one.spec for one in use.channels(workspace)]
    assert {spec.type for spec in found if isinstance(spec, ChannelSpec)} == set(CHANNEL_TYPES)
    done = delivering.run(workspace, ids=delivering.put_now(workspace, "teams-monthly"))
    assert [one.state for one in done] == ["sent"]
    names = {path.name for path in (workspace.path / "outbox").rglob("*.*")}
    assert {name.rpartition(".")[2] for name in names} >= {"html", "pdf", "xlsx", "json"}


def test_the_receiver_of_the_page_takes_what_we_sign_and_nothing_else() -> None:
    (body,) = [one for one in fences("python") if "def is_ours" in one]
    names: dict[str, Any] = {}
    exec(body, names)
    is_ours, now = names["is_ours"], int(time.time())
    header = signature("secret", b'{"a":1}', now)
    assert is_ours("secret", header, b'{"a":1}')
    assert not is_ours("secret", header, b'{"a":2}')
    assert not is_ours("other", header, b'{"a":1}')
    assert not is_ours("secret", signature("secret", b"x", now - 600), b"x")


def test_the_notice_of_the_page_goes_out(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.resources.put("Channel", "outbox", {"type": "file", "folder": "outbox"}, author="a")
    (body,) = [one for one in fences("python") if "notify(" in one]
    monkeypatch.setattr(Workspace, "open", lambda _: workspace)
    exec(body, {})
    (done,) = delivering.run(workspace)
    assert (done.kind, done.state) == ("notice", "sent")


def test_the_schedules_and_conditions_of_the_page_are_read() -> None:
    from outlay.reports import conditions, schedule

    table = PAGE.partition("| `schedule` |")[2].partition("\n\n")[0]
    texts = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    found = [text for cell in texts for text in re.findall(r"`([^`]+)`", cell)]
    assert len(found) >= 8
    for text in found:
        schedule.parse(text)
    section = PAGE.partition("`only_if` holds")[2].partition("\n\n")[0]
    told = re.findall(r"`((?:change|moves|total|not)[^`]*[\d%y])`", section)
    assert len(told) >= 4
    for text in told:
        assert conditions.parse(text) is not None
