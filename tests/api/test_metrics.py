"""Metrics over HTTP: pushed as JSON and CSV, whole or not at all, and asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.conftest import serving

CSV = {"content-type": "text/csv"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    workspace = Workspace.init(tmp_path / "acme")
    spec = {"unit": "order", "labels": ["channel"]}
    workspace.resources.put("Metric", "orders", spec, author="test")
    yield serving(workspace)
    workspace.close()


def test_values_are_pushed_once_and_asked_for(client: TestClient) -> None:
    values = [
        {"date": "2026-10-01", "value": "1204", "labels": {"channel": "web"}},
        {"date": "2026-10-01", "value": 12.25, "labels": {"channel": "shop"}},
    ]
    body = {"values": values}
    first = client.post("/api/v1/metrics/orders/values", json=body)
    assert first.status_code == 200, first.text
    assert first.json()["delivery"]["new"] == 2
    again = client.post("/api/v1/metrics/orders/values", json=body)
    assert again.json() == {"outcome": "unchanged", "delivered": 2, "delivery": None}
    late = client.post(
        "/api/v1/metrics/orders/values",
        content="date,channel,value\n2026-10-01,web,1205\n2026-10-02,web,3\n",
        headers=CSV,
    )
    assert late.json()["delivery"]["changed"] == 1
    found = client.get("/api/v1/metrics/orders/values?by=channel&grain=month").json()
    assert found["values"] == [
        {"period": "2026-10-01", "days": 2, "days_known": 2, "labels": {"channel": "shop"},
         "value": "12.25"},
        {"period": "2026-10-01", "days": 2, "days_known": 2, "labels": {"channel": "web"},
         "value": "1208"},
    ]  # fmt: skip
    (change, _) = client.get("/api/v1/metrics/orders/deliveries/2").json()
    assert (change["before"], change["after"]) == ("1204", "1205")
    as_csv = client.get("/api/v1/metrics/orders/values?from=2026-10-02&to=2026-10-04&format=csv")
    assert as_csv.text.splitlines() == [
        "period,value,days,days_known", "2026-10-02,3,1,1", "2026-10-03,,1,0",
    ]  # fmt: skip
    metric = client.get("/api/v1/metrics/orders").json()
    assert (metric["first"], metric["last"], len(metric["history"])) == (
        "2026-10-01", "2026-10-02", 2,
    )  # fmt: skip
    assert [m["name"] for m in client.get("/api/v1/metrics").json()] == ["orders"]


def test_a_wrong_row_refuses_the_whole_and_is_named(client: TestClient) -> None:
    body = [{"date": "2026-10-01", "value": 1}, {"date": "2026-10-32", "value": "x"}]
    refused = client.post("/api/v1/metrics/orders/values", json=body)
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"] == "urn:outlay:problem:values"
    assert [(row["row"], row["field"]) for row in problem["rows"]] == [(2, "time"), (2, "value")]
    assert client.get("/api/v1/metrics/orders").json()["deliveries"] == 0
    bad = client.post("/api/v1/metrics/orders/values", content=b"{", headers={})
    assert bad.status_code == 422 and "no valid JSON" in bad.json()["detail"]
    bad = client.post("/api/v1/metrics/orders/values", content="date\n", headers=CSV)
    assert bad.status_code == 422 and "no column for the value" in bad.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/metrics/none", 404),
        ("/api/v1/metrics/none/values", 404),
        ("/api/v1/metrics/orders/values?by=customer", 400),
        ("/api/v1/metrics/orders/values?grain=fortnight", 400),
        ("/api/v1/metrics/orders/values?format=xml", 400),
        ("/api/v1/metrics/orders/values?as_of=123", 400),
        ("/api/v1/metrics/orders/values?from=2026-10-02&to=2026-10-01", 400),
        ("/api/v1/metrics/orders/deliveries/7", 404),
    ],
)
def test_what_there_is_not_is_told(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_pushed_metric_cannot_be_fetched(client: TestClient) -> None:
    answer = client.post("/api/v1/metrics/orders/sync")
    assert answer.status_code == 502
    assert "pushed, not fetched" in answer.json()["error"]
