"""Who served a request, by the names that gateways and instrumentations have for them."""

from dataclasses import dataclass

from outlay.focus.ai_models import model_maker, model_name
from outlay.focus.sql import literal
from outlay.sources.contract import Raw


@dataclass(frozen=True)
class Provider:
    """ServiceProviderName, ServiceName, and the provider in the price table ("" if it has none:
    the model's name decides)."""

    name: str
    service: str
    prices: str = ""


_OPENAI = Provider("OpenAI", "OpenAI API", "openai")
_ANTHROPIC = Provider("Anthropic", "Claude API", "anthropic")
_BEDROCK = Provider("AWS", "Amazon Bedrock", "aws")
_VERTEX = Provider("Google Cloud", "Vertex AI", "google")
_AZURE = Provider("Microsoft", "Azure OpenAI", "azure")

PROVIDERS: dict[str, Provider] = {
    "openai": _OPENAI,
    "text-completion-openai": _OPENAI,
    "anthropic": _ANTHROPIC,
    "bedrock": _BEDROCK,
    "bedrock_converse": _BEDROCK,
    "aws.bedrock": _BEDROCK,
    "sagemaker": Provider("AWS", "Amazon SageMaker", "aws"),
    "vertex_ai": _VERTEX,
    "vertex_ai_beta": _VERTEX,
    "gcp.vertex_ai": _VERTEX,
    "gemini": Provider("Google Cloud", "Gemini API", "google"),
    "gcp.gemini": Provider("Google Cloud", "Gemini API", "google"),
    "gcp.gen_ai": Provider("Google Cloud", "Gemini API", "google"),
    "azure": _AZURE,
    "azure_ai": Provider("Microsoft", "Azure AI Foundry", "azure"),
    "az.ai.openai": _AZURE,
    "azure.ai.openai": _AZURE,
    "az.ai.inference": Provider("Microsoft", "Azure AI Foundry", "azure"),
    "azure.ai.inference": Provider("Microsoft", "Azure AI Foundry", "azure"),
    "mistral": Provider("Mistral AI", "Mistral API", "mistral"),
    "mistral_ai": Provider("Mistral AI", "Mistral API", "mistral"),
    "cohere": Provider("Cohere", "Cohere API", "cohere"),
    "groq": Provider("Groq", "Groq API", "groq"),
    "deepseek": Provider("DeepSeek", "DeepSeek API", "deepseek"),
    "xai": Provider("xAI", "xAI API", "x-ai"),
    "x_ai": Provider("xAI", "xAI API", "x-ai"),
    "perplexity": Provider("Perplexity", "Perplexity API", "perplexity"),
    "together_ai": Provider("Together AI", "Together API", "together"),
    "fireworks_ai": Provider("Fireworks AI", "Fireworks API", "fireworks"),
    "openrouter": Provider("OpenRouter", "OpenRouter API", "openrouter"),
    "databricks": Provider("Databricks", "Model Serving", "databricks"),
}
_BY_MAKER = {"OpenAI": _OPENAI, "Anthropic": _ANTHROPIC}


def provider_of(named: str | None, model: str | None) -> Provider:
    """The provider of a request: as it is named, by the model's prefix (`bedrock/…`), or by who
    makes the model and sells it."""
    prefix = (model or "").partition("/")[0] if "/" in (model or "") else ""
    for name in (named or "", prefix):
        if name.lower() in PROVIDERS:
            return PROVIDERS[name.lower()]
    if named:
        return Provider(named, f"{named} API")
    maker = model_maker(model_name(model or "")) or "Unknown"
    return _BY_MAKER.get(maker, Provider(maker, f"{maker} API"))


def make_providers(raw: Raw, named: str, model: str) -> None:
    """Make the table `providers` of the distinct pairs of named provider and model: columns
    `v_named`, `v_model` (empty text for null), `v_name`, `v_service`, `v_prices`, `v_one_name`."""
    pairs = raw.ask(
        f"SELECT DISTINCT coalesce({named}, ''), coalesce({model}, '') FROM raw ORDER BY ALL"
    )
    rows = []
    for name, spelled in pairs:
        found = provider_of(name or None, spelled or None)
        one = model_name(spelled) or None
        facts = (name, spelled, found.name, found.service, found.prices, one)
        rows.append(f"({', '.join(map(literal, facts))})")
    given = ", ".join(rows) or "(NULL, NULL, NULL, NULL, NULL, NULL)"
    raw.make(
        "providers",
        "SELECT CAST(v_named AS VARCHAR) AS v_named, CAST(v_model AS VARCHAR) AS v_model, v_name, "
        f"v_service, v_prices, v_one_name FROM (VALUES {given}) AS "
        "given(v_named, v_model, v_name, v_service, v_prices, v_one_name)",
    )
