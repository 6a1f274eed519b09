"""Keys of both sides beside each other: amounts converted, one row a key."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import duckdb

from outlay.focus.sql import literal
from outlay.money import total
from outlay.money.rates import RATE_SQL
from outlay.query.answer import RateKey
from outlay.query.sqlparts import RATES

KEY = (
    "currency", "provider", "account", "service", "region", "resource", "sku", "unit", "counted",
    "price",
)  # fmt: skip
"""What makes a key: charges that agree in all of it are one price on one resource."""

NAMES = ("account_name", "resource_name", "meter")

# An amount's first nine decimals and the rest are converted apart: see `outlay.query.sqlparts`.
_HIGH, _LOW = "DECIMAL(26,9)", "DECIMAL(21,21)"


def keep_rates(connection: duckdb.DuckDBPyConnection, rates: Mapping[RateKey, Decimal]) -> None:
    """Put the rates into a temporary table of the connection."""
    connection.execute(
        f"CREATE TEMP TABLE {RATES} (_rate_currency VARCHAR, _rate_day DATE, "
        f"_rate_stated VARCHAR, _rate {RATE_SQL})"
    )
    rows = [
        f"({literal(currency)}, DATE '{day}', {literal(stated)}, {value:f})"
        for (currency, day, stated), value in rates.items()
    ]
    if rows:
        connection.execute(f"INSERT INTO {RATES} VALUES {', '.join(rows)}")


CONVERTED = ("high", "low", "weight_high", "weight_low", "weight")
"""What conversion adds to a row: its converted cost in two halves, and the magnitudes, converted
(in halves) and its own, that mean rates are made of."""


def converted_sums(daily: str, keys: Sequence[str], plain: Sequence[str], target: str) -> str:
    """Rows by day with ``cost``, ``currency``, ``day`` and ``stated``, added up by their keys: the
    cost at the rate of its day, in two halves that are put together in Python, since the product
    of all digits at once would not fit; ``missing`` where there is no rate."""
    rate = f"coalesce(_rate, CAST(1 AS {RATE_SQL}))"
    high = f"CAST(cost AS {_HIGH})"
    parts = {"high": f"{high} * {rate}", "low": f"CAST(cost - {high} AS {_LOW}) * {rate}"}
    sums = {"cost": "cost", **parts}
    for name, part in (("weight_high", parts["high"]), ("weight_low", parts["low"]),
                       ("weight", "cost")):  # fmt: skip
        sums[name] = f"CASE WHEN cost < 0 THEN -({part}) ELSE {part} END"
    sums |= {name: name for name in plain}
    listed = ", ".join(f"sum({part}) AS {name}" for name, part in sums.items())
    return (
        f"SELECT {', '.join(keys)}, _rate IS NULL AND currency IS DISTINCT FROM {literal(target)} "
        f"AS missing, {listed} FROM ({daily}) LEFT JOIN {RATES} ON _rate_currency = currency "
        "AND _rate_day = day AND _rate_stated = stated GROUP BY ALL"
    )


def mean_rates(
    connection: duckdb.DuckDBPyConnection,
) -> dict[str | None, tuple[Decimal, Decimal]]:
    """The mean rate of each currency, as a sum of converted magnitudes and one of their own: of the
    earlier side, where that has some."""
    found: dict[str | None, tuple[Decimal, Decimal]] = {}
    fetched = connection.execute(
        "SELECT side, currency, sum(weight_high), sum(weight_low), sum(weight) FROM driver_rows "
        "GROUP BY side, currency ORDER BY side DESC"
    ).fetchall()
    for _, currency, high, low, cost in fetched:
        if cost:
            found[currency] = (total((Decimal(high), Decimal(low))), Decimal(cost))
    return found


# --- both sides beside each other -----------------------------------------------------------

SUMS = ("cost", "high", "low", "quantity", "lines", "contracted", "below", "above")


def pivot(width: int, converted: bool) -> tuple[tuple[str, ...], str]:
    """One row a key and class: usage on both sides, on demand and covered; other charges by their
    kind. Where commitments cover part of a resource's SKU, coverage moves usage from one price id
    to another: its price ids are looked at together."""
    values = [f"d{i}" for i in range(width)]
    group = [*(name for name in KEY if name != "price"), *values]
    pooled = f"max(kind = 'covered') OVER (PARTITION BY {', '.join(group)})"
    classed = "CASE WHEN kind IN ('demand', 'covered') THEN 'metered' ELSE kind END"
    inner = (
        f"SELECT *, {classed} AS class, {pooled} AS pooled FROM driver_rows "
        "WHERE kind IN ('demand', 'covered') UNION ALL BY NAME "
        "SELECT *, kind AS class, false AS pooled FROM driver_rows "
        "WHERE kind NOT IN ('demand', 'covered')"
    )
    keys = [*(n for n in KEY if n != "price"), "CASE WHEN pooled THEN NULL ELSE price END AS price"]
    selected = [*keys, "class", *values, "bool_and(by_day) AS by_day"]
    selected += [f"max({name}) AS {name}" for name in NAMES]
    names = [*KEY, "class", *values, "by_day", *NAMES]
    for side in (0, 1):
        for kind in ("demand", "covered"):
            when = f"side = {side} AND kind {'=' if kind == 'covered' else '<>'} 'covered'"
            for column in SUMS:
                if column in ("high", "low") and not converted:
                    continue
                name = f"{kind}{side}_{column}"
                selected.append(f"coalesce(sum({column}) FILTER (WHERE {when}), 0) AS {name}")
                names.append(name)
    grouped = ", ".join(
        [*(n for n in KEY if n != "price"), "CASE WHEN pooled THEN NULL ELSE price END", "class"]
        + values
    )
    return tuple(names), f"SELECT {', '.join(selected)} FROM ({inner}) GROUP BY {grouped}"
