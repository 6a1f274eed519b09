"""Pages, API, commands and assistants: what they show of recommendations, what is done by them."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient
from typer.testing import CliRunner

from outlay.app import Workspace
from outlay.app.savings.acting import store
from outlay.cli.main import app
from outlay.client.shapes import savings as shapes
from outlay.mcp.registry import Context
from outlay.mcp.tools import savings as tools
from outlay.money import total
from tests.savings_app.conftest import of
from tests.web.conftest import serving
from tests.web.page import Node, parse

NET = Decimal("811.07")
"""All of the company's findings (861.64), less what the smaller size of i-2 shares with its hours
(72 − 21.43)."""


@pytest.fixture
def client(looked: Workspace) -> TestClient:
    """The pages of the company after its first look."""
    return serving(looked)


def page(client: TestClient, path: str, status: int = 200) -> Node:
    """A page, parsed."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def post(client: TestClient, path: str, **given: Any) -> Any:
    """What a form answers."""
    return client.post(path, data=given, follow_redirects=False)


def cli(workspace: Workspace, *asked: str) -> Any:
    """What a command says."""
    return CliRunner().invoke(app, ["-w", str(workspace.path), "savings", *asked])


def test_the_list_adds_up_to_its_totals_and_so_does_the_csv(client: TestClient) -> None:
    shown = page(client, "/savings")
    assert shown.one(id="net-USD").attrs["title"] == f"{NET} USD"
    boxes = shown.all("input", name="n")
    assert len(boxes) == 9
    assert total(Decimal(box.attrs["data-net"] or "") for box in boxes) == NET
    rows = list(csv.DictReader(io.StringIO(client.get("/savings/csv").text)))
    assert total(Decimal(row["monthly_net"]) for row in rows) == NET
    told = client.get("/api/v1/savings").json()
    assert [one["net"] for one in told["totals"]] == ["811.07"]
    assert [one["all"] for one in told["totals"]] == ["861.64"]


def test_the_address_filters_and_wrong_words_are_refused(client: TestClient) -> None:
    def found(query: str) -> int:
        return len(page(client, f"/savings?{query}").all("input", name="n"))

    assert found("owner=data") == 4
    assert found("owner=-") == 0
    assert found("action=Delete&minimum=100") == 1
    assert found("text=i-2") == 2
    assert found("effort=High") == 0
    assert found("state=accepted") == 0
    for wrong in ("state=old", "minimum=many", "minimum=-1", "minimum=NaN", "late=x", "sort=luck",
                  "action=Fly", "effort=Huge", "confidence=sure"):  # fmt: skip
        assert "This cannot be shown." in page(client, f"/savings?{wrong}", 400).text
        assert client.get(f"/savings/csv?{wrong}").status_code == 400
        if not wrong.startswith("late"):
            assert client.get(f"/api/v1/savings?{wrong}").status_code in (400, 422)


def test_alternatives_stand_together(client: TestClient, looked: Workspace) -> None:
    shown = page(client, "/savings")
    (group,) = shown.all("tbody", **{"class": "alternatives"})
    numbers = [box.attrs["value"] for box in group.all("input", name="n")]
    assert numbers == [str(of(looked, "i-2", "hours").id), str(of(looked, "i-2", "size").id)]


def test_one_page_explains_every_figure(client: TestClient, looked: Workspace) -> None:
    one = of(looked, "i-2", "size")
    shown = page(client, f"/savings/{one.id}")
    assert shown.one(id="net-figure").attrs["title"] == "21.43 USD"
    assert shown.one(id="saving-figure").attrs["title"] == "72.00 USD"
    net = shown.one(id="net").text
    assert "Schedule i-2" in net and "takes a part of the same charges first" in net
    assert "team = data has" in shown.text
    assert "ResourceId = 'i-2'" in shown.text
    links = [a.attrs.get("href") or "" for a in shown.all("a")]
    (explore,) = [link for link in links if link.startswith("/explore?")]
    assert client.get(explore).status_code == 200
    assert shown.one(id="realised") and shown.one(id="tickets")
    assert page(client, "/savings/999", 404)
    answer = client.get("/savings/x")
    assert answer.status_code == 404
    assert "Nothing is kept at /savings/x." in answer.text
    assert client.get(f"/savings/{10**30}").status_code == 404


