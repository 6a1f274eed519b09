"""Limits of a purchase plan against brute force: as much as they allow, of what pays most."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from outlay.savings.planner.filling import filled
from outlay.savings.planner.horizon import segments, tranches
from outlay.savings.planner.model import Demand, Offer, Position
from outlay.savings.planner.plan import Assumptions, plan
from outlay.savings.planner.reckon import Sums, reckon
from tests.savings.planner.simple import MONDAY, demand, offer

D = Decimal
NOW = Assumptions(MONDAY, months=1)


def test_what_a_limit_leaves_is_spent() -> None:
    # Ten an hour. A unit costs 0.55; 0.5 an hour is too little for one, and enough for a plan.
    offers = (offer({"a": "0.45"}, "quantity", order=1), offer({"a": "0.30"}))
    limited = replace(NOW, most_an_hour=D("0.5"))
    found = plan(demand({"a": [10] * 7}), {(1, "none"): offers}, limited)
    assert [(one.offer.kind, one.level) for one in found.positions] == [("spend", D("0.5"))]
    # Three units cost 1.65: 0.4 are left of 2.1, and are spent too.
    found = plan(demand({"a": [10] * 7}), {(1, "none"): offers},
                 replace(NOW, most_an_hour=D("2.1")))  # fmt: skip
    assert [one.level for one in found.positions] == [D("1.65"), D("0.4")]


def whole(known: Demand, positions: list[Position]) -> Sums:
    parts = segments(known, NOW.scenarios[0], NOW.start, NOW.end, tranches(NOW.start, D(100)))
    return reckon(known, parts, positions).whole


def brute(known: Demand, offers: list[Offer], given: Assumptions) -> Decimal:
    """The least cost of all whole steps that are within the limits."""
    found = []
    tops = [7 if one.kind == "quantity" else 50 for one in offers]
    for steps in itertools.product(*(range(top) for top in tops)):
        bought = [Position(o, n * o.step) for o, n in zip(offers, steps, strict=True) if n]
        level = sum((one.level for one in bought), D(0))
        if given.most_an_hour is not None and level > given.most_an_hour:
            continue
        sums = whole(known, bought)
        if given.coverage_limit is None or sums.covered <= sums.usage * given.coverage_limit:
            found.append(sums.cost)
    return min(found)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("what", ["most_an_hour", "coverage_limit"])
def test_within_a_limit_it_finds_what_brute_force_finds(seed: int, what: str) -> None:
    rng = random.Random(seed)
    known = demand({"a": [rng.randint(0, 4) for _ in range(7)]})
    offers = [
        offer({"a": "0.4"}, "quantity", order=1),
        offer({"a": rng.choice(["0.2", "0.3"])}),
    ]
    much = D(rng.randint(2, 9)) / 10
    given = replace(NOW, **{what: much * 2 if what == "most_an_hour" else much})
    found = plan(known, {(1, "none"): tuple(offers)}, given).main.planned
    best = brute(known, offers, given)
    assert best <= found.cost <= best * D("1.0001")


def test_it_is_filled_within_its_work() -> None:
    asked = []

    def cost(steps: tuple[int, ...]) -> float:
        asked.append(steps)
        return float(sum((n - 7) ** 2 for n in steps))

    # 7 of each would cost least, and 10 in all fit.
    assert sum(filled((0, 0), lambda steps: sum(steps) <= 10, cost, 500)) == 10
    asked.clear()
    filled((0,) * 30, lambda steps: sum(steps) <= 100, cost, 50)
    assert len(asked) <= 100
