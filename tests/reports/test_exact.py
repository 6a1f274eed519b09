"""Whatever the amounts are: no form loses a digit, and what is cut adds up."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import total
from outlay.query import Column
from outlay.reports.cells import shown, summed
from outlay.reports.document import Document, Table
from outlay.reports.render.tables import csv_files, parquet_files
from outlay.reports.render.workbook import xlsx

COLUMNS = (
    Column("name", "dimension", "text", "Name"),
    Column("cost", "measure", "money", "Cost", "cost"),
)
MONEY = st.decimals(-(10**17) + 1, 10**17 - 1, places=21) | st.decimals(-(10**6), 10**6, places=2)


def table(amounts: list[Decimal]) -> Table:
    rows: Any = tuple({"name": f"n{i}", "cost": amount} for i, amount in enumerate(amounts))
    sums: Any = {"name": None, "cost": total(amounts)}
    return Table("t", "", COLUMNS, rows, (sums,), "USD")


@settings(max_examples=25, deadline=None)
@given(st.lists(MONEY, min_size=1, max_size=12))
def test_files_have_every_digit(amounts: list[Decimal]) -> None:
    document = Document("T", "Acme", datetime(2026, 11, 1), blocks=(table(amounts),), name="t")
    (made,) = csv_files(document)
    read = [Decimal(row["cost"]) for row in csv.DictReader(io.StringIO(made.content.decode()))]
    assert read == amounts
    (parquet,) = parquet_files(document)
    assert pq.read_table(io.BytesIO(parquet.content))["cost"].to_pylist() == amounts
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx(document).content)).worksheets[1]
    heads = [str(cell.value) for cell in sheet[1]]
    place = next(i for i, head in enumerate(heads) if head in ("Cost, USD", "Cost, USD, exactly"))
    cells = [row[place].value for row in sheet.iter_rows(min_row=2, max_row=len(amounts) + 1)]
    assert [Decimal(str(cell)) for cell in cells] == amounts


@given(st.lists(MONEY, min_size=1, max_size=30), st.integers(2, 30))
def test_what_is_shown_adds_up_to_the_total(amounts: list[Decimal], most: int) -> None:
    made = table(amounts)
    cut = shown(made, most)
    assert len(cut.rows) <= most
    kept = [Decimal(row[1].exact.replace(",", "")) for row in cut.rows]
    assert total(kept) == total(amounts)
    one = summed(COLUMNS, made.rows, "all")
    assert (one["name"], one["cost"]) == ("all", total(amounts))
