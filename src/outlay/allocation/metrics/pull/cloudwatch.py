"""Values of Amazon CloudWatch: one metric, by the dimensions that are its labels.

Credentials come from the AWS configuration of the process (profile, role, environment)."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from outlay.allocation.metrics.model import CloudWatchSource, MetricSpec
from outlay.allocation.metrics.pull import Pulled, Window
from outlay.allocation.metrics.pull.prometheus import SECONDS, Row, labels_of, spans
from outlay.allocation.metrics.values import read_rows
from outlay.sources.contract import Progress, RetryableTransportError, SourceError, TransportError

_QUERIES = 100  # of one request; CloudWatch allows 500
_LATER = {"Throttling", "ThrottlingException", "InternalServiceFault", "ServiceUnavailable"}


def pull_cloudwatch(
    spec: MetricSpec, window: Window, folder: Path, progress: Progress | None
) -> Pulled:
    """The metric's statistic over the window, one series a combination of label dimensions."""
    source = spec.source
    assert isinstance(source, CloudWatchSource)
    rows: list[Row] = []
    with _client(source) as client:
        found = _combinations(client, spec, source)
        chunks = list(spans(window))
        for number, (start, end) in enumerate(chunks):
            if progress:
                progress(f"asking for {start:%Y-%m-%d}", number, len(chunks))
            for first in range(0, len(found), _QUERIES):
                part = found[first : first + _QUERIES]
                rows += _values(client, spec, source, part, (start, end))
    return Pulled(read_rows(iter(rows), spec, "the answer of CloudWatch"), "cloudwatch")


def _combinations(client: Any, spec: MetricSpec, source: CloudWatchSource) -> list[dict[str, str]]:
    """The sets of dimensions to ask for: the fixed ones, and every value of the labels'."""
    wanted = [source.columns.get(label, label) for label in spec.labels]
    if not wanted:
        return [dict(source.dimensions)]
    filters: list[dict[str, str]] = [
        {"Name": name, "Value": value} for name, value in source.dimensions.items()
    ]
    filters += [{"Name": name} for name in wanted]
    pages = client.get_paginator("list_metrics").paginate(
        Namespace=source.namespace, MetricName=source.metric, Dimensions=filters
    )
    exact = {*wanted, *source.dimensions}
    found = []
    for page in pages:
        for metric in page["Metrics"]:
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            # A metric with further dimensions is a part of another sum, not another of ours.
            if set(dimensions) == exact and dimensions not in found:
                found.append(dimensions)
    if not found:
        raise SourceError(
            f"CloudWatch lists no {source.namespace} {source.metric} with exactly the dimensions "
            f"{', '.join(sorted(exact))} in {source.region}; check source.dimensions and "
            "source.columns"
        )
    return found


def _values(
    client: Any,
    spec: MetricSpec,
    source: CloudWatchSource,
    combinations: list[dict[str, str]],
    window: tuple[Any, Any],
) -> list[Row]:
    queries = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": source.namespace,
                    "MetricName": source.metric,
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                },
                "Period": SECONDS[spec.grain],
                "Stat": source.statistic,
            },
            "ReturnData": True,
        }
        for number, dimensions in enumerate(combinations)
    ]
    labels = [labels_of(dimensions, spec, source.columns) for dimensions in combinations]
    pages = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=window[0].replace(tzinfo=UTC),
        EndTime=window[1].replace(tzinfo=UTC),
        ScanBy="TimestampAscending",
    )
    rows: list[Row] = []
    for page in pages:
        for result in page["MetricDataResults"]:
            if result.get("StatusCode") in ("InternalError", "Forbidden"):
                raise SourceError(f"CloudWatch answers {result['StatusCode']} for {source.metric}")
            named = labels[int(result["Id"][1:])]
            rows += [
                (at, value, named)
                for at, value in zip(result["Timestamps"], result["Values"], strict=True)
            ]
    return rows


@contextmanager
def _client(source: CloudWatchSource) -> Iterator[Any]:
    """The SDK's client; its errors are raised as ours."""
    try:
        boto3 = importlib.import_module("boto3")
        errors = importlib.import_module("botocore.exceptions")
    except ModuleNotFoundError:
        raise TransportError(
            "CloudWatch needs the AWS SDK, which is not installed; install it with: "
            "pip install 'outlay[aws]'"
        ) from None
    where = f"CloudWatch in {source.region}"
    try:
        yield boto3.session.Session().client("cloudwatch", region_name=source.region)
    except errors.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        kind = RetryableTransportError if code in _LATER else TransportError
        raise kind(
            f"{where} refuses ({code}). The process needs cloudwatch:ListMetrics and "
            "cloudwatch:GetMetricData"
        ) from None
    except errors.BotoCoreError as error:
        raise TransportError(
            f"{where} cannot be asked: {type(error).__name__}; check the region and the AWS "
            "credentials of this process (AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY)"
        ) from None
