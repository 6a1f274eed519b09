"""The use cases as a whole: all of the library's, what they refuse, what surrounds an answer."""

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace, usecases
from outlay.query import QueryError, sql
from outlay.query.datasets import VIEWS
from outlay.query.usecases import GROUPS, USE_CASES, ask, search, use_case
from tests.cli.conftest import Run, run
from tests.sample_company import short_demo
from tests.shared import ROOT, SHARED, needs_shared
from tests.usecases.company import TODAY

__all__ = ["run"]


@needs_shared
def test_every_use_case_of_the_library_is_there() -> None:
    assert SHARED is not None
    text = (SHARED / "reference" / "focus.md").read_text("utf-8")
    named = re.findall(r"^- \[ \] (.+?)\*? - ", text, re.MULTILINE)
    assert len(named) == 66
    assert sorted(case.title for case in USE_CASES.values()) == sorted(named)


def test_sixty_six_in_six_groups() -> None:
    assert len(USE_CASES) == 66
    assert {case.group for case in USE_CASES.values()} == set(GROUPS)
    assert sum(case.since == "1.4" for case in USE_CASES.values()) == 8
    for case in USE_CASES.values():
        assert case.question.rstrip(".").endswith(("?", "residency")), case.name
        assert case.parameter("range") is not None


def test_each_has_a_test_of_its_answer() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in USE_CASES if f'"{name}"' not in tests] == []


def test_search_finds_words_anywhere() -> None:
    assert [case.name for case in search("TAG coverage")] == ["analyze-tag-coverage"]
    assert len(search("")) == 66
    assert search("no such words") == []


def asked(acme: Workspace, name: str, **given: str) -> list[dict[str, object]]:
    return [dict(row) for row in ask(acme.lake, use_case(name), given, today=TODAY).rows]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rang": "all"}, "has no parameter 'rang'"),
        ({"range": "lastmonth"}, "'lastmonth' is not a range"),
        ({"range": "last-30-days"}, "does not mean whole billing periods"),
        ({"least": "many"}, "'many' is not an amount"),
    ],
)
def test_what_cannot_be_read_is_named(acme: Workspace, given: dict[str, str], says: str) -> None:
    with pytest.raises(QueryError, match=re.escape(says)) as caught:
        asked(acme, "cash-vs-accrual-comparison-by-billing-period", **given)
    assert caught.value.field == next(iter(given))
    assert caught.value.allowed or caught.value.field == "least"


def test_other_kinds_of_parameters_are_checked(acme: Workspace) -> None:
    with pytest.raises(QueryError, match="'0' is not a whole number"):
        asked(acme, "analyze-resource-costs-by-sku", rows="0")
    with pytest.raises(QueryError, match="'Cores' cannot be chosen"):
        asked(acme, "quantify-usage-of-a-component-resource", component="Cores")
    with pytest.raises(QueryError, match="no value is given"):
        asked(acme, "identify-eligible-uncovered-spend-by-program-type", programs=" , ")
    with pytest.raises(QueryError, match="there is no use case 'analyse-tag-coverage'") as caught:
        use_case("analyse-tag-coverage")
    assert caught.value.near == ("analyze-tag-coverage",)


@pytest.mark.parametrize("text", ["x'; DROP TABLE charges; --", "{tag}", "{{x}}", "a'b", "{"])
def test_a_value_is_a_value_whatever_it_says(acme: Workspace, text: str) -> None:
    assert asked(acme, "report-application-cost-month-over-month", application=text) == []
    rows = asked(acme, "analyze-tag-coverage", tag=text)
    assert {row["TaggedCost"] for row in rows} == {Decimal(0)}
    assert asked(acme, "analyze-costs-by-service-name", service=text) == []
    assert asked(acme, "identify-eligible-uncovered-spend-by-program-type", programs=text) == []


def test_the_sql_that_is_shown_answers_the_same(acme: Workspace) -> None:
    answer = ask(acme.lake, use_case("report-costs-by-service-category"), today=TODAY)
    assert sql(acme.lake, answer.sql).rows() == [dict(row) for row in answer.rows]
    assert "x_BillingPeriod >= DATE '2026-10-01'" in answer.sql


