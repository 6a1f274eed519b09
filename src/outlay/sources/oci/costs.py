"""FOCUS columns of a row of a cost report.

`cost/myCost` is the contracted price times the quantity, the overage included: the overage
columns say how much of it lies beyond a commitment, and are never added to it. There is no list
price. A correction is a row of its own beside the row that it corrects, never in its place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from outlay.focus.sql import literal
from outlay.sources.contract import Mapping, Raw, Reject, Rows
from outlay.sources.oci.columns import COST, CURRENCY, START, Columns
from outlay.sources.oci.names import REGIONS, SERVICES, UNKNOWN, resource_type_sql, unit_name

# The names under which Oracle's FOCUS reports keep the same: one vocabulary for both reports.
_OWN = {
    "x_OciReferenceNumber": "lineItem/referenceNo",
    "x_OciCompartmentId": "product/compartmentId",
    "x_OciCompartmentName": "product/compartmentName",
    "x_OciOverageFlag": "cost/overageFlag",
    "x_OciUnitPriceOverage": "cost/unitPriceOverage",
    "x_OciBilledQuantityOverage": "usage/billedQuantityOverage",
    "x_OciCostOverage": "cost/myCostOverage",
    "x_OciBackReferenceNumber": "lineItem/backreferenceNo",
}
ORACLE = "'Oracle'"


@dataclass(frozen=True)
class _Facts:
    """What the rows of a delivery say as a whole.

    `late` are (file, corrected month, billing month) of corrections to a month that was over
    when their file was written. `tenants` are (tenancy, name) as root compartments tell them.
    """

    services: tuple[str, ...]
    regions: tuple[str, ...]
    units: tuple[str, ...]
    tenants: tuple[tuple[str, str], ...]
    late: tuple[tuple[int, date, date], ...]
    corrections: int


def cost_mapping(raw: Raw) -> Mapping:
    """The mapping of the rows of cost reports; raises SourceError when a column is missing."""
    columns = Columns.of(raw.columns)
    return _Line(columns, _facts(raw, columns)).mapping()


def correction_sql(columns: Columns) -> str:
    """SQL condition, never null: the row corrects another."""
    return f"coalesce(lower({columns.text('lineItem/isCorrection')}) IN ('true', 'y', '1'), false)"


def _facts(raw: Raw, columns: Columns) -> _Facts:
    service, tenant = columns.text("product/service"), columns.text("lineItem/tenantId")
    unit = columns.text("cost/billingUnitReadable")
    name = columns.text("product/compartmentName")
    month = f"CAST(date_trunc('month', {columns.time(START)}) AS DATE)"
    correction = correction_sql(columns)
    # A file holds usage of a few hours. One that brings a correction and no other row of the
    # month, but usage of a later one, was written when that month was over.
    late = raw.ask(
        f"WITH seen AS (SELECT DISTINCT _file AS f, {month} AS m, {correction} AS c FROM raw) "
        "SELECT one.f, one.m, min(other.m) FROM seen one JOIN seen other "
        "ON one.f = other.f AND NOT other.c AND other.m > one.m WHERE one.c AND NOT EXISTS ("
        "SELECT 1 FROM seen same WHERE same.f = one.f AND NOT same.c AND same.m = one.m) "
        "GROUP BY ALL ORDER BY ALL"
    )
    (row,) = raw.ask(
        f"SELECT list(DISTINCT {service}), list(DISTINCT {unit}), count_if({correction}), "
        f"list(DISTINCT {columns.text('product/region')}) FROM raw"
    )
    tenants = raw.ask(
        f"SELECT {tenant}, min({name}) FROM raw WHERE {columns.text('product/compartmentId')} = "
        f"{tenant} AND {name} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    return _Facts(
        services=tuple(sorted(row[0] or ())),
        regions=tuple(sorted(row[3] or ())),
        units=tuple(sorted(row[1] or ())),
        tenants=tuple(tenants),
        late=tuple(late),
        corrections=row[2],
    )


class _Line:
    """The expressions of one row, kept together by what they share."""

    def __init__(self, columns: Columns, facts: _Facts) -> None:
        self.c, self.facts = columns, facts
        self.start = columns.time(START)
        self.cost = columns.money(COST)
        self.correction = correction_sql(columns)
        self.month = f"CAST(date_trunc('month', {self.start}) AS DATE)"

    def mapping(self) -> Mapping:
        """The whole mapping."""
        columns = self._who() | self._when() | self._what() | self._price() | self._where()
        own = {name: self.c.text(column) for name, column in _OWN.items() if self.c.has(column)}
        columns |= own | {"Tags": self.c.tags(), "x_FocusVersion": "'1.4'"}
        return Mapping(
            main=Rows("rows", "true", columns),
            formulas=dict.fromkeys(
                ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), self.cost
            ),
            period=self._period(),
            currency=self.c.text(CURRENCY),
            rejects=(
                Reject(f"{COST} is empty", f"{self.c.text(COST)} IS NULL"),
                Reject(f"{COST} is no amount that fits exactly", self.c.unfit(COST)),
            ),
            notes=tuple(self._notes()),
        )

    def _late(self) -> str:
        """SQL of the month that a late correction is billed in, NULL for all other rows."""
        cases = " ".join(
            f"WHEN _file = {file} AND {self.month} = DATE '{month}' THEN DATE '{billed}'"
            for file, month, billed in self.facts.late
        )
        return f"CASE WHEN {self.correction} THEN CASE {cases} END END"

    def _period(self) -> str:
        return f"coalesce({self._late()}, {self.month})" if self.facts.late else self.month

    def _who(self) -> dict[str, str]:
        c = self.c
        tenant, subscription = c.text("lineItem/tenantId"), c.text("cost/subscriptionId")
        return {
            "BillingAccountId": f"coalesce({subscription}, {tenant})",
            "BillingAccountName": "NULL",
            "BillingAccountType": (
                f"CASE WHEN {subscription} IS NOT NULL THEN 'Subscription' "
                f"WHEN {tenant} IS NOT NULL THEN 'Tenancy' END"
            ),
            "SubAccountId": tenant,
            "SubAccountName": _case(tenant, self.facts.tenants),
            "SubAccountType": f"CASE WHEN {tenant} IS NOT NULL THEN 'Tenancy' END",
            "InvoiceId": "NULL",
            "InvoiceIssuerName": ORACLE,
            "ServiceProviderName": ORACLE,
            "HostProviderName": ORACLE,
        }

    def _when(self) -> dict[str, str]:
        period = f"CAST({self._period()} AS TIMESTAMP)"
        end = self.c.time("lineItem/intervalUsageEnd")
        return {
            "BillingPeriodStart": period,
            "BillingPeriodEnd": f"{period} + INTERVAL 1 MONTH",
            "ChargePeriodStart": self.start,
            "ChargePeriodEnd": f"coalesce({end}, {self.start} + INTERVAL 1 HOUR)",
        }

    def _what(self) -> dict[str, str]:
        c = self.c
        service = c.text("product/service")
        known = [name for name in self.facts.services if name.upper() in SERVICES]
        late = f"CASE WHEN {self._late()} IS NOT NULL THEN 'Correction' END"
        return {
            "ChargeCategory": "'Usage'",
            "ChargeClass": late if self.facts.late else "NULL",
            "ChargeFrequency": "'Usage-Based'",
            "ChargeDescription": c.text("product/Description"),
            "ServiceName": f"coalesce({service}, 'Oracle Cloud')",
            "ServiceCategory": _case(
                service, [(name, SERVICES[name.upper()][0]) for name in known], literal(UNKNOWN[0])
            ),
            "ServiceSubcategory": _case(
                service, [(name, SERVICES[name.upper()][1]) for name in known], literal(UNKNOWN[1])
            ),
            "BilledCost": self.cost,
            "EffectiveCost": self.cost,
            "ContractedCost": self.cost,
            "ListCost": self.cost,
            "BillingCurrency": c.text(CURRENCY),
            "PricingCurrency": c.text(CURRENCY),
        }

    def _price(self) -> dict[str, str]:
        c = self.c
        sku, price = c.text("cost/productSku"), c.quantity("cost/unitPrice")
        quantity, unit = c.quantity("usage/billedQuantity"), c.text("cost/billingUnitReadable")
        unit = f"coalesce({_case(unit, [(u, unit_name(u)) for u in self.facts.units])}, 'Units')"

        def priced(sql: str) -> str:
            return f"CASE WHEN {sku} IS NOT NULL THEN {sql} END"

        unit = f"CASE WHEN {quantity} IS NOT NULL THEN {unit} END"
        return {
            "SkuId": sku,
            "SkuPriceId": sku,
            "SkuMeter": c.text("cost/skuUnitDescription"),
            "PricingCategory": priced("'Standard'"),
            "PricingQuantity": priced(quantity),
            "PricingUnit": priced(unit),
            "ConsumedQuantity": priced(quantity),
            "ConsumedUnit": priced(unit),
            "ContractedUnitPrice": priced(price),
            "ListUnitPrice": priced(price),
        }

    def _where(self) -> dict[str, str]:
        c = self.c
        region, resource = c.text("product/region"), c.text("product/resourceId")
        known = [(name, REGIONS[name]) for name in self.facts.regions if name in REGIONS]
        return {
            "RegionId": region,
            "RegionName": f"coalesce({_case(region, known)}, {region})",
            "AvailabilityZone": c.text("product/availabilityDomain"),
            "ResourceId": resource,
            "ResourceName": "NULL",
            "ResourceType": resource_type_sql(resource),
        }

    def _notes(self) -> list[str]:
        notes = ["cost reports have no list price: ListCost is what was charged"]
        if self.facts.corrections:
            notes.append(
                f"{self.facts.corrections} rows correct others, which stay beside them; the sum "
                "of both is what was charged"
            )
        unknown = [name for name in self.facts.services if name.upper() not in SERVICES]
        if unknown:
            notes.append(f"services without a known category: {', '.join(unknown)}")
        return notes


def _case(value: str, pairs: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    """SQL of a look-up of text by text."""
    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in pairs)
    return f"CASE {value} {cases} ELSE {otherwise} END" if cases else otherwise
