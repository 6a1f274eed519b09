"""The columns of a CUR by one name each, whatever the file's spelling.

AWS writes the same column as `lineItem/UnblendedCost` (legacy CSV), `line_item_unblended_cost`
(Athena, Parquet, CUR 2.0), and odd ones such as `savings_plan_savings_plan_a_r_n` or
`savingsPlan/SavingsPlanArn`. Without case and punctuation they are one word, which is how a
column is found; tag and cost category columns are never folded (see `tags`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql, money_unfit_sql, quantity_sql
from outlay.sources.contract import RawColumn, SourceError

LEGACY_NAMES: tuple[str, ...] = (
    "identity/LineItemId",
    "identity/TimeInterval",
    "bill/InvoiceId",
    "bill/InvoicingEntity",
    "bill/BillingEntity",
    "bill/BillType",
    "bill/PayerAccountId",
    "bill/PayerAccountName",
    "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId",
    "lineItem/UsageAccountName",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/UsageEndDate",
    "lineItem/ProductCode",
    "lineItem/UsageType",
    "lineItem/Operation",
    "lineItem/AvailabilityZone",
    "lineItem/ResourceId",
    "lineItem/UsageAmount",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedRate",
    "lineItem/UnblendedCost",
    "lineItem/NetUnblendedRate",
    "lineItem/NetUnblendedCost",
    "lineItem/LineItemDescription",
    "lineItem/TaxType",
    "lineItem/LegalEntity",
    "lineItem/IamPrincipal",
    "product/ProductName",
    "product/ServiceName",
    "product/ServiceCode",
    "product/Region",
    "product/RegionCode",
    "product/Location",
    "product/Sku",
    "product/ProductFamily",
    "product/InstanceType",
    "pricing/RateCode",
    "pricing/RateId",
    "pricing/Currency",
    "pricing/PublicOnDemandCost",
    "pricing/PublicOnDemandRate",
    "pricing/Term",
    "pricing/Unit",
    "pricing/LeaseContractLength",
    "pricing/PurchaseOption",
    "reservation/StartTime",
    "reservation/EndTime",
    "reservation/ReservationARN",
    "reservation/EffectiveCost",
    "reservation/NetEffectiveCost",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/NetUnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "reservation/NetUnusedRecurringFee",
    "reservation/UnusedQuantity",
    "savingsPlan/SavingsPlanARN",
    "savingsPlan/SavingsPlanEffectiveCost",
    "savingsPlan/NetSavingsPlanEffectiveCost",
    "savingsPlan/TotalCommitmentToDate",
    "savingsPlan/UsedCommitment",
    "savingsPlan/OfferingType",
    "savingsPlan/PurchaseTerm",
    "savingsPlan/PaymentOption",
    "savingsPlan/StartTime",
    "savingsPlan/EndTime",
    "splitLineItem/ParentResourceId",
    "splitLineItem/SplitCost",
    "splitLineItem/UnusedCost",
    "capacityReservation/CapacityReservationArn",
    "capacityReservation/CapacityReservationStatus",
)
"""Every column that the mapping reads, as the legacy report spells it."""

MAPS = ("product", "resource_tags", "tags", "cost_category", "discount")
"""Columns of CUR 2.0 that hold several keys each (a map, or JSON text in CSV)."""

_WORD = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def fold(name: str) -> str:
    """A column's name without case and punctuation."""
    return _WORD.sub("", name.lower())


_KNOWN = {fold(name): name for name in LEGACY_NAMES}


def snake(legacy: str) -> str:
    """The spelling of Athena, Parquet and CUR 2.0 for a legacy name."""
    family, _, name = legacy.partition("/")
    return f"{_CAMEL.sub('_', family)}_{_CAMEL.sub('_', name)}".lower()


def known(name: str) -> str | None:
    """The legacy spelling of a column that the mapping reads, else None."""
    return _KNOWN.get(fold(name))


def looks_like_cur(columns: Iterable[str]) -> bool:
    """Whether a header is a CUR's: the line item's type or cost, and another line item column.

    A report that lacks one of the two is still taken for a CUR, so that its error names it.
    """
    folded = {fold(name) for name in columns}
    telling = {"lineitemlineitemtype", "lineitemunblendedcost"}
    others = {name for name in folded if name.startswith("lineitem")} - telling
    return bool(folded & telling) and bool(others)


