"""The source of AWS Cost and Usage Reports: legacy reports and CUR 2.0 exports."""

from collections.abc import Sequence
from typing import ClassVar, Literal, cast

from outlay.sources.aws_cur.columns import MAPS, Columns, known, looks_like_cur
from outlay.sources.aws_cur.costs import Facts, is_net
from outlay.sources.aws_cur.legacy import legacy_deliveries, reports
from outlay.sources.aws_cur.mapping import cur_mapping, notes_on_types
from outlay.sources.aws_cur.tags import TAG_PREFIXES, is_tag_column
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
from outlay.sources.loose import (
    HalfWrittenError,
    below,
    claimed,
    feed_name,
    refuse_several_runs,
    roots,
)
from outlay.sources.tabular import Header, is_tabular, peek


class AwsCurOptions(SourceOptions):
    """Options of Cost and Usage Reports.

    `cost`: `auto` (net where the report has net costs and no discount lines), or always
    `unblended` or `net`. `tag_prefixes`: the beginnings of the columns that hold one tag each.
    `line_ids`: keep the line item's id as x_LineItemId. It is another text of 40 characters a
    line, no key across runs, and every charge leads to its file and line without it.
    """

    cost: Literal["auto", "unblended", "net"] = "auto"
    tag_prefixes: tuple[str, ...] = TAG_PREFIXES
    line_ids: bool = False


class AwsCur(Source):
    """AWS Cost and Usage Reports in every layout and spelling that AWS has written."""

    kind: ClassVar[str] = "aws-cur"
    title: ClassVar[str] = "AWS Cost and Usage Report"
    description: ClassVar[str] = (
        "AWS Cost and Usage Report, legacy or 2.0: the report's folder with its manifests, or "
        "its files alone (CSV, gzip, zip, Parquet)"
    )
    example: ClassVar[str] = (
        "outlay source add aws --kind aws-cur --location s3://bills/reports/acme-cur"
    )
    mapping_version: ClassVar[int] = 3
    Options: ClassVar[type[SourceOptions]] = AwsCurOptions

    def recognise(self, transport: Transport, files: Sequence[FileRef]) -> list[Feed]:
        """Reports and exports by their manifests, then loose files by their header."""
        feeds = []
        for report in reports(files):
            evidence = f"report manifests of {len(report.manifests)} billing periods"
            if self._holds_cur(transport, below(files, report.root)):
                feeds.append(Feed(self.kind, report.name, report.root, evidence, 100))
        for export in exports(files):
            sample = _sample(export)
            if sample and claimed(transport, [sample], _is_cur):
                evidence = f"export manifests of {len(export.manifests)} billing periods"
                evidence = f"{evidence}, and {_evidence(peek(transport, sample))}"
                feeds.append(Feed(self.kind, export.name, export.root, evidence, 100))
        covered = {file.path for feed in feeds for file in below(files, feed.root)}
        rest = [file for file in files if file.path not in covered]
        loose = claimed(transport, rest, _is_cur)
        for root in roots(files, loose):
            evidence = _evidence(peek(transport, below(loose, root)[0]))
            feeds.append(Feed(self.kind, feed_name(transport, root), root, evidence, 80))
        return feeds

    def deliveries(
        self, transport: Transport, options: SourceOptions, root: str = ""
    ) -> list[Delivery]:
        """The current run of each billing period, oldest first; loose files as one delivery."""
        files = below(transport.list(), root)
        legacy, modern = reports(files), exports(files)
        if len(legacy) + len(modern) > 1:
            names = ", ".join(
                root or name
                for root, name in (
                    *((report.root, report.name) for report in legacy),
                    *((export.root, export.name) for export in modern),
                )
            )
            raise SourceError(
                f"{transport.location} holds {len(legacy) + len(modern)} reports ({names}); a "
                "source is one report. Add a source for each, with the report's own folder as "
                "its location."
            )
        offered: list[Delivery] = []
        for report in legacy:
            offered += legacy_deliveries(transport, report, files)
        for export in modern:
            _refuse_missing_manifests(export)
            offered += [
                delivery(transport, export, period, files) for period in sorted(export.manifests)
            ]
        if not offered:
            offered = [self._loose(transport, files, root)]
        for run in offered:
            _refuse_other_kind(peek(transport, run.files[0]), run.files[0].path)
        return offered

    def wanted(self, columns: Sequence[str]) -> Sequence[str]:
        """Columns that the mapping reads; tags and cost categories all of them."""
        return [name for name in columns if known(name) or name in MAPS or self._may_be_tag(name)]

    def mapping(self, raw: Raw, options: SourceOptions) -> Mapping:
        """FOCUS 1.4 columns of each line; see docs/sources/aws-cur.md for every rule."""
        chosen = cast(AwsCurOptions, options)
        columns = Columns.of(raw.columns)
        for name, why in (
            ("lineItem/UnblendedCost", "the cost of a line"),
            ("lineItem/LineItemType", "which says what a line's cost means"),
            ("lineItem/CurrencyCode", "the currency of its costs"),
            ("lineItem/UsageStartDate", "the time of a line"),
        ):
            columns.require(name, why)
        facts = _facts(raw, columns, chosen.cost)
        return cur_mapping(raw, columns, facts, chosen.tag_prefixes, chosen.line_ids)

    def _holds_cur(self, transport: Transport, files: Sequence[FileRef]) -> bool:
        """Whether the newest bill file below a report's root is a CUR."""
        tables = [file for file in files if is_tabular(file.path)]
        return not tables or bool(claimed(transport, tables[-1:], _is_cur))

    def _loose(self, transport: Transport, files: Sequence[FileRef], root: str) -> Delivery:
        tables = [file for file in files if is_tabular(file.path) or len(files) == 1]
        if not tables:
            raise SourceError(
                f"there is no bill at {transport.location}{'/' + root if root else ''}; expected "
                "a report's folder with its manifests, or its files. Check the location."
            )
        for file in tables:
            _refuse_other_kind(peek(transport, file), file.path)
        refuse_several_runs(tables)
        note = "no manifest: all files are taken, and each line's own billing period counts"
        return Delivery(None, tuple(tables), notes=(note,))

    def _may_be_tag(self, name: str) -> bool:
        """Whether an option could make this column a tag: staging does not know the options."""
        family = name.partition("/")[0]
        return is_tag_column(name) or ("/" in name and "tag" in family.lower())


