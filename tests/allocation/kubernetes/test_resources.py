"""Volumes, load balancers, control planes, traffic; and how each cloud names a node."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.allocation.kubernetes.model import ClusterSpec
from tests.allocation.kubernetes.bench import NODE, Bench, by, charge, room, used

pytestmark = pytest.mark.slow

NOBODY: dict[str, Any] = {"x_Namespace": None, "x_Pod": None}
VMSS = (
    "/subscriptions/4be1/resourceGroups/MC_rg/providers/Microsoft.Compute/"
    "virtualMachineScaleSets/aks-pool-1-vmss"
)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def volume(metric: str, quantity: str, **more: Any) -> dict[str, Any]:
    given = {
        "ResourceId": "vol-1",
        "ResourceName": "data-pg-0",
        "ResourceType": "Persistent Volume",
        "x_Node": None,
        "x_VolumeClaim": "data-pg-0",
        "x_Pod": None,
    }
    return used(metric, quantity, **given | more)


def test_a_volume_is_its_claims(bench: Bench) -> None:
    bill = [charge("9", "arn:aws:ec2:eu-central-1:1:volume/vol-1"), charge("5", "vol-unused")]
    usage = [
        volume("volume_request", "240"), volume("volume_usage", "100"),
        volume("volume_request", "120", x_Namespace="data", x_VolumeClaim="etl"),
        volume("volume_capacity", "480", **NOBODY, x_VolumeClaim=None),
        volume("volume_capacity", "480", **NOBODY, ResourceId="vol-unused", x_VolumeClaim=None),
    ]  # fmt: skip
    rows = bench.layer(bill, usage)
    assert by(rows, "ResourceId", "x_Namespace", "x_AllocatedAs") == {
        ("arn:aws:ec2:eu-central-1:1:volume/vol-1", "shop", "Workload"): 6,
        ("arn:aws:ec2:eu-central-1:1:volume/vol-1", "data", "Workload"): 3,
        ("vol-unused", None, "Unattributed"): 5,
    }
    (shop,) = (row for row in rows if row["x_Namespace"] == "shop")
    assert (shop["AllocatedResourceName"], shop["x_AllocatedPart"]) == ("data-pg-0", "Storage")
    (lost,) = (row for row in rows if row["ResourceId"] == "vol-unused")
    assert lost["x_AllocationReason"] == "no claim of the volume in this period"


def test_a_load_balancer_is_its_services(bench: Bench) -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/"
    balancer = {"ResourceType": "Load Balancer"}
    bill = [
        charge("4", f"{arn}net/a1b2c3/5f6e", **balancer),
        charge("5", f"{arn}app/k8s-shop-web/77aa", **balancer, Tags={
            "elbv2.k8s.aws/cluster": "prod", "service.k8s.aws/stack": "shop/web"}),
        charge("6", f"{arn}classic", **balancer, Tags={"kubernetes.io/cluster/prod": "owned"}),
        charge("7", f"{arn}net/said/1", **balancer),
        charge("8", f"{arn}net/elsewhere/1", **balancer),
    ]  # fmt: skip
    usage = [
        *room(), used("cpu_request", "24"),
        used("load_balancer", "24", x_Namespace="data", x_Pod=None, x_Node=None,
             ResourceId="a1b2c3-5f6e.elb.us-east-1.amazonaws.com", ResourceName="ingress",
             ResourceType="Load Balancer"),
    ]  # fmt: skip
    spec = ClusterSpec(load_balancers={"said": "kube-system"})
    rows = bench.layer(bill, usage, prod=spec)
    assert by(rows, "x_Namespace", "x_Controller", "x_AllocatedAs") == {
        ("data", "ingress", "Workload"): 4, ("shop", "web", "Workload"): 5,
        (None, None, "Unattributed"): 6, ("kube-system", "said", "Overhead"): 7,
    }  # fmt: skip


@pytest.mark.parametrize(
    "plane",
    [
        {"resource": "arn:aws:eks:us-east-1:1:cluster/prod",
         "ServiceName": "Amazon Elastic Kubernetes Service"},
        {"resource": "/subscriptions/4be1/resourcegroups/rg/providers/"
         "microsoft.containerservice/managedclusters/prod",
         "ServiceName": "Azure Kubernetes Service"},
        {"resource": "//container.googleapis.com/projects/p/locations/europe-west3/clusters/prod",
         "ServiceName": "Kubernetes Engine"},
    ],
)  # fmt: skip
def test_the_control_plane_stays_with_the_cluster_or_is_shared(
    bench: Bench, plane: dict[str, str]
) -> None:
    fee = charge("2.40", plane["resource"], ServiceName=plane["ServiceName"])
    usage = [
        *room(), used("cpu_request", "24"),
        used("cpu_request", "72", x_Namespace="data", x_Pod="etl-1"),
    ]  # fmt: skip
    kept = bench.layer([fee], usage)
    assert by(kept, "x_Namespace", "x_AllocatedAs") == {(None, "Control plane"): Decimal("2.40")}
    # By what pods hold of all nodes: none is in this bill, so that it stays with a reason.
    alone = bench.layer([fee], usage, prod=ClusterSpec(control_plane="share"))
    assert by(alone, "x_AllocatedAs") == {"Unattributed": Decimal("2.40")}
    both = bench.layer([fee, charge("16")], usage, prod=ClusterSpec(control_plane="share"))
    shared = [row for row in both if row["x_AllocatedFrom"] == "control plane"]
    assert by(shared, "x_Namespace") == {"shop": Decimal("0.60"), "data": Decimal("1.80")}


def test_another_clusters_control_plane_is_not_taken(bench: Bench) -> None:
    fee = charge("2.40", "arn:aws:eks:us-east-1:1:cluster/staging",
                 ServiceName="Amazon Elastic Kubernetes Service")  # fmt: skip
    assert bench.layer([fee], [*room(), used("cpu_request", "24")]) == []


def test_traffic_goes_by_bytes_where_they_are_known(bench: Bench) -> None:
    bill = [
        charge("16"), charge("3", SkuMeter="EUC1-DataTransfer-Out-Bytes"),
        charge("8", "arn:aws:ec2:us-east-1:1:natgateway/nat-1"),
    ]  # fmt: skip
    usage = [
        *room(), used("cpu_request", "24"), used("network_transmit", "10"),
        used("network_receive", "20"),
        used("network_transmit", "90", x_Namespace="data", x_Pod="etl-1"),
        used("cpu_request", "24", x_Namespace="data", x_Pod="etl-1"),
    ]  # fmt: skip
    spec = ClusterSpec(network=("arn:aws:ec2:us-east-1:1:natgateway/nat-1",))
    rows = bench.layer(bill, usage, prod=spec)
    network = [row for row in rows if row["x_AllocatedPart"] == "Network"]
    assert by(network, "ResourceId", "x_Namespace") == {
        (NODE, "shop"): Decimal("0.75"), (NODE, "data"): Decimal("2.25"),
        ("arn:aws:ec2:us-east-1:1:natgateway/nat-1", "shop"): 2,
        ("arn:aws:ec2:us-east-1:1:natgateway/nat-1", "data"): 6,
    }  # fmt: skip
    unknown = bench.layer(bill[1:2], [*room(), used("cpu_request", "96")])
    assert {row["x_AllocatedPart"] for row in unknown} == {"CPU", "Memory"}


@pytest.mark.parametrize(
    ("in_bill", "name", "in_usage"),
    [
        ("i-0abc", None, "i-0abc"),
        ("arn:aws:ec2:us-east-1:1:instance/i-0abc", None, "i-0abc"),
        ("/subscriptions/4be1/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm-1",
         "vm-1", "/subscriptions/4BE1/resourceGroups/rg/providers/Microsoft.Compute/"
         "virtualMachines/vm-1"),
        (VMSS.lower(), "aks-pool-1-vmss", f"{VMSS}/virtualMachines/0"),
        ("//compute.googleapis.com/projects/1/zones/europe-west3-a/instances/7234", "gke-prod-1",
         "gke-prod-1"),
        ("projects/p/zones/europe-west3-a/instances/gke-prod-1", None, "gke-prod-1"),
    ],
)  # fmt: skip
def test_nodes_are_found_under_every_clouds_ids(
    bench: Bench, in_bill: str, name: str | None, in_usage: str
) -> None:
    usage = [row | {"ResourceId": in_usage} for row in (*room(), used("cpu_request", "96"))]
    rows = bench.layer([charge("4.661664", in_bill, ResourceName=name)], usage)
    assert by(rows, "x_Namespace") == {
        "shop": Decimal("3.034656"), "__idle__": Decimal("1.627008")
    }  # fmt: skip


def test_nodes_of_a_scale_set_share_its_bill(bench: Bench) -> None:
    one = {"ResourceId": f"{VMSS}/virtualMachines/0"}
    two = {"ResourceId": f"{VMSS}/virtualMachines/1", "x_Node": "node-2"}
    usage = [
        *(row | one for row in room()), *(row | two for row in room()),
        used("cpu_request", "96", **one), used("cpu_request", "96", **two, x_Namespace="data"),
        used("memory_request", "384", **two, x_Namespace="data"),
    ]  # fmt: skip
    rows = bench.layer([charge("9.323328", VMSS.lower())], usage)
    assert by(rows, "x_Namespace", "x_Node") == {
        ("shop", "node-1"): Decimal("3.034656"), ("data", "node-2"): Decimal("4.661664"),
        ("__idle__", "node-1"): Decimal("1.627008"),
    }  # fmt: skip


def test_a_name_alone_is_no_node(bench: Bench) -> None:
    # A bucket or a database that is named as a node is not one.
    usage = [row | {"ResourceId": "node-1"} for row in (*room(), used("cpu_request", "96"))]
    assert bench.layer([charge("4", "arn:aws:s3:::other", ResourceName="node-1")], usage) == []


def test_a_node_that_only_the_bill_knows_is_idle(bench: Bench) -> None:
    lost = charge("7", "i-0def", ResourceType="Virtual Machine",
                  Tags={"aws:eks:cluster-name": "prod"})  # fmt: skip
    rows = bench.layer([charge("16"), lost], [*room(), used("cpu_request", "96")])
    (row,) = (row for row in rows if row["ResourceId"] == "i-0def")
    assert (row["x_AllocatedAs"], row["x_Cluster"], row["EffectiveCost"]) == ("Idle", "prod", 7)
    assert row["x_AllocationReason"] == "no usage of the node in this period"


POD = "arn:aws:eks:us-east-1:1:pod/prod/{}/{}/0c0f"


def split(cost: str, unused: str, space: str, pod: str, meter: str = "EKS-EC2-vCPU-Hours",
          **tags: str) -> dict[str, Any]:  # fmt: skip
    return charge("0", POD.format(space, pod), SkuMeter=meter, Tags=tags, x_SplitCost=cost,
                  x_SplitUnusedCost=unused, x_SplitParentResourceId=NODE)  # fmt: skip


@pytest.mark.parametrize("policy", ["node", "share"])
def test_where_aws_has_split_a_node_its_shares_count(bench: Bench, policy: str) -> None:
    bill = [
        charge("10"),
        split("3", "1", "shop", "web-1", **{"aws:eks:workload-name": "web"}),
        split("2", "2", "data", "etl-1", meter="EKS-EC2-GB-Hours"),
        split("2", "0", "kube-system", "dns"),
    ]  # fmt: skip
    columns = ("x_SplitCost", "x_SplitUnusedCost", "x_SplitParentResourceId")
    usage = [*room(), used("cpu_request", "96", Tags={"app": "web"})]
    spec = ClusterSpec(idle=policy)  # type: ignore[arg-type]
    rows = bench.layer(bill, usage, columns, prod=spec)
    left = {
        "node": {("__idle__", "Idle", "CPU"): 1, ("__idle__", "Idle", "Memory"): 2},
        "share": {("shop", "Shared idle", "CPU"): 1, ("data", "Shared idle", "Memory"): 2},
    }
    assert by(rows, "x_Namespace", "x_AllocatedAs", "x_AllocatedPart") == {
        ("shop", "Workload", "CPU"): 3, ("data", "Workload", "Memory"): 2,
        ("kube-system", "Overhead", "CPU"): 2, **left[policy],
    }  # fmt: skip
    # The same dimensions as of our own shares: labels and the node's name are usage's to tell.
    (web,) = (r for r in rows if r["x_Pod"] == "web-1" and r["x_AllocatedAs"] == "Workload")
    assert (web["x_Node"], web["x_Controller"]) == ("node-1", "web")
    assert web["AllocatedTags"]["app"] == "web"
    assert web["AllocatedMethodId"] == "aws-split-cost"


def test_split_lines_need_no_usage_where_the_cluster_is_named(bench: Bench) -> None:
    bill = [charge("10", Tags={"aws:eks:cluster-name": "prod"}), split("4", "1", "shop", "web-1")]
    columns = ("x_SplitCost", "x_SplitUnusedCost", "x_SplitParentResourceId")
    assert bench.layer(bill, [], columns) == []
    rows = bench.layer(bill, [], columns, prod=ClusterSpec())
    assert by(rows, "x_Namespace", "x_Pod") == {("shop", "web-1"): 8, ("__idle__", None): 2}


def test_a_cluster_without_a_name_has_that_of_its_source(bench: Bench) -> None:
    usage = [row | {"x_Cluster": ""} for row in (*room(), used("cpu_request", "96"))]
    rows = bench.layer([charge("4.661664")], usage)
    assert {row["x_Cluster"] for row in rows} == {"cluster"}


def test_a_node_that_two_sources_measure_counts_once(bench: Bench) -> None:
    usage = [*room(), used("cpu_request", "48")]
    other = [row | {"x_SourceName": "zweite", "x_Namespace": "other"} for row in usage]
    rows = bench.layer([charge("4.661664")], [*usage, *other])
    assert by(rows, "x_Namespace") == {
        "shop": Decimal("1.517328"), "__idle__": Decimal("3.144336")
    }  # fmt: skip
