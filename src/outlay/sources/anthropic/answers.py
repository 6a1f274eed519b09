"""What Anthropic's organisation API answers, in its old shape and its new one.

Admin API: buckets of results, like a bank's days. Analytics API: flat rows, one a group and
bucket, in order of money rather than of time.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from outlay.sources.ai.pages import Page, flat, read_pages

ADMIN_COST = "cost_report"
ADMIN_USAGE = "usage_report"
ANALYTICS_COST = "analytics_cost"
ANALYTICS_USAGE = "analytics_usage"
COSTS = (ADMIN_COST, ANALYTICS_COST)
EMPTY = "empty"
"""`object` of the record that stands for a bucket or a page without results."""

_NESTED = ("cache_creation", "server_tool_use", "actor")


def endpoint_of(page: Page, name: str) -> str | None:
    """Which endpoint a page answers, by what it lists or, where all is empty, by the file's name;
    None when it is no page of this API."""
    if not page.items or not all(isinstance(item, dict) for item in page.items):
        return None
    if not all("starting_at" in item and "ending_at" in item for item in page.items):
        return None
    first = page.items[0]
    if isinstance(first.get("group"), dict):
        if all(isinstance(item.get("cost"), dict) for item in page.items):
            return ANALYTICS_COST
        if all(isinstance(item.get("usage"), dict) for item in page.items):
            return ANALYTICS_USAGE
        return None
    if not all(isinstance(item.get("results"), list) for item in page.items):
        return None
    for bucket in page.items:
        for result in bucket["results"]:
            if not isinstance(result, dict):
                return None
            return ADMIN_COST if "amount" in result else ADMIN_USAGE
    return named_endpoint(name)


def named_endpoint(name: str) -> str:
    """The endpoint that a file's name speaks of; the old costs where it speaks of none."""
    usage = "usage" in name
    if "analytics" in name:
        return ANALYTICS_USAGE if usage else ANALYTICS_COST
    return ADMIN_USAGE if usage else ADMIN_COST


def bounds(page: Page) -> tuple[Any, Any] | None:
    """Begin of a page's first bucket and end of its last; None for flat rows."""
    if not page.items or "group" in page.items[0]:
        return None
    return page.items[0].get("starting_at"), page.items[-1].get("ending_at")


def records(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """Each result or row, flat, with its bounds and the number of its bucket in the file."""
    number = 0
    for page in read_pages(stream, name):
        endpoint = endpoint_of(page, name) or named_endpoint(name)
        for item in page.items:
            number += 1
            place = {
                "endpoint": endpoint,
                "bucket": number,
                "starting_at": item.get("starting_at"),
                "ending_at": item.get("ending_at"),
            }
            if "group" in item:
                yield {**place, **_row(item)}
                continue
            results = item.get("results") or []
            for result in results:
                yield {**place, **flat(result, *_NESTED)}
            if not results:
                yield {**place, "object": EMPTY}
        if not page.items:
            number += 1
            yield {"endpoint": endpoint, "bucket": number, "object": EMPTY}


def _row(item: dict[str, Any]) -> dict[str, Any]:
    """A flat row: its group's members, its cost's and its usage's are columns of their own."""
    group = item["group"]
    given = sorted(key for key, value in group.items() if value is not None)
    return {
        "group_key": json.dumps(group, sort_keys=True),
        "grouped_by": ",".join(given),
        **flat(group, *_NESTED),
        **flat(item.get("cost") or {}),
        **flat(item.get("usage") or {}, *_NESTED),
    }
