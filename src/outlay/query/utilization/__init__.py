"""How busy resources were: measurements by resource, metric and statistic, never as sums."""

from outlay.query.utilization.model import UtilizationQuery
from outlay.query.utilization.result import UtilizationResult, UtilizationRow
from outlay.query.utilization.run import measured_ids, readings, utilization

__all__ = [
    "UtilizationQuery",
    "UtilizationResult",
    "UtilizationRow",
    "measured_ids",
    "readings",
    "utilization",
]
