"""The columns of a charges file, and which of them describe a charge rather than measure it."""

from collections.abc import Iterable, Mapping

from outlay.focus.schema import COLUMNS, CURRENT, LAKE_COLUMNS, Type, duckdb_type
from outlay.focus.sql import quoted

MAP_SQL = "MAP(VARCHAR, VARCHAR)"

FOCUS_TYPES: Mapping[str, str] = {name: duckdb_type(name) for name in CURRENT}
"""FOCUS 1.4 Cost and Usage column → DuckDB type."""

LAKE_TYPES: Mapping[str, str] = LAKE_COLUMNS
"""Columns that the lake itself adds to every charge."""

# Free text and price ids are (nearly) unique a line: in a context they would undo the roll-up.
# InvoiceDetailId may be, and is judged by its values.
_NEVER_CONTEXT = frozenset({"ChargeDescription", "SkuPriceId", "InvoiceDetailId"})

MANDATORY_CONTEXT = (
    *(name for name in CURRENT if COLUMNS[name].type is Type.STRING and name not in _NEVER_CONTEXT),
    "Tags",
)
"""Context columns of every slice, whatever their cardinality."""

ALLOCATED_TAGS = "AllocatedTags"
"""A context column of slices whose source gives tags of consumers: a tag is then looked up in
them first, and in the shared resource's own Tags after."""

CUBE_COLUMNS = (
    "BillingAccountId", "BillingAccountName", "SubAccountId", "SubAccountName",
    "ServiceProviderName", "InvoiceIssuerName", "ServiceName", "ServiceCategory", "RegionId",
    "ChargeCategory", "ChargeClass", "PricingCategory", "CommitmentDiscountStatus",
    "CommitmentDiscountType", "BillingCurrency", "x_LineItemType",
)  # fmt: skip
"""Dimensions of the base cube, beside `ChargeDay`."""


def charges_types(columns: Iterable[str]) -> dict[str, str]:
    """Column → DuckDB type of a charges file whose source adds the given `x_` columns."""
    own = {column: "VARCHAR" for column in sorted(columns) if column not in LAKE_TYPES}
    return {**FOCUS_TYPES, **own, **LAKE_TYPES}


def column_list(columns: Iterable[str]) -> str:
    """Quoted column names, separated by commas."""
    return ", ".join(quoted(column) for column in columns)
