"""Finding by a part of a name: the page, the API, and what a scope leaves of it."""

from __future__ import annotations

from decimal import Decimal

from starlette.testclient import TestClient

from outlay.access import Level, Principal, acting
from outlay.app.finding import find
from outlay.query import CostQuery
from tests.web.company import Company
from tests.web.conftest import Get
from tests.web.page import Node


def hits(page: Node) -> list[tuple[str, str]]:
    return [(a.text, a.attrs["href"]) for a in page.one("div", id="found").all("a")]


def test_pages_are_found_by_their_titles(get: Get) -> None:
    assert ("Page Restatements g r", "/restatements") in hits(get("/find?q=restat"))
    # Also those that stand below one of the rail.
    below = hits(get("/find?q=detectors"))
    assert [href for _, href in below if href.startswith("/detectors")] == ["/detectors"]


def test_values_are_found_with_what_they_cost(acme: Company) -> None:
    (service,) = [one for one in find(acme.workspace, "elastic comp") if one.kind == "Value"]
    assert (service.dimension, service.name) == ("ServiceName", "Amazon Elastic Compute Cloud")
    asked = CostQuery(where=f"ServiceName = '{service.name}'")
    totals = acme.workspace.query(asked).rows()
    assert dict(service.amounts) == {
        str(row.get("BillingCurrency") or "USD"): row["EffectiveCost"] for row in totals
    }
    assert all(money != Decimal(0) for money in service.amounts.values())


def test_a_find_leads_to_its_question(get: Get) -> None:
    ((_, href),) = [
        hit for hit in hits(get("/find?q=elastic+comp")) if hit[0].startswith("Service")
    ]
    assert get(href).one("h1").text == "Effective cost by account"


def test_nothing_is_found_of_nothing(get: Get, acme: Company) -> None:
    assert find(acme.workspace, "  ") == []
    page = get("/find?q=zzzz")
    assert hits(page) == []
    assert "Nothing has “zzzz” in its name" in page.one("main").text


def test_a_scope_finds_its_own_part_alone(acme: Company) -> None:
    everything = {one.name for one in find(acme.workspace, "amazon", limit=20)}
    scope = "ServiceName = 'Amazon Elastic Compute Cloud'"
    with acting(Principal("eve", Level.VIEWER, scope=scope, via="session")):
        seen = {one.name for one in find(acme.workspace, "amazon", limit=20)}
    assert seen == {"Amazon Elastic Compute Cloud", "AmazonEC2"}
    assert everything > seen


def test_the_api_finds_the_same(client: TestClient, acme: Company) -> None:
    answer = client.get("/api/v1/find", params={"q": "elastic comp"}).json()
    assert [(one["dimension"], one["name"]) for one in answer] == [
        (one.dimension, one.name) for one in find(acme.workspace, "elastic comp")
    ]
    assert answer[0]["amounts"]
