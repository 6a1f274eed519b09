"""Files of statements have the numbers of the page, read back: CSV, JSON, XLSX, HTML and PDF."""

import builtins
import csv
import io
import json
import socket
import sys
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from outlay.app import statement_files
from outlay.expression.errors import QueryError
from outlay.money import total
from outlay.statements import paper
from outlay.statements.errors import StatementError
from tests.statements.desk import EC2, S3, SEPTEMBER, Desk, charge, lines_of
from tests.statements.pdftext import pages


def content(desk: Desk, form: str, value: str | None = None) -> bytes:
    return statement_files.export(desk.workspace, "team", SEPTEMBER, form, value).content


def test_a_csv_has_a_row_for_each_line(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(content(desk, "csv", "shop").decode())))
    assert {row["id"]: row["amount"] for row in rows} == lines_of(desk.one(SEPTEMBER, "shop"))
    assert total(Decimal(row["amount"]) for row in rows) == Decimal("80.33")
    shared = next(row for row in rows if row["section"] == "shared")
    assert (shared["line"], shared["exact"]) == ("Platform, evenly", "33.3333333")
    assert {row["value"] for row in rows} == {"shop"}


def test_a_month_s_csv_has_a_row_for_each_value(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(content(desk, "csv").decode())))
    assert [(row["value"], row["shared"], row["total"]) for row in rows] == [
        ("Unallocated", "0.00", "0.00"),
        ("data", "33.34", "43.34"),
        ("platform", "-100.00", "0.00"),
        ("search", "33.33", "68.33"),
        ("shop", "33.33", "80.33"),
    ]


def test_json_says_what_it_stands_on(desk: Desk) -> None:
    month = json.loads(content(desk, "json"))
    assert (month["bill"], month["bill_exact"], month["total"]) == ("192.00", "192.002", "192.00")
    assert month["snapshot"] == str(desk.workspace.pin().snapshot_id)
    one = json.loads(content(desk, "json", "shop"))
    assert (one["base"], one["adjustments"], one["total"]) == ("80.33", "0.00", "80.33")
    assert [(s["title"], s["amount"]) for s in one["sections"]] == [
        ("Direct", "30.00"),
        ("Shared", "33.33"),
        ("Tax", "17.00"),
    ]


def cells(content: bytes, sheet: str, *, values: bool = True) -> list[list[Any]]:
    """The rows of a sheet; formulas instead of what they come to unless `values`."""
    book = load_workbook(io.BytesIO(content), data_only=values)
    return [list(row) for row in book[sheet].iter_rows(values_only=True)]


def test_a_workbook_has_amounts_as_numbers_with_their_cents(desk: Desk) -> None:
    workbook = content(desk, "xlsx", "shop")
    rows = cells(workbook, "Statement")
    head = {row[0]: row[1] for row in rows[:6]}
    assert head["Statement"] == "shop" and head["Month"] == "2026-09"
    (start,) = [i for i, row in enumerate(rows) if row[0] == "Section"]
    place = rows[start].index("Amount")
    body = rows[start + 1 :]
    found = [(row[1], Decimal(str(row[place]))) for row in body[:-1]]
    assert found == [
        (EC2, Decimal("20.01")),
        (S3, Decimal("9.99")),
        ("Platform, evenly", Decimal("33.33")),
        (EC2, Decimal("17")),
    ]
    assert (body[-1][0], Decimal(str(body[-1][place]))) == ("Total", Decimal("80.33"))
    formula = cells(workbook, "Statement", values=False)[-1][place]
    first, last = start + 2, start + 1 + len(found)
    assert formula == f"=SUM({chr(ord('A') + place)}{first}:{chr(ord('A') + place)}{last})"
    book = load_workbook(io.BytesIO(workbook))
    assert book["Statement"].cell(first, place + 1).number_format == "#,##0.00"


