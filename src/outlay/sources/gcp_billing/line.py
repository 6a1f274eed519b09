"""FOCUS columns of a billing line: one SQL expression each, by the facts of the delivery."""

from dataclasses import dataclass

from outlay.focus.multiply import multiplied_sql
from outlay.sources.contract import Rows
from outlay.sources.gcp_billing.columns import Columns
from outlay.sources.gcp_billing.commitments import FOUND, LineSql, is_fee
from outlay.sources.gcp_billing.costs import contracted_cost_sql, list_cost_sql
from outlay.sources.gcp_billing.credits import TABLE as CREDITS
from outlay.sources.gcp_billing.credits import CreditSql
from outlay.sources.gcp_billing.tags import cluster_columns, label_value, tags_sql

_GOOGLE = "'Google Cloud'"
_MONEY = "DECIMAL(38,21)"

_OWN = {
    "x_ServiceId": "service.id",
    "x_CostType": "cost_type",
    "x_Location": "location.location",
    "x_Country": "location.country",
    "x_ProjectNumber": "project.number",
    "x_TransactionType": "transaction_type",
    "x_PublisherType": "invoice.publisher_type",
    "x_SubscriptionInstanceId": "subscription.instance_id",
    "x_ConsumptionModelId": "consumption_model.id",
    "x_ConsumptionModelDescription": "consumption_model.description",
    "x_AdjustmentMode": "adjustment_info.mode",
    "x_AdjustmentType": "adjustment_info.type",
    "x_AdjustmentId": "adjustment_info.id",
    "x_ExportTime": "export_time",
}
"""Own column → the export's field that it keeps, where the export has it."""


@dataclass(frozen=True)
class Facts:
    """What a delivery's rows say as a whole."""

    credits: int = 0
    fees: int = 0


def region_sql(columns: Columns) -> str:
    """SQL of the region's id, without a zone's letter; a multi-region is one of its own."""
    where = f"coalesce({columns.text('location.region')}, {columns.text('location.location')})"
    return f"regexp_replace({where}, '^([a-z]+-[a-z]+[0-9]+)-[a-z]$', '\\1')"


