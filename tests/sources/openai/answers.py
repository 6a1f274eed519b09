"""OpenAI's answers, made to order."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any


def unix(day: date) -> int:
    """Seconds since 1970 at the beginning of a day in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def cost(value: object, item: str | None = "gpt-4o, input", **fields: Any) -> dict[str, Any]:
    """One costs result."""
    return {
        "object": "organization.costs.result",
        "amount": {"value": value, "currency": "usd"},
        "line_item": item,
        "project_id": "proj_shop",
        "organization_id": "org-kestrel",
        **fields,
    }


def completions(**fields: Any) -> dict[str, Any]:
    """One result of the completions usage endpoint."""
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": 1000,
        "output_tokens": 100,
        "num_model_requests": 1,
        "project_id": "proj_shop",
        "model": "gpt-4o-2024-08-06",
        **fields,
    }


def bucket(day: date, *results: dict[str, Any]) -> dict[str, Any]:
    """One day's bucket."""
    return {
        "object": "bucket",
        "start_time": unix(day),
        "end_time": unix(day + timedelta(days=1)),
        "results": list(results),
    }


def page(buckets: Sequence[dict[str, Any]], next_page: str | None = None) -> dict[str, Any]:
    """A page of buckets; with a token, more follows."""
    return {
        "object": "page",
        "data": list(buckets),
        "has_more": next_page is not None,
        "next_page": next_page,
    }


def text(document: object) -> str:
    """A document as JSON text."""
    return json.dumps(document, indent=1)
