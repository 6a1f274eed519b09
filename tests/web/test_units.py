"""The pages of unit costs: both sides of each quotient, gaps that say so, what drove a change."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.query.unit import Amounts, decompose
from outlay.web.units.waterfall import starts_above_nought, waterfall
from tests.app.test_units import NOW, made, shop  # noqa: F401
from tests.web.conftest import serving
from tests.web.page import Node, parse

ALL = "range=all"


@pytest.fixture
def client(
    shop: Workspace,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestClient]:
    monkeypatch.setattr("outlay.app.units.utc_now", lambda: NOW)
    yield serving(shop)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_numerator_denominator_and_quotient_of_each_period(client: TestClient) -> None:
    found = page(client, f"/units/per-order?{ALL}")
    rows = found.one("table", id="table").rows()
    october = [row for row in rows if row[0] == "Oct 2026"][0]
    assert october[1:4] == ["817.50", "1,200", "0.6812"]
    assert [row[:4] for row in rows if row[0] in ("web", "app", "(none)")][-5:-2] == [
        ["app", "480.00", "600", "0.8000"], ["web", "330.00", "600", "0.5500"],
        ["(none)", "7.50", "–", "unknown"],
    ]  # fmt: skip
    assert [row[3] for row in rows if row[0].startswith("Nov 2026")] == ["no activity"]
    (overall,) = found.one("table", id="table").rows("tfoot")
    assert overall[:3] == ["All 3 periods", "1,449.50", "2,200"]


def test_the_change_adds_up_on_the_page(client: TestClient) -> None:
    found = page(client, f"/units/per-order?{ALL}&before=2026-09-01&after=2026-10-01")
    table = found.one("table", id="drivers")
    (total,) = table.rows("tfoot")
    assert total[1:] == ["620.00", "124.00", "36.00", "30.00", "7.50", "817.50", "▲ +197.50"]
    bars = found.one("svg", cls="waterfall")
    assert [title.text for title in bars.all("title")] == [
        "Before: 620.00 USD", "Volume: 124.00 USD", "Mix: 36.00 USD", "Price: 30.00 USD",
        "Without units: 7.50 USD", "After: 817.50 USD",
    ]  # fmt: skip


def test_the_address_is_the_state(client: TestClient) -> None:
    asked = client.get(
        "/units/per-order/ask",
        params={"from": "2026-09-01", "until": "2026-10-31", "grain": "month", "by": "none"},
        follow_redirects=False,
    )
    assert asked.headers["location"] == (
        "/units/per-order?from=2026-09-01&to=2026-11-01&grain=month&by=none"
    )
    found = page(client, asked.headers["location"])
    assert [row[0] for row in found.one("table", id="table").rows()] == ["Oct 2026", "Sep 2026"]
    csv = client.get(found.one("a", data_csv="*").attrs["href"])
    assert [line.split(",")[0] for line in csv.text.splitlines()[1:]] == [
        "2026-09-01",
        "2026-10-01",
    ]
    assert client.get(found.one("a", data_json="*").attrs["href"]).json()["grain"] == "month"


def test_an_unknown_month_says_why(shop: Workspace, client: TestClient) -> None:  # noqa: F811
    shop.metrics.push(
        "orders",
        [{"date": "2026-10-09", "value": None, "labels": {"channel": c}} for c in ("web", "app")],
    )
    found = page(client, f"/units/per-order?{ALL}&before=2026-09-01&after=2026-10-01")
    rows = found.one("table", id="table").rows()
    assert ["orders has no value on 1 of 31 days: 2026-10-09"] in rows
    october = [row for row in rows if row[0] == "Oct 2026"][0]
    assert october[1:4] == ["817.50", "–", "unknown"]
    assert "orders has no value on 1 of 31 days" in found.one(id="change").text


def test_the_list_shows_the_newest_whole_period(
    shop: Workspace,  # noqa: F811
    client: TestClient,
) -> None:
    rows = page(client, "/units").one("table", id="table").rows()
    assert rows[0][0] == "per-order per order, by channel"
    assert rows[0][1] == "0.6812 USD"
    shop.resources.put("UnitCost", "broken", {"metric": "order"}, author="test")
    broken, fine = page(client, "/units").one("table", id="table").rows()
    assert "there is no metric 'order'" in broken[1]
    assert fine[1] == "0.6812 USD"


def test_a_unit_cost_is_defined_on_the_page(client: TestClient) -> None:
    made_ = client.post("/units", data={"name": "in-total", "metric": "orders"})
    assert made_.status_code == 200 and parse(made_.text).one("h1").text == "in-total"
    refused = client.post(
        "/units",
        data={"name": "x", "metric": "orders", "label": "chanel", "dimension": "tags.team"},
    )
    assert refused.status_code == 400
    assert "has no label 'chanel'" in parse(refused.text).one(id="unit-problem").text


def test_empty_and_wrong_addresses(empty: TestClient, client: TestClient, tmp_path: Path) -> None:
    assert "No metric yet" in page(empty, "/units").text
    assert page(client, "/units/none", 404)
    for wrong in ("grain=hour", "by=team", "colour=red", "before=2020-01-01"):
        assert page(client, f"/units/per-order?{wrong}", 400)
    assert "No charges in these days" in page(
        client, "/units/per-order?from=2020-01-01&to=2020-02-01"
    ).text  # fmt: skip


def test_a_waterfall_is_to_scale() -> None:
    drivers = decompose(
        {"a": Amounts(Decimal(100), Decimal(10))}, {"a": Amounts(Decimal(90), Decimal(12))}
    )
    assert drivers is not None
    bars = {bar.key: bar for bar in waterfall(drivers)}
    # 20 more by volume, 30 less by price; nothing without units is not drawn.
    assert set(bars) == {"before", "volume", "mix", "price", "after"}
    heights = {key: Decimal(bar.height) for key, bar in bars.items()}
    assert abs(heights["price"] - heights["volume"] * Decimal("1.5")) < Decimal("0.2")
    assert (bars["volume"].kind, bars["price"].kind, bars["mix"].kind) == ("up", "down", "none")
    assert Decimal(bars["volume"].y) + heights["volume"] == Decimal(bars["before"].y)
    assert not starts_above_nought(drivers) or heights["before"] < heights["volume"] * 5
