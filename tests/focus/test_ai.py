"""Lines of Bedrock, SageMaker, Vertex AI and Azure OpenAI, as the clouds really spell them."""

import pytest

from outlay.focus.ai import AiDimensions, ai_dimensions

BEDROCK = "Amazon Bedrock"


def short(found: AiDimensions | None) -> tuple[object, ...] | None:
    return found and (found.model, found.token_type, found.tier, found.factor)


@pytest.mark.parametrize(
    ("service", "usage_type", "unit", "expected"),
    [
        (BEDROCK, "USE1-Claude-input-tokens", "1K tokens", ("claude", "input", None, 1000)),
        ("AmazonBedrock", "USE1-Claude3Sonnet-output-tokens", "1K tokens",
         ("claude-3-sonnet", "output", None, 1000)),
        (BEDROCK, "USW2-Claude4.5Sonnet-cache-write-input-token-count", "1K tokens",
         ("claude-sonnet-4-5", "cache_write", None, 1000)),
        (BEDROCK, "USE1-Claude4.6Opus-cache-read-input-token-count-cross-region-global", "",
         ("claude-opus-4-6", "cached_input", None, 1000)),
        (BEDROCK, "USE1-Claude4Sonnet-cache-write-input-token-count-1-hour", "1K tokens",
         ("claude-sonnet-4", "cache_write_1h", None, 1000)),
        (BEDROCK, "USW2-anthropic.claude-opus-4-8-mantle-input-tokens-global-standard", "1K tokens",
         ("claude-opus-4-8", "input", None, 1000)),
        (BEDROCK, "USW2-anthropic.claude-opus-4-8-mantle-cache-write-tokens-global-standard", "",
         ("claude-opus-4-8", "cache_write", None, 1000)),
        (BEDROCK, "USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "1K tokens",
         ("gpt-oss-120b", "input", None, 1000)),
        (BEDROCK, "USE1-gpt-oss-120b-output-tokens-priority", "1K tokens",
         ("gpt-oss-120b", "output", "priority", 1000)),
        (BEDROCK, "USE1-Llama4-Maverick-17B-input-tokens-batch", "1K tokens",
         ("llama-4-maverick-17b", "input", "batch", 1000)),
        (BEDROCK, "USE1-Llama3-2-1B-output-tokens", "1K tokens",
         ("llama-3.2-1b", "output", None, 1000)),
        (BEDROCK, "EU-qwen.qwen3-coder-480b-a35b-instruct-mantle-input-tokens-flex", "1K tokens",
         ("qwen3-coder-480b-a35b-instruct", "input", "flex", 1000)),
        (BEDROCK, "USE1-Nova2.0Lite-input-tokens-cross-region-global-batch", "1K tokens",
         ("nova-2-lite", "input", "batch", 1000)),
        (BEDROCK, "USE1-Nova2.0Pro-text-input-tokens-priority-cross-region-global", "1K tokens",
         ("nova-2-pro", "input", "priority", 1000)),
        (BEDROCK, "USE1-Nova2.0Pro-input-image-token-count-cross-region-global", "1K tokens",
         ("nova-2-pro", "image_input", None, 1000)),
        (BEDROCK, "USE1-cohere.rerank-english-v3-search-units", "1K Search units",
         ("rerank-english-v3", None, None, None)),
        # third-party models billed by AWS Marketplace: the model is in the service's name
        ("Claude Opus 5 (Amazon Bedrock Edition)",
         "USE1-MP:USE1_input_tokens_global_standard-Units", "Units",
         ("claude-opus-5", "input", None, 1_000_000)),
        ("Claude Haiku 4.5 (Amazon Bedrock Edition)", "USE1-MP:USE1_InputTokenCount-Units",
         "Units", ("claude-haiku-4-5", "input", None, 1_000_000)),
        ("Claude 3.7 Sonnet (Amazon Bedrock Edition)", "USW2-MP:USW2_OutputTokenCount-Units",
         "Units", ("claude-3-7-sonnet", "output", None, 1_000_000)),
        ("Claude Sonnet 4.5 (Amazon Bedrock Edition)",
         "USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units", "Units",
         ("claude-sonnet-4-5", "cache_write_1h", None, 1_000_000)),
        ("Claude Opus 5 (Amazon Bedrock Edition)",
         "USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units", "Units",
         ("claude-opus-5", "cache_write_1h", None, 1_000_000)),
        ("Claude Opus 5 (Amazon Bedrock Edition)",
         "USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units", "Units",
         ("claude-opus-5", None, "reserved", None)),
        ("Stable Image Ultra (Amazon Bedrock Edition)",
         "USE1-MP:USE1_created_image_stable_image_ultra-Units", "Units",
         ("stable-image-ultra", None, None, None)),
        # no model and no tokens: nothing is invented
        (BEDROCK, "USE1-Guardrail-AutomatedReasoningPolicyUnitsConsumed", "", None),
        (BEDROCK, "USE1-KnowledgeBase-StructuredQuery", "", None),
        ("Amazon Elastic Compute Cloud", "USE1-BoxUsage:m5.large", "Hrs", None),
    ],
)  # fmt: skip
def test_bedrock(
    service: str, usage_type: str, unit: str, expected: tuple[object, ...] | None
) -> None:
    assert short(ai_dimensions("AWS", service, usage_type, "", unit)) == expected
    assert short(ai_dimensions("Amazon Web Services", service, usage_type, "", unit)) == expected


