"""What an Azure line is, as SQL conditions: its charge type, and its part in a commitment.

The actual-cost report has the purchases of reservations and savings plans, and 0 on the usage
that they cover; the amortized-cost report has that usage at its share of the purchase, a line for
what was not used, and no purchase.
"""

from dataclasses import dataclass

from outlay.sources.azure_export.columns import Columns

CATEGORIES: dict[str, str] = {
    "usage": "Usage",
    "unusedreservation": "Usage",
    "unusedsavingsplan": "Usage",
    "purchase": "Purchase",
    "refund": "Purchase",
    "tax": "Tax",
    "credit": "Credit",
    "roundingadjustment": "Adjustment",
}
"""ChargeType without case and blanks → ChargeCategory; any other is an Adjustment."""


@dataclass(frozen=True)
class Lines:
    """SQL of a row's kind and conditions on it; none of the conditions is ever NULL."""

    kind: str
    """ChargeType without case and blanks; `usage` where a dialect has none."""
    usage: str
    covered: str
    """Usage that a reservation or savings plan covers."""
    unused: str
    """The part of a commitment that no usage took."""
    bought: str
    """A commitment's purchase, or the refund of one."""
    reservation: str
    """Of a line in a commitment: it is a reservation's, else a savings plan's."""
    commitment: str
    """Id of the commitment of such a line."""

    @classmethod
    def of(cls, columns: Columns) -> "Lines":
        """Build the conditions from the columns that there are."""
        kind = f"coalesce({columns.word('ChargeType')}, 'usage')"
        model = columns.word("PricingModel")
        names = ("BenefitId", "ReservationId")
        ids = [columns.text(name) for name in names if columns.has(name)]
        named = " OR ".join(f"{sql} IS NOT NULL" for sql in ids) or "false"
        committed = f"coalesce({model} IN ('reservation', 'savingsplan'), {named})"
        benefit = columns.text("BenefitId")
        usage = f"{kind} = 'usage'"
        more = ("ProductOrderId", "BenefitName", "ReservationName")
        ids += [columns.text(name) for name in more if columns.has(name)]
        return cls(
            kind=kind,
            usage=usage,
            covered=f"({usage} AND {committed})",
            unused=f"({kind} IN ('unusedreservation', 'unusedsavingsplan'))",
            bought=f"({kind} IN ('purchase', 'refund') AND {committed})",
            reservation=(
                f"(CASE WHEN contains(lower({benefit}), '/microsoft.capacity/') THEN true "
                f"WHEN contains(lower({benefit}), '/microsoft.billingbenefits/') THEN false "
                f"ELSE {kind} = 'unusedreservation' "
                f"OR coalesce({model} <> 'savingsplan', {kind} <> 'unusedsavingsplan') END)"
            ),
            commitment=f"lower(coalesce({', '.join([*ids, 'NULL'])}))",
        )
