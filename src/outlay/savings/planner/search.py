"""The search: which levels of which offers cost least over weighted hours. Numbers in NumPy.

Each offer alone has an exact optimum: an hour's commitment is worth what its last unit of money
displaces, and that falls stepwise as the level rises; the optimum is where the weighted sum of it
falls to the commitment's own price (the newsvendor's quantile, with as many steps an hour as the
offer has rates). Offers act on what those before them leave. The sum is convex in all levels
together, but has edges, where moving one level at a time stops short: a move therefore takes the
offers behind it along to their own optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_CELLS = 120_000_000
"""So much work (classes × slots × evaluations) is done before the search is content."""

_SWEEPS = 8
_PAIRED = 12
"""Up to so many offers, two are also moved at a time."""

_GAIN = 1e-7


@dataclass(frozen=True)
class Searched:
    """An offer for the search: the rows of demand that it covers, the highest discount first, with
    `rates` (1 − discount); `price` is what an hour's unit of commitment costs, `step` its grain."""

    rows: Rows
    rates: Floats
    price: float = 1.0
    step: float = 0.001


def left(demand: Floats, offer: Searched, level: float) -> Floats:
    """What is still on demand after an offer at a level; the demand itself is not changed."""
    if level <= 0 or not len(offer.rows):
        return demand
    found = demand.copy()
    _take(found, offer, level)
    return found


def _take(rest: Floats, offer: Searched, level: float) -> None:
    """Take off, in place, what an offer at a level covers."""
    if level <= 0 or not len(offer.rows):
        return
    if len(offer.rows) == 1:
        row = rest[offer.rows[0]]
        np.maximum(row - level / offer.rates[0], 0.0, out=row)
        return
    need = rest[offer.rows] * offer.rates[:, None]
    before = np.cumsum(need, axis=0) - need
    taken = np.clip(level - before, 0.0, need)
    rest[offer.rows] = np.maximum(rest[offer.rows] - taken / offer.rates[:, None], 0.0)


def alone(demand: Floats, weights: Floats, offer: Searched) -> float:
    """The level of one offer that costs least on this demand, in whole steps; 0 where nothing is
    worth it."""
    if not len(offer.rows):
        return 0.0
    need = demand[offer.rows] * offer.rates[:, None]
    levels = np.cumsum(need, axis=0)
    worth = 1.0 / offer.rates
    drops = (worth - np.append(worth[1:], 0.0))[:, None] * weights[None, :]
    flat = levels.ravel()
    order = np.argsort(flat, kind="stable")
    margin = worth[0] * weights.sum() - np.cumsum(drops.ravel()[order])
    place = int(np.searchsorted(-margin, -offer.price * weights.sum() * (1 + 1e-12)))
    exact = float(flat[order[min(place, len(order) - 1)]])
    low = floor(exact / offer.step + 1e-9) * offer.step
    high = low + offer.step
    best = min((0.0, low, high), key=lambda level: (_sum(demand, weights, offer, level), level))
    return best


def _sum(demand: Floats, weights: Floats, offer: Searched, level: float) -> float:
    rest = demand[offer.rows]
    _take(rest, Searched(np.arange(len(offer.rows)), offer.rates), level)
    return float(level * offer.price * weights.sum() + (rest.sum(axis=0) @ weights))


def rest(demand: Floats, offers: Sequence[Searched], levels: Sequence[float]) -> Floats:
    """What is still on demand after offers in their order; the demand itself is not changed."""
    found = demand.copy()
    for offer, level in zip(offers, levels, strict=True):
        _take(found, offer, level)
    return found


def cost(
    demand: Floats, weights: Floats, offers: Sequence[Searched], levels: Sequence[float]
) -> float:
    """What the weighted hours cost: commitments, and what they leave on demand."""
    rest, paid = demand.copy(), 0.0
    for offer, level in zip(offers, levels, strict=True):
        _take(rest, offer, level)
        paid += level * offer.price
    return float(paid * weights.sum() + rest.sum(axis=0) @ weights)


