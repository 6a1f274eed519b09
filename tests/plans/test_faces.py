"""Plans by command line, API and assistants; on this machine and on another."""

import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from outlay.api import create_router
from outlay.app import Workspace
from outlay.app.planning import plan_files, plans
from outlay.app.served.wire import decode, encode
from outlay.cli import main
from outlay.mcp.registry import Context, Options
from outlay.mcp.server import call
from outlay.planning.plans.csvform import to_csv
from outlay.planning.plans.edits import CellEdit, NewLine
from outlay.planning.plans.errors import PlanConflictError
from outlay.web.app import create_app
from tests.plans.company import EC2, SPEC
from tests.plans.conftest import OCTOBER

Capture = pytest.CaptureFixture[str]
D = Decimal
DRIVER = {
    "metric": "", "unit": "index", "only": {}, "basis": "an offer",
    "volumes": [None] * 6 + ["2"] * 6, "unit_costs": [None] * 6 + ["1.255"] * 6,
}  # fmt: skip


class Served(NamedTuple):
    """A served workspace, made once, and the name of a plan of a test's own."""

    client: TestClient
    workspace: Workspace
    plan: str


@pytest.fixture(scope="module")
def firm(bare: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("firm") / "workspace"
    shutil.copytree(bare, folder)
    workspace = Workspace.open(folder)
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def app(firm: Workspace) -> TestClient:
    made = create_app(firm, api=create_router(firm))
    return TestClient(made, base_url="http://127.0.0.1:8000")


@pytest.fixture
def served(app: TestClient, firm: Workspace, request: pytest.FixtureRequest) -> Served:
    number = len(firm.resources.names("Plan"))
    name = f"plan-{number}"
    plans.new_plan(firm, name, SPEC | {"starts": "2026-10"})
    plans.start_draft(firm, name)
    for team, amount in (("shop", "100.00"), ("data", "50.00")):
        new = NewLine((team, "Compute"), "", ((OCTOBER, D(amount)),))
        plans.add_line(firm, name, new, "to begin with")
    return Served(app, firm, name)


def asked(served: Served, method: str, path: str, status: int = 200, **more: Any) -> Any:
    answer = served.client.request(method, f"/api/v1/plans/{served.plan}{path}", **more)
    assert answer.status_code == status, answer.text
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.content


def test_a_plan_is_made_edited_and_decided_over_the_api(served: Served) -> None:
    made = served.client.post("/api/v1/plans", json={"name": "fy28", "spec": SPEC})
    assert made.status_code == 201
    assert (made.json()["fiscal_year"], made.json()["versions"]) == ("FY2025", [])
    assert asked(served, "GET", "")["draft"] == 1
    body = {"cells": [{"line": "l1", "month": "2026-11", "amount": "12.50"}], "reason": "launch"}
    done = asked(served, "POST", "/cells", json=body | {"revision": 3})
    assert (done["revision"], done["total"]) == (4, "162.50")
    conflict = asked(served, "POST", "/cells", 409, json=body | {"revision": 3})
    assert conflict["type"] == "urn:outlay:problem:conflict"
    sums = {"cells": [{"path": [], "month": "2026-10", "amount": "-1.50", "how": "add"}],
            "reason": "saving"}  # fmt: skip
    assert asked(served, "POST", "/cells", json=sums)["total"] == "161.00"
    assert asked(served, "POST", "/undo")["total"] == "162.50"
    assert asked(served, "POST", "/redo")["total"] == "161.00"
    line = {"path": ["shop", "Search"], "amounts": {"2027-01": "9.00"}, "reason": "launch"}
    assert asked(served, "POST", "/lines", 201, json=line)["id"] == "l3"
    driven = asked(served, "POST", "/lines/l3/driver",
                   json={"driver": DRIVER, "reason": "by index"})  # fmt: skip
    assert driven["cells"][6]["total"] == "2.51"
    asked(served, "POST", "/notes", 201, json={"line": "l3", "text": "Ask Jo."})
    asked(served, "PATCH", "/lines/l3", json={"name": "Vector search"})
    asked(served, "DELETE", "/lines/l2?reason=ends")
    asked(served, "POST", "/lines/l2/restore", json={"reason": "it stays"})
    asked(served, "POST", "/take-back", json={"adjustments": [3], "reason": "no"})
    whole = asked(served, "GET", "/versions/1")
    assert whole["lines"][2]["name"] == "Vector search"
    assert whole["notes"][0]["text"] == "Ask Jo."
    assert asked(served, "POST", "/submit", json={"note": "please"})["state"] == ("submitted")
    assert asked(served, "POST", "/versions/1/approve")["state"] == "approved"
    asked(served, "POST", "/draft", 201, json={"title": "Estimate"})
    compared = asked(served, "GET", "/compare?before=1&after=2")
    assert (compared["lines"], compared["total"][2]) == ([], "0.00")
    asked(served, "DELETE", "/draft", 204)


WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("/cells", {"cells": [], "reason": "x"}, "an edit has cells"),
    ("/cells", {"cells": [{"line": "l1"}], "reason": "x"}, "cell 1 is no edit"),
    ("/cells", {"cells": [{"month": "2026-10", "amount": "1"}], "reason": "x"}, "names a line"),
    ("/cells", {"sells": 1}, "'sells' is no field of it"),
    ("/lines", {"path": "x", "reason": "x"}, "a new line has a path"),
    ("/lines/l1/driver", {"driver": {"metric": "x"}, "reason": "x"}, "twelve volumes"),
    ("/take-back", {"adjustments": "1"}, "a list of their numbers"),
    ("/undo", {"revision": "x"}, "revision is a whole number"),
    ("/lines/l1/driver", {"driver": DRIVER | {"unit_costs": ["NaN"] * 12}}, "unit_costs as text"),
    ("/lines/l1/driver", {"driver": DRIVER | {"unit_costs": [175.1] * 12}}, "unit_costs as text"),
    ("/lines", {"path": ["shop", "Index"], "driver": {"metric": ""}}, "unit_costs as text"),
    ("/draft", {"kind": "dream"}, "a budget or an estimate, not 'dream'"),
    ("/baseline", {"method": "luck"}, "forecast, last-year, growth, flat; not 'luck'"),
)  # fmt: skip


