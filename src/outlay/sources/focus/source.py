"""The source of FOCUS files of any vendor, loose or in folders."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingABC
from typing import BinaryIO, ClassVar, Literal

from pydantic import Field, field_validator

from outlay.focus.currencies import is_currency
from outlay.focus.schema import focus_names, version_of
from outlay.sources.contract import (
    Delivery,
    Feed,
    FileRef,
    Mapping,
    Raw,
    Source,
    SourceError,
    SourceOptions,
    Transport,
)
from outlay.sources.documents import is_document, peek_document, read_objects
from outlay.sources.focus.mapping import FocusReader
from outlay.sources.focus.runs import current_runs
from outlay.sources.loose import below, claimed, feed_name, refuse_packings, roots
from outlay.sources.tabular import Header, is_tabular, peek

# No other bill has these names; Azure's own exports share many of the rest.
_TELLING = frozenset(
    {
        "BilledCost",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "ContractedCost",
        "EffectiveCost",
        "ListCost",
        "ServiceCategory",
    }
)
_AWS_COLUMNS = ("x_Discounts", "x_Operation", "x_ServiceCode")


class FocusOptions(SourceOptions):
    """Options of FOCUS files."""

    currency: str | None = Field(
        None, description="ISO 4217 code for rows without BillingCurrency, e.g. USD"
    )
    version: Literal["1.0", "1.1", "1.2", "1.3", "1.4"] | None = Field(
        None, description="FOCUS version of the files, where their columns do not tell"
    )

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str | None) -> str | None:
        if code is not None and not is_currency(code):
            raise ValueError(f"{code!r} is no ISO 4217 currency code; expected e.g. USD or EUR")
        return code


class Focus(Source):
    """FOCUS 1.0 to 1.4 in CSV, gzip, zip, Parquet or JSON."""

    kind: ClassVar[str] = "focus"
    title: ClassVar[str] = "FOCUS files"
    description: ClassVar[str] = (
        "FOCUS 1.0 to 1.4 of any vendor: CSV (plain, .gz, .zip), Parquet or JSON, one file or "
        "folders"
    )
    example: ClassVar[str] = "outlay source add saas --kind focus --location bills/focus"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = FocusOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders and files whose headers are FOCUS, those with AWS's own columns left out."""
        tables = [file for file in files if not is_document(file.path)]
        claims = claimed(transport, tables, lambda header: is_focus(header) and not is_aws(header))
        documents = {file: _document_header(transport, file) for file in files}
        claims += [file for file, header in documents.items() if header and is_focus(header)]
        feeds = []
        for root in roots(files, claims):
            one = below(claims, root)[0]
            first = documents[one] or peek(transport, one)
            feeds.append(
                Feed(self.kind, feed_name(transport, root), root, focus_evidence(first), 60)
            )
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """One delivery of all files below the root; the rows' own periods make the slices."""
        files = below(transport.list(), root)
        where = f"{transport.location}{'/' + root if root else ''}"
        tables = []
        for file in files:
            header = _document_header(transport, file)
            if header is not None and (is_focus(header) or len(files) == 1):
                refuse_other_kind(header, file.path)
                tables.append(file)
            elif not is_document(file.path) and (is_tabular(file.path) or len(files) == 1):
                refuse_other_kind(peek(transport, file), file.path)
                tables.append(file)
        if not tables:
            raise SourceError(
                f"there is no bill file at {where}; expected FOCUS files (.csv, .csv.gz, .zip, "
                ".parquet, .json, .jsonl). Check the location."
            )
        refuse_packings(tables, where)
        current, notes = current_runs(transport, files, tables)
        return [Delivery(None, tuple(current), notes=tuple(notes))]

    def records(self, stream: BinaryIO, name: str) -> Iterator[MappingABC[str, object]]:
        """Rows of JSON lines, of an array, or end to end."""
        return read_objects(stream, name)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS columns as they are, lifted to 1.4."""
        assert isinstance(options, FocusOptions)
        return FocusReader.of(
            raw, currency=options.currency, version=options.version, null_texts=True
        ).mapping()


def _document_header(transport: Transport, file: FileRef) -> Header | None:
    """The keys of a JSON file's first row as a header; None where it is no JSON of rows."""
    if not is_document(file.path):
        return None
    found = peek_document(transport, file)
    row = found[0] if isinstance(found, list) and found else found
    return Header("json", tuple(row)) if isinstance(row, dict) else None


def is_focus(header: Header) -> bool:
    """Whether a header is that of a FOCUS Cost and Usage file."""
    return len(_TELLING & set(focus_names(header.columns))) >= 4


def is_aws(header: Header) -> bool:
    """Whether a FOCUS header has the columns that AWS Data Exports adds."""
    return sum(name in header.columns for name in _AWS_COLUMNS) >= 2


def focus_evidence(header: Header) -> str:
    """The sentence that says why a header is taken for FOCUS."""
    names = focus_names(header.columns)
    own = len(header.columns) - len(names)
    return (
        f"the first row has {len(names)} FOCUS columns of version {version_of(header.columns)}"
        + (f" and {own} of the vendor's own" if own else "")
    )


def refuse_other_kind(header: Header, path: str) -> None:
    """Raise SourceError when a file that should be FOCUS is not."""
    if not is_focus(header):
        names = ", ".join(header.columns[:8])
        raise SourceError(
            f"{path} is not FOCUS: its first row has {names}{' …' * (len(header.columns) > 8)}, "
            "but none or few of BilledCost, EffectiveCost, ChargePeriodStart, ChargeCategory. "
            "Load it without --kind so that its kind is found, or move it out of the folder."
        )
