"""A day of Prometheus's answers, as it is landed, and the hourly values that it holds.

A page is JSON lines: a first line that says what was asked, then one line a question with its
answer. Facts come first, so that each value is given its owner, labels and node as it is read.
"""

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from outlay.focus.sql import literal
from outlay.sources.contract import Fold, Raw, Reject, Rows, SourceError
from outlay.sources.kubernetes.dialect import Dialect, Read
from outlay.sources.kubernetes.metrics import METRICS
from outlay.sources.kubernetes.parts import Cells, json_entries, provider_sql, tags_of

SAMPLES = "prometheus"
PRICE_SOURCE = "opencost"
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_QUANTUM = Decimal("1E-12")
_MONEY_QUANTUM = Decimal("1E-18")

Labels = MappingABC[str, str]


def is_page(document: object) -> bool:
    """Whether the first line of a document is that of a landed day."""
    return isinstance(document, dict) and document.get("outlay_page") == SAMPLES


@dataclass
class _Facts:
    """What ties series together; keys begin with the cluster (empty where series name none)."""

    pods: dict[tuple[str, str, str], Labels] = field(default_factory=dict)
    owners: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    parents: dict[tuple[str, str, str, str], tuple[str, str]] = field(default_factory=dict)
    labels: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)
    spaces: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    providers: dict[tuple[str, str], str] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], Labels] = field(default_factory=dict)
    volumes: dict[tuple[str, str], Labels] = field(default_factory=dict)

    def take(self, name: str, labels: Labels) -> None:
        """Take one series of a fact."""
        cluster = labels.get("cluster", "")
        space = labels.get("namespace", "")
        pod = (cluster, space, labels.get("pod", ""))
        owner = (labels.get("owner_kind", ""), labels.get("owner_name", ""))
        if name == "kube_node_info":
            self.providers[cluster, labels.get("node", "")] = labels.get("provider_id", "")
        elif name == "kube_pod_info":
            self.pods[pod] = labels
            self.owners.setdefault(
                pod, (labels.get("created_by_kind", ""), labels.get("created_by_name", ""))
            )
        elif name == "kube_pod_owner":
            self.owners[pod] = owner
        elif name == "kube_replicaset_owner":
            self.parents[cluster, space, "ReplicaSet", labels.get("replicaset", "")] = owner
        elif name == "kube_job_owner":
            self.parents[cluster, space, "Job", labels.get("job_name", "")] = owner
        elif name == "kube_pod_labels":
            self.labels[pod] = _user_labels(labels)
        elif name == "kube_namespace_labels":
            self.spaces[cluster, space] = _user_labels(labels)
        elif name == "kube_persistentvolumeclaim_info":
            self.claims[cluster, space, labels.get("persistentvolumeclaim", "")] = labels
        elif name == "kube_persistentvolume_info":
            self.volumes[cluster, labels.get("persistentvolume", "")] = labels

    def controller(self, pod: tuple[str, str, str]) -> tuple[str, str]:
        """What runs a pod, kind and name: its ReplicaSet's Deployment, its Job's CronJob."""
        kind, name = self.owners.get(pod, ("", ""))
        parent = self.parents.get((pod[0], pod[1], kind, name), ("", ""))
        kind, name = parent if _named(parent[0]) and _named(parent[1]) else (kind, name)
        return (kind.lower(), name) if _named(kind) and _named(name) else ("", "")


def _named(text: str) -> bool:
    """kube-state-metrics writes `<none>` for no owner."""
    return text not in ("", "<none>")


def _user_labels(labels: Labels) -> dict[str, str]:
    return {
        key.removeprefix("label_"): value for key, value in labels.items() if key[:6] == "label_"
    }


def records(lines: Iterator[MappingABC[str, Any]], name: str) -> Iterator[dict[str, object]]:
    """One record per hour and series, with what is known of it; a first one for the page."""
    head = next(lines, None)
    if not is_page(head):
        raise SourceError(f"{name} is no landed day of Prometheus's answers; collect it again")
    facts = _Facts()
    rates: dict[tuple[str, int, tuple[str, ...]], Decimal] = {}
    for line in lines:
        for series in line["result"]:
            labels = series.get("metric") or {}
            if line["kind"] == "fact":
                facts.take(line["name"], labels)
            elif line["kind"] == "rate":
                if labels.get("provider_id") and labels.get("node"):
                    known = (labels.get("cluster", ""), labels["node"])
                    facts.providers.setdefault(known, labels["provider_id"])
                for at, text in series["values"]:
                    rate = _finite(text)
                    if rate is not None:
                        rates[line["name"], int(at), _thing(labels)] = rate
            else:
                yield from _samples(line, labels, series["values"], facts, rates)


def _samples(
    line: MappingABC[str, Any],
    labels: Labels,
    values: list[list[Any]],
    facts: _Facts,
    rates: MappingABC[tuple[str, int, tuple[str, ...]], Decimal],
) -> Iterator[dict[str, object]]:
    known = _known(labels, facts)
    for at, text in values:
        end = int(at)
        value = _finite(text)
        quantity = None if value is None else _EXACT.divide(value, Decimal(line["unit"]))
        rate = rates.get((line["name"], end, _thing(labels)))
        cost = None
        if rate is not None and quantity is not None:
            cost = f"{_EXACT.multiply(rate, quantity).quantize(_MONEY_QUANTUM, context=_EXACT):f}"
        yield {
            "metric": line["name"],
            "hour_end": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "value": text,
            "quantity": None
            if quantity is None
            else f"{quantity.quantize(_QUANTUM, context=_EXACT):f}",
            "cost": cost,
            **known,
        }


