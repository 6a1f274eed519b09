"""Previews against a plain evaluation of the rules before and after on every charge."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.allocation.model import VirtualTagSpec
from outlay.allocation.rules import Ruleset
from outlay.expression.errors import QueryError
from outlay.money import BillingPeriod, total
from outlay.money.rates import MonthRates
from outlay.query import CostQuery, run
from outlay.query.allocating import (
    Asking,
    Caught,
    Preview,
    allocating_effects,
    tag_preview,
)
from tests.allocation import plain
from tests.allocation.labelling import charges, ruleset, tagged
from tests.allocation.random_rules import bills, rulesets
from tests.allocation.test_labels import Bill, every_charge, lake_of
from tests.query.fixtures import SmallLake

D = Decimal


def preview(
    lake: SmallLake, before: Ruleset, after: Ruleset, tag: str = "team", **query: Any
) -> Preview:
    return tag_preview(lake, before, after, tag, Asking(CostQuery(**query)))


def caught(of: Iterable[Mapping[str, Any]]) -> Caught:
    """The slow way: sums by currency, distinct resources, lines."""
    money: dict[str, Decimal] = {}
    resources, lines = set(), 0
    for charge in of:
        currency = charge["BillingCurrency"]
        money[currency] = total((money.get(currency, D(0)), charge["EffectiveCost"]))
        resources |= {charge["ResourceId"]} - {None}
        lines += 1
    return Caught(money, len(resources), lines)


@pytest.mark.slow
@settings(max_examples=15)
@given(bills(), rulesets(), rulesets())
def test_a_preview_is_what_a_plain_evaluation_says(
    bill: Bill, before: Ruleset, after: Ruleset
) -> None:
    rows = every_charge(bill)
    then = [plain.values_of(before, row) for row in rows]
    now = [plain.values_of(after, row) for row in rows]
    with lake_of(bill) as lake:
        found = tag_preview(lake, before, after, "zeta", Asking(CostQuery()))
    effects = {"zeta": found.effect, **{effect.tag: effect for effect in found.dependents}}
    assert set(effects) == {"zeta"} | {
        tag
        for tag in ("alpha", "mid")
        if "zeta" in before.closure([tag]) or "zeta" in after.closure([tag])
    }
    for tag, effect in effects.items():
        sides = list(zip(rows, then, now, strict=True))

        def where(holds: Callable[[Any, Any], bool], tag: str = tag, sides: Any = sides) -> Caught:
            return caught(row for row, one, other in sides if holds(one[tag], other[tag]))

        values = {one[tag] for one in then} | {other[tag] for other in now}
        assert {value.value for value in effect.values} == values
        for value in effect.values:
            assert value.before == where(lambda b, _, v=value.value: b == v)
            assert value.after == where(lambda _, a, v=value.value: a == v)
        moves = {(move.before, move.after): move.caught for move in effect.moves}
        pairs = {(one[tag], other[tag]) for one, other in zip(then, now, strict=True)}
        assert set(moves) == {pair for pair in pairs if pair[0] != pair[1]}
        for pair, amount in moves.items():
            assert amount == where(lambda b, a, pair=pair: (b, a) == pair)
        assert effect.moved == where(lambda b, a: a != b)
        assert effect.coverage_before is not None
        default = before.tags[tag].default
        assert effect.coverage_before.unallocated == _nothing_left_out(
            where(lambda b, _, d=default: b == d).money, effect.coverage_before.total
        )


def _nothing_left_out(
    money: Mapping[str, Decimal], whole: Mapping[str, Decimal]
) -> dict[str, Decimal]:
    return {currency: money.get(currency, D(0)) for currency in whole}


@pytest.mark.slow
@settings(max_examples=15)
@given(bills(), rulesets(), st.sampled_from(["zeta", "alpha"]))
def test_what_rules_catch_alone_and_first(bill: Bill, rules: Ruleset, tag: str) -> None:
    rows = every_charge(bill)
    matching = [plain.matching(rules, tag, row) for row in rows]
    with lake_of(bill) as lake:
        found = tag_preview(lake, rules, rules, tag, Asking(CostQuery()))
    assert found.effect.moves == ()
    numbers = range(1, len(rules.tags[tag].rules) + 1)
    assert [effect.number for effect in found.rules] == list(numbers)
    for effect in found.rules:
        n = effect.number
        pairs = list(zip(rows, matching, strict=True))
        assert effect.alone == caught(row for row, m in pairs if n in m)
        assert effect.first == caught(row for row, m in pairs if m[:1] == [n])
        before = {m[0] for m in matching if n in m and m[0] != n}
        assert {number for number, _ in effect.shadowed_by} == before
        for number, amount in effect.shadowed_by:
            assert amount == caught(row for row, m in pairs if n in m and m[0] == number)
        days = {row["ChargePeriodStart"].date() for row in rows}
        holds = any(rules.tags[tag].rules[n - 1].holds_on(day) for day in days)
        dead = "dead" if holds or not rows else "out-of-dates"
        if rows:
            state = "live" if effect.first.lines else "shadowed" if effect.alone.lines else dead
            assert effect.state == state
    assert found.default == caught(row for row, m in zip(rows, matching, strict=True) if not m)


# --- by hand --------------------------------------------------------------------------------


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def test_by_hand(lake: SmallLake) -> None:
    """Ten of web, five of its sub-team, three of nobody; the new rules give web's to shop."""
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "10.5", "ResourceId": "i-1", "Tags": {"team": "web"}},
            {"EffectiveCost": "-0.5", "ResourceId": "i-1", "Tags": {"team": "web"}},
            {"EffectiveCost": "5", "ResourceId": "i-2", "Tags": {"team": "web-checkout"}},
            {"EffectiveCost": "3", "ResourceId": None, "ServiceName": "Support"},
        ],
    )
    before = ruleset(
        {
            "team": [{"value": {"from": "tags.team"}}],
            "unit": [{"when": "team = 'web'", "value": "commerce"}],
        }
    )
    spec = {
        "rules": [
            {"name": "shop", "when": "starts_with(tags.team, 'web')", "value": "shop"},
            {"when": "tags.team = 'web-checkout'", "value": "checkout"},
            {"when": "tags.team = 'gone'", "value": "gone"},
            {"when": "ServiceName = 'Support'", "value": "old", "until": "2025-01-01"},
        ]
    }
    after = ruleset({"team": spec, "unit": [{"when": "team = 'web'", "value": "commerce"}]})
    found = preview(lake, before, after)
    shop, checkout, gone, old = found.rules
    assert (shop.state, shop.first) == ("live", Caught({"USD": D(15)}, 2, 3))
    assert shop.name == "shop"
    assert shop.gives == (("shop", shop.first),)
    assert checkout.state == "shadowed"
    assert checkout.alone == Caught({"USD": D(5)}, 1, 1)
    assert checkout.shadowed_by == ((1, checkout.alone),)
    assert (gone.state, gone.alone.lines) == ("dead", 0)
    assert old.state == "out-of-dates"
    assert found.default == Caught({"USD": D(3)}, 0, 1)
    effect = found.effect
    assert [(m.before, m.after, m.caught.money["USD"]) for m in effect.moves] == [
        ("web", "shop", D(10)),
        ("web-checkout", "shop", D(5)),
    ]
    assert effect.moved == Caught({"USD": D(15)}, 2, 3)
    assert effect.coverage_before == effect.coverage_after
    (unit,) = found.dependents
    assert [(m.before, m.after) for m in unit.moves] == [("commerce", "Unallocated")]
    assert unit.coverage_after is not None
    assert unit.coverage_after.allocated == {"USD": D(0)}
    assert unit.coverage_after.share == {"USD": D(0)}