@dataclass(frozen=True)
class Columns:
    """SQL over `raw` by canonical column: the legacy spelling, such as `lineItem/UsageType`."""

    found: Mapping[str, tuple[RawColumn, ...]]
    maps: Mapping[str, RawColumn]
    all: Mapping[str, RawColumn]

    @classmethod
    def of(cls, columns: Mapping[str, RawColumn]) -> "Columns":
        """Find the canonical columns among the raw ones."""
        found: dict[str, tuple[RawColumn, ...]] = {}
        for name, column in columns.items():
            if canonical := known(name):
                found[canonical] = (*found.get(canonical, ()), column)
        maps = {name: columns[name] for name in MAPS if name in columns}
        return cls(found, maps, columns)

    def has(self, name: str) -> bool:
        """Whether the column is there, on its own or as a key of the product map."""
        return name in self.found or (name.startswith("product/") and "product" in self.maps)

    def name(self, name: str) -> str:
        """The file's own spelling of a column, for messages; the legacy one where it is absent."""
        return self.found[name][0].name if name in self.found else name

    def require(self, name: str, why: str) -> None:
        """Raise SourceError unless the column is there."""
        if name not in self.found:
            raise SourceError(
                f"the report has no column {name} ({snake(name)}), {why}. Accepted spellings are "
                f"{name} (legacy report) and {snake(name)} (Athena, Parquet, CUR 2.0); include "
                "the column in the report and export the period again."
            )

    def raw(self, name: str) -> str:
        """SQL of the column as it is; NULL where it is absent."""
        spelled = self.found.get(name, ())
        if not spelled:
            return "NULL"
        if len(spelled) == 1:
            return spelled[0].sql
        # Spellings change between months, and a delivery's files need not agree.
        same = len({column.type for column in spelled}) == 1
        parts = [c.sql if same else f"CAST({c.sql} AS VARCHAR)" for c in spelled]
        return f"coalesce({', '.join(parts)})"

    def type(self, name: str) -> str:
        """DuckDB type of `raw(name)`."""
        kinds = {column.type for column in self.found.get(name, ())}
        return kinds.pop() if len(kinds) == 1 else "VARCHAR"

    def bare(self, name: str) -> str:
        """SQL of the column as text, where an empty text may stay one."""
        if name in self.found:
            raw = self.raw(name)
            return raw if self.type(name) == "VARCHAR" else f"CAST({raw} AS VARCHAR)"
        return self.text(name)

    def text(self, name: str) -> str:
        """SQL of the column as text; an empty text is NULL."""
        if name in self.found:
            return f"nullif({self.bare(name)}, '')"
        if name.startswith("product/") and "product" in self.maps:
            return self.entry("product", snake(name).removeprefix("product_"))
        return "CAST(NULL AS VARCHAR)"

    def entry(self, map_name: str, key: str) -> str:
        """SQL of one key's value in a map column, NULL where it is missing or empty."""
        column = self.maps[map_name]
        if column.type.upper().startswith("MAP"):
            return f"nullif(CAST({column.sql}[{literal(key)}] AS VARCHAR), '')"
        text = json_text(column)
        path = literal(f'$."{key}"')
        return (
            f"CASE WHEN json_valid({text}) THEN nullif(json_extract_string({text}, {path}), '') END"
        )

    def money(self, name: str) -> str:
        """SQL of the column as DECIMAL(38,21); NULL where absent, empty or no amount."""
        if name not in self.found:
            return "NULL"
        return money_sql(self.raw(name), self.type(name))

    def unfit(self, name: str) -> str:
        """SQL condition: a value is there that the ledger cannot hold exactly."""
        return money_unfit_sql(self.raw(name), self.type(name))

    def quantity(self, name: str) -> str:
        """SQL of a quantity or price; NULL where absent or no number."""
        return quantity_sql(self.raw(name)) if name in self.found else "NULL"

    def time(self, name: str) -> str:
        """SQL of the column as TIMESTAMP in UTC; NULL where absent or no time."""
        if name not in self.found:
            return "CAST(NULL AS TIMESTAMP)"
        raw, kind = self.raw(name), self.type(name).upper()
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"({raw} AT TIME ZONE 'UTC')"
        if kind == "VARCHAR":
            # The engine's cast of text to TIMESTAMP leaves an offset out of account.
            offset = f"contains(substr({raw}, 20), '+') OR contains(substr({raw}, 20), '-')"
            zoned = f"TRY_CAST({raw} AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'"
            return f"CASE WHEN {offset} THEN {zoned} ELSE TRY_CAST({raw} AS TIMESTAMP) END"
        return f"TRY_CAST({raw} AS TIMESTAMP)"


def json_text(column: RawColumn) -> str:
    """SQL of the JSON text of a map column that is text or a struct."""
    if column.type.upper() == "VARCHAR":
        return column.sql
    return f"CAST(to_json({column.sql}) AS VARCHAR)"
