"""A model has one name, whoever spells it."""

import pytest

from outlay.focus.ai_models import model_maker, model_name


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        # OpenAI's API and bill
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-4.1", "gpt-4.1"),
        ("gpt-3.5-turbo-0125", "gpt-3.5-turbo"),
        ("gpt-4-0613", "gpt-4"),
        ("o3-mini-2025-01-31", "o3-mini"),
        ("chatgpt-4o-latest", "chatgpt-4o"),
        ("text-embedding-3-small", "text-embedding-3-small"),
        ("ft:gpt-4o-mini-2024-07-18:kestrel::abc123", "gpt-4o-mini"),
        ("GPT-5", "gpt-5"),
        # Azure's meters
        ("gpt 4o 1120", "gpt-4o"),
        ("gpt 4o mini 0718", "gpt-4o-mini"),
        ("gpt4o mn", "gpt-4o-mini"),
        ("gpt-35-turbo", "gpt-3.5-turbo"),
        ("gpt35turbo", "gpt-3.5-turbo"),
        ("GPT 5 Nano", "gpt-5-nano"),
        ("gpt-oss-120B", "gpt-oss-120b"),
        # Anthropic's API, Bedrock, Vertex and gateways
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("claude-opus-4-6", "claude-opus-4-6"),
        ("claude-3-5-sonnet-20241022", "claude-3-5-sonnet"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("anthropic.claude-v2:1", "claude-2-1"),
        ("claude-sonnet-4@20250514", "claude-sonnet-4"),
        ("anthropic/claude-3.5-sonnet", "claude-3-5-sonnet"),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
        # the cloud's bill
        ("Claude4.5Sonnet", "claude-sonnet-4-5"),
        ("Claude4Sonnet", "claude-sonnet-4"),
        ("Claude3Sonnet", "claude-3-sonnet"),
        ("Claude3.5Sonnetv2", "claude-3-5-sonnet"),
        ("Claude2.0", "claude-2"),
        ("Claude", "claude"),
        ("Claude 3.7 Sonnet", "claude-3-7-sonnet"),
        ("Claude Opus 4.8", "claude-opus-4-8"),
        ("Claude Opus 5", "claude-opus-5"),
        ("NovaPro", "nova-pro"),
        ("amazon.nova-pro-v1:0", "nova-pro"),
        ("Nova2.0Lite", "nova-2-lite"),
        ("global.amazon.nova-2-lite-v1:0", "nova-2-lite"),
        ("Llama3-1-70B", "llama-3.1-70b"),
        ("Llama3-2-1B", "llama-3.2-1b"),
        ("Llama3-8B", "llama-3-8b"),
        ("meta.llama3-1-70b-instruct-v1:0", "llama-3.1-70b"),
        ("Llama4-Maverick-17B", "llama-4-maverick-17b"),
        ("meta.llama4-maverick-17b-instruct-v1:0", "llama-4-maverick-17b"),
        ("MistralSmall", "mistral-small"),
        ("deepseek.r1-v1:0", "deepseek-r1"),
        ("DeepSeek-V3.2", "deepseek-v3.2"),
        ("Gemma-3-4B-IT", "gemma-3-4b"),
        ("openai.gpt-oss-20b-1:0", "gpt-oss-20b"),
        ("xai.grok-4.6", "grok-4.6"),
        ("moonshotai.kimi-k3", "kimi-k3"),
        # Google
        ("Gemini 2.5 Flash GA", "gemini-2.5-flash"),
        ("gemini-2.5-flash-lite", "gemini-2.5-flash-lite"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash-preview"),
        ("gemini-embedding-001", "gemini-embedding-001"),
        ("text-embedding-004", "text-embedding-004"),
        # what nobody knows yet stays itself
        ("Brand-New-9", "brand-new-9"),
        ("", ""),
    ],
)
def test_a_model_has_one_name(spelled: str, name: str) -> None:
    assert model_name(spelled) == name
    assert model_name(name) == name, "the one name of a name is itself"


@pytest.mark.parametrize(
    ("name", "maker"),
    [
        ("gpt-4o", "OpenAI"),
        ("o3-mini", "OpenAI"),
        ("text-embedding-3-small", "OpenAI"),
        ("claude-sonnet-4-5", "Anthropic"),
        ("gemini-2.5-pro", "Google"),
        ("text-embedding-004", "Google"),
        ("llama-3.1-70b", "Meta"),
        ("nova-pro", "Amazon"),
        ("mistral-small", "Mistral AI"),
        ("brand-new-9", None),
    ],
)
def test_a_model_has_a_maker(name: str, maker: str | None) -> None:
    assert model_maker(name) == maker
