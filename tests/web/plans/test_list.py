"""The list of plans, new ones, and pages that have no numbers to show."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.access import AccessDeniedError, Level
from outlay.access.principal import Principal
from outlay.app import Workspace
from outlay.app.planning import plans
from outlay.query import QueryError
from tests.web.page import parse
from tests.web.planned import PLAN, SPEC
from tests.web.plans.conftest import HERE, amounts, grid, page


def test_plans_are_listed_by_year_and_the_outlook_comes_when_it_is_asked_for(
    reader: TestClient,
) -> None:
    root = page(reader, "/plans")
    assert root.one("section", aria_label="FY2027").one("h2").text == "FY2027"
    row = root.one("table", id="table").rows()[0]
    assert row[1] == "6,510.00 USD"
    assert row[2] == "work it out"
    told = page(reader, "/plans?outlook=1").one("table", id="table").rows()[0]
    assert told[4] == "▼ -150.00"
    assert re.fullmatch(r"[\d,]+\.\d\d", told[2])
    assert page(reader, f"{HERE}/row").all("td")


def test_a_new_plan_is_made_with_its_baseline_or_refused(
    own: Workspace, client: TestClient
) -> None:
    new = {"name": "Next year", "starts": "2027-07", "measure": "BilledCost", "method": "flat",
           "level1": "team", "currency": "USD", "title": "", "owner": ""}  # fmt: skip
    answer = client.post("/plans", data=new)
    assert answer.status_code == 200, answer.text
    rows = grid(parse(answer.text))
    # August to October: shop 400, 390 and 290, data 155, 150 and 100; the mean of each, in cents.
    assert amounts(rows["shop"])[0] == Decimal("360.00")
    assert amounts(rows["Total"])[0] == Decimal("495.00")
    for change, word in (
        ({"name": "b", "starts": "soon"}, "month"), ({"name": "b", "level1": ""}, "lines"),
        ({"name": "b", "level1": "nope"}, "nope"), ({"name": "b", "where": "x ="}, "where"),
        ({}, "exists"),
    ):  # fmt: skip
        refused = client.post("/plans", data={**new, **change})
        assert refused.status_code == 400
        root = parse(refused.text)
        assert word in root.one("p", id="plan-refused").text
        assert root.one("input", id="plan-name").attrs["value"] == {**new, **change}["name"]
    assert len(plans.plans(own)) == 2


@pytest.mark.parametrize("part", ["", "/variance", "/outlook"])
def test_a_version_that_there_is_not_is_no_plan_without_figures(
    reader: TestClient, part: str
) -> None:
    answer = reader.get(f"{HERE}{part}?version=9")
    assert answer.status_code == 404
    assert "has no version 9" in answer.text and "Nothing to compare yet" not in answer.text


def test_a_plan_without_lines_and_a_ledger_without_charges_say_what_to_do(
    empty: TestClient, tmp_path: Path
) -> None:
    assert page(empty, "/plans").one("div", data_state="empty").text.startswith("No plan yet")
    new = {"name": PLAN, "starts": "2026-07", "level1": "ServiceName", "currency": "USD",
           "method": "forecast"}  # fmt: skip
    answer = empty.post("/plans", data=new)
    assert answer.status_code == 409
    root = parse(answer.text)
    assert "load bills" in root.one("p", id="problem").text
    for part in ("", "/variance", "/outlook"):
        assert page(empty, HERE + part).all("div", data_state="empty"), part
    assert page(empty, "/plans/nobody", 404).all("div", data_state="failed")


def test_a_view_that_cannot_be_told_says_so_and_the_plan_is_still_there(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise QueryError("the rates are missing", field="rates", text="", allowed=())

    monkeypatch.setattr("outlay.app.planning.plan_actuals.actuals_of", broken)
    root = page(reader, f"{HERE}?view=actual")
    assert "the rates are missing" in root.one("div", data_state="failed").text
    assert not root.all("table", id="table")
    assert grid(page(reader, HERE))["Total"]


def test_people_of_a_part_do_not_see_plans() -> None:
    from outlay.access.rules import all_rules, check

    rules = {key: rule for key, rule in all_rules().items() if "/plans" in key.split(" ")[1]}
    pages = {key: rule for key, rule in rules.items() if key.split(" ")[1].startswith("/plans")}
    assert len(pages) > 30
    assert all(rule.reach == "whole" for rule in pages.values())
    shop = Principal("shop", Level.ADMIN, scope="team = 'shop'")
    with pytest.raises(AccessDeniedError, match="sees the part where"):
        check(shop, pages["GET /plans/{name}"], "this page")


def test_settings_are_kept_and_others_are_not_written_over(
    own: Workspace, client: TestClient
) -> None:
    root = page(client, f"{HERE}/settings")
    form = root.one("form", action=f"{HERE}/settings")
    fields = {box.attrs["name"]: box.attrs.get("value", "") for box in form.all("input")
              if box.attrs.get("type") != "checkbox"}  # fmt: skip
    sent = fields | {"title": "Board plan", "tolerance": "2.5", "method": "flat"}
    assert client.post(f"{HERE}/settings", data=sent).status_code == 200
    spec = plans.get_plan(own, PLAN).spec
    assert (spec.title, spec.tolerance) == ("Board plan", Decimal("2.5"))
    assert spec.hierarchy == tuple(SPEC["hierarchy"])
    assert client.post(f"{HERE}/settings", data=sent).status_code == 409
    sent |= {"archived": "1", "seen": "2"}
    assert client.post(f"{HERE}/settings", data=sent).status_code == 200
    listed = page(client, "/plans")
    assert listed.all("div", data_state="empty")
    assert listed.all("a", href="/plans?archived=1")
    assert page(client, "/plans?archived=1").one("table", id="table").rows()
