"""The demo's Google Cloud bill: the same every time, with its commitments, its late lines and the
three days of queries without a date."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import gcp
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 8)


def bill(folder: Path, story: Story = STORY) -> Path:
    for month in story.months():
        gcp.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_is_a_function_of_dates_and_a_later_day_only_adds(tmp_path: Path) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    later = Story(STORY.anchor, date(2026, 12, 5), STORY.span)
    after = contents(bill(tmp_path / "a", later))
    assert [name for name, content in first.items() if after[name] != content] == [max(first)]
    assert after[max(first)].startswith(first[max(first)])


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("gcp")
    made = Ledger(folder / "lake")
    outcomes = made.load("gcp", bill(folder / "bill"))
    assert len(outcomes) == 8
    for outcome in outcomes[1:]:
        assert outcome.status == "loaded", outcome.message
        assert outcome.record is not None
        assert 0 < outcome.record.rows < 3000
        (late,) = outcome.record.checks
        assert (late.rule, late.count) == ("ChargePeriod-in-BillingPeriod", 1)
    return made


@pytest.mark.parametrize("month", ["2026-08", "2026-11"])
def test_an_invoices_effective_cost_is_what_it_bills(ledger: Ledger, month: str) -> None:
    billed = ledger.sums("gcp", month, "BillingCurrency", "BilledCost")
    assert billed == ledger.sums("gcp", month, "BillingCurrency", "EffectiveCost")
    net = ledger.sums("gcp", month, "''", "BilledCost", "ChargeCategory <> 'Tax'")[""]
    assert (net == net.quantize(Decimal("0.01"))) == (month == "2026-08"), "rounded at the end"


def test_the_cluster_outgrew_its_commitment_downwards(ledger: Ledger) -> None:
    def unused(month: str) -> Decimal:
        where = "CommitmentDiscountStatus = 'Unused' AND CommitmentDiscountCategory = 'Usage'"
        return ledger.sums("gcp", month, "''", "EffectiveCost", where).get("", Decimal(0))

    assert unused("2026-08") == 0
    assert unused("2026-10") > 50


def test_three_days_of_queries_without_a_date_stand_out(ledger: Ledger) -> None:
    days = ledger.sums(
        "gcp", "2026-10", "CAST(day(ChargePeriodStart) AS VARCHAR)", "BilledCost",
        "ServiceName = 'BigQuery' AND ChargePeriodStart >= BillingPeriodStart",
    )  # fmt: skip
    wild = {day for day, cost in days.items() if cost > 500}
    assert wild == {"7", "8", "9"}


def test_a_promotion_ends_and_tokens_have_a_model(ledger: Ledger) -> None:
    credits = "ChargeCategory = 'Credit'"
    assert ledger.sums("gcp", "2026-05", "x_Model", where=credits)["gemini-2.5-flash"] < 0
    assert ledger.sums("gcp", "2026-10", "x_Model", where=credits) == {}
    kinds = ledger.sums("gcp", "2026-10", "x_TokenType", where="ServiceName = 'Vertex AI'")
    assert set(kinds) == {"input", "output"}


def test_namespaces_and_teams_share_the_cluster(ledger: Ledger) -> None:
    shares = ledger.sums("gcp", "2026-10", "x_Namespace", where="x_Cluster = 'analytics'")
    assert set(shares) == set(gcp._NAMESPACES)
    teams = ledger.sums("gcp", "2026-10", "Tags['team']")
    assert {"data", "ml"} <= set(teams)
