"""FOCUS files of a ledger: what is written where, what the manifest says, what adds up."""

import io
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from outlay.app import Workspace, WorkspaceError
from outlay.app.export import MANIFEST, Wanted, export_zip, offered
from outlay.app.stated import read_stated
from outlay.money import BillingPeriod, total
from tests.cli.conftest import Run, run
from tests.usecases.company import CHARGES, NIMBUS, company
from tests.web.conftest import serving
from tests.web.page import parse

__all__ = ["run"]

OCTOBER = BillingPeriod(2026, 10)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = company(tmp_path_factory.mktemp("export"))
    yield workspace
    workspace.close()


def exported(workspace: Workspace, out: Path, **wanted: Any) -> dict[str, Any]:
    workspace.export_focus(Wanted.of(**wanted), out)
    found: dict[str, Any] = json.loads((out / MANIFEST).read_text("utf-8"))
    assert sorted(file["path"] for file in found["files"]) == sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*")
        if path.is_file() and path.name != MANIFEST
    )  # fmt: skip
    return found


def test_every_dataset_of_a_period_with_a_manifest(acme: Workspace, tmp_path: Path) -> None:
    manifest = exported(acme, tmp_path, dataset="all", periods=[OCTOBER])
    assert [(f["dataset"], f["path"]) for f in manifest["files"]] == [
        ("cost-and-usage", "glowworm/2026-10.parquet"),
        ("cost-and-usage", "nimbus/2026-10.parquet"),
        ("billing-period", "glowworm/billing-period.parquet"),
        ("billing-period", "nimbus/billing-period.parquet"),
        ("invoice-detail", "glowworm/invoice-detail-2026-10.parquet"),
        ("invoice-detail", "nimbus/invoice-detail-2026-10.parquet"),
        ("contract-commitment", "glowworm/contract-commitment.parquet"),
        ("contract-commitment", "nimbus/contract-commitment.parquet"),
    ]
    assert manifest["snapshot"] == str(acme.pin().snapshot_id)
    for file in manifest["files"]:
        table = pq.read_table(tmp_path / file["path"])
        assert table.num_rows == file["rows"]
        assert table.column_names == file["columns"]
        assert (tmp_path / file["path"]).stat().st_size == file["bytes"]


def test_the_manifest_names_what_is_missing_and_what_was_derived(
    acme: Workspace, tmp_path: Path
) -> None:
    (file,) = exported(
        acme, tmp_path, dataset="contract-commitment", sources=["nimbus"]
    )["files"]  # fmt: skip
    missing = {one["column"]: one["reason"] for one in file["missing"]}
    assert "before the first loaded bill" in missing["ContractCommitmentPeriodStart"]
    assert all(missing.values())
    assert file["derived"]["ContractCommitmentApplicability"].startswith("no bill states")
    assert file["totals"] == {"USD": {"ContractCommitmentCost": "1000.00"}}
    charges = exported(acme, tmp_path / "charges", sources=["glowworm"])["files"][0]
    assert "CapacityReservationStatus" in charges["columns"]
    assert "SkuPriceDetails" in charges["columns"]
    lacking = {one["column"] for one in charges["missing"]}
    assert "BillingAccountType" in lacking


def test_charges_and_invoice_details_add_up_to_the_last_digit(
    acme: Workspace, tmp_path: Path
) -> None:
    exported(acme, tmp_path, dataset="all")
    for source in ("nimbus", "glowworm"):
        with duckdb.connect() as reader:
            apart = reader.execute(f"""
                SELECT c.InvoiceId, c.BillingAccountId, c.billed, d.billed
                FROM (SELECT InvoiceId, BillingAccountId, BillingPeriodStart,
                        sum(BilledCost) AS billed
                    FROM '{tmp_path}/{source}/2026-*.parquet' GROUP BY ALL) AS c
                FULL JOIN (SELECT CASE WHEN NOT x_Provisional THEN InvoiceId END AS InvoiceId,
                        BillingAccountId, BillingPeriodStart, sum(BilledCost) AS billed
                    FROM '{tmp_path}/{source}/invoice-detail-*.parquet' GROUP BY ALL) AS d
                ON d.InvoiceId IS NOT DISTINCT FROM c.InvoiceId
                    AND d.BillingAccountId = c.BillingAccountId
                    AND d.BillingPeriodStart = c.BillingPeriodStart
                WHERE c.billed IS DISTINCT FROM d.billed""").fetchall()
        assert apart == []
    details = pq.read_table(sorted((tmp_path / "nimbus").glob("invoice-detail-*"))[1])
    october = [c for c in NIMBUS if c["InvoiceId"] == "INV-10"]
    listed = [row for row in details.to_pylist() if row["InvoiceId"] == "INV-10"]
    assert total(row["BilledCost"] for row in listed) == total(c["BilledCost"] for c in october)


