"""`outlay drivers`: the change of two months that are loaded by the command line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.bills import csv_text, row
from tests.cli.conftest import Run


@pytest.fixture
def loaded(run: Run, folder: Path, tmp_path: Path) -> Run:
    """Two months: a service that is dearer, one that ends, one that begins."""
    bills = {
        "2026-08": [row("10.00", day="2026-08-01"), row("5.00", day="2026-08-31", service="Old")],
        "2026-09": [row("12.50", day="2026-09-01"), row("4.00", day="2026-09-30", service="New")],
    }
    (tmp_path / "bills").mkdir()
    for month, lines in bills.items():
        (tmp_path / "bills" / f"{month}.csv").write_text(csv_text(lines))
    assert run("load", tmp_path / "bills", "--source", "acme").code == 0
    return run


SEPTEMBER = ("drivers", "--from", "2026-09-01", "--to", "2026-10-01")


def test_a_table_for_people(loaded: Run) -> None:
    shown = loaded(*SEPTEMBER, "--by", "ServiceName")
    assert shown.code == 0, shown.err
    assert shown.out.startswith("Spend is 10 % above August 2026; New alone rose by 4.00 USD")
    lines = {line.split("  ")[0].strip(): line for line in shown.out.splitlines() if line.strip()}
    assert lines["New"].split()[-1]
    assert "+4.00" in shown.out and "-5.00" in shown.out and "+2.50" in shown.out
    assert "16.50" in lines["2026-09-01 to 2026-10-01"]
    # 31 days against 30: a thirty-first of 10.00 less for the length, as much more for usage.
    assert "-0.32" in lines["Length of period"] and "+0.32" in lines["Usage"]


def test_json_adds_up(loaded: Run) -> None:
    (bridge,) = loaded(*SEPTEMBER, "--json").json["bridges"]
    effects = {one["effect"]: one["amount"] for one in bridge["effects"]}
    assert effects == {
        "new": "4.00",
        "gone": "-5.00",
        "usage": "0.322580645161",
        "length": "-0.322580645161",
        "price": "2.50",
    }
    assert (bridge["before"], bridge["after"], bridge["change"]) == ("15.00", "16.50", "1.50")


def test_csv_of_effects_and_groups(loaded: Run) -> None:
    effects = list(csv.DictReader(io.StringIO(loaded(*SEPTEMBER, "--format", "csv").out)))
    assert [line["effect"] for line in effects][:3] == ["before", "new", "gone"]
    groups = loaded(*SEPTEMBER, "--by", "ServiceName", "--format", "csv").out
    found = {line["ServiceName"]: line for line in csv.DictReader(io.StringIO(groups))}
    assert found["Old"]["gone"] == "-5.00" and found["New"]["new"] == "4.00"


def test_days_of_ones_own_to_compare_with(loaded: Run) -> None:
    answer = loaded(*SEPTEMBER, "--against", "2026-09-01..2026-10-01", "--json").json
    assert answer["bridges"][0]["effects"] == []
    assert answer["sentence"] == "Spend is the same as in September 2026."


def test_wrong_use(loaded: Run) -> None:
    assert "one measure of money" in loaded("drivers", "--measure", "LineCount").err
    refused = loaded("drivers", "--format", "xml")
    assert refused.code == 2 and "table, json, csv" in refused.err


def test_an_empty_ledger(run: Run, folder: Path) -> None:
    assert run("drivers").out.strip() == "There is no charge yet."
