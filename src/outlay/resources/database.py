"""Open the workspace's database (SQLite or PostgreSQL) and bring it to the newest schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_random

from outlay.resources.errors import ResourceError

HEAD = "0005"
"""The newest migration; held equal to the shipped scripts by a test. It spares Alembic's import
whenever the database is up to date."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_WRITE = "outlay_write"
_PATIENCE = 30  # seconds that a SQLite connection waits for another's lock
# Any constant will do: it only has to be the same in every process that migrates.
_POSTGRES_LOCK = 7_305_861_214
_WRITERS_LOCK = 7_305_861_215


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path.resolve()}"


def open_database(url: str) -> Engine:
    """Connect and migrate. Raises ResourceError when the database cannot be reached, is of an
    unknown make, or was written by a newer Outlay."""
    try:
        made = make_url(url)
        if made.get_backend_name() == "postgresql":
            made = made.set(drivername="postgresql+psycopg")
        elif made.get_backend_name() != "sqlite":
            raise ResourceError(
                f"OUTLAY_DATABASE_URL names a {made.get_backend_name()} database. Allowed: "
                "sqlite:///FILE or postgresql://HOST/NAME."
            )
        engine = create_engine(made, pool_pre_ping=made.get_backend_name() == "postgresql")
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        migrate(engine)
    except ModuleNotFoundError as error:
        raise ResourceError(
            f"the driver {error.name!r} is missing; install it with: pip install 'outlay[postgres]'"
        ) from None
    except SQLAlchemyError as error:
        raise ResourceError(_unreachable(url, error)) from None
    return engine


def _unreachable(url: str, error: SQLAlchemyError) -> str:
    try:
        shown = make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        shown = "OUTLAY_DATABASE_URL"
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return (
        f"the database {shown} cannot be opened: {reason}. Check the address, that the server "
        "runs and that the folder can be written."
    )


def _prepare_sqlite(engine: Engine) -> None:
    """Real transactions, waiting writers: the driver would begin late and fail at once."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@retry(
    retry=retry_if_exception_type(sqlite3.OperationalError),
    wait=wait_random(0.005, 0.05),
    stop=stop_after_delay(_PATIENCE),
    reraise=True,
)
def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log. SQLite does not wait for this lock as it does for others:
    several openers of one new database would meet "database is locked" at once."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode = WAL")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that will write: committed at the end, rolled back on an error."""
    with engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
        yield connection


def one_writer(connection: Connection) -> None:
    """Let no other transaction that asks for this write until this one ends: what is checked over
    several rows then stays true. A SQLite transaction that writes is alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})"))


def current_version(engine: Engine) -> str | None:
    """The migration that the database stands at; None when it is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(
            text("SELECT version_num FROM alembic_version")
        ).scalar()
        return version


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the schema to `target` (`head`, a revision, or `base` to undo everything).

    Safe when several processes open one new database: the first migrates, the others wait.
    """
    if target == "head" and current_version(engine) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})"))
        config.attributes["connection"] = connection
        try:
            scripts = ScriptDirectory.from_config(config)
            if target == "head" or _is_ahead(scripts, connection, target):
                command.upgrade(config, target)
            else:
                command.downgrade(config, target)
        except CommandError as error:
            raise ResourceError(
                f"the database cannot be brought to the schema of this Outlay: {error}. It was "
                "probably written by a newer version; upgrade Outlay."
            ) from None


def _is_ahead(scripts: Any, connection: Connection, target: str) -> bool:
    """Whether `target` is not among the migrations that the database already has."""
    from alembic.runtime.migration import MigrationContext

    current = MigrationContext.configure(connection).get_current_revision()
    if target == "base" or current is None:
        return current is None and target != "base"
    return target not in {script.revision for script in scripts.iterate_revisions(current, "base")}
