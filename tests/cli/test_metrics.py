"""`outlay metrics`: define, load, push, fetch, ask, and see what was restated."""

import sqlite3
from pathlib import Path

import yaml

from tests.cli.conftest import Run

ORDERS = "date,channel,value\n2026-10-01,web,10\n2026-10-01,shop,2.5\n2026-10-02,web,12\n"


def test_a_metric_from_definition_to_restatement(run: Run, folder: Path, tmp_path: Path) -> None:
    assert "No metric yet" in run("metrics", "list").out
    made = run("metrics", "add", "orders", "--unit", "order", "--label", "channel")
    assert made.code == 0, made.err
    assert run("metrics", "show", "orders", "--json").json["state"] == "empty"
    file = tmp_path / "october.csv"
    file.write_text(ORDERS)
    put = run("metrics", "load", "orders", file, "--json").json
    assert (put["outcome"], put["delivery"]["new"]) == ("loaded", 3)
    assert run("metrics", "load", "orders", file, "--json").json["outcome"] == "unchanged"
    pushed = run("metrics", "push", "orders", "--date", "2026-10-02", "--value", "13",
                 "--label", "channel=web")  # fmt: skip
    assert "0 new, 1 restated, 0 withdrawn" in pushed.out
    values = run("metrics", "values", "orders", "--by", "channel", "--grain", "month", "--json")
    assert [(v["labels"]["channel"], v["value"]) for v in values.json["values"]] == [
        ("shop", "2.5"), ("web", "23"),
    ]  # fmt: skip
    assert (values.json["values"][0]["days_known"], values.json["values"][0]["days"]) == (2, 2)
    csv = run("metrics", "values", "orders", "--format", "csv", "--from", "2026-10-01",
              "--to", "2026-10-04").out  # fmt: skip
    assert csv.splitlines()[1:] == ["2026-10-01,12.5,1,1", "2026-10-02,13,1,1", "2026-10-03,,1,0"]
    history = run("metrics", "history", "orders", "--json").json
    assert [(one["sequence"], one["origin"]) for one in history] == [
        (2, "push"), (1, "october.csv"),
    ]  # fmt: skip
    (change,) = run("metrics", "history", "orders", "--delivery", "2", "--json").json
    assert (change["before"], change["after"]) == ("12", "13")
    before = run("metrics", "values", "orders", "--as-of", history[1]["known_at"], "--json").json
    assert [v["value"] for v in before["values"]] == ["12.5", "12"]
    assert "orders" in run("metrics", "list").out


def test_a_wrong_file_is_refused_with_its_lines_and_nothing_is_taken(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    run("metrics", "add", "orders", "--label", "channel")
    file = tmp_path / "october.csv"
    file.write_text(ORDERS + "2026-10-03,web,many\n")
    ran = run("metrics", "load", "orders", file)
    assert ran.code == 1
    assert "row 5, value: 'many' is not a number" in ran.err and "nothing was taken" in ran.err
    assert run("metrics", "load", "orders", file, "--json").error["rows"] == [
        {"row": 5, "field": "value",
         "message": "'many' is not a number; expected a number such as 12.34"}
    ]  # fmt: skip
    assert run("metrics", "show", "orders", "--json").json["deliveries"] == 0
    for words in (
        ("load", "orders", tmp_path / "none.csv"),
        ("values", "orders", "--by", "customer"),
        ("values", "orders", "--grain", "fortnight"),
        ("push", "orders", "--date", "2026-10-01"),
        ("history", "orders", "--delivery", "9"),
    ):
        assert run("metrics", *words).code == 2, words
    assert run("metrics", "show", "order").code == 1


def test_a_fetched_metric_is_synced_and_withdraws_what_is_gone(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (day TEXT, n INTEGER)")
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?)", [("2026-10-01", 5), ("2026-10-02", 7)]
        )
    spec = {
        "unit": "order",
        "late_days": 1,
        "source": {
            "kind": "sql",
            "url": "sqlite:///shop.db",
            "since": "2026-10-01",
            "query": "SELECT day, n AS value FROM orders WHERE day >= :start AND day < :end",
        },
    }
    file = tmp_path / "orders.yaml"
    file.write_text(yaml.safe_dump({"kind": "Metric", "name": "orders", "spec": spec}))
    assert run("apply", file, "--yes").code == 0
    ran = run("metrics", "sync", "--json")
    assert ran.code == 0, ran.err
    assert ran.json[0]["delivery"]["new"] == 2
    assert run("metrics", "sync", "--json").json[0]["outcome"] == "unchanged"
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("DELETE FROM orders WHERE day = '2026-10-01'")
    # One late day is asked for again: that of 1 October.
    assert run("metrics", "sync", "orders", "--json").json[0]["delivery"]["withdrawn"] == 1
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("DROP TABLE orders")
    failed = run("metrics", "sync", "orders", "--json")
    assert failed.code == 1
    assert "no such table" in failed.json[0]["error"]
    assert "no such table" in run("metrics", "show", "orders", "--json").json["error"]
