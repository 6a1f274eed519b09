"""Everything the app tells, as plain JSON data: one shape for command line and API.

Money is text with all its decimals, times are ISO 8601 in UTC with a final Z, periods YYYY-MM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.status import (
    CheckLine,
    DoctorLine,
    RunRecord,
    SourceKind,
    SourceLoad,
    SourceStatus,
)
from outlay.money import BillingPeriod, money_text

if TYPE_CHECKING:
    from outlay.app.inference import Inference
    from outlay.app.rates import RatesInfo
    from outlay.lake import (
        DeliveryRecord,
        LoadOutcome,
        Pin,
        Proof,
        RestatementReport,
        Slice,
        SnapshotInfo,
    )
    from outlay.lake.types import MeasureChange, UsageLine
    from outlay.money.rates import Rate
    from outlay.query import DimensionInfo, ValueInfo
    from outlay.resources import Change, Resource
    from outlay.sources.contract import Feed

Json = dict[str, Any]


def plain(value: Any) -> Any:
    """A value as JSON data: decimals as money text, times with a final Z."""
    if isinstance(value, Decimal):
        return money_text(value)
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date | BillingPeriod):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value


def proof_totals(proof: Proof, side: str) -> dict[str, dict[str, str]]:
    """`stated`, `loaded`, `rejected` or `difference` as cost column → currency → amount."""
    totals: dict[str, dict[str, str]] = {}
    for line in proof.lines:
        totals.setdefault(line.measure, {})[line.currency] = money_text(getattr(line, side))
    return totals


def slice_json(item: Slice) -> Json:
    """A slice as `outlay deliveries --json` gives it."""
    return record_json(item.delivery) | {
        "snapshot": str(item.snapshot_id),
        "committed_at": plain(item.committed_at),
    }


def record_json(record: DeliveryRecord) -> Json:
    """A delivery: `rows` as the vendor counts them, `charges` made of them, and the proof."""
    proof = record.proof
    return {
        "source": record.source,
        "kind": record.kind,
        "billing_period": str(record.billing_period),
        "rows": proof.rows_read,
        "charges": record.rows,
        "rows_folded": dict(proof.rows_folded),
        "rows_extra": proof.rows_extra,
        "usage_rows": record.usage_rows,
        "usage": [usage_line_json(line) for line in proof.usage],
        "rejected": proof.rows_rejected,
        "stated": proof_totals(proof, "stated"),
        "loaded": proof_totals(proof, "loaded"),
        "rejected_amounts": proof_totals(proof, "rejected"),
        "reconciled": proof.reconciled,
        "problems": list(proof.problems),
        "loaded_at": plain(record.loaded_at),
        "cause": record.cause,
        "delivery": record.id,
        "replaces": record.replaces,
        "version": record.version,
        "focus_version": record.focus_version,
        "mapping_version": record.mapping_version,
        "vocabulary": record.vocabulary or None,
        "files": [
            {"path": file.path, "sha256": file.sha256, "size": file.size} for file in record.files
        ],
        "notes": list(record.notes),
        "rejects_sample": [
            {"file": row.file, "line": row.line, "reason": row.reason}
            for row in record.rejects_sample
        ],
    }


def usage_line_json(line: UsageLine) -> Json:
    """One metric of a delivery's usage rows: what its own rows say, and what is in the ledger."""
    return {
        "metric": line.metric,
        "unit": line.unit,
        "stated": None if line.stated is None else money_text(line.stated),
        "loaded": money_text(line.loaded),
    }


def feed_json(feed: Feed) -> Json:
    """What was detected, and why it is taken for that kind."""
    return {"kind": feed.kind, "name": feed.name, "root": feed.root, "evidence": feed.evidence}


def inference_json(found: Inference) -> Json:
    """What lies at a place: `feeds` of known kinds, or the table with its mapping and trial."""
    proposal, trial = found.proposal, found.trial
    return {
        "location": found.location,
        "feeds": [feed_json(feed) for feed in found.feeds],
        "file": found.file or None,
        "mapping": plain(found.mapping),
        "evidence": [
            {
                "target": line.target,
                "cell": plain(line.cell),
                "because": line.because,
                "sureness": line.sureness,
            }
            for line in (proposal.evidence if proposal else ())
        ],
        "doubts": list(proposal.doubts if proposal else ()),
        "missing": list(proposal.missing if proposal else ()),
        "trial": None
        if trial is None
        else {
            "rows": trial.rows,
            "charges": trial.charges,
            "skipped": trial.skipped,
            "rejected": trial.rejected,
            "reasons": list(trial.reasons),
            "periods": plain(trial.periods),
            "totals": plain(trial.totals or {}),
            "samples": plain(trial.samples),
            "problems": list(trial.problems),
        },
    }


def rates_json(info: RatesInfo) -> Json:
    """One thing that amounts can be converted by."""
    return {
        "name": info.name,
        "title": info.title,
        "from": plain(info.since),
        "to": plain(info.until),
        "currencies": list(info.currencies),
        "default": info.default,
    }


def day_rate_json(day: date, rate: Rate | None) -> Json:
    """The rate of a charge day; `rate` is null where there is none."""
    found = {"day": str(day), "rate": None, "rate_of": None, "publisher": None}
    if rate is None:
        return found
    return found | {
        "rate": f"{rate.value:f}",
        "rate_of": str(rate.day),
        "publisher": rate.publisher,
    }


