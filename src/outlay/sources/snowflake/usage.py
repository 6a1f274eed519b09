"""What Snowflake's views say of credits and of the contract's balance, kept as usage rows."""

from outlay.focus.sql import quantity_sql
from outlay.sources.cells import Cells
from outlay.sources.contract import Rows
from outlay.sources.snowflake.bill import BILL_TABLE
from outlay.sources.snowflake.views import BALANCES, METERING_DAILY, is_view
from outlay.sources.snowflake.weights import (
    CONSUMED_TABLE,
    IDLE_WHEN,
    SPLIT_TABLE,
    UNLISTED_WHEN,
)

_BALANCES = {
    "capacity_balance": "capacity_balance",
    "rollover_balance": "rollover_balance",
    "free_usage_balance": "free_usage_balance",
    "on_demand_consumption_balance": "on_demand_consumption_balance",
}
_METERED = {
    "credits_billed": "credits_billed",
    "credits_adjustment_cloud_services": "credits_adjustment_cloud_services",
}
_SHARED = {"ServiceProviderName": "'Snowflake'"}


def usage_rows(cells: Cells, account: str) -> tuple[Rows, ...]:
    """Balances of the contract, credits by day and service, and credits of each consumer."""
    return (*_balances(cells), *_metered(cells, account), *_warehouses(), _queries())


def usage_formulas(cells: Cells) -> dict[str, str]:
    """The vendor's own sums of the metrics that are a view's columns as they are."""
    found = {}
    for view, metrics in ((BALANCES, _BALANCES), (METERING_DAILY, _METERED)):
        for metric, column in metrics.items():
            if cells.has(column):
                found[metric] = f"CASE WHEN {is_view(view)} THEN {_number(cells, column)} END"
    return found


def _number(cells: Cells, column: str) -> str:
    return quantity_sql(cells.text(column))


def _balances(cells: Cells) -> list[Rows]:
    day = cells.time("date")
    return [
        Rows(
            metric,
            f"{is_view(BALANCES)} AND {day} IS NOT NULL AND {_number(cells, column)} IS NOT NULL",
            {
                **_SHARED,
                "UsagePeriodStart": day,
                "UsagePeriodEnd": f"{day} + INTERVAL 1 DAY",
                "Metric": f"'{metric}'",
                "Unit": f"coalesce({cells.text('currency')}, 'Units')",
                "Quantity": _number(cells, column),
                "x_ContractNumber": cells.text("contract_number"),
                "x_Organization": cells.text("organization_name"),
            },
        )
        for metric, column in _BALANCES.items()
        if cells.has(column)
    ]


def _metered(cells: Cells, account: str) -> list[Rows]:
    day, service = cells.time("usage_date"), cells.text("service_type")
    return [
        Rows(
            metric,
            f"{is_view(METERING_DAILY)} AND {day} IS NOT NULL "
            f"AND {_number(cells, column)} IS NOT NULL",
            {
                **_SHARED,
                "UsagePeriodStart": day,
                "UsagePeriodEnd": f"{day} + INTERVAL 1 DAY",
                "Metric": f"'{metric}'",
                "Unit": "'Credits'",
                "Quantity": _number(cells, column),
                "SubAccountId": account,
                "ServiceName": service,
            },
        )
        for metric, column in _METERED.items()
        if cells.has(column)
    ]


def _warehouses() -> list[Rows]:
    metrics = {
        "warehouse_credits": ("compute", "true"),
        "warehouse_credits_idle": ("compute - attributed", IDLE_WHEN),
        "warehouse_credits_unlisted": ("attributed - listed", UNLISTED_WHEN),
    }
    in_bill = f"date_trunc('month', day) IN (SELECT date_trunc('month', b_day) FROM {BILL_TABLE})"
    return [
        Rows(
            metric,
            f"{when} AND {in_bill}",
            {
                **_SHARED,
                **_day_of_warehouse(),
                "Metric": f"'{metric}'",
                "Unit": "'Credits'",
                "Quantity": quantity,
            },
            source=SPLIT_TABLE,
        )
        for metric, (quantity, when) in metrics.items()
    ]


def _queries() -> Rows:
    return Rows(
        "query_credits",
        "true",
        {
            **_SHARED,
            **_day_of_warehouse(),
            "Metric": "'query_credits'",
            "Unit": "'Credits'",
            "Quantity": "credits",
            "Tags": "TRY_CAST(TRY_CAST(tags AS JSON) AS MAP(VARCHAR, VARCHAR))",
            "x_User": "user",
            "x_Role": "role",
        },
        source=CONSUMED_TABLE,
    )


def _day_of_warehouse() -> dict[str, str]:
    return {
        "UsagePeriodStart": "CAST(day AS TIMESTAMP)",
        "UsagePeriodEnd": "CAST(day AS TIMESTAMP) + INTERVAL 1 DAY",
        "SubAccountId": "account",
        "ResourceId": "coalesce(id, name)",
        "ResourceName": "name",
        "ResourceType": "'Warehouse'",
    }
