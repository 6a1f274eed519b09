"""Asking BigQuery for what is new in a billing export, a whole invoice month at a time.

Rows of an export never change, and late ones come for months that are long over. One small query
says how many rows each invoice month has and how new the newest is; a month that has more than
was collected is asked for its new rows alone. The count proves that nothing is missing: where it
does not, the whole month is asked for again. Rows come as JSON text made by BigQuery
(`TO_JSON_STRING`), so that no amount passes through a binary number here.
"""

import json
import re
from collections.abc import Collection as CollectionABC
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outlay.money import BillingPeriod
from outlay.sources.collecting import MANIFEST, Collection, Spool
from outlay.sources.contract import Progress, SourceError, TransportError
from outlay.sources.gcp_billing.client import Table, Warehouse, failures

if TYPE_CHECKING:
    from google.cloud import bigquery

STREAM = "rows"
_KEPT = "kept"
_LATEST = timedelta(days=62)
"""How long after its month a row is looked for first: later ones show in the count."""

_LOCATION = re.compile(r"bigquery://([\w.:-]+)/(\w+)(?:\.([\w-]+))?/?", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """What is asked of which table. `location` is bigquery://PROJECT/DATASET[.TABLE]."""

    location: str
    endpoint: str | None = None
    first_month: BillingPeriod | None = None
    job_project: str | None = None
    page_rows: int = 20_000

    @property
    def place(self) -> tuple[str, str, str | None]:
        """Project, dataset and table; SourceError where the location names none."""
        match = _LOCATION.fullmatch(self.location)
        if match is None:
            raise SourceError(
                f"{self.location} names no BigQuery table; expected "
                "bigquery://PROJECT/DATASET.TABLE such as bigquery://acme-billing/billing."
                "gcp_billing_export_resource_v1_01ABCD_234567_89EFGH, or for the one export in a "
                "dataset bigquery://PROJECT/DATASET"
            )
        return match[1], match[2], match[3]


@dataclass(frozen=True)
class Month:
    """What the table has of an invoice month: rows, and when the newest was exported (in
    microseconds since 1970)."""

    period: BillingPeriod
    rows: int
    newest: int


def collect(
    question: Question,
    into: Path,
    *,
    periods: CollectionABC[BillingPeriod] | None,
    now: datetime,
    progress: Progress | None,
) -> None:
    """Land the rows of the invoice months that have new ones, as JSON lines.

    Raises SourceError for a location that is none, TransportError when BigQuery refuses.
    """
    spool = Spool(into)
    project, dataset, name = question.place
    with failures(question.location):
        warehouse = Warehouse(question.job_project or project, question.endpoint)
        try:
            table = warehouse.find(project, dataset, name)
            months = list(_overview(warehouse, table, question, now, periods))
            if not months and not spool.collected():
                raise SourceError(
                    f"{table.id} has no rows of {_asked(periods)}: an export begins with the day "
                    "on which it was switched on, and its first rows take some hours"
                )
            for month in months:
                _Month(warehouse, table, spool, month, question.page_rows, progress).collect(now)
        finally:
            warehouse.close()


def _asked(periods: CollectionABC[BillingPeriod] | None) -> str:
    return "the months asked for" if periods is None else ", ".join(map(str, sorted(periods)))


def _overview(
    warehouse: Warehouse,
    table: Table,
    question: Question,
    now: datetime,
    periods: CollectionABC[BillingPeriod] | None,
) -> Iterator[Month]:
    """The invoice months in the table that were asked for, oldest first."""
    first = question.first_month or BillingPeriod(now.year - 1, now.month)
    if periods:
        first = min(periods)
    sql = (
        f"SELECT {table.month} AS month, COUNT(*) AS row_count, "
        f"MAX({table.exported}) AS newest FROM `{table.id}` "
        f"WHERE {table.month} >= '{first.year:04}{first.month:02}' GROUP BY month ORDER BY month"
    )
    for row in warehouse.ask(sql):
        period = BillingPeriod(int(row["month"][:4]), int(row["month"][4:6]))
        if periods is None or period in periods:
            yield Month(period, int(row["row_count"]), int(row["newest"]))


class _Month:
    """One invoice month's collection."""

    def __init__(
        self,
        warehouse: Warehouse,
        table: Table,
        spool: Spool,
        month: Month,
        page_rows: int,
        progress: Progress | None,
    ) -> None:
        self._warehouse, self._table, self._spool = warehouse, table, spool
        self._month, self._page_rows, self._progress = month, page_rows, progress

    def collect(self, now: datetime) -> None:
        """Collect what is new; nothing where the month has what was collected before.

        Tries the new rows alone, then the partitions of the month, then all. Raises
        TransportError when the table changes all the while.
        """
        had = self._had()
        if had is not None and (had["rows"], had["newest"]) == (
            self._month.rows,
            self._month.newest,
        ):
            return
        start = self._month.period.start - timedelta(days=5)
        attempts: list[tuple[dict[str, Any] | None, date | None, date | None]] = [
            (None, start, self._month.period.end + _LATEST),
            (None, None, None),
        ]
        if had is not None and had["newest"] < self._month.newest:
            attempts.insert(0, (had, _day(had["newest"]) - timedelta(days=2), None))
        for had_before, since, until in attempts:
            landed = self._attempt(had_before, since, until, now)
            if landed == self._month.rows:
                return
        raise TransportError(
            f"{self._table.id} has {self._month.rows} rows of {self._month.period} by one query "
            f"and {landed} by another; it is being written: sync again later"
        )

    def _had(self) -> dict[str, Any] | None:
        """The manifest of the month's earlier collection from the same table."""
        if self._month.period not in self._spool.collected():
            return None
        folder = self._spool.folder / str(self._month.period)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest if manifest.get("table") == self._table.id else None

    def _attempt(
        self,
        had: dict[str, Any] | None,
        since: date | None,
        until: date | None,
        now: datetime,
    ) -> int:
        """Land the rows; gives how many, and lets them appear if that is all there are."""
        month, table = self._month, self._table
        newest = None if had is None else int(had["newest"])
        key = {
            "collector": "gcp-billing",
            "table": table.id,
            "newest": month.newest,
            "rows": month.rows,
            "new_since": newest,
            "partitions": [None if day is None else day.isoformat() for day in (since, until)],
        }
        collection, job = self._begin(key)
        kept = self._keep(collection, had)
        sql = (
            f"SELECT TO_JSON_STRING(t) AS line FROM `{table.id}` AS t "
            f"WHERE {table.month} = '{month.period.year:04}{month.period.month:02}' "
            f"AND {table.exported} <= {month.newest}"
        )
        if newest is not None:
            sql += f" AND {table.exported} > {newest}"
        sql += table.partitions(since, until)
        landed = kept + self._land(collection, job or self._warehouse.start(sql))
        if landed == month.rows:
            collection.finish(now, final=False)
        return landed

    def _keep(self, collection: Collection, had: dict[str, Any] | None) -> int:
        """Take the pages that were there over into the new collection."""
        if had is None:
            return 0
        folder = self._spool.folder / str(self._month.period)
        pages = list(had["pages"])
        for page in pages[collection.pages(_KEPT) :]:
            collection.land(_KEPT, (folder / page).read_bytes(), None, ".jsonl")
        return int(had["rows"])

    def _begin(self, key: dict[str, Any]) -> tuple[Collection, "bigquery.QueryJob | None"]:
        """Begin, or go on with a collection that was killed and whose query's answer is still
        kept; without it the answer's other pages cannot be had, and it begins anew."""
        collection = self._spool.begin(self._month.period, key)
        cursor = collection.cursor(STREAM)
        if cursor is None:
            return collection, None
        job = self._warehouse.job(cursor["job"], cursor["location"])
        if job is None:
            self._spool.begin(self._month.period, {"gone": cursor["job"]})
            collection = self._spool.begin(self._month.period, key)
        return collection, job

    def _land(self, collection: Collection, job: "bigquery.QueryJob") -> int:
        """Land the answer's pages from where they stopped; gives how many rows there are."""
        cursor = collection.cursor(STREAM)
        done = int(cursor["rows"]) if cursor else 0
        what = f"{self._table.name} {self._month.period}: rows"

        def page(lines: list[str], rows: int | None) -> None:
            nonlocal done
            if lines:
                done += len(lines)
                reached = {"job": job.job_id, "location": job.location, "rows": done}
                content = ("\n".join(lines) + "\n").encode()
                collection.land(STREAM, content, reached, ".jsonl")
                if self._progress:
                    self._progress(what, done, rows)

        self._warehouse.pages(job, done, self._page_rows, page)
        return done


def _day(micros: int) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).date()
