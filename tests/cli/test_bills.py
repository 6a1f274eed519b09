"""Bills come in by the command line: what is printed, what is proven, and the exit codes."""

from pathlib import Path

import pytest

from tests.cli.bills import SEPTEMBER, SEPTEMBER_TOTAL, row, write_bill
from tests.cli.conftest import Run


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    return write_bill(tmp_path / "bills" / "Acme Bill_09.csv")


def test_load_says_what_it_found_and_proves_it(folder: Path, run: Run, bill: Path) -> None:
    ran = run("load", bill)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("acme-bill-09: focus (")
    line = next(text for text in ran.out.splitlines() if "2026-09" in text)
    assert line.split() == [
        *("acme-bill-09", "2026-09", "loaded", "3", "3", "0", "7.60", "USD", "yes", "first")
    ]


def test_deliveries_json_is_the_contract_s(folder: Path, run: Run, bill: Path) -> None:
    run("load", bill, "--source", "acme")
    [found] = run("deliveries", "--json").json
    amounts = {"USD": SEPTEMBER_TOTAL}
    costs = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), amounts)
    assert found["source"] == "acme" and found["billing_period"] == "2026-09"
    assert found["kind"] == "focus" and found["cause"] == "first"
    assert (found["rows"], found["rejected"], found["reconciled"]) == (3, 0, True)
    assert found["stated"] == costs and found["loaded"] == costs
    assert found["snapshot"].isdigit() and found["delivery"]
    assert found["loaded_at"].endswith("Z")
    assert [Path(file["path"]).name for file in found["files"]] == ["Acme Bill_09.csv"]


def test_the_same_again_is_no_work_and_no_new_snapshot(folder: Path, run: Run, bill: Path) -> None:
    run("load", bill)
    before = run("snapshots", "--json").json
    ran = run("load", bill, "--json")
    assert ran.code == 0
    assert [s["status"] for s in ran.json[0]["slices"]] == ["unchanged"]
    assert ran.json[0]["outcome"] == "unchanged"
    assert run("snapshots", "--json").json == before


def test_a_newer_file_restates_and_the_old_answer_is_kept(
    folder: Path, run: Run, bill: Path
) -> None:
    run("load", bill, "--source", "acme")
    [first] = run("snapshots", "--json").json
    write_bill(bill, [*SEPTEMBER, row("100")])
    ran = run("load", bill, "--source", "acme", "--json")
    assert ran.json[0]["slices"][0]["delivery"]["cause"] == "restated"
    now = run("query", "--measure", "BilledCost", "--json").json
    assert now["total"] == {"BilledCost": "107.600000000000000000001"}
    then = run("query", "--measure", "BilledCost", "--as-of", first["snapshot"], "--json").json
    assert then["total"] == {"BilledCost": SEPTEMBER_TOTAL}
    [old] = run("deliveries", "--as-of", first["snapshot"], "--json").json
    assert old["rows"] == 3

    report = run("restatements", "--from", first["snapshot"], "--by", "ServiceName", "--json").json
    [changed] = report["slices"]
    assert (changed["cause"], changed["rows_before"], changed["rows_after"]) == ("restated", 3, 4)
    by_service = {r["ServiceName"]: r["measures"] for r in report["rows"]}
    assert set(by_service) == {"Amazon Elastic Compute Cloud"}
    billed = next(
        m for m in by_service["Amazon Elastic Compute Cloud"] if m["measure"] == "BilledCost"
    )
    assert (billed["before"], billed["after"], billed["change"]) == ("10.10", "110.10", "100.00")
    text = run("restatements", "--from", first["snapshot"], "--by", "ServiceName").out
    assert "+100.00" in text and "restated" in text


def test_a_second_load_under_a_name_moves_the_source_and_says_so(
    folder: Path, run: Run, bill: Path, tmp_path: Path
) -> None:
    run("load", bill, "--source", "acme")
    other = write_bill(tmp_path / "other" / "b.csv", [row("3")])
    ran = run("load", other, "--source", "acme")
    assert ran.code == 0
    assert "acme now reads" in ran.out and str(bill) in ran.out
    assert run("source", "show", "acme", "--json").json["location"] == str(other)


