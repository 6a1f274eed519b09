"""What a token cost on a day, by the price table of the genai-prices package.

Prices are dated and public: what comes of them is an estimate, never a bill. A model or tier
that the table does not know has no price, and no estimate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache

import genai_prices
from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, ModelPrice, StartDateConstraint, TieredPrices

from outlay.focus.ai_models import model_name
from outlay.focus.sql import literal, quoted
from outlay.sources.contract import Raw

PRICE_SOURCE = f"genai-prices {genai_prices.__version__}"
"""PriceSource of an estimate by this table."""

PRICE_SQL = "DECIMAL(18,15)"
"""SQL type of a price of one unit: times a DECIMAL(20,0) it is exact."""

# What is used → the table's prices that may be asked for it, the first known one counts; and how
# many units the price is for. A cached token without a price of its own costs what input costs.
_KEYS: dict[str, tuple[tuple[str, ...], int]] = {
    "input": (("input_mtok",), 1_000_000),
    "cached_input": (("cache_read_mtok", "input_mtok"), 1_000_000),
    "cache_write": (("cache_write_mtok", "input_mtok"), 1_000_000),
    "cache_write_1h": (("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"), 1_000_000),
    "output": (("output_mtok",), 1_000_000),
    "audio_input": (("input_audio_mtok", "input_mtok"), 1_000_000),
    "audio_cached_input": (
        ("cache_audio_read_mtok", "cache_read_mtok", "input_audio_mtok", "input_mtok"),
        1_000_000,
    ),
    "audio_output": (("output_audio_mtok", "output_mtok"), 1_000_000),
    "image_input": (("input_image_mtok", "input_mtok"), 1_000_000),
    "image_cached_input": (
        ("cache_image_read_mtok", "cache_read_mtok", "input_image_mtok", "input_mtok"),
        1_000_000,
    ),
    "image_output": (("output_image_mtok", "output_mtok"), 1_000_000),
    "characters": (("input_mchars",), 1_000_000),
    "seconds": (("input_audio_hours", "audio_hours"), 3_600),
    "web_search": (("web_searches_kcount",), 1_000),
    "file_search": (("storage_searches_kcount",), 1_000),
}
PRICED = tuple(_KEYS)
"""What has a price: token types, and a few units that are no tokens."""

_TIERS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"speed": "fast"},
}


@dataclass(frozen=True, order=True)
class Priced:
    """What a price is asked for: `provider` of the table ("" if the model's name decides),
    `model` as its vendor spells it, `tier` ("" for the standard one), `day` in UTC."""

    provider: str
    model: str
    tier: str
    day: date


@cache
def prices(asked: Priced) -> Mapping[str, Decimal]:
    """Price in USD of one unit of each of `PRICED` that has one; empty for an unknown model.

    Prices that depend on the length of one request count as that of a short one. A tier whose
    rates the table knows from a later day only has those before it, too: vendors had the tier,
    the table did not look yet.
    """
    model = _model(asked.provider, asked.model)
    if model is None:
        return {}
    if asked.tier not in ("", *_TIERS):
        return {}
    found = _rates(model, asked)
    if found is None:
        return {}
    known = {}
    for what, (keys, per) in _KEYS.items():
        price = next((value for key in keys if (value := _value(found, key)) is not None), None)
        if price is not None:
            known[what] = (price / per).quantize(Decimal(1).scaleb(-15))
    return known


def _model(provider: str, spelled: str) -> ModelInfo | None:
    """The table's model: as it is spelled, without a gateway's prefix, or by its one name."""
    for name in dict.fromkeys((spelled, spelled.rsplit("/", 1)[-1], model_name(spelled))):
        try:
            _, model = data_snapshot.get_snapshot().find_provider_model(
                name, None, provider or None, None
            )
        except LookupError:
            continue
        return model
    return None


def _rates(model: ModelInfo, asked: Priced) -> ModelPrice | None:
    moment = datetime.combine(asked.day, time(12), UTC)
    if not asked.tier:
        return model.get_prices(moment)
    context = _TIERS[asked.tier]
    variants = [v for v in model.price_variants or () if v.when == context]
    if not variants:
        return None
    starts = [v.constraint for v in variants]
    first = min(
        (s.start_date if isinstance(s, StartDateConstraint) else date.min for s in starts),
        default=date.min,
    )
    standard = model.get_prices(moment)
    tiered = model.get_prices(datetime.combine(max(asked.day, first), time(12), UTC), context)
    merged = dict(standard.__dict__)
    for key, value in tiered.__dict__.items():
        if value is not None:
            merged[key] = value
    return ModelPrice(**merged)


def _value(rates: ModelPrice, key: str) -> Decimal | None:
    value = rates.__dict__.get(key)
    return value.base if isinstance(value, TieredPrices) else value


def make_prices(raw: Raw, table: str, asked: Iterable[Priced]) -> list[Priced]:
    """Make `table` of what was asked, one row each: p_provider, p_model, p_tier, p_day and a
    column per priced thing (`p_input`, …), null where it has no price. Gives the unknown ones."""
    rows, unknown = [], []
    for one in sorted(set(asked)):
        known = prices(one)
        if not known:
            unknown.append(one)
            continue
        keys = f"{literal(one.provider)}, {literal(one.model)}, {literal(one.tier)}, "
        values = ", ".join(f"{known[w]:f}" if w in known else "NULL" for w in PRICED)
        rows.append(f"({keys}DATE '{one.day}', {values})")
    names = ["p_provider", "p_model", "p_tier", "p_day", *(price_column(what) for what in PRICED)]
    types = ["VARCHAR", "VARCHAR", "VARCHAR", "DATE", *([PRICE_SQL] * len(PRICED))]
    typed = ", ".join(f"CAST({n} AS {t}) AS {n}" for n, t in zip(names, types, strict=True))
    if rows:
        given = f"(VALUES {', '.join(rows)}) AS given({', '.join(names)})"
        raw.make(table, f"SELECT {typed} FROM {given}")
    else:
        nothing = ", ".join(f"NULL::{t} AS {n}" for n, t in zip(names, types, strict=True))
        raw.make(table, f"SELECT {nothing} WHERE false")
    return unknown


def price_column(what: str) -> str:
    """The column of a priced thing in the table that `make_prices` makes."""
    return f"p_{what}"


def join_prices(table: str, provider: str, model: str, tier: str, day: str) -> str:
    """SQL of a LEFT JOIN of the table: expressions of provider, model, tier and day."""
    return (
        f" LEFT JOIN {quoted(table)} ON p_provider = {provider} AND p_model = {model} "
        f"AND p_tier = {tier} AND p_day = {day}"
    )


def unknown_note(unknown: Iterable[Priced]) -> str | None:
    """The note that lists models and tiers without a price; None if there are none."""
    names = sorted({f"{one.model}{f' ({one.tier})' if one.tier else ''}" for one in unknown})
    if not names:
        return None
    shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    return f"no price in {PRICE_SOURCE} for {shown}: their usage has no estimated cost"
