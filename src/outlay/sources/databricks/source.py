"""The source of Databricks usage: exported system tables, or a workspace's SQL warehouse."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import Field, field_validator

from outlay.focus.currencies import is_currency
from outlay.money import BillingPeriod, PeriodError
from outlay.sources.collected import collected_periods
from outlay.sources.collecting import Spool
from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Progress,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.databricks.api import Statements
from outlay.sources.databricks.collect import Collector, workspace_url
from outlay.sources.databricks.mapping import BilledBy, usage_mapping
from outlay.sources.databricks.tables import ACCOUNT_PRICES, LIST_PRICES, USAGE, table_of
from outlay.sources.http import Api
from outlay.sources.loose import below, feed_name
from outlay.sources.records import table_records
from outlay.sources.secrets import SecretRef, read_secret
from outlay.sources.tables import TableFile, feed_roots, one_format, table_files

_MONTHS_BACK = 13


class DatabricksOptions(SourceOptions):
    """Options of Databricks usage."""

    billed_by: BilledBy = Field(
        "auto",
        description="who invoices the DBUs: `auto` (the cloud for Azure, else Databricks), or "
        "always `databricks` or `cloud`",
    )
    currency: str | None = Field(
        None, description="ISO 4217 code of the prices to use, where they are in several"
    )
    token: SecretRef | None = Field(
        None, description="where the access token is kept, e.g. env:DATABRICKS_TOKEN (API only)"
    )
    warehouse_id: str | None = Field(
        None, description="id of the SQL warehouse that answers (API only)"
    )
    account_prices: bool = Field(
        False, description="also collect system.billing.account_prices (API only)"
    )
    since: str | None = Field(
        None, description="first month to collect, YYYY-MM; default 13 months back (API only)"
    )

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str | None) -> str | None:
        if code is not None and not is_currency(code):
            raise ValueError(f"{code!r} is no ISO 4217 currency code; expected e.g. USD or EUR")
        return code

    @field_validator("since")
    @classmethod
    def _month(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                BillingPeriod.parse(text)
            except PeriodError as error:
                raise ValueError(str(error)) from None
        return text


class Databricks(Source):
    """`system.billing.usage` priced by its price lists."""

    kind: ClassVar[str] = "databricks"
    title: ClassVar[str] = "Databricks usage"
    description: ClassVar[str] = (
        "system.billing.usage priced by list_prices or account_prices: exported files (JSON lines, "
        "CSV, Parquet), or databricks://HOST by a SQL warehouse"
    )
    example: ClassVar[str] = (
        "outlay source add lakehouse --kind databricks --location "
        "databricks://dbc-a1b2c3d4-e5f6.cloud.databricks.com "
        "--option warehouse_id=0123456789abcdef --option token=env:DATABRICKS_TOKEN"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = DatabricksOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("databricks",)

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders and files with usage records, their price lists beside them."""
        claims = table_files(transport, files, table_of)
        feeds = []
        for root in feed_roots(files, claims):
            tables = sorted({c.table for c in claims if below([c.file], root)})
            evidence = f"it has the columns of system.billing.{' and '.join(tables)}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 60))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """The months that were collected, or all exported files as one delivery."""
        files = below(transport.list(), root)
        collected = collected_periods(transport, files)
        if collected:
            return [Delivery(one.period, one.files, one.version) for one in collected]
        claims, notes = one_format(table_files(transport, files, table_of))
        _refuse_incomplete(claims, transport.location)
        return [Delivery(None, tuple(claim.file for claim in claims), notes=tuple(notes))]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """Usage, list prices or account prices."""
        return table_of(path, columns)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """The rows of a table in JSON lines, or in one list."""
        return table_records(stream, name)

    def collect(
        self,
        location: str,
        options: SourceOptions,
        into: Path,
        *,
        periods: Collection[BillingPeriod] | None,
        now: datetime,
        progress: Progress | None,
    ) -> None:
        """Ask the workspace for the months that are new or have been corrected."""
        assert isinstance(options, DatabricksOptions)
        url = workspace_url(location)
        if options.token is None or options.warehouse_id is None:
            raise SourceError(
                f"{location} is asked through a SQL warehouse: the options token (where the token "
                "is kept, e.g. env:DATABRICKS_TOKEN) and warehouse_id are needed"
            )
        token = read_secret(options.token, "the Databricks access token")
        hint = "Check that the token is valid and may use the SQL warehouse (option token)."
        since = BillingPeriod.parse(options.since) if options.since else _back(now)
        with (
            Api(url, {"Authorization": f"Bearer {token}"}, hint=hint, progress=progress) as api,
            Api("", {}, hint="The link to the answer has expired: sync again.") as links,
        ):
            statements = Statements(api, links, options.warehouse_id, progress=progress)
            Collector(
                statements,
                Spool(into),
                url,
                account_prices=options.account_prices,
                now=now,
                progress=progress,
            ).run(since, periods)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """Usage times the price in force when it ended."""
        assert isinstance(options, DatabricksOptions)
        return usage_mapping(raw, options.currency, options.billed_by)


def _back(now: datetime) -> BillingPeriod:
    """The month 13 months before that of `now`: a year and its month before."""
    index = now.year * 12 + now.month - 1 - _MONTHS_BACK
    return BillingPeriod(index // 12, index % 12 + 1)


def _refuse_incomplete(claims: Sequence[TableFile], location: str) -> None:
    there = {claim.table for claim in claims}
    if USAGE not in there:
        raise SourceError(
            f"there is no usage at {location}"
            + (f", but {' and '.join(sorted(there))}" if there else "")
            + ". Export system.billing.usage (.jsonl, .csv or .parquet) to it, and the price list "
            "beside it."
        )
    if not there & {LIST_PRICES, ACCOUNT_PRICES}:
        raise SourceError(
            f"the usage at {location} has no prices: Databricks keeps them in a table of their "
            f"own. Export system.billing.{LIST_PRICES} (and account_prices, where the account has "
            "it) beside it."
        )
