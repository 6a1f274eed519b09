"""The API and the assistants' tools say what the use cases say."""

import json

import pytest
from starlette.testclient import TestClient

from outlay.api.openapi.operations_budgets import BUDGETS
from outlay.app import Workspace
from outlay.app.planning import budgets
from outlay.app.served.calls import answer
from outlay.app.served.wire import decode, encode
from outlay.client.typing import typed
from outlay.expression.errors import QueryError
from outlay.mcp.registry import Context
from tests.budgets.conftest import MOMENT
from tests.mcp.conftest import data_of
from tests.web.conftest import serving

SPEC = {"currency": "USD", "amount": "390", "scope": "team = 'shop'"}


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 21 October 2026."""
    for module in ("budgets", "budget_drafts"):
        monkeypatch.setattr(f"outlay.app.planning.{module}.utc_now", lambda: MOMENT)


@pytest.fixture(scope="module")
def api(kept: Workspace) -> TestClient:
    return serving(kept)


def got(api: TestClient, operation: str, path: str, body=None):
    """An answer, held against its shape."""
    method, _ = operation.split(" ", 1)
    answer = api.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    typed(BUDGETS[operation].shape, answer.json())
    return answer.json()


def test_the_api_says_where_budgets_stand(api: TestClient) -> None:
    found = {one["name"]: one for one in got(api, "GET /budgets", "/budgets")}
    assert list(found) == ["all", "data", "shop"]
    shop = found["shop"]["status"]
    assert (shop["actual"], shop["amount"], shop["carried"]) == ("290.00", "420.00", "20.00")
    assert (shop["expected"], shop["ahead"], shop["complete_until"]) == (
        "304.50", "-14.50", "2026-10-21",
    )  # fmt: skip
    assert found["all"]["children"] == {
        "allocated": "550.00", "unallocated": "50.00", "actual": "390.00", "rest": "0.00",
    }  # fmt: skip
    assert float(shop["forecast"]) == pytest.approx(400, abs=1)
    one = got(api, "GET /budgets/{name}", "/budgets/all?period=2026-07&forecast=false")
    assert one["status"]["actual"] == "555.00" and len(one["parts"]) == 2
    past = got(api, "GET /budgets/{name}/history", "/budgets/data/history?count=2")
    assert [(line["period"], line["state"]) for line in past] == [
        ("2026-10", "on track"), ("2026-09", "kept"),
    ]  # fmt: skip


def test_the_api_previews_and_suggests(api: TestClient) -> None:
    lines = got(api, "POST /budgets/preview", "/budgets/preview", {"spec": SPEC, "count": 3})
    assert [(one["period"], one["remaining"]) for one in lines] == [
        ("2026-10", "100.00"), ("2026-09", "0.00"), ("2026-08", "-10.00"),
    ]  # fmt: skip
    found = got(api, "POST /budgets/suggest", "/budgets/suggest", {"tag": "team", "margin": "5"})
    assert [one["amount"] for one in found["suggestions"]] == ["420.00", "170.00"]


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("GET", "/budgets?at=x", None, "is not a billing period"),
        ("GET", "/budgets/shop?period=2026-Q1", None, "they are written like 2026-11"),
        ("POST", "/budgets/preview", {"count": 3}, "a preview needs a spec"),
        ("POST", "/budgets/preview", {"spec": {"currency": "USD"}}, "needs an amount"),
        ("POST", "/budgets/suggest", {"tag": "team", "month": 3}, "'month' is not known"),
        ("POST", "/budgets/suggest", {"tag": "team", "margin": "much"}, "margin is a number"),
        ("POST", "/budgets", {}, "no budget is named"),
        ("POST", "/budgets", {"a": 5}, "is no object"),
    ],
)
def test_what_is_not_right_says_so(api: TestClient, method, path, body, says) -> None:
    answer = api.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code in (400, 422) and says in answer.text


def test_a_past_that_cannot_be_told_is_no_past_without_periods(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_, **__):
        raise QueryError("the lake is away")

    monkeypatch.setattr(Workspace, "query", refuse)
    answer = serving(own).get("/api/v1/budgets/shop/history")
    assert answer.status_code == 400 and "the lake is away" in answer.text


def test_assistants_are_told_the_same(kept: Workspace) -> None:
    context = Context(kept)
    data = data_of(context, "budgets")
    # 100 of 150, and eleven days of 5 to come.
    assert data["states"] == {"heading over": 1, "on track": 2}
    actual = {one["name"]: one["status"]["actual"] for one in data["budgets"]}
    assert actual == {
        one.budget.name: f"{one.status.actual:.2f}"
        for one in budgets.statuses(kept, MOMENT)
        if one.status
    }
    found = data_of(context, "budget", name="shop", period="2026-07", periods=2)
    assert found["status"]["remaining"] == "10.00"
    assert [line["period"] for line in found["history"]] == ["2026-10", "2026-09"]
    assert "/budgets/shop?period=2026-07" in found["links"][0]["url"]


def test_another_machine_gets_the_same_objects(kept: Workspace) -> None:
    found = budgets.statuses(kept, MOMENT)
    assert decode(json.loads(json.dumps(encode(found)))) == found
    message = {"given": [encode("shop")], "named": {"period": encode("2026-07")}}
    answered = decode(answer(kept, "planning.budgets.show", message)["result"])
    assert answered == budgets.show(kept, "shop", "2026-07")
    past = answer(kept, "planning.budgets.history", {"given": [encode("shop")], "named": {}})
    assert decode(past["result"]) == budgets.history(kept, "shop")
