"""Which price id the charges of a context have: worked out once a slice, and kept.

Roll-ups have no price ids, and need none where all charges of a context agree in theirs: as nearly
all do. Such a context is *simple*: its sums are taken from the roll-ups, and the charges themselves
are only read for the others. A file is a function of the slice's charges and contexts and never
changes; what is no longer asked for is disposable.
"""

import os
import time
import uuid
from functools import lru_cache
from pathlib import Path

import duckdb

from outlay.allocation.labels import labels_folder
from outlay.focus.sql import literal
from outlay.lake.facts import LakeReader, SliceFacts

COUNTED = (
    "CASE WHEN PricingQuantity IS NOT NULL THEN 1 WHEN ConsumedQuantity IS NOT NULL THEN 2 "
    "ELSE 0 END"
)
"""Which quantity a charge has: 1 PricingQuantity, 2 ConsumedQuantity, 0 none."""

_TOUCHED_AFTER = 24 * 60 * 60


def price_file(lake: LakeReader, connection: duckdb.DuckDBPyConnection, facts: SliceFacts) -> Path:
    """The file of a slice, made if it is not there. Columns: ``x_ContextKey``, ``price``,
    ``counted`` (see `COUNTED`) and ``simple``; the first two mean something where it is true. A
    context whose sums of quantities do not fit the roll-ups is not simple."""
    target = labels_folder(lake).parent / "prices" / f"{facts.contexts_id}.parquet"
    if _in_use(target):
        return target
    charges, months, contexts = (
        f"read_parquet({literal(str(path))}, hive_partitioning = false)"
        for path in (facts.slice.charges_path, facts.paths["months"], facts.paths["contexts"])
    )
    one_price = (
        "min(SkuPriceId) IS NOT DISTINCT FROM max(SkuPriceId) "
        "AND count(SkuPriceId) IN (0, count(*))"
    )
    pricing, consumed = "PricingQuantity", "ConsumedQuantity"
    one_kind = (
        f"(count({pricing}) = count(*) "
        f"OR (count({pricing}) = 0 AND count({consumed}) IN (0, count(*))))"
    )
    one_sign = " AND ".join(
        f"NOT coalesce(min({name}) < 0 AND max({name}) > 0, false)" for name in (pricing, consumed)
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        connection.execute(
            "COPY (SELECT x_ContextKey, price, counted, simple AND CASE counted WHEN 1 THEN "
            "has_pricing WHEN 2 THEN has_consumed ELSE true END AS simple FROM ("
            "SELECT x_ContextKey, min(SkuPriceId) AS price, CASE WHEN "
            f"count({pricing}) > 0 THEN 1 WHEN count({consumed}) > 0 THEN 2 ELSE 0 END AS counted, "
            f"{one_price} AND {one_kind} AND {one_sign} AS simple FROM {charges} "
            f"GROUP BY x_ContextKey) JOIN (SELECT x_ContextKey, "
            f"bool_and({pricing} IS NOT NULL) AS has_pricing, "
            f"bool_and({consumed} IS NOT NULL) AS has_consumed FROM {months} JOIN {contexts} "
            "USING (ContextId) GROUP BY x_ContextKey) USING (x_ContextKey)) "
            f"TO {literal(str(temporary))} (FORMAT PARQUET, COMPRESSION zstd)"
        )
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


@lru_cache(maxsize=4096)
def all_simple(path: Path) -> bool:
    """Whether every context of a slice is simple, by its file."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    return bool(pc.all(pq.read_table(path, columns=["simple"])["simple"]).as_py() is not False)


def _in_use(target: Path) -> bool:
    """Whether the file is there; one that is used is touched once a day, so that upkeep tells it
    from those that nobody asks for any more."""
    try:
        if time.time() - target.stat().st_mtime > _TOUCHED_AFTER:
            os.utime(target)
    except FileNotFoundError:
        return False
    return True
