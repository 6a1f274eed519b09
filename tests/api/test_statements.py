"""Statements over HTTP: the same numbers, closed bytes for good, disputes, journals, refusals."""

import csv
import io

import pytest
from starlette.testclient import TestClient

from tests.statements.conftest import _loaded, desk
from tests.statements.desk import S3, SEPTEMBER_BILL, Desk, charge
from tests.web.conftest import serving

__all__ = ["_loaded", "desk"]

MONTH = "/api/v1/statements/team/2026-09"


@pytest.fixture
def api(desk: Desk) -> TestClient:
    return serving(desk.workspace)


def test_plans_months_and_a_month(api: TestClient) -> None:
    (plan,) = api.get("/api/v1/statements").json()
    assert (plan["name"], plan["tag"], plan["mode"]) == ("team", "team", "showback")
    assert plan["months"] == [{"month": "2026-09", "state": "draft"}]
    month = api.get(MONTH).json()
    assert (month["bill"], month["bill_exact"], month["problems"]) == ("192.00", "192.002", [])
    assert {one["value"]: one["total"] for one in month["statements"]} == {
        "Unallocated": "0.00",
        "data": "43.34",
        "platform": "0.00",
        "search": "68.33",
        "shop": "80.33",
    }


def test_a_closed_statement_is_the_same_byte_for_byte(desk: Desk, api: TestClient) -> None:
    closed = api.post(f"{MONTH}/close", json={"author": "ann", "note": "fine"}).json()
    assert (closed["state"], closed["closed_by"], closed["note"]) == ("closed", "ann", "fine")
    before = {form: api.get(f"{MONTH}/shop?format={form}").content for form in ("json", "csv")}
    desk.bill([charge("7", "2026-09-03", "shop"), charge("10", "2026-10-02", "search")])
    desk.put("VirtualTag", "team", {"default": "everybody"})
    for form, content in before.items():
        assert api.get(f"{MONTH}/shop?format={form}").content == content
    again = api.post(f"{MONTH}/close")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:outlay:problem:statement"
    assert "closed already" in again.json()["detail"]


@pytest.mark.parametrize(
    ("form", "media"),
    [
        ("json", "application/json"),
        ("csv", "text/csv; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)
def test_forms(api: TestClient, form: str, media: str) -> None:
    for path in (MONTH, f"{MONTH}/shop"):
        found = api.get(f"{path}?format={form}")
        assert (found.status_code, found.headers["content-type"]) == (200, media)
        assert found.content
    name = api.get(f"{MONTH}/shop?format={form}").headers["content-disposition"]
    assert f'filename="statement-team-shop-2026-09.{form}"' in name


def test_a_dispute_from_its_beginning_to_its_end(desk: Desk, api: TestClient) -> None:
    api.post(f"{MONTH}/close")
    body = {
        **{"plan": "team", "month": "2026-09", "value": "shop", "line": f"direct/{S3}"},
        **{"amount": "5.00", "reason": "not ours", "proposed": "data", "author": "bob"},
    }
    made = api.post("/api/v1/disputes", json=body)
    assert made.status_code == 201
    number = made.json()["id"]
    assert api.post("/api/v1/disputes", json={**body, "amount": "9"}).status_code == 409
    answered = api.post(f"/api/v1/disputes/{number}/answer", json={"accept": True, "author": "d"})
    assert (answered.json()["state"], answered.json()["answer"]) == ("answered", "accepted")
    desk.bill([*SEPTEMBER_BILL, charge("10", "2026-10-02", "search")])
    october = api.get("/api/v1/statements/team/2026-10").json()
    assert {s["value"]: s["total"] for s in october["statements"]} == {
        "data": "5.00",
        "search": "10.00",
        "shop": "-5.00",
    }
    api.post("/api/v1/statements/team/2026-10/close")
    found = api.get("/api/v1/disputes/team").json()
    assert [(d["state"], d["settled_month"]) for d in found["disputes"]] == [("settled", "2026-10")]
    assert [event["action"] for event in found["events"]] == [
        "closed",
        "disputed",
        "accepted",
        "closed",
        "settled",
    ]


def test_a_journal(desk: Desk, api: TestClient) -> None:
    refused = api.get("/api/v1/journals/team/2026-09")
    assert refused.status_code == 409 and "is a showback" in refused.json()["detail"]
    desk.chargeback()
    rows = list(csv.DictReader(io.StringIO(api.get("/api/v1/journals/team/2026-09").text)))
    assert [row["credit"] for row in rows if row["account"] == "1590"] == ["192.00"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", f"{MONTH}/nobody", None, 400, "no statement for 2026-09"),
        ("GET", "/api/v1/statements/taem/2026-09", None, 400, "no statements by 'taem'"),
        ("GET", "/api/v1/statements/team/2026", None, 400, "is not a billing period"),
        ("GET", f"{MONTH}?format=doc", None, 400, "'doc' is no form of a statement"),
        ("POST", f"{MONTH}/close", {"notes": "x"}, 400, "'notes' is no field"),
        ("POST", "/api/v1/disputes/7/answer", {"accept": True}, 409, "there is no dispute 7"),
        ("POST", "/api/v1/disputes/7/answer", {}, 400, "say whether it is accepted"),
        ("POST", "/api/v1/disputes/x/answer", {"accept": True}, 422, "number"),
    ],
)
def test_refusals_are_problems(
    api: TestClient, method: str, path: str, body: dict[str, object] | None, status: int, says: str
) -> None:
    response = api.request(method, path, json=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert says in response.json()["detail"]
