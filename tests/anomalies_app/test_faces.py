"""Pages, API, commands and assistants: what they show of events, and what can be done by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from outlay.app import Workspace
from outlay.app.anomalies.detecting import store
from outlay.cli.main import app
from outlay.client.typing import adapter
from outlay.mcp.registry import Context
from outlay.mcp.tools import anomalies as tools
from outlay.money import money_text, total
from tests.anomalies_app.conftest import events
from tests.web.conftest import serving
from tests.web.page import Node, parse

EVER = "days=36500"


@pytest.fixture
def client(spiked: Workspace) -> Iterator[TestClient]:
    """The pages of a company with the spike, to be changed."""
    yield serving(spiked)


@pytest.fixture(scope="module")
def still(spiked_made: Path) -> Iterator[Workspace]:
    """The company with the spike, for those who only read."""
    workspace = Workspace.open(spiked_made)
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def reader(still: Workspace) -> TestClient:
    """Its pages."""
    return serving(still)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    """A page, parsed."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def exact(row: Node) -> list[Decimal]:
    """The exact amounts of a row, as its titles have them."""
    titles = [cell.attrs.get("title") for cell in row.all("td")]
    return [Decimal(title.replace(",", "").split()[0]) for title in titles if title]


def post(client: TestClient, path: str, **given: str) -> Any:
    """What a form answers."""
    return client.post(path, data=given, follow_redirects=False)


def test_the_list_shows_impact_driver_and_totals(reader: TestClient, still: Workspace) -> None:
    (event,) = events(still)
    shown = page(reader, f"/anomalies?{EVER}")
    (row,) = shown.one(id="anomalies").rows()
    assert row[0].startswith("Compute") and "service · spike" in row[0]
    assert "The resource runaway-1 is 99 % of it, from more usage." in row[0]
    assert f"+{event.impact:,.2f}" in row[1] and "USD" in row[1]
    assert row[3] == "26–27 Aug 2026" and row[4] == "ended" and row[5] == "storefront"
    assert shown.one(id="anomaly-count").text == "1"
    assert len(shown.all("polygon", **{"class": "band"})) == 1
    for nothing in ("direction=down", "owner=insight", "minimum=5000", "state=resolved"):
        assert not page(reader, f"/anomalies?{EVER}&{nothing}").all(id="anomalies")
    assert "is no amount" in page(reader, "/anomalies?minimum=many", 400).text
    for wrong in ("many", "NaN", "Infinity"):
        answer = reader.get(f"/api/v1/anomalies?minimum={wrong}")
        assert (answer.status_code, answer.json()["field"]) == (400, "minimum")
        assert f"'{wrong}' is no amount" in page(reader, f"/anomalies?minimum={wrong}", 400).text
        done = CliRunner().invoke(
            app, ["-w", str(still.path), "anomalies", "list", "--minimum", wrong]
        )
        assert f"'{wrong}' is no amount" in done.output
    assert "'old' is no state" in page(reader, "/anomalies?state=old", 400).text


def test_the_event_can_be_reckoned_by_hand_from_its_page(
    reader: TestClient, still: Workspace
) -> None:
    (event,) = events(still)
    shown = page(reader, "/anomalies/1")
    table = shown.one(id="day-table")
    rows = [exact(row) for row in table.one("tbody").all("tr")]
    assert len(rows) == 2
    assert all(total((a, e.copy_negate())) == difference for a, e, difference in rows)
    (foot,) = [exact(row) for row in table.one("tfoot").all("tr")]
    assert foot == [total(column) for column in zip(*rows, strict=True)]
    assert foot[-1] == event.impact and f"{event.impact:+,.2f}" in shown.one(id="impact").text
    for part in ("smallest", "split"):
        table = shown.one(id=part).one("table")
        amounts = [exact(row)[-1] for row in table.one("tbody").all("tr")]
        assert total(amounts) == exact(table.one("tfoot").one("tr"))[-1] == event.impact
    chart = json.loads(shown.one("div", **{"class": "chart"}).attrs["data-chart"])
    assert chart["marks"][0]["when"] == "26 to 27 August 2026"
    assert len(chart["series"][0]["values"]) == len(chart["forecast"]["values"])
    links = [a.attrs["href"] for a in shown.all("a") if "href" in a.attrs]
    for start in ("/explore?", "/drivers?"):
        asked = next(one for one in links if one.startswith(start))
        assert reader.get(asked).status_code == 200
    assert page(reader, "/anomalies/99", 404)


def test_people_act_by_forms(client: TestClient, spiked: Workspace) -> None:
    back = f"/anomalies?{EVER}"
    done = post(client, "/anomalies/1/acknowledge", back=back)
    assert done.status_code == 303 and done.headers["location"] == back
    assert post(client, "/anomalies/1/acknowledge").status_code == 400
    elsewhere = post(client, "/anomalies/1/comment", note="<b>hi</b>", back="//evil.example")
    assert elsewhere.headers["location"] == "/anomalies/1#log"
    post(client, "/anomalies/1/feedback", verdict="known", note="a load test")
    post(client, "/anomalies/1/assign", person="ana")
    shown = page(client, "/anomalies/1")
    log = shown.one("ol", **{"class": "anomaly-log"}).text
    for word in ("acknowledged it", "<b>hi</b>", "says that it is a known event", "gave it to ana"):
        assert word in log
    assert "a known event" in page(client, "/anomalies/monitors").one(id="default").text
    post(client, "/anomalies/1/withdraw")
    assert events(spiked)[0].feedback == ""
    refused = post(client, "/anomalies/1/feedback", verdict="fine")
    assert refused.status_code == 400 and "is no feedback" in refused.text


