"""What a line item of OpenAI's costs is about: `gpt-4o-2024-08-06, cached input`."""

from dataclasses import dataclass

from outlay.focus.ai_models import model_maker, model_name
from outlay.focus.ai_tokens import token_type
from outlay.focus.sql import literal
from outlay.sources.contract import Raw

TABLE = "line_items"
_TIERS = ("batch", "flex", "priority", "fast")


@dataclass(frozen=True)
class LineItem:
    """Model as OpenAI spells it and by its one name, token type, tier (None: standard), and the
    meter in words (`Cached Input Tokens`); each None where the line item names none."""

    vendor_model: str | None = None
    model: str | None = None
    token_type: str | None = None
    tier: str | None = None
    meter: str | None = None


def parse(text: str) -> LineItem:
    """Read a line item: model, comma, what of it. Others (`web search tool calls`) are meters."""
    head, comma, rest = text.partition(",")
    kind = token_type(rest) if comma else None
    name = model_name(head)
    known = model_maker(name) is not None
    if not kind and not (comma and known):
        return LineItem(meter=text.strip() or None)
    said = set(rest.lower().replace(",", " ").split()) | set(head.lower().split())
    tier = next((one for one in _TIERS if one in said), None)
    spelled = head.strip()
    for word in (tier, "audio", "image", "text"):
        if word and spelled.lower().endswith(f" {word}"):
            kind = token_type(f"{word} {rest}") or kind
            spelled = spelled[: -len(word)].strip()
    words = kind.replace("_", " ").title() + " Tokens" if kind else rest.strip()
    return LineItem(spelled, model_name(spelled), kind, tier, words)


def make_line_items(raw: Raw, column: str) -> None:
    """Make the table of the delivery's distinct line items, one row each (`l_item`, …)."""
    texts = [row[0] for row in raw.ask(f"SELECT DISTINCT {column} FROM raw") if row[0] is not None]
    rows = []
    for text in sorted(texts):
        item = parse(text)
        facts = (text, item.vendor_model, item.model, item.token_type, item.tier, item.meter)
        rows.append(f"({', '.join(map(literal, facts))})")
    names = "l_item, l_vendor_model, l_model, l_token_type, l_tier, l_meter"
    if rows:
        raw.make(TABLE, f"SELECT * FROM (VALUES {', '.join(rows)}) AS given({names})")
    else:
        nothing = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in names.split(", "))
        raw.make(TABLE, f"SELECT {nothing} WHERE false")
