"""The operations of detectors."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

DETECTORS: dict[str, Operation] = {
    "GET /detectors": Operation("list_detectors", "DetectorCatalogue"),
    "POST /detectors/run": Operation("run_detectors", "DetectorRun"),
    "GET /detectors/{name}": Operation("get_detector", "DetectorStanding"),
}
