"""Migrations: up and down on both databases, shipped whole, safe for several openers."""

import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from outlay.resources import ResourceError, open_database, sqlite_url
from outlay.resources import database as room
from outlay.resources.database import HEAD, current_version, migrate
from outlay.resources.tables import metadata

TABLES = {
    *("resources", "resource_versions", "audit", "runs"),
    *("statement_months", "statements", "statement_disputes", "statement_events"),
    *("users", "sessions", "invitations", "pending_logins", "login_attempts"),
    *("api_tokens", "events", "report_runs"),
    *("anomaly_events", "anomaly_steps", "anomaly_runs", "plan_versions"),
    *("alerts", "alert_steps", "budget_marks"),
    *("recommendations", "recommendation_steps", "saving_looks", "native_deliveries"),
    *("native_findings", "tickets", "saving_baselines", "saving_entries"),
}


def test_opening_brings_an_empty_database_to_the_newest_schema(database_url: str) -> None:
    engine = open_database(database_url)
    assert current_version(engine) == HEAD
    assert set(inspect(engine).get_table_names()) == TABLES | {"alembic_version"}
    engine.dispose()


def test_down_and_up_again(database_url: str) -> None:
    engine = open_database(database_url)
    migrate(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert current_version(engine) is None
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == TABLES | {"alembic_version"}
    engine.dispose()


def test_the_migrations_build_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_head_is_the_newest_shipped_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(room.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_several_openers_of_one_new_database_migrate_it_once(database_url: str) -> None:
    errors: list[BaseException] = []
    barrier = threading.Barrier(8)

    def open_it() -> None:
        barrier.wait()
        try:
            open_database(database_url).dispose()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_failed_migration_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy as sa
    from alembic import op

    def broken(*args: object, **words: object) -> None:
        op.get_bind().execute(sa.text("SELECT no_such_column"))

    monkeypatch.setattr(op, "create_index", broken)
    with pytest.raises(ResourceError, match="no such column"):
        open_database(sqlite_url(tmp_path / "a.db"))
    monkeypatch.undo()
    engine = open_database(sqlite_url(tmp_path / "a.db"))
    assert current_version(engine) == HEAD


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "a.db")
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ResourceError, match="newer version; upgrade Outlay"):
        open_database(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/x", "names a mysql database. Allowed: sqlite:///FILE or postgresql://"),
        ("sqlite:////no/such/folder/a.db", "cannot be opened: unable to open database file"),
        ("not a url", "OUTLAY_DATABASE_URL cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_opened_says_why(url: str, says: str) -> None:
    with pytest.raises(ResourceError, match=says):
        open_database(url)


def test_a_password_in_the_url_is_never_shown() -> None:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is missing")
    with pytest.raises(ResourceError, match="cannot be opened") as caught:
        open_database("postgresql://ann:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(caught.value)