def test_custom_columns_are_kept(acme: Workspace, tmp_path: Path) -> None:
    exported(acme, tmp_path, sources=["glowworm"], periods=[OCTOBER])
    table = pq.read_table(tmp_path / "glowworm" / "2026-10.parquet")
    assert "x_PricingCurrency" in table.column_names
    exported(acme, tmp_path / "old", sources=["glowworm"], periods=[OCTOBER], version="1.2")
    old = pq.read_table(tmp_path / "old" / "glowworm" / "2026-10.parquet")
    assert set(old["PricingCurrency"].to_pylist()) == {"Sparks"}


def test_csv_has_every_row_and_digit(acme: Workspace, tmp_path: Path) -> None:
    exported(acme, tmp_path, dataset="invoice-detail", format="csv")
    with duckdb.connect() as reader:
        rows = reader.execute(
            "SELECT sum(CAST(BilledCost AS DECIMAL(38,21))) FROM "
            f"read_csv('{tmp_path}/*/*.csv', all_varchar = true, union_by_name = true) "
            "WHERE BillingCurrency = 'USD'"
        ).fetchall()
    charged = total(c["BilledCost"] for c in CHARGES if c["BillingCurrency"] == "USD")
    assert rows == [(charged,)]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"dataset": "invoices"}, "'invoices' is no dataset"),
        ({"dataset": "invoice-detail", "version": "1.2"}, "FOCUS 1.2 has no dataset Invoice"),
        ({"version": "1.3"}, "'1.3' is no FOCUS version"),
        ({"format": "xlsx"}, "'xlsx' is no format"),
    ],
)
def test_what_cannot_be_written_is_refused(wanted: dict[str, str], says: str) -> None:
    with pytest.raises(WorkspaceError, match=says):
        Wanted.of(**wanted)
    assert Wanted.of("all", "1.2").datasets == ("cost-and-usage",)


def test_an_unknown_source_and_an_empty_period(acme: Workspace, tmp_path: Path) -> None:
    from outlay.resources import ResourceError

    with pytest.raises(ResourceError, match="nobody"):
        acme.export_focus(Wanted.of(sources=["nobody"]), tmp_path)
    assert acme.export_focus(Wanted.of(periods=[BillingPeriod(2020, 1)]), tmp_path) == []
    assert not (tmp_path / MANIFEST).exists()


def test_an_archive_holds_the_files_and_the_manifest(acme: Workspace, tmp_path: Path) -> None:
    written = export_zip(acme, Wanted.of("billing-period"), tmp_path / "focus.zip")
    with zipfile.ZipFile(tmp_path / "focus.zip") as archive:
        assert sorted(archive.namelist()) == [
            "glowworm/billing-period.parquet", MANIFEST, "nimbus/billing-period.parquet",
        ]  # fmt: skip
    assert len(written) == 2
    assert [one["name"] for one in offered(acme)["sources"]] == ["glowworm", "nimbus"]


# --- what is stated ---


