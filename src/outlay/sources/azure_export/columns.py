"""The columns of an Azure cost export by one name each, whatever the dialect.

Azure has written the same column as `CostInBillingCurrency` (EA), `costInBillingCurrency` (MCA),
`Cost` (EA 2021), `PreTaxCost` (pay as you go) and, in a German portal, as
`Kategorie der Verbrauchseinheit (MeterCategory)`. Case and punctuation do not count, a name in
brackets at the end is the name, and the table below says which names mean the same.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql, money_unfit_sql, quantity_sql
from outlay.sources.contract import RawColumn, SourceError

SYNONYMS: dict[str, tuple[str, ...]] = {
    "Cost": ("costInBillingCurrency", "Cost", "PreTaxCost", "ExtendedCost", "Kosten"),
    "Currency": (
        "BillingCurrencyCode",
        "BillingCurrency",
        "Currency",
        "CurrencyCode",
        "Abrechnungswährung",
        "Währung",
    ),
    "Date": ("Date", "UsageDateTime", "UsageDate", "Datum"),
    "ChargeType": ("ChargeType",),
    "PricingModel": ("PricingModel",),
    "Frequency": ("Frequency",),
    "BenefitId": ("benefitId",),
    "BenefitName": ("benefitName",),
    "ReservationId": ("ReservationId",),
    "ReservationName": ("ReservationName",),
    "ProductOrderId": ("ProductOrderId",),
    "ProductOrderName": ("ProductOrderName",),
    "Term": ("Term",),
    "Quantity": ("Quantity", "UsageQuantity", "ConsumedQuantity", "Menge"),
    "UnitOfMeasure": ("UnitOfMeasure", "Maßeinheit"),
    "UnitPrice": ("UnitPrice",),
    "EffectivePrice": ("EffectivePrice", "ResourceRate", "Ressourcensatz"),
    "PayGPrice": ("PayGPrice",),
    "PaygCost": ("paygCostInBillingCurrency",),
    "PricingCurrency": ("pricingCurrency", "pricingCurrencyCode"),
    "CostInPricingCurrency": ("costInPricingCurrency",),
    "CostInUsd": ("costInUsd",),
    "ExchangeRate": ("exchangeRatePricingToBilling", "exchangeRate"),
    "ExchangeRateDate": ("exchangeRateDate",),
    "SubscriptionId": ("SubscriptionId", "SubscriptionGuid", "Abonnement-GUID"),
    "SubscriptionName": ("SubscriptionName", "Abonnementname"),
    "BillingAccountId": ("BillingAccountId", "EnrollmentNumber"),
    "BillingAccountName": ("BillingAccountName",),
    "BillingProfileId": ("BillingProfileId",),
    "BillingProfileName": ("BillingProfileName",),
    "BillingPeriodStart": ("BillingPeriodStartDate", "BillingPeriodStart"),
    "BillingPeriodEnd": ("BillingPeriodEndDate", "BillingPeriodEnd"),
    "ServicePeriodStart": ("servicePeriodStartDate", "servicePeriodStart"),
    "ServicePeriodEnd": ("servicePeriodEndDate", "servicePeriodEnd"),
    "InvoiceId": ("invoiceId",),
    "PreviousInvoiceId": ("previousInvoiceId",),
    "InvoiceSectionId": ("InvoiceSectionId",),
    "InvoiceSectionName": ("InvoiceSectionName", "InvoiceSection", "DepartmentName"),
    "AccountName": ("AccountName",),
    "AccountOwnerId": ("AccountOwnerId",),
    "CostCenter": ("CostCenter", "Kostenstelle"),
    "ResourceId": ("ResourceId", "InstanceId", "InstanceName"),
    "ResourceName": ("ResourceName",),
    "ResourceGroup": ("ResourceGroup", "ResourceGroupName", "Ressourcengruppe"),
    "ResourceType": ("ResourceType",),
    "ResourceLocation": ("ResourceLocation", "Ressourcenstandort", "Location"),
    "AvailabilityZone": ("AvailabilityZone",),
    "MeterCategory": ("MeterCategory", "Kategorie der Verbrauchseinheit"),
    "MeterSubCategory": ("MeterSubCategory",),
    "MeterId": ("MeterId", "ID der Verbrauchseinheit"),
    "MeterName": ("MeterName", "Name der Verbrauchseinheit"),
    "MeterRegion": ("MeterRegion", "Region der Verbrauchseinheit"),
    "ProductName": ("ProductName", "Product"),
    "ProductId": ("ProductId",),
    "PartNumber": ("PartNumber",),
    "PlanName": ("PlanName",),
    "ServiceFamily": ("ServiceFamily",),
    "ServiceName": ("ServiceName",),
    "ServiceTier": ("ServiceTier",),
    "ConsumedService": ("ConsumedService", "Genutzter Dienst"),
    "PublisherType": ("PublisherType",),
    "PublisherName": ("PublisherName",),
    "PublisherId": ("PublisherId",),
    "PartnerName": ("partnerName",),
    "ResellerName": ("resellerName",),
    "CustomerName": ("customerName",),
    "CustomerTenantId": ("customerTenantId",),
    "OfferId": ("OfferId",),
    "IsAzureCreditEligible": ("IsAzureCreditEligible",),
    "CostAllocationRuleName": ("CostAllocationRuleName",),
    "Tags": ("Tags",),
    "AdditionalInfo": ("AdditionalInfo", "Zusätzliche Informationen"),
}
"""Every column that the mapping reads → its spellings, the one that wins first."""

PLACEHOLDERS = ("Unassigned", "-2")
"""What Azure writes in text columns for no value."""

# No other bill has these names; four of them make an Azure cost export.
_TELLING = frozenset(
    {
        "ConsumedService",
        "MeterCategory",
        "MeterId",
        "MeterName",
        "MeterSubCategory",
        "ResourceLocation",
        "UnitOfMeasure",
    }
)
_IN_BRACKETS = re.compile(r"\(([^()]+)\)\s*$")


def fold(name: str) -> str:
    """A column's name without case and punctuation."""
    return "".join(character for character in name.lower() if character.isalnum())


