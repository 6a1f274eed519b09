"""The company behind the tests of plans, loaded once; those who change it have a copy."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.plans.company import COMPLETE_UNTIL, company


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    company(folder).close()
    return folder / "workspace"


@pytest.fixture
def own(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A copy of the company on 10 February 2025: that day's charges may still come."""
    shutil.copytree(made, tmp_path / "workspace")
    monkeypatch.setattr(Workspace, "incomplete_from", lambda self, as_of=None: COMPLETE_UNTIL)
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()
