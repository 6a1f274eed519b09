"""The company behind the tests of budgets, loaded once; those who change it have a copy."""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.budgets.company import NOW, company, keep

MOMENT = datetime(NOW.year, NOW.month, NOW.day, 9)
JUNE = "2026-06-01"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("budgets")
    workspace = company(folder)
    keep(workspace, "all", title="Everything", amount="600", **{"from": JUNE})
    keep(workspace, "shop", title="The shop", scope="team = 'shop'", amount="400", parent="all",
         rollover="both", owner={"tag": "team", "value": "shop"}, **{"from": JUNE})  # fmt: skip
    keep(workspace, "data", scope="team = 'data'", amount="150", parent="all",
         rollover={"carry": "unused", "cap": "20"}, **{"from": JUNE})  # fmt: skip
    workspace.close()
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
    # Without the answers that are kept, so that a test sees how they are worked out.
    kept_there = shutil.ignore_patterns("budgets")
    shutil.copytree(made, tmp_path / "workspace", ignore=kept_there)
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()
