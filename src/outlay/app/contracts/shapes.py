"""Contracts as plain JSON: amounts are text in full, days ISO text, nothing is null but unknown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from outlay.app.contracts.contracts import Contract, ContractStatus
from outlay.app.contracts.pricing import PriceReport
from outlay.money import money_text
from outlay.savings.contracts.burn import TermStatus
from outlay.savings.contracts.prices import PriceCheck


def list_json(found: Iterable[ContractStatus]) -> list[dict[str, Any]]:
    """Contracts with where they stand."""
    return [status_json(one) for one in found]


def contract_json(one: Contract) -> dict[str, Any]:
    """A contract as it is kept."""
    return {
        "name": one.name,
        "title": one.title,
        "vendor": one.spec.vendor,
        "currency": one.spec.currency,
        "version": one.version,
        "spec": one.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True),
    }


def status_json(one: ContractStatus) -> dict[str, Any]:
    """A contract and where it stands."""
    end = one.ending
    return contract_json(one.contract) | {
        "state": one.state,
        "wants": list(one.wants),
        "problem": one.problem,
        "begins": one.contract.spec.begins.isoformat(),
        "ends": end.ends.isoformat(),
        "days_left": end.days_left,
        "notice_on": end.notice_on.isoformat(),
        "notice_days_left": end.notice_days_left,
        "automatic": end.automatic,
        "terms": [term_json(term) for term in one.terms],
    }


def term_json(one: TermStatus) -> dict[str, Any]:
    """A term and where it stands."""
    return {
        "from": one.term.from_.isoformat(),
        "until": one.term.until.isoformat(),
        "obligation": money_text(one.term.amount),
        "state": one.state,
        "carried": money_text(one.carried),
        "used": money_text(one.used),
        "complete": money_text(one.complete),
        "complete_until": one.complete_until.isoformat(),
        "left": money_text(one.left),
        "outlook": _money(one.outlook),
        "low": _money(one.low),
        "high": _money(one.high),
        "shortfall": _money(one.shortfall),
        "overage": _money(one.overage),
        "overage_cost": _money(one.overage_cost),
        "used_up_on": one.used_up_on.isoformat() if one.used_up_on else None,
        "even_by_now": _money(one.even_by_now),
        "needed_a_day": _money(one.needed_a_day),
        "reason": one.reason,
    }


def prices_json(found: PriceReport) -> dict[str, Any]:
    """Agreed prices against charged ones."""
    return {
        "contract": found.contract.name,
        "from": found.since.isoformat(),
        "to": found.until.isoformat(),
        "overcharged": {code: money_text(amount) for code, amount in found.overcharged},
        "without_charges": list(found.without),
        "checks": [_check_json(one) for one in found.checks],
    }


def _check_json(one: PriceCheck) -> dict[str, Any]:
    charged, price = one.charged, one.price
    return {
        "price": price.name,
        "verdict": one.verdict,
        "SkuId": charged.sku,
        "SkuMeter": charged.title,
        "PricingUnit": charged.unit,
        "PricingQuantity": _money(charged.quantity),
        "currency": charged.currency,
        "lines": charged.lines,
        "listed": money_text(charged.listed),
        "charged": money_text(charged.amount),
        "expected": _money(one.expected),
        "difference": _money(one.difference),
        "agreed_price": _money(price.price),
        "agreed_discount": _money(price.discount),
        "paid_price": _money(one.paid_price),
        "paid_discount": _money(one.paid_discount),
        "reason": one.reason,
    }


def _money(value: Decimal | None) -> str | None:
    return None if value is None else money_text(value)
