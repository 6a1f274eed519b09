"""FOCUS columns of a CUR line: one SQL expression each, by the facts of the delivery."""

from collections.abc import Iterable

from outlay.focus.sql import literal
from outlay.sources.aws_cur.columns import Columns
from outlay.sources.aws_cur.costs import (
    COVERED_BY_PLAN,
    COVERED_BY_RESERVATION,
    DISCOUNTS,
    KNOWN_TYPES,
    NEGATION,
    PLAN_FEE,
    PLAN_UPFRONT,
    RESERVATION_FEE,
    Costs,
    Facts,
    costs,
    is_commitment_fee,
    uncancelled_groups,
)
from outlay.sources.aws_cur.resources import resource_name, resource_type
from outlay.sources.aws_cur.tags import TagSql, tag_sql
from outlay.sources.contract import Mapping, Raw, Rows

_AWS = "'AWS'"
_MARKETPLACE = "'AWS Marketplace'"

_OWN = {
    "x_ServiceCode": "lineItem/ProductCode",
    "x_UsageType": "lineItem/UsageType",
    "x_Operation": "lineItem/Operation",
    "x_LineItemType": "lineItem/LineItemType",
    "x_TaxType": "lineItem/TaxType",
    "x_ProductFamily": "product/ProductFamily",
    "x_InstanceType": "product/InstanceType",
    "x_IamPrincipal": "lineItem/IamPrincipal",
    "x_SplitParentResourceId": "splitLineItem/ParentResourceId",
    "x_SplitCost": "splitLineItem/SplitCost",
    "x_SplitUnusedCost": "splitLineItem/UnusedCost",
}
"""Own column → the report's column that it keeps, where the report has it."""

_TERMS = {
    "x_CommitmentTerm": ("savingsPlan/PurchaseTerm", "pricing/LeaseContractLength"),
    "x_CommitmentPaymentOption": ("savingsPlan/PaymentOption", "pricing/PurchaseOption"),
    "x_CommitmentStart": ("savingsPlan/StartTime", "reservation/StartTime"),
    "x_CommitmentEnd": ("savingsPlan/EndTime", "reservation/EndTime"),
}
"""Own column of purchases of commitments → the report's columns, the first that has a value."""

_USES = ("Usage", COVERED_BY_RESERVATION, COVERED_BY_PLAN)
_PURCHASES = ("Fee", PLAN_FEE, PLAN_UPFRONT, RESERVATION_FEE)


def cur_mapping(
    raw: Raw, columns: Columns, facts: Facts, tag_prefixes: Iterable[str], line_ids: bool = False
) -> Mapping:
    """The mapping of a delivery; asks `raw` what its negations and tags are like."""
    amounts = costs(columns, facts, uncancelled_groups(raw, columns, facts))
    tags = tag_sql(raw, columns, tuple(tag_prefixes))
    line = _Line(columns, facts, amounts, tags)
    main = line.columns()
    if line_ids:
        main["x_LineItemId"] = columns.text("identity/LineItemId")
    extra: tuple[Rows, ...] = ()
    if PLAN_FEE in facts.types or RESERVATION_FEE in facts.types:
        when = line.is_type(PLAN_FEE, RESERVATION_FEE)
        extra = (Rows("unused commitment", when, main | line.unused_columns()),)
    return Mapping(
        main=Rows("lines", "true", main),
        formulas=amounts.formulas,
        period=f"CAST(date_trunc('month', {line.period_start}) AS DATE)",
        currency=columns.text("lineItem/CurrencyCode"),
        extra=extra,
        rejects=amounts.rejects,
        folds=amounts.folds,
        notes=(*facts.notes, *amounts.notes, *tags.notes),
    )


