"""The cluster of the shared data in a workspace: bill and usage loaded, asked by every face."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.export import Wanted
from outlay.money import BillingPeriod
from outlay.query import CostQuery
from tests.allocation.kubernetes.opencost import CLUSTER, allocations, bill, folder
from tests.shared import needs_shared, shared_data
from tests.web.company import line, load

pytestmark = needs_shared
AUGUST, TOTAL = "2026-08", Decimal("1683.94013575")
OTHERS = [
    one | {"SkuMeter": "Usage", "ResourceType": ""}
    for one in (line("5.25", "2026-08-03", resource="i-other"), line("2", "2026-08-04"))
]
MINE = f"x_Cluster = '{CLUSTER}'"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    base = tmp_path_factory.mktemp("cluster")
    workspace = Workspace.init(base / "workspace")
    load(workspace, base / "bills", "aws", [*bill(AUGUST), *OTHERS])
    (base / "usage").mkdir()
    name = f"allocation-daily-{AUGUST}.json"
    (base / "usage" / name).write_bytes((folder() / name).read_bytes())
    (done,) = workspace.load([str(base / "usage")], source="usage")
    assert done.outcome == "loaded", done
    return workspace


def amounts(workspace: Workspace, query: CostQuery) -> dict[object, Decimal]:
    (by,) = query.by
    return {row[by]: row["EffectiveCost"] for row in workspace.query(query).rows()}


def test_the_cluster_is_the_bill_to_the_last_digit(cluster: Workspace) -> None:
    expected = json.loads(shared_data("expected.json").read_text())["k8s"][AUGUST]["total"]
    assert round(TOTAL, 6) == Decimal(expected)
    assert cluster.query(CostQuery(where=MINE)).total == {"EffectiveCost": TOTAL}
    assert cluster.query(CostQuery()).total == {"EffectiveCost": TOTAL + Decimal("7.25")}
    found = amounts(cluster, CostQuery(by=("x_Namespace",), where=MINE))
    assert set(found) == {"shop", "data", "kube-system", "tools", "__idle__"}
    assert sum(found.values()) == TOTAL


def test_namespaces_get_what_they_held_at_the_bills_price(cluster: Workspace) -> None:
    """The node's day worked out apart from the code: hours by OpenCost's prices, of the bill."""
    price = {"cpu": Decimal("0.031611"), "ram": Decimal("0.004237")}
    day = [one for one in allocations(AUGUST) if one["window"]["start"][:10] == "2026-08-05"
           and one["properties"]["node"] == "node-1"]  # fmt: skip
    cost = sum(
        Decimal(one["EffectiveCost"]) for one in bill(AUGUST)
        if one["ResourceId"] == "i-0n1" and one["SkuMeter"] == "Usage"
        and one["ChargePeriodStart"] == "2026-08-05T00:00:00Z"
    )  # fmt: skip
    pods = [one for one in day if "namespace" in one["properties"]]
    gib = Decimal(1 << 30)
    held = {
        one["properties"]["pod"]: one["cpuCoreHours"] * price["cpu"]
        + one["ramByteHours"] / gib * price["ram"]
        for one in pods
    }
    (idle,) = (one for one in day if "namespace" not in one["properties"])
    room = sum(held.values()) + idle["cpuCoreHours"] * price["cpu"] + idle["ramCost"]
    # The tool's price of memory on the node is that of its own pods, the list's: so is idle's.
    query = CostQuery(
        by=("x_Pod",), range="2026-08-05..2026-08-06",
        where=f"{MINE} AND x_Node = 'node-1' AND ResourceId = 'i-0n1' AND x_AllocatedPart <> "
        "'Network' AND SkuMeter = 'Usage'",
    )  # fmt: skip
    found = amounts(cluster, query)
    assert set(found) == {*held, None}
    for pod, hours in held.items():
        assert abs(found[pod] - cost * hours / room) < Decimal("0.0000001")


def test_every_table_and_face_sees_the_same_rows(cluster: Workspace) -> None:
    shop = f"{MINE} AND x_Namespace = 'shop'"
    (expected,) = cluster.query(CostQuery(where=shop)).total.values()
    for query in (
        CostQuery(where=shop, grain="day"), CostQuery(where=shop, grain="hour"),
        CostQuery(where=shop, by=("labels.app",)), CostQuery(where=shop, by=("tags.app",)),
        CostQuery(where=shop, by=("ChargeDescription",)),
    ):  # fmt: skip
        assert cluster.query(query).total == {"EffectiveCost": expected}, query
    assert cluster.charges(CostQuery(where=shop)).amounts == {"USD": expected}
    rows = list(cluster.sql(
        f"SELECT sum(EffectiveCost) AS c, count(*) AS n FROM charges WHERE {shop}"
    ).rows())  # fmt: skip
    assert rows[0]["c"] == expected
    (all_lines,) = cluster.sql("SELECT sum(EffectiveCost) AS c FROM charges").rows()
    assert all_lines["c"] == TOTAL + Decimal("7.25")
    (daily,) = cluster.sql(f"SELECT sum(EffectiveCost) AS c FROM daily WHERE {shop}").rows()
    assert daily["c"] == expected
    by_label = amounts(cluster, CostQuery(where=MINE, by=("labels.app",)))
    assert set(by_label) >= {"web", "pg", None}


def test_a_virtual_tag_goes_by_labels_and_namespaces(cluster: Workspace) -> None:
    rules = [{"when": "labels.team IS NOT NULL", "value": {"from": "labels.team"}},
             {"when": "x_Namespace = '__idle__'", "value": "idle"}]  # fmt: skip
    cluster.resources.put("VirtualTag", "team", {"rules": rules}, author="ann")
    found = amounts(cluster, CostQuery(where=MINE, by=("team",)))
    assert {"checkout", "idle"} <= set(found)
    assert found["idle"] == amounts(cluster, CostQuery(where=MINE, by=("x_Namespace",)))["__idle__"]
    # Lines and hours find their labels too, of what is left of the bill as of the pods.
    assert cluster.query(CostQuery(by=("team",), grain="hour")).total == {
        "EffectiveCost": TOTAL + Decimal("7.25")
    }
    cluster.resources.delete("VirtualTag", "team", author="ann")


def test_an_amount_is_explained_down_to_the_bills_line(cluster: Workspace) -> None:
    query = CostQuery(where=f"{MINE} AND x_Pod = 'web-7d9-abc'", range="2026-08-05..2026-08-06")
    explained = cluster.explain(query, lines=5)
    (group,) = explained.groups
    assert {"EffectiveCost": group.amount} == cluster.query(query).total
    top = group.slices[0].files[0].top[0]
    record = cluster.raw_record("aws", BillingPeriod.parse(AUGUST), 0, top.origin.line)
    assert record["ResourceId"] == "i-0n1"
    (page,) = (cluster.charges(query, limit=1),)
    values = page.charges[0].values
    assert values["AllocatedMethodId"] == "kubernetes-node"
    assert json.loads(values["AllocatedMethodDetails"])["Elements"][0]["UsageUnit"] == "Core-Hours"


def test_the_export_has_the_allocated_columns(cluster: Workspace, tmp_path: Path) -> None:
    written = cluster.export_focus(Wanted.of(version="1.4", format="csv", sources=("aws",)),
                                   tmp_path)  # fmt: skip
    with written[0].path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["EffectiveCost"]) for row in rows) == TOTAL + Decimal("7.25")
    pods = [row for row in rows if row["AllocatedResourceId"]]
    assert {row["AllocatedMethodId"] for row in pods} == {
        "kubernetes-node", "kubernetes-volume", "kubernetes-load-balancer"
    }  # fmt: skip
    web = next(row for row in pods if row["x_Pod"] == "web-7d9-abc")
    assert json.loads(web["AllocatedTags"])["app"] == "web"
    assert not [row for row in rows if row["ResourceId"] == "i-0n1" and not row["x_Cluster"]]
