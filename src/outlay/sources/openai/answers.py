"""What OpenAI's organisation API answers: buckets of results, by endpoint."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from outlay.sources.ai.pages import Page, flat, read_pages

COSTS = "costs"
EMPTY = "empty"
"""`object` of the record that stands for a bucket without results: nothing was used or billed."""

ENDPOINTS: dict[str, tuple[str, ...]] = {
    "completions": ("project_id", "user_id", "api_key_id", "model", "batch", "service_tier"),
    "embeddings": ("project_id", "user_id", "api_key_id", "model"),
    "moderations": ("project_id", "user_id", "api_key_id", "model"),
    "images": ("project_id", "user_id", "api_key_id", "model", "size", "source"),
    "audio_speeches": ("project_id", "user_id", "api_key_id", "model"),
    "audio_transcriptions": ("project_id", "user_id", "api_key_id", "model"),
    "vector_stores": ("project_id",),
    "code_interpreter_sessions": ("project_id",),
    "file_search_calls": ("project_id", "user_id", "api_key_id", "vector_store_id"),
    "web_search_calls": ("project_id", "user_id", "api_key_id", "model", "context_level"),
}
"""Usage endpoint → the fields that it can group by, of OpenAI's API of 2026."""

_OBJECT = re.compile(r"^organization\.(?:usage\.)?(?P<name>[a-z_]+)\.result$")
# Results of two endpoints are named otherwise than the endpoint.
_NAMED = {"file_searches": "file_search_calls", "web_searches": "web_search_calls"}


def endpoint_of(page: Page, name: str) -> str | None:
    """Which endpoint a page answers, by its results or, where all are empty, by the file's name;
    None when it is no page of this API."""
    buckets = [item for item in page.items if _is_bucket(item)]
    if not buckets or len(buckets) < len(page.items):
        return None
    for bucket in buckets:
        for result in bucket["results"]:
            match = _OBJECT.match(str(result.get("object"))) if isinstance(result, dict) else None
            return _NAMED.get(match["name"], match["name"]) if match else None
    return named_endpoint(name)


def named_endpoint(name: str) -> str:
    """The endpoint that a file's name speaks of; costs where it speaks of none."""
    for endpoint in ENDPOINTS:
        if endpoint in name:
            return endpoint
    return COSTS


def bounds(page: Page) -> tuple[Any, Any] | None:
    """Begin of a page's first bucket and end of its last, in seconds since 1970."""
    if not page.items:
        return None
    return page.items[0].get("start_time"), page.items[-1].get("end_time")


def records(stream: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """Each result with its bucket's bounds and number; an empty bucket as a record of its own."""
    number = 0
    for page in read_pages(stream, name):
        endpoint = endpoint_of(page, name) or named_endpoint(name)
        for bucket in page.items:
            number += 1
            place = {
                "endpoint": endpoint,
                "bucket": number,
                "start_time": bucket.get("start_time"),
                "end_time": bucket.get("end_time"),
            }
            results = bucket.get("results") or []
            for result in results:
                yield {**place, **flat(result, "amount")}
            if not results:
                yield {**place, "object": EMPTY}
        if not page.items:
            number += 1
            yield {"endpoint": endpoint, "bucket": number, "object": EMPTY}


def _is_bucket(item: object) -> bool:
    return (
        isinstance(item, dict)
        and "start_time" in item
        and "end_time" in item
        and isinstance(item.get("results"), list)
    )
