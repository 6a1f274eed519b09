"""What the demo company wastes on AWS is found by the ordinary path, and what it cleaned up was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.demo import allocation, lines, write_cur, write_focus
from outlay.app.demo.fees import EDP_RATE
from outlay.app.demo.story import ACCOUNT_IDS, CLEANUPS, Story
from outlay.app.demo.table import Span
from outlay.app.detectors.running import Ran, run
from outlay.money import total
from outlay.query import CostQuery
from outlay.savings.detectors.aws import (
    commitments,
    ebs,
    fleets,
    hours,
    logs,
    machines,
    network,
    storage,
    support,
    traffic,
)
from outlay.savings.detectors.everywhere import marketplace

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24))
MODULES = (
    commitments, ebs, fleets, hours, logs, machines, network, storage, support, traffic,
    marketplace,
)  # fmt: skip
DETECTORS = [detector for module in MODULES for detector in module.DETECTORS]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The organisation's main bill of thirteen months and three of the German company's, with the
    tag of environments."""
    folder = tmp_path_factory.mktemp("waste")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    allocation.configure(workspace)
    with duckdb.connect(":memory:") as con:
        lines.build(con, STORY, Span(STORY.months()[0].start, STORY.today, STORY.today))
        for month in STORY.months():
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
        write_focus.prepare(con, STORY)
        for month in STORY.months()[-3:]:
            write_focus.write_gmbh(con, folder / "gmbh", month, STORY)
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    workspace.add_source("aws-gmbh", "aws-focus", str(folder / "gmbh"), None, author="test")
    assert all(not done.failed for done in workspace.sync(["aws-main", "aws-gmbh"]))
    yield workspace
    workspace.close()


def look(workspace: Workspace, day: date) -> Ran:
    """What all of them find on a day."""
    found = run(workspace, datetime.combine(day, time(9)), only=DETECTORS,
                environment="environment")  # fmt: skip
    assert found.failed == {}
    return found


def test_every_detector_fires_and_the_whole_is_modest(company: Workspace) -> None:
    found = look(company, STORY.today)
    fired = Counter(one.detector for one in found.findings)
    assert set(fired) == {detector.id for detector in DETECTORS}

    # Machines that one could do two things with are in here twice: the sum is no promise.
    whole = total(one.monthly_saving for one in found.findings)

    assert Decimal(2000) < whole < Decimal(15000)
    assert fired["aws-ebs-old-snapshots"] == 6
    assert fired["aws-ec2-previous-generation"] == 5
    assert fired["aws-public-ipv4-idle"] == 4


def test_what_was_cleaned_up_had_been_found_and_is_not_any_more(company: Workspace) -> None:
    before = look(company, STORY.cleanup)
    named = {(one.detector, one.resource, one.account) for one in before.findings}
    told = {(c.detector, c.resource, ACCOUNT_IDS[c.account]) for c in CLEANUPS}
    assert told <= named
    after = {(one.detector, one.resource) for one in look(company, STORY.today).findings}
    # A gateway came back; everything else stayed as it was recommended.
    assert {c.resource for c in CLEANUPS if (c.detector, c.resource) in after} == {
        c.resource for c in CLEANUPS if c.returns
    }


def test_the_bill_fell_by_what_was_said(company: Workspace) -> None:
    """Each resource's own charges: four weeks before against four whole weeks after, and the
    enterprise discount on them, which stands in lines of its own."""
    before = {(one.detector, one.resource): one for one in look(company, STORY.cleanup).findings}
    weeks = timedelta(days=28)
    for cleanup in CLEANUPS:
        finding = before[cleanup.detector, cleanup.resource]
        # The gateway that came back had been away for three weeks.
        length = timedelta(days=21) if cleanup.returns else weeks
        days = [(STORY.cleanup - length, STORY.cleanup), (STORY.cleanup, STORY.cleanup + length)]
        costs = []
        for first, end in days:
            asked = CostQuery(
                measures=("EffectiveCost",), range=f"{first}..{end}", where=finding.where
            )
            total_of = company.query(asked).total
            assert total_of is not None
            costs.append(Decimal(str(total_of["EffectiveCost"] or 0)))
        fell = (costs[0] - costs[1]) * (1 - EDP_RATE) * 30 / length.days
        assert abs(fell - finding.monthly_saving) <= finding.monthly_saving / 100
