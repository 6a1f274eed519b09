"""The demo's vendor with a table of its own: read by its mapping, and its total line agrees."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import brightpage
from outlay.app.inference import infer
from outlay.lake import Lake
from outlay.sources.csv_mapped import CsvMapped, CsvOptions
from outlay.sources.csv_mapped.forms import NUMBERS, parse_number
from outlay.sources.transports.file import FileTransport

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 4)


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    folder = tmp_path / "bill"
    folder.mkdir()
    for month in STORY.months():
        brightpage.write(folder, month, STORY)
    return folder


def stated(path: Path) -> Decimal:
    """What the table's last line says."""
    (line,) = [text for text in path.read_text("utf-8").splitlines() if text.startswith("Summe")]
    (amount,) = [cell for cell in line.split(";")[1:] if cell]
    found = parse_number(amount, NUMBERS["1.234,56"])
    assert found is not None
    return found


def test_it_is_a_function_of_dates(bill: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    for month in STORY.months():
        brightpage.write(again, month, STORY)
        name = f"brightpage-{month}.csv"
        assert (again / name).read_bytes() == (bill / name).read_bytes()


def test_every_month_adds_up_to_its_own_total_without_a_finding(bill: Path, tmp_path: Path) -> None:
    options = CsvOptions.model_validate({"mapping": brightpage.MAPPING})
    lake = Lake.open(tmp_path / "lake", threads=1)
    outcomes = lake.load("brightpage", CsvMapped(), FileTransport(str(bill)), options)
    assert len(outcomes) == 4
    for outcome in outcomes:
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None and outcome.record.checks == ()
        (billed,) = [x for x in outcome.record.proof.lines if x.measure == "BilledCost"]
        assert billed.currency == "EUR"
        assert billed.loaded == stated(bill / f"brightpage-{outcome.billing_period}.csv")
        assert sum(outcome.record.proof.rows_folded.values()) == 1


def test_the_proposal_finds_the_total(bill: Path) -> None:
    path = bill / "brightpage-2026-10.csv"
    found = infer(str(path))
    assert found.trial is not None and found.proposal is not None
    assert found.proposal.missing == []
    assert found.trial.totals == {"EUR": stated(path)}
