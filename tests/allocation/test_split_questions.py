"""Splits in questions: by hand, against a naive reckoning, and as properties of random bills."""

import csv
import io
import tempfile
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.allocation.model import SPLIT_MEASURES, VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError
from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.rates import MonthRates
from outlay.query import MEASURES, CostQuery, Result, explain, run
from tests.allocation.splitting import Series, UsageLake, charge, ruleset
from tests.query.fixtures import SmallLake

D = Decimal


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def ask(lake: SmallLake, rules: Ruleset, *, rates: Any = None, **query: Any) -> Result:
    result = run(lake, CostQuery(**query), rules=rules, rates=rates)
    check_sums(result)
    return result


def check_sums(result: Result) -> None:
    """Rows + other = totals, and total = direct + shared row by row, in every column."""
    rows = [*result.rows(), *result.other]
    money = [c for c in result.columns if c.type == "money"]
    for whole in result.totals:
        of = [
            row for row in rows
            if row.get("BillingCurrency", "") == whole.get("BillingCurrency", "")
            or "BillingCurrency" in result.query.by
        ]  # fmt: skip
        for column in money if "BillingCurrency" not in result.query.by else []:
            assert total(row[column.name] for row in of) == whole[column.name]  # type: ignore[misc]
    for row in [*rows, *result.totals]:
        for name in result.query.measures:
            if f"{name}_direct" in row:
                parts = (row[f"{name}_direct"], row[f"{name}_shared"])
                assert total(parts) == row[name]  # type: ignore[arg-type]


def by_team(result: Result, column: str = "EffectiveCost") -> dict[Any, Any]:
    return {row["team"]: row[column] for row in result.rows()}


# --- methods, by hand -----------------------------------------------------------------------


def shared_platform(lake: SmallLake) -> None:
    """platform 100, a 60, b 30, nobody 10; in February platform 5 and nobody else anything."""
    lake.add(
        "2026-01",
        [charge("platform", "100"), charge("a", "60"), charge("b", "30"), charge(None, "10")],
    )
    lake.add("2026-02", [charge("platform", "5", "2026-02-03")])


def test_proportional_to_cost(lake: SmallLake) -> None:
    """100 shared out by 60 : 30 : 10; February has no target, so that 5 stay with platform."""
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",))
    assert by_team(result) == {"a": D(120), "b": D(60), "Unallocated": D(20), "platform": D(5)}
    assert by_team(result, "EffectiveCost_direct") == {
        "a": D(60), "b": D(30), "Unallocated": D(10), "platform": D(105)
    }  # fmt: skip
    assert by_team(result, "EffectiveCost_shared") == {
        "a": D(60), "b": D(30), "Unallocated": D(10), "platform": D(-100)
    }  # fmt: skip
    assert result.total is not None
    assert result.total["EffectiveCost"] == D(205)
    assert result.total["EffectiveCost_direct"] == D(205)
    assert result.total["EffectiveCost_shared"] == D(0)
    assert result.warnings == (
        "Split share, 2026-02: the cost of platform stays, since there is no target in the period.",
    )


def test_proportional_to_a_filtered_measure_of_chosen_targets(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "10"),
            charge("a", "60", ServiceName="Storage", ListCost="1"),
            charge("b", "1", ServiceName="Storage", ListCost="3"),
            charge("a", "7", ListCost="900"),
            charge("c", "1000", ServiceName="Storage", ListCost="100"),
        ],
    )
    split = {
        "take": "platform", "method": "proportional", "targets": ["a", "b"],
        "measure": "ListCost", "where": "ServiceName = 'Storage'",
    }  # fmt: skip
    result = ask(lake, ruleset({"share": split}), by=("team",))
    assert by_team(result, "EffectiveCost_shared") == {
        "a": D("2.5"), "b": D("7.5"), "c": D(0), "platform": D(-10)
    }  # fmt: skip


def test_even_and_except(lake: SmallLake) -> None:
    shared_platform(lake)
    even = {"take": "platform", "method": "even", "except": ["Unallocated"]}
    assert by_team(ask(lake, ruleset({"e": even}), by=("team",))) == {
        "a": D(110), "b": D(80), "Unallocated": D(10), "platform": D(5)
    }  # fmt: skip


