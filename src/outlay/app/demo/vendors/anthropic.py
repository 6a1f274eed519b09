"""Anthropic's organisation: the Analytics API's answers, costs and usage.

The search ranks with Sonnet, machine learning tries things with Opus, engineers write with Claude
Code, and a nightly batch labels photos with Haiku. Four months ago a discount of a tenth was
agreed. Two months ago a configuration named Opus for the labels: five nights cost five times as
much.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import digest
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import models
from outlay.app.demo.vendors.models import PEOPLE, Tokens
from outlay.money import BillingPeriod

_OPUS, _SONNET, _HAIKU = (
    "claude-opus-4-6",
    "claude-sonnet-4-5-20250929",
    "claude-haiku-4-5-20251001",
)
_ROWS = 250
_KINDS = {
    "input": "uncached_input_tokens",
    "cached": "cache_read_input_tokens",
    "written": "cache_creation.ephemeral_5m_input_tokens",
    "output": "output_tokens",
}


@dataclass(frozen=True)
class _Used:
    """A day's use of one model by one key or person."""

    workspace: str
    model: str
    tokens: Tokens
    requests: int
    key: str | None = None
    user: str | None = None
    tier: str = "standard"
    product: str | None = None
    searches: int = 0


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's costs and usage up to the story's last day."""
    days = models.days(month, story.last_day)
    costs = [row for day in days for row in _costs(day, story)]
    usage = [_usage(day, one) for day in days for one in _day(day, story)]
    _pages(folder, f"analytics-cost-{month}", costs)
    _pages(folder, f"analytics-usage-{month}", usage)


def _day(day: date, story: Story) -> Iterator[_Used]:
    grown = 100 + 4 * models.months_since(story, day)
    queries = 2_400 * grown // 100 + digest(f"ranking/{day}") % 400
    yield _Used(
        "wrkspc_search", _SONNET,
        Tokens(queries * 700, queries * 2_000, queries * 120, queries * 150), queries,
        key="apikey_search_ranking", searches=queries // 40,
    )  # fmt: skip
    if day.weekday() < 5:
        tries = 90 + digest(f"research/{day}") % 120
        yield _Used(
            "wrkspc_ml", _OPUS,
            Tokens(tries * 9_000, tries * 14_000, tries * 2_500, tries * 1_800), tries,
            key="apikey_ml_research",
        )  # fmt: skip
        for person in PEOPLE:
            turns = digest(f"code/{person.user}/{day}") % 90
            if turns > 20:
                yield _Used(
                    "wrkspc_engineering", _SONNET,
                    Tokens(turns * 400, turns * 31_000, turns * 2_900, turns * 640), turns,
                    user=person.user, product="claude_code",
                )  # fmt: skip
    photos = 9_000 + digest(f"labels/{day}") % 2_000
    model = _OPUS if _mistaken(day, story) else _HAIKU
    yield _Used(
        "wrkspc_data", model, Tokens(photos * 1_600, 0, 0, photos * 90), photos,
        key="apikey_data_labels", tier="batch",
    )  # fmt: skip


def _mistaken(day: date, story: Story) -> bool:
    start = story.at(-2).start + timedelta(days=17)
    return start <= day < start + timedelta(days=5)


def _bounds(day: date) -> dict[str, str]:
    return {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
    }


def _group(one: _Used) -> dict[str, Any]:
    return {
        "workspace_id": one.workspace,
        "api_key_id": one.key,
        "model": one.model,
        "service_tier": one.tier,
        "product": one.product,
    }


def _costs(day: date, story: Story) -> Iterator[dict[str, Any]]:
    """A row per group, which has no persons, and kind of token or search; amounts are in cents."""
    share = Decimal("0.9") if day >= story.at(-4).start else Decimal(1)
    listed: dict[str, Decimal] = defaultdict(Decimal)
    for one in _day(day, story):
        group = _group(one)
        half = "0.5" if one.tier == "batch" else "1"
        for kind, cost in one.tokens.costs(one.model, half).items():
            what: dict[str, str | None] = {"cost_type": "tokens", "token_type": _KINDS[kind]}
            listed[json.dumps({**group, **what})] += cost
        if one.searches:
            what = {"cost_type": "web_search", "token_type": None, "model": None}
            listed[json.dumps({**group, **what})] += Decimal("0.01") * one.searches
    for key, dollars in listed.items():
        cents = dollars * 100
        yield {
            **_bounds(day),
            "group": json.loads(key),
            "cost": {
                "amount": f"{(cents * share).normalize():f}",
                "list_amount": f"{cents.normalize():f}",
                "currency": "USD",
                "requests": None,
            },
        }


def _usage(day: date, one: _Used) -> dict[str, Any]:
    tokens = one.tokens
    actor: dict[str, Any] | None = None
    if one.user:
        name = one.user.partition("@")[0]
        actor = {"type": "user_actor", "user_id": f"user_{name}", "email_address": one.user}
    return {
        **_bounds(day),
        "group": {**_group(one), "actor": actor},
        "usage": {
            "uncached_input_tokens": tokens.input,
            "cache_creation": {
                "ephemeral_5m_input_tokens": tokens.written,
                "ephemeral_1h_input_tokens": 0,
            },
            "cache_read_input_tokens": tokens.cached,
            "output_tokens": tokens.output,
            "server_tool_use": {"web_search_requests": one.searches},
            "requests": one.requests,
            "total_tokens": tokens.input + tokens.cached + tokens.written + tokens.output,
        },
    }


def _pages(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    parts = [rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS)]
    for number, part in enumerate(parts, 1):
        more = f"page_{number + 1}" if number < len(parts) else None
        page = {"data": part, "has_more": more is not None, "next_page": more}
        (folder / f"{name}-page{number}.json").write_text(json.dumps(page), encoding="utf-8")
