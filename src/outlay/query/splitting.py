"""The shares of a tag's splits over all periods of a pinned lake: weighed once, kept, explained.

Weights are questions of their own (asked directly, without splits) over the same pin and rules;
the range of the question that shares are wanted for makes no difference to them. What comes out is
a `TagShares`: for each pool and period whole billionths by target, and each split's part in words.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from outlay.allocation.model import SplitPeriod, SplitSpec
from outlay.allocation.rules import Ruleset
from outlay.allocation.splits import (
    SHARE_SCALE,
    Hop,
    ShareKey,
    SplitGraph,
    SplitPart,
    landed,
    quantised,
    resolve,
)
from outlay.allocation.weights import (
    before,
    described,
    evenly,
    fixed,
    kept,
    weighed,
    windowed,
)
from outlay.expression.errors import QueryError
from outlay.lake.facts import LakeReader, SliceFacts
from outlay.lake.types import Pin
from outlay.money.rates import EcbRates, ecb_rates
from outlay.query.model import CostQuery
from outlay.query.result import Result
from outlay.query.sharesfile import read_shares, shares_file, write_shares
from outlay.query.usageweights import usage_weights

Ask = Callable[[CostQuery], Result]
"""Answers a question on the same pin and rules."""

COMMON = "EUR"
"""Costs in several currencies are compared in this one, at the bank's rate of a period's first
day, whatever the question that shares are wanted for converts by: shares do not depend on it."""

_KEPT = 12
"""How many tags' shares are kept for a lake."""

Found = Mapping[date, Mapping[str, Decimal]]


@dataclass(frozen=True)
class TagShares:
    """The shares of all splits of a tag. `kinds` are the periods that decide a pool's shares,
    `parts` each split in each of its periods, `shares` what a pool gives under a key (absent:
    nothing, its cost stays)."""

    graph: SplitGraph
    kinds: Mapping[str, frozenset[SplitPeriod]]
    parts: Mapping[tuple[str, date], SplitPart]
    shares: Mapping[ShareKey, Mapping[str, int]]

    @cached_property
    def day(self) -> str:
        """How finely charges must be told apart by day: ``day``, ``month`` or '' (not at all)."""
        kinds = {kind for found in self.kinds.values() for kind in found}
        return "day" if "day" in kinds else "month" if "month" in kinds else ""

    @cached_property
    def billing(self) -> bool:
        """Whether charges must be told apart by billing period."""
        return any("billing-period" in found for found in self.kinds.values())

    def key(self, pool: str, day: date | None, billing: date | None) -> ShareKey:
        """The key of a charge in a pool, on a day, in a billing period (its first day)."""
        kinds = self.kinds[pool]
        period = None
        if "day" in kinds:
            period = day
        elif "month" in kinds and day is not None:
            period = day.replace(day=1)
        return ShareKey(pool, period, billing if "billing-period" in kinds else None)

    def period(self, split: str, key: ShareKey) -> date:
        """The period of a split that a key falls into; its first day."""
        kind = self.graph.splits[split].period
        if kind == "billing-period":
            assert key.billing is not None
            return key.billing
        assert key.day is not None
        return key.day if kind == "day" else key.day.replace(day=1)

    def part(self, split: str, key: ShareKey) -> SplitPart:
        """A split in its period of a key."""
        period = self.period(split, key)
        known = self.parts.get((split, period))
        return known or kept(split, period, {}, "there is no charge in the period")

    def ways(self, key: ShareKey) -> list[Hop]:
        """Every way that a pool's money takes."""
        return resolve(self.graph, key.pool, key, self.part)

    @cached_property
    def table(self) -> pa.Table:
        """The shares as rows: ``pool``, ``day``, ``billing``, ``target`` (null: the charge's own
        value, which gives all of it away: -1), ``share`` and ``units`` (billionths)."""
        rows: list[tuple[Any, ...]] = []
        for key, shares in sorted(self.shares.items(), key=str):
            of = (key.pool, key.day, key.billing)
            rows.append((*of, None, -(10**SHARE_SCALE)))
            rows += [(*of, target, units) for target, units in shares.items()]
        columns = list(zip(*rows, strict=True)) if rows else [()] * 5
        units = columns[4]
        return pa.table(
            {
                "pool": pa.array(columns[0], pa.string()),
                "day": pa.array(columns[1], pa.date32()),
                "billing": pa.array(columns[2], pa.date32()),
                "target": pa.array(columns[3], pa.string()),
                "share": pa.array(
                    [Decimal(unit).scaleb(-SHARE_SCALE) for unit in units], pa.decimal128(10, 9)
                ),
                "units": pa.array(units, pa.int64()),
            }
        )


_LOCK = threading.Lock()
_MAKING: WeakKeyDictionary[LakeReader, threading.Lock] = WeakKeyDictionary()
_SHARES: WeakKeyDictionary[LakeReader, dict[tuple[Any, ...], TagShares]] = WeakKeyDictionary()


