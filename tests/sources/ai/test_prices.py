"""What a token cost on a day: dated, by tier, exact, and nothing where the table knows nothing."""

from datetime import date
from decimal import Decimal

import pytest

from outlay.sources.ai.prices import PRICED, Priced, prices, unknown_note

OCTOBER = date(2026, 10, 20)
MILLIONTH = Decimal("0.000001")


def million(provider: str, model: str, what: str, tier: str = "", day: date = OCTOBER) -> Decimal:
    """Dollars a million."""
    return (prices(Priced(provider, model, tier, day))[what] / MILLIONTH).normalize()


def test_prices_are_of_one_token_and_exact() -> None:
    found = prices(Priced("openai", "gpt-5", "", OCTOBER))
    assert found["input"] == Decimal("0.00000125")
    assert found["cached_input"] == Decimal("0.000000125")
    assert found["output"] == Decimal("0.00001")
    assert set(found) <= set(PRICED)


def test_prices_go_by_the_day() -> None:
    assert million("openai", "o3", "input", day=date(2025, 6, 9)) == 10
    assert million("openai", "o3", "input", day=date(2025, 6, 10)) == 2


@pytest.mark.parametrize(
    ("tier", "expected"),
    [("", "1.25"), ("batch", "0.625"), ("flex", "0.625"), ("priority", "2.5")],
)
def test_tiers_have_their_own_prices(tier: str, expected: str) -> None:
    assert million("openai", "gpt-5", "input", tier) == Decimal(expected)
    # and before the day from which the table knows them
    assert million("openai", "gpt-5", "input", tier, date(2026, 1, 1)) == Decimal(expected)


def test_what_a_tier_has_no_price_for_costs_as_without_it() -> None:
    """The batch of gpt-4o-mini halves input and output; the table has no rate for the cache."""
    assert million("openai", "gpt-4o-mini", "output", "batch") == Decimal("0.3")
    assert million("openai", "gpt-4o-mini", "cached_input", "batch") == Decimal("0.075")


def test_the_caches_two_lives_have_two_prices() -> None:
    assert million("anthropic", "claude-opus-4-6", "cache_write") == Decimal("6.25")
    assert million("anthropic", "claude-opus-4-6", "cache_write_1h") == 10
    assert million("anthropic", "claude-opus-4-6", "cached_input") == Decimal("0.5")


def test_searches_and_seconds_are_priced_too() -> None:
    assert prices(Priced("openai", "gpt-5", "", OCTOBER))["web_search"] == Decimal("0.01")
    whisper = prices(Priced("openai", "whisper-1", "", OCTOBER))
    assert whisper["seconds"] * 3600 == Decimal("0.36")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("", "gpt-4o-2024-08-06"),
        ("openai", "openai/gpt-4o-2024-08-06"),
        ("azure", "azure/gpt-4o"),
        ("aws", "us.anthropic.claude-sonnet-4-20250514-v1:0"),
        ("aws", "bedrock/anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ("google", "vertex_ai/gemini-2.5-pro"),
        ("anthropic", "claude-sonnet-4-5-20250929"),
    ],
)
def test_models_are_found_as_gateways_spell_them(provider: str, model: str) -> None:
    assert prices(Priced(provider, model, "", OCTOBER))["input"] > 0


@pytest.mark.parametrize(
    "asked",
    [
        Priced("openai", "kestrel-secret-1", "", OCTOBER),
        Priced("openai", "gpt-5", "scale", OCTOBER),
        Priced("anthropic", "claude-opus-4-6", "priority", OCTOBER),
        Priced("no-such-provider", "gpt-5", "", OCTOBER),
    ],
)
def test_what_is_not_known_has_no_price(asked: Priced) -> None:
    assert prices(asked) == {}


def test_the_note_lists_each_once_and_not_too_many() -> None:
    assert unknown_note([]) is None
    two = [Priced("", "a", "", OCTOBER), Priced("", "a", "", date(2026, 10, 21)),
           Priced("", "b", "batch", OCTOBER)]  # fmt: skip
    assert "for a, b (batch): their usage" in str(unknown_note(two))
    many = [Priced("", f"model-{n:02}", "", OCTOBER) for n in range(20)]
    assert "model-07 and 12 more" in str(unknown_note(many))
