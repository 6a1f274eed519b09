"""Cells of exported tables: times with and without zones, nested values, truth."""

from datetime import datetime
from typing import Any

import duckdb
import pytest

from outlay.focus.sql import MACROS
from outlay.sources.cells import Cells, time_sql
from outlay.sources.contract import RawColumn


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-01", datetime(2026, 8, 1)),
        ("2026-08-01 02:00:00", datetime(2026, 8, 1, 2)),
        ("2026-08-01T02:00:00.000Z", datetime(2026, 8, 1, 2)),
        ("2026-08-01 02:00:00.000 +0000", datetime(2026, 8, 1, 2)),
        ("2026-08-01 02:00:00.000 -0530", datetime(2026, 8, 1, 7, 30)),
        ("2026-08-01T02:00:00+02:00", datetime(2026, 8, 1)),
        ("2026-08-01 22:00:00-07", datetime(2026, 8, 2, 5)),
        ("2026-08-01 02:00:00.000 Z", datetime(2026, 8, 1, 2)),
        ("soon", None),
        ("2026-13-01 02:00:00 +0000", None),
        ("", None),
    ],
)
def test_times_are_utc(text: str, expected: datetime | None) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Los_Angeles'")
        sql = time_sql("t", "VARCHAR")
        assert connection.execute(f"SELECT {sql} FROM (SELECT ? AS t)", [text]).fetchall() == [
            (expected,)
        ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("TIMESTAMPTZ '2026-08-01 02:00:00+00'", "TIMESTAMP WITH TIME ZONE"),
        ("TIMESTAMP '2026-08-01 02:00:00'", "TIMESTAMP"),
    ],
)
def test_typed_times_are_utc(value: str, kind: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Los_Angeles'")
        found = connection.execute(f"SELECT {time_sql('t', kind)} FROM (SELECT {value} AS t)")
        assert found.fetchall() == [(datetime(2026, 8, 1, 2),)]


def ask(value: str, kind: str, method: str, *arguments: str) -> Any:
    """What a cell named `Meta` gives."""
    cells = Cells({"Meta": RawColumn("Meta", "c0", kind)})
    with duckdb.connect() as connection:
        for macro in MACROS:
            connection.execute(macro)
        sql = getattr(cells, method)(*arguments)
        row = connection.execute(f"SELECT {sql} FROM (SELECT {value} AS c0)").fetchone()
    assert row is not None
    return row[0]


STRUCT = "STRUCT(job_id VARCHAR, n DECIMAL(4,2))"


@pytest.mark.parametrize(
    ("value", "kind", "key", "expected"),
    [
        ("""'{"job_id": "7", "n": 1.50}'""", "VARCHAR", "job_id", "7"),
        ("""'{"job_id": null}'""", "VARCHAR", "job_id", None),
        ("'no json'", "VARCHAR", "job_id", None),
        ("{'job_id': '7', 'n': 1.5}", STRUCT, "job_id", "7"),
        ("MAP {'job_id': '7'}", "MAP(VARCHAR, VARCHAR)", "job_id", "7"),
        ("""'{"job_id": "7"}'""", "VARCHAR", "absent", None),
    ],
)
def test_a_member_of_a_nested_cell(value: str, kind: str, key: str, expected: str | None) -> None:
    assert ask(value, kind, "field", "meta", key) == expected


def test_a_flat_column_stands_for_a_member() -> None:
    for name in ("meta.job_id", "META_JOB_ID"):
        cells = Cells({name: RawColumn(name, "c0", "VARCHAR")})
        assert cells.field("meta", "job_id") == cells.text(name)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("""'{"a": "1"}'""", "VARCHAR"), ("MAP {'a': '1'}", "MAP(VARCHAR, VARCHAR)")],
)
def test_maps_are_tags(value: str, kind: str) -> None:
    assert ask(value, kind, "tags", "meta") == {"a": "1"}


def test_what_is_not_there_is_null() -> None:
    cells = Cells({})
    with duckdb.connect() as connection:
        parts = (
            cells.text("x"), cells.time("x"), cells.money("x"), cells.tags("x"),
            cells.field("x", "y"), cells.flag("x"), cells.unfit("x"),
        )  # fmt: skip
        assert connection.execute(f"SELECT {', '.join(parts)}").fetchall() == [
            (None, None, None, None, None, None, False)
        ]
    assert ask("'  '", "VARCHAR", "text", "meta") is None
    assert ask("'TRUE'", "VARCHAR", "flag", "meta") is True
