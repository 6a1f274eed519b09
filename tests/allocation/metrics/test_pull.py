"""Fetching values: from real files, databases, a real Prometheus, and servers on loopback."""

import gzip
import json
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.allocation.metrics import MetricDataError, MetricSpec, MetricValue
from outlay.allocation.metrics.pull import Pulled, Window, pull
from outlay.sources.contract import SourceError
from tests.resources.conftest import postgres_server  # noqa: F401
from tests.sources.kubernetes.server import History, needs_prometheus, prometheus
from tests.sources.server import Answer, Asked, in_turn, serving

OCTOBER = Window(datetime(2026, 10, 1), datetime(2026, 10, 4))
SELECT = (
    "SELECT day, channel, sum(n) AS value FROM orders "
    "WHERE day >= :start AND day < :end AND note <> '12:30' GROUP BY day, channel"
)


def spec(source: dict[str, Any], **more: Any) -> MetricSpec:
    return MetricSpec.model_validate({"labels": ("channel",), "source": source, **more})


def value(day: int, number: str, hour: int = 0, **labels: str) -> MetricValue:
    return MetricValue(
        datetime(2026, 10, day, hour), tuple(sorted(labels.items())), Decimal(number)
    )


# --- CSV ---


def test_a_folder_of_csv_files_is_read_and_a_later_file_restates(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2026-10-01.csv").write_text("date,channel,value\n2026-10-01,web,1\n")
    (tmp_path / "in" / "2026-10-02.csv.gz").write_bytes(
        gzip.compress(b"date,channel,value\n2026-10-01,web,2\n2026-10-02,web,3\n")
    )
    (tmp_path / "in" / "readme.md").write_text("no values")
    found = pull(spec({"kind": "csv", "location": "in"}), OCTOBER, tmp_path)
    assert found.values == (value(1, "2", channel="web"), value(2, "3", channel="web"))
    assert not found.whole


def test_a_csv_behind_an_address_needs_its_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERS_TOKEN", "very-secret-token")

    def reply(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != "Bearer very-secret-token":
            return Answer(b'{"error": "no"}', 401)
        return Answer(b"date,channel,value\n2026-10-01,web,1.50\n")

    with serving(reply) as server:
        place = {"kind": "csv", "location": f"{server.url}/orders.csv?x=1"}
        found = pull(spec(place | {"token": "env:ORDERS_TOKEN"}), OCTOBER, tmp_path)
        assert found.values == (value(1, "1.50", channel="web"),)
        with pytest.raises(SourceError, match="401"):
            pull(spec(place), OCTOBER, tmp_path)


def test_a_place_without_files_and_a_wrong_row_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        pull(spec({"kind": "csv", "location": "nowhere"}), OCTOBER, tmp_path)
    (tmp_path / "in").mkdir()
    with pytest.raises(SourceError, match="has no CSV file"):
        pull(spec({"kind": "csv", "location": "in"}), OCTOBER, tmp_path)
    (tmp_path / "in" / "a.csv").write_text("date,channel,value\n2026-10-01,web,much\n")
    with pytest.raises(MetricDataError, match="a.csv: one row is not right"):
        pull(spec({"kind": "csv", "location": "in/a.csv"}), OCTOBER, tmp_path)


# --- SQL ---

ROWS = [("2026-09-30", "web", 9, "x"), ("2026-10-01", "web", 2, "x"), ("2026-10-01", "web", 3, "x"),
        ("2026-10-02", "shop", 4, "x"), ("2026-10-03", "web", 5, "12:30"),
        ("2026-10-04", "web", 6, "x")]  # fmt: skip
EXPECTED = (value(1, "5", channel="web"), value(2, "4", channel="shop"))


def test_sqlite_is_asked_for_the_window_read_only(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (day TEXT, channel TEXT, n INTEGER, note TEXT)")
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", ROWS)
    source = {"kind": "sql", "url": "sqlite:///shop.db", "query": SELECT}
    found = pull(spec(source), OCTOBER, tmp_path)
    assert found == Pulled(EXPECTED, "sql", whole=True)
    with pytest.raises(SourceError, match="readonly"):
        pull(spec(source | {"query": "INSERT INTO orders VALUES (1,1,1,1)"}), OCTOBER, tmp_path)
    everything = "SELECT day, channel, sum(n) AS value FROM orders GROUP BY 1, 2"
    found = pull(spec(source | {"query": everything}), OCTOBER, tmp_path)
    assert (len(found.values), found.whole) == (5, False)


def test_duckdb_is_asked_and_reads_nothing_but_its_file(tmp_path: Path) -> None:
    connection = duckdb.connect(str(tmp_path / "shop.duckdb"))
    connection.execute("CREATE TABLE orders (day DATE, channel VARCHAR, n DECIMAL(9,2), note TEXT)")
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    (tmp_path / "secret.csv").write_text("date,value\n2026-10-01,1\n")
    source = {"kind": "sql", "url": "duckdb:///shop.duckdb", "query": SELECT}
    found = pull(spec(source), OCTOBER, tmp_path)
    assert found == Pulled(EXPECTED, "sql", whole=True)
    for query in (f"SELECT * FROM '{tmp_path}/secret.csv'", "DELETE FROM orders"):
        with pytest.raises(SourceError, match="disabled|read-only"):
            pull(spec(source | {"query": query}), OCTOBER, tmp_path)


@pytest.mark.postgres
def test_postgresql_is_asked_by_an_address_that_is_kept_elsewhere(
    tmp_path: Path,
    postgres_server: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS orders")
        connection.execute("CREATE TABLE orders (day DATE, channel TEXT, n NUMERIC, note TEXT)")
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s)", ROWS)
    monkeypatch.setenv("SHOP_URL", postgres_server)
    source = {
        "kind": "sql",
        "url": "env:SHOP_URL",
        "query": SELECT.replace("day >=", "day::date >="),
    }
    assert pull(spec(source), OCTOBER, tmp_path) == Pulled(EXPECTED, "sql", whole=True)
    hours = (
        "SELECT (day::timestamp + interval '13 hours') AT TIME ZONE 'Europe/Berlin' AS hour, "
        "channel, n::float8 / 3 AS value FROM orders WHERE day = '2026-10-02' AND :start < :end"
    )
    found = pull(spec(source | {"query": hours}, grain="hour"), OCTOBER, tmp_path)
    assert found.values == (value(2, "1.3333333333333333", 11, channel="shop"),)
    writing = "SELECT set_config('x.y', 'z', false) AS day, nextval('s') AS value"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS s")
    with pytest.raises(SourceError, match="read-only"):
        pull(spec(source | {"query": writing}), OCTOBER, tmp_path)
    monkeypatch.setenv("SHOP_URL", "postgresql://me:hunter22@127.0.0.1:1/none")
    with pytest.raises(SourceError, match="the database cannot answer") as caught:
        pull(spec(source), OCTOBER, tmp_path)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 1 AS value", "no column for the time"),
        ("SELECT '2026-10-01' AS day", "no column for value"),
        ("SELECT '2026-10-01' AS day, 1 AS value, 2 AS customer", "'customer', which is no label"),
        ("SELECT '2026-10-01' AS day, '2026-10-01' AS date, 1 AS value", "which is there twice"),
        ("SELECT * FROM nowhere", "no such table"),
        ("SELECT '2026-10-01' AS day, NULL AS value", "is null"),
    ],
)
def test_a_statement_that_does_not_fit_says_what_is_expected(
    tmp_path: Path, query: str, expected: str
) -> None:
    sqlite3.connect(tmp_path / "shop.db").close()
    (tmp_path / "shop.db").touch()
    source = {"kind": "sql", "url": "sqlite:///shop.db", "query": query}
    with pytest.raises(SourceError, match=expected):
        pull(spec(source), OCTOBER, tmp_path)


@pytest.mark.parametrize(
    "url", ["sqlite:///none.db", "duckdb:///none.duckdb", "duckdb://x", "nodb://x", "words"]
)
def test_an_address_of_no_database_is_told(tmp_path: Path, url: str) -> None:
    source = {"kind": "sql", "url": url, "query": "SELECT 1"}
    with pytest.raises(SourceError, match="there is no|expected|Expected"):
        pull(spec(source), OCTOBER, tmp_path)


# --- Prometheus ---


@pytest.fixture(scope="module")
def requests_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two tenants: 10 and 2.5 requests a minute from 1 October on, for two days and an hour."""
    history = History()
    start, end = datetime(2026, 9, 30, 23, 55), datetime(2026, 10, 3, 1)
    for tenant, rate in (("acme", 10.0), ("birch", 2.5)):
        history.counter("http_requests_total", rate, start, end, tenant=tenant, pod="web-1")
    with prometheus(tmp_path_factory.mktemp("prometheus"), history) as url:
        yield url


@needs_prometheus
def test_prometheus_gives_each_day_what_it_says_at_its_end(
    requests_server: str, tmp_path: Path
) -> None:
    source = {
        "kind": "prometheus",
        "url": requests_server,
        "query": "round(sum by (tenant) (increase(http_requests_total[1d])))",
        "columns": {"customer": "tenant"},
    }
    made = spec(source, labels=("customer",))
    found = pull(made, Window(datetime(2026, 9, 1), datetime(2026, 10, 3)), tmp_path)
    days = {(v.start, dict(v.labels)["customer"]): v.value for v in found.values}
    assert days[datetime(2026, 10, 1), "acme"] == Decimal(14400)
    assert days[datetime(2026, 10, 2), "birch"] == Decimal(3600)
    # 30 September has five minutes of it; earlier days have nothing, which is not zero.
    assert {start for start, _ in days} == {datetime(2026, 9, 30), datetime(2026, 10, 1),
                                            datetime(2026, 10, 2)}  # fmt: skip
    hourly = source | {"query": "round(sum by (tenant) (increase(http_requests_total[1h])))"}
    window = Window(datetime(2026, 10, 2, 22), datetime(2026, 10, 3, 0))
    found = pull(spec(hourly, labels=("customer",), grain="hour"), window, tmp_path)
    assert {v.start for v in found.values} == {datetime(2026, 10, 2, 22), datetime(2026, 10, 2, 23)}
    assert {v.value for v in found.values} == {Decimal(600), Decimal(150)}


@needs_prometheus
def test_prometheus_says_what_is_wrong(requests_server: str, tmp_path: Path) -> None:
    source = {"kind": "prometheus", "url": requests_server, "query": "sum by (("}
    with pytest.raises(SourceError, match="parse error"):
        pull(spec(source), OCTOBER, tmp_path)
    several = source | {"query": "http_requests_total", "columns": {"channel": "pod"}}
    with pytest.raises(MetricDataError, match="add up what belongs together first"):
        pull(spec(several), OCTOBER, tmp_path)


# --- CloudWatch ---


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server_module = pytest.importorskip("moto.server", reason="moto is missing")
    boto3 = pytest.importorskip("boto3", reason="boto3 is missing")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield boto3.client("cloudwatch", region_name="eu-west-1")
    server.stop()


def test_cloudwatch_gives_a_series_per_combination_of_the_labels_dimensions(
    cloudwatch: Any, tmp_path: Path
) -> None:
    # CloudWatch keeps no data of the distant past: the days are counted from today.
    today = datetime.combine(date.today(), datetime.min.time())
    first = today - timedelta(days=3)
    for api, stage, day, number in (("web", "prod", 0, 3), ("web", "prod", 0, 4.5),
                                    ("app", "prod", 1, 2), ("web", "test", 0, 99)):  # fmt: skip
        cloudwatch.put_metric_data(
            Namespace="Kestrel",
            MetricData=[{
                "MetricName": "Requests",
                "Dimensions": [{"Name": "Api", "Value": api}, {"Name": "Stage", "Value": stage}],
                "Timestamp": first + timedelta(days=day, hours=5),
                "Value": number,
            }],
        )  # fmt: skip
    source = {
        "kind": "cloudwatch", "region": "eu-west-1", "namespace": "Kestrel", "metric": "Requests",
        "dimensions": {"Stage": "prod"}, "columns": {"channel": "Api"},
    }  # fmt: skip
    found = pull(spec(source), Window(first, today), tmp_path)
    assert [(v.start, dict(v.labels), v.value) for v in found.values] == [
        (first, {"channel": "web"}, Decimal("7.5")),
        (first + timedelta(days=1), {"channel": "app"}, Decimal(2)),
    ]
    with pytest.raises(SourceError, match="CloudWatch lists no Kestrel Orders"):
        pull(spec(source | {"metric": "Orders"}), Window(first, today), tmp_path)


# --- Datadog ---


def datadog_answer(interval: int = 86_400) -> bytes:
    day = 1_790_812_800_000  # 2026-10-01T00:00Z
    points = [[day, 12.0], [day + 86_400_000, None], [day + 2 * 86_400_000, 0.1]]
    series = {"interval": interval, "tag_set": ["channel:web", "env:prod"], "pointlist": points}
    return json.dumps({"status": "ok", "series": [series]}).encode()


def test_datadog_gives_its_points_and_hides_the_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DD_API", "api-key-0123456789")
    monkeypatch.setenv("DD_APP", "app-key-0123456789")
    query = "sum:shop.orders{*} by {channel}.as_count().rollup(sum, 86400)"
    replies = in_turn(
        Answer(datadog_answer()),
        Answer(datadog_answer(3600)),
        Answer(b'{"status": "error", "error": "Error parsing query"}'),
        Answer(b'{"errors": ["Forbidden for api-key-0123456789"]}', 403),
    )
    with serving(replies) as server:
        source = {"kind": "datadog", "url": server.url, "query": query,
                  "api_key": "env:DD_API", "app_key": "env:DD_APP"}  # fmt: skip
        found = pull(spec(source), OCTOBER, tmp_path)
        assert found.values == (value(1, "12.0", channel="web"), value(3, "0.1", channel="web"))
        asked = server.asked[0]
        assert asked.headers["dd-api-key"] == "api-key-0123456789"
        assert asked.parameters["from"] == ["1790812800"]
        assert asked.parameters["to"] == [str(1_790_812_800 + 3 * 86_400 - 1)]
        with pytest.raises(SourceError, match=r"end the query with .rollup\(sum, 86400\)"):
            pull(spec(source), OCTOBER, tmp_path)
        with pytest.raises(SourceError, match="Error parsing query"):
            pull(spec(source), OCTOBER, tmp_path)
        with pytest.raises(SourceError, match="403") as caught:
            pull(spec(source), OCTOBER, tmp_path)
    assert "0123456789" not in str(caught.value)


def test_a_pushed_metric_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="pushed, not fetched"):
        pull(MetricSpec(), OCTOBER, tmp_path)
