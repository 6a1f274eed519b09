"""A company with a plan, loaded once and copied where a test changes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.conftest import serving
from tests.web.page import Node, parse
from tests.web.planned import PLAN, planned

HERE = f"/plans/{PLAN}"
EC2 = ("shop", "Amazon Elastic Compute Cloud")


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plans")
    planned(folder).close()
    return folder / "workspace"


@pytest.fixture(scope="package")
def kept(made: Path) -> Iterator[Workspace]:
    """The company; not to be changed."""
    workspace = Workspace.open(made)
    yield workspace
    workspace.close()


@pytest.fixture(scope="package")
def reader(kept: Workspace) -> TestClient:
    return serving(kept)


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy, to be changed."""
    shutil.copytree(made, tmp_path / "workspace")
    workspace = Workspace.open(tmp_path / "workspace")
    yield workspace
    workspace.close()


@pytest.fixture
def client(own: Workspace) -> TestClient:
    return serving(own)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def amounts(row: Node) -> list[Decimal | None]:
    """The exact amounts of a row of the grid."""
    return [
        Decimal(cell.attrs["data-v"]) if "data-v" in cell.attrs else None for cell in row.all("td")
    ]


def grid(root: Node) -> dict[str, Node]:
    table = root.one("table", id="table")
    return {row.attrs["data-name"]: row for row in table.all("tr", data_name="*")}
