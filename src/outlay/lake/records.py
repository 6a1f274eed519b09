"""Delivery records as JSON files: exact amounts as text, times in ISO 8601, sorted keys."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from outlay.focus.checks import CheckResult
from outlay.lake.types import (
    DeliveryRecord,
    LakeError,
    LandedFile,
    Proof,
    ProofLine,
    RejectedRow,
    UsageLine,
)
from outlay.money import BillingPeriod, money_text


def proof_to_dict(proof: Proof) -> dict[str, Any]:
    """The proof as plain values; amounts in full as text."""
    return {
        "rows_read": proof.rows_read,
        "rows_mapped": proof.rows_mapped,
        "rows_extra": proof.rows_extra,
        "rows_folded": dict(proof.rows_folded),
        "rows_rejected": proof.rows_rejected,
        "lines": [
            {
                "measure": line.measure,
                "currency": line.currency,
                "stated": money_text(line.stated),
                "loaded": money_text(line.loaded),
                "rejected": money_text(line.rejected),
                "difference": money_text(line.difference),
            }
            for line in proof.lines
        ],
        "manifest_rows": proof.manifest_rows,
        "manifest_totals": {k: money_text(v) for k, v in proof.manifest_totals.items()},
        "usage": [
            {
                "metric": line.metric,
                "unit": line.unit,
                "stated": None if line.stated is None else money_text(line.stated),
                "loaded": money_text(line.loaded),
            }
            for line in proof.usage
        ],
        "reconciled": proof.reconciled,
        "problems": list(proof.problems),
    }


def _proof_from(data: Mapping[str, Any]) -> Proof:
    return Proof(
        rows_read=data["rows_read"],
        rows_mapped=data["rows_mapped"],
        rows_extra=data["rows_extra"],
        rows_folded=dict(data["rows_folded"]),
        rows_rejected=data["rows_rejected"],
        lines=tuple(
            ProofLine(
                line["measure"],
                line["currency"],
                Decimal(line["stated"]),
                Decimal(line["loaded"]),
                Decimal(line["rejected"]),
            )
            for line in data["lines"]
        ),
        manifest_rows=data["manifest_rows"],
        manifest_totals={k: Decimal(v) for k, v in data["manifest_totals"].items()},
        usage=tuple(
            UsageLine(
                line["metric"],
                line["unit"],
                None if line["stated"] is None else Decimal(line["stated"]),
                Decimal(line["loaded"]),
            )
            for line in data.get("usage", ())
        ),
    )


def checks_to_list(checks: Sequence[CheckResult]) -> list[dict[str, Any]]:
    """Check results as plain values, sampled values as text."""
    return [
        {
            **vars(check),
            "sample": [
                {name: None if value is None else str(value) for name, value in row.items()}
                for row in check.sample
            ],
        }
        for check in checks
    ]


def checks_from_list(data: Sequence[Mapping[str, Any]]) -> tuple[CheckResult, ...]:
    """Read check results back."""
    return tuple(CheckResult(**{**item, "sample": tuple(item["sample"])}) for item in data)


def record_to_dict(record: DeliveryRecord) -> dict[str, Any]:
    """The record as plain values, fit for JSON."""
    return {
        "format": 1,
        "id": record.id,
        "source": record.source,
        "kind": record.kind,
        "billing_period": str(record.billing_period),
        "version": record.version,
        "files": [vars(file) for file in record.files],
        "offer": record.offer,
        "fingerprint": record.fingerprint,
        "mapping_version": record.mapping_version,
        "options": record.options,
        "focus_version": record.focus_version,
        "loaded_at": record.loaded_at.isoformat(),
        "cause": record.cause,
        "replaces": record.replaces,
        "rows": record.rows,
        "proof": proof_to_dict(record.proof),
        "checks": checks_to_list(record.checks),
        "checked": record.checked,
        "notes": list(record.notes),
        "rejects_sample": [vars(row) for row in record.rejects_sample],
        "columns": list(record.columns),
        "context_columns": list(record.context_columns),
        "loose": record.loose,
        "usage_rows": record.usage_rows,
        "vocabulary": record.vocabulary,
    }


def record_to_json(record: DeliveryRecord) -> str:
    """The record as indented JSON text."""
    return json.dumps(record_to_dict(record), indent=1, ensure_ascii=False) + "\n"


def record_from_json(text: str) -> DeliveryRecord:
    """Read a record; raises LakeError when the text is none."""
    try:
        data = json.loads(text)
        return DeliveryRecord(
            id=data["id"],
            source=data["source"],
            kind=data["kind"],
            billing_period=BillingPeriod.parse(data["billing_period"]),
            version=data["version"],
            files=tuple(LandedFile(**file) for file in data["files"]),
            offer=data["offer"],
            fingerprint=data["fingerprint"],
            mapping_version=data["mapping_version"],
            options=data["options"],
            focus_version=data["focus_version"],
            loaded_at=datetime.fromisoformat(data["loaded_at"]),
            cause=data["cause"],
            replaces=data["replaces"],
            rows=data["rows"],
            proof=_proof_from(data["proof"]),
            checks=checks_from_list(data["checks"]),
            checked=data["checked"],
            notes=tuple(data["notes"]),
            rejects_sample=tuple(RejectedRow(**row) for row in data["rejects_sample"]),
            columns=tuple(data["columns"]),
            context_columns=tuple(data["context_columns"]),
            loose=data["loose"],
            usage_rows=data.get("usage_rows", 0),
            vocabulary=data.get("vocabulary", ""),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(
            f"a delivery record is damaged ({error!r}); restore it or load again"
        ) from (error)


def read_record(path: Path) -> DeliveryRecord:
    """Read a record file; raises LakeError when it is missing or damaged."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LakeError(
            f"the delivery record {path.name} is missing from the lake; run `outlay doctor`"
        ) from None
    return record_from_json(text)
