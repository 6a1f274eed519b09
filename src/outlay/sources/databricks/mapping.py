"""Usage records of Databricks, priced, as FOCUS charges."""

from collections.abc import Mapping as MappingABC
from typing import Literal

from outlay.focus.multiply import is_rounded_sql, multiplied_sql
from outlay.focus.sql import literal
from outlay.sources.cells import Cells
from outlay.sources.contract import Fold, Mapping, Raw, Reject, Rows
from outlay.sources.databricks.prices import (
    ACCOUNT_TABLE,
    LIST_TABLE,
    Prices,
    in_force_sql,
    join_sql,
    make_prices,
)
from outlay.sources.databricks.tables import USAGE
from outlay.sources.services import Names, service_columns, services_of

BilledBy = Literal["auto", "databricks", "cloud"]

_IS_USAGE = f"_table = '{USAGE}'"
_REPEATS = "outlay_repeats"
_SHOWN = 20

_RESOURCES = (
    ("endpoint_id", "endpoint_name", "AI Endpoint"),
    ("warehouse_id", None, "Warehouse"),
    ("dlt_pipeline_id", None, "Pipeline"),
    ("job_id", "job_name", "Job"),
    ("app_id", "app_name", "Application"),
    ("database_instance_id", None, "Database Instance"),
    ("cluster_id", None, "Compute Cluster"),
    ("notebook_id", "notebook_path", "Notebook"),
    ("instance_pool_id", None, "Compute Cluster"),
    ("metastore_id", None, "Metastore"),
)
"""(id, name, type): the first that a record names is its resource; a job on a cluster is a job."""

_OWN_METADATA = {
    "x_JobId": "job_id",
    "x_JobRunId": "job_run_id",
    "x_JobName": "job_name",
    "x_RunName": "run_name",
    "x_NotebookId": "notebook_id",
    "x_NotebookPath": "notebook_path",
    "x_WarehouseId": "warehouse_id",
    "x_ClusterId": "cluster_id",
    "x_NodeType": "node_type",
    "x_PipelineId": "dlt_pipeline_id",
    "x_EndpointId": "endpoint_id",
    "x_EndpointName": "endpoint_name",
    "x_AppName": "app_name",
    "x_BudgetPolicyId": "budget_policy_id",
    "x_SourceRegion": "source_region",
    "x_DestinationRegion": "destination_region",
}
_OWN_FEATURES = {
    "x_JobsTier": "jobs_tier",
    "x_SqlTier": "sql_tier",
    "x_DltTier": "dlt_tier",
    "x_IsServerless": "is_serverless",
    "x_IsPhoton": "is_photon",
    "x_ServingType": "serving_type",
}
_HOSTS = {"AWS": "AWS", "AZURE": "Microsoft", "GCP": "Google Cloud"}


def usage_mapping(raw: Raw, currency: str | None, billed_by: BilledBy) -> Mapping:
    """The mapping of a delivery; SourceError where its price lists contradict themselves."""
    cells = Cells(raw.columns)
    prices = make_prices(raw, cells, currency)
    repeats = _make_repeats(raw, cells)
    source = _priced(cells, prices, repeats > 0)
    record = _Record(cells, prices, billed_by, services_of("Databricks", _products(raw, cells)))
    counted = f"{_IS_USAGE} AND NOT u_repeat" if repeats else _IS_USAGE
    return Mapping(
        main=Rows("usage", _IS_USAGE, record.columns()),
        formulas={
            name: f"CASE WHEN {counted} THEN {sql} END" for name, sql in record.costs().items()
        },
        period=record.period,
        currency=literal(prices.currency),
        rejects=tuple(_rejects(raw, cells, source)),
        folds=_folds(repeats > 0),
        notes=tuple(_notes(raw, source, prices, billed_by, repeats)),
        source=source,
        reference=f"NOT ({_IS_USAGE})",
    )


