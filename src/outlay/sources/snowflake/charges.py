"""FOCUS columns of a row of the bill, or of a part of one: SQL over `b_…` and `p_…`."""

from outlay.sources.contract import Raw
from outlay.sources.services import service_columns, services_of
from outlay.sources.snowflake.bill import BILL_TABLE
from outlay.sources.snowflake.parts import METHOD, PART_COLUMNS
from outlay.sources.snowflake.weights import ATTRIBUTED

_MAP = "MAP(VARCHAR, VARCHAR)"
_FEES = ("PRIORITY SUPPORT", "PRIORITY_SUPPORT", "VPS_DEPLOYMENT_FEE", "VPS DEPLOYMENT FEE")
_CREDITS = ("SUPPORT_CREDIT", "SUPPORT CREDIT", "REBATE")
_UNITS = {"STORAGE": "TiB-Months", "DATA_TRANSFER": "TB"}
_HOSTS = {"AWS": "AWS", "AZURE": "Microsoft", "GCP": "Google Cloud"}

WHOLE = ", ".join(
    (
        *(f"CAST(NULL AS VARCHAR) AS p_{name}" for name in PART_COLUMNS),
        "b_amount AS p_cost",
        "b_usage AS p_usage",
        "CAST(NULL AS DECIMAL(38,21)) AS p_ratio",
    )
)
"""The `p_…` columns of a row that is not divided."""


