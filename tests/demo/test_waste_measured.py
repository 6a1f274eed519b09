"""What CloudWatch measured of the demo company is read, and what it tells is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.demo import allocation, lines, write_cur
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span
from outlay.app.demo.vendors import cloudwatch
from outlay.app.demo.waste import CATALOG, FORGOTTEN
from outlay.app.detectors.running import Ran, run
from outlay.app.utilization import asking
from outlay.savings.detectors.aws import (
    measured_hours,
    measured_idle,
    measured_sizes,
    measured_volumes,
)

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24))
NOW = datetime.combine(STORY.today, time(9))
MODULES = (measured_hours, measured_idle, measured_sizes, measured_volumes)
DETECTORS = [detector for module in MODULES for detector in module.DETECTORS]


def written(folder: Path, story: Story = STORY) -> dict[str, bytes]:
    """The files of all months."""
    for month in story.months():
        cloudwatch.write(folder, month, story)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_it_is_a_function_of_dates_and_a_later_day_only_adds(tmp_path: Path) -> None:
    first = written(tmp_path / "a")
    assert first == written(tmp_path / "b")
    later = written(tmp_path / "a", Story(STORY.anchor, date(2026, 11, 26)))
    changed = {name for name in first if later[name] != first[name]}
    assert all(name.endswith(("-2026-11.json", "-2026-11.csv")) for name in changed)
    assert set(later) == set(first)
    inventory = "describe-volumes-2026-11.json"
    assert later[inventory].startswith(first[inventory])
    assert later[inventory].count(b"\n") == first[inventory].count(b"\n") + 2


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The main bill of three months, and what was measured."""
    folder = tmp_path_factory.mktemp("measured")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    allocation.configure(workspace)
    with duckdb.connect(":memory:") as con:
        months = STORY.months()[-3:]
        lines.build(con, STORY, Span(months[0].start, STORY.today, STORY.today))
        for month in months:
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
    written(folder / "cloudwatch")
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    workspace.add_source(
        "kestrel-cloudwatch", "utilization", str(folder / "cloudwatch"), None, author="test"
    )
    done = workspace.sync(["aws-main", "kestrel-cloudwatch"])
    assert all(not one.failed for one in done)
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def ran(company: Workspace) -> Ran:
    found = run(company, NOW, only=DETECTORS, environment="environment")
    assert found.failed == {}
    return found


def test_nothing_is_rejected_and_it_is_small(company: Workspace) -> None:
    slices = [one for one in company.deliveries() if one.source == "kestrel-cloudwatch"]
    assert len(slices) == 3
    assert sum(one.delivery.usage_rows for one in slices) < 60_000
    for one in slices:
        proof = one.delivery.proof
        assert proof.rows_rejected == 0
        assert set(proof.rows_folded) == {"measurements, kept beside the charges"}
        assert proof.usage and all(line.agrees for line in proof.usage)


def test_every_detector_fires(ran: Ran) -> None:
    fired = Counter(one.detector for one in ran.findings)
    assert fired == {
        "aws-ec2-idle": 3,
        "aws-ec2-rightsize": 3,
        "aws-rds-idle": 2,
        "aws-rds-rightsize": 2,
        "aws-ebs-unattached": 4,
        "aws-ebs-overprovisioned-iops": 1,
        "aws-schedule": 6,
    }
    volumes = {one.resource for one in ran.findings if one.detector == "aws-ebs-unattached"}
    assert volumes == set(FORGOTTEN)
    (operations,) = [one for one in ran.findings if one.group == "storage"]
    assert operations.resource == CATALOG


def test_what_was_not_measured_is_told_and_not_idle(ran: Ran) -> None:
    lacking = Counter(one.detector for one in ran.insufficient)
    assert set(lacking) == {detector.id for detector in DETECTORS} - {
        "aws-ebs-overprovisioned-iops"
    }
    sizes = [one for one in ran.insufficient if one.detector == "aws-ec2-rightsize"]
    memory = [one for one in sizes if one.missing.startswith("memory")]
    assert len(memory) >= 3, "Sydney's machines without an agent"
    assert not {one.resource for one in memory} & {
        one.resource for one in ran.findings if one.detector == "aws-ec2-rightsize"
    }


def test_the_bill_is_measured_in_part(company: Workspace) -> None:
    found = asking.coverage(company, "last-14-days", now=NOW)
    (total,) = found.totals
    assert total.share is not None and 0 < total.share < 1
    assert found.unbilled == ()
