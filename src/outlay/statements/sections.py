"""The sections of a statement, and which of them a charge belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SUPPORT = "Support"
_SUPPORT_IS = f"ServiceSubcategory = '{SUPPORT}'"
_SUPPORT_IS_NOT = f"(ServiceSubcategory IS NULL OR ServiceSubcategory <> '{SUPPORT}')"
_NO_CORRECTION = "ChargeClass IS NULL"


@dataclass(frozen=True)
class Section:
    """A part of a statement. `where` is the condition that its charges satisfy ('' where it holds
    no charges of the month's bill), `column` the column of the month's table that it counts in."""

    name: str
    title: str
    about: str
    column: str
    where: str = ""


SECTIONS: Mapping[str, Section] = {
    section.name: section
    for section in (
        Section(
            "direct",
            "Direct",
            "Usage that the rules give to this value.",
            "direct",
            "ChargeCategory = 'Usage' AND (CommitmentDiscountStatus IS NULL OR "
            "CommitmentDiscountStatus <> 'Unused') "
            f"AND {_SUPPORT_IS_NOT} AND {_NO_CORRECTION}",
        ),
        Section(
            "unused",
            "Unused commitments",
            "What was committed to and not used.",
            "direct",
            "ChargeCategory = 'Usage' AND CommitmentDiscountStatus = 'Unused' "
            f"AND {_SUPPORT_IS_NOT} AND {_NO_CORRECTION}",
        ),
        Section(
            "purchase",
            "Purchases",
            "Bought once or for a term, such as marketplace products and subscriptions.",
            "direct",
            f"ChargeCategory = 'Purchase' AND {_SUPPORT_IS_NOT} AND {_NO_CORRECTION}",
        ),
        Section(
            "support",
            "Support",
            "Support contracts of the vendors.",
            "direct",
            f"ChargeCategory IN ('Usage', 'Purchase') AND {_SUPPORT_IS} AND {_NO_CORRECTION}",
        ),
        Section(
            "vendor",
            "Vendor adjustments",
            "Discounts and fees that the bill states on lines of their own.",
            "direct",
            f"ChargeCategory = 'Adjustment' AND {_NO_CORRECTION}",
        ),
        Section(
            "shared",
            "Shared",
            "What splits gave to this value, and took from it.",
            "shared",
        ),
        Section(
            "credit",
            "Credits",
            "Credits and refunds of the vendors.",
            "credits",
            f"ChargeCategory = 'Credit' AND {_NO_CORRECTION}",
        ),
        Section(
            "tax",
            "Tax",
            "Taxes, those on shared cost included.",
            "tax",
            "ChargeCategory = 'Tax'",
        ),
        Section(
            "correction",
            "Corrections of earlier months",
            "Charges of this month's bill that correct an earlier, invoiced one.",
            "corrections",
            "ChargeClass = 'Correction' AND ChargeCategory <> 'Tax'",
        ),
        Section(
            "adjustment",
            "Adjustments of closed statements",
            "What closed statements would say differently today.",
            "adjustments",
        ),
        Section(
            "dispute",
            "Settled disputes",
            "Amounts that move between values because a dispute was accepted.",
            "adjustments",
        ),
    )
}
"""Every section by name, in the order in which a statement shows them."""

OF_THE_BILL = tuple(name for name in SECTIONS if name not in ("adjustment", "dispute"))
"""The sections that make up the month's own bill."""

COLUMNS: Mapping[str, str] = {
    "direct": "Direct",
    "shared": "Shared",
    "credits": "Credits",
    "tax": "Tax",
    "corrections": "Corrections",
    "adjustments": "Adjustments",
}
"""The columns of the month's table: name and heading. They add up to the total."""


def section_of(row: Mapping[str, Any]) -> str:
    """The section of charges by their descriptive columns; the same as the conditions say."""
    category = row["ChargeCategory"]
    if category == "Tax":
        return "tax"
    if row["ChargeClass"] == "Correction":
        return "correction"
    if category == "Credit":
        return "credit"
    if category == "Adjustment":
        return "vendor"
    if row["ServiceSubcategory"] == SUPPORT:
        return "support"
    if category == "Purchase":
        return "purchase"
    return "unused" if row["CommitmentDiscountStatus"] == "Unused" else "direct"