class Charge:
    """The expressions of one charge; services are named once per service type of the bill."""

    def __init__(self, raw: Raw, *, priced: bool) -> None:
        self._services = services_of("Snowflake", _codes(raw))
        self._priced = priced
        self._month = "date_trunc('month', b_day)"
        self._is_fee = f"coalesce(b_billing, '') IN {_FEES}"
        self._is_credit = f"(coalesce(b_billing, '') IN {_CREDITS} AND b_amount < 0)"
        self._adjusts = "(b_adjusts AND b_service <> 'CLOUD_SERVICES')"
        self._has_sku = f"NOT ({self._is_credit} OR {self._adjusts})"

    def columns(self) -> dict[str, str]:
        """FOCUS and own columns."""
        return {
            **dict.fromkeys(
                ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), "p_cost"
            ),
            **self._who(),
            **self._what(),
            **self._prices(),
            **self._allocated(),
            **self._own(),
        }

    def _who(self) -> dict[str, str]:
        # A region may stand behind its group: PUBLIC.AWS_EU_CENTRAL_1
        bare = "regexp_replace(upper(b_region), '^.*[.]', '')"
        cloud = f"split_part({bare}, '_', 1)"
        rest = f"lower(substr({bare}, length({cloud}) + 2))"
        hosts = " ".join(f"WHEN '{name}' THEN '{host}'" for name, host in _HOSTS.items())
        return {
            "BillingAccountId": "coalesce(b_organization, b_account, 'Snowflake')",
            "BillingAccountName": "b_organization",
            "BillingAccountType": "'Organization'",
            "SubAccountId": "b_account",
            "SubAccountName": "b_name",
            "SubAccountType": "CASE WHEN b_account IS NOT NULL THEN 'Account' END",
            "BillingPeriodStart": self._month,
            "BillingPeriodEnd": f"{self._month} + INTERVAL 1 MONTH",
            "ChargePeriodStart": "CAST(b_day AS TIMESTAMP)",
            "ChargePeriodEnd": "CAST(b_day AS TIMESTAMP) + INTERVAL 1 DAY",
            "BillingCurrency": "b_currency",
            "InvoiceIssuerName": "'Snowflake'",
            "ServiceProviderName": "'Snowflake'",
            "HostProviderName": f"CASE {cloud} {hosts} ELSE 'Snowflake' END",
            "RegionId": (
                f"CASE {cloud} WHEN 'AWS' THEN replace({rest}, '_', '-') "
                f"WHEN 'GCP' THEN replace({rest}, '_', '-') "
                f"WHEN 'AZURE' THEN replace({rest}, '_', '') ELSE {rest} END"
            ),
        }

    def _what(self) -> dict[str, str]:
        return {
            "ChargeCategory": (
                f"CASE WHEN {self._is_fee} THEN 'Purchase' WHEN {self._is_credit} THEN 'Credit' "
                f"WHEN {self._adjusts} THEN 'Adjustment' ELSE 'Usage' END"
            ),
            "ChargeClass": "CAST(NULL AS VARCHAR)",
            "ChargeDescription": (
                "concat_ws(', ', coalesce(b_type, b_service), p_name, p_user, "
                f"CASE WHEN p_state <> '{ATTRIBUTED}' THEN lower(p_state) END)"
            ),
            "ChargeFrequency": (
                f"CASE WHEN {self._is_fee} THEN 'Recurring' "
                f"WHEN {self._is_credit} THEN 'One-Time' ELSE 'Usage-Based' END"
            ),
            **service_columns("b_service", self._services, "Snowflake"),
            "ResourceId": "CASE WHEN p_type IN ('Storage', 'Stage') THEN NULL "
            "ELSE coalesce(p_id, p_name) END",
            "ResourceName": "p_name",
            "ResourceType": "p_type",
        }

    def _prices(self) -> dict[str, str]:
        units = " ".join(f"WHEN '{rating}' THEN '{unit}'" for rating, unit in _UNITS.items())
        unit = f"CASE b_rating {units} WHEN 'COMPUTE' THEN 'Credits' ELSE 'Units' END"
        sku = "concat_ws('/', b_service, CASE WHEN b_type <> lower(b_service) THEN b_type END)"
        rate = "rtrim(rtrim(CAST(b_rate AS VARCHAR), '0'), '.')"
        counted = f"{self._has_sku} AND p_usage IS NOT NULL"
        found = {
            "SkuId": sku,
            "SkuPriceId": f"concat_ws('/', {sku}, b_level, b_region, {rate})",
            "SkuMeter": "b_type",
            "PricingCategory": "'Standard'",
            "PricingQuantity": "p_usage",
            "PricingUnit": unit,
            "ConsumedQuantity": "p_usage",
            "ConsumedUnit": unit,
        }
        if self._priced:
            found["ContractedUnitPrice"] = "b_rate"
        return {name: f"CASE WHEN {counted} THEN {sql} END" for name, sql in found.items()}

    def _allocated(self) -> dict[str, str]:
        """Compute that was given to who ran queries; what nobody used names the method alone."""
        ratio = "rtrim(rtrim(CAST(p_ratio AS VARCHAR), '0'), '.')"
        usage = "rtrim(rtrim(CAST(p_usage AS VARCHAR), '0'), '.')"
        return {
            "AllocatedMethodId": f"CASE WHEN p_state IS NOT NULL THEN '{METHOD}' END",
            "AllocatedMethodDetails": (
                'CASE WHEN p_state IS NOT NULL THEN concat(\'{"Elements":[{"AllocatedRatio":\', '
                f'{ratio}, \',"UsageUnit":"Credits","UsageQuantity":\', {usage}, \'}}]}}\') END'
            ),
            "AllocatedResourceId": "p_user",
            "AllocatedResourceName": "p_user",
            "AllocatedTags": f"TRY_CAST(TRY_CAST(p_tags AS JSON) AS {_MAP})",
            "Tags": f"CAST(NULL AS {_MAP})",
        }

    def _own(self) -> dict[str, str]:
        return {
            "x_ContractNumber": "b_contract",
            "x_BalanceSource": "b_balance",
            "x_BillingType": "b_billing",
            "x_RatingType": "b_rating",
            "x_ServiceCode": "b_service",
            "x_UsageType": "b_type",
            "x_ServiceLevel": "b_level",
            "x_IsAdjustment": "CASE WHEN b_adjusts THEN 'true' END",
            "x_EffectiveRate": "rtrim(rtrim(CAST(b_rate AS VARCHAR), '0'), '.')",
            "x_AllocationState": "p_state",
            "x_User": "p_user",
            "x_Role": "p_role",
            "x_WarehouseSize": "p_size",
        }


def _codes(raw: Raw) -> list[str]:
    """The service types of the bill."""
    found = raw.ask(f"SELECT DISTINCT b_service FROM {BILL_TABLE} ORDER BY 1")
    return [code for (code,) in found if code]
