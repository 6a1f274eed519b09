"""Answers of the API: contracts."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Number

# `from` is a word of Python, so that these are not written as classes.
ContractTerm = TypedDict(
    "ContractTerm",
    {
        "from": Day,
        "until": Day,
        "obligation": Number,
        "state": str,
        "carried": Number,
        "used": Number,
        "complete": Number,
        "complete_until": Day,
        "left": Number,
        "outlook": Number | None,
        "low": Number | None,
        "high": Number | None,
        "shortfall": Number | None,
        "overage": Number | None,
        "overage_cost": Number | None,
        "used_up_on": Day | None,
        "even_by_now": Number | None,
        "needed_a_day": Number | None,
        "reason": str,
    },
)
"""A part of `ContractStatus`: a term and where it stands."""


class ContractStatus(TypedDict):
    """The answer of `get_contract`, and each of `list_contracts`."""

    name: str
    title: str
    vendor: str
    currency: str
    version: int
    spec: dict[str, Any]
    state: str
    wants: list[str]
    problem: str
    begins: Day
    ends: Day
    days_left: int
    notice_on: Day
    notice_days_left: int
    automatic: bool
    terms: list[ContractTerm]


class ContractPriceCheck(TypedDict):
    """A part of `ContractPrices`: an agreed price against one SKU and unit."""

    price: str
    verdict: str
    SkuId: str
    SkuMeter: str
    PricingUnit: str
    PricingQuantity: Number | None
    currency: str
    lines: int
    listed: Number
    charged: Number
    expected: Number | None
    difference: Number | None
    agreed_price: Number | None
    agreed_discount: Number | None
    paid_price: Number | None
    paid_discount: Number | None
    reason: str


ContractPrices = TypedDict(
    "ContractPrices",
    {
        "contract": str,
        "from": Day,
        "to": Day,
        "overcharged": dict[str, Number],
        "without_charges": list[str],
        "checks": list[ContractPriceCheck],
    },
)
"""The answer of `check_contract_prices`."""