def test_a_new_tag_and_a_removed_one(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("web", None, key="team"))
    some = ruleset({"team": [{"value": {"from": "tags.team"}}]})
    new = preview(lake, Ruleset(), some)
    assert new.effect.coverage_before is None
    assert {(m.before, m.after) for m in new.effect.moves} == {
        (None, "web"),
        (None, "Unallocated"),
    }
    assert [value.before for value in new.effect.values] == [None, None]
    gone = preview(lake, some, Ruleset())
    assert gone.effect.coverage_after is None
    assert [rule.first.lines for rule in gone.rules] == [1]
    assert {(m.before, m.after) for m in gone.effect.moves} == {
        ("web", None),
        ("Unallocated", None),
    }
    with pytest.raises(QueryError, match="no virtual tag 'team'"):
        preview(lake, Ruleset(), Ruleset())


def test_what_is_refused_before_anything_is_read(lake: SmallLake) -> None:
    good = ruleset({"team": [{"value": "x"}]})
    circle = {"team": "a", "a": "team"}
    looped = Ruleset(
        tags={
            name: VirtualTagSpec.model_validate({"rules": [{"value": {"from": other}}]})
            for name, other in circle.items()
        }
    )
    with pytest.raises(QueryError, match="a → team → a"):
        preview(lake, good, looped)
    with pytest.raises(QueryError, match="differs from line to line") as raised:
        preview(lake, good, good, where="ChargeDescription = 'x'")
    assert "ServiceName" in raised.value.allowed
    with pytest.raises(QueryError, match="is no money"):
        preview(lake, good, good, measures=("ConsumedQuantity",))


