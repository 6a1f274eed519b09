"""The API: exact money as text, one error body, the same answer in every format."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from outlay.api.problems import MEDIA_TYPE, Problem
from outlay.money import total
from tests.web.company import (
    SEPTEMBER_TOTAL,
    SEPTEMBER_TOTAL_AT_FIRST,
    Company,
)

V1 = "/api/v1"
SEPTEMBER = "from=2026-09-01&to=2026-10-01"
BY_SERVICE = f"by=ServiceName&{SEPTEMBER}"


def asked(client: TestClient, path: str, status: int = 200) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == status, response.text
    return response.json()


def problem(client: TestClient, path: str, status: int) -> Any:
    response = client.get(V1 + path)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    Problem.model_validate(response.json())
    return response.json()


def test_a_question_is_answered_with_every_digit_as_text(client: TestClient) -> None:
    answer = asked(client, f"/query?{BY_SERVICE}")
    assert {row["ServiceName"]: row["EffectiveCost"] for row in answer["rows"]} == {
        "Amazon Elastic Compute Cloud": "97.444",
        "Amazon Simple Storage Service": "30.333333333333333333333",
        "<b>Odd</b> & 'quoted'": "7.70",
    }
    assert answer["total"]["EffectiveCost"] == SEPTEMBER_TOTAL
    assert (answer["currency"], answer["unconverted"], answer["warnings"]) == ("USD", [], [])
    assert answer["query"] == {
        "measures": ["EffectiveCost"],
        "by": ["ServiceName"],
        "from": "2026-09-01",
        "to": "2026-10-01",
    }


def test_get_and_post_and_python_agree(client: TestClient, acme: Company) -> None:
    from outlay.query.codec import from_json

    question = {"by": ["ServiceName"], "from": "2026-09-01", "to": "2026-10-01", "limit": 1}
    posted = client.post(f"{V1}/query", json=question).json()
    assert posted == asked(client, f"/query?{BY_SERVICE}&limit=1")
    assert posted == json.loads(json.dumps(acme.workspace.query(from_json(question)).to_json()))
    assert len(posted["rows"]) == 1 and len(posted["other"]) == 1


def test_csv_and_parquet_hold_every_row_beyond_the_limit(client: TestClient) -> None:
    response = client.get(f"{V1}/query.csv?{BY_SERVICE}&limit=1")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert total(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)
    response = client.get(f"{V1}/query.parquet?{BY_SERVICE}&limit=1")
    table = pq.read_table(io.BytesIO(response.content))
    assert total(table["EffectiveCost"].to_pylist()) == Decimal(SEPTEMBER_TOTAL)
    assert table.num_rows == len(rows) == 3


def test_as_of_answers_with_what_was_known_then(client: TestClient, acme: Company) -> None:
    answer = asked(client, f"/query?{SEPTEMBER}&as_of={acme.before}")
    assert answer["total"]["EffectiveCost"] == SEPTEMBER_TOTAL_AT_FIRST


def test_an_expression_error_has_its_position(client: TestClient) -> None:
    body = problem(client, "/query?where=ServiceName = 'x' AND Servic = 'y'", 400)
    assert body["field"] == "where"
    assert body["text"][body["position"] : body["position"] + body["length"]] == "Servic"
    assert body["near"][0] == "ServiceName"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/query?by=Nothing", 400, "'Nothing' is not a dimension"),
        ("/query?bye=ServiceName", 400, "'bye' is not a parameter"),
        ("/query?range=soon", 400, "'soon' is not a range"),
        ("/query?limit=many", 400, "'many' is not a number of rows"),
        ("/query?as_of=1", 404, "no snapshot 1"),
        ("/query?as_of=2001-01-01", 404, "did not exist"),
        ("/values?dimension=tags.nothing", 400, "tags.nothing"),
        ("/values", 422, "dimension"),
        ("/sources/nobody", 404, "nobody"),
        ("/deliveries/acme/2026-13", 400, "2026-13"),
        ("/deliveries/acme/2020-01", 404, "2026-08, 2026-09"),
        ("/deliveries/acme/2026-09/records/0/999", 404, "record 999"),
        ("/restatements?from=never", 400, "'never' is not a moment"),
        ("/views/none", 404, "none"),
        ("/charges?rows=-1", 422, "rows"),
        ("/no/such/thing", 404, "There is no GET /no/such/thing"),
    ],
)
def test_every_failure_has_the_one_body(
    client: TestClient, path: str, status: int, says: str
) -> None:
    assert says in problem(client, path, status)["detail"]


def test_a_failure_inside_is_a_problem_without_a_trace(acme: Company, monkeypatch: Any) -> None:
    from tests.web.conftest import serving

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(acme.workspace, "query", broken)
    body = problem(serving(acme.workspace), "/query", 500)
    assert body["detail"] == "RuntimeError: disk full"


def test_charges_come_with_the_file_and_record_they_are_from(client: TestClient) -> None:
    page = asked(
        client, f"/charges?{SEPTEMBER}&where=ServiceName = 'Amazon Simple Storage Service'"
    )
    assert (page["lines"], page["amounts"]) == (1, {"USD": "30.333333333333333333333"})
    charge = page["charges"][0]
    assert (charge["source"], charge["billing_period"], charge["line"]) == ("acme", "2026-09", 5)
    assert charge["file"].endswith("acme.csv")
    assert charge["charge"]["Tags"] == {"team": "data"}
    place = f"/deliveries/acme/2026-09/records/{charge['file_index']}/{charge['line']}"
    record = asked(client, place)
    assert record["record"]["EffectiveCost"] == "30.333333333333333333333"
    assert record["charges"][0]["charge"]["ServiceName"] == "Amazon Simple Storage Service"


def test_charges_can_be_paged_and_taken_as_files(client: TestClient) -> None:
    first = asked(client, f"/charges?{SEPTEMBER}&rows=2")
    rest = asked(client, f"/charges?{SEPTEMBER}&rows=10&offset=2")
    lines = [charge["line"] for page in (first, rest) for charge in page["charges"]]
    assert sorted(lines) == [3, 4, 5, 6, 7, 8]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{V1}/charges.csv?{SEPTEMBER}").text)))
    assert total(Decimal(row["EffectiveCost"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)
    data = client.get(f"{V1}/charges.parquet?{SEPTEMBER}").content
    assert pq.read_table(io.BytesIO(data)).num_rows == 6


def test_pickers_have_money(client: TestClient) -> None:
    values = asked(client, f"/values?dimension=tags.team&{SEPTEMBER}")
    assert values == [
        {"value": "storefront", "amounts": {"USD": "110.10"}, "lines": 1},
        {"value": "data", "amounts": {"USD": "30.333333333333333333333"}, "lines": 1},
        {"value": None, "amounts": {"USD": "-4.956"}, "lines": 4},
    ]
    team = next(d for d in asked(client, f"/dimensions?{SEPTEMBER}") if d["name"] == "tags.team")
    assert team["covered"] == {"USD": "140.433333333333333333333"}
    assert team["total"] == {"USD": SEPTEMBER_TOTAL}


def test_the_ledger_is_told_with_its_proof(client: TestClient, acme: Company) -> None:
    (source,) = asked(client, "/sources")
    assert (source["name"], source["rows"], source["reconciled"]) == ("acme", 8, True)
    september = asked(client, "/deliveries?source=acme")[1]
    assert september["stated"]["EffectiveCost"] == {"USD": SEPTEMBER_TOTAL}
    assert september["loaded"] == september["stated"]
    detail = asked(client, "/deliveries/acme/2026-09")
    assert [version["cause"] for version in detail["history"]] == ["first", "restated"]
    assert str(acme.before) in [item["snapshot"] for item in asked(client, "/snapshots")]
    assert asked(client, f"/quarantine/{september['delivery']}") == []


def test_a_restatement_is_told_by_slice_and_dimension(client: TestClient, acme: Company) -> None:
    report = asked(client, f"/restatements?from={acme.before}&by=ServiceName")
    changed = next(s for s in report["slices"] if s["billing_period"] == "2026-09")
    effective = next(m for m in changed["measures"] if m["measure"] == "EffectiveCost")
    assert effective["change"] == "8.033333333333333333333"
    services = {row["ServiceName"] for row in report["rows"]}
    assert services == {"Amazon Simple Storage Service", "<b>Odd</b> & 'quoted'"}


def test_sql_is_read_only_and_exact(client: TestClient) -> None:
    text = "SELECT sum(EffectiveCost) AS cost FROM charges WHERE x_BillingPeriod = '2026-09-01'"
    answer = client.post(f"{V1}/sql", json={"sql": text}).json()
    assert answer["rows"] == [{"cost": SEPTEMBER_TOTAL}]
    for bad in ("DROP TABLE charges", "SELECT * FROM read_csv('/etc/passwd')", "", "SELEC 1"):
        response = client.post(f"{V1}/sql", json={"sql": bad})
        assert response.status_code == 400, bad
        assert response.json()["field"] == "sql"


def test_views_are_made_read_changed_and_deleted(client: TestClient) -> None:
    path = f"{V1}/views/by-team"
    view = {"title": "By team", "query": {"by": ["tags.team"], "range": "last-month"}}
    made = client.put(path, json=view).json()
    assert (made["version"], made["params"]) == (1, {"by": "tags.team", "range": "last-month"})
    changed = client.put(path, json=view | {"title": "Teams"}).json()
    assert (changed["version"], changed["spec"]["title"]) == (2, "Teams")
    assert len(client.get(path).json()["history"]) == 2
    assert "by-team" in [item["name"] for item in client.get(f"{V1}/views").json()]
    wrong = client.put(path, json={"query": {"by": ["Nothing"]}})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "by")
    assert client.put(path, json={"title": "x", "sql": "y"}).status_code == 400
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_health_is_quick_and_can_be_deep(client: TestClient) -> None:
    assert asked(client, "/health")["status"] == "ok"
    deep = asked(client, "/health?deep=true")
    assert deep["status"] == "ok" and len(deep["checks"]) > 3


def test_the_documentation_is_valid_and_every_route_is_described(client: TestClient) -> None:
    document = asked(client, "/openapi.json")
    validate(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["description"], (method, path)
            refused = operation["responses"]["400"]["$ref"].rpartition("/")[2]
            content = document["components"]["responses"][refused]["content"]
            assert MEDIA_TYPE in content, (method, path)
    parameters = {p["name"] for p in document["paths"][f"{V1}/query"]["get"]["parameters"]}
    from outlay.query.codec import URL_KEYS

    assert parameters == {*URL_KEYS, "format"}
