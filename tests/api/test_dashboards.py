"""Dashboards and annotations over HTTP and by command, with the figures of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from outlay.app import Workspace
from outlay.cli.main import main
from tests.shared import ROOT
from tests.web.company import SEPTEMBER_TOTAL, company
from tests.web.conftest import serving

API = "/api/v1"
BOARD = {
    "title": "Compute",
    "personas": ["engineer"],
    "panels": [
        {"title": "Spend", "kind": "figure", "query": {"compare": "previous"}},
        {"title": "By team", "kind": "table", "query": {"by": ["tags.team"]}},
        {
            "title": "Gone",
            "kind": "line",
            "query": {"by": ["tags.team"], "where": "RegionId = 'x'"},
        },
    ],
}
SEPTEMBER = {"from": "2026-09-01", "to": "2026-10-01"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    found = company(tmp_path_factory.mktemp("acme")).workspace
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    client = serving(workspace)
    assert client.put(f"{API}/resources/Dashboard/compute", json=BOARD).status_code == 201
    return client


def test_the_list_has_own_ones_and_ready_made_ones(client: TestClient) -> None:
    found = client.get(f"{API}/dashboards").json()
    assert {"compute": False, "executive": True, "aws": True}.items() <= {
        one["name"]: one["ready_made"] for one in found
    }.items()
    engineers = client.get(f"{API}/dashboards?persona=engineer").json()
    assert [one["name"] for one in engineers] == ["compute", "engineer"]


def test_panels_answer_with_every_digit_and_each_says_its_state(client: TestClient) -> None:
    found = client.get(f"{API}/dashboards/compute/answers", params=SEPTEMBER).json()
    spend, team, gone = found["panels"]
    assert found["variables"] == SEPTEMBER
    assert spend["result"]["total"]["EffectiveCost"] == SEPTEMBER_TOTAL
    rows = [Decimal(row["EffectiveCost"]) for row in team["result"]["rows"]]
    assert sum(rows) == Decimal(SEPTEMBER_TOTAL)
    assert [panel["state"] for panel in found["panels"]] == ["answered", "answered", "empty"]
    assert "error" not in spend and gone["query"]["where"] == "RegionId = 'x'"


def test_what_moves_all_panels_is_checked(client: TestClient) -> None:
    odd = client.get(f"{API}/dashboards/compute/answers?range=fortnight")
    assert (odd.status_code, odd.json()["field"]) == (400, "range")
    misspelt = client.get(f"{API}/dashboards/compute/answers?wher=x")
    assert misspelt.status_code == 400 and "where" in misspelt.json()["allowed"]
    assert client.get(f"{API}/dashboards/none").status_code == 404


def test_a_ready_made_one_is_copied_not_changed(client: TestClient) -> None:
    copied = client.post(f"{API}/dashboards/executive/copy", json={"title": "For Ada"})
    assert (copied.status_code, copied.json()["name"]) == (201, "for-ada")
    assert copied.headers["etag"] == '"1"'
    assert client.get(f"{API}/dashboards/executive").json()["ready_made"] is True


def test_a_change_of_what_was_not_seen_is_refused(client: TestClient) -> None:
    address = f"{API}/resources/Dashboard/for-bob"
    assert client.put(address, json=BOARD).status_code == 201
    ok = client.put(address, json=BOARD | {"title": "Two"}, headers={"If-Match": '"1"'})
    assert ok.headers["etag"] == '"2"'
    late = client.put(address, json=BOARD | {"title": "Late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 409
    assert client.get(f"{API}/dashboards/for-bob").json()["history"][-1]["version"] == 2


def test_annotations_are_written_read_and_removed(client: TestClient) -> None:
    spec = {"from": "2026-09-03", "text": "Checkout v2", "category": "deploy"}
    made = client.post(f"{API}/annotations", json=spec)
    assert (made.status_code, made.json()["name"]) == (201, "2026-09-03-checkout-v2")
    assert client.get(f"{API}/annotations/2026-09-03-checkout-v2").json()["text"] == "Checkout v2"
    for query, number in (
        ("", 1), ("category=deploy", 1), ("category=incident", 0), ("q=CHECKOUT", 1),
        ("from=2026-09-04", 0), ("from=2026-09-03&to=2026-09-04", 1), ("to=2026-09-03", 0),
    ):  # fmt: skip
        assert len(client.get(f"{API}/annotations?{query}").json()) == number, query
    assert client.get(f"{API}/annotations?category=party").status_code == 400
    assert client.get(f"{API}/annotations?from=soon").status_code == 400
    assert client.post(f"{API}/annotations", json={"text": "no day"}).status_code == 400
    assert client.delete(f"{API}/annotations/2026-09-03-checkout-v2").status_code == 204
    assert client.delete(f"{API}/annotations/2026-09-03-checkout-v2").status_code == 404


def test_a_view_gets_another_name_with_its_dashboards(client: TestClient) -> None:
    view = {"query": {"by": ["tags.team"]}}
    assert client.put(f"{API}/views/squads", json=view).status_code == 200
    board = {"panels": [{"kind": "table", "view": "squads"}]}
    assert client.put(f"{API}/resources/Dashboard/uses", json=board).status_code == 201
    assert client.get(f"{API}/views/squads/uses").json() == [
        {"kind": "Dashboard", "name": "uses", "title": "uses"}
    ]
    assert client.delete(f"{API}/views/squads").status_code == 409
    assert client.post(f"{API}/views/squads/rename", json={"to": "teams"}).status_code == 200
    spec = client.get(f"{API}/dashboards/uses").json()["spec"]
    assert spec["panels"][0]["view"] == "teams"


def run(workspace: Workspace, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, "--workspace", str(workspace.path)]) == 0
    return capsys.readouterr().out


def test_commands_list_show_copy_and_export(
    workspace: Workspace, client: TestClient, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    listed = run(workspace, capsys, "dashboards", "list")
    assert "compute" in listed and "ready-made" in listed
    shown = run(
        workspace, capsys, "dashboards", "show", "compute", "--range", "2026-09-01..2026-10-01"
    )
    assert "135.48 USD, +14.98 on complete days" in shown
    assert "nothing matches" in shown
    copied = run(workspace, capsys, "dashboards", "copy", "compute", "--title", "Mine")
    assert copied.strip() == "The dashboard mine is a copy of compute."
    text = run(workspace, capsys, "dashboards", "export", "mine")
    assert yaml.safe_load(text)["spec"]["panels"][0]["title"] == "Spend"
    file = tmp_path / "mine.yaml"
    run(workspace, capsys, "dashboards", "export", "mine", "--out", str(file))
    assert file.read_text() == text


def test_a_dashboard_goes_by_file_there_and_back(
    workspace: Workspace, client: TestClient, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """plan, apply and pull know dashboards and annotations without being told of them."""
    file = tmp_path / "board.yaml"
    text = run(workspace, capsys, "dashboards", "export", "compute")
    file.write_text(
        text.replace("name: compute", "name: by-file")
        + "\n---\n"
        + """\
