"""The contract of a bill source: what is on offer, and what it means in FOCUS.

A source never reads rows itself. It lists deliveries, says how their files are laid out, and
gives SQL expressions over the raw relation; the lake lands, stages, maps, proves and commits.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from outlay.money import BillingPeriod


class SourceError(Exception):
    """A source cannot be read. The message says what, where, what is allowed and what to do.

    `retryable` tells whether the same call may succeed later (network, rate limit).
    """

    retryable = False


class TransportError(SourceError):
    """A location cannot be reached or a file cannot be fetched."""


class RetryableTransportError(TransportError):
    """As TransportError, but trying again later may work."""

    retryable = True


@dataclass(frozen=True, order=True)
class FileRef:
    """A file on offer: `path` below the location, `size` in bytes, `version` that changes with
    the content as far as the location can tell (mtime in ns, ETag)."""

    path: str
    size: int
    version: str


class Transport(Protocol):
    """Read access to a location: a file, a folder, a bucket prefix."""

    location: str

    def list(self, prefix: str = "") -> list[FileRef]:
        """Every file whose path starts with `prefix`, sorted by path. Raises TransportError when
        the location does not exist or may not be read; an empty location gives an empty list."""
        ...

    def open(self, path: str) -> BinaryIO:
        """A seekable binary reader, for manifests, headers and Parquet footers."""
        ...

    def fetch(self, ref: FileRef, target: Path) -> None:
        """Copy the whole file to `target`; raises TransportError when it is short or changed."""
        ...


@dataclass(frozen=True)
class Stated:
    """What the source itself says of a delivery, where its manifest says anything."""

    rows: int | None = None
    totals: MappingABC[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """What a source offers for one billing period at one moment.

    `billing_period` is None for loose files: then the rows' own periods decide, and the files
    become one slice a period. `version` is the vendor's name of the run (assembly, execution).
    """

    billing_period: BillingPeriod | None
    files: tuple[FileRef, ...]
    version: str = ""
    stated: Stated = Stated()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """One stream of deliveries found at a location: `name` is the vendor's own name of it
    (report, export) or the file's or folder's, `root` the path below the location,
    `evidence` the sentence that says why it is taken for this kind."""

    kind: str
    name: str
    root: str
    evidence: str
    score: int


@dataclass(frozen=True)
class RawColumn:
    """A column as the vendor spells it, the SQL identifier it has in the raw relation (already
    quoted), and its DuckDB type (always VARCHAR for CSV, where an empty cell is NULL)."""

    name: str
    sql: str
    type: str


class Raw(Protocol):
    """The staged rows of a delivery: the relation `raw`.

    Besides the vendor's columns it has `_file` (INTEGER, index into the delivery's files),
    `_line` (BIGINT, record number in that file from 1, the header not counted) and `_table`
    (VARCHAR, what `Source.table_of` says of the file; '' by default).
    """

    columns: MappingABC[str, RawColumn]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a SELECT over `raw`, for facts that a mapping depends on (do negations cancel?)."""
        ...

    def make(self, name: str, sql: str) -> None:
        """Make (or replace) the temporary table `name` from a SELECT over `raw` and tables made
        before, for a mapping's `source` and rows to join: prices, weights, sums."""
        ...


@dataclass(frozen=True)
class Reject:
    """Rows that cannot be taken: a named reason and an SQL condition over `raw`."""

    reason: str
    when: str


@dataclass(frozen=True)
class Fold:
    """Rows that are left out by a named rule after the source proved that they change no sum."""

    rule: str
    when: str


@dataclass(frozen=True)
class Rows:
    """One SELECT: FOCUS or `x_` column → SQL expression, for the rows where `when` holds.

    It reads the mapping's `source` unless it names a relation of its own (one made with
    `Raw.make`, say), which must then have `_file` and `_line` of the raw row behind each row,
    and nothing of rows that the mapping rejects.
    """

    name: str
    when: str
    columns: MappingABC[str, str]
    source: str | None = None


