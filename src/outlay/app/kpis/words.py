"""KPIs in words and in figures for people."""

from __future__ import annotations

from decimal import Decimal

from outlay.money import display
from outlay.savings.kpis import KpiKind

NOTHING = "–"


def told(value: Decimal | None, kind: KpiKind, currency: str) -> str:
    """A value for people: ``23.4%``, ``1,200.00``, ``12.5 days``, ``7``."""
    if value is None:
        return NOTHING
    if kind == "ratio":
        return display.share(value)
    if kind == "days":
        return f"{value:f} days"
    if kind == "count":
        return display.count(value)
    return display.amount(value, currency)
