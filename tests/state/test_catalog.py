"""The lake's catalog in a database: loads, readers, processes at once, moving, and mistakes."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from outlay.app import Workspace, WorkspaceError
from outlay.app.servers import Presence
from outlay.app.state import move_catalog
from outlay.lake import LakeError
from outlay.query import CostQuery
from tests.web.company import AUGUST, AUGUST_TOTAL, SEPTEMBER, SEPTEMBER_TOTAL, csv_text, load

BOTH = Decimal(AUGUST_TOTAL) + Decimal(SEPTEMBER_TOTAL)


@contextmanager
def database(server: str) -> Iterator[str]:
    """An empty database of a PostgreSQL server."""
    name = f"outlay_{uuid.uuid4().hex}"
    plain = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(plain, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def shared(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with database(postgres_server) as url:
        yield url


@pytest.fixture
def team(shared: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a team: database and catalog in one PostgreSQL database."""
    monkeypatch.setenv("OUTLAY_DATABASE_URL", shared)
    monkeypatch.setenv("OUTLAY_CATALOG_URL", shared)
    return shared


def total(workspace: Workspace) -> Decimal:
    found = workspace.query(CostQuery()).total
    assert found is not None
    amount = found["EffectiveCost"]
    assert isinstance(amount, Decimal)
    return amount


pytestmark = pytest.mark.postgres


def test_a_lake_whose_catalog_is_in_the_database(team: str, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path, "acme", [*AUGUST, *SEPTEMBER])
    assert total(workspace) == BOTH
    assert not (tmp_path / "ws" / "lake" / "catalog.db").exists()
    # History, tags and upkeep go through the same catalog.
    load(workspace, tmp_path, "acme", [*AUGUST])
    first = workspace.snapshots()[0].snapshot_id
    assert workspace.query(CostQuery(as_of=str(first))).total == {"EffectiveCost": BOTH}
    workspace.lake.keep(first, "closed")
    workspace.lake.maintain()
    assert workspace.lake.verify() == []
    assert {line.topic: line.ok for line in workspace.doctor()}["catalog"]
    workspace.close()
    again = Workspace.open(tmp_path / "ws")
    assert total(again) == total(workspace)
    again.close()


@pytest.mark.slow
def test_two_lakes_in_one_database_do_not_meet(team: str, tmp_path: Path) -> None:
    lakes = []
    for name, lines in (("a", AUGUST), ("b", SEPTEMBER)):
        workspace = Workspace.init(tmp_path / name)
        load(workspace, tmp_path / f"bills-{name}", "acme", lines)
        lakes.append(workspace)
    assert [total(workspace) for workspace in lakes] == [
        Decimal(AUGUST_TOTAL),
        Decimal(SEPTEMBER_TOTAL),
    ]
    for workspace in lakes:
        workspace.close()


@pytest.mark.slow
def test_processes_that_load_at_once_lose_nothing(team: str, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    total_wanted = Decimal(0)
    children = []
    for number, lines in enumerate((AUGUST, SEPTEMBER, AUGUST, SEPTEMBER)):
        # Two of them bring the same bill at once: it is there once.
        source = f"source-{number % 3}"
        path = tmp_path / f"{number}" / f"{source}.csv"
        path.parent.mkdir()
        path.write_text(csv_text(AUGUST if number in (0, 3) else lines), encoding="utf-8")
        words = [sys.executable, "-m", "outlay", "-w", str(workspace.path)]
        children.append(subprocess.Popen([*words, "load", str(path), "--source", source, "--json"]))
    for child in children:
        assert child.wait(120) == 0
    total_wanted = 2 * Decimal(AUGUST_TOTAL) + Decimal(SEPTEMBER_TOTAL)
    assert total(workspace) == total_wanted
    assert len(workspace.deliveries()) == 3
    assert workspace.lake.verify() == []
    workspace.close()


def test_the_catalog_moves_into_the_database_and_back(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path, "acme", AUGUST)
    workspace.close()

    monkeypatch.setenv("OUTLAY_CATALOG_URL", shared)
    workspace = Workspace.open(tmp_path / "ws")
    # Until it has moved, nothing is answered: an empty lake would be shown.
    with pytest.raises(LakeError, match="still in its folder.*outlay catalog move --to database"):
        workspace.pin()
    presence = Presence(workspace, "http://127.0.0.1:1/")
    with pytest.raises(WorkspaceError, match="the workspace is being served"):
        move_catalog(workspace, "database")
    presence.end()
    assert move_catalog(workspace, "database").shared
    assert total(workspace) == Decimal(AUGUST_TOTAL)
    load(workspace, tmp_path, "september", SEPTEMBER)
    assert total(workspace) == BOTH
    with pytest.raises(LakeError, match="in a database already"):
        move_catalog(workspace, "database")
    workspace.close()

    monkeypatch.delenv("OUTLAY_CATALOG_URL")
    workspace = Workspace.open(tmp_path / "ws")
    with pytest.raises(LakeError, match="OUTLAY_CATALOG_URL does not name it"):
        workspace.pin()
    with pytest.raises(WorkspaceError, match="OUTLAY_CATALOG_URL is not set"):
        move_catalog(workspace, "folder")
    workspace.close()

    monkeypatch.setenv("OUTLAY_CATALOG_URL", shared)
    workspace = Workspace.open(tmp_path / "ws")
    assert not move_catalog(workspace, "folder").shared
    workspace.close()
    monkeypatch.delenv("OUTLAY_CATALOG_URL")
    workspace = Workspace.open(tmp_path / "ws")
    assert total(workspace) == BOTH
    load(workspace, tmp_path, "again", AUGUST)
    assert workspace.lake.verify() == []
    workspace.close()


@pytest.mark.slow
def test_the_command_says_where_it_is_and_moves_it(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path, "acme", AUGUST)
    workspace.close()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "outlay", "-w", str(tmp_path / "ws"), "catalog", *words]
        return subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=60)

    assert json.loads(run("show", "--json").stdout)["shared"] is False
    monkeypatch.setenv("OUTLAY_CATALOG_URL", shared)
    assert run("move", "--to", "moon").returncode == 2
    assert "several hosts" in run("move", "--to", "database").stdout
    assert json.loads(run("show", "--json").stdout)["shared"] is True


def test_an_address_that_cannot_be_says_what_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, says in (
        ("mysql://localhost/x", "Allowed: postgresql://"),
        ("not a url", "no address of a database"),
        ("postgresql://ann:hunter2@127.0.0.1:1/x", "cannot be read"),
    ):
        monkeypatch.setenv("OUTLAY_CATALOG_URL", url)
        workspace = Workspace.init(tmp_path / uuid.uuid4().hex)
        with pytest.raises(LakeError, match=says) as caught:
            workspace.pin()
        assert "hunter2" not in str(caught.value)
        workspace.close()


def test_a_lost_catalog_is_no_empty_lake(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    load(workspace, tmp_path, "acme", AUGUST)
    workspace.close()
    for path in (tmp_path / "ws" / "lake").glob("catalog.db*"):
        path.unlink()
    workspace = Workspace.open(tmp_path / "ws")
    with pytest.raises(LakeError, match="its catalog does not know its table"):
        workspace.pin()
    (done,) = workspace.load([str(tmp_path / "acme.csv")], source="acme")
    assert "its catalog does not know its table" in done.error
    assert not {line.topic: line.ok for line in workspace.doctor()}["catalog"]
    workspace.close()
