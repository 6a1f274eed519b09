"""The usage table: what was used, before and beside what was billed for it.

Kubernetes pods, model tokens at a gateway, queries of a warehouse: one row is one metric of one
consumer over one period. Columns carry FOCUS's names where FOCUS has the notion. Usage is never
added to charges: it divides them (allocation), explains them, or estimates them until they come.
"""

USAGE_TYPES: dict[str, str] = {
    "UsagePeriodStart": "TIMESTAMP",
    "UsagePeriodEnd": "TIMESTAMP",
    "Metric": "VARCHAR",
    "Unit": "VARCHAR",
    "Quantity": "DECIMAL(38,12)",
    "EstimatedCost": "DECIMAL(38,21)",
    "EstimatedCurrency": "VARCHAR",
    "PriceSource": "VARCHAR",
    "ServiceProviderName": "VARCHAR",
    "ServiceName": "VARCHAR",
    "SubAccountId": "VARCHAR",
    "SubAccountName": "VARCHAR",
    "RegionId": "VARCHAR",
    "ResourceId": "VARCHAR",
    "ResourceName": "VARCHAR",
    "ResourceType": "VARCHAR",
    "Tags": "MAP(VARCHAR, VARCHAR)",
    "x_Model": "VARCHAR",
    "x_TokenType": "VARCHAR",
    "x_User": "VARCHAR",
    "x_ApiKey": "VARCHAR",
    "x_Cluster": "VARCHAR",
    "x_Node": "VARCHAR",
    "x_Namespace": "VARCHAR",
    "x_ControllerKind": "VARCHAR",
    "x_Controller": "VARCHAR",
    "x_Pod": "VARCHAR",
    "x_Container": "VARCHAR",
}
"""Column → DuckDB type. Periods are UTC, the end exclusive. `Metric` is what is counted
(`cpu_request`, `input_tokens`), `Unit` its unit in words (`Core-Hours`, `Tokens`). `EstimatedCost`
is in `EstimatedCurrency`, by the prices that `PriceSource` names; null where no price is known.
A source may add `x_` columns of its own, all VARCHAR."""

REQUIRED = ("UsagePeriodStart", "UsagePeriodEnd", "Metric", "Unit", "Quantity")
"""Columns that every usage row must have."""

LAKE_USAGE_TYPES: dict[str, str] = {
    "x_SourceName": "VARCHAR",
    "x_BillingPeriod": "DATE",
    "x_SourceFile": "INTEGER",
    "x_SourceLine": "BIGINT",
}
"""What the lake adds to each row: where it came from."""