def test_two_bills_of_one_name_are_refused_before_anything_is_loaded(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    first = write_bill(tmp_path / "a" / "bill.csv")
    second = write_bill(tmp_path / "b" / "bill.csv")
    ran = run("load", first, second)
    assert ran.code == 2
    for words in (str(first), str(second), "'bill'", "--source"):
        assert words in ran.err
    assert run("source", "list", "--json").json == []
    assert run("deliveries", "--json").json == []


def test_several_bills_load_in_one_go(folder: Path, run: Run, tmp_path: Path) -> None:
    first = write_bill(tmp_path / "a.csv")
    second = write_bill(tmp_path / "b.csv.gz", [row("5", currency="EUR", day="2026-10-01")])
    assert run("load", first, second).code == 0
    slices = run("deliveries", "--json").json
    assert [(s["source"], s["billing_period"]) for s in slices] == [
        ("a", "2026-09"),
        ("b", "2026-10"),
    ]


def test_rejected_rows_hold_the_delivery_back_with_exit_code_3(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    bad = write_bill(tmp_path / "bill.csv", [*SEPTEMBER, row("lots")])
    ran = run("load", bad)
    assert ran.code == 3
    assert "Held back: bill 2026-09" in ran.err
    assert run("deliveries", "--json").json == []
    [back] = run("deliveries", "--held", "--json").json
    assert (back["source"], back["rejected"]) == ("bill", 1)
    assert back["rejects_sample"][0]["line"] == 4
    assert "Held back: bill 2026-09, 1 row rejected" in run("deliveries").out
    status = run("source", "show", "bill", "--json").json
    assert status["last_run"]["outcome"] == "held" and status["error"]
    allowed = run("load", bad, "--max-rejected", "0.25")
    assert allowed.code == 3
    assert "Rejected: bill 2026-09: 1 row" in allowed.err
    [found] = run("deliveries", "--json").json
    assert run("deliveries", "--held", "--json").json == []
    assert (found["rows"], found["charges"], found["rejected"]) == (4, 3, 1)
    assert found["reconciled"]
    [rejected] = run("quarantine", found["delivery"], "--json").json
    assert "lots" in str(rejected)
    assert "bill.csv" in str(rejected) and 4 in rejected.values()
    table = run("quarantine", found["delivery"]).out
    assert "lots" in table


def test_source_add_then_sync_then_remove(folder: Path, run: Run, bill: Path) -> None:
    words = ["source", "add", "acme", "--kind", "focus", "--location", bill]
    added = run(*words, "--cadence", "monthly", "--json")
    assert added.code == 0
    assert (added.json["freshness"], added.json["slices"]) == ("missing", 0)
    again = run(*words)
    assert again.code == 1 and "exists already" in again.err

    dry = run("sync", "--dry-run")
    assert dry.code == 0 and "Dry run: nothing was changed." in dry.out
    assert run("deliveries", "--json").json == []
    assert run("sync").code == 0
    status = run("source", "show", "acme", "--json").json
    assert (status["slices"], status["rows"], status["reconciled"]) == (1, 3, True)
    assert status["last_run"]["action"] == "sync"
    assert status["last_run"]["outcome"] == "loaded"
    assert [s["status"] for s in run("sync", "acme", "--json").json[0]["slices"]] == ["unchanged"]

    assert run("source", "remove", "acme").code == 0
    assert run("deliveries", "--json").json == []
    assert run("source", "list", "--json").json == []
    assert run("source", "show", "acme").code == 1


def test_a_removed_source_leaves_nothing_held_back(folder: Path, run: Run, tmp_path: Path) -> None:
    run("load", write_bill(tmp_path / "bill.csv", [row("lots")]))
    assert run("source", "remove", "bill").code == 0
    assert run("deliveries", "--held", "--json").json == []


def test_a_removed_source_s_data_can_be_kept(folder: Path, run: Run, bill: Path) -> None:
    run("load", bill, "--source", "acme")
    assert run("source", "remove", "acme", "--keep-data").code == 0
    [status] = run("source", "list", "--json").json
    assert (status["name"], status["configured"], status["rows"]) == ("acme", False, 3)


def test_sync_of_nothing_says_so(folder: Path, run: Run, bill: Path) -> None:
    run("load", bill)
    ran = run("sync")
    assert ran.code == 0
    assert "No source is due" in ran.out
    assert run("sync", "acme-bill-09").code == 0


def test_sync_goes_on_past_a_source_that_cannot_be_read(
    folder: Path, run: Run, bill: Path, tmp_path: Path
) -> None:
    run("source", "add", "a-gone", "--kind", "focus", "--location", tmp_path / "gone")
    run("source", "add", "b-there", "--kind", "focus", "--location", bill)
    ran = run("sync")
    assert ran.code == 1
    assert "Error: a-gone:" in ran.err and str(tmp_path / "gone") in ran.err
    assert [s["source"] for s in run("deliveries", "--json").json] == ["b-there"]
    runs = {r["source"]: r for r in run("runs", "--json").json}
    assert (runs["a-gone"]["outcome"], runs["b-there"]["outcome"]) == ("failed", "loaded")
    assert str(tmp_path / "gone") in run("runs", "a-gone").out
    listed = {s["name"]: s for s in run("source", "list", "--json").json}
    assert listed["a-gone"]["error"] and listed["a-gone"]["last_run"]["outcome"] == "failed"


def test_infer_needs_no_workspace(tmp_path: Path, run: Run, bill: Path) -> None:
    [found] = run("-w", tmp_path, "source", "infer", bill, "--json").json["feeds"]
    assert found["kind"] == "focus" and "FOCUS" in found["evidence"]


def test_empty_states_name_the_next_step(folder: Path, run: Run) -> None:
    for words in (["deliveries"], ["query"], ["snapshots"], ["source", "list"], ["check"]):
        ran = run(*words)
        assert ran.code == 0, words
        assert "yet: outlay load PATH" in ran.out, words
        assert "0.00" not in ran.out


def test_history_and_get_of_a_loaded_source(folder: Path, run: Run, bill: Path) -> None:
    run("load", bill, "--source", "acme")
    [change] = run("history", "source", "acme", "--json").json
    assert (change["action"], change["note"]) == ("create", "outlay load")
    text = run("get", "source", "acme").out
    assert text.startswith("kind: Source\nname: acme\nspec:\n")
    kinds = {k["kind"]: k["count"] for k in run("get", "--json").json}
    assert kinds["Source"] == 1 and "View" in kinds
