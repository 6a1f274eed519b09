"""`outlay unit` and its API, over a bill and a metric that are loaded by the command line."""

import csv
import io
from pathlib import Path

from starlette.testclient import TestClient

from outlay.app import Workspace
from tests.cli.bills import csv_text, row
from tests.cli.conftest import Run
from tests.web.conftest import serving


def prepared(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bills").mkdir()
    for month, cost in (("2026-08", "300"), ("2026-09", "480.25")):
        text = csv_text([row(cost, day=f"{month}-03", team="web"),
                         row("20", day=f"{month}-04", team="app")])  # fmt: skip
        (tmp_path / "bills" / f"{month}.csv").write_text(text)
    assert run("load", tmp_path / "bills", "--source", "acme").code == 0
    run("metrics", "add", "orders", "--unit", "order", "--label", "channel")
    lines = ["date,channel,value"]
    for month, days, web in (("08", 31, 10), ("09", 30, 16)):
        for day in range(1, days + 1):
            lines += [f"2026-{month}-{day:02d},web,{web}", f"2026-{month}-{day:02d},app,1"]
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(lines))
    assert run("metrics", "load", "orders", file).code == 0


def test_a_unit_cost_is_kept_asked_and_taken_apart(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "No unit cost yet" in run("unit", "list").out
    prepared(run, tmp_path)
    added = run("unit", "add", "per-order", "--metric", "orders", "--label", "channel",
                "--dimension", "tags.team", "--title", "Cost per order")  # fmt: skip
    assert added.code == 0, added.err
    found = run("unit", "show", "per-order", "--range", "all", "--json").json
    august, september = found["periods"]
    assert (august["total"]["cost"], august["total"]["units"]) == ("320.00", "341")
    assert [(r["value"], r["cost"], r["units"], r["unit_cost"]) for r in september["rows"]] == [
        ("web", "480.25", "480", "1.000520833333"),
        ("app", "20.00", "30", "0.666666666667"),
    ]
    change = found["change"]
    assert change["change"] == "180.25"
    assert {k: change[k] for k in ("volume", "mix", "price", "without_units")} == {
        "volume": "158.592375366569", "mix": "5.278592375367", "price": "16.379032258064",
        "without_units": "0.00",
    }  # fmt: skip
    table = run("unit", "show", "per-order", "--range", "all").out
    assert (
        "1.001" in table and "Mix: other values" in table and "180" not in table.split("After")[0]
    )
    rows = list(csv.DictReader(io.StringIO(
        run("unit", "show", "per-order", "--range", "all", "--by", "none", "--format", "csv").out
    )))  # fmt: skip
    assert [(r["period"], r["unit_cost"]) for r in rows] == [
        ("2026-08-01", "0.938416422287"), ("2026-09-01", "0.980882352941"),
    ]  # fmt: skip
    assert "per-order" in run("unit", "list").out


def test_the_api_gives_the_same(run: Run, folder: Path, tmp_path: Path) -> None:
    prepared(run, tmp_path)
    run("unit", "add", "per-order", "--metric", "orders")
    shown = run("unit", "show", "per-order", "--range", "all", "--json").json
    workspace = Workspace.open(folder)
    client: TestClient = serving(workspace)
    assert client.get("/api/v1/units/per-order?range=all").json() == shown
    assert [u["name"] for u in client.get("/api/v1/units").json()] == ["per-order"]
    text = client.get("/api/v1/units/per-order?range=all&format=csv").text
    assert text == run("unit", "show", "per-order", "--range", "all", "--format", "csv").out
    assert client.get("/api/v1/units/none").status_code == 404
    for wrong in ("grain=hour", "by=team", "format=xml", "colour=red", "before=2020-01-01",
                  "range=all&from=2026-01-01", "as_of=7"):  # fmt: skip
        assert client.get(f"/api/v1/units/per-order?{wrong}").status_code == 400, wrong
    workspace.close()


def test_wrong_use_is_refused_with_the_reason(run: Run, folder: Path, tmp_path: Path) -> None:
    prepared(run, tmp_path)
    for words, reason in (
        (("--metric", "order"), "there is no metric 'order'"),
        (("--metric", "orders", "--label", "channel"), "go together"),
        (("--metric", "orders", "--measure", "LineCount"), "is no cost"),
        (("--metric", "orders", "--where", "Nothing ="), "where"),
        (("--metric", "orders", "--revenue", "orders"), "is no money"),
    ):
        ran = run("unit", "add", "x", *words)
        assert ran.code == 2, words
        assert reason in ran.err
    assert run("unit", "show", "x").code == 1