def test_only_what_the_question_is_about(lake: SmallLake) -> None:
    """Range, condition (by the rules before) and measure narrow what is counted."""
    lake.add(
        "2026-01",
        charges(
            [
                {"Tags": {"t": "a"}, "ChargePeriodStart": "2026-01-05", "BilledCost": "2"},
                {"Tags": {"t": "a"}, "ChargePeriodStart": "2026-01-20", "BilledCost": "4"},
                {"Tags": {"t": "b"}, "ChargePeriodStart": "2026-01-20", "BilledCost": "8"},
            ]
        ),
    )
    before = ruleset({"team": [{"value": {"from": "tags.t"}}]})
    after = ruleset({"team": [{"when": "tags.t IS NOT NULL", "value": "x"}]})

    def moved(**query: Any) -> Decimal:
        return preview(lake, before, after, **query).effect.moved.money["USD"]

    assert moved() == D(3)
    assert moved(measures=("BilledCost",)) == D(14)
    assert moved(measures=("BilledCost",), range="2026-01-10..2026-02-01") == D(12)
    assert moved(measures=("BilledCost",), range="2026-01-05..2026-01-06") == D(2)
    assert moved(measures=("BilledCost",), where="team = 'b'") == D(8)
    assert moved(measures=("BilledCost",), where="ChargeDay < '2026-01-20' OR team = 'b'") == D(10)
    assert moved(measures=("BilledCost",), where="ChargeDay = '2026-01-20' AND tags.t = 'a'") == D(
        4
    )
    empty = preview(lake, before, after, range="2025-01-01..2025-02-01")
    assert empty.effect.moved == Caught()
    assert empty.rules[0].state == "out-of-dates"


def test_derived_measures(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "10", "ListCost": "30", "ContractedCost": "20"},
            {"EffectiveCost": "-4", "ChargeCategory": "Credit", "ListCost": "0"},
        ],
    )
    none, all_ = Ruleset(), ruleset({"team": [{"value": "x"}]})

    def money(measure: str) -> Decimal:
        return preview(lake, none, all_, measures=(measure,)).effect.moved.money["USD"]

    assert money("EffectiveCost") == D(6)
    assert money("Credits") == D(-4)
    assert money("CostBeforeCredits") == D(10)
    assert money("NegotiatedSaving") == D(10)


def test_converted_amounts_are_those_of_a_question(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "10.123456789012345678901", "BillingCurrency": "EUR"},
            {"EffectiveCost": "5", "BillingCurrency": "USD", "Tags": {"t": "a"}},
            {"EffectiveCost": "7", "BillingCurrency": "XXX"},
        ],
    )
    rates = MonthRates({("EUR", "USD", BillingPeriod(2026, 1)): D("1.123456789")})
    after = ruleset({"team": [{"when": "tags.t IS NULL", "value": "x"}, {"value": "y"}]})
    asking = Asking(CostQuery(currency="USD"), rates=rates, stated=False)
    found = tag_preview(lake, Ruleset(), after, "team", asking)
    asked = run(lake, CostQuery(by=("team",), currency="USD"), rules=after, rates=rates)
    amounts = {row["team"]: row["EffectiveCost"] for row in asked.rows()}
    after_values = {v.value: v.after.money for v in found.effect.values if v.after}
    assert after_values["y"] == {"USD": amounts["y"]}
    assert after_values["x"] == {"USD": amounts["x"], "XXX": D(7)}


