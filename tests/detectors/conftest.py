"""A company with two months of Databricks, looked at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import databricks
from outlay.app.detectors import asking
from outlay.app.savings import looking

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 9)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company's workspace after its first look."""
    folder = tmp_path_factory.mktemp("detectors")
    story = Story(TODAY, TODAY, 2)
    for month in story.months():
        databricks.write(folder / "bill", month, story)
    workspace = Workspace.init(folder / "workspace", name="Acme")
    workspace.load([str(folder / "bill")], source="dbx")
    looking.look(workspace, NOW)
    workspace.close()
    return folder / "workspace"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (asking, looking):
        monkeypatch.setattr(module, "utc_now", lambda: NOW)


@pytest.fixture(scope="session")
def _kept(made: Path) -> Iterator[Workspace]:
    workspace = Workspace.open(made)
    yield workspace
    workspace.close()


@pytest.fixture
def company(_kept: Workspace) -> Workspace:
    """The company; not to be changed."""
    return _kept


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the company, to be changed."""
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()