def test_people_act_by_forms(client: TestClient, looked: Workspace) -> None:
    number = of(looked, "vol-1").id
    done = post(client, f"/savings/{number}/assign", person="ben", back="/savings/mine?owner=shop")
    assert (done.status_code, done.headers["location"]) == (303, "/savings/mine?owner=shop")
    away = post(client, f"/savings/{number}/comment", note="<b>hi</b>", back="//evil.example")
    assert away.headers["location"] == f"/savings/{number}#history"
    assert post(client, f"/savings/{number}/dismiss", note="").status_code == 400
    assert post(client, f"/savings/{number}/snooze", until="soon").status_code == 400
    assert post(client, f"/savings/{number}/implement").status_code == 400
    assert post(client, f"/savings/{number}/accept").status_code == 303
    shown = page(client, f"/savings/{number}")
    history = shown.one(id="history").text
    for words in ("accepted it", "<b>hi</b>", "gave it to ben", "Outlay found it"):
        assert words in history
    assert store(looked).one(number).state == "accepted"


def test_bulk_changes_all_or_none_and_keeps_what_was_marked(
    client: TestClient, looked: Workspace
) -> None:
    first, second = of(looked, "vol-1").id, of(looked, "i-8").id
    post(client, f"/savings/{second}/dismiss", note="no")
    answer = post(client, "/savings/bulk", n=[first, second], step="accept",
                  back="/savings?state=all")  # fmt: skip
    assert answer.status_code == 400
    shown = parse(answer.text)
    assert "Nothing was changed: 1 of the 2 marked cannot." in shown.one(id="problem").text
    marked = [box for box in shown.all("input", name="n") if "checked" in box.attrs]
    assert {box.attrs["value"] for box in marked} == {str(first), str(second)}
    assert "mark at least one" in post(client, "/savings/bulk", step="accept").text
    done = post(client, "/savings/bulk", n=[first], step="assign", person="ben", back="/savings")
    assert done.status_code == 303
    assert store(looked).one(first).assignee == "ben"


def test_my_savings_are_an_owners(client: TestClient, looked: Workspace) -> None:
    start = page(client, "/savings/mine")
    owners = [row.one("th").text for row in start.one(id="owners").one("tbody").all("tr")]
    assert owners == ["shop", "data"]
    shown = page(client, "/savings/mine?owner=data")
    assert len(shown.all("article")) == 4
    assert "292.07" in shown.text  # 25.50 + 21.43 + 101.14 + 144
    assert "Nothing of nobody is open" not in shown.text
    empty = page(client, "/savings/mine?owner=marketing")
    assert "Nothing of marketing is open" in empty.text


def test_the_policy_is_changed_by_a_form(client: TestClient, looked: Workspace) -> None:
    form = page(client, "/savings/policy")
    fields = {
        one.attrs["name"]: one.attrs.get("value") or ""
        for one in form.all("input")
        if one.attrs.get("name")
    }
    wrong = post(client, "/savings/policy", **{**fields, "decide_days": "0"})
    assert wrong.status_code == 400 and "decide_days" in parse(wrong.text).one(id="problem").text
    done = post(client, "/savings/policy", **{**fields, "owner_tag": "team", "decide_days": "7"})
    assert done.status_code == 303
    kept = client.get("/api/v1/savings/policy").json()
    assert (kept["version"], kept["spec"]["decide_days"]) == (1, 7)
    stale = post(client, "/savings/policy", **fields)
    assert stale.status_code in (400, 409)


