"""The pages of statements: the month's table, one statement, closing, disputing and answering."""

from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from outlay.app import statements
from outlay.money import total
from outlay.query.codec import from_params
from tests.statements.conftest import _loaded, desk
from tests.statements.desk import EC2, OCTOBER, S3, SEPTEMBER, SEPTEMBER_BILL, Desk, charge
from tests.web.conftest import serving
from tests.web.page import Node, parse

__all__ = ["_loaded", "desk"]

MONTH = "/statements?tag=team&month=2026-09"
SHOP = "/statements/team/2026-09/shop"


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return serving(desk.workspace)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    response = client.get(path)
    assert response.status_code == status, response.text
    return parse(response.text)


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_the_table_of_a_month_sums_to_the_bill(client: TestClient) -> None:
    shown = page(client, "/statements")
    table = shown.one("table", id="statements")
    rows = table.rows()
    assert [(row[0], row[-1]) for row in rows] == [
        ("Unallocated", "0.00"),
        ("data", "43.34"),
        ("platform", "0.00"),
        ("search", "68.33"),
        ("shop", "80.33"),
    ]
    (foot,) = table.rows("tfoot")
    for place in range(2, len(foot)):
        assert total(amount(row[place]) for row in rows) == amount(foot[place])
    assert foot[-1] == "192.00"
    assert "The bill of 2026-09 is 192.00 USD" in shown.one("p", cls="adds-up").text
    assert page(client, MONTH).one("table", id="statements").rows() == rows


def test_the_lines_of_a_statement_add_up_to_its_total(client: TestClient) -> None:
    shown = page(client, SHOP)
    table = shown.one("table", id="lines")
    lines = [row for row in table.all("tr", cls="line")]
    texts = [[c.text for c in row.children if isinstance(c, Node)] for row in lines]
    assert [(text[0].split(" 33.33 %")[0], text[2]) for text in texts] == [
        (EC2, "20.01"),
        (S3, "9.99"),
        ("Platform, evenly", "33.33"),
        (EC2, "17.00"),
    ]
    (foot,) = table.rows("tfoot")
    assert total(amount(text[2]) for text in texts) == amount(foot[2]) == Decimal("80.33")
    assert shown.one("dd", id="total").text == "80.33 USD"


def test_a_line_leads_to_the_charges_behind_it(desk: Desk, client: TestClient) -> None:
    for state in ("draft", "closed"):
        if state == "closed":
            desk.close(SEPTEMBER)
        links = [row.all("a")[0] for row in page(client, SHOP).all("tr", cls="line")]
        for link, line in zip(links, desk.one(SEPTEMBER, "shop").lines, strict=True):
            parts = urlsplit(link.attrs["href"])
            params = {key: values[0] for key, values in parse_qs(parts.query).items()}
            assert client.get(link.attrs["href"]).status_code == 200
            if line.splits == "direct":
                asked = desk.workspace.query(from_params(params)).total
                assert parts.path == "/explore"
                assert asked is not None and asked["EffectiveCost"] == line.exact
            else:
                assert (parts.path, params["value"]) == ("/why", "shop")
                assert "33.33" in client.get(link.attrs["href"]).text
            assert ("as_of" in params) == (state == "closed")


def test_what_is_small_is_counted_in_one_line(client: TestClient) -> None:
    (row,) = page(client, "/statements/team/2026-09/Unallocated").all("tr", cls="line")
    assert "1 more line of less than 0.01" in row.text


def test_a_month_is_closed_with_a_confirmation(desk: Desk, client: TestClient) -> None:
    action = "/statements/team/2026-09/close"
    (form,) = [f for f in page(client, MONTH).all("form") if f.attrs.get("action") == action]
    assert "80.33" not in form.text and "192.00 USD over 5 statements is final" in form.text
    refused = client.post(action, data={"author": "ann"}, follow_redirects=False)
    assert refused.status_code == 400
    assert "Tick the box" in parse(refused.text).one("div", cls="bad").text
    assert desk.month(SEPTEMBER).state == "draft"
    done = client.post(
        action, data={"author": "ann", "note": "fine", "sure": "yes"}, follow_redirects=False
    )
    assert (done.status_code, done.headers["location"]) == (303, MONTH)
    closed = page(client, MONTH)
    assert [f for f in closed.all("form") if f.attrs.get("action") == action] == []
    assert "closed" in [badge.text for badge in closed.all("span", cls="badge")]
    assert "2026-09 closed by ann" in closed.one("ol", cls="trail").text
    again = client.post(action, data={"author": "ann", "sure": "yes"})
    assert again.status_code == 400 and "closed already" in again.text


