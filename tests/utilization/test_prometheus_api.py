"""A real Prometheus asked by API, as far as a recommendation; and one that behaves like it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.resources import ResourceError
from outlay.sources.utilization.apis.prometheus import expressions, resource_of
from outlay.sources.utilization.options import UtilizationOptions
from tests.sources.kubernetes.server import History, needs_prometheus, prometheus
from tests.sources.server import Answer, Asked, serving
from tests.utilization import clouds

pytestmark = pytest.mark.slow

_START, _STOP = datetime(2026, 10, 25), datetime(2026, 11, 9)
"""Fifteen days of history."""

NODE = "i-0f9e8d7c6b5a43210"
"""A node of a cluster, of four processors and 16 GiB."""


def _history() -> History:
    """A machine as node_exporter sees it: 10 % busy, and 30 for ten minutes on the 3rd at noon; a
    quarter of its memory used. A node as cAdvisor and kube-state-metrics see it: half busy."""
    history = History()
    named = {"instance": "10.0.0.7:9100", "instance_id": clouds.AWS}
    five = [_START + timedelta(minutes=5 * n) for n in range(int((_STOP - _START).days) * 288 + 1)]
    idle = _counter(five, lambda at: 210 if _is_peak(at) else 270)
    for cpu in ("0", "1"):
        _series(history, "node_cpu_seconds_total", five, idle, cpu=cpu, mode="idle", **named)
    _flat(history, "node_memory_MemAvailable_bytes", five, 24 << 30, **named)
    _flat(history, "node_memory_MemTotal_bytes", five, 32 << 30, **named)
    received = _counter(five, lambda _: 3000)
    for device in ("eth0", "lo"):
        _series(history, "node_network_receive_bytes_total", five, received, device=device, **named)
    _flat(history, "kube_node_info", five, 1, node="n1", provider_id=f"aws:///eu-west-1a/{NODE}")
    for resource, value in (("cpu", 4), ("memory", 16 << 30)):
        where = {"node": "n1", "resource": resource}
        _flat(history, "kube_node_status_capacity", five, value, **where)
        _flat(history, "kube_node_status_allocatable", five, value, **where)
    for pod in ("a", "b"):
        _flat(history, "kube_pod_container_resource_requests", five, 1, node="n1", pod=pod,
              resource="cpu")  # fmt: skip
        _flat(history, "kube_pod_container_resource_limits", five, 3, node="n1", pod=pod,
              resource="cpu")  # fmt: skip
    used = _counter(five, lambda _: 600)  # two of four processors
    _series(history, "container_cpu_usage_seconds_total", five, used, id="/", node="n1")
    _flat(history, "container_memory_working_set_bytes", five, 4 << 30, id="/", node="n1")
    return history


def _is_peak(at: datetime) -> bool:
    return datetime(2026, 11, 3, 12) < at <= datetime(2026, 11, 3, 12, 10)


def _counter(moments: list[datetime], grows) -> list[int]:  # type: ignore[no-untyped-def]
    found, value = [], 0
    for at in moments:
        value += grows(at)
        found.append(value)
    return found


def _flat(history: History, name: str, moments: list[datetime], value: int, **labels: str) -> None:
    _series(history, name, moments, [value] * len(moments), **labels)


def _series(
    history: History, name: str, moments: list[datetime], values: list[int], **labels: str
) -> None:
    listed = ",".join(f'{key}="{value}"' for key, value in labels.items())
    history.series.setdefault(name, []).extend(
        f"{name}{{{listed}}} {value} {int(at.replace(tzinfo=UTC).timestamp())}"
        for at, value in zip(moments, values, strict=True)
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("prometheus"), _history()) as url:
        yield url


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outlay.app.collecting.utc_now", lambda: clouds.NOW)


@needs_prometheus
def test_a_machine_is_made_smaller_by_what_a_real_prometheus_says(
    server: str, tmp_path: Path
) -> None:
    workspace = clouds.company(tmp_path, ["aws"])
    assert clouds.found(workspace, "aws-ec2-rightsize")[0] == []
    workspace.add_source("nodes", "utilization", server, {"days": 16}, author="me")
    (done,) = workspace.sync(["nodes"])
    assert done.outcome == "loaded", done
    (one,), lacking = clouds.found(workspace, "aws-ec2-rightsize")
    # Half of m6i.2xlarge: 60 % of the processors at the peak, half of the memory. 9.00 a day.
    assert (one.resource, one.recommended) == (clouds.AWS, "m6i.xlarge")
    assert (one.monthly_saving, lacking) == (Decimal("135.00"), [])
    assert {left.metric: f"{left.after}" for left in one.headroom} == {
        "cpu": "60.00", "memory": "50.00"
    }  # fmt: skip
    peaks = clouds.measured(
        workspace, f"ResourceId = '{clouds.AWS}' AND Metric = 'cpu' AND Statistic = 'maximum'"
    )
    # Every hour of fifteen days; the peak is in its own hour alone.
    assert len(peaks) == 15 * 24
    assert [row[3] for row in peaks if row[4] != "10"] == [datetime(2026, 11, 3, 12)]
    assert [row[4] for row in peaks if row[4] != "10"] == ["30"]
    traffic = clouds.measured(workspace, "Metric = 'network_in'")
    assert {row[4] for row in traffic} == {"36000"}  # eth0 alone: 3,000 each five minutes
    nodes = {
        (row[1], row[2]): row[4] for row in clouds.measured(workspace, f"ResourceId = '{NODE}'")
    }
    assert nodes == {
        ("cpu", "average"): "50", ("cpu", "maximum"): "50", ("memory", "average"): "25",
        ("memory", "maximum"): "25", ("cpu_requested", "maximum"): "50",
        ("cpu_limited", "maximum"): "150",
    }  # fmt: skip
    (done,) = workspace.sync(["nodes"])
    assert done.outcome == "unchanged"
    workspace.close()


@needs_prometheus
def test_an_expression_of_ones_own_and_one_that_is_wrong(server: str, tmp_path: Path) -> None:
    workspace = clouds.company(tmp_path, ["aws"])
    own = {"memory maximum": "max by (instance_id) (node_memory_MemTotal_bytes) * 0 + 61",
           "memory average": ""}  # fmt: skip
    options = {"days": 3, "metrics": "memory", "queries": own}
    workspace.add_source("nodes", "utilization", server, options, author="me")
    assert workspace.sync(["nodes"])[0].outcome == "loaded"
    rows = clouds.measured(workspace)
    assert {row[:3] for row in rows} == {(clouds.AWS, "memory", "maximum")}
    assert {row[4] for row in rows} == {"61"} and len(rows) == 3 * 24
    workspace.add_source(
        "wrong", "utilization", server, {"queries": {"cpu maximum": "max by (("}}, author="me"
    )
    assert "parse error" in workspace.sync(["wrong"])[0].error
    workspace.close()


def _answer(asked: Asked) -> Answer:
    """One machine's processors; an hour that was not scraped is no number."""
    values = [[int(asked.parameters["end"][0]) - 3600 * n, "NaN" if n == 1 else "12.5"]
              for n in range(3)]  # fmt: skip
    series = {"metric": {"instance_id": clouds.AWS}, "values": sorted(values)}
    found = [series] if "node_cpu" in asked.parameters["query"][0] else []
    return Answer(
        json.dumps(
            {"status": "success", "data": {"resultType": "matrix", "result": found}}
        ).encode()
    )


