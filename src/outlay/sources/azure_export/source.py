"""The source of Azure's cost exports: EA, MCA and older dialects, and FOCUS."""

import re
from collections.abc import Sequence
from typing import ClassVar, cast

from outlay.sources.azure_export.columns import known, looks_like_azure
from outlay.sources.azure_export.exports import exports, unfinished
from outlay.sources.azure_export.focus import focus_mapping, is_azure_focus
from outlay.sources.azure_export.mapping import azure_mapping
from outlay.sources.azure_export.offers import deliveries, feeds, half_written
from outlay.sources.azure_export.options import AzureExportOptions
from outlay.sources.azure_export.reports import table_of
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
    TransportError,
)
from outlay.sources.focus.source import focus_evidence, is_focus
from outlay.sources.loose import below, claimed, feed_name, roots
from outlay.sources.tabular import Header, is_tabular, peek

# <export>/<yyyymmdd>-<yyyymmdd>/<export>_<id>.csv: exports before there were manifests.
_OLD_LAYOUT = re.compile(r"^(?P<period>(?:.*/)?\d{8}-\d{8})/[^/]+$")
_DIGITS = re.compile(r"\d+")


class AzureExport(Source):
    """Azure cost exports in every dialect, actual and amortized cost put together."""

    kind: ClassVar[str] = "azure-export"
    title: ClassVar[str] = "Azure cost exports"
    description: ClassVar[str] = (
        "Azure Cost Management exports: actual and amortized cost (EA, MCA, older dialects) or "
        "FOCUS, the exports' folder with manifests, or files alone (CSV, Parquet)"
    )
    example: ClassVar[str] = (
        "outlay source add azure --kind azure-export --location az://acmebills/exports/acme"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = AzureExportOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Exports by their manifests, then loose files by their header."""
        try:
            found = feeds(self.kind, exports(transport, files))
        except TransportError:
            raise
        except SourceError:  # a manifest that cannot be used: `deliveries` says why
            found = []
        covered = {file.path for feed in found for file in below(files, feed.root)}
        rest = [file for file in files if file.path not in covered]
        loose = claimed(transport, rest, _is_azure)
        for root in roots(files, loose):
            evidence = _evidence(peek(transport, below(loose, root)[0]))
            found.append(Feed(self.kind, feed_name(transport, root), root, evidence, 80))
        return found

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """The current runs of each billing period, oldest first; loose files as one delivery."""
        chosen = cast(AzureExportOptions, options)
        files = below(transport.list(), root)
        offered = deliveries(transport, files, chosen.exports)
        if not offered:
            return [self._loose(transport, files, root)]
        for run in offered:
            _refuse_other_kind(peek(transport, run.files[0]), run.files[0].path)
        return offered

    def wanted(self, columns: Sequence[str]) -> Sequence[str]:
        """Columns that the mapping reads; of FOCUS all of them."""
        if is_focus(Header("csv", tuple(columns))):
            return columns
        return [name for name in columns if known(name)]

    def table_of(self, path: str, columns: Sequence[str]) -> str:
        """Parts of one run or file are one table; `reports` finds out which report it is."""
        return table_of(path)

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS 1.4 columns of each line; see docs/sources/azure-export.md for every rule."""
        chosen = cast(AzureExportOptions, options)
        if is_focus(Header("csv", tuple(raw.columns))):
            return focus_mapping(raw, chosen)
        return azure_mapping(raw, chosen)

    def _loose(self, transport: Transport, files: Sequence[FileRef], root: str) -> Delivery:
        for runs in unfinished(transport, files, ()).values():
            raise half_written(runs[0])
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        if not tables:
            raise SourceError(
                f"there is no bill at {transport.location}{'/' + root if root else ''}; expected "
                "an Azure export's folder with its manifests, or its files. Check the location."
            )
        for file in tables:
            _refuse_other_kind(peek(transport, file), file.path)
        _refuse_old_runs(tables)
        note = "no manifest: all files are taken, and each line's own billing period counts"
        return Delivery(None, tuple(tables), notes=(note,))


def _is_azure(header: Header) -> bool:
    return is_azure_focus(header) or (looks_like_azure(header.columns) and not is_focus(header))


def _evidence(header: Header) -> str:
    """The sentence that says why a header is taken for an Azure export's."""
    if is_focus(header):
        return focus_evidence(header) + ", among them x_Sku… columns of Azure"
    telling = ("Cost", "MeterCategory", "MeterId", "UnitOfMeasure")
    found = [name for name in header.columns if (known(name) or ("",))[0] in telling]
    return f"columns {', '.join(found)} of an Azure cost export"


def _refuse_other_kind(header: Header, path: str) -> None:
    """Raise SourceError for a file that is no Azure bill, whatever the user named it."""
    if not (looks_like_azure(header.columns) or is_focus(header)):
        first = ", ".join(header.columns[:4])
        raise SourceError(
            f"{path} is no Azure cost export: its columns begin with {first}. Expected "
            "MeterCategory, MeterId, CostInBillingCurrency and the like, or FOCUS. Choose "
            "another --kind, or another file."
        )


def _refuse_old_runs(tables: Sequence[FileRef]) -> None:
    """Raise SourceError where one period's folder holds several exports of the month to date."""
    names: dict[str, set[str]] = {}
    for file in tables:
        if match := _OLD_LAYOUT.match(file.path):
            name = file.path.rpartition("/")[2]
            part = _DIGITS.sub("#", name) if name.startswith("part") else name
            names.setdefault(match["period"], set()).add(part)
    for period, found in sorted(names.items()):
        if len(found) > 1:
            raise SourceError(
                f"{period} holds {len(found)} exports of one period ({', '.join(sorted(found))}) "
                "and no manifest says which one is current: each may hold the whole month. Leave "
                "the newest one there, or let the export overwrite its files."
            )