def test_a_closed_page_stays_as_it_is(desk: Desk, client: TestClient) -> None:
    desk.close(SEPTEMBER)
    before = page(client, SHOP).one("table", id="lines").text
    desk.bill([charge("7", "2026-09-03", "shop"), charge("10", "2026-10-02", "search")])
    desk.put("VirtualTag", "team", {"default": "everybody"})
    assert page(client, SHOP).one("table", id="lines").text == before
    assert page(client, MONTH).one("table", id="statements").rows("tfoot")[0][-1] == "192.00"


def test_a_line_is_disputed_and_answered_on_the_page(desk: Desk, client: TestClient) -> None:
    desk.close(SEPTEMBER)
    chosen = page(client, f"{SHOP}?line=direct/{S3}").one("select", id="d-line")
    assert [o.attrs["value"] for o in chosen.all("option", selected="*")] == [f"direct/{S3}"]
    given = {"line": f"direct/{S3}", "amount": "99", "reason": "not ours", "author": "bob"}
    wrong = client.post(SHOP, data=given)
    assert wrong.status_code == 400
    assert "9.99 USD that can be disputed" in parse(wrong.text).one("div", cls="bad").text
    assert parse(wrong.text).one("input", id="d-reason").attrs["value"] == "not ours"
    comma = client.post(SHOP, data={**given, "amount": "1,50"})
    assert comma.status_code == 400 and "is no number as it is written here" in comma.text
    done = client.post(SHOP, data={**given, "amount": "5", "proposed": "data"},
                       follow_redirects=False)  # fmt: skip
    assert (done.status_code, done.headers["location"]) == (303, f"{SHOP}#disputes")
    shown = page(client, SHOP)
    (form,) = [f for f in shown.all("form") if f.attrs["action"].endswith("/1/answer")]
    refused = client.post(form.attrs["action"], data={"answer": "refuse", "author": "dora"})
    assert refused.status_code == 400 and "a refusal needs a reason" in refused.text
    client.post(form.attrs["action"],
                data={"answer": "accept", "proposed": "data", "author": "dora"})  # fmt: skip
    assert statements.books(desk.workspace).dispute(1).answer == "accepted"
    assert "accepted" in page(client, SHOP).one("section", id="disputes").text
    assert "shop, 2026-09" in page(client, MONTH).one("section", id="disputes").text
    desk.bill([*SEPTEMBER_BILL, charge("10", "2026-10-02", "search")])
    october = page(client, "/statements?tag=team&month=2026-10").one("table", id="statements")
    assert [(row[0], row[-2], row[-1]) for row in october.rows()] == [
        ("data", "5.00", "5.00"),
        ("search", "0.00", "10.00"),
        ("shop", "-5.00", "-5.00"),
    ]


def test_adjustments_name_what_they_correct(desk: Desk, client: TestClient) -> None:
    desk.close(SEPTEMBER)
    more = charge("41.50", "2026-09-03", "search", InvoiceId="INV-9")
    desk.bill([more, *SEPTEMBER_BILL[1:], charge("10", "2026-10-02", "search")])
    lines = page(client, "/statements/team/2026-10/search").all("tr", cls="line")
    assert "2026-09, Direct" in lines[-1].text and "invoice INV-9" in lines[-1].text
    assert "restated by the vendor" in lines[-1].text and "1.50" in lines[-1].text
    assert desk.month(OCTOBER).adjustments == Decimal("1.50")


def test_what_keeps_a_month_open_is_said_and_there_is_no_button(
    desk: Desk, client: TestClient
) -> None:
    desk.close(SEPTEMBER)
    shown = page(client, "/statements?tag=team&month=2026-08")
    assert "2026-08 is before 2026-09" in shown.text
    assert [f for f in shown.all("form") if "close" in f.attrs.get("action", "")] == []


def test_empty_states_say_what_to_do(tmp_path: Path, empty: TestClient) -> None:
    assert "No virtual tag yet" in page(empty, "/statements").one("div", cls="state").text
    made = Desk.make(tmp_path / "bare")
    assert (
        "No bill yet" in page(serving(made.workspace), "/statements").one("div", cls="state").text
    )
    made.workspace.close()


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/statements?tag=taem", "no statements by 'taem'"),
        ("/statements?tag=team&month=2026-13", "'2026-13' is not a billing period"),
        ("/statements/team/2026-09/nobody", "team 'nobody' has no statement for 2026-09"),
    ],
)
def test_a_wrong_address_is_an_error_and_no_zero(client: TestClient, path: str, says: str) -> None:
    shown = page(client, path, 400)
    assert says in shown.text
    assert "0.00" not in shown.text


def test_a_value_with_a_slash_has_its_page(tmp_path: Path) -> None:
    made = Desk.make(tmp_path)
    made.bill([charge("1", "2026-09-03", "web/<b>")])
    client = serving(made.workspace)
    (link,) = page(client, MONTH).one("table", id="statements").all("a")
    assert link.attrs["href"] == "/statements/team/2026-09/web%2F%3Cb%3E"
    assert page(client, link.attrs["href"]).one("h1").text == "web/<b>"
    made.workspace.close()