class _Line:
    """The expressions of one line, kept together by what they share."""

    def __init__(self, columns: Columns, facts: Facts, amounts: Costs, tags: TagSql) -> None:
        self.c, self.facts, self.amounts, self.tags = columns, facts, amounts, tags
        self.kind = columns.text("lineItem/LineItemType")
        self.start = columns.time("lineItem/UsageStartDate")
        self.fee = is_commitment_fee(columns)
        self.marketplace = f"{columns.text('bill/BillingEntity')} = {_MARKETPLACE}"
        self.period_start = f"coalesce({columns.time('bill/BillingPeriodStartDate')}, {self.start})"

    def is_type(self, *types: str) -> str:
        """SQL condition: the line is of one of these types (those that the delivery has)."""
        present = [name for name in types if name in self.facts.types]
        if not present:
            return "false"
        if len(present) == 1:
            return f"{self.kind} = {literal(present[0])}"
        return f"{self.kind} IN ({', '.join(map(literal, present))})"

    def columns(self) -> dict[str, str]:
        """FOCUS and own columns of a line."""
        return {
            **self._who(),
            **self._when(),
            **self._what(),
            **self._prices(),
            **self._where(),
            **self._commitment(),
            "Tags": self.tags.tags,
            **self._own(),
        }

    def unused_columns(self) -> dict[str, str]:
        """What differs in the row of a fee's unused part from the purchase that it comes from."""
        unused_quantity = self.c.quantity("reservation/UnusedQuantity")
        quantity = (
            f"CASE WHEN {self.is_type(RESERVATION_FEE)} THEN {unused_quantity} "
            f"ELSE {self.amounts.unused} END"
        )
        description = self.c.text("lineItem/LineItemDescription")
        return {
            "BilledCost": "0",
            "EffectiveCost": self.amounts.unused,
            "ListCost": "0",
            "ContractedCost": "0",
            "ChargeCategory": "'Usage'",
            "ChargeFrequency": "'Usage-Based'",
            "ChargeDescription": f"concat('Unused: ', {description})",
            "CommitmentDiscountStatus": "'Unused'",
            "CommitmentDiscountQuantity": quantity,
            "PricingCategory": "'Committed'",
            "PricingQuantity": quantity,
            "ConsumedQuantity": "NULL",
            "ConsumedUnit": "NULL",
        }

    def _who(self) -> dict[str, str]:
        c = self.c
        payer, account = c.text("bill/PayerAccountId"), c.text("lineItem/UsageAccountId")
        seller, issuer = c.text("lineItem/LegalEntity"), c.text("bill/InvoicingEntity")
        resource = c.text("lineItem/ResourceId")
        own_seller = f"CASE WHEN {self.marketplace} THEN NULL ELSE {seller} END"
        provider = host = _AWS
        if c.has("bill/BillingEntity"):
            provider = (
                f"CASE WHEN {self.marketplace} THEN coalesce({seller}, {_AWS}) ELSE {_AWS} END"
            )
            # Software with a resource of the account runs there; other offers run at the seller.
            host = (
                f"CASE WHEN {self.marketplace} AND {resource} IS NULL "
                f"THEN coalesce({seller}, {_AWS}) ELSE {_AWS} END"
            )
        return {
            "BillingAccountId": payer,
            "BillingAccountName": c.text("bill/PayerAccountName"),
            "BillingAccountType": "'Management Account'",
            "SubAccountId": account,
            "SubAccountName": c.text("lineItem/UsageAccountName"),
            "SubAccountType": (
                f"CASE WHEN {account} = {payer} THEN 'Management Account' "
                f"WHEN {account} IS NOT NULL THEN 'Member Account' END"
            ),
            "InvoiceId": c.text("bill/InvoiceId"),
            "InvoiceIssuerName": f"coalesce({issuer}, {own_seller}, {_AWS})",
            "ServiceProviderName": provider,
            "HostProviderName": host,
        }

    def _when(self) -> dict[str, str]:
        c = self.c
        ends = [c.time("lineItem/UsageEndDate")] if c.has("lineItem/UsageEndDate") else []
        if c.has("identity/TimeInterval"):
            interval = c.text("identity/TimeInterval")
            ends.append(f"TRY_CAST(split_part({interval}, '/', 2) AS TIMESTAMP)")
        month = f"date_trunc('month', {self.period_start})"
        return {
            # AWS bills calendar months, and some exports end them at 23:59:59.
            "BillingPeriodStart": f"CAST({month} AS TIMESTAMP)",
            "BillingPeriodEnd": f"CAST({month} AS TIMESTAMP) + INTERVAL 1 MONTH",
            "ChargePeriodStart": self.start,
            "ChargePeriodEnd": f"coalesce({', '.join([*ends, f'{self.start} + INTERVAL 1 HOUR'])})",
        }

    def _what(self) -> dict[str, str]:
        c = self.c
        code = c.text("lineItem/ProductCode")
        product = f"{c.text('product/ProductName')}, {c.text('product/ServiceName')}"
        refund = self.is_type("Refund")
        early = f"{self.start} < {c.time('bill/BillingPeriodStartDate')}"
        corrected = f"{c.text('bill/BillType')} = 'Refund'"
        if "Refund" in self.facts.types:
            corrected = f"{corrected} OR ({refund} AND {early})"
        category = self._by_type(
            {
                "'Usage'": (*_USES, "Refund"),
                "'Purchase'": _PURCHASES,
                "'Tax'": ("Tax",),
                "'Credit'": ("Credit",),
            },
            "'Adjustment'",
        )
        one_time = ("Credit", "Refund", PLAN_UPFRONT)
        fees = f"CASE WHEN {self.fee} OR {c.text('bill/BillType')} = 'Purchase' THEN 'One-Time' "
        return {
            "ChargeCategory": category,
            "ChargeClass": f"CASE WHEN {corrected} THEN 'Correction' END",
            "ChargeFrequency": self._by_type(
                {
                    "'One-Time'": one_time,
                    "'Recurring'": (PLAN_FEE, RESERVATION_FEE),
                    f"{fees} ELSE 'Recurring' END": ("Fee",),
                },
                "'Usage-Based'",
            ),
            "ChargeDescription": c.text("lineItem/LineItemDescription"),
            # The vocabulary gives the one name, category and subcategory.
            "ServiceName": f"coalesce({product}, {code}, 'AWS')",
            "BilledCost": self.amounts.billed,
            "EffectiveCost": self.amounts.effective,
            "ListCost": self.amounts.list,
            "ContractedCost": self.amounts.contracted,
            "BillingCurrency": c.text("lineItem/CurrencyCode"),
            "PricingCurrency": (
                f"coalesce({c.text('pricing/Currency')}, {c.text('lineItem/CurrencyCode')})"
            ),
        }

    def _by_type(self, values: dict[str, tuple[str, ...]], otherwise: str) -> str:
        """A CASE over the line item type: SQL value → its types."""
        cases = [
            f"WHEN {self.is_type(*types)} THEN {value}"
            for value, types in values.items()
            if any(name in self.facts.types for name in types)
        ]
        return f"CASE {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise

    def _prices(self) -> dict[str, str]:
        """SKU, prices and quantities, of lines that have a price: usage and purchases.

        FOCUS has none of them on tax, credits and adjustments, and a refund's are not the price
        of anything.
        """
        c, kind = self.c, self.kind
        priced = self.is_type(*_USES, *_PURCHASES)
        uses = self.is_type(*_USES)
        amount = c.quantity("lineItem/UsageAmount")
        unit = f"coalesce({c.text('pricing/Unit')}, 'Units')"
        rate = "lineItem/NetUnblendedRate" if self.facts.net else "lineItem/UnblendedRate"
        rates = [c.quantity(r) for r in (rate, "lineItem/UnblendedRate") if c.has(r)]
        paid = f"coalesce({', '.join([*rates, 'NULL'])})"
        public = c.quantity("pricing/PublicOnDemandRate")
        meter = c.text("lineItem/UsageType")
        # What AWS's price list is keyed by, where the report leaves the SKU's id out.
        named = (
            f"{c.text('lineItem/ProductCode')} || ':' || {meter} || "
            f"coalesce(':' || {c.text('lineItem/Operation')}, '')"
        )
        sku = f"coalesce({c.text('product/Sku')}, {named})"
        price = f"coalesce({c.text('pricing/RateCode')}, {c.text('pricing/RateId')}, {sku})"
        spot = f"{c.text('pricing/Term')} = 'Spot' OR contains({meter}, 'SpotUsage')"
        committed = self.is_type(COVERED_BY_PLAN, COVERED_BY_RESERVATION)
        instance = c.bare("product/InstanceType")

        def when_priced(sql: str) -> str:
            return f"CASE WHEN {priced} THEN {sql} END"

        return {
            "SkuId": when_priced(sku),
            "SkuMeter": meter,
            "SkuPriceId": when_priced(price),
            "SkuPriceDetails": (
                f"CASE WHEN {priced} AND {instance} <> '' THEN "
                f"'{{\"InstanceType\":' || CAST(to_json({instance}) AS VARCHAR) || '}}' END"
            ),
            "PricingCategory": when_priced(
                f"CASE WHEN {committed} THEN 'Committed' WHEN {spot} THEN 'Dynamic' "
                "ELSE 'Standard' END"
            ),
            "PricingQuantity": when_priced(amount),
            "PricingUnit": when_priced(f"CASE WHEN {amount} IS NOT NULL THEN {unit} END"),
            "ConsumedQuantity": f"CASE WHEN {uses} THEN {amount} END",
            "ConsumedUnit": f"CASE WHEN {uses} AND {amount} IS NOT NULL THEN {unit} END",
            "ListUnitPrice": (
                f"CASE WHEN {uses} OR {kind} = 'Fee' THEN coalesce({public}, {paid}) END"
            ),
            "ContractedUnitPrice": (
                f"CASE WHEN {self.is_type(COVERED_BY_RESERVATION)} THEN {public} "
                f"WHEN {uses} THEN {paid} WHEN {kind} = 'Fee' THEN nullif({paid}, 0) END"
            ),
        }

    def _where(self) -> dict[str, str]:
        c = self.c
        zone, resource = c.text("lineItem/AvailabilityZone"), c.text("lineItem/ResourceId")
        region = region_sql(c)
        commitment = self._commitment_id()
        bare = c.bare("lineItem/ResourceId")
        named = f"coalesce({self.tags.name or 'NULL'}, {resource_name(bare)})"
        typed = resource_type(bare, c.bare("lineItem/ProductCode"))
        bought = (
            f"CASE WHEN {self.is_type(RESERVATION_FEE, 'Fee')} THEN 'Reserved Instance' "
            "ELSE 'Savings Plan' END"
        )
        return {
            "AvailabilityZone": zone,
            "RegionId": region,
            # Older reports have the region's name alone; the vocabulary knows its id.
            "RegionName": c.text("product/Location"),
            "ResourceId": self._if_fee(commitment, resource),
            "ResourceName": self._if_fee("NULL", named),
            "ResourceType": self._if_fee(bought, typed),
            "CapacityReservationId": c.text("capacityReservation/CapacityReservationArn"),
            "CapacityReservationStatus": (
                f"CASE lower({c.text('capacityReservation/CapacityReservationStatus')}) "
                "WHEN 'used' THEN 'Used' WHEN 'unused' THEN 'Unused' END"
            )
            if c.has("capacityReservation/CapacityReservationArn")
            else "NULL",
        }

    def _if_fee(self, bought: str, otherwise: str) -> str:
        """One SQL for purchases of commitments, another for all other lines."""
        if not any(name in self.facts.types for name in _PURCHASES):
            return otherwise
        return f"CASE WHEN {self.fee} THEN {bought} ELSE {otherwise} END"

    def _commitment_id(self) -> str:
        return (
            f"coalesce({self.c.text('savingsPlan/SavingsPlanARN')}, "
            f"{self.c.text('reservation/ReservationARN')})"
        )

    def _commitment(self) -> dict[str, str]:
        """The commitment of lines that buy, use or waste one."""
        c = self.c
        plan_types = (COVERED_BY_PLAN, NEGATION, PLAN_FEE, PLAN_UPFRONT)
        reserved_types = (COVERED_BY_RESERVATION, RESERVATION_FEE)
        plan, reserved = self.is_type(*plan_types), self.is_type(*reserved_types)
        reserved = f"({reserved} OR ({self.is_type('Fee')} AND {self.fee}))"
        if plan == "false" and not ({"Fee", *reserved_types} & set(self.facts.types)):
            return {}
        offering = f"""CASE {c.text("savingsPlan/OfferingType")}
            WHEN 'ComputeSavingsPlans' THEN 'Compute Savings Plan'
            WHEN 'EC2InstanceSavingsPlans' THEN 'EC2 Instance Savings Plan'
            WHEN 'SageMakerSavingsPlans' THEN 'SageMaker Savings Plan'
            WHEN 'DatabaseSavingsPlans' THEN 'Database Savings Plan'
            ELSE 'Savings Plan' END"""
        identity = f"CASE WHEN {plan} OR {reserved} THEN {self._commitment_id()} END"
        amount = c.quantity("lineItem/UsageAmount")
        quantity = self._by_type(
            {
                self.amounts.covered: (COVERED_BY_PLAN,),
                c.quantity("savingsPlan/TotalCommitmentToDate"): (PLAN_FEE,),
                amount: reserved_types,
            },
            "NULL",
        )
        unit = self._by_type(
            {
                c.text("lineItem/CurrencyCode"): (COVERED_BY_PLAN, PLAN_FEE),
                f"coalesce({c.text('pricing/Unit')}, 'Units')": reserved_types,
            },
            "NULL",
        )
        return {
            "CommitmentDiscountId": identity,
            "CommitmentDiscountCategory": (
                f"CASE WHEN {plan} THEN 'Spend' WHEN {reserved} THEN 'Usage' END"
            ),
            "CommitmentDiscountType": (
                f"CASE WHEN {plan} THEN {offering} WHEN {reserved} THEN 'Reserved Instance' END"
            ),
            "CommitmentDiscountStatus": (
                f"CASE WHEN {self.is_type(COVERED_BY_PLAN, COVERED_BY_RESERVATION)} THEN 'Used' END"
            ),
            "CommitmentDiscountQuantity": quantity,
            "CommitmentDiscountUnit": f"CASE WHEN ({quantity}) IS NOT NULL THEN {unit} END",
        }

    def _own(self) -> dict[str, str]:
        own = {name: self.c.text(column) for name, column in _OWN.items() if self.c.has(column)}
        if self.tags.categories:
            own["x_CostCategories"] = self.tags.categories
        if "discount" in self.c.maps and self.c.maps["discount"].type.upper().startswith("MAP"):
            sql = self.c.maps["discount"].sql
            own["x_Discounts"] = (
                f"CASE WHEN cardinality({sql}) > 0 THEN CAST(to_json({sql}) AS VARCHAR) END"
            )
        if any(name in self.facts.types for name in _PURCHASES):
            for name, columns in _TERMS.items():
                told = [self.c.text(column) for column in columns if self.c.has(column)]
                if told:
                    own[name] = f"CASE WHEN {self.fee} THEN coalesce({', '.join(told)}) END"
        return own | {"x_FocusVersion": "'1.4'"}


