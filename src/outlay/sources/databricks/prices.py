"""Price lists of Databricks: intervals of time, joined to usage by the moment it ended."""

from dataclasses import dataclass

from outlay.focus.sql import literal, money_sql
from outlay.sources.cells import Cells
from outlay.sources.contract import Raw, SourceError
from outlay.sources.databricks.tables import ACCOUNT_PRICES, LIST_PRICES

LIST_TABLE = "outlay_list_prices"
ACCOUNT_TABLE = "outlay_account_prices"


@dataclass(frozen=True)
class Prices:
    """The price tables that were made, and the currency that they are in."""

    currency: str | None
    has_account: bool


def make_prices(raw: Raw, cells: Cells, wanted: str | None) -> Prices:
    """Make a table of each price list, of one currency: sku, cloud, start, end, price.

    Raises SourceError where prices are in several currencies and none was asked for, where none
    is in the one asked for, or where a SKU has two prices at one time.
    """
    currencies = {
        (table, code)
        for table, code in raw.ask(
            f"SELECT DISTINCT _table, {cells.text('currency_code')} FROM raw "
            f"WHERE _table IN ('{LIST_PRICES}', '{ACCOUNT_PRICES}')"
        )
        if code
    }
    currency = _currency(currencies, wanted)
    _make(raw, cells, LIST_PRICES, LIST_TABLE, currency, _list_price(cells))
    _make(raw, cells, ACCOUNT_PRICES, ACCOUNT_TABLE, currency, cells.field("pricing", "default"))
    return Prices(currency, (ACCOUNT_PRICES, currency) in currencies)


def _currency(found: set[tuple[str, str]], wanted: str | None) -> str | None:
    """The currency of the bill: as asked, else that of the account's prices, else of the list."""
    for table in (ACCOUNT_PRICES, LIST_PRICES):
        codes = sorted(code for one, code in found if one == table)
        if wanted and codes and wanted not in codes and table == LIST_PRICES:
            raise SourceError(
                f"the price list has no prices in {wanted}, but in {', '.join(codes)}. Name one of "
                "them with the option currency, or leave it out."
            )
        if len(codes) > 1 and not wanted:
            raise SourceError(
                f"the prices in {table} are in {', '.join(codes)}: one bill has one currency. Say "
                f"which with the option currency, e.g. --option currency={codes[0]}."
            )
        if codes:
            return wanted or codes[0]
    return wanted


def _list_price(cells: Cells) -> str:
    """The price with what promotions take off it, as Databricks advises; else the plain one."""
    effective = f"json_extract_string({cells.json('pricing')}, '$.effective_list.default')"
    flat = cells.text("pricing.effective_list.default")
    plain = cells.field("pricing", "default")
    return f"coalesce({effective}, {flat}, {plain})"


def _make(raw: Raw, cells: Cells, table: str, name: str, currency: str | None, price: str) -> None:
    raw.make(
        name,
        f"""SELECT sku, cloud, since, price,
            CASE WHEN bool_or(until IS NULL) THEN NULL ELSE max(until) END AS until
        FROM (SELECT {cells.text("sku_name")} AS sku, upper({cells.text("cloud")}) AS cloud,
                {cells.time("price_start_time")} AS since, {cells.time("price_end_time")} AS until,
                {money_sql(f"({price})", "VARCHAR")} AS price
            FROM raw WHERE _table = '{table}'
                AND {cells.text("currency_code")} IS NOT DISTINCT FROM {literal(currency)})
        WHERE sku IS NOT NULL AND since IS NOT NULL AND price IS NOT NULL
            AND (until IS NULL OR until > since)
        GROUP BY sku, cloud, since, price""",
    )
    twice = raw.ask(
        f"SELECT sku, cloud, since, list_sort(list(price)) FROM {name} "
        "GROUP BY ALL HAVING count(*) > 1 ORDER BY 1, 2, 3 LIMIT 1"
    )
    if twice:
        sku, cloud, since, prices = twice[0]
        raise SourceError(
            f"{table} has {len(prices)} prices of {sku} on {cloud} from {since:%Y-%m-%d %H:%M} on: "
            f"{', '.join(str(one.normalize()) for one in prices)}. It must have one. Export the "
            "price list again, of one account."
        )


def join_sql(name: str, alias: str, sku: str, cloud: str, moment: str) -> str:
    """The join that finds at most one price of each row: the one in force at the moment.

    By time, never by day: on the day of a change both prices are in force for a part of it.
    """
    return (
        f"ASOF LEFT JOIN (SELECT sku AS {alias}_sku, cloud AS {alias}_cloud, "
        f"since AS {alias}_since, until AS {alias}_until, price AS {alias}_price FROM {name}) "
        f"AS {alias} ON {sku} = {alias}_sku AND {cloud} = {alias}_cloud "
        f"AND {moment} >= {alias}_since"
    )


def in_force_sql(alias: str, moment: str) -> str:
    """SQL of the joined price; NULL where it had ended by the moment."""
    return f"CASE WHEN {alias}_until IS NULL OR {moment} < {alias}_until THEN {alias}_price END"
