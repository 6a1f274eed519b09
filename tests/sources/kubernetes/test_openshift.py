"""Payloads of OpenShift's cost operator: labels, hours, overlaps, half-written ones."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.sources.contract import SourceError
from outlay.sources.registry import source
from outlay.sources.transports.file import FileTransport
from tests.sources.kubernetes.usage import Usage, csv_text, hour, payload, pod_row

LATER = "an hour that a later payload repeats counts once"


@pytest.fixture
def usage(tmp_path: Path) -> Usage:
    return Usage(tmp_path / "lake")


@pytest.fixture
def bill(tmp_path: Path) -> Path:
    folder = tmp_path / "bill"
    folder.mkdir()
    return folder


def test_a_packed_payload(usage: Usage, bill: Path) -> None:
    pods = [pod_row(18, pod_labels="label_app:web|label_image:registry:5000/web")]
    spaces = [hour(18) | {"namespace": "shop", "namespace_labels": "label_team:checkout"}]
    region = "label_topology_kubernetes_io_region:us-east-2"
    nodes = [hour(18) | {"node": "node-1", "node_labels": region}]
    reports = {"pods.csv": pods, "spaces.csv": spaces, "nodes.csv": nodes}
    payload(bill / "one.tar.gz", reports, date="2026-10-05T19:00:00Z")
    (outcome,) = usage.loaded(bill)
    assert outcome.record is not None
    assert outcome.record.proof.rows_folded == {
        "usage, kept beside the charges": 1,
        "labels, joined to what they are of": 2,
        "the manifest of a payload": 1,
    }
    assert usage.quantities() == {
        "cpu_usage": Decimal(1),
        "cpu_request": Decimal("0.5"),
        "memory_usage": Decimal(1),
        "node_cpu_capacity": Decimal(4),
        "node_memory_capacity": Decimal(16),
    }
    row = "x_Cluster, x_Namespace, x_Pod, x_Node, ResourceId, RegionId, Tags"
    assert usage.ask(f"UsagePeriodStart, UsagePeriodEnd, {row}", "Metric = 'cpu_usage'") == [
        (
            datetime(2026, 10, 5, 18),
            datetime(2026, 10, 5, 19),
            *("cluster-1", "shop", "web-1", "node-1", "i-0abc", "us-east-2"),
            {"app": "web", "image": "registry:5000/web", "namespace:team": "checkout"},
        )
    ]
    assert usage.ask("x_Namespace, x_Pod, Tags", "Metric = 'node_cpu_capacity'") == [
        (None, None, {"node:topology_kubernetes_io_region": "us-east-2"})
    ]


def test_seconds_become_hours_to_the_last_digit(usage: Usage, bill: Path) -> None:
    (bill / "pods.csv").write_text(csv_text([pod_row(0, core_seconds="51.626897")]))
    usage.loaded(bill)
    # 51.626897 / 3600 = 0.01434080472…
    assert usage.quantities()["cpu_usage"] == Decimal("0.014340804722")


def test_a_node_counts_once_an_hour_however_many_pods_it_has(usage: Usage, bill: Path) -> None:
    rows = [pod_row(at, pod=f"web-{number}") for at in (1, 2) for number in range(5)]
    (bill / "pods.csv").write_text(csv_text(rows))
    usage.loaded(bill)
    found = usage.quantities()
    assert found["node_cpu_capacity"] == Decimal(8)
    assert found["cpu_usage"] == Decimal(10)


@pytest.mark.parametrize("ending", [".tar.gz", ""])
def test_of_overlapping_payloads_the_later_one_wins_hour_by_hour(
    ending: str, usage: Usage, bill: Path
) -> None:
    early = {"pods.csv": [pod_row(1, core_seconds="3600"), pod_row(2, "gone", "7200")]}
    late = {"pods.csv": [pod_row(2, "web-1", "1800"), pod_row(3, core_seconds="3600")]}
    # The name says nothing of which is later: the manifest does.
    payload(bill / f"b{ending}", early, date="2026-10-05T03:00:00Z")
    payload(bill / f"a{ending}", late, date="2026-10-05T09:00:00Z")
    (outcome,) = usage.loaded(bill)
    found = usage.ask(
        "hour(UsagePeriodStart), x_Pod, Quantity", "Metric = 'cpu_usage'", "ORDER BY 1"
    )
    assert found == [
        (1, "web-1", Decimal(1)),
        (2, "web-1", Decimal("0.5")),
        (3, "web-1", Decimal(1)),
    ]
    assert outcome.record is not None
    assert outcome.record.proof.rows_folded[LATER] == 1
    assert outcome.record.proof.rows_read == 6


def test_payloads_of_two_clusters_do_not_replace_each_other(usage: Usage, bill: Path) -> None:
    for name in ("one", "two"):
        reports = {"pods.csv": [pod_row(1, pod=f"web-{name}")]}
        payload(bill / f"{name}.tar.gz", reports, date="2026-10-05T03:00:00Z", cluster=name)
    usage.loaded(bill)
    assert dict(usage.ask("x_Cluster, Quantity", "Metric = 'cpu_usage'")) == {
        "one": Decimal(1),
        "two": Decimal(1),
    }


def test_a_payload_in_several_archives_is_one(usage: Usage, bill: Path) -> None:
    names = ["pods.0.csv", "pods.1.csv"]
    for number, name in enumerate(names):
        payload(
            bill / f"part{number}.tar.gz", {name: [pod_row(1, pod=f"web-{number}")]},
            date="2026-10-05T03:00:00Z", uuid="u-1", names=names,
        )  # fmt: skip
    later = {"pods.csv": [pod_row(1, "web-9", "7200")]}
    usage.loaded(bill)
    assert usage.quantities()["cpu_usage"] == Decimal(2)
    payload(bill / "later.tar.gz", later, date="2026-10-05T04:00:00Z")
    usage.loaded(bill)
    assert usage.ask("x_Pod, Quantity", "Metric = 'cpu_usage'") == [("web-9", Decimal(2))]


@pytest.mark.parametrize("ending", [".tar.gz", ""])
def test_a_payload_of_which_a_file_is_missing_is_refused(
    ending: str, usage: Usage, bill: Path
) -> None:
    payload(
        bill / f"one{ending}", {"pods.0.csv": [pod_row(1)]}, date="2026-10-05T03:00:00Z",
        names=["pods.0.csv", "pods.1.csv"],
    )  # fmt: skip
    with pytest.raises(SourceError, match=r"names pods\.1\.csv, which is not there") as error:
        usage.load(bill)
    assert error.value.retryable


def test_an_archive_that_is_cut_short_is_refused(usage: Usage, bill: Path) -> None:
    payload(bill / "one.tar.gz", {"pods.csv": [pod_row(1)]}, date="2026-10-05T03:00:00Z")
    usage.loaded(bill)
    rows = [pod_row(at, pod=f"p-{number}") for at in range(24) for number in range(90)]
    reports = {"pods.csv": rows}
    whole = payload(bill / "two.tar.gz", reports, date="2026-10-06T03:00:00Z")
    whole.write_bytes(whole.read_bytes()[:-400])
    with pytest.raises(SourceError, match=r"two\.tar\.gz is a gzip file that is cut short"):
        usage.load(bill)
    kind = source("kubernetes")
    with pytest.raises(SourceError, match=r"two\.tar\.gz is a tar archive that is cut short"):
        kind.deliveries(FileTransport(str(bill)), kind.Options())


def test_loose_reports_repeat_rows_and_the_later_file_wins(usage: Usage, bill: Path) -> None:
    (bill / "day-05.csv").write_text(csv_text([pod_row(1), pod_row(2)]))
    (bill / "day-06.csv").write_text(csv_text([pod_row(2, core_seconds="7200")]))
    (outcome,) = usage.loaded(bill, cluster="prod")
    assert usage.ask("hour(UsagePeriodStart), Quantity", "Metric = 'cpu_usage'", "ORDER BY 1") == [
        (1, Decimal(1)),
        (2, Decimal(2)),
    ]
    assert usage.ask("DISTINCT x_Cluster") == [("prod",)]
    assert outcome.record is not None and outcome.record.notes == ()


def test_a_payload_over_a_months_end_is_in_both_months(usage: Usage, bill: Path) -> None:
    rows = [pod_row(23, day="2026-10-31"), pod_row(0, day="2026-11-01")]
    payload(bill / "one.tar.gz", {"pods.csv": rows}, date="2026-11-01T03:00:00Z")
    outcomes = usage.loaded(bill)
    assert [str(outcome.billing_period) for outcome in outcomes] == ["2026-10", "2026-11"]
    found = usage.ask("UsagePeriodStart, x_Cluster", "Metric = 'cpu_usage'", "ORDER BY 1")
    assert found == [
        (datetime(2026, 10, 31, 23), "cluster-1"),
        (datetime(2026, 11, 1), "cluster-1"),
    ]


def storage_row(pod: str, **more: str) -> dict[str, str]:
    return hour(4) | {
        "namespace": "shop", "pod": pod, "node": "node-1", "persistentvolumeclaim": "data",
        "persistentvolume": "pvc-1", "storageclass": "gp3", "csi_driver": "ebs.csi.aws.com",
        "csi_volume_handle": "vol-0abc", "persistentvolumeclaim_capacity_bytes": "1",
        "persistentvolumeclaim_capacity_byte_seconds": "38654705664000",
        "volume_request_storage_byte_seconds": "38654705664000",
        "persistentvolumeclaim_usage_byte_seconds": "3865470566400",
        "persistentvolume_labels": "label_zone:a",
        "persistentvolumeclaim_labels": "label_team:data",
        **more,
    }  # fmt: skip


def test_a_volume_that_two_pods_mount_counts_once(usage: Usage, bill: Path) -> None:
    (bill / "storage.csv").write_text(csv_text([storage_row("web-1"), storage_row("web-2")]))
    (outcome,) = usage.loaded(bill)
    assert usage.quantities() == {
        "volume_request": Decimal(10),
        "volume_capacity": Decimal(10),
        "volume_usage": Decimal(1),
    }
    assert usage.ask("DISTINCT ResourceId, ResourceType, x_VolumeClaim, Tags") == [
        ("vol-0abc", "Persistent Volume", "data", {"team": "data", "volume:zone": "a"})
    ]
    assert outcome.record is not None
    assert outcome.record.proof.rows_folded["a volume that several pods mount counts once"] == 1


def test_whole_gpus_and_slices_are_told_apart(usage: Usage, bill: Path) -> None:
    row = hour(4) | {"node": "node-1", "namespace": "ml", "pod": "train", "gpu_uuid": "GPU-1",
                     "gpu_model_name": "A100", "gpu_vendor_name": "nvidia_com_gpu",
                     "gpu_memory_capacity_mib": "40960", "gpu_pod_uptime": "1800",
                     "mig_instance_id": "", "mig_profile": "", "mig_strategy": ""}  # fmt: skip
    sliced = row | {"mig_instance_id": "3", "mig_profile": "1g.5gb", "mig_strategy": "mixed"}
    payload(
        bill / "one.tar.gz", {"gpus.csv": [row, sliced], "pods.csv": [pod_row(4)]},
        date="2026-10-05T06:00:00Z",
    )  # fmt: skip
    usage.loaded(bill)
    found = usage.ask("Metric, Unit, Quantity, ResourceId, x_GpuModel", "x_GpuModel IS NOT NULL")
    assert sorted(found) == [
        ("gpu_request", "GPU-Hours", Decimal("0.5"), "i-0abc", "A100"),
        ("gpu_slice_request", "Slice-Hours", Decimal("0.5"), "i-0abc", "A100"),
    ]


def test_virtual_machines_have_metrics_of_their_own(usage: Usage, bill: Path) -> None:
    row = hour(4) | {
        "namespace": "vms", "node": "node-1", "resource_id": "i-0abc", "vm_name": "db",
        "vm_instance_type": "u1.large", "vm_uptime_total_seconds": "3600",
        "vm_cpu_request_core_seconds": "7200", "vm_cpu_usage_total_seconds": "1800",
        "vm_memory_request_byte_seconds": "3865470566400", "vm_memory_usage_byte_seconds": "0",
        "vm_device": "disk0", "vm_persistentvolumeclaim_name": "db-0",
        "vm_disk_allocated_size_byte_seconds": "38654705664000", "vm_labels": "label_app:db",
    }  # fmt: skip
    second = row | {"vm_device": "disk1", "vm_persistentvolumeclaim_name": "db-1"}
    (bill / "vms.csv").write_text(csv_text([row, second]))
    usage.loaded(bill)
    assert usage.quantities() == {
        "vm_uptime": Decimal(1),
        "vm_cpu_request": Decimal(2),
        "vm_cpu_usage": Decimal("0.5"),
        "vm_memory_request": Decimal(1),
        "vm_disk": Decimal(20),
    }
    assert usage.ask("DISTINCT x_VirtualMachine, x_InstanceType, Tags") == [
        ("db", "u1.large", {"app": "db"})
    ]


def test_a_quantity_that_is_no_number_holds_the_slice_back(usage: Usage, bill: Path) -> None:
    (bill / "pods.csv").write_text(csv_text([pod_row(1), pod_row(2, core_seconds="many")]))
    (outcome,) = usage.load(bill)
    assert (outcome.status, outcome.rejected) == ("held", 1)
