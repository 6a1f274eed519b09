"""Commitments as plain JSON values, for the API, `--json` and assistants; amounts are text in
full, shares text of six decimals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from outlay.app.commitments.benefits import Matrix
from outlay.app.commitments.figures import Figures
from outlay.app.commitments.held import Commitment
from outlay.app.commitments.overview import Ending, Overview
from outlay.app.commitments.planning import PurchasePlanned
from outlay.money import money_text
from outlay.money.quotients import quotient, scaled
from outlay.savings.planner.model import Position
from outlay.savings.planner.plan import Outcome, Planned
from outlay.savings.planner.reckon import PositionSum, Sums

Json = dict[str, Any]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else money_text(amount)


def _share(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _exact(amount: Decimal) -> str:
    """A reckoned amount; simulated ones are rounded once, to 12 decimals."""
    return money_text(scaled(amount, 12))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def figures_json(one: Figures) -> Json:
    """Figures of one currency."""
    return {
        "currency": one.currency,
        "eligible": money_text(one.eligible),
        "covered": money_text(one.covered),
        "on_demand": money_text(one.on_demand),
        "cost": money_text(one.cost),
        "used": money_text(one.used),
        "unused": money_text(one.unused),
        "saved": money_text(one.saved),
        "coverage": _share(one.coverage),
        "coverage_hours": _share(one.coverage_hours),
        "utilisation": _share(one.utilisation),
        "waste": _share(one.waste),
        "effective_savings_rate": _share(one.savings_rate),
    }


def commitment_json(one: Commitment, today: date) -> Json:
    """One commitment."""
    return {
        "id": one.id,
        "name": one.name,
        "provider": one.provider,
        "payer": one.payer,
        "type": one.type or None,
        "program": one.program.id if one.program else None,
        "figures": figures_json(one.figures),
        "days": one.days,
        "per_hour": _share(one.per_hour),
        "discount": _share(one.discount),
        "start": _day(one.terms.start),
        "end": _day(one.terms.end),
        "days_left": one.days_left(today),
        "months": one.terms.months,
        "payment": one.terms.payment or None,
        "break_even_days": one.break_even_days,
        "break_even": _day(one.break_even),
        "accounts": list(one.accounts),
        "families": list(one.families),
        "elsewhere": money_text(one.elsewhere),
        "elsewhere_accounts": list(one.elsewhere_accounts),
        "at_end": one.at_end,
        "advice": one.advice(today),
        "rules": {
            "exchange": one.rule.exchange,
            "resize": one.rule.resize,
            "sell": one.rule.sell,
            "share": one.rule.share,
            "source": one.rule.source,
        },
    }


def overview_json(found: Overview, today: date) -> Json:
    """The overview."""
    return {
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "by": found.by,
        "hourly": found.hourly,
        "currencies": [
            {
                "currency": one.currency,
                "whole": figures_json(one.whole),
                "before": figures_json(one.before),
                "parts": [
                    {"value": part.value or None, "figures": figures_json(part.figures)}
                    for part in one.parts
                ],
                "days": [
                    {"day": day.isoformat(), "figures": figures_json(each)}
                    for day, each in one.days
                ],
                "week": [
                    {"weekday": w.weekday, "hour": w.hour, "figures": figures_json(w.figures)}
                    for w in one.week
                ],
            }
            for one in found.currencies
        ],
        "commitments": [commitment_json(one, today) for one in found.commitments],
    }


def ending_json(found: Sequence[Ending], today: date) -> list[Json]:
    """What comes to an end."""
    return [
        {
            "day": _day(one.day),
            "days_left": one.days_left,
            "saved_a_day": _text(one.commitment.saved_a_day),
            "planned_change": one.change or None,
            "commitment": commitment_json(one.commitment, today),
        }
        for one in found
    ]


def matrix_json(one: Matrix) -> Json:
    """Who pays and who benefits."""
    return {
        "tag": one.tag,
        "currency": one.currency,
        "start": one.start.isoformat(),
        "end": one.end.isoformat(),
        "cost": money_text(one.cost),
        "unused": money_text(one.unused),
        "saved": money_text(one.saved),
        "payers": [
            {
                "owner": payer,
                "cost": money_text(one.paid_by(payer)),
                "unused": money_text(one.paid(payer)),
                "for": [
                    {"owner": each, "cost": money_text(one.paid(payer, each))}
                    for each in one.beneficiaries
                ],
            }
            for payer in one.payers
        ],
        "beneficiaries": [
            {
                "owner": each,
                "used": money_text(one.used_by(each)),
                "saved": money_text(one.saved_for(each)),
            }
            for each in one.beneficiaries
        ],
    }


def sums_json(one: Sums) -> Json:
    """Reckoned sums."""
    return {
        "usage": _exact(one.usage),
        "cost": _exact(one.cost),
        "held": _exact(one.held),
        "bought": _exact(one.bought),
        "unused": _exact(one.unused),
        "on_demand": _exact(one.on_demand),
        "coverage": _share(quotient(one.covered, one.usage)),
    }


def position_json(one: Position, told: PositionSum) -> Json:
    """One position of a portfolio."""
    return {
        "offer": one.offer.id,
        "program": one.offer.program,
        "title": one.offer.title,
        "years": one.offer.years,
        "payment": one.offer.payment,
        "per_hour": money_text(one.level),
        "units": None if one.units is None else str(one.units),
        "unit": one.offer.unit or None,
        "upfront": _exact(one.upfront),
        "cost": _exact(told.cost),
        "unused": _exact(told.unused),
        "on_demand_displaced": _exact(told.displaced),
        "saved": _exact(told.saved),
        "utilisation": _share(quotient(told.used, told.cost)),
        "rates": sorted(set(one.offer.sources.values())),
    }


def outcome_json(one: Outcome) -> Json:
    """One scenario."""
    return {
        "scenario": one.scenario.name,
        "weight": format(one.scenario.weight, "f"),
        "now": sums_json(one.now),
        "planned": sums_json(one.planned),
        "saved": _exact(one.saved),
        "best": _exact(one.best),
        "regret": _exact(one.regret),
    }


def plan_json(one: Planned) -> Json:
    """The plan of one payer."""
    told = one.main.planned.positions
    return {
        "provider": one.demand.provider,
        "payer": one.demand.payer,
        "currency": one.demand.currency,
        "start": one.assumptions.start.isoformat(),
        "end": one.assumptions.end.isoformat(),
        "slot_hours": one.demand.slot_hours,
        "per_hour": money_text(one.level),
        "upfront": _exact(one.upfront),
        "break_even_usage": _share(one.break_even),
        "positions": [
            position_json(position, sums)
            for position, sums in zip(one.positions, told, strict=True)
        ],
        "scenarios": [outcome_json(outcome) for outcome in one.outcomes],
        "months": [
            {"month": f"{month:%Y-%m}", **sums_json(sums)} for month, sums in one.months.items()
        ],
        "curve": [
            {
                "share": format(point.share, "f"),
                "per_hour": money_text(point.level),
                "cost": _exact(point.cost),
                "saved": _exact(point.saved),
                "coverage": _share(point.coverage),
                "utilisation": _share(point.utilisation),
            }
            for point in one.curve
        ],
        "terms": [
            {
                "years": choice.term[0],
                "payment": choice.term[1],
                "per_hour": money_text(choice.level),
                "cost": _exact(choice.cost),
                "saved": _exact(choice.saved),
                "upfront": _exact(choice.upfront),
                "chosen": choice.chosen,
            }
            for choice in one.choices
        ],
        "purchases": [
            {"on": tranche.on.isoformat(), "share": format(tranche.share, "f")}
            for tranche in one.calendar
        ],
    }


def planned_json(found: PurchasePlanned) -> Json:
    """The answer of the planner."""
    return {
        "spec": found.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        "looked_at": {"start": found.first.isoformat(), "end": found.last.isoformat()},
        "hourly": found.hourly,
        "rates_as_of": found.rates_as_of.isoformat(),
        "sums": [
            {
                "currency": one.currency,
                "now": _exact(one.now),
                "planned": _exact(one.planned),
                "saved": _exact(one.saved),
                "per_hour": money_text(one.level),
                "upfront": _exact(one.upfront),
            }
            for one in found.sums
        ],
        "plans": [plan_json(one) for one in found.plans],
        "notes": list(found.notes),
    }
