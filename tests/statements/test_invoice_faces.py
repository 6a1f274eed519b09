"""Invoices by page, command line and API: the same rows, the same amounts, the same refusals."""

import csv
import io
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.cli import main
from tests.cli.conftest import Run, run  # noqa: F401
from tests.statements.invoiced import AWS, line, load
from tests.web.conftest import serving
from tests.web.page import Node, parse

ENTERED = {
    "issuer": AWS, "invoice_id": "I-1", "billing_period": "2026-09", "currency": "USD",
    "amount": "120.00", "tax": "19.00",
}  # fmt: skip


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100.996 on I-1, 7 on I-2, 0.5 on none; no tax in the bill."""
    place = tmp_path_factory.mktemp("invoices")
    workspace = Workspace.init(place / "ws", name="Acme")
    rows = [
        line("60.996"),
        line("40", "2026-09-04", service="Amazon S3"),
        line("7", number="I-2"),
        line("0.5", number=""),
    ]
    load(workspace, place / "bills", rows, "aws")
    workspace.close()
    return place / "ws"


@pytest.fixture
def workspace(_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy, quicker than to load it."""
    shutil.copytree(_made, tmp_path / "ws")
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_a_month_from_charges_to_matched(client: TestClient) -> None:
    rows = page(client, "/invoices?period=2026-09").one("table", id="invoices").rows()
    assert [row[1] for row in rows] == ["no invoice"] * 3
    assert sorted(row[4] for row in rows) == ["0.50", "101.00", "7.00"]
    done = client.post("/invoices", data={**ENTERED, "amount": "119.996"}, follow_redirects=False)
    assert done.status_code == 303
    shown = page(client, done.headers["location"])
    facts = {row[0]: row[1] for row in shown.one("table", id="comparison").rows()}
    assert facts == {
        "Invoice": "119.996", "Charges": "100.996", "Difference": "19.00", "of it: Tax": "19.00",
        "Unexplained": "0.00",
    }  # fmt: skip
    assert "explained" in shown.one("p", cls="lede").text


def test_the_form_refuses_with_what_was_typed(client: TestClient) -> None:
    response = client.post("/invoices", data={**ENTERED, "amount": "12,00,0"})
    assert response.status_code == 400
    shown = parse(response.text)
    assert "'12,00,0' is not an amount" in shown.one("div", id="invoice-error").text
    assert shown.one("input", id="i-amount").attrs["value"] == "12,00,0"
    assert shown.one("input", id="i-issuer").attrs["value"] == AWS
    (month,) = [one for one in shown.one("select", id="v-period").all("option", selected="*")]
    assert month.attrs["value"] == "2026-09"
    wrong = client.post("/invoices", data={**ENTERED, "billing_period": "Sept"})
    assert wrong.status_code == 400
    assert "'Sept' is not a billing period" in parse(wrong.text).one("div", id="invoice-error").text
    assert page(client, "/invoices?period=2026-09").one("table", id="invoices").rows()[0][3] == (
        "enter"
    )


def test_a_row_without_an_invoice_leads_to_its_form(client: TestClient) -> None:
    shown = page(client, "/invoices?period=2026-09")
    link = next(one for one in shown.all("a") if one.text == "enter" and "I-2" in one.attrs["href"])
    form = page(client, link.attrs["href"])
    assert form.one("input", id="i-id").attrs["value"] == "I-2"
    assert form.one("input", id="i-currency").attrs["value"] == "USD"
    assert "open" in form.one("details", id="enter").attrs


def test_a_file_is_uploaded(client: TestClient) -> None:
    text = "issuer,invoice_id,billing_period,currency,amount\n" + f'"{AWS}",I-2,2026-09,USD,7.00\n'
    done = client.post(
        "/invoices/import", files={"file": ("sep.csv", text, "text/csv")}, follow_redirects=False
    )
    assert done.status_code == 303
    assert "1 added" in page(client, done.headers["location"]).one("p", cls="banner").text
    wrong = client.post("/invoices/import", files={"file": ("sep.csv", text + "x\n", "text/csv")})
    assert wrong.status_code == 400
    assert "line 3" in parse(wrong.text).one("div", id="invoice-error").text
    binary = client.post("/invoices/import", files={"file": ("a.xlsx", b"PK\xff\xfe", "text/csv")})
    assert "no text in UTF-8" in parse(binary.text).one("div", id="invoice-error").text


def test_states_narrow_and_say_where_nothing_is(client: TestClient) -> None:
    client.post("/invoices", data={**ENTERED, "amount": "500"})
    rows = page(client, "/invoices?period=2026-09&state=differs").one("table", id="invoices").rows()
    assert [(row[0], row[7]) for row in rows] == [(f"I-1 {AWS}", "380.00")]
    nothing = page(client, "/invoices?period=2026-09&state=matched")
    assert "No invoice is in this state" in nothing.text