def _products(raw: Raw, cells: Cells) -> list[str]:
    """The products of the usage, in upper case."""
    product = f"upper({cells.text('billing_origin_product')})"
    found = raw.ask(f"SELECT DISTINCT {product} AS p FROM raw WHERE {_IS_USAGE} ORDER BY 1")
    return [name for (name,) in found if name]


def _make_repeats(raw: Raw, cells: Cells) -> int:
    """Find usage records that came before in the delivery; gives how many.

    Exports of overlapping days hold a record twice; a correction has a record of its own.
    """
    raw.make(
        _REPEATS,
        f"""SELECT _file AS rp_file, _line AS rp_line FROM (
            SELECT _file, _line, row_number() OVER (
                PARTITION BY record ORDER BY _file, _line) AS n
            FROM (SELECT _file, _line, {cells.text("record_id")} AS record FROM raw
                WHERE {_IS_USAGE}) WHERE record IS NOT NULL) WHERE n > 1""",
    )
    return int(raw.ask(f"SELECT count(*) FROM {_REPEATS}")[0][0])


def _folds(repeats: bool) -> tuple[Fold, ...]:
    price_lists = Fold("price lists: they price the usage", f"NOT ({_IS_USAGE})")
    if not repeats:
        return (price_lists,)
    return price_lists, Fold("the same record again (record_id)", f"{_IS_USAGE} AND u_repeat")


def _priced(cells: Cells, prices: Prices, repeats: bool) -> str:
    """`raw` with what each usage record costs: at most one price of each list a record."""
    start, end = cells.time("usage_start_time"), cells.time("usage_end_time")
    sku, cloud = cells.text("sku_name"), f"upper({cells.text('cloud')})"
    listed, account = in_force_sql("lp", "u_end"), in_force_sql("ap", "u_end")
    joins = f"{join_sql(LIST_TABLE, 'lp', 'u_sku', 'u_cloud', 'u_end')}"
    own_price = "CAST(NULL AS DECIMAL(38,21))"
    if prices.has_account:
        joins += f" {join_sql(ACCOUNT_TABLE, 'ap', 'u_sku', 'u_cloud', 'u_end')}"
        own_price = account
    repeat = "false"
    if repeats:
        joins += f" LEFT JOIN {_REPEATS} ON rp_file = _file AND rp_line = _line"
        repeat = "rp_file IS NOT NULL"
    facts = (
        f"SELECT *, {sku} AS u_sku, {cloud} AS u_cloud, {start} AS u_start, {end} AS u_end, "
        f"{cells.money('usage_quantity')} AS u_quantity FROM raw"
    )
    matched = (
        f"SELECT facts.*, {listed} AS u_listed, {own_price} AS u_account, lp_since AS u_since, "
        f"{repeat} AS u_repeat FROM ({facts}) AS facts {joins}"
    )
    return (
        f"(SELECT *, {multiplied_sql('u_quantity', 'u_list_price')} AS u_list_cost, "
        f"{multiplied_sql('u_quantity', 'u_price')} AS u_cost "
        "FROM (SELECT *, coalesce(u_listed, u_account) AS u_list_price, "
        f"coalesce(u_account, u_listed) AS u_price FROM ({matched}))) AS priced"
    )


def _rejects(raw: Raw, cells: Cells, source: str) -> list[Reject]:
    """What cannot be priced or placed; a SKU without a price is named."""
    found = [
        Reject(
            "usage_quantity is no number that the ledger holds exactly: the row has no cost",
            f"{_IS_USAGE} AND {cells.unfit('usage_quantity')}",
        ),
        Reject(
            "usage_quantity is empty: the row has no cost", f"{_IS_USAGE} AND u_quantity IS NULL"
        ),
        Reject(
            "usage_start_time or usage_end_time is no time",
            f"{_IS_USAGE} AND (u_start IS NULL OR u_end IS NULL)",
        ),
    ]
    unpriced = raw.ask(
        f"SELECT u_sku, u_cloud, count(*) FROM {source} WHERE {_IS_USAGE} AND u_price IS NULL "
        "GROUP BY ALL ORDER BY 3 DESC, 1, 2"
    )
    for sku, cloud, _ in unpriced[:_SHOWN]:
        found.append(
            Reject(
                f"no price of {sku} on {cloud} at the time of its use: the row has no cost",
                f"{_IS_USAGE} AND u_price IS NULL AND u_sku IS NOT DISTINCT FROM {literal(sku)} "
                f"AND u_cloud IS NOT DISTINCT FROM {literal(cloud)}",
            )
        )
    found.append(
        Reject(
            "no price of the SKU at the time of its use: the row has no cost",
            f"{_IS_USAGE} AND u_price IS NULL",
        )
    )
    found.append(
        Reject(
            "usage_quantity times its price does not fit the ledger: the row has no cost",
            f"{_IS_USAGE} AND (u_cost IS NULL OR u_list_cost IS NULL)",
        )
    )
    return found


