"""The source of Oracle Cloud's cost reports, in Oracle's own columns and in FOCUS."""

from collections import defaultdict
from collections.abc import Sequence
from typing import ClassVar, Literal, cast

from pydantic import Field

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
from outlay.sources.focus.source import is_focus
from outlay.sources.loose import below, claimed, feed_name, roots
from outlay.sources.oci.columns import COST, START, is_cost_report, is_usage_report
from outlay.sources.oci.costs import cost_mapping
from outlay.sources.oci.focus_reports import (
    FOCUS_TABLE,
    both_mapping,
    focus_mapping,
    is_cost_column,
)
from outlay.sources.tabular import Header, is_tabular, peek

_CHUNK = 1 << 20


class OciOptions(SourceOptions):
    """Options of Oracle's reports."""

    reports: Literal["auto", "cost", "focus"] = Field(
        "auto",
        description="which reports count where both lie at the location: auto (a day that the "
        "cost reports hold is theirs, other days are the FOCUS reports'), cost, or focus",
    )


class Oci(Source):
    """Cost reports and FOCUS reports of Oracle Cloud Infrastructure."""

    kind: ClassVar[str] = "oci"
    title: ClassVar[str] = "Oracle Cloud Infrastructure"
    description: ClassVar[str] = (
        "Oracle Cloud cost reports (reports/cost-csv) and FOCUS reports: the folder or bucket "
        "prefix that they were copied to; usage reports beside them are left out"
    )
    example: ClassVar[str] = "outlay source add oracle --kind oci --location bills/oci"
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = OciOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Folders of Oracle's reports, and reports that lie alone."""
        claims = claimed(transport, files, _is_ours)
        feeds = []
        for root in roots(files, claims):
            first = peek(transport, below(claims, root)[0])
            feeds.append(Feed(self.kind, feed_name(transport, root), root, _evidence(first), 80))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """One delivery of all reports below the root: a report has no month of its own."""
        chosen = cast(OciOptions, options)
        files = below(transport.list(), root)
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        place = f"{transport.location}{'/' + root if root else ''}"
        if not tables:
            raise SourceError(
                f"there is no report at {place}; expected cost reports (….csv.gz). Copy them "
                "there (docs/sources/oci.md), or check the location."
            )
        cost = claimed(transport, tables, lambda header: is_cost_report(header.columns))
        focus = claimed(transport, tables, _is_oracle_focus)
        usage = claimed(transport, tables, lambda header: is_usage_report(header.columns))
        _refuse_others(transport, tables, {*cost, *focus, *usage})
        notes = []
        if usage:
            notes.append(f"{_reports(usage, 'usage')} left out: they have quantities and no cost")
        if cost and focus and chosen.reports != "auto":
            left = focus if chosen.reports == "cost" else cost
            notes.append(f"{_reports(left, 'other')} left out by the option reports")
        if chosen.reports == "cost" or (chosen.reports == "focus" and not focus):
            focus = []
        if chosen.reports == "focus" and focus:
            cost = []
        taken, twice = _once(transport, sorted([*cost, *focus]))
        if not taken:
            raise SourceError(
                f"{place} holds {_reports(usage, 'usage')} alone, which have quantities and no "
                "cost. Load the cost reports: reports/cost-csv/ of the same bucket."
                if usage
                else f"{place} has no report of the kind that the option reports names "
                f"({chosen.reports}); set it to auto."
            )
        return [Delivery(None, tuple(taken), notes=(*notes, *twice))]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """`focus` for FOCUS reports, `cost` for the others."""
        return "cost" if is_cost_report(columns) else FOCUS_TABLE

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS 1.4 columns of each row; see docs/sources/oci.md for every rule."""
        costs = [name for name in raw.columns if is_cost_column(name)]
        if not costs:
            return focus_mapping(raw)
        if len(costs) == len(raw.columns):
            return cost_mapping(raw)
        return both_mapping(raw)


def _is_oracle_focus(header: Header) -> bool:
    return is_focus(header) and sum(name.startswith("oci_") for name in header.columns) >= 2


def _is_ours(header: Header) -> bool:
    names = header.columns
    return is_cost_report(names) or is_usage_report(names) or _is_oracle_focus(header)


def _evidence(header: Header) -> str:
    """The sentence that says why a header is taken for Oracle's."""
    if is_cost_report(header.columns):
        return f"columns {COST} and {START} of a cost report"
    if is_usage_report(header.columns):
        return f"columns usage/consumedQuantity and {START} of a usage report"
    own = [name for name in header.columns if name.startswith("oci_")]
    return f"FOCUS columns with {own[0]} and {len(own) - 1} more of Oracle"


def _reports(files: Sequence[FileRef], what: str) -> str:
    return f"{len(files)} {what} report{'s' * (len(files) != 1)}"


def _refuse_others(transport: Transport, tables: Sequence[FileRef], ours: set[FileRef]) -> None:
    for file in tables:
        if file not in ours:
            names = peek(transport, file).columns
            raise SourceError(
                f"{file.path} is no report of Oracle Cloud: its columns begin with "
                f"{', '.join(names[:4])}. Expected {START} and {COST}, or FOCUS with oci_ columns. "
                "Move it out of the folder, or choose another --kind."
            )


def _once(transport: Transport, files: Sequence[FileRef]) -> tuple[list[FileRef], list[str]]:
    """Each report once: Oracle never changes a file, so that one of the same name and content in
    another folder is a copy of it. Two tenancies may have different reports of one name."""
    alike: dict[tuple[str, int], list[FileRef]] = defaultdict(list)
    taken: list[FileRef] = []
    notes: list[str] = []
    for file in files:
        others = alike[file.path.rsplit("/", 1)[-1], file.size]
        original = next((other for other in others if _same(transport, file, other)), None)
        if original is None:
            others.append(file)
            taken.append(file)
        else:
            notes.append(f"{file.path} is a copy of {original.path}: left out")
    return taken, notes


def _same(transport: Transport, one: FileRef, other: FileRef) -> bool:
    with transport.open(one.path) as left, transport.open(other.path) as right:
        while chunk := left.read(_CHUNK):
            if chunk != right.read(len(chunk)):
                return False
    return True
