"""The company behind the tests of commitments, loaded once; those who change it have a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.commitments.company import NOW, company

_ASKED = ("ledger", "overview", "planning", "held")


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the first of November 2026."""
    for module in _ASKED:
        monkeypatch.setattr(f"outlay.app.commitments.{module}.utc_now", lambda: NOW)
    monkeypatch.setattr("outlay.app.forecasting.commitments.utc_now", lambda: NOW)
    monkeypatch.setattr(Workspace, "today", lambda _: NOW.date())


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commitments")
    company(folder).close()
    return folder / "workspace"


@pytest.fixture(scope="session")
def kept(made: Path) -> Iterator[Workspace]:
    """The company; not to be changed."""
    workspace = Workspace.open(made)
    yield workspace
    workspace.close()


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the company, to be changed."""
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()