def search(demand: Floats, weights: Floats, offers: Sequence[Searched]) -> list[float]:
    """The levels of the offers, in their order, that cost least; zeros where nothing is used."""
    if not len(offers) or not demand.size or not demand.any():
        return [0.0] * len(offers)
    return _Search(demand, weights, offers).run()


class _Search:
    def __init__(self, demand: Floats, weights: Floats, offers: Sequence[Searched]) -> None:
        self.demand, self.weights, self.offers = demand, weights, tuple(offers)
        self.count = len(offers)
        self.left_to_do = max(int(_CELLS / max(demand.size, 1)), 40)
        self.overlaps = [
            [
                other
                for other in range(index + 1, self.count)
                if np.intersect1d(offers[index].rows, offers[other].rows).size
            ]
            for index in range(self.count)
        ]

    def run(self) -> list[float]:
        """The best of the starts, made better by moves until none helps."""
        starts = [self.forward(), self.backward(), self.priced()]
        levels = min(starts, key=self.cost)
        best = self.cost(levels)
        for _ in range(_SWEEPS):
            before = best
            for index in self.by_size():
                levels, best = self.moved(index, levels, best)
            if self.left_to_do <= 0:
                break
            if best >= before * (1 - _GAIN):
                if self.count > _PAIRED:
                    break
                levels, best = self.paired(levels, best)
                if best >= before * (1 - _GAIN):
                    break
        return levels

    def paired(self, levels: list[float], best: float) -> tuple[list[float], float]:
        """Two offers one step each at a time: where an edge of the sum holds each of them alone."""
        for one in range(self.count):
            for other in range(one + 1, self.count):
                for mine, its in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                    if self.left_to_do <= 0:
                        return levels, best
                    tried = list(levels)
                    tried[one] += mine * self.offers[one].step
                    tried[other] += its * self.offers[other].step
                    if min(tried) < -1e-12:
                        continue
                    before = self.demand.copy()
                    for index in range(one):
                        _take(before, self.offers[index], tried[index])
                    value, found = self._behind(one, max(tried[one], 0.0), tried, before, other)
                    if value < best * (1 - 1e-12):
                        levels, best = found, value
        return levels, best

    def cost(self, levels: Sequence[float]) -> float:
        """As `cost`; counted."""
        self.left_to_do -= 1
        return cost(self.demand, self.weights, self.offers, levels)

    def forward(self) -> list[float]:
        """Each offer at its optimum on what those before it leave."""
        rest, levels = self.demand.copy(), []
        for offer in self.offers:
            levels.append(alone(rest, self.weights, offer))
            _take(rest, offer, levels[-1])
        return levels

    def backward(self) -> list[float]:
        """The broadest offer as if it were alone, then the others on what it leaves."""
        broad = max(range(self.count), key=lambda n: len(self.offers[n].rows))
        level = alone(self.demand, self.weights, self.offers[broad])
        rest, levels = self.demand.copy(), [0.0] * self.count
        _take(rest, self.offers[broad], level)
        for index, offer in enumerate(self.offers):
            if index != broad:
                levels[index] = alone(rest, self.weights, offer)
                _take(rest, offer, levels[index])
        levels[broad] = level
        return levels

    def priced(self) -> list[float]:
        """Narrow offers against the price of the broad one: in each hour, a unit of a class is
        worth on-demand money, or what it frees in the broad offer for others. Twelve rounds."""
        broad = self.count - 1
        offer = self.offers[broad]
        place = {int(row): n for n, row in enumerate(offer.rows)}
        levels = self.forward()
        best, found = self.cost(levels), levels
        for _ in range(12):
            rest = self.demand.copy()
            for index in range(broad):
                _take(rest, self.offers[index], levels[index])
            need = np.cumsum(rest[offer.rows] * offer.rates[:, None], axis=0)
            at = (need <= levels[broad] + 1e-12).sum(axis=0)
            worth = np.append(1.0 / offer.rates, 0.0)[at]
            tried = []
            for index in range(broad):
                one = self.offers[index]
                if len(one.rows) != 1 or int(one.rows[0]) not in place:
                    tried.append(levels[index])
                    continue
                rate = float(offer.rates[place[int(one.rows[0])]])
                tried.append(self._quantile(one, np.minimum(1.0, rate * worth)))
            rest = self.demand.copy()
            for index in range(broad):
                _take(rest, self.offers[index], tried[index])
            tried.append(alone(rest, self.weights, offer))
            made = self.cost(tried)
            if made < best:
                best, found = made, tried
            # Halfway: the price of the broad offer and the narrow levels chase each other.
            levels = [(a + b) / 2 for a, b in zip(levels, tried, strict=True)]
        return [
            round(level / one.step) * one.step
            for level, one in zip(found, self.offers, strict=True)
        ]

    def _quantile(self, one: Searched, worth: Floats) -> float:
        need = self.demand[int(one.rows[0])] * one.rates[0]
        order = np.argsort(-need, kind="stable")
        value = np.cumsum((self.weights * worth)[order]) / one.rates[0]
        place = int(np.searchsorted(value, one.price * self.weights.sum()))
        return float(need[order[place]]) if place < len(order) else 0.0

    def by_size(self) -> list[int]:
        """The offers, those over the most money first."""
        size = self.demand @ self.weights
        return sorted(range(self.count), key=lambda n: -float(size[self.offers[n].rows].sum()))

    def moved(self, index: int, levels: list[float], best: float) -> tuple[list[float], float]:
        """One offer at its best level, those behind it at theirs given it."""
        offer = self.offers[index]
        if self.left_to_do <= 0 or not len(offer.rows):
            return levels, best
        before = self.demand.copy()
        for other in range(index):
            _take(before, self.offers[other], levels[other])
        most = float((before[offer.rows] * offer.rates[:, None]).sum(axis=0).max())
        top = ceil(most / offer.step)
        known: dict[int, tuple[float, list[float]]] = {}

        def told(steps: int) -> float:
            if steps not in known:
                known[steps] = self._behind(index, steps * offer.step, levels, before)
            return known[steps][0]

        least(told, top, round(levels[index] / offer.step))
        value, found = min(known.values(), key=lambda item: item[0])
        return (found, value) if value < best * (1 - 1e-12) else (levels, best)

    def _behind(
        self, index: int, level: float, levels: list[float], before: Floats, fixed: int = -1
    ) -> tuple[float, list[float]]:
        """What it costs with one offer at a level and those that overlap behind it at their
        optimum, but for one that is `fixed`; the levels."""
        tried = list(levels)
        tried[index] = level
        rest = before.copy()
        _take(rest, self.offers[index], level)
        for other in range(index + 1, self.count):
            if other != fixed and (other in self.overlaps[index] or fixed in self.overlaps[index]):
                tried[other] = alone(rest, self.weights, self.offers[other])
                self.left_to_do -= 4
            _take(rest, self.offers[other], tried[other])
        paid = sum(at * one.price for at, one in zip(tried, self.offers, strict=True))
        self.left_to_do -= 1
        return float(paid * self.weights.sum() + rest.sum(axis=0) @ self.weights), tried


def least(told: Callable[[int], float], top: int, at: int) -> int:
    """The whole number from 0 to `top` at which a convex function is least, from near `at`."""
    low, high = 0, max(top, 0)
    at = min(max(at, low), high)
    reach = 1
    while at + reach < high and told(at + reach) < told(at):
        at, reach = at + reach, reach * 2
    high = min(at + reach, high)
    reach = 1
    while at - reach > low and told(at - reach) < told(at):
        at, reach = at - reach, reach * 2
    low = max(at - reach, low)
    while high - low > 2:
        third = (high - low) // 3
        one, other = low + third, high - third
        if told(one) <= told(other):
            high = other
        else:
            low = one
    return min(range(low, high + 1), key=told)
