"""Charges, sources, restatements and views: rows, links, totals."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.web.company import (
    AUGUST_TOTAL,
    SEPTEMBER,
    SEPTEMBER_SHOWN,
    SEPTEMBER_TOTAL,
    Company,
    csv_text,
)
from tests.web.conftest import Get, serving
from tests.web.page import Node, parse


def facts(node: Node) -> dict[str, str]:
    """Terms and their descriptions."""
    return {
        term.text: description.text
        for term, description in zip(node.all("dt"), node.all("dd"), strict=True)
    }


def test_charges_are_listed_largest_first_with_their_total(get: Get) -> None:
    table = get("/charges?from=2026-09-01&to=2026-10-01").one("table", id="charges")
    shown = [row[-1] for row in table.rows()]
    assert shown == ["110.10 USD", "30.33 USD", "12.34 USD", "7.70 USD", "<0.01 USD", "-25.00 USD"]
    assert table.one("td", data_sum="*").text == f"{SEPTEMBER_SHOWN} USD"
    assert "Total of 6 charges" in table.one("tfoot").text


def test_a_charge_shows_its_columns_and_the_vendors_record(get: Get) -> None:
    where = quote(
        "ServiceName = 'Amazon Simple Storage Service' AND x_BillingPeriod = '2026-09-01'"
    )
    link = get(f"/charges?where={where}").one("table", id="charges").one("tbody").all("a")[0]
    page = get(link.attrs["href"])
    assert link.attrs["href"] == "/charges/acme/2026-09/0/5"
    assert "acme.csv" in page.one("section", id="origin").text
    assert "Record 5" in page.one("section", id="origin").text
    record = facts(page.one("section", id="raw"))
    assert record["EffectiveCost"] == "30.333333333333333333333"
    assert record["Tags"] == '{"team":"data"}'
    assert "30.333333333333333333333" in page.one("section", aria_label="Costs").text
    columns = facts(page.all("div", cls="grid-2")[0].all("section")[0])
    assert columns["ServiceName"] == "Amazon Simple Storage Service"
    assert columns["Tags"] == "team data"
    assert "ProviderName" in record and "ServiceProviderName" in columns


def test_a_charge_that_is_not_there_is_a_page_that_says_so(client: TestClient) -> None:
    for path in (
        "/charges/acme/2026-09/0/999",
        "/charges/acme/1999-01/0/1",
        "/charges/x/2026-09/0/1",
    ):
        response = client.get(path)
        assert response.status_code == 404, path
        assert parse(response.text).one("div", data_state="failed")


def test_charges_that_do_not_match_offer_the_way_out(get: Get) -> None:
    state = get("/charges?where=" + quote("ServiceName = 'x'")).one("div", data_state="nothing")
    assert state.one("a").attrs["href"] == "/charges"


def test_the_sources_page_says_that_all_is_proven(get: Get) -> None:
    page = get("/sources")
    assert facts(page.one("section", aria_label="All sources")) == {
        "Sources": "1",
        "Slices (source and month)": "2",
        "Charges": "8",
        "Reconciled": "2 of 2 all proven",
        "Rows rejected": "0",
    }
    squares = page.one("table", cls="calendar").all("a", cls="square")
    assert [square.attrs["href"] for square in squares] == [
        "/sources/acme/2026-08",
        "/sources/acme/2026-09",
    ]


def test_a_source_lists_its_deliveries_and_runs(get: Get) -> None:
    page = get("/sources/acme")
    deliveries, runs = page.all("table")
    assert [row[:3] for row in deliveries.rows()] == [
        ["2026-09", "6", f"{SEPTEMBER_SHOWN} USD"],
        ["2026-08", "2", f"{AUGUST_TOTAL} USD"],
    ]
    assert [row[1:3] for row in runs.rows()] == [["load", "loaded"], ["load", "loaded"]]


def test_a_slice_is_proven_by_rows_and_by_every_cost_column(get: Get) -> None:
    page = get("/sources/acme/2026-09")
    proof = page.one("table", id="proof").rows()
    assert [row[0] for row in proof] == [
        "BilledCost",
        "EffectiveCost",
        "ListCost",
        "ContractedCost",
    ]
    for row in proof:
        assert row[1:] == ["USD", SEPTEMBER_TOTAL, SEPTEMBER_TOTAL, "0.00", "0.00"]
    assert page.one("section", id="files").one("table").rows()[0][0].endswith("acme.csv")
    history = page.one("section", id="history").one("table").rows()
    assert [(row[1], row[2], row[3]) for row in history] == [
        ("restated", "6", "135.48 USD"),
        ("first", "5", "127.44 USD"),
    ]


def test_what_changed_is_told_by_slice_and_service(get: Get, acme: Company) -> None:
    history = get("/sources/acme/2026-09").one("section", id="history")
    page = get(history.one("a").attrs["href"])
    slices = {row[1]: row for row in page.one("table", id="slices").rows()}
    assert slices["2026-09"][2:5] == ["restated", "5", "6"]
    assert slices["2026-09"][5] == "▲ +8.03 USD"
    by = page.one("table", id="by").rows()
    assert by[0] == ["<b>Odd</b> & 'quoted'", "Billed cost USD", "0.00", "7.70", "▲ +7.70"]
    assert by[2][0] == "Amazon Simple Storage Service"
    assert by[2][4] == "▲ +0.33"


def test_nothing_changed_between_a_moment_and_itself(get: Get, acme: Company) -> None:
    page = get(f"/restatements?from={acme.before}&to={acme.before}")
    assert page.one("div", data_state="nothing")


def test_restatements_begin_with_the_last_one(get: Get) -> None:
    page = get("/restatements")
    assert "2026-09" in page.one("table", id="slices").text
    assert len(page.one("table", id="history").rows()) == 2


def test_an_empty_workspace_has_its_pages(empty: TestClient) -> None:
    for path in ("/sources", "/restatements", "/views"):
        response = empty.get(path)
        assert response.status_code == 200
        assert parse(response.text).one("div", data_state="empty")
    assert parse(empty.get("/help").text).one("h1").text == "Keyboard and help"


def test_an_unknown_page_is_a_page(client: TestClient) -> None:
    response = client.get("/no-such-page")
    assert response.status_code == 404
    assert "/no-such-page" in parse(response.text).one("div", data_state="failed").text
    assert client.get("/sources/nobody").status_code == 404


def test_a_view_keeps_its_question_and_relative_range(client: TestClient) -> None:
    state = quote("by=tags.team&range=last-month&where=tags.team IS NOT NULL")
    response = client.post(
        "/views",
        content=f"state={state}&title=Team: Überblick",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    (row,) = parse(response.text).one("tbody").all("tr")
    assert [cell for cell in parse(response.text).rows()[0]][:4] == [
        "Team: Überblick team-uberblick",
        "Effective cost by team",
        "Last month",
        "team is present",
    ]
    opened = client.get("/views/team-uberblick", follow_redirects=False)
    assert opened.headers["location"] == row.all("a")[0].attrs["href"]
    assert "range=last-month" in opened.headers["location"]
    client.post("/views/team-uberblick/delete")
    assert parse(client.get("/views").text).all("tbody") == []


@pytest.fixture
def refused(tmp_path: Path) -> Iterator[Workspace]:
    """September's bill with a row whose cost is text: the delivery is held back."""
    workspace = Workspace.init(tmp_path / "w", name="Refused")
    bad = dict(SEPTEMBER[0]) | {"EffectiveCost": "a lot"}
    path = tmp_path / "acme.csv"
    path.write_text(csv_text([*SEPTEMBER, bad]), encoding="utf-8")
    workspace.load([str(path)], source="acme")
    yield workspace
    workspace.close()


def test_a_held_delivery_is_shown_with_reason_and_quarantine(refused: Workspace) -> None:
    client = serving(refused)
    page = parse(client.get("/sources/acme").text)
    assert "held" in page.all("div", role="alert")[-1].text
    link = next(a for a in page.all("a") if "/held/" in a.attrs["href"])
    held = parse(client.get(link.attrs["href"]).text)
    (row,) = held.one("section", id="quarantine").one("table").rows()
    assert row[0].endswith("acme.csv") and row[1] == "7"
    assert "EffectiveCost" in row[2] or "number" in row[2]
    assert "a lot" in row[3]
    assert parse(client.get("/sources").text).one("tbody").all("span", cls="bad")
