"""What the demo's people are sent."""

from __future__ import annotations

from outlay.app import Workspace
from outlay.app.demo import reports
from outlay.app.reports import delivering, use
from tests.reports.conftest import SERVICES


def test_the_demo_sends_into_a_folder_and_leaves_changes_alone(workspace: Workspace) -> None:
    workspace.resources.put("View", "teams", SERVICES, author="ana")
    reports.configure(workspace)
    assert [line.name for line in use.reports(workspace)] == ["teams-monthly", "statements-closed"]
    done = delivering.run(workspace, ids=delivering.put_now(workspace, "teams-monthly"))
    assert [one.state for one in done] == ["sent"]
    assert list((workspace.path / "outbox" / "teams-monthly").rglob("*.pdf"))
    workspace.resources.delete("Report", "statements-closed", author="ana")
    reports.configure(workspace)
    assert [line.name for line in use.reports(workspace)] == ["teams-monthly"]
