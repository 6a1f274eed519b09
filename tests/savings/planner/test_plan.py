"""Purchase plans: what is chosen, its limits, scenarios and regret."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from outlay.savings.planner.model import Held, Migration, Scenario
from outlay.savings.planner.plan import Assumptions, Part, Term, plan
from outlay.savings.planner.reckon import added
from tests.savings.planner.simple import MONDAY, demand, offer

D = Decimal
NONE: Term = (1, "none")
ALL: Term = (1, "all")
THREE: Term = (3, "none")
NOW = Assumptions(MONDAY, months=1)
DAYS = 30  # 2 November to 2 December


def test_flat_usage_is_bought_whole() -> None:
    found = plan(demand({"a": [10] * 7}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    assert found.level == D("7.0")
    assert found.main.now.cost == 24 * DAYS * 10
    assert found.main.saved == 24 * DAYS * 3
    assert found.main.regret == 0
    # At 70 % of usage the plan costs what on demand would.
    assert found.break_even == D("0.7")
    assert [one.share for one in found.calendar] == [1]


def test_no_usage_buys_nothing() -> None:
    found = plan(demand({"a": [0] * 7}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    assert found.positions == ()
    assert found.main.saved == 0
    assert (found.break_even, found.curve, found.calendar) == (None, (), ())


def test_without_an_offer_nothing_is_bought() -> None:
    found = plan(demand({"a": [5] * 7}), {NONE: ()}, NOW)
    assert found.positions == ()
    assert found.main.planned.cost == found.main.now.cost


def test_what_is_held_is_not_bought_again_until_it_ends() -> None:
    held = Held("ri", "ri", 1, D("0.4"), (D(48),) * 7, {"a": (D(96),) * 7}, None)
    known = demand({"a": [6] * 7}, [held])
    found = plan(known, {NONE: (offer({"a": "0.5"}),)}, NOW)
    assert found.level == D("3.0")  # the six that are on demand, not the four that are held
    # It ends after ten of thirty days: four more are on demand on two days of three, which pays.
    ending = replace(held, ends=MONDAY + timedelta(days=10))
    found = plan(replace(known, held=(ending,)), {NONE: (offer({"a": "0.5"}),)}, NOW)
    assert found.level == D("5.0")


def test_units_are_whole() -> None:
    found = plan(demand({"a": ["3.6"] * 7}), {NONE: (offer({"a": "0.4"}, "quantity"),)}, NOW)
    (one,) = found.positions
    # A fourth unit would be used to 60 %: it costs 0.6 and saves 0.6. Three are enough.
    assert (one.units, one.level) == (D(3), D("1.8"))


def test_a_limit_an_hour_is_kept_by_what_pays_least() -> None:
    offers = (
        offer({"a": "0.5"}, id="good", program="good"),
        offer({"b": "0.2"}, id="poor", program="poor"),
    )
    limited = replace(NOW, most_an_hour=D("6"))
    found = plan(demand({"a": [10] * 7, "b": [10] * 7}), {NONE: offers}, limited)
    assert found.level <= 6
    levels = {one.offer.id: one.level for one in found.positions}
    assert levels["good"] == D("5.0")
    assert levels.get("poor", D(0)) == D("1.0")


def test_a_limit_of_coverage_counts_what_is_held() -> None:
    held = Held("ri", "ri", 1, D("0.4"), (D(48),) * 7, {"a": (D(96),) * 7}, None)
    known = demand({"a": [3, 6, 6, 6, 6, 3, 3]}, [held])
    limited = replace(NOW, coverage_limit=D("0.8"))
    found = plan(known, {NONE: (offer({"a": "0.5"}),)}, limited)
    sums = found.main.planned
    assert sums.displaced > 0
    assert sums.covered <= sums.usage * D("0.8")


def test_the_better_term_is_chosen_with_the_price_of_money() -> None:
    offers = {
        NONE: (offer({"a": "0.30"}),),
        ALL: (offer({"a": "0.31"}, payment="all"),),
    }
    both = replace(NOW, terms=(NONE, ALL))
    known = demand({"a": [10] * 7})
    assert plan(known, offers, both).positions[0].offer.payment == "all"
    # 10 % a year on what is paid ahead is 5 % of it: more than the one point that it is cheaper.
    dear = plan(known, offers, replace(both, cost_of_money=D("0.1")))
    assert dear.positions[0].offer.payment == "none"
    assert [one.chosen for one in dear.choices] == [True, False]
    paid = plan(known, {ALL: offers[ALL]}, replace(NOW, terms=(ALL,)))
    assert paid.upfront == D("6.9") * 24 * 365


def test_scenarios_that_count_make_a_smaller_plan_and_less_regret() -> None:
    known = demand({"a": [10] * 7})
    less = Scenario("half", usage=D("0.5"), weight=D(0))
    bold = plan(known, {NONE: (offer({"a": "0.3"}),)}, replace(NOW, scenarios=(
        Scenario("As now"), less)))  # fmt: skip
    careful = plan(known, {NONE: (offer({"a": "0.3"}),)}, replace(NOW, scenarios=(
        Scenario("As now"), replace(less, weight=D(1)))))  # fmt: skip
    # Used in half of the cases alone, the upper half costs 0.7 and saves 0.5: it is not bought.
    assert (bold.level, careful.level) == (D("7.0"), D("3.5"))
    # Half of the usage costs 5 an hour on demand, 7 with the bold plan, 3.5 at best.
    told = bold.outcomes[1]
    assert told.saved == -24 * DAYS * 2
    assert told.regret == 24 * DAYS * D("3.5")
    assert careful.outcomes[1].regret == 0
    assert careful.outcomes[0].regret == 24 * DAYS * D("1.5")


def test_usage_that_migrates_away_is_not_committed_to() -> None:
    known = demand({"a": [10] * 7, "b": [10] * 7})
    gone = Scenario("b goes", migrations=(Migration(date(2026, 11, 12), family="b"),))
    found = plan(
        known, {NONE: (offer({"a": "0.3"}, id="a"), offer({"b": "0.3"}, id="b"))},
        replace(NOW, scenarios=(gone,)),
    )  # fmt: skip
    assert [(one.offer.id, one.level) for one in found.positions] == [("a", D("7.0"))]


def test_a_mix_buys_each_term_in_its_share() -> None:
    offers = {
        NONE: (offer({"a": "0.30"}),),
        THREE: (offer({"a": "0.50"}, years=3, id="spend/3"),),
    }
    mixed = replace(
        NOW,
        terms=(NONE, THREE),
        mix=(Part(NONE, D("0.6")), Part(THREE, D("0.4"))),
    )
    found = plan(demand({"a": [10] * 7}), offers, mixed)
    # 6 of ten at 0.70, 4 of ten at 0.50.
    levels = {one.offer.years: one.level for one in found.positions}
    assert levels == {1: D("4.2"), 3: D("2.0")}
    assert found.main.planned.on_demand == 0


def test_a_mix_keeps_the_limits_too() -> None:
    # A unit of a costs 0.69 on one term and 0.47 on the other: rounded to whole ones they would
    # come to more than what may be committed to, or covered.
    known = demand({"a": [7, 7, 7, 6, 6, 6, 6], "b": [4] * 7})
    offers = {
        NONE: (
            offer({"a": "0.31"}, "quantity", order=1, id="units/1"),
            offer({"a": "0.27", "b": "0.22"}, id="plan/1", step="0.001"),
        ),
        THREE: (
            offer({"a": "0.53"}, "quantity", order=1, id="units/3", years=3),
            offer({"a": "0.50", "b": "0.47"}, id="plan/3", years=3, step="0.001"),
        ),
    }
    mixed = replace(NOW, terms=(NONE, THREE), mix=(Part(NONE, D("0.6")), Part(THREE, D("0.4"))))
    for tenths in range(20, 64):
        most = D(tenths) / 10
        found = plan(known, offers, replace(mixed, most_an_hour=most))
        # No further below it than a unit of each term.
        assert most - D("1.16") <= found.level <= most
    for percent in range(30, 90, 5):
        sums = plan(known, offers, replace(mixed, coverage_limit=D(percent) / 100)).main.planned
        assert sums.displaced > 0
        assert sums.covered * 100 <= sums.usage * percent


def test_what_is_paid_back_of_usage_is_not_covered() -> None:
    # 10 an hour on six days of the week; on the seventh 5 an hour come back.
    found = plan(demand({"a": [10] * 6 + [-5]}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    sums = found.main.planned
    (one,) = sums.positions
    assert found.level == D("7.0")
    # Of 30 days four are such ones: the plan is unused on them, and what comes back stays.
    assert (one.cost, one.used, one.unused) == (24 * 30 * 7, 24 * 26 * 7, 24 * 4 * 7)
    assert (one.displaced, sums.on_demand) == (24 * 26 * 10, -24 * 4 * 5)
    assert found.main.saved == 24 * (26 * 10 - 30 * 7)


def test_what_is_paid_back_of_covered_usage_is_not_held() -> None:
    held = Held("ri", "ri", 1, D("0.4"), (D(48),) * 7, {"a": (D(96),) * 6 + (D(-24),)}, None)
    found = plan(demand({"a": [10] * 7}, [held]), {NONE: (offer({"a": "0.3"}),)}, NOW)
    sums = found.main.planned
    assert sums.kept == 26 * 96
    assert sums.usage == 24 * 30 * 10 + 26 * 96 - 4 * 24
    assert added((sums.kept, sums.displaced, sums.on_demand)) == sums.usage
    assert sums.positions[0].used <= sums.positions[0].cost


def test_the_curve_has_its_top_at_the_chosen_level() -> None:
    found = plan(demand({"a": [2, 4, 6, 8, 10, 10, 10]}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    chosen = next(one for one in found.curve if one.share == 1)
    assert chosen.saved == found.main.saved
    assert all(one.saved <= chosen.saved for one in found.curve)
    assert found.curve[0].saved == 0
    assert [one.coverage for one in found.curve] == sorted(
        one.coverage or D(0) for one in found.curve
    )


def test_more_usage_never_costs_coverage() -> None:
    hours = [2, 4, 6, 8, 10, 10, 10]
    before = plan(demand({"a": hours}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    after = plan(demand({"a": [one + 2 for one in hours]}), {NONE: (offer({"a": "0.3"}),)}, NOW)
    assert after.main.planned.covered >= before.main.planned.covered
    assert (
        after.main.planned.covered * before.main.planned.usage
        >= before.main.planned.covered * after.main.planned.usage
    )
