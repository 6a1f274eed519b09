"""The system tables of Databricks that a bill is made of, and how they are told apart."""

from collections.abc import Sequence

USAGE = "usage"
LIST_PRICES = "list_prices"
ACCOUNT_PRICES = "account_prices"

_USAGE = frozenset({"sku_name", "usage_quantity", "usage_start_time", "usage_end_time"})
_PRICES = frozenset({"sku_name", "price_start_time", "currency_code"})


def table_of(path: str, columns: Sequence[str]) -> str:
    """The table of a file: usage by its columns, the two price lists, which have the same columns,
    by the name of the file or of its folder. Empty for any other file."""
    names = {name.strip().lower() for name in columns}
    if names >= _USAGE:
        return USAGE
    if names >= _PRICES:
        return ACCOUNT_PRICES if "account_prices" in path.lower() else LIST_PRICES
    return ""
