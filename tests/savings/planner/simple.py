"""Small demands and offers, so that every expectation can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.savings.planner.model import Demand, DemandClass, Held, Kind, Offer

MONDAY = date(2026, 11, 2)


def klass(key: str, service: str = "Machines", price: str = "1") -> DemandClass:
    """A class of usage whose unit costs `price` an hour on demand."""
    return DemandClass(
        key, "AWS", "111", "USD", "ec2", service, key, "us-east-1", "", f"{key}.large",
        Decimal(price),
    )  # fmt: skip


def demand(
    hourly: Mapping[str, Sequence[int | str]], held: Sequence[Held] = (), first: date = MONDAY
) -> Demand:
    """Daily slots: by class, what each day's hour costs on demand."""
    days = len(next(iter(hourly.values())))
    return Demand(
        "111", "AWS", "USD", first, days, 24, tuple(klass(key) for key in hourly),
        {key: tuple(Decimal(one) * 24 for one in row) for key, row in hourly.items()},
        tuple(held),
    )  # fmt: skip


def offer(
    discounts: Mapping[str, str], kind: Kind = "spend", order: int = 2, step: str = "0.1",
    **more: Any,
) -> Offer:  # fmt: skip
    """A spend offer at these discounts; a quantity offer of units that cost 1 an hour."""
    listed = {key: Decimal(value) for key, value in discounts.items()}
    if kind == "quantity":
        step = str(1 - next(iter(listed.values())))
    given: dict[str, Any] = {
        "id": f"{kind}/{'+'.join(discounts)}", "program": kind, "title": kind, "provider": "AWS",
        "kind": kind, "action": "PurchaseSavingsPlans", "order": order, "years": 1,
        "payment": "none", "discounts": listed, "step": Decimal(step), "unit": "large",
    }  # fmt: skip
    return Offer(**{**given, **more})
