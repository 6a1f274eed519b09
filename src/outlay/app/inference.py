"""What lies at a place: a bill of a known kind, or a table with a proposal of how to read it.

A proposal is tried before it is shown, by the ordinary load into a ledger that is thrown away, so
that its sample charges, total and rejected rows are those that a load would give.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from outlay.app.errors import WorkspaceError
from outlay.app.loading import detect_bills
from outlay.money import BillingPeriod, total
from outlay.resources.kinds import problem_text
from outlay.sources.contract import Feed, FileRef, SourceError, Transport
from outlay.sources.detect import UnknownBill

if TYPE_CHECKING:
    from outlay.lake import LoadOutcome
    from outlay.sources.csv_mapped.infer import Proposal

CSV = "csv"
SAMPLES = 3
_SHOWN = (
    "ChargePeriodStart", "ChargePeriodEnd", "ServiceName", "ChargeDescription", "SubAccountName",
    "ChargeCategory", "ConsumedQuantity", "ConsumedUnit", "BilledCost", "BillingCurrency", "Tags",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """What a load by a mapping would give.

    `rows` were read, `skipped` by the mapping's own rule, `rejected` with `reasons` (reason and
    how often, of a sample); `totals` is BilledCost by currency, `samples` the first charges of
    the file, `problems` why a period could not be loaded at all.
    """

    rows: int = 0
    charges: int = 0
    skipped: int = 0
    rejected: int = 0
    periods: tuple[BillingPeriod, ...] = ()
    totals: Mapping[str, Decimal] | None = None
    samples: tuple[Mapping[str, Any], ...] = ()
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inference:
    """Either `feeds` of known kinds, or the table `file` with a mapping: the one that was given,
    or a `proposal`'s; tried, unless something required is missing."""

    location: str
    feeds: tuple[Feed, ...] = ()
    file: str = ""
    mapping: Mapping[str, Any] | None = None
    proposal: Proposal | None = None
    trial: Trial | None = None


def infer(
    location: str, kind: str | None = None, mapping: Mapping[str, Any] | None = None
) -> Inference:
    """Look at an absolute path or URL; nothing is kept.

    SourceError when there is neither a bill nor a table, WorkspaceError when the mapping itself
    is wrong; what in it does not fit the file stands in the trial's problems.
    """
    from outlay.sources.csv_mapped.infer import propose
    from outlay.sources.transports import open_transport

    transport = open_transport(location)
    if mapping is None and kind != CSV:
        try:
            return Inference(location, feeds=tuple(detect_bills(location, kind)))
        except UnknownBill as nothing:
            if not nothing.tables:
                raise
            tables: Sequence[FileRef] = nothing.tables
    else:
        detect_bills(location, CSV)
        tables = [file for file in transport.list() if file.size]
    file = tables[0]
    if mapping is not None:
        return Inference(location, file=file.path, mapping=mapping, trial=_try(transport, mapping))
    proposal = propose(transport, file)
    proposed = proposal.mapping()
    trial = None if proposal.missing else _try(transport, proposed)
    return Inference(location, (), file.path, proposed, proposal, trial)


def mapping_yaml(found: Inference) -> str:
    """The mapping as a file to correct: each line with its reason, doubts and gaps on top."""
    mapping, proposal = dict(found.mapping or {}), found.proposal
    lines = [f"# How {found.file or found.location} becomes charges: docs/sources/csv.md"]
    reasons = {}
    if proposal is not None:
        lines += [f"# Check: {doubt}." for doubt in proposal.doubts]
        reasons = {e.target: f"{e.sureness}: {e.because}" for e in proposal.evidence}
    lines.append(f"vendor: {_flow(mapping.pop('vendor', ''))}")
    for group, prefix in (("columns", ""), ("tags", "tags.")):
        cells = mapping.pop(group, None)
        missing = proposal.missing if proposal and group == "columns" else []
        if cells or missing:
            lines.append(f"{group}:")
        for name, cell in (cells or {}).items():
            reason = reasons.get(f"{prefix}{name}", "")
            lines.append(f"  {_flow(name)}: {_flow(cell)}" + (f"  # {reason}" if reason else ""))
        lines += [f"  # {name}:   not found, and needed" for name in missing]
    lines += [f"{name}: {_flow(value)}" for name, value in mapping.items()]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=10_000
    )
    return text.removesuffix("\n...\n").strip()


def _try(transport: Transport, mapping: Mapping[str, Any]) -> Trial:
    from outlay.lake import Lake, LakeError
    from outlay.sources.registry import source as source_of

    source = source_of(CSV)
    try:
        options = source.Options.model_validate({"mapping": mapping})
    except ValidationError as error:
        problems = "; ".join(problem_text(problem) for problem in error.errors())
        raise WorkspaceError(f"the mapping is not valid: {problems}", wrong_use=True) from None
    with tempfile.TemporaryDirectory(prefix="outlay-trial-") as folder:
        lake = Lake.open(Path(folder), threads=2)
        try:
            outcomes = lake.load("trial", source, transport, options, max_rejected=Decimal(1))
        except (SourceError, LakeError) as error:
            return Trial(problems=(str(error),))
        return _told(lake, outcomes)


def _told(lake: Any, outcomes: Sequence[LoadOutcome]) -> Trial:
    records = [outcome.record for outcome in outcomes if outcome.record is not None]
    billed: dict[str, list[Decimal]] = {}
    for record in records:
        for line in record.proof.lines:
            if line.measure == "BilledCost":
                billed.setdefault(line.currency, []).append(line.loaded)
    paths = [str(item.charges_path) for item in lake.pin().slices]
    samples: list[dict[str, Any]] = []
    if paths:
        with lake.connect() as connection:
            rows = connection.execute(
                f"SELECT {', '.join(_SHOWN)} FROM read_parquet(?, union_by_name = true) "
                f"ORDER BY x_SourceFile, x_SourceLine, ChargeCategory LIMIT {SAMPLES}",
                [paths],
            ).fetchall()
        samples = [dict(zip(_SHOWN, row, strict=True)) for row in rows]
    reasons = {row.reason: None for record in records for row in record.rejects_sample}
    return Trial(
        rows=sum(record.proof.rows_read for record in records),
        charges=sum(record.rows for record in records),
        skipped=sum(sum(record.proof.rows_folded.values()) for record in records),
        rejected=sum(record.proof.rows_rejected for record in records),
        periods=tuple(sorted(record.billing_period for record in records)),
        totals={currency: total(amounts) for currency, amounts in sorted(billed.items())},
        samples=tuple(samples),
        reasons=tuple(reasons),
        problems=tuple(o.message for o in outcomes if o.status in ("failed", "held")),
    )
