"""Command line, API, files and assistants tell the same figures."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from outlay.api.openapi.document import KNOWN
from outlay.app import Workspace
from outlay.app.realised import files, listing
from outlay.app.served.wire import decode, encode
from outlay.app.watching import watch
from outlay.cli import main
from outlay.client.typing import adapter
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Context
from outlay.savings.realised.model import EFFECTS
from tests.api.samples_realised import SAVED, saved
from tests.mcp.conftest import data_of
from tests.realised.company import LATER
from tests.realised.conftest import NUMBERS
from tests.web.conftest import serving

FALL = Decimal("838.25")


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line: its code, and all that it says on one line."""

    def call(workspace: Path, *words: object) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["-w", str(workspace), "realised", *(str(word) for word in words)])
        out, err = capsys.readouterr()
        return code, " ".join((out + err).split())

    return call


def test_the_command_line_lists_shows_and_adds_up(kept: Workspace, run: Run) -> None:
    code, text = run(kept.path, "list")
    assert code == 0
    assert "#1 Delete vol-1" in text
    _, told = run(kept.path, "ledger", "--by", "owner", "--json")
    rows = json.loads(told)["rows"]
    assert sum(Decimal(row["realised"]) for row in rows) == FALL
    code, shown = run(kept.path, "show", NUMBERS["vol-1"], "--prove", "--days")
    assert code == 0
    assert "the bill shows 70.00 USD of 70.00 promised (100 %)" in shown
    assert "the same" in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ledger", "--by", "team"), "no grouping of the ledger"),
        (("ledger", "--since", "10/2026"), "no month"),
        (("list", "--known", "then"), "no day"),
        (("show", "999"), "there is no recommendation 999"),
        (("export", "ledger.pdf"), "no form of the ledger"),
        (("successor", "1", "--where", "=="), "where"),
    ],
)
def test_wrong_use_is_told_in_words(
    kept: Workspace, run: Run, words: tuple[str, ...], told: str
) -> None:
    code, text = run(kept.path, *words)
    assert code in (1, 2)
    assert told in text


def test_nothing_yet_says_what_to_do(tmp_path: Path, run: Run) -> None:
    Workspace.init(tmp_path / "empty").close()
    code, text = run(tmp_path / "empty", "ledger")
    assert code == 0
    assert "outlay savings accept" in text
    assert run(tmp_path / "empty", "measure")[0] == 0


def test_the_csv_has_every_entry_in_full(kept: Workspace) -> None:
    file = files.export(kept, "csv")
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert tuple(rows[0]) == files.COLUMNS
    assert len(rows) == len(NUMBERS)
    assert sum(Decimal(row["realised"]) for row in rows) == FALL
    for row in rows:
        assert sum(Decimal(row[name]) for name in EFFECTS) == Decimal(row["realised"])
        assert row["snapshot"]
        assert row["formula"].startswith("realised = usage + rate")


def test_a_title_is_no_formula_of_a_spreadsheet() -> None:
    assert files._plain("=HYPERLINK(1)") == "'=HYPERLINK(1)"


def test_the_workbook_has_formulas_over_what_it_shows(kept: Workspace) -> None:
    file = files.export(kept, "xlsx")
    formulas = openpyxl.load_workbook(io.BytesIO(file.content))
    assert formulas.sheetnames == ["Ledger", "Days", "Prices", "Baselines", "About"]
    values = openpyxl.load_workbook(io.BytesIO(file.content), data_only=True)["Ledger"]
    head = [cell.value for cell in values[1]]
    column = head.index("realised") + 1
    last = len(NUMBERS) + 2
    assert round(values.cell(last, column).value, 2) == float(FALL)
    assert formulas["Ledger"].cell(2, column).value.startswith("=SUM(")
    assert formulas["Ledger"].cell(last, column).value.startswith("=SUM(")
    assert formulas["Days"].max_row == 31 * len(NUMBERS) + 1


def test_a_form_that_there_is_not_is_refused(kept: Workspace) -> None:
    with pytest.raises(QueryError, match="csv, xlsx"):
        files.export(kept, "pdf")


def test_the_api_answers_in_its_shapes(tmp_path: Path) -> None:
    shapes = {one.name: one for one in KNOWN.values()}
    with saved(tmp_path) as workspace:
        client = serving(workspace)
        for operation, method, path, body in SAVED:
            answer = client.request(method, f"/api/v1{path}", json=body)
            assert answer.status_code == 200, (operation, answer.text[:300])
            adapter(shapes[operation].shape).validate_python(answer.json())
        export = client.get("/api/v1/realised/export?format=xlsx")
        assert export.headers["content-disposition"].endswith('realised-savings.xlsx"')


def test_the_api_says_what_is_wrong(kept: Workspace) -> None:
    client = serving(kept)
    assert client.get("/api/v1/realised?by=team").status_code == 400
    assert client.get("/api/v1/realised?since=10").status_code == 400
    assert client.get("/api/v1/realised/999").status_code == 404
    assert client.post("/api/v1/realised/1/successor", json={"where": 5}).status_code == 400


def test_assistants_are_told_the_same(kept: Workspace) -> None:
    found = data_of(Context(kept), "realised", by="owner", recommendation=NUMBERS["vol-1"])
    (total,) = found["totals"]
    assert Decimal(total["realised"]) == FALL
    assert found["saving"]["sums"]["realised"] == "310.00"


def test_answers_go_over_the_wire_whole(kept: Workspace) -> None:
    number = NUMBERS["i-2 size"]
    for value in (listing.ledger(kept), listing.realised_of(kept, number),
                  listing.proof(kept, number)):  # fmt: skip
        assert decode(json.loads(json.dumps(encode(value)))) == value


def test_the_step_after_a_delivery_says_what_it_did(own: Workspace) -> None:
    (step,) = watch(own, LATER, only=["realised"]).steps
    assert (step.failed, step.raised, step.notes) == ("", 0, ())
