"""FOCUS columns of a line of Azure's cost reports: one SQL expression each."""

from outlay.focus.currencies import ISO_4217
from outlay.focus.sql import literal
from outlay.sources.azure_export.columns import Columns
from outlay.sources.azure_export.costs import Costs, Prices, costs, prices
from outlay.sources.azure_export.facts import (
    Facts,
    gather,
    period_sql,
    period_start_sql,
    service_sql,
    time_sql,
)
from outlay.sources.azure_export.lines import CATEGORIES, Lines
from outlay.sources.azure_export.options import AzureExportOptions
from outlay.sources.azure_export.regions import region_id, region_name
from outlay.sources.azure_export.services import category_of
from outlay.sources.azure_export.tags import tags_map_sql
from outlay.sources.contract import Mapping, Raw, Reject, Rows

_MICROSOFT = "'Microsoft'"

_OWN = {
    "x_MeterCategory": "MeterCategory",
    "x_MeterSubcategory": "MeterSubCategory",
    "x_MeterName": "MeterName",
    "x_MeterId": "MeterId",
    "x_MeterRegion": "MeterRegion",
    "x_ChargeType": "ChargeType",
    "x_PricingModel": "PricingModel",
    "x_ConsumedService": "ConsumedService",
    "x_ServiceFamily": "ServiceFamily",
    "x_ProductTier": "ServiceTier",
    "x_PublisherType": "PublisherType",
    "x_PublisherName": "PublisherName",
    "x_PlanName": "PlanName",
    "x_PartNumber": "PartNumber",
    "x_OfferId": "OfferId",
    "x_ProductOrderId": "ProductOrderId",
    "x_ProductOrderName": "ProductOrderName",
    "x_Term": "Term",
    "x_CreditEligible": "IsAzureCreditEligible",
    "x_CostAllocationRuleName": "CostAllocationRuleName",
    "x_CostCenter": "CostCenter",
    "x_InvoiceSectionId": "InvoiceSectionId",
    "x_InvoiceSectionName": "InvoiceSectionName",
    "x_PreviousInvoiceId": "PreviousInvoiceId",
    "x_AccountName": "AccountName",
    "x_AccountOwnerId": "AccountOwnerId",
    "x_CustomerName": "CustomerName",
    "x_CustomerTenantId": "CustomerTenantId",
    "x_PartnerName": "PartnerName",
    "x_ResellerName": "ResellerName",
    "x_UnitPrice": "UnitPrice",
    "x_EffectivePrice": "EffectivePrice",
    "x_PayGPrice": "PayGPrice",
    "x_CostInUsd": "CostInUsd",
    "x_CostInPricingCurrency": "CostInPricingCurrency",
    "x_BillingExchangeRate": "ExchangeRate",
}
"""Own column → the column of the export that it keeps as it is, where the export has it."""


def azure_mapping(raw: Raw, options: AzureExportOptions) -> Mapping:
    """The mapping of a delivery of cost reports in any dialect.

    Raises SourceError when the cost, the date or the currency is missing, or when the files
    cannot be told apart (see `reports`).
    """
    columns = Columns.of(raw.columns)
    columns.require("Cost", "which says what a line costs")
    columns.require("Date", "which says when a line's cost arose")
    if not options.currency:
        columns.require(
            "Currency", "without which its amounts mean nothing (or say it by the option currency)"
        )
    lines = Lines.of(columns)
    facts = gather(raw, columns, lines, options.date_format, options.currency)
    line = _Line(columns, lines, facts, options.currency)
    return Mapping(
        main=Rows("lines", "true", line.columns()),
        formulas=line.costs.formulas,
        period=period_sql(columns, facts.dates),
        currency=line.currency,
        folds=line.costs.folds,
        rejects=line.rejects(),
        notes=facts.notes,
        source=line.prices.source,
    )


