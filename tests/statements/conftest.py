"""The desk of finance, empty or with the month that is worked out by hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.statements.desk import SEPTEMBER_BILL, SPLIT, Desk


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Desk]:
    """A workspace with the tag `team` and no bill."""
    made = Desk.make(tmp_path)
    yield made
    made.workspace.close()


@pytest.fixture(scope="session")
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("desk") / "template"
    made = Desk.make(place)
    made.put("Split", "share-platform", SPLIT)
    made.bill(SEPTEMBER_BILL)
    made.workspace.close()
    return place


@pytest.fixture
def desk(_loaded: Path, tmp_path: Path) -> Iterator[Desk]:
    """With September's bill and the platform shared evenly; a copy, quicker than to load it."""
    shutil.copytree(_loaded, tmp_path / "desk")
    made = Desk(Workspace.open(tmp_path / "desk" / "workspace"), tmp_path / "desk")
    yield made
    made.workspace.close()
