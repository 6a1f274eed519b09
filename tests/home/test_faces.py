"""The same cards and words over HTTP and on the command line."""

import json
from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.app.home import Home, home
from outlay.app.served.wire import decode, encode
from outlay.cli.main import main
from tests.home.firm import NOW


def card(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = [c for q in data["questions"] for c in q["cards"] if c["card"] == name]
    (one,) = found
    assert isinstance(one, dict)
    return one


def test_the_api_gives_the_exact_figures(client: TestClient) -> None:
    data = client.get("/api/v1/home/executive?period=2026-10").json()
    assert (data["from"], data["to"]) == ("2026-10-01", "2026-11-01")
    spend = card(data, "spend")
    (figure,) = spend["figures"]
    assert figure["value"] == "192.345" and figure["change"] == "67.345"
    assert (spend["query"]["from"], spend["query"]["to"]) == ("2026-10-01", "2026-11-01")
    assert client.get(spend["link"]).status_code == 200
    alone = client.get("/api/v1/home/executive/cards/spend?period=2026-10").json()
    assert alone == spend


def test_the_api_lists_the_personas(client: TestClient) -> None:
    found = client.get("/api/v1/home").json()
    assert [len(one["questions"]) for one in found] == [3] * 6


@pytest.mark.parametrize("path", ["/home/boss", "/home/executive/cards/none", "/glossary/nope"])
def test_what_is_not_there_is_a_problem(client: TestClient, path: str) -> None:
    response = client.get(f"/api/v1{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_wrong_period_is_a_problem(client: TestClient) -> None:
    response = client.get("/api/v1/home/executive?period=soon")
    assert response.status_code == 400 and response.json()["field"] == "period"


def test_the_glossary_over_http(client: TestClient) -> None:
    found = client.get("/api/v1/glossary?search=amortised+cost").json()
    assert found[0]["term"] == "EffectiveCost"
    one = client.get("/api/v1/glossary/effective cost").json()
    assert one["anchor"] == "/glossary#effective-cost" and one["focus"] == "EffectiveCost"


def test_the_command_line_prints_the_same(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outlay.app.runs.utc_now", lambda: NOW)
    place = ["-w", str(workspace.path)]
    assert main([*place, "home", "--persona", "executive", "--period", "2026-10"]) == 0
    text = capsys.readouterr().out
    assert "Executive: October 2026, compared with September 2026" in text
    assert "Effective cost 192.35 USD (+53.9 %)" in text
    assert "-> 22.35 USD of October 2026 has no team" in text
    args = ["--json", "home", "--persona", "executive", "--period", "2026-10"]
    assert main([*place, *args]) == 0
    data = json.loads(capsys.readouterr().out)
    assert Decimal(card(data, "spend")["figures"][0]["value"]) == Decimal("192.345")
    assert main([*place, "home", "--persona", "boss"]) != 0
    assert "executive" in capsys.readouterr().err


def test_the_glossary_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["glossary", "BilledCost"]) == 0
    assert "What the invoice asks for" in capsys.readouterr().out
    assert main(["glossary", "prepaid"]) == 0
    assert main(["--json", "glossary"]) == 0
    assert len(json.loads(capsys.readouterr().out.split("\n", 3)[3])) > 100
    assert main(["glossary", "qqqq"]) != 0


def test_a_home_travels_to_another_machine(workspace: Workspace) -> None:
    """`outlay --server URL home` gets the same objects, to the last digit."""
    found = home(workspace, "executive", period="2026-10")
    assert isinstance(found, Home)
    assert decode(json.loads(json.dumps(encode(found)))) == found
