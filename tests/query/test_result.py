"""What is shown adds up: rows and Other to the total, changes to the difference, to every digit."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.money import DateRange, money_text, total
from outlay.query import CostQuery, Result, run
from outlay.query.tabulate import change, ratio
from tests.query.fixtures import SmallLake

NOW = datetime(2026, 3, 10, 12)


def ask(lake: SmallLake, **parts: Any) -> Result:
    return run(lake, CostQuery(**parts), now=NOW)


def shown(result: Result) -> list[tuple[Any, ...]]:
    """The rows as tuples of dimension values and exact texts."""
    return [
        tuple(money_text(v) if isinstance(v, Decimal) else v for v in row.values())
        for row in result.rows()
    ]


@given(
    by=st.lists(
        st.sampled_from(["ServiceName", "RegionId", "ResourceId", "tags.team", "SkuPriceId"]),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    grain=st.sampled_from(["none", "day", "week", "month"]),
    compare=st.sampled_from([None, "previous", "previous-year"]),
    limit=st.sampled_from([None, 1, 3, 9]),
    currency=st.sampled_from([None, "USD", "EUR", "GBP"]),
    range_=st.sampled_from(["all", "last-month", "2026-02-01..2026-02-20", "month-to-date"]),
    measures=st.sampled_from([("EffectiveCost",), ("CommitmentSaving", "LineCount")]),
    sort=st.sampled_from(["", "movers", "change", "name"]),
)
def test_rows_and_other_are_the_total(
    rich_lake: SmallLake,
    by: list[str],
    grain: str,
    compare: str | None,
    limit: int | None,
    currency: str | None,
    range_: str,
    measures: tuple[str, ...],
    sort: str,
) -> None:
    key = {"": "", "name": by[0], "movers": "movers", "change": f"-{measures[0]}_change"}[sort]
    result = ask(
        rich_lake,
        by=tuple(by),
        grain=grain,
        compare=compare,
        limit=limit,
        currency=currency,
        range=range_,
        measures=measures,
        sort=key if compare or sort == "name" else "",
    )
    rows = [*result.rows(), *result.other]
    suffixes = ["", "_previous", "_change"] if compare else [""]
    for totals in result.totals or ():
        own = totals.get("BillingCurrency")
        mine = [row for row in rows if own is None or row["BillingCurrency"] == own]
        for name in (m + suffix for m in measures for suffix in suffixes):
            assert total(Decimal(str(row[name])) for row in mine) == totals[name], name
        if limit is not None and "BillingCurrency" not in by:
            groups = {tuple(row[name] for name in by) for row in mine if "groups" not in row}
            assert len(groups) <= limit
    complete = result.complete()
    assert [total_row for total_row in complete.totals] == list(result.totals)
    assert complete.other == ()


def test_limit_keeps_the_largest_groups_over_the_whole_range(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"ServiceName": "A", "EffectiveCost": "5", "ChargePeriodStart": "2026-01-01"},
            {"ServiceName": "A", "EffectiveCost": "5", "ChargePeriodStart": "2026-01-02"},
            {"ServiceName": "B", "EffectiveCost": "7", "ChargePeriodStart": "2026-01-01"},
            {"ServiceName": "C", "EffectiveCost": "2", "ChargePeriodStart": "2026-01-02"},
            {"ServiceName": "D", "EffectiveCost": "0.000000000000000000001"},
        ],
    )
    result = ask(lake, by=("ServiceName",), grain="day", limit=1)
    assert shown(result) == [
        (date(2026, 1, 1), "A", "5.00", money_text(ratio_of("5", "19"))),
        (date(2026, 1, 2), "A", "5.00", money_text(ratio_of("5", "19"))),
    ]
    assert [dict(row) for row in result.other] == [
        {
            "period": date(2026, 1, 1),
            "groups": 2,
            "EffectiveCost": Decimal("7.000000000000000000001"),
            "EffectiveCost_share": ratio_of("7", "19"),
        },
        {
            "period": date(2026, 1, 2),
            "groups": 1,
            "EffectiveCost": Decimal(2),
            "EffectiveCost_share": ratio_of("2", "19"),
        },
    ]
    assert result.total == {"EffectiveCost": Decimal("19.000000000000000000001")}
    assert result.group_count == 4


def ratio_of(part: str, whole: str) -> Decimal:
    return round(Decimal(part) / Decimal(whole), 6)


def test_comparison_shows_new_gone_and_changed(lake: SmallLake) -> None:
    january = {"ChargePeriodStart": "2026-01-15"}
    february = {"ChargePeriodStart": "2026-02-15"}
    lake.add(
        "2026-01",
        [
            {"ServiceName": "Kept", "EffectiveCost": "8", **january},
            {"ServiceName": "Gone", "EffectiveCost": "1", **january},
            {"ServiceName": "Credit", "EffectiveCost": "-4", **january},
        ],
    )
    lake.add(
        "2026-02",
        [
            {"ServiceName": "Kept", "EffectiveCost": "10", **february},
            {"ServiceName": "New", "EffectiveCost": "3", **february},
            {"ServiceName": "Credit", "EffectiveCost": "-5", **february},
        ],
    )
    result = ask(lake, by=("ServiceName",), range="last-month", compare="previous", sort="movers")
    ratios = {row["ServiceName"]: row["EffectiveCost_change_ratio"] for row in result.rows()}
    changes = [(row["ServiceName"], row["EffectiveCost_change"]) for row in result.rows()]
    assert changes == [("New", 3), ("Kept", 2), ("Credit", -1), ("Gone", -1)]
    # Without a base there is no percentage; a credit that grows is a fall.
    assert ratios == {
        "New": None,
        "Kept": Decimal("0.25"),
        "Credit": Decimal("-0.25"),
        "Gone": Decimal(-1),
    }
    assert result.total == {
        "EffectiveCost": 8,
        "EffectiveCost_previous": 5,
        "EffectiveCost_change": 3,
        "EffectiveCost_change_ratio": Decimal("0.6"),
    }
    assert result.previous_range == DateRange(date(2026, 1, 1), date(2026, 2, 1))


def test_earlier_days_lie_over_the_asked_ones(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": str(day), "ChargePeriodStart": f"2026-01-{day:02d}"}
            for day in range(1, 32)
        ],
    )
    lake.add("2026-02", [{"EffectiveCost": "100", "ChargePeriodStart": "2026-02-02"}])
    result = ask(lake, grain="day", range="last-month", compare="previous")
    rows = {row["period"]: row for row in result.rows()}
    assert rows[date(2026, 2, 2)]["EffectiveCost"] == 100
    assert rows[date(2026, 2, 2)]["EffectiveCost_previous"] == 2
    assert rows[date(2026, 2, 28)]["EffectiveCost_previous"] == 28
    # January is longer: its last days stand behind February, so that the sum is still January.
    assert rows[date(2026, 3, 3)]["EffectiveCost_previous"] == 31
    assert result.total is not None and result.total["EffectiveCost_previous"] == 496
    assert any("3 days longer" in warning for warning in result.warnings)
    months = list(ask(lake, grain="month", range="last-month", compare="previous").rows())
    assert [(row["period"], row["EffectiveCost_previous"]) for row in months] == [
        (date(2026, 2, 1), 496)
    ]


def test_weeks_are_iso_weeks_and_lie_monday_on_monday(lake: SmallLake) -> None:
    lake.add(
        "2026-02",
        [
            {"EffectiveCost": "1", "ChargePeriodStart": "2026-02-22"},  # Sunday
            {"EffectiveCost": "2", "ChargePeriodStart": "2026-02-23"},  # Monday
            {"EffectiveCost": "4", "ChargePeriodStart": "2026-03-01T23:00:00"},  # Sunday
            {"EffectiveCost": "8", "ChargePeriodStart": "2026-03-02"},  # Monday
        ],
    )
    result = ask(lake, grain="week", range="2026-03-02..2026-03-09", compare="previous")
    assert [
        (r["period"], r["EffectiveCost"], r["EffectiveCost_previous"]) for r in result.rows()
    ] == [(date(2026, 3, 2), 8, 6)]


def test_json_is_the_contract_of_scripts(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"ServiceName": "A", "EffectiveCost": "12.34", "ChargePeriodStart": "2026-01-02"},
            {"ServiceName": None, "EffectiveCost": "1E-21", "ChargePeriodStart": "2026-01-02"},
        ],
    )
    answer = ask(lake, by=("ServiceName",), grain="day").to_json()
    columns = [(c["name"], c["role"], c["type"]) for c in answer.pop("columns")]
    assert columns == [
        ("period", "period", "date"),
        ("ServiceName", "dimension", "text"),
        ("EffectiveCost", "measure", "money"),
        ("EffectiveCost_share", "share", "ratio"),
    ]
    assert answer == {
        "query": {"measures": ["EffectiveCost"], "by": ["ServiceName"], "grain": "day"},
        "rows": [
            {
                "period": "2026-01-02",
                "ServiceName": "A",
                "EffectiveCost": "12.34",
                "EffectiveCost_share": "1.000000",
            },
            {
                "period": "2026-01-02",
                "ServiceName": None,
                "EffectiveCost": "0.000000000000000000001",
                "EffectiveCost_share": "0.000000",
            },
        ],
        "other": [],
        "total": {"EffectiveCost": "12.340000000000000000001"},
        "totals": [{"EffectiveCost": "12.340000000000000000001"}],
        "currency": "USD",
        "range": {"from": "2026-01-02", "to": "2026-01-03"},
        "previous_range": None,
        "groups": 2,
        "unconverted": [],
        "rates": [],
        "snapshot": "7",
        "warnings": [],
    }


def test_csv_and_parquet_carry_every_row_unrounded(rich_lake: SmallLake, tmp_path: Path) -> None:
    result = ask(rich_lake, by=("ResourceId", "tags.team"), limit=2, currency="EUR")
    assert result.other
    rows = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert len(rows) == result.group_count > 2
    assert result.total is not None
    assert total(Decimal(row["EffectiveCost"]) for row in rows) == result.total["EffectiveCost"]
    result.to_parquet(tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    costs = table["EffectiveCost"].to_pylist()
    assert total(costs) == result.total["EffectiveCost"]


def test_quantities_that_nobody_states_are_unknown_not_zero(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"ServiceName": "A", "ConsumedQuantity": "1.5"},
            {"ServiceName": "B"},
        ],
    )
    result = ask(lake, measures=("ConsumedQuantity",), by=("ServiceName",))
    assert [(row["ServiceName"], row["ConsumedQuantity"]) for row in result.rows()] == [
        ("A", Decimal("1.5")),
        ("B", None),
    ]
    assert "ConsumedUnit" in result.warnings[0]


def test_rejected_rows_are_said_where_their_slice_is_shown(lake: SmallLake) -> None:
    lake.add("2026-01", [{"EffectiveCost": "1"}], rejected=2)
    assert "2 rows of bill 2026-01 were rejected" in ask(lake).warnings[0]
    assert ask(lake, range="2026-05-01..2026-06-01").warnings == ()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tags.taem", "Did you mean tags.team"),
        ("x_LineItemTyp", "Did you mean x_LineItemType"),
    ],
)
def test_a_dimension_that_no_slice_has(rich_lake: SmallLake, name: str, message: str) -> None:
    from outlay.query import QueryError

    with pytest.raises(QueryError, match=message) as caught:
        ask(rich_lake, by=(name,))
    assert caught.value.field == "by"
    with pytest.raises(QueryError, match=message) as caught:
        ask(rich_lake, where=f"ServiceName = 'a' AND {name} IS NULL")
    assert caught.value.field == "where"
    assert caught.value.position == 22


@given(st.decimals(places=21, min_value=-(10**16), max_value=10**16), st.integers(-5, 5))
def test_changes_are_exact_and_ratios_are_rounded_once(amount: Decimal, base: int) -> None:
    assert change(amount, Decimal(base)) == total((amount, Decimal(-base)))
    share = ratio(amount, Decimal(base))
    assert (share is None) == (base == 0)
    if share is not None:
        assert abs(total((share * base, amount.copy_negate()))) <= abs(base) * Decimal("5e-7")