def tag_shares(
    lake: LakeReader, pin: Pin, facts: list[SliceFacts], rules: Ruleset, tag: str, ask: Ask
) -> TagShares:
    """The shares of a tag's splits over a pin; kept for the next question.

    Raises QueryError where the splits feed each other in a circle.
    """
    key = (
        tag,
        rules.splits_digest(tag),
        tuple(slice_.contexts_id for slice_ in facts),
        _metric_versions(rules, tag),
    )
    with _LOCK:
        known = _SHARES.setdefault(lake, {})
        making = _MAKING.setdefault(lake, threading.Lock())
        found = known.get(key)
    if found is not None:
        return found
    # A page asks several questions at once: they are weighed for once.
    with making:
        found = known.get(key)
        if found is None:
            found = _kept_or_made(lake, pin, rules, tag, ask, key)
            with _LOCK:
                known[key] = found
                while len(known) > _KEPT:
                    known.pop(next(iter(known)))
    return found


def _kept_or_made(
    lake: LakeReader, pin: Pin, rules: Ruleset, tag: str, ask: Ask, key: tuple[Any, ...]
) -> TagShares:
    """The shares that another process has weighed for the same key, or new ones."""
    path = shares_file(lake, key)
    graph = rules.graph(tag)
    kept_ = read_shares(path) if path else None
    if kept_ is None:
        made = _Weighing(lake, pin, rules, tag, ask).shares()
        if path:
            write_shares(path, made.kinds, made.parts, made.shares)
        return made
    return TagShares(graph, *kept_)


def _metric_versions(rules: Ruleset, tag: str) -> tuple[str, ...]:
    names = {s.metric.metric for s in rules.splits_of(tag).values() if s.metric is not None}
    reader = rules.metrics
    found = []
    for name in sorted(names) if reader else ():
        try:
            found.append(f"{name} {reader.version(name)}" if reader else name)
        except QueryError:
            # A metric that is gone: its split keeps its cost, with that reason.
            found.append(name)
    return tuple(found)


