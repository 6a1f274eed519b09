"""OpenCost's allocations, by the traps of its documents."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.sources.kubernetes.usage import Usage, allocation, answer, csv_text, export_row

pytestmark = pytest.mark.slow

DAY, NEXT = "2026-10-05", "2026-10-06"


@pytest.fixture
def usage(tmp_path: Path) -> Usage:
    return Usage(tmp_path / "lake")


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    folder = tmp_path / "bill"
    folder.mkdir()
    return folder


def write(folder: Path, name: str, document: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(document))
    return path


def test_an_allocation_becomes_a_row_a_metric(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, node="node-1", pod="web-1", container="web", controller="web",
        controllerKind="Deployment", providerID="aws:///eu-central-1a/i-0abc",
        labels={"team": "checkout"}, namespaceLabels={"team": "shop"},
        cpuCoreRequestAverage=2, cpuCoreUsageAverage=0.5, cpuCoreHours=48, cpuCost=1.5,
        ramByteRequestAverage=2 << 30, ramByteHours=48 << 30, ramCost=0.25,
        networkTransferBytes=1 << 29, networkReceiveBytes=3 << 30, networkCost=0.02,
        pvByteHours=10 << 30, pvCost=0.13, loadBalancerCost=0.6, totalCost=2.5,
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    rows = usage.ask("Metric, Unit, Quantity, EstimatedCost", more="ORDER BY Metric")
    assert rows == [
        ("cpu_allocated", "Core-Hours", Decimal(48), Decimal("1.5")),
        ("cpu_request", "Core-Hours", Decimal(48), None),
        ("cpu_usage", "Core-Hours", Decimal(12), None),
        ("load_balancer", "Hours", Decimal(24), Decimal("0.6")),
        ("memory_allocated", "GiB-Hours", Decimal(48), Decimal("0.25")),
        ("memory_request", "GiB-Hours", Decimal(48), None),
        ("network_receive", "GiB", Decimal(3), None),
        ("network_transmit", "GiB", Decimal("0.5"), Decimal("0.02")),
        ("volume_allocated", "GiB-Hours", Decimal(10), Decimal("0.13")),
    ]
    (common,) = usage.ask(
        "DISTINCT UsagePeriodStart, UsagePeriodEnd, ResourceId, ResourceName, ResourceType, "
        "x_Cluster, x_Node, x_Namespace, x_ControllerKind, x_Controller, x_Pod, x_Container, Tags"
    )
    assert common[:2] == (datetime(2026, 10, 5), datetime(2026, 10, 6))
    assert common[2:5] == ("i-0abc", "node-1", "Node")
    assert common[5:12] == ("prod", "node-1", "shop", "deployment", "web", "web-1", "web")
    assert common[12] == {"team": "checkout", "namespace:team": "shop"}
    assert usage.ask("DISTINCT EstimatedCurrency, PriceSource", "EstimatedCost IS NOT NULL") == [
        ("USD", "opencost")
    ]


def test_no_allocation_is_a_charge(usage: Usage, bill: Path) -> None:
    write(bill, "a.json", answer({"web": allocation(DAY, NEXT, cpuCost=5, totalCost=5)}))
    (outcome,) = usage.loaded(bill)
    assert outcome.record is not None
    assert outcome.record.rows == 0
    assert outcome.record.usage_rows == 1
    assert outcome.record.proof.rows_folded == {"usage, kept beside the charges": 1}


def test_null_steps_are_empty(usage: Usage, bill: Path) -> None:
    one = allocation(DAY, NEXT, cpuCost=5, totalCost=5)
    write(bill, "a.json", answer(None, {}, {"web": one}, None))
    (outcome,) = usage.loaded(bill)
    assert outcome.record is not None and outcome.record.proof.rows_read == 1


def test_null_and_nan_are_no_numbers_and_no_zeroes(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, cpuCoreUsageAverage=None, ramByteUsageAverage="NaN", cpuCoreRequestAverage=1,
        ramCost="NaN", gpuCost=None, cpuCost=2, totalCost=2, labels=None,
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.quantities() == {"cpu_request": Decimal(24), "cpu_allocated": Decimal(0)}
    assert usage.costs("Metric") == {"cpu_allocated": Decimal(2)}


def test_a_cost_that_is_no_number_holds_the_slice_back(usage: Usage, bill: Path) -> None:
    write(bill, "a.json", answer({"web": allocation(DAY, NEXT, cpuCost="dear", totalCost=2)}))
    (outcome,) = usage.load(bill)
    assert (outcome.status, outcome.rejected) == ("held", 1)


def test_parts_of_the_network_cost_are_not_added_to_it(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, networkCost=0.9, networkCrossZoneCost=0.4, networkCrossRegionCost=0.3,
        networkInternetCost=0.2, totalCost=0.9,
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("Metric") == {"network_transmit": Decimal("0.9")}


def test_adjustments_are_inside_the_total(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, cpuCost="1.517328", cpuCostAdjustment="-0.0758664", ramCost="0.406752",
        networkCost="0.02", loadBalancerCost="0.5", loadBalancerCostAdjustment="0.1",
        totalCost="2.4682136",
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("Metric") == {
        "cpu_allocated": Decimal("1.4414616"),
        "memory_allocated": Decimal("0.406752"),
        "network_transmit": Decimal("0.02"),
        "load_balancer": Decimal("0.6"),
    }
    assert usage.costs("'all'") == {"all": Decimal("2.4682136")}


def test_volumes_have_their_own_ids_and_are_a_breakdown(usage: Usage, bill: Path) -> None:
    pvs = {
        "cluster=prod:name=pv-1": {
            "byteHours": 24 << 30, "cost": "0.12", "adjustment": "-0.02", "providerID": "vol-0abc",
        },
        "cluster=prod:name=pv-2": {"byteHours": 48 << 30, "cost": "0.3", "providerID": ""},
    }  # fmt: skip
    one = allocation(
        DAY, NEXT, node="n", providerID="i-0abc", pvByteHours=73 << 30, pvCost="0.421",
        pvCostAdjustment="-0.02", pvs=pvs, totalCost="0.401",
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    found = usage.ask("ResourceId, ResourceType, Quantity, EstimatedCost", more="ORDER BY 3")
    assert found == [
        ("i-0abc", "Node", Decimal(1), Decimal("0.001")),
        ("vol-0abc", "Persistent Volume", Decimal(24), Decimal("0.10")),
        ("pv-2", "Persistent Volume", Decimal(48), Decimal("0.3")),
    ]
    assert usage.costs("'all'") == {"all": Decimal("0.401")}


def test_shared_and_external_costs_are_kept_apart(usage: Usage, bill: Path) -> None:
    one = allocation(DAY, NEXT, cpuCost=1, sharedCost=2, externalCost=4, totalCost=7)
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("Metric") == {
        "cpu_allocated": Decimal(1),
        "shared": Decimal(2),
        "external": Decimal(4),
    }


def test_the_total_is_the_tools_own_also_where_its_parts_are_rounded(
    usage: Usage, bill: Path
) -> None:
    one = allocation(DAY, NEXT, cpuCost="0.06359", ramCost="0.04577", totalCost="0.10937")
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("Metric")["rounding"] == Decimal("0.00001")
    assert usage.costs("'all'") == {"all": Decimal("0.10937")}


def test_idle_that_was_shared_is_not_added_again(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, cpuCost=3, cpuCostIdle=2, ramCost=4, ramCostIdle=1, gpuCostIdle=5, totalCost=7
    )
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("x_Namespace") == {"shop": Decimal(7)}


@pytest.mark.parametrize(
    "special", ["__idle__", "__unallocated__", "__unmounted__", "__undistributed__", "__filtered__"]
)
def test_special_names_are_kept_as_such(special: str, usage: Usage, bill: Path) -> None:
    one = allocation(DAY, NEXT, name=f"prod/node-1/{special}", cpuCost=3, totalCost=3)
    del one["properties"]["namespace"]
    write(bill, "a.json", answer({f"prod/node-1/{special}": one}))
    usage.loaded(bill)
    assert usage.costs("x_Namespace") == {special: Decimal(3)}


def test_efficiency_is_no_quantity(usage: Usage, bill: Path) -> None:
    one = allocation(
        DAY, NEXT, cpuCoreUsageAverage=0.5, cpuCoreRequestAverage=0, cpuEfficiency=1,
        ramEfficiency=1, totalEfficiency=1,
    )  # fmt: skip
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.quantities() == {"cpu_usage": Decimal(12)}


def test_an_allocation_that_comes_again_counts_once_and_the_later_file_wins(
    usage: Usage, bill: Path
) -> None:
    for name, cost in (("2026-10-06.json", 3), ("2026-10-07.json", 2)):
        one = allocation(DAY, NEXT, pod="web", cpuCost=cost, totalCost=cost)
        write(bill, name, answer({"web": one}))
    (outcome,) = usage.loaded(bill)
    assert usage.costs("x_Pod") == {"web": Decimal(2)}
    assert outcome.record is not None
    assert outcome.record.proof.rows_folded == {
        "an allocation that a later file repeats counts once": 1,
        "usage, kept beside the charges": 1,
    }


def test_windows_that_overlap_are_refused(usage: Usage, bill: Path) -> None:
    write(bill, "day.json", answer({"web": allocation(DAY, NEXT, cpuCost=1, totalCost=1)}))
    week = allocation("2026-10-01", "2026-10-08", cpuCost=7, totalCost=7)
    write(bill, "week.json", answer({"web": week}))
    (outcome,) = usage.load(bill)
    assert outcome.status == "failed"
    assert "2026-10-05 00:00 to 2026-10-06 00:00 of one cluster overlap" in outcome.message


def test_months_are_slices_by_the_windows_begin(usage: Usage, bill: Path) -> None:
    steps = [
        {"a": allocation("2026-09-30", "2026-10-01", cpuCost=1, totalCost=1)},
        {"a": allocation("2026-10-01", "2026-10-02", cpuCost=2, totalCost=2)},
    ]
    write(bill, "a.json", answer(*steps))
    outcomes = usage.loaded(bill)
    assert [str(outcome.billing_period) for outcome in outcomes] == ["2026-09", "2026-10"]
    assert usage.costs("strftime(x_BillingPeriod, '%Y-%m')") == {
        "2026-09": Decimal(1),
        "2026-10": Decimal(2),
    }


def test_the_export_has_daily_averages(usage: Usage, bill: Path) -> None:
    row = export_row(
        date(2026, 10, 5), CPUCoreUsageAverage="0.5", CPUCoreRequestAverage="0.25",
        RAMBytesUsageAverage="1073741824", RAMBytesRequestAverage="2147483648",
        CPUCost="0.00838296", RAMCost="0.002110786736011505", TotalCost="0.010493746736011505",
        Labels='{"team": "checkout"}',
    )  # fmt: skip
    (bill / "export.csv").write_text(csv_text([row]))
    (outcome,) = usage.loaded(bill, cluster="prod", currency="EUR")
    assert outcome.record is not None
    assert "no load balancer and no idle" in outcome.record.notes[0]
    assert usage.quantities() == {
        "cpu_request": Decimal(6),
        "cpu_usage": Decimal(12),
        "cpu_allocated": Decimal(12),
        "memory_request": Decimal(48),
        "memory_usage": Decimal(24),
        "memory_allocated": Decimal(48),
    }
    assert usage.costs("x_Cluster || ' ' || EstimatedCurrency || ' ' || Tags['team']") == {
        "prod EUR checkout": Decimal("0.010493746736011505")
    }


def test_an_export_of_the_same_days_is_not_added_to_the_answers(usage: Usage, bill: Path) -> None:
    write(bill, "a.json", answer({"web": allocation(DAY, NEXT, cpuCost=3, totalCost=3)}))
    days = [date(2026, 10, 5), date(2026, 10, 7)]
    rows = [export_row(day, CPUCost="2", TotalCost="2") for day in days]
    (bill / "export.csv").write_text(csv_text(rows))
    (outcome,) = usage.loaded(bill)
    assert usage.costs("strftime(UsagePeriodStart, '%d')") == {"05": Decimal(3), "07": Decimal(2)}
    assert outcome.record is not None
    folded = outcome.record.proof.rows_folded
    assert folded["a day that the allocation API answers too counts once"] == 1


def test_cloud_costs_are_recognised_and_left_out(usage: Usage, bill: Path) -> None:
    cost = {"cost": 1143.69, "kubernetesPercent": 0.66}
    found = {
        "cloudCosts": {"AWS": {"properties": {}, "listCost": cost, "netCost": cost}},
        "window": {"start": f"{DAY}T00:00:00Z", "end": f"{NEXT}T00:00:00Z"},
    }
    write(bill, "cloud.json", {"code": 200, "data": {"sets": [found]}})
    (outcome,) = usage.loaded(bill)
    assert outcome.record is not None
    assert (outcome.record.rows, outcome.record.usage_rows) == (0, 0)
    assert list(outcome.record.proof.rows_folded.values()) == [1]
    assert "repeat the cloud's own bill" in outcome.record.notes[0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("i-0abc", "i-0abc"),
        ("aws:///eu-central-1a/i-0abc", "i-0abc"),
        ("gce://acme-prod/europe-west3-a/gke-node-1", "gke-node-1"),
        (
            "azure:///subscriptions/s/resourceGroups/g/vm/0",
            "/subscriptions/s/resourceGroups/g/vm/0",
        ),
        ("kind://docker/kind/node", "kind://docker/kind/node"),
    ],
)
def test_provider_ids_are_those_of_the_bill(
    given: str, expected: str, usage: Usage, bill: Path
) -> None:
    one = allocation(DAY, NEXT, node="n", providerID=given, cpuCost=1, totalCost=1)
    write(bill, "a.json", answer({"web": one}))
    usage.loaded(bill)
    assert usage.costs("ResourceId") == {expected: Decimal(1)}


def test_an_error_of_the_api_is_not_taken_for_no_cost(usage: Usage, bill: Path) -> None:
    write(bill, "a.json", answer({"web": allocation(DAY, NEXT, totalCost=1, cpuCost=1)}))
    usage.loaded(bill)
    write(bill, "b.json", {"code": 500, "data": [None], "message": "no data yet"})
    outcomes = usage.load(bill)
    assert [outcome.status for outcome in outcomes] == ["failed"]
    assert "b.json" in outcomes[0].message and "no data yet" in outcomes[0].message
