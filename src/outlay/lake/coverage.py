"""How much of the money has names: what charges say, summed for the vocabulary to judge.

Sums are of absolute amounts by day and context, so that a credit cannot hide what has no name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import duckdb

from outlay.focus.sql import quoted
from outlay.focus.vocabulary import Vocabulary
from outlay.lake.engine.duckdb import parquet
from outlay.lake.questions import CODES, kind_sql
from outlay.lake.types import Pin, Slice
from outlay.money import total

if TYPE_CHECKING:
    from outlay.lake.lake import Lake

About = Literal["service", "category", "subcategory", "region", "resource_type"]
ABOUT: tuple[About, ...] = ("service", "category", "subcategory", "region", "resource_type")
"""What can have a name, in the order in which it is shown."""

_NONE = Decimal(0)
_MOST_MEMOS = 2_000
_MEMO: dict[tuple[str, str, str], tuple["Words", ...]] = {}
"""What a delivery says under a vocabulary never changes: (lake, delivery, digest) → its words."""


@dataclass(frozen=True)
class Words:
    """What charges say of one thing, and the money behind them (absolute EffectiveCost).

    `value` is the vendor's own word, None where it has none; `name` is the one name, None where
    there is none. `service` tells where an unnamed resource type comes from.
    """

    about: About
    provider: str | None
    service: str | None
    value: str | None
    name: str | None
    named: bool
    currency: str
    amount: Decimal


def words(lake: "Lake", pin: Pin, vocabulary: Vocabulary) -> list[Words]:
    """What the charges of a pin say of services, regions and resources, largest amount first.

    Rows without a region or without a resource are left out there.
    """
    paths = {table: lake.rollup_paths(pin, table) for table in ("daily", "contexts")}
    found: dict[Words, list[Decimal]] = {}
    connection = lake.connect()
    try:
        for current in pin.slices:
            key = current.delivery.id
            memo = (str(lake.path), key, vocabulary.digest)
            there = _MEMO.get(memo)
            if there is None:
                relation = _relation(
                    connection, current, paths["daily"][key], paths["contexts"][key]
                )
                there = tuple(_judged(connection, relation, vocabulary))
                while len(_MEMO) >= _MOST_MEMOS:
                    _MEMO.pop(next(iter(_MEMO)), None)
                _MEMO[memo] = there
            for said in there:
                found.setdefault(replace(said, amount=_NONE), []).append(said.amount)
    finally:
        connection.close()
    rows = [replace(said, amount=total(amounts)) for said, amounts in found.items()]
    return sorted(rows, key=lambda row: (-row.amount, row.about, str(row.value)))


def _relation(
    connection: duckdb.DuckDBPyConnection, current: Slice, daily: Path, contexts: Path
) -> str:
    """A small table: what the slice's contexts say, with the sum of their days' amounts."""
    there = set(current.delivery.context_columns)

    def own(name: str) -> str:
        kept = f"x_{name}"
        return f"coalesce({kept}, {name})" if kept in there else name

    code = [quoted(name) for name in CODES if name in there]
    asked = {
        "provider": "ServiceProviderName",
        "host": "HostProviderName",
        "service": "ServiceName",
        "own_service": own("ServiceName"),
        "code": f"coalesce({', '.join([*code, 'NULL'])})",
        "category": "ServiceCategory",
        "own_category": own("ServiceCategory"),
        "subcategory": "ServiceSubcategory",
        "own_subcategory": own("ServiceSubcategory"),
        "region_id": "RegionId",
        "region": "RegionName",
        "own_region": own("RegionName"),
        "type": "ResourceType",
        "own_type": own("ResourceType"),
        "kind": f"CASE WHEN ResourceType IS NULL THEN {kind_sql('ResourceId')} END",
        "resource": "ResourceId IS NOT NULL",
        "currency": "BillingCurrency",
    }
    listing = ", ".join(f"{sql} AS {name}" for name, sql in asked.items())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE outlay_said AS SELECT {listing}, "
        "sum(amount) AS amount FROM "
        "(SELECT ContextId, sum(abs(EffectiveCost)) AS amount "
        f"FROM {parquet(daily)} GROUP BY 1) "
        f"JOIN {parquet(contexts)} USING (ContextId) GROUP BY ALL HAVING sum(amount) > 0"
    )
    return "outlay_said"


def _judged(
    connection: duckdb.DuckDBPyConnection, relation: str, vocabulary: Vocabulary
) -> Iterable[Words]:
    rows = connection.execute(
        "SELECT provider, host, service, own_service, code, category, own_category, subcategory, "
        f"own_subcategory, currency, sum(amount) FROM {relation} GROUP BY ALL"
    ).fetchall()
    for who, host, name, own, code, category, own_cat, sub, own_sub, currency, amount in rows:
        known = vocabulary.service(who, host, name, code, category, sub)
        said = own or code
        yield Words("service", who, None, said, name, bool(name), currency, amount)
        for about, word, own_word, how in (
            ("category", category, own_cat, known.category_named),
            ("subcategory", sub, own_sub, known.subcategory_named),
        ):
            value = None if how else own_word
            yield Words(about, who, said, value, word, bool(how), currency, amount)  # type: ignore[arg-type]
    rows = connection.execute(
        f"SELECT provider, host, region_id, region, own_region, currency, sum(amount) "
        f"FROM {relation} WHERE region_id IS NOT NULL OR region IS NOT NULL GROUP BY ALL"
    ).fetchall()
    for who, host, region_id, name, own, currency, amount in rows:
        known_region = vocabulary.region(who, host, region_id, name)
        named = bool(known_region.named)
        yield Words("region", who, None, region_id or own, name, named, currency, amount)
    rows = connection.execute(
        f"SELECT provider, host, own_service, type, own_type, kind, currency, sum(amount) "
        f"FROM {relation} WHERE resource OR type IS NOT NULL GROUP BY ALL"
    ).fetchall()
    for who, host, service, name, own, kind, currency, amount in rows:
        known_type = vocabulary.resource_type(who, host, service, name, kind)
        named = bool(known_type.named)
        said = own or (None if kind == "?" else kind)
        where = None if named else service
        yield Words("resource_type", who, where, said, name, named, currency, amount)
