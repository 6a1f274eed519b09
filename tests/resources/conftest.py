"""Stores on both databases: SQLite always, PostgreSQL where a server can be had."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from outlay.resources import Kind, Registry, ResourceStore, Spec, sqlite_url


class ThingSpec(Spec):
    location: str
    cadence: str = "daily"
    tags: dict[str, str] = {}


def thing_registry() -> Registry:
    registry = Registry()
    registry.register(
        Kind("Thing", ThingSpec, "Thing", "A thing.", "kind: Thing\nname: a\nspec: {location: x}\n")
    )
    return registry


def postgres_program(name: str) -> str | None:
    """A program of PostgreSQL: on the path, or where Debian keeps those of each version."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or next(map(str, versions), None)


def _start_postgres(folder: Path) -> tuple[str, Callable[[], None]]:
    """A throw-away server on a free loopback port; it refuses to run as root."""
    initdb, server = postgres_program("initdb"), postgres_program("postgres")
    if not initdb or not server:
        pytest.skip("no PostgreSQL: set OUTLAY_TEST_POSTGRES to a server's URL or install one")
    prefix: list[str] = []
    if os.geteuid() == 0:
        if not shutil.which("runuser"):
            pytest.skip("PostgreSQL refuses to run as root, and runuser is missing")
        shutil.chown(folder, "nobody")
        prefix = ["runuser", "-u", "nobody", "--"]
    data = folder / "data"
    subprocess.run(
        [*prefix, initdb, "-D", str(data), "-U", "outlay", "-A", "trust", "--no-sync"],
        check=True,
        capture_output=True,
        cwd=folder,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
    process = subprocess.Popen(
        [*prefix, server, *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def stop() -> None:
        process.terminate()
        process.wait(timeout=30)

    return f"postgresql://outlay@127.0.0.1:{port}/postgres", stop


def _wait(url: str) -> None:
    import time

    import psycopg

    for _ in range(150):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail("PostgreSQL did not answer within 15 seconds")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is missing")
    named = os.environ.get("OUTLAY_TEST_POSTGRES")
    if named:
        yield named
        return
    # Not below pytest's own folder, which only its owner may enter.
    with tempfile.TemporaryDirectory(prefix="outlay-postgres-") as folder:
        url, stop = _start_postgres(Path(folder))
        try:
            _wait(url)
            yield url
        finally:
            stop()


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each make."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "outlay.db")
        return
    server = request.getfixturevalue("postgres_server")
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
def store(database_url: str) -> Iterator[ResourceStore]:
    opened = ResourceStore.open(database_url, thing_registry())
    yield opened
    opened.close()
