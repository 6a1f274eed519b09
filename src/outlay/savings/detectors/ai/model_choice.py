"""A large model for short answers, where its family has a smaller one.

What a model is good for stands on no bill. Short requests with short answers (labels, rankings,
yes or no) are where a smaller one is most often as good; try it on a sample before changing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.ai.asked import (
    Asked,
    ai_finding,
    asked,
    price_evidence,
    without_usage,
)
from outlay.savings.detectors.ai.families import SMALLER
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import Evidence, Finding, Insufficient

_INPUT = ("input", "cached_input", "cache_write", "cache_write_1h")


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    for one in asked(facts, DETECTOR):
        if one.model not in SMALLER or one.span < DETECTOR.minimum_days:
            continue
        if not one.requests:
            yield without_usage(DETECTOR, one)
            continue
        made = _judged(one, settings)
        if made is not None:
            yield made


def _judged(one: Asked, settings: Settings) -> Finding | Insufficient | None:
    written, read = one.each("output"), one.each(*_INPUT)
    if (
        written > settings.number("output_tokens")
        or read > settings.number("input_tokens")
        or one.requests < settings.number("requests_a_day") * one.span
        or (one.end - one.last_day).days > 3
    ):
        return None
    smaller = SMALLER[one.model]
    now, then = one.public(one.spelled, one.tier), one.public(smaller, one.tier)
    if now is None or then is None:
        return Insufficient(
            DETECTOR.id, one.scope,
            f"a public price of {one.model if now is None else smaller} in its tier",
            one.provider, one.account or "", one.currency,
            rounded(Fraction(one.cost) * 30 / one.span, 2),
        )  # fmt: skip
    if then >= now:
        return None
    return ai_finding(
        DETECTOR,
        one,
        Fraction(one.cost) * (1 - then / now),
        title=f"{one.named} asks {one.model} for short answers",
        current=(
            f"{one.model}: {rounded(read, 0):,f} tokens in and {rounded(written, 0):,f} out a "
            "request"
        ),
        recommended=f"try {smaller} on a sample, and move what it answers as well",
        evidence=(
            Evidence(f"The same tokens, {one.model} at public prices", rounded(now, 6), "USD",
                     "public price"),
            Evidence(f"The same tokens, {smaller} at public prices", rounded(then, 6), "USD",
                     "public price"),
            *price_evidence(one, one.spelled, one.tier, "input", "output"),
            *price_evidence(one, smaller, one.tier, "input", "output"),
        ),
        reasons=(
            "whether the smaller model answers as well is not known: no bill tells",
            "another model may use more or fewer tokens for the same",
        ),
    )  # fmt: skip


DETECTOR = Detector(
    id="ai-model-choice",
    title="A large model for short answers",
    provider="AI",
    service="AI models",
    inputs=("daily", "usage"),
    window_days=30,
    minimum_days=7,
    predicate=(
        "Requests of a key are short and so are the answers, and the model's family has a smaller "
        "one"
    ),
    formula=(
        "The bill's cost times (1 − the same tokens at the smaller model's public price ÷ at the "
        "present one's); 30 days"
    ),
    verification="The key's cost of the large model falls, and the smaller one's rises by less",
    action="Configure",
    group="configuration",
    effort="Medium",
    confidence="low",
    find=_find,
    risk="Answers may be worse; a sample with known answers tells",
    exclusions=(
        "Models without a smaller one of the same family, or whose price is not in the table",
        "Keys with few requests, or that have stopped asking",
        "Bills without the vendor's usage: they are told as not known",
    ),
    parameters=(
        Parameter("output_tokens", Decimal(200), "Answers of so many tokens are short", "tokens",
                  Decimal(1), Decimal(100_000)),
        Parameter("input_tokens", Decimal(4000), "Requests of so many tokens are short", "tokens",
                  Decimal(1), Decimal(1_000_000)),
        Parameter("requests_a_day", Decimal(50), "Keys with fewer requests are left out",
                  "requests", Decimal(0), Decimal(1_000_000)),
    ),
    source="Public prices: genai-prices; vendors' model families",
)  # fmt: skip

DETECTORS = (DETECTOR,)
