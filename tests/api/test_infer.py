"""A proposal over the API is the same as on the command line."""

from pathlib import Path

from fastapi.testclient import TestClient

TABLE = "Day,Service,Amount,Currency\n2026-10-05,CDN,1.50,USD\n2026-10-06,DNS,0.25,USD\n"


def test_a_table_is_proposed_and_tried(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "acme.csv"
    path.write_text(TABLE)
    answer = client.post("/api/v1/sources/infer", json={"location": str(path)})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["feeds"] == [] and found["missing"] == []
    assert found["mapping"]["columns"]["BilledCost"] == {"column": "Amount"}
    assert found["trial"]["totals"] == {"USD": "1.75"}
    assert [row["ServiceName"] for row in found["trial"]["samples"]] == ["CDN", "DNS"]
    mapping = found["mapping"] | {"vendor": "Other"}
    body = {"location": str(path), "mapping": mapping}
    assert client.post("/api/v1/sources/infer", json=body).json()["trial"]["charges"] == 2


def test_a_mapping_that_is_wrong_is_a_problem(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "acme.csv"
    path.write_text(TABLE)
    body = {"location": str(path), "mapping": {"vendor": "A", "columns": {}}}
    answer = client.post("/api/v1/sources/infer", json=body)
    assert answer.status_code in (400, 404)
    assert "BilledCost is missing" in answer.json()["detail"]
