"""The next smaller model of a family, by the one name that models have here.

A sibling is offered by the same vendor, takes the same kind of input, and costs at least a half
less at public prices (each pair was looked up in `genai-prices`; the price itself is looked up
when it is needed). Names are those of `outlay.focus.ai_models`.
"""

from __future__ import annotations

SMALLER: dict[str, str] = {
    # OpenAI
    "gpt-5": "gpt-5-mini",
    "gpt-5.1": "gpt-5-mini",
    "gpt-5.2": "gpt-5-mini",
    "gpt-5-mini": "gpt-5-nano",
    "gpt-4.1": "gpt-4.1-mini",
    "gpt-4.1-mini": "gpt-4.1-nano",
    "gpt-4o": "gpt-4o-mini",
    "text-embedding-3-large": "text-embedding-3-small",
    # Anthropic
    "claude-opus-4": "claude-sonnet-4-5",
    "claude-opus-4-1": "claude-sonnet-4-5",
    "claude-opus-4-5": "claude-haiku-4-5",
    "claude-opus-4-6": "claude-haiku-4-5",
    "claude-sonnet-4": "claude-haiku-4-5",
    "claude-sonnet-4-5": "claude-haiku-4-5",
    "claude-sonnet-4-6": "claude-haiku-4-5",
    "claude-3-7-sonnet": "claude-haiku-4-5",
    # Google
    "gemini-2.5-pro": "gemini-2.5-flash",
    "gemini-2.5-flash": "gemini-2.5-flash-lite",
}
"""Model → the smaller one."""
