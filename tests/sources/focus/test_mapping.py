"""What FOCUS rows become: amounts exact, dates by file, nulls null, gaps filled by stated rules."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from outlay.money import total
from outlay.sources.contract import Mapping, SourceError
from outlay.sources.focus import Focus, FocusOptions
from outlay.sources.focus.mapping import custom_name
from tests.shared import needs_shared, shared_data
from tests.sources.focus.bills import bill
from tests.sources.staged import StagedRaw

SOURCE = Focus()


def mapped(*paths: Path, **options: Any) -> tuple[list[dict[str, Any]], Mapping, StagedRaw]:
    raw = StagedRaw(*paths)
    mapping = SOURCE.mapping(raw, FocusOptions(**options))
    return raw.charges(mapping).to_pylist(), mapping, raw


def test_a_plain_row(tmp_path: Path) -> None:
    rows, mapping, _ = mapped(bill(tmp_path))
    (row,) = rows
    assert (row["BilledCost"], row["ListCost"]) == (Decimal("1.5"), Decimal(2))
    assert row["ChargePeriodStart"] == datetime(2026, 10, 5)
    assert dict(row["Tags"]) == {"team": "search"}
    assert row["ServiceProviderName"] == row["x_ProviderName"] == "ACME"
    assert row["x_FocusVersion"] == "1.0"
    assert (row["_period"], row["_currency"]) == (date(2026, 10, 1), "USD")
    assert mapping.notes == ()


@pytest.mark.parametrize(
    "amount", ["0.000000000000000000001", "1E-10", "-0", "99999999999999999.9"]
)
def test_amounts_keep_every_digit(tmp_path: Path, amount: str) -> None:
    rows, _, raw = mapped(bill(tmp_path, {"BilledCost": amount, "EffectiveCost": amount}))
    assert rows[0]["BilledCost"] == rows[0]["EffectiveCost"] == Decimal(amount)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("BilledCost", "convertible", "BilledCost is no amount that the ledger can hold"),
        ("BilledCost", "1e-22", "BilledCost is no amount that the ledger can hold"),
        ("BilledCost", "1,5", "BilledCost is no amount that the ledger can hold"),
        ("EffectiveCost", "", "EffectiveCost is empty"),
        ("EffectiveCost", "null", "EffectiveCost is empty"),
        ("ListCost", "nan", "ListCost is no amount that the ledger can hold"),
        ("PricingQuantity", "four", "PricingQuantity is no number"),
        ("ChargePeriodStart", "yesterday", "ChargePeriodStart is no date"),
        ("ChargePeriodStart", "", "ChargePeriodStart is no date"),
        ("BillingPeriodEnd", "2026-13-01", "BillingPeriodEnd is no date"),
        ("BillingCurrency", "", "BillingCurrency is empty"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(
    tmp_path: Path, column: str, value: str, reason: str
) -> None:
    rows, mapping, raw = mapped(bill(tmp_path, {}, {column: value}))
    assert len(rows) == 1
    assert raw.rejected(mapping) == [(2, reason)]


def test_the_word_null_is_no_value_and_is_counted(tmp_path: Path) -> None:
    rows, mapping, _ = mapped(
        bill(tmp_path, {"ServiceName": "null", "PricingUnit": "NULL", "PricingQuantity": "Null"})
    )
    assert [rows[0][name] for name in ("ServiceName", "PricingUnit", "PricingQuantity")] == [
        None
    ] * 3
    assert mapping.notes == (
        "3 cells with the word null are taken as no value, in PricingQuantity, PricingUnit, "
        "ServiceName",
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-05T00:00:00Z",
        "2026-10-05T00:00:00.000Z",
        "2026-10-05T00:00Z",
        "2026-10-05 00:00:00",
        "2026-10-05",
        "2026-10-05T02:00:00+02:00",
        "2026-10-04T19:00:00-0500",
        "2026-10-05T00:00:00 UTC",
    ],
)
def test_iso_times_in_any_zone_are_utc(tmp_path: Path, text: str) -> None:
    rows, mapping, _ = mapped(bill(tmp_path, {"ChargePeriodStart": text}, {}))
    assert rows[0]["ChargePeriodStart"] == datetime(2026, 10, 5)
    assert mapping.notes == ()


def slashed(start: str, end: str, period: str = "10/1/26") -> dict[str, str]:
    return {"ChargePeriodStart": start, "ChargePeriodEnd": end, "BillingPeriodStart": period}


@pytest.mark.parametrize(
    ("rows", "starts", "order"),
    [
        ([slashed("10/5/26", "10/13/26")], [datetime(2026, 10, 5)], "month first"),
        ([slashed("5/10/2026", "13/10/2026", "1/10/2026")], [datetime(2026, 10, 5)], "day first"),
        # Neither number exceeds 12: the billing period begins on a first.
        ([slashed("5/10/26", "6/10/26", "1/10/26")], [datetime(2026, 10, 5)], "day first"),
        ([slashed("10/5/26", "10/6/26")], [datetime(2026, 10, 5)], "month first"),
        ([slashed("10/5/26 13:30", "10/13/26")], [datetime(2026, 10, 5, 13, 30)], "month first"),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_file(
    tmp_path: Path, rows: list[dict[str, str]], starts: list[datetime], order: str
) -> None:
    found, mapping, _ = mapped(bill(tmp_path, *rows))
    assert [row["ChargePeriodStart"] for row in found] == starts
    assert mapping.notes == (f"dates with slashes in file 1 are read {order}",)


def test_a_file_that_mixes_both_orders_is_refused(tmp_path: Path) -> None:
    path = bill(tmp_path, slashed("10/13/26", "10/14/26"), slashed("14/10/26", "15/10/26"))
    with pytest.raises(SourceError, match="both as month/day/year and as day/month/year"):
        mapped(path)


def test_each_file_has_its_own_dates(tmp_path: Path) -> None:
    (tmp_path / "us").mkdir()
    (tmp_path / "eu").mkdir()
    american = bill(tmp_path / "us", slashed("10/13/26", "10/14/26"))
    european = bill(tmp_path / "eu", slashed("13/10/26", "14/10/26", "1/10/26"))
    rows, _, _ = mapped(american, european)
    assert [row["ChargePeriodStart"] for row in rows] == [datetime(2026, 10, 13)] * 2


@pytest.mark.parametrize("lacking", [("BilledCost",), ("EffectiveCost", "ChargePeriodStart")])
def test_a_missing_column_is_named(tmp_path: Path, lacking: tuple[str, ...]) -> None:
    with pytest.raises(SourceError) as caught:
        mapped(bill(tmp_path, without=lacking))
    assert f"lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking)}, which" in str(
        caught.value
    )
    assert "ChargeCategory" in str(caught.value)


def test_a_bill_without_currency_needs_the_option(tmp_path: Path) -> None:
    path = bill(tmp_path, without=["BillingCurrency"])
    with pytest.raises(SourceError, match="--option currency=USD"):
        mapped(path)
    rows, mapping, _ = mapped(path, currency="EUR")
    assert rows[0]["BillingCurrency"] == rows[0]["_currency"] == "EUR"
    assert mapping.notes == ("the file names no currency: EUR by the source's option",)


def test_options_are_checked() -> None:
    with pytest.raises(ValidationError, match="'usd' is no ISO 4217 currency code"):
        FocusOptions(currency="usd")
    with pytest.raises(ValidationError):
        FocusOptions(colour="red")  # type: ignore[call-arg]


def test_one_bill_in_two_currencies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"mixed currencies: 2 rows of one bill \(1\) are in EUR, USD"
    ):
        mapped(bill(tmp_path, {}, {"BillingCurrency": "EUR"}))


def test_two_bills_may_have_two_currencies(tmp_path: Path) -> None:
    rows, _, _ = mapped(bill(tmp_path, {}, {"BillingCurrency": "EUR", "BillingAccountId": "2"}))
    assert [row["_currency"] for row in rows] == ["USD", "EUR"]
    path = bill(tmp_path, {"InvoiceId": "a"}, {"InvoiceId": "b", "BillingCurrency": "EUR"})
    assert len(mapped(path)[0]) == 2


def test_missing_list_and_contracted_cost_claim_no_saving(tmp_path: Path) -> None:
    covered = {"CommitmentDiscountStatus": "Used", "BilledCost": "0", "EffectiveCost": "0.7"}
    rows, mapping, raw = mapped(
        bill(
            tmp_path,
            {"CommitmentDiscountStatus": "", "ContractedCost": "", "ListCost": ""},
            covered | {"ContractedCost": "null"},
            covered,
        )
    )
    found = [(row["ContractedCost"], row["ListCost"]) for row in rows]
    assert found == [
        (Decimal("1.5"), Decimal("1.5")),
        (Decimal("0.7"), Decimal(2)),
        (Decimal("1.8"), Decimal(2)),
    ]
    assert mapping.notes[-2:] == (
        "1 rows have no ListCost: filled with ContractedCost",
        "2 rows have no ContractedCost: filled with BilledCost, or EffectiveCost where a "
        "commitment covers the row",
    )
    # The proof's own formula says the same.
    sums = raw.ask(f"SELECT sum({mapping.formulas['ContractedCost']}) FROM raw")
    assert sums == [(total(row["ContractedCost"] for row in rows),)]


def test_a_bill_without_billing_periods_is_billed_by_calendar_month(tmp_path: Path) -> None:
    rows, mapping, _ = mapped(bill(tmp_path, without=["BillingPeriodStart", "BillingPeriodEnd"]))
    assert rows[0]["_period"] == date(2026, 10, 1)
    assert rows[0]["BillingPeriodStart"] == datetime(2026, 10, 1)
    assert rows[0]["BillingPeriodEnd"] == datetime(2026, 11, 1)
    assert "calendar months of the charges" in mapping.notes[0]


def test_the_vendors_own_columns_are_kept_and_renamed_with_a_note(tmp_path: Path) -> None:
    own = {"x_Team": "a", "x_TEAM": "b", "oci_CompartmentName": "c", "Cost Center": "d", "Id": "e"}
    rows, mapping, _ = mapped(bill(tmp_path, own | {"x_SourceName": "another lake"}))
    kept = {name: value for name, value in rows[0].items() if name.startswith("x_")}
    assert kept == {
        "x_FocusVersion": "1.0",
        "x_ProviderName": "ACME",
        "x_PublisherName": "ACME",
        "x_Team": "a",
        "x_TEAM_2": "b",
        "x_OciCompartmentName": "c",
        "x_CostCenter": "d",
        "x_Id": "e",
    }
    assert "Id → x_Id" in mapping.notes[-1]


def test_custom_names() -> None:
    taken = {"x_team"}
    assert custom_name("x_Team", taken) == "x_Team_2"
    assert custom_name("user:cost-center", set()) == "x_UserCostCenter"


def test_unreadable_tags_are_counted(tmp_path: Path) -> None:
    rows, mapping, _ = mapped(bill(tmp_path, {"Tags": "team=search"}, {"Tags": "[1]"}, {}))
    assert [row["Tags"] and dict(row["Tags"]) for row in rows] == [None, None, {"team": "search"}]
    assert mapping.notes == ("2 rows have Tags that are no JSON object: left out",)


def test_parquet_of_a_warehouse_folded_names_doubles_and_maps(tmp_path: Path) -> None:
    path = tmp_path / "bill.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            """COPY (SELECT 0.1::DOUBLE AS BILLED_COST,
                2.5893953072562468e-05::DOUBLE AS EFFECTIVE_COST,
                1.25::DECIMAL(10,2) AS LIST_COST, 3 AS CONTRACTED_COST, 'USD' AS BILLING_CURRENCY,
                111111111111 AS BILLING_ACCOUNT_ID, 'Usage' AS CHARGE_CATEGORY,
                TIMESTAMPTZ '2026-10-05 02:00:00+02' AS CHARGE_PERIOD_START,
                DATE '2026-10-01' AS BILLING_PERIOD_START, MAP {'user:team': 'a'} AS TAGS,
                {'CoreCount': 2} AS SKU_PRICE_DETAILS, [1, 2] AS x_List, '' AS SERVICE_NAME)
            TO '"""
            + str(path)
            + "' (FORMAT parquet)"
        )
    (row,), _, _ = mapped(path)
    assert row["BilledCost"] == Decimal("0.1")
    assert row["EffectiveCost"] == Decimal("0.000025893953072562468")
    assert (row["ListCost"], row["ContractedCost"]) == (Decimal("1.25"), Decimal(3))
    assert row["BillingAccountId"] == "111111111111"
    assert row["ChargePeriodStart"] == datetime(2026, 10, 5)
    assert dict(row["Tags"]) == {"team": "a"}
    assert row["SkuPriceDetails"] == '{"CoreCount":2}'
    assert row["x_List"] == "[1,2]"
    assert row["ServiceName"] is None


