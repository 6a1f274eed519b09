"""GET /drivers: the same report as the page's, as JSON and CSV."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from starlette.testclient import TestClient

from outlay.money import total
from tests.api.test_api import V1, asked, problem
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL, Company

SEPTEMBER = "/drivers?from=2026-09-01&to=2026-10-01"


def test_effects_add_up_to_the_change(client: TestClient) -> None:
    answer = asked(client, SEPTEMBER)
    (bridge,) = answer["bridges"]
    assert (bridge["currency"], bridge["before"], bridge["after"]) == (
        "USD",
        AUGUST_TOTAL,
        SEPTEMBER_TOTAL,
    )
    effects = {one["effect"]: Decimal(one["amount"]) for one in bridge["effects"]}
    assert effects["gone"] == Decimal("-20.50") and effects["price"] == Decimal("10.10")
    assert total(effects.values()) == Decimal(bridge["change"])
    assert answer["range"] == {"from": "2026-09-01", "to": "2026-10-01"}
    assert answer["previous_range"] == {"from": "2026-08-01", "to": "2026-09-01"}
    assert answer["sentence"].startswith("Spend is 12 % above August 2026; ")
    assert answer["days"] == {"before": 29, "after": 30}
    price = next(item for item in bridge["items"] if item["effect"] == "price")
    assert (price["resource"], price["price_before"], price["price_after"]) == (
        "i-1", "100.000000000000", "110.100000000000",
    )  # fmt: skip


def test_groups_have_a_column_an_effect(client: TestClient) -> None:
    response = client.get(V1 + SEPTEMBER + "&by=ServiceName&format=csv")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    found = {row["ServiceName"]: row for row in rows}
    assert found["Amazon Elastic Compute Cloud"]["price"] == "10.10"
    assert total(Decimal(row["change"]) for row in rows) == Decimal(SEPTEMBER_TOTAL) - Decimal(
        AUGUST_TOTAL
    )


def test_items_as_csv(client: TestClient) -> None:
    text = client.get(V1 + SEPTEMBER + "&format=csv&rows=items").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["effect"] for row in rows} >= {"new", "gone", "price", "tax", "credit"}


def test_the_earlier_period_as_it_was_known(client: TestClient, acme: Company) -> None:
    answer = asked(client, f"{SEPTEMBER}&against=2026-09-01..2026-10-01&before_as_of={acme.before}")
    (bridge,) = answer["bridges"]
    assert [one["effect"] for one in bridge["effects"]] == ["restatement"]
    assert answer["before_snapshot"] == str(acme.before)


def test_what_cannot_be_asked_is_a_problem(client: TestClient) -> None:
    assert problem(client, "/drivers?m=LineCount", 400)["field"] == "measure"
    assert problem(client, "/drivers?against=nonsense", 400)["field"] == "range"
    assert problem(client, "/drivers?before_rules_as_of=7", 400)["field"] == "rules_as_of"
    assert problem(client, "/drivers?format=xml", 400)["field"] == "format"
    assert problem(client, SEPTEMBER + "&format=csv&rows=cells", 400)["field"] == "rows"
    assert problem(client, "/drivers?grian=day", 400)["field"] == "grian"
