"""The page What drove it, and the changes of other pages that lead to it."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from urllib.parse import quote

from starlette.testclient import TestClient

from outlay.money import total
from outlay.query import CostQuery
from outlay.web.drivers.address import drivers_url
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL, Company
from tests.web.conftest import Get
from tests.web.page import Node

SEPTEMBER = "/drivers?from=2026-09-01&to=2026-10-01&compare=previous"


def effects(page: Node) -> dict[str, str]:
    """The rows of the bridge: effect → the amount in full."""
    table = page.one("table", id="bridge")
    return {
        row.attrs["data-effect"]: row.one("td", data_amount="*").attrs["title"]
        for row in table.one("tbody").all("tr")
    }


def test_from_before_to_after(get: Get) -> None:
    page = get(SEPTEMBER)
    assert page.one("h1").text == "What drove effective cost"
    found = effects(page)
    assert list(found)[0] == "before" and list(found)[-1] == "after"
    assert found.pop("before") == AUGUST_TOTAL and found.pop("after") == SEPTEMBER_TOTAL
    assert found["gone"] == "-20.50" and found["price"] == "10.10" and found["tax"] == "12.34"
    change = total(Decimal(amount) for amount in found.values())
    assert change == Decimal(SEPTEMBER_TOTAL) - Decimal(AUGUST_TOTAL)
    assert page.one("p", data_sentence="*").text.startswith("Spend is 12 % above August 2026; ")


def test_bars_rise_and_fall(get: Get) -> None:
    rows = get(SEPTEMBER).one("table", id="bridge").one("tbody").all("tr")
    kinds = {row.attrs["data-effect"]: row.attrs["class"] for row in rows}
    assert (kinds["before"], kinds["new"], kinds["gone"]) == ("whole", "up", "down")
    assert all(float(row.one("rect").attrs["width"].rstrip("%")) > 0 for row in rows)


def test_groups_lead_further_down(get: Get) -> None:
    page = get(SEPTEMBER + "&by=ServiceName")
    table = page.one("table", id="groups")
    assert table.one("td", data_sum="*").text == "▲ +14.98"
    link = table.all("a")[0]
    assert "where=ServiceName" in link.attrs["href"] and "by=SubAccountName" in link.attrs["href"]
    below = get(link.attrs["href"])
    assert below.one("h1").text == "What drove effective cost by account"


def test_items_lead_to_the_charges_of_both_periods(get: Get) -> None:
    page = get(SEPTEMBER + "&effect=price")
    (row,) = page.one("table", id="table").one("tbody").all("tr")
    assert row.all("span", cls="under-name")[0].text == "i-1"
    for side, amount in (("before", "100.00"), ("after", "110.10")):
        link = row.one("a", data_charges=side)
        charges = get(link.attrs["href"])
        assert charges.one("td", data_sum="*").attrs["title"] == f"{amount} USD"


def test_an_effect_that_is_none_is_refused(client: TestClient) -> None:
    response = client.get(SEPTEMBER + "&effect=magic")
    assert response.status_code == 400 and "is no effect" in response.text


def test_pickers_make_addresses(client: TestClient) -> None:
    state = quote(SEPTEMBER.split("?")[1])
    response = client.get(
        f"/drivers/ask?state={state}&m=BilledCost&by=ServiceName&before_as_of=then"
        "&against_from=2026-08-01&against_until=2026-08-31",
        follow_redirects=False,
    )
    assert response.status_code == 303
    assert response.headers["location"] == (
        "/drivers?from=2026-09-01&to=2026-10-01&compare=previous&m=BilledCost&by=ServiceName"
        "&before_as_of=then&against=2026-08-01..2026-09-01"
    )
    assert client.get(response.headers["location"]).status_code == 200


def test_as_it_was_known(get: Get, acme: Company) -> None:
    page = get(f"{SEPTEMBER}&against=2026-09-01..2026-10-01&before_as_of={acme.before}")
    assert list(effects(page)) == ["before", "restatement", "after"]


def test_rows_as_a_file(client: TestClient) -> None:
    response = client.get(SEPTEMBER.replace("/drivers", "/drivers.csv") + "&by=ServiceName")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert total(Decimal(row["after"]) for row in rows) == Decimal(SEPTEMBER_TOTAL)
    assert client.get("/drivers.csv?m=LineCount").status_code == 400


def test_without_a_question_it_asks_for_the_newest_month(get: Get) -> None:
    assert effects(get("/drivers"))["after"] == SEPTEMBER_TOTAL


def test_its_states(client: TestClient, empty: TestClient) -> None:
    assert "No bills yet" in empty.get("/drivers").text
    nothing = client.get(SEPTEMBER + "&where=" + quote("ServiceName = 'x'"))
    assert nothing.status_code == 200 and "No charges match" in nothing.text
    failed = client.get(SEPTEMBER + "&where=" + quote("ServiceName ="))
    assert failed.status_code == 400 and 'data-state="failed"' in failed.text
    early = client.get(SEPTEMBER + "&before_as_of=2020-01-01")
    assert early.status_code == 400 and "did not exist" in early.text


# --- the changes of other pages ---------------------------------------------------------------


def test_every_change_of_the_explorer_leads_to_what_drove_it(get: Get) -> None:
    page = get("/explore?by=ServiceName&from=2026-09-01&to=2026-10-01&compare=previous")
    total_link = page.one("a", data_drivers="*").attrs["href"]
    found = effects(get(total_link))
    assert (found["before"], found["after"]) == (AUGUST_TOTAL, SEPTEMBER_TOTAL)
    for row in page.one("table", id="table").one("tbody").all("tr"):
        link = row.all("a", cls="why")[0]
        changed = get(link.attrs["href"])
        assert changed.one("dd", data_total="*").text == row.one("span", data_amount="*").text


def test_changes_of_periods_lead_to_their_days(get: Get) -> None:
    page = get("/explore?grain=month&from=2026-09-01&to=2026-10-01&compare=previous")
    (row,) = page.one("table", id="table").one("tbody").all("tr")
    found = effects(get(row.all("a", cls="why")[0].attrs["href"]))
    assert (found["before"], found["after"]) == (AUGUST_TOTAL, SEPTEMBER_TOTAL)


def test_counts_have_no_drivers(get: Get) -> None:
    page = get("/explore?m=LineCount&by=ServiceName&from=2026-09-01&to=2026-10-01&compare=previous")
    assert not page.all("a", cls="why")


def test_restated_bills_lead_to_what_drove_them(get: Get) -> None:
    page = get("/restatements")
    rows = page.one("table", id="slices").one("tbody").all("tr")
    (september,) = [row for row in rows if "2026-09" in row.text]
    link = september.all("a", cls="why")[0]
    assert list(effects(get(link.attrs["href"]))) == ["before", "restatement", "after"]


def test_the_address_of_a_question() -> None:
    query = CostQuery(
        measures=("LineCount", "BilledCost"),
        by=("ServiceName",),
        range="last-month",
        grain="day",
        sort="-BilledCost",
        limit=5,
    )
    assert drivers_url(query) == (
        "/drivers?m=BilledCost&by=ServiceName&range=last-month&compare=previous"
    )
    assert drivers_url(query.but(measures=("LineCount",), sort=""), against="2026-01-01..") == (
        "/drivers?by=ServiceName&range=last-month&compare=previous&against=2026-01-01.."
    )