def test_a_monitor_is_made_and_changed_by_a_form(client: TestClient, spiked: Workspace) -> None:
    form = page(client, "/anomalies/monitors/default")
    assert "SubAccountId" in form.one("textarea", name="groupings").text
    given = {
        "title": "Storage", "groupings": "ServiceName\nSubAccountId", "where": "", "grain": "day",
        "charges": "usage", "measure": "EffectiveCost", "sensitivity": "high", "currency": "",
        "direction": "up", "minimum_impact": "25", "minimum_percent": "5", "enabled": "yes",
        "owner_tag": "team", "description": "", "version": "0",
    }  # fmt: skip
    done = post(client, "/anomalies/monitors", **given)
    assert done.headers["location"] == "/anomalies/monitors?saved=storage#storage"
    kept = spiked.resources.get("AnomalyMonitor", "storage").spec
    assert kept.minimum_impact == 25 and kept.groupings == ("ServiceName", "SubAccountId")  # type: ignore[attr-defined]
    wrong = post(client, "/anomalies/monitors", **given | {"groupings": "Servcie"})
    assert wrong.status_code == 400 and "ServiceName" in wrong.text
    german = post(client, "/anomalies/monitors", **given | {"minimum_impact": "1.000,00"})
    assert german.status_code == 400 and "is no number as it is written here" in german.text
    assert parse(german.text).one("input", name="minimum_impact").attrs["value"] == "1.000,00"
    lost = post(client, "/anomalies/monitors", **given | {"where": "nothere = 'x'"})
    assert lost.status_code == 400 and "nothere" in lost.text
    stale = post(client, "/anomalies/monitors/storage", **given | {"version": "7"})
    assert stale.status_code == 400
    post(client, "/anomalies/monitors/storage/delete")
    assert spiked.resources.find("AnomalyMonitor", "storage") is None
    looked = post(client, "/anomalies/detect")
    assert looked.headers["location"] == "/anomalies?looked=0"


def test_an_empty_ledger_says_what_will_be_watched(empty: TestClient) -> None:
    shown = page(empty, "/anomalies")
    assert "No bill yet" in shown.text and "virtual tags are watched" in shown.text
    assert empty.get("/anomalies/monitors").status_code == 200


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    """A workspace without any bill."""
    workspace = Workspace.init(tmp_path / "empty", name="Empty")
    yield serving(workspace)
    workspace.close()


def test_the_api_gives_what_it_says(client: TestClient, spiked: Workspace) -> None:
    api = "/api/v1/anomalies"
    listed = adapter("AnomalyList").validate_python(client.get(f"{api}?{EVER}").json())
    assert listed["count"] == 1 and listed["rows"][0]["impact"] == events(spiked)[0].impact
    whole = adapter("AnomalyWithDrivers").validate_python(client.get(f"{api}/1").json())
    assert total(day["difference"] for day in whole["days"]) == whole["impact"]
    assert total(one["amount"] for one in whole["split"]["effects"]) == whole["impact"]
    assert whole["series"][0]["title"] == "Compute"
    assert whole["names"]["SubAccountId"] == {"222222222222": "shop"}
    said = client.post(f"{api}/1/feedback", json={"verdict": "fine"})
    assert said.status_code == 400 and said.json()["field"] == "verdict"
    for action, body in (
        ("acknowledge", {"note": "on it"}), ("reopen", None), ("resolve", None),
        ("feedback", {"verdict": "unexpected"}), ("assign", {"person": "ana"}),
        ("comment", {"note": "seen"}),
    ):  # fmt: skip
        answer = client.post(f"{api}/1/{action}", json=body)
        assert answer.status_code == 200, answer.text
        adapter("Anomaly").validate_python(answer.json())
    assert client.delete(f"{api}/1/feedback").json()["feedback"] == ""
    monitor = client.get(f"{api}/monitors/default").json()
    assert adapter("AnomalyMonitorLearned").validate_python(monitor)["shipped"]
    (run,) = client.get(f"{api}/runs").json()
    assert run["outcome"] == "detected" and run["events"] == 1
    assert client.get(f"{api}/99").status_code == 404


def outlay(workspace: Workspace, *words: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(app, ["-w", str(workspace.path), "anomalies", *words])
    assert done.exit_code == 0, done.output
    return done.output


def test_commands(spiked: Workspace) -> None:
    (event,) = events(spiked)
    listed = json.loads(outlay(spiked, "list", "--days", "36500", "--json"))
    assert listed["rows"][0]["impact"] == money_text(event.impact)
    shown = outlay(spiked, "show", "1")
    assert "2026-08-26" in shown and f"{event.impact:,.2f}" in shown and "Usage" in shown
    assert "is acknowledged" in outlay(spiked, "acknowledge", "1", "--note", "on it")
    assert "said to be expected" in outlay(spiked, "feedback", "1", "expected")
    outlay(spiked, "feedback", "1", "--withdraw")
    assert "8 series looked at: no new events." in outlay(spiked, "detect")
    assert "default" in outlay(spiked, "monitors")
    actions = [step.action for step in store(spiked).steps(1)]
    assert actions == ["detected", "acknowledge", "feedback", "withdraw"]


def test_assistants(spiked: Workspace) -> None:
    context = Context(spiked)
    found = tools.list_anomalies.run(context, tools.AnomaliesInput(days=36500))
    assert found.data["anomalies"][0]["title"] == "Compute"
    told = tools.explain_anomaly.run(context, tools.AnomalyInput(anomaly=1))
    assert "runaway-1" in told.text and told.data["anomaly"]["split"]["effects"]
    tools.act_on_anomaly.run(context, tools.ActInput(anomaly=1, action="acknowledge", note="on it"))
    assert events(spiked)[0].state == "acknowledged"
