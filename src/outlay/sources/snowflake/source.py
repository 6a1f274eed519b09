"""The source of Snowflake's bill: exported usage views, or an account asked by the connector."""

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from pydantic import Field, field_validator

from outlay.money import BillingPeriod, PeriodError
from outlay.sources.collected import collected_periods
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
from outlay.sources.loose import below, feed_name
from outlay.sources.records import table_records
from outlay.sources.secrets import SecretRef
from outlay.sources.snowflake.mapping import Detail, bill_mapping
from outlay.sources.snowflake.views import BILL, READ, table_of, view_of
from outlay.sources.tables import feed_roots, one_format, table_files


class SnowflakeOptions(SourceOptions):
    """Options of Snowflake's bill."""

    detail: Detail = Field(
        "consumer",
        description="how far the bill is divided: `consumer` (warehouse, user, role, query tag), "
        "`warehouse` (no further than that), or `none`",
    )
    account: str | None = Field(
        None,
        description="account (name or locator) of exported ACCOUNT_USAGE views, where the bill has "
        "several and nothing else says it",
    )
    tag_keys: tuple[str, ...] | None = Field(
        None, description="keys of query tags that are kept, as a JSON list; default all"
    )
    user: str | None = Field(None, description="the user to log in as (connector only)")
    role: str | None = Field(None, description="the role to use (connector only)")
    warehouse: str | None = Field(
        None, description="the warehouse that runs the queries (connector only)"
    )
    private_key: SecretRef | None = Field(
        None, description="where the user's private key (PEM) is kept (connector only)"
    )
    private_key_passphrase: SecretRef | None = Field(
        None, description="where the passphrase of the private key is kept (connector only)"
    )
    token: SecretRef | None = Field(
        None, description="where a programmatic access token is kept (connector only)"
    )
    accounts: tuple[str, ...] = Field(
        (),
        description="further accounts whose ACCOUNT_USAGE divides the bill, as a JSON list of "
        "identifiers (connector only)",
    )
    since: str | None = Field(
        None, description="first month to collect, YYYY-MM; default 13 months back (connector only)"
    )

    @field_validator("since")
    @classmethod
    def _month(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                BillingPeriod.parse(text)
            except PeriodError as error:
                raise ValueError(str(error)) from None
        return text


class Snowflake(Source):
    """USAGE_IN_CURRENCY_DAILY, divided by the account's usage views."""

    kind: ClassVar[str] = "snowflake"
    title: ClassVar[str] = "Snowflake usage views"
    description: ClassVar[str] = (
        "ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY and the ACCOUNT_USAGE views that divide it: "
        "exported files (CSV, Parquet, JSON lines), or snowflake://ACCOUNT by the connector"
    )
    example: ClassVar[str] = (
        "outlay source add warehouse --kind snowflake --location snowflake://ACME-PROD "
        "--option user=OUTLAY --option role=OUTLAY_READER --option warehouse=OUTLAY_WH "
        "--option private_key=file:~/.outlay/snowflake.p8"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = SnowflakeOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("snowflake",)

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders and files with the bill, the views that divide it beside it."""
        claims = table_files(transport, files, table_of)
        feeds = []
        for root in feed_roots(files, claims):
            views = sorted({view_of(c.table) for c in claims if below([c.file], root)})
            evidence = f"it has the columns of {', '.join(view.upper() for view in views)}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 60))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """The months that were collected, or all exported files as one delivery."""
        files = below(transport.list(), root)
        collected = collected_periods(transport, files)
        if collected:
            return [
                Delivery(
                    one.period,
                    one.files,
                    one.version,
                    notes=tuple(map(str, one.manifest.get("missing", ()))),
                )
                for one in collected
            ]
        claims, notes = one_format(table_files(transport, files, table_of))
        there = sorted({view_of(claim.table) for claim in claims})
        if BILL not in there:
            raise SourceError(
                f"there is no bill at {transport.location}"
                + (f", but {', '.join(view.upper() for view in there)}" if there else "")
                + f". Export ORGANIZATION_USAGE.{BILL.upper()} to it: the other views have credits "
                "and no money."
            )
        return [Delivery(None, tuple(claim.file for claim in claims), notes=tuple(notes))]

    def wanted(self, columns: Sequence[str]) -> Sequence[str]:
        """The columns that are read, whatever their case; texts of queries are not."""
        return [name for name in columns if name.strip().lower() in READ]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """The view, and the account where a folder says it."""
        return table_of(path, columns)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """The rows of a view in JSON lines, or in one list."""
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
        """Ask the account for the months that may have changed."""
        # The connector takes half a second to import: only who collects pays for it.
        try:
            import snowflake.connector  # noqa: F401

            from outlay.sources.snowflake.collect import collect
        except ModuleNotFoundError:
            raise SourceError(
                "Snowflake is asked by its connector, which is not installed: pip install "
                "'outlay[snowflake]'. Exported views are read without it."
            ) from None
        assert isinstance(options, SnowflakeOptions)
        collect(location, options, into, periods=periods, now=now, progress=progress)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """The bill's rows, divided where it can be said by what."""
        assert isinstance(options, SnowflakeOptions)
        return bill_mapping(raw, options.detail, options.account, options.tag_keys)
