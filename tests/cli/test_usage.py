"""`outlay usage`, `provisional` and `tie`."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.query.usage_lake import charge, pod
from tests.sources.kubernetes.usage import answer, csv_text

pytestmark = pytest.mark.slow


@pytest.fixture
def used(folder: Path, run: Run, tmp_path: Path) -> Run:
    """A workspace with two days of a cluster, and the bill of the first."""
    steps = [
        {"a": pod("2026-10-05", "24", "i-1"), "b": pod("2026-10-05", "0.123456789", "i-1", "db")},
        {"a": pod("2026-10-06", "24", "i-1", "web")},
    ]
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "allocation.json").write_text(json.dumps(answer(*steps)))
    (tmp_path / "bill.csv").write_text(
        csv_text([charge("30", "2026-10-05T00", "2026-10-06T00", "i-1")])
    )
    assert run("load", tmp_path / "cluster", "--source", "cluster").code == 0
    assert run("load", tmp_path / "bill.csv", "--source", "aws").code == 0
    return run


def test_usage_lists_the_metrics_and_says_that_estimates_are_none_of_the_charges(
    used: Run,
) -> None:
    shown = used("usage")
    assert shown.code == 0
    assert "cpu_allocated" in shown.out and "Core-Hours" in shown.out and "72.00" in shown.out
    assert "48.12 USD. Estimates are by the tool's or a list's prices: no charges" in shown.out


def test_every_format_has_every_digit(used: Run) -> None:
    words = ["usage", "--by", "x_Pod", "--metric", "cpu_allocated", "--from", "2026-10-05",
             "--to", "2026-10-06"]  # fmt: skip
    found = used(*words, "--json").json
    assert {row["x_Pod"]: row["estimates"]["USD"] for row in found["rows"]} == {
        "web": "24.00",
        "db": "0.123456789",
    }
    rows = list(csv.DictReader(io.StringIO(used(*words, "--format", "csv").out)))
    assert {row["x_Pod"]: row["EstimatedCost USD"] for row in rows} == {
        "web": "24.00",
        "db": "0.123456789",
    }
    table = used(*words, "--limit", "1").out
    assert "Other" in table and "Total" in table


def test_usage_in_sql(used: Run) -> None:
    found = used("sql", "SELECT sum(EstimatedCost) AS cost FROM usage", "--json").json
    assert found["rows"] == [{"cost": "48.123456789000000000000"}]


def test_a_misspelt_name_is_refused_with_the_right_one(used: Run) -> None:
    shown = used("usage", "--by", "x_Pdo")
    assert (shown.code, "Did you mean x_Pod" in shown.err) == (2, True)
    assert "table, json, csv" in used("usage", "--format", "xml").err


def test_an_estimate_is_provisional_until_the_tied_bill_has_it(used: Run) -> None:
    before = used("provisional")
    assert "is tied to no bill: outlay tie cluster BILL --match ResourceId" in before.out
    tied = used("tie", "cluster", "aws", "--match", "ResourceId", "--json").json
    assert tied == {
        "source": "cluster",
        "superseded_by": {"source": "aws", "match": ["ResourceId"], "where": ""},
    }
    shown = used("provisional")
    assert "2026-10-06" in shown.out and "2026-10-05" not in shown.out
    assert "Provisional: 24.00 USD. An estimate, in no total." in shown.out
    found = used("provisional", "--by", "x_Pod", "--json").json
    assert found["provisional"] == {"USD": "24.00"}
    assert found["superseded"] == {"USD": "24.123456789"}
    assert used("query", "--json").json["total"] == {"EffectiveCost": "30.00"}


def test_a_tie_outlives_the_next_load_and_can_be_taken_away(used: Run, tmp_path: Path) -> None:
    used("tie", "cluster", "aws", "--match", "ResourceId")
    assert used("load", tmp_path / "cluster", "--source", "cluster").code == 0
    assert used("provisional", "--json").json["provisional"] == {"USD": "24.00"}
    assert "tied to no bill" in used("tie", "cluster", "--none").out
    assert used("provisional", "--json").json["untied"] == {"cluster": {"USD": "48.123456789"}}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["cluster", "nowhere"], 1, "there is no source 'nowhere'"),
        (["nowhere", "aws"], 1, "nowhere"),
        (["cluster", "cluster"], 2, "cannot supersede itself"),
        (["cluster", "aws", "--match", "Quantity"], 2, "is not a column of usage"),
        (["cluster", "aws", "--where", "BilledCost = '1'"], 2, "is an amount"),
        (["cluster"], 2, "name the bill's source, or say --none"),
        (["cluster", "aws", "--none"], 2, "name the bill's source, or say --none"),
    ],
)
def test_a_tie_that_cannot_be_is_refused(words: list[str], code: int, says: str, used: Run) -> None:
    shown = used("tie", *words)
    assert (shown.code, says in shown.err) == (code, True), shown.err


def test_deliveries_count_usage_rows(used: Run) -> None:
    shown = used("deliveries").out
    assert "Usage rows" in shown
    by_source = {one["source"]: one for one in used("deliveries", "--json").json}
    assert by_source["cluster"]["usage_rows"] == 3
    assert by_source["aws"]["usage_rows"] == 0


def test_without_usage_it_says_what_to_load(folder: Path, run: Run) -> None:
    assert "No usage yet" in run("usage").out
    assert "Nothing is provisional" in run("provisional").out


def test_a_tie_is_part_of_the_source_s_file(used: Run, tmp_path: Path) -> None:
    used("tie", "cluster", "aws", "--match", "ResourceId")
    shown = used("get", "Source", "cluster")
    assert shown.code == 0
    assert "superseded_by" in shown.out
