"""Detectors as JSON: their declaration, how they stand, what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from outlay.app.detectors.asking import Explained
from outlay.app.detectors.listing import Catalogue, Standing
from outlay.app.detectors.running import Ran
from outlay.app.detectors.telling import came, came_json
from outlay.money import money_text
from outlay.savings.detectors.contract import Value
from outlay.savings.model import Finding, Insufficient


def catalogue_json(found: Catalogue) -> dict[str, Any]:
    """The list."""
    return {
        "looked_at": found.looked_at.isoformat() if found.looked_at else None,
        "outcome": found.outcome,
        "message": found.message,
        "snapshot": found.snapshot,
        "policy_version": found.version,
        "detectors": [standing_json(one) for one in found.detectors],
    }


def standing_json(one: Standing) -> dict[str, Any]:
    """One detector: declaration, settings, and what the last look came to."""
    of = one.detector
    return {
        "id": one.id,
        "title": of.title,
        "area": one.area,
        "provider": of.provider,
        "service": of.service,
        "action": of.action,
        "group": of.group,
        "effort": of.effort,
        "confidence": of.confidence,
        "inputs": list(of.inputs),
        "metrics": list(of.metrics),
        "window_days": of.window_days,
        "minimum_days": of.minimum_days,
        "predicate": of.predicate,
        "formula": of.formula,
        "verification": of.verification,
        "exclusions": list(of.exclusions),
        "risk": of.risk,
        "restart": of.restart,
        "rollback": of.rollback,
        "source": of.source,
        "parameters": [
            {
                "name": parameter.name,
                "meaning": parameter.meaning,
                "unit": parameter.unit,
                "default": value_json(parameter.default),
                "value": value_json(one.values[parameter.name]),
                "changed": parameter.name in one.changed,
                "least": None if parameter.least is None else f"{parameter.least:f}",
                "most": None if parameter.most is None else f"{parameter.most:f}",
            }
            for parameter in of.parameters
        ],
        "enabled": one.enabled,
        "minimum_saving": money_text(one.minimum_saving),
        "where": one.where,
        "failed": one.failed,
        "last": None if one.came is None else came_json(one.came),
    }


def value_json(value: Value) -> str | bool:
    """A parameter's value: numbers as text in full."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def ran_json(ran: Ran | None) -> dict[str, Any]:
    """A run: findings, what could not be judged, and what failed; None: nothing was run alone."""
    if ran is None:
        ran = Ran((), (), {}, "")
    return {
        "snapshot": ran.snapshot,
        "findings": [found_json(one) for one in ran.findings],
        "insufficient": [lacking_json(one) for one in ran.insufficient],
        "failed": dict(ran.failed),
        "detectors": {name: came_json(one) for name, one in came(ran).items()},
        "explained": None,
    }


def explained_json(one: Explained) -> dict[str, Any]:
    """Why a detector says what it says of a resource."""
    return {
        "detector": one.detector,
        "resource": one.resource,
        "verdict": one.verdict,
        "because": list(one.because),
        "near": dict(one.near or {}),
        "finding": None if one.finding is None else found_json(one.finding),
    }


def lacking_json(one: Insufficient) -> dict[str, Any]:
    """What could not be judged."""
    return {
        "detector": one.detector,
        "resource": one.resource,
        "missing": one.missing,
        "provider": one.provider,
        "account": one.account,
        "currency": one.currency,
        "monthly_cost": None if one.monthly_cost is None else money_text(one.monthly_cost),
    }


def found_json(one: Finding) -> dict[str, Any]:
    """A finding with the figures it is made of."""
    return {
        "detector": one.detector,
        "title": one.title,
        "action": one.action,
        "provider": one.provider,
        "account": one.account,
        "region": one.region,
        "service": one.service,
        "resource": one.resource,
        "resource_name": one.resource_name,
        "scope": one.scope,
        "where": one.where,
        "group": one.group,
        "current": one.current,
        "recommended": one.recommended,
        "currency": one.currency,
        "monthly_saving": money_text(one.monthly_saving),
        "monthly_saving_list": _text(one.monthly_saving_list),
        "monthly_cost": _text(one.monthly_cost),
        "basis": one.basis,
        "confidence": one.confidence,
        "effort": one.effort,
        "reasons": list(one.reasons),
        "evidence": [_figure(figure) for figure in one.evidence],
        "headroom": [
            {"metric": room.metric, "statistic": room.statistic, "now": f"{room.now:f}",
             "after": f"{room.after:f}"}
            for room in one.headroom
        ],
    }  # fmt: skip


def _figure(figure: Any) -> Mapping[str, str]:
    return {
        "name": figure.name,
        "value": f"{figure.value:f}",
        "unit": figure.unit,
        "source": figure.source,
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)
