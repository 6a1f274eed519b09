"""Exchange rates over the API."""

from starlette.testclient import TestClient


def test_what_amounts_can_be_converted_by(client: TestClient) -> None:
    (bank,) = client.get("/api/v1/rates").json()
    assert bank["name"] == "ecb" and bank["default"]


def test_the_rate_of_a_day_and_of_days(client: TestClient) -> None:
    found = client.get("/api/v1/rates/EUR/USD", params={"from": "2020-03-13", "to": "2020-03-15"})
    assert [(row["day"], row["rate"], row["rate_of"]) for row in found.json()] == [
        ("2020-03-13", "1.110400000", "2020-03-13"),
        ("2020-03-14", "1.110400000", "2020-03-13"),
    ]
    none = client.get("/api/v1/rates/ALL/USD", params={"from": "2020-03-13"}).json()
    assert none == [{"day": "2020-03-13", "rate": None, "rate_of": None, "publisher": None}]


def test_an_unknown_table_is_a_problem(client: TestClient) -> None:
    answer = client.get("/api/v1/query", params={"currency": "EUR", "rates": "finance"})
    assert answer.status_code in (400, 404)
    assert "no exchange rates 'finance'" in answer.json()["detail"]
