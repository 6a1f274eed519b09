"""Native recommendations as JSON, alike for the command line and the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from outlay.app.native.reading import NativeSource, NativeStatus
from outlay.app.native.store import Delivery
from outlay.app.native.syncing import NativeSync
from outlay.money import money_text
from outlay.savings.model import Finding
from outlay.savings.native.formats import FORMATS
from outlay.savings.native.model import Told


def status_json(one: NativeStatus) -> dict[str, Any]:
    """A source and how it stands."""
    return {
        "name": one.name,
        "title": one.title,
        "format": one.spec.format,
        "location": one.spec.location,
        "options": dict(one.spec.options),
        "cadence": one.spec.cadence,
        "enabled": one.spec.enabled,
        "freshness": one.freshness,
        "freshness_reason": one.reason,
        "delivery": delivery_json(one.delivery) if one.delivery else None,
        "findings": one.findings,
        "without_amount": one.without_amount,
        "told": one.told,
        "monthly_saving": {code: money_text(amount) for code, amount in one.sums.items()},
        "looked_at": _moment(one.looked_at),
        "next_sync_at": _moment(one.next_sync_at),
        "error": one.error,
    }


def source_json(one: NativeSource) -> dict[str, Any]:
    """A source with what its newest delivery says."""
    return status_json(one.status) | {
        "recommendations": [finding_json(finding) for finding in one.findings],
        "left_out": told_json(one.told),
        "deliveries": [delivery_json(delivery) for delivery in one.deliveries],
        "runs": [
            {
                "id": run.id,
                "started_at": _moment(run.started_at),
                "ended_at": _moment(run.ended_at),
                "outcome": run.outcome,
                "message": run.message,
            }
            for run in one.runs
        ],
    }


def delivery_json(one: Delivery) -> dict[str, Any]:
    """A delivery."""
    return {
        "id": one.id,
        "at": _moment(one.at),
        "format": one.format,
        "items": one.items,
        "digest": one.digest,
        **{key: one.detail.get(key, 0) for key in ("findings", "sizings", "told", "files")},
    }


def finding_json(one: Finding) -> dict[str, Any]:
    """A finding; amounts are texts, exact."""
    amounts = {
        name: None if value is None else money_text(value)
        for name, value in (
            ("monthly_saving", one.monthly_saving),
            ("monthly_saving_list", one.monthly_saving_list),
            ("monthly_cost", one.monthly_cost),
        )
    }
    plain = {
        name: getattr(one, name)
        for name in (
            "tool", "detector", "native_id", "provider", "account", "region", "service",
            "resource", "resource_name", "resource_type", "scope", "where", "action", "group",
            "title", "current", "recommended", "currency", "basis", "nature", "confidence",
            "effort", "restart", "rollback", "risk",
        )
    }  # fmt: skip
    return {
        **plain,
        **amounts,
        "reasons": list(one.reasons),
        "first_day": one.first_day.isoformat() if one.first_day else None,
        "end_day": one.end_day.isoformat() if one.end_day else None,
        "evidence": [
            {"name": e.name, "value": format(e.value, "f"), "unit": e.unit, "source": e.source}
            for e in one.evidence
        ],
        "headroom": [
            {"metric": h.metric, "statistic": h.statistic, "now": format(h.now, "f"),
             "after": format(h.after, "f")}
            for h in one.headroom
        ],
        "tags": dict(one.tags),
    }  # fmt: skip


def told_json(items: Iterable[Told]) -> list[dict[str, Any]]:
    """What could not be taken, and why."""
    return [asdict(one) for one in items]


def sync_json(one: NativeSync) -> dict[str, Any]:
    """What a sync did."""
    return {
        "source": one.source,
        "outcome": one.outcome,
        "error": one.error,
        "delivery": delivery_json(one.delivery) if one.delivery else None,
    }


def formats_json() -> list[dict[str, Any]]:
    """Every format, and what it is asked with."""
    from outlay.app.native.model import API_OPTIONS

    return [
        {
            "format": one.id,
            "title": one.title,
            "provider": one.provider,
            "shape": one.shape,
            "description": one.description,
            "options": dict(one.options),
            "api": API_OPTIONS.get(one.id),
        }
        for one in FORMATS.values()
    ]


def _moment(at: Any) -> str | None:
    return None if at is None else f"{at.isoformat(timespec='seconds')}Z"