def test_fixed_shares_hold_in_every_period_and_may_name_a_value_without_charges(
    lake: SmallLake,
) -> None:
    shared_platform(lake)
    fixed = {"take": "platform", "method": "fixed", "shares": {"a": "33.3", "new": "66.7"}}
    result = ask(lake, ruleset({"f": fixed}), by=("team",), grain="month")
    assert [(str(r["period"]), r["team"], r["EffectiveCost_shared"]) for r in result.rows()] == [
        ("2026-01-01", "a", D("33.3")),
        ("2026-01-01", "new", D("66.7")),
        ("2026-01-01", "b", D(0)),
        ("2026-01-01", "Unallocated", D(0)),
        ("2026-01-01", "platform", D(-100)),
        ("2026-02-01", "a", D("1.665")),
        ("2026-02-01", "new", D("3.335")),
        ("2026-02-01", "platform", D(-5)),
    ]


def test_by_metric_with_a_window_and_a_stranger(lake: SmallLake) -> None:
    shared_platform(lake)
    orders = {
        date(2025, 12, 1): {"a": "10"},
        date(2026, 1, 1): {"a": "20", "b": "10", "typo": "5"},
    }
    split = {
        "take": "platform", "method": "metric", "targets": ["a", "b"],
        "metric": {"metric": "orders", "label": "team", "window": 2},
    }  # fmt: skip
    series = Series({"orders": orders})
    result = ask(lake, ruleset({"m": split}, metrics=series), by=("team",), grain="month")
    shared = {
        (str(row["period"])[:7], row["team"]): row["EffectiveCost_shared"] for row in result.rows()
    }
    # January weighs 30 : 10, February the 20 : 10 of January: its own values are late.
    assert shared["2026-01", "a"] == D(75)
    assert shared["2026-01", "b"] == D(25)
    assert shared["2026-02", "a"] == D("3.333333335")
    assert shared["2026-02", "b"] == D("1.666666665")
    assert series.asked == [("orders", "team", "month", date(2025, 12, 1), date(2026, 3, 1))]
    assert "names values that are no target: typo" in result.warnings[0]


def test_a_metric_that_is_not_there_keeps_the_cost(lake: SmallLake) -> None:
    shared_platform(lake)
    split = {
        "take": "platform", "method": "metric", "metric": {"metric": "orders", "label": "team"}
    }  # fmt: skip
    result = ask(lake, ruleset({"m": split}), by=("team",))
    assert by_team(result)["platform"] == D(105)
    assert result.warnings == (
        "Split m, 2026-01, 2026-02: the cost of platform stays, since there is no metric 'orders'.",
    )


def test_by_usage_through_the_rules_of_the_tag(tmp_path: Path) -> None:
    """Usage rows have the tags of their consumers: the tag's rules say whose they are, also where
    a rule changes within the month, and where the tag builds on another."""
    lake = UsageLake(tmp_path)
    lake.add("2026-01", [charge("cluster", "16")])
    lake.add_usage(
        "cpu_request",
        [
            ("2026-01-02", "3", {"tags.app": "web"}),
            ("2026-01-20", "1", {"tags.app": "web"}),
            ("2026-01-20", "4", {"tags.app": "etl"}),
            ("2026-01-20", "9", {"tags.app": "web", "x_Namespace": "test"}),
        ],
    )
    lake.add_usage("memory_request", [("2026-01-02", "70", {"tags.app": "web"})])
    app = {"rules": [{"when": "tags.app IS NOT NULL", "value": {"from": "tags.app"}}]}
    team = {
        "rules": [
            {"when": "tags.team = 'cluster'", "value": "cluster"},
            {"when": "app = 'web'", "value": "a", "until": "2026-01-15"},
            {"when": "app = 'web'", "value": "b", "from": "2026-01-15"},
            {"when": "app = 'etl'", "value": "a"},
        ]
    }
    tags = {name: VirtualTagSpec.model_validate(s) for name, s in (("app", app), ("team", team))}
    usage = {"metric": "cpu_request", "where": "x_Namespace IS NULL"}
    split = {"take": "cluster", "method": "usage", "targets": ["a", "b"], "usage": usage}
    rules = ruleset({"s": split}, tags=tags)
    # a: 3 of web until the 15th and 4 of etl; b: 1 of web after it.
    assert by_team(ask(lake, rules, by=("team",))) == {"a": D(14), "b": D(2), "cluster": D(0)}
    wrong = ruleset({"s": split | {"usage": {"metric": "gpu_request"}}}, tags=tags)
    assert ask(lake, wrong, by=("team",)).warnings == (
        "Split s, 2026-01: the cost of cluster stays, since there is no usage of gpu_request.",
    )


