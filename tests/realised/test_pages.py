"""The pages: the ledger, one recommendation, the part on its page; empty, narrowed, wrong."""

from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.realised import listing
from tests.realised.conftest import NUMBERS
from tests.web.conftest import serving
from tests.web.page import Node, parse

FALL = "838.25"


@pytest.fixture(scope="module")
def client(kept: Workspace) -> TestClient:
    return serving(kept)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    answer = client.get(path)
    assert answer.status_code == status, answer.text[:300]
    return parse(answer.text)


def test_the_ledger_shows_what_was_promised_and_realised(client: TestClient) -> None:
    found = page(client, "/realised")
    assert FALL in found.all("dl", **{"class": "figures"})[0].text
    ledger = found.one("table", id="ledger")
    rows = {row[0].split(" ")[0]: row for row in ledger.rows()}
    assert set(rows) == {"shop", "data"}
    assert rows["shop"][2] == "536.30"
    (total,) = ledger.rows("tfoot")
    assert total[2] == FALL
    bars = [bar for bar in found.all("rect") if bar.attrs["class"] in ("promised", "realised")]
    assert [bar.attrs["class"] for bar in bars] == ["promised", "realised"]
    assert FALL in bars[1].text


def test_a_row_leads_to_what_it_is_made_of(client: TestClient) -> None:
    ledger = page(client, "/realised").one("table", id="ledger")
    link = next(a for a in ledger.all("a") if a.text == "shop")
    narrowed = page(client, link.attrs["href"]).one("table", id="ledger")
    assert sum(Decimal(row[3]) for row in narrowed.rows()) == Decimal("536.30")
    assert [a.attrs["href"] for a in narrowed.all("a")][0].startswith("/realised/")


def test_one_recommendation_shows_its_days_prices_and_baseline(client: TestClient) -> None:
    found = page(client, f"/realised/{NUMBERS['i-1']}?prove=1")
    assert "74.40" in found.text
    assert "28 whole days from 1 September 2026 to 28 September 2026" in found.text
    assert "the same" in found.one("section", id="proof").text
    # The larger one that went, and the smaller one in its place.
    assert len(found.one("section", id="prices").rows()) == 2
    assert len(found.all("polyline")) == 2


def test_the_part_is_no_page_of_its_own(client: TestClient) -> None:
    answer = client.get(f"/realised/of/{NUMBERS['vol-1']}")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "310.00" in answer.text
    assert client.get("/realised/of/999").status_code == 404


def test_two_on_one_instance_say_so(client: TestClient) -> None:
    text = page(client, f"/realised/of/{NUMBERS['i-2 size']}").text
    assert f"charges in common with #{NUMBERS['i-2 hours']}" in text


def test_wrong_parameters_are_refused_and_told(client: TestClient) -> None:
    assert "no month" in page(client, "/realised?since=October", 400).one(cls="bad").text
    assert "no grouping" in page(client, "/realised?by=team", 400).one(cls="bad").text
    assert client.get("/realised/export?format=pdf").status_code == 400


def test_nothing_matches_is_not_nothing_yet(client: TestClient, tmp_path: Path) -> None:
    assert page(client, "/realised?owner=nobody-here").one(**{"data-state": "nothing"})
    workspace = Workspace.init(tmp_path / "empty")
    found = page(serving(workspace), "/realised")
    workspace.close()
    assert found.one(**{"data-state": "empty"})


def test_as_known_on_a_day_says_so(client: TestClient) -> None:
    assert "As known on 2026-10-01" in page(client, "/realised?known=2026-10-01").text


def test_a_successor_is_kept_or_refused_with_the_reason(own: Workspace) -> None:
    client = serving(own)
    number = NUMBERS["vol-1"]
    kept = client.post(
        f"/realised/{number}/successor", data={"where": "ResourceId = 'bucket'"},
        follow_redirects=False,
    )  # fmt: skip
    assert kept.status_code == 303
    assert listing.realised_of(own, number).successor == "ResourceId = 'bucket'"
    refused = client.post(f"/realised/{number}/successor", data={"where": "what?"})
    assert refused.status_code == 400
    assert "what?" in refused.text


def test_measuring_now_is_for_those_who_see_everything(own: Workspace) -> None:
    client = serving(own)
    done = client.post("/realised/measure", follow_redirects=False)
    assert done.status_code == 303
    assert done.headers["location"].startswith("/realised?measured=")


def test_files_are_offered_with_the_filters(client: TestClient) -> None:
    hrefs = [a.attrs.get("href", "") for a in page(client, "/realised?owner=data").all("a")]
    assert "/realised/export?format=xlsx&owner=data" in hrefs
    answer = client.get("/realised/export?format=csv&owner=data")
    assert answer.text.count("\n") == 5
