"""A real Prometheus with a small cluster's history, backfilled by promtool."""

import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

needs_prometheus = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="Prometheus is not installed: run scripts/install-system.sh",
)

START = datetime(2026, 10, 5)
END = datetime(2026, 10, 6, 3)


@dataclass
class History:
    """Samples a minute by series, in OpenMetrics text."""

    series: dict[str, list[str]] = field(default_factory=dict)

    def gauge(
        self, name: str, value: str, start: datetime = START, end: datetime = END, **labels: str
    ) -> None:
        """A value each minute from start to end."""
        self._add(name, labels, [value] * minutes(start, end), start)

    def counter(
        self, name: str, per_minute: float, start: datetime = START, end: datetime = END,
        **labels: str,
    ) -> None:  # fmt: skip
        """A counter that grows by so much each minute."""
        values = [f"{at * per_minute:f}" for at in range(minutes(start, end))]
        self._add(name, labels, values, start)

    def _add(self, name: str, labels: dict[str, str], values: list[str], start: datetime) -> None:
        listed = ",".join(f'{key}="{value}"' for key, value in labels.items())
        first = int(start.replace(tzinfo=UTC).timestamp())
        self.series.setdefault(name, []).extend(
            f"{name}{{{listed}}} {value} {first + 60 * at}" for at, value in enumerate(values)
        )

    def text(self) -> str:
        """All samples; OpenMetrics wants a metric's together."""
        return "".join(
            f"# TYPE {name} unknown\n" + "\n".join(lines) + "\n"
            for name, lines in self.series.items()
        ) + "# EOF\n"  # fmt: skip


def minutes(start: datetime, end: datetime) -> int:
    return (end - start) // timedelta(minutes=1) + 1


def cluster() -> History:
    """Two nodes; a web deployment, a job that lived ten minutes, a training pod with a GPU."""
    history = History()
    for number, cores in ((1, "4"), (2, "8")):
        node = f"node-{number}"
        history.gauge(
            "kube_node_info", "1", node=node, provider_id=f"aws:///eu-central-1a/i-0n{number}"
        )
        capacity = "kube_node_status_capacity"
        history.gauge(capacity, cores, node=node, resource="cpu", unit="core")
        history.gauge(capacity, str(16 << 30), node=node, resource="memory", unit="byte")
        history.gauge("node_cpu_hourly_cost", "0.03", node=node, instance=node)
        history.gauge("node_ram_hourly_cost", "0.004", node=node, instance=node)
    history.gauge("kube_node_status_capacity", "1", node="node-2", resource="nvidia_com_gpu")
    history.gauge("node_gpu_hourly_cost", "0.95", node="node-2", instance="node-2")

    _pod(history, "shop", "web-7d9-abc", "node-1", "ReplicaSet", "web-7d9", "web", cpu="0.5")
    history.gauge(
        "kube_replicaset_owner", "1", namespace="shop", replicaset="web-7d9",
        owner_kind="Deployment", owner_name="web",
    )  # fmt: skip
    history.gauge(
        "kube_pod_labels", "1", namespace="shop", pod="web-7d9-abc",
        label_app="web", label_team="checkout",
    )  # fmt: skip
    history.gauge("kube_namespace_labels", "1", namespace="shop", label_owner="retail")
    used = {"namespace": "shop", "pod": "web-7d9-abc"}
    history.counter("container_cpu_usage_seconds_total", 15, **used, container="web", node="node-1")
    history.counter("container_cpu_usage_seconds_total", 16, **used, container="", node="node-1")
    history.gauge(
        "container_memory_working_set_bytes", str(1 << 30), **used, container="web", node="node-1"
    )
    history.counter("container_network_transmit_bytes_total", 1 << 20, **used, interface="eth0")
    history.counter("container_network_receive_bytes_total", 2 << 20, **used, interface="eth0")
    history.gauge("kube_persistentvolume_capacity_bytes", str(10 << 30), persistentvolume="pv-1")
    history.gauge("pv_hourly_cost", "0.0001", persistentvolume="pv-1")
    history.gauge(
        "kube_persistentvolume_info", "1", persistentvolume="pv-1", storageclass="gp3",
        csi_volume_handle="vol-0abc",
    )  # fmt: skip
    claim = {"namespace": "shop", "persistentvolumeclaim": "data"}
    history.gauge("kube_persistentvolumeclaim_info", "1", **claim, volumename="pv-1")
    requested = "kube_persistentvolumeclaim_resource_requests_storage_bytes"
    history.gauge(requested, str(10 << 30), **claim)
    history.gauge("kubelet_volume_stats_used_bytes", str(1 << 30), **claim)
    history.gauge(
        "kubecost_load_balancer_cost", "0.025", namespace="shop", service_name="web",
        ingress_ip="lb-1.example.com",
    )  # fmt: skip

    noon = START + timedelta(hours=12)
    _pod(history, "shop", "nightly-1", "node-1", "Job", "nightly-1", "run", cpu="3",
         start=noon, end=noon + timedelta(minutes=10))  # fmt: skip
    history.gauge(
        "kube_job_owner", "1", namespace="shop", job_name="nightly-1",
        owner_kind="CronJob", owner_name="nightly",
    )  # fmt: skip

    _pod(history, "ml", "train-0", "node-2", "StatefulSet", "train", "train", cpu="2")
    history.gauge(
        "kube_pod_container_resource_requests", "1", namespace="ml", pod="train-0",
        container="train", node="node-2", resource="nvidia_com_gpu", unit="integer",
    )  # fmt: skip
    history.gauge(
        "DCGM_FI_DEV_GPU_UTIL", "25", exported_namespace="ml", exported_pod="train-0",
        exported_container="train", namespace="gpu-operator", pod="dcgm-1", gpu="0",
    )  # fmt: skip

    # A pod that has ended, which kube-state-metrics lists until it is deleted.
    _pod(history, "shop", "old-1", "node-1", "<none>", "<none>", "run", cpu="7")
    phase = {"namespace": "shop", "pod": "old-1"}
    history.gauge("kube_pod_status_phase", "1", **phase, phase="Succeeded")
    history.gauge("kube_pod_status_phase", "0", **phase, phase="Failed")
    return history


def _pod(
    history: History, namespace: str, pod: str, node: str, kind: str, owner: str, container: str,
    *, cpu: str, start: datetime = START, end: datetime = END,
) -> None:  # fmt: skip
    named = {"namespace": namespace, "pod": pod}
    history.gauge("kube_pod_info", "1", start, end, **named, node=node)
    history.gauge("kube_pod_owner", "1", start, end, **named, owner_kind=kind, owner_name=owner)
    history.gauge(
        "kube_pod_container_resource_requests", cpu, start, end, **named, container=container,
        node=node, resource="cpu", unit="core",
    )  # fmt: skip


@contextmanager
def prometheus(folder: Path, history: History) -> Iterator[str]:
    """The address of a server that has the history; it ends with the context."""
    source, data = folder / "history.txt", folder / "data"
    source.write_text(history.text())
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", source, data],
        check=True, capture_output=True,
    )  # fmt: skip
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [
                "prometheus", f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={data}", "--storage.tsdb.retention.time=50y",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait(f"{address}/-/ready", server)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "Prometheus ended; see log.txt beside its data"
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Prometheus did not become ready within 30 seconds")
