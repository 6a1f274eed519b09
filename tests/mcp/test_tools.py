"""Each tool says what the workspace says, in the shape that it declares."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from outlay.access import Level, Principal, acting
from outlay.access.rules import rules
from outlay.api import create_router
from outlay.app import Workspace, events, statements
from outlay.app.shapes import dimension_json, value_json
from outlay.mcp.registry import Context, Options, tools
from outlay.mcp.server import call, described, offered
from outlay.money import BillingPeriod, money_text
from outlay.query import CostQuery
from tests.mcp.conftest import data_of, error_of
from tests.web.company import SEPTEMBER_TOTAL

SEPTEMBER = {"from": "2026-09-01", "to": "2026-10-01"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("query", {"by": ["ServiceName"], **SEPTEMBER}),
    ("query", {"by": "ServiceName", "compare": "previous", "sort": "movers", **SEPTEMBER}),
    ("query", {"range": "last-7-days"}),
    ("charges", {"limit": 2}),
    ("explain", {"by": ["team"], **SEPTEMBER}),
    ("list_values", {"dimension": "ServiceName"}),
    ("list_dimensions", {}),
    ("list_measures", {}),
    ("list_tags", {}),
    ("coverage", {"tag": "team"}),
    ("why", {"tag": "team"}),
    ("why", {"tag": "team", "value": "storefront"}),
    ("unit_cost", {}),
    ("preview_rule", {"tag": "team", "spec": {"rules": []}}),
    ("suggest_rules", {"tag": "team"}),
    ("statements", {}),
    ("statements", {"plan": "team"}),
    ("statements", {"plan": "team", "month": "2026-09"}),
    ("statements", {"plan": "team", "month": "2026-09", "value": "storefront"}),
    ("invoices", {}),
    ("close_status", {}),
    ("close_status", {"month": "2026-09", "plan": "team"}),
    ("list_views", {}),
    ("list_alerts", {}),
    ("list_alerts", {"state": "all", "kind": "budget"}),
    ("run_view", {"name": "september"}),
    ("list_sources", {}),
    ("usage", {}),
    ("use_case", {"search": "commitment"}),
    ("plan_resources", {"documents": [{"kind": "View", "name": "x", "spec": {"query": {}}}]}),
    ("drivers", {"by": ["ServiceName"], "compare": "previous", **SEPTEMBER}),
    ("glossary", {"search": "effective cost"}),
    ("home", {}),
    ("home", {"persona": "finance"}),
    ("list_dashboards", {}),
    ("show_dashboard", {"name": "finance"}),
    ("list_annotations", {"range": "last-3-months"}),
    ("sql", {"sql": "SELECT count(*) AS lines FROM charges"}),
]
"""Calls that answer; tools of other files have tests beside them."""


@pytest.mark.parametrize(("tool", "given"), CALLS)
def test_an_answer_has_the_declared_shape(
    everything: Context, tool: str, given: dict[str, Any]
) -> None:
    one = described(tools()[tool])
    Draft202012Validator(one.inputSchema).validate(given)
    assert one.outputSchema is not None
    Draft202012Validator(one.outputSchema).validate(data_of(everything, tool, **given))


def test_every_tool_is_described_and_says_what_it_may_do() -> None:
    for name, one in tools().items():
        told = described(one)
        Draft202012Validator.check_schema(told.inputSchema)
        assert told.outputSchema is not None
        Draft202012Validator.check_schema(told.outputSchema)
        assert told.description is not None
        assert len(told.description) > 60, name
        assert told.annotations is not None
        assert told.annotations.readOnlyHint is (one.needs != "writes"), name
        assert told.inputSchema["additionalProperties"] is False, name


def test_every_tool_goes_by_the_rule_of_a_route_that_there_is(workspace: Workspace) -> None:
    from fastapi import FastAPI

    app = FastAPI()
    app.include_router(create_router(workspace), prefix="/api/v1")
    there = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    known = rules()
    for name, one in tools().items():
        assert one.route in there, name
        assert one.route in known, name


def test_query_is_the_workspaces_answer_to_the_last_digit(
    context: Context, workspace: Workspace
) -> None:
    asked = {"by": ["ServiceName"], "limit": 2, "compare": "previous", **SEPTEMBER}
    found = data_of(context, "query", **asked)
    same = workspace.query(CostQuery.model_validate(asked)).to_json()
    assert {name: found[name] for name in same} == same
    assert found["total"]["EffectiveCost"] == SEPTEMBER_TOTAL
    assert found["currency"] == "USD"
    assert found["truncation"] == {
        "truncated": True,
        "shown": 2,
        "total": 3,
        "hint": found["truncation"]["hint"],
    }
    shown = [Decimal(row["EffectiveCost"]) for row in found["rows"] + found["other"]]
    assert sum(shown[1:], shown[0]) == Decimal(SEPTEMBER_TOTAL)
    assert found["links"][0]["url"].startswith("http://127.0.0.1:8710/explore?by=ServiceName")


def test_the_text_names_measure_period_currency_snapshot_and_what_is_left_out(
    context: Context,
) -> None:
    done = call(context, "query", {"by": ["ServiceName"], "limit": 1, **SEPTEMBER})
    text = done[0][0].text
    assert "Effective cost (EffectiveCost), from 2026-09-01 to before 2026-10-01 (UTC)" in text
    assert f"Total: EffectiveCost {SEPTEMBER_TOTAL} USD" in text
    assert "1 of 3 groups are shown" in text
    assert "Other (2 groups): EffectiveCost 38.03" in text
    assert "Page: http://127.0.0.1:8710/explore" in text


def test_many_rows_become_fewer_groups_with_an_exact_rest(
    context: Context, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.mcp.tools import questions

    monkeypatch.setattr(questions, "MOST_ROWS", 6)
    asked = {"by": ["ServiceName", "ChargeCategory"], "grain": "month"}
    found = data_of(context, "query", **asked)
    assert found["truncation"]["truncated"]
    assert len(found["rows"]) <= 6
    same = workspace.query(CostQuery.model_validate(asked)).total
    assert same is not None
    parts = [Decimal(row["EffectiveCost"]) for row in found["rows"] + found["other"]]
    assert sum(parts, Decimal(0)) == same["EffectiveCost"]
    monkeypatch.setattr(questions, "MOST_ROWS", 1)
    assert "Choose a coarser grain" in error_of(context, "query", **asked)


def test_other_tools_say_what_the_workspace_says(context: Context, workspace: Workspace) -> None:
    values = data_of(context, "list_values", dimension="team")
    assert values["values"] == [value_json(one) for one in workspace.values("team")]
    dimensions = data_of(context, "list_dimensions", kind="tag")["dimensions"]
    assert dimensions == [dimension_json(d) for d in workspace.dimensions() if d.kind == "tag"]
    explained = data_of(context, "explain", by=["team"], **SEPTEMBER)
    query = CostQuery.model_validate({"by": ["team"], "limit": 3, **SEPTEMBER})
    same = workspace.explain(query, lines=2).to_json()
    assert {name: explained[name] for name in same} == same
    line = explained["groups"][0]["slices"][0]["files"][0]["top"][0]
    assert {"line", "amount"} <= set(line)
    month = statements.month(workspace, "team", BillingPeriod.parse("2026-09"))
    found = data_of(context, "statements", plan="team", month="2026-09")
    assert found["total"] == money_text(month.total) == "135.48"
    view = data_of(context, "run_view", name="september")
    assert view["total"]["EffectiveCost"] == SEPTEMBER_TOTAL
    assert view["title"] == "Services of September"
    other = data_of(
        context, "run_view", name="september", **{"from": "2026-08-01", "to": "2026-09-01"}
    )
    assert other["total"]["EffectiveCost"] == "120.50"
    assert data_of(context, "charges", **SEPTEMBER)["lines"] == 6


def test_what_drove_it_adds_up(context: Context) -> None:
    found = data_of(context, "drivers", by=["ServiceName"], **SEPTEMBER)
    (bridge,) = found["bridges"]
    assert (bridge["before"], bridge["after"]) == ("120.50", SEPTEMBER_TOTAL)
    effects = [Decimal(one["amount"]) for one in bridge["effects"]]
    assert sum(effects, Decimal(0)) == Decimal(SEPTEMBER_TOTAL) - Decimal("120.50")
    assert found["links"][0]["url"].startswith("http://127.0.0.1:8710/drivers?")


def test_a_dashboards_panels_are_the_workspaces_answers(
    context: Context, workspace: Workspace
) -> None:
    found = data_of(
        context, "show_dashboard", name="finance", **{"range": "2026-09-01..2026-10-01"}
    )
    answered = [panel for panel in found["panels"] if panel.get("result")]
    assert answered
    for panel in answered:
        same = workspace.query(CostQuery.from_json(panel["result"]["query"])).to_json()
        assert panel["result"]["totals"] == same["totals"]
    one = data_of(context, "show_dashboard", name="finance", panel=answered[0]["id"])
    assert [panel["id"] for panel in one["panels"]] == [answered[0]["id"]]
    assert "executive" in error_of(context, "show_dashboard", name="nope")


def test_words_are_those_of_the_glossary(context: Context) -> None:
    from outlay.app.glossary import find

    term = find("EffectiveCost")
    assert term is not None
    assert data_of(context, "glossary", search="EffectiveCost")["terms"][0] == term.to_json()


def test_a_list_that_is_cut_says_so(context: Context) -> None:
    left = data_of(context, "list_values", dimension="ServiceName", limit=1)["truncation"]
    assert left["truncated"] is True
    assert left["total"] is None
    dimensions = data_of(context, "list_dimensions", limit=2)
    assert dimensions["truncation"]["shown"] == 2
    assert dimensions["truncation"]["total"] > 2


def test_sources_are_told_without_where_they_lie(context: Context) -> None:
    (source,) = data_of(context, "list_sources")["sources"]
    assert source["name"] == "acme"
    assert source["reconciled"] is True
    assert not {"location", "options", "root"} & set(source)


@pytest.mark.parametrize(
    ("tool", "given", "says"),
    [
        ("query", {"by": ["ServiceNam"]}, "Did you mean ServiceName"),
        ("query", {"measures": ["Effective"]}, "Allowed: EffectiveCost, BilledCost"),
        ("query", {"group_by": ["ServiceName"]}, "'group_by' is not an argument"),
        ("query", {"where": "ServiceName = "}, "where"),
        ("query", {"range": "last-month", "from": "2026-09-01"}, "exclude each other"),
        ("query", {"limit": 0}, "limit"),
        ("query", {"limit": 100_000}, "limit"),
        ("why", {}, "'tag' is missing"),
        ("coverage", {"tag": "teem"}, "team"),
        ("run_view", {"name": "nope"}, "there is no view 'nope'"),
        ("statements", {"plan": "nope"}, "there are no statements by 'nope'"),
        ("statements", {"plan": "team", "month": "September"}, "September"),
        ("unit_cost", {"name": "nope"}, "nope"),
        ("nope", {}, "there is no 'nope'"),
        ("use_case", {"name": "nope"}, "nope"),
        ("list_measures", {"x": 1}, "no arguments"),
    ],
)
def test_what_is_wrong_is_an_answer_that_says_what_is_allowed(
    context: Context, tool: str, given: dict[str, Any], says: str
) -> None:
    assert says in error_of(context, tool, **given)


def test_the_parts_of_a_failure_stand_beside_its_text(context: Context) -> None:
    done = call(context, "query", {"by": ["ServiceNam"]})
    assert done.structuredContent["field"] == "by"
    assert "ServiceName" in done.structuredContent["near"]


def test_a_defect_is_an_answer_too(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(context.workspace), "query", lambda *a, **k: 1 / 0)
    assert "The server failed: ZeroDivisionError" in error_of(context, "query")


def test_nothing_is_changed_unless_it_is_allowed(context: Context, workspace: Workspace) -> None:
    names = {one.name for one in offered(context)}
    assert not names & {"save_view", "annotate", "apply_resources", "sql"}
    assert "outlay mcp --allow-writes" in error_of(context, "save_view", name="x")
    assert "outlay mcp --allow-sql" in error_of(context, "sql", sql="SELECT 1")
    documents = [{"kind": "View", "name": "x", "spec": {"query": {}}}]
    before = workspace.resources.heads(*(kind.name for kind in workspace.kinds()))
    plan = data_of(context, "plan_resources", documents=documents)
    assert plan["versions"] == {"View/x": 0}
    data_of(context, "preview_rule", tag="team", spec={"rules": []})
    assert workspace.resources.heads(*(kind.name for kind in workspace.kinds())) == before


def test_a_view_is_saved_and_replaced_only_as_it_was_seen(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)
    context = Context(workspace, Options(writes=True))
    done = data_of(context, "save_view", name="mine", by=["ServiceName"], range="last-month")
    assert done["version"] == 1
    assert workspace.view_query("mine") == CostQuery(by=("ServiceName",), range="last-month")
    assert "version 1" in error_of(context, "save_view", name="mine", by=["RegionId"])
    assert data_of(context, "save_view", name="mine", by=["RegionId"], expected_version=1)
    assert workspace.history("View", "mine")[-1].note == "by an assistant"
    workspace.close()


def test_what_happened_is_noted_on_its_day(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)
    context = Context(workspace, Options(writes=True))
    happened = {"from": "2026-09-03", "text": "Shop v2 went live", "category": "deploy"}
    done = data_of(context, "annotate", **happened)
    (kept,) = data_of(context, "list_annotations")["annotations"]
    assert (kept["name"], kept["text"], kept["from"]) == (
        done["name"],
        "Shop v2 went live",
        "2026-09-03",
    )
    assert "until" in error_of(context, "annotate", **happened, until="2026-09-01")
    workspace.close()


def test_resources_are_changed_only_as_planned(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path)
    context = Context(workspace, Options(writes=True))
    documents = [{"kind": "View", "name": "x", "spec": {"query": {"by": ["ServiceName"]}}}]
    plan = data_of(context, "plan_resources", documents=documents)
    wrong = error_of(context, "apply_resources", documents=documents, versions={"View/x": 3})
    assert "Plan again" in wrong
    assert workspace.views() == []
    done = data_of(context, "apply_resources", documents=documents, versions=plan["versions"])
    assert done["done"] is True
    assert [view.name for view in workspace.views()] == ["x"]
    again = error_of(context, "apply_resources", documents=documents, versions=plan["versions"])
    assert "Plan again" in again
    workspace.close()


def test_who_may_only_read_changes_nothing(everything: Context) -> None:
    with acting(Principal("vera", Level.VIEWER, "viewer", via="token")):
        assert not {"save_view", "apply_resources"} & {one.name for one in offered(everything)}
        assert "needs an editor" in error_of(everything, "save_view", name="x")


def test_who_sees_a_part_is_offered_what_keeps_to_it(everything: Context) -> None:
    scope = "SubAccountName = 'Data'"
    with acting(Principal("dora", Level.EDITOR, "data", scope, via="token")):
        names = {one.name for one in offered(everything)}
        assert {"query", "explain", "charges", "list_values"} <= names
        assert "sql" not in names
        assert "shows the whole ledger" in error_of(everything, "sql", sql="SELECT 1")
        refused = events.listed(everything.workspace, limit=1)[0]
        assert (refused.action, refused.target, refused.author) == ("refuse", "tool sql", "dora")
        found = data_of(everything, "query", by=["ServiceName"], **SEPTEMBER)
        assert found["total"]["EffectiveCost"] == "30.333333333333333333333"
        values = data_of(everything, "list_values", dimension="SubAccountName")["values"]
        assert [one["value"] for one in values] == ["Data"]


def test_nobody_is_told_to_log_in(context: Context) -> None:
    with acting(Principal("", Level.NOBODY, via="nobody")):
        assert offered(context) == []
        assert "Log in" in error_of(context, "query")
