"""Every form has the figures of the question, to the last digit."""

import csv
import io
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest

from outlay.access.principal import system
from outlay.app import Workspace
from outlay.app.reports.compose import Composed, compose
from outlay.money import money_text
from outlay.query import Result
from outlay.reports.model import REPORT, ReportSpec
from outlay.reports.render import mail
from tests.statements import pdftext
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL
from tests.web.page import parse

CHANGE = str(Decimal(SEPTEMBER_TOTAL) - Decimal(AUGUST_TOTAL))


def spec_of(**content: object) -> ReportSpec:
    found = REPORT.parse({"content": content, "channels": ["mail"]})
    assert isinstance(found, ReportSpec)
    return found


@pytest.fixture
def composed(workspace: Workspace) -> Composed:
    return compose(workspace, "services", spec_of(view="services"), system())


@pytest.fixture
def result(workspace: Workspace) -> Result:
    return workspace.query(workspace.view_query("services"))


def test_the_headline_is_exact(composed: Composed) -> None:
    (figure,) = composed.document.figures
    assert figure.value == Decimal(SEPTEMBER_TOTAL)
    assert figure.before == Decimal(AUGUST_TOTAL)
    assert figure.change == Decimal(CHANGE)
    assert composed.document.period == "September 2026, against August 2026"


def test_csv_is_that_of_the_question(composed: Composed, result: Result) -> None:
    (file,) = composed.files(["csv"])
    assert file.name == "services.csv"
    assert file.content.decode() == result.to_csv()
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert sum(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)


def test_parquet_has_decimals(composed: Composed, result: Result) -> None:
    (file,) = composed.files(["parquet"])
    table = pq.read_table(io.BytesIO(file.content))
    assert table.to_pylist() == list(result.rows())


def test_the_workbook_loses_no_digit(composed: Composed, result: Result) -> None:
    (file,) = composed.files(["xlsx"])
    book = openpyxl.load_workbook(io.BytesIO(file.content))
    about, sheet = book.worksheets
    heads = [cell.value for cell in sheet[1]]
    exact = heads.index("Effective cost, USD, exactly")
    rounded = heads.index("Effective cost, USD, rounded")
    wanted = {str(row["ServiceName"]): row["EffectiveCost"] for row in result.rows()}
    found = {
        str(row[0].value): row[exact].value
        for row in sheet.iter_rows(min_row=2, max_row=len(wanted) + 1)
    }
    # A number where a double has all digits, else text: what comes back is what was asked.
    assert {name: Decimal(str(value)) for name, value in found.items()} == wanted
    s3 = "Amazon Simple Storage Service"
    assert found[s3] == "30.333333333333333333333"
    total = sheet[sheet.max_row]
    assert (total[0].value, total[exact].value) == ("Total", SEPTEMBER_TOTAL)
    assert total[rounded].value == 135.48
    assert SEPTEMBER_TOTAL in [cell.value for row in about for cell in row]


def test_names_in_a_bill_are_text_in_the_workbook(composed: Composed) -> None:
    (file,) = composed.files(["xlsx"])
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).worksheets[1]
    names = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert "<b>Odd</b> & 'quoted'" in [cell.value for cell in names]
    assert {cell.data_type for cell in names} <= {"s", "n"}


def test_the_mail_shows_cents_and_says_the_exact_total(composed: Composed) -> None:
    body = mail.body(composed.document, "key")
    page = parse(body.html)
    assert SEPTEMBER_TOTAL in page.text
    assert "135.48" in page.text
    assert "+14.98 (+12.4%)" in page.text
    assert "<b>Odd</b> & 'quoted'" in page.text  # escaped, hence read back as text
    assert "September 2026, against August 2026" in page.text
    assert "Last delivery" in page.text
    (picture,) = page.all("img")
    (name,) = body.pictures
    assert picture.attrs["src"] == f"cid:{name}"
    assert body.pictures[name].startswith(b"\x89PNG")
    # Nothing is fetched from anywhere, and a mail program needs no style sheet for the layout.
    assert "http://www.w3.org/1999/xhtml" in body.html
    assert [node.attrs for node in page.all("link")] == []
    assert all("style" in cell.attrs for cell in page.all("td") if cell.text)


def test_the_plain_text_has_the_same(composed: Composed) -> None:
    text = mail.text(composed.document)
    assert f"Exactly: Effective cost {SEPTEMBER_TOTAL} USD" in text
    assert "Effective cost: 135.48 USD" in text
    assert "Amazon Elastic Compute Cloud" in text


