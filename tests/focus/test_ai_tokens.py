"""Token types by the words of every vendor."""

import pytest

from outlay.focus.ai_tokens import token_type


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        # OpenAI's line items
        ("input", "input"),
        ("cached input", "cached_input"),
        ("output", "output"),
        ("audio input", "audio_input"),
        ("cached audio input", "audio_cached_input"),
        ("image output", "image_output"),
        ("promotional credit", None),
        # Anthropic's token types
        ("uncached_input_tokens", "input"),
        ("cache_read_input_tokens", "cached_input"),
        ("cache_creation.ephemeral_5m_input_tokens", "cache_write"),
        ("cache_creation.ephemeral_1h_input_tokens", "cache_write_1h"),
        ("output_tokens", "output"),
        # Bedrock
        ("input-tokens-cross-region-global", "input"),
        ("text-input-tokens-priority", "input"),
        ("cache-read-input-token-count", "cached_input"),
        ("cache-write-input-token-count", "cache_write"),
        ("cache-write-input-token-count-1-hour", "cache_write_1h"),
        ("CacheWrite1hInputTokenCount_Global", "cache_write_1h"),
        ("CacheReadInputTokenCount", "cached_input"),
        ("OutputTokenCount_Batch", "output"),
        ("cache_write_tokens_1h_global_standard", "cache_write_1h"),
        ("input-image-token-count", "image_input"),
        # Azure
        ("gpt 4o 1120 cached Inp glbl Tokens", "cached_input"),
        ("GPT 5 Mini outpt Glbl 1M Tokens", "output"),
        ("GPT 5.1 opt Gl 1M Tokens", "output"),
        ("5.6 sol ShortCo Cd Inp Std Gl 1M Tokens", "cached_input"),
        ("gpt-image-1-inp-txt-glbl Tokens", "input"),
        ("gpt-image-1-output-img-glbl Tokens", "image_output"),
        ("gpt rt aud 0828 cchd Inp glbl Tokens", "audio_cached_input"),
        # Google
        ("GA Text Input - Predictions", "input"),
        ("GA Thinking Text Output - Predictions", "output"),
        ("GA Text Output (Thinking On) - Predictions", "output"),
        ("GA Input Text Caching (Long)", "cached_input"),
        ("Text Input Caching Storage", "cache_storage"),
        ("Audio Input (Long) - Predictions", "audio_input"),
        ("Generate content input token count short input text thinking", "input"),
        ("Generate content output token count short output text non-thinking", "output"),
        ("", None),
    ],
)
def test_a_token_type_is_read(text: str, kind: str | None) -> None:
    assert token_type(text) == kind
