"""Splits in a workspace: the same numbers on the page, over HTTP, on the command line, in files and
in SQL; previews that save nothing, versions, and what is refused."""

import csv
import json
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from starlette.testclient import TestClient

from outlay.app import Workspace, splits
from outlay.app.export import Wanted
from outlay.expression.errors import QueryError
from outlay.money import money_text, total
from outlay.query import CostQuery
from outlay.resources import ResourceConflictError, ResourceError
from tests.cli.conftest import Run, run
from tests.web.company import csv_text, line
from tests.web.conftest import serving
from tests.web.page import Node, parse

__all__ = ["run"]

D = Decimal
TEAM = {"rules": [{"when": "tags.team IS NOT NULL", "value": {"from": "tags.team"}}]}
PLATFORM = {"tag": "team", "take": "platform", "method": "proportional", "except": ["Unallocated"]}
# platform 30 to shop 60 and data 20, by 3 : 1; in September platform is alone but for a tax.
BILL = [
    line("30", "2026-08-03", team="platform"),
    line("60", "2026-08-03", team="shop"),
    line("20", "2026-08-04", team="data", account="Data"),
    line("7", "2026-09-03", team="platform"),
    line("1", "2026-09-30", category="Tax", team=None),
]
SHOWN = {
    "shop": ("82.50", "60.00", "22.50"),
    "data": ("27.50", "20.00", "7.50"),
    "platform": ("7.00", "37.00", "-30.00"),
    "Unallocated": ("1.00", "1.00", "0.00"),
}


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("splits")
    found = Workspace.init(place / "workspace", name="Acme")
    bill = place / "bill.csv"
    bill.write_text(csv_text(BILL), encoding="utf-8")
    (done,) = found.load([str(bill)], source="acme")
    assert done.outcome == "loaded"
    found.resources.put("VirtualTag", "team", TEAM, author="test")
    found.resources.put("Split", "share-platform", PLATFORM, author="test")
    found.close()
    return place / "workspace"