class _Weighing:
    """Weighs every split of a tag in every period."""

    def __init__(self, lake: LakeReader, pin: Pin, rules: Ruleset, tag: str, ask: Ask) -> None:
        self.lake, self.pin, self.rules, self.tag, self.ask = lake, pin, rules, tag, ask
        self.graph = rules.graph(tag)
        self._present: dict[SplitPeriod, dict[date, set[str]]] = {}

    def shares(self) -> TagShares:
        parts: dict[tuple[str, date], SplitPart] = {}
        for name, split in self.graph.splits.items():
            for period, values in self.present(split.period).items():
                targets = self.graph.targets(name, values)
                parts[name, period] = self._part(name, split, period, targets)
        values = {v for found in self._present.values() for vs in found.values() for v in vs}
        feeds = self.graph.feeding({*values, *self.graph.named_values})
        kinds = {name: self.graph.periods(name, feeds) for name in self.graph.splits}
        found = TagShares(self.graph, kinds, parts, {})
        shares: dict[ShareKey, Mapping[str, int]] = {}
        for day, billing in self._calendar(found):
            known: dict[str, dict[str, Fraction]] = {}
            for pool in self.graph.splits:
                key = found.key(pool, day, billing)
                if key not in shares:
                    at = ShareKey(pool, day, billing)
                    given = landed(self.graph, pool, at, found.part, known)
                    shares[key] = quantised(given) if given else {}
        return TagShares(self.graph, kinds, parts, {k: s for k, s in shares.items() if s})

    def _calendar(self, shares: TagShares) -> Iterator[tuple[date | None, date | None]]:
        """The days (or months) and billing periods under which there are charges."""
        grain = shares.day or "none"
        by = ("x_BillingPeriod",) if shares.billing else ()
        query = CostQuery(measures=("LineCount",), by=by, grain=grain, splits="direct")
        for row in self.ask(query).rows():
            day, billing = row.get("period"), row.get("x_BillingPeriod")
            yield (
                day if isinstance(day, date) else None,
                billing if isinstance(billing, date) else None,
            )

    # --- what there is --------------------------------------------------------------------

    def present(self, kind: SplitPeriod) -> dict[date, set[str]]:
        """The values of the tag that have charges, by period."""
        if kind not in self._present:
            found: dict[date, set[str]] = {}
            for period, row in self._seen(kind):
                found.setdefault(period, set()).add(str(row[self.tag]))
            self._present[kind] = found
        return self._present[kind]

    def _seen(self, kind: SplitPeriod) -> list[tuple[date, Mapping[str, Any]]]:
        """All values by period, with every measure that some split of the kind weighs whole."""
        if kind not in self._known_rows:
            weighed_ = {
                split.measure
                for split in self.graph.splits.values()
                if split.period == kind and split.method == "proportional" and not split.where
            }
            rows = self._rows(kind, (*sorted(weighed_), "LineCount"), "")
            self._known_rows[kind] = list(rows)
        return self._known_rows[kind]

    @cached_property
    def _known_rows(self) -> dict[SplitPeriod, list[tuple[date, Mapping[str, Any]]]]:
        return {}

    def _rows(
        self, kind: SplitPeriod, measures: tuple[str, ...], where: str
    ) -> Iterator[tuple[date, Mapping[str, Any]]]:
        """The rows of a question by the tag and a kind of period, each with its period."""
        billing = kind == "billing-period"
        query = CostQuery(
            measures=measures,
            by=(self.tag, "x_BillingPeriod") if billing else (self.tag,),
            grain="none" if billing else kind,
            where=where,
            splits="direct",
        )
        result = self.ask(query)
        for row in result.rows():
            period = row["x_BillingPeriod" if billing else "period"]
            assert isinstance(period, date)
            yield period, {"BillingCurrency": result.currency, **row}

    # --- weights --------------------------------------------------------------------------

    def _part(
        self, name: str, split: SplitSpec, period: date, targets: tuple[str, ...]
    ) -> SplitPart:
        if split.method == "even":
            return evenly(name, period, targets)
        if split.method == "fixed":
            return fixed(name, period, split.shares)
        what = described(split)
        if split.method == "proportional":
            found, notes, reason = self._cost(split, period)
            if reason:
                return kept(name, period, {}, reason, notes)
            return weighed(name, period, targets, found, what, notes)
        series, reason = self._series(name, split)
        if reason:
            return kept(name, period, {}, reason)
        window = split.metric.window if split.metric else split.usage.window if split.usage else 1
        sums = windowed(series, period, split.period, window)
        return weighed(name, period, targets, sums, what, strict=True)

    def _cost(
        self, split: SplitSpec, period: date
    ) -> tuple[Mapping[str, Fraction], tuple[str, ...], str]:
        """Cost by value in a period, what to say of it, and why it cannot be compared."""
        try:
            by_currency = self._costs(split).get(period, {})
        except QueryError as error:
            # A condition on what no charge has: the cost stays, and no question fails.
            return {}, (), error.what
        rates = {code: Fraction(1) for code in by_currency}
        notes: tuple[str, ...] = ()
        if len(by_currency) > 1:
            codes = " and ".join(sorted(by_currency))
            for code in sorted(by_currency):
                # One rate a period: what is weighed can be worked out again by hand.
                rate = ecb_rates().rate(code, COMMON, period)
                if rate is None:
                    reason = f"costs in {codes} cannot be compared: there is no rate of {code}"
                    return {}, (), reason
                rates[code] = Fraction(rate.value)
            notes = (
                f"costs in {codes} are compared in {COMMON} at the rate of the period's first day "
                f"({_ECB})",
            )
        found: dict[str, Fraction] = {}
        for code, costs in by_currency.items():
            for value, cost in costs.items():
                found[value] = found.get(value, Fraction(0)) + Fraction(cost) * rates[code]
        return found, notes, ""

    def _costs(self, split: SplitSpec) -> dict[date, dict[str, dict[str, Decimal]]]:
        """Costs by period, currency and value."""
        key = (split.period, split.measure, split.where)
        if key not in self._known_costs:
            kind, measure, where = key
            rows = self._rows(kind, (measure,), where) if where else self._seen(kind)
            found: dict[date, dict[str, dict[str, Decimal]]] = {}
            for period, row in rows:
                currency = str(row["BillingCurrency"])
                cost = Decimal(row[measure] or 0)
                found.setdefault(period, {}).setdefault(currency, {})[str(row[self.tag])] = cost
            self._known_costs[key] = found
        return self._known_costs[key]

    @cached_property
    def _known_costs(
        self,
    ) -> dict[tuple[SplitPeriod, str, str], dict[date, dict[str, dict[str, Decimal]]]]:
        return {}

    def _series(self, name: str, split: SplitSpec) -> tuple[Found, str]:
        """A metric's or a usage's weights by period and value, or why there are none."""
        if name not in self._known_series:
            try:
                self._known_series[name] = (self._read(split), "")
            except QueryError as error:
                # The cost stays visible under its source, with the reason: no question fails.
                self._known_series[name] = ({}, error.what)
        return self._known_series[name]

    @cached_property
    def _known_series(self) -> dict[str, tuple[Found, str]]:
        return {}

    def _read(self, split: SplitSpec) -> Found:
        grain: SplitPeriod = "day" if split.period == "day" else "month"
        periods = sorted(self.present(split.period))
        if not periods:
            return {}
        if split.usage is not None:
            return usage_weights(self.lake, self.pin, self.rules, self.tag, split.usage, grain)
        assert split.metric is not None
        if self.rules.metrics is None:
            raise QueryError(f"there is no metric {split.metric.metric!r}")
        start, end = periods[0], periods[-1]
        for _ in range(split.metric.window - 1):
            start = before(start, grain)
        last = date(end.year + (end.month == 12), end.month % 12 + 1, 1)
        return self.rules.metrics.weights(
            split.metric.metric, split.metric.label, grain, start, last
        )


_ECB = EcbRates.publisher
