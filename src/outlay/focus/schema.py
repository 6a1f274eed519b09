"""FOCUS Cost and Usage in code: the columns of each version, and the charges table of the lake."""

from collections.abc import Iterable

from outlay.focus.columns import DIMENSIONS
from outlay.focus.metrics import METRICS
from outlay.focus.model import Column, Format, Kind, Level, Type
from outlay.focus.services import SERVICE_CATEGORIES, SUBCATEGORY_PARENTS
from outlay.money import MONEY_SQL

__all__ = [
    "COLUMNS",
    "COSTS",
    "CURRENT",
    "LAKE_COLUMNS",
    "MANDATORY",
    "MAP_COLUMNS",
    "PREVIEW_NAMES",
    "REMOVED",
    "SERVICE_CATEGORIES",
    "SUBCATEGORY_PARENTS",
    "VERSIONS",
    "Column",
    "Format",
    "Kind",
    "Level",
    "Type",
    "charges_schema",
    "columns_of",
    "duckdb_type",
    "focus_names",
    "version_of",
]

VERSIONS = ("1.0", "1.1", "1.2", "1.3", "1.4")

COLUMNS: dict[str, Column] = {
    column.name: column
    for column in sorted((*DIMENSIONS, *METRICS), key=lambda column: column.name)
}
"""Every column of 1.0 to 1.4 by name, those that 1.4 removed included."""

CURRENT: tuple[str, ...] = tuple(name for name, column in COLUMNS.items() if not column.removed)
"""The 65 columns of FOCUS 1.4, alphabetical."""

REMOVED: tuple[str, ...] = tuple(name for name, column in COLUMNS.items() if column.removed)
"""Columns that 1.0 to 1.3 have and 1.4 has not."""

MANDATORY: tuple[str, ...] = tuple(
    name for name in CURRENT if COLUMNS[name].level is Level.MANDATORY
)
"""Columns that every 1.4 dataset has, even where all values are null."""

COSTS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")

MAP_COLUMNS = ("AllocatedTags", "Tags")
"""JSON columns that the lake keeps as MAP(VARCHAR, VARCHAR)."""

LAKE_COLUMNS: dict[str, str] = {
    "x_SourceName": "VARCHAR",
    "x_BillingPeriod": "DATE",
    "x_SourceFile": "INTEGER",
    "x_SourceLine": "BIGINT",
    "x_ContextKey": "BIGINT",
}
"""Columns that the lake itself adds to every charge, with their DuckDB types."""

PREVIEW_NAMES: dict[str, str] = {
    "Provider": "ProviderName",
    "Publisher": "PublisherName",
    "InvoiceIssuer": "InvoiceIssuerName",
    "Region": "RegionId",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
}
"""Names of 1.0-preview (which some vendors still write) and what they became in 1.0."""

_DUCKDB_TYPES = {
    Type.STRING: "VARCHAR",
    Type.DECIMAL: MONEY_SQL,
    Type.JSON: "VARCHAR",
    Type.TIME: "TIMESTAMP",
}


def duckdb_type(name: str) -> str:
    """The DuckDB type of a FOCUS column in the charges table; KeyError if it is none."""
    if name in MAP_COLUMNS:
        return "MAP(VARCHAR, VARCHAR)"
    return _DUCKDB_TYPES[COLUMNS[name].type]


def charges_schema() -> dict[str, str]:
    """Column → DuckDB type of the charges table: FOCUS 1.4 first, then the lake's own columns.

    A source's `x_` columns (always VARCHAR) come beside these and differ from slice to slice.
    """
    return {name: duckdb_type(name) for name in CURRENT} | LAKE_COLUMNS


def columns_of(version: str) -> tuple[str, ...]:
    """The columns of a FOCUS version, alphabetical; ValueError lists the versions there are."""
    if version not in VERSIONS:
        raise ValueError(f"no FOCUS version {version!r}; known are {', '.join(VERSIONS)}")
    at = VERSIONS.index(version)
    return tuple(
        name
        for name, column in COLUMNS.items()
        if _rank(column.since) <= at and not (column.removed and _rank(column.removed) <= at)
    )


def focus_names(header: Iterable[str]) -> dict[str, str]:
    """FOCUS column → the header's spelling of it.

    Exact names win; else case and underscores do not matter (warehouses fold both), and the
    names of 1.0-preview stand for what they became.
    """
    names = list(header)
    found = {name: name for name in names if name in COLUMNS}
    folded = {_fold(name): name for name in COLUMNS}
    for name in names:
        focus = folded.get(_fold(name)) or PREVIEW_NAMES.get(name)
        if focus and focus not in found and not name.startswith("x_"):
            found[focus] = name
    return found


def version_of(header: Iterable[str]) -> str:
    """The FOCUS version that a header speaks: the oldest that has all its columns.

    Column sets only grow from 1.0 to 1.3, so that a narrow 1.2 file may read as 1.0, which
    means the same for the columns it has. Without ProviderName, the columns that replaced it
    mean 1.4. Names of 1.0-preview mean `1.0-preview`.
    """
    names = list(header)
    if sum(name in PREVIEW_NAMES for name in names) > 1:
        return "1.0-preview"
    found = focus_names(names)
    newest = max((_rank(COLUMNS[name].since) for name in found), default=0)
    if "ServiceProviderName" in found and not set(REMOVED) & set(found):
        newest = len(VERSIONS) - 1
    return VERSIONS[newest]


def _fold(name: str) -> str:
    return name.replace("_", "").replace(" ", "").lower()


def _rank(version: str) -> int:
    """Position among VERSIONS; all that is older than 1.0 counts as 1.0."""
    return VERSIONS.index(version) if version in VERSIONS else 0
