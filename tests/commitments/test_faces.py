"""The command, the API, assistants and pages say what the use cases say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.api.openapi.operations_commitments import COMMITMENTS
from outlay.app import Workspace
from outlay.app.commitments import overview, planning
from outlay.app.commitments.model import PURCHASE_PLAN, PurchasePlanSpec
from outlay.app.served.calls import answer
from outlay.app.served.wire import decode, encode
from outlay.client.typing import typed
from outlay.mcp.registry import Context
from tests.commitments.company import PLAN
from tests.mcp.conftest import data_of
from tests.web.conftest import serving
from tests.web.page import Node, parse

SPEC = {"lookback": 28, "payments": ["none"]}


@pytest.fixture(scope="module")
def site(kept: Workspace) -> TestClient:
    return serving(kept)


def got(site: TestClient, operation: str, path: str, body: Any = None) -> Any:
    """An answer of the API, held against its shape."""
    method, _ = operation.split(" ", 1)
    found = site.request(method, f"/api/v1{path}", json=body)
    assert found.status_code == 200, found.text
    typed(COMMITMENTS[operation].shape, found.json())
    return found.json()


def page(site: TestClient, path: str, status: int = 200) -> Node:
    """A page, parsed."""
    found = site.get(path)
    assert found.status_code == status, found.text[:2000]
    return parse(found.text)


def test_the_api_tells_the_figures(site: TestClient) -> None:
    found = got(site, "GET /commitments", "/commitments?days=30&by=family")
    (usd,) = found["currencies"]
    assert usd["whole"]["coverage"] == "0.760000"
    assert usd["whole"]["effective_savings_rate"] == "0.140000"
    assert (usd["whole"]["saved"], usd["whole"]["unused"]) == ("210.00", "120.00")
    assert [one["name"] for one in found["commitments"]] == ["plan", "orders"]
    ends = got(site, "GET /commitments/ending", "/commitments/ending")
    assert [one["day"] for one in ends] == [None, None]
    (matrix,) = got(site, "GET /commitments/benefits", "/commitments/benefits?tag=team")
    assert (matrix["cost"], matrix["unused"], matrix["saved"]) == ("930.00", "120.00", "210.00")


def test_the_api_plans(site: TestClient) -> None:
    found = got(site, "POST /commitments/plan", "/commitments/plan", SPEC)
    (plan,) = found["plans"]
    assert (plan["per_hour"], plan["positions"][0]["program"]) == (
        "0.315", "aws-instance-savings-plan",
    )  # fmt: skip
    assert plan["scenarios"][0]["saved"] == "1620.60"  # 365 × 24 × 0.185
    assert found["looked_at"] == {"start": "2026-10-04", "end": "2026-11-01"}


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/commitments?days=0", None, "greater than or equal to 1"),
        ("GET", "/commitments?by=colour", None, "nothing to split by"),
        ("GET", "/commitments/benefits?tag=colour", None, "no virtual tag"),
        ("POST", "/commitments/plan", {"years": [2]}, "years"),
        ("GET", "/commitments/plans/none", None, "no purchase plan"),
    ],
)
def test_what_is_not_right_says_so(
    site: TestClient, method: str, path: str, body: Any, says: str
) -> None:
    found = site.request(method, f"/api/v1{path}", json=body)
    assert found.status_code in (400, 404, 422) and says in found.text


def test_assistants_are_told_the_same(kept: Workspace) -> None:
    context = Context(kept)
    found = data_of(context, "commitments")
    assert found["summary"][0]["utilisation"] == "0.870968"
    assert [one["name"] for one in found["rows"]] == ["plan", "orders"]
    assert len(data_of(context, "commitments", view="ending")["rows"]) == 2
    assert data_of(context, "commitments", view="benefits")["rows"][0]["cost"] == "930.00"
    planned = data_of(context, "commitments", view="plan")
    assert planned["rows"][0]["per_hour"] == "0.315"
    assert "/commitments/planner" in planned["links"][0]["url"]


def test_another_machine_gets_the_same_objects(kept: Workspace) -> None:
    for name, found, given in (
        ("commitments.overview.overview", overview.overview(kept, 7), [7]),
        ("commitments.overview.ending", overview.ending(kept), []),
        ("commitments.overview.benefits", overview.benefits(kept, 7), [7]),
        ("commitments.planning.planned", planning.planned(kept, SPEC), [SPEC]),
    ):
        assert decode(json.loads(json.dumps(encode(found)))) == found
        message = {"given": [encode(one) for one in given], "named": {}}
        assert decode(answer(kept, name, message)["result"]) == found


def test_the_page_shows_figures_and_commitments(site: TestClient) -> None:
    shown = page(site, "/commitments")
    text = shown.text
    for said in ("14.0%", "76.0%", "87.1%", "210.00", "120.00"):
        assert said in text
    held = shown.one("section", id="held")
    assert [row[1:3] for row in held.rows()] == [["87.5%", "90.00"], ["85.7%", "30.00"]]
    benefits = shown.one("section", id="benefits")
    assert benefits.rows("tfoot") == [
        ["Cost of commitments", "720.00", "210.00", "930.00", "210.00"]
    ]
    assert len(shown.one("section", id="days").all("rect", cls="covered")) == 30
    opened = page(site, f"/commitments?commitment={PLAN}&days=7&by=account&tag=SubAccountName")
    assert len(opened.all("details", cls="commitment", open="*")) == 1


def test_the_planner_shows_a_portfolio(site: TestClient) -> None:
    shown = page(site, "/commitments/planner?lookback=28&years=1&years=3&payments=none")
    plan = shown.one("section", id="plan-1")
    assert "EC2 Instance Savings Plan m6i, us-east-1" in plan.text
    assert "Terms that were weighed" in plan.text
    assert "20% less" in plan.text and "Regret" in plan.text
    whole = page(site, "/commitments/planner")
    assert whole.one("input", id="p-lookback").attrs["value"] == "91"


@pytest.mark.parametrize(
    "path",
    [
        "/commitments?days=x", "/commitments?days=0", f"/commitments?days={'9' * 5000}",
        "/commitments?by=colour", "/commitments?currency=EUR", "/commitments?tag=colour",
        "/commitments/planner?lookback=x", "/commitments/planner?scope=ServiceName+%3D",
        "/commitments/planner?years=2", "/commitments/planner?less=much",
        "/commitments/planner?less_weight=nan", "/commitments/planner?less=9e999999999",
        "/commitments/planner?less_weight=9e999999&growth_weight=9e999999",
    ],
)  # fmt: skip
def test_wrong_addresses_are_refused(site: TestClient, path: str) -> None:
    assert site.get(path).status_code == 400


def test_a_plan_is_kept_shown_and_removed(own: Workspace) -> None:
    mine = serving(own)
    fields = {"title": "For 2027", "lookback": "28", "years": "1", "tranche": "50",
              "less": "20", "less_weight": "30"}  # fmt: skip
    kept = mine.post("/commitments/planner", data=fields, follow_redirects=False)
    assert kept.headers["location"] == "/commitments/planner?plan=for-2027"
    spec = own.resources.get(PURCHASE_PLAN.name, "for-2027").spec
    assert isinstance(spec, PurchasePlanSpec)
    assert [(one.name, int(one.weight)) for one in spec.scenarios][:2] == [
        ("As now", 70),
        ("20% less", 30),
    ]
    shown = page(mine, kept.headers["location"])
    assert shown.one("input", id="p-tranche").attrs["value"] == "50"
    assert "When to buy" in shown.text
    wrong = mine.post("/commitments/planner", data=fields | {"title": ""})
    assert wrong.status_code == 400 and "needs a title" in wrong.text
    gone = mine.post("/commitments/plans/for-2027/delete", follow_redirects=False)
    assert gone.status_code == 303
    assert mine.get("/commitments/planner?plan=for-2027").status_code == 404


def test_empty_pages(tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace.init(tmp_path_factory.mktemp("empty"))
    mine = serving(workspace)
    assert page(mine, "/commitments").all(data_state="empty")
    assert page(mine, "/commitments/planner").all(data_state="empty")
    workspace.close()
