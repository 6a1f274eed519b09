"""A whole workspace on either database: sources, runs and views live there."""

from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.query import CostQuery
from outlay.resources.database import HEAD
from tests.cli.bills import write_bill


def test_a_workspace_works_on_either_database(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_DATABASE_URL", database_url)
    workspace = Workspace.init(tmp_path / "acme")
    workspace.load([str(write_bill(tmp_path / "bill.csv"))], author="ann")
    workspace.save_view("mine", CostQuery(by="ServiceName"), author="ann")
    workspace.close()

    again = Workspace.open(tmp_path / "acme")
    status = again.show_source("bill")
    assert (status.rows, status.last_run and status.last_run.outcome) == (3, "loaded")
    assert again.view_query("mine") == CostQuery(by="ServiceName")
    assert [c.author for c in again.resources.audit()] == ["ann", "ann"]
    line = next(line for line in again.doctor() if line.topic == "database")
    assert line.ok and f"schema {HEAD}" in line.found
    again.close()
