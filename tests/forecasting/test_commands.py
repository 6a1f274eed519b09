"""`outlay forecast` and its accuracy, planned changes as files."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.money import total
from tests.cli.conftest import Run, run
from tests.forecasting.bills import STORAGE

__all__ = ["run"]


DOLLARS = ("--where", "BillingCurrency = 'USD'")


@pytest.fixture
def loaded(planned: Workspace) -> Path:
    """The folder of the workspace that all tests of forecasts share."""
    return planned.path


def test_a_table_of_months(run: Run, loaded: Path) -> None:
    shown = run("-w", loaded, "forecast", "--by", "ServiceName", "--until", "2027-02-15", *DOLLARS)
    assert shown.code == 0, shown.err
    lines = {line.split("  ")[0].strip(): line for line in shown.out.splitlines() if line.strip()}
    assert "1,207.50" in lines[STORAGE] and "2027-02*" in shown.out
    assert "1 group without a forecast of their own: Newcomer (too little history" in shown.out
    assert "tried" in shown.out and "80 % of the time between" in shown.out


def test_json_and_csv_have_the_same_sums(run: Run, loaded: Path) -> None:
    asked = ("-w", loaded, "forecast", "--by", "ServiceName", "--days", "30", *DOLLARS)
    answer = run(*asked, "--json").json
    rows = list(csv.DictReader(io.StringIO(run(*asked, "--csv").out)))
    (whole,) = answer["totals"]
    (month,) = whole["months"]
    assert total(Decimal(r["outlook"]) for r in rows if r["outlook"]) == Decimal(month["outlook"])
    daily = run(*asked, "--daily", "--json").json["totals"][0]["days"]
    assert len(daily) == 30
    assert total(Decimal(day["mean"]) for day in daily) == Decimal(month["forecast"])


def test_accuracy(run: Run, loaded: Path) -> None:
    shown = run("-w", loaded, "forecast", "accuracy", "--by", "ServiceName", "--days", "30")
    assert shown.code == 0 and "+0.0%" in shown.out and "30 of 30" in shown.out
    rows = run("-w", loaded, "forecast", "accuracy", "--csv", *DOLLARS).out
    assert len(list(csv.DictReader(io.StringIO(rows)))) == 1


def test_groups_that_are_not_shown_are_counted(run: Run, loaded: Path) -> None:
    asked = ("-w", loaded, "forecast", "accuracy", "--by", "ServiceName", "--limit", "1", *DOLLARS)
    every = run(*asked[:-4], *DOLLARS, "--json").json
    assert every["more"] == 0 and len(every["rows"]) > 1
    left = len(every["rows"]) - 1
    some = run(*asked, "--json").json
    assert (some["rows"], some["more"]) == (every["rows"][:1], left)
    assert some["totals"] == every["totals"]
    assert f"{left} more group{'' if left == 1 else 's'}: --limit shows more." in run(*asked).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("forecast", "behind"), "one of ahead, accuracy"),
        (("forecast", "--format", "xml"), "--format is one of"),
        (("forecast", "--days", "0"), "no day to forecast"),
        (("forecast", "--by", "Nix"), "Nix"),
        (("forecast", "--by", "nix"), "\n  nix\n  ^^^\n"),
        (("forecast", "accuracy", "--until", "2027-01-01"), "--until belongs to what is to come"),
        (("forecast", "accuracy", "--daily"), "--daily belongs to what is to come"),
        (("forecast", "accuracy", "--without-changes"), "--without-changes belongs to"),
    ],
)
def test_wrong_use_is_told(run: Run, loaded: Path, words: tuple[str, ...], told: str) -> None:
    shown = run("-w", loaded, *words)
    assert shown.code != 0 and told in shown.err + shown.out


def test_planned_changes_are_files(run: Run, loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "change.yaml").write_text(
        "kind: PlannedChange\nname: copies\nspec:\n  from: 2026-11-11\n  percent: 20\n"
        f"  where: ServiceName = '{STORAGE}'\n"
    )
    assert run("-w", loaded, "apply", tmp_path / "change.yaml", "--yes").code == 0
    shown = run("-w", loaded, "forecast", "--days", "30", *DOLLARS)
    assert "Planned: copies (+20 % from 2026-11-11): adds 161.00 USD." in shown.out
    assert "Planned" not in run("-w", loaded, "forecast", "--days", "30", "--without-changes").out
