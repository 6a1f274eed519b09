"""A table of an unknown vendor, from the first look to the ledger."""

from pathlib import Path

import pytest
import yaml

from tests.cli.bills import write_bill
from tests.cli.conftest import Run

INVOICE = """\
Rechnungsnr.;Leistungsdatum;Produkt;Menge;Nettobetrag (EUR);Kostenstelle
BP-1;01.10.2026;Brightpage Pro;24;1.936,00;CC-2100
BP-1;03.10.2026;Brightpage Renders;1.200;14,40;CC-2200
Summe;;;;1.950,40;
"""


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "brightpage-2026-10.csv"
    path.write_text(INVOICE, encoding="utf-8")
    return path


def test_load_points_to_infer_and_infer_to_load(folder: Path, run: Run, invoice: Path) -> None:
    ran = run("load", invoice)
    assert ran.code == 1 and "outlay source infer FILE" in ran.err
    ran = run("source", "infer", invoice)
    assert ran.code == 0
    assert "Nettobetrag (EUR) (number 1.234,56)" in ran.out
    assert "the heading says “leistungsdatum”" in ran.out
    assert "2 charges of 3 rows, 2026-10 to 2026-10: BilledCost 1950.40 EUR" in ran.out
    assert "Check: rows whose 'Rechnungsnr.' is 'Summe'" in ran.out
    assert "outlay load" in ran.out and "--kind csv --option mapping=mapping.yaml" in ran.out


def test_from_proposal_to_charges(folder: Path, run: Run, invoice: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yaml"
    assert run("source", "infer", invoice, "--out", mapping).code == 0
    assert "# sure: the heading says" in mapping.read_text(encoding="utf-8")
    again = run("source", "infer", invoice, "--out", mapping)
    assert again.code == 2 and "may hold your corrections" in again.err
    ran = run("load", invoice, "--kind", "csv", "--source", "brightpage",
              "--option", f"mapping={mapping}")  # fmt: skip
    assert ran.code == 0, ran.err
    # The file's content is the source's option: the file itself is no longer needed.
    mapping.unlink()
    spec = run("get", "source", "brightpage", "--json").json
    assert spec["spec"]["options"]["mapping"]["vendor"] == "Brightpage"
    assert "mapping (vendor, columns, tags, skip)" in run("source", "show", "brightpage").out
    assert run("sync", "brightpage").code == 0
    rows = run("query", "--by", "tags.cost-center", "--json").json["rows"]
    key = 'tags."cost-center"'
    assert {row[key]: row["EffectiveCost"] for row in rows} == {
        "CC-2100": "1936.00",
        "CC-2200": "14.40",
    }
    # A later file under the same name is read by the same mapping.
    later = tmp_path / "brightpage-2026-11.csv"
    later.write_text(INVOICE.replace(".10.2026", ".11.2026"), encoding="utf-8")
    ran = run("load", later, "--source", "brightpage", "--json")
    assert ran.code == 0, ran.err
    assert [s["billing_period"] for s in ran.json[0]["slices"]] == ["2026-11"]


def test_a_corrected_mapping_is_tried_and_a_wrong_one_explained(
    run: Run, invoice: Path, tmp_path: Path
) -> None:
    mapping = tmp_path / "mapping.yaml"
    run("source", "infer", invoice, "--out", mapping)
    spec = yaml.safe_load(mapping.read_text(encoding="utf-8"))
    spec["columns"]["ServiceName"] = "Produkte"
    mapping.write_text(yaml.safe_dump(spec), encoding="utf-8")
    ran = run("source", "infer", invoice, "--mapping", mapping)
    assert ran.code == 1
    assert "the file has no column 'Produkte'; did you mean 'Produkt'?" in ran.out
    del spec["columns"]["BillingCurrency"]
    mapping.write_text(yaml.safe_dump(spec), encoding="utf-8")
    ran = run("source", "infer", invoice, "--mapping", mapping)
    assert ran.code == 2 and "BillingCurrency is missing" in ran.err


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "is no YAML"), ("- a", "must hold keys"), (None, "cannot be read")],
)
def test_a_mapping_file_that_is_none(
    folder: Path, run: Run, invoice: Path, tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "mapping.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    ran = run("load", invoice, "--kind", "csv", "--option", f"mapping={path}")
    assert ran.code == 2 and message in ran.err


def test_kind_csv_needs_its_mapping(folder: Path, run: Run, invoice: Path) -> None:
    ran = run("load", invoice, "--kind", "csv")
    assert ran.code != 0 and "outlay source infer FILE --out mapping.yaml" in ran.err
    ran = run("source", "add", "x", "--kind", "csv", "--location", invoice)
    assert ran.code != 0 and "outlay source infer FILE --out mapping.yaml" in ran.err


def test_what_is_missing_is_said_and_nothing_is_tried(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Day,Amount\n2026-10-05,1.50\n")
    out = tmp_path / "mapping.yaml"
    found = run("source", "infer", path, "--json", "--out", out).json
    assert found["missing"] == ["BillingCurrency"] and found["trial"] is None
    assert "# BillingCurrency:   not found, and needed" in out.read_text(encoding="utf-8")


def test_a_known_bill_needs_no_mapping(run: Run, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "bills" / "bill.csv")
    ran = run("source", "infer", bill, "--out", tmp_path / "mapping.yaml")
    assert ran.code == 2 and "needs no mapping" in ran.err


def test_a_place_without_a_table_is_an_error(run: Run, tmp_path: Path) -> None:
    ran = run("source", "infer", tmp_path)
    assert ran.code == 1 and "it is empty" in ran.err
