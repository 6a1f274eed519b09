"""The questions to Prometheus: one per metric, an hour a step, and what ties series together.

A pod that lived ten minutes counts ten minutes: gauges are sampled each minute of the hour and
summed. `[59m59s:1m]` holds sixty aligned minutes whether the range includes its beginning
(Prometheus 2) or not (3). Terminated pods keep their requests in kube-state-metrics until they
are deleted; they reserve nothing and are left out.
"""

from dataclasses import dataclass

HOUR = 3600

_BY = (
    "cluster, namespace, pod, container, node, exported_namespace, exported_pod, exported_container"
)
_BY_NODE = "cluster, node, provider_id, instance"
_LIVING = (
    "unless on (cluster, namespace, pod) "
    '(max by (cluster, namespace, pod) (kube_pod_status_phase{phase=~"Succeeded|Failed"}) == 1)'
)
_GPU = '"nvidia_com_gpu|nvidia_com_mig_.*|amd_com_gpu|gpu_intel_com_i915"'


def _minutes(expression: str, by: str) -> str:
    """Sum of an expression over the minutes of the hour, in hours."""
    return f"sum by ({by}) (sum_over_time(({expression})[59m59s:1m])) / 60"


def _requested(kind: str, resource: str) -> str:
    name = f"kube_pod_container_resource_{kind}"
    return _minutes(f'{name}{{resource=~{resource},node!=""}} {_LIVING}', _BY)


def _grown(counter: str, where: str, per: int) -> str:
    return f"sum by ({_BY}) (increase({counter}{{{where}}}[1h])) / {per}"


@dataclass(frozen=True)
class Query:
    """One question. `unit` is the number of the answer's units in one of the metric's."""

    name: str
    promql: str
    unit: int = 1


_CONTAINER = 'pod!="",container!="",container!="POD"'
_GIB = 1 << 30

QUERIES: tuple[Query, ...] = (
    Query("cpu_request", _requested("requests", '"cpu"')),
    Query("cpu_limit", _requested("limits", '"cpu"')),
    Query("cpu_usage", _grown("container_cpu_usage_seconds_total", _CONTAINER, HOUR)),
    Query("memory_request", _requested("requests", '"memory"'), _GIB),
    Query("memory_limit", _requested("limits", '"memory"'), _GIB),
    Query(
        "memory_usage",
        _minutes(f"container_memory_working_set_bytes{{{_CONTAINER}}}", _BY),
        _GIB,
    ),
    Query("gpu_request", _requested("requests", _GPU)),
    Query(
        "gpu_usage",
        _minutes("DCGM_FI_PROF_GR_ENGINE_ACTIVE or (DCGM_FI_DEV_GPU_UTIL / 100)", _BY),
    ),
    Query(
        "network_transmit",
        _grown("container_network_transmit_bytes_total", 'pod!=""', 1),
        _GIB,
    ),
    Query(
        "network_receive",
        _grown("container_network_receive_bytes_total", 'pod!=""', 1),
        _GIB,
    ),
    Query(
        "volume_request",
        _minutes(
            "kube_persistentvolumeclaim_resource_requests_storage_bytes",
            "cluster, namespace, persistentvolumeclaim",
        ),
        _GIB,
    ),
    Query(
        "volume_usage",
        _minutes(
            "max by (cluster, namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes)",
            "cluster, namespace, persistentvolumeclaim",
        ),
        _GIB,
    ),
    Query(
        "volume_capacity",
        _minutes("kube_persistentvolume_capacity_bytes", "cluster, persistentvolume"),
        _GIB,
    ),
    Query(
        "node_cpu_capacity",
        _minutes('kube_node_status_capacity{resource="cpu"}', "cluster, node"),
    ),
    Query(
        "node_memory_capacity",
        _minutes('kube_node_status_capacity{resource="memory"}', "cluster, node"),
        _GIB,
    ),
    Query(
        "node_gpu_capacity",
        _minutes(f"kube_node_status_capacity{{resource=~{_GPU}}}", "cluster, node"),
    ),
    Query(
        "load_balancer",
        _minutes(
            "kubecost_load_balancer_cost * 0 + 1",
            "cluster, namespace, service_name, ingress_ip",
        ),
    ),
)
"""Metric → its question, hour by hour."""

RATES: tuple[Query, ...] = (
    Query(
        "node_cpu_capacity",
        f"avg by ({_BY_NODE}) (avg_over_time(node_cpu_hourly_cost[1h]))",
    ),
    Query(
        "node_memory_capacity",
        f"avg by ({_BY_NODE}) (avg_over_time(node_ram_hourly_cost[1h]))",
    ),
    Query(
        "node_gpu_capacity",
        f"avg by ({_BY_NODE}) (avg_over_time(node_gpu_hourly_cost[1h]))",
    ),
    Query(
        "volume_capacity",
        "avg by (cluster, persistentvolume) (avg_over_time(pv_hourly_cost[1h]))",
    ),
    Query(
        "load_balancer",
        "avg by (cluster, namespace, service_name, ingress_ip) "
        "(avg_over_time(kubecost_load_balancer_cost[1h]))",
    ),
)
"""Metric → its price per unit and hour, where OpenCost's exporter is scraped."""

FACTS: tuple[Query, ...] = tuple(
    Query(name, f"last_over_time({name}[1d])")
    for name in (
        "kube_node_info",
        "kube_pod_info",
        "kube_pod_owner",
        "kube_replicaset_owner",
        "kube_job_owner",
        "kube_pod_labels",
        "kube_namespace_labels",
        "kube_persistentvolumeclaim_info",
        "kube_persistentvolume_info",
    )
)
"""What ties series together, asked once a day at its end."""