@pytest.mark.parametrize("way", ["token", "password"])
def test_signing_in_and_what_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("PROM_SECRET", "very-secret-word")
    pair = b64encode(b"reader:very-secret-word").decode()
    expected = {"token": "Bearer very-secret-word", "password": f"Basic {pair}"}[way]

    def reply(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != expected:
            said = f"no {asked.headers.get('authorization')}"
            return Answer(json.dumps({"error": said}).encode(), 401)
        assert asked.headers["x-scope-orgid"] == "acme"
        return _answer(asked)

    workspace = clouds.company(tmp_path, ["aws"])
    with serving(reply) as behaves:
        options = {way: "env:PROM_SECRET", "tenant": "acme", "metrics": "cpu", "days": 2}
        options |= {"user": "reader"} if way == "password" else {}
        workspace.add_source("nodes", "utilization", behaves.url, options, author="me")
        assert workspace.sync(["nodes"])[0].outcome == "loaded"
        hours = [row[3].hour for row in clouds.measured(workspace, "Statistic = 'maximum'")]
        assert hours == [21, 23]
        monkeypatch.setenv("PROM_SECRET", "another-secret")
        workspace.add_source("other", "utilization", behaves.url, options, author="me")
        error = workspace.sync(["other"])[0].error
        assert "401" in error and "[hidden]" in error
        assert "another" not in error and b64encode(b"reader:another-secret").decode() not in error
    workspace.close()


def test_labels_are_read_as_bills_name_resources() -> None:
    assert resource_of("aws:///eu-west-1a/i-0abc") == "i-0abc"
    vm = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/VM"
    assert resource_of(f"azure://{vm}") == vm.lower()
    assert resource_of("gce://shop/europe-west4-a/n-1") == (
        "//compute.googleapis.com/projects/shop/zones/europe-west4-a/instances/n-1"
    )
    assert resource_of("10.0.0.1:9100") == "10.0.0.1:9100"


def test_every_expression_is_whole() -> None:
    for step in ("1h", "1d"):
        found = expressions(UtilizationOptions(step=step, resource_label="host"))
        assert len(found) == 19 and not any("$" in query for query in found.values())
    assert "by (host)" in found["prometheus cpu average"]
    assert "[86100s:1m]" in found["prometheus cpu maximum"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queries": {"cpu": "up"}}, "is no metric and statistic"),
        ({"metrics": "cpu,heat"}, "'heat' is no metric"),
        ({"token": "very-secret-word"}, "holds a secret"),
        ({"role": "outlay-read"}, "arn:aws:iam"),
        ({"days": 0}, "greater than or equal to 1"),
    ],
)
def test_options_that_are_wrong(tmp_path: Path, options: dict[str, object], words: str) -> None:
    workspace = Workspace.init(tmp_path / "w", name="Acme")
    with pytest.raises(ResourceError, match=words) as caught:
        workspace.add_source("x", "utilization", "https://x.example", options, author="me")
    assert "very-secret-word" not in str(caught.value)
    workspace.close()
