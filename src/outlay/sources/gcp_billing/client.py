"""BigQuery through Google's client library: patient with rate limits, clear in its refusals."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from outlay.sources.contract import RetryableTransportError, SourceError, TransportError
from outlay.sources.reach import check_url

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

FIRST_WAIT = 1.0
"""Seconds before the second attempt; each further wait is twice as long, at most a minute."""
_GIVE_UP = 600.0

_EXPORT = re.compile(r"gcp_billing_export(_resource)?_v\d+_(\w+)")
_ROLES = (
    "The account needs the roles BigQuery Data Viewer on the dataset and BigQuery Job User on "
    "the project that runs the queries"
)
_LOGIN = (
    "run `gcloud auth application-default login`, or let GOOGLE_APPLICATION_CREDENTIALS name a "
    "service account's key file"
)


def _again(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    import requests
    from google.api_core import exceptions
    from google.auth.exceptions import TransportError as AuthTransportError

    if isinstance(error, exceptions.Forbidden):
        reasons = {str(one.get("reason")) for one in error.errors or () if isinstance(one, dict)}
        return "rateLimitExceeded" in reasons
    return isinstance(
        error,
        exceptions.TooManyRequests
        | exceptions.ServerError
        | requests.ConnectionError
        | requests.Timeout
        | AuthTransportError,
    )


@contextmanager
def failures(location: str) -> Iterator[None]:
    """Google's errors in our words, with what to do about them."""
    try:
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError
    except ModuleNotFoundError:
        raise SourceError(
            f"{location} needs Google's library for BigQuery, which is not installed: "
            "pip install 'outlay[gcp]'"
        ) from None
    try:
        yield
    except exceptions.RetryError as error:
        raise RetryableTransportError(
            f"{location}: BigQuery did not answer in {_GIVE_UP / 60:.0f} minutes "
            f"({_words(error.cause or error)}); sync again later, it goes on where it stopped"
        ) from None
    except exceptions.NotFound as error:
        raise TransportError(
            f"{location}: {_words(error)}. Check project, dataset and table; the console shows "
            "them under Billing, Billing export."
        ) from None
    except (exceptions.Forbidden, exceptions.Unauthorized) as error:
        raise TransportError(f"{location}: {_words(error)}. {_ROLES}; or {_LOGIN}.") from None
    except exceptions.GoogleAPICallError as error:
        kind = RetryableTransportError if _again(error) else TransportError
        raise kind(f"{location}: BigQuery refuses: {_words(error)}") from None
    except GoogleAuthError as error:
        raise TransportError(f"{location}: no credentials ({_words(error)}): {_LOGIN}") from None


def _words(error: BaseException) -> str:
    """What Google says, in one line of at most 300 characters."""
    return " ".join(str(getattr(error, "message", None) or error).split())[:300]


