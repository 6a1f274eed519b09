"""Reports of a made-up tenancy, row by row."""

from collections.abc import Sequence
from pathlib import Path

from tests.sources.tables import write_table

TENANCY = "ocid1.tenancy.oc1..aaaakestrel"

COST_ROW = {
    "lineItem/referenceNo": "ref-1",
    "lineItem/tenantId": TENANCY,
    "lineItem/intervalUsageStart": "2026-10-05T10:00Z",
    "lineItem/intervalUsageEnd": "2026-10-05T11:00:00Z",
    "product/service": "COMPUTE",
    "product/compartmentId": "ocid1.compartment.oc1..shop",
    "product/compartmentName": "shop",
    "product/region": "eu-frankfurt-1",
    "product/availabilityDomain": "AD-1",
    "product/resourceId": "ocid1.instance.oc1.eu-frankfurt-1.one",
    "usage/billedQuantity": "2",
    "usage/billedQuantityOverage": "",
    "cost/subscriptionId": "8821",
    "cost/productSku": "B93113",
    "product/Description": "Standard - E4 - OCPU",
    "cost/unitPrice": "0.025",
    "cost/unitPriceOverage": "",
    "cost/myCost": "0.05",
    "cost/myCostOverage": "",
    "cost/currencyCode": "USD",
    "cost/billingUnitReadable": "ONE HOURS OCPUS",
    "cost/skuUnitDescription": "OCPU Hours",
    "cost/overageFlag": "N",
    "lineItem/isCorrection": "false",
    "lineItem/backreferenceNo": "",
}

FOCUS_ROW = {
    "BilledCost": "0.05",
    "BillingAccountId": "8821",
    "BillingAccountName": "Kestrel",
    "BillingCurrency": "USD",
    "BillingPeriodEnd": "2026-11-01T00:00Z",
    "BillingPeriodStart": "2026-10-01T00:00Z",
    "ChargeCategory": "Usage",
    "ChargeDescription": "Standard - E4 - OCPU",
    "ChargePeriodEnd": "2026-10-05T11:00Z",
    "ChargePeriodStart": "2026-10-05T10:00Z",
    "ChargeSubcategory": "On-Demand",
    "EffectiveCost": "0.05",
    "InvoiceIssuer": "Oracle",
    "ListCost": "",
    "Provider": "Oracle",
    "Publisher": "Oracle",
    "Region": "eu-frankfurt-1",
    "ResourceId": "ocid1.instance.oc1.eu-frankfurt-1.one",
    "ServiceCategory": "Compute",
    "ServiceName": "COMPUTE",
    "SkuId": "B93113",
    "SubAccountId": TENANCY,
    "SubAccountName": "kestrel",
    "Tags": '{"team": "search"}',
    "UsageQuantity": "2",
    "UsageUnit": "ONE HOURS OCPUS",
    "oci_ReferenceNumber": "ref-1",
    "oci_CompartmentName": "shop",
    "oci_BackReferenceNumber": "",
}

USAGE_ROW = {
    "lineItem/referenceNo": "ref-1",
    "lineItem/tenantId": TENANCY,
    "lineItem/intervalUsageStart": "2026-10-05T10:00Z",
    "lineItem/intervalUsageEnd": "2026-10-05T11:00Z",
    "product/service": "COMPUTE",
    "product/resource": "PIC_COMPUTE_STANDARD_E4",
    "usage/consumedQuantity": "7200000",
    "usage/consumedQuantityUnits": "MS",
}


def cost(**changes: str) -> dict[str, str]:
    """A row of a cost report; keys are the last words of columns (`myCost="1"`)."""
    return _changed(COST_ROW, changes)


def focus(**changes: str) -> dict[str, str]:
    """A row of a FOCUS report."""
    return FOCUS_ROW | changes


def write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write a report as CSV."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_table(path, [{name: row.get(name, "") for name in names} for row in rows])


def _changed(row: dict[str, str], changes: dict[str, str]) -> dict[str, str]:
    by_word = {name.rsplit("/", 1)[1]: name for name in row}
    return row | {by_word.get(word, word): value for word, value in changes.items()}
