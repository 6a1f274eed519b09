"""Reports, channels and deliveries over HTTP."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.reports.conftest import bills, put_channel, put_report, workspace
from tests.web.company import SEPTEMBER_TOTAL
from tests.web.conftest import serving

__all__ = ["bills", "workspace"]


@pytest.fixture
def sending(workspace: Workspace) -> Workspace:
    """A company with one report."""
    put_channel(workspace, "outbox", type="file", folder="outbox")
    put_report(workspace, channels=["outbox"], formats=["csv"])
    return workspace


@pytest.fixture
def api(sending: Workspace) -> TestClient:
    client = serving(sending)
    client.base_url = client.base_url.join("/api/v1/")
    return client


def test_a_report_is_listed_previewed_sent_and_logged(api: TestClient) -> None:
    (listed,) = api.get("reports").json()
    assert (listed["name"], listed["last"], listed["owner"]) == ("services", None, "ana")
    assert api.get("reports/services").json()["spec"]["content"]["view"] == "services"
    assert SEPTEMBER_TOTAL in api.get("reports/services/preview").text
    assert "Effective cost" in api.get("reports/services/preview?format=text").text
    (sent,) = api.post("reports/services/send", json={}).json()
    assert sent["state"] == "sent"
    (logged,) = api.get("deliveries/log?report=services&states=sent").json()
    assert logged == sent
    assert api.get(f"deliveries/log/{sent['id']}").json() == sent
    assert api.get("reports").json()[0]["last"]["id"] == sent["id"]


def test_what_goes_wrong_is_a_problem(api: TestClient) -> None:
    for path, status in (
        ("reports/none", 404),
        ("reports/services/preview?format=xml", 409),
        ("reports/services/preview?format=csv&file=2", 400),
        ("deliveries/log/99", 409),
        ("deliveries/log?limit=0", 422),
    ):
        answer = api.get(path)
        assert (path, answer.status_code) == (path, status)
        assert answer.headers["content-type"] == "application/problem+json"
    assert api.post("reports/services/send", json={"to": "x"}).status_code == 400
    assert api.post("reports/services/send", json={"channels": ["x"]}).status_code == 409
    assert api.post("reports/services/test", json={}).status_code == 400


def test_channels_are_listed_and_tried(api: TestClient) -> None:
    (tried,) = api.post("channels/outbox/test").json()
    assert (tried["state"], tried["kind"]) == ("sent", "test")
    (channel,) = api.get("channels").json()
    assert (channel["target"], channel["failing"]) == ("outbox", False)
    assert channel["reports"] == ["services"]
    assert api.post("reports/run").json() == []


def test_a_delivery_that_was_sent_is_not_retried(api: TestClient) -> None:
    (sent,) = api.post("reports/services/send").json()
    answer = api.post(f"deliveries/log/{sent['id']}/retry")
    assert answer.status_code == 409
    assert "is sent" in answer.json()["detail"]
