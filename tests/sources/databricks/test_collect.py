"""Collecting from a SQL warehouse over HTTP: chunks, polling, limits, kills, corrections."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.focus.sql import literal
from outlay.lake import Lake
from outlay.money import BillingPeriod
from outlay.sources.contract import SourceError, TransportError
from outlay.sources.databricks import Databricks, DatabricksOptions, api
from outlay.sources.transports.file import FileTransport
from tests.sources.databricks.usage import price, record
from tests.sources.databricks.warehouse import TOKEN, Warehouse, serving

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 20)
SOURCE = Databricks()


def september(number: int, quantity: str = "1") -> dict[str, Any]:
    return record(
        number,
        quantity,
        usage_start_time="2026-09-10T02:00:00.000Z",
        usage_end_time="2026-09-10T03:00:00.000Z",
        usage_date="2026-09-10",
        ingestion_date="2026-09-11",
    )


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    monkeypatch.setattr(api, "POLL_SECONDS", 0.0)
    monkeypatch.setenv("DATABRICKS_TEST_TOKEN", TOKEN)
    rows = [*(record(number) for number in range(1, 6)), september(11), september(12)]
    with serving(Warehouse(usage=rows, list_prices=[price("0.15")])) as made:
        yield made


def options(**changes: Any) -> DatabricksOptions:
    given = {"token": "env:DATABRICKS_TEST_TOKEN", "warehouse_id": "wh1", "since": "2026-09"}
    return DatabricksOptions(**(given | changes))


def collect(
    warehouse: Warehouse,
    into: Path,
    periods: list[BillingPeriod] | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> None:
    SOURCE.collect(
        warehouse.location, options(**changes), into, periods=periods, now=now, progress=None
    )


def billed(folder: Path, into: Path) -> dict[str, Decimal]:
    """BilledCost by month, loaded from what was collected."""
    lake = Lake.open(folder / "lake", threads=1)
    outcomes = lake.load("dbx", SOURCE, FileTransport(str(into)), options())
    assert {o.status for o in outcomes} <= {"loaded", "unchanged"}, outcomes
    assert all("another billing period" not in n for o in outcomes for n in o.record.notes)  # type: ignore[union-attr]
    found = {}
    with duckdb.connect() as reader:
        for one in lake.pin().slices:
            path = literal(str(one.charges_path))
            ((amount,),) = reader.execute(f"SELECT sum(BilledCost) FROM {path}").fetchall()
            found[str(one.billing_period)] = amount
    return found


BOTH = {"2026-09": Decimal("0.30"), "2026-10": Decimal("1.50")}


@pytest.mark.parametrize("inline", [False, True])
def test_months_are_collected_chunk_by_chunk_and_load(
    warehouse: Warehouse, tmp_path: Path, inline: bool
) -> None:
    warehouse.inline = inline
    collect(warehouse, tmp_path / "spool")
    assert billed(tmp_path, tmp_path / "spool") == BOTH
    # Five records in chunks of two.
    assert len(list((tmp_path / "spool" / "2026-10").glob("usage-*.jsonl"))) == 3
    assert not warehouse.leaked, "the signed links must not be given the token"


def test_nothing_new_is_one_statement(warehouse: Warehouse, tmp_path: Path) -> None:
    collect(warehouse, tmp_path / "spool")
    warehouse.requests.clear()
    collect(warehouse, tmp_path / "spool")
    assert [one for one in warehouse.requests if one.startswith("POST")] == [
        "POST /api/2.0/sql/statements"
    ]


def test_a_correction_of_an_old_month_brings_the_whole_month_anew(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    collect(warehouse, tmp_path / "spool")
    before = billed(tmp_path, tmp_path / "spool")
    late = september(13, "-1") | {"record_type": "RETRACTION", "ingestion_date": "2026-10-19"}
    warehouse.usage.append(late)
    warehouse.requests.clear()
    collect(warehouse, tmp_path / "spool")
    # The months, then usage and prices of September alone.
    assert sum(one.startswith("POST") for one in warehouse.requests) == 3
    after = billed(tmp_path, tmp_path / "spool")
    assert after == before | {"2026-09": Decimal("0.15")}


def test_a_killed_collection_goes_on_where_it_stopped(warehouse: Warehouse, tmp_path: Path) -> None:
    # The months, September's usage and its prices, then one chunk of October.
    warehouse.break_after = 4
    with pytest.raises(TransportError, match="410"):
        collect(warehouse, tmp_path / "spool")
    assert sorted(path.name for path in (tmp_path / "spool").iterdir()) == [".partial", "2026-09"]
    assert billed(tmp_path, tmp_path / "spool") == {"2026-09": BOTH["2026-09"]}
    warehouse.break_after = None
    warehouse.requests.clear()
    collect(warehouse, tmp_path / "spool")
    # The months again, two chunks of October's usage, its prices: the first chunk is not asked.
    assert warehouse.requests.count("GET /storage") == 4
    assert billed(tmp_path, tmp_path / "spool") == BOTH


def test_a_storm_of_429_is_survived(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.throttle = 6
    collect(warehouse, tmp_path / "spool")
    assert billed(tmp_path, tmp_path / "spool") == BOTH


def test_one_month_can_be_asked_for(warehouse: Warehouse, tmp_path: Path) -> None:
    collect(warehouse, tmp_path / "spool", [BillingPeriod(2026, 9)])
    assert billed(tmp_path, tmp_path / "spool") == {"2026-09": BOTH["2026-09"]}


def test_account_prices_are_collected_when_asked_for(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(TransportError, match=r"account_prices.*SELECT on system\.billing"):
        collect(warehouse, tmp_path / "spool", account_prices=True)
    warehouse.account_prices = [price("0.10", pricing={"default": "0.10"})]
    collect(warehouse, tmp_path / "spool", account_prices=True)
    assert billed(tmp_path, tmp_path / "spool") == {
        "2026-09": Decimal("0.2"),
        "2026-10": Decimal(1),
    }


def test_a_price_list_that_is_not_granted_is_no_month_without_cost(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.list_prices.clear()
    with pytest.raises(SourceError, match="shows no price for 2026-09"):
        collect(warehouse, tmp_path / "spool")
    assert not list((tmp_path / "spool").glob("2*"))


def test_a_refused_token_is_said_without_showing_it(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_TEST_TOKEN", "dapi-wrong")
    with pytest.raises(TransportError) as caught:
        collect(warehouse, tmp_path / "spool")
    assert "403" in str(caught.value) and "option token" in str(caught.value)
    assert "dapi-wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "changes", "words"),
    [
        ("databricks://", {}, "names no workspace"),
        ("databricks://user@host", {}, "names no workspace"),
        ("databricks://host", {"token": None}, "token"),
        ("databricks://host", {"warehouse_id": None}, "warehouse_id"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    location: str,
    changes: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.setenv("DATABRICKS_TEST_TOKEN", TOKEN)
    with pytest.raises(SourceError, match=words):
        SOURCE.collect(location, options(**changes), tmp_path, periods=None, now=NOW, progress=None)


@pytest.mark.parametrize("changes", [{"token": "dapi-secret"}, {"since": "lately"}])
def test_options_are_checked(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        options(**changes)
    assert "dapi-secret" not in str(caught.value.errors()[0]["msg"])  # type: ignore[attr-defined]
