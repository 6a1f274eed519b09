"""Questions by the command line: the same exact numbers in every format."""

import csv
import io
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from outlay.cli import main
from tests.cli.bills import SEPTEMBER_TOTAL, row, write_bill
from tests.cli.conftest import Run

EC2, S3 = "Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"


@pytest.fixture(scope="module")
def _answered(_empty_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with September (three charges, two services) and one of October."""
    place = tmp_path_factory.mktemp("answered")
    shutil.copytree(_empty_workspace, place / "acme")
    bills = [
        write_bill(place / "bill.csv"),
        write_bill(place / "october.csv", [row("1000", day="2026-10-05")]),
    ]
    for bill in bills:
        assert main(["-w", str(place / "acme"), "load", str(bill)]) == 0
    return place / "acme"


@pytest.fixture
def asked(_answered: Path, folder: Path, run: Run) -> Run:
    """The same, as a copy that the commands use."""
    shutil.rmtree(folder)
    shutil.copytree(_answered, folder)
    return run


def test_json_is_the_contract_s(asked: Run) -> None:
    words = ["query", "--by", "ServiceName", "--to", "2026-10-01", "--measure", "BilledCost"]
    answer = asked(*words, "--json").json
    assert set(answer) >= {
        *("query", "columns", "rows", "total", "currency", "unconverted", "snapshot", "warnings")
    }
    rows = {r["ServiceName"]: r["BilledCost"] for r in answer["rows"]}
    assert rows == {EC2: "10.10", S3: "-2.499999999999999999999"}
    assert answer["total"] == {"BilledCost": SEPTEMBER_TOTAL}
    assert answer["currency"] == "USD" and answer["snapshot"].isdigit()
    assert asked(*words, "--format", "json").json == answer


def test_every_format_gives_the_same_money(asked: Run, tmp_path: Path) -> None:
    words = ["query", "--by", "ServiceName", "--grain", "month", "--measure", "BilledCost"]
    told = asked(*words, "--json").json
    expected = {(r["period"], r["ServiceName"], Decimal(r["BilledCost"])) for r in told["rows"]}
    assert len(expected) == 3

    text = asked(*words, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(r["period"], r["ServiceName"], Decimal(r["BilledCost"])) for r in rows} == expected

    for format in ("csv", "json", "parquet"):
        file = tmp_path / f"out.{format}"
        ran = asked(*words, "--format", format, "--out", file)
        assert (ran.code, ran.out) == (0, "")
    assert (tmp_path / "out.csv").read_text() == text
    assert json.loads((tmp_path / "out.json").read_text())["rows"] == told["rows"]
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert {(str(r["period"]), r["ServiceName"], r["BilledCost"]) for r in table} == expected


def test_out_that_cannot_be_written_says_so(asked: Run, tmp_path: Path) -> None:
    ran = asked("query", "--format", "csv", "--out", tmp_path / "no" / "such" / "out.csv")
    assert ran.code == 1
    assert "out.csv cannot be written" in ran.err and "--out" in ran.err


def test_a_file_s_format_is_told_by_its_name(asked: Run, tmp_path: Path) -> None:
    assert asked("query", "--out", tmp_path / "a.csv").code == 0
    assert (tmp_path / "a.csv").read_text().startswith("EffectiveCost")
    for words in (["--out", "a.xls"], ["--out", "a.csv", "--format", "table"]):
        ran = asked("query", *words)
        assert ran.code == 2 and "csv" in ran.err


def test_the_table_has_the_currency_once_and_a_total(asked: Run) -> None:
    lines = [
        line.rstrip()
        for line in asked("query", "--by", "ServiceName", "--limit", "1").out.splitlines()
        if line.strip()
    ]
    assert lines[0].count("USD") == 1
    assert "1,010.10" in lines[2] and lines[2].strip().startswith(EC2)
    assert lines[-2].strip().startswith("Other") and "-2.50" in lines[-2]
    assert lines[-1].strip().startswith("Total") and "1,007.60" in lines[-1]
    starts = {
        line.index(text) + len(text)
        for line, text in zip(
            (lines[2], lines[-2], lines[-1]), ("1,010.10", "-2.50", "1,007.60"), strict=True
        )
    }
    assert len(starts) == 1, "money is right-aligned"


def test_comparison_shows_signs_and_the_base(asked: Run) -> None:
    words = ["query", "--from", "2026-10-01", "--to", "2026-11-01", "--compare", "previous"]
    text = asked(*words, "--by", "ServiceName").out
    assert "+989.90" in text and "+2.50" in text
    total = asked(*words, "--json").json["total"]
    assert total["EffectiveCost_previous"] == SEPTEMBER_TOTAL
    assert total["EffectiveCost_change"] == "992.399999999999999999999"


def test_a_tiny_amount_is_not_shown_as_zero(folder: Path, run: Run, tmp_path: Path) -> None:
    run("load", write_bill(tmp_path / "tiny.csv", [row("0.000000001")]))
    assert "<0.01" in run("query").out
    assert run("query", "--json").json["total"] == {"EffectiveCost": "0.000000001"}


def test_nothing_matches_is_said_and_never_looks_like_zero(asked: Run) -> None:
    ran = asked("query", "--where", "ServiceName = 'nothing'")
    assert ran.code == 0
    assert "No charge matches" in ran.out and "0.00" not in ran.out


def test_conversion_says_its_rate(folder: Path, run: Run, tmp_path: Path) -> None:
    run("load", write_bill(tmp_path / "bill.csv", [row("10", day="2024-03-05", currency="EUR")]))
    answer = run("query", "--currency", "USD", "--json").json
    assert answer["currency"] == "USD"
    [rate] = answer["rates"]
    assert rate["currency"] == "EUR" and rate["publisher"]
    assert Decimal(answer["total"]["EffectiveCost"]) == 10 * Decimal(rate["rate"])
    assert "1 EUR = " in run("query", "--currency", "USD").out


def test_explain_ends_at_the_vendor_s_record(asked: Run, tmp_path: Path) -> None:
    found = asked("explain", "--where", f"ServiceName = '{S3}'", "--json").json
    assert found["totals"] == {"USD": "-2.499999999999999999999"}
    [group] = found["groups"]
    [part] = group["slices"]
    [file] = part["files"]
    assert file["path"].endswith("bill.csv") and file["lines"] == 2
    assert [line["line"] for line in file["top"]] == [3, 2]
    record = asked("record", "bill", "2026-09", "0", "3", "--json").json
    assert (record["BilledCost"], record["ServiceName"]) == ("-2.5", S3)
    text = asked("explain", "--by", "ServiceName").out
    assert "outlay record bill 2026-09 0 3" in text
    missing = asked("record", "bill", "2026-01", "0", "3")
    assert missing.code == 1 and "Periods: 2026-09" in missing.err


def test_sql_reads_and_only_reads(asked: Run) -> None:
    text = "SELECT ServiceName, sum(BilledCost) AS cost FROM charges GROUP BY ALL ORDER BY 2"
    rows = asked("sql", text, "--json").json["rows"]
    assert [(r["ServiceName"], Decimal(r["cost"])) for r in rows] == [
        (S3, Decimal("-2.499999999999999999999")),
        (EC2, Decimal("1010.10")),
    ]
    assert "-2.499999999999999999999" in asked("sql", text).out
    limited = asked("sql", "SELECT * FROM charges", "--limit", "2")
    assert "Only the first 2 rows" in limited.out
    for bad in ("DROP TABLE charges", "SELECT * FROM read_csv('/etc/passwd')", "SELEC 1"):
        ran = asked("sql", bad)
        assert ran.code == 2 and ran.err.startswith("Error: sql"), bad


def test_dimensions_and_values_carry_money(asked: Run) -> None:
    dimensions = {d["name"]: d for d in asked("dimensions", "--json").json}
    assert dimensions["tags.team"]["kind"] == "tag"
    assert dimensions["ServiceName"]["covered"] == {"USD": "1007.600000000000000000001"}
    values = asked("values", "ServiceName", "--json").json
    assert [v["value"] for v in values] == [EC2, S3]
    [found] = asked("values", "tags.team", "--search", "DAT", "--json").json
    assert (found["value"], found["lines"]) == ("data", 1)
    assert S3 in asked("values", "ServiceName").out


def test_a_view_is_saved_shown_asked_and_removed(asked: Run) -> None:
    saved = asked("views", "save", "mine", "--by", "ServiceName", "--range", "last-6-months")
    assert saved.code == 0 and "version 1" in saved.out
    assert asked("views", "save", "mine", "--by", "tags.team", "--title", "Mine").code == 0
    shown = asked("views", "show", "mine").out
    assert "Mine (version 2)" in shown and "outlay query --by=tags.team" in shown
    [view] = asked("views", "list", "--json").json
    assert view["spec"]["query"]["by"] == ["tags.team"]
    assert asked("history", "view", "mine", "--restore", "1").code == 0
    assert "ServiceName" in asked("views", "show", "mine").out
    assert asked("views", "remove", "mine").code == 0
    assert "No view yet" in asked("views", "list").out
    unknown = asked("views", "show", "mine")
    assert unknown.code == 1 and "There is none yet" in unknown.err
    wrong = asked("views", "save", "mine", "--by", "Servic")
    assert wrong.code == 2


@pytest.mark.parametrize("format", ["parquet", "csv"])
@pytest.mark.parametrize("version", ["1.4", "1.2"])
def test_export_keeps_every_digit(asked: Run, tmp_path: Path, format: str, version: str) -> None:
    out = tmp_path / "focus"
    words = ["export", "focus", "--out", out, "--format", format, "--focus-version", version]
    [written] = asked(*words, "--period", "2026-09", "--json").json
    assert written["rows"] == 3
    file = Path(written["path"])
    assert file == out / "bill" / f"2026-09.{format}"
    if format == "parquet":
        costs = pq.read_table(file)["BilledCost"].to_pylist()
    else:
        with file.open(newline="") as lines:
            costs = [Decimal(line["BilledCost"]) for line in csv.DictReader(lines)]
    assert sum(costs) == Decimal(SEPTEMBER_TOTAL)
    assert [p.name for p in out.rglob(".*")] == []


def test_export_refuses_what_it_cannot_write(asked: Run, tmp_path: Path) -> None:
    ran = asked("export", "focus", "--out", tmp_path, "--focus-version", "0.9")
    assert ran.code == 2 and "Allowed: 1.4, 1.2" in ran.err
    (tmp_path / "file").write_text("")
    assert asked("export", "focus", "--out", tmp_path / "file").code == 1
    none = asked("export", "focus", "--out", tmp_path, "--period", "2020-01")
    assert none.code == 0 and "No data for this period" in none.out


def test_check_counts_broken_rules_and_fails_on_errors(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    bad = row("1") | {"ChargeCategory": "Kitchen"}
    run("load", write_bill(tmp_path / "bill.csv", [row("1"), bad]))
    ran = run("check", "--json")
    assert ran.code == 1
    broken = {line["rule"]: line for line in ran.json}
    found = broken["ChargeCategory-allowed"]
    assert (found["rows"], found["severity"], found["blocking"]) == (1, "error", True)
    assert str(found["sample"][0]["x_SourceLine"]) == "2"
    text = run("check")
    assert text.code == 1 and "ChargeCategory-allowed" in text.out


def test_doctor_finds_what_is_broken(asked: Run, folder: Path) -> None:
    assert asked("doctor").code == 0
    for file in (folder / "lake" / "charges").rglob("*.parquet"):
        file.unlink()
    ran = asked("doctor", "--json")
    assert ran.code == 1
    wrong = [line for line in ran.json if not line["ok"]]
    assert wrong and all(line["topic"] == "lake" and line["next"] for line in wrong)
