"""What a portfolio costs, exactly: every slot again in decimals, in the vendors' order.

Per slot: usage times its factor; commitments that are held keep covering what they covered; each
position in turn covers the class with the highest discount first. On-demand money, the cost of
commitments and their unused part add up to the whole by construction. The one quotient (how much
usage the last unit of a commitment covers) is rounded down to 21 decimals.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Context, Decimal, localcontext

from outlay.savings.planner.horizon import Segment
from outlay.savings.planner.model import Demand, Position

_WIDE = Context(prec=90)
_SCALE = Decimal(1).scaleb(-21)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """A sum of reckoned amounts, exactly; they are wider than those of the ledger."""
    with localcontext(_WIDE):
        return sum(amounts, Decimal(0))


@dataclass
class PositionSum:
    """One position: what it cost, how much of that was used, and the on-demand money in its
    place."""

    cost: Decimal = Decimal(0)
    used: Decimal = Decimal(0)
    displaced: Decimal = Decimal(0)

    @property
    def unused(self) -> Decimal:
        """What was paid for nothing."""
        return added((self.cost, self.used.copy_negate()))

    @property
    def saved(self) -> Decimal:
        """On-demand money less the cost of the commitment; negative where it does not pay."""
        return added((self.displaced, self.cost.copy_negate()))


@dataclass
class Sums:
    """Money over some days. `usage` is all of it at on-demand prices, `kept` the part that held
    commitments cover and `held` what those cost; `on_demand` is left on demand."""

    usage: Decimal = Decimal(0)
    kept: Decimal = Decimal(0)
    held: Decimal = Decimal(0)
    on_demand: Decimal = Decimal(0)
    positions: list[PositionSum] = field(default_factory=list)

    @property
    def bought(self) -> Decimal:
        """The cost of what the portfolio buys."""
        return added(one.cost for one in self.positions)

    @property
    def unused(self) -> Decimal:
        """The unused part of it."""
        return added(one.unused for one in self.positions)

    @property
    def displaced(self) -> Decimal:
        """The on-demand money in whose place it stands."""
        return added(one.displaced for one in self.positions)

    @property
    def cost(self) -> Decimal:
        """All that is paid: held commitments, the portfolio, and what is left on demand."""
        return added((self.held, self.bought, self.on_demand))

    @property
    def covered(self) -> Decimal:
        """Usage that some commitment covers, at on-demand prices."""
        return added((self.kept, self.displaced))


@dataclass(frozen=True)
class Reckoned:
    """The whole, and each month."""

    whole: Sums
    months: dict[date, Sums]


def reckon(demand: Demand, parts: Sequence[Segment], positions: Sequence[Position]) -> Reckoned:
    """The exact cost of a portfolio over the segments of a horizon."""
    with localcontext(_WIDE):
        exact = _Exact(demand, positions)
        whole = exact.empty()
        months: dict[date, Sums] = {}
        for part in parts:
            sums = months.setdefault(part.month, exact.empty())
            for day, count in part.days.items():
                for slot in range(day * demand.slots_a_day, (day + 1) * demand.slots_a_day):
                    exact.slot(slot, part, count, sums)
        for sums in months.values():
            _add(whole, sums)
    return Reckoned(whole, dict(sorted(months.items())))


class _Exact:
    def __init__(self, demand: Demand, positions: Sequence[Position]) -> None:
        self.demand, self.positions = demand, positions
        self.keys = [one.key for one in demand.classes]
        self.index = {key: n for n, key in enumerate(self.keys)}
        self.order = sorted(
            range(len(demand.held)),
            key=lambda n: (demand.held[n].order, -demand.held[n].discount, demand.held[n].id),
        )
        self.ranked = [
            [(self.index[key], rate) for key, rate in one.offer.ranked if key in self.index]
            for one in positions
        ]
        none = (Decimal(0),) * demand.slots
        self.used = [demand.on_demand[key] for key in self.keys]
        self.covered = {
            n: [demand.held[n].covered.get(key, none) for key in self.keys] for n in self.order
        }

    def empty(self) -> Sums:
        """Sums of nothing."""
        return Sums(positions=[PositionSum() for _ in self.positions])

    def slot(self, slot: int, part: Segment, count: int, sums: Sums) -> None:
        """Add one slot that stands for `count` of them."""
        rest = []
        for n, factor in enumerate(part.factors):
            usage = self.used[n][slot]
            for held in self.covered.values():
                usage += held[n][slot]
            rest.append(usage * factor)
        sums.usage += sum(rest) * count
        for number in self.order:
            if number not in part.held:
                continue
            sums.held += self.demand.held[number].cost[slot] * count
            for n, had in enumerate(self.covered[number]):
                kept = min(had[slot], rest[n])
                if kept > 0:  # what is paid back of usage is not covered by anything
                    rest[n] -= kept
                    sums.kept += kept * count
        for place, one in enumerate(self.positions):
            self._position(place, one.level * part.share, rest, count, sums.positions[place])
        sums.on_demand += sum(rest) * count

    def _position(
        self, place: int, level: Decimal, rest: list[Decimal], count: int, sums: PositionSum
    ) -> None:
        room = paid = level * self.demand.slot_hours
        displaced = Decimal(0)
        for n, rate in self.ranked[place]:
            if room <= 0:
                break
            if rest[n] <= 0:
                continue
            need = rest[n] * rate
            if need <= room:
                taken, room = rest[n], room - need
            else:
                taken = (room / rate).quantize(_SCALE, rounding=ROUND_DOWN)
                room = Decimal(0)
            rest[n] -= taken
            displaced += taken
        sums.cost += paid * count
        sums.used += (paid - room) * count
        sums.displaced += displaced * count


def _add(whole: Sums, part: Sums) -> None:
    for name in ("usage", "kept", "held", "on_demand"):
        setattr(whole, name, getattr(whole, name) + getattr(part, name))
    for mine, other in zip(whole.positions, part.positions, strict=True):
        mine.cost += other.cost
        mine.used += other.used
        mine.displaced += other.displaced
