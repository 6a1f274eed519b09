"""Findings on a workload: what its pods cost on the bill, and the finding itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.kubernetes.clusters import Cluster
from outlay.savings.detectors.kubernetes.workloads import Workload
from outlay.savings.detectors.reckon import CENTS, condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding, Headroom

_COST = """
    SELECT coalesce(sum(EffectiveCost), 0) AS cost FROM daily
    WHERE x_Cluster = $cluster AND x_Namespace = $namespace AND x_Controller = $name
        AND x_AllocatedFrom = 'node' AND ChargeCategory = 'Usage'
        AND BillingCurrency = $currency AND ChargeDay >= $first AND ChargeDay < $end"""


@dataclass(frozen=True)
class Priced:
    """What a change of a workload saves over the window, and what the workload costs in it."""

    cluster: Cluster
    saving: Fraction
    cost: Decimal


def cost_of(facts: Facts, cluster: Cluster, workload: Workload) -> Decimal:
    """What was allocated to a workload over the window."""
    (row,) = facts.rows(
        _COST,
        {
            "cluster": cluster.name, "namespace": workload.namespace, "name": workload.name,
            "currency": cluster.currency, "first": cluster.first, "end": cluster.end,
        },
    )  # fmt: skip
    return Decimal(row["cost"])


def workload_finding(
    detector: Detector,
    priced: Priced,
    workload: Workload,
    *,
    title: str,
    current: str,
    recommended: str,
    evidence: Sequence[Evidence],
    reasons: Sequence[str],
    headroom: Sequence[Headroom] = (),
) -> Finding | None:
    """The finding; None where it saves nothing that the bill shows."""
    cluster = priced.cluster
    saving = min(priced.saving, Fraction(priced.cost))
    month = rounded(saving * MONTH_DAYS / cluster.days, CENTS)
    if month <= 0:
        return None
    hours = _averaged(workload)
    return Finding(
        tool="outlay",
        detector=detector.id,
        provider=cluster.provider,
        action=detector.action,
        title=title,
        currency=cluster.currency,
        monthly_saving=month,
        basis=f"requests of {cluster.days} days at the nodes' effective price, as 30 days",
        account=cluster.account,
        region=cluster.region,
        service=detector.service,
        resource_name=workload.name,
        resource_type="Kubernetes workload",
        scope=f"{cluster.name}/{workload.scope}",
        where=condition(
            x_Cluster=cluster.name, x_Namespace=workload.namespace, x_Controller=workload.name
        ),
        group=detector.group,
        current=current,
        recommended=recommended,
        monthly_saving_list=rounded(saving * cluster.list_ratio * MONTH_DAYS / cluster.days, CENTS),
        monthly_cost=monthly(priced.cost, cluster.days),
        evidence=(*evidence, *cluster.evidence()),
        headroom=tuple(headroom),
        first_day=cluster.first,
        end_day=cluster.end,
        confidence="low" if hours > 1 else detector.confidence,
        reasons=(*reasons, *_told(priced, saving, hours)),
        effort=detector.effort,
        restart=detector.restart,
        rollback=detector.rollback,
        risk=detector.risk,
        tags={"namespace": workload.namespace} if workload.namespace else {},
    )


def _averaged(workload: Workload) -> Fraction:
    """How many hours the tool averages over."""
    return max(one.period_hours for one in workload.containers)


def _told(priced: Priced, saving: Fraction, hours: Fraction) -> Iterator[str]:
    """What bounds or blurs the estimate."""
    if saving < priced.saving:
        yield "no more is counted than what the bill gives to the workload"
    if priced.cluster.open < priced.cluster.cost:
        yield "priced by the nodes that no commitment pays for: the others are paid on when they go"
    if hours > 1:
        yield f"usage is an average of {int(hours)} hours: what happened within is not seen"
