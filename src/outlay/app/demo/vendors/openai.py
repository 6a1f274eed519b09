"""OpenAI's organisation: costs (a week a page) and usage as its API answers.

The shop's assistant, a nightly batch that sorts reviews, embeddings for the search, and what
employees ask through the gateway. The size adviser sends its whole table of sizes with each
question, behind the time of day, so that nothing of it is ever cached. Last month a release made
the assistant retry every failed tool call: for two days it wrote four times as much. The costs of
a day come a day late.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import digest
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import models
from outlay.app.demo.vendors.models import Tokens
from outlay.money import BillingPeriod

ORGANIZATION = "org-kestrel-outdoor"
_ASSISTANT, _BATCH, _EMBEDDING = (
    "gpt-5-2025-08-07",
    "gpt-4o-mini-2024-07-18",
    "text-embedding-3-small",
)
_WEEK, _MONTH = 7, 31
_LAG = timedelta(days=1)


@dataclass(frozen=True)
class _Used:
    """A day's use of one model by one key."""

    project: str
    key: str
    model: str
    tokens: Tokens
    requests: int
    user: str | None = None
    batch: bool = False
    endpoint: str = "completions"


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's costs and usage up to the day before the story's last."""
    days = models.days(month, story.last_day - _LAG)
    if not days:
        return
    used = {day: list(_day(day, story)) for day in days}
    costs = [_bucket(day, [*_costs(used[day]), *_credit(day, story)]) for day in days]
    _pages(folder, f"costs-{month}", costs)
    for endpoint in ("completions", "embeddings"):
        buckets = [_bucket(day, list(_usage(used[day], endpoint))) for day in days]
        _pages(folder, f"usage-{endpoint}-{month}", buckets, size=_MONTH)


def _day(day: date, story: Story) -> Iterator[_Used]:
    grown = 100 + 6 * models.months_since(story, day)
    weekend = 130 if day.weekday() >= 5 else 100
    calls = 6_000 * grown * weekend // 10_000 + digest(f"assistant/{day}") % 700
    retried = _retries(day, story)
    calls *= 3 if retried else 1
    yield _Used(
        "proj_storefront", "key_storefront_assistant", _ASSISTANT,
        Tokens(calls * 1_900, calls * 1_280, 0, calls * (560 if retried else 420)), calls,
    )  # fmt: skip
    asked = 700 + digest(f"sizes/{day}") % 120
    yield _Used(
        "proj_storefront", "key_storefront_sizes", _ASSISTANT,
        Tokens(asked * 5_600, 0, 0, asked * 240), asked,
    )  # fmt: skip
    reviews = 30_000 + digest(f"reviews/{day}") % 9_000
    yield _Used(
        "proj_data", "key_data_reviews", _BATCH,
        Tokens(reviews * 900, 0, 0, reviews * 60), reviews, batch=True,
    )  # fmt: skip
    products = 40_000 + digest(f"products/{day}") % 5_000
    yield _Used(
        "proj_search", "key_search_index", _EMBEDDING, Tokens(products * 1_100, 0, 0, 0), products,
        endpoint="embeddings",
    )  # fmt: skip
    yield from _through_the_gateway(day, story)


def _retries(day: date, story: Story) -> bool:
    start = story.at(-1).start + timedelta(days=8)
    return start <= day < start + timedelta(days=2)


def _through_the_gateway(day: date, story: Story) -> Iterator[_Used]:
    by: dict[tuple[str, str], list[Tokens]] = defaultdict(list)
    for request in models.requests(day, story):
        if not request.hit:
            by[request.model, request.person.user].append(request.tokens)
    for (model, user), asked in sorted(by.items()):
        total = Tokens(
            sum(t.input for t in asked), sum(t.cached for t in asked), 0,
            sum(t.output for t in asked),
        )  # fmt: skip
        yield _Used("proj_internal", "key_gateway", model, total, len(asked), user)


def _costs(used: Sequence[_Used]) -> Iterator[dict[str, Any]]:
    """Costs are by project, line item and key: users are added up."""
    words = {"input": "input", "cached": "cached input", "output": "output"}
    amounts: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for one in used:
        counts = {
            "input": one.tokens.input,
            "cached": one.tokens.cached,
            "output": one.tokens.output,
        }
        for kind, cost in one.tokens.costs(one.model, "0.5" if one.batch else "1").items():
            item = f"{one.model}, {words[kind]}" + (", batch" if one.batch else "")
            before = amounts[one.project, one.key, item]
            amounts[one.project, one.key, item] = [before[0] + cost, before[1] + counts[kind]]
    for (project, key, item), (cost, quantity) in amounts.items():
        yield _cost(cost, item, project, key, int(quantity), "tokens")
    searches = next(one.requests for one in used) // 60
    yield _cost(
        searches * Decimal("0.01"), "web search tool calls", "proj_storefront",
        "key_storefront_assistant", searches, None,
    )  # fmt: skip


def _credit(day: date, story: Story) -> Iterator[dict[str, Any]]:
    if day == story.at(-8).start:
        yield _cost(Decimal(-500), "Promotional credit", None, None, None, None)


def _cost(
    amount: Decimal, item: str, project: str | None, key: str | None, quantity: int | None,
    unit: str | None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "object": "organization.costs.result",
        # A string: so the API writes it since spring 2026.
        "amount": {"value": f"{amount:f}", "currency": "usd"},
        "line_item": item,
        "project_id": project,
        "organization_id": ORGANIZATION,
        "api_key_id": key,
        "quantity": quantity,
        "quantity_unit": unit,
    }


def _usage(used: Sequence[_Used], endpoint: str) -> Iterator[dict[str, Any]]:
    for one in used:
        if one.endpoint != endpoint:
            continue
        found = {
            "object": f"organization.usage.{endpoint}.result",
            "input_tokens": one.tokens.input + one.tokens.cached,
            "num_model_requests": one.requests,
            "project_id": one.project,
            "user_id": one.user,
            "api_key_id": one.key,
            "model": one.model,
        }
        if endpoint == "completions":
            found |= {
                "input_cached_tokens": one.tokens.cached,
                "input_uncached_tokens": one.tokens.input,
                "output_tokens": one.tokens.output,
                "batch": one.batch,
                "service_tier": "default",
            }
        yield found


def _bucket(day: date, results: list[dict[str, Any]]) -> dict[str, Any]:
    def unix(moment: date) -> int:
        return int(datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp())

    return {
        "object": "bucket",
        "start_time": unix(day),
        "end_time": unix(day + timedelta(days=1)),
        "results": results,
    }


def _pages(folder: Path, name: str, buckets: list[dict[str, Any]], size: int = _WEEK) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    parts = [buckets[at : at + size] for at in range(0, len(buckets), size)]
    for number, part in enumerate(parts, 1):
        more = f"page_{number + 1}" if number < len(parts) else None
        page = {"object": "page", "data": part, "has_more": more is not None, "next_page": more}
        (folder / f"{name}-page{number}.json").write_text(json.dumps(page), encoding="utf-8")