def test_days_have_shares_of_their_own(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "8", "2026-01-01"), charge("a", "1", "2026-01-01"),
            charge("b", "3", "2026-01-01"),
            charge("platform", "8", "2026-01-02"), charge("b", "2", "2026-01-02"),
            charge("platform", "8", "2026-01-03"),
        ],
    )  # fmt: skip
    split = {"take": "platform", "method": "proportional", "period": "day"}
    rules = ruleset({"d": split})
    # 8 by 1 : 3, then 8 to b alone, then nobody is there.
    assert by_team(ask(lake, rules, by=("team",))) == {"a": D(3), "b": D(19), "platform": D(8)}
    assert by_team(ask(lake, rules, by=("team",), range="2026-01-01..2026-01-02")) == {
        "a": D(3), "b": D(9), "platform": D(0)
    }  # fmt: skip


def test_billing_periods_have_shares_of_their_own(lake: SmallLake) -> None:
    """The same day in two billing periods is shared out by each period's own weights."""
    lake.add("2026-01", [charge("platform", "4"), charge("a", "1"), charge("b", "1")])
    lake.add("2026-02", [charge("platform", "4"), charge("a", "3"), charge("b", "1")], source="x")
    split = {"take": "platform", "method": "proportional", "period": "billing-period"}
    result = ask(lake, ruleset({"s": split}), by=("team",))
    assert by_team(result, "EffectiveCost_shared") == {"a": D(5), "b": D(3), "platform": D(-8)}


def test_a_part_of_a_month_is_shared_by_the_weights_of_the_whole(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "8", "2026-01-10"), charge("a", "1", "2026-01-10"),
            charge("b", "3", "2026-01-31"),
        ],
    )  # fmt: skip
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",), range="2026-01-05..2026-01-20")
    assert by_team(result) == {"a": D(3), "b": D(6), "platform": D(0)}


def test_chains_and_mixed_periods(lake: SmallLake) -> None:
    """it (month, even) feeds platform (day, proportional)."""
    lake.add(
        "2026-01",
        [
            charge("it", "10", "2026-01-01"), charge("it", "10", "2026-01-02"),
            charge("platform", "1", "2026-01-01"), charge("platform", "1", "2026-01-02"),
            charge("a", "1", "2026-01-01"), charge("b", "1", "2026-01-02"),
        ],
    )  # fmt: skip
    rules = ruleset(
        {
            "z-first": {"take": "it", "method": "even", "targets": ["platform", "a"]},
            "a-second": {"take": "platform", "method": "proportional", "period": "day"},
        }
    )
    # Day 1: it 10 → a 5, platform 5 → a; platform 1 → a. Day 2: → a 5, platform 5 → b; 1 → b.
    assert by_team(ask(lake, rules, by=("team",))) == {
        "a": D(17), "b": D(7), "it": D(0), "platform": D(0)
    }  # fmt: skip


def test_a_condition_takes_charges_of_any_value(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("a", "9", ServiceName="Support"), charge(None, "1", ServiceName="Support"),
            charge("a", "1"), charge("b", "3"),
        ],
    )  # fmt: skip
    split = {
        "take": {"where": "ServiceName = 'Support'"}, "method": "fixed",
        "shares": {"a": 50, "b": 50},
    }  # fmt: skip
    rules = ruleset({"support": split})
    result = ask(lake, rules, by=("team",))
    assert by_team(result) == {"a": D(6), "b": D(8), "Unallocated": D(0)}
    assert by_team(result, "EffectiveCost_shared") == {"a": D(-4), "b": D(5), "Unallocated": D(-1)}
    by_service = ask(lake, rules, by=("ServiceName",), where="team = 'b'")
    assert {row["ServiceName"]: row["EffectiveCost"] for row in by_service.rows()} == {
        "Support": D(5), "Compute": D(3)
    }  # fmt: skip


def test_a_charge_is_in_the_first_pool_by_name(lake: SmallLake) -> None:
    lake.add("2026-01", [charge("p", "8", ServiceName="Support"), charge("p", "4")])
    rules = ruleset(
        {
            "b": {"take": "p", "method": "fixed", "shares": {"x": 100}},
            "a": {
                "take": {"where": "ServiceName = 'Support'"},
                "method": "fixed",
                "shares": {"y": 100},
            },
        }
    )
    assert by_team(ask(lake, rules, by=("team",))) == {"p": D(0), "x": D(4), "y": D(8)}


