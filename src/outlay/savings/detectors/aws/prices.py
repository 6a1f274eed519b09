"""What an hour of a machine costs: from the bill's own list prices, else by a dated ratio.

Prices are AWS's public on-demand prices of Linux in N. Virginia for the size ``large``, as of
November 2025 (aws.amazon.com/ec2/pricing/on-demand); within these families a size costs its share
of ``large``, and a region changes both sides alike, so that only quotients of them are used.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from outlay.savings.detectors.aws.parts import PROVIDER, used
from outlay.savings.detectors.contract import Facts

AS_OF = "November 2025"

LARGE = {
    name: Decimal(price)
    for name, price in (
        pair.split("=")
        for pair in (
            "m3=0.133 m4=0.1 m5=0.096 m5a=0.086 m6i=0.096 m6a=0.0864 m7i=0.1008 m7a=0.11592 "
            "m7g=0.0816 c3=0.105 c4=0.1 c5=0.085 c5a=0.077 c6i=0.085 c6a=0.0765 c7i=0.08925 "
            "c7a=0.10264 c7g=0.0725 r3=0.166 r4=0.133 r5=0.126 r5a=0.113 r6i=0.126 r6a=0.1134 "
            "r7i=0.1323 r7a=0.15215 r7g=0.1071 t2=0.0928 t3=0.0832 t3a=0.0752 t4g=0.0672"
        ).split()
    )
}
"""Family → US dollars an hour of its size ``large``."""

NEWER = {
    "m3": "m6i", "m4": "m6i", "m5": "m6a", "c3": "c6i", "c4": "c6i", "c5": "c6a", "r3": "r6i",
    "r4": "r6i", "r5": "r6a", "t2": "t3",
}  # fmt: skip
"""Family of a generation before → a newer one of the same instruction set that costs less."""

GRAVITON = {
    **dict.fromkeys(("m3", "m4", "m5", "m5a", "m6i", "m6a", "m7i", "m7a"), "m7g"),
    **dict.fromkeys(("c3", "c4", "c5", "c5a", "c6i", "c6a", "c7i", "c7a"), "c7g"),
    **dict.fromkeys(("r3", "r4", "r5", "r5a", "r6i", "r6a", "r7i", "r7a"), "r7g"),
    **dict.fromkeys(("t2", "t3", "t3a"), "t4g"),
}
"""Family → the family of Arm machines with as much memory for each processor."""

SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
SMALL_SIZES = ("nano", "micro", "small", "medium", "large", "xlarge", "2xlarge")
"""Sizes that both sides of a move have; those of T machines."""

_BOX = re.compile(r"^BoxUsage:([a-z0-9-]+)\.([a-z0-9]+)$")

LINUX = "RunInstances"
"""The operation of machines whose price has no licence in it; others (``RunInstances:0002`` is
Windows) pay a part that no generation changes."""


def machine(meter: str) -> tuple[str, str] | None:
    """Family and size of an on-demand machine's usage type; None for anything else."""
    match = _BOX.match(meter)
    return (match.group(1), match.group(2)) if match else None


def moved(meter: str, families: dict[str, str]) -> tuple[str, str] | None:
    """The family and size that a usage type moves to; None where there is no such machine."""
    known = machine(meter)
    if known is None or known[0] not in families:
        return None
    family, size = known
    if size not in (SMALL_SIZES if family.startswith("t") else SIZES):
        return None
    return families[family], size


class HourPrices:
    """List prices an hour of one look: region, operation and usage type → amount."""

    def __init__(self, facts: Facts, days: int) -> None:
        first, end = facts.window(days, PROVIDER)
        rows = facts.rows(
            f"""SELECT currency, region, operation, meter, sum(listed) AS cost,
                sum(quantity) AS hours FROM {used()}
            WHERE starts_with(meter, 'BoxUsage:') AND NOT spot
            GROUP BY ALL HAVING sum(quantity) > 0 AND sum(listed) > 0""",
            {"first": first, "end": end},
        )
        self._known = {
            (row["currency"], row["region"], row["operation"], row["meter"]): Fraction(row["cost"])
            / Fraction(row["hours"])
            for row in rows
        }

    def ratio(
        self, currency: str, region: str, meter: str, target: str
    ) -> tuple[Fraction, str] | None:
        """What `target` (``m6i.large``) costs for each unit of what `meter` costs at list, and
        where that is from in words; None where nobody knows."""
        known = machine(meter)
        here = self._known.get((currency, region, LINUX, meter))
        there = self._known.get((currency, region, LINUX, f"BoxUsage:{target}"))
        if here and there:
            return there / here, "list prices of this bill"
        family = target.split(".")[0]
        if known is None or known[0] not in LARGE or family not in LARGE:
            return None
        ratio = Fraction(LARGE[family]) / Fraction(LARGE[known[0]])
        return ratio, f"ratio of AWS's list prices in N. Virginia, {AS_OF}"
