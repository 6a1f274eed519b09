"""Kubernetes usage: OpenCost and Kubecost, OpenShift's cost operator, Prometheus."""

from outlay.sources.kubernetes.source import Kubernetes, KubernetesOptions

__all__ = ["Kubernetes", "KubernetesOptions"]
