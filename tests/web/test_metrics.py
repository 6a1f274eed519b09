"""The pages of metrics: freshness and gaps, values and their history, a file that is taken."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.conftest import serving
from tests.web.page import Node, parse


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace.init(tmp_path / "shop", name="Shop")
    spec = {"title": "Orders", "unit": "order", "labels": ["channel"]}
    made.resources.put("Metric", "orders", spec, author="test")
    today = made.today()
    for channel, number in (("web", 10), ("app", 4)):
        made.metrics.push(
            "orders",
            [
                {"date": str(today - timedelta(days=back)), "value": number,
                 "labels": {"channel": channel}}
                for back in (1, 2, 5)
            ],
        )  # fmt: skip
    yield made
    made.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def test_the_list_tells_freshness_gaps_and_draws_what_is_known(client: TestClient) -> None:
    (row,) = page(client, "/metrics").one("table", id="table").rows()
    assert row[0] == "Orders order by channel"
    assert row[1] == "fresh"
    assert (row[4], row[5]) == ("2", "0")
    spark = page(client, "/metrics").one("svg", cls="spark")
    # Two days together are a line, the one before the gap a point: nothing bridges the gap.
    assert (len(spark.all("polyline")), len(spark.all("rect"))) == (1, 1)


def test_a_metric_shows_each_day_and_says_what_is_not_known(client: TestClient) -> None:
    found = page(client, "/metrics/orders?range=last-7-days")
    rows = found.one("table", id="table").rows()
    assert [row[1:] for row in rows] == [
        ["10", "4", "14", "all"], ["10", "4", "14", "all"], ["–", "–", "–", "0 of 1"],
        ["–", "–", "–", "0 of 1"], ["10", "4", "14", "all"], ["–", "–", "–", "0 of 1"],
        ["–", "–", "–", "0 of 1"],
    ]  # fmt: skip
    total = page(client, "/metrics/orders?range=last-7-days&by=none").one("table", id="table")
    assert [row[1] for row in total.rows()] == ["14", "14", "–", "–", "14", "–", "–"]
    assert [a.attrs["href"] for a in found.all("a", data_csv="*")] == [
        "/api/v1/metrics/orders/values?range=last-7-days&by=channel&grain=day&format=csv"
    ]
    csv = client.get(found.one("a", data_csv="*").attrs["href"]).text
    sums = [line.split(",")[2] for line in csv.splitlines()[1:]]
    assert sum(map(Decimal, sums)) == 42


def test_a_restatement_is_shown_and_the_past_can_be_looked_at(
    workspace: Workspace, client: TestClient
) -> None:
    day = str(workspace.today() - timedelta(days=2))
    late = [{"date": day, "value": "12.5", "labels": {"channel": "web"}}]
    workspace.metrics.push("orders", late)
    found = page(client, "/metrics/orders?delivery=3")
    (change,) = found.one(id="changes").one("table").rows()
    assert change[1:] == ["web", "10", "12.5"]
    history = found.one(id="history").one("table")
    assert [row[3] for row in history.rows()] == ["1", "0", "0"]
    then = [a.attrs["href"] for a in history.all("a") if a.text == "then"][-1]
    before = page(client, then)
    assert "As it was known at" in before.text
    assert [row[1] for row in before.one("table", id="table").rows()][1] == "10"


def test_a_file_is_taken_whole_or_refused_with_its_lines(
    workspace: Workspace, client: TestClient
) -> None:
    def upload(text: str) -> Node:
        answer = client.post(
            "/metrics/orders/values", files={"file": ("nov.csv", text, "text/csv")}
        )
        assert answer.status_code in (200, 422), answer.text
        return parse(answer.text)

    refused = upload("date,channel,value\n2026-11-01,web,many\n2026-11-02,web,1\n")
    assert "nov.csv: one row is not right; nothing was taken." in refused.one(id="refused").text
    assert refused.one(id="refused").rows() == [
        ["2", "value", "'many' is not a number; expected a number such as 12.34"]
    ]
    assert len(workspace.metrics.history("orders")) == 2
    good = "date,channel,value\n2026-11-02,web,1\n"
    assert "The values were taken." in upload(good).text
    assert workspace.metrics.history("orders")[0].origin == "nov.csv"
    assert "known already" in upload(good).text
    foreign = client.post(
        "/metrics/orders/values",
        files={"file": ("nov.csv", good, "text/csv")},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert foreign.status_code == 403


def test_a_metric_is_defined_on_the_page(workspace: Workspace, client: TestClient) -> None:
    made = client.post(
        "/metrics", data={"name": "visits", "unit": "visit", "labels": "site, country"}
    )
    assert made.status_code == 200 and "No values yet" in made.text
    assert workspace.metrics.spec("visits").labels == ("site", "country")
    refused = client.post("/metrics", data={"name": "visits", "labels": "value"})
    assert refused.status_code == 400
    problem = parse(refused.text).one(id="metric-problem").text
    assert "'value' cannot name a label" in problem
    taken = client.post("/metrics", data={"name": "visits"})
    assert taken.status_code == 400 and "visits" in parse(taken.text).one(id="metric-problem").text


def test_empty_and_unknown_are_told_apart(empty: TestClient, client: TestClient) -> None:
    assert "No metric yet" in page(empty, "/metrics").text
    assert page(client, "/metrics/none", 404)
    nothing = page(client, "/metrics/orders?from=2020-01-01&to=2020-02-01")
    assert "That is not zero" in nothing.text
    for wrong in ("?grain=fortnight", "?by=team", "?as_of=7", "?from=2026-11-02&to=2026-11-01"):
        assert page(client, f"/metrics/orders{wrong}", 400)


def test_a_failed_sync_is_shown_where_the_metric_is(
    workspace: Workspace, client: TestClient
) -> None:
    source = {"kind": "sql", "url": "env:OUTLAY_NOT_SET", "query": "SELECT 1"}
    workspace.resources.put("Metric", "broken", {"source": source}, author="test")
    workspace.metrics.sync(["broken"])
    assert "which is not set" in page(client, "/metrics/broken").one(role="alert", cls="bad").text
    assert "sync failed" in page(client, "/metrics").text
