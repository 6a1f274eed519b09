"""The source of Google Cloud's billing export."""

import json
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar, cast

from pydantic import Field, field_validator

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST
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
    Stated,
    Transport,
)
from outlay.sources.documents import is_document
from outlay.sources.gcp_billing import shape
from outlay.sources.gcp_billing.columns import wanted_columns
from outlay.sources.gcp_billing.focus_view import looks_like_view, view_mapping
from outlay.sources.gcp_billing.mapping import export_mapping
from outlay.sources.gcp_billing.records import records
from outlay.sources.loose import HalfWrittenError, below, feed_name, roots
from outlay.sources.tabular import is_tabular

COLLECTOR = "gcp-billing"


class GcpBillingOptions(SourceOptions):
    """Options of billing exports; all of them are of collecting from BigQuery."""

    endpoint: str | None = Field(
        None, description="address of the BigQuery API, where it is not Google's own"
    )
    first_month: str | None = Field(
        None, description="the first invoice month to collect, YYYY-MM (default: a year ago)"
    )
    job_project: str | None = Field(
        None, description="the project that runs and pays the queries (default: the location's)"
    )
    page_rows: int = Field(20_000, ge=1, le=100_000, description="rows asked for at a time")

    @field_validator("first_month")
    @classmethod
    def _month(cls, text: str | None) -> str | None:
        if text is not None:
            BillingPeriod.parse(text)
        return text


class GcpBilling(Source):
    """Standard and detailed billing exports as files or from BigQuery, and the FOCUS view."""

    kind: ClassVar[str] = "gcp-billing"
    title: ClassVar[str] = "Google Cloud billing export"
    description: ClassVar[str] = (
        "Google Cloud's standard or detailed billing export: JSON, CSV or Parquet files of the "
        "BigQuery table, or bigquery://PROJECT/DATASET.TABLE itself"
    )
    example: ClassVar[str] = (
        "outlay source add gcp --kind gcp-billing --location "
        "bigquery://acme-billing/billing.gcp_billing_export_resource_v1_01ABCD_234567_89EFGH"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = GcpBillingOptions
    api_schemes: ClassVar[tuple[str, ...]] = ("bigquery",)

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders and files whose rows are those of an export."""
        found = shape.find(transport, files)
        claims = [one.file for one in found]
        shapes = {one.file.path: one.shape for one in found}
        feeds = []
        for root in roots(files, claims):
            seen = sorted({shapes[file.path] for file in below(claims, root)})
            evidence = f"rows of a Google Cloud billing export as {', '.join(seen)}"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 80))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """Collected months one by one; files as one delivery, sliced by their invoice months."""
        files = below(transport.list(), root)
        collected = _collected(transport, files)
        if collected:
            return collected
        where = f"{transport.location}{'/' + root if root else ''}"
        found, strangers = [], []
        for file in files:
            if not (is_document(file.path) or is_tabular(file.path) or len(files) == 1):
                continue
            one = shape.look(transport, file)
            if one is not None:
                found.append(one)
            elif is_document(file.path) and len(files) > 1:
                strangers.append(file.path)
            else:
                raise SourceError(
                    f"{file.path} is no billing export of Google Cloud: it has not "
                    "billing_account_id, sku, cost, currency and usage_start_time. Choose "
                    "another --kind, or another file."
                )
        if not found:
            raise SourceError(
                f"there is no billing export at {where}; expected the rows of a table "
                "gcp_billing_export_v1_… or gcp_billing_export_resource_v1_… as JSON, CSV or "
                "Parquet. Check the location."
            )
        shape.refuse_copies(found, where)
        notes = tuple(f"{path} is no billing export: left out" for path in strangers)
        return [Delivery(None, tuple(one.file for one in found), notes=notes)]

    def wanted(self, columns: Sequence[str]) -> Sequence[str]:
        """The fields that the mapping reads; of the FOCUS view all."""
        return columns if looks_like_view(columns) else wanted_columns(columns)

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """Rows of JSON lines, an array, objects end to end, or an answer of BigQuery's API."""
        return records(stream, name)

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
        """Ask BigQuery for the invoice months that have new rows; see `bigquery`."""
        from outlay.sources.gcp_billing.bigquery import Question, collect

        chosen = cast(GcpBillingOptions, options)
        question = Question(
            location,
            endpoint=chosen.endpoint,
            first_month=BillingPeriod.parse(chosen.first_month) if chosen.first_month else None,
            job_project=chosen.job_project,
            page_rows=chosen.page_rows,
        )
        collect(question, into, periods=periods, now=now, progress=progress)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS 1.4 columns of each line; see docs/sources/gcp-billing.md for every rule."""
        return view_mapping(raw) if looks_like_view(raw.columns) else export_mapping(raw)


def _moment(micros: int) -> str:
    """Microseconds since 1970 as a UTC time."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=micros)).isoformat(sep=" ")


def _collected(transport: Transport, files: Sequence[FileRef]) -> list[Delivery]:
    """The months that `collect` landed, oldest first; empty where the files are others."""
    by_path = {file.path: file for file in files}
    offered = []
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if name != MANIFEST or folder.startswith(".") or "/." in folder:
            continue
        with transport.open(file.path) as stream:
            try:
                manifest = json.load(stream)
            except ValueError:
                continue
        if not isinstance(manifest, dict) or manifest.get("collector") != COLLECTOR:
            continue
        pages = [f"{folder}/{page}" for page in manifest["pages"]]
        lacking = [page for page in pages if page not in by_path]
        if lacking:
            raise HalfWrittenError(
                f"{folder} lacks {lacking[0]}, which its manifest names; remove the folder and "
                "sync again"
            )
        period = BillingPeriod.parse(folder.rpartition("/")[2])
        offered.append(
            Delivery(
                period,
                tuple(by_path[page] for page in pages),
                version=f"exported until {_moment(int(manifest['newest']))}",
                stated=Stated(rows=int(manifest["rows"])),
            )
        )
    return sorted(offered, key=lambda delivery: str(delivery.billing_period))
