"""Answers of the API: KPIs."""

from __future__ import annotations

from typing_extensions import TypedDict

from outlay.client.shapes.values import Day, Number


class KpiPart(TypedDict):
    """A part of `Kpi`: a figure that it is made of."""

    name: str
    value: Number | None
    kind: str


class Kpi(TypedDict):
    """A part of `Kpis`."""

    name: str
    title: str
    value: Number | None
    kind: str
    before: Number | None
    good: str | None
    formula: str
    parts: list[KpiPart]
    reason: str


class KpiOwner(TypedDict):
    """A part of `Kpis`: those of an owner."""

    owner: str | None
    cost: Number
    potential: Number
    potential_share: Number | None
    waste: Number
    waste_share: Number | None
    realised: Number
    missed: Number
    recommendations: int
    overdue: int
    time_to_act_days: Number | None
    accepted: int
    dismissed: int


class KpiMonth(TypedDict):
    """A part of `Kpis`: what was promised and realised of a month."""

    month: str
    promised: Number
    realised: Number
    missed: Number


# `from` is a word of Python, so that this one is not written as a class.
Kpis = TypedDict(
    "Kpis",
    {
        "currency": str,
        "currencies": list[str],
        "from": Day,
        "to": Day,
        "owner_tag": str | None,
        "kpis": list[Kpi],
        "owners": list[KpiOwner],
        "months": list[KpiMonth],
    },
)
"""The answer of `get_kpis`."""