def test_what_is_wrong_is_refused_in_words(served: Served) -> None:
    for path, body, words in WRONG:
        assert words in asked(served, "POST", path, 409, json=body)["detail"]


def test_a_workbook_goes_out_and_in_over_the_api(served: Served, tmp_path: Path) -> None:
    content = asked(served, "GET", "/export")
    path = tmp_path / "plan.xlsx"
    path.write_bytes(content)
    book = load_workbook(path)
    book["Plan"].cell(5, 6).value = 111
    book.save(path)
    shown = asked(served, "POST", "/import/preview", content=path.read_bytes())
    assert [(c["cell"], c["before"], c["after"]) for c in shown["changes"]] == [
        ("Plan!F5", "100.00", "111.00")
    ]
    done = asked(served, "POST", "/import?reason=round", content=path.read_bytes())
    assert done["total"] == "161.00"
    last = asked(served, "GET", "/versions/1")["adjustments"][-1]
    assert last["reason"] == "spreadsheet import: round"
    csv = asked(served, "GET", "/export?format=csv")
    assert asked(served, "POST", "/import/preview?file=p.csv", content=csv)["changes"] == []
    assert asked(served, "GET", "/export?format=json")["total"] == "161.00"


# --- command line ---------------------------------------------------------------------------


def run(workspace: Workspace, *words: str) -> int:
    return main(["-w", str(workspace.path), "plans", *words])


def test_cells_are_edited_by_command_line(books: Workspace, capsys: Capture) -> None:
    assert run(books, "adjust", "fy27", "l1", "2026-11", "--to", "20.50", "--reason", "x") == 0
    assert "The year is 170.50 USD" in capsys.readouterr().out
    assert run(books, "adjust", "fy27", "l1", "2026-11", "--to", "1", "--reason", " ") == 1
    assert "an edit of a plan has a reason" in capsys.readouterr().err
    assert run(books, "drive", "fy27", "l1", "--metric", "orders", "--only", "web",
               "--reason", "x") != 0  # fmt: skip
    assert "'web' is no LABEL=VALUE" in capsys.readouterr().err


def test_a_variance_without_a_complete_month_is_no_amount(books: Workspace) -> None:
    content, _ = call(Context(books, Options()), "plans", {"plan": "fy27", "what": "variance"})  # type: ignore[misc]
    assert content[0].text.startswith("No month of fy27 is complete yet")


def test_a_new_line_of_a_file_is_named_by_its_path(
    books: Workspace, tmp_path: Path, capsys: Capture
) -> None:
    row = ",".join(["", "", "", "", "shop", "", "", "", "5", *[""] * 12])
    (tmp_path / "plan.csv").write_text(to_csv(plans.version(books, "fy27")) + row + "\n")
    assert run(books, "import", "fy27", str(tmp_path / "plan.csv")) == 0
    assert "new line shop › (none)" in capsys.readouterr().out


