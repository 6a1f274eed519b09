"""The bill's rows: balance sources, adjustments, legacy rows, rates, services."""

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.snowflake import Snowflake, SnowflakeOptions
from outlay.sources.snowflake.views import table_of
from outlay.sources.transports.file import FileTransport
from tests.sources.snowflake.exports import (
    CLOUD,
    DAY,
    FREE,
    STORAGE,
    Loaded,
    bill,
    load,
    query,
    rate,
    write,
)

pytestmark = pytest.mark.slow

UIC = "organization_usage.usage_in_currency_daily"
RATES = "organization_usage.rate_sheet_daily"


def test_the_bill_is_usage_in_currency(tmp_path: Path) -> None:
    found = load(tmp_path, {UIC: [bill("30.00"), bill("4.45", "1.484", **CLOUD)]})
    costs = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
    assert found.rows(*costs) == [(Decimal("4.45"),) * 4, (Decimal(30),) * 4]
    assert found.broken_rules == []


def test_overage_splits_a_services_day_and_both_rows_count(tmp_path: Path) -> None:
    rows = [
        bill("10.00", "3.333"),
        bill("20.00", "6.667", BALANCE_SOURCE="overage", USAGE_TYPE="overage-compute"),
    ]
    found = load(tmp_path, {UIC: rows})
    assert found.rows("BilledCost", "x_BalanceSource", "x_UsageType", "SkuId") == [
        (Decimal(10), "capacity", "compute", "WAREHOUSE_METERING/compute"),
        (Decimal(20), "overage", "compute", "WAREHOUSE_METERING/compute"),
    ]


@pytest.mark.parametrize("source", ["capacity", "rollover", "free usage", "overage", "rebate"])
def test_what_paid_is_kept_with_the_contract(tmp_path: Path, source: str) -> None:
    found = load(tmp_path, {UIC: [bill("10.00", BALANCE_SOURCE=source)]})
    assert found.rows("x_BalanceSource", "x_ContractNumber", "BilledCost") == [
        (source, "101", Decimal(10))
    ]


def test_older_accounts_lack_the_last_four_columns(tmp_path: Path) -> None:
    new = ("BILLING_TYPE", "RATING_TYPE", "SERVICE_TYPE", "IS_ADJUSTMENT", "BALANCE_SOURCE")
    rows = [
        bill("30.00"),
        bill("4.45", "1.484", **CLOUD),
        bill("-4.45", "-1.484", **FREE),
        bill("9.27", "0.403", **STORAGE),
        bill("2.00", "0.5", USAGE_TYPE="overage-snowpipe"),
        bill("1.00", "0.5", USAGE_TYPE="search optimization"),
    ]
    old = [{name: value for name, value in row.items() if name not in new} for row in rows]
    found = load(tmp_path, {UIC: old})
    assert found.rows("x_ServiceCode", "ServiceName", "PricingUnit", "x_BalanceSource") == [
        ("CLOUD_SERVICES", "Cloud Services", "Credits", None),
        ("CLOUD_SERVICES", "Cloud Services", "Credits", None),
        ("PIPE", "Snowpipe", "Credits", "overage"),
        ("SEARCH_OPTIMIZATION", "Search Optimization", "Credits", None),
        ("STORAGE", "Storage", "TiB-Months", None),
        ("WAREHOUSE_METERING", "Virtual Warehouses", "Credits", None),
    ]
    assert found.rows("BilledCost", where="x_IsAdjustment = 'true'") == [(Decimal("-4.45"),)]
    assert found.broken_rules == []


def test_free_cloud_services_are_negative_usage_of_the_day(tmp_path: Path) -> None:
    found = load(tmp_path, {UIC: [bill("4.45", "1.484", **CLOUD), bill("-4.45", "-1.484", **FREE)]})
    columns = ("BilledCost", "ChargeCategory", "ConsumedQuantity", "ConsumedUnit", "x_IsAdjustment")
    assert found.rows(*columns) == [
        (Decimal("-4.45"), "Usage", Decimal("-1.484"), "Credits", "true"),
        (Decimal("4.45"), "Usage", Decimal("1.484"), "Credits", None),
    ]