def test_negative_costs_split_too(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "-3", ChargeCategory="Credit"), charge("platform", "1"),
            charge("a", "1"), charge("b", "2"), charge("c", "-1"),
        ],
    )  # fmt: skip
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",), measures=("EffectiveCost", "Credits"))
    assert by_team(result, "EffectiveCost_shared") == {
        "a": D("-0.666666666"), "b": D("-1.333333334"), "c": D(0), "platform": D(2)
    }  # fmt: skip
    assert by_team(result, "Credits_shared") == {
        "a": D("-0.999999999"), "b": D("-2.000000001"), "c": D(0), "platform": D(3)
    }  # fmt: skip
    assert "EffectiveCost of c is negative: it gets nothing" in result.warnings[0]


def test_quantities_and_lines_are_not_shared(lake: SmallLake) -> None:
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",), measures=("EffectiveCost", "LineCount"))
    assert by_team(result, "LineCount") == {"a": 1, "b": 1, "Unallocated": 1, "platform": 2}
    assert "LineCount_direct" not in {column.name for column in result.columns}
    lines = ask(lake, rules, by=("team",), measures=("LineCount",))
    assert by_team(lines, "LineCount") == {"a": 1, "b": 1, "Unallocated": 1, "platform": 2}


def test_directly(lake: SmallLake) -> None:
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",), splits="direct")
    assert by_team(result)["platform"] == D(105)
    assert [column.name for column in result.columns] == [
        "team", "EffectiveCost", "EffectiveCost_share"
    ]  # fmt: skip


PRODUCT = VirtualTagSpec.model_validate(
    {"rules": [{"when": "ServiceName = 'Support'", "value": "support"}], "default": "app"}
)


def two_tags() -> Ruleset:
    """platform's cost goes to a and b by 1 : 3, the product support to x and y by 1 : 9."""
    return ruleset(
        {
            "team-split": {
                "take": "platform", "method": "fixed", "shares": {"a": 25, "b": 75}
            },
            "product-split": {
                "tag": "product", "take": "support", "method": "fixed",
                "shares": {"x": 10, "y": 90}, "period": "day",
            },
        },
        tags={"product": PRODUCT},
    )  # fmt: skip


def test_two_tags_with_splits_by_hand(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "40", ServiceName="Support"), charge("platform", "8"),
            charge("a", "20", ServiceName="Support"), charge("a", "1"),
        ],
    )  # fmt: skip
    result = ask(lake, two_tags(), by=("team", "product"))
    found = {
        (r["team"], r["product"]): (r["EffectiveCost"], r["EffectiveCost_direct"])
        for r in result.rows()
    }
    # 40 of both: a gets 10, of which x 1 and y 9; b 30: x 3, y 27. 8 of platform: a 2, b 6.
    # 20 of support: x 2, y 18 of a.
    assert {key: value[0] for key, value in found.items() if value[0]} == {
        ("a", "x"): D(3), ("a", "y"): D(27), ("b", "x"): D(3), ("b", "y"): D(27),
        ("a", "app"): D(3), ("b", "app"): D(6),
    }  # fmt: skip
    assert found["platform", "support"] == (D(0), D(40))
    assert by_team(ask(lake, two_tags(), by=("team",), where="product = 'x'")) == {
        "a": D(3), "b": D(3), "platform": D(0)
    }  # fmt: skip
    assert ask(lake, two_tags(), where="team = 'b' AND product <> 'app'").total == {
        "EffectiveCost": D(30), "EffectiveCost_direct": D(0), "EffectiveCost_shared": D(30)
    }  # fmt: skip


def test_two_tags_are_exact_to_thirty_nine_decimals(lake: SmallLake) -> None:
    amount = "98765432109.123456789012345678901"
    lake.add("2026-01", [charge("platform", amount, ServiceName="Support")])
    even = {"method": "even", "targets": ["a", "b", "c"]}
    rules = ruleset(
        {
            "one": {"take": "platform", **even},
            "two": {"tag": "product", "take": "support", **even},
        },
        tags={"product": PRODUCT},
    )
    result = ask(lake, rules, by=("team", "product"))
    found = {(r["team"], r["product"]): r["EffectiveCost"] for r in result.rows()}
    third, rest = D("0.333333333"), D("0.333333334")
    exact = MONEY_CONTEXT.multiply
    assert found["b", "c"] == exact(exact(D(amount), third), third)
    assert found["a", "a"] == exact(exact(D(amount), rest), rest)
    assert result.total is not None
    assert result.total["EffectiveCost"] == D(amount)


def test_what_cannot_be_exact_is_refused_with_a_way_out(lake: SmallLake) -> None:
    lake.add("2026-01", [charge("platform", "1", BillingCurrency="EUR")])
    with pytest.raises(QueryError, match="more digits than can be kept") as found:
        ask(lake, two_tags(), by=("team", "product"), currency="USD")
    assert "splits=direct" in found.value.hint
    query = CostQuery(by=("team", "product"))
    with pytest.raises(QueryError, match="one of them at a time"):
        explain(lake, query, rules=two_tags())
    assert explain(lake, query.but(splits="direct"), rules=two_tags()).tag is None


