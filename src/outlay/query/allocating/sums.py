"""Sums over labelled combinations: money by currency, distinct resources, lines."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import duckdb

from outlay.money import total
from outlay.query.allocating.shapes import Caught

Key = tuple[Any, ...]


def caught_by(
    connection: duckdb.DuckDBPyConnection, relation: str, keys: Sequence[str]
) -> dict[Key, Caught]:
    """What a relation of combinations (it has ``gid``) caught, by the values of its columns.

    Without keys the one key is ``()``; a key without charges is not there.
    """
    money: dict[Key, dict[str, Decimal]] = {}
    lines: dict[Key, int] = {}
    width = len(keys)
    listed = "".join(f"{key}, " for key in keys)
    rows = connection.execute(
        f"SELECT {listed}currency, sum(amount), sum(rest), CAST(sum(lines) AS BIGINT) "
        f"FROM ({relation}) JOIN spent USING (gid) GROUP BY {listed}currency"
    ).fetchall()
    for row in rows:
        key, (currency, amount, rest, count) = row[:width], row[width:]
        money.setdefault(key, {})[currency or ""] = total((amount, rest))
        lines[key] = lines.get(key, 0) + count
    group = f"GROUP BY {', '.join(keys)}" if keys else ""
    resources = connection.execute(
        f"SELECT {listed}count(DISTINCT resource) FROM ({relation}) JOIN members USING (gid) "
        f"{group}"
    ).fetchall()
    counts = {row[:width]: row[width] for row in resources}
    return {key: Caught(amounts, counts.get(key, 0), lines[key]) for key, amounts in money.items()}
