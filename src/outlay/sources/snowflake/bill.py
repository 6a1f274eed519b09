"""The bill's rows, typed, with the rate that was in force: the table `outlay_bill`."""

from outlay.focus.multiply import multiplied_sql
from outlay.focus.sql import literal, quantity_sql
from outlay.sources.cells import Cells
from outlay.sources.contract import Raw
from outlay.sources.snowflake.views import BILL, RATES, is_view

BILL_TABLE = "outlay_bill"
_RATE_TABLE = "outlay_rates"

_LEGACY = {
    "compute": "WAREHOUSE_METERING",
    "reader compute": "WAREHOUSE_METERING_READER",
    "cloud services": "CLOUD_SERVICES",
    "adj for incl cloud services": "CLOUD_SERVICES",
    "storage": "STORAGE",
    "data transfer": "DATA_TRANSFER",
    "snowpipe": "PIPE",
    "automatic clustering": "AUTO_CLUSTERING",
    "materialized views": "MATERIALIZED_VIEW",
    "serverless tasks": "SERVERLESS_TASK",
    "logging": "TELEMETRY_DATA_INGEST",
}
"""Usage type of accounts that have no SERVICE_TYPE yet → the service type; others by their words
(`search optimization` is SEARCH_OPTIMIZATION)."""

_ADJUSTMENT = "adj for incl cloud services"


def make_bill(raw: Raw, cells: Cells) -> None:
    """Make `outlay_bill`: one row a row of the bill that can be read, columns `b_…`.

    The rate is the last one of the rate sheet up to the day: a day without use has none.
    """
    _make_rates(raw, cells)
    kind = usage_type_sql(cells)
    name, locator = cells.text("account_name"), cells.text("account_locator")
    raw.make(
        BILL_TABLE,
        f"""WITH bill AS (
            SELECT _file AS b_file, _line AS b_line,
                CAST({cells.time("usage_date")} AS DATE) AS b_day,
                {cells.text("organization_name")} AS b_organization,
                {cells.text("contract_number")} AS b_contract,
                {name} AS b_name, {locator} AS b_locator,
                coalesce({locator}, {name}) AS b_account,
                {cells.text("region")} AS b_region, {cells.text("service_level")} AS b_level,
                {kind} AS b_type, {service_sql(cells)} AS b_service,
                {quantity_sql(cells.text("usage"))} AS b_usage,
                {cells.text("currency")} AS b_currency,
                {cells.money("usage_in_currency")} AS b_amount,
                {balance_sql(cells)} AS b_balance,
                upper({cells.text("billing_type")}) AS b_billing,
                {rating_sql(cells)} AS b_rating,
                coalesce({cells.flag("is_adjustment")}, {kind} = '{_ADJUSTMENT}') AS b_adjusts
            FROM raw WHERE {is_view(BILL)}),
        known AS (
            SELECT * FROM bill
            WHERE b_day IS NOT NULL AND b_amount IS NOT NULL AND b_currency IS NOT NULL)
        SELECT known.*, coalesce(t_rate, s_rate) AS b_rate FROM known
        {_rate_join("t", "b_type")}
        {_rate_join("s", "b_service")}""",
    )


def rates_fit(raw: Raw) -> bool:
    """Whether rate times usage is the billed amount of every row, to the last digit.

    Snowflake rounds each row to cents, so that it seldom is; FOCUS wants a unit price on all
    priced rows or on none, and none where the product is another amount.
    """
    product = multiplied_sql("b_usage", "b_rate")
    ((fits,),) = raw.ask(
        f"SELECT coalesce(bool_and(coalesce({product} = b_amount, false)), false) FROM {BILL_TABLE}"
    )
    return bool(fits)


def usage_type_sql(cells: Cells) -> str:
    """SQL of the usage type without the mark of overage."""
    return f"regexp_replace(lower({cells.text('usage_type')}), '^overage[- ]+', '')"


def service_sql(cells: Cells) -> str:
    """SQL of the service type; of the legacy usage type where there is none."""
    kind = usage_type_sql(cells)
    cases = " ".join(f"WHEN {literal(k)} THEN {literal(v)}" for k, v in _LEGACY.items())
    words = f"upper(regexp_replace({kind}, '[^a-z0-9]+', '_', 'g'))"
    return f"coalesce(upper({cells.text('service_type')}), CASE {kind} {cases} ELSE {words} END)"


def balance_sql(cells: Cells) -> str:
    """SQL of what paid: the balance source, else overage by the legacy usage type."""
    kind = f"lower({cells.text('usage_type')})"
    overage = f"CASE WHEN starts_with({kind}, 'overage') THEN 'overage' END"
    return f"coalesce(lower({cells.text('balance_source')}), {overage})"


def rating_sql(cells: Cells) -> str:
    """SQL of the rating type; of the legacy usage type where there is none."""
    kind = usage_type_sql(cells)
    return f"""coalesce(upper({cells.text("rating_type")}), CASE
        WHEN {kind} LIKE '%storage%' THEN 'STORAGE'
        WHEN {kind} LIKE '%transfer%' THEN 'DATA_TRANSFER'
        WHEN {kind} LIKE '%support%' THEN 'SUPPORT' ELSE 'COMPUTE' END)"""


def _make_rates(raw: Raw, cells: Cells) -> None:
    """Rates by account, currency and (usage type or service): those that have one value a day."""
    account = f"coalesce({cells.text('account_locator')}, {cells.text('account_name')})"
    rows = f"""SELECT CAST({cells.time("date")} AS DATE) AS day, {account} AS account,
            {cells.text("currency")} AS currency, {usage_type_sql(cells)} AS type,
            {service_sql(cells)} AS service, {cells.money("effective_rate")} AS rate
        FROM raw WHERE {is_view(RATES)}"""
    raw.make(
        _RATE_TABLE,
        f"""WITH rates AS ({rows})
        SELECT day, account, currency, key, any_value(rate) AS rate FROM (
            SELECT day, account, currency, rate, type AS key FROM rates
            UNION ALL SELECT day, account, currency, rate, service FROM rates)
        WHERE day IS NOT NULL AND key IS NOT NULL AND rate IS NOT NULL
        GROUP BY ALL HAVING count(DISTINCT rate) = 1""",
    )


def _rate_join(alias: str, key: str) -> str:
    columns = ", ".join(
        f"{name} AS {alias}_{name}" for name in ("day", "account", "currency", "key", "rate")
    )
    return (
        f"ASOF LEFT JOIN (SELECT {columns} FROM {_RATE_TABLE}) AS {alias} "
        f"ON b_account = {alias}_account AND b_currency = {alias}_currency "
        f"AND {key} = {alias}_key AND b_day >= {alias}_day"
    )
