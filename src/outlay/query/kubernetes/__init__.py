"""The proof of a Kubernetes cluster: what the bill charged for it, and whom it was given to."""

from outlay.query.kubernetes.model import (
    ClusterLine,
    ClusterProof,
    ClusterQuery,
    Holder,
    Missing,
    OriginSum,
    PartSum,
    ResourceSum,
)
from outlay.query.kubernetes.proof import clusters, prove

__all__ = [
    "ClusterLine",
    "ClusterProof",
    "ClusterQuery",
    "Holder",
    "Missing",
    "OriginSum",
    "PartSum",
    "ResourceSum",
    "clusters",
    "prove",
]