class _Line:
    """The expressions of one line, kept together by what they share."""

    def __init__(self, columns: Columns, lines: Lines, facts: Facts, currency: str | None) -> None:
        self.c, self.lines, self.facts = columns, lines, facts
        self.prices: Prices = prices(columns, facts)
        self.costs: Costs = costs(columns, lines, facts, self.prices)
        self.day = time_sql(columns, facts.dates, "Date")
        self.start = period_start_sql(columns, facts.dates)
        self.currency = _currency(columns, currency)
        self.committed = f"({lines.covered} OR {lines.unused} OR {lines.bought})"
        self.priced = f"({lines.usage} OR {lines.unused} OR {lines.kind} IN ('purchase', 'refund'))"
        self.marketplace = f"coalesce({columns.word('PublisherType')} = 'marketplace', false)"

    def columns(self) -> dict[str, str]:
        """FOCUS and own columns of a line."""
        return {
            **self._who(),
            **self._when(),
            **self._what(),
            **self._prices(),
            **self._where(),
            **self._commitment(),
            "Tags": tags_map_sql(self.c),
            **self._own(),
        }

    def rejects(self) -> tuple[Reject, ...]:
        """Lines whose cost, day, billing period or currency cannot be read."""
        c = self.c
        found = [
            Reject(f"{c.name('Cost')} is empty", f"{c.cell('Cost')} IS NULL"),
            Reject(f"{c.name('Cost')} is no amount that fits exactly: cost", c.unfit("Cost")),
            Reject(f"{c.name('Date')} is empty or no date", f"{self.day} IS NULL"),
            Reject("the currency is empty", f"{self.currency} IS NULL"),
        ]
        for name in ("BillingPeriodStart", "BillingPeriodEnd"):
            if c.has(name):
                date = time_sql(c, self.facts.dates, name)
                unread = f"({c.cell(name)} IS NOT NULL AND {date} IS NULL)"
                found.append(Reject(f"{c.name(name)} is no date", unread))
        return tuple(found)

    def _who(self) -> dict[str, str]:
        c = self.c
        account, profile = c.text("BillingAccountId"), c.text("BillingProfileId")
        subscription, publisher = c.text("SubscriptionId"), c.text("PublisherName")
        # Only MCA prices in a currency of its own; its invoices go to the billing profile.
        mca = f"{c.text('PricingCurrency')} IS NOT NULL AND {profile} IS NOT NULL"
        sub = (
            f"CASE WHEN starts_with({subscription}, '/') THEN lower({subscription}) "
            f"ELSE '/subscriptions/' || lower({subscription}) END"
        )
        publisher = f"coalesce({publisher}, {_MICROSOFT})"
        seller = f"CASE WHEN {self.marketplace} THEN {publisher} ELSE {_MICROSOFT} END"
        host = (
            f"CASE WHEN {self.marketplace} AND {c.text('ResourceId')} IS NULL "
            f"THEN {publisher} ELSE {_MICROSOFT} END"
        )
        return {
            "BillingAccountId": (
                f"CASE WHEN {mca} THEN {profile} ELSE coalesce({account}, {profile}, {sub}) END"
            ),
            "BillingAccountName": (
                f"CASE WHEN {mca} THEN {c.text('BillingProfileName')} "
                f"ELSE coalesce({c.text('BillingAccountName')}, {c.text('BillingProfileName')}) END"
            ),
            "BillingAccountType": (
                f"CASE WHEN {mca} THEN 'Billing Profile' "
                f"WHEN coalesce({account}, {profile}) IS NOT NULL THEN 'Billing Account' "
                "ELSE 'Subscription' END"
            ),
            "SubAccountId": sub,
            "SubAccountName": c.text("SubscriptionName"),
            "SubAccountType": f"CASE WHEN {subscription} IS NOT NULL THEN 'Subscription' END",
            "InvoiceId": c.text("InvoiceId"),
            "InvoiceIssuerName": f"coalesce({c.text('PartnerName')}, {_MICROSOFT})",
            "ServiceProviderName": seller,
            "HostProviderName": host,
        }

    def _when(self) -> dict[str, str]:
        """Azure's last days are inclusive: FOCUS's ends are the day after."""
        end = time_sql(self.c, self.facts.dates, "BillingPeriodEnd")
        # An end on the first of a month is exclusive already.
        after = f"CASE WHEN day({end}) = 1 THEN {end} ELSE {end} + INTERVAL 1 DAY END"
        month = f"{self.start} + INTERVAL 1 MONTH"
        until = time_sql(self.c, self.facts.dates, "ServicePeriodEnd")
        bought = f"{self.lines.kind} = 'purchase' AND {until} > {self.day}"
        return {
            "BillingPeriodStart": self.start,
            "BillingPeriodEnd": (f"CASE WHEN {end} > {self.start} THEN {after} ELSE {month} END"),
            "ChargePeriodStart": self.day,
            # What is bought for a time is charged for that time.
            "ChargePeriodEnd": f"CASE WHEN {bought} THEN {until} ELSE {self.day} END "
            "+ INTERVAL 1 DAY",
        }

    def _what(self) -> dict[str, str]:
        c, lines, kind = self.c, self.lines, self.lines.kind
        categories = " ".join(
            f"WHEN {literal(word)} THEN {literal(category)}"
            for word, category in CATEGORIES.items()
            if category != "Adjustment"
        )
        early = f"{self.day} < {self.start}"
        corrected = f"{kind} = 'refund' AND ({c.text('PreviousInvoiceId')} IS NOT NULL OR {early})"
        service = service_sql(c)
        return {
            "ChargeCategory": f"CASE {kind} {categories} ELSE 'Adjustment' END",
            # Only what comes back from an earlier, closed invoice corrects it.
            "ChargeClass": f"CASE WHEN {corrected} THEN 'Correction' END",
            "ChargeFrequency": (
                f"CASE WHEN {c.word('Frequency')} = 'recurring' THEN 'Recurring' "
                f"WHEN {c.word('Frequency')} = 'onetime' OR {lines.bought} THEN 'One-Time' "
                f"WHEN {c.word('Frequency')} = 'usagebased' OR {lines.usage} OR {lines.unused} "
                "THEN 'Usage-Based' ELSE 'One-Time' END"
            ),
            "ChargeDescription": (
                f"coalesce({c.text('ProductName')}, {c.text('MeterName')}, "
                f"{c.text('ProductOrderName')}, {service})"
            ),
            "ServiceName": f"coalesce({service}, 'Azure')",
            "ServiceCategory": self._category(service),
            "BilledCost": self.costs.billed,
            "EffectiveCost": self.costs.effective,
            "ListCost": self.costs.listed,
            "ContractedCost": self.costs.contracted,
            "BillingCurrency": self.currency,
        }

    def _category(self, service: str) -> str:
        """A CASE over the services and families that the delivery has, the frequent ones first."""
        family = self.c.text("ServiceFamily")
        by_category: dict[str, list[str]] = {}
        for name, of in self.facts.services:
            pair = f"({literal(name or '')}, {literal(of or '')})"
            by_category.setdefault(category_of(name, of), []).append(pair)
        by_category.pop("Other", None)
        cases = " ".join(
            f"WHEN (coalesce({service}, ''), coalesce({family}, '')) IN ({', '.join(pairs)}) "
            f"THEN {literal(category)}"
            for category, pairs in by_category.items()
        )
        return f"CASE {cases} ELSE 'Other' END" if cases else "'Other'"

    def _prices(self) -> dict[str, str]:
        """SKU, prices and quantities of lines that have a price: usage and purchases."""
        c, lines, price = self.c, self.lines, self.prices
        meter = c.text("MeterName")
        sku = f"coalesce({c.text('ProductId')}, {c.text('MeterId')}, {meter}, {service_sql(c)})"
        both = f"{c.text('ProductId')} || '_' || {c.text('MeterId')}"
        sku_price = f"coalesce({c.text('PartNumber')}, {both}, {sku})"
        priced = f"{self.priced} AND {price.quantity} IS NOT NULL"
        pricing = c.word("PricingModel")
        extra = c.text("AdditionalInfo")
        size = (
            f"CASE WHEN json_valid({extra}) THEN json_extract_string({extra}, '$.ServiceType') END"
        )

        def when_priced(sql: str) -> str:
            return f"CASE WHEN {priced} THEN {sql} END"

        # Money back has a negative price in Azure's files; in FOCUS its quantity is negative.
        back = f"{lines.kind} = 'refund' AND {c.number('UnitPrice')} < 0"

        def unit_price(sql: str) -> str:
            return when_priced(
                f"CASE WHEN {lines.unused} THEN 0 WHEN {back} THEN abs({sql}) ELSE {sql} END"
            )

        found = {
            "SkuId": when_priced(sku),
            "SkuMeter": meter,
            "SkuPriceId": when_priced(sku_price),
            "PricingCategory": when_priced(
                f"CASE WHEN {lines.covered} OR {lines.unused} THEN 'Committed' "
                f"WHEN {pricing} = 'spot' THEN 'Dynamic' ELSE 'Standard' END"
            ),
            "PricingQuantity": when_priced(
                f"CASE WHEN {back} THEN -({price.blocks}) ELSE {price.blocks} END"
            ),
            "PricingUnit": when_priced(price.unit),
            "ConsumedQuantity": f"CASE WHEN {lines.usage} THEN {price.quantity} END",
            "ConsumedUnit": f"CASE WHEN {lines.usage} THEN {price.counted} END",
            "ListUnitPrice": unit_price(self.costs.list_price),
            "ContractedUnitPrice": unit_price(self.costs.contracted_price),
            "PricingCurrency": f"coalesce({c.text('PricingCurrency')}, {self.currency})",
            "x_PricingBlockSize": price.size,
        }
        if c.has("AdditionalInfo"):
            found |= self._capacity(extra)
            found["x_InstanceType"] = size
            found["SkuPriceDetails"] = when_priced(
                f"CASE WHEN {size} IS NOT NULL THEN "
                f"'{{\"InstanceType\":' || CAST(to_json({size}) AS VARCHAR) || '}}' END"
            )
        if c.has("PricingCurrency"):
            found["PricingCurrencyListUnitPrice"] = unit_price(
                f"coalesce({price.own_listed}, {price.own_contracted})"
            )
            found["PricingCurrencyContractedUnitPrice"] = unit_price(price.own_contracted)
        if c.has("CostInPricingCurrency"):
            in_pricing = c.number("CostInPricingCurrency")
            files = self.facts.reports
            principal = files.within(files.paired | files.combined)
            found["PricingCurrencyEffectiveCost"] = (
                f"CASE WHEN {principal} AND {lines.bought} THEN 0 ELSE {in_pricing} END"
            )
        return found

    def _capacity(self, extra: str) -> dict[str, str]:
        """The capacity reservation that a machine runs in, or that stands empty."""
        key = "VMCapacityReservationId"
        reservation = f"lower(json_extract_string({extra}, '$.{key}'))"
        there = f"{self.lines.usage} AND contains({extra}, '{key}') AND json_valid({extra})"
        empty = f"contains(lower({self.c.text('ResourceId')}), '/capacityreservationgroups/')"
        state = f"CASE WHEN {empty} THEN 'Unused' ELSE 'Used' END"
        return {
            "CapacityReservationId": f"CASE WHEN {there} THEN {reservation} END",
            "CapacityReservationStatus": (
                f"CASE WHEN {there} AND {reservation} IS NOT NULL THEN {state} END"
            ),
        }

    def _where(self) -> dict[str, str]:
        """Ids and names of resources in lower case: Azure's differ by case between lines."""
        c, lines = self.c, self.lines
        location, resource = c.text("ResourceLocation"), f"lower({c.text('ResourceId')})"
        provider = f"nullif(regexp_extract({resource}, '.*/providers/([^/]+/[^/]+)', 1), '')"
        last = f"nullif(regexp_extract({resource}, '[^/]+$'), '')"
        commitment = f"CASE WHEN {lines.reservation} THEN 'Reservation' ELSE 'Savings Plan' END"
        # The purchase and the unused part have no other resource than the commitment itself.
        itself = f"({lines.bought} OR {lines.unused})"
        names = f"coalesce({c.text('BenefitName')}, {c.text('ReservationName')})"
        known = {place: (region_id(place), region_name(place)) for place in self.facts.locations}

        def cases(at: int) -> str:
            listed = " ".join(
                f"WHEN {literal(place)} THEN {literal(pair[at])}" for place, pair in known.items()
            )
            return f"CASE {location} {listed} END" if listed else "CAST(NULL AS VARCHAR)"

        return {
            "RegionId": cases(0),
            "RegionName": cases(1),
            "AvailabilityZone": c.text("AvailabilityZone"),
            "ResourceId": f"CASE WHEN {itself} THEN {lines.commitment} ELSE {resource} END",
            "ResourceName": (
                f"CASE WHEN {itself} THEN {names} "
                f"ELSE lower(coalesce({c.text('ResourceName')}, {last})) END"
            ),
            "ResourceType": (
                f"CASE WHEN {itself} AND {lines.commitment} IS NOT NULL THEN {commitment} "
                f"ELSE coalesce({provider}, lower({c.text('ResourceType')})) END"
            ),
            "x_ResourceGroupName": f"lower({c.text('ResourceGroup')})",
        }

    def _commitment(self) -> dict[str, str]:
        """The commitment of lines that buy, use or waste one."""
        c, lines, price = self.c, self.lines, self.prices
        committed = f"{self.committed} AND {lines.commitment} IS NOT NULL"
        used = f"{committed} AND NOT {lines.bought}"
        amount = c.money("Cost")
        spent = f"CASE WHEN {lines.reservation} THEN {price.quantity} ELSE {amount} END"
        unit = f"CASE WHEN {lines.reservation} THEN {price.counted} ELSE {self.currency} END"
        files = self.facts.reports
        spread = files.within(files.amortized | files.combined)
        counted = f"{spread} AND {used} AND {price.quantity} IS NOT NULL"
        reports = files.paired or files.amortized or files.combined
        found = {
            "CommitmentDiscountId": f"CASE WHEN {committed} THEN {lines.commitment} END",
            "CommitmentDiscountName": (
                f"CASE WHEN {committed} THEN "
                f"coalesce({c.text('BenefitName')}, {c.text('ReservationName')}) END"
            ),
            "CommitmentDiscountCategory": (
                f"CASE WHEN {committed} THEN "
                f"CASE WHEN {lines.reservation} THEN 'Usage' ELSE 'Spend' END END"
            ),
            "CommitmentDiscountType": (
                f"CASE WHEN {committed} THEN "
                f"CASE WHEN {lines.reservation} THEN 'Reservation' ELSE 'Savings Plan' END END"
            ),
            "CommitmentDiscountStatus": (
                f"CASE WHEN {committed} AND {lines.unused} THEN 'Unused' "
                f"WHEN {committed} AND {lines.covered} THEN 'Used' END"
            ),
            "CommitmentDiscountQuantity": f"CASE WHEN {counted} THEN {spent} END",
            "CommitmentDiscountUnit": f"CASE WHEN {counted} THEN {unit} END",
        }
        if c.has("Frequency"):  # Azure has no commitment that is paid in part at once
            often = c.word("Frequency")
            paid = f"CASE {often} WHEN 'recurring' THEN 'No' WHEN 'onetime' THEN 'All' END"
            purchase = f"{lines.bought} AND {lines.kind} = 'purchase'"
            found["x_CommitmentPaymentOption"] = (
                f"CASE WHEN {purchase} THEN {paid} || ' Upfront' END"
            )
        if reports:
            found["x_AmortizationClass"] = (
                f"CASE WHEN {lines.bought} THEN 'Principal' "
                f"WHEN {lines.covered} OR {lines.unused} THEN 'Amortized Charge' END"
            )
        return found

    def _own(self) -> dict[str, str]:
        c = self.c
        own = {name: c.text(column) for name, column in _OWN.items() if c.has(column)}
        for name in ("ServicePeriodStart", "ServicePeriodEnd"):
            if c.has(name):
                own[f"x_{name}"] = _day(time_sql(c, self.facts.dates, name))
        if c.has("ExchangeRateDate"):
            own["x_BillingExchangeRateDate"] = _day(
                time_sql(c, self.facts.dates, "ExchangeRateDate")
            )
        if c.has("PricingCurrency"):
            own["x_BillingAccountId"] = c.text("BillingAccountId")
            own["x_BillingAccountName"] = c.text("BillingAccountName")
        if "x_ConsumedService" in own:  # adjustments and taxes name the service of their neighbour
            consumed = own["x_ConsumedService"]
            own["x_ConsumedService"] = f"CASE WHEN {self.priced} THEN {consumed} END"
        return own | {"x_FocusVersion": "'1.4'"}


def _day(sql: str) -> str:
    return f"strftime({sql}, '%Y-%m-%d')"


def _currency(columns: Columns, option: str | None) -> str:
    """SQL of the billing currency. The option stands for codes that are none (and for none)."""
    code = columns.text("Currency")
    if not option:
        return code
    codes = ", ".join(map(literal, sorted(ISO_4217)))
    return f"CASE WHEN {code} IN ({codes}) THEN {code} ELSE {literal(option)} END"
