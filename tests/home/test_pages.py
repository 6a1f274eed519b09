"""The pages of homes and of the glossary, as a reader finds them."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.home import CARDS, PERSONAS
from tests.home.conftest import page
from tests.home.firm import NOW
from tests.web.conftest import serving
from tests.web.page import Node, parse

EXECUTIVE = "/home/executive?period=2026-10&wait=all"


def card(found: Node, name: str) -> Node:
    return found.one("article", data_card=name)


def test_the_first_visit_lets_one_choose(client: TestClient) -> None:
    found = page(client, "/")
    forms = found.all("form", cls="choice")
    assert [form.one("h2").text for form in forms] == [one.title for one in PERSONAS.values()]
    assert all(len(form.all("li")) == 3 for form in forms)


def test_a_choice_is_kept_and_opens_at_the_root(client: TestClient) -> None:
    answer = client.post("/home", data={"persona": "finance", "home": "1"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert page(client, "/?wait=all").one("h1").text == "Finance home"
    assert page(client, "/home/executive?wait=all").one("h1").text == "Executive home"
    assert page(client, "/?wait=all").one("h1").text == "Finance home", "a look changes nothing"


def test_a_team_is_kept_and_can_be_taken_back(client: TestClient) -> None:
    sent = {"persona": "engineer", "period": "2026-10", "of": "checkout"}
    answer = client.post("/home", data=sent, follow_redirects=False)
    assert answer.headers["location"] == "/home/engineer?period=2026-10&of=checkout"
    found = page(client, "/home/engineer?period=2026-10&wait=all")
    assert card(found, "spend").one("span", data_figure="*").text == "130.00"
    assert page(client, "/home/executive?period=2026-10&wait=all").one("h1")
    client.post("/home", data=sent | {"of": ""})
    found = page(client, "/home/engineer?period=2026-10&wait=all")
    assert card(found, "spend").one("span", data_figure="*").text == "192.35"


def test_a_made_up_cookie_leads_nowhere(client: TestClient) -> None:
    client.cookies.set("outlay_persona", "boss")
    assert len(page(client, "/").all("form", cls="choice")) == len(PERSONAS)
    client.cookies.set("outlay_team", "x%27%20OR%20team%20%3D%20%27data")
    found = page(client, "/home/engineer?period=2026-10&wait=all")
    assert card(found, "spend").one("span", data_figure="*").text == "0.00"


def test_a_card_shows_its_sentence_its_figure_and_the_way_on(client: TestClient) -> None:
    found = page(client, EXECUTIVE)
    spend = card(found, "spend")
    assert spend.one("p", data_sentence="*").text.startswith("Spend is 54 % above September 2026")
    assert spend.one("dd", title="192.345 USD").one("span", data_figure="*").text == "192.35"
    link = spend.one("a", data_open="*").attrs["href"]
    shown = page(client, link).all("dd", data_total="*")
    assert [one.text for one in shown] == ["192.35"], "the question behind the card"
    assert spend.one("a", data_drivers="*").attrs["href"].startswith("/drivers?")
    deltas = [a.attrs["href"] for a in card(found, "owners").all("a", cls="why")]
    assert len(deltas) == 3 and all(href.startswith("/drivers?") for href in deltas)


@pytest.mark.slow
def test_every_link_of_every_home_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    for persona in PERSONAS:
        found = page(client, f"/home/{persona}?period=2026-10&wait=all").one("main")
        seen |= {a.attrs["href"] for a in found.all("a", href="*")}
    for href in sorted(seen):
        if not href.startswith(("/api", "/home/")):
            response = client.get(href)
            assert response.status_code == 200, (href, response.text[-600:])


def test_the_same_steps_come_first_and_urgent_before_all(client: TestClient) -> None:
    found = page(client, "/home/practitioner?period=2026-10&wait=all")
    steps = found.one("section", id="next").all("li")
    classes = [step.attrs.get("class", "") for step in steps]
    assert classes == sorted(classes, reverse=True) and classes[0] == "urgent"
    texts = [step.one("a").text for step in steps]
    assert "22.35 USD of October 2026 has no team: add a rule that catches it." in texts


def test_late_cards_come_by_themselves(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.web.home.routes._PATIENCE_SECONDS", 0)
    bills = CARDS["bills"]

    def late_one(at: Any) -> Any:
        time.sleep(0.5)  # or it may be there before the page is
        return bills.make(at)

    monkeypatch.setitem(CARDS, "bills", replace(bills, kept="", make=late_one))
    found = page(client, "/home/practitioner?period=2026-10")
    late = card(found, "bills")
    assert late.attrs["aria-busy"] == "true"
    assert late.one("noscript").one("a").attrs["href"].endswith("wait=all")
    fragment = parse(client.get(late.attrs["hx-get"]).text)
    assert card(fragment, "bills").one("p", data_sentence="*").text.startswith("The one source")
    rest = parse(client.get(found.one("section", id="next").attrs["hx-get"]).text)
    assert rest.one("section", id="next").all("li")


def test_a_card_that_fails_says_why_and_the_others_stand(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> None:
        raise ValueError("the <months> are gone")

    monkeypatch.setitem(CARDS, "trend", replace(CARDS["trend"], make=broken, kept=""))
    found = page(client, EXECUTIVE)
    failed = card(found, "trend")
    assert "ValueError: the <months> are gone" in failed.text
    again = failed.one("a", cls="button").attrs["hx-get"]
    assert card(found, "spend").one("span", data_figure="*").text == "192.35"
    monkeypatch.undo()
    monkeypatch.setattr("outlay.app.runs.utc_now", lambda: NOW)
    assert "failed" not in card(parse(client.get(again).text), "trend").attrs["class"]


def test_an_unknown_home_or_period_says_what_there_is(client: TestClient) -> None:
    assert "executive" in page(client, "/home/boss", 400).text
    assert "2026-10" in page(client, "/home/executive?period=soon", 400).text


def test_an_empty_workspace_says_how_to_begin(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "w", name="New")
    client = serving(workspace)
    for path in ("/", "/home/finance", "/home/engineer"):
        found = page(client, path)
        text = found.one("div", data_state="empty").text
        assert "outlay load" in text and "outlay demo" in text
        assert found.all("a", href="/sources")
    workspace.close()


def test_the_account_keeps_the_choice(workspace: Workspace, tmp_path: Path) -> None:
    from fastapi import Request
    from starlette.responses import Response

    from outlay.access import Level, Principal, acting
    from outlay.access.people import People
    from outlay.web.home.chosen import chosen, chosen_value, keep

    People(workspace.resources).add("ana@firm.example", role="viewer")
    request = Request({"type": "http", "headers": [], "scheme": "http", "path": "/"})
    with acting(Principal("ana@firm.example", Level.VIEWER, via="session")):
        answer = Response()
        keep(workspace, request, answer, persona="engineer", focus="owner", value="data")
        assert "set-cookie" not in answer.headers
        assert chosen(workspace, request) == "engineer"
        assert chosen_value(workspace, request, "owner") == "data"
    assert chosen(workspace, request) == "", "somebody else has chosen nothing"
