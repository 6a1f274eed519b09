"""Operations of the API: ledger. Written by `python -m outlay.api.openapi.methods`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from outlay.client.shapes import (
    BillKind,
    Check,
    DayRate,
    Delivery,
    ExportOffer,
    Health,
    Inference,
    Load,
    Rates,
    Record,
    RejectedRow,
    Restatements,
    Run,
    Slice,
    SliceWithHistory,
    Snapshot,
    Source,
    SourceWithRuns,
)
from outlay.client.transport import Transport, part

if TYPE_CHECKING:
    import pyarrow as pa


class Ledger(Transport):
    """Methods of the client: ledger."""

    def get_health(self, *, deep: bool | None = None) -> Health:
        """Is it well? Quickly by default; with `deep`, everything that `outlay doctor` looks
        at, for who sees the whole ledger. Who has not logged in is told that the server
        answers, and no more."""
        found: Health = self.shaped("Health", "GET", "/health", {"deep": deep})
        return found

    def list_sources(self) -> list[Source]:
        """Every source with freshness and last run. With slices, rows, rejected rows, and
        whether every slice reconciles."""
        found: list[Source] = self.shaped("list[Source]", "GET", "/sources", None)
        return found

    def add_source(self, body: Mapping[str, Any]) -> Source:
        """Add a source. Nothing is read yet: `POST /sync` does. Refuses a name that is taken."""
        found: Source = self.shaped("Source", "POST", "/sources", None, body=body)
        return found

    def get_source(self, name: str) -> SourceWithRuns:
        """One source. As in the list, with its recent runs."""
        found: SourceWithRuns = self.shaped("SourceWithRuns", "GET", f"/sources/{part(name)}", None)
        return found

    def remove_source(self, name: str, *, keep_data: bool | None = None) -> None:
        """Remove a source. With its charges; earlier snapshots still have them."""
        self.json("DELETE", f"/sources/{part(name)}", {"keep_data": keep_data})

    def infer_source(self, body: Mapping[str, Any]) -> Inference:
        """What lies at a place, or how a table could be read. Known bills as `feeds`; for
        another vendor's table a proposed `mapping` with evidence and doubts, tried by a load
        into a ledger that is thrown away. With `mapping`, that one is tried. Nothing is kept.
        """
        found: Inference = self.shaped("Inference", "POST", "/sources/infer", None, body=body)
        return found

    def list_kinds(self) -> list[BillKind]:
        """The kinds of bills that can be read. With their options and an example."""
        found: list[BillKind] = self.shaped("list[BillKind]", "GET", "/kinds", None)
        return found

    def list_deliveries(
        self, *, source: str | None = None, as_of: str | None = None, rows: int | None = None
    ) -> list[Slice]:
        """The slices with their proof. Rows, stated and loaded totals per cost column and
        currency, files. As a table: one row a slice, cost column and currency."""
        found: list[Slice] = self.shaped(
            "list[Slice]", "GET", "/deliveries", {"source": source, "as_of": as_of, "rows": rows}
        )
        return found

    def iter_deliveries(
        self, *, source: str | None = None, as_of: str | None = None, rows: int | None = None
    ) -> Iterator[Slice]:
        """The slices with their proof: all pages, one by one. Rows, stated and loaded totals
        per cost column and currency, files. As a table: one row a slice, cost column and
        currency."""
        return self.pages(
            "list[Slice]", "/deliveries", {"source": source, "as_of": as_of, "rows": rows}
        )

    def deliveries_table(self, *, source: str | None = None, as_of: str | None = None) -> pa.Table:
        """The slices with their proof: as an Arrow table, decimals exact. Rows, stated and
        loaded totals per cost column and currency, files. As a table: one row a slice, cost
        column and currency."""
        return self.table("/deliveries", {"source": source, "as_of": as_of})

    def get_delivery(self, source: str, period: str) -> SliceWithHistory:
        """One slice with proof and checks. The FOCUS checks that its rows break, and its
        history, stand beside the proof."""
        found: SliceWithHistory = self.shaped(
            "SliceWithHistory", "GET", f"/deliveries/{part(source)}/{part(period)}", None
        )
        return found

    def get_record(self, source: str, period: str, file: int, line: int) -> Record:
        """One record. The vendor's own record (`record`) and the charges made from it
        (`charges`)."""
        found: Record = self.shaped(
            "Record",
            "GET",
            f"/deliveries/{part(source)}/{part(period)}/records/{part(file)}/{part(line)}",
            None,
        )
        return found

    def list_rates(self) -> list[Rates]:
        """What amounts can be converted by. The bank's rates and fixed tables, with the days
        that they cover."""
        found: list[Rates] = self.shaped("list[Rates]", "GET", "/rates", None)
        return found

    def get_rates(
        self,
        source: str,
        target: str,
        *,
        from_: str | None = None,
        to: str | None = None,
        rates: str | None = None,
    ) -> list[DayRate]:
        """The rate of each day. By which charges of that day are converted; null where there is
        none."""
        found: list[DayRate] = self.shaped(
            "list[DayRate]",
            "GET",
            f"/rates/{part(source)}/{part(target)}",
            {"from": from_, "to": to, "rates": rates},
        )
        return found

    def put_bank_rates(self, content: bytes | str) -> Rates:
        """Take a newer file of the European Central Bank. The body is the bank's
        `eurofxref-hist.zip`; an older one than is in use is refused."""
        found: Rates = self.shaped(
            "Rates",
            "PUT",
            "/rates/ecb",
            None,
            data=content,
            headers={"Content-Type": "application/zip"},
        )
        return found

    def list_snapshots(self, *, rows: int | None = None) -> list[Snapshot]:
        """Every commit of the ledger, oldest first. With what it added and removed; the id is a
        value of `as_of`."""
        found: list[Snapshot] = self.shaped("list[Snapshot]", "GET", "/snapshots", {"rows": rows})
        return found

    def iter_snapshots(self, *, rows: int | None = None) -> Iterator[Snapshot]:
        """Every commit of the ledger, oldest first: all pages, one by one. With what it added
        and removed; the id is a value of `as_of`."""
        return self.pages("list[Snapshot]", "/snapshots", {"rows": rows})

    def get_restatements(
        self, *, from_: str, to: str | None = None, by: str | None = None
    ) -> Restatements:
        """What changed between two moments. Per slice, and per combination of the dimensions
        that changed."""
        found: Restatements = self.shaped(
            "Restatements", "GET", "/restatements", {"from": from_, "to": to, "by": by}
        )
        return found

    def list_rejected(self, delivery: str, *, rows: int | None = None) -> list[RejectedRow]:
        """The rejected rows of a delivery. File, record number, reason and the vendor's record."""
        found: list[RejectedRow] = self.shaped(
            "list[RejectedRow]", "GET", f"/quarantine/{part(delivery)}", {"rows": rows}
        )
        return found

    def iter_rejected(self, delivery: str, *, rows: int | None = None) -> Iterator[RejectedRow]:
        """The rejected rows of a delivery: all pages, one by one. File, record number, reason
        and the vendor's record."""
        return self.pages("list[RejectedRow]", f"/quarantine/{part(delivery)}", {"rows": rows})

    def rejected_table(self, delivery: str) -> pa.Table:
        """The rejected rows of a delivery: as an Arrow table, decimals exact. File, record
        number, reason and the vendor's record."""
        return self.table(f"/quarantine/{part(delivery)}", None)

    def list_checks(self, *, source: str | None = None, rows: int | None = None) -> list[Check]:
        """The FOCUS checks that rows break. A check never changes money: a count, a sample and
        the rule's name. Errors first."""
        found: list[Check] = self.shaped(
            "list[Check]", "GET", "/checks", {"source": source, "rows": rows}
        )
        return found

    def iter_checks(self, *, source: str | None = None, rows: int | None = None) -> Iterator[Check]:
        """The FOCUS checks that rows break: all pages, one by one. A check never changes money:
        a count, a sample and the rule's name. Errors first."""
        return self.pages("list[Check]", "/checks", {"source": source, "rows": rows})

    def list_runs(self, *, source: str | None = None, rows: int | None = None) -> list[Run]:
        """The run log, newest first. Loads and syncs with their outcome."""
        found: list[Run] = self.shaped(
            "list[Run]", "GET", "/runs", {"source": source, "rows": rows}
        )
        return found

    def iter_runs(self, *, source: str | None = None, rows: int | None = None) -> Iterator[Run]:
        """The run log, newest first: all pages, one by one. Loads and syncs with their outcome."""
        return self.pages("list[Run]", "/runs", {"source": source, "rows": rows})

    def sync(self, body: Mapping[str, Any] | None = None) -> list[Load]:
        """Bring sources up to date. Answers when all is done. What went wrong with a source or
        slice stands in its `outcome` and `error`; the others are done all the same."""
        found: list[Load] = self.shaped("list[Load]", "POST", "/sync", None, body=body)
        return found

    def list_held(self, *, source: str | None = None, rows: int | None = None) -> list[Delivery]:
        """Deliveries that were held back. Their proof says why they were not let in; the slice
        of before is still there."""
        found: list[Delivery] = self.shaped(
            "list[Delivery]", "GET", "/held", {"source": source, "rows": rows}
        )
        return found

    def iter_held(
        self, *, source: str | None = None, rows: int | None = None
    ) -> Iterator[Delivery]:
        """Deliveries that were held back: all pages, one by one. Their proof says why they were
        not let in; the slice of before is still there."""
        return self.pages("list[Delivery]", "/held", {"source": source, "rows": rows})

    def get_export(self) -> ExportOffer:
        """What can be exported. Datasets, FOCUS versions, formats, sources and their billing
        periods."""
        found: ExportOffer = self.shaped("ExportOffer", "GET", "/export/focus", None)
        return found

    def export_focus(
        self,
        *,
        dataset: str | None = None,
        version: str | None = None,
        format_: str | None = None,
        period: Sequence[str] | None = None,
        source: Sequence[str] | None = None,
        tags: str | None = None,
        splits: str | None = None,
    ) -> bytes:
        """FOCUS files in an archive. One file a source and period, and manifest.json, which
        says what they lack and why."""
        return self.content(
            "GET",
            "/export/focus.zip",
            {
                "dataset": dataset,
                "version": version,
                "format": format_,
                "period": period,
                "source": source,
                "tags": tags,
                "splits": splits,
            },
        )[0]
