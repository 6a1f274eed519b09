"""The usage views of Snowflake that are read, how they are told apart, and their columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

BILL = "usage_in_currency_daily"
RATES = "rate_sheet_daily"
BALANCES = "remaining_balance_daily"
METERING_DAILY = "metering_daily_history"
METERING = "metering_history"
WAREHOUSES = "warehouse_metering_history"
ATTRIBUTION = "query_attribution_history"
QUERIES = "query_history"
STORAGE = "storage_usage"
DATABASES = "database_storage_usage_history"


@dataclass(frozen=True)
class View:
    """One view: the columns that tell it from the others, those that are read, and the one that
    says the time of a row."""

    name: str
    telling: frozenset[str]
    columns: tuple[str, ...]
    time: str
    schema: str

    @property
    def full_name(self) -> str:
        """The view's name in Snowflake."""
        return f"SNOWFLAKE.{self.schema}.{self.name.upper()}"


_ORGANIZATION = (
    "organization_name",
    "contract_number",
    "account_name",
    "account_locator",
    "region",
    "service_level",
)
_RATED = ("usage_type", "currency", "service_type", "billing_type", "rating_type", "is_adjustment")
ACCOUNT_COLUMNS = ("account_name", "account_locator")
"""Columns of the organization's variants of the account's views, and of what is collected."""


def _view(name: str, telling: str, columns: str, time: str, schema: str) -> View:
    listed = tuple(columns.split())
    return View(name, frozenset(telling.split()), (time, *listed), time, schema)


VIEWS: tuple[View, ...] = (
    _view(
        BILL,
        "usage_date usage_in_currency currency",
        " ".join((*_ORGANIZATION, "usage usage_in_currency balance_source", *_RATED)),
        "usage_date",
        "ORGANIZATION_USAGE",
    ),
    _view(
        RATES,
        "date effective_rate currency",
        " ".join((*_ORGANIZATION, "effective_rate", *_RATED)),
        "date",
        "ORGANIZATION_USAGE",
    ),
    _view(
        BALANCES,
        "date capacity_balance currency",
        "organization_name contract_number currency free_usage_balance capacity_balance "
        "on_demand_consumption_balance rollover_balance",
        "date",
        "ORGANIZATION_USAGE",
    ),
    _view(
        METERING_DAILY,
        "usage_date service_type credits_billed",
        "service_type credits_used_compute credits_used_cloud_services credits_used "
        "credits_adjustment_cloud_services credits_billed",
        "usage_date",
        "ACCOUNT_USAGE",
    ),
    _view(
        ATTRIBUTION,
        "query_id credits_attributed_compute",
        "end_time query_id warehouse_id warehouse_name query_tag user_name "
        "credits_attributed_compute credits_used_query_acceleration",
        "start_time",
        "ACCOUNT_USAGE",
    ),
    _view(
        QUERIES,
        "query_id role_name",
        "query_id role_name warehouse_size database_name",
        "start_time",
        "ACCOUNT_USAGE",
    ),
    _view(
        METERING,
        "start_time service_type name credits_used",
        "end_time service_type entity_id name credits_used_compute "
        "credits_used_cloud_services credits_used",
        "start_time",
        "ACCOUNT_USAGE",
    ),
    _view(
        WAREHOUSES,
        "start_time warehouse_name credits_used",
        "end_time warehouse_id warehouse_name credits_used credits_used_compute "
        "credits_used_cloud_services credits_attributed_compute_queries",
        "start_time",
        "ACCOUNT_USAGE",
    ),
    _view(
        DATABASES,
        "usage_date database_name average_database_bytes",
        "database_id database_name average_database_bytes average_failsafe_bytes",
        "usage_date",
        "ACCOUNT_USAGE",
    ),
    _view(
        STORAGE,
        "usage_date storage_bytes stage_bytes",
        "storage_bytes stage_bytes failsafe_bytes",
        "usage_date",
        "ACCOUNT_USAGE",
    ),
)
"""In the order in which they are tried: a view's columns may hold those of a later one."""

BY_NAME = {view.name: view for view in VIEWS}

DETAILS = frozenset(view.name for view in VIEWS if view.schema == "ACCOUNT_USAGE")
"""Views of an account, which divide the bill."""

READ = frozenset(ACCOUNT_COLUMNS) | {column for view in VIEWS for column in view.columns}
"""Every column that is read. A query's text is none of them."""

_ACCOUNT_FOLDER = re.compile(r"(?:^|/)account=([^/]+)/", re.IGNORECASE)
_MONTH = re.compile(r"(?<!\d)20\d\d[-_]?(0[1-9]|1[0-2])(?!\d)")
_OF_A_MONTH = "#month"


def table_of(path: str, columns: Sequence[str]) -> str:
    """The view that a file holds, by its columns; `view@ACCOUNT` below a folder `account=ACCOUNT`.

    A rate sheet of one month, by its name, is marked: others hold for every month. Empty for any
    other file.
    """
    names = {name.strip().lower() for name in columns}
    for view in VIEWS:
        if names >= view.telling:
            account = _ACCOUNT_FOLDER.search(path)
            month = _OF_A_MONTH if view.name == RATES and _MONTH.search(path) else ""
            return f"{view.name}{month}@{account[1]}" if account else f"{view.name}{month}"
    return ""


def view_of(table: str) -> str:
    """The view's name in what `table_of` gives."""
    return table.partition("@")[0].partition("#")[0]


VIEW_SQL = "split_part(split_part(_table, '@', 1), '#', 1)"
"""SQL of the view that a raw row is of."""
ACCOUNT_SQL = "nullif(split_part(_table, '@', 2), '')"
"""SQL of the account in the folder of a raw row's file."""


def is_view(*names: str) -> str:
    """SQL condition: the raw row is of one of these views."""
    return f"{VIEW_SQL} IN ({', '.join(repr(name) for name in names)})"


IS_RATE_OF_ALL = f"{is_view(RATES)} AND NOT contains(_table, '{_OF_A_MONTH}')"
"""SQL condition: the raw row is a rate that every month may need."""