@pytest.mark.parametrize(
    ("changes", "category", "frequency"),
    [
        ({"BILLING_TYPE": "PRIORITY SUPPORT"}, "Purchase", "Recurring"),
        ({"BILLING_TYPE": "VPS_DEPLOYMENT_FEE"}, "Purchase", "Recurring"),
        ({"BILLING_TYPE": "SUPPORT_CREDIT", "USAGE_IN_CURRENCY": "-50"}, "Credit", "One-Time"),
        ({"BILLING_TYPE": "REBATE", "USAGE_IN_CURRENCY": "-50"}, "Credit", "One-Time"),
        ({"BILLING_TYPE": "REBATE"}, "Usage", "Usage-Based"),
        ({"IS_ADJUSTMENT": "true"}, "Adjustment", "Usage-Based"),
    ],
)  # fmt: skip
def test_categories(tmp_path: Path, changes: dict[str, str], category: str, frequency: str) -> None:
    found = load(tmp_path, {UIC: [bill("10.00", **changes)]})
    assert found.rows("ChargeCategory", "ChargeFrequency") == [(category, frequency)]
    assert found.broken_rules == []


def test_a_charge_of_the_organization_has_no_account(tmp_path: Path) -> None:
    row = bill("900.00", "1", ACCOUNT_NAME="", ACCOUNT_LOCATOR="", REGION="")
    found = load(tmp_path, {UIC: [row]})
    assert found.rows("BillingAccountId", "SubAccountId", "RegionId", "HostProviderName") == [
        ("ACME", None, None, "Snowflake")
    ]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("AWS_EU_CENTRAL_1", ("eu-central-1", "AWS")),
        ("PUBLIC.AWS_US_EAST_1", ("us-east-1", "AWS")),
        ("AZURE_WESTEUROPE", ("westeurope", "Microsoft")),
        ("GCP_US_CENTRAL1", ("us-central1", "Google Cloud")),
    ],
)
def test_regions_are_those_of_the_cloud(
    tmp_path: Path, region: str, expected: tuple[str, str]
) -> None:
    found = load(tmp_path, {UIC: [bill("1.00", REGION=region)]})
    assert found.rows("RegionId", "HostProviderName") == [expected]


def test_an_unknown_service_keeps_its_words(tmp_path: Path) -> None:
    found = load(tmp_path, {UIC: [bill("1.00", SERVICE_TYPE="TIME_TRAVEL_AGENCY")]})
    assert found.rows("ServiceName", "x_ServiceCode") == [
        ("Time Travel Agency", "TIME_TRAVEL_AGENCY")
    ]


def test_the_last_rate_is_carried_forward(tmp_path: Path) -> None:
    rates = [rate("3.00", "2026-09-20"), rate("2.80", "2026-10-04"), rate("9.99", "2026-10-06")]
    rows = [bill("28.01", USAGE_DATE=day) for day in ("2026-10-03", "2026-10-04", DAY)]
    found = load(tmp_path, {UIC: rows, RATES: rates})
    # No row on a day without use: the rate of 20 September holds on 3 October.
    assert found.rows("ChargePeriodStart", "x_EffectiveRate") == [
        (found.rows("ChargePeriodStart")[at][0], value)
        for at, value in enumerate(["3", "2.8", "2.8"])
    ]