class Warehouse:
    """BigQuery as one project asks it. `endpoint` (or BIGQUERY_EMULATOR_HOST) is another address
    than Google's, which gets no credentials; else Application Default Credentials are used."""

    def __init__(self, project: str, endpoint: str | None) -> None:
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        if endpoint:
            check_url(endpoint, "the endpoint of the source")
        other = endpoint or os.environ.get("BIGQUERY_EMULATOR_HOST")
        if other and "://" not in other:
            other = f"http://{other}"
        self._client = bigquery.Client(
            project=project,
            credentials=AnonymousCredentials() if other else None,  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": other} if other else None,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()  # type: ignore[no-untyped-call]

    def _retry(self) -> "Retry":
        from google.api_core.retry import Retry

        return Retry(predicate=_again, initial=FIRST_WAIT, maximum=60.0, timeout=_GIVE_UP)

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a query with a small answer."""
        return [dict(row.items()) for row in self._client.query_and_wait(sql, retry=self._retry())]

    def start(self, sql: str) -> "bigquery.QueryJob":
        """A job that runs a query; its answer is kept for a day."""
        return self._client.query(sql, retry=self._retry())

    def job(self, job: str, location: str | None) -> "bigquery.QueryJob | None":
        """The job of an earlier call; None where it is gone."""
        from google.api_core.exceptions import NotFound

        try:
            found = self._client.get_job(job, location=location, retry=self._retry())
        except NotFound:
            return None
        return None if found.job_type != "query" else found  # type: ignore[return-value]

    def pages(
        self,
        job: "bigquery.QueryJob",
        start: int,
        size: int,
        each: Callable[[list[str], int | None], None],
    ) -> None:
        """Give `each` the first column of every page of a job's answer from row `start` on, and
        how many rows the answer has."""
        rows = job.result(page_size=size, start_index=start, retry=self._retry())
        for page in rows.pages:
            each([row[0] for row in page], rows.total_rows)

    def find(self, project: str, dataset: str, name: str | None) -> "Table":
        """The export's table, or the one export in the dataset where no table is named.

        The detailed export is taken where both are there. Raises SourceError where the dataset
        has none, or those of several billing accounts.
        """
        reference = f"{project}.{dataset}"
        if name is None:
            listed = self._client.list_tables(reference, retry=self._retry())
            name = _choose(reference, [str(table.table_id) for table in listed])
        found = self._client.get_table(f"{reference}.{name}", retry=self._retry())
        fields = {field.name for field in found.schema}
        partitioning = found.time_partitioning
        by_ingestion = partitioning is not None and partitioning.field is None
        if {"billing_account_id", "cost", "invoice"} <= fields:
            return Table(
                f"{reference}.{name}",
                month="invoice.month",
                exported="UNIX_MICROS(IFNULL(export_time, TIMESTAMP_MICROS(0)))",
                by_ingestion=by_ingestion,
            )
        if {"BilledCost", "BillingPeriodStart", "x_ExportTime"} <= fields:
            return Table(
                f"{reference}.{name}",
                month="FORMAT_TIMESTAMP('%Y%m', BillingPeriodStart)",
                exported="UNIX_MICROS(IFNULL(x_ExportTime, TIMESTAMP_MICROS(0)))",
                by_ingestion=by_ingestion,
            )
        raise SourceError(
            f"{reference}.{name} is no billing export: it lacks billing_account_id, cost and "
            f"invoice (it has {', '.join(sorted(fields)[:8])}). Name the table "
            "gcp_billing_export_resource_v1_… or gcp_billing_export_v1_…"
        )


@dataclass(frozen=True)
class Table:
    """An export's table: its name, and SQL of a row's invoice month (YYYYMM) and export time
    (microseconds since 1970). `by_ingestion`: it is partitioned by the day a row came."""

    id: str
    month: str
    exported: str
    by_ingestion: bool

    @property
    def name(self) -> str:
        """The table's own name."""
        return self.id.rpartition(".")[2]

    def partitions(self, since: date | None, until: date | None) -> str:
        """SQL that narrows a query to the rows that came in these days, so that it reads (and
        costs) less; rows that came just now are in no partition yet."""
        if not self.by_ingestion:
            return ""
        bounds = []
        if since is not None:
            bounds.append(f"_PARTITIONTIME >= TIMESTAMP('{since}')")
        if until is not None:
            bounds.append(f"_PARTITIONTIME < TIMESTAMP('{until}')")
        return f" AND (_PARTITIONTIME IS NULL OR ({' AND '.join(bounds)}))" if bounds else ""


def _choose(dataset: str, names: list[str]) -> str:
    """The one export among a dataset's tables."""
    by_account: dict[str, dict[bool, str]] = {}
    for name in sorted(names):
        if match := _EXPORT.fullmatch(name):
            # Of two versions of an export the later name wins.
            by_account.setdefault(match[2].upper(), {})[bool(match[1])] = name
    if not by_account:
        raise SourceError(
            f"{dataset} has no table gcp_billing_export_…; its tables are "
            f"{', '.join(names[:6]) or 'none'}. Switch the export to this dataset on under "
            "Billing, Billing export, or name another."
        )
    if len(by_account) > 1:
        tables = ", ".join(kinds[max(kinds)] for kinds in by_account.values())
        raise SourceError(
            f"{dataset} has the exports of {len(by_account)} billing accounts: {tables}. Add a "
            "source for each, with the table's name in its location."
        )
    (kinds,) = by_account.values()
    return kinds[max(kinds)]
