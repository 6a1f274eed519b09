"""Azure Monitor and Cloud Monitoring asked by API, as far as a recommendation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.status import SourceLoad
from outlay.money import BillingPeriod
from tests.tickets.servers import Reply, running
from tests.utilization import clouds
from tests.utilization.servers import TOKEN, AzureServer, GoogleServer

pytestmark = pytest.mark.slow

VM = {
    "Percentage CPU": {"average": 6.0, "maximum": 12.0},
    "Available Memory Bytes": {"average": 25e9, "minimum": 23.5e9},
    "Network In Total": {"total": 1_000_000.0},
    "Network Out Total": {"total": 2_000_000.0},
}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What is taken for now; a test may move it."""
    at = [clouds.NOW]
    monkeypatch.setattr("outlay.app.collecting.utc_now", lambda: at[0])
    monkeypatch.setenv("T_TOKEN", TOKEN)
    return at


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[tuple[Workspace, AzureServer]]:
    """The company's bill of Azure, and Azure's answers about its machine."""
    workspace = clouds.company(tmp_path, ["azure"])
    with running(server := AzureServer({clouds.AZURE: dict(VM)})):
        options = {"token": "env:T_TOKEN", "endpoint": server.url}
        workspace.add_source("azure", "utilization", "azure-monitor://", options, author="me")
        yield workspace, server
    workspace.close()


def synced(workspace: Workspace, name: str = "azure") -> SourceLoad:
    """What one sync did."""
    (done,) = workspace.sync([name])
    return done


def test_a_machine_of_azure_is_made_smaller_by_what_its_api_says(
    azure: tuple[Workspace, AzureServer],
) -> None:
    workspace, server = azure
    before, lacking = clouds.found(workspace, "azure-vm-rightsize")
    assert not before and len(lacking) == 1  # not measured is not idle, and not too large
    assert synced(workspace).outcome == "loaded"
    (one,), lacking = clouds.found(workspace, "azure-vm-rightsize")
    # Processors 12 % of 8, memory 32 GiB less 23.5 GB: 10.86 GB, 31.61 %. On 4 of each: 24 and
    # 63.22 %. 9.00 a day are 270.00 in thirty; half of it goes.
    assert (one.resource, one.recommended) == (clouds.AZURE, "D4s v5")
    assert (one.monthly_saving, lacking) == (Decimal("135.00"), [])
    assert {left.metric: f"{left.after}" for left in one.headroom} == {
        "cpu": "24.00",
        "memory": "63.22",
    }
    # One request for 30 days: 10 October to 8 November.
    assert [one.query["timespan"] for one in server.log] == [
        "2026-10-10T00:00:00Z/2026-11-09T00:00:00Z"
    ]
    assert len(clouds.measured(workspace, "Metric = 'cpu' AND Statistic = 'maximum'")) == 30 * 24


def test_only_what_is_new_is_asked_and_the_last_days_again(
    azure: tuple[Workspace, AzureServer], now: list[datetime]
) -> None:
    workspace, server = azure
    synced(workspace)
    server.log.clear()
    now[0] += timedelta(hours=3)
    assert synced(workspace).outcome == "unchanged" and server.log == []
    # The next day: the 9th is new, the 7th and 8th are read again; one hour was restated, and one
    # that was there was taken back.
    now[0] = datetime(2026, 11, 10, 1, 30)
    server.changed = {datetime(2026, 11, 7, 5): 44.0, datetime(2026, 11, 2, 5): 99.0}
    server.silent = {datetime(2026, 11, 8, 6)}
    assert synced(workspace).outcome == "loaded"
    (asked,) = server.log
    assert asked.query["timespan"] == "2026-11-07T00:00:00Z/2026-11-10T00:00:00Z"
    peaks = {
        at: value for _, _, _, at, value in clouds.measured(
            workspace, "Metric = 'cpu' AND Statistic = 'maximum'"
        )
    }  # fmt: skip
    assert peaks[datetime(2026, 11, 7, 5)] == "44"
    assert peaks[datetime(2026, 11, 2, 5)] == "12"  # too long ago to be asked again
    assert datetime(2026, 11, 8, 6) not in peaks
    assert max(peaks) == datetime(2026, 11, 9, 23)


def test_a_day_that_is_not_over_is_not_asked(
    azure: tuple[Workspace, AzureServer], now: list[datetime]
) -> None:
    workspace, server = azure
    now[0] = datetime(2026, 11, 9, 0, 59)
    synced(workspace)
    # The 8th has been over for less than an hour: it comes with the next sync.
    assert server.log[0].query["timespan"].endswith("/2026-11-08T00:00:00Z")
    assert max(row[3] for row in clouds.measured(workspace)) == datetime(2026, 11, 7, 23)


