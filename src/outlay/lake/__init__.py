"""The lake: deliveries become slices of one charges table, with proof, history and roll-ups."""

from outlay.focus.checks import CheckResult
from outlay.lake.lake import Lake
from outlay.lake.records import proof_to_dict, record_from_json, record_to_dict, record_to_json
from outlay.lake.types import (
    COST_COLUMNS,
    MEASURE_COLUMNS,
    ROLLUPS,
    DeliveryRecord,
    DimensionChange,
    LakeError,
    LandedFile,
    LoadOutcome,
    MaintenanceReport,
    MeasureChange,
    Pin,
    Proof,
    ProofLine,
    RejectedRow,
    RestatementReport,
    Rollup,
    Slice,
    SliceChange,
    SnapshotInfo,
)

__all__ = [
    "COST_COLUMNS",
    "MEASURE_COLUMNS",
    "ROLLUPS",
    "CheckResult",
    "DeliveryRecord",
    "DimensionChange",
    "Lake",
    "LakeError",
    "LandedFile",
    "LoadOutcome",
    "MaintenanceReport",
    "MeasureChange",
    "Pin",
    "Proof",
    "ProofLine",
    "RejectedRow",
    "RestatementReport",
    "Rollup",
    "Slice",
    "SliceChange",
    "SnapshotInfo",
    "proof_to_dict",
    "record_from_json",
    "record_to_dict",
    "record_to_json",
]
