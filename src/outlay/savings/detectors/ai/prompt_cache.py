"""Large prompts of which next to nothing is read from a cache.

OpenAI caches a prompt's beginning by itself from 1,024 tokens on: no cached tokens means that
something changes at the very beginning (a time, a name). Anthropic caches what is marked
(`cache_control`), and writing costs a quarter more than input. Which part of a prompt repeats is
on no bill: half of it is taken, with one write for each ten requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.ai.asked import (
    BATCH,
    Asked,
    ai_finding,
    asked,
    price_evidence,
    price_of,
    without_usage,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import Evidence, Finding, Insufficient


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    for one in asked(facts, DETECTOR):
        if one.tier == BATCH or one.span < DETECTOR.minimum_days:
            continue
        if not one.requests:
            if _cacheable(one):
                yield without_usage(DETECTOR, one)
            continue
        made = _judged(one, settings)
        if made is not None:
            yield made


def _cacheable(one: Asked) -> bool:
    """Whether the vendor has a lower price for cached input of this model."""
    price = price_of(one.provider, one.spelled, one.tier, one.end - timedelta(days=1))
    return "input" in price and price["cached_input"] < price["input"]


def _judged(one: Asked, settings: Settings) -> Finding | None:
    fresh = Fraction(one.tokens.get("input", 0))
    prompt = fresh + sum(
        (Fraction(one.tokens.get(kind, 0))
         for kind in ("cached_input", "cache_write", "cache_write_1h")),
        Fraction(0),
    )  # fmt: skip
    if (
        not fresh
        or one.each("input") < settings.number("prompt_tokens")
        or Fraction(one.tokens.get("cached_input", 0)) * 100
        > prompt * Fraction(settings.number("cached_percent"))
        or one.requests < settings.number("requests_a_day") * one.span
        or (one.end - one.last_day).days > 3
        or not _cacheable(one)
    ):
        return None
    price = price_of(one.provider, one.spelled, one.tier, one.end - timedelta(days=1))
    repeated = fresh * Fraction(settings.number("repeated_percent")) / 100
    writes = 1 / Fraction(settings.number("requests_a_write"))
    then = (1 - writes) * Fraction(price["cached_input"]) + writes * Fraction(price["cache_write"])
    public = one.public(one.spelled, one.tier)
    saved = repeated * (Fraction(price["input"]) - then)
    if not public or saved <= 0:
        return None
    cached = Fraction(one.tokens.get("cached_input", 0)) * 100 / prompt
    return ai_finding(
        DETECTOR,
        one,
        Fraction(one.cost) * saved / public,
        title=f"{one.named} sends large prompts to {one.model} past the cache",
        current=(
            f"{rounded(one.each('input'), 0):,f} tokens a request that are not cached, "
            f"{rounded(cached, 1)} % cached"
        ),
        recommended=(
            "what is the same in each request first, what changes last; with Anthropic, mark its "
            "end with cache_control"
        ),
        evidence=(
            Evidence("The tokens at public prices", rounded(public, 6), "USD", "public price"),
            Evidence("Part that repeats", settings.number("repeated_percent"), "%", "settings"),
            Evidence("Requests for each write of the cache", settings.number("requests_a_write"),
                     "requests", "settings"),
            *price_evidence(one, one.spelled, one.tier, "input", "cached_input", "cache_write"),
        ),
        reasons=(
            "which part of the prompts repeats is not known: a share is assumed",
            "a cache lives for minutes: requests that come seldom do not find it",
        ),
    )  # fmt: skip


DETECTOR = Detector(
    id="ai-prompt-cache",
    title="Large prompts past the cache",
    provider="AI",
    service="AI models",
    inputs=("daily", "usage"),
    window_days=30,
    minimum_days=7,
    predicate="Prompts are large enough to be cached, come often, and hardly anything of them is",
    formula=(
        "The bill's cost times the part of its public price that falls: the part of the input "
        "that repeats, at the price of cached input (of a write for one in ten) instead of "
        "input; 30 days"
    ),
    verification="Cached input tokens of the key rise, and its cost a request falls",
    action="Configure",
    group="configuration",
    effort="Medium",
    confidence="low",
    find=_find,
    risk="None to the answers; cache writes cost more than input where they are not read again",
    exclusions=(
        "Batches",
        "Models whose cached input costs as much as input",
        "Keys with few requests, or that have stopped asking",
        "Bills without the vendor's usage: they are told as not known",
    ),
    parameters=(
        Parameter("prompt_tokens", Decimal(1024), "Tokens a request that are not cached", "tokens",
                  Decimal(1), Decimal(1_000_000)),
        Parameter("cached_percent", Decimal(10), "At most so much of the input is cached", "%",
                  Decimal(0), Decimal(100)),
        Parameter("repeated_percent", Decimal(50), "Part of the input that is taken to repeat",
                  "%", Decimal(1), Decimal(100)),
        Parameter("requests_a_write", Decimal(10), "Requests that one write of the cache serves",
                  "requests", Decimal(1), Decimal(10_000)),
        Parameter("requests_a_day", Decimal(100), "Keys with fewer requests are left out",
                  "requests", Decimal(0), Decimal(1_000_000)),
    ),
    source="OpenAI: prompt caching from 1,024 tokens; Anthropic: cache_control, writes at 1.25",
)  # fmt: skip

DETECTORS = (DETECTOR,)
