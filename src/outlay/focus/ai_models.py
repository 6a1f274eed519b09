"""One name for a model, however a vendor, a cloud or a gateway spells it.

The name is the maker's own in its API without region, release date and version of the service:
`gpt-4o-mini`, `claude-sonnet-4-5`, `gemini-2.5-flash`, `llama-3.1-70b`, `nova-pro`. A model that
is not known here keeps its spelling in lower case, so that a new model is never "unknown".
"""

import re

_REGION = r"(?:us|us-gov|eu|apac|ap|jp|au|ca|sa|global)\."
_MAKERS_ON_BEDROCK = (
    "ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|"
    "nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai"
)
_PREFIX = re.compile(rf"^(?:{_REGION})?(?:(?:{_MAKERS_ON_BEDROCK})\.)?")
_RELEASE = re.compile(
    r"(?:"
    r"[-@ ]20\d\d-?\d\d-?\d\d"  # 2024-08-06, 20250929
    r"|(?<!claude)-v\d+:\d+(?::\d+k)?"  # -v1:0, -v2:0:200k
    r"|-\d+:\d+"  # gpt-oss-20b-1:0
    r"|[:@-](?:latest|default)"
    r"|-\d\d-\d\d"  # preview-05-20
    r"|-(?:0[1-9]|1[0-2])[0-3]\d(?:20\d\d)?"  # 0613, 1120, 07182024
    r"|(?<!embedding)-00\d"  # gemini-2.0-flash-001
    r")$"
)
# Claude4.5Sonnet, NovaPro, Llama4-Maverick: where a word ends inside a usage type.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[a-z]{4})(?=\d)|(?<=\d)(?=[A-Z][a-z]{2})")
_ONE_WORD = (
    ("deep-seek", "deepseek"),
    ("mini-max", "minimax"),
    ("chat-gpt", "chatgpt"),
    ("qwen-3", "qwen3"),
)

_CLAUDE = re.compile(
    r"^claude-?(?:v?(?P<before>\d+(?:[.:-]\d)?)(?!\d))?-?(?P<family>[a-z]+?)?"
    r"(?:-(?P<after>\d+(?:[.-]\d)?)(?!\d))?(?:-?v-?\d)?$"
)
_LLAMA = re.compile(r"^llama-?v?(?P<major>\d)(?:[-.p](?P<minor>\d)(?![\db]))?(?P<rest>.*)$")
_GPT = re.compile(r"^gpt-?(?P<rest>\d.*|oss.*)$")
_VERSIONED = re.compile(
    r"^(?P<name>gemini|gemma|nova|grok|phi)-?(?P<version>\d+(?:\.\d+)?)?(?P<rest>.*)$"
)

_MAKERS: tuple[tuple[str, str], ...] = (
    (r"gpt|chatgpt|o\d|codex|dall-e|sora|whisper|tts|text-embedding-(?:3|ada)|omni-moderation"
     r"|davinci|babbage|computer-use", "OpenAI"),
    (r"claude", "Anthropic"),
    (r"gemini|gemma|imagen|veo|palm|text-bison|chat-bison|textembedding|text-embedding-0",
     "Google"),
    (r"llama", "Meta"),
    (r"mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|voxtral", "Mistral AI"),
    (r"nova|titan", "Amazon"),
    (r"command|embed-|rerank|aya", "Cohere"),
    (r"deepseek", "DeepSeek"),
    (r"qwen|qwq", "Alibaba"),
    (r"grok", "xAI"),
    (r"kimi", "Moonshot AI"),
    (r"glm", "Z.ai"),
    (r"phi-|mai-", "Microsoft"),
    (r"nemotron", "NVIDIA"),
    (r"jamba|jurassic|j2-", "AI21"),
    (r"minimax", "MiniMax"),
    (r"stable|sd3", "Stability AI"),
    (r"voyage", "Voyage AI"),
)  # fmt: skip
_MAKER = [(re.compile(rf"^(?:{pattern})"), maker) for pattern, maker in _MAKERS]


def model_name(spelled: str) -> str:
    """The one name of a model.

    `spelled` is a model id of an API (`us.anthropic.claude-sonnet-4-20250514-v1:0`,
    `openai/gpt-4o-2024-08-06`, `models/gemini-2.5-flash`), of a bill (`Claude4.5Sonnet`,
    `gpt 4o 1120`) or in words (`Claude Sonnet 4.5`). An empty text stays empty.
    """
    text = spelled.strip()
    if text.lower().startswith("ft:"):  # a fine-tuned model is its base: ft:BASE:organisation::id
        text = text.split(":")[1]
    text = text.rsplit("/", 1)[-1]
    if text != text.lower():
        text = _CAMEL.sub("-", text)
    text = re.sub(r"[\s_]+", "-", text.lower().strip())
    for split, whole in _ONE_WORD:
        text = text.replace(split, whole)
    text = re.sub(r"^(?:us\.)?deepseek\.(?=[rv]\d)", "deepseek-", text)
    text = _PREFIX.sub("", text)
    previous = ""
    while text != previous:
        previous, text = text, _RELEASE.sub("", text)
    for name in (_claude, _llama, _gpt, _versioned):
        if found := name(text):
            return found
    return text


def model_maker(name: str) -> str | None:
    """Who made a model, by its one name (`model_name`); None where it is not known."""
    for pattern, maker in _MAKER:
        if pattern.match(name):
            return maker
    return None


def _claude(text: str) -> str | None:
    """Anthropic put the version before the family up to 3.7, and after it from 4 on."""
    match = _CLAUDE.match(text)
    if not match:
        return None
    version = re.sub(r"[.:]", "-", match["before"] or match["after"] or "").removesuffix("-0")
    family = match["family"]
    if not family:
        return f"claude-{version}" if version else "claude"
    if not version:
        return f"claude-{family}"
    if int(version.split("-")[0]) >= 4:
        return f"claude-{family}-{version}"
    return f"claude-{version}-{family}"


def _llama(text: str) -> str | None:
    match = _LLAMA.match(text)
    if not match:
        return None
    version = match["major"] + (f".{match['minor']}" if match["minor"] else "")
    rest = re.sub(r"-(?:instruct|chat|turbo|it)\b.*$", "", match["rest"])
    return f"llama-{version}{rest}"


def _gpt(text: str) -> str | None:
    match = _GPT.match(text)
    if not match:
        return None
    rest = re.sub(r"^35", "3.5", match["rest"])
    rest = re.sub(r"^(3\.5|4)turbo", r"\1-turbo", rest)
    rest = re.sub(r"^4o-?(?:mini|mn)\b", "4o-mini", rest)
    return "gpt-" + re.sub(r"-mn\b", "-mini", rest)


def _versioned(text: str) -> str | None:
    match = _VERSIONED.match(text)
    if not match or (not match["version"] and not match["rest"]):
        return None
    version = match["version"] or ""
    if match["name"] == "nova":  # the bill writes Nova2.0Lite, the API nova-2-lite
        version = version.removesuffix(".0")
    rest = re.sub(r"-(?:ga|instruct|it)$", "", match["rest"])
    return "-".join(part for part in (match["name"], version, rest.strip("-")) if part)