def test_stated_facts_are_read_and_checked(tmp_path: Path) -> None:
    assert read_stated(tmp_path).invoices == {}
    file = tmp_path / "stated.yaml"
    file.write_text(
        "invoices:\n  Nimbus: {PaymentTerms: Net 30, PaymentDueDays: 30}\n"
        "commitments:\n  K: {ContractPeriodStart: 2026-01-01, ContractCommitmentCost: 12.50}\n"
    )
    found = read_stated(tmp_path)
    assert found.invoices == {"Nimbus": {"PaymentTerms": "Net 30", "PaymentDueDays": "30"}}
    assert found.commitments["K"]["ContractPeriodStart"] == "2026-01-01"
    for text, says in (
        ("terms: {}\n", "has the parts invoices and commitments"),
        ("invoices:\n  Nimbus: {Terms: x}\n", "'Terms' cannot be stated. Allowed: PaymentTerms"),
        ("invoices: [1]\n", "invoices is a list of names"),
        ("invoices:\n  Nimbus: 30 days\n", "'30 days' cannot be stated"),
        ("a: [\n", "cannot be read"),
    ):
        file.write_text(text)
        with pytest.raises(WorkspaceError, match=says):
            read_stated(tmp_path)


# --- the faces ---


def test_the_command_says_what_could_not_be_made(
    acme: Workspace, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_WORKSPACE", str(acme.path))
    ran = run("export", "focus", "--dataset", "all", "--source", "nimbus", "--out", tmp_path)
    assert ran.code == 0
    assert "What could not be made" in ran.out
    assert "PaymentTerms" in ran.out and "stated.yaml" in ran.out
    listed = run("export", "focus", "--period", "2026-10", "--period", "2026-09", "--json",
                 "--out", tmp_path / "j").json  # fmt: skip
    assert len(listed) == 4 and listed[0]["totals"]["USD"]["BilledCost"]
    assert run("export", "focus", "--dataset", "x", "--out", tmp_path).code == 2
    assert "No data" in run("export", "focus", "--period", "2020-01", "--out", tmp_path).out


def test_the_api_gives_an_archive(acme: Workspace) -> None:
    client = serving(acme)
    found = client.get("/api/v1/export/focus").json()
    assert [one["name"] for one in found["datasets"]] == [
        "cost-and-usage", "billing-period", "invoice-detail", "contract-commitment",
    ]  # fmt: skip
    response = client.get(
        "/api/v1/export/focus.zip?dataset=invoice-detail&source=nimbus&period=2026-10&format=csv"
    )
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.namelist() == ["nimbus/invoice-detail-2026-10.csv", MANIFEST]
        assert b"INV-10" in archive.read("nimbus/invoice-detail-2026-10.csv")
    for query, status in (("dataset=x", 404), ("period=2020-01", 404), ("period=x", 400)):
        assert client.get(f"/api/v1/export/focus.zip?{query}").status_code == status, query


def test_the_page_offers_what_there_is(acme: Workspace, tmp_path: Path) -> None:
    page = parse(serving(acme).get("/export").text)
    options = [o.text for o in page.one("select", id="x-dataset").all("option")]
    assert options == [
        "Cost and Usage", "Billing Period", "Invoice Detail", "Contract Commitment", "All of them",
    ]  # fmt: skip
    assert [o.text for o in page.one("select", id="x-period").all("option")] == [
        "2026-11", "2026-10", "2026-09", "Every period",
    ]  # fmt: skip
    assert page.one("form", cls="export-form").attrs["action"] == "/api/v1/export/focus.zip"
    empty = Workspace.init(tmp_path / "empty")
    try:
        assert "Nothing to export yet" in parse(serving(empty).get("/export").text).text
    finally:
        empty.close()


def test_sql_reads_the_datasets(acme: Workspace) -> None:
    rows = acme.sql(
        "SELECT BillingPeriodStatus, count(*) AS n FROM billing_period GROUP BY 1 ORDER BY 1"
    ).rows()
    assert rows == [
        {"BillingPeriodStatus": "Closed", "n": 4},
        {"BillingPeriodStatus": "Open", "n": 1},
    ]
    (row,) = acme.sql(
        "SELECT sum(BilledCost) AS billed FROM invoice_detail WHERE InvoiceId = 'G-09'"
    ).rows()
    assert row["billed"] == Decimal("31.0")
    (row,) = acme.sql("SELECT count(*) AS n FROM contract_commitment").rows()
    assert row["n"] == 3