def region_sql(columns: Columns) -> str:
    """SQL of the region's id: from the product, else the zone."""
    parts = [
        columns.text(name) for name in ("product/RegionCode", "product/Region") if columns.has(name)
    ]
    if columns.has("lineItem/AvailabilityZone"):
        # us-east-1a and the local zone us-west-2-lax-1a both lie in the region they begin with.
        zone = columns.text("lineItem/AvailabilityZone")
        pattern = "'^[a-z]+(-[a-z]+)+-[0-9]+'"
        parts.append(f"nullif(regexp_extract({zone}, {pattern}), '')")
    return f"coalesce({', '.join(parts)})" if parts else "CAST(NULL AS VARCHAR)"


def notes_on_types(columns: Columns, types: dict[str, int], effective: dict[str, int]) -> list[str]:
    """What a reader must know of unusual line item types and empty amortised amounts."""
    notes = []
    for kind in sorted(set(types) - set(KNOWN_TYPES)):
        notes.append(
            f"{types[kind]} lines of the unknown type {kind}: taken as adjustments at their cost"
        )
    for kind, name in (
        (COVERED_BY_PLAN, "savingsPlan/SavingsPlanEffectiveCost"),
        (COVERED_BY_RESERVATION, "reservation/EffectiveCost"),
    ):
        empty = types.get(kind, 0) - effective.get(kind, 0)
        if columns.has(name) and kind in types and empty:
            notes.append(
                f"{empty} {kind} lines have no {columns.name(name)}: their EffectiveCost is 0"
            )
    discounts = sum(types.get(kind, 0) for kind in DISCOUNTS)
    if discounts:
        notes.append(f"{discounts} negotiated discounts are lines of their own, as adjustments")
    return notes