def test_the_scale_may_stand_in_the_description() -> None:
    found = ai_dimensions(
        "AWS", BEDROCK, "USE1-Claude-input-tokens", "$0.0030000000 per 1K tokens USE1-Claude"
    )
    assert found is not None
    assert found.factor == 1000
    million = ai_dimensions("AWS", BEDROCK, "USE1-NovaPro-input-tokens", "$0.8 per 1M tokens")
    assert million is not None
    assert million.factor == 1_000_000


def test_marketplace_units_are_millions_whatever_their_text_says() -> None:
    """The price list says thousand of one whose price, 0.33, is that of a million."""
    found = ai_dimensions(
        "AWS",
        "Claude Sonnet 4.5 (Amazon Bedrock Edition)",
        "USE1-MP:USE1_CacheReadInputTokenCount-Units",
        "AWS Marketplace software usage|us-east-1|thousand Cache Read Input Tokens Regional",
        "Units",
    )
    assert found is not None
    assert (found.token_type, found.factor) == ("cached_input", 1_000_000)
    assert (found.vendor_model, found.maker) == ("Claude Sonnet 4.5", "Anthropic")


@pytest.mark.parametrize(
    ("usage_type", "activity"),
    [
        ("USE1-Host:ml.g5.xlarge", "inference"),
        ("Host:ml.m5.xlarge", "inference"),
        ("USE1-AsyncInf:ml.g6e.2xlarge", "inference"),
        ("USE1-Train:ml.p3.2xlarge", "training"),
        ("USE1-Notebk:ml.t3.medium", "notebook"),
        ("Studio:VolumeUsage.gp3", "notebook"),
        ("USW2-Processing:ml.m5.large", "processing"),
    ],
)
def test_sagemaker_says_what_was_done(usage_type: str, activity: str) -> None:
    for service in ("Amazon SageMaker", "AmazonSageMaker"):
        found = ai_dimensions("AWS", service, usage_type, unit="Hrs")
        assert found == AiDimensions(activity=activity)


