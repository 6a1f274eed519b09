"""Azure Monitor's metrics and Cloud Monitoring's time series."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from outlay.sources.utilization.names import space_of
from outlay.sources.utilization.rows import (
    Record,
    bounds,
    moment,
    record,
    seconds_of,
    step_of,
    text_of,
)

_AZURE = ("average", "minimum", "maximum", "total")
_METRIC_PART = re.compile(r"/providers/microsoft\.insights/metrics/.*$", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"^/subscriptions/[^/]+")
_MS_PROVIDER = re.compile(r"/providers/([^/]+/[^/]+)(?:/[^/]+(/[^/]+))?", re.IGNORECASE)


def is_azure(document: object) -> bool:
    """Whether it is an answer of Azure Monitor: of one resource, or of several (`values`)."""
    if not isinstance(document, dict):
        return False
    several = document.get("values")
    if isinstance(several, list):
        return bool(several) and all(
            isinstance(one, dict) and "resourceid" in one and "interval" in one for one in several
        )
    values = document.get("value")
    return (
        isinstance(values, list)
        and "timespan" in document
        and all(isinstance(one, dict) and "timeseries" in one for one in values)
    )


def azure(document: Mapping[str, Any]) -> Iterator[Record]:
    """The measurements of an answer of Azure Monitor; what has no value is no measurement."""
    for answer in document.get("values") or (document,):
        seconds = seconds_of(answer.get("interval"))
        for metric in answer.get("value") or ():
            resource = str(answer.get("resourceid") or "") or _METRIC_PART.sub(
                "", str(metric.get("id") or "")
            )
            resource = resource.lower()
            account = _SUBSCRIPTION.match(resource)
            namespace = str(answer.get("namespace") or _type(resource))
            space = space_of(namespace)
            name = metric.get("name")
            for series in metric.get("timeseries") or ():
                labels = {
                    str((one.get("name") or {}).get("value")): str(one.get("value"))
                    for one in series.get("metadatavalues") or ()
                }
                for point in series.get("data") or ():
                    start, end = bounds(moment(point.get("timeStamp")), seconds)
                    for statistic in _AZURE:
                        if point.get(statistic) is None:
                            continue
                        yield record(
                            str(name.get("value") if isinstance(name, dict) else name), statistic,
                            start, end, point[statistic], Namespace=namespace,
                            ResourceId=resource, Unit=metric.get("unit"),
                            ServiceProviderName="Microsoft", Labels=labels,
                            SubAccountId=account[0] if account else None,
                            RegionId=answer.get("resourceregion"),
                            ResourceType=space.type if space else None,
                        )  # fmt: skip


def _type(resource: str) -> str:
    match = _MS_PROVIDER.search(resource)
    return f"{match[1]}{match[2] or ''}" if match else ""


def is_google(document: object) -> bool:
    """Whether it is an answer of Cloud Monitoring's timeSeries.list, or one series of it."""
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("timeSeries"), list):
        return True
    return {"metric", "resource", "points"} <= set(document)


def google(document: Mapping[str, Any]) -> Iterator[Record]:
    """The measurements of Cloud Monitoring's series. How points were aligned is not in the
    answer: a rate of growth (DELTA) is a sum, others are what the mapping takes them for."""
    found = document.get("timeSeries", (document,))
    ends = [[moment(_interval(one).get("endTime")) for one in each.get("points") or ()]
            for each in found]  # fmt: skip
    # A series of one point has no step of its own: the others' is the question's.
    least = min((step for each in ends if (step := step_of(each))), default=None)
    for series, own in zip(found, ends, strict=True):
        step = step_of(own) or least
        metric, resource = series.get("metric") or {}, series.get("resource") or {}
        space, _, name = str(metric.get("type") or "").partition("/")
        labels = {**(metric.get("labels") or {})}
        name += _state(space, labels)
        facts = resource.get("labels") or {}
        known = space_of(space)
        delta = series.get("metricKind") == "DELTA"
        for point, end in zip(series.get("points") or (), own, strict=True):
            start = moment(_interval(point).get("startTime"))
            if end is not None and step and (start is None or start == end):
                # A gauge's interval is a moment: its value stands at the end of what it is of.
                start = end - timedelta(seconds=step)
            yield record(
                name, "sum" if delta else None, text_of(start), text_of(end),
                _google_value(point.get("value") or {}), Namespace=space,
                ResourceId=_google_id(space, facts, labels, series), Unit=series.get("unit"),
                ServiceProviderName="Google Cloud", SubAccountId=facts.get("project_id"),
                RegionId=facts.get("zone") or facts.get("region") or facts.get("location"),
                ResourceType=known.type if known else None, Labels=labels,
            )  # fmt: skip


def _state(space: str, labels: Mapping[str, Any]) -> str:
    """What is put to the name of a metric that the agent measures state by state, each a series:
    memory that is free is no memory that is used."""
    if space != "agent.googleapis.com":
        return ""
    state = str(labels.get("cpu_state") or labels.get("state") or "")
    return f"[{state}]" if state not in ("", "used") else ""


def _interval(point: Mapping[str, Any]) -> Mapping[str, Any]:
    return point.get("interval") or {}


def _google_value(value: Mapping[str, Any]) -> object:
    distribution = value.get("distributionValue")
    if isinstance(distribution, dict):
        return distribution.get("mean")
    return value.get("doubleValue", value.get("int64Value"))


def _google_id(
    space: str, facts: Mapping[str, Any], labels: Mapping[str, Any], series: Mapping[str, Any]
) -> str:
    """The resource by its name, as bills have it, rather than by its number."""
    system = (series.get("metadata") or {}).get("systemLabels") or {}
    project = facts.get("project_id", "")
    name = labels.get("instance_name") or system.get("name")
    if space in ("compute.googleapis.com", "agent.googleapis.com"):
        kind = f"zones/{facts['zone']}/instances" if facts.get("zone") else "instances"
        last = name or facts.get("instance_id")
        return f"//compute.googleapis.com/projects/{project}/{kind}/{last}" if last else ""
    for key in ("database_id", "bucket_name", "service_name", "endpoint_id", "gateway_name",
                "url_map_name", "forwarding_rule_name", "instance_id"):  # fmt: skip
        if facts.get(key):
            return str(facts[key])
    return str(name or "")
