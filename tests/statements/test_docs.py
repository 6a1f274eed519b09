"""The worked example of docs/allocation/statements.md, done as it stands there."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from outlay.app import statement_files
from outlay.money import total
from outlay.statements import files, journal
from outlay.statements.sections import SECTIONS
from tests.shared import ROOT
from tests.statements.desk import OCTOBER, SEPTEMBER, Desk, charge
from tests.web.company import Line

PAGE = (ROOT / "docs" / "allocation" / "statements.md").read_text("utf-8")
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TOTALS = ("**bill**", "**total**", "**sum**")


def table(first: str) -> list[list[str]]:
    """The rows of the one table whose heading begins with these cells."""
    tables = re.findall(r"(?:^\|.*\|$\n?)+", PAGE, re.MULTILINE)
    (found,) = [text for text in tables if text.startswith(f"| {first} |")]
    rows = [line.strip("|").split("|") for line in found.strip().splitlines()]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def bill() -> list[Line]:
    days = {"Tax": "2026-09-30", "Credit": "2026-09-30"}
    return [
        charge(
            cost,
            days.get(category, "2026-09-03"),
            team or None,
            service=service,
            category=category,
            InvoiceId="INV-9",
        )
        for team, service, category, cost in table("team | service | category | cost")
    ]


@pytest.fixture
def desk(bare: Desk) -> Iterator[Desk]:
    for document in yaml.safe_load_all(_YAML.findall(PAGE)[0]):
        bare.put(document["kind"], document["name"], document["spec"])
    bare.bill(bill())
    yield bare


def restate(desk: Desk) -> None:
    restated = [{**row} for row in bill()]
    for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        assert restated[0][column] == "40"
        restated[0][column] = "41.50"
    october = charge("10", "2026-10-02", "search", service="Compute")
    desk.bill([*restated, october])


def test_the_cents_of_september(desk: Desk) -> None:
    month = desk.month(SEPTEMBER)
    *rows, last = table("value | exact | rounded down | remainder of a cent | statement")
    assert [row[0] for row in rows] == [one.value for one in month.statements]
    for value, exact, down, remainder, owed in rows:
        one = desk.one(SEPTEMBER, value)
        assert total(basis.amount for basis in one.basis) == Decimal(exact)
        assert one.total == Decimal(owed)
        told = total((Decimal(down), Decimal(remainder).scaleb(-2)))
        # The remainders are shown to five decimals.
        assert abs(told - Decimal(exact)) < Decimal("0.0000001")
    assert total(Decimal(row[2]) for row in rows) == Decimal(last[2])
    assert (Decimal(last[1]), Decimal(last[4])) == (month.bill_exact, month.bill)
    assert total(Decimal(row[4]) for row in rows) == month.bill


def test_the_lines_of_shop(desk: Desk) -> None:
    *rows, last = table("line of shop | exact | statement")
    one = desk.one(SEPTEMBER, "shop")
    assert [(ln.name, ln.exact, ln.amount) for ln in one.lines] == [
        (name, Decimal(exact), Decimal(amount)) for name, exact, amount in rows
    ]
    assert one.total == Decimal(last[2]) == total(Decimal(row[2]) for row in rows)


def test_the_adjustment_and_the_dispute_of_october(desk: Desk) -> None:
    closed = desk.close(SEPTEMBER)
    restate(desk)
    *rows, last = table("line of search in October | amount")
    one = desk.one(OCTOBER, "search")
    assert [(ln.name, ln.amount) for ln in one.lines] == [(n, Decimal(a)) for n, a in rows]
    assert one.total == Decimal(last[1])
    assert one.lines[-1].invoice == "INV-9" and "restated" in one.lines[-1].detail
    assert total((closed.total, desk.month(OCTOBER).adjustments)) == Decimal("193.50")
    assert "= 193.50: what is known of September now (193.502)" in PAGE
    made = desk.dispute(SEPTEMBER, "shop", "direct/Storage", "5.00", "data")
    desk.answer(made.id, accept=True)
    *rows, last = table("value | October")
    month = desk.month(OCTOBER)
    assert [(s.value, s.total) for s in month.statements] == [(v, Decimal(a)) for v, a in rows]
    assert month.total == Decimal(last[1])


def test_the_journal_of_the_example(desk: Desk) -> None:
    content = statement_files.journal_file(desk.workspace, "team", SEPTEMBER).content.decode()
    names = ["entry", "posting_date", "account", "cost_center", "debit", "credit"]
    found = [[row[name] for name in names] for row in csv.DictReader(io.StringIO(content))]
    assert found == table(" | ".join(names))
    columns = {name for row in table("column | holds") for name in re.findall(r"`(\w+)`", row[0])}
    assert columns == set(journal.COLUMNS)


def test_every_section_is_described() -> None:
    assert [row[0] for row in table("section | charges")] == [
        section.title
        for name in ("direct", "unused", "purchase", "support", "vendor", "shared", "credit", "tax",
                     "correction", "adjustment", "dispute")
        for section in [SECTIONS[name]]
    ]  # fmt: skip


def test_every_form_is_described(tmp_path: Path) -> None:
    told = {name for row in table("form | a statement | a month") for name in
            re.findall(r"`(\w+)`", row[0])}  # fmt: skip
    assert told == set(statement_files.MEDIA)
    assert "exact" in files.LINE_COLUMNS and "id" in files.LINE_COLUMNS