def test_columns_that_rules_cannot_see_are_told(lake: SmallLake) -> None:
    lake.add(
        "2026-01",
        [{"EffectiveCost": "1", "x_Rare": "a"}],
        source="aws",
        columns=("x_Rare",),
        context=(),
    )
    after = ruleset({"team": [{"when": "x_Rare = 'a'", "value": "x"}]})
    found = preview(lake, Ruleset(), after)
    assert found.rules[0].state == "dead"
    assert found.scope.warnings == (
        "x_Rare differs from line to line in aws: rules find it empty there",
    )


def test_effects_of_several_tags_at_once(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("a", "b"))
    one = ruleset(
        {"x": [{"value": {"from": "tags.t"}}], "y": [{"value": "y"}], "z": [{"value": "z"}]},
        {"names": {"entries": {"a": "A"}}},
    )
    other = ruleset(
        {
            "x": [{"value": {"from": "tags.t", "transform": [{"lookup": "names"}]}}],
            "y": [{"value": "y"}],
            "w": [{"when": "x = 'A'", "value": "w"}],
        },
        {"names": {"entries": {"a": "A"}}},
    )
    found = {effect.tag: effect for effect in allocating_effects(lake, one, other)}
    assert list(found) == ["x", "w", "z"]
    assert {(m.before, m.after) for m in found["x"].moves} == {
        ("a", "A"),
        ("b", "Unallocated"),
    }
    assert found["z"].coverage_after is None
    assert allocating_effects(lake, one, one) == ()


def test_the_same_dictionary_by_two_rulesets_on_one_connection(lake: SmallLake) -> None:
    """Each side looks up in its own, although both go by one name."""
    lake.add("2026-01", tagged("a"))
    tag = {"team": [{"value": {"from": "tags.t", "transform": [{"lookup": "names"}]}}]}
    one = ruleset(tag, {"names": {"entries": {"a": "before"}}})
    other = ruleset(tag, {"names": {"entries": {"a": "after"}}})
    (effect,) = allocating_effects(lake, one, other)
    assert [(m.before, m.after) for m in effect.moves] == [("before", "after")]


def test_json_is_plain(lake: SmallLake) -> None:
    lake.add("2026-01", tagged("a"))
    after = ruleset({"team": [{"value": {"from": "tags.t"}}]})
    data = preview(lake, Ruleset(), after).to_json()
    assert data["rules"][0]["first"] == {"money": {"USD": "1.00"}, "resources": 1, "lines": 1}
    assert data["effect"]["moves"][0]["from"] is None
    assert data["effect"]["coverage_after"]["share"] == {"USD": "1.000000"}
    assert data["scope"]["range"] == {"from": "2026-01-05", "to": "2026-01-06"}
    assert date.fromisoformat(data["scope"]["range"]["from"])


@pytest.mark.parametrize("in_contexts", [True, False])
def test_rates_that_a_bill_states_are_used_as_in_a_question(
    lake: SmallLake, in_contexts: bool
) -> None:
    """Line by line where they differ from line to line, by context elsewhere."""
    stated = "x_BillingExchangeRate"
    lake.add(
        "2026-01",
        [
            {"EffectiveCost": "10", "BillingCurrency": "EUR", "PricingCurrency": "USD",
             stated: rate, "Tags": {"t": tag}, "ChargePeriodStart": f"2026-01-{day}"}
            for rate, tag, day in (
                ("0.8", "a", "05"), ("0.5", "a", "20"), (None, "a", "20"), ("0.4", "b", "21")
            )
        ],
        source="azure",
        columns=(stated,),
        context=(stated,) if in_contexts else (),
    )  # fmt: skip
    rates = MonthRates({("EUR", "USD", BillingPeriod(2026, 1)): D("2")})
    after = ruleset({"team": [{"value": {"from": "tags.t"}}]})
    for days in ("all", "2026-01-15..2026-02-01"):
        query = CostQuery(currency="USD", range=days)
        asking = Asking(query, rates=rates, stated=True)
        found = tag_preview(lake, Ruleset(), after, "team", asking)
        asked = run(lake, query.but(by=("team",)), rules=after, rates=rates, stated=True)
        assert {v.value: v.after.money for v in found.effect.values if v.after} == {
            row["team"]: {"USD": row["EffectiveCost"]} for row in asked.rows()
        }
    assert found.effect.moved.money == {"USD": D("65")}
