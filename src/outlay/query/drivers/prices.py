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

_UNITS = "coalesce(PricingQuantity, ConsumedQuantity, 0)"
_TOUCHED_AFTER = 24 * 60 * 60
# The roll-ups hold sums of quantities below this with all their decimals.
_FITS = 9e16


def price_file(lake: LakeReader, connection: duckdb.DuckDBPyConnection, facts: SliceFacts) -> Path:
    """The file of a slice, made if it is not there. Columns: ``x_ContextKey``, ``price``,
    ``counted`` (see `COUNTED`) and ``simple``; the first two mean something where it is true."""
    target = labels_folder(lake).parent / "prices" / f"{facts.contexts_id}.parquet"
    if _in_use(target):
        return target
    charges = f"read_parquet({literal(str(facts.slice.charges_path))}, hive_partitioning = false)"
    one_price = (
        "min(SkuPriceId) IS NOT DISTINCT FROM max(SkuPriceId) "
        "AND count(SkuPriceId) IN (0, count(*))"
    )
    one_sign = f"NOT (count_if({_UNITS} < 0) > 0 AND count_if({_UNITS} > 0) > 0)"
    sizes = ", ".join(
        f"coalesce(sum(abs(CAST({name} AS DOUBLE))), 0)"
        for name in ("PricingQuantity", "ConsumedQuantity")
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        connection.execute(
            f"COPY (SELECT x_ContextKey, min(SkuPriceId) AS price, min({COUNTED}) AS counted, "
            f"{one_price} AND min({COUNTED}) = max({COUNTED}) AND {one_sign} "
            f"AND greatest({sizes}) < {_FITS} AS simple FROM {charges} GROUP BY x_ContextKey) "
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
