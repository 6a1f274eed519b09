"""Realised savings as plain JSON values, for the API and for `--json`; amounts are text in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from outlay.app.realised.baselines import Recomputed
from outlay.app.realised.following import Followed
from outlay.app.realised.listing import Ledger, Of
from outlay.app.realised.words import basis, sentences
from outlay.money import money_text
from outlay.savings.realised.ledger import Change, Row, RunRate, Sums
from outlay.savings.realised.model import Baseline, Effects, Entry, KeyDay, Measured

Json = dict[str, Any]


def effects_json(effects: Effects) -> Json:
    """The parts of what was realised."""
    return {one.name: money_text(getattr(effects, one.name)) for one in fields(effects)}


def sums_json(sums: Sums) -> Json:
    """What entries come to, in one currency."""
    return {
        "currency": sums.currency,
        "recommendations": sums.recommendations,
        "entries": sums.entries,
        "days": sums.days,
        "promised": money_text(sums.promised),
        "realised": money_text(sums.realised),
        "missed": money_text(sums.missed),
        "beyond": money_text(sums.beyond),
        "effects": effects_json(sums.effects),
        "realised_list": money_text(sums.realised_list),
        "avoided": money_text(sums.avoided),
        "one_off": money_text(sums.one_off),
    }


def row_json(row: Row) -> Json:
    """A row of the ledger."""
    return {
        "value": row.value,
        **sums_json(row.sums),
        "restated": money_text(row.restated),
        "cumulated": money_text(row.cumulated),
    }


def entry_json(entry: Entry, *, days: bool = False) -> Json:
    """An entry; with `days`, what it is made of."""
    told: Json = {
        "entry": entry.id,
        "recommendation": entry.recommendation,
        "title": entry.title,
        "month": f"{entry.month:%Y-%m}",
        "at": entry.at.isoformat() + "Z",
        "snapshot": entry.snapshot,
        "currency": entry.currency,
        "nature": entry.nature,
        "owner_tag": entry.owner_tag,
        "owner": entry.owner,
        "provider": entry.provider,
        "action": entry.action,
        "days": len(entry.days),
        "promised": money_text(entry.promised),
        "counterfactual": money_text(entry.counterfactual),
        "actual": money_text(entry.actual),
        "effects": effects_json(entry.effects),
        "realised": money_text(entry.realised),
        "missed": money_text(entry.missed),
        "beyond": money_text(entry.beyond),
        "list_before": money_text(entry.list_before),
        "list_actual": money_text(entry.list_actual),
        "avoided": money_text(entry.avoided),
        "one_off": money_text(entry.one_off),
    }
    if days:
        told["measured"] = [day_json(one) for one in entry.days]
        told["keys"] = [key_json(one) for one in entry.keys]
        told["left_out"] = [
            {"day": day.isoformat(), "reason": reason} for day, reason in entry.left_out
        ]
    return told


def day_json(day: Measured) -> Json:
    """A day against the baseline."""
    return {
        "day": day.day.isoformat(),
        "baseline": day.baseline,
        "counterfactual": money_text(day.counterfactual),
        "actual": money_text(day.actual),
        "realised": money_text(day.realised),
        "effects": effects_json(day.effects),
        "one_off": money_text(day.one_off),
        "avoided": money_text(day.avoided),
        "gone": day.gone,
        "shared_with": list(day.partners),
    }


def key_json(row: KeyDay) -> Json:
    """A price key over the days of an entry."""
    return {
        "resource": row.key.resource,
        "meter": row.key.meter,
        "unit": row.key.unit,
        "share": money_text(row.share),
        "quantity_before": money_text(row.quantity_before),
        "rate_before": _maybe(row.rate_before),
        "counterfactual": money_text(row.counterfactual),
        "quantity": money_text(row.quantity),
        "actual": money_text(row.actual),
        "effects": effects_json(row.effects),
    }


def baseline_json(one: Baseline) -> Json:
    """A baseline: what was frozen, and from what."""
    return {
        "baseline": one.id,
        "recommendation": one.recommendation,
        "frozen_at": one.frozen_at.isoformat() + "Z",
        "snapshot": one.snapshot,
        "digest": one.digest,
        "first_day": one.first_day.isoformat(),
        "end_day": one.end_day.isoformat(),
        "days": one.days,
        "cadence": one.cadence,
        "currency": one.currency,
        "cost": money_text(one.cost),
        "promised": money_text(one.promised),
        "promised_list": _maybe(one.promised_list),
        "estimated": money_text(one.estimated),
        "where": one.where,
        "discounted": one.discounted,
        "basis": basis(one),
        "notes": list(one.notes),
        "keys": [
            {
                "resource": key.key.resource,
                "meter": key.key.meter,
                "unit": key.key.unit,
                "quantities": [money_text(value) for value in key.quantities],
                "rate": _maybe(key.rate),
                "list_rate": _maybe(key.list_rate),
                "costs": [money_text(value) for value in key.costs],
                "quantity": money_text(key.quantity),
                "cost": money_text(key.cost),
                "list_cost": money_text(key.list_cost),
                "covered": money_text(key.covered),
            }
            for key in one.keys
        ],
        "commitments": [
            {
                "commitment": held.id,
                "covered": [money_text(value) for value in held.covered],
                "unused": money_text(held.unused),
                "others": money_text(held.others),
            }
            for held in one.commitments
        ],
    }


def ledger_json(found: Ledger, limit: int) -> Json:
    """The ledger, with at most `limit` entries."""
    return {
        "by": found.by,
        "rows": [row_json(one) for one in found.rows],
        "totals": [sums_json(one) for one in found.totals],
        "months": [row_json(one) for one in found.months],
        "pace": [_pace(one) for one in found.pace],
        "changes": [_change(one) for one in found.changes],
        "entries": [entry_json(one) for one in found.entries[:limit]],
        "left_off": max(len(found.entries) - limit, 0),
    }


def of_json(of: Of) -> Json:
    """One recommendation: its baselines, months and days."""
    one = of.recommendation
    return {
        "recommendation": one.id,
        "title": one.finding.title,
        "state": one.state,
        "currency": one.currency,
        "nature": one.nature,
        "owner": one.owner,
        "since": of.since.isoformat() if of.since else None,
        "successor": of.successor,
        "sums": sums_json(of.sums),
        "week": None
        if of.week is None
        else {
            "first": of.week.first.isoformat(),
            "last": of.week.last.isoformat(),
            "days": of.week.days,
            "realised": money_text(of.week.realised),
            "promised": money_text(of.week.promised),
            "share": _maybe(of.week.share),
        },
        "words": list(sentences(of)),
        "baselines": [baseline_json(each) for each in of.baselines],
        "entries": [entry_json(each, days=True) for each in of.entries],
        "history": [entry_json(each) for each in of.history],
        "changes": [_change(each) for each in of.changes],
    }


def proof_json(found: Iterable[Recomputed]) -> list[Json]:
    """Whether baselines can be made again."""
    return [
        {
            "baseline": one.baseline.id,
            "snapshot": one.baseline.snapshot,
            "digest": one.baseline.digest,
            "same": one.same,
            "reason": one.reason,
        }
        for one in found
    ]


def followed_json(done: Followed) -> Json:
    """What a look did."""
    return {
        "at": done.at.isoformat() + "Z",
        "entries": len(done.entries),
        "seen": list(done.seen),
        "verified": list(done.verified),
        "sustained": list(done.sustained),
        "regressed": list(done.regressed),
    }


def _pace(one: RunRate) -> Json:
    return {
        "currency": one.currency,
        "month": money_text(one.month),
        "year": money_text(one.year),
        "recommendations": one.recommendations,
    }


def _change(one: Change) -> Json:
    return {
        "recommendation": one.recommendation,
        "month": f"{one.month:%Y-%m}",
        "currency": one.currency,
        "before": money_text(one.before),
        "after": money_text(one.after),
        "difference": money_text(one.difference),
    }


def _maybe(value: Decimal | None) -> str | None:
    return None if value is None else money_text(value)
