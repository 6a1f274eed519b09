"""Forms, pages, tags of answers and origins: the same for every operation that has them."""

import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from outlay.api.formats import ARROW, accepted
from outlay.app import Workspace
from outlay.money import total
from outlay.query import CostQuery
from tests.web.company import SEPTEMBER_TOTAL, Company
from tests.web.conftest import serving

V1 = "/api/v1"
ASKED = f"{V1}/query?by=ServiceName&from=2026-09-01&to=2026-10-01"


def test_one_answer_in_every_form(client: TestClient) -> None:
    arrow = pa.ipc.open_stream(client.get(ASKED, headers={"Accept": ARROW}).content).read_all()
    parquet = pq.read_table(io.BytesIO(client.get(f"{ASKED}&format=parquet").content))
    assert arrow.equals(parquet)
    assert total(arrow.column("EffectiveCost").to_pylist()) == Decimal(SEPTEMBER_TOTAL)
    lines = client.get(ASKED, headers={"Accept": "text/csv"}).text.splitlines()
    assert lines[0].startswith("ServiceName,EffectiveCost,") and len(lines) == arrow.num_rows + 1
    refused = client.get(f"{ASKED}&format=xml")
    assert (refused.status_code, refused.json()["allowed"]) == (
        400,
        ["json", "csv", "arrow", "parquet"],
    )


@pytest.mark.parametrize("path", ["/charges", "/deliveries", "/usage"])
def test_bulk_answers_are_tables_too(client: TestClient, path: str) -> None:
    found = client.get(f"{V1}{path}?format=arrow")
    assert found.headers["content-type"] == ARROW
    pa.ipc.open_stream(found.content).read_all().validate(full=True)


def test_the_highest_weight_wins() -> None:
    assert accepted("") == accepted("*/*") == accepted("text/html") == "json"
    assert accepted("text/csv;q=0.5, application/vnd.apache.arrow.stream") == "arrow"
    assert accepted("application/json, text/csv;q=0.9") == "json"
    assert accepted("text/csv;q=x") == "json"


def test_pages_are_everything_once_whatever_comes_in(client: TestClient) -> None:
    whole = client.get(f"{V1}/deliveries").json()
    first = client.get(f"{V1}/deliveries?rows=1")
    second = client.get(first.links["next"]["url"])
    assert first.json() + second.json() == whole[:2]
    wrong = client.get(f"{V1}/deliveries?cursor=nothing")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "cursor")
    assert client.get(f"{V1}/deliveries?rows=0").status_code == 422


def test_pages_of_charges_are_of_one_snapshot(client: TestClient) -> None:
    page = client.get(f"{V1}/charges?rows=3&from=2026-09-01&to=2026-10-01").json()
    following = client.get(page["next"]).json()
    assert following["snapshot"] == page["snapshot"] and following["offset"] == 3
    assert len(page["charges"]) + len(following["charges"]) == page["lines"]
    assert following["next"] is None


def test_an_answer_that_did_not_change_is_not_worked_out(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = client.get(ASKED).headers["etag"]
    assert tag.startswith('"')

    def never(*_: object, **__: object) -> None:
        raise AssertionError("it was worked out")

    monkeypatch.setattr(Workspace, "query", never)
    again = client.get(ASKED, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)


def test_the_tag_is_of_form_question_and_configuration(client: TestClient, acme: Company) -> None:
    def tag(path: str = ASKED, **headers: str) -> str:
        return client.get(path, headers=headers).headers["etag"]

    first = tag()
    assert first == tag()
    assert len({first, tag(f"{ASKED}&limit=1"), tag(Accept="text/csv")}) == 3
    acme.workspace.save_view("tagged", CostQuery())
    assert tag() != first


def test_the_tag_is_of_the_reader(client: TestClient, acme: Company) -> None:
    from fastapi import Request

    from outlay.access import Level, Principal, acting
    from outlay.api.conditional import _tag

    request = Request({"type": "http", "method": "GET", "path": "/x", "query_string": b"",
                       "headers": [], "server": ("x", 80), "scheme": "http"})  # fmt: skip
    tags = set()
    for scope in ("", "SubAccountName = 'Shop'"):
        with acting(Principal("ana", Level.VIEWER, scope=scope)):
            tags.add(_tag(request, "1"))
    assert len(tags) == 2


def test_what_counts_from_now_has_no_tag(client: TestClient) -> None:
    for path in ("/sources", "/runs", "/health"):
        assert "etag" not in client.get(f"{V1}{path}").headers


def test_other_origins_read_nothing_unless_they_are_named(
    client: TestClient, tmp_path: Path
) -> None:
    portal = {"Origin": "https://portal.example.com"}
    assert "access-control-allow-origin" not in client.get(ASKED, headers=portal).headers
    (tmp_path / "outlay.yaml").write_text(
        "name: acme\napi: {origins: ['https://portal.example.com']}\n"
    )
    workspace = Workspace.open(tmp_path)
    named = serving(workspace)
    found = named.get(f"{V1}/kinds", headers=portal).headers
    assert found["access-control-allow-origin"] == "https://portal.example.com"
    other = named.get(f"{V1}/kinds", headers={"Origin": "https://evil.example.com"}).headers
    assert "access-control-allow-origin" not in other
    workspace.close()
