"""Platforms, coverage, why and replay: pages, addresses, API beside them, states."""

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.money import total
from tests.app.ruled import FIRST, SEPTEMBER, ruled
from tests.sources.snowflake import exports
from tests.web.conftest import serving
from tests.web.page import Node, parse

PAGES = ("/platforms", "/coverage", "/why", "/replay")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("allocated")
    workspace = ruled(folder)
    views = {
        "usage_in_currency_daily": [exports.bill("10.00", "4")],
        "warehouse_metering_history": [exports.hour("4", "2")],
        "query_attribution_history": [
            exports.query(1, "1.5", "ANA"), exports.query(2, "0.5", "<b>BO</b>"),
        ],
    }  # fmt: skip
    (done,) = workspace.load([str(exports.write(folder / "snow", views))], source="snow")
    assert done.outcome == "loaded"
    yield serving(workspace)
    workspace.close()


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def texts(node: Node, id: str) -> list[list[str]]:
    return node.one(id=id).one("table").rows()


# --- every page -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_workspace_says_what_to_do_next(empty: TestClient, path: str) -> None:
    found = page(empty, path)
    assert found.one("div", cls="state").attrs["data-state"] == "empty"
    assert found.one("a", aria_current="page").attrs["href"] == path
    assert found.all("a", cls="primary")


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/platforms?platform=oracle", "platform"),
        ("/platforms?by=x_Nothing", "by"),
        ("/coverage?tag=tema", "tag"),
        ("/coverage?tag=team&where=BilledCost+%3E+1", "where"),
        ("/why?tag=team&value=data&where=nonsense+%3D+1", "where"),
        ("/replay?tag=team&before=v99", "before"),
        ("/replay?tag=team&before=draft&draft=%7B%22rules%22%3A3%7D", "draft"),
        ("/replay?tag=team&berfore=v1", "berfore"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_way_on(
    site: TestClient, path: str, field: str
) -> None:
    found = page(site, path, 400)
    state = found.one("div", cls="state")
    assert state.attrs["data-state"] == "failed"
    assert field in state.text
    without = found.one("a", cls="primary").attrs["href"]
    assert without is not None
    assert site.get(without).status_code in (200, 303)


@pytest.mark.parametrize(
    ("path", "becomes"),
    [
        ("/platforms?platform=snowflake&idle=keep&measure=BilledCost&by=",
         "/platforms?platform=snowflake"),
        ("/coverage?tag=team&from=2026-09-01&until=2026-09-30&m=EffectiveCost",
         "/coverage?tag=team&from=2026-09-01&to=2026-10-01"),
        ("/replay?tag=team&before=day&before_day=2026-09-30&after=now",
         "/replay?tag=team&before=2026-09-30"),
        ("/why?tag=team&value=&where=", "/why?tag=team"),
    ],
)  # fmt: skip
def test_a_form_leads_to_an_address_that_can_be_given_on(
    site: TestClient, path: str, becomes: str
) -> None:
    response = site.get(path, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, becomes)


# --- platforms ------------------------------------------------------------------------------


def test_a_platform_is_allocated_to_the_last_digit(site: TestClient) -> None:
    found = page(site, "/platforms?platform=snowflake")
    assert found.one(data_proven="yes").text == "adds up to the last digit"
    heading = found.one(id="proof-USD").one("h2").text
    assert " ".join(heading.split()) == "Allocated 10.00 of 10.00 USD"
    rows = texts(found, "consumers")
    assert [row[0] for row in rows] == ["ANA", "<b>BO</b>"]
    assert [row[1:4] for row in rows] == [["3.75", "0.00", "3.75"], ["1.25", "0.00", "1.25"]]
    (scope,) = texts(found, "scopes")
    assert scope[2:] == ["WH_1", "5.00", "5.00", "0.00", "10.00 of 10.00 ✓"]
    (month,) = texts(found, "months")
    assert month == ["2026-10", "snow", "10.00", "10.00 USD", "agrees"]


def test_idle_is_shared_where_it_is_asked(site: TestClient) -> None:
    rows = texts(page(site, "/platforms?platform=snowflake&idle=share"), "consumers")
    assert [row[1:4] for row in rows] == [["3.75", "3.75", "7.50"], ["1.25", "1.25", "2.50"]]


def test_the_scopes_as_csv_are_the_page(site: TestClient) -> None:
    found = page(site, "/platforms?platform=snowflake&by_day=yes")
    href = found.one("a", data_csv="*").attrs["href"]
    assert href is not None
    (row,) = csv.DictReader(io.StringIO(site.get(href).text))
    assert (row["charge"], row["direct"], row["idle"]) == ("10.00", "5.00", "5.00")
    assert row["day"] == "2026-10-05"
    assert site.get("/api/v1/platforms").json() == [
        {"platform": "snowflake", "title": "Snowflake", "billed": {"USD": "10.00"}}
    ]
    problem = site.get("/api/v1/platforms/oracle")
    assert problem.status_code == 400 and "snowflake" in problem.text


def test_a_range_without_charges_is_no_zero(site: TestClient) -> None:
    found = page(site, "/platforms?platform=snowflake&from=2020-01-01&to=2020-02-01")
    assert found.one("div", cls="state").attrs["data-state"] == "nothing"


# --- coverage -------------------------------------------------------------------------------


def test_coverage_by_month_with_what_would_catch_the_rest(site: TestClient) -> None:
    found = page(site, f"/coverage?tag=product&{SEPTEMBER}")
    (month,) = texts(found, "months")
    # 30.33 of 135.48 have a product
    assert month == ["Sep 2026", "30.33 USD", "22.4%", "105.14", "135.48"]
    gaps = texts(found, "gaps")
    # i-1 and i-2: 110.10 + 0.004
    assert ["ResourceType = 'Virtual Machine'", "110.10 USD", "2"] in [row[:3] for row in gaps]
    links = [a.attrs["href"] for a in found.one(id="gaps").all("a")]
    assert any(href and href.startswith("/tags/product?when=") for href in links)
    assert texts(found, "tags") == [
        ["product", "22.4%", "22.4%", "105.14"], ["team", "100.0%", "100.0%", "0.00"],
    ]  # fmt: skip


def test_a_gap_opens_the_editor_with_its_rule(site: TestClient) -> None:
    found = page(site, f"/coverage?tag=product&{SEPTEMBER}")
    links = [str(a.attrs["href"]) for a in found.one(id="gaps").all("a")]
    write = next(one for one in links if "ChargeCategory" in one and one.startswith("/tags/"))
    editor = page(site, write)
    values = [str(node.attrs.get("value")) for node in editor.all("input")]
    assert "Tax" in values or "Credit" in values


def test_coverage_as_csv_and_json_is_the_page(site: TestClient) -> None:
    found = page(site, f"/coverage?tag=product&{SEPTEMBER}")
    href = found.one("a", data_csv="*").attrs["href"]
    assert href is not None
    (row,) = csv.DictReader(io.StringIO(site.get(href).text))
    assert row == {
        "month": "2026-09", "currency": "USD", "allocated": "30.333333333333333333333",
        "unallocated": "105.144", "total": "135.477333333333333333333", "share": "0.223900",
    }  # fmt: skip
    data = site.get(f"/api/v1/coverage?tag=product&{SEPTEMBER}").json()
    assert data["allocated"] == {"USD": "30.333333333333333333333"}


def test_everything_allocated_says_so(site: TestClient) -> None:
    found = page(site, f"/coverage?tag=team&{SEPTEMBER}")
    assert "Everything is allocated" in found.one(id="gaps").text
    assert found.one(data_unallocated="USD").text == "0.00"


# --- why ------------------------------------------------------------------------------------


def test_why_shows_rule_version_what_it_saw_and_what_a_split_gave(site: TestClient) -> None:
    found = page(site, f"/why?tag=team&value=storefront&{SEPTEMBER}")
    shown = [found.one(**{name: "USD"}).text for name in ("data_direct", "data_shared")]
    assert shown == ["105.14", "30.33"] and found.one(data_total="USD").text == "135.48"
    rule = found.one("article", data_rule="1")
    assert "Rule 1 of 2" in rule.text and "version 2" in rule.text
    assert "tags.team IS NOT NULL" in rule.text and "Saved by bo" in rule.text
    assert rule.one("table").rows()[0][:3] == ["storefront", "storefront", "110.10 USD"]
    assert "acme.csv, line 3" in rule.text
    split = found.one("details", data_split="share-data")
    assert "30.33 USD × 1.000000000 = 30.33 USD" in " ".join(split.text.split())
    disputes = [a.attrs["href"] for a in found.all("a", data_dispute="*")]
    assert disputes == [
        "/statements/team/2026-09/storefront#dispute",
        "/statements/team/2026-09/storefront?line=shared%2Fshare-data#dispute",
    ]
    chosen = page(site, disputes[1].partition("#")[0]).one("option", selected="*")
    assert chosen.attrs["value"] == "shared/share-data"
    letters = [str(a.attrs["href"]) for a in found.all("a", data_letter="*")]
    assert [one.partition("?subject=Dispute")[0] for one in letters] == [
        "mailto:ana@example.com", "mailto:bo@example.com",
    ]  # fmt: skip


def test_without_a_value_those_there_are_can_be_chosen(site: TestClient) -> None:
    found = page(site, f"/why?tag=team&{SEPTEMBER}")
    # A split took all that data had.
    assert texts(found, "values") == [["storefront", "135.48 USD"], ["data", "0.00 USD"]]
    href = found.one(id="values").all("a")[0].attrs["href"]
    assert href == f"/why?tag=team&value=storefront&{SEPTEMBER}"


def test_one_resource_is_explained_at_once(site: TestClient) -> None:
    found = page(site, f"/why?tag=team&{SEPTEMBER}&where=ResourceId+%3D+%27i-2%27")
    assert found.one("article", cls="why-rule").attrs["data-rule"] == "2"


def test_why_as_csv_is_beside_the_page(site: TestClient) -> None:
    found = page(site, f"/why?tag=team&value=storefront&{SEPTEMBER}")
    href = found.one("a", data_csv="*").attrs["href"]
    assert href is not None
    rows = csv.DictReader(io.StringIO(site.get(href).text))
    assert {row["part"] for row in rows} == {"rule", "shared", "file"}


def test_a_charge_leads_to_whose_it_is(site: TestClient) -> None:
    charge = page(site, "/charges/acme/2026-09/0/3")
    href = next(
        str(a.attrs["href"]) for a in charge.all("a") if a.text == "Why is this mine?"
        and str(a.attrs["href"]).startswith("/why?where=")
    )  # fmt: skip
    found = page(site, href + "&tag=team")
    assert found.one(data_direct="USD").text == "110.10"


def test_nothing_matches_and_unallocated_are_two_things(site: TestClient) -> None:
    found = page(site, f"/why?tag=team&value=nobody&{SEPTEMBER}")
    assert found.one("div", cls="state").attrs["data-state"] == "nothing"
    found = page(site, f"/why?tag=product&value=Unallocated&{SEPTEMBER}")
    assert "No rule matches" in found.one("article", data_rule="0").text


def test_why_as_json_is_the_page(site: TestClient) -> None:
    data = site.get(f"/api/v1/why?tag=team&value=storefront&{SEPTEMBER}").json()
    (amount,) = data["amounts"]
    assert amount["direct"] == "105.144"
    assert total(Decimal(rule["money"]["USD"]) for rule in data["rules"]) == Decimal("105.144")
    values = site.get(f"/api/v1/why?tag=team&{SEPTEMBER}").json()["values"]
    assert values[0] == {"value": "storefront", "amounts": {"USD": "135.477333333333333333333"}}


# --- replay ---------------------------------------------------------------------------------


def test_a_replay_shows_what_moves_and_its_address_is_the_link(site: TestClient) -> None:
    found = page(site, f"/replay?tag=team&before=v1&{SEPTEMBER}")
    assert texts(found, "moves") == [["Unallocated", "storefront", "-4.96 USD", "1", "4"]]
    assert found.one(data_moved="USD").text == "-4.96"
    href = found.one("a", data_csv="*").attrs["href"]
    assert href is not None
    assert site.get(href).text.splitlines()[1] == "Unallocated,storefront,USD,-4.956,4,1"
    values = {row[0]: row[1:] for row in texts(found, "values")}
    assert values["storefront"] == ["110.10", "105.14", "-4.96 USD"]


def test_a_draft_is_replayed_from_the_address(site: TestClient) -> None:
    draft = json.dumps(FIRST)
    response = site.get(
        f"/replay?{SEPTEMBER}", params={"tag": "team", "after": "draft", "draft": draft}
        | dict(pair.split("=") for pair in SEPTEMBER.split("&")),
    )  # fmt: skip
    assert response.status_code == 200
    found = parse(response.text)
    assert texts(found, "moves") == [["storefront", "Unallocated", "-4.96 USD", "1", "4"]]


def test_a_replay_begins_with_choices(site: TestClient) -> None:
    found = page(site, "/replay?tag=team")
    links = [a.attrs["href"] for a in found.one("div", cls="state").all("a")]
    assert links == [
        "/replay?tag=team&before=v1", "/replay?tag=team&before=none",
        "/replay?tag=team&before=v1&range=all",
    ]  # fmt: skip


def test_nothing_moves(site: TestClient) -> None:
    found = page(site, f"/replay?tag=team&before=v2&{SEPTEMBER}")
    assert "Nothing moves" in found.text


def test_the_workspace_is_left_as_it_was(site: TestClient, tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    before = workspace.resources.audit()
    client = serving(workspace)
    for path in PAGES:
        client.get(path)
    assert workspace.resources.audit() == before
    workspace.close()
