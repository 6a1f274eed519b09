"""A purchase plan: the portfolio that costs least over the scenarios, and what it comes to.

The search decides (`search`); every amount that is given back was reckoned again exactly
(`reckon`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from outlay.money.quotients import quotient
from outlay.savings.planner import filling, horizon, search
from outlay.savings.planner.horizon import Columns, Seen, Segment, Tranche
from outlay.savings.planner.levels import in_steps, ratio_of
from outlay.savings.planner.model import Demand, Offer, Payment, Position, Scenario
from outlay.savings.planner.reckon import Reckoned, Sums, added, reckon

Term = tuple[int, Payment]
"""Years, and how it is paid."""

CURVE = tuple(Decimal(n) / 10 for n in range(0, 21, 2))
"""Where the savings curve is reckoned: parts of the chosen portfolio, none to twice of it."""

_LIMIT_ROUNDS = 14
_DEAREST = 20.0
_FILL_CELLS = 20_000_000
"""So much work (classes × slots × evaluations) is done to fill what a limit leaves."""


@dataclass(frozen=True)
class Part:
    """A part of a term mix: `share` (of 1) of what is bought is on this term."""

    term: Term
    share: Decimal


@dataclass(frozen=True)
class Assumptions:
    """What a plan stands on.

    It looks `months` ahead from `start`. `terms` are those that may be bought: the best one is
    taken, or with `mix` each in its share. `tranche` is bought each month, in percent.
    `cost_of_money` is a share a year. `most_an_hour` bounds the new commitments, in money an hour;
    `coverage_limit` the covered share (of 1) of usage. Scenarios with a weight are planned for.
    """

    start: date
    months: int = 12
    terms: tuple[Term, ...] = ((1, "none"),)
    mix: tuple[Part, ...] = ()
    tranche: Decimal = Decimal(100)
    cost_of_money: Decimal = Decimal(0)
    most_an_hour: Decimal | None = None
    coverage_limit: Decimal | None = None
    scenarios: tuple[Scenario, ...] = (Scenario("As now"),)

    @property
    def end(self) -> date:
        """The first day after the horizon."""
        return horizon.add_months(self.start, self.months)


@dataclass(frozen=True)
class Outcome:
    """A scenario: what it costs when nothing is bought (`now`), with the plan (`planned`), and with
    the plan that is best for this scenario alone (`best`)."""

    scenario: Scenario
    now: Sums
    planned: Sums
    best: Decimal

    @property
    def saved(self) -> Decimal:
        """What the plan saves; negative where it costs more than nothing."""
        return added((self.now.cost, self.planned.cost.copy_negate()))

    @property
    def regret(self) -> Decimal:
        """What the plan costs more than the best one for this scenario, never negative."""
        return added((self.planned.cost, self.best.copy_negate()))


@dataclass(frozen=True)
class CurvePoint:
    """The chosen portfolio times `share`: its commitment an hour, and what it comes to."""

    share: Decimal
    level: Decimal
    cost: Decimal
    saved: Decimal
    coverage: Decimal | None
    utilisation: Decimal | None


@dataclass(frozen=True)
class Choice:
    """One term that was weighed: what the plan for it would cost and save where usage goes on."""

    term: Term
    level: Decimal
    cost: Decimal
    saved: Decimal
    upfront: Decimal
    chosen: bool = False


@dataclass(frozen=True)
class Planned:
    """The plan of one payer. `months` is the first scenario by month, the plan as it is bought.
    `break_even` is the least usage (a share of today's, whole percents) at which it still saves
    (None: it saves nothing even now, or it buys nothing)."""

    demand: Demand
    assumptions: Assumptions
    positions: tuple[Position, ...]
    outcomes: tuple[Outcome, ...]
    months: Mapping[date, Sums]
    curve: tuple[CurvePoint, ...]
    choices: tuple[Choice, ...]
    calendar: tuple[Tranche, ...]
    break_even: Decimal | None
    left_out: tuple[str, ...] = field(default=())

    @property
    def main(self) -> Outcome:
        """The scenario that comes first: usage as it is."""
        return self.outcomes[0]

    @property
    def level(self) -> Decimal:
        """All new commitments, in money an hour."""
        return sum((one.level for one in self.positions), Decimal(0))

    @property
    def upfront(self) -> Decimal:
        """What is paid ahead, all tranches together."""
        return sum((one.upfront for one in self.positions), Decimal(0))


def plan(demand: Demand, offers: Mapping[Term, Sequence[Offer]], given: Assumptions) -> Planned:
    """The plan of least expected cost. `offers` are by term; those of terms that are not assumed
    are not looked at."""
    return _Planning(demand, offers, given).run()


class _Planning:
    def __init__(
        self, demand: Demand, offers: Mapping[Term, Sequence[Offer]], given: Assumptions
    ) -> None:
        self.demand, self.offers, self.given = demand, offers, given
        self.rows = {one.key: n for n, one in enumerate(demand.classes)}
        self.seen = Seen(demand)
        self.tranches = horizon.tranches(given.start, given.tranche)
        self.at_once = (Tranche(given.start, Decimal(1)),)
        self.parts = {
            one.name: horizon.segments(demand, one, given.start, given.end, self.tranches)
            for one in given.scenarios
        }

    def run(self) -> Planned:
        """The plan."""
        columns = self._expected(self.given.scenarios)
        positions, choices = self._chosen(columns)
        outcomes, months = [], {}
        for number, one in enumerate(self.given.scenarios):
            told = self._reckon(one, positions)
            now = self._reckon(one, ())
            best = self._best(one, positions, told.whole.cost, now.whole.cost)
            outcomes.append(Outcome(one, now.whole, told.whole, best))
            if not number:
                months = told.months
        return Planned(
            self.demand,
            self.given,
            positions,
            tuple(outcomes),
            months,
            self._curve(positions, outcomes[0].now),
            choices,
            self.tranches if positions else (),
            self._break_even(positions),
        )

    def _expected(self, scenarios: Sequence[Scenario]) -> Columns:
        """The columns of all scenarios that count, weighted; of the first one where none does."""
        counted = [one for one in scenarios if one.weight > 0] or [
            replace(scenarios[0], weight=Decimal(1))
        ]
        whole = float(sum(one.weight for one in counted))
        made = []
        for one in counted:
            parts = horizon.segments(
                self.demand, one, self.given.start, self.given.end, self.at_once
            )
            made.append(self.seen.columns(parts, float(one.weight) / whole))
        return Columns(
            np.concatenate([one.left for one in made], axis=1),
            np.concatenate([one.weights for one in made]),
        )

    def _chosen(self, columns: Columns) -> tuple[tuple[Position, ...], tuple[Choice, ...]]:
        """The positions, and every term that was weighed, the cheapest first."""
        if self.given.mix:
            return self._mixed(columns), ()
        found: list[tuple[Decimal, Term, tuple[Position, ...], Sums, Sums]] = []
        main = self.given.scenarios[0]
        for term in self.given.terms:
            positions = self._search(columns, self.offers.get(term, ()))
            expected = self._expected_cost(columns, positions)
            told, now = self._reckon(main, positions), self._reckon(main, ())
            found.append((expected, term, positions, told.whole, now.whole))
        if not found:
            return (), ()
        found.sort(key=lambda item: (item[0], item[1][0], item[1][1]))
        chosen = found[0]
        choices = tuple(
            Choice(
                term,
                sum((one.level for one in positions), Decimal(0)),
                told.cost,
                added((now.cost, told.cost.copy_negate())),
                sum((one.upfront for one in positions), Decimal(0)),
                term == chosen[1],
            )
            for _, term, positions, told, now in found
        )
        return chosen[2], choices

    def _expected_cost(self, columns: Columns, positions: Sequence[Position]) -> Decimal:
        """What the search goes by, with the money that is tied up; for the order of terms alone."""
        offers = self._searched([one.offer for one in positions])
        levels = [float(one.level) for one in positions]
        return Decimal(repr(search.cost(columns.left, columns.weights, offers, levels)))

    def _mixed(self, columns: Columns) -> tuple[Position, ...]:
        """Each offer in the shares of the mix: what is covered is found at the mixed rate, then
        cut by shares, each at its own."""
        parts = self.given.mix
        by_program: dict[tuple[str, str], dict[Term, Offer]] = {}
        for part in parts:
            for one in self.offers.get(part.term, ()):
                scope = ",".join(sorted(one.discounts)) if one.kind == "quantity" else ""
                by_program.setdefault((one.program, scope), {})[part.term] = one
        blended: list[Offer] = []
        several: list[dict[Term, Offer]] = []
        for offers in by_program.values():
            if len(offers) < len({part.term for part in parts}):
                continue  # a program that is not sold on every term of the mix
            first = next(iter(offers.values()))
            keys = set.intersection(*(set(one.discounts) for one in offers.values()))
            discounts = {
                key: sum(
                    (part.share * offers[part.term].discounts[key] for part in parts), Decimal(0)
                )
                for key in keys
            }
            blended.append(replace(first, discounts=discounts))
            several.append(offers)
        found = self._search(columns, blended)
        size = {key: float(columns.left[row] @ columns.weights) for key, row in self.rows.items()}
        cuts = [(one, several[blended.index(one.offer)]) for one in found]
        whole = self._cut(cuts, size, Decimal(1))
        if self._within(columns, whole):
            return whole
        # Whole steps of each term may come to more than the limits: as much as they allow.
        kept: tuple[Position, ...] = ()
        low, high = Decimal(0), Decimal(1)
        for _ in range(_LIMIT_ROUNDS):
            middle = (low + high) / 2
            tried = self._cut(cuts, size, middle)
            if self._within(columns, tried):
                low, kept = middle, tried
            else:
                high = middle
        return kept

    def _cut(
        self,
        cuts: Sequence[tuple[Position, Mapping[Term, Offer]]],
        size: Mapping[str, float],
        much: Decimal,
    ) -> tuple[Position, ...]:
        """So much of positions at mixed rates (1: all), cut by the shares of the mix, each part at
        its own rates and in whole steps."""
        made = []
        for position, offers in cuts:
            for part in self.given.mix:
                offer = offers[part.term]
                ratio = ratio_of(offer, position.offer, size)
                level = position.level * much * part.share * ratio
                level = (level / offer.step).quantize(Decimal(1), ROUND_HALF_EVEN) * offer.step
                if level > 0:
                    made.append(Position(offer, level))
        return tuple(made)

    def _searched(self, offers: Sequence[Offer], extra: float = 0.0) -> list[search.Searched]:
        found = []
        for one in offers:
            ranked = [(self.rows[key], float(rate)) for key, rate in one.ranked if key in self.rows]
            found.append(
                search.Searched(
                    np.array([row for row, _ in ranked], dtype=np.intp),
                    np.array([rate for _, rate in ranked]),
                    float(one.money_factor(self.given.cost_of_money)) * (1 + extra),
                    float(one.step),
                )
            )
        return found

    def _search(self, columns: Columns, offers: Sequence[Offer]) -> tuple[Position, ...]:
        """The best positions within the limits. A limit is kept by a surcharge on every
        commitment, as small as will do: what is worth least goes first."""
        ranked = sorted(
            (one for one in offers if one.discounts and one.step > 0),
            key=lambda one: (one.order, one.id),
        )

        def made(extra: float) -> tuple[Position, ...]:
            levels = search.search(columns.left, columns.weights, self._searched(ranked, extra))
            return tuple(
                Position(offer, in_steps(level, offer.step))
                for offer, level in zip(ranked, levels, strict=True)
                if in_steps(level, offer.step) > 0
            )

        found = made(0.0)
        if self._within(columns, found):
            return found
        kept: tuple[Position, ...] = ()
        over, low, high = found, 0.0, _DEAREST
        for _ in range(_LIMIT_ROUNDS):
            middle = (low + high) / 2 if high < _DEAREST else min(high, max(low * 4, 0.05))
            tried = made(middle)
            if self._within(columns, tried):
                high, kept = middle, tried
            else:
                low, over = middle, tried
        return self._filled(columns, ranked, self._between(columns, kept, over))

    def _between(
        self, columns: Columns, kept: tuple[Position, ...], over: tuple[Position, ...]
    ) -> tuple[Position, ...]:
        """As far from a portfolio within the limits towards one beyond them as they allow: at the
        surcharge where one turns into the other, all between are worth the same."""
        offers = {one.offer.id: one.offer for one in (*kept, *over)}
        first = {one.offer.id: one.level for one in kept}
        last = {one.offer.id: one.level for one in over}
        nought = Decimal(0)
        found, low, high = kept, nought, Decimal(1)
        for _ in range(_LIMIT_ROUNDS):
            part = (low + high) / 2
            tried = []
            for name, offer in offers.items():
                begin, end = first.get(name, nought), last.get(name, nought)
                level = in_steps(float(begin + (end - begin) * part), offer.step, down=True)
                if level > 0:
                    tried.append(Position(offer, level))
            ranked = tuple(sorted(tried, key=lambda one: (one.offer.order, one.offer.id)))
            if self._within(columns, ranked):
                low, found = part, ranked
            else:
                high = part
        return found

    def _filled(
        self, columns: Columns, ranked: Sequence[Offer], found: tuple[Position, ...]
    ) -> tuple[Position, ...]:
        """What the limits leave, filled: found in floats, and kept where it is within exactly."""
        work = int(_FILL_CELLS / max(columns.left.size, 1))
        if not work:
            return found  # of so much usage whole steps leave next to nothing
        offers = self._searched(ranked)
        levels = {one.offer.id: one.level for one in found}
        start = tuple(round(levels.get(one.id, Decimal(0)) / one.step) for one in ranked)
        fits = self._fitting(ranked, offers)

        def cost(steps: filling.Steps) -> float:
            bought = [n * float(one.step) for n, one in zip(steps, ranked, strict=True)]
            return search.cost(columns.left, columns.weights, offers, bought)

        made = tuple(
            Position(one, n * one.step)
            for n, one in zip(filling.filled(start, fits, cost, work), ranked, strict=True)
            if n
        )
        return made if self._within(columns, made) else found

    def _fitting(
        self, ranked: Sequence[Offer], offers: Sequence[search.Searched]
    ) -> Callable[[filling.Steps], bool]:
        """Whether so many steps of offers are within the limits, in floats."""
        most, limit = self.given.most_an_hour, self.given.coverage_limit
        main = self.given.scenarios[0]
        parts = horizon.segments(self.demand, main, self.given.start, self.given.end, self.at_once)
        seen = self.seen.columns(parts)
        usage = float(self._reckon(main, (), self.at_once).whole.usage)

        def fits(steps: filling.Steps) -> bool:
            bought = [n * one.step for n, one in zip(steps, ranked, strict=True)]
            if most is not None and sum(bought, Decimal(0)) > most:
                return False
            if limit is None:
                return True
            rest = search.rest(seen.left, offers, [float(one) for one in bought])
            return usage - float(rest.sum(axis=0) @ seen.weights) <= usage * float(limit)

        return fits

    def _within(self, columns: Columns, positions: Sequence[Position]) -> bool:
        level = sum((one.level for one in positions), Decimal(0))
        if self.given.most_an_hour is not None and level > self.given.most_an_hour:
            return False
        if self.given.coverage_limit is None or not positions:
            return True
        # Of all usage: held commitments cover a part already.
        sums = self._reckon(self.given.scenarios[0], positions, self.at_once).whole
        return sums.covered <= sums.usage * self.given.coverage_limit

    def _reckon(
        self, scenario: Scenario, positions: Sequence[Position], bought: Sequence[Tranche] = ()
    ) -> Reckoned:
        parts: tuple[Segment, ...] = self.parts[scenario.name]
        if bought:
            parts = horizon.segments(
                self.demand, scenario, self.given.start, self.given.end, bought
            )
        return reckon(self.demand, parts, positions)

    def _best(
        self, one: Scenario, positions: tuple[Position, ...], cost: Decimal, nothing: Decimal
    ) -> Decimal:
        """The least cost that a plan made for this scenario alone comes to."""
        parts = horizon.segments(self.demand, one, self.given.start, self.given.end, self.at_once)
        columns = self.seen.columns(parts)
        found = [cost, nothing]
        terms = {(p.offer.years, p.offer.payment) for p in positions} or set(self.given.terms)
        for term in sorted(terms):
            tried = self._search(columns, self.offers.get(term, ()))
            found.append(self._reckon(one, tried).whole.cost)
        return min(found)

    def _curve(self, positions: tuple[Position, ...], now: Sums) -> tuple[CurvePoint, ...]:
        if not positions:
            return ()
        found = []
        main = self.given.scenarios[0]
        for share in CURVE:
            scaled = tuple(replace(one, level=one.level * share) for one in positions)
            sums = self._reckon(main, scaled, self.at_once).whole
            paid = sums.bought
            found.append(
                CurvePoint(
                    share,
                    sum((one.level for one in scaled), Decimal(0)),
                    sums.cost,
                    added((now.cost, sums.cost.copy_negate())),
                    quotient(sums.covered, sums.usage),
                    quotient(added((paid, sums.unused.copy_negate())), paid) if paid else None,
                )
            )
        return tuple(found)

    def _break_even(self, positions: tuple[Position, ...]) -> Decimal | None:
        if not positions:
            return None
        offers = self._searched([one.offer for one in positions])
        levels = [float(one.level) for one in positions]
        nothing = [0.0] * len(levels)
        main = self.given.scenarios[0]

        def saves(percent: int) -> bool:
            usage = main.usage * percent / 100
            parts = horizon.segments(
                self.demand, replace(main, usage=usage), self.given.start, self.given.end,
                self.at_once,
            )  # fmt: skip
            columns = self.seen.columns(parts)
            paid = search.cost(columns.left, columns.weights, offers, levels)
            return paid <= search.cost(columns.left, columns.weights, offers, nothing)

        if not saves(100):
            return None
        low, high = 0, 100
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if saves(middle) else (middle, high)
        return Decimal(high) / 100
