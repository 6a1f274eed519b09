"""JSON bills, several vendor tables in one delivery, and usage beside or instead of charges."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.focus.sql import money_sql
from outlay.lake import Lake, LakeError, LoadOutcome
from outlay.lake.types import UsageLine
from outlay.money import BillingPeriod
from outlay.sources.contract import (
    NO_CHARGES,
    Delivery,
    Feed,
    FileRef,
    Fold,
    Raw,
    Reject,
    Rows,
    Source,
    SourceOptions,
    Transport,
)
from outlay.sources.contract import Mapping as BillMapping
from outlay.sources.documents import read_document
from tests.lake.bill import Folder

SEPTEMBER, OCTOBER = BillingPeriod(2026, 9), BillingPeriod(2026, 10)


class Tokens(Source):
    """Usage by model and day, priced by a table of prices that comes with it."""

    kind: ClassVar[str] = "tokens"
    title: ClassVar[str] = "Tokens"
    description: ClassVar[str] = "A bill for tests"
    example: ClassVar[str] = "folder"
    mapping_version: ClassVar[int] = 1
    multiply: ClassVar[bool] = False

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        return []

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        return [Delivery(None, tuple(transport.list()))]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        return "prices" if "price" in columns else "usage"

    def records(self, stream: BinaryIO, name: str) -> Iterator[Mapping[str, object]]:
        yield from read_document(stream, name)["rows"]

    def mapping(self, raw: Raw, options: SourceOptions) -> BillMapping:
        sql = {name: column.sql for name, column in raw.columns.items()}
        if "price" in sql:
            source = f"SELECT {sql['model']} AS priced, {sql['price']} AS price FROM raw"
            raw.make("prices", f"{source} WHERE _table = 'prices'")
        else:
            raw.make("prices", "SELECT NULL AS priced, NULL AS price WHERE false")
        day = f"CAST({sql['day']} AS TIMESTAMP)"
        tokens = f"CAST({sql['tokens']} AS DECIMAL(18,0))"
        cost = f"CAST({tokens} * CAST({money_sql('price', 'VARCHAR')} AS DECIMAL(18,9)) "
        cost += "AS DECIMAL(38,21))"
        charge = {
            "ChargePeriodStart": day,
            "ChargePeriodEnd": f"{day} + INTERVAL 1 DAY",
            "BillingCurrency": "'USD'",
            "BilledCost": cost,
            "EffectiveCost": cost,
            "ServiceName": sql["model"],
        }
        join = "priced = " + sql["model"] + (" OR true" if self.multiply else "")
        return BillMapping(
            main=Rows("usage", "_table = 'usage'", charge),
            formulas={"BilledCost": cost, "EffectiveCost": cost},
            period=f"date_trunc('month', {day})",
            currency="CASE WHEN _table = 'usage' THEN 'USD' END",
            rejects=(Reject("the model has no price", "_table = 'usage' AND price IS NULL"),),
            folds=(Fold("prices", "_table = 'prices'"),),
            source=f"raw LEFT JOIN prices ON {join} AND _table = 'usage'",
            reference="_table = 'prices'",
            usage=(
                Rows(
                    "tokens",
                    "_table = 'usage'",
                    {
                        "UsagePeriodStart": day,
                        "UsagePeriodEnd": f"{day} + INTERVAL 1 DAY",
                        "Metric": "'tokens'",
                        "Unit": "'Tokens'",
                        "Quantity": tokens,
                        "x_Model": sql["model"],
                        "x_Note": sql.get("note", "NULL"),
                    },
                ),
            ),
            usage_formulas={"tokens": tokens},
        )


class Pods(Tokens):
    """The same rows, as usage alone."""

    kind: ClassVar[str] = "pods"

    def mapping(self, raw: Raw, options: SourceOptions) -> BillMapping:
        found = super().mapping(raw, options)
        return BillMapping(
            main=NO_CHARGES,
            formulas={},
            period=found.period,
            currency="NULL",
            folds=(Fold("usage", "_table = 'usage'"), *found.folds),
            reference=found.reference,
            usage=found.usage,
            usage_formulas=found.usage_formulas,
        )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake", threads=1)


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    folder = tmp_path / "bills"
    folder.mkdir()
    prices = [{"model": "a", "price": "0.000000125"}, {"model": "b", "price": 0.5}]
    write(folder / "prices.json", prices)
    write(
        folder / "usage.json",
        [
            {"model": "a", "day": "2026-09-30", "tokens": 1000},
            {"model": "b", "day": "2026-10-01", "tokens": "3", "note": {"deep": [1, 2.5]}},
            {"model": "b", "day": "2026-10-02", "tokens": 4, "note": ""},
        ],
    )
    return folder


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"rows": rows}))


def load(lake: Lake, bills: Path, source: Source | None = None, **more: Any) -> list[LoadOutcome]:
    return lake.load("ai", source or Tokens(), Folder(bills), SourceOptions(), **more)


def charges(lake: Lake) -> list[tuple[Any, ...]]:
    connection = lake.connect()
    paths = [str(s.charges_path) for s in lake.pin().slices if s.delivery.rows]
    return connection.execute(
        "SELECT ServiceName, BilledCost, x_SourceFile, x_SourceLine "
        f"FROM read_parquet({paths}) ORDER BY ChargePeriodStart"
    ).fetchall()


def usage(lake: Lake) -> list[tuple[Any, ...]]:
    connection = lake.connect()
    paths = [str(path) for path in lake.usage_paths(lake.pin()).values()]
    return connection.execute(
        "SELECT x_Model, Quantity, x_Note, CAST(x_BillingPeriod AS VARCHAR), x_SourceLine "
        f"FROM read_parquet({paths}) ORDER BY UsagePeriodStart"
    ).fetchall()


def test_json_with_its_prices_becomes_charges_of_each_month(lake: Lake, bills: Path) -> None:
    september, october = load(lake, bills)
    assert [o.status for o in (september, october)] == ["loaded", "loaded"], october.message
    assert september.record is not None and october.record is not None
    # The prices come with both months, and are folded in each.
    assert september.record.proof.rows_folded == {"prices": 2}
    assert october.record.proof.rows_folded == {"prices": 2}
    assert (september.record.rows, october.record.rows) == (1, 2)
    assert [file.path for file in september.record.files] == ["prices.json", "usage.json"]
    assert charges(lake) == [
        ("a", Decimal("0.000125"), 1, 1),
        ("b", Decimal("1.5"), 1, 2),
        ("b", Decimal(2), 1, 3),
    ]
    assert lake.verify() == []


def test_usage_lies_beside_the_charges_and_is_proven(lake: Lake, bills: Path) -> None:
    _, october = load(lake, bills)
    assert october.record is not None
    assert october.record.usage_rows == 2
    assert october.record.proof.usage == (UsageLine("tokens", "Tokens", Decimal(7), Decimal(7)),)
    assert usage(lake) == [
        ("a", Decimal(1000), None, "2026-09-01", 1),
        ("b", Decimal(3), '{"deep":[1,"2.5"]}', "2026-10-01", 2),
        ("b", Decimal(4), None, "2026-10-01", 3),
    ]


def test_a_charge_leads_to_its_json_record(
    lake: Lake, bills: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.lake.explain.source", lambda kind: Tokens())
    load(lake, bills)
    october = lake.pin().slices[1]
    assert lake.raw_record(october, 1, 2) == {
        "model": "b",
        "day": "2026-10-01",
        "tokens": "3",
        "note": '{"deep":[1,"2.5"]}',
    }
    with pytest.raises(LakeError, match="has no record 9"):
        lake.raw_record(october, 1, 9)


def test_a_changed_price_reloads_every_month(lake: Lake, bills: Path) -> None:
    load(lake, bills)
    assert [o.status for o in load(lake, bills)] == ["unchanged", "unchanged"]
    write(bills / "prices.json", [{"model": "a", "price": "1"}, {"model": "b", "price": "2"}])
    assert [o.status for o in load(lake, bills)] == ["loaded", "loaded"]
    assert [row[1] for row in charges(lake)] == [Decimal(1000), Decimal(6), Decimal(8)]


def test_a_row_without_a_price_is_rejected_by_name(lake: Lake, bills: Path) -> None:
    write(bills / "prices.json", [{"model": "a", "price": "1"}])
    september, october = load(lake, bills)
    assert (september.status, october.status) == ("loaded", "held")
    assert october.record is not None
    assert {row.reason for row in october.record.rejects_sample} == {"the model has no price"}


def test_a_join_that_multiplies_rows_is_refused(lake: Lake, bills: Path) -> None:
    class Wrong(Tokens):
        multiply: ClassVar[bool] = True

    outcomes = load(lake, bills, Wrong())
    assert {o.status for o in outcomes} == {"failed"}
    assert "the source's joins make 4 of 3 rows" in outcomes[0].message


def test_a_delivery_of_usage_alone_has_history_like_any_other(lake: Lake, bills: Path) -> None:
    outcomes = load(lake, bills, Pods())
    assert [o.status for o in outcomes] == ["loaded", "loaded"], outcomes[0].message
    assert [o.record.rows for o in outcomes if o.record] == [0, 0]
    before = lake.pin()
    assert [s.delivery.usage_rows for s in before.slices] == [1, 2]
    assert lake.verify() == []
    write(bills / "usage.json", [{"model": "a", "day": "2026-10-01", "tokens": 5}])
    assert [o.status for o in load(lake, bills, Pods())] == ["loaded"]
    assert usage(lake)[-1][:2] == ("a", Decimal(5))
    assert lake.pin(before.snapshot_id) == before
    assert len(lake.usage_paths(before)) == 2
    assert lake.verify() == []
    # Beside charges of another source, and removed again.
    lake.load("bill", Tokens(), Folder(bills), SourceOptions())
    assert lake.verify() == []
    assert lake.remove("ai") is not None
    assert [s.source for s in lake.pin().slices] == ["bill"]
    assert lake.verify() == []
    lake.maintain()
    assert lake.verify() == []


def test_parquet_beside_json_is_read_as_text(lake: Lake, bills: Path) -> None:
    (bills / "prices.json").unlink()
    pq.write_table(pa.table({"model": ["a", "b"], "price": [0.1, 0.5]}), bills / "prices.parquet")
    load(lake, bills)
    assert [row[1] for row in charges(lake)] == [Decimal(100), Decimal("1.5"), Decimal(2)]


def test_records_whose_keys_come_late_are_all_there(
    lake: Lake, bills: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.lake.documents._CHUNK", 1)
    load(lake, bills)
    assert [row[2] for row in usage(lake)] == [None, '{"deep":[1,"2.5"]}', None]
    assert [row[3] for row in charges(lake)] == [1, 2, 3]
