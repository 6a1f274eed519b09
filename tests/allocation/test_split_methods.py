"""Each method of splitting, its periods, chains and conditions, by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from outlay.allocation.model import VirtualTagSpec
from tests.allocation.splitting import (
    Series,
    UsageLake,
    ask,
    by_team,
    charge,
    ruleset,
    shared_platform,
)
from tests.query.fixtures import SmallLake

D = Decimal


# --- methods, by hand -----------------------------------------------------------------------


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