# --- conditions, limits, comparisons, other forms -------------------------------------------


def test_conditions_on_the_tag_are_asked_after_the_split(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            charge("platform", "100", ServiceName="Db"), charge("a", "60"), charge("b", "30"),
            charge(None, "10", "2026-01-09"),
        ],
    )  # fmt: skip
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})

    def of(where: str) -> Any:
        result = ask(lake, rules, where=where)
        return result.total and result.total["EffectiveCost"]

    assert of("team = 'a'") == D(120)
    assert of("team <> 'a'") == D(80)
    assert of("team = 'platform'") == D(0)
    assert of("team = 'a' AND ServiceName = 'Db'") == D(60)
    assert of("team = 'a' OR ServiceName = 'Db'") == D(160)  # 60 direct, all 100 of the database
    assert of("NOT (team = 'a' AND ServiceName = 'Db')") == D(140)
    assert of("team = 'Unallocated' OR ChargeDay > '2026-01-05'") == D(20)
    assert of("team IN ('a', 'b') AND ChargeDay < '2026-01-06'") == D(180)


def test_limits_comparisons_and_files_add_up(lake: SmallLake, tmp_path: Path) -> None:
    lake.add("2025-12", [charge("platform", "50", "2025-12-05"), charge("b", "1", "2025-12-06")])
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})
    result = ask(
        lake, rules, by=("team", "ServiceName"), grain="month", range="2026-01-01..2026-02-01",
        compare="previous", limit=1, sort="movers",
    )  # fmt: skip
    assert len(result.other) == 1
    (row,) = result.rows()
    assert (row["team"], row["EffectiveCost"], row["EffectiveCost_previous"]) == ("a", D(120), D(0))
    assert result.total is not None
    assert result.total["EffectiveCost_previous"] == D(51)
    whole = list(csv.DictReader(io.StringIO(result.to_csv())))
    assert total(D(row["EffectiveCost_direct"]) for row in whole) == D(200)
    assert total(D(row["EffectiveCost_shared"]) for row in whole) == D(0)
    result.to_parquet(tmp_path / "result.parquet")
    table = pq.read_table(tmp_path / "result.parquet")
    assert sum(table["EffectiveCost"].to_pylist()) == D(200)
    data = result.to_json()
    assert data["total"]["EffectiveCost_direct"] == "200.00"
    assert data["total"]["EffectiveCost_shared"] == "0.00"


def test_a_conversion_is_exact_to_the_last_digit(lake: SmallLake) -> None:
    amounts = ["0.123456789012345678901", "98765432.000000000000000000009", "-7.3"]
    lake.add(
        "2026-01",
        [charge("platform", amount, f"2026-01-0{i + 1}") for i, amount in enumerate(amounts)]
        + [charge("a", "1"), charge("b", "2", BillingCurrency="EUR")],
    )
    rates = MonthRates({("USD", "EUR", BillingPeriod.parse("2026-01")): D("0.912345679")})
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    whole = run(lake, CostQuery(currency="EUR"), rules=rules, rates=rates)
    by = ask(lake, rules, by=("team",), currency="EUR", rates=rates)
    assert by.total is not None
    assert whole.total is not None
    assert by.total["EffectiveCost"] == whole.total["EffectiveCost"]
    assert by.total["EffectiveCost_shared"] == 0
    pool = MONEY_CONTEXT.multiply(total(D(amount) for amount in amounts), D("0.912345679"))
    found = by_team(by, "EffectiveCost_shared")
    assert found["platform"] == pool.copy_negate()
    assert total((found["a"], found["b"])) == pool
    # 39 decimals: 21 of the amount, nine of the rate and nine of the share.
    share = Fraction(found["a"]) / Fraction(pool)
    assert share * 10**9 == int(share * 10**9)
    assert 0 < share < Fraction(1, 2)