def test_a_rate_sheet_of_a_month_changes_no_other_month(tmp_path: Path) -> None:
    names = {month: f"{RATES}-{month}" for month in ("2026-09", "2026-10")}
    september = {UIC + "-2026-09": [bill("30.01", USAGE_DATE="2026-09-05")]}
    views = september | {names["2026-09"]: [rate("3.00", "2026-09-05")]}
    location = write(tmp_path / "bill", views)
    first = Loaded(tmp_path, location)
    assert first.rows("x_EffectiveRate") == [("3",)]
    write(location, {UIC + "-2026-10": [bill("30.01")], names["2026-10"]: [rate("2.50")]})
    second = Loaded(tmp_path, location)
    assert [o.status for o in second.outcomes] == ["unchanged", "loaded"]
    assert second.rows("x_EffectiveRate") == [("2.5",), ("3",)]


def test_a_rate_is_of_its_account_and_currency(tmp_path: Path) -> None:
    rates = [
        rate("3.00", ACCOUNT_NAME="DEV", ACCOUNT_LOCATOR="ZZ1"),
        rate("2.70", CURRENCY="EUR"),
    ]
    found = load(tmp_path, {UIC: [bill("30.01")], RATES: rates})
    assert found.rows("x_EffectiveRate") == [(None,)]


def test_unit_prices_only_where_rate_times_usage_is_the_bill(tmp_path: Path) -> None:
    exact = {UIC: [bill("30.00", "10"), bill("3.75", "1.25", BALANCE_SOURCE="overage")]}
    found = load(tmp_path / "exact", exact | {RATES: [rate("3.00")]})
    assert found.rows("ContractedUnitPrice", "PricingQuantity", "ContractedCost") == [
        (Decimal(3), Decimal("1.25"), Decimal("3.75")),
        (Decimal(3), Decimal(10), Decimal(30)),
    ]
    assert found.broken_rules == []
    # 1.484 credits at 3.00 are 4.452, of which Snowflake bills 4.45.
    rounded = {UIC: [bill("30.00", "10"), bill("4.45", "1.484")], RATES: [rate("3.00")]}
    found = load(tmp_path / "rounded", rounded)
    assert found.rows("ContractedUnitPrice", "x_EffectiveRate") == [(None, "3"), (None, "3")]
    assert found.broken_rules == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"USAGE_IN_CURRENCY": "n/a"}, "USAGE_IN_CURRENCY is no amount"),
        ({"USAGE_IN_CURRENCY": ""}, "USAGE_IN_CURRENCY is empty"),
        ({"USAGE_DATE": "soon"}, "USAGE_DATE is no date"),
        ({"CURRENCY": ""}, "the row has no currency"),
    ],
)
def test_what_cannot_be_read_is_rejected_by_name(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    location = write(tmp_path / "bill", {UIC: [bill("1.00"), bill("2.00", **changes)]})
    (outcome,) = Loaded(tmp_path, location).outcomes
    assert outcome.status == "held"
    assert outcome.record is not None
    assert reason in outcome.record.rejects_sample[0].reason


def test_a_file_is_known_by_its_columns_whatever_it_is_called() -> None:
    assert table_of("data_0_0_0.csv", list(bill("1"))) == "usage_in_currency_daily"
    assert table_of("x.csv", [name.lower() for name in bill("1")]) == "usage_in_currency_daily"
    assert table_of("y.parquet", list(rate("1"))) == "rate_sheet_daily"
    assert table_of("z.jsonl", list(query(1, "1"))) == "query_attribution_history"
    assert table_of("account=DEV/q.csv", list(query(1, "1"))) == "query_attribution_history@DEV"
    assert table_of("people.csv", ["name", "birthday"]) == ""


def test_details_without_a_bill_are_refused(tmp_path: Path) -> None:
    location = write(tmp_path, {"account_usage.query_attribution_history": [query(1, "1")]})
    with pytest.raises(SourceError, match="there is no bill.*QUERY_ATTRIBUTION_HISTORY"):
        Snowflake().deliveries(FileTransport(str(location)), SnowflakeOptions())


def test_queries_texts_are_not_read() -> None:
    wanted = Snowflake().wanted(["QUERY_ID", "Query_Text", "role_name"])
    assert wanted == ["QUERY_ID", "role_name"]
