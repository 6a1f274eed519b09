"""A cluster that has everything: nodes with and without usage, a GPU, volumes, a load balancer,
the system's namespaces, idle, a control plane, credits, and a node that no bill knows."""

import json
from pathlib import Path
from typing import Any

from outlay.app import Workspace
from tests.query.usage_lake import charge
from tests.sources.kubernetes.usage import allocation, answer
from tests.web.company import Line, load

DAY, AFTER = "2026-10-05", "2026-10-06"
EKS = "arn:aws:eks:us-east-1:1:cluster/prod"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/net/web/0f31"
_OWNED = {"kubernetes.io/cluster/prod": "owned"}


def _line(cost: str, resource: str, kind: str = "", tags: dict[str, str] | None = None,
          **more: str) -> Line:  # fmt: skip
    return charge(cost, f"{DAY}T00", f"{AFTER}T00", resource) | {
        "SkuMeter": "Usage", "ResourceType": kind, "Tags": json.dumps(tags or {}), **more,
    }  # fmt: skip


def bill() -> list[Line]:
    """What AWS charged on the day: 44 for the cluster, 5 for something else."""
    return [
        _line("16", "i-0a1", "Virtual Machine"),
        _line("-4", "i-0a1", "Virtual Machine", ChargeCategory="Credit"),
        _line("20", "i-0gpu", "Virtual Machine"),
        _line("3", "i-0lost", "Virtual Machine", {"aws:eks:cluster-name": "prod"}),
        _line("3", "vol-0db", "Disk"),
        _line("3.60", BALANCER, "Load Balancer",
              {**_OWNED, "kubernetes.io/service-name": "shop/web"}),
        _line("2.40", EKS, "Container Cluster",
              ServiceName="Amazon Elastic Container Service for Kubernetes"),
        _line("5", "i-0other", "Virtual Machine"),
    ]  # fmt: skip


def _pod(namespace: str, name: str, node: str, cores: int, gib: int, **more: Any) -> dict[str, Any]:
    return allocation(
        DAY, AFTER, namespace=namespace, pod=f"{name}-1", container=name, controller=name,
        controllerKind="deployment", node=f"node-{node}", providerID=f"i-0{node}",
        name=f"{namespace}/{name}-1/{name}", cpuCoreHours=24 * cores,
        ramByteHours=24 * gib * 2**30, cpuCoreRequestAverage=cores,
        cpuCoreUsageAverage=cores / 2, ramByteRequestAverage=gib * 2**30,
        ramByteUsageAverage=gib * 2**30 / 4, cpuCost=1, totalCost=1,
        labels={"app": name, "team": namespace}, **more,
    )  # fmt: skip


def usage() -> list[dict[str, Any]]:
    """What the tool measured on the day."""
    idle = allocation(DAY, AFTER, node="node-a1", providerID="i-0a1", name="prod/a1/__idle__",
                      cpuCoreHours=24 * 4, cpuCost=4, totalCost=4)  # fmt: skip
    del idle["properties"]["namespace"]
    volume = {
        "cluster=prod:name=pv-db": {"byteHours": 24 * 2**30, "cost": 1, "providerID": "vol-0db"}
    }
    return [
        _pod("shop", "web", "a1", 2, 4),
        _pod("data", "db", "a1", 1, 8, pvByteHours=24 * 2**30, pvCost=1, pvs=volume),
        _pod("kube-system", "dns", "a1", 1, 1),
        _pod("ml", "train", "gpu", 4, 16, gpuHours=24, gpuCost=10),
        _pod("shop", "edge", "nobill", 1, 1),
        idle,
    ]


def shop(folder: Path) -> Workspace:
    """A workspace with the bill and the usage loaded."""
    workspace = Workspace.init(folder / "workspace", name="Shop GmbH")
    load(workspace, folder / "bills", "aws", bill())
    (folder / "cluster").mkdir()
    document = answer({str(number): one for number, one in enumerate(usage())})
    (folder / "cluster" / "allocation.json").write_text(json.dumps(document))
    (done,) = workspace.load([str(folder / "cluster")], source="cluster")
    assert done.outcome == "loaded", done
    return workspace
