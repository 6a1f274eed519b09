"""The offers for a demand: the vendors' programs at the bill's own rates, else at public ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from outlay.money.display import day
from outlay.money.quotients import quotient
from outlay.savings.planner.catalogue import Catalogue, Program
from outlay.savings.planner.model import Demand, DemandClass, Offer, Payment
from outlay.savings.planner.plan import Term

SPEND_STEP = Decimal("0.001")
"""Spend commitments are bought in thousandths of the currency an hour, as AWS sells them."""

_LEAST_STEP = Decimal("0.000001")


@dataclass(frozen=True)
class BillRate:
    """What a bill shows of a program: the discount on what a commitment covered of a family, its
    term and how it is paid (of a term that is not known: no rate is taken from it)."""

    program: str
    usage: str
    family: str
    years: int
    payment: Payment
    discount: Decimal
    commitment: str


def offers(
    demand: Demand,
    catalogue: Catalogue,
    terms: Iterable[Term],
    seen: Iterable[BillRate] = (),
    ratios: Mapping[str, Decimal] | None = None,
) -> dict[Term, tuple[Offer, ...]]:
    """The offers on each of some terms. `ratios` is by class what its price without a commitment
    (contracted) is times what it costs now on demand, where other discounts make them differ: a
    commitment stands in their place."""
    rates = _by_program(seen)
    return {
        term: tuple(_on(term, demand, catalogue, rates, ratios or {}))
        for term in dict.fromkeys(terms)
    }


@dataclass(frozen=True)
class _Priced:
    """A class with what an offer takes off: `discount` of what is paid on demand now, `contracted`
    of the price by contract."""

    of: DemandClass
    discount: Decimal
    contracted: Decimal
    source: str


_Rates = Mapping[tuple[str, str, int, Payment], Mapping[str, BillRate]]


def _by_program(seen: Iterable[BillRate]) -> _Rates:
    found: dict[tuple[str, str, int, Payment], dict[str, BillRate]] = {}
    for one in seen:
        found.setdefault((one.program, one.usage, one.years, one.payment), {})[one.family] = one
    return found


def _on(
    term: Term, demand: Demand, catalogue: Catalogue, rates: _Rates, ratios: Mapping[str, Decimal]
) -> Iterable[Offer]:
    for program in catalogue.programs:
        if program.provider != demand.provider:
            continue
        priced: dict[str, _Priced] = {}
        for one in demand.classes:
            found = _discount(program, one, term, rates, catalogue)
            if found is None:
                continue
            discount = _after(found[0], ratios.get(one.key, Decimal(1)))
            if discount > 0:
                priced[one.key] = _Priced(one, discount, found[0], found[1])
        if program.reach == "payer" and priced:
            yield _offer(program, term, demand, priced.values(), "")
        elif program.reach == "family":
            for each in priced.values():
                if program.kind == "quantity" and not each.of.unit_price:
                    continue  # without a unit's price nobody can say how many to buy
                yield _offer(program, term, demand, [each], each.of.key)


def _after(discount: Decimal, ratio: Decimal) -> Decimal:
    """The discount on what is paid now, of one on the contracted price."""
    if ratio == 1:
        return discount
    return (Decimal(1) - (Decimal(1) - discount) * ratio).quantize(Decimal("0.000001"))


def _discount(
    program: Program, one: DemandClass, term: Term, rates: _Rates, catalogue: Catalogue
) -> tuple[Decimal, str] | None:
    public = program.discount(one.usage, *term)
    if public is None:
        return None
    seen = rates.get((program.id, one.usage, *term), {})
    if one.family in seen:
        return seen[one.family].discount, f"the bill ({seen[one.family].commitment})"
    return public, f"public rates of {day(catalogue.as_of)}"


def _offer(
    program: Program,
    term: Term,
    demand: Demand,
    classes: Iterable[_Priced],
    scope: str,
) -> Offer:
    listed = list(classes)
    first = listed[0].of
    step, unit = SPEND_STEP, ""
    if program.kind == "quantity":
        # A unit costs its contracted price less the offer's own discount, whatever other discounts
        # take off it on demand.
        price = (first.unit_price or Decimal(0)) * (Decimal(1) - listed[0].contracted)
        step = max(price.quantize(_LEAST_STEP), _LEAST_STEP)
        unit = first.unit
    years, payment = term
    title = f"{program.title} {first.title}" if scope else program.title
    return Offer(
        id="/".join(filter(None, (program.id, f"{years}y", payment, scope))),
        program=program.id,
        title=title,
        provider=program.provider,
        kind=program.kind,
        action=program.action,
        order=program.order,
        years=years,
        payment=payment,
        discounts={one.of.key: one.discount for one in listed},
        sources={one.of.key: one.source for one in listed},
        step=step,
        unit=unit,
        region=first.region if scope else "",
    )


def rate_of(contracted: Decimal, effective: Decimal) -> Decimal | None:
    """The discount that covered usage shows, to six decimals; None where it shows none."""
    saved = quotient(contracted - effective, contracted, 6)
    return saved if saved is not None and 0 < saved < 1 else None
