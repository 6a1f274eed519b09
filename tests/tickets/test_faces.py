"""Tickets by command, page and API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.tickets import use
from tests.cli.conftest import Ran
from tests.cli.conftest import run as outlay  # noqa: F401
from tests.tickets.conftest import finding, keep, state
from tests.tickets.servers import Jira, Reply
from tests.web.conftest import serving
from tests.web.page import Node, parse

Run = Callable[..., Ran]


@pytest.fixture
def run(acme: Workspace, outlay: Run) -> Run:  # noqa: F811
    return lambda *words: outlay("-w", acme.path, "tickets", *words)


def test_the_commands(acme: Workspace, run: Run) -> None:
    assert "No ticket system yet" in run("systems").out
    assert "No ticket yet" in run("list").out


def test_opening_and_syncing_by_command(acme: Workspace, jira: Jira, run: Run) -> None:
    one = keep(acme, finding())
    opened = run("open", str(one.id), "--in", "jira")
    assert (opened.code, opened.out.strip()) == (0, f"FIN-1 {jira.url}/browse/FIN-1")
    jira.put("FIN-1", "Done")
    synced = run("sync")
    assert synced.code == 0
    assert "follows FIN-1: Done" in synced.out
    (listed,) = json.loads(run("list", "--json").out)
    assert (listed["external"], listed["recommendation_state"]) == ("FIN-1", "implemented")
    assert "FIN-1" in run("of", str(one.id)).out
    assert json.loads(run("systems", "--json").out)[0]["tickets"] == 1
    assert "nothing changed" in run("sync").out


def test_what_fails_by_command(acme: Workspace, jira: Jira, run: Run) -> None:
    one = keep(acme, finding())
    assert run("open", str(one.id), "--in", "linear").code in (1, 2)
    jira.answers = [Reply(503)]
    later = run("open", str(one.id), "--in", "jira")
    assert later.code == 1
    assert "It is opened later" in later.err
    assert "tried again at" in run("list").out
    assert run("of", "999").code in (1, 2)


def page(answer: Any) -> Node:
    assert answer.status_code == 200, answer.text[:300]
    return parse(answer.text)


def test_the_pages(acme: Workspace, jira: Jira) -> None:
    web = serving(acme)
    one = keep(acme, finding())
    assert page(web.get("/tickets")).all("div", data_state="nothing")
    part = web.get(f"/tickets/of/{one.id}", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert page(part).one("form", cls="ticket-form").all("option")
    whole = page(web.get(f"/tickets/of/{one.id}"))
    assert whole.one("h1").text == f"Tickets of recommendation {one.id}"
    answer = web.post(f"/tickets/of/{one.id}", data={"system": "jira"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/savings/{one.id}#tickets")
    shown = page(web.get(f"/tickets/of/{one.id}"))
    link = shown.one("ul", cls="ticket-list").one("a")
    assert (link.text, link.attrs["href"]) == ("FIN-1", f"{jira.url}/browse/FIN-1")
    jira.put("FIN-1", "Won't Do")
    web.post("/tickets/sync")
    assert state(acme, one.id) == "dismissed"
    (row,) = page(web.get("/tickets")).one("table", id="links").rows()
    assert row[1:4] == ["Won't Do", f"{finding().title} dismissed", "dismissed"]


def test_pages_that_fail_say_so(acme: Workspace, jira: Jira) -> None:
    web = serving(acme)
    one = keep(acme, finding())
    answer = web.post(f"/tickets/of/{one.id}", data={"system": "linear"})
    assert answer.status_code == 400
    assert "there is no ticket system" in answer.text
    jira.answers = [Reply(503, {"errorMessages": ["Jira is being updated"]})]
    web.post(f"/tickets/of/{one.id}", data={"system": "jira"})
    assert "Jira is being updated" in page(web.get("/tickets")).text
    assert web.get("/tickets/of/999").status_code == 404


def test_the_page_without_a_system(acme: Workspace) -> None:
    web = serving(acme)
    assert page(web.get("/tickets")).all("div", data_state="empty")
    one = keep(acme, finding())
    assert "No ticket system is set up" in web.get(f"/tickets/of/{one.id}").text


def test_the_api(acme: Workspace, jira: Jira) -> None:
    web = serving(acme)
    one = keep(acme, finding())
    made = web.post(f"/api/v1/savings/{one.id}/tickets", json={"system": "jira"})
    assert (made.status_code, made.json()["external"]) == (201, "FIN-1")
    assert web.get(f"/api/v1/savings/{one.id}/tickets").json() == [made.json()]
    assert web.get("/api/v1/tickets").json() == [made.json()]
    (system,) = web.get("/api/v1/tickets/systems").json()
    assert system["states"]["dismissed"][0] == "Won't Do"
    assert web.post("/api/v1/tickets/sync").json()["problems"] == []
    wrong: tuple[Any, ...] = ({}, {"system": 1}, {"system": "jira", "colour": "red"})
    for body in wrong:
        assert web.post(f"/api/v1/savings/{one.id}/tickets", json=body).status_code == 400
    assert use.tickets_of(acme, one.id)[0].external == "FIN-1"
