"""What the APIs are asked for is what detectors look at."""

from __future__ import annotations

import re

import pytest

from outlay.focus.utilization import METRICS
from outlay.savings.detectors.registry import detectors
from outlay.sources.utilization.apis.table import asked_metrics, metric_of, table
from outlay.sources.utilization.names import statistic_of

_INVENTORIES = {"attached", "running"}
"""What is attached and what runs is in no metric of the tools."""

_NOT_THERE = {
    ("cloudwatch", "iops"),  # the sums of operations by the hour stand for it
    ("azure-monitor", "iops"), ("azure-monitor", "throughput"),  # reads and writes apart
    ("azure-monitor", "memory"),  # by what is available, and the size
}  # fmt: skip


@pytest.mark.parametrize(
    ("api", "provider"),
    [("cloudwatch", "AWS"), ("azure-monitor", "Microsoft"), ("cloud-monitoring", "Google Cloud")],
)
def test_every_metric_that_a_detector_wants_is_asked(api: str, provider: str) -> None:
    wanted = {
        metric
        for one in detectors().values()
        if one.provider == provider and "utilization" in one.inputs
        for metric in one.metrics
    }
    assert wanted
    left = {metric for metric in wanted - asked_metrics(api) if (api, metric) not in _NOT_THERE}
    assert left <= _INVENTORIES


def test_the_table_asks_for_what_has_a_name() -> None:
    for api in ("cloudwatch", "azure-monitor", "cloud-monitoring"):
        for one in table()[api]:
            for name, statistics in one["metrics"].items():
                assert metric_of(one.get("namespace") or one["type"], name) in METRICS, name
                assert all(statistic_of(each) for each in statistics), name
            if "id" in one:
                assert re.compile(one["id"]).groups == 1
    for name in (*table()["prometheus"], *table()["kubernetes"]):
        metric, statistic = name.split(" ")
        assert metric in METRICS and statistic_of(statistic)
