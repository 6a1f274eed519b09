"""Months of usage and prices from a workspace, landed as JSON lines; a killed run goes on."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST, Collected, Spool
from outlay.sources.collecting import Collection as Collecting
from outlay.sources.contract import Progress, SourceError
from outlay.sources.databricks.api import Chunk, Statements
from outlay.sources.databricks.tables import ACCOUNT_PRICES, LIST_PRICES, USAGE
from outlay.sources.documents import encode

_COLUMNS = (
    "record_id",
    "account_id",
    "workspace_id",
    "sku_name",
    "cloud",
    "usage_start_time",
    "usage_end_time",
    "usage_date",
    "to_json(custom_tags) AS custom_tags",
    "usage_unit",
    "CAST(usage_quantity AS STRING) AS usage_quantity",
    "to_json(usage_metadata) AS usage_metadata",
    "to_json(identity_metadata) AS identity_metadata",
    "record_type",
    "ingestion_date",
    "billing_origin_product",
    "to_json(product_features) AS product_features",
    "usage_type",
)

# A month is known by its rows and by the newest day on which one was written: corrections of old
# months come at any time, with a new ingestion_date.
_STATES = """SELECT date_format(usage_date, 'yyyy-MM') AS month, count(*) AS records,
    max(ingestion_date) AS newest
FROM system.billing.usage WHERE usage_date >= :since GROUP BY 1 ORDER BY 1"""

# Goes on behind the last record that landed, whatever came to the month meanwhile.
_USAGE = f"""SELECT {", ".join(_COLUMNS)}
FROM system.billing.usage
WHERE usage_date >= :first AND usage_date < :next AND record_id > :after
ORDER BY record_id"""

_PRICES = """SELECT price_start_time, price_end_time, account_id, sku_name, cloud, currency_code,
    usage_unit, to_json(pricing) AS pricing
FROM system.billing.{table}
WHERE price_start_time < :next AND (price_end_time IS NULL OR price_end_time > :first)"""


def workspace_url(location: str) -> str:
    """`databricks://HOST` as the workspace's address. SourceError when it names no host.

    A loopback address is asked over plain HTTP: a tunnel of one's own ends there.
    """
    parts = urlsplit(location)
    if not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
        raise SourceError(
            f"{location!r} names no workspace; expected databricks://HOST, e.g. "
            "databricks://dbc-a1b2c3d4-e5f6.cloud.databricks.com, and secrets in the options"
        )
    port = f":{parts.port}" if parts.port else ""
    scheme = "http" if parts.hostname in ("127.0.0.1", "localhost") else "https"
    return f"{scheme}://{parts.hostname}{port}"


class Collector:
    """One run: which months have changed, and their rows."""

    def __init__(
        self,
        statements: Statements,
        spool: Spool,
        host: str,
        *,
        account_prices: bool,
        now: datetime,
        progress: Progress | None,
    ) -> None:
        self._ask, self._spool, self._host = statements, spool, host
        self._account_prices = account_prices
        self._now, self._progress = now, progress

    def run(self, since: BillingPeriod, periods: Collection[BillingPeriod] | None) -> None:
        """Collect the months asked for, or those since then that are new or have changed."""
        first = min(periods, default=since) if periods is not None else since
        there = self._spool.collected()
        months = [
            (period, state)
            for period, state in self._states(first)
            if (period in periods if periods is not None else self._changed(period, state, there))
        ]
        for done, (period, state) in enumerate(months):
            if self._progress:
                self._progress(f"collecting {period}", done, len(months))
            self._collect(period, state)

    def _states(self, first: BillingPeriod) -> Iterator[tuple[BillingPeriod, str]]:
        for chunk in self._ask.ask(_STATES, [_day("since", first)]):
            for row in chunk.rows:
                state = f"{row['records']} records, newest of {row['newest']}"
                yield BillingPeriod.parse(str(row["month"])), state

    def _changed(
        self, period: BillingPeriod, state: str, there: dict[BillingPeriod, Collected]
    ) -> bool:
        if period not in there:
            return True
        manifest = self._spool.folder / str(period) / MANIFEST
        return bool(json.loads(manifest.read_text(encoding="utf-8")).get("state") != state)

    def _collect(self, period: BillingPeriod, state: str) -> None:
        key = {"host": self._host, "state": state, "account_prices": self._account_prices}
        collection = self._spool.begin(period, key)
        self._land_usage(collection, period)
        for table in (LIST_PRICES, ACCOUNT_PRICES) if self._account_prices else (LIST_PRICES,):
            self._land_prices(collection, period, table)
        over = period.end <= self._now.date()
        collection.finish(self._now, final=over)

    def _land_usage(self, collection: Collecting, period: BillingPeriod) -> None:
        # Killed after the last page, the statement finds nothing more.
        after = collection.cursor(USAGE) or ""
        parameters = [*_month(period), {"name": "after", "value": after}]
        for chunk in self._ask.ask(_USAGE, parameters):
            collection.land(USAGE, _lines(chunk), chunk.rows[-1]["record_id"], ending=".jsonl")
            if self._progress:
                self._progress(f"collecting {period}: usage", collection.pages(USAGE), None)

    def _land_prices(self, collection: Collecting, period: BillingPeriod, table: str) -> None:
        if collection.cursor(table):
            return
        chunks = self._ask.ask(_PRICES.format(table=table), _month(period))
        content = b"".join(_lines(chunk) for chunk in chunks)
        if content:
            collection.land(table, content, "done", ending=".jsonl")
        elif table == LIST_PRICES:
            raise SourceError(
                f"system.billing.{LIST_PRICES} shows no price for {period}, so that its usage "
                "cannot be priced. Grant SELECT on it to the principal and sync again."
            )


def _lines(chunk: Chunk) -> bytes:
    return "".join(f"{encode(row)}\n" for row in chunk.rows).encode()


def _day(name: str, period: BillingPeriod) -> dict[str, Any]:
    return {"name": name, "value": period.start.isoformat(), "type": "DATE"}


def _month(period: BillingPeriod) -> list[dict[str, Any]]:
    return [_day("first", period), _day("next", period.next())]
