"""The log of Kestrel's AI gateway (LiteLLM): who asked for what, a request a line, to yesterday.

It is a day ahead of OpenAI's bill: that day is provisional. Two months ago the log's shipper sent
an afternoon twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from outlay.app.demo.fleet import hex_id
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import models
from outlay.app.demo.vendors.models import Request
from outlay.money import BillingPeriod, total


def write(folder: Path, month: BillingPeriod, story: Story) -> None:
    """The month's requests up to the story's last day, as the gateway's file callback has them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(_lines(month, story))
    if lines:  # nobody asks anything on a weekend
        (folder / f"spend-{month}.jsonl").write_text("".join(lines), encoding="utf-8")


def _lines(month: BillingPeriod, story: Story) -> Iterator[str]:
    for day in models.days(month, story.last_day):
        sent = [_line(request) for request in models.requests(day, story)]
        yield from sent
        if day == story.at(-2).start + timedelta(days=9):
            yield from sent[-12:]


def _line(request: Request) -> str:
    tokens, person = request.tokens, request.person
    prompt = tokens.input + tokens.cached
    record: dict[str, Any] = {
        "request_id": request.id,
        "call_type": "acompletion",
        "api_key": hex_id(person.key, 32),
        "total_tokens": prompt + tokens.output,
        "prompt_tokens": prompt,
        "completion_tokens": tokens.output,
        "startTime": f"{request.at.isoformat()}Z",
        "endTime": f"{(request.at + timedelta(seconds=9)).isoformat()}Z",
        "model": request.model,
        "custom_llm_provider": "openai",
        "user": person.user,
        "team_id": f"team-{person.team}",
        "end_user": "",
        "cache_hit": str(request.hit),
        "request_tags": [f"team:{person.team}", "app:assistant"],
        "metadata": {
            "user_api_key_alias": person.key,
            "user_api_key_team_alias": person.team,
            "additional_usage_values": {"prompt_tokens_details": {"cached_tokens": tokens.cached}},
        },
    }
    spend = total(tokens.costs(request.model).values()) if not request.hit else 0
    # The amount is written as it is: a float would write another.
    return f'{json.dumps(record)[:-1]}, "spend": {spend:f}}}\n'
