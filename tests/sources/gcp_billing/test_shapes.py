"""One export in every shape that it comes in, and what must not be counted twice."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from outlay.sources.contract import SourceError
from outlay.sources.detect import detect
from outlay.sources.gcp_billing import GcpBilling, GcpBillingOptions
from outlay.sources.transports.file import FileTransport
from tests.sources.gcp_billing.bills import credit, fee, row, write_lines
from tests.sources.gcp_billing.conftest import Book, Charge

pytestmark = pytest.mark.slow

Rows = Sequence[dict[str, Any]]

ROWS: Rows = [
    row(
        cost="10.123456789",
        labels=[{"key": "team", "value": 'shop\'s "best"'}],
        project__labels=[{"key": "team", "value": "platform"}],
        project__ancestors=[{"resource_name": "folders/1", "display_name": "Prod"}],
        credits=[credit("-4.5", "COMMITTED_USAGE_DISCOUNT"), credit("-1E-7", "PROMOTION", "Trial")],
    ),
    row(cost="-3", invoice={"month": "202611"}),
    fee("6", "300") | {"project": {"id": "", "number": "", "name": "", "labels": []}},
]


def lines(rows: Rows, folder: Path) -> Path:
    return write_lines(folder / "bill.jsonl", rows)


def packed(rows: Rows, folder: Path) -> Path:
    path = folder / "bill-000000000000.json.gz"
    text = "".join(json.dumps(one) + "\n" for one in rows)
    path.write_bytes(gzip.compress(text.encode()))
    return path


def array(rows: Rows, folder: Path) -> Path:
    path = folder / "bill.json"
    path.write_text("\ufeff" + json.dumps(rows, indent=2))
    return path


def end_to_end(rows: Rows, folder: Path) -> Path:
    path = folder / "bill.json"
    path.write_text("".join(json.dumps(one, indent=3) for one in rows))
    return path


def answer(rows: Rows, folder: Path) -> Path:
    """As jobs.query answers: cells by place, everything text, timestamps in microseconds."""

    def schema(name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            inner = value[0] if value else {"key": "", "value": ""}
            fields = [schema(key, one) for key, one in inner.items()]
            return {"name": name, "type": "RECORD", "mode": "REPEATED", "fields": fields}
        if isinstance(value, dict):
            return {
                "name": name,
                "type": "RECORD",
                "fields": [schema(key, one) for key, one in value.items()],
            }
        return {"name": name, "type": "TIMESTAMP" if name.endswith("_time") else "STRING"}

    def cell(field: dict[str, Any], value: Any) -> dict[str, Any]:
        if field.get("mode") == "REPEATED":
            one = {**field, "mode": "NULLABLE"}
            return {"v": [cell(one, item) for item in value or ()]}
        if field["type"] == "RECORD":
            return {"v": {"f": [cell(f, value.get(f["name"])) for f in field["fields"]]}}
        if field["type"] == "TIMESTAMP":
            return {"v": stamps[value]}
        return {"v": value}

    def micros(text: str) -> str:
        from datetime import UTC, datetime

        moment = datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
        return str(int(moment.timestamp())) + "000000"

    times = {one[name] for one in rows for name in one if name.endswith("_time")}
    stamps = {text: micros(text) for text in times}
    fields = [schema(name, value) for name, value in rows[0].items()]
    found = [{"f": [cell(f, one.get(f["name"], [])) for f in fields]} for one in rows]
    path = folder / "answer.json"
    path.write_text(json.dumps({"schema": {"fields": fields}, "rows": found}))
    return path


def flat(rows: Rows, joint: str) -> list[dict[str, str]]:
    found = []
    for one in rows:
        cells = {}
        for key, value in one.items():
            for child, inner in value.items() if isinstance(value, dict) else [("", value)]:
                name = key + joint + child if child else key
                cells[name] = json.dumps(inner) if isinstance(inner, list) else str(inner)
        found.append(cells)
    return found


def write_csv(rows: Sequence[dict[str, str]], path: Path) -> Path:
    names = list(dict.fromkeys(name for one in rows for name in one))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())
    return path


def dotted(rows: Rows, folder: Path) -> Path:
    return write_csv(flat(rows, "."), folder / "bill.csv")


def underscored(rows: Rows, folder: Path) -> Path:
    """As a query flattens the table: two label columns, the project's first."""
    found = []
    for cells in flat(rows, "_"):
        cells["labels_1"] = cells.pop("labels")
        cells["labels"] = cells.pop("project_labels")
        cells["ancestors"] = cells.pop("project_ancestors", "")
        found.append(cells)
    return write_csv(found, folder / "bill.csv")


def texts(rows: Rows, folder: Path) -> Path:
    """Nested fields as JSON text in one column each, amounts as numbers."""
    found = []
    for one in rows:
        cells = {}
        for key, value in one.items():
            cells[key] = json.dumps(value) if isinstance(value, dict | list) else str(value)
        cells["credits"] = cells["credits"].replace('"-4.5"', "-4.5").replace('"-1E-7"', "-1E-7")
        found.append(cells)
    return write_csv(found, folder / "bill.csv")