def _facts(raw: Raw, columns: Columns, cost: str) -> Facts:
    """Read once what decides the mapping's shape."""
    kind = columns.text("lineItem/LineItemType")
    amortised = f"""CASE {kind}
        WHEN 'SavingsPlanCoveredUsage' THEN {columns.text("savingsPlan/SavingsPlanEffectiveCost")}
        WHEN 'DiscountedUsage' THEN {columns.text("reservation/EffectiveCost")} END"""
    net = columns.text("lineItem/NetUnblendedCost")
    groups = raw.ask(
        f"SELECT {kind} AS kind, count(*), count({net}), count({amortised}), "
        f"{_unreadable_prices(columns)} FROM raw GROUP BY ALL"
    )
    types: dict[str, int] = {}
    effective: dict[str, int] = {}
    for name, lines, _, amounts, _ in groups:
        if name is not None:
            types[name] = types.get(name, 0) + lines
        effective[name] = effective.get(name, 0) + amounts
    notes = notes_on_types(columns, types, effective)
    unreadable = sum(group[4] for group in groups)
    if unreadable:
        notes.append(
            f"{unreadable} lines have a {columns.name('pricing/PublicOnDemandCost')} that is no "
            "amount: their ListCost is what they cost"
        )
    use_net = is_net(columns, cost, sum(group[2] for group in groups), types)
    if use_net:
        notes.append("costs are net: discounts are in the net columns and have no lines")
    return Facts(types, use_net, tuple(notes))


def _unreadable_prices(columns: Columns) -> str:
    """SQL of how many public costs are no amount. A double from 1e-5 up always is one."""
    name = "pricing/PublicOnDemandCost"
    if not columns.has(name):
        return "0"
    unfit = columns.unfit(name)
    if columns.type(name).upper() == "DOUBLE":
        raw = columns.raw(name)
        unfit = f"(NOT (abs({raw}) BETWEEN 1e-5 AND 1e15 OR {raw} = 0) AND {unfit})"
    return f"count_if({unfit})"


def _is_cur(header: Header) -> bool:
    return looks_like_cur(header.columns)


def _evidence(header: Header) -> str:
    """The sentence that says why a header is taken for a CUR's."""
    telling = {"lineItem/LineItemType", "lineItem/UnblendedCost", "lineItem/UsageStartDate"}
    found = [name for name in header.columns if known(name) in telling]
    return f"columns {', '.join(found)} of a Cost and Usage Report"


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


def _refuse_other_kind(header: Header, path: str) -> None:
    """Raise SourceError for a file that is no CUR, whatever the user named it."""
    if not _is_cur(header):
        first = ", ".join(header.columns[:4])
        raise SourceError(
            f"{path} is no Cost and Usage Report: its columns begin with {first}. Expected "
            "lineItem/LineItemType and lineItem/UnblendedCost (line_item_line_item_type, "
            "line_item_unblended_cost). Choose another --kind, or another file."
        )
