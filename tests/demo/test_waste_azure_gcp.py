"""Detectors find the waste of Kestrel's Azure and Google Cloud by the ordinary path: bills and
measurements written as their vendors write them, loaded, looked at."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from outlay.app import Workspace
from outlay.app.demo import allocation
from outlay.app.demo.story import CLEANUPS_ELSEWHERE, Story
from outlay.app.demo.vendors import VENDORS
from outlay.app.detectors.running import Ran, run
from outlay.expression import canonical
from outlay.savings.detectors.registry import detectors
from outlay.savings.model import Finding

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 28)
STORY = Story(TODAY, TODAY, 7)
SOURCES = ("kestrel-azure", "kestrel-azure-monitor", "kestrel-gcp", "kestrel-cloud-monitoring")
DETECTORS = [one for name, one in detectors().items() if name.startswith(("azure-", "gcp-"))]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("waste")
    made = Workspace.init(folder / "w", name="Kestrel", currency="USD")
    for vendor in VENDORS:
        if vendor.name not in SOURCES:
            continue
        for month in STORY.months():
            (folder / vendor.name).mkdir(exist_ok=True)
            vendor.write(folder / vendor.name, month, STORY)
        location = str(folder / vendor.name)
        made.add_source(vendor.name, vendor.kind, location, vendor.options, author="test")
        assert not [one.message for one in made.sync([vendor.name]) if one.failed]
    allocation.configure(made)
    yield made
    made.close()


def looked(workspace: Workspace, day: date = TODAY) -> Ran:
    now = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    ran = run(workspace, now, only=DETECTORS, environment="environment")
    assert ran.failed == {}
    return ran


@pytest.fixture(scope="module")
def ran(workspace: Workspace) -> Ran:
    return looked(workspace)


def by_detector(ran: Ran) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for one in ran.findings:
        found.setdefault(one.detector, []).append(one)
    return found


def test_every_detector_fires(ran: Ran) -> None:
    assert set(by_detector(ran)) == {one.id for one in DETECTORS}
    for one in ran.findings:
        assert canonical(one.where)
        assert one.currency == ("EUR" if one.provider == "Microsoft" else "USD")
        assert one.monthly_cost is not None and one.monthly_saving > 0


def test_each_finds_what_was_wasted_and_nothing_else(ran: Ran) -> None:
    names = {key: sorted(one.resource_name for one in of) for key, of in by_detector(ran).items()}
    names.pop("azure-commitment-unused")
    assert names == {
        "azure-blob-cool-tier": ["kestrelarchive"],
        "azure-disk-premium-underused": ["disk-erp-1-log"],
        "azure-disk-unattached": ["disk-erp-4-data"],
        "azure-hybrid-benefit": ["vm-print-1"],
        "azure-nonproduction-hours": ["vm-erp-test"],
        "azure-public-ip-idle": ["ip-vpn-legacy"],
        "azure-sql-dtu-underused": ["crm"],
        "azure-vm-previous-generation": ["vm-portal-1"],
        "azure-vm-rightsize": ["vm-report-1"],
        "azure-vm-stopped-allocated": ["vm-scan-1"],
        "gcp-cud-unused": ["Commitment v1: N2 Cpu in Netherlands for 1 Year",
                           "Commitment v1: N2 Ram in Netherlands for 1 Year"],
        "gcp-disk-unattached": ["notebook-old"],
        "gcp-load-balancer-idle": ["fe-pilot"],
        "gcp-nonproduction-hours": ["reports-staging"],
        "gcp-snapshot-old": ["warehouse-2023-1", "warehouse-2023-2", "warehouse-2023-3"],
        "gcp-static-ip-idle": ["vpn-old"],
        "gcp-vm-previous-generation": ["nightly-etl-1", "nightly-etl-2"],
        "gcp-vm-rightsize": ["feature-api"],
    }  # fmt: skip


def test_savings_are_what_the_bill_would_fall_by(ran: Ran) -> None:
    found = by_detector(ran)
    # 24 hours × 0.01 × 30 days.
    assert found["gcp-static-ip-idle"][0].monthly_saving == Decimal("7.20")
    # Half of 4 cores × 0.034773 + 16 GiB × 0.004661, × 720 hours.
    assert found["gcp-vm-rightsize"][0].monthly_saving == Decimal("76.92")
    # 6 of 32 committed cores have no use; feature-api's 4 are paid on demand: 4 × 720 × 0.034773.
    assert found["gcp-cud-unused"][0].monthly_saving == Decimal("100.15")
    # 500 GiB at 0.04, a thirty-first a day.
    assert found["gcp-disk-unattached"][0].monthly_saving == Decimal("19.35")


def test_nine_weeks_ago_there_was_more_of_it(workspace: Workspace, ran: Ran) -> None:
    before = {(one.detector, one.resource) for one in looked(workspace, STORY.cleanup).findings}
    cleaned = {(one.detector, one.resource) for one in CLEANUPS_ELSEWHERE}
    # The copy of the lake is too young in a story of seven months.
    assert {name for name, _ in cleaned - before} == {"gcp-snapshot-old"}
    assert not cleaned & {(one.detector, one.resource) for one in ran.findings}


def test_what_nobody_measures_is_told_and_not_called_idle(ran: Ran) -> None:
    lacking = {(one.detector, one.resource.rpartition("/")[2]) for one in ran.insufficient}
    assert ("gcp-vm-rightsize", "nightly-etl-1") in lacking
    assert ("azure-vm-stopped-allocated", "vm-build-1") in lacking
