"""Raw SQL reads the views and nothing else."""

import threading
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from outlay.query import QueryError, rawsql, sql
from tests.query.fixtures import SmallLake


@pytest.fixture
def bill(lake: SmallLake) -> SmallLake:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "1.5", "ServiceName": "A", "Tags": {"team": "x"}, "x_Kind": "fee"},
            {"EffectiveCost": "2", "ServiceName": "A", "Tags": {"team": "x"}, "x_Kind": "fee"},
        ],
        columns=("x_Kind",),
    )
    lake.add(
        "2026-02",
        [{"EffectiveCost": "4", "ServiceName": "B", "ChargePeriodStart": "2026-02-01"}],
        source="other",
    )
    return lake


READS = [
    ("SELECT sum(EffectiveCost) AS cost FROM charges", [{"cost": Decimal("7.5")}]),
    (
        "SELECT x_SourceName, x_Kind, Tags['team'] AS team, EffectiveCost, LineCount "
        "FROM daily ORDER BY EffectiveCost",
        [
            {
                "x_SourceName": "bill",
                "x_Kind": "fee",
                "team": "x",
                "EffectiveCost": Decimal("3.5"),
                "LineCount": 2,
            },
            {
                "x_SourceName": "other",
                "x_Kind": None,
                "team": None,
                "EffectiveCost": Decimal(4),
                "LineCount": 1,
            },
        ],
    ),
    ("SELECT count(*) AS n FROM contexts", [{"n": 2}]),
    (
        "WITH top AS (SELECT ServiceName FROM charges ORDER BY EffectiveCost DESC LIMIT 1) "
        "SELECT * FROM top",
        [{"ServiceName": "B"}],
    ),
    ("FROM charges SELECT count(*) AS n WHERE ServiceName LIKE '%read_csv(%'", [{"n": 0}]),
    (
        "SELECT a.n + b.n AS n FROM (SELECT 1 AS n UNION ALL SELECT 2) a, range(1) b(n) ORDER BY 1",
        [{"n": 1}, {"n": 2}],
    ),
    ("SELECT 'copy; attach' AS text", [{"text": "copy; attach"}]),
]


@pytest.mark.parametrize(("text", "rows"), READS)
def test_what_can_be_read(bill: SmallLake, text: str, rows: list[dict[str, object]]) -> None:
    assert sql(bill, text).rows() == rows


REFUSED = [
    "",
    "SELEC 1",
    "SELECT 1; SELECT 2",
    "SELECT * FROM chargs",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT (SELECT content FROM read_blob('/etc/passwd'))",
    "SELECT * FROM parquet_scan('x')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('charges')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM pragma_version()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM main.charges",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT * INTO x FROM charges",
    "CREATE TABLE x AS SELECT 1",
    "INSERT INTO charges VALUES (1)",
    "DELETE FROM charges",
    "COPY charges TO '/tmp/outlay-escape.csv'",
    "ATTACH '/tmp/outlay-escape.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "PRAGMA version",
    "CALL pragma_version()",
    "EXPLAIN SELECT 1",
    "DESCRIBE charges",
    "SUMMARIZE charges",
    "EXPORT DATABASE '/tmp/outlay-escape'",
    "SELECT nosuchcolumn FROM charges",
    "SELECT * FROM charges UNION ALL SELECT * FROM 'x.parquet'",
    "WITH a AS (DELETE FROM charges RETURNING *) SELECT * FROM a",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(bill: SmallLake, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        sql(bill, text)
    assert caught.value.field == "sql"
    assert not Path("/tmp/outlay-escape.csv").exists()


def test_a_near_table_is_named_and_pointed_at(bill: SmallLake) -> None:
    with pytest.raises(QueryError) as caught:
        sql(bill, "SELECT * FROM chargs")
    assert caught.value.near == ("charges", "shares")
    assert caught.value.position == 14


def test_a_syntax_error_points_at_its_place(bill: SmallLake) -> None:
    with pytest.raises(QueryError) as caught:
        sql(bill, "SELECT sum(EffectiveCost FROM charges")
    assert caught.value.position is not None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM '{file}'",
        "COPY (SELECT 1) TO '{file}.copy'",
        "ATTACH '{file}.db'",
        "SET enable_external_access = true",
        "SELECT * FROM secret",
    ],
)
def test_the_engine_s_own_wall_holds_without_the_parser(
    bill: SmallLake, tmp_path: Path, text: str
) -> None:
    """A text that slipped through the parser still finds no file, setting or variable."""
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n")
    secret = [{"a": 1}]
    assert secret
    connection = bill.connect()
    spill = tmp_path / "spill"
    spill.mkdir()
    rawsql._wall(connection, [str(bill.slices[0].charges_path)], str(spill))
    with pytest.raises(duckdb.Error):
        connection.execute(text.format(file=file)).fetchall()
    path = str(bill.slices[0].charges_path)
    assert connection.execute(f"SELECT count(*) FROM read_parquet('{path}')").fetchall() == [(2,)]
    connection.close()


def test_rows_are_limited_and_it_is_said(bill: SmallLake) -> None:
    result = sql(bill, "SELECT * FROM range(100000)", limit=10)
    assert (result.table.num_rows, result.truncated) == (10, True)
    assert not sql(bill, "SELECT * FROM range(10)", limit=10).truncated


def test_a_long_query_is_interrupted(bill: SmallLake) -> None:
    started = time.monotonic()
    with pytest.raises(QueryError, match=r"stopped after 0\.3 seconds"):
        sql(
            bill,
            "SELECT sum(a.range * b.range) FROM range(100000000) a, range(100000) b",
            timeout_seconds=0.3,
        )
    assert time.monotonic() - started < 20
    assert all(
        not isinstance(t, threading.Timer) or not t.is_alive() for t in threading.enumerate()
    )


def test_json_has_exact_decimals(bill: SmallLake) -> None:
    text = "SELECT EffectiveCost, ChargePeriodStart, Tags, NULL AS nothing FROM charges LIMIT 1"
    answer = sql(bill, text).to_json()
    row = answer["rows"][0]
    assert row["EffectiveCost"].rstrip("0") in ("1.5", "2.", "4.")
    assert row["nothing"] is None
    assert answer["snapshot"] == "7"
    assert [column["name"] for column in answer["columns"]] == [
        "EffectiveCost",
        "ChargePeriodStart",
        "Tags",
        "nothing",
    ]


def test_an_empty_lake_says_what_to_do(lake: SmallLake) -> None:
    with pytest.raises(QueryError, match="Load a bill first"):
        sql(lake, "SELECT * FROM charges")
    with pytest.raises(QueryError, match="Load a bill first"):
        sql(lake, "SELECT * FROM daily")
    assert sql(lake, "SELECT 1 AS one").rows() == [{"one": 1}]


def test_charges_that_are_gone_leave_daily(bill: SmallLake) -> None:
    for slice_ in bill.slices:
        slice_.charges_path.unlink()
    with pytest.raises(QueryError, match="Read daily instead"):
        sql(bill, "SELECT * FROM charges")
    assert sql(bill, "SELECT sum(EffectiveCost) AS c FROM daily").rows() == [{"c": Decimal("7.5")}]


def test_moments_are_plain_times(bill: SmallLake) -> None:
    rows = sql(bill, "SELECT min(ChargePeriodStart) AS first FROM charges").rows()
    assert rows == [{"first": datetime(2026, 1, 1)}]
