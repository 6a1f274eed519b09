"""Ids of one thing in two worlds: as Kubernetes names it, and as a bill does.

A node's provider id became the id of its instance when usage was read; bills write that id bare
(`i-0abc`), in an ARN, in an Azure path, or as Google's instance number beside the instance's name.
All functions give SQL over text; keys are lower case.
"""

# Paths in which the last part is the thing's own name.
_OWN_NAME = "[/:](instance|instances|volume|volumes|disks|virtualmachines|virtualmachinescalesets)/"
_POD = ":pod/([^/]+)/([^/]+)/([^/]+)"

CLUSTER_TAGS = (
    "aws:eks:cluster-name",
    "eks:cluster-name",
    "aws_eks_cluster_name",
    "alpha.eksctl.io/cluster-name",
    "elbv2.k8s.aws/cluster",
    "goog-k8s-cluster-name",
    "aks-managed-cluster-name",
    "KubernetesCluster",
)
"""Tags whose value is the name of the cluster that a resource belongs to."""

OWNED = "kubernetes.io/cluster/"
"""What tags begin with whose rest is that name."""

SERVICE_TAGS = (
    "kubernetes.io/service-name",
    "service.k8s.aws/stack",
    "ingress.k8s.aws/stack",
    "k8s-azure-service",
)
"""Tags of a load balancer that say `namespace/service`."""


def usage_key(resource: str) -> str:
    """SQL of the key of a node or volume, from the id that its usage has.

    An instance of an Azure scale set is billed as the scale set.
    """
    return f"regexp_replace(lower({resource}), '(/virtualmachinescalesets/[^/]+)/.*$', '\\1')"


def balancer_key(address: str) -> str:
    """SQL of the key of a load balancer, from its hostname (or name): the name that AWS gives it,
    without the number behind it (`a1b2-123456.elb.eu-west-1.amazonaws.com` is `a1b2`)."""
    host = f"split_part(lower({address}), '.', 1)"
    return (
        f"CASE WHEN contains(lower({address}), '.elb.') "
        f"THEN regexp_replace(regexp_replace({host}, '^internal-', ''), '-[0-9a-f]+$', '') "
        f"ELSE lower({address}) END"
    )


def bill_keys(resource: str, name: str) -> str:
    """SQL of the list of keys under which a bill's resource may be known to Kubernetes."""
    low = f"lower({resource})"
    last = f"regexp_extract({low}, '([^/:]+)$', 1)"
    balancer = f"nullif(regexp_extract({low}, 'loadbalancers?/(?:app/|net/|gwy/)?([^/]+)', 1), '')"
    google = f"regexp_matches({low}, '(^|/)(instances|disks|forwardingrules)/')"
    return (
        f"list_distinct(list_filter([{low}, "
        f"CASE WHEN regexp_matches({low}, '{_OWN_NAME}') THEN {last} END, "
        f"CASE WHEN {google} THEN lower({name}) END, {balancer}], lambda k: k IS NOT NULL))"
    )


def cluster_names(tags: str) -> str:
    """SQL of the list of clusters that a resource's tags (a map) name."""
    listed = ", ".join(f"map_extract_value({tags}, '{key}')" for key in CLUSTER_TAGS)
    owned = (
        f"list_transform(list_filter(coalesce(map_keys({tags}), []), "
        f"lambda k: starts_with(k, '{OWNED}')), lambda k: substr(k, {len(OWNED) + 1}))"
    )
    return f"list_filter(list_concat([{listed}], {owned}), lambda n: n IS NOT NULL)"


def service_of(tags: str) -> str:
    """SQL of `namespace/service` of a load balancer, as its tags say; null where they do not."""
    listed = ", ".join(f"map_extract_value({tags}, '{key}')" for key in SERVICE_TAGS)
    return f"coalesce({listed})"


def pod_of(arn: str, part: int) -> str:
    """SQL of a part of the ARN of a pod of EKS: 1 its cluster, 2 its namespace, 3 its name."""
    return f"nullif(regexp_extract({arn}, '{_POD}', {part}), '')"