def test_large_amounts_are_exact_and_too_large_ones_an_error(lake: SmallLake) -> None:
    """Rupiahs and dongs: thirteen digits before the point and twenty-one after it."""
    big = "12345678901234.123456789012345678901"
    lake.add(
        "2026-01",
        [
            charge("platform", big, BillingCurrency="IDR"),
            charge("platform", big, BillingCurrency="IDR"),
            charge("a", "10000000000000", BillingCurrency="IDR"),
            charge("b", "20000000000000", BillingCurrency="IDR"),
        ],
    )
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",))
    pool = total([D(big), D(big)])
    exact = MONEY_CONTEXT
    assert by_team(result, "EffectiveCost_shared") == {
        "a": exact.multiply(pool, D("0.333333333")),
        "b": exact.multiply(pool, D("0.666666667")),
        "platform": pool.copy_negate(),
    }
    rates = MonthRates({("IDR", "VND", BillingPeriod.parse("2026-01")): D("1.612345678")})
    converted = ask(lake, rules, by=("team",), currency="VND", rates=rates)
    assert by_team(converted, "EffectiveCost_shared")["a"] == exact.multiply(
        exact.multiply(pool, D("1.612345678")), D("0.333333333")
    )
    whole = run(lake, CostQuery(currency="VND"), rules=rules, rates=rates)
    assert converted.total is not None
    assert whole.total is not None
    assert converted.total["EffectiveCost"] == whole.total["EffectiveCost"]


def test_costs_of_several_currencies_are_weighed_in_one(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [charge("platform", "10"), charge("a", "1"), charge("b", "1", BillingCurrency="XXX")],
    )
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",))
    assert result.warnings == (
        "Split s, 2026-01: the cost of platform stays, since costs in USD and XXX cannot be "
        "compared: there is no rate of XXX.",
    )


def test_amounts_without_a_rate_are_shared_out_in_their_own_currency(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [charge("platform", "10", BillingCurrency="XXX"), charge("a", "1", BillingCurrency="XXX")],
    )
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, where="team = 'a'", currency="EUR")
    assert [(one.currency, dict(one.amounts)) for one in result.unconverted] == [
        ("XXX", {"EffectiveCost": D(11)})
    ]


def test_hours_and_lines_are_shared_too(lake: SmallLake) -> None:
    """Questions that only the charges themselves can answer."""
    lake.add(
        "2026-01",
        [
            charge("platform", "8", "2026-01-01T05:00:00", ChargeDescription="db"),
            charge("platform", "4", "2026-01-01T06:00:00", ChargeDescription="net"),
            charge("a", "1", "2026-01-02", ChargeDescription="own"),
            charge("b", "3", "2026-01-02", ChargeDescription="own"),
        ],
    )
    rules = ruleset({"s": {"take": "platform", "method": "proportional"}})
    result = ask(lake, rules, by=("team",), grain="hour", range="2026-01-01..2026-01-02")
    assert result.tables == {"charges": 1}
    assert [(row["period"].hour, row["team"], row["EffectiveCost"]) for row in result.rows()] == [  # type: ignore[union-attr]
        (5, "b", D(6)), (5, "a", D(2)), (5, "platform", D(0)),
        (6, "b", D(3)), (6, "a", D(1)), (6, "platform", D(0)),
    ]  # fmt: skip
    lines = ask(
        lake, rules, by=("ChargeDescription",), where="team = 'a' AND ChargeDescription <> 'net'"
    )
    assert {row["ChargeDescription"]: row["EffectiveCost"] for row in lines.rows()} == {
        "db": D(2), "own": D(1)
    }  # fmt: skip
    assert by_team(ask(lake, rules, by=("team",), where="team = 'b' OR ChargeDescription = 'db'"))[
        "b"
    ] == D(12)


def test_results_are_ordered_by_what_is_direct_or_shared(lake: SmallLake) -> None:
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "fixed", "shares": {"b": 100}}})

    def order(sort: str, **more: Any) -> list[Any]:
        return [row["team"] for row in ask(lake, rules, by=("team",), sort=sort, **more).rows()]

    assert order("-EffectiveCost_direct") == ["platform", "a", "b", "Unallocated"]
    assert order("-EffectiveCost_shared") == ["b", "Unallocated", "a", "platform"]
    assert order("EffectiveCost_shared", limit=1) == ["platform"]
    assert order("-EffectiveCost_shared", splits="direct") == ["Unallocated", "a", "b", "platform"]


def test_a_condition_on_what_no_charge_has_keeps_the_cost(lake: SmallLake) -> None:
    shared_platform(lake)
    split = {"take": "platform", "method": "proportional", "where": "tags.nothing = 'x'"}
    result = ask(lake, ruleset({"s": split}), by=("team",))
    assert by_team(result)["platform"] == D(105)
    assert "no charge has tags.nothing" in result.warnings[0]


def test_what_can_be_weighed() -> None:
    assert set(SPLIT_MEASURES) == {m.name for m in MEASURES.values() if m.kind == "money"}
    split = {"take": "platform", "method": "proportional", "measure": "EffectivCost"}
    with pytest.raises(QueryError, match="Did you mean EffectiveCost"):
        ruleset({"s": split})


