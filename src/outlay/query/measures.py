"""What can be summed: the measures, plain and derived, in one table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from outlay.expression.errors import QueryError, near_names

Kind = Literal["money", "quantity", "count"]
CREDIT = "ChargeCategory = 'Credit'"


@dataclass(frozen=True)
class Part:
    """One sum within a measure: `sign` × the sum of `column` over rows where `when` holds.

    `when` is an expression in the product's expression language, '' for all rows.
    """

    column: str
    sign: int = 1
    when: str = ""


@dataclass(frozen=True)
class Measure:
    """A sum over charges. `kind` is money, quantity (in units of its own) or count."""

    name: str
    title: str
    description: str
    kind: Kind
    parts: tuple[Part, ...]


def _plain(name: str, title: str, description: str, kind: Kind = "money") -> Measure:
    return Measure(name, title, description, kind, (Part(name),))


def _where(name: str, title: str, description: str, when: str) -> Measure:
    return Measure(name, title, description, "money", (Part("EffectiveCost", 1, when),))


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        _plain("EffectiveCost", "Effective cost", "Amortised cost after all discounts"),
        _plain("BilledCost", "Billed cost", "What the invoice charges"),
        _plain("ListCost", "List cost", "At public list price"),
        _plain("ContractedCost", "Contracted cost", "At negotiated price, without commitments"),
        _where(
            "CostBeforeCredits",
            "Cost before credits",
            "Effective cost of every charge but credits",
            "ChargeCategory <> 'Credit'",
        ),
        _where("Credits", "Credits", "Effective cost of credits, as a rule negative", CREDIT),
        _where("Tax", "Tax", "Effective cost of taxes", "ChargeCategory = 'Tax'"),
        Measure(
            "NegotiatedSaving",
            "Negotiated saving",
            "List cost less contracted cost",
            "money",
            (Part("ListCost"), Part("ContractedCost", -1)),
        ),
        Measure(
            "CommitmentSaving",
            "Commitment saving",
            "Contracted less effective cost of what commitments covered, less their unused part",
            "money",
            (
                Part("ContractedCost", 1, "CommitmentDiscountStatus = 'Used'"),
                Part("EffectiveCost", -1, "CommitmentDiscountStatus = 'Used'"),
                Part("EffectiveCost", -1, "CommitmentDiscountStatus = 'Unused'"),
            ),
        ),
        _plain("ConsumedQuantity", "Consumed quantity", "Usage in consumed units", "quantity"),
        _plain("PricingQuantity", "Pricing quantity", "Usage in pricing units", "quantity"),
        _plain("LineCount", "Lines", "Number of charges", "count"),
    )
}
DEFAULT_MEASURE = "EffectiveCost"


def measure_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names, checked and without repetition; raises QueryError naming the unknown one."""
    result: list[str] = []
    for name in names:
        if name not in MEASURES:
            raise QueryError(
                f"{name!r} is not a measure",
                field="measure",
                text=name,
                near=near_names(name, MEASURES),
                allowed=MEASURES,
            )
        if name not in result:
            result.append(name)
    if not result:
        raise QueryError("no measure is named", field="measure", allowed=MEASURES)
    return tuple(result)
