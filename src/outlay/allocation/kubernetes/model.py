"""What people say of a cluster: the resource kind `Cluster`, and the settings of all of them.

A cluster that is seen in usage needs none: everything has a default.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field, model_validator

from outlay.resources.kinds import Kind, Spec, registry

Price = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=6)]
Name = Annotated[str, Field(min_length=1, max_length=256)]

IdlePolicy = Literal["node", "cluster", "share"]
ControlPlanePolicy = Literal["cluster", "share"]


class Ratio(Spec):
    """What an hour of a core, of a GiB of memory and of a GPU are worth to each other.

    Only the ratio matters: what a node costs is the bill's to say. The defaults are OpenCost's
    default prices in USD (its `configs/default.json`), which are those of a general-purpose
    on-demand node in a large region.
    """

    cpu: Price = Decimal("0.031611")
    memory: Price = Decimal("0.004237")
    gpu: Price = Decimal("0.95")

    @model_validator(mode="after")
    def _something(self) -> "Ratio":
        if not (self.cpu or self.memory or self.gpu):
            raise ValueError("one of cpu, memory and gpu must be above 0")
        return self


class ClusterSpec(Spec):
    """How the charges of a cluster are shared out.

    `usage` are the cluster's names in usage (default: the resource's own name), `bills` the
    sources whose charges are shared out (default: all). `overhead` are patterns of namespaces
    (`kube-*`) whose share is marked Overhead. `control_plane`, `network` and the keys of
    `load_balancers` are ids or names of resources in the bill, beyond those that are found;
    `load_balancers` says which namespace one serves ("" for the whole cluster).
    """

    enabled: bool = True
    usage: tuple[Name, ...] = ()
    bills: tuple[Name, ...] = ()
    ratio: Ratio = Ratio()
    idle: IdlePolicy = "node"
    overhead: tuple[Name, ...] = ("kube-system", "kube-public", "kube-node-lease")
    control_plane_ids: tuple[Name, ...] = ()
    control_plane: ControlPlanePolicy = "cluster"
    load_balancers: dict[Name, Annotated[str, Field(max_length=256)]] = Field(default_factory=dict)
    network: tuple[Name, ...] = ()


CLUSTER = registry.register(
    Kind(
        name="Cluster",
        spec=ClusterSpec,
        title="Cluster",
        description=(
            "How the bill of a Kubernetes cluster is shared out to its pods: the ratio of CPU, "
            "memory and GPU, who carries what is idle, which namespaces are overhead. A cluster "
            "that is seen in usage works without one."
        ),
        example="""\
kind: Cluster
name: prod-eu
spec:
  idle: share
  overhead: [kube-*, monitoring]
  ratio: {cpu: 0.031611, memory: 0.004237, gpu: 0.95}
  control_plane: share
""",
    )
)


@dataclass(frozen=True)
class Clusters:
    """The settings of all clusters, by name; equal settings have an equal digest."""

    specs: Mapping[str, ClusterSpec] = field(default_factory=dict)

    def name_of(self, seen: str) -> str:
        """The cluster that a name in usage (or in a tag of the bill) stands for."""
        for name, spec in sorted(self.specs.items()):
            if seen in (spec.usage or (name,)):
                return name
        return seen

    def names_of(self, cluster: str) -> tuple[str, ...]:
        """The names under which a cluster may be seen: its own, and those of its settings."""
        return tuple(dict.fromkeys((cluster, *self.spec(cluster).usage)))

    def spec(self, cluster: str) -> ClusterSpec:
        """The settings of a cluster; the defaults where nothing is said."""
        return self.specs.get(cluster) or ClusterSpec()

    def digest(self) -> str:
        """A digest of all that is said."""
        said = {name: spec.model_dump(mode="json") for name, spec in sorted(self.specs.items())}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def is_overhead(namespace: str, patterns: Iterable[str]) -> bool:
    """Whether a namespace is one of the system's, by shell patterns (`kube-*`)."""
    return any(fnmatchcase(namespace, pattern) for pattern in patterns)
