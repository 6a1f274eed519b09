"""Answers of the API: platforms."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from outlay.client.shapes.questions import DayRange
from outlay.client.shapes.values import Number


class Platform(TypedDict):
    """The answer of `list_platforms`."""

    platform: str
    title: str
    billed: dict[str, Number]


class PlatformProofTotalQuantities(TypedDict):
    """A part of `PlatformProofTotal`."""

    direct: Number
    by_usage: Number
    idle: Number
    unattributed: Number


class PlatformProofTotal(TypedDict):
    """A part of `PlatformProof`."""

    currency: str
    charge: Any
    allocated: Number
    direct: Number
    by_usage: Number
    idle: Number
    unattributed: Number
    idle_shared: Number
    difference: Number
    unit: str
    quantities: PlatformProofTotalQuantities


class PlatformProofConsumer(TypedDict):
    """A part of `PlatformProof`."""

    value: str
    currency: str
    direct: Number
    by_usage: Number
    idle: Number
    total: Number
    quantity: Number


class PlatformProofUnattributed(TypedDict):
    """A part of `PlatformProof`."""

    reason: str
    currency: str
    amount: Number


class PlatformProofSlice(TypedDict):
    """A part of `PlatformProof`."""

    source: str
    billing_period: str
    currency: str
    stated: Number
    charged: Number
    proven: bool


class PlatformProof(TypedDict):
    """The answer of `get_platform`."""

    platform: str
    query: dict[str, Any]
    by: str
    choices: list[str]
    measure: str
    proven: bool
    proven_scopes: int
    all_scopes: int
    totals: list[PlatformProofTotal]
    scopes: list[dict[str, Any]]
    consumers: list[PlatformProofConsumer]
    unattributed: list[PlatformProofUnattributed]
    slices: list[PlatformProofSlice]
    range: DayRange | None
    snapshot: str | None
    notes: list[str]


class Cluster(TypedDict):
    """The answer of `list_clusters`."""

    name: str
    charged: dict[str, Number]
    allocated: dict[str, Number]
    idle: dict[str, Number]
    divided_by: str
    enabled: bool
    note: str


class ClusterProofTotal(TypedDict):
    """A part of `ClusterProof`."""

    currency: str
    charged: Number
    allocated: Number
    workload: Number
    overhead: Number
    shared_idle: Number
    idle: Number
    control_plane: Number
    unattributed: Number


class ClusterProofOrigin(TypedDict):
    """A part of `ClusterProof`."""

    origin: str
    currency: str
    charged: Number
    allocated: Number
    resources: int
    proven: bool


class ClusterProofPart(TypedDict):
    """A part of `ClusterProof`."""

    state: str
    part: str
    currency: str
    amount: Number


class ClusterProofNamespace(TypedDict):
    """A part of `ClusterProof`."""

    namespace: str | None
    currency: str
    direct: Number
    shared_idle: Number
    total: Number
    gpu: Number
    overhead: bool
    cpu_used: Number | None
    memory_used: Number | None


class ClusterProofResource(TypedDict):
    """A part of `ClusterProof`."""

    origin: str
    resource: str
    node: str | None
    currency: str
    charge: Any
    idle: Number
    reasons: list[str]


class ClusterProofMissing(TypedDict):
    """A part of `ClusterProof`."""

    side: str
    kind: str
    name: str
    reason: str


class ClusterProof(TypedDict):
    """The answer of `get_cluster`."""

    cluster: str
    query: dict[str, Any]
    proven: bool
    totals: list[ClusterProofTotal]
    origins: list[ClusterProofOrigin]
    parts: list[ClusterProofPart]
    namespaces: list[ClusterProofNamespace]
    resources: list[ClusterProofResource]
    missing: list[ClusterProofMissing]
    methods: dict[str, dict[str, Number]]
    usage_sources: list[str]
    bills: list[str]
    settings: dict[str, Any]
    snapshot: str | None
