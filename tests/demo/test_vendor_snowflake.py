"""The demo's Snowflake: the same every time, loaded without a finding, with its surprises."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import snowflake
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 4)


def bill(folder: Path, story: Story = STORY) -> Path:
    for month in story.months():
        snowflake.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_it_is_a_function_of_dates_and_a_later_day_changes_the_open_month_alone(
    tmp_path: Path,
) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    later = Story(STORY.anchor, date(2026, 11, 29), STORY.span)
    after = contents(bill(tmp_path / "a", later))
    changed = {name for name, content in first.items() if after[name] != content}
    assert changed and all("2026-11" in name for name in changed)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("snowflake")
    made = Ledger(folder / "lake")
    for outcome in made.load("snow", bill(folder / "bill")):
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None
        assert outcome.record.checks == ()
        assert outcome.record.notes == ()
        assert outcome.record.proof.rows_read < 3200
    return made


def test_a_warehouse_was_left_on_over_a_weekend_for_nobody(ledger: Ledger) -> None:
    def idle(day: date) -> Decimal:
        where = (
            f"ChargePeriodStart = '{day}' AND ResourceName = 'ADHOC_WH' "
            "AND x_AllocationState = 'Idle'"
        )
        return ledger.sums("snow", f"{day:%Y-%m}", "ServiceName", where=where).get(
            "Virtual Warehouses", Decimal(0)
        )

    saturday = snowflake.left_on(STORY)
    assert idle(saturday) > 1000
    assert idle(saturday + timedelta(days=1)) > 1000
    assert idle(saturday + timedelta(days=7)) < 5


def test_the_capacity_was_used_up_in_the_middle_of_a_day_and_overage_costs_more(
    ledger: Ledger,
) -> None:
    ends = snowflake.capacity_ends(STORY)
    month = f"{ends:%Y-%m}"
    on_the_day = ledger.sums(
        "snow", month, "x_BalanceSource", where=f"ChargePeriodStart = '{ends}'"
    )
    assert set(on_the_day) == {"capacity", "overage"}
    later = ledger.sums("snow", month, "x_BalanceSource", where=f"ChargePeriodStart > '{ends}'")
    assert set(later) == {"overage"}
    before = ledger.sums("snow", month, "x_BalanceSource", where=f"ChargePeriodStart < '{ends}'")
    assert set(before) == {"capacity"}


def test_teams_and_people_are_on_the_warehouses(ledger: Ledger) -> None:
    teams = ledger.sums(
        "snow", "2026-10", "AllocatedTags['team']", where="AllocatedTags['team'] IS NOT NULL"
    )
    assert set(teams) == {"data", "storefront", "ml", "checkout", "mobile"}
    users = ledger.sums("snow", "2026-10", "x_User", where="x_User IS NOT NULL")
    assert set(users) == {"ANNA.LINDQVIST", "TOMAS.BRANDT", "SVC_DBT", "SVC_FEATURES", "SVC_LOOKER"}
    unlisted = ledger.sums("snow", "2026-10", "x_AllocationState")["Unlisted queries"]
    assert 0 < unlisted < 20
