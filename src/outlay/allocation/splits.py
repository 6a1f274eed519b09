"""Splits of one virtual tag: who takes what, in which order, and the shares that come of it.

A split's charges are its *pool*. What a pool gives in one period is worked out as fractions,
through every split that it feeds, and quantised once: whole billionths that add up to one, the
residual with the largest target, ties by name. Money times such a share is an exact product.
Nothing here reads charges: weights come in (`outlay.allocation.weights`), shares go out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property

from outlay.allocation.model import Condition, SplitPeriod, SplitSpec, TagRule, VirtualTagSpec
from outlay.allocation.values import values_where
from outlay.expression import parse, referenced
from outlay.expression.dimensions import VIRTUAL, Dimension
from outlay.expression.errors import QueryError

SHARE_SCALE = 9
ONE = 10**SHARE_SCALE
"""One as a number of shares: every share is a whole number of billionths."""

NO_POOL = "none"
"""The value of the hidden tag of pools for charges that no split takes; no split has that name."""


@dataclass(frozen=True)
class SplitPart:
    """A split in one of its periods: what it weighs, and what of its pool each target gets.

    `weights` are those of all its targets, negative ones too; `shares` add up to one, or there
    are none: then the pool keeps its cost in that period, and `reason` says why. `notes` say what
    else a reader must know (a target with a negative weight, a weight of no target).
    """

    split: str
    period: date
    weights: Mapping[str, Fraction]
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class ShareKey:
    """Where shares hold: the pool (a split's name), the first day of the charge's day or month,
    and the first day of its billing period; None where it makes no difference."""

    pool: str
    day: date | None = None
    billing: date | None = None


@dataclass(frozen=True)
class Hop:
    """One way from a pool to a target: the parts in order (the last gives to the target), the
    values that the money passed, and the fraction of the pool that took this way."""

    parts: tuple[SplitPart, ...]
    through: tuple[str, ...]
    share: Fraction


class SplitGraph:
    """The splits of one tag. Raises QueryError where they feed each other in a circle."""

    def __init__(self, tag: str, splits: Mapping[str, SplitSpec]) -> None:
        self.tag = tag
        self.splits = {name: split for name, split in sorted(splits.items()) if split.tag == tag}
        self._takers: dict[str, str | None] = {}

    def check(self, values: Iterable[str] = ()) -> "SplitGraph":
        """The graph itself; raises QueryError for a cycle (with its path) among the values that
        the splits name and `values`, a condition on targets that looks at more than the tag, or a
        name that no split may have."""
        if NO_POOL in self.splits:
            raise QueryError(f"a split cannot be named {NO_POOL!r}", field="name")
        for name, split in self.splits.items():
            if isinstance(split.targets, Condition) and not self._on_tag(split.targets.where):
                raise QueryError(
                    f"the targets of {name} are values of {self.tag}: their condition looks at "
                    f"{self.tag} alone",
                    field="targets",
                    text=split.targets.where,
                )
        _ = self.feeding({*self.named_values, *values})
        return self

    @cached_property
    def named_values(self) -> tuple[str, ...]:
        """The values that the splits name, sorted."""
        found: set[str] = set()
        for split in self.splits.values():
            found |= {split.take} if isinstance(split.take, str) else set()
            found |= set(split.targets) if isinstance(split.targets, tuple) else set()
            found |= set(split.shares)
        return tuple(sorted(found))

    def _on_tag(self, where: str) -> bool:
        return referenced(parse(where)) == {Dimension(VIRTUAL, self.tag)}

    # --- who takes what -------------------------------------------------------------------

    def taker(self, value: str) -> str | None:
        """The split that takes what arrives at a value: the first by name whose `take` is the
        value, or a condition on the tag alone that holds for it. Money that a split gives is no
        charge: a condition on anything else does not catch it."""
        if value not in self._takers:
            self._learn([value])
        return self._takers[value]

    def _learn(self, values: Iterable[str]) -> None:
        unknown = sorted({value for value in values if value not in self._takers})
        if not unknown:
            return
        found: dict[str, str | None] = dict.fromkeys(unknown)
        for name, split in reversed(self.splits.items()):
            if isinstance(split.take, str):
                caught = {split.take} & set(unknown)
            elif self._on_tag(split.take.where):
                caught = set(values_where(split.take.where, self.tag, unknown))
            else:
                continue
            found |= dict.fromkeys(caught, name)
        self._takers |= found

    def targets(self, name: str, values: Iterable[str]) -> tuple[str, ...]:
        """The targets of a split in a period in which the tag has `values`, sorted."""
        split = self.splits[name]
        present = sorted(set(values))
        self._learn(present)
        if split.shares:
            return tuple(sorted(split.shares))
        if split.targets == "all":
            found = [value for value in present if self.taker(value) is None]
        elif isinstance(split.targets, Condition):
            found = list(values_where(split.targets.where, self.tag, present))
        else:
            found = list(split.targets)
        return tuple(sorted(set(found) - set(split.except_)))

    # --- order ----------------------------------------------------------------------------

    def feeding(self, values: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Split → the splits that it feeds, where the tag has `values`, every split behind those
        that feed it; raises QueryError for a cycle."""
        known = set(values)
        self._learn(known)
        feeds: dict[str, tuple[str, ...]] = {}
        for name in self.splits:
            takers = {self.taker(target) for target in self.targets(name, known)}
            feeds[name] = tuple(sorted(taker for taker in takers if taker is not None))
        done: dict[str, None] = {}
        for name in feeds:
            self._visit(name, feeds, done, ())
        return {name: feeds[name] for name in reversed(done)}

    def _visit(
        self,
        name: str,
        feeds: Mapping[str, tuple[str, ...]],
        done: dict[str, None],
        path: tuple[str, ...],
    ) -> None:
        if name in done:
            return
        if name in path:
            raise cycle_error(self.tag, (*path[path.index(name) :], name))
        for other in feeds[name]:
            self._visit(other, feeds, done, (*path, name))
        done[name] = None

    def periods(self, pool: str, feeds: Mapping[str, tuple[str, ...]]) -> frozenset[SplitPeriod]:
        """The kinds of period that decide the shares of a pool: its own split's and those of
        every split that it feeds."""
        found: set[SplitPeriod] = set()
        remaining, seen = [pool], set()
        while remaining:
            name = remaining.pop()
            if name not in seen:
                seen.add(name)
                found.add(self.splits[name].period)
                remaining += feeds[name]
        return frozenset(found)

    # --- pools ----------------------------------------------------------------------------

    @property
    def pools_tag(self) -> str:
        """The name of the hidden tag whose value is the pool of a charge. No user can write it."""
        return pools_name(self.tag)

    def pools_spec(self) -> VirtualTagSpec:
        """The hidden tag: a charge is in the pool of the first split, by name, that takes it."""
        rules = [
            TagRule(when=taken_condition(self.tag, split), value=name)
            for name, split in self.splits.items()
        ]
        return VirtualTagSpec(default=NO_POOL, rules=tuple(rules))


def pools_name(tag: str) -> str:
    """The name of the hidden tag of a tag's pools."""
    return f"{tag}/pools"


def taken_condition(tag: str, split: SplitSpec) -> str:
    """The condition on charges that a split's `take` is."""
    if isinstance(split.take, Condition):
        return split.take.where
    quoted = split.take.replace("'", "''")
    return f"{tag} = '{quoted}'"


def cycle_error(tag: str, path: Iterable[str]) -> QueryError:
    """What is said of splits that feed each other in a circle."""
    return QueryError(
        f"splits of {tag} feed each other in a circle: {' → '.join(path)}",
        field="targets",
        hint="Take a value that one of them takes out of another's targets.",
    )


# --- shares ---------------------------------------------------------------------------------

Parts = Callable[[str, ShareKey], SplitPart]
"""Gives a split's part in the period that a key falls into."""


def resolve(graph: SplitGraph, pool: str, key: ShareKey, part_of: Parts) -> list[Hop]:
    """Every way that a pool's money takes to a target where it stays, in the period of `key`;
    none where the pool keeps its cost. The fractions add up to one.

    Money that arrives at a value whose own split keeps its cost in that period stays there.
    Raises QueryError for a cycle.
    """
    return _ways(graph, pool, key, part_of, ())


def _ways(
    graph: SplitGraph, pool: str, key: ShareKey, part_of: Parts, path: tuple[str, ...]
) -> list[Hop]:
    if pool in path:
        raise cycle_error(graph.tag, (*path[path.index(pool) :], pool))
    part = part_of(pool, key)
    found: list[Hop] = []
    for target, share in sorted(part.shares.items()):
        if not share:
            continue
        taker = graph.taker(target)
        further = _ways(graph, taker, key, part_of, (*path, pool)) if taker else []
        if not further:
            found.append(Hop((part,), (target,), share))
        for hop in further:
            found.append(Hop((part, *hop.parts), (target, *hop.through), share * hop.share))
    return found


def landed(
    graph: SplitGraph,
    pool: str,
    key: ShareKey,
    part_of: Parts,
    known: dict[str, dict[str, Fraction]] | None = None,
    path: tuple[str, ...] = (),
) -> dict[str, Fraction]:
    """Target → the fraction of a pool that arrives there to stay, all ways of `resolve` together;
    empty where the pool keeps its cost. `known` are the answers for the pools of the same key."""
    known = {} if known is None else known
    if pool in known:
        return known[pool]
    if pool in path:
        raise cycle_error(graph.tag, (*path[path.index(pool) :], pool))
    found: dict[str, Fraction] = {}
    for target, share in part_of(pool, key).shares.items():
        taker = graph.taker(target)
        further: Mapping[str, Fraction] = {}
        if taker and share:
            further = landed(graph, taker, key, part_of, known, (*path, pool))
        for last, part in (further or {target: Fraction(1)}).items():
            found[last] = found.get(last, Fraction(0)) + share * part
    known[pool] = found
    return found


def quantised(shares: Mapping[str, Fraction]) -> dict[str, int]:
    """Fractions that add up to one as whole billionths that add up to exactly one.

    Each is cut to billionths; what is left goes to the largest share, the first by name among
    equals. Targets that get nothing are left out. ValueError where the fractions are no whole.
    """
    if sum(shares.values(), Fraction(0)) != 1 or any(share < 0 for share in shares.values()):
        raise ValueError(f"shares of {sorted(shares)} are not a whole")
    cut = {target: int(share * ONE) for target, share in sorted(shares.items())}
    largest = max(sorted(shares), key=lambda target: shares[target])
    cut[largest] += ONE - sum(cut.values())
    return {target: units for target, units in cut.items() if units}
