"""Utilisation: how busy a resource was, as rows of the usage table that never add up.

A row's `Metric` is ``utilization.`` and a name of `METRICS`; `Quantity` is the value of the
statistic `x_Statistic` over the period. A share of a processor is no amount: these rows are shown
by statistic, and are in no sum of usage.
"""

from typing import Literal, get_args

PREFIX = "utilization."
STATISTIC = "x_Statistic"

Statistic = Literal["average", "minimum", "maximum", "sum", "p50", "p90", "p95", "p98", "p99"]
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)

METRICS: dict[str, tuple[str, str]] = {
    "cpu": ("Percent", "Share of the processors that was busy"),
    "memory": ("Percent", "Share of the memory that was used"),
    "memory_available": ("Bytes", "Memory that was free: what is used follows from the size"),
    "cpu_requested": (
        "Percent of node",
        "Processors that pods request, of what a node has for them",
    ),
    "memory_requested": (
        "Percent of node",
        "Memory that pods request, of what a node has for them",
    ),
    "cpu_limited": ("Percent of node", "Limits of pods' processors, of what a node has for them"),
    "memory_limited": ("Percent of node", "Limits of pods' memory, of what a node has for them"),
    "gpu": ("Percent", "Share of the GPUs that was busy"),
    "disk_used": ("Percent", "Share of the disk that was full"),
    "dtu": ("Percent", "Share of a database's DTUs or capacity that was used"),
    "network_in": ("Bytes", "Bytes received"),
    "network_out": ("Bytes", "Bytes sent"),
    "disk_read_bytes": ("Bytes", "Bytes read from disks"),
    "disk_write_bytes": ("Bytes", "Bytes written to disks"),
    "disk_read_ops": ("Operations", "Read operations of disks"),
    "disk_write_ops": ("Operations", "Write operations of disks"),
    "iops": ("Operations/Second", "Operations of a disk a second"),
    "read_iops": ("Operations/Second", "Read operations of a disk a second"),
    "write_iops": ("Operations/Second", "Write operations of a disk a second"),
    "throughput": ("Bytes/Second", "Bytes of a disk a second"),
    "read_throughput": ("Bytes/Second", "Bytes read from a disk a second"),
    "write_throughput": ("Bytes/Second", "Bytes written to a disk a second"),
    "connections": ("Connections", "Open connections"),
    "requests": ("Requests", "Requests, queries or invocations served"),
    "bytes_processed": ("Bytes", "Bytes that a load balancer, gateway or endpoint let through"),
    "attached": ("State", "1 where it is attached to something, 0 where to nothing"),
    "running": ("State", "1 where it runs, 0 where it is stopped"),
    "objects_read": ("Requests", "Reads of a bucket or container"),
    "age_days": ("Days", "How old it is"),
    "performance_errors": ("Events", "Throttling, swapping or refused requests: too small"),
}
"""Metric → its unit and what it measures."""