def test_every_answer_of_the_api_has_its_shape(client: TestClient, looked: Workspace) -> None:
    number = of(looked, "i-2", "size").id
    TypeAdapter(shapes.SavingList).validate_python(client.get("/api/v1/savings").json())
    TypeAdapter(shapes.SavingWhole).validate_python(client.get(f"/api/v1/savings/{number}").json())
    TypeAdapter(shapes.SavingsPolicy).validate_python(client.get("/api/v1/savings/policy").json())
    TypeAdapter(shapes.SavingLook).validate_python(client.post("/api/v1/savings/look").json())
    base = f"/api/v1/savings/{number}"
    body: dict[str, Any] | None
    for step, body in (
        ("assign", {"person": "ana"}),
        ("comment", {"note": "hello"}),
        ("snooze", {"until": "2999-01-01"}),
        ("reopen", None),
        ("dismiss", {"reason": "no", "until": "2999-01-01"}),
        ("reopen", {}),
        ("accept", {"note": "yes"}),
        ("implement", None),
    ):
        answer = client.post(f"{base}/{step}", json=body)
        assert answer.status_code == 200, answer.text
        TypeAdapter(shapes.SavingChanged).validate_python(answer.json())
    bulk = client.post("/api/v1/savings/bulk", json={"numbers": [number], "step": "accept"}).json()
    TypeAdapter(shapes.SavingsChanged).validate_python(bulk)
    assert list(bulk["refused"]) == [str(number)]
    for path, body in (
        (f"{base}/snooze", {"until": "soon"}),
        (f"{base}/snooze", {}),
        (f"{base}/dismiss", {"reason": 3}),
        (f"{base}/accept", {"finding": "first"}),
        ("/api/v1/savings/bulk", {"numbers": ["1"], "step": "accept"}),
    ):
        assert client.post(path, json=body).status_code == 400, body


def test_commands_say_the_same(looked: Workspace) -> None:
    listed = cli(looked, "list")
    assert listed.exit_code == 0
    assert "811.07 USD a month net of overlaps (861.64 best of alternatives" in listed.output
    told = json.loads(cli(looked, "list", "--json", "--owner", "data").output)
    assert told["count"] == 4
    lines = cli(looked, "list", "--csv").output.splitlines()
    assert len(lines) == 10
    number = str(of(looked, "vol-1").id)
    done = cli(looked, "accept", number, "--note", "yes")
    assert re.search(rf"Recommendation {number} is accepted, due \d", done.output), done.output
    refused = cli(looked, "accept", number)
    assert refused.exit_code == 1 and "nothing was changed" in str(refused.exception)
    assert "'soon' is no day" in cli(looked, "snooze", number, "--until", "soon").output
    assert "'many' is no amount" in cli(looked, "list", "--minimum", "many").output
    assert cli(looked, "list", "--state", "old").exit_code != 0
    assert "accepted" in cli(looked, "show", number).output
    assert cli(looked, "show", "999").exit_code == 1
    assert "To decide    14 days" in cli(looked, "policy").output


def test_assistants_say_the_same(looked: Workspace) -> None:
    context = Context(looked)
    answer = tools.savings.run(context, tools.SavingsInput())
    assert [one["net"] for one in answer.data["totals"]] == ["811.07"]
    assert "Net of overlaps: 811.07 USD a month (9)" in answer.text
    number = of(looked, "i-2", "size").id
    answer = tools.explain_saving.run(context, tools.SavingInput(saving=number))
    assert "takes a part of the same charges first" in answer.text
    answer = tools.act_on_saving.run(
        context, tools.SavingStepInput(saving=number, step="dismiss", note="a standby")
    )
    assert answer.data["saving"]["state"] == "dismissed"


def test_without_a_bill_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "acme")
    shown = page(serving(workspace), "/savings").text
    assert "Add a bill" in shown and "Look now" not in shown
    workspace.close()


def test_before_the_first_look_the_pages_say_what_to_do(acme: Workspace) -> None:
    client = serving(acme)
    shown = page(client, "/savings").text
    assert "No look was taken yet" in shown and "Look now" in shown
    assert "Nothing to save yet" in page(client, "/savings/mine").text
    assert "No look was taken yet" in cli(acme, "list").output
