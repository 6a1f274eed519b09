"""Whatever the bill and the usage: what is given out is what was taken, line by line."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outlay.allocation.kubernetes.model import ClusterSpec, Ratio
from outlay.lake.types import COST_COLUMNS
from tests.allocation.kubernetes.bench import DAY, Bench, by, charge, used

AMOUNT = st.decimals(-(10**6), 10**6, places=9, allow_nan=False).map(str) | st.sampled_from(
    ["0", "0.000000000000000000001", "-0.000000000000000000007", "123456789.123456789123456789123"]
)
QUANTITY = st.decimals(0, 5000, places=6, allow_nan=False).map(str)
NODES = ("i-0a1", "i-0a2", "i-0a3")
METRICS = ("cpu_request", "cpu_usage", "cpu_allocated", "memory_request", "memory_usage",
           "gpu_request", "gpu_slice_request", "network_transmit", "node_cpu_capacity",
           "node_memory_capacity", "node_gpu_capacity")  # fmt: skip


@st.composite
def charges(draw: st.DrawFn) -> dict[str, Any]:
    costs = {name: draw(AMOUNT) for name in COST_COLUMNS}
    return (
        charge(
            "0",
            draw(st.sampled_from((*NODES, "vol-1", "other", "arn:aws:eks:x:1:cluster/prod"))),
            hours=draw(st.sampled_from((1, 24, 744))),
            start=DAY + timedelta(hours=draw(st.integers(-30, 60))),
            ServiceName="Amazon EKS",
            SkuMeter=draw(st.sampled_from(("BoxUsage", "DataTransfer-Out-Bytes"))),
            ConsumedQuantity=draw(st.none() | AMOUNT),
        )
        | costs
    )


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    hours = 24
    node = draw(st.sampled_from(NODES[:2]))
    metric = draw(st.sampled_from(METRICS))
    more: dict[str, Any] = {"ResourceId": node, "x_Node": node}
    if metric.startswith("node_"):
        more |= {"x_Namespace": None, "x_Pod": None}
    else:
        more |= {"x_Namespace": draw(st.sampled_from(("shop", "kube-system", "__idle__"))),
                 "x_Pod": draw(st.sampled_from(("a", "b", "c")))}  # fmt: skip
    start = DAY + timedelta(days=draw(st.integers(-1, 2)))
    return used(metric, draw(QUANTITY), hours=hours, start=start, **more)


SPECS = st.builds(
    ClusterSpec,
    idle=st.sampled_from(("node", "cluster", "share")),
    control_plane=st.sampled_from(("cluster", "share")),
    ratio=st.builds(
        Ratio,
        cpu=st.decimals("0.000001", 10, places=6),
        memory=st.decimals(0, 10, places=6),
        gpu=st.decimals(0, 10, places=6),
    ),
    network=st.sampled_from(((), ("other",))),
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    bill=st.lists(charges(), min_size=1, max_size=12),
    usage=st.lists(usages(), max_size=25),
    spec=SPECS,
)
def test_rows_add_up_to_the_lines_they_came_from(
    tmp_path_factory: Any, bill: list[dict[str, Any]], usage: list[dict[str, Any]],
    spec: ClusterSpec,
) -> None:  # fmt: skip
    folder: Path = tmp_path_factory.mktemp("bench")
    lines = [one | {"x_SourceFile": 0, "x_SourceLine": n} for n, one in enumerate(bill)]
    seen = [*usage, used("cpu_request", "1", ResourceId="i-0a1", x_Node="i-0a1")]
    rows = Bench(folder).layer(lines, seen, prod=spec)
    taken = {row["x_SourceLine"] for row in rows}
    known = {*NODES[:2], "arn:aws:eks:x:1:cluster/prod", *spec.network}
    # A node is known when usage names it; what is not known is not taken.
    named = {one["ResourceId"] for one in seen}
    assert taken == {
        n for n, one in enumerate(lines)
        if one["ResourceId"] in known and (one["ResourceId"] not in NODES
                                           or one["ResourceId"] in named)
    }  # fmt: skip
    for name in (*COST_COLUMNS, "ConsumedQuantity"):
        given = by((r for r in rows if r[name] is not None), "x_SourceLine", cost=name)
        for n in taken:
            if lines[n][name] is not None:
                assert given[n] == Decimal(lines[n][name])
    for row in rows:
        # No part has another sign than its line: nobody is given more than the bill.
        whole = Decimal(lines[row["x_SourceLine"]]["EffectiveCost"])
        assert min(whole, 0) <= row["EffectiveCost"] <= max(whole, 0)
