"""The vocabulary over HTTP."""

from starlette.testclient import TestClient

RULES = {"rules": [{"service": "Nothing of ours", "category": "Web"}]}


def test_tables(client: TestClient) -> None:
    found = client.get("/api/v1/vocabulary", params={"search": "frankfurt"}).json()
    assert {row["name"] for row in found["regions"]} == {"Frankfurt"}
    assert {row["provider"] for row in found["regions"]} >= {"AWS", "Microsoft", "Google", "Oracle"}


def test_coverage_and_what_has_no_name(client: TestClient) -> None:
    found = client.get("/api/v1/vocabulary/coverage").json()
    assert found["coverage"]
    assert {row["about"] for row in found["coverage"]} >= {"service", "category", "subcategory"}
    assert all(isinstance(row["total"], str) for row in found["coverage"])
    assert client.get("/api/v1/vocabulary/unmapped").json() == found["unmapped"]


def test_names_of_ones_own(client: TestClient) -> None:
    assert client.put("/api/v1/vocabulary/rules/ours", json=RULES).json()["version"] == 1
    try:
        assert [r["name"] for r in client.get("/api/v1/vocabulary/rules").json()] == ["ours"]
        one = client.get("/api/v1/vocabulary/rules/ours").json()
        assert one["history"][0]["action"] == "create"
        assert client.get("/api/v1/vocabulary/coverage").json()["outdated"] != []
    finally:
        assert client.delete("/api/v1/vocabulary/rules/ours").status_code == 204
    assert client.get("/api/v1/vocabulary/coverage").json()["outdated"] == []
    assert client.get("/api/v1/vocabulary/rules/ours").status_code == 404


def test_a_wrong_rule_is_a_problem_with_a_hint(client: TestClient) -> None:
    wrong = {"rules": [{"service": "x", "category": "Databasez"}]}
    answer = client.put("/api/v1/vocabulary/rules/ours", json=wrong)
    assert answer.status_code == 400
    assert "did you mean 'Databases'" in answer.text
