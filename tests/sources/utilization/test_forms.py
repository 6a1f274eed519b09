"""Every form of measurements: what becomes of it, and what is refused by name."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.detect import detect
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.ai.bills import Bill
from tests.sources.utilization import answers

ONE, TWO, THREE = (datetime(2026, 11, day) for day in (1, 2, 3))
_COLUMNS = (
    "ResourceId, substr(Metric, 13), x_Statistic, UsagePeriodStart, UsagePeriodEnd, "
    "CAST(Quantity AS DECIMAL(38,3))"
)


@pytest.fixture
def bill(tmp_path: Path) -> Bill:
    return Bill(tmp_path)


def rows(bill: Bill, where: str = "true") -> list[tuple[Any, ...]]:
    """What is in the lake, values to three decimals."""
    return bill.usage(_COLUMNS, where)


def values(bill: Bill) -> set[tuple[str, str, str, str]]:
    """Resource, metric, statistic and value of every row."""
    return {(one[0], one[1], one[2], f"{one[5].normalize():f}") for one in rows(bill)}


def table(bill: Bill, *lines: str) -> Bill:
    """A plain table."""
    header = "ResourceId,Metric,Statistic,PeriodStart,PeriodEnd,Value"
    (bill.folder / "measured.csv").write_text("\n".join([header, *lines]) + "\n")
    return bill


# --- CloudWatch ---


def test_metric_data_with_its_questions(bill: Bill) -> None:
    bill.write(cpu=answers.metric_data(42.0, 7.25)).load()
    assert rows(bill) == [
        ("i-1", "cpu", "maximum", ONE, TWO, Decimal("42.000")),
        ("i-1", "cpu", "maximum", TWO, THREE, Decimal("7.250")),
    ]
    ((unit, provider, account, kind),) = set(
        bill.usage("Unit, ServiceProviderName, SubAccountId, ResourceType")
    )
    assert (unit, provider, account, kind) == ("Percent", "AWS", "111122223333", "ec2-instance")
    assert bill.charges("*") == []


def test_metric_data_by_its_label(bill: Bill) -> None:
    label = "AWS/EC2|CPUUtilization|p99|86400|i-9|444455556666|eu-west-1"
    bill.write(cpu=answers.metric_data(12.5, label=label)).load()
    assert values(bill) == {("i-9", "cpu", "p99", "12.5")}
    assert bill.usage("SubAccountId, RegionId") == [("444455556666", "eu-west-1")]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (answers.metric_data(1.0, label="CPUUtilization"), "does not say of what it is"),
        (answers.metric_data(1.0, Values=[]), "1 moments and 0 values"),
        (answers.metric_data(1.0, StatusCode="InternalError"), "ask for it again"),
    ],
)
def test_metric_data_that_cannot_be_read(bill: Bill, document: object, words: str) -> None:
    outcomes = bill.write(cpu=document).ledger.load("ai", bill.folder)
    assert words in " ".join(one.message for one in outcomes)
    assert {one.status for one in outcomes} == {"failed"}


def test_statistics(bill: Bill) -> None:
    bill.write(memory=answers.STATISTICS).load()
    found = rows(bill, "x_Statistic = 'minimum'")
    assert [(one[0], one[1], one[3].hour, one[4].hour, int(one[5])) for one in found] == [
        ("orders-1", "memory_available", 0, 1, 2**30),
        ("orders-1", "memory_available", 1, 2, 2**31),
    ]
    assert len(rows(bill, "x_Statistic = 'p99'")) == 1


def test_statistics_of_a_file_that_is_called_as_its_resource(bill: Bill) -> None:
    bare = {name: answers.STATISTICS[name] for name in ("Label", "Datapoints")}
    (bill.folder / "orders-2__memory.json").write_text(json.dumps(bare))
    bill.load()
    assert {one[0] for one in rows(bill)} == {"orders-2"}


def test_a_stream_is_made_into_hours(bill: Bill) -> None:
    def minute(number: int, top: float, total: float) -> dict[str, Any]:
        return {
            "metric_stream_name": "all", "account_id": "111122223333", "region": "us-east-1",
            "namespace": "AWS/EC2", "metric_name": "CPUUtilization",
            "dimensions": {"InstanceId": "i-1"},
            "timestamp": 1793491200000 + number * 60_000,  # 2026-11-01T00:00Z
            "value": {"max": top, "min": 1.0, "sum": total, "count": 2.0}, "unit": "Percent",
        }  # fmt: skip

    lines = [minute(0, 10, 4), minute(1, 30, 8), minute(60, 5, 6)]
    (bill.folder / "stream.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    assert "made into hours" in bill.notes()
    hours = {(one[2], one[3].hour): f"{one[5].normalize():f}" for one in rows(bill)}
    assert hours == {
        ("average", 0): "3", ("average", 1): "3",  # (4/2 + 8/2) / 2 and 6/2
        ("maximum", 0): "30", ("maximum", 1): "5",
        ("minimum", 0): "1", ("minimum", 1): "1",
        ("sum", 0): "12", ("sum", 1): "6",
    }  # fmt: skip


# --- other tools ---


def test_azure(bill: Bill) -> None:
    bill.write(azure=answers.AZURE).load()
    vm = answers.AZURE_ID.lower()
    assert values(bill) == {
        (vm, "cpu", "average", "12.5"), (vm, "cpu", "maximum", "60"),
        # What is least free is most used.
        (vm, "memory", "maximum", "70"), (vm, "memory", "minimum", "20"),
    }  # fmt: skip
    assert bill.usage("DISTINCT SubAccountId, RegionId") == [
        ("/subscriptions/aaaa-1", "westeurope")
    ]


def test_azure_of_several_resources(bill: Bill) -> None:
    one = {name: value for name, value in answers.AZURE.items() if name != "timespan"}
    answer = {"values": [one | {"resourceid": answers.AZURE_ID.replace("VM-1", "VM-2")}]}
    bill.write(azure=answer).load()
    assert {row[0][-4:] for row in rows(bill)} == {"vm-2"}


def test_google(bill: Bill) -> None:
    bill.write(google=answers.GOOGLE).load(statistic="maximum")
    web = "//compute.googleapis.com/projects/shop"
    assert values(bill) == {
        (f"{web}/zones/europe-west4-a/instances/web-1", "cpu", "maximum", "25.5"),
        (f"{web}/instances/web-1", "network_in", "sum", "5000"),
    }


def test_what_googles_agent_measures_state_by_state(bill: Bill) -> None:
    # Free memory is no used memory; a processor is busy while it is not idle.
    def series(metric: str, value: int, **labels: str) -> dict[str, Any]:
        one = json.loads(json.dumps(answers.GOOGLE["timeSeries"][0]))
        one["metric"] = {"type": f"agent.googleapis.com/{metric}", "labels": labels}
        one["points"][0]["value"] = {"doubleValue": value}
        return dict(one)

    answer = [
        series("memory/percent_used", 30, state="used"),
        series("memory/percent_used", 60, state="free"),
        series("memory/percent_used", 10, state="cached"),
        series("disk/percent_used", 45, state="used", device="sda1"),
        series("disk/percent_used", 55, state="free", device="sda1"),
        series("cpu/utilization", 80, cpu_state="idle", cpu_number="0"),
        series("cpu/utilization", 15, cpu_state="user", cpu_number="0"),
    ]
    bill.write(google={"timeSeries": answer})
    assert bill.folded()["a metric that has no name here"] == 4
    assert {(row[1], row[2], row[5]) for row in rows(bill)} == {
        ("memory", "average", Decimal(30)),
        ("disk_used", "average", Decimal(45)),
        ("cpu", "average", Decimal(20)),
    }


def test_a_gauge_of_google_stands_at_the_end_of_its_period(bill: Bill) -> None:
    # The interval of a gauge is a moment: begin and end are the same, or the begin is not there.
    answer = json.loads(json.dumps(answers.GOOGLE))
    two, three = "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"
    answer["timeSeries"][0]["points"] = [
        {"interval": {"startTime": three, "endTime": three}, "value": {"doubleValue": 0.5}},
        {"interval": {"endTime": two}, "value": {"doubleValue": 0.25}},
    ]
    bill.write(google=answer).load()
    assert [row[1:] for row in rows(bill) if row[1] == "cpu"] == [
        ("cpu", "average", ONE, TWO, Decimal("25.000")),
        ("cpu", "average", TWO, THREE, Decimal("50.000")),
    ]


def test_prometheus(bill: Bill) -> None:
    bill.write(prometheus=answers.PROMETHEUS)
    folded = bill.folded()
    assert folded["a metric that has no name here"] == 1
    assert rows(bill) == [
        ("aws:///a/i-1", "cpu", "p95", ONE, TWO, Decimal("40.000")),
        ("aws:///a/i-1", "cpu", "p95", TWO, THREE, Decimal("50.500")),
    ]


def test_prometheus_whose_expression_has_no_name(bill: Bill) -> None:
    answer = json.loads(json.dumps(answers.PROMETHEUS))
    answer["data"]["result"] = [
        {"metric": {"node": "n1"}, "values": [[1793577600, "40"], [1793664000, "41"]]}
    ]
    options = {"metric": "memory", "statistic": "maximum", "resource_label": "node"}
    bill.write(prometheus=answer).load(**options)
    assert values(bill) == {("n1", "memory", "maximum", "40"), ("n1", "memory", "maximum", "41")}


# --- inventories ---


def test_inventories_of_aws(bill: Bill) -> None:
    for name, document in (("volumes", answers.VOLUMES), ("addresses", answers.ADDRESSES),
                           ("instances", answers.INSTANCES)):  # fmt: skip
        (bill.folder / f"{name}-2026-11-01.json").write_text(json.dumps(document))
    bill.load()
    assert values(bill) == {
        ("vol-1", "attached", "average", "0"), ("vol-2", "attached", "average", "1"),
        ("eipalloc-1", "attached", "average", "0"), ("eipalloc-2", "attached", "average", "1"),
        ("i-1", "running", "average", "1"), ("i-2", "running", "average", "0"),
    }  # fmt: skip
    assert {(one[3], one[4]) for one in rows(bill)} == {(ONE, TWO)}


def test_inventories_of_two_days_that_are_alike(bill: Bill) -> None:
    for day in ("2026-11-01", "2026-11-02", "2026-10-31"):
        (bill.folder / f"volumes-{day}.json").write_text(json.dumps(answers.VOLUMES))
    bill.load()
    assert len(rows(bill, "ResourceId = 'vol-1'")) == 3
    (bill.folder / "volumes-2026-11-03.json").write_text(json.dumps(answers.VOLUMES))
    bill.load()
    assert len(rows(bill, "ResourceId = 'vol-1'")) == 4


def test_inventories_of_azure_and_google(bill: Bill) -> None:
    (bill.folder / "graph-20261101.json").write_text(json.dumps(answers.GRAPH))
    (bill.folder / "disks-2026-11-01.json").write_text(json.dumps(answers.GCLOUD))
    bill.load()
    azure = "/subscriptions/aaaa-1/resourcegroups/rg/providers/microsoft"
    google = "//compute.googleapis.com/projects/shop/zones/europe-west4-a/disks"
    assert values(bill) == {
        (f"{azure}.compute/disks/d1", "attached", "average", "0"),
        (f"{azure}.network/publicipaddresses/ip1", "attached", "average", "1"),
        (answers.AZURE_ID.lower(), "running", "average", "0"),
        (f"{google}/d1", "attached", "average", "0"),
        (f"{google}/d2", "attached", "average", "1"),
    }


def test_an_inventory_that_says_its_day_and_one_that_does_not(bill: Bill) -> None:
    bill.write(volumes={**answers.VOLUMES, "AsOf": "2026-11-02T04:00:00Z"}).load()
    assert {one[3] for one in rows(bill)} == {TWO}
    outcomes = bill.write(volumes=answers.VOLUMES).ledger.load("ai", bill.folder)
    assert "name the file with its day" in outcomes[0].message
    (bill.folder / "volumes.json").rename(bill.folder / "volumes-2026-02-30.json")
    outcomes = bill.ledger.load("ai", bill.folder)
    assert "no day of the calendar" in outcomes[0].message


# --- tables, and what is left out ---


def test_a_table(bill: Bill) -> None:
    table(bill, "i-1,cpu,p95,2026-11-01T01:00:00+01:00,2026-11-02,55",
          "i-1,CPUUtilization,Maximum,2026-11-01 00:00:00,2026-11-02T00:00:00Z,60")  # fmt: skip
    bill.load()
    assert rows(bill) == [
        ("i-1", "cpu", "maximum", ONE, TWO, Decimal(60)),
        ("i-1", "cpu", "p95", ONE, TWO, Decimal(55)),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("i-1,cpu,average,2026-11-01,2026-11-02,high", "the value is no number"),
        ("i-1,cpu,average,2026-11-01,2026-11-02,", "the value is no number"),
        ("i-1,cpu,average,2026-11-01,2026-11-02,110.01", "a percent below 0 or above 110"),
        ("i-1,cpu,average,2026-11-01,2026-11-02,-1", "a percent below 0 or above 110"),
        ("i-1,iops,average,2026-11-01,2026-11-02,-1", "a value below 0"),
        ("i-1,attached,average,2026-11-01,2026-11-02,2", "a state that is neither 0 nor 1"),
        ("i-1,cpu,average,2026-11-02,2026-11-01,1", "the period ends before it begins"),
        ("i-1,cpu,average,2026-11-01,2026-11-01,1", "the period ends before it begins"),
        ("i-1,cpu,average,soon,2026-11-02,1", "the period's begin is no moment"),
        ("i-1,cpu,average,2026-11-01,later,1", "the period's end is no moment"),
        (",cpu,average,2026-11-01,2026-11-02,1", "no resource is named"),
    ],
)
def test_a_row_that_is_rejected(bill: Bill, line: str, reason: str) -> None:
    table(bill, "i-0,cpu,average,2026-11-01,2026-11-02,1", line)
    kind = source("utilization")
    transport = FileTransport(str(bill.folder))
    share = Decimal("0.6")
    outcomes = bill.ledger.lake.load("ai", kind, transport, kind.Options(), max_rejected=share)
    reasons = [
        row["reason"]
        for one in outcomes
        if one.record is not None
        for row in bill.ledger.lake.quarantined(one.record.id).to_pylist()
    ]
    assert reasons == [reason], [one.message for one in outcomes]
    assert [one[0] for one in rows(bill)] == ["i-0"]


def test_a_little_above_a_hundred_is_kept(bill: Bill) -> None:
    table(bill, "i-1,cpu,maximum,2026-11-01,2026-11-02,100.4").load()
    assert values(bill) == {("i-1", "cpu", "maximum", "100.4")}


def test_what_has_no_name_is_counted_and_told(bill: Bill) -> None:
    table(
        bill, "i-1,cpu,maximum,2026-11-01,2026-11-02,1",
        "i-1,StatusCheckFailed,Maximum,2026-11-01,2026-11-02,0",
        "i-1,cpu,SampleCount,2026-11-01,2026-11-02,288",
    )  # fmt: skip
    notes = bill.notes()
    assert "1 measurements of 1 metric that have no name here are left out: StatusCheckFailed" in (
        notes
    )
    assert "SampleCount" in notes
    assert len(rows(bill)) == 1


def test_the_same_measurement_counts_once(bill: Bill) -> None:
    bill.write(a=answers.metric_data(1.0, 2.0), b=answers.metric_data(1.0))
    assert bill.folded()["the same measurement again: counted once"] == 1
    assert len(rows(bill)) == 2


def test_every_form_is_told_by_its_content(tmp_path: Path) -> None:
    documents: dict[str, object] = {
        "data": answers.metric_data(1.0), "statistics": answers.STATISTICS,
        "azure": answers.AZURE, "google": answers.GOOGLE, "prometheus": answers.PROMETHEUS,
        "volumes-2026-11-01": answers.VOLUMES, "graph-2026-11-01": answers.GRAPH,
        "gcloud-2026-11-01": answers.GCLOUD,
    }  # fmt: skip
    for name, document in documents.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.json").write_text(json.dumps(document))
        (feed,) = detect(FileTransport(str(folder)))
        assert feed.kind == "utilization", name


def test_a_folder_without_measurements(tmp_path: Path) -> None:
    kind = source("utilization")
    with pytest.raises(SourceError, match="there is no measurement"):
        kind.deliveries(FileTransport(str(tmp_path)), kind.Options())


@pytest.mark.parametrize(
    ("options", "words"),
    [({"metric": "heat"}, "is no metric"), ({"statistic": "mode"}, "is no statistic")],
)
def test_options_that_there_are_not(options: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        source("utilization").Options(**options)
