"""What a token was: input, output, read from or written to a cache, in one vocabulary.

Token types are disjoint: `input` is never read from a cache, so that their quantities add up to
the tokens that were used. A metric of the usage table is its token type with `_tokens`.
"""

import re

INPUT = "input"
CACHED_INPUT = "cached_input"
CACHE_WRITE = "cache_write"
CACHE_WRITE_1H = "cache_write_1h"
OUTPUT = "output"
CACHE_STORAGE = "cache_storage"
"""Tokens kept in a cache for a time: its quantity is token-hours, no tokens."""

MODALITIES = ("audio", "image", "video")
"""Prefixes of a token type where the tokens are not of text: `audio_output`."""

_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z]{3})(?=\d)")

_INPUTS = {"input", "inputs", "inp", "inpt", "in", "prompt"}
_OUTPUTS = {"output", "outputs", "outp", "outpt", "out", "opt", "response", "completion"}
_OUTPUTS |= {"generated", "thinking", "reasoning"}
_CACHED = {"cached", "cache", "caching", "cchd", "ccchd", "cd", "ch"}
_WRITES = {"write", "writes", "wr", "creation"}
_MODALITY = {
    "audio": "audio", "aud": "audio", "speech": "audio",
    "image": "image", "images": "image", "img": "image",
    "video": "video", "vid": "video",
}  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a meter or description, in lower case: camel case and punctuation part them."""
    return _WORD.findall(_CAMEL.sub(" ", text).lower())


def token_type(text: str) -> str | None:
    """The token type that a meter, line item or field names; None where it names none.

    Knows the words of OpenAI (`cached input`), Anthropic (`cache_creation.ephemeral_1h_…`),
    Bedrock (`cache-read-input-token-count`), Azure (`cchd Inp`, `opt`) and Vertex AI
    (`Text Input Caching`).
    """
    found = words(text)
    said = set(found)
    modality = _modality(found, said)
    if said & _CACHED:
        if "storage" in said:
            return modality + CACHE_STORAGE
        if said & _WRITES:
            hour = "1h" in said or re.search(r"\b1 hour\b", " ".join(found))
            return modality + (CACHE_WRITE_1H if hour else CACHE_WRITE)
        if not said & _OUTPUTS:
            return modality + CACHED_INPUT
    if said & _OUTPUTS and not _only_kind_of_input(found):
        return modality + OUTPUT
    if said & _INPUTS:
        return modality + INPUT
    return None


def _only_kind_of_input(found: list[str]) -> bool:
    """Whether output is named after input, as a circumstance of it ("input … thinking")."""
    directions = [word for word in found if word in _INPUTS or word in _OUTPUTS - {"thinking"}]
    return bool(directions) and directions[0] in _INPUTS


def _modality(found: list[str], said: set[str]) -> str:
    """The prefix of what is not text; a model's own name (gpt-image-1) says nothing of it."""
    if said & {"text", "txt"}:
        return ""
    for before, word in zip(["", *found], found, strict=False):
        if word in _MODALITY and before not in {"gpt", "mai", "stable"}:
            return _MODALITY[word] + "_"
    return ""
