"""The table `line`, into which the AWS bills are written before they take a vendor's format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb

COLUMNS = """
    bill VARCHAR, seq INTEGER, period DATE, day DATE, until DATE, account VARCHAR, type VARCHAR,
    service VARCHAR, product VARCHAR, usage_type VARCHAR, operation VARCHAR, family VARCHAR,
    instance VARCHAR, sku VARCHAR, resource VARCHAR, amount DECIMAL(18,6), unit VARCHAR,
    rate DECIMAL(18,10), cost DECIMAL(18,10), list_rate DECIMAL(18,10), list_cost DECIMAL(18,10),
    term VARCHAR, region VARCHAR, zone VARCHAR, description VARCHAR, tags MAP(VARCHAR, VARCHAR),
    tax_type VARCHAR, bill_type VARCHAR, billing_entity VARCHAR, legal_entity VARCHAR,
    sp_arn VARCHAR, sp_rate DECIMAL(18,10), sp_eff DECIMAL(18,10), sp_total DECIMAL(18,10),
    sp_used DECIMAL(18,10), sp_upfront DECIMAL(18,10), sp_recurring DECIMAL(18,10),
    ri_arn VARCHAR, ri_eff DECIMAL(18,10), ri_amort DECIMAL(18,10), ri_recurring DECIMAL(18,10),
    ri_unused_amort DECIMAL(18,10), ri_unused_recurring DECIMAL(18,10),
    ri_unused_quantity DECIMAL(18,6), ri_period_amort DECIMAL(18,10), ri_upfront DECIMAL(18,10),
    split_parent VARCHAR, split_usage DECIMAL(18,6), split_cost DECIMAL(18,10),
    split_unused DECIMAL(18,10)
"""


@dataclass(frozen=True)
class Span:
    """The days of which to make lines, and how the bill stood: `today` closes the months before
    it; an `early` delivery has estimates that the final one corrects."""

    first: date
    end: date
    today: date
    early: bool = False


def insert(con: duckdb.DuckDBPyConnection, columns: str, select: str) -> None:
    """Add rows to `line`; the columns that are not named stay null."""
    names = ", ".join(name.strip() for name in columns.split(","))
    con.execute(f"INSERT INTO line ({names}) {select}")
