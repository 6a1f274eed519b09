"""Layers through time: kept and found again, as of then, restated, by settings, after retention."""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.query import CostQuery
from tests.query.usage_lake import charge
from tests.sources.kubernetes.usage import allocation, answer
from tests.web.company import Line, load

pytestmark = pytest.mark.slow

DAY = "2026-10-05"
BY_NAMESPACE = CostQuery(by=("x_Namespace",))


def node_day(cost: str, resource: str = "i-1") -> Line:
    return charge(cost, f"{DAY}T00", "2026-10-06T00", resource) | {"SkuMeter": "Usage"}


def pod(space: str, cores: int, node: str = "i-1") -> dict[str, Any]:
    return allocation(
        DAY, "2026-10-06", pod=f"{space}-1", namespace=space, providerID=node, node=f"node {node}",
        cpuCoreHours=24 * cores, cpuCost=1, totalCost=1, labels={"app": space},
    )  # fmt: skip


def usage(workspace: Workspace, *pods: dict[str, Any]) -> None:
    import json

    folder = workspace.path.parent / "usage"
    folder.mkdir(exist_ok=True)
    document = answer({f"{n}": one for n, one in enumerate(pods)})
    (folder / "allocation.json").write_text(json.dumps(document))
    (done,) = workspace.load([str(folder)], source="usage")
    assert done.outcome == "loaded", done


def bill(workspace: Workspace, lines: Sequence[Line]) -> None:
    load(workspace, workspace.path.parent / "bills", "aws", lines)


def amounts(workspace: Workspace, query: CostQuery = BY_NAMESPACE) -> dict[object, Decimal]:
    return {row[query.by[0]]: row["EffectiveCost"] for row in workspace.query(query).rows()}


def layers(workspace: Workspace) -> set[Path]:
    return {path.parent for path in workspace.lake.layout.cache.glob("layers/*/charges.parquet")}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.init(tmp_path / "workspace")


def test_a_bill_without_usage_has_no_layer_and_usage_makes_one(workspace: Workspace) -> None:
    bill(workspace, [node_day("8"), node_day("2", "i-9")])
    assert workspace.query(CostQuery()).total == {"EffectiveCost": Decimal(10)}
    assert not workspace.lake.layout.cache.joinpath("layers").exists()
    usage(workspace, pod("shop", 1), pod("data", 3))
    assert amounts(workspace) == {"shop": 2, "data": 6, None: 2}
    (layer,) = layers(workspace)
    made = (layer / "layer.json").stat().st_mtime_ns
    assert amounts(Workspace.open(workspace.path)) == {"shop": 2, "data": 6, None: 2}
    assert layers(workspace) == {layer}
    assert (layer / "layer.json").stat().st_mtime_ns == made


def test_restated_usage_changes_the_numbers_and_the_past_stays(workspace: Workspace) -> None:
    bill(workspace, [node_day("8")])
    before = workspace.snapshots()[-1].snapshot_id
    usage(workspace, pod("shop", 1), pod("data", 3))
    first = workspace.snapshots()[-1].snapshot_id
    usage(workspace, pod("shop", 3), pod("data", 1))
    assert amounts(workspace) == {"shop": 6, "data": 2}
    then = BY_NAMESPACE.but(as_of=str(first))
    assert amounts(workspace, then) == {"shop": 2, "data": 6}
    # Before there was usage the node had no namespace at all.
    assert workspace.query(CostQuery(as_of=str(before))).total == {"EffectiveCost": Decimal(8)}
    bill(workspace, [node_day("16")])
    assert amounts(workspace) == {"shop": 12, "data": 4}
    assert amounts(workspace, then) == {"shop": 2, "data": 6}


def test_settings_count_at_once_and_rules_as_of_go_back(workspace: Workspace) -> None:
    bill(workspace, [node_day("8")])
    usage(workspace, pod("shop", 1), pod("kube-system", 3))
    by_state = CostQuery(by=("x_AllocatedAs",))
    assert amounts(workspace, by_state) == {"Workload": 2, "Overhead": 6}
    time.sleep(0.01)
    moment = datetime.now(UTC).replace(tzinfo=None)
    time.sleep(0.01)
    workspace.resources.put("Cluster", "prod", {"overhead": []}, author="ann")
    assert amounts(workspace, by_state) == {"Workload": 8}
    assert amounts(workspace, by_state.but(rules_as_of=f"{moment.isoformat()}Z")) == {
        "Workload": 2, "Overhead": 6
    }  # fmt: skip
    workspace.resources.put("Cluster", "prod", {"enabled": False}, author="ann")
    assert workspace.query(CostQuery(by=("ResourceId",))).total == {"EffectiveCost": Decimal(8)}
    assert len(list(workspace.query(CostQuery(by=("ResourceId",))).rows())) == 1


def test_roll_ups_answer_when_charges_are_gone(workspace: Workspace) -> None:
    bill(workspace, [node_day("8"), node_day("2", "i-9")])
    usage(workspace, pod("shop", 1), pod("data", 3))
    then = BY_NAMESPACE.but(as_of=str(workspace.snapshots()[-1].snapshot_id), grain="day")
    expected = amounts(workspace, then)
    (old,) = layers(workspace)
    bill(workspace, [node_day("4")])
    assert amounts(workspace) == {"shop": 1, "data": 3}
    later = datetime.now(UTC) + timedelta(days=60)
    past = time.time() - 2 * 24 * 3600
    for path in workspace.lake.layout.root.rglob("*"):
        os.utime(path, (past, past))
    workspace.lake.maintain(now=later)
    assert not (old / "charges.parquet").exists()
    assert (old / "rollups" / "daily.parquet").exists()
    assert amounts(workspace, then) == expected
    with pytest.raises(Exception, match="no longer kept"):
        workspace.charges(then)
    # By other settings it cannot be made any more, and says so beside the whole amount.
    workspace.resources.put("Cluster", "prod", {"idle": "share"}, author="ann")
    result = workspace.query(CostQuery(as_of=then.as_of))
    assert result.total == {"EffectiveCost": Decimal(10)}
    assert [note for note in result.warnings if "as billed, not by pod" in note]
    assert amounts(workspace) == {"shop": 1, "data": 3}


def test_upkeep_removes_what_nobody_asks_for(workspace: Workspace) -> None:
    bill(workspace, [node_day("8")])
    usage(workspace, pod("shop", 1), pod("data", 3))
    amounts(workspace)
    usage(workspace, pod("shop", 3), pod("data", 1))
    amounts(workspace)
    assert len(layers(workspace)) == 2
    past = time.time() - 60 * 24 * 3600
    for path in workspace.lake.layout.cache.rglob("*"):
        os.utime(path, (past, past))
    workspace.lake.maintain()
    assert not layers(workspace)
    assert amounts(workspace) == {"shop": 6, "data": 2}
