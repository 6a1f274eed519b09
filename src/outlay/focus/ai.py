"""AI inside the clouds: what a line of Bedrock, SageMaker, Vertex AI or Azure OpenAI is about.

Clouds write model, kind of token and service tier into the name of a meter, each in its own
way. `ai_dimensions` reads them, so that these lines have the same dimensions (`x_Model`,
`x_TokenType`, ConsumedUnit `Tokens`) as the bills of OpenAI and Anthropic. The spellings are those
of the vendors' price lists and bills of 2024 to 2026.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from outlay.focus.ai_models import model_maker, model_name
from outlay.focus.ai_tokens import CACHE_STORAGE, token_type, words

TOKENS = "Tokens"
"""ConsumedUnit of a quantity of tokens."""


@dataclass(frozen=True)
class AiDimensions:
    """What an AI line is about; each is None where the bill does not say.

    `model` is the one name (`outlay.focus.ai_models`), `vendor_model` as the bill spells it,
    `maker` who made it. `token_type` is of `outlay.focus.ai_tokens`. `tier` is how it was served:
    `batch`, `flex`, `priority`, `provisioned`, `reserved`; None is the standard tier. `factor`
    is how many tokens one unit of the line's quantity is: quantity × factor is in `Tokens`.
    `activity` is what was done where no tokens are counted: `inference`, `training`, `notebook`,
    `processing`, `storage`.
    """

    model: str | None = None
    vendor_model: str | None = None
    maker: str | None = None
    token_type: str | None = None
    tier: str | None = None
    factor: int | None = None
    activity: str | None = None


def ai_dimensions(
    provider: str, service: str, meter: str, description: str = "", unit: str = ""
) -> AiDimensions | None:
    """The AI dimensions of a line, None where it is no AI line or says nothing.

    It is a function of text alone: call it once per distinct combination, not per row. `provider`
    is any name of AWS, Azure or Google Cloud, `service` the vendor's service or product name (for
    Bedrock's Marketplace lines `Claude Opus 5 (Amazon Bedrock Edition)`), `meter` the usage type
    (AWS), the meter name (Azure) or the SKU's description (Google Cloud), `description` the
    charge's own text (Azure: product or meter subcategory), `unit` the unit that the line's
    quantity is counted in (`1K tokens`, `1M`, `count`). `factor` is for a quantity in that unit.
    """
    who = provider.lower()
    reader: Callable[[_Line], AiDimensions | None]
    if "amazon" in who or "aws" in who:
        reader = _aws
    elif "microsoft" in who or "azure" in who:
        reader = _azure
    elif "google" in who or "gcp" in who:
        reader = _google
    else:
        return None
    found = reader(_Line(service.strip(), meter.strip(), description.strip(), unit.strip()))
    return None if found is None or found == AiDimensions() else found


@dataclass(frozen=True)
class _Line:
    service: str
    meter: str
    description: str
    unit: str


def _of_model(spelled: str | None, **facts: str | int | None) -> AiDimensions:
    spelled = (spelled or "").strip(" -") or None
    name = model_name(spelled) if spelled else None
    known = AiDimensions(name, spelled, model_maker(name) if name else None)
    return replace(known, **facts)  # type: ignore[arg-type]


_SCALES = (
    (re.compile(r"\b(?:1m|1,?000,?000|million)\b", re.I), 1_000_000),
    (re.compile(r"\b(?:1k|1,?000|thousand)\b", re.I), 1_000),
)


def _scale(text: str) -> int | None:
    """How many tokens a unit in words is; None where it names no scale."""
    return next((scale for pattern, scale in _SCALES if pattern.search(text)), None)


def _tier(said: set[str]) -> str | None:
    for tier, names in _TIERS.items():
        if said & names:
            return tier
    return None


_TIERS = {
    "batch": {"batch"},
    "flex": {"flex", "fl"},
    "priority": {"priority", "pp"},
    "provisioned": {"provisioned"},
    "reserved": {"reserved", "reservation"},
}

# ── Amazon ────────────────────────────────────────────────────────────────────────────────────

_EDITION = re.compile(r"^(?P<model>.+?)(?: v\d+)? \(Amazon Bedrock Edition\)$", re.I)
_REGION = re.compile(r"^[A-Z]{2,4}\d?-")
_MARKETPLACE = re.compile(r"^MP:(?:[A-Z]{2,4}\d?_)?(?P<what>.+?)(?:-Units)?$")
# USE1-Claude4.6Opus-cache-read-input-token-count-cross-region-global,
# USW2-anthropic.claude-opus-4-8-mantle-input-tokens-global-standard
_BEDROCK = re.compile(
    r"^(?P<model>.+?)-(?:mantle-)?"
    r"(?P<what>(?:(?:text|image|audio|speech|video)-)?"
    r"(?:input|output|response|cache-read|cache-write)-(?:.*?-)?tokens?(?:-.*)?)$",
    re.I,
)
_SEARCHES = re.compile(r"^(?P<model>.+?)-(?:search|rerank)-units", re.I)
_SAGEMAKER = re.compile(
    r"^(?:[A-Z]{2,4}\d?-)?(?P<what>Host|AsyncInf|ServerlessInf|Train|Notebk|Studio|KernelGateway|"
    r"Processing|Tsform|Cluster|Endpoint|RStudio|Canvas|FeatureStore|GroundTruth)",
    re.I,
)
_SAGEMAKER_ACTIVITY = {
    "host": "inference", "asyncinf": "inference", "serverlessinf": "inference",
    "endpoint": "inference", "tsform": "inference",
    "train": "training", "cluster": "training",
    "notebk": "notebook", "studio": "notebook", "kernelgateway": "notebook",
    "rstudio": "notebook", "canvas": "notebook",
    "processing": "processing", "groundtruth": "processing", "featurestore": "storage",
}  # fmt: skip


def _aws(line: _Line) -> AiDimensions | None:
    edition = _EDITION.match(line.service)
    folded = line.service.replace(" ", "").lower()
    if "sagemaker" in folded:
        return _sagemaker(line)
    if "bedrock" not in folded:
        return None
    usage = _REGION.sub("", line.meter)
    if edition or usage.startswith("MP:"):
        return _bedrock_marketplace(edition["model"] if edition else None, usage)
    match = _BEDROCK.match(usage)
    if not match:
        searches = _SEARCHES.match(usage)
        return _of_model(searches["model"]) if searches else None
    what = match["what"]
    scale = _scale(line.unit) or _scale(line.description) or 1_000  # AWS prices them per 1K tokens
    return _of_model(
        match["model"], token_type=token_type(what), tier=_tier(set(words(what))), factor=scale
    )


def _bedrock_marketplace(model: str | None, usage: str) -> AiDimensions:
    """Third-party models billed by AWS Marketplace: the service has the model's name.

    The unit is `Units`: a million tokens each. Some descriptions say "thousand", yet their price
    is that of a million, so that the description is not asked.
    """
    match = _MARKETPLACE.match(usage)
    what = match["what"] if match else usage
    said = set(words(what))
    kind = token_type(what) if "token" in said or "tokens" in said else None
    return _of_model(model, token_type=kind, tier=_tier(said), factor=1_000_000 if kind else None)


def _sagemaker(line: _Line) -> AiDimensions | None:
    match = _SAGEMAKER.match(line.meter)
    if not match:
        return None
    tier = "batch" if match["what"].lower() == "tsform" else None
    return AiDimensions(activity=_SAGEMAKER_ACTIVITY[match["what"].lower()], tier=tier)


# ── Azure ─────────────────────────────────────────────────────────────────────────────────────

_AZURE_SERVICES = ("openai", "foundry", "cognitive services", "ai services", "ai models")
# What a meter's words are when they are no part of the model's name.
_AZURE_NOISE = (
    set("tokens token 1m 1k gl glbl glb global dz dzn dzone datazone data zone regnl rgnl".split())
    | set("regional regn reg std standard new shortco shco longco loco batch flex fl pp".split())
    | set(
        "priority inp input in inpt outp output out opt outpt cached cchd ccchd cd cache ch".split()
    )
    | set("wr write read txt text ft finetuned grader model".split())
)
_AZURE_FAMILIES = (
    ("grok", "grok-"), ("deepseek", "deepseek-"), ("kimi", "kimi-"), ("mistral", "mistral-"),
    ("llama", "llama-"), ("phi", "phi-"), ("openai", "gpt-"), ("gpt", "gpt-"),
)  # fmt: skip
_AZURE_WORDS = {"mn": "mini", "rt": "realtime", "tcrb": "transcribe", "trscb": "transcribe"}
_BARE_VERSION = re.compile(r"^(?:v?\d+(?:\.\d+)?)(?:[ -]|$)", re.I)


def _azure(line: _Line) -> AiDimensions | None:
    where = f"{line.service} {line.description}".lower()
    if not any(name in where for name in _AZURE_SERVICES):
        return None
    meter = re.sub(r"(?i)batch(?=inp|outp)", "batch ", line.meter)
    meter = re.sub(r"(?i)(?<=mini)(?=aud|rt|\d{4})|(?<=aud)(?=\d)|(?<=txt)(?=\d)", " ", meter)
    parts = [part for part in re.split(r"[\s-]+", meter) if part]
    said = {part.lower() for part in parts}
    if "provisioned" in said:
        return AiDimensions(tier="provisioned", activity="inference")
    if not said & {"tokens", "token"}:
        return None
    if said & {"training", "trng"}:
        return _of_model(_azure_model(parts, where), activity="training", factor=_azure_scale(line))
    return _of_model(
        _azure_model(parts, where),
        token_type=_azure_token_type(meter, said),
        tier=_tier(said),
        factor=_azure_scale(line),
    )


def _azure_scale(line: _Line) -> int:
    """Token meters without a scale in their name are of 1,000 (unit of measure `1K`)."""
    return _scale(line.unit) or _scale(line.meter) or 1_000


def _azure_token_type(meter: str, said: set[str]) -> str | None:
    kind = token_type(meter)
    if kind is None and any("embedding" in part for part in said):
        return "input"  # embeddings are billed by their input, and do not say so
    return kind


def _azure_model(parts: list[str], where: str) -> str | None:
    """The model in a meter's name: what is left when all else is taken away.

    Meters of newer products leave the family out (`5.6 sol ShortCo Inp Std Gl 1M Tokens`); then
    the product (`where`) says it.
    """
    kept: list[str] = []
    for part in parts:
        word = part.lower()
        if word == "embedding" and not kept:
            kept.append("text")
        if word in _AZURE_NOISE or re.fullmatch(r"\d{4}(?:\d{4})?", word):
            continue
        modality = word in {"aud", "audio", "img", "image"}
        if modality and (not kept or kept[-1].lower() not in {"gpt", "mai"}):
            continue
        kept.append({"aud": "audio", "img": "image"}.get(word, _AZURE_WORDS.get(word, part)))
    name = " ".join(kept)
    if name and _BARE_VERSION.match(name):
        family = next((prefix for word, prefix in _AZURE_FAMILIES if word in where), "")
        name = family + name
    return name or None


# ── Google Cloud ──────────────────────────────────────────────────────────────────────────────

_GOOGLE_SERVICES = ("vertex ai", "gemini", "generative language", "aiplatform", "agent platform")
_GOOGLE_MODEL = re.compile(
    r"\b(?P<model>"
    r"gemini (?:\d+(?:\.\d+)? )?(?:pro|flash|nano|ultra|embedding)(?:[ -]lite)?"
    r"(?: image\b(?! in| out))?"
    r"|claude (?:\d+(?:\.\d+)? )?(?:opus|sonnet|haiku|instant)(?: \d+(?:\.\d+)?)?"
    r"|gemma \d+(?:\.\d+)?|(?:imagen|veo) \d+"
    r"|llama \d+(?:\.\d+)?(?: (?:scout|maverick|\d+b))?"
    r"|(?:mistral|codestral|mixtral|jamba|deepseek|qwen|gpt[ -]oss|grok|kimi)[ -]?[\w.]*(?: \d+b)?"
    r"|text[ -]bison|chat[ -]bison|textembedding[ -]gecko"
    r")\b",
    re.I,
)
_VERTEX_ACTIVITY = (
    (("training",), "training"),
    (("tuning",), "training"),
    (("notebook",), "notebook"),
    (("workbench",), "notebook"),
    (("pipelines",), "processing"),
    (("prediction",), "inference"),
    (("predictions",), "inference"),
)
# These were billed by the character, though the unit is `count` all the same.
_BY_CHARACTER = re.compile(r"^(?:gemini-1|text-bison|chat-bison|textembedding-gecko)")


def _google(line: _Line) -> AiDimensions | None:
    if not any(name in line.service.lower() for name in _GOOGLE_SERVICES):
        return None
    text = line.meter or line.description
    match = _GOOGLE_MODEL.search(text)
    said = set(words(text))
    if not match:
        activity = next((a for names, a in _VERTEX_ACTIVITY if said >= set(names)), None)
        return AiDimensions(activity=activity)
    rest = text[: match.start()] + " " + text[match.end() :]
    kind = token_type(rest)
    if said & {"tuning", "training"}:
        return _of_model(match["model"], activity="training")
    found = _of_model(match["model"], token_type=kind, tier=_tier(said))
    by_token = (
        kind and not kind.endswith(CACHE_STORAGE) and not _BY_CHARACTER.match(found.model or "")
    )
    # `count`, and on some exports `requests`: the quantity is of single tokens either way.
    return replace(found, factor=_scale(line.unit) or 1) if by_token else found
