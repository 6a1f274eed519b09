"""From rows of keys to bridges: effects summed, by group, with the largest keys of each."""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money.quotients import rounded
from outlay.query.drivers.arithmetic import (
    COST_SCALE,
    QUANTITY_SCALE,
    Effects,
    Lines,
    Scale,
    Side,
    decimal,
    integer,
    metered,
    shared_out,
    whole,
)
from outlay.query.drivers.lines import Rows
from outlay.query.drivers.model import Item
from outlay.query.drivers.sides import KEY, NAMES
from outlay.query.result import Value

MOST_ITEMS = 25
"""How many keys are told of an effect."""

PRICE_DIGITS = 12

COMMITTED = ("EffectiveCost", "BilledCost", "CostBeforeCredits", "CommitmentSaving")
"""The measures to which it makes a difference whether a commitment covers usage."""

Values = tuple[Value, ...]


@dataclass(frozen=True)
class Key:
    """One row: a price on a resource, its class of charges and its group."""

    names: Mapping[str, Any]
    kind: str
    values: Values
    before: Side
    after: Side

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes the key, whatever group it stands in."""
        return tuple(self.names[name] for name in KEY)


@dataclass
class Sums:
    """Effects of a group, as they are added up."""

    before: int = 0
    after: int = 0
    effects: Effects = field(default_factory=dict)

    def add(self, before: int, after: int, effects: Mapping[str, int]) -> None:
        """One key more."""
        self.before += before
        self.after += after
        for name, amount in effects.items():
            self.effects[name] = self.effects.get(name, 0) + amount


class _ByName(tuple[str, ...]):
    """Names in the order in which the earlier one counts as the larger."""

    __slots__ = ()

    def __lt__(self, other: tuple[str, ...]) -> bool:
        return tuple(self) > tuple(other)

    def __gt__(self, other: tuple[str, ...]) -> bool:
        return tuple(self) < tuple(other)


def _texts(key: Key) -> tuple[str, ...]:
    return tuple(str(text) for text in (*key.names.values(), *key.values))


class Tally:
    """The effects of one currency: in total, by group, by service and group, and the largest keys
    of each effect."""

    def __init__(self) -> None:
        self.total = Sums()
        self.groups: dict[Values, Sums] = {}
        self.services: dict[Values, Sums] = {}
        self.largest: dict[str, list[tuple[int, _ByName, int, Key, int]]] = {}
        self.renewed: dict[tuple[Any, ...], list[int]] = {}
        self.keys = 0

    def add(self, key: Key, effects: Mapping[str, int]) -> None:
        """One key with its effects."""
        before, after = key.before.converted, key.after.converted
        self.keys += 1
        for sums in (
            self.total,
            self.groups.setdefault(key.values, Sums()),
            self.services.setdefault((key.names["service"], *key.values), Sums()),
        ):
            sums.add(before, after, effects)
        for name, amount in effects.items():
            if name == "rounding" or not amount:
                continue
            heap = self.largest.setdefault(name, [])
            if len(heap) == MOST_ITEMS and abs(amount) < heap[0][0]:
                continue
            # Equal amounts go by name: the engine gives keys in no order. The running number keeps
            # keys themselves from being compared.
            entry = (abs(amount), _ByName(_texts(key)), -self.keys, key, amount)
            if len(heap) < MOST_ITEMS:
                heapq.heappush(heap, entry)
            elif entry[:3] > heap[0][:3]:
                heapq.heapreplace(heap, entry)
        if "new" in effects or "gone" in effects:
            same = tuple(key.names[name] for name in KEY if name != "resource")
            both = self.renewed.setdefault(same, [0, 0])
            both[0] += effects.get("new", 0)
            both[1] -= effects.get("gone", 0)

    @property
    def replaced(self) -> int:
        """How much of what is new and gone is the same price on another resource."""
        return sum(min(new, gone) for new, gone in self.renewed.values() if new > 0 and gone > 0)

    def items(self) -> dict[str, tuple[Item, ...]]:
        """The largest keys of every effect, largest first."""
        return {
            name: tuple(
                _item(name, key, amount)
                for *_, key, amount in sorted(heap, key=lambda e: e[:3], reverse=True)
            )
            for name, heap in self.largest.items()
        }


def tallied(rows: Rows, measure: str, days: tuple[int, int]) -> dict[str | None, Tally]:
    """The tallies of all currencies (one, where everything is converted: under None)."""
    tallies: dict[str | None, Tally] = {}
    split = measure in COMMITTED
    scales = {
        code: Scale(Fraction(over) / Fraction(under), *days)
        for code, (over, under) in rows.rates.items()
    }
    plain = Scale(Fraction(1), *days)
    one_sided: dict[tuple[Any, ...], list[Key]] = {}
    for key in _keys(rows):
        code = key.names["currency"]
        tally = tallies.setdefault(None if rows.converted else code, Tally())
        scale = scales.get(code, plain)
        if key.kind != "metered":
            name = "commitment" if key.kind == "unused" else key.kind
            tally.add(key, whole(name, key.before.demand, key.after.demand, scale.rate))
        elif rows.width and key.before.present != key.after.present:
            one_sided.setdefault(key.identity, []).append(key)
        else:
            tally.add(key, _effects(key, key.before, key.after, scale, split))
    for keys in one_sided.values():
        code = keys[0].names["currency"]
        tally = tallies[None if rows.converted else code]
        for key, effects in _moved(keys, scales.get(code, plain), split):
            tally.add(key, effects)
    return tallies


def _effects(key: Key, before: Side, after: Side, scale: Scale, split: bool) -> Effects:
    return metered(
        before,
        after,
        scale,
        counted=bool(key.names["counted"]),
        by_day=key.names["by_day"],
        split=split,
    )


def _moved(keys: Sequence[Key], scale: Scale, split: bool) -> Iterable[tuple[Key, Effects]]:
    """A price on a resource that some groups have no longer and others have now: it moved. What it
    cost before goes from the ones to the others; what changed it is told where it is now."""
    gone = [key for key in keys if key.before.present]
    new = [key for key in keys if key.after.present]
    if not gone or not new:
        for key in keys:
            yield key, _effects(key, key.before, key.after, scale, split)
        return
    effects = _effects(new[0], _joined(k.before for k in gone), _joined(k.after for k in new),
                       scale, split)  # fmt: skip
    for key in gone:
        yield key, {"moved": -key.before.converted}
    parts = shared_out(effects, [key.after.converted for key in new])
    for key, part in zip(new, parts, strict=True):
        part["moved"] = key.after.converted - sum(part.values())
        yield key, part


def _joined(sides: Iterable[Side]) -> Side:
    found = Side()
    for side in sides:
        found = found.plus(side)
    return found


# --- reading rows ---------------------------------------------------------------------------


def _keys(rows: Rows) -> Iterable[Key]:
    columns = {name: i for i, name in enumerate(rows.columns)}
    named = [(name, columns[name]) for name in (*KEY, *NAMES, "by_day")]
    values = [columns[f"d{i}"] for i in range(rows.width)]
    kind = columns["class"]
    reads = [_reader(columns, side) for side in (0, 1)]
    for row in rows.rows:
        yield Key(
            {name: row[at] for name, at in named},
            row[kind],
            tuple(row[at] for at in values),
            reads[0](row),
            reads[1](row),
        )


def _reader(columns: Mapping[str, int], side: int) -> Callable[[tuple[Any, ...]], Side]:
    """How to read one side of a row."""

    def places(kind: str, names: Sequence[str]) -> list[int]:
        return [columns[f"{kind}{side}_{name}"] for name in names]

    converted = "demand0_high" in columns
    own = ("lines", "cost", "quantity", "contracted")
    demand, covered = places("demand", own), places("covered", own)
    halves = {
        kind: places(kind, ("high", "low")) if converted else [] for kind in ("demand", "covered")
    }
    below, above = (
        [columns[f"{kind}{side}_{name}"] for kind in ("demand", "covered")]
        for name in ("below", "above")
    )

    def lines(row: tuple[Any, ...], at: Sequence[int], parts: Sequence[int]) -> Lines:
        count = row[at[0]]
        if not count:
            return _NONE
        cost = integer(row[at[1]])
        money = sum(integer(row[part]) for part in parts) if parts else cost
        quantity = integer(row[at[2]], QUANTITY_SCALE)
        return Lines(cost, money, quantity, int(count), integer(row[at[3]]))

    def read(row: tuple[Any, ...]) -> Side:
        mixed = any(row[at] for at in below) and any(row[at] for at in above)
        return Side(
            lines(row, demand, halves["demand"]), lines(row, covered, halves["covered"]), mixed
        )

    return read


_NONE = Lines()


# --- telling --------------------------------------------------------------------------------

_DETAIL = {"unused": "commitment that was not used"}


def _item(effect: str, key: Key, amount: int) -> Item:
    names = key.names
    counted = bool(names["counted"]) and key.kind == "metered"
    before, after = key.before, key.after
    return Item(
        effect=effect,
        amount=decimal(amount),
        provider=names["provider"],
        account=names["account"],
        account_name=names["account_name"],
        service=names["service"],
        region=names["region"],
        resource=names["resource"],
        resource_name=names["resource_name"],
        sku=names["sku"],
        meter=names["meter"],
        price_id=names["price"],
        unit=names["unit"] if counted else None,
        values=key.values,
        cost_before=decimal(before.converted),
        cost_after=decimal(after.converted),
        quantity_before=_quantity(before) if counted else None,
        quantity_after=_quantity(after) if counted else None,
        price_before=_price(before) if counted else None,
        price_after=_price(after) if counted else None,
        detail=_DETAIL.get(key.kind, ""),
        kind=key.kind,
    )


def _quantity(side: Side) -> Decimal | None:
    return decimal(side.quantity, QUANTITY_SCALE) if side.present else None


def _price(side: Side) -> Decimal | None:
    if not side.present or not side.quantity or side.mixed:
        return None
    price = Fraction(side.converted, side.quantity) / 10 ** (COST_SCALE - QUANTITY_SCALE)
    return rounded(price, PRICE_DIGITS)
