"""KPIs as plain JSON: exact amounts and rounded shares as text, unknown as null."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from outlay.app.kpis.kpis import Kpis
from outlay.money import money_text
from outlay.savings.kpis import Kpi, OwnerKpis


def kpis_json(found: Kpis) -> dict[str, Any]:
    """All of them."""
    return {
        "currency": found.currency,
        "currencies": list(found.currencies),
        "from": found.since.isoformat(),
        "to": found.until.isoformat(),
        "owner_tag": found.owner_tag or None,
        "kpis": [kpi_json(one) for one in found.kpis],
        "owners": [owner_json(one) for one in found.owners],
        "months": [
            {
                "month": one.month,
                "promised": money_text(one.promised),
                "realised": money_text(one.realised),
                "missed": money_text(one.missed),
            }
            for one in found.months
        ],
    }


def kpi_json(one: Kpi) -> dict[str, Any]:
    """One KPI with the figures that it is made of."""
    return {
        "name": one.name,
        "title": one.title,
        "value": _text(one.value),
        "kind": one.kind,
        "before": _text(one.before),
        "good": one.good or None,
        "formula": one.formula,
        "parts": [
            {"name": part.name, "value": _text(part.value), "kind": part.kind} for part in one.parts
        ],
        "reason": one.reason,
    }


def owner_json(one: OwnerKpis) -> dict[str, Any]:
    """The KPIs of an owner."""
    return {
        "owner": one.owner or None,
        "cost": money_text(one.cost),
        "potential": money_text(one.potential),
        "potential_share": _text(one.potential_share),
        "waste": money_text(one.waste),
        "waste_share": _text(one.waste_share),
        "realised": money_text(one.realised),
        "missed": money_text(one.missed),
        "recommendations": one.recommendations,
        "overdue": one.overdue,
        "time_to_act_days": _text(one.days),
        "accepted": one.accepted,
        "dismissed": one.dismissed,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else money_text(value)
