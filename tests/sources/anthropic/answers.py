"""Anthropic's answers, made to order."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any


def cents(dollars: str) -> str:
    """An amount of dollars as Anthropic writes it; what is no amount stays as it is."""
    try:
        return str(Decimal(dollars).scaleb(2))
    except InvalidOperation:
        return dollars


def bounds(day: date) -> dict[str, str]:
    """Begin and end of a day's bucket."""
    return {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
    }


def cost(amount: object, **fields: Any) -> dict[str, Any]:
    """One result of the Admin API's cost report; the amount is in cents."""
    return {
        "amount": amount,
        "currency": "USD",
        "workspace_id": "wrkspc_shop",
        "description": "Claude Opus 4.6 Usage - Input Tokens",
        "cost_type": "tokens",
        "model": "claude-opus-4-6",
        "service_tier": "standard",
        "token_type": "uncached_input_tokens",
        **fields,
    }


def usage(**fields: Any) -> dict[str, Any]:
    """One result of the Admin API's usage report."""
    return {
        "uncached_input_tokens": 1000,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "cache_read_input_tokens": 0,
        "output_tokens": 100,
        "server_tool_use": {"web_search_requests": 0},
        "workspace_id": "wrkspc_shop",
        "api_key_id": "apikey_1",
        "model": "claude-opus-4-6",
        "service_tier": "standard",
        **fields,
    }


def bucket(day: date, *results: dict[str, Any]) -> dict[str, Any]:
    """One day of the Admin API."""
    return {**bounds(day), "results": list(results)}


def row(
    day: date, amount: object, list_amount: object | None = None, **group: Any
) -> dict[str, Any]:
    """One cost row of the Analytics API; amounts are in cents."""
    return {
        **bounds(day),
        "group": {
            "model": "claude-opus-4-6",
            "workspace_id": "wrkspc_shop",
            "cost_type": "tokens",
            "token_type": "uncached_input_tokens",
            **group,
        },
        "cost": {
            "amount": amount,
            "list_amount": amount if list_amount is None else list_amount,
            "currency": "USD",
            "requests": None,
        },
    }


def usage_row(day: date, **fields: Any) -> dict[str, Any]:
    """One usage row of the Analytics API; `group` is a dict of its own."""
    group = {"model": "claude-opus-4-6", "workspace_id": "wrkspc_shop", **fields.pop("group", {})}
    counts = {
        "uncached_input_tokens": 1000,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "cache_read_input_tokens": 300,
        "output_tokens": 100,
        "server_tool_use": {"web_search_requests": 2},
        "requests": 5,
        "total_tokens": 1430,
        **fields,
    }
    return {**bounds(day), "group": group, "usage": counts}


def page(items: Sequence[dict[str, Any]], next_page: str | None = None) -> dict[str, Any]:
    """A page; with a token, more follows."""
    return {"data": list(items), "has_more": next_page is not None, "next_page": next_page}