def test_paper_has_the_same(composed: Composed) -> None:
    (file,) = composed.files(["pdf"])
    pages = pdftext.pages(file.content)
    text = "".join(pages).replace("\n", "")
    for wanted in ("Services", "135.48", SEPTEMBER_TOTAL, "Acme GmbH", "1 / 1", "Effectivecost"):
        assert wanted.replace(" ", "") in text.replace(" ", ""), wanted


def test_what_is_cut_is_summed_exactly(composed: Composed) -> None:
    from outlay.reports.cells import shown

    (table,) = composed.document.tables("page")
    cut = shown(table, 2)
    assert cut.rest == len(table.rows) - 1 == 2
    *_, others = cut.rows
    left = sum((Decimal(str(row["EffectiveCost"])) for row in table.rows[1:]), Decimal(0))
    assert others[0].text == f"{cut.rest} others"
    assert others[1].exact.replace(",", "") == money_text(left)


def test_a_question_by_month_is_grouped_for_people_and_whole_in_files(workspace: Workspace) -> None:
    query = {"by": ["ServiceName"], "grain": "day", "range": "2026-08-01..2026-10-01"}
    workspace.resources.put("View", "daily", {"query": query}, author="ana")
    composed = compose(workspace, "daily", spec_of(view="daily"), system())
    result = workspace.query(workspace.view_query("daily"))
    (file,) = composed.files(["csv"])
    assert file.content.decode() == result.to_csv()
    both = Decimal(SEPTEMBER_TOTAL) + Decimal(AUGUST_TOTAL)
    (figure,) = composed.document.figures
    assert figure.value == both
    (chart,) = composed.document.charts
    values = [v for line in chart.series for v in line.values if v is not None]
    assert sum(values, Decimal(0)) == both


def test_an_empty_question_says_so_and_is_not_zero_money(workspace: Workspace) -> None:
    query = {"by": ["ServiceName"], "where": "ServiceName = 'Nothing'"}
    workspace.resources.put("View", "nothing", {"query": query}, author="ana")
    composed = compose(workspace, "nothing", spec_of(view="nothing"), system())
    text = mail.text(composed.document)
    assert "No charge is in this." in text
    assert [file.name for file in composed.files(["csv", "xlsx", "pdf", "html"])] == [
        "nothing.csv", "nothing.xlsx", "nothing.pdf", "nothing.html",
    ]  # fmt: skip


def test_a_dashboard_has_the_figures_of_its_questions(workspace: Workspace) -> None:
    question = {"range": "2026-09-01..2026-10-01", "compare": "previous"}
    panels = [
        {"title": "Cost", "kind": "figure", "query": question},
        {"title": "Billed", "kind": "figure", "query": {"measures": ["BilledCost"]}},
        {"title": "Services", "kind": "table", "query": {**question, "by": ["ServiceName"]}},
        {"title": "Days", "kind": "bar", "query": {**question, "grain": "day"}},
        {"title": "Words", "kind": "text", "text": "**Read** [this](https://a.example)."},
    ]
    spec = {"title": "Board", "panels": panels}
    workspace.resources.put("Dashboard", "board", spec, author="ana")
    composed = compose(workspace, "board", spec_of(dashboard="board"), system())
    cost, billed = composed.document.figures
    assert (cost.title, cost.value, cost.change) == (
        "Cost", Decimal(SEPTEMBER_TOTAL), Decimal(CHANGE),
    )  # fmt: skip
    assert billed.value == Decimal(SEPTEMBER_TOTAL) + Decimal(AUGUST_TOTAL)
    names = [file.name for file in composed.files(["csv"])]
    assert names == ["board-1-services.csv", "board-2-days.csv"]
    for file in composed.files(["csv"]):
        rows = list(csv.DictReader(io.StringIO(file.content.decode())))
        assert sum(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)
    text = mail.text(composed.document)
    assert "Read this." in text
    assert f"Exactly: Effective cost {SEPTEMBER_TOTAL} USD" in text


@pytest.mark.parametrize("form", [pytest.param("pdf", marks=pytest.mark.slow), "xlsx", "csv"])
def test_statements_have_their_own_files(workspace: Workspace, form: str) -> None:
    from outlay.app import statement_files
    from outlay.money import BillingPeriod

    workspace.resources.put("VirtualTag", "team", TEAM, author="ana")
    spec = spec_of(statements={"plan": "team", "month": "2026-09"})
    composed = compose(workspace, "close", spec, system())
    (file,) = composed.files([form])
    page = statement_files.export(workspace, "team", BillingPeriod(2026, 9), form)
    assert file.name == page.name
    if form == "csv":
        assert file.content == page.content
    (total, *_) = composed.document.figures
    assert total.value == Decimal("135.48")
    (table,) = composed.document.tables("page")
    assert sum(Decimal(str(row["total"])) for row in table.rows) == Decimal("135.48")


TEAM = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
