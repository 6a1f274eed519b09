"""The demo's Azure bill: the same every time, both reports met, and its two surprises."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import azure
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 4)


def bill(folder: Path, story: Story = STORY) -> Path:
    for month in story.months():
        azure.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_it_is_a_function_of_dates_and_a_later_day_only_adds(tmp_path: Path) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    after = contents(bill(tmp_path / "a", Story(STORY.anchor, date(2026, 11, 30), STORY.span)))
    assert {name for name in first if after[name] != first[name]} == set()
    assert len(after) == len(first) + 4, "a newer run of both exports"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("azure")
    made = Ledger(folder / "lake")
    outcomes = made.load("azure", bill(folder / "bill"))
    assert len(outcomes) == 4
    for outcome in outcomes:
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None
        assert outcome.record.checks == ()
        assert 0 < outcome.record.rows < 1500
    october = outcomes[2].record
    assert october is not None
    assert any("2 older runs of 2026-10 are left out" in note for note in october.notes)
    return made


def test_a_machine_is_gone_and_its_reservation_runs_on(ledger: Ledger) -> None:
    unused = "CommitmentDiscountStatus = 'Unused' AND CommitmentDiscountType = 'Reservation'"
    assert ledger.sums("azure", "2026-08", "''", where=unused) == {}
    october = ledger.sums("azure", "2026-10", "''", where=unused)[""]
    rate = azure.rate_of(STORY.at(-1))
    assert october == 31 * 24 * azure.RESERVED_HOUR * rate


def test_the_assistant_lost_its_cache_for_four_days(ledger: Ledger) -> None:
    tokens = ledger.sums("azure", "2026-10", "x_TokenType", where="x_Model = 'gpt-4o'")
    assert tokens["input"] > tokens["output"]
    day = "x_Model = 'gpt-4o' AND CAST(ChargePeriodStart AS DATE) = DATE '2026-10-{}'"
    lost, usual = (
        ledger.sums("azure", "2026-10", "''", where=day.format(number))[""] for number in (13, 20)
    )
    assert lost > usual * Decimal("1.3")


def test_a_refund_the_marketplace_and_two_currencies(ledger: Ledger) -> None:
    assert ledger.sums("azure", "2026-08", "ChargeClass", "BilledCost")["Correction"] < 0
    sellers = ledger.sums("azure", "2026-09", "ServiceProviderName")
    assert set(sellers) == {"Microsoft", "Tidewire Software B.V."}
    rates = ledger.sums("azure", "2026-09", "x_BillingExchangeRate || ' ' || PricingCurrency")
    assert set(rates) == {f"{azure.rate_of(STORY.at(-2))} USD"}
    teams = ledger.sums("azure", "2026-09", "lower(Tags['team'])")
    assert {"platform", "payments", "data", "ml"} & set(teams)