@pytest.mark.parametrize(
    ("service", "meter", "product", "unit", "expected"),
    [
        ("Azure OpenAI", "gpt-4o Inp glbl Tokens", "GPT", "1K", ("gpt-4o", "input", None, 1000)),
        ("Azure OpenAI", "gpt 4o 1120 cached Inp glbl Tokens", "", "1K",
         ("gpt-4o", "cached_input", None, 1000)),
        ("Azure OpenAI", "gpt-4o-mini-0718-Outp-glbl Tokens", "", "1K",
         ("gpt-4o-mini", "output", None, 1000)),
        ("Azure OpenAI", "gpt 4o mini 0718 cached Inp glbl Tokens", "", "",
         ("gpt-4o-mini", "cached_input", None, 1000)),
        ("Azure OpenAI", "gpt 4o 0513 Batch Inp glbl Tokens", "", "1K",
         ("gpt-4o", "input", "batch", 1000)),
        ("Azure OpenAI", "gpt 4.1 mini Outp glbl Tokens", "", "1K",
         ("gpt-4.1-mini", "output", None, 1000)),
        ("Azure OpenAI", "GPT 5 Mini outpt Glbl 1M Tokens", "", "1M",
         ("gpt-5-mini", "output", None, 1_000_000)),
        ("Azure OpenAI", "GPT 5 Chat cchd Inpt Glbl 1M Tokens", "", "",
         ("gpt-5-chat", "cached_input", None, 1_000_000)),
        ("Foundry Models", "GPT 5.1 opt Gl 1M Tokens", "", "",
         ("gpt-5.1", "output", None, 1_000_000)),
        ("Foundry Models", "5.6 sol ShortCo Cd Inp Std Gl 1M Tokens", "Azure OpenAI GPT5", "1M",
         ("gpt-5.6-sol", "cached_input", None, 1_000_000)),
        ("Foundry Models", "5.3 codex inp Gl 1M Tokens", "Azure OpenAI GPT5", "1M",
         ("gpt-5.3-codex", "input", None, 1_000_000)),
        ("Foundry Models", "4.7 Outp glbl Tokens", "Azure Grok Models", "1K",
         ("grok-4.7", "output", None, 1000)),
        ("Foundry Models", "V4 Pro cached DZ Tokens", "Azure Deepseek Models", "1K",
         ("deepseek-v4-pro", "cached_input", None, 1000)),
        ("Foundry Models", "gpt-oss-120B Inp glbl Tokens", "", "1K",
         ("gpt-oss-120b", "input", None, 1000)),
        ("Azure OpenAI", "o4-mini 0416 Inp glbl Tokens", "Azure OpenAI Reasoning", "1K",
         ("o4-mini", "input", None, 1000)),
        ("Azure OpenAI", "gpt rt aud 0828 cchd Inp glbl Tokens", "", "1K",
         ("gpt-realtime", "audio_cached_input", None, 1000)),
        ("Azure OpenAI", "gpt-4o-transcribe-txt-out-glbl Tokens", "", "1K",
         ("gpt-4o-transcribe", "output", None, 1000)),
        ("Azure OpenAI", "gpt-image-1-inp-txt-glbl Tokens", "", "1K",
         ("gpt-image-1", "input", None, 1000)),
        ("Azure OpenAI", "text-embedding-3-large-regional Tokens", "", "1K",
         ("text-embedding-3-large", "input", None, 1000)),
        ("Cognitive Services", "gpt-4o 1120 Outp glbl Tokens", "Azure OpenAI Service", "Tokens",
         ("gpt-4o", "output", None, 1000)),
        ("Azure OpenAI", "Provisioned Managed Global Unit", "", "1/Hour",
         (None, None, "provisioned", None)),
        ("Cognitive Services", "Standard Text Records", "Language", "1K", None),
        ("Foundry Models", "Sora 2 glbl Second", "Azure OpenAI Media", "1", None),
        ("Virtual Machines", "D2s v5", "", "1 Hour", None),
    ],
)  # fmt: skip
def test_azure(
    service: str, meter: str, product: str, unit: str, expected: tuple[object, ...] | None
) -> None:
    assert short(ai_dimensions("Microsoft", service, meter, product, unit)) == expected
    assert short(ai_dimensions("Azure", service, meter, product, unit)) == expected