def test_a_resource_that_is_new_on_the_bill_is_asked_for_the_days_before(
    azure: tuple[Workspace, AzureServer], tmp_path: Path, now: list[datetime]
) -> None:
    workspace, server = azure
    synced(workspace)
    server.log.clear()
    other = clouds.AZURE.replace("vm-a", "vm-b")
    server.resources[other] = dict(VM)
    lines = [clouds.day_of("azure", day) for day in clouds.days()]
    lines.append(clouds.day_of("azure", date(2026, 11, 8), ResourceId=other, ResourceName="vm-b"))
    clouds.bill(workspace, tmp_path, "azure", lines)
    now[0] += timedelta(hours=3)
    synced(workspace)
    (asked,) = server.log
    assert "/vm-b/" in asked.path
    assert asked.query["timespan"] == "2026-10-10T00:00:00Z/2026-11-09T00:00:00Z"
    assert {row[0] for row in clouds.measured(workspace)} == {clouds.AZURE, other}
    # What was read of the other stays as it was, and is not older by it.
    server.log.clear()
    now[0] += timedelta(hours=3)
    assert synced(workspace).outcome == "unchanged" and server.log == []


def test_a_metric_that_azure_does_not_know_and_a_resource_that_is_gone(
    azure: tuple[Workspace, AzureServer], now: list[datetime]
) -> None:
    workspace, server = azure
    del server.resources[clouds.AZURE]["Available Memory Bytes"]
    done = synced(workspace)
    assert done.outcome == "loaded"
    notes = " ".join(note for one in workspace.deliveries("azure") for note in one.delivery.notes)
    assert (
        "not measured by Azure: microsoft.compute/virtualmachines Available Memory Bytes" in notes
    )
    findings, (lacking,) = clouds.found(workspace, "azure-vm-rightsize")
    assert not findings and "memory" in lacking.missing
    before = clouds.measured(workspace)
    server.resources.clear()
    now[0] += timedelta(days=1)
    done = synced(workspace)
    assert not done.failed, done
    # What was measured of it before stays, also of the days that are read again.
    assert clouds.measured(workspace) == before


def test_a_sync_that_breaks_off_leaves_what_there_was_and_goes_on(
    azure: tuple[Workspace, AzureServer], tmp_path: Path, now: list[datetime]
) -> None:
    workspace, server = azure
    synced(workspace)
    other = clouds.AZURE.replace("vm-a", "vm-b")
    server.resources[other] = dict(VM)
    clouds.bill(workspace, tmp_path, "azure", [
        clouds.day_of("azure", day, ResourceId=name)
        for day in clouds.days() for name in (clouds.AZURE, other)
    ])  # fmt: skip
    before = clouds.measured(workspace)
    now[0] += timedelta(days=1)
    server.log.clear()
    # vm-b is asked first, since it lacks more; the question about vm-a is refused.
    usual = server.reply
    server.reply = lambda request: (  # type: ignore[method-assign]
        Reply(403, {"error": {"message": "no Monitoring Reader"}})
        if "/vm-a/" in request.path else usual(request)
    )  # fmt: skip
    done = synced(workspace)
    assert done.failed and "no Monitoring Reader" in done.error
    assert "role Monitoring Reader" in done.error and TOKEN not in done.error
    assert clouds.measured(workspace) == before
    server.reply = usual  # type: ignore[method-assign]
    server.log.clear()
    assert synced(workspace).outcome == "loaded"
    assert ["vm-a" in one.path for one in server.log] == [True]  # vm-b was answered before
    assert {row[0] for row in clouds.measured(workspace)} == {clouds.AZURE, other}


def test_another_question_and_a_month_by_its_name_are_asked_anew(
    azure: tuple[Workspace, AzureServer], now: list[datetime]
) -> None:
    workspace, server = azure
    synced(workspace)
    server.log.clear()
    now[0] += timedelta(hours=1)
    options = {"token": "env:T_TOKEN", "endpoint": server.url, "metrics": "cpu", "days": 5}
    spec = {"kind": "utilization", "location": "azure-monitor://", "options": options}
    workspace.put_resource("Source", "azure", spec, author="me")
    assert synced(workspace).outcome == "loaded"
    (asked,) = server.log
    assert asked.query["metricnames"] == "Percentage CPU"
    assert asked.query["timespan"] == "2026-11-04T00:00:00Z/2026-11-09T00:00:00Z"
    rows = clouds.measured(workspace, "Metric = 'memory_available' AND Statistic = 'minimum'")
    # What is not asked any more is gone from the days that were asked anew; older days stay.
    assert (rows[0][3], rows[-1][3]) == (datetime(2026, 10, 10), datetime(2026, 11, 3, 23))
    server.log.clear()
    (done,) = workspace.sync(["azure"], BillingPeriod(2026, 10))
    assert not done.failed
    assert [one.query["timespan"] for one in server.log] == [
        "2026-10-01T00:00:00Z/2026-11-01T00:00:00Z"
    ]
    server.log.clear()
    assert synced(workspace).outcome == "unchanged" and server.log == []


