"""The company behind the tests of plans, loaded once; those who change it have a copy."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.money import BillingPeriod
from outlay.planning.plans.edits import NewLine
from tests.plans.company import COMPLETE_UNTIL, SPEC, company

OCTOBER = BillingPeriod(2026, 10)


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


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace without bills, with the plan `fy27`."""
    workspace = Workspace.init(tmp_path_factory.mktemp("bare") / "workspace", currency="USD")
    plans.new_plan(workspace, "fy27", SPEC | {"starts": "2026-10"})
    workspace.close()
    return workspace.path


@pytest.fixture
def books(bare: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it, with a draft of two lines that people planned."""
    shutil.copytree(bare, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    plans.start_draft(workspace, "fy27")
    for team, amount in (("shop", "100.00"), ("data", "50.00")):
        new = NewLine((team, "Compute"), "", ((OCTOBER, Decimal(amount)),))
        plans.add_line(workspace, "fy27", new, "to begin with")
    yield workspace
    workspace.close()