def test_a_month_s_workbook_adds_up(desk: Desk) -> None:
    workbook = content(desk, "xlsx")
    rows = cells(workbook, "Statements")
    (start,) = [i for i, row in enumerate(rows) if row[0] == "team"]
    assert rows[start][-1] == "Total"
    totals = [Decimal(str(row[-1])) for row in rows[start + 1 :]]
    assert total(totals[:-1]) == totals[-1] == Decimal("192")
    lines = cells(workbook, "Lines")
    assert total(Decimal(str(row[-1])) for row in lines[1:-1]) == Decimal("192")
    assert lines[-1][0] == "Total" and Decimal(str(lines[-1][-1])) == Decimal("192")


def test_a_name_is_never_a_formula_and_a_long_number_keeps_its_digits(bare: Desk) -> None:
    bare.bill(
        [
            charge("1", "2026-09-03", "shop", service="=1+1"),
            charge("99999999999999.99", "2026-09-03", "shop"),
        ]
    )
    rows = cells(content(bare, "xlsx", "shop"), "Statement", values=False)
    found = {row[1]: row[7] for row in rows if row[0] == "Direct"}
    assert found == {"=1+1": 1, EC2: "99999999999999.99"}


def test_the_paper_stands_alone(desk: Desk) -> None:
    html = content(desk, "html", "shop").decode()
    assert "80.33 USD" in html and "Draft" in html
    assert "src=" not in html and "href=" not in html and "http" not in html


def test_a_name_is_text_on_paper(bare: Desk) -> None:
    bare.bill([charge("1", "2026-09-03", "shop", service="<img src=x>")])
    assert "&lt;img src=x&gt;" in content(bare, "html", "shop").decode()


def needs_pango() -> None:
    pytest.importorskip("weasyprint", reason="WeasyPrint or its system library is missing",
                        exc_type=(ImportError, OSError))  # type: ignore[arg-type]  # fmt: skip


def test_a_pdf_has_the_lines_and_the_total(desk: Desk) -> None:
    needs_pango()
    closed = desk.close(SEPTEMBER)
    found = content(desk, "pdf", "shop")
    assert found.startswith(b"%PDF-")
    (page,) = pages(found)
    drawn = page.splitlines()
    assert drawn[:2] == ["Cost by team", "shop"]
    for name, amount in ((S3, "9.99"), ("Tax", "17.00"), ("Shared", "33.33")):
        assert drawn[drawn.index(name) + 1] == amount
    assert drawn[drawn.index("Total") + 1] == "80.33 USD"
    assert closed.digest[:16] in "".join(drawn)
    assert "Draft" not in drawn


def test_a_month_s_pdf_has_a_page_for_each_statement(desk: Desk) -> None:
    needs_pango()
    found = pages(content(desk, "pdf"))
    assert len(found) == 1 + 5
    table = found[0].splitlines()
    place = table.index("Sum")
    assert table[place + 7] == "192.00"


def test_a_pdf_that_cannot_be_made_says_what_is_missing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(error: Exception) -> Any:
        def load(name: str, *rest: Any, **words: Any) -> Any:
            if name == "weasyprint":
                raise error
            return real(name, *rest, **words)

        return load

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(builtins, "__import__", without(ImportError("weasyprint")))
    with pytest.raises(StatementError, match=r"pip install 'outlay\[pdf\]'"):
        paper.pdf("<p>")
    monkeypatch.setattr(builtins, "__import__", without(OSError("cannot load libpango")))
    with pytest.raises(StatementError, match="Pango, which cannot be loaded .*apt install"):
        paper.pdf("<p>")


def test_a_statement_asks_for_nothing_outside() -> None:
    needs_pango()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        assert paper.pdf(f"<p>Text</p><img src='{address}'>").startswith(b"%PDF-")
        with pytest.raises(BlockingIOError):  # nobody has called
            server.accept()


def test_a_form_that_there_is_not_names_those_there_are(desk: Desk) -> None:
    with pytest.raises(QueryError, match="'docx' is no form of a statement"):
        content(desk, "docx")


def test_names_of_files_are_plain(bare: Desk) -> None:
    bare.bill([charge("1", "2026-09-03", "Größe/1")])
    found = statement_files.export(bare.workspace, "team", SEPTEMBER, "csv", "Größe/1")
    assert found.name == "statement-team-gr-e-1-2026-09.csv"
