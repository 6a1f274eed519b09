"""The demo's Oracle bill: the same every time, loaded without a finding, with its surprise."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import oci
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 5)


def bill(folder: Path, story: Story = STORY) -> Path:
    for month in story.months():
        oci.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*.gz")}


def test_it_is_a_function_of_dates_and_a_later_day_only_adds(tmp_path: Path) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    later = Story(STORY.anchor, date(2026, 12, 5), STORY.span)
    after = contents(bill(tmp_path / "a", later))
    changed = [name for name, content in first.items() if after[name] != content]
    assert changed == [sorted(first)[-1]], "only the open ten days"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("oci")
    made = Ledger(folder / "lake")
    for outcome in made.load("oci", bill(folder / "bill")):
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None
        assert outcome.record.checks == ()
        assert 0 < outcome.record.rows < 1000
    return made


def test_the_database_was_left_on_and_partly_corrected(ledger: Ledger) -> None:
    def database(month: str, where: str) -> Decimal:
        return ledger.sums("oci", month, "ServiceName", where=where)["DATABASE"]

    day = "CAST(ChargePeriodStart AS DATE) = DATE '2026-09-{}' AND SkuId = 'B95702'"
    assert database("2026-09", day.format(12)) > 2 * database("2026-09", day.format(10))
    back = database("2026-10", "ChargeClass = 'Correction'")
    assert back < 0
    days = database("2026-09", f"({day.format(13)}) OR ({day.format(14)})")
    assert -days < back < 0
