"""Work that nobody waits for, at the price of work that somebody does.

OpenAI and Anthropic answer batches within a day at half the price. That nobody waits is seen by
the hours (nearly all requests of a key in a few hours of the day), or, where the vendor counts by
the day, by a name of a job and a volume that is the same on weekends. Never of a key of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.ai.asked import (
    BATCH,
    STANDARD,
    Asked,
    ai_finding,
    asked,
    price_evidence,
)
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.model import Evidence, Finding, Insufficient

HALF = Fraction(1, 2)
"""What both vendors ask for a batch, of the standard price."""

_OFFERED = ("OpenAI", "Anthropic")
_BUSY_HOURS = 4
_WORDS = (
    "batch, nightly, job, jobs, cron, etl, index, indexer, indexing, label, labels, backfill, "
    "report, reports, digest, offline, pipeline, eval, evals"
)


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    for one in asked(facts, DETECTOR):
        if (
            one.provider not in _OFFERED
            or one.tier != STANDARD
            or one.people
            or not one.requests
            or one.span < DETECTOR.minimum_days
            or len(one.daily) < DETECTOR.minimum_days
            or one.requests < settings.number("requests_a_day") * one.span
            or (one.end - one.last_day).days > 3
        ):
            continue
        why = _in_few_hours(one, settings) or _named_and_steady(one, settings)
        if why:
            made = _finding(one, why)
            if made is not None:
                yield made


def _in_few_hours(one: Asked, settings: Settings) -> str:
    """Why the hours say that nobody waits; '' where they do not, or are not known."""
    known = sum((Fraction(count) for count in one.hourly.values()), Fraction(0))
    if known != Fraction(one.requests):
        return ""
    busy = sorted(one.hourly, key=lambda hour: (-one.hourly[hour], hour))[:_BUSY_HOURS]
    part = sum((Fraction(one.hourly[hour]) for hour in busy), Fraction(0)) * 100 / known
    if part < Fraction(settings.number("hours_percent")):
        return ""
    hours = ", ".join(f"{hour}:00" for hour in sorted(busy))
    return f"{rounded(part, 1)} % of its requests come in the hours {hours} (UTC)"


def _named_and_steady(one: Asked, settings: Settings) -> str:
    """Why its name and volume say so; '' where they do not. The spread is the standard deviation
    of days by their mean, compared as squares, which are exact."""
    if one.hourly:
        return ""
    wanted = set(re.split(r"[^a-z0-9]+", settings.text("words").lower())) - {""}
    said = f"{one.key or ''} {one.account or ''} {one.account_name}".lower()
    words = wanted & set(re.split(r"[^a-z0-9]+", said))
    counts = [Fraction(count) for count in one.daily.values()]
    days = len(counts)
    whole = sum(counts, Fraction(0))
    if not words or days < one.span - 2 or not whole:
        return ""
    squared = days * sum((count * count for count in counts), Fraction(0)) / (whole * whole) - 1
    if squared > (Fraction(settings.number("spread_percent")) / 100) ** 2:
        return ""
    return f"it is named {sorted(words)[0]!r}, and asks as much on weekends as on other days"


def _finding(one: Asked, why: str) -> Finding | None:
    now, then = one.public(one.spelled, STANDARD), one.public(one.spelled, BATCH)
    known = now is not None and then is not None and then < now
    part = 1 - then / now if known and now and then is not None else HALF
    day = one.end - timedelta(days=1)
    figures = price_evidence(one, one.spelled, STANDARD, "input", "output")
    figures += price_evidence(one, one.spelled, BATCH, "input", "output") if known else ()
    return ai_finding(
        DETECTOR,
        one,
        Fraction(one.cost) * part,
        title=f"{one.named} could ask {one.model} in batches",
        current=f"standard tier; {why}",
        recommended="the batch API: answers within a day, at half the price",
        evidence=(
            Evidence("Part of the price that falls away", rounded(part * 100, 2), "%",
                     f"public prices of {day}" if known else "the vendor's batch discount"),
            *figures,
        ),
        reasons=(
            why,
            "that nobody waits for the answers is a guess: ask whoever has the key",
            *(() if known else ("its batch price is in no table: a half is the vendor's rule",)),
        ),
    )  # fmt: skip


DETECTOR = Detector(
    id="ai-batch",
    title="Work that could wait for a batch",
    provider="AI",
    service="AI models",
    inputs=("daily", "usage"),
    window_days=30,
    minimum_days=14,
    predicate=(
        "Nearly all requests of a key come in a few hours of the day, or its name is a job's and "
        "it asks the same every day; in the standard tier and by nobody in person"
    ),
    formula=(
        "The bill's cost times (1 − the same tokens at the public batch price ÷ at the standard "
        "one); a half where the table has no batch price; 30 days"
    ),
    verification="The key's charges move to the batch tier, at half the price a token",
    action="ChangePurchaseOption",
    group="configuration",
    effort="Medium",
    confidence="low",
    find=_find,
    risk="A batch takes up to a day, and single answers may fail",
    exclusions=(
        "What is a batch already, or in a tier that was bought",
        "Keys that people use in person",
        "Vendors other than OpenAI and Anthropic: their batch prices differ by model",
    ),
    parameters=(
        Parameter("hours_percent", Decimal(90),
                  "Share of requests in the four busiest hours of the day", "%",
                  Decimal(50), Decimal(100)),
        Parameter("spread_percent", Decimal(25),
                  "At most so much do days differ: standard deviation by mean", "%",
                  Decimal(0), Decimal(100)),
        Parameter("requests_a_day", Decimal(500), "Keys with fewer requests are left out",
                  "requests", Decimal(0), Decimal(10_000_000)),
        Parameter("words", _WORDS, "Words in a key's or project's name that are a job's"),
    ),
    source="OpenAI and Anthropic: batch APIs at half the price; genai-prices",
)  # fmt: skip

DETECTORS = (DETECTOR,)