def test_formats_hold_every_digit(acme: Workspace) -> None:
    answer = ask(acme.lake, use_case("report-on-initial-contract-commitments"), today=TODAY)
    (row,) = csv.DictReader(io.StringIO(answer.to_csv()))
    assert row["AppliedCost"] == "1000.000000000000000000001"
    data = json.loads(json.dumps(answer.to_json()))
    assert data["rows"][0]["AppliedCost"] == "1000.000000000000000000001"
    assert data["rows"][0]["FirstCharge"] == "2026-09-01T00:00:00Z"
    kinds = {column["name"]: column["kind"] for column in data["columns"]}
    assert (kinds["AppliedCost"], kinds["AppliedQuantity"]) == ("money", "quantity")
    burn = ask(acme.lake, use_case("track-contract-commitment-burn-down-over-time"), today=TODAY)
    kinds = {column.name: column.kind for column in burn.columns}
    assert (kinds["BillingPeriod"], kinds["FulfilledShare"]) == ("day", "ratio")


def test_no_answer_has_a_binary_number(acme: Workspace) -> None:
    for case in USE_CASES.values():
        answer = ask(acme.lake, case, {"range": "all"}, today=TODAY)
        for row in answer.rows:
            assert not [name for name, value in row.items() if isinstance(value, float)], case.name


def test_more_rows_than_the_limit_are_said(acme: Workspace) -> None:
    case = use_case("quantify-usage-of-a-component-resource")
    assert ask(acme.lake, case, today=TODAY, limit=3).truncated
    assert not ask(acme.lake, case, today=TODAY).truncated


def test_an_empty_ledger_says_so(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "empty")
    try:
        for name in ("analyze-tag-coverage", "analyze-service-costs-by-region"):
            with pytest.raises(QueryError, match="Load a bill first"):
                usecases.answer(workspace, name)
    finally:
        workspace.close()


# --- the sample company ---

# What the short demo has nothing of: the story's rows are in its thirteen months.
EMPTY_IN_THREE_MONTHS: set[str] = set()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return short_demo(tmp_path_factory)


@pytest.mark.slow
def test_every_use_case_has_an_answer_in_the_sample_company(demo: Workspace) -> None:
    empty = set()
    for case in USE_CASES.values():
        answer = ask(demo.lake, case, today=TODAY)
        if not answer.rows:
            empty.add(case.name)
    assert empty == EMPTY_IN_THREE_MONTHS


@pytest.mark.slow
def test_the_sample_companys_invoices_reconcile(demo: Workspace) -> None:
    name = "verify-accuracy-of-provider-invoices-aka-invoice-reconciliation"
    rows = ask(demo.lake, use_case(name), {"range": "all"}, today=TODAY).rows
    assert len(rows) > 6
    assert {row["Difference"] for row in rows} == {Decimal(0)}


# --- the command ---


def test_the_command_lists_and_answers(
    acme: Workspace, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTLAY_WORKSPACE", str(acme.path))
    monkeypatch.setattr(Workspace, "today", lambda self: TODAY)
    listed = run("usecase", "--search", "corrections", "--json").json
    assert [case["name"] for case in listed] == [
        "verify-discount-accuracy-for-a-previously-invoiced-billing-period-corrections-excluded",
        "report-corrections-for-a-previously-invoiced-billing-period",
        "report-corrections-by-subaccount-for-a-previously-invoiced-billing-period",
    ]
    assert "analyze-tag-coverage" in run("usecase").out
    ran = run("usecase", "identify-unused-commitments", "--format", "csv")
    assert ran.out.splitlines()[1] == (
        "2026-10-01,2026-10-01,Nimbus Cloud,N-1,plan-1,Spend Plan,USD,0.00,15.50"
    )
    ran = run("usecase", "identify-unused-commitments", "--sql")
    assert "15.50" in ran.out and "CommitmentDiscountStatus = 'Unused'" in ran.out
    ran = run("usecase", "identify-unused-commitments", "--param", "range=2020-01-01..2020-02-01")
    assert "No charge answers this" in ran.out
    ran = run("usecase", "identify-unused-commitments", "--param", "range=x")
    assert ran.code == 2 and "'x' is not a range" in ran.err
    assert run("usecase", "nothing").code == 2
    assert run("usecase", "analyze-tag-coverage", "--param", "tag").code == 2
    assert run("usecase", "--format", "xml").code == 2


# --- the documentation ---


def test_the_page_of_use_cases_is_what_they_say() -> None:
    from outlay.cli.usecases_page import page

    assert (ROOT / "docs" / "usecases.md").read_text("utf-8") == page(), (
        "docs/usecases.md is stale; write it anew with: python -m outlay.cli.usecases_page"
    )


def test_the_views_are_those_that_the_docs_name() -> None:
    text = (ROOT / "docs" / "usecases.md").read_text("utf-8")
    views = ("charges", "daily", "contexts", *VIEWS)
    assert [view for view in views if f"`{view}`" not in text] == []