def _thing(labels: Labels) -> tuple[str, ...]:
    """What a price is for: a node, a volume, or a load balancer."""
    cluster = labels.get("cluster", "")
    if labels.get("persistentvolume"):
        return cluster, labels["persistentvolume"]
    if "service_name" in labels or "ingress_ip" in labels:
        return (
            cluster,
            labels.get("namespace", ""),
            labels.get("service_name", ""),
            labels.get("ingress_ip", ""),
        )
    # OpenCost's exporter calls a node `instance` where a scrape relabels nothing.
    return cluster, labels.get("node") or labels.get("instance", "")


def _known(labels: Labels, facts: _Facts) -> dict[str, object]:
    """What is known of a series' consumer."""
    cluster = labels.get("cluster", "")
    space = labels.get("exported_namespace") or labels.get("namespace", "")
    pod = (cluster, space, labels.get("exported_pod") or labels.get("pod", ""))
    node = labels.get("node") or facts.pods.get(pod, {}).get("node", "")
    kind, controller = facts.controller(pod) if pod[2] else ("", "")
    claim = labels.get("persistentvolumeclaim", "")
    volume = labels.get("persistentvolume") or (
        facts.claims.get((cluster, space, claim), {}).get("volumename", "") if claim else ""
    )
    handle = facts.volumes.get((cluster, volume), {}) if volume else {}
    return {
        "cluster": cluster,
        "namespace": space,
        "pod": pod[2],
        "container": labels.get("exported_container") or labels.get("container", ""),
        "node": node,
        "provider_id": facts.providers.get((cluster, node), ""),
        "controller_kind": kind,
        "controller": controller,
        "labels": facts.labels.get(pod) or None,
        "namespace_labels": facts.spaces.get((cluster, space)) or None,
        "volume": volume,
        "volume_claim": claim,
        "volume_id": handle.get("csi_volume_handle") or handle.get("ebs_volume_id", ""),
        "storage_class": handle.get("storageclass", ""),
        "service": labels.get("service_name", ""),
        "address": labels.get("ingress_ip", ""),
    }


def _finite(text: object) -> Decimal | None:
    try:
        number = Decimal(str(text))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


class Prometheus(Dialect):
    """What rows of landed days mean."""

    tables = (SAMPLES,)

    def read(self, raw: Raw) -> Read:
        """The usage rows: one a sample."""
        cells = Cells(raw)
        end = f"TRY_CAST({cells.text('hour_end')} AS TIMESTAMP)"
        quantity = f"TRY_CAST({cells.text('quantity')} AS DECIMAL(38,12))"
        cost = cells.number("cost")
        provider = cells.text("provider_id")
        volume = f"coalesce({cells.text('volume_id')}, {cells.text('volume')})"
        balancer = f"coalesce({cells.text('address')}, {cells.text('service')})"
        units = " ".join(
            f"WHEN {literal(name)} THEN {literal(one.unit)}" for name, one in METRICS.items()
        )
        usage = Rows(
            "samples",
            f"{quantity} <> 0",
            {
                "UsagePeriodStart": f"{end} - INTERVAL 1 HOUR",
                "UsagePeriodEnd": end,
                "Metric": cells.text("metric"),
                "Unit": f"CASE {cells.text('metric')} {units} END",
                "Quantity": quantity,
                "EstimatedCost": cost,
                "EstimatedCurrency": f"CASE WHEN {cost} IS NOT NULL THEN "
                f"{literal(self.currency)} END",
                "PriceSource": f"CASE WHEN {cost} IS NOT NULL THEN '{PRICE_SOURCE}' END",
                "ServiceName": "'Kubernetes'",
                "ResourceId": f"coalesce({volume}, {balancer}, {provider_sql(provider)})",
                "ResourceName": f"coalesce({cells.text('volume_claim')}, {cells.text('volume')}, "
                f"{cells.text('service')}, {cells.text('node')})",
                "ResourceType": f"CASE WHEN {volume} IS NOT NULL THEN 'Persistent Volume' "
                f"WHEN {balancer} IS NOT NULL THEN 'Load Balancer' "
                f"WHEN {provider} IS NOT NULL THEN 'Node' END",
                "Tags": tags_of(
                    json_entries(cells.text("labels")),
                    json_entries(cells.text("namespace_labels"), "namespace:"),
                ),
                "x_Cluster": f"coalesce({cells.text('cluster')}, {literal(self.cluster)})",
                "x_Node": cells.text("node"),
                "x_Namespace": cells.text("namespace"),
                "x_ControllerKind": cells.text("controller_kind"),
                "x_Controller": cells.text("controller"),
                "x_Pod": cells.text("pod"),
                "x_Container": cells.text("container"),
                "x_Volume": cells.text("volume"),
                "x_VolumeClaim": cells.text("volume_claim"),
                "x_StorageClass": cells.text("storage_class"),
            },
            "raw",
        )
        return Read(
            usage=(usage,),
            source="raw",
            period=f"{end} - INTERVAL 1 HOUR",
            folds=(Fold("a sample without a value (NaN)", f"{cells.finite('value')} IS NULL"),),
            rejects=(Reject("a sample without an hour", f"{end} IS NULL"),),
            formulas={
                name: f"CASE WHEN {cells.text('metric')} = {literal(name)} THEN "
                f"TRY_CAST({cells.finite('value')} AS DECIMAL(38,12)) END"
                for name in ("cpu_request", "cpu_limit", "node_cpu_capacity", "gpu_request")
            },
        )
