"""Native recommendations by command, page and API: the same figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.native import syncing
from tests.cli.conftest import Ran
from tests.cli.conftest import run as outlay  # noqa: F401
from tests.native import samples
from tests.web.conftest import serving
from tests.web.page import Node, parse

Run = Callable[..., Ran]


@pytest.fixture
def run(acme: Workspace, outlay: Run) -> Run:  # noqa: F811
    return lambda *words: outlay("-w", acme.path, "native", *words)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    path = tmp_path / "hub.json"
    path.write_bytes(samples.page(samples.hub(), samples.hub(recommendationId="rec-2",
                                  actionType="Stop", estimatedMonthlySavings=0)))  # fmt: skip
    return path


@pytest.fixture
def web(acme: Workspace) -> TestClient:
    return serving(acme)


def test_the_commands(run: Run, hub: Path) -> None:
    assert "No source yet" in run("list").out
    loaded = run("load", str(hub))
    assert (loaded.code, loaded.out.strip()) == (
        0, "hub: new, 1 recommendation, 0 without an amount of their own, 1 left out",
    )  # fmt: skip
    (listed,) = json.loads(run("list", "--json").out)
    assert listed["monthly_saving"] == {"USD": "39.71"}
    shown = json.loads(run("show", "hub", "--json").out)
    assert shown["recommendations"][0]["monthly_saving"] == "39.71"
    assert shown["left_out"][0]["reason"] == "the tool says that it saves nothing"
    told = run("show", "hub").out
    assert "39.71" in told
    assert "Not taken: rec-2: the tool says that it saves nothing" in told
    assert run("add", "later", "--location", str(hub), "--cadence", "manual").code == 0
    assert "nothing was read yet" in run("show", "later").out
    assert run("sync", "later").code == 0
    assert run("remove", "later").code == 0
    formats = json.loads(run("formats", "--json").out)
    assert {"aws-cost-hub", "azure-advisor", "generic"} <= {one["format"] for one in formats}
    assert "azure-advisor --option subscriptions=" in run("formats").out


def test_what_fails_says_so_and_how(run: Run, tmp_path: Path) -> None:
    assert run("add", "hub", "--location", str(tmp_path / "none.csv")).code == 0
    failed = run("sync")
    assert failed.code == 1
    assert "none.csv" in failed.err
    wrong = run("add", "x", "--location", "api", "--format", "vpa")
    assert wrong.code == 2
    assert "needs a format whose tool has one" in wrong.err
    gone = run("show", "nobody")
    assert gone.code in (1, 2)
    assert "There are: hub" in gone.err


def test_outlay_sync_reads_the_tools_too(
    acme: Workspace,
    outlay: Run,  # noqa: F811
    hub: Path,
) -> None:
    syncing.add(acme, "hub", str(hub))
    done = outlay("-w", acme.path, "sync", "--no-watch")
    assert done.code == 0
    assert "hub: new, 1 recommendation" in done.out
    hub.write_text("{}")
    done = outlay("-w", acme.path, "sync", "--no-watch")
    assert done.code == 1


def page(answer: Any) -> Node:
    assert answer.status_code == 200, answer.text[:300]
    return parse(answer.text)


def test_the_page_when_nothing_is_read(web: TestClient) -> None:
    found = page(web.get("/native"))
    assert found.all("div", data_state="empty")
    assert found.one("form", cls="native-form")


def test_the_pages(web: TestClient, acme: Workspace, hub: Path) -> None:
    syncing.load(acme, str(hub))
    (row,) = page(web.get("/native")).one("table", id="native").rows()
    assert row[1:5] == ["manual", "1", "1", "39.71 USD"]
    one = page(web.get("/native/hub"))
    assert "Right-size i-0aa2: m6i.large to t3.medium" in one.one("section", id="findings").text
    assert "it saves nothing" in one.one("section", id="told").text
    assert len(one.one("section", id="deliveries").rows()) == 1
    assert web.get("/native/none").status_code == 404


def test_a_source_by_the_form(web: TestClient, acme: Workspace, hub: Path) -> None:
    given = {"name": "hub", "format": "auto", "location": str(hub), "cadence": "daily",
             "options": "discounts=before\n"}  # fmt: skip
    answer = web.post("/native", data=given, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/native/hub")
    assert "39.71" in page(web.get("/native/hub")).one("section", id="findings").text
    again = web.post("/native", data=given)
    assert again.status_code == 400
    found = parse(again.text)
    assert found.one("div", id="problem")
    assert found.one("input", name="location").attrs["value"] == str(hub)  # as it was typed
    bad = web.post("/native", data=given | {"name": "x", "options": "discounts"})
    assert "has no value: write name=value" in parse(bad.text).one("div", id="problem").text
    hub.write_text("{}")
    web.post("/native/hub/sync")
    failed = page(web.get("/native/hub"))
    assert "The last sync failed." in failed.one("div", cls="banner").text
    assert "39.71" in failed.one("section", id="findings").text
    assert page(web.get("/native")).all("td", cls="error-text")
    assert web.post("/native/hub/delete", follow_redirects=False).status_code == 303
    assert acme.resources.names(syncing.KIND) == []


def test_the_api(web: TestClient, hub: Path) -> None:
    made = web.post("/api/v1/native", json={"name": "hub", "location": str(hub)})
    assert made.status_code == 201
    done = web.post("/api/v1/native/sync", json={"names": ["hub"]}).json()
    assert done[0]["outcome"] == "delivered"
    assert web.get("/api/v1/native").json()[0]["findings"] == 1
    names: tuple[Any, ...] = ({"names": "hub"}, {"names": [1]})
    for body in names:
        assert web.post("/api/v1/native/sync", json=body).status_code == 400
    wrong: tuple[Any, ...] = ({"location": 1}, {"colour": "red"}, {"name": "x"}, {"options": []})
    for body in wrong:
        assert web.post("/api/v1/native", json=body).status_code == 400, body
    assert web.get("/api/v1/native/none").status_code == 404
    assert web.delete("/api/v1/native/hub").status_code == 204
