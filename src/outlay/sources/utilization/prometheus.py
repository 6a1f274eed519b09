"""Answers of Prometheus's query_range: one series a resource, one value a step.

A value stands at the end of its step, as ``avg_over_time(…[1d])`` and its like are reckoned. The
metric is the series' name, or its label `metric` or `utilization`; the statistic its label
`statistic`. What an expression takes away, the source's options say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from outlay.sources.contract import SourceError
from outlay.sources.utilization.rows import Record, moment, record, seconds_of, step_of, text_of

NAMESPACE = "prometheus"
RESOURCE_LABELS = ("ResourceId", "resource_id", "instance_id", "provider_id", "volume_id",
                   "resource", "instance")  # fmt: skip
"""Labels that name the resource, the first that is there."""

_METRIC_LABELS = ("utilization", "metric", "__name__")
_STATISTIC_LABELS = ("statistic", "stat")


def is_answer(document: object) -> bool:
    """Whether it is an answer of query_range (a matrix)."""
    data = document.get("data") if isinstance(document, dict) else None
    return (
        isinstance(data, dict)
        and data.get("resultType") == "matrix"
        and isinstance(data.get("result"), list)
    )


def answer(document: Mapping[str, Any], name: str) -> Iterator[Record]:
    """The measurements of an answer; SourceError for one that says that it failed."""
    if document.get("status") not in (None, "success"):
        said = document.get("error") or document.get("status")
        raise SourceError(f"{name}: Prometheus says {said!r}; ask again")
    found = document["data"]["result"]
    series = [[moment(one[0]) for one in each.get("values") or ()] for each in found]
    # A series of one value has no step of its own: the others' is the question's.
    steps = [step for each in series if (step := step_of(each)) is not None]
    step = seconds_of(document.get("step")) or min(steps, default=None)
    for each, moments in zip(found, series, strict=True):
        labels = {str(key): str(value) for key, value in (each.get("metric") or {}).items()}
        metric = next((labels[one] for one in _METRIC_LABELS if labels.get(one)), None)
        statistic = next((labels[one] for one in _STATISTIC_LABELS if labels.get(one)), None)
        resource = next((labels[one] for one in RESOURCE_LABELS if labels.get(one)), None)
        for at, (_, value) in zip(moments, each.get("values") or (), strict=True):
            start = at - timedelta(seconds=step) if at is not None and step else None
            yield record(
                metric or "", statistic, text_of(start), text_of(at), value,
                Namespace=NAMESPACE, ResourceId=resource, Labels=labels,
                SubAccountId=labels.get("account_id") or labels.get("account"),
                RegionId=labels.get("region"), ResourceName=labels.get("resource_name"),
            )  # fmt: skip
