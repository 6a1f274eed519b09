"""Rows of the usage table from counts that stand side by side in one raw row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from outlay.focus.sql import literal
from outlay.sources.ai.prices import PRICE_SOURCE, price_column
from outlay.sources.contract import Rows

WHOLE = "DECIMAL(20,0)"
"""SQL type of a count of units."""


@dataclass(frozen=True)
class Metric:
    """One count of a raw row: its name and unit in the usage table, SQL of its quantity as
    DECIMAL(20,0), and what of the price table it costs (None: nothing, or not known).

    `cost` and `cost_source` are SQL of another estimate, in place of the price table's.
    """

    name: str
    unit: str
    quantity: str
    priced: str | None = None
    token_type: str | None = None
    cost: str | None = None
    cost_source: str | None = None


def tokens(kind: str, quantity: str) -> Metric:
    """The metric of a token type (`outlay.focus.ai_tokens`)."""
    return Metric(f"{kind}_tokens", "Tokens", quantity, kind, kind)


def usage_rows(
    metrics: Sequence[Metric], common: Mapping[str, str], when: str
) -> tuple[tuple[Rows, ...], dict[str, str]]:
    """The rows of each metric where its quantity is not zero, and the sum's formula per metric.

    `common` are the usage columns that all have, `when` the rows that count.
    """
    rows = []
    formulas: dict[str, list[str]] = {}
    for metric in metrics:
        there = f"coalesce({metric.quantity}, 0) <> 0"
        price = price_column(metric.priced) if metric.priced else None
        cost = metric.cost or (f"{metric.quantity} * {price}" if price else "NULL")
        source = metric.cost_source or literal(PRICE_SOURCE)
        known = f"({cost}) IS NOT NULL" if cost != "NULL" else "false"
        rows.append(
            Rows(
                metric.name,
                f"({when}) AND {there}",
                {
                    **common,
                    "Metric": literal(metric.name),
                    "Unit": literal(metric.unit),
                    "Quantity": metric.quantity,
                    "EstimatedCost": cost,
                    "EstimatedCurrency": f"CASE WHEN {known} THEN 'USD' END",
                    "PriceSource": f"CASE WHEN {known} THEN {source} END",
                    "x_TokenType": literal(metric.token_type),
                },
            )
        )
        formulas.setdefault(metric.name, []).append(
            f"coalesce(CASE WHEN {when} THEN {metric.quantity} END, 0)"
        )
    return tuple(rows), {name: " + ".join(parts) for name, parts in formulas.items()}
