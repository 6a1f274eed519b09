"""The metrics of Kubernetes usage: one set of names for every tool that measures it."""

from dataclasses import dataclass

CORE_HOURS = "Core-Hours"
GIB_HOURS = "GiB-Hours"
GPU_HOURS = "GPU-Hours"
SLICE_HOURS = "Slice-Hours"
GIB = "GiB"
HOURS = "Hours"

GIBIBYTE = 1 << 30


@dataclass(frozen=True)
class Metric:
    """What is counted, in which unit, in words."""

    unit: str
    meaning: str


METRICS: dict[str, Metric] = {
    "cpu_request": Metric(CORE_HOURS, "processor time that pods requested"),
    "cpu_usage": Metric(CORE_HOURS, "processor time that pods used"),
    "cpu_limit": Metric(CORE_HOURS, "processor time up to which pods may go"),
    "cpu_allocated": Metric(
        CORE_HOURS, "processor time that the tool charges to a pod: the larger of both"
    ),
    "memory_request": Metric(GIB_HOURS, "memory that pods requested"),
    "memory_usage": Metric(GIB_HOURS, "memory that pods used"),
    "memory_limit": Metric(GIB_HOURS, "memory up to which pods may go"),
    "memory_allocated": Metric(GIB_HOURS, "memory that the tool charges to a pod"),
    "gpu_request": Metric(GPU_HOURS, "whole GPUs that pods held"),
    "gpu_usage": Metric(GPU_HOURS, "GPU time in which pods computed"),
    "gpu_allocated": Metric(GPU_HOURS, "GPU time that the tool charges to a pod"),
    "gpu_slice_request": Metric(SLICE_HOURS, "MIG slices of GPUs that pods held"),
    "volume_request": Metric(GIB_HOURS, "storage that volume claims requested"),
    "volume_usage": Metric(GIB_HOURS, "storage that is filled"),
    "volume_capacity": Metric(GIB_HOURS, "size of the volumes"),
    "volume_allocated": Metric(GIB_HOURS, "storage that the tool charges to a pod"),
    "network_transmit": Metric(GIB, "bytes that pods sent"),
    "network_receive": Metric(GIB, "bytes that pods received"),
    "load_balancer": Metric(HOURS, "hours of load balancers"),
    "shared": Metric(HOURS, "hours over which the tool shared other costs out"),
    "external": Metric(HOURS, "hours over which the tool added costs from outside the cluster"),
    "rounding": Metric(HOURS, "what the tool's total has beyond its rounded parts; no hours"),
    "node_cpu_capacity": Metric(CORE_HOURS, "processor time of nodes"),
    "node_memory_capacity": Metric(GIB_HOURS, "memory of nodes"),
    "node_gpu_capacity": Metric(GPU_HOURS, "GPUs of nodes"),
    "vm_uptime": Metric(HOURS, "hours of virtual machines"),
    "vm_cpu_request": Metric(CORE_HOURS, "processor time that virtual machines requested"),
    "vm_cpu_usage": Metric(CORE_HOURS, "processor time that virtual machines used"),
    "vm_memory_request": Metric(GIB_HOURS, "memory that virtual machines requested"),
    "vm_memory_usage": Metric(GIB_HOURS, "memory that virtual machines used"),
    "vm_disk": Metric(GIB_HOURS, "disks of virtual machines"),
}
"""Name → unit and meaning. Virtual machines run in pods, whose metrics have their use as well:
`vm_*` looks at the same use once more and is never added to `cpu_*` and `memory_*`."""
