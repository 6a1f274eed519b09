"""How a variance is taken apart: price, volume, mix and one-off, adding up to the last digit.

Actual charges are compared with those of the days that the baseline knew last (the reference), by
the product's own effects (`outlay.query.drivers`). Each effect belongs to one part:

* **price**: the same units at another price, another exchange rate, and rounding of prices;
* **volume**: more or fewer units, more or fewer days, resources that are new or gone, and usage
  that has no quantities: what is new or gone is volume, since a plan is of amounts, not resources;
* **mix**: another mix of on-demand and committed price, cost that moved between lines, shared cost;
* **one-off**: what is no usage: purchases, credits, tax, adjustments, corrections.

The plan had reckoned with some change from the reference already: the baseline's part of it is
volume, each adjustment is what its author said. That is taken off, part by part:

    variance = actual − planned
             = (reference + Σ effects) − (reference + Σ reckoned with)
             = Σ (effects − reckoned with)

A line that is volume × unit cost needs no reference. With the counted volume v, the planned volume
w and unit cost u, and the actual cost A: volume = (v − w) × u, price = A − v × u − the rounding of
the planned cell to cents; adjustments of money that were planned are taken off what their authors
said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from outlay.money import MONEY_CONTEXT, total
from outlay.money.cents import to_unit
from outlay.planning.plans.divide import Cells
from outlay.planning.plans.model import EFFECTS, ZERO, Document, Effect, Line, product
from outlay.planning.plans.results import BridgeRow

PART_OF: dict[str, Effect] = {
    "price": "price",
    "currency": "price",
    "rounding": "price",
    "usage": "volume",
    "length": "volume",
    "unmetered": "volume",
    "new": "volume",
    "gone": "volume",
    "commitment": "mix",
    "moved": "mix",
    "shared": "mix",
    "rules": "mix",
    "purchase": "one-off",
    "credit": "one-off",
    "tax": "one-off",
    "adjustment": "one-off",
    "correction": "one-off",
    "restatement": "one-off",
}
"""The part that each effect of a comparison of charges belongs to."""


def folded(effects: Mapping[str, Decimal]) -> Cells:
    """Effects as their parts, in the order of `EFFECTS`."""
    sums = dict.fromkeys(EFFECTS, ZERO)
    for name, amount in effects.items():
        part = PART_OF[name]
        sums[part] = MONEY_CONTEXT.add(sums[part], amount)
    return tuple(sums.values())


def by_effects(
    document: Document, line: Line, months: Sequence[int], told: Cells, actual: Decimal
) -> BridgeRow:
    """A line's bridge by the effects on its charges: `told` is (cost of the reference, then the
    parts in the order of `EFFECTS`); together they are the line's actual cost."""
    before, *parts = (amount if amount is not None else ZERO for amount in told)
    cells = document.cells(line.id)
    planned = total([ZERO, *(cells[at].total for at in months)])
    reckoned = _said(document, line.id, months)
    baseline = _less(planned, before, *reckoned.values())
    reckoned["volume"] = MONEY_CONTEXT.add(reckoned["volume"], baseline)
    effects = {
        name: MONEY_CONTEXT.subtract(part, reckoned[name])
        for name, part in zip(EFFECTS, parts, strict=True)
    }
    return BridgeRow(line.id, line.path, line.title, planned, actual, effects).check()


def by_drivers(
    document: Document,
    line: Line,
    months: Sequence[int],
    counted: Sequence[Decimal | None],
    actual: Sequence[Decimal],
) -> BridgeRow:
    """The bridge of a line that is volume × unit cost: `counted` volume and `actual` cost are of
    `months`. A month that was not planned so is volume."""
    cells = document.cells(line.id)
    sums = {name: part.copy_negate() for name, part in _said(document, line.id, months).items()}
    for at, volume, cost in zip(months, counted, actual, strict=True):
        cell = cells[at]
        extra = document.adjusted(line.id, document.months[at])
        exact = product(cell.volume, cell.unit_cost)
        driven = product(volume, cell.unit_cost)
        if exact is None or driven is None:
            change = _less(cost, MONEY_CONTEXT.subtract(cell.total, extra))
            sums["volume"] = MONEY_CONTEXT.add(sums["volume"], change)
            continue
        rounding = MONEY_CONTEXT.subtract(to_unit(exact, document.frame.places), exact)
        sums["volume"] = total([sums["volume"], driven, exact.copy_negate()])
        sums["price"] = total([sums["price"], _less(cost, driven, rounding)])
    planned = total([ZERO, *(cells[at].total for at in months)])
    spent = total([ZERO, *actual])
    return BridgeRow(
        line.id, line.path, line.title, planned, spent, sums, "drivers"
    ).check()  # fmt: skip


def unplanned(path: tuple[str | None, ...], told: Cells, actual: Decimal) -> BridgeRow:
    """The bridge of cost that no line has: what it cost before is volume that was not planned."""
    before, *parts = (amount if amount is not None else ZERO for amount in told)
    effects = dict(zip(EFFECTS, parts, strict=True))
    effects["volume"] = MONEY_CONTEXT.add(effects["volume"], before)
    return BridgeRow("", path, "", ZERO, actual, effects).check()


def _said(document: Document, line: str, months: Sequence[int]) -> dict[Effect, Decimal]:
    """Adjustments of money by what their authors said they are."""
    wanted = {document.months[at] for at in months}
    sums: dict[Effect, Decimal] = dict.fromkeys(EFFECTS, ZERO)
    for one in document.adjustments:
        if one.line == line and one.of == "amount" and one.month in wanted:
            sums[one.effect] = MONEY_CONTEXT.add(sums[one.effect], one.amount)
    return sums


def _less(whole: Decimal, *parts: Decimal) -> Decimal:
    return total([whole, *(part.copy_negate() for part in parts)])
