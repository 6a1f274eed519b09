"""Questions about usage: what was used, by whom, and what it is estimated to cost."""

from outlay.query.usage.lane import Lane, ProvisionalRow, SupersededBy
from outlay.query.usage.model import UsageQuery
from outlay.query.usage.provisional import provisional
from outlay.query.usage.result import MetricInfo, UsageResult
from outlay.query.usage.run import dimensions, metrics, usage

__all__ = [
    "Lane",
    "MetricInfo",
    "ProvisionalRow",
    "SupersededBy",
    "UsageQuery",
    "UsageResult",
    "dimensions",
    "metrics",
    "provisional",
    "usage",
]
