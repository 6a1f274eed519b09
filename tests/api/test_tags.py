"""Virtual tags and dictionaries over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.query import CostQuery
from tests.web.company import Company, company
from tests.web.conftest import serving

TEAM = {
    "rules": [
        {"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}},
        {"when": "SubAccountId = '444444444444'", "value": "data"},
        {"when": "tags.team = 'data'", "value": "never"},
    ],
    "values": {"storefront": {"title": "Shop window", "parent": "commerce"}},
}


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Company]:
    found = company(tmp_path)
    yield found
    found.workspace.close()


@pytest.fixture
def client(acme: Company) -> TestClient:
    return serving(acme.workspace)


def test_preview_save_look(client: TestClient) -> None:
    assert client.get("/api/v1/tags").json() == []
    url = "/api/v1/tags/team"
    draft = client.post(f"{url}/preview", json={"spec": TEAM}, params={"range": "all"})
    assert draft.status_code == 200
    found = draft.json()
    assert [rule["state"] for rule in found["rules"]] == ["live", "dead", "shadowed"]
    assert found["rules"][2]["shadowed_by"][0]["number"] == 1
    assert found["effect"]["coverage_before"] is None
    assert client.get("/api/v1/tags").json() == []

    assert client.put("/api/v1/resources/VirtualTag/team", json=TEAM).status_code == 201
    (listed,) = client.get("/api/v1/tags").json()
    assert (listed["name"], listed["rules"]) == ("team", 3)
    assert listed["share"] == found["effect"]["coverage_after"]["share"]
    one = client.get(url, params={"spend": "true", "currency": "EUR"}).json()
    assert one["scope"]["currency"] == "EUR"
    assert set(one["spend"]["rules"][0]["first"]["money"]) == {"EUR"}
    assert one["history"][0]["version"] == 1
    assert "spend" not in client.get(url).json()

    values = {v["value"]: v for v in client.get(f"{url}/values").json()}
    assert values["storefront"]["title"] == "Shop window"
    assert values["storefront"]["parent"] == "commerce"


def test_coverage_and_suggestions_of_saved_and_unsaved_rules(client: TestClient) -> None:
    client.put("/api/v1/resources/VirtualTag/team", json={"rules": []})
    url = "/api/v1/tags/team"
    none = client.get(f"{url}/coverage").json()
    some = client.post(f"{url}/coverage", json={"spec": TEAM}).json()
    assert Decimal(none["allocated"]["USD"]) == 0
    assert Decimal(some["allocated"]["USD"]) > 0
    assert some["total"] == none["total"]
    assert {gap["kind"] for gap in none["gaps"]} >= {"account", "service", "tag"}
    (first, *_) = client.get(f"{url}/suggestions").json()
    assert first["kind"] == "similar-key"
    assert first["rule"] == {"value": {"from": "tags.team"}}
    unsaved = client.post(f"{url}/suggestions", json={"spec": TEAM}).json()
    assert all(one["kind"] != "similar-key" for one in unsaved)


def test_a_preview_with_what_is_saved_beside_it(client: TestClient) -> None:
    spec = {"rules": [{"value": {"from": "SubAccountId", "transform": [{"lookup": "owners"}]}}]}
    url = "/api/v1/tags/owner/preview"
    refused = client.post(url, json={"spec": spec})
    assert refused.status_code == 400
    assert "there is no dictionary 'owners'" in refused.json()["detail"]
    owners = {"kind": "Dictionary", "name": "owners", "spec": {"entries": {"222222222222": "ana"}}}
    found = client.post(url, json={"spec": spec, "also": [owners]}).json()
    assert {v["value"] for v in found["effect"]["values"]} == {"ana", "Unallocated"}


def test_what_goes_wrong_says_where(client: TestClient) -> None:
    spec = {"rules": [{"when": "ServiceNam = 'x'", "value": "a"}]}
    bad = client.post("/api/v1/tags/team/preview", json={"spec": spec})
    assert bad.status_code == 400
    assert "Did you mean ServiceName" in bad.json()["detail"]
    wrong = client.post("/api/v1/tags/team/preview", json={"spec": TEAM}, params={"wher": "x"})
    assert wrong.status_code == 400
    assert client.post("/api/v1/tags/team/preview", json={}).status_code == 422
    assert client.get("/api/v1/tags/taem").status_code == 404
    assert client.get("/api/v1/tags/taem/coverage").status_code == 400


def test_dictionaries(client: TestClient) -> None:
    client.put("/api/v1/resources/Dictionary/owners", json={"entries": {"a": "b", "c": "d"}})
    (listed,) = client.get("/api/v1/dictionaries").json()
    assert (listed["name"], listed["entries"], listed["used_by"]) == ("owners", 2, [])
    one = client.get("/api/v1/dictionaries/owners").json()
    assert [entry["value"] for entry in one["spec"]["entries"]] == ["b", "d"]
    assert one["history"][0]["action"] == "create"


def test_rules_as_of_a_moment(acme: Company, client: TestClient) -> None:
    """A report pins the rules of a moment; a version that came later does not change it, and one
    that is restored is a version of its own."""
    workspace = acme.workspace
    workspace.put_resource("VirtualTag", "team", TEAM, author="ana")
    first = datetime.now(UTC).replace(tzinfo=None)
    renamed = {"rules": [{"when": "tags.team IS NOT NULL", "value": "somebody"}]}
    workspace.put_resource("VirtualTag", "team", renamed, author="bo")
    second = datetime.now(UTC).replace(tzinfo=None)

    def teams(at: datetime | None) -> set[str]:
        text = None if at is None else at.isoformat() + "Z"
        result = workspace.query(CostQuery(by=("team",), rules_as_of=text))
        return {str(row["team"]) for row in result.rows()}

    old, new = {"storefront", "data", "Unallocated"}, {"somebody", "Unallocated"}
    assert (teams(first), teams(second), teams(None)) == (old, new, new)
    workspace.restore_resource("VirtualTag", "team", 1, author="cy")
    assert (teams(first), teams(second), teams(None)) == (old, new, old)
    before = first - timedelta(days=1)
    with pytest.raises(Exception, match="no virtual tag 'team'"):
        teams(before)
    # The same over HTTP, and in coverage and values.
    params = {"rules_as_of": second.isoformat() + "Z"}
    values = client.get("/api/v1/tags/team/values", params=params).json()
    assert {v["value"] for v in values} == new
    covered = client.get("/api/v1/tags/team/coverage", params=params).json()
    assert {v["value"] for v in covered["values"]} == new
