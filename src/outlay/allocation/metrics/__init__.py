"""Metrics: daily and hourly series with labels that costs are divided by and shared by.

`model` is what people configure, `values` reads what is delivered, `store` keeps deliveries of
values with their history, `reader` answers per period and label, `pull` fetches from elsewhere.
"""

from outlay.allocation.metrics.model import MetricSpec
from outlay.allocation.metrics.reader import StoredMetrics
from outlay.allocation.metrics.store import SeriesStore, ValueDelivery
from outlay.allocation.metrics.values import MetricDataError, MetricValue, RowProblem

__all__ = [
    "MetricDataError",
    "MetricSpec",
    "MetricValue",
    "RowProblem",
    "SeriesStore",
    "StoredMetrics",
    "ValueDelivery",
]
