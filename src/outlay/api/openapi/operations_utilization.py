"""The operations of utilisation."""

from __future__ import annotations

from outlay.api.openapi.operations import Operation

UTILIZATION: dict[str, Operation] = {
    "GET /utilization": Operation("utilization", "UtilizationAnswer"),
    "GET /utilization.csv": Operation("utilization_csv", "", ("text/csv",)),
    "GET /utilization/coverage": Operation("utilization_coverage", "UtilizationCoverage"),
}
