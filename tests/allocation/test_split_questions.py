"""Splits in questions: two tags, conditions, limits, comparisons, currencies, explanations."""

import csv
import io
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from outlay.allocation.model import SPLIT_MEASURES
from outlay.expression.errors import QueryError
from outlay.money import MONEY_CONTEXT, BillingPeriod, total
from outlay.money.rates import MonthRates
from outlay.query import MEASURES, CostQuery, explain, run
from tests.allocation.splitting import (
    PRODUCT,
    ask,
    by_team,
    charge,
    ruleset,
    shared_platform,
    two_tags,
)
from tests.query.fixtures import SmallLake

D = Decimal


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


def test_an_amount_that_rounds_up_to_the_limit_is_exact(lake: SmallLake) -> None:
    cost = "99999999.9999999999"
    lake.add("2026-01", [charge("platform", cost, BillingCurrency="EUR"), charge("a", "1")])
    rules = ruleset({"share": {"take": "platform", "method": "even", "targets": ["a"]}})
    rates = MonthRates({("EUR", "USD", BillingPeriod.parse("2026-01")): D(1)})
    result = ask(lake, rules, by=("team",), currency="USD", rates=rates)
    assert by_team(result) == {"a": D("100000000.9999999999"), "platform": D(0)}


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
