"""Which kind of thing drove an impact: usage, price, mix, a restatement, a tag change: `attribute`.

Per unit of measure with quantities of both sides (p = cost ÷ quantity, of all items of the unit
together P = C ÷ Q; 0 what was expected, 1 what came):

- usage = (Q1 − Q0) × P0: more or fewer units at the price expected of them all;
- mix = Σ q1 × p0 − Q1 × P0: the same units of dearer or cheaper kinds;
- price = Σ (c1 − q1 × p0): other prices of the same kinds.

An item without an expected quantity has no price to compare with: its cost is usage; so is what is
missing of an item that did not come. Items without quantities are `other`. Products are rounded
once to `step`, the price takes what rounding leaves, and all effects add up to the impact exactly.
This is the price-volume-mix analysis of management accounting, as ``outlay.query.drivers`` does it
for two periods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

from outlay.anomalies.exact import CENT
from outlay.money import total

_CONTEXT = Context(prec=76)


@dataclass(frozen=True)
class Used:
    """One kind of usage (a SKU on a resource): its unit, and quantity and cost as expected and as
    they came. Quantities are None where the bill has none."""

    unit: str
    expected_quantity: Decimal | None
    expected_cost: Decimal
    actual_quantity: Decimal | None
    actual_cost: Decimal


@dataclass(frozen=True)
class Attribution:
    """Effects in the event's currency; they add up to `impact`."""

    impact: Decimal
    usage: Decimal
    price: Decimal
    mix: Decimal
    restatement: Decimal
    tags: Decimal
    other: Decimal

    @property
    def effects(self) -> dict[str, Decimal]:
        """By name, in the order in which they are told."""
        names = ("usage", "price", "mix", "restatement", "tags", "other")
        return {name: getattr(self, name) for name in names}

    @property
    def main(self) -> str:
        """The effect that explains most of the impact in its direction; ties in the order told."""
        sign = -1 if self.impact < 0 else 1
        return max(self.effects, key=lambda name: sign * self.effects[name])


def attribute(
    items: Sequence[Used],
    impact: Decimal,
    *,
    restatement: Decimal = Decimal(0),
    tags: Decimal = Decimal(0),
    step: Decimal = CENT,
) -> Attribution:
    """Take an impact apart. `items` hold what came and what was expected of the event without what
    a later delivery restated (`restatement`) and what tag rules moved in or out (`tags`); what
    the items leave of the impact is `other`."""
    usage, price, mix = Decimal(0), Decimal(0), Decimal(0)
    units: dict[str, list[Used]] = {}
    for item in items:
        if item.expected_quantity is None or item.actual_quantity is None:
            continue
        if not item.expected_quantity or not item.actual_quantity:
            usage = total((usage, item.actual_cost, item.expected_cost.copy_negate()))
        else:
            units.setdefault(item.unit, []).append(item)
    for same in units.values():
        parts = _unit(same, step)
        usage, price, mix = (total(pair) for pair in zip((usage, price, mix), parts, strict=True))
    known = total((usage, price, mix, restatement, tags))
    other = total((impact, known.copy_negate()))
    return Attribution(impact, usage, price, mix, restatement, tags, other)


def _unit(items: Sequence[Used], step: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """usage, price and mix of the items of one unit."""
    with localcontext(_CONTEXT):
        before = sum((item.expected_quantity or Decimal(0) for item in items), Decimal(0))
        after = sum((item.actual_quantity or Decimal(0) for item in items), Decimal(0))
        cost = total(item.expected_cost for item in items)
        at_old = sum(
            (
                (item.actual_quantity or Decimal(0)) * item.expected_cost
                / (item.expected_quantity or Decimal(1))
                for item in items
            ),
            Decimal(0),
        )  # fmt: skip
        mean = cost / before if before else Decimal(0)
        usage = ((after - before) * mean).quantize(step, ROUND_HALF_EVEN)
        mix = (at_old - after * mean).quantize(step, ROUND_HALF_EVEN)
    change = total(
        (*(i.actual_cost for i in items), *(i.expected_cost.copy_negate() for i in items))
    )
    return usage, total((change, usage.copy_negate(), mix.copy_negate())), mix
