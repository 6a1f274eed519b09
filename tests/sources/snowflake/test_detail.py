"""How the bill is divided: to the last digit, with what nobody used in rows of its own."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.money import total
from tests.sources.snowflake.exports import (
    CLOUD,
    DAY,
    FREE,
    STORAGE,
    Loaded,
    Row,
    bill,
    history,
    hour,
    load,
    query,
    rate,
)

pytestmark = pytest.mark.slow

UIC = "organization_usage.usage_in_currency_daily"
RATES = "organization_usage.rate_sheet_daily"
BALANCES = "organization_usage.remaining_balance_daily"
HOURS = "account_usage.warehouse_metering_history"
QUERIES = "account_usage.query_attribution_history"
HISTORY = "account_usage.query_history"
METERED = "account_usage.metering_history"
DATABASES = "account_usage.database_storage_usage_history"
STORED = "account_usage.storage_usage"

STATE = "x_AllocationState"


def test_compute_goes_to_who_ran_queries_and_the_rest_is_idle(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00")],
        HOURS: [hour("10", "6")],
        QUERIES: [query(1, "4", "ANA", '{"team": "search"}'), query(2, "2", "BOB")],
        HISTORY: [history(1, "ANALYST"), history(2, "LOADER")],
    }
    found = load(tmp_path, views)
    columns = ("x_User", "x_Role", STATE, "BilledCost", "ConsumedQuantity", "AllocatedTags")
    assert found.rows(*columns) == [
        ("ANA", "ANALYST", "Attributed", Decimal(12), Decimal(4), {"team": "search"}),
        ("BOB", "LOADER", "Attributed", Decimal(6), Decimal(2), None),
        (None, None, "Idle", Decimal(12), Decimal(4), None),
    ]
    assert found.broken_rules == []
    folded = found.outcomes[0].record.proof.rows_folded  # type: ignore[union-attr]
    assert folded["rows of the bill that are divided: their parts stand for them"] == 1


def test_allocated_columns_are_as_focus_wants_them(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00")],
        HOURS: [hour("6", "4"), hour("4", "4", "2")],
        QUERIES: [
            query(1, "3"),
            query(2, "1", "BOB"),
            query(3, "4", WAREHOUSE_ID="2", WAREHOUSE_NAME="WH_2"),
        ],
    }
    found = load(tmp_path, views)
    columns = (
        "ResourceId",
        "AllocatedResourceId",
        "AllocatedMethodId",
        "AllocatedMethodDetails",
        "Tags",
    )
    rows = found.rows(*columns)
    assert {row[0] for row in rows} == {"1", "2"}, "the resource stays the shared warehouse"
    assert {row[2] for row in rows} == {"snowflake-attributed-credits"}
    # What nobody used keeps the method and has no consumer.
    assert [row[:2] for row in rows if row[1] is None] == [("1", None)]
    ratios: dict[str, list[Decimal]] = {}
    for warehouse, _, _, details, tags in rows:
        assert tags is None
        (element,) = json.loads(details, parse_float=Decimal, parse_int=Decimal)["Elements"]
        assert element["UsageUnit"] == "Credits"
        ratios.setdefault(warehouse, []).append(element["AllocatedRatio"])
    assert {warehouse: total(listed) for warehouse, listed in ratios.items()} == {"1": 1, "2": 1}


def test_queries_that_are_not_listed_are_told_from_idle(tmp_path: Path) -> None:
    """Very short queries are left out, and the view is late by hours."""
    views = {UIC: [bill("30.00")], HOURS: [hour("10", "7")], QUERIES: [query(1, "6")]}
    found = load(tmp_path, views)
    assert found.rows(STATE, "ConsumedQuantity") == [
        ("Attributed", Decimal(6)),
        ("Idle", Decimal(3)),
        ("Unlisted queries", Decimal(1)),
    ]


def test_more_attributed_than_used_leaves_no_idle(tmp_path: Path) -> None:
    views = {UIC: [bill("30.00")], HOURS: [hour("10", "8")], QUERIES: [query(1, "12")]}
    found = load(tmp_path, views)
    assert found.rows(STATE, "BilledCost") == [("Attributed", Decimal(30))]


def test_each_row_of_an_overage_day_is_divided(tmp_path: Path) -> None:
    views = {
        UIC: [bill("10.00", "3"), bill("20.01", "7", BALANCE_SOURCE="overage")],
        HOURS: [hour("10", "5")],
        QUERIES: [query(1, "5")],
    }
    found = load(tmp_path, views)
    assert found.rows("x_BalanceSource", STATE, "BilledCost") == [
        ("capacity", "Attributed", Decimal(5)),
        ("capacity", "Idle", Decimal(5)),
        ("overage", "Attributed", Decimal("10.005")),
        ("overage", "Idle", Decimal("10.005")),
    ]


def test_days_without_details_stay_whole_and_are_said(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00"), bill("15.00", USAGE_DATE="2026-10-06")],
        HOURS: [hour("10", "10")],
        QUERIES: [query(1, "10")],
    }
    found = load(tmp_path, views)
    assert found.rows("BilledCost", "ResourceId") == [(Decimal(15), None), (Decimal(30), "1")]
    assert "1 of 2 rows of warehouse compute are whole" in found.notes


def test_without_details_the_bill_is_the_bill(tmp_path: Path) -> None:
    found = load(tmp_path, {UIC: [bill("30.00")]})
    assert found.rows("BilledCost", "ResourceId", STATE) == [(Decimal(30), None, None)]
    assert "add WAREHOUSE_METERING_HISTORY" in found.notes


def test_warehouses_without_queries_are_divided_by_warehouse(tmp_path: Path) -> None:
    hours = [hour("6", ""), hour("4", "", "2")]
    found = load(tmp_path, {UIC: [bill("30.00")], HOURS: hours})
    assert found.rows("ResourceName", STATE, "BilledCost") == [
        ("WH_1", "Not attributed", Decimal(18)),
        ("WH_2", "Not attributed", Decimal(12)),
    ]


def test_metering_history_stands_in_for_the_warehouses_hours(tmp_path: Path) -> None:
    entity = {
        "SERVICE_TYPE": "WAREHOUSE_METERING",
        "START_TIME": f"{DAY} 02:00:00.000 +0000",
        "ENTITY_ID": "1",
        "NAME": "WH_1",
        "CREDITS_USED": "10",
    }
    found = load(tmp_path, {UIC: [bill("30.00")], METERED: [entity], QUERIES: [query(1, "4")]})
    assert found.rows(STATE, "BilledCost") == [("Attributed", Decimal(12)), ("Idle", Decimal(18))]
    # Where both are there, the credits are counted once.
    views = {UIC: [bill("30.00")], METERED: [entity], HOURS: [hour("10", "4")]}
    assert load(tmp_path / "both", views).usage("warehouse_credits") == 10


def test_cloud_services_go_to_warehouses_and_what_is_free_stays_the_days(tmp_path: Path) -> None:
    views = {
        UIC: [bill("4.45", "1.484", **CLOUD), bill("-4.45", "-1.484", **FREE)],
        HOURS: [
            hour("6", "6", CREDITS_USED_CLOUD_SERVICES="1"),
            hour("4", "4", "2", CREDITS_USED_CLOUD_SERVICES="0.484"),
        ],
    }
    found = load(tmp_path, views)
    rows = found.rows("x_IsAdjustment", "ResourceName", "BilledCost")
    assert [row[:2] for row in rows] == [("true", None), (None, "WH_1"), (None, "WH_2")]
    assert total(row[2] for row in rows) == 0
    assert rows[0][2] == Decimal("-4.45")


def test_serverless_services_go_to_what_they_worked_for(tmp_path: Path) -> None:
    pipes = [
        {
            "SERVICE_TYPE": "PIPE",
            "START_TIME": f"{DAY} {at}:00:00.000 +0000",
            "ENTITY_ID": entity,
            "NAME": name,
            "CREDITS_USED": "1",
        }
        for at, entity, name in (("01", "7", "ORDERS"), ("02", "7", "ORDERS"), ("03", "8", "LOGS"))
    ]
    views = {UIC: [bill("9.00", "3", SERVICE_TYPE="PIPE", USAGE_TYPE="snowpipe")], METERED: pipes}
    found = load(tmp_path, views)
    assert found.rows("ResourceName", "BilledCost") == [
        ("LOGS", Decimal(3)),
        ("ORDERS", Decimal(6)),
    ]


def test_query_acceleration_goes_to_the_queries_that_used_it(tmp_path: Path) -> None:
    views = {
        UIC: [bill("6.00", "2", SERVICE_TYPE="QUERY_ACCELERATION")],
        QUERIES: [
            query(1, "1", "ANA", CREDITS_USED_QUERY_ACCELERATION="1.5"),
            query(2, "1", "BOB", CREDITS_USED_QUERY_ACCELERATION="0.5"),
            query(3, "1", "EVE"),
        ],
    }
    found = load(tmp_path, views)
    assert found.rows("x_User", "BilledCost") == [("ANA", Decimal("4.5")), ("BOB", Decimal("1.5"))]


def test_storage_goes_to_databases_stages_and_what_is_in_none(tmp_path: Path) -> None:
    stored = {
        "USAGE_DATE": DAY,
        "STORAGE_BYTES": "900",
        "STAGE_BYTES": "50",
        "FAILSAFE_BYTES": "50",
    }
    held = [
        {
            "USAGE_DATE": DAY,
            "DATABASE_ID": number,
            "DATABASE_NAME": name,
            "AVERAGE_DATABASE_BYTES": size,
            "AVERAGE_FAILSAFE_BYTES": "20",
        }
        for number, name, size in (("1", "SALES", "480"), ("2", "EVENTS", "280"))
    ]
    rows = [bill("10.00", "0.4", **STORAGE)]
    found = load(tmp_path, {UIC: rows, STORED: [stored], DATABASES: held})
    assert found.rows("ResourceName", "ResourceType", "ResourceId", "BilledCost") == [
        ("EVENTS", "Database", "2", Decimal(3)),
        ("SALES", "Database", "1", Decimal(5)),
        ("not in a database", "Storage", None, Decimal("1.5")),
        ("stages", "Stage", None, Decimal("0.5")),
    ]
    # Databases alone do not say what the rest is: the row stays whole.
    alone = load(tmp_path / "alone", {UIC: rows, DATABASES: held})
    assert alone.rows("ResourceName", "BilledCost") == [(None, Decimal(10))]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('{"team": "search", "dbt": {"node": "x"}, "n": 3}', {"team": "search", "n": "3"}),
        ("nightly load", {"query_tag": "nightly load"}),
        ("[1, 2]", None),
        ('{"team": "sea', None),
        ('{"team": null}', None),
        ("{}", None),
        ("", None),
    ],
)
def test_query_tags_are_tags(tmp_path: Path, tag: str, expected: dict[str, str] | None) -> None:
    views = {
        UIC: [bill("30.00")],
        HOURS: [hour("10", "10")],
        QUERIES: [query(1, "10", "ANA", tag)],
    }
    found = load(tmp_path, views)
    assert found.rows("AllocatedTags") == [(expected,)]
    assert found.broken_rules == []


def test_only_some_keys_of_query_tags_are_kept_when_asked(tmp_path: Path) -> None:
    tags = [f'{{"team": "search", "run": "{number}"}}' for number in range(3)]
    views = {
        UIC: [bill("30.00")],
        HOURS: [hour("9", "9")],
        QUERIES: [query(number, "3", "ANA", tag) for number, tag in enumerate(tags)],
    }
    assert len(load(tmp_path / "all", views).rows("BilledCost")) == 3
    found = load(tmp_path / "team", views, tag_keys=["team"])
    assert found.rows("AllocatedTags", "BilledCost") == [({"team": "search"}, Decimal(30))]


def test_a_query_past_midnight_is_cut_by_time(tmp_path: Path) -> None:
    long = query(
        1,
        "6",
        START_TIME="2026-10-05 22:00:00.000 +0000",
        END_TIME="2026-10-06 01:00:00.000 +0000",
    )
    views = {
        UIC: [bill("12.00", "4"), bill("6.00", "2", USAGE_DATE="2026-10-06")],
        HOURS: [
            hour("4", "4", START_TIME="2026-10-05 22:00:00.000 +0000"),
            hour("2", "2", START_TIME="2026-10-06 00:00:00.000 +0000"),
        ],
        QUERIES: [long],
    }
    found = load(tmp_path, views)
    # Two hours of three on the first day: neither day has idle credits.
    assert found.rows("BilledCost", STATE, "ConsumedQuantity") == [
        (Decimal(6), "Attributed", Decimal(2)),
        (Decimal(12), "Attributed", Decimal(4)),
    ]


def test_days_are_those_of_utc_whatever_the_zone_of_the_export(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00")],
        HOURS: [hour("10", "10", START_TIME="2026-10-04 22:00:00.000 -0700")],
        QUERIES: [
            query(
                1,
                "10",
                START_TIME="2026-10-04 22:05:00.000 -0700",
                END_TIME="2026-10-04 22:10:00.000 -0700",
            )
        ],
    }
    assert load(tmp_path, views).rows(STATE, "BilledCost") == [("Attributed", Decimal(30))]


def two_accounts() -> dict[str, list[Row]]:
    dev = {"ACCOUNT_NAME": "DEV", "ACCOUNT_LOCATOR": "ZZ999"}
    return {UIC: [bill("30.00"), bill("15.00", **dev)]}


def test_account_views_divide_their_own_account_alone(tmp_path: Path) -> None:
    views = two_accounts() | {
        f"account=dev/{HOURS}": [hour("5", "5")],
        f"account=dev/{QUERIES}": [query(1, "5", "EVE")],
    }
    found = load(tmp_path / "folder", views)
    assert found.rows("SubAccountId", "x_User") == [("XY12345", None), ("ZZ999", "EVE")]
    named = two_accounts() | {HOURS: [hour("10", "10")], QUERIES: [query(1, "10")]}
    found = load(tmp_path / "option", named, account="PROD")
    assert found.rows("SubAccountId", "x_User") == [("XY12345", "ANA"), ("ZZ999", None)]
    column = two_accounts() | {
        HOURS: [hour("10", "10", ACCOUNT_LOCATOR="ZZ999")],
        QUERIES: [query(1, "10", ACCOUNT_LOCATOR="ZZ999")],
    }
    found = load(tmp_path / "column", column)
    assert found.rows("SubAccountId", "x_User") == [("XY12345", None), ("ZZ999", "ANA")]


def test_details_of_no_known_account_divide_nothing_and_are_said(tmp_path: Path) -> None:
    views = two_accounts() | {HOURS: [hour("10", "10")], QUERIES: [query(1, "10")]}
    found = load(tmp_path, views)
    assert found.rows("BilledCost", "ResourceId") == [(Decimal(15), None), (Decimal(30), None)]
    assert "details of an account that is not named divide nothing" in found.notes


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("warehouse", [("WH_1", None, Decimal(30))]),
        ("none", [(None, None, Decimal(30))]),
    ],
)
def test_less_detail_when_asked(
    tmp_path: Path, detail: str, expected: list[tuple[str | None, str | None, Decimal]]
) -> None:
    views = {UIC: [bill("30.00")], HOURS: [hour("10", "6")], QUERIES: [query(1, "6")]}
    found = load(tmp_path, views, detail=detail)
    assert found.rows("ResourceName", "x_User", "BilledCost") == expected
    assert found.rows("AllocatedMethodId") == [(None,)]


def test_parts_have_the_unit_price_where_it_fits(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00")],
        RATES: [rate("3.00")],
        HOURS: [hour("10", "6")],
        QUERIES: [query(1, "4.123456789"), query(2, "1.876543211", "BOB")],
    }
    found = load(tmp_path, views)
    assert {row[0] for row in found.rows("ContractedUnitPrice")} == {Decimal(3)}
    assert total(row[0] for row in found.rows("BilledCost")) == 30
    assert found.broken_rules == []


def test_balances_and_credits_are_usage_beside_the_bill(tmp_path: Path) -> None:
    balance = {
        "DATE": DAY,
        "ORGANIZATION_NAME": "ACME",
        "CONTRACT_NUMBER": "101",
        "CURRENCY": "USD",
        "FREE_USAGE_BALANCE": "0",
        "CAPACITY_BALANCE": "4877.93",
        "ON_DEMAND_CONSUMPTION_BALANCE": "-3.5",
        "ROLLOVER_BALANCE": "12",
    }
    views = {
        UIC: [bill("30.00")],
        BALANCES: [balance],
        HOURS: [hour("10", "7")],
        QUERIES: [query(1, "6")],
    }
    found = load(tmp_path, views)
    assert found.usage("capacity_balance") == Decimal("4877.93")
    assert found.usage("rollover_balance") == 12
    assert found.usage("on_demand_consumption_balance") == Decimal("-3.5")
    assert found.usage("warehouse_credits") == 10
    assert found.usage("warehouse_credits_idle") == 3
    assert found.usage("warehouse_credits_unlisted") == 1
    assert found.usage("query_credits") == 6
    assert total(row[0] for row in found.rows("BilledCost")) == 30


credits = st.integers(1, 10**12).map(lambda n: f"{Decimal(n).scaleb(-9):f}")


@settings(max_examples=8, deadline=None)
@given(
    amount=st.integers(-(10**8), 10**8).map(lambda n: f"{Decimal(n).scaleb(-2):f}"),
    usage=st.integers(1, 10**8).map(lambda n: f"{Decimal(n).scaleb(-3):f}"),
    listed=st.lists(credits, min_size=1, max_size=12),
    idle=credits,
)
def test_whatever_the_credits_the_parts_are_the_bill(
    tmp_path_factory: pytest.TempPathFactory,
    amount: str,
    usage: str,
    listed: Sequence[str],
    idle: str,
) -> None:
    used = total(Decimal(one) for one in listed)
    views = {
        UIC: [bill(amount, usage)],
        HOURS: [hour(f"{total((used, Decimal(idle))):f}", f"{used:f}")],
        QUERIES: [query(number, one, f"U{number}") for number, one in enumerate(listed)],
    }
    found = load(tmp_path_factory.mktemp("parts"), views)
    assert len(found.rows("BilledCost")) == len(listed) + 1
    assert total(row[0] for row in found.rows("BilledCost")) == Decimal(amount)
    assert total(row[0] for row in found.rows("ConsumedQuantity")) == Decimal(usage)


def test_a_month_with_details_and_no_bill_charges_nothing_and_says_so(tmp_path: Path) -> None:
    september = "2026-09-05 02:00:00.000 +0000"
    views = {UIC: [bill("30.00")], HOURS: [hour("10", "10", START_TIME=september)]}
    found = load(tmp_path, views)
    notes = {str(o.billing_period): o.record.notes for o in found.outcomes if o.record}
    assert any("no USAGE_IN_CURRENCY_DAILY of this month" in note for note in notes["2026-09"])
    assert [row[0] for row in found.rows("BilledCost")] == [Decimal(30)]


def test_parquet_with_snowflakes_own_types_is_the_same_bill(tmp_path: Path) -> None:
    views = {
        UIC: [bill("30.00"), bill("4.45", "1.484", **CLOUD), bill("-4.45", "-1.484", **FREE)],
        RATES: [rate("3.00")],
        HOURS: [hour("10", "7", CREDITS_USED_CLOUD_SERVICES="1.484")],
        QUERIES: [query(1, "4.5", "ANA", '{"team": "search"}'), query(2, "2", "BOB", "night")],
        HISTORY: [history(1, "ANALYST"), history(2, "LOADER")],
    }
    texts = load(tmp_path / "csv", views)
    typed = tmp_path / "parquet" / "bill"
    for name in views:
        source = tmp_path / "csv" / "bill" / f"{name}.csv"
        (typed / name).parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'America/Los_Angeles'")
            described = connection.execute(f"SELECT * FROM read_csv('{source}')").description
            listed = ", ".join(f"{_typed(column)} AS {column}" for column, *_ in described or ())
            connection.execute(
                f"COPY (SELECT {listed} FROM read_csv('{source}', all_varchar = true)) "
                f"TO '{typed / name}.parquet' (FORMAT PARQUET)"
            )
    found = Loaded(tmp_path / "parquet", typed)
    assert [o.status for o in found.outcomes] == ["loaded"], found.outcomes
    columns = (
        "ServiceName", "ResourceId", "x_User", "x_Role", STATE, "BilledCost", "ConsumedQuantity",
        "AllocatedTags", "ChargePeriodStart", "x_EffectiveRate", "x_IsAdjustment",
    )  # fmt: skip
    assert found.rows(*columns) == texts.rows(*columns)
    assert len(found.rows("1")) == 6


def _typed(column: str) -> str:
    if column in ("START_TIME", "END_TIME"):
        return f"CAST(replace({column}, ' +0000', '+00:00') AS TIMESTAMPTZ)"
    if column in ("USAGE_DATE", "DATE"):
        return f"CAST({column} AS DATE)"
    if column == "CREDITS_ATTRIBUTED_COMPUTE":
        return f"CAST({column} AS DOUBLE)"
    if column.startswith("CREDITS") or column in ("USAGE", "USAGE_IN_CURRENCY", "EFFECTIVE_RATE"):
        return f"CAST({column} AS DECIMAL(38,9))"
    if column == "IS_ADJUSTMENT":
        return f"CAST({column} AS BOOLEAN)"
    if column == "WAREHOUSE_ID":
        return f"CAST({column} AS BIGINT)"
    return column
