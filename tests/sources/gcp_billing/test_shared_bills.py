"""The shared bills of Google Cloud: totals by invoice month and account, in three formats."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from outlay.sources.contract import SourceError
from tests.contract.ledger import Ledger
from tests.shared import SHARED, needs_shared, shared_data

pytestmark = [needs_shared, pytest.mark.slow]

STEM = "gcp_billing_export_resource_v1_01ABCD_234567_89EFGH"
FORMATS = ("jsonl", "parquet", "flat.csv")
MONTHS = ("2026-08", "2026-09", "2026-10")

# Tax, rounding and corrections have no list price at Google, who writes 0.
SUMS = """SELECT BillingAccountId || ' ' || BillingCurrency AS account,
    count(DISTINCT x_SourceLine) AS rows,
    sum(CAST(x_CostBeforeCredits AS DECIMAL(38,21))) AS cost,
    sum(ListCost) FILTER (ChargeCategory IN ('Usage', 'Purchase')) AS list,
    sum(BilledCost) FILTER (ChargeCategory = 'Tax') AS tax,
    sum(BilledCost) AS net, sum(EffectiveCost) AS effective
    FROM {0} GROUP BY 1"""
CREDITS = """SELECT account, c.type, sum(CAST(c.amount AS DECIMAL(38,21))) FROM (
    SELECT BillingAccountId || ' ' || BillingCurrency AS account, unnest(from_json(x_Credits,
        '[{{"type": "VARCHAR", "amount": "VARCHAR"}}]')) AS c FROM {0}) GROUP BY ALL"""


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("gcp"))
    for ending in FORMATS:
        path = shared_data("gcp", "synthetic", f"{STEM}.{ending}")
        outcomes = made.load(ending.replace(".", "-"), path)
        assert [outcome.status for outcome in outcomes] == ["loaded"] * 3
    return made


def ask(ledger: Ledger, ending: str, month: str, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as reader:
        charges = ledger.charges(ending.replace(".", "-"), month)
        return reader.execute(sql.format(charges)).fetchall()


def expected(month: str) -> dict[str, Any]:
    assert SHARED is not None
    stated = json.loads((SHARED / "data" / "expected.json").read_text())
    found: dict[str, Any] = stated["gcp"][month.replace("-", "")]
    return found


def test_the_expectations_are_there() -> None:
    assert set(expected("2026-08")) == {"01ABCD-234567-89EFGH USD", "01EURO-234567-89EFGH EUR"}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("ending", FORMATS)
def test_rows_cost_list_tax_and_net_by_account(ledger: Ledger, ending: str, month: str) -> None:
    stated = expected(month)
    found = {row[0]: row[1:] for row in ask(ledger, ending, month, SUMS)}
    assert set(found) == set(stated)
    for account, sums in stated.items():
        rows, cost, listed, tax, net, effective = found[account]
        assert rows == sums["rows"]
        assert cost == Decimal(sums["cost"])
        assert listed == Decimal(sums["list"])
        assert (tax or 0) == Decimal(sums["tax"])
        assert net == effective == Decimal(sums["net"])


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("ending", FORMATS)
def test_credits_by_type(ledger: Ledger, ending: str, month: str) -> None:
    found: dict[str, dict[str, Decimal]] = {}
    for account, kind, amount in ask(ledger, ending, month, CREDITS):
        found.setdefault(account, {})[kind] = amount
    for account, sums in expected(month).items():
        assert found[account] == {k: Decimal(v) for k, v in sums["credits_by_type"].items()}


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("key", ["ServiceName", "SubAccountId", "Tags['team']", "ChargeCategory"])
@pytest.mark.parametrize("cost", ["BilledCost", "EffectiveCost", "ContractedCost"])
def test_the_three_formats_agree_by_any_dimension(
    ledger: Ledger, month: str, key: str, cost: str
) -> None:
    one, *others = (ledger.sums(e.replace(".", "-"), month, key, cost) for e in FORMATS)
    assert len(one) > 1
    assert all(other == one for other in others)


def test_the_folder_of_all_three_is_not_added_up(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="3 shapes"):
        Ledger(tmp_path).load("all", shared_data("gcp", "synthetic"))


@pytest.mark.parametrize("folder", ["cud-1_1", "cud-10_1"])
def test_a_bill_beside_its_own_rearrangement_is_not_added_up(folder: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="2 shapes"):
        Ledger(tmp_path).load("all", shared_data("gcp", folder))


def test_months_whose_rows_lie_in_two_files_are_whole(tmp_path: Path) -> None:
    outcomes = Ledger(tmp_path).load("nise", shared_data("gcp", "nise-gcp"))
    rows = {str(one.billing_period): one.record.proof.rows_read for one in outcomes if one.record}
    assert rows == {"2026-07": 48, "2026-08": 7440, "2026-09": 7200, "2026-10": 7382}


def test_the_published_schema_is_found_by_name() -> None:
    from outlay.sources.gcp_billing.columns import looks_like_export, wanted_columns

    schema = json.loads(shared_data("gcp", "bigquery-export-schema.json").read_text())
    names = [
        f"{field['name']}.{child['name']}" if field["mode"] == "NULLABLE" else field["name"]
        for field in schema
        for child in field.get("fields", [{"name": ""}])
    ]
    names = list(dict.fromkeys(name.rstrip(".") for name in names))
    assert looks_like_export(names)
    assert set(names) - set(wanted_columns(names)) <= {"credits"}