def test_nothing_to_ask_and_nothing_measured_are_told(tmp_path: Path) -> None:
    workspace = clouds.company(tmp_path, ["google"])
    with running(server := AzureServer({})):
        options = {"token": "env:T_TOKEN", "endpoint": server.url}
        workspace.add_source("azure", "utilization", "azure-monitor://", options, author="me")
        assert "nothing to ask Azure Monitor about" in synced(workspace).error
        assert server.log == []
        clouds.bill(
            workspace, tmp_path, "azure", [clouds.day_of("azure", d) for d in clouds.days()]
        )
        assert "has no measurement of what was asked" in synced(workspace).error
        server.resources[clouds.AZURE] = dict(VM)
        assert synced(workspace).outcome == "loaded"  # it is asked again at once
    workspace.close()


def test_the_configuration_holds_no_secret(azure: tuple[Workspace, AzureServer]) -> None:
    workspace, _ = azure
    spec = workspace.resources.get("Source", "azure").spec.model_dump(mode="json")
    assert TOKEN not in json.dumps(spec) and spec["options"]["token"] == "env:T_TOKEN"


# --- Google Cloud ---

MACHINE = {
    "compute.googleapis.com/instance/cpu/utilization": {
        "average": 0.05,
        "maximum": 0.3,
        "p99": 0.2,
    },
    "compute.googleapis.com/instance/network/received_bytes_count": {"sum": 5000.0},
    "agent.googleapis.com/memory/percent_used": {"average": 20.0, "maximum": 35.0},
}


@pytest.fixture
def google(tmp_path: Path) -> Iterator[tuple[Workspace, GoogleServer]]:
    """The company's bill of Google Cloud, and what Cloud Monitoring says of its project."""
    workspace = clouds.company(tmp_path, ["google"])
    with running(server := GoogleServer("kestrel-data", dict(MACHINE))):
        options = {"token": "env:T_TOKEN", "endpoint": server.url}
        workspace.add_source("google", "utilization", "cloud-monitoring://", options, author="me")
        yield workspace, server
    workspace.close()


def test_a_machine_of_google_is_made_smaller_by_what_its_api_says(
    google: tuple[Workspace, GoogleServer],
) -> None:
    workspace, server = google
    assert clouds.found(workspace, "gcp-vm-rightsize")[0] == []
    assert synced(workspace, "google").outcome == "loaded"
    (one,), _ = clouds.found(workspace, "gcp-vm-rightsize")
    # p99 of the processors 20 % and 35 % of the memory: 40 and 70 % on 4 of 8.
    assert (one.recommended, one.monthly_saving) == ("n2-standard-4", Decimal("135.00"))
    rows = clouds.measured(workspace, "Metric = 'network_in'")
    assert len(rows) == 30 * 24 and {row[4] for row in rows} == {"5000"}
    assert (rows[0][3], rows[-1][3]) == (datetime(2026, 10, 10), datetime(2026, 11, 8, 23))
    # Thirty days come in pages of two; compute's five questions, and two of the agent.
    assert len(server.log) == 2 * 15 + 15 + 15 + 1 + 2 * 15


def test_google_that_refuses_changes_nothing(
    google: tuple[Workspace, GoogleServer], now: list[datetime]
) -> None:
    workspace, server = google
    synced(workspace, "google")
    before = clouds.measured(workspace)
    now[0] += timedelta(days=1)
    server.project = "another"
    done = synced(workspace, "google")
    assert "monitoring.timeSeries.list denied" in done.error
    assert "roles/monitoring.viewer" in done.error and TOKEN not in done.error
    server.project = "kestrel-data"
    server.answers = [Reply(200, {"timeSeries": [], "executionErrors": [{"message": "half"}]})]
    assert "answers a part alone" in synced(workspace, "google").error
    assert clouds.measured(workspace) == before
