"""Levels of commitments: in whole steps, and at an offer's own rates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from outlay.savings.planner.model import Offer

_NEARLY = Decimal("1e-9")


def ratio_of(offer: Offer, blended: Offer, size: Mapping[str, float]) -> Decimal:
    """What the same usage takes at an offer's own rates, against the mixed ones."""
    keys = [key for key in blended.discounts if size.get(key, 0) > 0] or list(blended.discounts)
    mine = sum(size.get(key, 1.0) * float(1 - offer.discounts[key]) for key in keys)
    mixed = sum(size.get(key, 1.0) * float(1 - blended.discounts[key]) for key in keys)
    return Decimal(repr(mine / mixed)) if mixed else Decimal(1)


def in_steps(level: float, step: Decimal, *, down: bool = False) -> Decimal:
    """A level as whole steps, exactly."""
    count = Decimal(repr(level)) / step
    whole = int(count + _NEARLY) if down else int(count.quantize(Decimal(1), ROUND_HALF_EVEN))
    return step * whole