@pytest.mark.slow
def test_a_plan_goes_its_way_by_command_line(
    books: Workspace, capsys: Capture, tmp_path: Path
) -> None:
    new = ("new", "fy29", "--starts", "2028-10", "--by", "tags.team,ServiceName")
    assert run(books, *new) == 0
    assert "FY2029: 2028-10 to 2029-09" in capsys.readouterr().out
    assert run(books, "adjust", "fy27", "l1", "2026-11", "--to", "20.50", "--reason", "x") == 0
    assert "The year is 170.50 USD" in capsys.readouterr().out
    assert run(books, "adjust", "fy27", "2026-11", "--path", "shop", "--add=-0.50",
               "--effect", "price", "--reason", "y") == 0  # fmt: skip
    assert "The year is 170.00 USD" in capsys.readouterr().out
    assert run(books, "undo", "fy27") == 0
    assert run(books, "line", "fy27", "--path", "shop", "--path", "Search", "--name", "Search",
               "--amount", "2027-01=9", "--reason", "launch") == 0  # fmt: skip
    assert run(books, "note", "fy27", "Ask Jo", "--line", "l3", "--month", "2027-01") == 0
    out = tmp_path / "fy27.xlsx"
    assert run(books, "export", "fy27", "--out", str(out)) == 0
    assert run(books, "import", "fy27", str(out)) == 0
    assert "Nothing was changed in the file." in capsys.readouterr().out
    book = load_workbook(out)
    book["Plan"].cell(5, 6).value = "many"
    book.save(out)
    assert run(books, "import", "fy27", str(out)) == 1
    assert "Refused: Plan!F5 is 'many', no number" in capsys.readouterr().out
    assert run(books, "submit", "fy27", "--note", "please") == 0
    assert run(books, "approve", "fy27", "1") == 0
    assert run(books, "draft", "fy27", "--title", "Estimate") == 0
    capsys.readouterr()
    assert run(books, "versions", "fy27") == 0
    assert "estimate" in capsys.readouterr().out
    assert run(books, "compare", "fy27", "1", "2") == 0
    assert run(books, "show", "fy27", "--lines") == 0
    assert "Search" in capsys.readouterr().out


@pytest.mark.slow
def test_what_came_of_it_by_command_line_and_assistant(own: Workspace, capsys: Capture) -> None:
    plans.new_plan(own, "fy25", SPEC)
    assert run(own, "baseline", "fy25", "--cut", "2024-10-01") == 0
    assert "4 lines, made the baseline (flat, 4 lines)" in capsys.readouterr().out
    assert run(own, "drive", "fy25", "l3", "--metric", "orders", "--only", "shop=web",
               "--reason", "grows") == 0  # fmt: skip
    for words, found in (
        (("variance", "fy25", "--depth", "2"), EC2),
        (("bridge", "fy25", "--first", "2025-01"), "One-off"),
        (("outlook", "fy25"), "leaves the plan by more than 5 %"),
    ):
        assert run(own, *words) == 0
        assert found in capsys.readouterr().out
    context = Context(own, Options(writes=True))
    for what in ("lines", "variance", "bridge", "outlook", "history"):
        content, _ = call(context, "plans", {"plan": "fy25", "what": what})  # type: ignore[misc]
        assert "/plans/fy25" in content[0].text
    content, data = call(context, "plans", {"plan": "fy25", "what": "outlook"})  # type: ignore[misc]
    year = data["total"]["year"]
    assert D(year["estimate"]) - D(year["planned"]) == D(year["variance"])
    content, data = call(  # type: ignore[misc]
        context, "adjust_plan",
        {"plan": "fy25", "line": "l1", "month": "2025-03", "add": "-5.00", "reason": "saving",
         "revision": 3, "effect": "price"},
    )  # fmt: skip
    assert data["revision"] == 4


def test_the_json_of_commands_is_that_of_the_api(served: Served, capsys: Capture) -> None:
    assert run(served.workspace, "show", served.plan, "--json") == 0
    assert json.loads(capsys.readouterr().out) == asked(served, "GET", "/versions/1")


def test_answers_cross_a_wire_as_they_are(served: Served) -> None:
    """What `--server` sends and gets back."""
    version = plans.version(served.workspace, served.plan)
    cell = CellEdit("l1", OCTOBER, D("1.10"), how="add")
    for value in (
        plans.get_plan(served.workspace, served.plan),
        version,
        cell,
        PlanConflictError(1, 2, ("ana adjusted",)),
        plan_files.preview_import(
            served.workspace, served.plan, to_csv(version).encode(), "plan.csv"
        ),
    ):
        back = decode(json.loads(json.dumps(encode(value))))
        assert type(back) is type(value)
        assert vars(back) == vars(value) if isinstance(value, Exception) else back == value