def test_empty_and_failing_pages(client: TestClient, tmp_path: Path) -> None:
    empty = serving(Workspace.init(tmp_path / "empty"))
    assert "No bills and no invoices yet" in page(empty, "/invoices").text
    assert "is not a billing period" in page(client, "/invoices?period=september", 400).text
    assert "there is no invoice 'nope'" in page(client, "/invoices/nope", 404).text


def test_remove_keeps_the_charges(client: TestClient) -> None:
    where = client.post("/invoices", data=ENTERED, follow_redirects=False).headers["location"]
    assert client.post(f"{where}/remove", follow_redirects=False).status_code == 303
    rows = page(client, "/invoices?period=2026-09").one("table", id="invoices").rows()
    assert len(rows) == 3


def test_over_http(client: TestClient) -> None:
    made = client.post("/api/v1/invoices", json=ENTERED)
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["state"], one["difference"], one["unexplained"]) == ("explained", "19.004", "0.00")
    assert [(e["reason"], e["amount"]) for e in one["explanations"] if e["taken"]] == [
        ("tax", "19.00"), ("rounding", "0.004"),
    ]  # fmt: skip
    name = one["invoice"]["name"]
    changed = client.put(f"/api/v1/invoices/{name}", json={**ENTERED, "amount": "121"}).json()
    assert (changed["state"], changed["unexplained"]) == ("differs", "1.004")
    assert len(client.get(f"/api/v1/invoices/{name}").json()["history"]) == 2
    found = client.get("/api/v1/invoices?period=2026-09").json()
    assert found["states"] == {
        "differs": 1, "no charges": 0, "explained": 0, "no invoice": 2, "matched": 0,
    }  # fmt: skip
    total = sum(Decimal(row["charged"]["BilledCost"]) for row in found["rows"])
    assert total == Decimal("108.496")
    lines = list(csv.DictReader(io.StringIO(client.get("/api/v1/invoices.csv").text)))
    assert sum(Decimal(one["charged"]) for one in lines) == total
    assert client.delete(f"/api/v1/invoices/{name}").status_code == 204
    assert client.get(f"/api/v1/invoices/{name}").status_code == 404


def test_import_over_http_and_refusals(client: TestClient) -> None:
    text = "issuer,invoice_id,billing_period,currency,amount\n" + f'"{AWS}",I-2,2026-09,USD,7.00\n'
    done = client.post("/api/v1/invoices/import?file=sep.csv", content=text)
    assert [len(done.json()[k]) for k in ("added", "changed", "unchanged")] == [1, 0, 0]
    wrong = client.post("/api/v1/invoices", json={**ENTERED, "currency": "Dollar"})
    assert wrong.status_code == 400
    assert "'Dollar' is no currency of ISO 4217" in wrong.json()["detail"]
    state = client.get("/api/v1/invoices?state=odd")
    assert state.status_code == 400
    assert "differs" in state.json()["allowed"]


def test_on_the_command_line(workspace: Workspace, run: Run, tmp_path: Path) -> None:  # noqa: F811
    at = ("-w", workspace.path)
    added = run(
        "invoices", "add", "--issuer", AWS, "--id", "I-1", "--period", "2026-09", "--currency",
        "USD", "--amount", "120.00", "--tax", "19", *at,
    )  # fmt: skip
    assert added.code == 0, added.err
    assert "explained" in added.out
    shown = run("invoices", "show", "I-1", *at)
    assert "19.004" in shown.out
    assert "The invoice has tax of 19" in shown.out
    file = tmp_path / "more.csv"
    file.write_text(
        f'issuer,invoice_id,billing_period,currency,amount\n"{AWS}",I-2,2026-09,USD,8\n'
    )
    assert "1 invoice added" in run("invoices", "import", file, *at).out
    listed = run("invoices", "list", "--period", "2026-09", "--state", "differs", "--json", *at)
    (row,) = listed.json["rows"]
    assert (row["invoice_id"], row["unexplained"]) == ("I-2", "1.00")
    lines = run("invoices", "list", "--format", "csv", *at).out.splitlines()
    assert len(lines) == 4
    assert run("invoices", "list", "--state", "odd", *at).code == 2
    assert run("invoices", "show", "I-9", *at).code == 1
    assert run("invoices", "remove", row["invoice"]["name"], *at).code == 0
    assert run("invoices", "import", tmp_path / "none.csv", *at).code == 1


def test_help_has_examples() -> None:
    assert main(["invoices", "list", "--help"]) == 0