class Line:
    """The expressions of one line, kept together by what they share."""

    def __init__(
        self,
        columns: Columns,
        facts: Facts,
        credits: CreditSql | None,
        found: LineSql,
        month: str,
    ) -> None:
        self.c, self.facts, self.credits, self.found, self.month = (
            columns,
            facts,
            credits,
            found,
            month,
        )
        self.type = f"lower(coalesce({columns.text('cost_type')}, 'regular'))"
        self.fee = is_fee(columns, credits) if facts.fees and found is FOUND else "false"
        self.start = columns.time("usage_start_time")
        self.cost = columns.money("cost")
        self.net = f"({self.cost} + {found.netted})"

    def columns(self) -> dict[str, str]:
        """FOCUS and own columns of a line."""
        return {
            **self._who(),
            **self._when(),
            **self._what(),
            **self._costs(),
            **self._prices(),
            **self._where(),
            **self._commitment(),
            **self._own(),
        }

    def extra(self, main: dict[str, str]) -> tuple[Rows, ...]:
        """Charges beside the lines: credits that are none of the price, what commitments cover of
        a line, and what is unused of a commitment."""
        rows = [
            Rows(
                "credits",
                "NOT k_credit_netted AND k_credit <> 0",
                main | self._credit_columns(),
                source=(
                    f"raw JOIN (SELECT _file, _line, k_type, k_name, k_full_name, "
                    f"k_netted AS k_credit_netted, k_amount AS k_credit FROM {CREDITS}) "
                    "USING (_file, _line)"
                ),
            )
        ]
        if self.facts.fees:
            covered = f"{self.found.covered} IS NOT NULL AND NOT {self.found.whole}"
            unused = f"{self.found.unused} IS NOT NULL AND {self.found.unused} <> 0"
            rows.append(Rows("covered by a commitment", covered, main | self._covered_columns()))
            rows.append(Rows("unused commitment", unused, main | self._unused_columns()))
        return tuple(rows)

    def _who(self) -> dict[str, str]:
        c = self.c
        provider = _GOOGLE
        if c.has("seller_name") and c.has("transaction_type"):
            seller = c.text("seller_name")
            third = f"starts_with({c.text('transaction_type')}, 'THIRD_PARTY')"
            provider = (
                f"CASE WHEN {third} AND lower({seller}) <> 'google' THEN {seller} "
                f"ELSE {_GOOGLE} END"
            )
        project = c.text("project.id")
        return {
            "BillingAccountId": c.text("billing_account_id"),
            "BillingAccountName": "CAST(NULL AS VARCHAR)",
            "BillingAccountType": "'Billing Account'",
            "SubAccountId": project,
            "SubAccountName": f"coalesce({c.text('project.name')}, {project})",
            "SubAccountType": f"CASE WHEN {project} IS NOT NULL THEN 'Project' END",
            "InvoiceIssuerName": _GOOGLE,
            "ServiceProviderName": provider,
            "HostProviderName": _GOOGLE,
        }

    def _when(self) -> dict[str, str]:
        month = f"CAST({self.month} AS TIMESTAMP)"
        end = self.c.time("usage_end_time")
        return {
            "BillingPeriodStart": month,
            "BillingPeriodEnd": f"{month} + INTERVAL 1 MONTH",
            "ChargePeriodStart": self.start,
            # Some lines are of an instant; FOCUS's periods are not empty.
            "ChargePeriodEnd": (
                f"CASE WHEN {end} > {self.start} THEN {end} "
                f"ELSE {self.start} + INTERVAL 1 SECOND END"
            ),
        }

    def _what(self) -> dict[str, str]:
        c = self.c
        # Besides tax there are adjustment, rounding_error and what Google may add.
        category = (
            f"CASE WHEN {self.type} = 'tax' THEN 'Tax' "
            f"WHEN {self.type} <> 'regular' THEN 'Adjustment' "
            f"WHEN {self.fee} THEN 'Purchase' ELSE 'Usage' END"
        )
        corrects = f"{self.type} = 'adjustment'"
        if c.has("adjustment_info.mode"):
            corrects = f"({corrects} OR {c.text('adjustment_info.mode')} IS NOT NULL)"
        service = c.text("service.description")
        described = c.text("sku.description")
        if c.has("adjustment_info.description"):
            described = f"coalesce({c.text('adjustment_info.description')}, {described})"
        return {
            "ChargeCategory": category,
            # A correction is one of a month that was closed: usage before the invoice's month.
            "ChargeClass": (
                f"CASE WHEN {corrects} AND {self.start} < CAST({self.month} AS TIMESTAMP) "
                "THEN 'Correction' END"
            ),
            "ChargeFrequency": (
                f"CASE WHEN {self.type} <> 'regular' THEN 'One-Time' "
                f"WHEN {self.fee} THEN 'Recurring' ELSE 'Usage-Based' END"
            ),
            "ChargeDescription": described,
            "ServiceName": f"coalesce({service}, {c.text('service.id')}, {_GOOGLE})",
            # The lake's vocabulary names what a bill leaves open, by service and region.
            "ServiceCategory": "'Other'",
            "ServiceSubcategory": "'Other (Other)'",
        }

    def _costs(self) -> dict[str, str]:
        """The four costs, of a line that a commitment covers in part without that part."""
        found = self.found
        part = f"(CASE WHEN {found.whole} THEN 0 ELSE coalesce({found.covered}, 0) END)"
        list_part = f"(CASE WHEN {found.whole} THEN 0 ELSE coalesce({self._covered_list()}, 0) END)"
        listed, contracted = list_cost_sql(self.c), contracted_cost_sql(self.c)
        effective = self.net
        if found is FOUND and self.facts.fees:
            effective = (
                f"CASE WHEN {self.fee} THEN 0 WHEN {found.whole} THEN {found.share} "
                f"ELSE {self.net} END"
            )
            listed, contracted = f"({listed}) - {list_part}", f"({contracted}) - {part}"
        return {
            "BilledCost": self.net,
            "EffectiveCost": effective,
            "ListCost": listed,
            "ContractedCost": contracted,
            "BillingCurrency": self.c.text("currency"),
            "PricingCurrency": self.c.text("currency"),
        }

    def _covered_list(self) -> str:
        """SQL of the list cost of what a commitment covers: at the list price where the export
        has it, so that the rest of the line is at that price too."""
        covered = self.found.covered
        price = self.c.quantity("price.list_price")
        if not self.c.has("price.list_price"):
            return covered
        product = multiplied_sql(self.found.quantity, price)
        return (
            f"CASE WHEN {self._one_unit()} THEN coalesce({product}, {covered}) ELSE {covered} END"
        )

    def _one_unit(self) -> str:
        """SQL condition: prices are per one pricing unit."""
        if not self.c.has("price.pricing_unit_quantity"):
            return "true"
        return f"coalesce({self.c.quantity('price.pricing_unit_quantity')}, 1) = 1"

    def _priced(self, sql: str) -> str:
        """Of usage and purchases: FOCUS has no SKU price on tax, credits and adjustments."""
        return f"CASE WHEN {self.type} = 'regular' THEN {sql} END"

    def _prices(self) -> dict[str, str]:
        c = self.c
        sku = c.text("sku.id")
        tier = c.quantity("price.tier_start_amount")
        model = c.text("consumption_model.id")
        if c.has("price.tier_start_amount"):
            text = c.text("price.tier_start_amount")
            price_id = (
                f"concat_ws('/', {sku}, {model}, CASE WHEN {tier} > 0 THEN 'from ' || {text} END)"
            )
        else:
            price_id = f"concat_ws('/', {sku}, {model})"
        amount = c.quantity("usage.amount_in_pricing_units")
        taken = f"CASE WHEN {self.found.whole} THEN 0 ELSE coalesce({self.found.quantity}, 0) END"
        quantity = f"coalesce({amount}{f' - {taken}' if self._spreads() else ''}, 0)"
        # Bytes and byte-seconds of a large company have more digits than the ledger: 1 PiB for a
        # month is 2.9e21 byte-seconds. The pricing unit counts the same use (gibibyte month).
        bytes_ = f"contains({c.text('usage.unit')}, 'byte')"
        consumed = f"CASE WHEN {bytes_} THEN {amount} ELSE {c.quantity('usage.amount')} END"
        unit = (
            f"CASE WHEN {bytes_} THEN {c.text('usage.pricing_unit')} "
            f"ELSE {c.text('usage.unit')} END"
        )
        one = self._one_unit()
        default = c.quantity("price.effective_price_default")
        prices = {
            "ListUnitPrice": c.quantity("price.list_price"),
            "ContractedUnitPrice": f"coalesce({default}, {c.quantity('price.effective_price')})",
        }
        used = f"{self.type} = 'regular' AND NOT {self.fee}"
        return {
            "SkuId": self._priced(sku),
            "SkuMeter": self._priced(c.text("sku.description")),
            "SkuPriceId": self._priced(f"nullif({price_id}, '')"),
            "PricingCategory": self._priced(self._category()),
            "PricingQuantity": self._priced(quantity),
            "PricingUnit": self._priced(f"coalesce({c.text('usage.pricing_unit')}, 'Units')"),
            "ConsumedQuantity": (f"CASE WHEN {used} AND ({unit}) IS NOT NULL THEN {consumed} END"),
            "ConsumedUnit": f"CASE WHEN {used} AND ({consumed}) IS NOT NULL THEN {unit} END",
            **{
                name: self._priced(f"CASE WHEN {one} AND {price} >= 0 THEN {price} END")
                for name, price in prices.items()
                if c.has("price.list_price") or c.has("price.effective_price")
            },
        }

    def _spreads(self) -> bool:
        return self.found is FOUND and self.facts.fees > 0

    def _category(self) -> str:
        c = self.c
        sku = f"lower({c.text('sku.description')})"
        spot = f"regexp_matches({sku}, '^(spot |preemptible )')"
        committed = self.found.whole
        if c.has("consumption_model.id"):
            model = (
                f"lower(concat_ws(' ', {c.text('consumption_model.id')}, "
                f"{c.text('consumption_model.description')}))"
            )
            spot = f"({spot} OR contains({model}, 'spot'))"
            committed = f"({committed} OR regexp_matches({model}, 'commit|\\bcuds?\\b'))"
        return (
            f"CASE WHEN {self.fee} THEN 'Standard' WHEN {committed} THEN 'Committed' "
            f"WHEN {spot} THEN 'Dynamic' ELSE 'Standard' END"
        )

    def _where(self) -> dict[str, str]:
        c = self.c
        region = region_sql(c)
        zone = c.text("location.zone")
        where = c.text("location.region")
        zone = (
            f"coalesce({zone}, CASE WHEN regexp_matches({where}, '^[a-z]+-[a-z]+[0-9]+-[a-z]$') "
            f"THEN {where} END)"
        )
        full, name = c.text("resource.global_name"), c.text("resource.name")
        bare = f"nullif(regexp_extract({full}, '([^/]+)/[^/]+$', 1), '')"
        resource = f"coalesce({full}, {name})"
        last = f"regexp_extract(coalesce({name}, {full}), '([^/]+)/?$', 1)"
        bought = self.found.commitment
        return {
            "AvailabilityZone": zone,
            "RegionId": region,
            "RegionName": "CAST(NULL AS VARCHAR)",
            "ResourceId": self._if_fee(bought, resource),
            "ResourceName": self._if_fee(c.text("sku.description"), f"nullif({last}, '')"),
            "ResourceType": self._if_fee("'commitment'", bare),
            "Tags": tags_sql(c),
        }

    def _if_fee(self, bought: str, otherwise: str) -> str:
        if self.fee == "false":
            return otherwise
        return f"CASE WHEN {self.fee} THEN {bought} ELSE {otherwise} END"

    def _commitment(self) -> dict[str, str]:
        if not self._spreads():
            return {}
        found = self.found
        mine = f"({self.fee} OR {found.whole})"
        quantity = f"CASE WHEN {mine} THEN {self.c.quantity('usage.amount_in_pricing_units')} END"
        unit = f"coalesce({self.c.text('usage.pricing_unit')}, 'Units')"
        return {
            **self._commitment_names(mine),
            "CommitmentDiscountStatus": f"CASE WHEN {found.whole} THEN 'Used' END",
            "CommitmentDiscountQuantity": quantity,
            "CommitmentDiscountUnit": f"CASE WHEN ({quantity}) IS NOT NULL THEN {unit} END",
        }

    def _commitment_names(self, mine: str) -> dict[str, str]:
        found = self.found
        kind = f"CASE WHEN {found.spend} THEN 'Spend' ELSE 'Usage' END"
        words = (
            f"CASE WHEN {found.spend} THEN 'Spend-based committed use discount' "
            "ELSE 'Resource-based committed use discount' END"
        )
        return {
            "CommitmentDiscountId": f"CASE WHEN {mine} THEN {found.commitment} END",
            "CommitmentDiscountName": f"CASE WHEN {mine} THEN {found.name} END",
            "CommitmentDiscountCategory": f"CASE WHEN {mine} THEN {kind} END",
            "CommitmentDiscountType": f"CASE WHEN {mine} THEN {words} END",
        }

    def _own(self) -> dict[str, str]:
        c = self.c
        own = {name: c.text(path) for name, path in _OWN.items() if c.has(path)}
        own["x_CostBeforeCredits"] = f"CAST({self.cost} AS VARCHAR)"
        if c.has("currency_conversion_rate"):
            own["x_CurrencyConversionRate"] = c.text("currency_conversion_rate")
        if self.facts.credits and self.credits is not None:
            own["x_Credits"] = (
                f"CASE WHEN len({self.credits.list}) > 0 "
                f"THEN CAST(to_json({self.credits.list}) AS VARCHAR) END"
            )
            own["x_CreditType"] = "CAST(NULL AS VARCHAR)"
        if c.has("project.ancestors"):
            own["x_ProjectAncestors"] = _ancestors(c)
        elif c.has("project.ancestry_numbers"):
            own["x_ProjectAncestors"] = c.text("project.ancestry_numbers")
        machine = label_value(c, "system_labels", "compute.googleapis.com/machine_spec")
        if machine:
            own["x_InstanceType"] = machine
        return own | cluster_columns(c)

    def _credit_columns(self) -> dict[str, str]:
        """What is another in a charge for a credit than in its line's."""
        nothing = (
            "SkuPriceId",
            "PricingCategory",
            "PricingQuantity",
            "PricingUnit",
            "ConsumedQuantity",
            "ConsumedUnit",
            "ListUnitPrice",
            "ContractedUnitPrice",
            *(name for name in self._commitment()),
            "x_CostBeforeCredits",
            "x_Credits",
        )
        c = self.c
        full, name = c.text("resource.global_name"), c.text("resource.name")
        last = f"regexp_extract(coalesce({name}, {full}), '([^/]+)/?$', 1)"
        return dict.fromkeys(nothing, "NULL") | {
            "ChargeCategory": "'Credit'",
            "ChargeClass": "NULL",
            "ChargeFrequency": "'One-Time'",
            "ChargeDescription": "coalesce(k_full_name, k_name, k_type)",
            "ResourceId": f"coalesce({full}, {name})",
            "ResourceName": f"nullif({last}, '')",
            **dict.fromkeys(("BilledCost", "EffectiveCost"), "k_credit"),
            **dict.fromkeys(("ListCost", "ContractedCost"), "k_credit"),
            "x_CreditType": "k_type",
        }

    def _covered_columns(self) -> dict[str, str]:
        """The part of a line that a commitment covers: the fee's share pays for it."""
        found = self.found
        consumed = dict.fromkeys(("ConsumedQuantity", "ConsumedUnit"), "NULL")
        return (
            consumed
            | self._commitment_names("true")
            | {
                "BilledCost": f"CAST(0 AS {_MONEY})",
                "EffectiveCost": found.share,
                "ListCost": self._covered_list(),
                "ContractedCost": found.covered,
                "PricingCategory": "'Committed'",
                "PricingQuantity": found.quantity,
                "CommitmentDiscountStatus": "'Used'",
                "CommitmentDiscountQuantity": found.quantity,
                "CommitmentDiscountUnit": (
                    f"coalesce({self.c.text('usage.pricing_unit')}, 'Units')"
                ),
                "x_CostBeforeCredits": "NULL",
                "x_Credits": "NULL",
            }
        )

    def _unused_columns(self) -> dict[str, str]:
        """The part of a fee that no usage took."""
        names = self._commitment_names("true")
        nothing = ("ConsumedQuantity", "ConsumedUnit", "CommitmentDiscountQuantity")
        return (
            names
            | dict.fromkeys((*nothing, "CommitmentDiscountUnit"), "NULL")
            | {
                "ChargeCategory": "'Usage'",
                "ChargeFrequency": "'Recurring'",
                "BilledCost": f"CAST(0 AS {_MONEY})",
                "EffectiveCost": self.found.unused,
                **dict.fromkeys(("ListCost", "ContractedCost"), f"CAST(0 AS {_MONEY})"),
                "PricingCategory": "'Committed'",
                "PricingQuantity": "0",
                "CommitmentDiscountStatus": "'Unused'",
                "x_CostBeforeCredits": "NULL",
                "x_Credits": "NULL",
            }
        )


def _ancestors(columns: Columns) -> str:
    """SQL of the folders above a project, the organization first: `acme.example / Prod`."""
    listed = columns.list("project.ancestors")
    folders = (
        f"list_reverse(list_filter({listed}, lambda x: NOT starts_with(x.resource_name, "
        "'projects/')))"
    )
    name = "coalesce(nullif(x.display_name, ''), x.resource_name)"
    names = f"list_transform({folders}, lambda x: {name})"
    return f"nullif(array_to_string({names}, ' / '), '')"
