"""What is configured, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.access import who
from outlay.app import Workspace
from tests.web.company import company
from tests.web.conftest import serving

TEAM = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
URL = "/api/v1/resources/VirtualTag/team"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.init(tmp_path / "acme")
    yield opened
    opened.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def test_the_kinds_have_a_schema_and_an_example(client: TestClient) -> None:
    kinds = {kind["kind"]: kind for kind in client.get("/api/v1/resources").json()}
    assert kinds["VirtualTag"]["schema"]["properties"]["rules"]["type"] == "array"
    assert kinds["Source"]["count"] == 0
    assert kinds["Split"]["example"].startswith("kind: Split\n")


def test_a_resource_is_made_changed_restored_and_removed(client: TestClient) -> None:
    made = client.put(URL, json=TEAM, params={"note": "first"}, headers={"If-Match": '"0"'})
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    changed = client.put(URL, json={"default": "Nobody"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    lost = client.put(URL, json=TEAM, headers={"If-Match": '"1"'})
    assert (lost.status_code, lost.json()["type"]) == (409, "urn:outlay:problem:conflict")
    assert client.get("/api/v1/resources/virtual-tags").json()[0]["spec"]["default"] == "Nobody"
    assert client.get(f"{URL}/versions/1").json()["note"] == "first"
    history = client.get(f"{URL}/history").json()
    assert [(c["version"], c["action"], c["author"]) for c in history] == [
        (1, "create", who()),
        (2, "update", who()),
    ]
    back = client.post(f"{URL}/restore", json={"version": 1})
    assert (back.json()["version"], back.json()["note"]) == (3, "restored version 1")
    assert client.delete(URL, headers={"If-Match": '"2"'}).status_code == 409
    assert client.delete(URL).status_code == 204
    gone = client.get(URL)
    assert (gone.status_code, gone.json()["type"]) == (404, "urn:outlay:problem:not-found")
    assert client.post(f"{URL}/restore", json={"version": 3}).json()["version"] == 5


def test_what_is_wrong_is_a_problem_that_says_where(client: TestClient) -> None:
    bad = client.put(URL, json={"rules": [{"when": "BilledCost > 5", "value": "x"}]})
    assert bad.status_code == 400
    assert "BilledCost" in bad.json()["detail"]
    unknown = client.put("/api/v1/resources/Nothing/x", json={})
    assert (unknown.status_code, "there is no kind" in unknown.json()["detail"]) == (400, True)
    assert client.put(URL, json=TEAM, headers={"If-Match": "abc"}).status_code == 400
    client.put(URL, json=TEAM)
    view = {"query": {"by": ["team"]}}
    assert client.put("/api/v1/resources/View/teams", json=view).status_code == 201
    used = client.delete(URL)
    assert (used.status_code, used.json()["type"]) == (409, "urn:outlay:problem:in-use")
    assert "the view 'teams' needs it" in used.json()["detail"]


def test_plan_and_apply(tmp_path: Path) -> None:
    acme = company(tmp_path)
    client = serving(acme.workspace)
    try:
        body = {"documents": [{"kind": "VirtualTag", "name": "team", "spec": TEAM}]}
        plan = client.post("/api/v1/plan", json=body).json()
        assert plan["counts"] == {"create": 1, "change": 0, "delete": 0, "unchanged": 0}
        assert plan["versions"] == {"VirtualTag/team": 0}
        covered = plan["effects"]["tags"][0]["coverage_after"]
        asked = client.get("/api/v1/query", params={"by": "tags.team"}).json()
        assert covered["total"] == {"USD": asked["total"]["EffectiveCost"]}
        assert client.get("/api/v1/resources/VirtualTag").json() == []

        other = client.post("/api/v1/apply", json=body | {"versions": {"VirtualTag/team": 4}})
        assert other.status_code == 409
        done = client.post("/api/v1/apply", json=body | {"versions": plan["versions"], "note": "n"})
        assert [(w["name"], w["version"], w["note"]) for w in done.json()["written"]] == [
            ("team", 1, "n")
        ]
        by_team = client.get("/api/v1/query", params={"by": "team"}).json()
        assert by_team["total"] == asked["total"]
        pruned = client.post("/api/v1/apply", json={"yaml": "", "prune_kinds": ["VirtualTag"]})
        assert pruned.json()["counts"]["delete"] == 1
        both = client.post("/api/v1/plan", json=body | {"yaml": "kind: View"})
        assert both.status_code == 400
    finally:
        acme.workspace.close()
