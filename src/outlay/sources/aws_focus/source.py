"""The source of FOCUS bills from AWS Data Exports."""

from collections.abc import Sequence
from typing import ClassVar

from outlay.sources.aws_focus.manifest import Export, delivery, exports
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
from outlay.sources.focus.mapping import FocusReader
from outlay.sources.focus.source import focus_evidence, is_aws, is_focus, refuse_other_kind
from outlay.sources.loose import (
    HalfWrittenError,
    below,
    claimed,
    feed_name,
    refuse_several_runs,
    roots,
)
from outlay.sources.tabular import is_tabular, peek


class AwsFocusOptions(SourceOptions):
    """Options of AWS FOCUS exports: none so far."""


class AwsFocus(Source):
    """FOCUS 1.0 and 1.2 as AWS exports them, with or without manifests."""

    kind: ClassVar[str] = "aws-focus"
    title: ClassVar[str] = "AWS FOCUS (Data Exports)"
    description: ClassVar[str] = (
        "AWS Data Exports FOCUS 1.0 or 1.2: the export's folder with metadata/ and data/, "
        "or its files alone (CSV, Parquet)"
    )
    example: ClassVar[str] = (
        "outlay source add aws --kind aws-focus --location s3://bills/exports/acme-focus"
    )
    mapping_version: ClassVar[int] = 1
    Options: ClassVar[type[SourceOptions]] = AwsFocusOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Exports whose manifests lead to FOCUS files, then loose files with AWS's columns."""
        feeds = []
        exported: set[str] = set()
        for export in exports(files):
            sample = _sample(export)
            if sample is None or not claimed(transport, [sample], is_focus):
                continue
            evidence = (
                f"manifests of {len(export.manifests)} billing periods, and "
                + focus_evidence(peek(transport, sample))
            )
            feeds.append(Feed(self.kind, export.name, export.root, evidence, 100))
            exported |= {file.path for file in below(files, export.root)}
        rest = [file for file in files if file.path not in exported]
        loose = claimed(transport, rest, lambda header: is_focus(header) and is_aws(header))
        for root in roots(files, loose):
            first = peek(transport, below(loose, root)[0])
            evidence = focus_evidence(first) + ", among them x_ServiceCode of AWS"
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 80))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """The current run of each billing period, oldest first; loose files as one delivery."""
        files = below(transport.list(), root)
        found = exports(files)
        if not found:
            return [self._loose(transport, files, root)]
        offered = []
        for export in found:
            _refuse_missing_manifests(export)
            for period in sorted(export.manifests):
                offered.append(delivery(transport, export, period, files))
        for run in offered:
            refuse_other_kind(peek(transport, run.files[0]), run.files[0].path)
        _refuse_two_exports(found, transport.location)
        return sorted(offered, key=lambda run: str(run.billing_period))

    def _loose(self, transport: Transport, files: Sequence[FileRef], root: str) -> Delivery:
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        if not tables:
            raise SourceError(
                f"there is no bill at {transport.location}{'/' + root if root else ''}; expected "
                "an AWS export's folder with metadata/ and data/, or its files. Check the location."
            )
        for file in tables:
            refuse_other_kind(peek(transport, file), file.path)
        refuse_several_runs(tables)
        note = "no manifest: all files are taken as one whole delivery"
        return Delivery(None, tuple(tables), notes=(note,))

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS columns lifted to 1.4, AWS's own kept; AWS writes nulls as nulls."""
        return FocusReader.of(raw, currency=None, version=None, null_texts=False).mapping()


def _sample(export: Export) -> FileRef | None:
    """One bill file of the export, of the newest period that has any."""
    return next((export.data[period][0] for period in sorted(export.data, reverse=True)), None)


def _refuse_missing_manifests(export: Export) -> None:
    lacking = sorted(set(export.data) - set(export.manifests))
    if lacking:
        raise HalfWrittenError(
            f"half-written export: {export.root or '.'} has files of {', '.join(lacking)} but no "
            "manifest of it. Sync again when the export has finished, or copy metadata/ too."
        )


def _refuse_two_exports(found: Sequence[Export], location: str) -> None:
    """Two exports of one source would replace each other's months."""
    if len(found) > 1:
        names = ", ".join(export.root or export.name for export in found)
        raise SourceError(
            f"{location} holds {len(found)} exports ({names}); a source is one export. Add a "
            "source for each, with the export's own folder as its location."
        )
