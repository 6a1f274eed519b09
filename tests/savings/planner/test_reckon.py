"""The exact reckoning: worked out by hand, and held to add up."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.savings.planner import horizon
from outlay.savings.planner.horizon import Tranche
from outlay.savings.planner.model import Demand, Held, Migration, Position, Scenario
from outlay.savings.planner.reckon import Reckoned, added, reckon
from tests.savings.planner.simple import MONDAY, demand, offer

D = Decimal


def reckoned(
    known: Demand, positions: list[Position], scenario: Scenario | None = None, days: int = 0
) -> Reckoned:
    """The reckoning of the days that were looked at, bought at once."""
    end = MONDAY + timedelta(days=days or known.days)
    parts = horizon.segments(
        known, scenario or Scenario("As now"), MONDAY, end, (Tranche(MONDAY, D(1)),)
    )
    return reckon(known, parts, positions)


def test_a_portfolio_by_hand() -> None:
    # Two days: a needs 2 and 4 an hour, b needs 1 and 1. One reservation unit of a (40 % off: 0.60)
    # and a plan of 1.20 an hour (a 25 % off, b 20 % off), highest discount first.
    # Day 1: a 2 − 1 = 1 left, costs 0.75 of the plan; b 1 costs 0.80, of which 0.45 is left:
    #   0.45 ÷ 0.8 = 0.5625 covered, 0.4375 on demand. Day 2: a 3 left needs 2.25: 1.20 covers 1.6,
    #   1.4 on demand; b 1 on demand.
    known = demand({"a": [2, 4], "b": [1, 1]})
    positions = [
        Position(offer({"a": "0.4"}, "quantity", order=1), D("0.6")),
        Position(offer({"a": "0.25", "b": "0.2"}), D("1.2")),
    ]
    sums = reckoned(known, positions).whole
    assert sums.usage == 24 * 8
    assert sums.on_demand == 24 * (D("0.4375") + D("2.4"))
    first, second = sums.positions
    assert (first.cost, first.used, first.displaced) == (D("28.8"), D("28.8"), D(48))
    assert (second.cost, second.used) == (D("57.6"), D("57.6"))
    assert second.displaced == 24 * (1 + D("0.5625") + D("1.6"))
    assert sums.cost == 24 * (D("1.2") + D("2.4") + D("0.4375") + D("2.4"))
    assert sums.covered == 24 * (2 + 1 + D("0.5625") + D("1.6"))


def test_what_is_not_used_is_told() -> None:
    known = demand({"a": [1, 0]})
    (told,) = reckoned(known, [Position(offer({"a": "0.5"}), D("0.5"))]).whole.positions
    # Day 1 uses all of 0.5 × 24, day 2 nothing.
    assert (told.cost, told.used, told.unused) == (D(24), D(12), D(12))
    assert told.saved == 0


def test_what_is_held_goes_first_until_it_ends() -> None:
    # Held: covers 2 an hour of a both days for 1.2 an hour; it ends after the first day.
    held = Held("ri", "ri", 1, D("0.4"), (D("28.8"),) * 2, {"a": (D(48),) * 2},
                MONDAY + timedelta(days=1))  # fmt: skip
    known = demand({"a": [1, 1]}, [held])
    now = reckoned(known, []).whole
    assert now.usage == 2 * 24 * 3
    assert (now.kept, now.held) == (D(48), D("28.8"))
    assert now.on_demand == 24 * 1 + 24 * 3
    planned = reckoned(known, [Position(offer({"a": "0.5"}), D("1"))]).whole
    # 1 an hour covers 2 on demand: 1 of the first day's one, 2 of the second's three.
    assert planned.positions[0].displaced == 24 * 1 + 24 * 2
    assert planned.positions[0].unused == D("12")


def test_less_usage_is_taken_from_what_is_on_demand_first() -> None:
    held = Held("sp", "sp", 1, D("0.3"), (D(24),), {"a": (D(48),)})
    known = demand({"a": [2]}, [held])
    half = reckoned(known, [], Scenario("half", usage=D("0.5"))).whole
    # 4 an hour becomes 2: all of it is what is held.
    assert (half.usage, half.kept, half.on_demand, half.held) == (D(48), D(48), D(0), D(24))


def test_growth_and_migration_by_month() -> None:
    known = demand({"a": [1]})
    end = date(2027, 1, 2)
    growing = Scenario("up", growth=D("0.12"))
    parts = horizon.segments(known, growing, MONDAY, end, ())
    # 1 % a month: 29 days of November, 31 of December at 1.01, one of January at 1.02.
    assert reckon(known, parts, ()).whole.usage == 24 * (29 + 31 * D("1.01") + D("1.02"))
    gone = Scenario("gone", migrations=(Migration(date(2026, 12, 1), family="A", share=D("0.75")),))
    parts = horizon.segments(known, gone, MONDAY, end, ())
    assert reckon(known, parts, ()).whole.usage == 24 * (29 + 32 * D("0.25"))


def test_tranches_buy_part_by_part() -> None:
    bought = horizon.tranches(MONDAY, D(40))
    assert [(one.on, one.share) for one in bought] == [
        (MONDAY, D("0.4")), (date(2026, 12, 2), D("0.4")), (date(2027, 1, 2), D("0.2")),
    ]  # fmt: skip
    known = demand({"a": [1]})
    parts = horizon.segments(known, Scenario("As now"), MONDAY, date(2026, 12, 3), bought)
    sums = reckon(known, parts, [Position(offer({"a": "0.5"}), D("0.5"))]).whole
    # 30 days at 0.2 an hour, one at 0.4.
    assert sums.positions[0].cost == 24 * (30 * D("0.2") + D("0.4"))


def test_days_stand_for_days_of_their_weekday() -> None:
    known = demand({"a": [5, 0, 0, 0, 0, 0, 0]})  # used on Mondays alone
    parts = horizon.segments(
        known, Scenario("As now"), MONDAY + timedelta(1), date(2026, 11, 17), ()
    )
    assert reckon(known, parts, ()).whole.usage == 2 * 24 * 5  # the 9th and the 16th


_AMOUNTS = st.decimals(min_value=0, max_value=1000, places=6, allow_nan=False, allow_infinity=False)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_costs_add_up(data: st.DataObject) -> None:
    keys = ["a", "b", "c"][: data.draw(st.integers(1, 3))]
    slots = data.draw(st.integers(1, 4))
    row = st.lists(_AMOUNTS, min_size=slots, max_size=slots)
    usage = {key: [str(one) for one in data.draw(row)] for key in keys}
    held = Held("h", "h", 1, D("0.3"), tuple(data.draw(row)), {keys[0]: tuple(data.draw(row))})
    rates = st.decimals(min_value="0.01", max_value="0.9", places=6)
    positions = [
        Position(offer({keys[0]: str(data.draw(rates))}, order=1, id="one"), data.draw(_AMOUNTS)),
        Position(
            offer({key: str(data.draw(rates)) for key in keys}, id="all"), data.draw(_AMOUNTS)
        ),
    ]
    known = demand(usage, [held])
    sums = reckoned(known, positions, Scenario("some", usage=D("0.9"))).whole
    # Every unit of usage is kept, covered by a position, or on demand.
    assert added((sums.kept, sums.displaced, sums.on_demand)) == sums.usage
    assert sums.cost == added((sums.held, sums.on_demand, *(p.cost for p in sums.positions)))
    for told, position in zip(sums.positions, positions, strict=True):
        assert told.cost == position.level * 24 * slots
        assert 0 <= told.used <= told.cost
        assert added((told.used, told.unused)) == told.cost
