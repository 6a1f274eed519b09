"""Containers get their amount from the cluster's own cost: by the nodes on the bill."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from outlay.app.native.kubernetes import priced_over
from outlay.savings.native.formats import read_file
from outlay.savings.native.model import Sizing
from tests.native import samples
from tests.savings.facts import TableFacts

TODAY = date(2026, 10, 20)
DAYS = 15


def charged(cost: str = "48", **more: Any) -> list[dict[str, Any]]:
    """A node of 16 cores and 32 GiB at 48 a day, shared out: half to cart, half idle. CPU and
    memory are worth 24 each: 24 / 384 core-hours = 0.0625, 24 / 768 GiB-hours = 0.03125."""
    rows = []
    for day in range(1, DAYS + 1):
        for part in ("CPU", "Memory"):
            for name, share in (("cart", "Workload"), (None, "Idle")):
                rows.append({
                    "ChargeDay": TODAY - timedelta(days=day), "ChargeCategory": "Usage",
                    "ServiceProviderName": "AWS", "BillingCurrency": "USD", "RegionId": "us-east-1",
                    "SubAccountId": "111111111111", "ResourceId": "i-1", "x_Cluster": "prod",
                    "x_Namespace": "shop" if name else "__idle__", "x_Controller": name,
                    "x_AllocatedFrom": "node", "x_AllocatedAs": share, "x_AllocatedPart": part,
                    "EffectiveCost": Decimal(cost) / 4, "ListCost": Decimal(cost) / 4,
                } | more)  # fmt: skip
    return rows


def used() -> list[dict[str, Any]]:
    """The node offers 16 cores and 32 GiB; four pods of cart request 2 cores and 4 GiB each."""
    rows = []
    for day in range(1, DAYS + 1):
        start = datetime(2026, 10, 20) - timedelta(days=day)
        common: dict[str, Any] = {
            "UsagePeriodStart": start, "UsagePeriodEnd": start + timedelta(days=1),
            "x_Cluster": "prod",
        }  # fmt: skip
        for metric, quantity in (("node_cpu_capacity", 16), ("node_memory_capacity", 32)):
            rows.append(common | {"Metric": metric, "Quantity": Decimal(quantity * 24)})
        for pod in range(4):
            for metric, quantity in (("cpu_request", 2), ("memory_request", 4), ("cpu_usage", 1),
                                     ("memory_usage", 1)):  # fmt: skip
                rows.append(common | {
                    "Metric": metric, "Quantity": Decimal(quantity * 24), "x_Namespace": "shop",
                    "x_ControllerKind": "deployment", "x_Controller": "cart",
                    "x_Pod": f"cart-{pod}", "x_Container": "cart",
                })  # fmt: skip
    return rows


def sizings(document: Any, **options: str) -> tuple[Sizing, ...]:
    import json

    return read_file("x", json.dumps(document).encode(), options=options).sizings


def facts(**more: Any) -> TableFacts:
    return TableFacts(today=TODAY, daily=charged(**more), usage=used())


def test_what_is_given_back_is_priced_by_the_nodes() -> None:
    found, told = priced_over(facts(), sizings(samples.kruize(short={"cost": (1, 2048)})))
    assert told == ()
    (one,) = found
    # Each of 4 pods gives back 1 core and 2 GiB: 4 × 24 × 15 = 1,440 core-hours and 2,880 GiB-hours
    # of the window. 1,440 × 0.0625 + 2,880 × 0.03125 = 180 in 15 days, 360 in 30. The cluster's
    # scarcer part, CPU and memory alike, falls from a half to a quarter: 0.25 × 720 = 180 can go.
    assert one.monthly_saving == Decimal("360.00")
    assert (one.tool, one.detector) == ("kruize", "requests.short.cost")
    assert (one.provider, one.account, one.group) == ("AWS", "111111111111", "size")
    assert one.scope == "prod/shop/deployment/cart"
    assert "x_Controller = 'cart'" in one.where
    assert (one.current, one.recommended) == ("cart: 2 cores, 4 GiB", "cart: 1 cores, 2 GiB")


def test_requests_that_the_tool_does_not_say_are_those_of_usage() -> None:
    target = {"cpu": "1", "memory": "2Gi"}
    found, _ = priced_over(facts(), sizings(samples.vpa(target=target), cluster="prod"))
    (one,) = found
    assert (one.tool, one.monthly_saving) == ("vpa", Decimal("360.00"))


def test_more_than_is_requested_saves_nothing() -> None:
    found, told = priced_over(facts(), sizings(samples.kruize(short={"cost": (3, 4096)})))
    assert found == ()
    assert told[0].reason == "as its requests are now, no money is saved by it"


def test_what_a_commitment_pays_is_not_saved() -> None:
    committed = facts(CommitmentDiscountId="sp-1", CommitmentDiscountStatus="Used")
    found, _ = priced_over(committed, sizings(samples.kruize(short={"cost": (1, 2048)})))
    assert found == ()


def test_workloads_and_clusters_that_are_not_there_are_told() -> None:
    document = samples.kruize(short={"cost": (1, 2048)})
    document[0]["kubernetes_objects"][0]["name"] = "gone"
    _, told = priced_over(facts(), sizings(document))
    assert told[0].reason == "no pod of it ran in the window that the cluster's usage tells of"
    _, told = priced_over(facts(), sizings(document, cluster="other"))
    assert told[0].reason == (
        "the cluster other is on no bill, so that there is no amount (clusters: prod)"
    )
    bare = TableFacts(today=TODAY, daily=charged(), usage=[])
    _, told = priced_over(bare, sizings(document))
    assert "no amount can be reckoned for the cluster prod; missing:" in told[0].reason
