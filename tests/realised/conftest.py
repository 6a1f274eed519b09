"""The simulated company: accepted in September, done on the first of October, measured after it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.realised.following import follow
from outlay.app.savings import acting
from tests.realised.company import (
    ACCEPTED,
    DONE,
    FINDINGS,
    LATER,
    company,
    october,
    recommend,
)

NUMBERS = {name: number for number, name in enumerate(FINDINGS, start=1)}
"""The recommendations' numbers by the names of their findings."""

OWNERS = {"vol-2": "data", "i-2 size": "data", "i-2 hours": "data", "i-3": "data"}


@pytest.fixture(scope="session")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """August and September; everything is accepted, and said to be done on 30 September."""
    folder = tmp_path_factory.mktemp("realised")
    workspace = company(folder)
    for name, found in FINDINGS.items():
        one = recommend(workspace, found, owner=OWNERS.get(name, "shop"))
        acting.accept(workspace, one.id, now=ACCEPTED)
    for number in NUMBERS.values():
        acting.implement(workspace, number, now=DONE)
    workspace.close()
    return folder


@pytest.fixture(scope="session")
def made(accepted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With October's bill, measured on 2 November."""
    folder = tmp_path_factory.mktemp("measured") / "company"
    shutil.copytree(accepted, folder)
    workspace = Workspace.open(folder / "workspace")
    october(workspace, folder)
    follow(workspace, LATER)
    workspace.close()
    return folder


@pytest.fixture(scope="session")
def kept(made: Path) -> Iterator[Workspace]:
    """The measured company; not to be changed."""
    workspace = Workspace.open(made / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of the measured company, to be changed."""
    shutil.copytree(made, tmp_path / "company")
    workspace = Workspace.open(tmp_path / "company" / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture
def before(accepted: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy without October, to be changed."""
    shutil.copytree(accepted, tmp_path / "company")
    workspace = Workspace.open(tmp_path / "company" / "workspace")
    yield workspace
    workspace.close()