def python(rows: Rows, folder: Path) -> Path:
    """Credits as Python prints them, as a generator of test data does."""
    found = flat(rows, ".")
    for cells, one in zip(found, rows, strict=True):
        cells["credits"] = str([{**item, "note": None} for item in one["credits"]])
    return write_csv(found, folder / "bill.csv")


def parquet(rows: Rows, folder: Path) -> Path:
    numbers = [{**one, "cost": float(one["cost"])} for one in rows]
    path = folder / "bill.parquet"
    pq.write_table(pa.Table.from_pylist(numbers), path)
    return path


def typed(rows: Rows, folder: Path) -> Path:
    """Parquet of BigQuery's own types: decimals, timestamps, and lists with their inner levels."""
    from datetime import datetime
    from decimal import Decimal

    def inner(value: Any) -> Any:
        if isinstance(value, list):
            return {"list": [{"element": item} for item in value]}
        return {k: inner(v) for k, v in value.items()} if isinstance(value, dict) else value

    made = []
    for one in rows:
        row = inner(one) | {"cost": Decimal(one["cost"])}
        for name in ("usage_start_time", "usage_end_time"):
            text = one[name].replace(" UTC", "+00:00")
            row[name] = datetime.fromisoformat(text)
        made.append(row)
    path = folder / "bill.parquet"
    pq.write_table(pa.Table.from_pylist(made), path)
    return path


SHAPES: list[Callable[[Rows, Path], Path]] = [
    packed, array, end_to_end, answer, dotted, underscored, texts, python, parquet, typed,
]  # fmt: skip

_SAME = (
    "BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ChargeCategory", "Tags",
    "BillingPeriodStart", "ChargePeriodStart", "ChargePeriodEnd", "SubAccountId", "ServiceName",
    "SkuId", "RegionId", "AvailabilityZone", "PricingQuantity", "CommitmentDiscountStatus",
    "ChargeDescription", "x_ProjectAncestors", "x_CostBeforeCredits",
)  # fmt: skip


def facts(charges: list[Charge]) -> list[dict[str, Any]]:
    return [{name: one.get(name) for name in _SAME} for one in charges]


@pytest.mark.parametrize("shape", SHAPES, ids=[shape.__name__ for shape in SHAPES])
def test_every_shape_gives_the_same_charges(
    shape: Callable[[Rows, Path], Path], book: Book, tmp_path: Path
) -> None:
    other = Book(tmp_path / "other")
    expected = facts(other.charges(lines(ROWS, tmp_path / "lines")))
    assert len(expected) == 6
    assert expected[0]["Tags"] == {"team": 'shop\'s "best"', "project:team": "platform"}
    folder = tmp_path / "bill"
    folder.mkdir()
    assert facts(book.charges(shape(ROWS, folder))) == expected


def test_files_of_one_shape_are_one_bill(book: Book, tmp_path: Path) -> None:
    for number, one in enumerate(ROWS):
        write_lines(tmp_path / "bill" / f"part-{number}.json", [one])
    assert len(book.charges(tmp_path / "bill")) == 6


def test_fields_that_google_added_later_are_found_by_name(book: Book, tmp_path: Path) -> None:
    new = {**row(), "cost_at_list": "12", "brand_new": {"a": [1]}}
    old = {name: value for name, value in row().items() if name not in ("tags", "system_labels")}
    charges = book.charges(write_lines(tmp_path / "bill.jsonl", [old, new]))
    assert [one["ListCost"] for one in charges] == [10, 12]


def offer(folder: Path) -> list[Any]:
    return GcpBilling().deliveries(FileTransport(str(folder)), GcpBillingOptions())


def test_an_export_in_several_shapes_is_not_added_up(tmp_path: Path) -> None:
    for shape in (lines, dotted, parquet):
        shape(ROWS, tmp_path)
    (feed,) = detect(FileTransport(str(tmp_path)))
    assert feed.kind == "gcp-billing"
    with pytest.raises(SourceError, match=r"3 shapes \(CSV: bill.csv; JSON: bill.jsonl; Parquet"):
        offer(tmp_path)


def test_an_export_in_two_packings_is_not_added_up(tmp_path: Path) -> None:
    path = lines(ROWS, tmp_path)
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(SourceError, match="one table in 2 packings"):
        offer(tmp_path)


def test_the_standard_beside_the_detailed_export_is_not_added_up(tmp_path: Path) -> None:
    for kind in ("", "_resource"):
        name = f"gcp_billing_export{kind}_v1_01ABCD_234567_89EFGH-000.json"
        write_lines(tmp_path / name, ROWS)
    with pytest.raises(SourceError, match="standard and the detailed export of the billing acc"):
        offer(tmp_path)
    other = tmp_path / "gcp_billing_export_v1_01ABCD_234567_89EFGH-000.json"
    other.rename(tmp_path / "gcp_billing_export_v1_01OTHE_234567_89EFGH-000.json")
    assert len(offer(tmp_path)[0].files) == 2, "of two accounts both are needed"


