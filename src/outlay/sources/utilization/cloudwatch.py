"""CloudWatch: answers of GetMetricData and GetMetricStatistics, and metric streams.

GetMetricData's answer says neither metric, statistic, period nor resource of a result. They are
read from the questions that were asked, where the document has them beside the results
(`MetricDataQueries`), else from the result's label, in the order of `LABEL`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from outlay.money.quotients import quotient
from outlay.sources.contract import SourceError
from outlay.sources.utilization.names import space_of
from outlay.sources.utilization.rows import (
    Record,
    bounds,
    moment,
    record,
    seconds_of,
    step_of,
)

LABEL = (
    "${PROP('Namespace')}|${PROP('MetricName')}|${PROP('Stat')}|${PROP('Period')}|"
    "${PROP('Dim.InstanceId')}"
)
"""The label to ask for, with the dimension that names the resource; account, region may follow."""

_STATISTICS = ("Average", "Maximum", "Minimum", "Sum")
_STREAM = {"max": "Maximum", "min": "Minimum", "sum": "Sum"}
_STREAM_SECONDS = 60
_NAMED = re.compile(r"^(?:.*/)?([^/]+?)(?:__[^/]*)?\.json(?:\.gz)?$", re.IGNORECASE)


def is_metric_data(document: object) -> bool:
    """Whether it is an answer of GetMetricData."""
    return isinstance(document, dict) and isinstance(document.get("MetricDataResults"), list)


def is_statistics(document: object) -> bool:
    """Whether it is an answer of GetMetricStatistics."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("Datapoints"), list)
        and "Label" in document
    )


def is_stream(document: object) -> bool:
    """Whether it is a line of a metric stream in JSON."""
    return isinstance(document, dict) and {
        "namespace", "metric_name", "dimensions", "timestamp", "value",
    } <= set(document)  # fmt: skip


def metric_data(document: Mapping[str, Any], name: str) -> Iterator[Record]:
    """The measurements of GetMetricData's answer; SourceError where a result says not what it is
    of, or is only a part of it."""
    asked = {str(one.get("Id")): one for one in document.get("MetricDataQueries") or ()}
    for result in document["MetricDataResults"]:
        label = str(result.get("Label") or "")
        if result.get("StatusCode") == "InternalError":
            raise SourceError(f"{name}: CloudWatch could not answer {label!r}; ask for it again")
        facts = _asked(asked.get(str(result.get("Id")))) or _labelled(label)
        if facts is None:
            raise SourceError(
                f"{name}: the result {label or result.get('Id')!r} does not say of what it is. Ask "
                f"GetMetricData for the label {LABEL}, or keep the questions in the file as "
                "MetricDataQueries"
            )
        moments = [moment(one) for one in result.get("Timestamps") or ()]
        values = result.get("Values") or ()
        if len(moments) != len(values):
            raise SourceError(
                f"{name}: the result {label!r} has {len(moments)} moments and {len(values)} "
                "values; fetch it again"
            )
        seconds = seconds_of(facts.pop("Period")) or step_of(moments)
        metric, statistic = str(facts.pop("Metric")), str(facts.pop("Statistic"))
        for at, value in zip(moments, values, strict=True):
            yield record(metric, statistic, *bounds(at, seconds), value, **facts)


def statistics(document: Mapping[str, Any], name: str) -> Iterator[Record]:
    """The measurements of GetMetricStatistics' answer, with `Namespace`, `Dimensions` and
    `Period` added to it; else the file's name is the resource's id."""
    dimensions = {
        str(one.get("Name")): str(one.get("Value")) for one in document.get("Dimensions") or ()
    }
    namespace = str(document.get("Namespace") or "")
    resource = _resource(namespace, dimensions)
    if not resource:
        match = _NAMED.match(name)
        resource = match[1] if match else ""
    points = document["Datapoints"]
    moments = [moment(one.get("Timestamp")) for one in points]
    seconds = seconds_of(document.get("Period")) or step_of(moments)
    for at, point in zip(moments, points, strict=True):
        found = {one: point[one] for one in _STATISTICS if point.get(one) is not None}
        found |= point.get("ExtendedStatistics") or {}
        for statistic, value in found.items():
            yield record(
                str(document["Label"]), statistic, *bounds(at, seconds), value,
                Namespace=namespace, ResourceId=resource, Unit=point.get("Unit"),
                SubAccountId=document.get("AccountId"), RegionId=document.get("Region"),
                **_of_space(namespace),
            )  # fmt: skip


def stream(line: Mapping[str, Any]) -> Iterator[Record]:
    """The measurements of a line of a metric stream: one minute of one metric."""
    dimensions = {str(key): str(value) for key, value in (line.get("dimensions") or {}).items()}
    namespace = str(line.get("namespace") or "")
    values = line.get("value") or {}
    found = {name: values[key] for key, name in _STREAM.items() if values.get(key) is not None}
    found |= {key: value for key, value in values.items() if key.startswith("p")}
    average = _average(values)
    if average is not None:
        found["Average"] = average
    for statistic, value in found.items():
        yield record(
            str(line.get("metric_name")), statistic,
            *bounds(moment(line.get("timestamp")), _STREAM_SECONDS), value,
            Namespace=namespace, ResourceId=_resource(namespace, dimensions),
            Unit=line.get("unit"), SubAccountId=line.get("account_id"),
            RegionId=line.get("region"), **_of_space(namespace),
        )  # fmt: skip


def _average(values: Mapping[str, Any]) -> Decimal | None:
    """The mean of a minute, to nine decimals; None where it was not measured."""
    try:
        return quotient(Decimal(str(values["sum"])), Decimal(str(values.get("count") or 0)), 9)
    except (KeyError, ArithmeticError):
        return None


def _asked(query: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What a question asked for; None where it is an expression."""
    stat = (query or {}).get("MetricStat")
    if query is None or not isinstance(stat, dict):
        return None
    metric = stat.get("Metric") or {}
    dimensions = {
        str(one.get("Name")): str(one.get("Value")) for one in metric.get("Dimensions") or ()
    }
    namespace = str(metric.get("Namespace") or "")
    return {
        "Metric": metric.get("MetricName"), "Statistic": stat.get("Stat"),
        "Period": stat.get("Period"), "Namespace": namespace,
        "ResourceId": _resource(namespace, dimensions), "Unit": stat.get("Unit"),
        "SubAccountId": query.get("AccountId"), **_of_space(namespace),
    }  # fmt: skip


def _labelled(label: str) -> dict[str, Any] | None:
    parts = [part.strip() for part in label.split("|")]
    if len(parts) < 5 or not parts[4]:
        return None
    more: Sequence[str] = (*parts[5:7], "", "")
    return {
        "Namespace": parts[0], "Metric": parts[1], "Statistic": parts[2], "Period": parts[3],
        "ResourceId": parts[4], "SubAccountId": more[0], "RegionId": more[1],
        **_of_space(parts[0]),
    }  # fmt: skip


def _resource(namespace: str, dimensions: Mapping[str, str]) -> str:
    """The dimension that names the resource; of a namespace that is not known, the only one."""
    space = space_of(namespace)
    if space is None:
        return next(iter(dimensions.values())) if len(dimensions) == 1 else ""
    return next((dimensions[one] for one in space.dimensions if dimensions.get(one)), "")


def _of_space(namespace: str) -> dict[str, Any]:
    space = space_of(namespace)
    if space is None:
        return {"ServiceProviderName": "AWS"}
    return {"ServiceProviderName": space.provider, "ResourceType": space.type}