_KNOWN = {fold(name): (own, at) for own, names in SYNONYMS.items() for at, name in enumerate(names)}


def known(name: str) -> tuple[str, int] | None:
    """The one name of a column that the mapping reads and its spelling's rank, else None."""
    if match := _IN_BRACKETS.search(name):
        return _KNOWN.get(fold(match[1])) or _KNOWN.get(fold(name[: match.start()]))
    return _KNOWN.get(fold(name))


def looks_like_azure(columns: Iterable[str]) -> bool:
    """Whether a header is that of an Azure cost export.

    One that lacks the cost, the date or the currency is still taken for it, so that the error
    names what is missing.
    """
    return len(_TELLING & {found[0] for name in columns if (found := known(name))}) >= 4


@dataclass(frozen=True)
class Columns:
    """SQL over `raw` by the one name of each column (`SYNONYMS`)."""

    found: Mapping[str, tuple[RawColumn, ...]]

    @classmethod
    def of(cls, columns: Mapping[str, RawColumn]) -> "Columns":
        """Find the columns among the raw ones, the spelling that wins first."""
        ranked: dict[str, list[tuple[int, RawColumn]]] = {}
        for name, column in columns.items():
            if match := known(name):
                ranked.setdefault(match[0], []).append((match[1], column))
        return cls(
            {
                own: tuple(column for _, column in sorted(spelled, key=lambda pair: pair[0]))
                for own, spelled in ranked.items()
            }
        )

    def has(self, name: str) -> bool:
        """Whether the delivery has the column in any spelling."""
        return name in self.found

    def name(self, name: str) -> str:
        """The file's own spelling of a column, for messages."""
        return self.found[name][0].name if name in self.found else SYNONYMS[name][0]

    def require(self, name: str, why: str) -> None:
        """Raise SourceError unless the column is there."""
        if name not in self.found:
            raise SourceError(
                f"the export has no column {SYNONYMS[name][0]}, {why}. Accepted spellings are "
                f"{', '.join(SYNONYMS[name])}, in any case; include the column in the export and "
                "run it again."
            )

    def raw(self, name: str) -> str:
        """SQL of the column as it is; NULL where it is absent."""
        spelled = self.found.get(name, ())
        if not spelled:
            return "NULL"
        if len(spelled) == 1:
            return spelled[0].sql
        if self.type(name) == "VARCHAR":  # files of one delivery may spell a column differently
            texts = [
                f"nullif({c.sql}, '')" if c.type == "VARCHAR" else f"CAST({c.sql} AS VARCHAR)"
                for c in spelled
            ]
            return f"coalesce({', '.join(texts)})"
        return f"coalesce({', '.join(column.sql for column in spelled)})"

    def type(self, name: str) -> str:
        """DuckDB type of `raw(name)`."""
        kinds = {column.type for column in self.found.get(name, ())}
        return kinds.pop() if len(kinds) == 1 else "VARCHAR"

    def cell(self, name: str) -> str:
        """SQL of the column as text, an empty text made NULL, placeholders kept."""
        if name not in self.found:
            return "CAST(NULL AS VARCHAR)"
        raw = self.raw(name)
        return f"nullif({raw if self.type(name) == 'VARCHAR' else f'CAST({raw} AS VARCHAR)'}, '')"

    def text(self, name: str) -> str:
        """SQL of the column as text; an empty text and Azure's placeholders are NULL."""
        if name not in self.found:
            return "CAST(NULL AS VARCHAR)"
        raw = self.raw(name)
        raw = raw if self.type(name) == "VARCHAR" else f"CAST({raw} AS VARCHAR)"
        absent = ", ".join(map(literal, ("", *PLACEHOLDERS)))
        return f"CASE WHEN {raw} NOT IN ({absent}) THEN {raw} END"

    def word(self, name: str) -> str:
        """SQL of a word of Azure's without case and blanks: `Savings Plan` is `savingsplan`."""
        return f"lower(replace({self.text(name)}, ' ', ''))"

    def money(self, name: str) -> str:
        """SQL of the column as DECIMAL(38,21); NULL where absent, empty or no amount."""
        if name not in self.found:
            return "NULL"
        return money_sql(self.raw(name), self.type(name))

    def unfit(self, name: str) -> str:
        """SQL condition: a value is there that the ledger cannot hold exactly."""
        return money_unfit_sql(self.raw(name), self.type(name))

    def number(self, name: str) -> str:
        """SQL of a quantity or price as DECIMAL(38,21); NULL where absent or no number."""
        if name not in self.found:
            return "CAST(NULL AS DECIMAL(38,21))"
        return quantity_sql(self.raw(name))