@pytest.fixture
def workspace(_made: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy, quicker than to load it."""
    shutil.copytree(_made, tmp_path / "workspace")
    found = Workspace.open(tmp_path / "workspace")
    yield found
    found.close()


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    return serving(workspace)


def shown(rows: list[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
    return {
        str(row["team"]): (
            row["EffectiveCost"], row["EffectiveCost_direct"], row["EffectiveCost_shared"]
        )
        for row in rows
    }  # fmt: skip


# --- the same everywhere --------------------------------------------------------------------


def test_every_face_shows_the_same(
    workspace: Workspace, client: TestClient, run: Run, tmp_path: Path
) -> None:
    result = workspace.query(CostQuery(by=("team",)))
    note = (
        "Split share-platform, 2026-09: the cost of platform stays, since there is no target in "
        "the period."
    )
    assert shown(result.to_json()["rows"]) == SHOWN
    assert result.warnings == (note,)

    api = client.get("/api/v1/query", params={"by": "team"}).json()
    assert shown(api["rows"]) == SHOWN
    assert api["warnings"] == [note]

    place = workspace.path
    assert shown(run("-w", place, "query", "--by", "team", "--json").json["rows"]) == SHOWN
    table = run("-w", place, "query", "--by", "team").out
    assert "Direct" in table and "Shared" in table and note in " ".join(table.split())
    file = tmp_path / "rows.csv"
    assert run("-w", place, "query", "--by", "team", "--format", "csv", "--out", file).code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    for row in rows:
        found = tuple(
            money_text(D(row[name]))
            for name in ("EffectiveCost", "EffectiveCost_direct", "EffectiveCost_shared")
        )
        assert found == SHOWN[row["team"]]

    page = parse(client.get("/explore", params={"by": "team", "range": "all"}).text)
    for row in page.one("table", id="table").one("tbody").all("tr"):
        team = row.all("th")[0].text
        amounts = (
            row.one("span", data_amount="*").text,
            row.one("td", data_direct="*").text,
            row.one("td", data_shared="*").text,
        )
        assert amounts == SHOWN[team]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_exports_have_tags_and_split_rows_that_add_up(
    workspace: Workspace, tmp_path: Path, form: str
) -> None:
    workspace.export_focus(Wanted.of(format=form), tmp_path / "plain")
    workspace.export_focus(Wanted.of(format=form, splits="team"), tmp_path / "split")
    workspace.export_focus(Wanted.of(format=form, tags="none"), tmp_path / "none")

    def rows(folder: str) -> list[dict[str, Any]]:
        read = {
            "parquet": "read_parquet('{}', union_by_name = true)",
            "csv": "read_csv('{}', all_varchar = true, union_by_name = true)",
        }[form].format(tmp_path / folder / f"*/*.{form}")
        with duckdb.connect() as connection:
            relation = connection.sql(f"SELECT * FROM {read}")
            return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]

    plain = rows("plain")
    assert {row["x_VirtualTag_team"] for row in plain} == {*SHOWN}
    assert "x_SplitName" not in plain[0]
    assert "x_VirtualTag_team" not in rows("none")[0]
    split = rows("split")
    sums: dict[str, Decimal] = {}
    for row in split:
        team = str(row["x_VirtualTag_team"])
        sums[team] = total((sums.get(team, D(0)), D(row["EffectiveCost"])))
    assert {team: money_text(amount) for team, amount in sums.items()} == {
        team: amounts[0] for team, amounts in SHOWN.items()
    }
    for cost in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        assert total(D(row[cost]) for row in split) == total(D(row[cost]) for row in plain)
    moved = [row for row in split if row["x_SplitName"]]
    assert {(row["x_VirtualTag_team"], row["x_SplitShare"]) for row in moved} == {
        ("platform", "-1.000000000"), ("shop", "0.750000000"), ("data", "0.250000000")
    }  # fmt: skip
    assert all(row["ConsumedQuantity"] is None for row in moved)


def test_raw_sql_has_labels_shares_and_tags(workspace: Workspace) -> None:
    def rows(text: str) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in workspace.sql(text).rows()]

    by_team = "SELECT team, sum(EffectiveCost) FROM {} GROUP BY team ORDER BY team"
    direct = [(team, D(amounts[1])) for team, amounts in sorted(SHOWN.items())]
    assert rows(by_team.format("daily")) == direct
    assert rows(by_team.format("charges")) == direct
    assert rows("SELECT Tag, Value, Rule FROM labels WHERE Value = 'data' GROUP BY ALL") == [
        ("team", "data", 1)
    ]
    shares = rows(
        "SELECT Split, Target, Share, Weight, Reason FROM shares ORDER BY Share DESC NULLS LAST"
    )
    assert [row[1:3] for row in shares] == [
        ("shop", D("0.75")), ("data", D("0.25")), (None, None)
    ]  # fmt: skip
    assert shares[2][4] == "there is no target in the period"
    assert "team" not in workspace.sql("SELECT * FROM daily").table.column_names
    with pytest.raises(QueryError):
        workspace.sql("SELECT nothing FROM daily")


# --- use cases ------------------------------------------------------------------------------


def test_overview_and_show(workspace: Workspace) -> None:
    (state,) = splits.overview(workspace)
    assert (state.takes, state.weighs, state.version) == ("platform", "EffectiveCost", 1)
    assert (state.taken, state.given, state.kept) == (
        {"USD": D(37)}, {"USD": D(30)}, {"USD": D(7)}
    )  # fmt: skip
    assert state.targets == {"shop": {"USD": D("22.5")}, "data": {"USD": D("7.5")}}
    assert state.reasons == ("2026-09: there is no target in the period",)
    august = splits.show(workspace, "share-platform", CostQuery(range="2026-08-01..2026-09-01"))
    assert august.kept == {}
    with pytest.raises(ResourceError, match="share-platform"):
        splits.show(workspace, "nothing")


def test_a_preview_saves_nothing(workspace: Workspace) -> None:
    fixed = {"tag": "team", "take": "platform", "method": "fixed", "shares": {"shop": 100}}
    found = splits.preview(workspace, "share-platform", fixed)
    assert found.state is not None
    assert found.state.targets == {"shop": {"USD": D(37)}}
    after = {one.value: (one.after or {}).get("total") for one in found.values}
    assert after == {"shop": D(97), "data": D(20), "platform": D(0), "Unallocated": D(1)}
    assert total(one.change for one in found.values) == 0
    assert workspace.resources.get("Split", "share-platform").version == 1
    removed = splits.preview(workspace, "share-platform", None)
    assert removed.state is None
    assert {one.value: (one.after or {}).get("total") for one in removed.values} == {
        "shop": D(60), "data": D(20), "platform": D(37), "Unallocated": D(1)
    }  # fmt: skip


def test_circles_and_wrong_splits_are_refused_wherever_they_are_written(
    workspace: Workspace, client: TestClient, run: Run, tmp_path: Path
) -> None:
    back = {"tag": "team", "take": "shop", "method": "even", "targets": ["platform"]}
    there = PLATFORM | {"targets": ["shop", "data"], "except": []}
    workspace.resources.put("Split", "share-platform", there, author="test")
    circle = "back → share-platform → back"
    with pytest.raises(QueryError, match=circle):
        splits.preview(workspace, "back", back)
    with pytest.raises(QueryError, match=circle):
        workspace.resources.put("Split", "back", back, author="test")
    answer = client.put("/api/v1/splits/back", json={"spec": back})
    assert answer.status_code in (400, 422)
    assert circle in answer.text
    file = tmp_path / "back.yaml"
    file.write_text(json.dumps({"kind": "Split", "name": "back", "spec": back}))
    ran = run("-w", workspace.path, "splits", "save", file)
    assert ran.code != 0
    assert circle in ran.err
    half = {"tag": "team", "take": "platform", "method": "fixed", "shares": {"shop": 40}}
    with pytest.raises(ResourceError, match="40 %, not to 100 %"):
        splits.preview(workspace, "half", half)


def test_versions_and_restore(workspace: Workspace, run: Run, tmp_path: Path) -> None:
    place = workspace.path
    even = {"kind": "Split", "name": "share-platform", "spec": PLATFORM | {"method": "even"}}
    file = tmp_path / "even.yaml"
    file.write_text(json.dumps(even))
    previewed = run("-w", place, "splits", "preview", file, "--json").json
    assert previewed["split"]["targets"] == {"data": {"USD": "15.00"}, "shop": {"USD": "15.00"}}
    assert run("-w", place, "splits", "save", file, "--note", "evenly from now").code == 0
    assert "evenly from now" in run("-w", place, "splits", "history", "share-platform").out
    amounts = shown(run("-w", place, "query", "--by", "team", "--json").json["rows"])
    assert amounts["data"] == ("35.00", "20.00", "15.00")
    restored = run("-w", place, "splits", "restore", "share-platform", "--version", "1")
    assert "version 3" in restored.out
    assert shown(run("-w", place, "query", "--by", "team", "--json").json["rows"]) == SHOWN
    assert "share-platform" in run("-w", place, "splits", "list").out
    assert run("-w", place, "splits", "show", "share-platform", "--json").json["kept"] == {
        "USD": "7.00"
    }
    assert run("-w", place, "splits", "remove", "share-platform").code == 0
    assert "No split yet" in run("-w", place, "splits", "list").out
    with pytest.raises(ResourceConflictError):
        splits.save(workspace, "x", PLATFORM, author="test", expected_version=4)


# --- pages ----------------------------------------------------------------------------------


def fields(page: Node) -> dict[str, Any]:
    """The fields of the split's form, as a browser would send them."""
    form = page.one("form", cls="split-form")
    found: dict[str, Any] = {"share_target": [], "share_percent": []}
    for node in form.all():
        name = node.attrs.get("name")
        if node.tag == "select" and name:
            chosen = [o for o in node.all("option") if "selected" in o.attrs] or node.all("option")
            found[name] = chosen[0].attrs.get("value", chosen[0].text)
        elif node.tag == "input" and name in ("share_target", "share_percent"):
            found[str(name)].append(node.attrs.get("value", ""))
        elif node.tag == "input" and name:
            radio = node.attrs.get("type") == "radio"
            if not radio or "checked" in node.attrs:
                found[name] = node.attrs.get("value", "")
    return found


def test_a_split_is_made_previewed_saved_and_restored_on_its_page(client: TestClient) -> None:
    listed = parse(client.get("/splits", params={"range": "all"}).text)
    assert listed.one("table").rows() == [
        [
            "share-platform share-platform", "platform",
            "In proportion to cost EffectiveCost, each month",
            "37.00 USD", "30.00 USD", "7.00 USD",
        ]
    ]  # fmt: skip
    assert listed.all("path", cls="ribbon")
    assert "2026-09: there is no target in the period" in listed.text

    new = client.post("/splits", data={"name": "tax", "tag": "team"}, follow_redirects=False)
    assert new.headers["location"] == "/splits/tax?tag=team"
    page = parse(client.get(new.headers["location"]).text)
    form = fields(page) | {
        "take_kind": "condition", "take": "ChargeCategory = 'Tax'", "method": "fixed",
        "share_target": ["shop", "data", ""], "share_percent": ["75 %", "25", ""], "range": "all",
    }  # fmt: skip
    shown_ = parse(client.post("/splits/tax", data=form | {"do": "preview"}).text)
    assert shown_.one("table", id="targets").rows() == [["shop", "0.75 USD"], ["data", "0.25 USD"]]
    by_value = {row[0]: row[1:] for row in shown_.one("table", id="by-value").rows()}
    assert by_value["Unallocated USD"][0] == "1.00"
    assert by_value["Unallocated USD"][-1] == "-1.00"
    assert client.get("/api/v1/splits/tax").status_code == 404

    done = client.post("/splits/tax", data=form | {"do": "save"}, follow_redirects=False)
    assert done.status_code == 303
    kept = parse(client.get(done.headers["location"]).text)
    assert "Saved as version 1" in kept.text
    assert [s for s in fields(kept)["share_percent"] if s] == ["75", "25"]

    wrong = client.post(
        "/splits/tax",
        data=fields(kept) | {"share_percent": ["75", "20", ""], "do": "save"},
    )
    assert wrong.status_code == 400
    assert "95 %, not to 100 %" in parse(wrong.text).one("p", role="alert").text
    late = client.post("/splits/tax", data=fields(kept) | {"seen": "0", "do": "save"})
    assert late.status_code == 409
    client.post("/splits/tax", data=fields(kept) | {"note": "again", "title": "T", "do": "save"})
    client.post("/splits/tax/restore", data={"version": "1"})
    history = parse(client.get("/splits/tax").text).one("section", id="history")
    assert len(history.rows()) == 3
    client.post("/splits/tax/delete", data={})
    assert client.get("/splits/tax").status_code == 200  # its history
    assert client.get("/splits/nobody").status_code == 404


def test_pages_of_an_empty_workspace_say_what_to_do(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "empty", name="Empty")
    try:
        client = serving(workspace)
        assert "No virtual tag yet" in client.get("/splits").text
        workspace.resources.put("VirtualTag", "team", TEAM, author="test")
        assert "No split yet" in client.get("/splits").text
        assert client.post("/splits", data={"name": "a/b", "tag": "team"}).status_code == 400
    finally:
        workspace.close()


def test_saved_splits_are_seen_at_the_next_question_of_the_page(client: TestClient) -> None:
    url = "/explore?by=team&range=all"
    assert "82.50" in client.get(url).text
    client.put("/api/v1/splits/share-platform", json={"spec": PLATFORM | {"method": "even"}})
    assert "75.00" in client.get(url).text


def test_the_api_previews_and_restores(client: TestClient) -> None:
    url = "/api/v1/splits/share-platform"
    (listed,) = client.get("/api/v1/splits").json()
    assert listed["targets"]["shop"] == {"USD": "22.50"}
    one = client.get(url).json()
    assert one["periods"][0]["weights"] == {"data": "20", "shop": "60"}
    assert one["history"][0]["version"] == 1
    preview = client.post(f"{url}/preview", json={"spec": None}).json()
    assert preview["split"] is None
    assert client.put(url, json={"spec": PLATFORM | {"period": "day"}}).json()["version"] == 2
    assert client.post(f"{url}/restore", json={"version": 1}).json()["version"] == 3
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def test_a_split_weighs_by_a_kept_metric_and_follows_what_arrives_late(
    workspace: Workspace, client: TestClient
) -> None:
    def push(day: str, team: str, value: str) -> None:
        values = [{"date": day, "value": value, "labels": {"team": team}}]
        workspace.metrics.push("orders", values)

    split = {
        "tag": "team", "take": "platform", "method": "metric", "targets": ["shop", "data"],
        "metric": {"metric": "orders", "label": "team"},
    }  # fmt: skip
    workspace.resources.put("Metric", "orders", {"labels": ["team"]}, author="test")
    workspace.resources.put("Split", "share-platform", split, author="test")

    def amounts() -> dict[str, str]:
        rows = client.get("/api/v1/query", params={"by": "team"}).json()["rows"]
        return {row["team"]: row["EffectiveCost_shared"] for row in rows}

    nothing = amounts()
    assert nothing["platform"] == "0.00"
    push("2026-08-02", "shop", "1")
    push("2026-08-30", "data", "3")
    assert amounts() == {
        "shop": "7.50", "data": "22.50", "platform": "-30.00", "Unallocated": "0.00"
    }  # fmt: skip
    push("2026-09-01", "shop", "5")
    assert amounts()["platform"] == "-37.00"
    page = parse(client.get("/explore?by=team&range=all").text).one("table", id="table")
    assert "-37.00" in page.text
    push("2026-08-02", "shop", "3")  # restated: half each
    assert amounts()["data"] == "15.00"
    assert "15.00" in client.get("/explore?by=team&range=all").text
    state = splits.show(workspace, "share-platform")
    assert state.weighs == "metric orders by team"
    wrong = split | {"metric": {"metric": "orders", "label": "nothing"}}
    told = splits.preview(workspace, "share-platform", wrong)
    assert "has no label 'nothing'" in " ".join(told.warnings)
