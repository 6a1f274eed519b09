"""Rates that a bill itself states: how many units of its billing currency one unit of the currency
it is priced in was.

Azure states them in `x_BillingExchangeRate` (from its PricingCurrency), Google Cloud in
`x_CurrencyConversionRate` (from US dollars). Converting a charge back to that currency goes by
the bill's own rate, so that the result is what the vendor's price list says.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from pathlib import Path

import pyarrow.parquet as pq
from sqlglot import exp

from outlay.expression.compile import Resolve
from outlay.expression.dimensions import Dimension
from outlay.lake.facts import SliceFacts
from outlay.money.rates import Rate, inverse

NONE = ""
"""What stands for a charge without a stated rate."""

_CURRENCY = Dimension("column", "BillingCurrency")
_PRICING = Dimension("column", "PricingCurrency")
_ORIGINS: dict[str, str | None] = {
    "x_BillingExchangeRate": None,
    "x_CurrencyConversionRate": "USD",
}
"""Column of the rate → the currency that it converts from; None: the charge's PricingCurrency."""


def stated_column(facts: SliceFacts) -> str | None:
    """The column in which the slice's charges state a rate."""
    return next((name for name in _ORIGINS if name in facts.slice.delivery.columns), None)


def used_column(facts: SliceFacts, target: str) -> str | None:
    """The column of stated rates, where some charge of the slice states one to the target: the
    column is in no cube, so that looking at it is dearer."""
    return stated_column(facts) if any(stated_rates(facts, target).values()) else None


def looked_at(column: str) -> frozenset[Dimension]:
    """What a conversion by the column's rates looks at."""
    seen = {Dimension("column", column), _CURRENCY}
    return frozenset(seen | {_PRICING} if _ORIGINS[column] is None else seen)


def stated_sql(column: str | None, target: str, resolve: Resolve) -> exp.Expr:
    """The stated rate's text of a row whose amount it converts to the target, else ''."""
    nothing = exp.Literal.string(NONE)
    if column is None:
        return nothing
    wanted = exp.Literal.string(target)
    origin = _ORIGINS[column]
    priced = exp.Literal.string(origin) if origin else resolve(_PRICING)
    when = exp.and_(
        exp.EQ(this=priced, expression=wanted.copy()),
        exp.NEQ(this=resolve(_CURRENCY), expression=wanted.copy()),
    )
    rate = resolve(Dimension("column", column))
    chosen = exp.Case(ifs=[exp.If(this=when, true=rate)], default=nothing.copy())
    return exp.func("coalesce", chosen, nothing.copy())


def stated_rates(facts: SliceFacts, target: str) -> dict[tuple[str, str], Rate | None]:
    """(currency, text) → the rate to the target, of all that the slice's charges state; None for
    a text that is no rate, and for '' where some charges state none. The rate holds for the
    slice's billing period. Empty where the slice has no such column."""
    column = stated_column(facts)
    if column is None:
        return {}
    in_contexts = column in facts.context_columns
    path = facts.paths["contexts"] if in_contexts else facts.slice.charges_path
    return {
        (currency, text): _rate(
            currency, target, text, facts.slice.billing_period.start, facts.slice.source
        )
        for currency, text in _distinct(path, column, target)
    }


def _rate(currency: str, target: str, text: str, day: date, source: str) -> Rate | None:
    try:
        value = inverse(Decimal(text))
    except (InvalidOperation, ZeroDivisionError):  # '' among them
        return None
    return Rate(currency, target, value, day, f"stated by {source}") if value else None


@lru_cache(maxsize=4096)
def _distinct(path: Path, column: str, target: str) -> tuple[tuple[str, str], ...]:
    """The (currency, text) pairs of charges that are billed in another currency than the target;
    the text is '' where they are not priced in it, or state nothing."""
    origin = _ORIGINS[column]
    names = ["BillingCurrency", column, *(["PricingCurrency"] if origin is None else [])]
    rows = pq.read_table(path, columns=names).group_by(names).aggregate([]).to_pylist()
    found = set()
    for row in rows:
        if row["BillingCurrency"] not in (None, target):
            priced = (origin or row["PricingCurrency"]) == target
            found.add((row["BillingCurrency"], (row[column] or NONE) if priced else NONE))
    return tuple(sorted(found))