@needs_shared
def test_the_official_sample_loads_exactly_gaps_and_all() -> None:
    rows, mapping, raw = mapped(shared_data("focus", "focus10-sample-1000.csv"))
    assert len(rows) == 1000
    assert raw.rejected(mapping) == []
    assert total(row["BilledCost"] for row in rows) == Decimal("20.52022672899")
    filled = [row for row in rows if row["ContractedCost"] == row["BilledCost"]]
    assert len(filled) >= 7
    assert any("7 rows have no ContractedCost" in note for note in mapping.notes)
    sellers = {(row["x_ProviderName"], row["ServiceProviderName"]) for row in rows}
    assert ("AWS", "AWS") in sellers


@needs_shared
def test_tokens_of_the_specs_example_become_money() -> None:
    rows, mapping, _ = mapped(shared_data("focus", "spec", "virtual_currency_pricing_model_a2.csv"))
    tokens = [row for row in rows if row["x_PricingCurrency"] == "Token"]
    assert {row["PricingCurrency"] for row in rows} == {"USD"}
    assert [row["PricingCurrencyEffectiveCost"] for row in tokens] == [
        row["EffectiveCost"] for row in tokens
    ]
    assert tokens[0]["x_PricingCurrencyEffectiveCost"] == "245"
    assert rows[0]["ChargePeriodStart"] == datetime(2025, 4, 1)
