"""The demo's Databricks: the same every time, loaded without a finding, with its surprise."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import databricks
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 6)
JOB = "x_JobName = 'feature-backfill'"


def bill(folder: Path, story: Story = STORY) -> Path:
    for month in story.months():
        databricks.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_it_is_a_function_of_dates_and_a_later_day_changes_the_open_month_alone(
    tmp_path: Path,
) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    later = Story(STORY.anchor, date(2026, 12, 5), STORY.span)
    after = contents(bill(tmp_path / "a", later))
    changed = [name for name, content in first.items() if after[name] != content]
    assert changed == ["system.billing.usage-2026-11.jsonl"]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("databricks")
    made = Ledger(folder / "lake")
    for outcome in made.load("dbx", bill(folder / "bill")):
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None
        assert outcome.record.checks == ()
        assert 0 < outcome.record.rows < 2000
    return made


def test_a_backfill_was_tried_again_for_three_days_and_partly_taken_back(ledger: Ledger) -> None:
    first, last = databricks.loop(STORY)
    month = f"{first:%Y-%m}"
    by_kind = ledger.sums("dbx", month, "x_RecordType", where=JOB)
    whole = Decimal(72 * 58) * Decimal("0.15")
    assert by_kind == {
        "ORIGINAL": whole,
        "RETRACTION": -whole / 6,
        "RESTATEMENT": whole / 12,
    }
    by_month = ledger.sums("dbx", month, "Tags['team']")
    before = ledger.sums("dbx", f"{STORY.at(-2)}", "Tags['team']")
    assert by_month["ml"] > before["ml"] + Decimal(500)
    assert last == first + timedelta(days=2)


def test_sql_is_dearer_from_a_moment_in_the_middle_of_a_day(ledger: Ledger) -> None:
    change = databricks.dearer(STORY)
    prices = ledger.sums(
        "dbx",
        f"{change:%Y-%m}",
        "strftime(ChargePeriodStart, '%H')",
        "ListUnitPrice",
        f"CAST(ChargePeriodStart AS DATE) = '{change:%Y-%m-%d}' "
        "AND ResourceId = '9c41d2f07ab1e6d3'",
    )
    cheap, dear = Decimal("0.70"), Decimal("0.74")
    assert prices == {
        **dict.fromkeys(("08", "09", "10"), cheap),
        **dict.fromkeys(("13", "14", "15", "16"), dear),
    }


def test_teams_jobs_and_people_are_on_it(ledger: Ledger) -> None:
    teams = ledger.sums("dbx", "2026-10", "Tags['team']")
    assert set(teams) == {"", "data", "ml", "storefront", "search"}
    types = ledger.sums("dbx", "2026-10", "ResourceType")
    assert set(types) == {"Job", "Compute Cluster", "Warehouse", "AI Endpoint"}
