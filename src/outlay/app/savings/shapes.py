"""Recommendations as JSON data: money as text, days as they are, times with a final Z."""

from __future__ import annotations

from typing import Any

from outlay.app.savings.listing import Apart, Listed, Row, Shown
from outlay.app.savings.looking import Look
from outlay.app.savings.policy import Policy
from outlay.app.savings.store import LookRecord, Step
from outlay.app.savings.telling import discounted
from outlay.app.shapes import plain
from outlay.savings.model import Evidence, Finding, Headroom
from outlay.savings.netting import Promise, Totals
from outlay.savings.recommendation import Recommendation

Json = dict[str, Any]


def row_json(row: Row) -> Json:
    """A recommendation in short, as lists have it."""
    one, finding, promise = row.recommendation, row.recommendation.finding, row.promise
    return {
        "id": one.id,
        "state": one.state,
        "reason": one.reason,
        "title": finding.title,
        "action": one.action,
        "group": one.group,
        "nature": one.nature,
        "provider": one.provider,
        "account": one.account,
        "region": one.region,
        "service": one.service,
        "resource": one.resource,
        "resource_name": one.resource_name,
        "scope": one.scope,
        "where": one.where,
        "current": finding.current,
        "recommended": finding.recommended,
        "currency": one.currency,
        "monthly_saving": plain(finding.monthly_saving),
        "monthly_saving_list": plain(finding.monthly_saving_list),
        "monthly_best": plain(row.best),
        "monthly_net": plain(row.net),
        "monthly_cost": plain(one.cost if one.cost is not None else finding.monthly_cost),
        "counts": promise is not None,
        "tools": sorted({each.tool for each in one.findings}),
        "detector": finding.detector,
        "confidence": finding.confidence,
        "effort": finding.effort,
        "restart": finding.restart,
        "rollback": finding.rollback,
        "owner": one.owner,
        "owner_tag": one.owner_tag,
        "assignee": one.assignee,
        "due_on": plain(one.due_on),
        "overdue": row.overdue,
        "snoozed_until": plain(one.snoozed_until),
        "gone": one.gone,
        "first_seen": plain(one.first_seen),
        "last_seen": plain(one.last_seen),
        "accepted_at": plain(one.accepted_at),
        "implemented_at": plain(one.implemented_at),
        "verified_at": plain(one.verified_at),
        "updated_at": plain(one.updated_at),
    }


def listed_json(found: Listed, limit: int | None = None) -> Json:
    """A list with its totals, which are over all that is sought."""
    return {
        "rows": [row_json(one) for one in found.rows[:limit]],
        "count": len(found.rows),
        "totals": [totals_json(one) for one in found.totals],
        "apart": [_apart(one) for one in found.apart],
        "counts": dict(found.counts),
        "overdue": found.overdue,
        "looked_at": plain(found.look.at) if found.look else None,
    }


def totals_json(one: Totals) -> Json:
    """Totals of one currency: every finding, best of alternatives, net; the same at list."""
    return {
        "currency": one.currency,
        "count": one.count,
        "all": plain(one.all),
        "best": plain(one.best),
        "net": plain(one.net),
        "all_list": plain(one.all_list),
        "best_list": plain(one.best_list),
        "net_list": plain(one.net_list),
    }


def shown_json(found: Shown) -> Json:
    """One recommendation with everything that is told of it."""
    one, promise = found.row.recommendation, found.row.promise
    return {
        **row_json(found.row),
        "owner_why": one.owner_why,
        "discount": _discount(one),
        "discount_why": discounted(one),
        "accepted_by": one.accepted_by,
        "cycle": one.cycle,
        "findings": [finding_json(each) for each in one.findings],
        "effects": _effects(promise, found),
        "others": [row_json(each) for each in found.others],
        "steps": [step_json(each) for each in found.steps],
    }


def _discount(one: Recommendation) -> Json | None:
    """What private discounts take off its charges a month; None for nothing."""
    if one.discount is None:
        return None
    return {
        "rate": plain(one.discount.rate),
        "before": plain(one.discount.before),
        "off": plain(one.discount.off),
        "lines": list(one.discount.lines),
    }


def finding_json(one: Finding) -> Json:
    """What one tool says."""
    return {
        "tool": one.tool,
        "detector": one.detector,
        "native_id": one.native_id,
        "title": one.title,
        "basis": one.basis,
        "current": one.current,
        "recommended": one.recommended,
        "monthly_saving": plain(one.monthly_saving),
        "monthly_saving_list": plain(one.monthly_saving_list),
        "monthly_cost": plain(one.monthly_cost),
        "first_day": plain(one.first_day),
        "end_day": plain(one.end_day),
        "confidence": one.confidence,
        "reasons": list(one.reasons),
        "effort": one.effort,
        "restart": one.restart,
        "rollback": one.rollback,
        "risk": one.risk,
        "evidence": [_evidence(each) for each in one.evidence],
        "headroom": [_headroom(each) for each in one.headroom],
    }


def recommendation_json(one: Recommendation) -> Json:
    """What a step left: the recommendation with its state and people."""
    return {
        "id": one.id,
        "state": one.state,
        "reason": one.reason,
        "title": one.finding.title,
        "owner": one.owner,
        "assignee": one.assignee,
        "due_on": plain(one.due_on),
        "snoozed_until": plain(one.snoozed_until),
        "accepted_at": plain(one.accepted_at),
        "implemented_at": plain(one.implemented_at),
        "updated_at": plain(one.updated_at),
    }


def step_json(one: Step) -> Json:
    """What was done."""
    return {
        "at": plain(one.at),
        "author": one.author,
        "action": one.action,
        "note": one.note,
        "detail": plain(one.detail),
    }


def look_json(one: Look) -> Json:
    """What a look came to."""
    return {
        **record_json(one.record),
        "new": [each.id for each in one.new],
        "back": [each.id for each in one.back],
        "gone": [each.id for each in one.gone],
        "failed": dict(one.failed),
    }


def record_json(one: LookRecord) -> Json:
    """A look that was taken."""
    return {
        "at": plain(one.at),
        "outcome": one.outcome,
        "message": one.message,
        "found": one.found,
        "insufficient": one.insufficient,
        "duration_ms": one.duration_ms,
    }


def policy_json(one: Policy) -> Json:
    """The policy that counts; version 0: it is there without being saved."""
    return {"version": one.version, "author": one.author, "spec": one.spec.model_dump(mode="json")}


def _apart(one: Apart) -> Json:
    return {
        "nature": one.nature,
        "currency": one.currency,
        "count": one.count,
        "amount": plain(one.amount),
    }


def _effects(promise: Promise | None, found: Shown) -> list[Json]:
    numbers = {each.key: each.id for each in found.beside}
    return [
        {"why": each.why, "amount": plain(each.amount), "by": numbers.get(each.by)}
        for each in (promise.effects if promise else ())
    ]


def _evidence(one: Evidence) -> Json:
    return {"name": one.name, "value": plain(one.value), "unit": one.unit, "source": one.source}


def _headroom(one: Headroom) -> Json:
    return {
        "metric": one.metric,
        "statistic": one.statistic,
        "now": plain(one.now),
        "after": plain(one.after),
    }
