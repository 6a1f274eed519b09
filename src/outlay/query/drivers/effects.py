"""The effects into which a change is taken apart: one table of names, words and order."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["before", "usage", "commitment", "other", "currency", "rest"]


@dataclass(frozen=True)
class EffectKind:
    """One effect. `phrase` is what a sentence says of a rise and of a fall that it caused."""

    name: str
    title: str
    description: str
    family: Family
    phrase: tuple[str, str]


EFFECTS: dict[str, EffectKind] = {
    kind.name: kind
    for kind in (
        EffectKind(
            "restatement", "Restated bills",
            "The earlier period was delivered again: what is known of it now, less what was "
            "known then",
            "before", ("restated bills", "restated bills"),
        ),
        EffectKind(
            "rules", "Changed rules",
            "The earlier period by the rules of now, less by the rules of then: what tags and "
            "splits moved in or out",
            "before", ("changed tag rules", "changed tag rules"),
        ),
        EffectKind(
            "new", "New",
            "Usage of a price on a resource that had none in the earlier period",
            "usage", ("what is new", "what is new"),
        ),
        EffectKind(
            "gone", "Gone",
            "Usage of a price on a resource that has none in the asked period",
            "usage", ("what ended", "what ended"),
        ),
        EffectKind(
            "usage", "Usage",
            "More or fewer units at the earlier price",
            "usage", ("more usage", "less usage"),
        ),
        EffectKind(
            "length", "Length of period",
            "As many units a day as before, over more or fewer days",
            "usage", ("more days", "fewer days"),
        ),
        EffectKind(
            "price", "Price",
            "Units of the asked period at another price than before",
            "usage", ("a higher price", "a lower price"),
        ),
        EffectKind(
            "unmetered", "Usage without quantities",
            "Usage whose price is not known: no quantity, one of nought, or quantities of both "
            "signs",
            "usage", ("usage without quantities", "usage without quantities"),
        ),
        EffectKind(
            "commitment", "Commitments",
            "The same usage at another mix of on-demand and committed price or at another "
            "committed price, and commitment that was not used",
            "commitment", ("less saved by commitments", "more saved by commitments"),
        ),
        EffectKind(
            "credit", "Credits", "Charges of the category Credit",
            "other", ("fewer credits", "more credits"),
        ),
        EffectKind(
            "tax", "Tax", "Charges of the category Tax", "other", ("tax", "tax"),
        ),
        EffectKind(
            "purchase", "Purchases", "Charges of the category Purchase: commitments, fees, support",
            "other", ("purchases", "fewer purchases"),
        ),
        EffectKind(
            "adjustment", "Adjustments", "Charges of the category Adjustment",
            "other", ("adjustments", "adjustments"),
        ),
        EffectKind(
            "correction", "Corrections", "Usage of the class Correction, such as refunds",
            "other", ("corrections", "corrections"),
        ),
        EffectKind(
            "shared", "Shared costs",
            "What the splits of a virtual tag give to it, less what they take",
            "other", ("shared costs", "shared costs"),
        ),
        EffectKind(
            "moved", "Moved between groups",
            "The same resource and price in another group than before, at its earlier cost",
            "other", ("what moved in", "what moved out"),
        ),
        EffectKind(
            "currency", "Exchange rates",
            "The same amounts of another currency at other rates",
            "currency", ("exchange rates", "exchange rates"),
        ),
        EffectKind(
            "rounding", "Rounding of prices",
            "Quotients have twelve decimals; what that leaves over",
            "rest", ("rounding", "rounding"),
        ),
    )
}  # fmt: skip
"""Every effect by name, in the order in which they are told. Each is money of a report's currency;
together they are the change, to the last digit."""

OTHER = ("tax", "purchase", "adjustment", "correction")
"""What is neither usage, commitment nor credit."""
