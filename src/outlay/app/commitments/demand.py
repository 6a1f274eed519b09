"""What the planner plans for: a payer's usage by class and slot, and what is held beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from outlay.app.commitments.held import Terms, short
from outlay.app.commitments.ledger import Cell, Looked
from outlay.money import total
from outlay.savings.planner.catalogue import Catalogue
from outlay.savings.planner.gathering import Slots, class_key, demand_class, price_ratio
from outlay.savings.planner.model import Demand, Held, Payment
from outlay.savings.planner.offers import BillRate, rate_of

_PAYMENTS: Mapping[str, Payment] = {
    "No Upfront": "none",
    "Partial Upfront": "partial",
    "All Upfront": "all",
}
_LATER = 50


@dataclass(frozen=True)
class Prepared:
    """A payer's demand with the rates that its bill shows, and by class what contracted prices are
    times what on-demand usage costs."""

    demand: Demand
    rates: tuple[BillRate, ...]
    ratios: Mapping[str, Decimal]


def prepare(
    looked: Looked, payer: tuple[str, str, str], terms: Mapping[str, Terms], catalogue: Catalogue
) -> Prepared | None:
    """The demand of one payer (provider, billing account, currency); None where nothing it uses
    can be committed to."""
    provider, account, currency = payer
    cells = [
        one
        for one in looked.cells
        if (one.provider, one.payer, one.currency) == (provider, account, currency)
    ]
    usage = [one for one in cells if one.matched is not None and one.state != "unused"]
    if not usage:
        return None
    groups: dict[str, list[Cell]] = {}
    for one in usage:
        groups.setdefault(class_key(one), []).append(one)
    classes = tuple(demand_class(key, many) for key, many in sorted(groups.items()))
    hourly = looked.hourly and any(one.at.hour for one in usage)
    slots = Slots(looked.start, looked.days, hourly)
    on_demand = {
        key: slots.sums((c.at, c.effective) for c in many if c.state == "on-demand")
        for key, many in groups.items()
    }
    demand = Demand(
        account, provider, currency, looked.start, slots.count, slots.hours, classes, on_demand,
        tuple(_held(cells, terms, catalogue, slots)),
    )  # fmt: skip
    return Prepared(
        demand,
        tuple(_rates(cells, terms, catalogue)),
        {
            key: ratio
            for key, many in groups.items()
            if (ratio := price_ratio([one for one in many if one.state == "on-demand"])) != 1
        },
    )


def _held(
    cells: Sequence[Cell], terms: Mapping[str, Terms], catalogue: Catalogue, slots: Slots
) -> Iterable[Held]:
    groups: dict[str, list[Cell]] = {}
    for one in cells:
        if one.state != "on-demand" and one.commitment:
            groups.setdefault(one.commitment, []).append(one)
    for identifier, many in sorted(groups.items()):
        used = [one for one in many if one.state == "covered"]
        classes: dict[str, list[Cell]] = {}
        for one in used:
            if one.matched is not None:
                classes.setdefault(class_key(one), []).append(one)
        kind = next((one.type for one in many if one.type), "")
        program = catalogue.program_of(many[0].provider, kind)
        contracted = total(one.contracted for one in used)
        discount = rate_of(contracted, total(one.effective for one in used))
        known = terms.get(identifier, Terms())
        yield Held(
            identifier,
            short(identifier),
            program.order if program else _LATER,
            discount or Decimal(0),
            slots.sums(_costs(many, slots)),
            {key: slots.sums((c.at, c.contracted) for c in own) for key, own in classes.items()},
            known.end,
        )


def _costs(cells: Sequence[Cell], slots: Slots) -> Iterable[tuple[datetime, Decimal]]:
    """What a commitment costs, slot by slot; an unused part that is known by the day lies in its
    first hour, which changes no sum."""
    for one in cells:
        yield one.at, one.effective


def _rates(
    cells: Sequence[Cell], terms: Mapping[str, Terms], catalogue: Catalogue
) -> Iterable[BillRate]:
    groups: dict[tuple[str, str, str], list[Cell]] = {}
    for one in cells:
        if one.state == "covered" and one.commitment and one.matched is not None:
            groups.setdefault((one.commitment, one.matched.usage.id, one.family), []).append(one)
    for (identifier, usage, family), many in sorted(groups.items()):
        known = terms.get(identifier, Terms())
        program = catalogue.program_of(many[0].provider, many[0].type)
        payment = _PAYMENTS.get(known.payment)
        discount = rate_of(
            total(one.contracted for one in many), total(one.effective for one in many)
        )
        if program is None or payment is None or discount is None or known.months not in (12, 36):
            continue
        yield BillRate(
            program.id, usage, family, known.months // 12, payment, discount,
            short(identifier),
        )  # fmt: skip


def whole_weeks(days: int) -> int:
    """So many days, rounded down to weeks: weekdays then stand for weekdays."""
    return max(days // 7 * 7, 7)
