"""`outlay utilization`, its page and its API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.cli.conftest import Run, run  # noqa: F401
from tests.utilization.conftest import make
from tests.web.conftest import serving
from tests.web.page import parse

OCTOBER = "from=2026-10-01&to=2026-11-01"
_DAYS = ("--from", "2026-10-01", "--to", "2026-11-01")


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def test_the_page_has_every_resource_and_what_is_measured(client: TestClient) -> None:
    found = parse(client.get(f"/utilization?{OCTOBER}").text)
    table = found.one("table", id="table")
    assert ["i-1"] in table.rows()
    assert ["CPU", "30.0 %", "70.0 %", "95.5 %", "–", "2", "6 Oct 2026"] in table.rows()
    assert found.one("dd", data_share="USD").text == "90.0%"
    assert "1 measured resource has no cost in this range, e.g. i-gone" in found.text
    link = next(a for a in table.all("a") if a.text == "i-1")
    one = parse(client.get(link.attrs["href"]).text)
    assert one.one("h1").text == "Utilisation of i-1"
    assert one.one("table", id="table").all("svg", cls="spark")


@pytest.mark.parametrize(
    "query",
    ["metric=heat", "range=soon", "colour=red", "limit=x", "limit=%C2%B2", f"limit={'9' * 5000}",
     "as_of=soon", "by=Colour", "from=2026-10-02&to=2026-10-01"],
)  # fmt: skip
def test_a_wrong_question_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/utilization?{query}").status_code == 400
    assert client.get(f"/api/v1/utilization?{query}").status_code == 400


def test_days_without_measurements_are_not_an_empty_workspace(client: TestClient) -> None:
    text = parse(client.get("/utilization?from=2025-01-01&to=2025-02-01").text).text
    assert "Nothing was measured here" in text and "Nothing is measured yet" not in text


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    empty = Workspace.init(tmp_path / "empty", name="Empty")
    text = parse(serving(empty).get("/utilization").text).text
    assert "Nothing is measured yet" in text and "--kind utilization" in text
    empty.close()


def test_the_api(client: TestClient) -> None:
    rows = client.get(f"/api/v1/utilization?metric=cpu&{OCTOBER}").json()["rows"]
    assert [(row["ResourceId"], row["average"]) for row in rows] == [("i-1", "30"), ("i-gone", "1")]
    text = client.get(f"/api/v1/utilization.csv?{OCTOBER}").text
    assert text.startswith("ResourceId,metric,unit,period,average,p95")
    found = client.get("/api/v1/utilization/coverage?range=2026-10-01..2026-11-01").json()
    assert found["totals"][0]["share"] == "0.9000"
    assert client.get("/api/v1/utilization/coverage?range=soon").status_code == 400


@pytest.fixture
def company(tmp_path: Path) -> str:
    made = make(tmp_path)
    made.close()
    return str(made.path)


def test_the_command(company: str, run: Run) -> None:  # noqa: F811
    shown = run("-w", company, "utilization", *_DAYS)
    assert shown.code == 0, shown.err
    assert "orders-1" in shown.out and "95.50" in shown.out
    assert shown.out.count("–") > 3
    found = json.loads(run("-w", company, "--json", "utilization", "--metric", "cpu", *_DAYS).out)
    assert found["rows"][0]["maximum"] == "95.5"
    covered = run("-w", company, "utilization", "--coverage", *_DAYS)
    assert "90.0 %" in covered.out and "i-gone" in covered.out
    assert run("-w", company, "utilization", "--metric", "heat").code == 2
    assert run("-w", company, "utilization", "--coverage", "--metric", "cpu").code == 2
    nothing = run("-w", company, "utilization", "--metric", "gpu", *_DAYS)
    assert (nothing.code, "Nothing was measured here" in nothing.out) == (0, True)
    hint = run("-w", company, "usage", "--metric", "utilization.cpu")
    assert hint.code == 2 and "outlay utilization --metric cpu" in hint.err


def test_the_page_of_sources_adds_one_and_says_how_it_is(tmp_path: Path) -> None:
    made = make(tmp_path)
    client = serving(made)
    page = parse(client.get("/utilization/sources").text)
    assert ["cloudwatch", "files"] in [row[:2] for row in page.one("table", id="measuring").rows()]
    given = {"name": "nodes", "tool": "place", "location": "https://p.example", "cadence": "manual",
             "options": "metrics=heat"}  # fmt: skip
    refused = client.post("/utilization/sources", data=given)
    assert refused.status_code == 400
    told = parse(refused.text)
    assert "'heat' is no metric" in told.one("div", id="problem").text
    assert told.one("input", id="m-name").attrs["value"] == "nodes"
    given["options"] = "token=env:NO_SUCH_TOKEN\nqueries.cpu maximum=max by (instance_id) (busy)"
    kept = client.post("/utilization/sources", data=given)
    assert kept.status_code == 200
    table = parse(kept.text).one("table", id="measuring")
    row = next(row for row in table.rows() if row[0] == "nodes")
    assert row[1:3] == ["Prometheus", "missing"] and "failed" in row[5]
    assert "The last sync failed" in table.text and "NO_SUCH_TOKEN" in table.text
    spec = made.resources.get("Source", "nodes").spec.model_dump(mode="json")
    assert spec["options"]["queries"] == {"cpu maximum": "max by (instance_id) (busy)"}
    again = client.post("/utilization/sources/nodes/sync")
    assert again.status_code == 200 and len(made.runs("nodes", 5)) == 2
    made.close()


def test_sources_by_command(company: str, run: Run) -> None:  # noqa: F811
    added = run("-w", company, "utilization", "add", "watch", "--location", "azure-monitor",
                "--option", "token=env:NO_SUCH_TOKEN", "--cadence", "hourly")  # fmt: skip
    assert added.code == 0 and "outlay utilization sync watch" in added.out, added.err
    listed = run("-w", company, "utilization", "sources")
    assert "Azure Monitor" in listed.out and "files" in listed.out
    got = run("-w", company, "get", "source", "watch")
    assert "location: azure-monitor://" in got.out and "env:NO_SUCH_TOKEN" in got.out
    failed = run("-w", company, "utilization", "sync", "watch", "--no-watch")
    assert failed.code == 1 and "nothing to ask Azure Monitor about" in failed.err
    assert run("-w", company, "utilization", "sync", "nobody").code == 2
    assert run("-w", company, "utilization", "sync", "aws").code == 2  # a bill is no measurement
    assert "whole range" in run("utilization", "show", "--help").out
    assert run("-w", company, "utilization", "nonsense").code == 2