def _notes(raw: Raw, source: str, prices: Prices, billed_by: BilledBy, repeats: int) -> list[str]:
    rounded = is_rounded_sql("u_quantity", "u_price")
    ((azure, rows, unlisted, cut),) = raw.ask(
        f"SELECT count_if(u_cloud = 'AZURE'), count(*), count_if(u_account IS NULL), "
        f"count_if({rounded}) FROM {source} WHERE {_IS_USAGE}"
    )
    notes = []
    if not prices.has_account:
        notes.append(
            "priced at list: discounts and commitments that were negotiated are not in it; add "
            "system.billing.account_prices where the account has it"
        )
    elif unlisted:
        notes.append(f"{unlisted} records have no account price and are priced at list")
    by_cloud = rows if billed_by == "cloud" else azure if billed_by == "auto" else 0
    if by_cloud:
        notes.append(
            f"{by_cloud} records are billed by the cloud (Azure Databricks): their BilledCost and "
            "EffectiveCost are 0 here, so that the cloud's own bill counts them; option billed_by"
        )
    if repeats:
        notes.append(f"{repeats} records came twice (the same record_id): each counts once")
    if cut:
        notes.append(f"{cut} records cost more than 21 decimals: rounded at the last")
    return notes


class _Record:
    """The expressions of one usage record over the priced relation."""

    def __init__(
        self,
        cells: Cells,
        prices: Prices,
        billed_by: BilledBy,
        services: MappingABC[str, Names],
    ) -> None:
        self.c, self.prices, self.services = cells, prices, services
        self.by_cloud = {
            "auto": "u_cloud = 'AZURE'",
            "cloud": "true",
            "databricks": "false",
        }[billed_by]
        self.month = "date_trunc('month', u_start)"
        # Over the raw rows: the lake asks for the period before it asks for prices.
        self.period = f"CAST(date_trunc('month', {cells.time('usage_start_time')}) AS DATE)"

    def costs(self) -> dict[str, str]:
        """The four costs; where the cloud bills, nothing is billed or effective here."""
        billed = f"CASE WHEN {self.by_cloud} THEN 0 ELSE u_cost END"
        return {
            "BilledCost": billed,
            "EffectiveCost": billed,
            "ListCost": "u_list_cost",
            "ContractedCost": "u_cost",
        }

    def columns(self) -> dict[str, str]:
        """FOCUS and own columns of a record."""
        return {
            **self.costs(),
            **self._who(),
            **self._when(),
            **self._what(),
            **self._prices(),
            **self._own(),
            "Tags": self.c.tags("custom_tags"),
        }

    def _metadata(self, key: str) -> str:
        return self.c.field("usage_metadata", key)

    def _who(self) -> dict[str, str]:
        account, workspace = self.c.text("account_id"), self.c.text("workspace_id")
        hosts = " ".join(f"WHEN '{cloud}' THEN '{name}'" for cloud, name in _HOSTS.items())
        return {
            "BillingAccountId": f"coalesce({account}, 'Databricks')",
            "BillingAccountName": "CAST(NULL AS VARCHAR)",
            "BillingAccountType": "'Account'",
            "SubAccountId": workspace,
            "SubAccountType": f"CASE WHEN {workspace} IS NOT NULL THEN 'Workspace' END",
            "InvoiceIssuerName": (
                f"CASE WHEN {self.by_cloud} THEN CASE u_cloud {hosts} ELSE 'Databricks' END "
                "ELSE 'Databricks' END"
            ),
            "ServiceProviderName": "'Databricks'",
            "HostProviderName": f"CASE u_cloud {hosts} ELSE 'Databricks' END",
        }

    def _when(self) -> dict[str, str]:
        return {
            "BillingPeriodStart": self.month,
            "BillingPeriodEnd": f"{self.month} + INTERVAL 1 MONTH",
            "ChargePeriodStart": "u_start",
            "ChargePeriodEnd": "u_end",
        }

    def _what(self) -> dict[str, str]:
        product = f"upper({self.c.text('billing_origin_product')})"
        kind, ingested = self.c.text("record_type"), self.c.time("ingestion_date")
        corrects = f"upper({kind}) IN ('RETRACTION', 'RESTATEMENT')"
        resource = [(self._metadata(i), n, t) for i, n, t in _RESOURCES]
        ids = ", ".join(sql for sql, _, _ in resource)
        names = " ".join(
            f"WHEN {sql} IS NOT NULL THEN {self._metadata(name) if name else 'NULL'}"
            for sql, name, _ in resource
        )
        types = " ".join(f"WHEN {sql} IS NOT NULL THEN {literal(t)}" for sql, _, t in resource)
        return {
            "ChargeCategory": "'Usage'",
            # Only what changes a month that was over is a correction in FOCUS's sense.
            "ChargeClass": (
                f"CASE WHEN {corrects} AND {ingested} >= {self.month} + INTERVAL 1 MONTH "
                "THEN 'Correction' END"
            ),
            "ChargeDescription": f"concat_ws(', ', u_sku, {self.c.text('usage_type')}, {kind})",
            "ChargeFrequency": "'Usage-Based'",
            **service_columns(product, self.services, "Databricks"),
            "ResourceId": f"coalesce({ids})",
            "ResourceName": f"CASE {names} END",
            "ResourceType": f"CASE {types} END",
            "RegionId": self._metadata("source_region"),
        }

    def _prices(self) -> dict[str, str]:
        unit = self.c.text("usage_unit")
        return {
            "BillingCurrency": literal(self.prices.currency),
            "PricingQuantity": "u_quantity",
            "PricingUnit": f"coalesce({unit}, 'Units')",
            "ConsumedQuantity": "u_quantity",
            "ConsumedUnit": f"coalesce({unit}, 'Units')",
            "PricingCategory": "'Standard'",
            "SkuId": "u_sku",
            "SkuPriceId": (
                "concat_ws('/', u_sku, u_cloud, strftime(u_since, '%Y-%m-%dT%H:%M:%SZ'))"
            ),
            "SkuMeter": self.c.text("usage_type"),
            "ListUnitPrice": "u_list_price",
            "ContractedUnitPrice": "u_price",
        }

    def _own(self) -> dict[str, str]:
        found = {name: self._metadata(key) for name, key in _OWN_METADATA.items()}
        found |= {
            name: self.c.field("product_features", key) for name, key in _OWN_FEATURES.items()
        }
        identity = {"x_RunAs": "run_as", "x_OwnedBy": "owned_by", "x_CreatedBy": "created_by"}
        found |= {name: self.c.field("identity_metadata", key) for name, key in identity.items()}
        endpoint = self._metadata("endpoint_name")
        return found | {
            "x_Model": f"CASE WHEN starts_with({endpoint}, 'databricks-') THEN {endpoint} END",
            "x_Cloud": "u_cloud",
            "x_UsageType": self.c.text("usage_type"),
            "x_RecordType": self.c.text("record_type"),
            "x_ServiceCode": self.c.text("billing_origin_product"),
            "x_IngestionDate": f"strftime({self.c.time('ingestion_date')}, '%Y-%m-%d')",
        }