kind: Annotation
name: by-file
spec: {from: 2026-09-03, until: 2026-09-05, text: By file, dashboard: by-file}
"""
    )
    assert "by-file" in run(workspace, capsys, "plan", str(file))
    assert "by-file" not in workspace.resources.names("Dashboard")
    run(workspace, capsys, "apply", str(file), "--yes")
    kept = workspace.resources.get("Dashboard", "by-file")
    assert (
        kept.document()["spec"]
        == workspace.resources.get("Dashboard", "compute").document()["spec"]
    )
    out = tmp_path / "pulled"
    run(workspace, capsys, "pull", "--out", str(out))
    pulled = "\n".join(path.read_text() for path in sorted(out.rglob("*.yaml")))
    assert "name: by-file" in pulled and "until: '2026-09-05'" in pulled
    assert "Nothing to do: " in run(workspace, capsys, "plan", str(out))


def test_the_documented_files_are_applied_and_answered(
    workspace: Workspace, client: TestClient, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (ROOT / "docs" / "dashboards.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    file = tmp_path / "docs.yaml"
    file.write_text("---\n".join(blocks))
    run(workspace, capsys, "apply", str(file), "--yes")
    found = client.get(f"{API}/dashboards/checkout/answers").json()
    assert [panel["title"] for panel in found["panels"]] == ["Last month", "By service", "Accounts"]
    assert {panel["state"] for panel in found["panels"]} == {"empty"}
    one = client.get(f"{API}/annotations/checkout-v2").json()
    assert (one["from"], one["until"], one["category"]) == ("2026-09-03", "2026-09-05", "deploy")


def test_commands_of_annotations(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    run(workspace, capsys, "annotations", "add", "2026-09-10", "Load test", "--until", "2026-09-12")
    listed = run(workspace, capsys, "annotations", "list", "--text", "load")
    assert "2026-09-10-load-test" in listed and "2026-09-11" in listed
    run(workspace, capsys, "annotations", "remove", "2026-09-10-load-test")
    left = run(workspace, capsys, "annotations", "list", "--text", "load")
    assert left.startswith("No annotation: outlay annotations add")
