"""With whose eyes a report is made: its owner's of now, never wider."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.access.people import People
from outlay.app import Workspace
from outlay.app.reports import delivering, owners, use
from outlay.app.reports.delivering import run
from outlay.reports.errors import PermanentError
from outlay.reports.model import FORMS
from tests.access.leaks import assert_no_canary, canaries
from tests.access.twoteams import SCOPE, two_teams

CONTENTS = {
    "view": {"view": "by-team"},
    "dashboard": {"dashboard": "board"},
    "home": {"home": "finance"},
    "statements": {"statements": {"plan": "team", "month": "2026-09"}},
    "statement": {"statements": {"plan": "team", "value": "checkout", "month": "2026-08"}},
}
BOARD = {
    "panels": [
        {"title": "Cost", "kind": "figure", "query": {"range": "2026-09-01..2026-10-01"}},
        {"title": "Teams", "kind": "table", "query": {"by": ["team"]}},
        {"title": "Months", "kind": "area", "query": {"by": ["SubAccountName"], "grain": "month"}},
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = two_teams(tmp_path_factory.mktemp("teams"))
    put = made.workspace.resources.put
    put("Dashboard", "board", BOARD, author="test")
    put("Channel", "folder", {"type": "file", "folder": "outbox"}, author="test")
    put("Role", "checkout", {"level": "editor", "scope": SCOPE}, author="test")
    people = People(made.workspace.resources)
    people.add("root", "admin")
    people.add("carl", "checkout", display="Carl")
    people.add("vera", "viewer")
    for name, content in CONTENTS.items():
        for author in ("carl", "root"):
            put("Report", f"{author}-{name}", _report(content), author=author)
    made.workspace.close()
    return made.workspace.path


def _report(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"content": content, "channels": ["folder"], "formats": list(FORMS), **more}


@pytest.fixture
def workspace(teams: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(teams, tmp_path / "ws")
    found = Workspace.open(tmp_path / "ws")
    yield found
    found.close()


def sent(workspace: Workspace, name: str) -> list[bytes]:
    """What arrived: every file of a delivery."""
    (done,) = run(workspace, ids=delivering.put_now(workspace, name))
    assert done.state == "sent", done.message
    files = [p for p in (workspace.path / "outbox" / name).rglob("*") if p.is_file()]
    assert len(files) >= 3
    return [path.read_bytes() for path in files]


SLOWLY = pytest.mark.slow


@pytest.mark.parametrize(
    "content",
    [pytest.param(c, marks=[SLOWLY] * (c not in ("view", "statements"))) for c in CONTENTS],
)
def test_a_report_of_a_scoped_person_tells_nothing_else(workspace: Workspace, content: str) -> None:
    for file in sent(workspace, f"carl-{content}"):
        assert_no_canary(file)


def test_the_same_report_of_an_administrator_tells_all(workspace: Workspace) -> None:
    """The check above can fail."""
    assert any(canaries(file) for file in sent(workspace, "root-view"))


@SLOWLY
def test_a_role_narrows_a_report_further(workspace: Workspace) -> None:
    spec = _report(CONTENTS["view"], run_as="checkout")
    workspace.resources.put("Report", "root-view", spec, author="root")
    for file in sent(workspace, "root-view"):
        assert_no_canary(file)


@SLOWLY
def test_a_scope_that_became_narrower_counts_at_the_next_run(workspace: Workspace) -> None:
    role = {"level": "editor", "scope": "team = 'nobody'"}
    workspace.resources.put("Role", "checkout", role, author="root")
    text = b"".join(sent(workspace, "carl-view"))
    assert b"checkout" not in text.replace(b"carl", b"")


@pytest.mark.parametrize("change", ["disable", "remove"])
def test_an_owner_who_is_gone_takes_the_report_with_him(workspace: Workspace, change: str) -> None:
    getattr(People(workspace.resources), change)("carl")
    (done,) = run(workspace, ids=delivering.put_now(workspace, "carl-view"))
    assert done.state == "failed"
    assert "'carl'" in done.message
    assert not (workspace.path / "outbox").exists()


def carl(**more: Any) -> Principal:
    return Principal("carl", Level.EDITOR, role="checkout", scope=SCOPE, via="session", **more)


@pytest.mark.parametrize(
    "form",
    [pytest.param(f, marks=[SLOWLY] * (f not in ("html", "xlsx"))) for f in use.PREVIEWS],
)
def test_a_preview_of_anothers_report_keeps_to_the_readers_scope(
    workspace: Workspace, form: str
) -> None:
    with acting(carl()):
        for file in use.preview(workspace, "root-view", form):
            assert_no_canary(file.content)


@SLOWLY
def test_a_test_sends_what_the_person_who_asks_may_see(workspace: Workspace) -> None:
    with acting(carl()):
        ids = use.put_test(workspace, "root-view", "folder")
    (done,) = run(workspace, ids=ids)
    assert done.state == "sent", done.message
    for path in (workspace.path / "outbox").rglob("*"):
        if path.is_file():
            assert_no_canary(path.read_bytes())


def test_why_a_condition_did_not_hold_is_not_told_to_others(workspace: Workspace) -> None:
    spec = _report(CONTENTS["dashboard"], schedule="* * * * *", only_if="total > 999999999")
    workspace.resources.put("Report", "root-dashboard", spec, author="root")
    from datetime import timedelta

    from outlay.app.runs import utc_now

    done = run(workspace, now=utc_now() + timedelta(minutes=2))
    skipped = next(one for one in done if one.report == "root-dashboard")
    assert skipped.state == "skipped"
    assert "15,485,795.70 USD" in skipped.message  # the sum of both teams
    with acting(carl()):
        (line,) = use.deliveries(workspace, "root-dashboard")
        shown = repr(line) + repr(use.reports(workspace))
        assert "the condition did not hold" in shown
        assert "15,485,795.70" not in shown


@SLOWLY
def test_nobody_names_an_owner_who_sees_more(workspace: Workspace) -> None:
    with acting(carl()), pytest.raises(AccessDeniedError, match="another owner"):
        spec = _report(CONTENTS["view"], owner="root")
        workspace.put_resource("Report", "sly", spec, author="carl")
    with acting(Principal("root", Level.ADMIN, via="session")):
        spec = _report(CONTENTS["view"], owner="carl")
        workspace.put_resource("Report", "for-carl", spec, author="root")
    for file in sent(workspace, "for-carl"):
        assert_no_canary(file)


def test_a_token_of_a_part_keeps_no_report(workspace: Workspace) -> None:
    token = Principal("root", Level.ADMIN, scope=SCOPE, via="token")
    with acting(token), pytest.raises(AccessDeniedError, match="token"):
        workspace.put_resource("Report", "sly", _report(CONTENTS["view"]), author="root")


def test_a_viewer_sends_nothing(workspace: Workspace) -> None:
    with acting(Principal("vera", Level.VIEWER, via="session")):
        for act in (
            lambda: use.put_now(workspace, "root-view"),
            lambda: use.put_test(workspace, "root-view", "folder"),
            lambda: use.test_channel(workspace, "folder"),
        ):
            with pytest.raises(AccessDeniedError):
                act()


def test_where_nobody_has_an_account_the_machines_person_sees_all(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "alone")
    assert owners.person(workspace, "ana").whole
    People(workspace.resources).add("root", "admin")
    with pytest.raises(PermanentError, match="has no account"):
        owners.person(workspace, "ana")
    workspace.close()
