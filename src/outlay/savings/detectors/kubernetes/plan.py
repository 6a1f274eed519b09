"""What the requests that are given back are worth: no more than the nodes that could go for it.

Requests cost nothing by themselves. They keep nodes, so that lowering them saves what nodes can be
removed then. Three detectors speak of the same nodes; each takes what the ones before it leave:
first the nodes that can go as it is, then what unused workloads give back, then what right-sized
ones do. So that no node is promised twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from outlay.savings.detectors.contract import Facts
from outlay.savings.detectors.kubernetes import nodes
from outlay.savings.detectors.kubernetes.clusters import Cluster

Hours = tuple[Fraction, Fraction]
"""Core-hours and GiB-hours over the window."""

NODES_MUST_SHRINK = (
    "saved only when nodes go: the autoscaler, or whoever runs the cluster, must remove what is "
    "no longer requested"
)


def left_to_save(facts: Facts, cluster: Cluster) -> Fraction:
    """What of the nodes' open cost remains when the nodes that can go as it is have gone."""
    settings = nodes.DETECTOR.settings()
    found = nodes.fit(
        facts, cluster, settings.number("target_percent"), int(settings.number("least_nodes"))
    )
    return Fraction(cluster.open) - Fraction(found.saved)


def freed_share(
    cluster: Cluster, before: Hours, freed: Sequence[Hours], pool: Fraction
) -> tuple[Fraction, Hours, Fraction]:
    """How much of what is given back is worth money: (factor 0–1, requests that remain, pool that
    remains). `before` is requested now, `freed` what each gives back, `pool` the open cost.

    The scarcer of CPU and memory decides how much of the cluster must be there: giving back only
    the other one removes no node.
    """
    after = (
        before[0] - sum((one[0] for one in freed), Fraction(0)),
        before[1] - sum((one[1] for one in freed), Fraction(0)),
    )
    nominal = sum((cluster.worth(*one) for one in freed), Fraction(0))
    whole = cluster.worth(cluster.cores, cluster.gib)
    real = (cluster.part(*before) - cluster.part(*after)) * whole
    worth = max(Fraction(0), min(nominal, real, pool))
    factor = worth / nominal if nominal > 0 else Fraction(0)
    return factor, after, pool - worth
