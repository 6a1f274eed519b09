"""The search against brute force, hour by hour in plain Python."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from outlay.savings.planner.search import Searched, alone, cost, search


def brute_cost(
    demand: list[list[int]], weights: list[int], offers: list[tuple[list[int], list[float]]],
    levels: list[float],
) -> float:  # fmt: skip
    """What it costs, an hour after the other: each offer covers the class of the highest discount
    first, with what is left of its level."""
    whole = 0.0
    for hour, weight in enumerate(weights):
        rest = [float(row[hour]) for row in demand]
        paid = 0.0
        for (rows, rates), level in zip(offers, levels, strict=True):
            paid, room = paid + level, level
            for row, rate in zip(rows, rates, strict=True):
                taken = min(rest[row] * rate, room)
                rest[row] -= taken / rate
                room -= taken
        whole += weight * (paid + sum(rest))
    return whole


@st.composite
def cases(
    draw: st.DrawFn,
) -> tuple[list[list[int]], list[int], list[tuple[list[int], list[float]]]]:
    """Up to three classes over up to eight hours of whole units; up to two reservations of one
    class, then a spend plan over all."""
    classes, hours = draw(st.integers(1, 3)), draw(st.integers(1, 8))
    demand = [draw(st.lists(st.integers(0, 4), min_size=hours, max_size=hours))
              for _ in range(classes)]  # fmt: skip
    weights = draw(st.lists(st.integers(1, 3), min_size=hours, max_size=hours))
    reserved = draw(st.lists(st.integers(0, classes - 1), unique=True, max_size=2))
    offers = [([row], [draw(st.sampled_from((0.4, 0.5, 0.6, 0.7)))]) for row in reserved]
    rates = sorted(draw(st.sampled_from((0.5, 0.6, 0.7, 0.8, 0.9))) for _ in range(classes))
    return demand, weights, [*offers, (list(range(classes)), rates)]


def searched(offers: list[tuple[list[int], list[float]]]) -> list[Searched]:
    """The offers for the search: a reservation is bought in units, the plan in tenths."""
    return [
        Searched(np.array(rows), np.array(rates), 1.0, rates[0] if n < len(offers) - 1 else 0.1)
        for n, (rows, rates) in enumerate(offers)
    ]


@given(cases())
@settings(max_examples=120, deadline=None)
def test_it_finds_what_brute_force_finds(
    case: tuple[list[list[int]], list[int], list[tuple[list[int], list[float]]]],
) -> None:
    demand, weights, offers = case
    found = search(np.array(demand, float), np.array(weights, float), searched(offers))
    mine = brute_cost(demand, weights, offers, found)
    grids = [[n * rates[0] for n in range(5)] for _, rates in offers[:-1]]
    # The plan's best level lies where a class is used up in some hour: a multiple of a tenth.
    most = max(sum(row[hour] for row in demand) for hour in range(len(weights)))
    grids.append([n / 10 for n in range(most * 10 + 1)])
    best = min(
        brute_cost(demand, weights, offers, list(levels)) for levels in itertools.product(*grids)
    )
    assert mine <= best * 1.01 + 1e-6
    assert mine >= best - 1e-6


@given(cases())
@settings(max_examples=60, deadline=None)
def test_its_sums_are_those_of_plain_python(
    case: tuple[list[list[int]], list[int], list[tuple[list[int], list[float]]]],
) -> None:
    demand, weights, offers = case
    levels = [0.7 + n for n in range(len(offers))]
    told = cost(np.array(demand, float), np.array(weights, float), searched(offers), levels)
    assert abs(told - brute_cost(demand, weights, offers, levels)) < 1e-6


def test_one_rate_is_the_newsvendors_quantile() -> None:
    # 26 % off: a unit pays where it is used in more than 74 % of hours. Of eight hours level 2 is
    # reached in six (75 %), level 3 in five: two units are bought, 1.48 an hour.
    hours = np.array([[0, 1, 2, 3, 3, 3, 4, 4]], float)
    one = Searched(np.array([0]), np.array([0.74]), 1.0, 0.74)
    assert alone(hours, np.ones(8), one) == 1.48


def test_what_neither_pays_nor_costs_is_not_bought() -> None:
    # 25 % off and used in 75 % of hours: it costs what it saves.
    hours = np.array([[0, 1, 2, 3, 3, 3, 4, 4]], float)
    assert alone(hours, np.ones(8), Searched(np.array([0]), np.array([0.75]), 1.0, 0.75)) == 0.75


def test_money_that_is_tied_up_makes_less_pay() -> None:
    hours = np.array([[0, 1, 2, 3, 3, 3, 4, 4]], float)
    dear = Searched(np.array([0]), np.array([0.74]), 1.1, 0.74)
    # 0.814 an hour in place of 1: level 2 (75 %) does not pay any more, level 1 (87.5 %) does.
    assert alone(hours, np.ones(8), dear) == 0.74


def test_no_demand_buys_nothing() -> None:
    one = Searched(np.array([0]), np.array([0.5]))
    assert search(np.zeros((1, 10)), np.ones(10), [one]) == [0.0]
    assert search(np.zeros((0, 0)), np.ones(0), []) == []


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_more_usage_never_buys_less(hours: list[int], more: int) -> None:
    one = Searched(np.array([0]), np.array([0.6]), 1.0, 0.6)
    weights = np.ones(len(hours))
    level = alone(np.array([hours], float), weights, one)
    higher = alone(np.array([[hour + more for hour in hours]], float), weights, one)
    assert higher >= level - 1e-9


def test_many_offers_are_searched_within_their_work() -> None:
    rng = np.random.default_rng(3)
    demand = rng.gamma(2.0, 1.0, (30, 1)) * (1 + 0.3 * rng.random((30, 400)))
    offers = [Searched(np.array([n]), np.array([0.6]), 1.0, 0.05) for n in range(30)]
    offers.append(Searched(np.arange(30), np.full(30, 0.72), 1.0, 0.001))
    weights = np.ones(400)
    levels = search(demand, weights, offers)
    nothing = cost(demand, weights, offers, [0.0] * 31)
    # Nearly flat usage: nearly all of it at 40 % off.
    assert cost(demand, weights, offers, levels) < nothing * 0.67