@pytest.mark.parametrize(
    ("sku", "unit", "expected"),
    [
        ("Gemini 2.5 Pro Text Input", "count", ("gemini-2.5-pro", "input", None, 1)),
        ("Gemini 2.5 Pro Text Input", "1000 count", ("gemini-2.5-pro", "input", None, 1000)),
        ("Gemini 2.5 Flash GA Text Input - Predictions", "requests",
         ("gemini-2.5-flash", "input", None, 1)),
        ("Gemini 2.5 Flash GA Thinking Text Output - Predictions", "count",
         ("gemini-2.5-flash", "output", None, 1)),
        ("Gemini 2.5 Flash GA Text Output (Thinking On) - Predictions", "count",
         ("gemini-2.5-flash", "output", None, 1)),
        ("Gemini 2.5 Flash Text Output (Thinking On) - Batch Predictions", "count",
         ("gemini-2.5-flash", "output", "batch", 1)),
        (" Gemini 2.5 Flash GA Input Text Caching (Long)", "count",
         ("gemini-2.5-flash", "cached_input", None, 1)),
        ("Gemini 2.5 Flash GA Audio Input (Long) - Predictions", "count",
         ("gemini-2.5-flash", "audio_input", None, 1)),
        ("Gemini 2.5 Flash Lite Text Input - Predictions", "count",
         ("gemini-2.5-flash-lite", "input", None, 1)),
        ("Gemini 3.7 Flash Global Text Output - Predictions", "count",
         ("gemini-3.7-flash", "output", None, 1)),
        ("Generate content output token count gemini 2.5 flash short input text", "requests",
         ("gemini-2.5-flash", "output", None, 1)),
        ("Generate content output token count gemini 2.5 flash lite short output text non-thinking",
         "requests", ("gemini-2.5-flash-lite", "output", None, 1)),
        ("Gemini 3 Flash Text Input Caching Storage", "h",
         ("gemini-3-flash", "cache_storage", None, None)),
        ("Gemini 1.5 Pro Text Input - Predictions", "count",
         ("gemini-1.5-pro", "input", None, None)),  # by the character
        ("Claude Sonnet 4.5 Input Tokens", "count", ("claude-sonnet-4-5", "input", None, 1)),
        ("Network Inter-region Egress", "unit", None),
    ],
)  # fmt: skip
def test_vertex(sku: str, unit: str, expected: tuple[object, ...] | None) -> None:
    for provider in ("Google Cloud", "GCP"):
        assert short(ai_dimensions(provider, "Vertex AI", sku, "", unit)) == expected


def test_vertex_without_a_model_says_what_was_done() -> None:
    found = ai_dimensions("Google Cloud", "Vertex AI", "Custom Training - N1 with NVIDIA T4 GPU")
    assert found == AiDimensions(activity="training")
    found = ai_dimensions("Google Cloud", "Vertex AI", "Online/Batch Prediction N1 Instance Core")
    assert found is not None
    assert found.activity == "inference"


def test_other_services_and_providers_are_no_ai_lines() -> None:
    assert ai_dimensions("Google Cloud", "Compute Engine", "N1 Predefined Instance Core") is None
    assert ai_dimensions("Oracle", "Generative AI", "Large Cohere") is None
    assert ai_dimensions("", "", "") is None


def test_one_model_is_one_name_in_all_clouds() -> None:
    """The point of it all: one row for a model, wherever it was bought."""
    bought = [
        ai_dimensions("AWS", BEDROCK, "USE1-Claude4.5Sonnet-input-tokens"),
        ai_dimensions(
            "AWS",
            "Claude Sonnet 4.5 (Amazon Bedrock Edition)",
            "USE1-MP:USE1_InputTokenCount-Units",
        ),
        ai_dimensions("Google Cloud", "Vertex AI", "Claude Sonnet 4.5 Input Tokens"),
    ]
    assert {(found.model, found.token_type) for found in bought if found} == {
        ("claude-sonnet-4-5", "input")
    }
    assert all(bought)
