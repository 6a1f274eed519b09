"""The sample company's commitments by the ordinary path: figures, benefits, its plan, findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.commitments import overview, planning
from outlay.app.demo import allocation, commitments, lines, write_cur, write_focus
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span
from outlay.app.detectors.running import run
from outlay.money import total
from outlay.savings.detectors.everywhere.commitment_purchase import PURCHASE
from outlay.savings.planner.reckon import added

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24))
NOW = datetime(2026, 11, 24, 9)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The bills on AWS of the last five months, the virtual tags and the purchase plan."""
    folder = tmp_path_factory.mktemp("commitments")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    allocation.configure(workspace)
    with duckdb.connect(":memory:") as con:
        lines.build(con, STORY, Span(STORY.months()[0].start, STORY.today, STORY.today))
        write_focus.prepare(con, STORY)
        for month in STORY.months()[-5:]:
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
            write_focus.write_gmbh(con, folder / "gmbh", month, STORY)
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    workspace.add_source("aws-gmbh", "aws-focus", str(folder / "gmbh"), None, author="test")
    assert all(not done.failed for done in workspace.sync(["aws-main", "aws-gmbh"]))
    commitments.configure(workspace, STORY)
    yield workspace
    workspace.close()


def test_figures_commitments_and_benefits_agree(company: Workspace) -> None:
    found = overview.overview(company, 30, now=NOW)
    assert [one.currency for one in found.currencies] == ["USD", "EUR"]
    programs = {one.program.id for one in found.commitments if one.program}
    assert programs == {"aws-reserved", "aws-compute-savings-plan"}
    for one, matrix in zip(
        sorted(found.currencies, key=lambda each: each.currency),
        overview.benefits(company, 30, now=NOW),
        strict=True,
    ):
        whole = one.whole
        assert whole.coverage is not None and 0 < whole.coverage < 1
        assert (matrix.cost, matrix.saved) == (whole.cost, whole.saved)
        mine = [c.figures for c in found.commitments if c.currency == one.currency]
        assert total(each.cost for each in mine) == whole.cost
    # Bought before these months: no bill among them tells when they end.
    ends = overview.ending(company, now=NOW)
    assert {one.commitment.id for one in ends} == {one.id for one in found.commitments}


def test_the_plan_of_its_people(company: Workspace) -> None:
    found = planning.planned_by(company, "compute-and-databases", NOW)
    main = next(one for one in found.plans if one.demand.payer == "480102030401")
    assert len(main.positions) > 3
    assert main.main.saved > 0
    assert len(main.calendar) == 4
    sums = main.main.planned
    assert added((sums.kept, sums.displaced, sums.on_demand)) == sums.usage
    assert sums.covered <= sums.usage * Decimal("0.8")
    assert [one.scenario.name for one in main.outcomes] == [
        "As now", "A fifth less", "Redshift is replaced in spring",
    ]  # fmt: skip
    assert any("daily" in note for note in found.notes)


def test_the_detector_fires(company: Workspace) -> None:
    ran = run(company, NOW, only=[PURCHASE])
    assert ran.failed == {}
    actions = {one.action for one in ran.findings}
    assert actions >= {"PurchaseSavingsPlans", "PurchaseReservedInstances"}
    assert len({(one.account, one.scope) for one in ran.findings}) == len(ran.findings)
    assert all(one.group == "purchase" and one.where for one in ran.findings)