def refusal(book: Book, path: Path) -> str:
    """Why a location is not loaded; nothing of it is in the lake."""
    try:
        outcomes = book.load(path)
    except SourceError as error:
        return str(error)
    assert {outcome.status for outcome in outcomes} == {"failed"}
    assert book.lake.pin().slices == ()
    return outcomes[0].message


def test_unnested_credits_are_refused(book: Book, tmp_path: Path) -> None:
    cells = flat([row()], ".")[0]
    cells |= {"credits.name": "Trial", "credits.amount": "-1"}
    del cells["credits"]
    path = write_csv([cells], tmp_path / "bill.csv")
    assert "credits were unnested" in refusal(book, path)


@pytest.mark.parametrize("field", ["cost", "currency", "usage_start_time"])
def test_a_needed_field_that_is_missing_is_named(field: str, book: Book, tmp_path: Path) -> None:
    bare = {name: value for name, value in row().items() if name != field}
    path = write_lines(tmp_path / "bill.jsonl", [bare])
    assert f"no field {field}" in refusal(book, path)


@pytest.mark.parametrize("shape", [array, end_to_end, lines, packed])
def test_a_file_that_is_cut_short_is_not_loaded(
    shape: Callable[[Rows, Path], Path], book: Book, tmp_path: Path
) -> None:
    path = shape(ROWS, tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    why = refusal(book, path)
    assert "cut short" in why or "no valid JSON" in why


def test_other_documents_beside_the_bill_are_left_out_and_said(book: Book, tmp_path: Path) -> None:
    folder = tmp_path / "bill"
    write_lines(folder / "bill.jsonl", ROWS)
    (folder / "commitments.json").write_text('{"id": "1"}\n{"id": "2"}')
    assert len(book.charges(folder)) == 6
    assert "commitments.json is no billing export: left out" in book.notes


def test_a_table_of_another_kind_beside_the_bill_is_refused(tmp_path: Path) -> None:
    dotted(ROWS, tmp_path)
    (tmp_path / "people.csv").write_text("name,birthday\nAda,1815-12-10\n")
    with pytest.raises(SourceError, match=r"people\.csv is no billing export"):
        offer(tmp_path)


def test_a_folder_without_an_export(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    (tmp_path / "other.txt").write_text("nothing")
    with pytest.raises(SourceError, match="no billing export at"):
        offer(tmp_path)


def test_the_focus_view_is_read_from_the_apis_answer(book: Book, tmp_path: Path) -> None:
    names = {
        "BilledCost": ("NUMERIC", "3.123456789012345678"),
        "EffectiveCost": ("NUMERIC", "3.123456789012345678"),
        "ListCost": ("NUMERIC", "5"),
        "ContractedCost": ("NUMERIC", "4"),
        "BillingAccountId": ("STRING", "010101-F0FFF0-61C528"),
        "BillingCurrency": ("STRING", "USD"),
        "BillingPeriodStart": ("TIMESTAMP", "1777593600000000"),
        "BillingPeriodEnd": ("TIMESTAMP", "1.7802720E9"),
        "ChargePeriodStart": ("TIMESTAMP", "1777591800123456"),
        "ChargePeriodEnd": ("TIMESTAMP", "1777595400123456"),
        "ChargeCategory": ("STRING", "Usage"),
        "ProviderName": ("STRING", "Google Cloud"),
        "PublisherName": ("STRING", "Google Cloud"),
        "ServiceName": ("STRING", "Compute Engine"),
        "x_ServiceId": ("STRING", "6F81-5844-456A"),
        "x_CostType": ("STRING", "regular"),
    }
    labels = {
        "x_Labels": [("team", "shop")],
        "x_ProjectLabels": [("team", "platform")],
        "x_SystemLabels": [],
    }
    pair = [{"name": "Key", "type": "STRING"}, {"name": "Value", "type": "STRING"}]
    fields: list[dict[str, Any]] = [
        {"name": name, "type": kind} for name, (kind, _) in names.items()
    ]
    fields += [
        {"name": name, "type": "RECORD", "mode": "REPEATED", "fields": pair} for name in labels
    ]
    cells: list[dict[str, Any]] = [{"v": value} for _, value in names.values()]
    for entries in labels.values():
        cells.append({"v": [{"v": {"f": [{"v": key}, {"v": text}]}} for key, text in entries]})
    path = tmp_path / "2026-05.json"
    path.write_text(json.dumps({"schema": {"fields": fields}, "rows": [{"f": cells}]}))
    (charge,) = book.charges(path)
    assert str(charge["BilledCost"]) == "3.123456789012345678000"
    assert charge["ChargePeriodStart"].microsecond == 123456
    assert charge["BillingPeriodEnd"].isoformat() == "2026-06-01T00:00:00"
    assert dict(charge["Tags"]) == {"team": "shop", "project:team": "platform"}
    assert charge["ServiceCategory"] == "Compute"
    assert charge["InvoiceIssuerName"] == charge["HostProviderName"] == "Google Cloud"
