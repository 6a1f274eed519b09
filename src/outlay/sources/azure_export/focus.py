"""Azure's FOCUS exports, of any data version: read as FOCUS, with Azure's placeholders and cases.

Versions 1.0, 1.0r2, 1.2-preview and 1.2 write `-2` or `Unassigned` where a text has no value, and
ids in whatever case the service used.
"""

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from typing import Any

from outlay.focus.schema import COLUMNS, Type, focus_names
from outlay.focus.sql import literal
from outlay.sources.azure_export.columns import PLACEHOLDERS
from outlay.sources.azure_export.options import AzureExportOptions
from outlay.sources.contract import Mapping, Raw, RawColumn
from outlay.sources.focus.mapping import FocusReader
from outlay.sources.focus.source import is_focus
from outlay.sources.tabular import Header

_AZURE_COLUMNS = (
    "x_BilledCostInUsd",
    "x_BillingExchangeRate",
    "x_EffectiveCostInUsd",
    "x_SkuMeterCategory",
    "x_SkuMeterId",
    "x_SkuMeterSubcategory",
    "x_SkuOfferId",
)
_SAME = {
    "x_MeterCategory": "x_SkuMeterCategory",
    "x_MeterSubcategory": "x_SkuMeterSubcategory",
    "x_MeterName": "SkuMeter",
    "x_MeterId": "x_SkuMeterId",
}
"""The names that cost reports give the same facts → the FOCUS export's."""

_NUMBERS = ("x_BilledUnitPrice", "x_EffectiveUnitPrice", "x_PricingBlockSize", "x_SkuTerm")


def is_azure_focus(header: Header) -> bool:
    """Whether a header is FOCUS with the columns that Azure adds."""
    return is_focus(header) and sum(name in header.columns for name in _AZURE_COLUMNS) >= 2


@dataclass
class _Cleaned:
    """The rows with Azure's placeholders made empty."""

    raw: Raw
    columns: MappingABC[str, RawColumn]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        return self.raw.ask(sql)

    def make(self, name: str, sql: str) -> None:
        self.raw.make(name, sql)


def focus_mapping(raw: Raw, options: AzureExportOptions) -> Mapping:
    """FOCUS columns lifted to 1.4, Azure's own kept; ids of resources in lower case."""
    cleaned = _Cleaned(raw, _cleaned(raw.columns))
    mapping = FocusReader.of(
        cleaned, currency=options.currency, version=None, null_texts=False
    ).mapping()
    columns = dict(mapping.main.columns)
    for name in ("ResourceId", "ResourceName", "CommitmentDiscountId", "x_ResourceGroupName"):
        if name in columns:
            columns[name] = f"lower({columns[name]})"
    # Azure prices the purchase of a commitment as Committed, which FOCUS keeps for its use, and
    # leaves the resource of purchases and unused parts empty, which is the commitment itself.
    commitment, category = columns["CommitmentDiscountId"], columns["ChargeCategory"]
    bought = f"{category} = 'Purchase' AND {commitment} IS NOT NULL"
    unused = f"{columns['CommitmentDiscountStatus']} = 'Unused'"
    columns["PricingCategory"] = (
        f"CASE WHEN {category} = 'Purchase' AND {columns['PricingCategory']} = 'Committed' "
        "THEN 'Standard' "
        f"ELSE {columns['PricingCategory']} END"
    )
    for name, of in (
        ("ResourceId", commitment),
        ("ResourceName", columns["CommitmentDiscountName"]),
    ):
        columns[name] = f"coalesce({columns[name]}, CASE WHEN {bought} OR {unused} THEN {of} END)"
    columns["ServiceName"] = f"coalesce({columns['ServiceName']}, 'Azure')"
    columns["ServiceCategory"] = f"coalesce({columns['ServiceCategory']}, 'Other')"
    if "x_SkuMeterName" in columns:  # where versions before 1.2 name the meter
        columns["SkuMeter"] = f"coalesce({columns['SkuMeter']}, {columns['x_SkuMeterName']})"
    for own, theirs in _SAME.items():
        if theirs in columns and own not in columns:
            columns[own] = columns[theirs]
    return replace(mapping, main=replace(mapping.main, columns=columns))


def _cleaned(columns: MappingABC[str, RawColumn]) -> dict[str, RawColumn]:
    spelled = {name: focus for focus, name in focus_names(columns).items()}
    absent = ", ".join(map(literal, PLACEHOLDERS))
    found = {}
    for name, column in columns.items():
        focus = COLUMNS.get(spelled.get(name, ""))
        number = name in _NUMBERS or name.endswith(("InUsd", "Rate", "Price"))
        text = column.type == "VARCHAR" and not number
        if text and (focus is None or focus.type is Type.STRING):
            sql = f"(CASE WHEN {column.sql} NOT IN ({absent}) THEN {column.sql} END)"
            column = replace(column, sql=sql)
        found[name] = column
    return found
