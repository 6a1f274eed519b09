"""List and contracted cost against unit price times quantity, exactly.

DuckDB refuses DECIMAL(38,21) × DECIMAL(38,21), and narrowing a 128-bit decimal is the slowest
thing a check does: products are made once per distinct (price, quantity, cost), and of a large
relation one row in so many is looked at, which the result says.
"""

from typing import Any

import duckdb

from outlay.focus.rules import Rule
from outlay.money import MONEY_SQL

ROWS = 1_000_000
"""Rows looked at, at most (the next whole stride)."""

# Decimals of the price and of the quantity: 18 digits each (64 bits), 21 decimals in the product.
_SCALES = ((12, 9), (10, 11), (9, 6), (16, 5), (6, 15))


def product_sql(price: str, quantity: str) -> str:
    """SQL of the exact product of two DECIMAL(38,21); NULL where no pair of narrower types
    holds both factors without loss (and for nulls)."""
    cases = " ".join(
        f"WHEN TRY_CAST({price} AS DECIMAL(18,{left})) = {price} "
        f"AND TRY_CAST({quantity} AS DECIMAL(18,{right})) = {quantity} "
        f"THEN TRY_CAST(TRY_CAST({price} AS DECIMAL(18,{left})) "
        f"* TRY_CAST({quantity} AS DECIMAL(18,{right})) AS {MONEY_SQL})"
        for left, right in _SCALES
    )
    return f"CASE {cases} END"


def _rules(cost: str, price: str) -> tuple[Rule, Rule]:
    columns = (cost, price, "PricingQuantity")
    both = f"{price} IS NOT NULL AND PricingQuantity IS NOT NULL"
    product = product_sql(price, "PricingQuantity")
    wrong = Rule(
        f"{cost}-product",
        f"{cost} is {price} times PricingQuantity, exactly, where both are set",
        "warning",
        f"CASE WHEN {both} THEN {product} <> {cost} END",
        columns,
    )
    unchecked = Rule(
        f"{cost}-product-unchecked",
        f"{price} times PricingQuantity has too many digits for an exact product: not checked",
        "note",
        f"CASE WHEN {both} THEN {product} IS NULL END",
        columns,
    )
    return wrong, unchecked


PRODUCT_RULES = (
    *_rules("ListCost", "ListUnitPrice"),
    *_rules("ContractedCost", "ContractedUnitPrice"),
)


def stride(rows: int) -> int:
    """One row in how many is looked at."""
    return max(1, -(-rows // ROWS))


def looked_at(relation: str, step: int) -> str:
    """The relation, one row in `step` of it by line number."""
    return relation if step == 1 else f"(SELECT * FROM {relation} WHERE x_SourceLine % {step} = 0)"


def count_products(
    connection: duckdb.DuckDBPyConnection, relation: str, rows: int
) -> dict[str, int]:
    """Rows looked at that break each of PRODUCT_RULES."""
    counted: dict[str, int] = {}
    for wrong, unchecked in (PRODUCT_RULES[:2], PRODUCT_RULES[2:]):
        columns = ", ".join(wrong.columns)
        price = wrong.columns[1]
        row: tuple[Any, ...] | None = connection.execute(
            f"""SELECT sum(n) FILTER ({wrong.when}), sum(n) FILTER ({unchecked.when}) FROM (
                SELECT {columns}, count(*) AS n FROM {looked_at(relation, stride(rows))}
                WHERE {price} IS NOT NULL AND PricingQuantity IS NOT NULL GROUP BY ALL)"""
        ).fetchone()
        assert row is not None
        counted[wrong.name], counted[unchecked.name] = int(row[0] or 0), int(row[1] or 0)
    return counted