def outcome_json(outcome: LoadOutcome) -> Json:
    """What became of one slice in a load."""
    found: Json = {
        "source": outcome.source,
        "billing_period": plain(outcome.billing_period),
        "status": outcome.status,
        "message": outcome.message,
        "snapshot": None if outcome.snapshot_id is None else str(outcome.snapshot_id),
    }
    return found | ({"delivery": record_json(outcome.record)} if outcome.record else {})


def load_json(load: SourceLoad) -> Json:
    """What a load or sync did for one source."""
    return {
        "source": load.source,
        "kind": load.kind,
        "location": load.location,
        "detected": feed_json(load.feed) if load.feed else None,
        "outcome": load.outcome,
        "error": load.error or None,
        "notes": list(load.notes),
        "slices": [outcome_json(outcome) for outcome in load.outcomes],
    }


def run_json(run: RunRecord | None) -> Json | None:
    """One line of the run log."""
    if run is None:
        return None
    return {
        "id": run.id,
        "source": run.source,
        "action": run.action,
        "started_at": plain(run.started_at),
        "ended_at": plain(run.ended_at),
        "outcome": run.outcome,
        "message": run.message,
    }


def source_json(status: SourceStatus) -> Json:
    """A source with what the lake holds of it."""
    return {
        "name": status.name,
        "kind": status.kind,
        "location": status.location,
        "root": status.root,
        "options": plain(status.options),
        "cadence": status.cadence,
        "enabled": status.enabled,
        "configured": status.configured,
        "last_delivery_at": plain(status.last_delivery_at),
        "newest_period": plain(status.newest_period),
        "slices": status.slices,
        "rows": status.rows,
        "rejected": status.rejected,
        "reconciled": status.reconciled,
        "freshness": status.freshness,
        "freshness_reason": status.freshness_reason,
        "last_run": run_json(status.last_run),
        "error": status.error or None,
        "next_sync_at": plain(status.next_sync_at),
        "usage_rows": status.usage_rows,
    }


def kind_json(kind: SourceKind) -> Json:
    """A kind of bill that can be read."""
    return {
        "kind": kind.kind,
        "title": kind.title,
        "description": kind.description,
        "example": kind.example,
        "options": kind.options,
    }


def snapshot_json(snapshot: SnapshotInfo) -> Json:
    """One commit of the lake."""
    return {
        "snapshot": str(snapshot.snapshot_id),
        "committed_at": plain(snapshot.committed_at),
        "added": list(snapshot.added),
        "removed": list(snapshot.removed),
        "cause": snapshot.cause,
        "detail": snapshot.detail,
    }


def _pin_json(pin: Pin) -> Json:
    return {
        "snapshot": None if pin.snapshot_id is None else str(pin.snapshot_id),
        "committed_at": plain(pin.committed_at),
    }


def _changes(measures: Iterable[MeasureChange]) -> list[Json]:
    return [
        {
            "measure": item.measure,
            "currency": item.currency,
            "before": money_text(item.before),
            "after": money_text(item.after),
            "change": money_text(item.change),
        }
        for item in measures
    ]


def restatement_json(report: RestatementReport) -> Json:
    """What changed between two snapshots."""
    return {
        "before": _pin_json(report.before),
        "after": _pin_json(report.after),
        "by": list(report.by),
        "slices": [
            {
                "source": item.source,
                "billing_period": str(item.billing_period),
                "cause": item.cause,
                "before": item.before,
                "after": item.after,
                "rows_before": item.rows_before,
                "rows_after": item.rows_after,
                "measures": _changes(item.measures),
            }
            for item in report.slices
        ],
        "rows": [
            dict(zip(report.by, plain(row.values), strict=True))
            | {"measures": _changes(row.measures)}
            for row in report.rows
        ],
    }


def resource_json(resource: Resource) -> Json:
    """A configured thing with its version."""
    return resource.document() | {
        "spec": resource.spec.model_dump(mode="json"),
        "version": resource.version,
        "author": resource.author,
        "updated_at": plain(resource.updated_at),
        "note": resource.note,
    }


def change_json(change: Change) -> Json:
    """One version of a configured thing: who did what when."""
    return {
        "kind": change.kind,
        "name": change.name,
        "version": change.version,
        "action": change.action,
        "author": change.author,
        "at": plain(change.at),
        "note": change.note,
        "diff": [
            {"field": item.field, "before": item.before, "after": item.after}
            for item in change.diff
        ],
    }


def dimension_json(dimension: DimensionInfo) -> Json:
    """A dimension with the money that has a value of it."""
    return {
        "name": dimension.name,
        "kind": dimension.kind,
        "title": dimension.title,
        "covered": plain(dimension.covered),
        "total": plain(dimension.total),
    }


def value_json(value: ValueInfo) -> Json:
    """A value of a dimension with its money."""
    return {
        "value": plain(value.value),
        "amounts": plain(value.amounts),
        "lines": value.lines,
    }


def check_json(line: CheckLine) -> Json:
    """One row check that rows of a slice break."""
    return {
        "source": line.source,
        "billing_period": str(line.billing_period),
        "rule": line.rule,
        "description": line.description,
        "severity": line.severity,
        "blocking": line.blocking,
        "rows": line.rows,
        "sample": plain(line.sample),
    }


def doctor_json(line: DoctorLine) -> Json:
    """One thing that the doctor looked at."""
    return {
        "topic": line.topic,
        "ok": line.ok,
        "found": line.found,
        "next": None if line.ok else line.next or None,
    }