# --- explain --------------------------------------------------------------------------------


def test_why_is_this_mine(lake: SmallLake) -> None:
    shared_platform(lake)
    rules = ruleset({"share": {"take": "platform", "method": "proportional"}})
    found = explain(lake, CostQuery(by=("team",)), rules=rules)
    assert found.tag == "team"
    assert found.totals == found.direct_totals == {"USD": D(205)}
    a, b, nobody, platform = found.groups
    assert (a.direct, a.shared_amount, a.amount) == (D(60), D(60), D(120))
    (got,) = a.shared
    assert (got.split, got.target, got.pool, got.share, got.amount) == (
        "share", "a", D(100), D("0.6"), D(60)
    )  # fmt: skip
    (way,) = got.ways
    (step,) = way.steps
    assert (step.weight, step.weights) == (60, {"Unallocated": 10, "a": 60, "b": 30})
    (part,) = got.slices
    assert part.amount == D(100)
    assert [line.origin.line for file in part.files for line in file.top] == [1]
    listed = run(lake, got.charges, rules=rules).total
    assert listed is not None
    assert listed["EffectiveCost"] == D(100)
    (given_,) = platform.given
    assert given_.amount == D(-100)
    (kept,) = platform.kept
    assert (kept.amount, kept.reason) == (D(5), "there is no target in the period")
    assert platform.amount == D(5)
    assert {g.amount for g in (b, nobody)} == {D(60), D(20)}
    narrowed = explain(lake, CostQuery(where="team = 'a'", by=("ServiceName",)), rules=rules)
    assert [(g.direct, g.amount) for g in narrowed.groups] == [(D(60), D(120))]


# --- properties -----------------------------------------------------------------------------

amounts = st.decimals(
    min_value=-(10**6), max_value=10**6, places=7, allow_nan=False, allow_infinity=False
).map(str)
teams = st.sampled_from(["platform", "data", "a", "b", "c", None])


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    return charge(
        draw(teams),
        draw(amounts),
        f"2026-01-{draw(st.integers(1, 4)):02d}",
        ServiceName=draw(st.sampled_from(["Compute", "Support"])),
        SubAccountId=draw(st.sampled_from(["a1", "a2"])),
    )


