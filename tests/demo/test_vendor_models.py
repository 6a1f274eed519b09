"""The demo's model vendors: OpenAI, Anthropic and the gateway between, from one truth."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.app.demo.story import Story
from outlay.app.demo.vendors import Writer, anthropic, gateway, openai
from outlay.focus.sql import literal
from tests.contract.ledger import Ledger

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 4)
VENDORS: dict[str, Writer] = {
    "openai": openai.write,
    "anthropic": anthropic.write,
    "gateway": gateway.write,
}


def bill(folder: Path, write: Writer, story: Story = STORY) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for month in story.months():
        write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_is_a_function_of_dates_and_a_later_day_changes_the_open_month_alone(
    vendor: str, tmp_path: Path
) -> None:
    write = VENDORS[vendor]
    first = contents(bill(tmp_path / "a", write))
    assert first == contents(bill(tmp_path / "b", write))
    later = Story(STORY.anchor, date(2026, 12, 5), STORY.span)
    after = contents(bill(tmp_path / "a", write, later))
    changed = [name for name, content in first.items() if after[name] != content]
    assert changed
    assert all("2026-11" in name for name in changed)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    folder = tmp_path_factory.mktemp("models")
    made = Ledger(folder / "lake")
    for name, write in VENDORS.items():
        for outcome in made.load(name, bill(folder / name, write)):
            assert outcome.status == "loaded", outcome.message
            assert outcome.record is not None
            proof = outcome.record.proof
            assert proof.reconciled
            assert 0 < proof.rows_read <= 3000
            assert all("more than once" not in note for note in outcome.record.notes) or (
                name == "gateway" and str(outcome.billing_period) == "2026-09"
            )
    return made


def usage(ledger: Ledger, columns: str, where: str) -> list[tuple[Any, ...]]:
    lake = ledger.lake
    paths = ", ".join(literal(str(p)) for p in lake.usage_paths(lake.pin()).values())
    with duckdb.connect() as reader:
        return reader.execute(
            f"SELECT {columns} FROM read_parquet([{paths}], union_by_name=true) WHERE {where}"
        ).fetchall()


def day_of(ledger: Ledger, name: str, month: str, day: str, where: str = "TRUE") -> Decimal:
    on = f"CAST(ChargePeriodStart AS DATE) = DATE '{day}' AND {where}"
    return sum(ledger.sums(name, month, "'all'", where=on).values(), Decimal(0))


def test_the_assistant_retried_for_two_days(ledger: Ledger) -> None:
    usual, bad = (day_of(ledger, "openai", "2026-10", f"2026-10-{day}") for day in ("06", "09"))
    assert bad > 3 * usual


def test_labels_by_the_dearer_model_cost_five_times_as_much(ledger: Ledger) -> None:
    labels = "SubAccountId = 'wrkspc_data'"
    usual = day_of(ledger, "anthropic", "2026-09", "2026-09-15", labels)
    mistaken = day_of(ledger, "anthropic", "2026-09", "2026-09-19", labels)
    assert 4 * usual < mistaken < 7 * usual


def test_a_tenth_is_off_the_list_since_four_months(ledger: Ledger) -> None:
    billed = ledger.sums("anthropic", "2026-10", "'x'", "BilledCost")["x"]
    listed = ledger.sums("anthropic", "2026-10", "'x'", "ListCost")["x"]
    assert billed * 10 == listed * 9


def test_openais_bill_is_its_usage_at_public_prices(ledger: Ledger) -> None:
    """But for the web searches, which the usage endpoints of this company leave out."""
    tokens = "x_TokenType IS NOT NULL"
    billed = ledger.sums("openai", "2026-10", "x_Model", where=tokens)
    month = "ServiceName = 'OpenAI API' AND x_Endpoint IS NOT NULL AND EstimatedCost > 0"
    estimated = usage(
        ledger,
        "x_Model, sum(EstimatedCost)",
        f"{month} AND date_trunc('month', UsagePeriodStart) = '2026-10-01' GROUP BY 1",
    )
    assert dict(estimated) == billed


def test_the_gateway_says_what_openai_bills_its_key_a_day_ahead(ledger: Ledger) -> None:
    columns = "x_Model, x_User, Metric, sum(Quantity)"
    day = "CAST(UsagePeriodStart AS DATE) = DATE '2026-11-{}' AND Metric LIKE '%_tokens'"
    at = f"{day} AND x_Endpoint IS {{}} GROUP BY ALL ORDER BY ALL"
    vendor = usage(ledger, columns, at.format(25, "NOT NULL AND SubAccountId = 'proj_internal'"))
    logged = usage(ledger, columns, at.format(25, "NULL AND x_Team IS NOT NULL"))
    assert vendor == logged
    assert vendor
    ahead = at.format(27, "{}")
    assert usage(ledger, columns, ahead.format("NULL AND x_Team IS NOT NULL"))
    assert not usage(ledger, columns, ahead.format("NOT NULL"))
