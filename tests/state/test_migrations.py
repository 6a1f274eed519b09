"""A database with real content goes up and down, and keeps what the other schema can hold."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Date, DateTime, Engine, Integer, Table, insert, select

from outlay.app.kinds import register_all
from outlay.app.runs import RunLog
from outlay.resources import ResourceStore, open_database
from outlay.resources.database import HEAD, current_version, migrate, writing
from outlay.resources.tables import metadata

_OLD = ("resources", "resource_versions", "audit", "runs")
_STATEMENTS = ("statement_months", "statements", "statement_disputes", "statement_events")
_KEPT = (*_OLD, *_STATEMENTS)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    found = open_database(database_url)
    yield found
    found.dispose()


def _content(engine: Engine, names: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with engine.connect() as connection:
        for name in names:
            table = metadata.tables[name]
            query = select(table).order_by(*table.primary_key.columns)
            found[name] = [dict(row._mapping) for row in connection.execute(query)]
    return found


def _row(table: Table, number: int) -> dict[str, Any]:
    """A row of a table: every column has a value that tells it from others."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.autoincrement is True:
            continue
        kind = column.type
        if isinstance(kind, Boolean):
            values[column.name] = bool(number % 2)
        elif isinstance(kind, Integer):
            values[column.name] = number
        elif isinstance(kind, DateTime):
            values[column.name] = datetime(2026, 1, number, 12, 30, 59, 123456)
        elif isinstance(kind, Date):
            values[column.name] = date(2026, 1, number)
        elif isinstance(kind, JSON):
            values[column.name] = {"number": str(number), "ä": ["ß", None]}
        else:
            length = getattr(kind, "length", None) or 40
            values[column.name] = f"{number}-{column.name}-ü"[:length]
    return values


def _fill(engine: Engine, names: tuple[str, ...]) -> None:
    with writing(engine) as connection:
        for name in names:
            for number in (1, 2, 3):
                connection.execute(
                    insert(metadata.tables[name]).values(_row(metadata.tables[name], number))
                )


def _at_work(engine: Engine) -> None:
    """What a company's workspace writes: resources with history, runs, closed statements."""
    register_all()
    store = ResourceStore(engine)
    for title in ("Compute", "Compute by team"):
        store.put(
            "View", "compute", {"title": title, "query": {"by": ["ServiceName"]}}, author="ana"
        )
    store.put("View", "gone", {"query": {}}, author="bo")
    store.delete("View", "gone", author="bo", note="not needed")
    log = RunLog(engine)
    log.end(log.start("aws", "load"), "loaded", "3 slices")
    log.start("aws", "sync")
    _fill(engine, _STATEMENTS)


def test_an_old_database_is_brought_up_with_all_that_it_holds(engine: Engine) -> None:
    migrate(engine, "0002")
    assert current_version(engine) == "0002"
    _at_work(engine)
    before = _content(engine, _KEPT)
    assert all(before.values())
    migrate(engine)
    assert current_version(engine) == HEAD
    assert _content(engine, _KEPT) == before
    store = ResourceStore(engine)
    assert [change.action for change in store.history("View", "gone")] == ["create", "delete"]
    assert store.get("View", "compute").version == 2


def test_down_and_up_again_keeps_what_the_older_schema_knows(engine: Engine) -> None:
    _at_work(engine)
    newer = tuple(sorted(set(metadata.tables) - set(_KEPT)))
    _fill(engine, newer)
    assert all(len(rows) == 3 for rows in _content(engine, newer).values())
    before = _content(engine, _KEPT)
    migrate(engine, "0002")
    assert _content(engine, _KEPT) == before
    migrate(engine)
    assert _content(engine, _KEPT) == before
    # People, sessions and tokens have no place in the older schema: they are gone, not garbled.
    assert all(rows == [] for rows in _content(engine, newer).values())
    _fill(engine, newer)


def test_all_the_way_down_and_up(engine: Engine) -> None:
    _at_work(engine)
    migrate(engine, "0001")
    old = _content(engine, _OLD)
    assert len(old["resource_versions"]) == 4
    migrate(engine)
    assert _content(engine, _OLD) == old
    migrate(engine, "base")
    migrate(engine)
    assert _content(engine, _OLD) == {name: [] for name in _OLD}
    _at_work(engine)
