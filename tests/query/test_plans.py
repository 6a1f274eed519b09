"""Whichever table answers, the digits are those of the plain sum over charges."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.expression import parse
from outlay.money import total
from outlay.query import CostQuery, planner, run
from outlay.query.ranges import Days, resolve
from tests.query import naive
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10, 12)
DIMENSIONS = [
    "ServiceName",
    "SubAccountId",
    "ChargeCategory",
    "RegionId",
    "ResourceId",
    "SkuPriceId",
    "ChargeDay",
    "x_LineItemType",
    "x_Rare",
    "x_SourceName",
    "x_BillingPeriod",
    "tags.team",
    'tags."Cost Center"',
]
CONDITIONS = [
    "ServiceName = 'Compute'",
    "ServiceName IS NULL",
    "NOT ServiceName = 'Log''s'",
    "tags.team IN ('a', 'A')",
    "tags.team IS NOT NULL",
    "contains(tags.\"Cost Center\", '''\\%')",
    "ResourceId <> 'r1'",
    "lower(tags.team) = 'a' OR RegionId = 'eu'",
    "ChargeDay BETWEEN '2026-01-10' AND '2026-02-05'",
    "ChargeDay > '2026-01-20' OR ServiceName LIKE 'C%'",
    "ChargePeriodStart < '2026-02-01T12:00:00'",
    "ChargePeriodStart >= '2026-01-12'",
    "NOT ChargePeriodStart < '2026-02-03'",
    "ChargePeriodStart <= '2026-02-03'",
    "x_LineItemType = 'Tax'",
    "x_Rare >= '3'",
    "x_SourceName = 'focus' OR ResourceId = 'r2'",
    "x_BillingPeriod = '2026-02-01'",
    "ChargeCategory = 'Usage'",
]
MEASURES = [
    "EffectiveCost",
    "BilledCost",
    "LineCount",
    "ConsumedQuantity",
    "CostBeforeCredits",
    "Credits",
    "NegotiatedSaving",
    "CommitmentSaving",
]
RANGES = ["all", "last-month", "2026-01-05..2026-02-20", "2026-02-01..", "..2026-01-15"]
GRAINS = ["none", "hour", "day", "week", "month", "quarter", "year"]


@contextmanager
def only(table: str | None) -> Iterator[None]:
    """Let the planner choose, or make it use the table wherever that table can answer."""
    if table is None:
        yield
        return
    choose = planner._table

    def chosen(slice_: Any, asked: Any, *rest: Any) -> Any:
        best = choose(slice_, asked, *rest)
        if table == "charges" or best != "charges":
            mixed = planner.referenced_or_none(planner._split(asked.condition)[1])
            if table == "charges" or planner.CHARGE_DAY not in mixed:
                return table
        return best

    with mock.patch.object(planner, "_table", chosen):
        yield


def answers(lake: SmallLake, query: CostQuery) -> dict[tuple[Any, ...], Decimal | int]:
    result = run(lake, query, now=NOW)
    found: dict[tuple[Any, ...], Any] = {}
    for row in result.rows():
        currency = row.get("BillingCurrency", result.currency)
        key = (row.get("period"), currency, *(row[name] for name in query.by))
        assert key not in found, "one group, two rows"
        found[key] = row[query.measures[0]]
    return found


@given(
    by=st.lists(st.sampled_from(DIMENSIONS), max_size=3, unique=True),
    grain=st.sampled_from(GRAINS),
    range_=st.sampled_from(RANGES),
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=2),
    measure=st.sampled_from(MEASURES),
    table=st.sampled_from([None, None, "daily", "charges"]),
)
def test_every_table_gives_the_sum_over_charges(
    rich_lake: SmallLake,
    rich_charges: list[dict[str, Any]],
    by: list[str],
    grain: str,
    range_: str,
    conditions: list[str],
    measure: str,
    table: str | None,
) -> None:
    where = " AND ".join(f"({condition})" for condition in conditions)
    query = CostQuery(measures=(measure,), by=tuple(by), grain=grain, range=range_, where=where)
    days = resolve(query.range, NOW.date())
    expected = naive.answer(
        rich_charges,
        by=query.by,
        grain=grain,
        days=(days.start, days.end),
        condition=parse(where) if where else None,
        measure=measure,
    )
    with only(table):
        found = answers(rich_lake, query)
    if measure in ("LineCount", "ConsumedQuantity"):
        # No money: currencies are not kept apart, and an unknown quantity is null.
        merged: dict[tuple[Any, ...], Decimal] = {}
        for key, amount in expected.items():
            bare = (key[0], None, *key[2:])
            merged[bare] = total((merged.get(bare, Decimal(0)), amount))
        expected = merged
        found = {key: value or Decimal(0) for key, value in found.items()}
    assert found == expected


PLANS = [
    (CostQuery(by=("ServiceName",), grain="day"), {"cube": 3}),
    (CostQuery(), {"cube": 3}),
    (CostQuery(by=("x_SourceName",)), {"cube": 3}),
    (CostQuery(by=("tags.team",), grain="week"), {"tag_cube": 3}),
    (CostQuery(by=("tags.team",), where="tags.team <> 'a'"), {"tag_cube": 3}),
    (CostQuery(by=("tags.team", "ServiceName")), {"months": 3}),
    (CostQuery(by=("ResourceId",), grain="quarter"), {"months": 3}),
    (CostQuery(by=("ResourceId",), grain="day"), {"daily": 3}),
    (CostQuery(by=("ResourceId",), range="2026-01-05..2026-02-01"), {"daily": 2, "months": 1}),
    (CostQuery(grain="hour"), {"charges": 3}),
    # Midnight of a day is where the day begins; other times of day need the charges.
    (CostQuery(where="ChargePeriodStart >= '2026-01-12'"), {"cube": 3}),
    (CostQuery(where="ChargePeriodStart > '2026-01-12'"), {"charges": 3}),
    (CostQuery(by=("SkuPriceId",)), {"charges": 3}),
    (CostQuery(range="2025-01-01..2025-06-01"), {}),
    # A column that only one source has is null elsewhere, not a reason to read charges.
    (CostQuery(by=("x_Rare",)), {"charges": 1, "cube": 2}),
]


@pytest.mark.parametrize(("query", "tables"), PLANS, ids=lambda value: str(value)[:60])
def test_the_cheapest_table_is_asked(
    rich_lake: SmallLake, query: CostQuery, tables: dict[str, int]
) -> None:
    found = run(rich_lake, query, now=NOW).tables
    if query.range.startswith("2026-01-05"):
        # Whether a slice's month is cut depends on the days that it really has.
        assert sum(found.values()) == 3 and "daily" in found
    else:
        assert found == tables


def test_days_outside_of_the_billing_period_are_found_by_their_day(lake: SmallLake) -> None:
    lake.add("2026-02", [{"EffectiveCost": "3", "ChargePeriodStart": "2026-01-31T23:00:00"}])
    lake.add("2026-01", [{"EffectiveCost": "4", "ChargePeriodStart": "2026-01-30"}])
    january = run(lake, CostQuery(range="2026-01-01..2026-02-01"), now=NOW)
    february = run(lake, CostQuery(range="2026-02-01..2026-03-01"), now=NOW)
    assert january.total == {"EffectiveCost": Decimal(7)}
    assert february.total == {"EffectiveCost": Decimal(0)}


def test_charges_that_are_gone_are_said_and_rollups_still_answer(lake: SmallLake) -> None:
    from outlay.query import QueryError

    slice_ = lake.add("2026-01", [{"EffectiveCost": "3", "ResourceId": "r"}])
    slice_.charges_path.unlink()
    lake.detail = False
    result = run(lake, CostQuery(by=("ResourceId",), grain="day"), now=NOW)
    assert list(result.rows())[0]["EffectiveCost"] == Decimal(3)
    assert "answers to the day" in result.warnings[0]
    with pytest.raises(QueryError, match="no longer kept"):
        run(lake, CostQuery(grain="hour"), now=NOW)


def test_an_empty_lake_answers_with_nothing(lake: SmallLake) -> None:
    result = run(lake, CostQuery(by=("ServiceName", "tags.team"), compare="previous"), now=NOW)
    assert list(result.rows()) == []
    assert result.total == {
        "EffectiveCost": 0,
        "EffectiveCost_previous": 0,
        "EffectiveCost_change": 0,
        "EffectiveCost_change_ratio": None,
    }
    assert result.range is None


def test_a_slice_without_charges_changes_nothing(lake: SmallLake) -> None:
    lake.add("2026-01", [])
    lake.add("2026-02", [{"EffectiveCost": "1", "ChargePeriodStart": "2026-02-01"}])
    assert run(lake, CostQuery(), now=NOW).total == {"EffectiveCost": Decimal(1)}


@pytest.mark.parametrize("measure", ["EffectiveCost", "LineCount"])
@pytest.mark.parametrize("by", [(), ("ResourceId",), ("SkuPriceId",), ("tags.team",)])
def test_nothing_that_matches_is_no_row(
    rich_lake: SmallLake, measure: str, by: tuple[str, ...]
) -> None:
    query = CostQuery(measures=(measure,), by=by, where="ServiceName = 'nothing'")
    assert list(run(rich_lake, query, now=NOW).rows()) == []


def test_relative_ranges_move_with_the_day() -> None:
    assert resolve("last-month", date(2026, 3, 10)) == Days(date(2026, 2, 1), date(2026, 3, 1))
