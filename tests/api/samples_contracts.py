"""Requests for the operations of contracts and KPIs, in an order that works on the firm."""

from __future__ import annotations

from typing import Any

_SPEC = {
    "title": "AWS enterprise discount",
    "vendor": "AWS",
    "currency": "USD",
    "scope": "ServiceProviderName = 'AWS'",
    "terms": [{"from": "2026-08-01", "until": "2027-08-01", "amount": "5000"}],
    "prices": [{"name": "Everything", "discount": "9"}],
}

CONTRACTS: tuple[tuple[Any, ...], ...] = (
    ("put_resource", "PUT", "/resources/Contract/aws-edp", _SPEC, {}, 201),
    ("list_contracts", "GET", "/contracts"),
    ("get_contract", "GET", "/contracts/aws-edp"),
    ("check_contract_prices", "GET", "/contracts/aws-edp/prices?range=2026-08-01..2026-10-01"),
    ("get_kpis", "GET", "/kpis"),
)
"""Operation, method, path, body, headers, status; the last three as far as they are needed."""