@st.composite
def splits(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Splits without a cycle: platform may feed data, data feeds no other."""
    found: dict[str, dict[str, Any]] = {}
    takes: list[tuple[Any, list[str]]] = [
        ("platform", ["data", "a", "b"]),
        ("data", ["a", "c", "new"]),
        ({"where": "ServiceName = 'Support'"}, ["b", "c"]),
    ]
    names = draw(st.permutations(["s1", "s2", "s3"]))
    chosen = draw(st.lists(st.sampled_from([0, 1, 2]), min_size=1, unique=True))
    for at in chosen:
        take, targets = takes[at]
        method = draw(st.sampled_from(["even", "proportional", "fixed"]))
        split: dict[str, Any] = {
            "take": take,
            "method": method,
            "period": draw(st.sampled_from(["day", "month", "billing-period"])),
        }
        if method == "fixed":
            first = draw(st.integers(0, 100))
            split["shares"] = {targets[0]: first, targets[1]: 100 - first}
        elif draw(st.booleans()):
            split["targets"] = targets
        found[names[at]] = split
    return found


def naive(bill: list[dict[str, Any]], found: Mapping[str, dict[str, Any]]) -> dict[str, Fraction]:
    """Each team's cost, charge by charge and as fractions, by the words of the documentation."""

    def label(one: dict[str, Any]) -> str:
        return str(one["Tags"].get("team", "Unallocated"))

    takers = {s["take"]: name for name, s in found.items() if isinstance(s["take"], str)}

    def pool(one: dict[str, Any]) -> str | None:
        for name, split in sorted(found.items()):
            by_value = split["take"] == label(one)
            if by_value or (
                split["take"] != str(split["take"]) and one["ServiceName"] == "Support"
            ):
                return name
        return None

    def within(name: str, one: dict[str, Any]) -> list[dict[str, Any]]:
        if found[name]["period"] != "day":
            return bill
        return [other for other in bill if other["ChargePeriodStart"] == one["ChargePeriodStart"]]

    def shares(name: str, one: dict[str, Any]) -> dict[str, Fraction]:
        split = found[name]
        if "shares" in split:
            return {t: Fraction(s, 100) for t, s in split["shares"].items() if s}
        of = within(name, one)
        targets = split.get("targets") or sorted({label(c) for c in of} - set(takers))
        if not targets:
            return {}
        if split["method"] == "even":
            return dict.fromkeys(targets, Fraction(1, len(targets)))
        weights = {
            t: sum((Fraction(c["EffectiveCost"]) for c in of if label(c) == t), Fraction(0))
            for t in targets
        }
        if sum(weights.values()) <= 0:
            return {}
        positive = {t: w for t, w in weights.items() if w > 0}
        return {t: w / sum(positive.values()) for t, w in positive.items()}

    def land(name: str, one: dict[str, Any]) -> dict[str, Fraction]:
        landed: dict[str, Fraction] = {}
        for target, share in shares(name, one).items():
            further = land(takers[target], one) if target in takers else {}
            for last, part in (further or {target: Fraction(1)}).items():
                landed[last] = landed.get(last, Fraction(0)) + share * part
        return landed

    sums: dict[str, Fraction] = {}
    for one in bill:
        name = pool(one)
        given_ = land(name, one) if name else {}
        for team, share in (given_ or {label(one): Fraction(1)}).items():
            sums[team] = sums.get(team, Fraction(0)) + Fraction(one["EffectiveCost"]) * share
    return sums


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(charges(), min_size=1, max_size=12), splits())
def test_the_sum_over_any_grouping_is_the_bill(
    bill: list[dict[str, Any]], found: dict[str, dict[str, Any]]
) -> None:
    whole = total(D(one["EffectiveCost"]) for one in bill)
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        lake.add("2026-01", bill)
        rules = ruleset(found)
        for by, grain in (
            (("team",), "none"),
            (("team", "ServiceName"), "day"),
            (("SubAccountId", "team"), "month"),
        ):
            result = ask(lake, rules, by=by, grain=grain)
            assert result.total is not None
            assert result.total["EffectiveCost"] == whole
            assert result.total["EffectiveCost_direct"] == whole
            assert result.total["EffectiveCost_shared"] == 0
        by_hand = naive(bill, found)
        by_name = by_team(ask(lake, rules, by=("team",)))
        size = sum((abs(Fraction(one["EffectiveCost"])) for one in bill), Fraction(0))
        for team, amount in by_name.items():
            # The shares are billionths: the reckoning differs by their rounding and no more.
            assert abs(Fraction(amount) - by_hand.get(team, Fraction(0))) <= size * 8 / 10**9
        one_team = ask(lake, rules, where="team = 'a'").total
        assert one_team is not None
        assert one_team["EffectiveCost"] == by_name.get("a", 0)
        both = Ruleset(
            {**rules.tags, "product": PRODUCT},
            splits={**rules.splits, **two_tags().splits_of("product")},
        ).check()
        result = ask(lake, both, by=("product", "team"))
        assert result.total is not None
        assert result.total["EffectiveCost"] == whole
        sums: dict[Any, Any] = {}
        for row in result.rows():
            sums[row["team"]] = total((sums.get(row["team"], D(0)), D(str(row["EffectiveCost"]))))
        assert sums == by_name
        explained = explain(lake, CostQuery(by=("team",)), rules=rules)
        assert {g.values["team"]: g.amount for g in explained.groups} == by_name


digits = st.decimals(
    min_value=-(10**8), max_value=10**8, places=21, allow_nan=False, allow_infinity=False
).map(lambda amount: f"{amount:f}")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(teams, digits, st.sampled_from(["USD", "EUR", "IDR"])), min_size=1, max_size=8
    ),
    splits(),
    st.decimals(min_value="0.000000001", max_value=20_000, places=9),
)
def test_what_is_converted_by_team_is_what_is_converted_at_all(
    lines: list[tuple[str | None, str, str]], found: dict[str, dict[str, Any]], rate: Decimal
) -> None:
    month = BillingPeriod.parse("2026-01")
    rates = MonthRates({("EUR", "USD", month): rate, ("IDR", "USD", month): D("0.000061")})
    with tempfile.TemporaryDirectory() as folder:
        lake = SmallLake(Path(folder))
        bill = [charge(team, cost, BillingCurrency=code) for team, cost, code in lines]
        lake.add("2026-01", bill)
        rules = ruleset(found)
        whole = run(lake, CostQuery(currency="USD"), rules=rules, rates=rates).total
        by = ask(lake, rules, by=("team",), currency="USD", rates=rates)
        assert by.total is not None
        assert whole is not None
        assert by.total["EffectiveCost"] == whole["EffectiveCost"]
        assert by.total["EffectiveCost_shared"] == 0
