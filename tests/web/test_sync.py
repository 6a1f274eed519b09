"""Asking for a sync from a source's page."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.scheduling import Syncer
from outlay.web.app import create_app
from tests.cli.bills import write_bill


class Noted(Syncer):
    """A syncer that only notes what it was asked for."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.asked: list[str] = []

    def request(self, name: str) -> None:
        self.asked.append(name)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.init(tmp_path / "ws")
    write_bill(tmp_path / "bill" / "a.csv")
    made.add_source("a", "aws-focus", str(tmp_path / "bill"))
    return made


def test_the_button_asks_for_a_sync_and_the_page_says_when_the_next_one_is(
    workspace: Workspace,
) -> None:
    syncer = Noted(workspace)
    with TestClient(
        create_app(workspace, syncer=syncer), base_url="http://127.0.0.1", follow_redirects=False
    ) as client:
        page = client.get("/sources/a").text
        assert "Sync now" in page
        assert "Next sync" in page
        answer = client.post("/sources/a/sync")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sources/a")
        assert syncer.asked == ["a"]
        assert client.post("/sources/none/sync").status_code == 404
        # Another site's page cannot ask for it.
        assert client.post("/sources/a/sync", headers={"Sec-Fetch-Site": "cross-site"}).is_error
        assert syncer.asked == ["a"]


def test_without_background_syncs_there_is_no_button(workspace: Workspace) -> None:
    with TestClient(create_app(workspace), base_url="http://127.0.0.1") as client:
        page = client.get("/sources/a").text
        assert "Sync now" not in page
        assert "Next sync" not in page