@dataclass(frozen=True)
class Mapping:
    """What the raw rows mean.

    `main` gives exactly one charge per raw row that is neither rejected nor folded; `extra`
    gives additional charges (a fee becomes purchase and unused rows) and needs no further row
    in the count. `formulas` are the source's own sums over `raw`, independent of `main`: one
    DECIMAL(38,21) expression per cost column, in the words of the vendor's document; the lake
    proves sum(formula) = sum(column) + rejected, per currency. `period` is a DATE expression
    (first day of the billing period of a row), `currency` a VARCHAR one.
    `tags` values are MAP(VARCHAR, VARCHAR). `notes` are shown with the slice.

    `reference` (SQL over `raw`) marks rows that every period of the delivery needs, such as
    prices: of loose files they are shown to each slice. A fold must take them out of the count.

    `source` is what `main`, `formulas`, `rejects` and `folds` read: `raw`, or `raw` with joins
    that find at most one row each (`raw LEFT JOIN prices ON …`); a join that multiplies rows is
    refused.

    `usage` gives rows of the usage table (`outlay.focus.usage`), which is kept beside the
    charges and never added to them. Raw rows that are usage alone are folded by a rule that says
    so. `usage_formulas` prove it: metric → the vendor's own sum over `source`, as a decimal.
    """

    main: Rows
    formulas: MappingABC[str, str]
    period: str
    currency: str
    extra: tuple[Rows, ...] = ()
    rejects: tuple[Reject, ...] = ()
    folds: tuple[Fold, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = "raw"
    reference: str | None = None
    usage: tuple[Rows, ...] = ()
    usage_formulas: MappingABC[str, str] = field(default_factory=dict)


NO_CHARGES = Rows(
    "no charges",
    "false",
    {"ChargePeriodStart": "CAST(NULL AS TIMESTAMP)", "BillingCurrency": "NULL"},
)
"""The `main` of a delivery that is usage alone."""


@dataclass(frozen=True, order=True)
class BilledResource:
    """A resource of the bill that an API is asked about: `id` is its ResourceId, the others are
    ServiceProviderName, SubAccountId, RegionId and ServiceName as the bill has them ('': none)."""

    id: str
    provider: str = ""
    account: str = ""
    region: str = ""
    service: str = ""


class SourceOptions(BaseModel):
    """Options of a source; unknown ones are refused."""

    # An error does not repeat what was given: it may be a secret in the place of its name.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Source(ABC):
    """One kind of bill. A folder with one subclass, registered in `outlay.sources.registry`."""

    kind: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    example: ClassVar[str]
    mapping_version: ClassVar[int]
    """Raised whenever the same file would give other charges: history is then lifted anew."""
    Options: ClassVar[type[SourceOptions]] = SourceOptions
    api_schemes: ClassVar[tuple[str, ...]] = ()
    """URL schemes at which this kind is an API that `collect` asks, e.g. ("https", "http")."""

    named_only: ClassVar[bool] = False
    """Its files cannot be told from others: they are taken for it only when its kind is named."""

    names_tell: ClassVar[bool] = False
    """A file's name says a part of what it holds (the day of an inventory): two files of the same
    content are both meant, and a renamed one is another."""

    asks_about: ClassVar[bool] = False
    """Its API is asked about resources of the bill: see `about`."""

    def about(self, resources: Sequence[BilledResource]) -> "Source":
        """The source whose `collect` asks about these resources of the bill, where it is one that
        `asks_about` some; others are the same."""
        return self

    @abstractmethod
    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """The feeds of this kind among the files; empty if none. The highest score wins a file;
        equal scores are an ambiguity that the caller reports with the candidates."""

    def named(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """The feeds among the files when the user says that they are of this kind."""
        return self.recognise(transport, files)

    @abstractmethod
    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """What is on offer below `root`, only the runs that are current, oldest period first.

        Raises SourceError for a half-written export (manifest or part missing)."""

    def wanted(self, columns: Sequence[str]) -> Sequence[str]:
        """The raw columns that the mapping reads, of those in the file (default: all)."""
        return columns

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """Which of the vendor's tables a file holds (`_table` of its rows), by name and columns,
        where one delivery has several: charges and prices, actual and amortized."""
        return ""

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """The records of a file that is no table (JSON, JSON lines), in file order.

        Each is a flat mapping of column → value: text, exact numbers as the vendor wrote them
        (`outlay.sources.documents` reads them so), None, or lists and mappings, which are kept as
        JSON text. All columns are VARCHAR in `raw`. The n-th record has `_line` n, from 1.
        """
        raise SourceError(
            f"{name} is a JSON document and no table, which a bill of kind {self.kind} is; load it "
            "without --kind so that its kind is found"
        )

    def collect(
        self,
        location: str,
        options: SourceOptions,
        into: Path,
        *,
        periods: Collection[BillingPeriod] | None,
        now: datetime,
        progress: "Progress | None",
    ) -> None:
        """Ask the API at `location` for what is new and land its pages as files below `into`.

        `deliveries` then reads that folder like any other, so that an answer can be replayed.
        Use `outlay.sources.collecting.Spool`: a period's pages appear whole or not at all, and a
        collection that was killed goes on where it stopped. `periods` are those asked for (None:
        all that may have changed), `now` is UTC. Raises TransportError.
        """
        raise SourceError(f"a source of kind {self.kind} reads files, not an API: {location}")

    @abstractmethod
    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """What the staged rows mean; raises SourceError when a needed column is missing."""


Progress = Callable[[str, int, int | None], None]
"""(what is being done, done so far, of how many or None): called often, must be cheap."""
