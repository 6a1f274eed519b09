"""Bad bills: each is told with what, where, what is allowed and what next; the lake stays."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from outlay.cli import main
from outlay.sources.registry import SOURCES
from tests.cli.bills import SEPTEMBER, csv_text, row, write_bill
from tests.cli.conftest import Run


def truncated_gzip(path: Path) -> Path:
    data = gzip.compress(csv_text(SEPTEMBER * 500).encode(), mtime=0)
    file = path / "bill.csv.gz"
    file.write_bytes(data[: len(data) // 2])
    return file


def missing_cost_column(path: Path) -> Path:
    file = path / "bill.csv"
    header = [name for name in SEPTEMBER[0] if name != "BilledCost"]
    file.write_text(csv_text(SEPTEMBER, header))
    return file


def text_in_a_number(path: Path) -> Path:
    return write_bill(path / "bill.csv", [*SEPTEMBER, row("twelve")])


def duplicate_header(path: Path) -> Path:
    file = path / "bill.csv"
    header = list(SEPTEMBER[0])
    file.write_text(csv_text(SEPTEMBER, [*header, "BilledCost"]))
    return file


def empty_export(path: Path) -> Path:
    file = path / "bill.csv"
    file.write_text("")
    return file


def header_alone(path: Path) -> Path:
    file = path / "bill.csv"
    file.write_text(csv_text(SEPTEMBER).splitlines()[0] + "\n")
    return file


def mixed_currencies(path: Path) -> Path:
    return write_bill(path / "bill.csv", [row("1.10"), row("2.20", currency="EUR")])


def not_a_bill(path: Path) -> Path:
    file = path / "bill.csv"
    file.write_text("name,age\nann,42\n")
    return file


def binary_rubbish(path: Path) -> Path:
    file = path / "bill.parquet"
    file.write_bytes(bytes(range(256)) * 40)
    return file


def nowhere(path: Path) -> Path:
    return path / "nowhere.csv"


def empty_folder(path: Path) -> Path:
    made = path / "empty"
    made.mkdir()
    return made


CASES: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "truncated gzip": (truncated_gzip, ("bill.csv.gz",)),
    "missing cost column": (missing_cost_column, ("BilledCost",)),
    "text in a number": (text_in_a_number, ("BilledCost",)),
    "duplicate header": (duplicate_header, ("BilledCost", "bill.csv")),
    "empty export": (empty_export, ("bill.csv",)),
    "header alone": (header_alone, ("bill",)),
    "mixed currencies": (mixed_currencies, ("BillingCurrency", "EUR, USD")),
    "not a bill": (not_a_bill, ("bill.csv", "focus")),
    "binary rubbish": (binary_rubbish, ("bill.parquet",)),
    "unreadable location": (nowhere, ("nowhere.csv",)),
    "empty folder": (empty_folder, ("empty",)),
}


@pytest.fixture(scope="module")
def _september(_empty_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that holds September of the source `bill` already."""
    place = tmp_path_factory.mktemp("september")
    shutil.copytree(_empty_workspace, place / "acme")
    bill = write_bill(place / "good" / "bill.csv")
    assert main(["-w", str(place / "acme"), "load", str(bill)]) == 0
    return place / "acme"


@pytest.fixture
def loaded(_september: Path, folder: Path) -> Path:
    """The same, as a copy that the commands use."""
    shutil.rmtree(folder)
    shutil.copytree(_september, folder)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_a_bad_bill_is_told_and_the_lake_stays(
    loaded: Path, run: Run, tmp_path: Path, case: str
) -> None:
    make, names = CASES[case]
    place = tmp_path / "bad"
    place.mkdir()
    bad = make(place)
    before = run("deliveries", "--json").json
    snapshots = run("snapshots", "--json").json
    ran = run("load", bad, "--source", "bill")
    assert ran.code in (1, 3), ran.out + ran.err
    for name in names:
        assert name in ran.err, ran.err
    assert len(ran.err) > 60, "the message must say what is allowed or what to do next"
    assert "Traceback" not in ran.err and "defect" not in ran.err, ran.err
    assert run("deliveries", "--json").json == before
    assert run("snapshots", "--json").json == snapshots
    if ran.code == 1:
        assert run("source", "show", "bill", "--json").json["location"].endswith("good/bill.csv")


def test_the_wrong_kind_is_told(loaded: Path, run: Run, tmp_path: Path) -> None:
    bill = write_bill(tmp_path / "good" / "bill.csv")
    snapshots = run("snapshots", "--json").json
    ran = run("load", bill, "--kind", "aws-cur", "--source", "other")
    assert ran.code == 1
    assert "bill.csv" in ran.err and "aws-cur" in ran.err
    assert run("snapshots", "--json").json == snapshots
    unknown = run("load", bill, "--kind", "azure")
    assert unknown.code == 2
    assert f"Kinds: {', '.join(SOURCES)};" in unknown.err


def test_currencies_of_several_accounts_load_apart_and_are_never_added(
    folder: Path, run: Run, tmp_path: Path
) -> None:
    other = row("2.20", currency="EUR") | {"BillingAccountId": "333333333333"}
    write_bill(tmp_path / "mixed.csv", [row("1.10"), other])
    ran = run("load", tmp_path / "mixed.csv")
    assert ran.code == 0, ran.err
    [found] = run("deliveries", "--json").json
    assert found["stated"]["BilledCost"] == {"EUR": "2.20", "USD": "1.10"}
    assert found["reconciled"] is True
    answer = run("query", "--json").json
    assert answer["total"] is None
    assert {(t["BillingCurrency"], t["EffectiveCost"]) for t in answer["totals"]} == {
        ("EUR", "2.20"),
        ("USD", "1.10"),
    }
    assert "3.30" not in run("query").out


def test_an_amount_that_does_not_fit_is_never_rounded(
    loaded: Path, run: Run, tmp_path: Path
) -> None:
    bad = write_bill(tmp_path / "bad" / "bill.csv", [row("0.0000000000000000000001")])
    ran = run("load", bad, "--source", "bill")
    assert ran.code == 3
    assert "BilledCost" in ran.err


def test_json_errors_are_json_on_stderr(folder: Path, run: Run, tmp_path: Path) -> None:
    ran = run("load", tmp_path / "nowhere.csv", "--json")
    assert ran.code == 1 and ran.out == ""
    assert ran.error["exit_code"] == 1 and "nowhere.csv" in ran.error["message"]
