"""What can be done with a commitment that is not used: the vendors' own rules, in one table.

They are as commonly known in November 2026, and were not checked against the vendors' documents:
`source` names where to look before acting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a program allows: `exchange` for another, `resize` within its family, `sell` or give
    back, `share` with other accounts; each in a sentence, '' where it is not possible."""

    exchange: str
    resize: str
    sell: str
    share: str
    source: str

    @property
    def fixed(self) -> bool:
        """Whether it can neither be exchanged, resized nor given back."""
        return not (self.exchange or self.resize or self.sell)


_SHARED_AWS = (
    "Applies to all accounts of the organisation, unless discount sharing is turned off for the "
    "payer or an account: check Billing preferences."
)
RULES: Mapping[str, Rule] = {
    "aws-reserved": Rule(
        exchange="Convertible EC2 Reserved Instances can be exchanged for others of equal or "
        "greater value; standard ones, and those of RDS, ElastiCache, Redshift and OpenSearch, "
        "cannot.",
        resize="Size-flexible within the family and region (EC2 Linux regional, RDS, ElastiCache): "
        "smaller or larger sizes use it up without a change.",
        sell="Standard EC2 Reserved Instances can be sold in the Reserved Instance Marketplace; "
        "others cannot.",
        share=_SHARED_AWS,
        source="AWS, Exchange Convertible Reserved Instances; Reserved Instance Marketplace",
    ),
    "aws-instance-savings-plan": Rule(
        exchange="",
        resize="Covers every size, system and tenancy of its family in its region.",
        sell="Can be returned within seven days of purchase and the same calendar month, up to "
        "100 USD an hour; never after that.",
        share=_SHARED_AWS,
        source="AWS, Returning a purchased Savings Plan",
    ),
    "aws-compute-savings-plan": Rule(
        exchange="",
        resize="Covers EC2, Fargate and Lambda of any family, size and region: move such usage "
        "onto it.",
        sell="Can be returned within seven days of purchase and the same calendar month, up to "
        "100 USD an hour; never after that.",
        share=_SHARED_AWS,
        source="AWS, Returning a purchased Savings Plan",
    ),
    "azure-reservation": Rule(
        exchange="Can be exchanged for a reservation of the same type (another size or region) "
        "whose remaining commitment is at least as large, or traded in for a savings plan.",
        resize="Instance size flexibility within the series.",
        sell="Can be refunded in part, up to 50,000 USD of cancelled commitment in a rolling "
        "twelve months.",
        share="Widen its scope (resource group, subscription, management group, shared) at any "
        "time without cost.",
        source="Microsoft, Self-service exchanges and refunds for Azure Reservations",
    ),
    "azure-savings-plan": Rule(
        exchange="",
        resize="Covers compute of any series and region: move such usage onto it.",
        sell="",
        share="Widen its scope (resource group, subscription, management group, shared) at any "
        "time without cost.",
        source="Microsoft, Azure savings plan cancellation policies",
    ),
    "gcp-resource-cud": Rule(
        exchange="",
        resize="Commitments can be merged or split, and custom machine types use them up; the "
        "machine series and region stay.",
        sell="",
        share="Turn on discount sharing for the billing account: it then covers all its projects.",
        source="Google Cloud, Resource-based committed use discounts",
    ),
    "gcp-flexible-cud": Rule(
        exchange="",
        resize="Covers eligible spend of any series and region.",
        sell="",
        share="Covers all projects of the billing account.",
        source="Google Cloud, Compute flexible committed use discounts",
    ),
}
UNKNOWN = Rule("", "", "", "", "")

AT_END: Mapping[str, str] = {
    "aws-reserved": "It ends by itself; usage goes on at on-demand prices from that hour on.",
    "aws-instance-savings-plan": "It ends by itself, unless a renewal is queued; usage goes on at "
    "on-demand prices.",
    "aws-compute-savings-plan": "It ends by itself, unless a renewal is queued; usage goes on at "
    "on-demand prices.",
    "azure-reservation": "It ends by itself, unless automatic renewal is on (the default for new "
    "ones): then the same is bought again.",
    "azure-savings-plan": "It ends by itself, unless automatic renewal is on.",
    "gcp-resource-cud": "It ends by itself, unless automatic renewal is on; sustained use "
    "discounts apply again.",
    "gcp-flexible-cud": "It ends by itself, unless automatic renewal is on.",
}


def rule(program: str) -> Rule:
    """The rule of a program; one that allows nothing for an unknown one."""
    return RULES.get(program, UNKNOWN)


def at_end(program: str) -> str:
    """What happens when it ends, in a sentence."""
    return AT_END.get(program, "What it covers costs on-demand prices again.")
