"""What the demo company cleaned up is on its ledger: each but the gateway that is back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.demo import allocation, lines, realised, write_cur
from outlay.app.demo.story import CLEANUPS, Story
from outlay.app.demo.table import Span
from outlay.app.realised import listing
from outlay.app.realised.keeping import store
from outlay.app.savings.store import SavingStore
from outlay.money import total

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24), 6)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Six months of the organisation's main bill, with the tags of the company."""
    folder = tmp_path_factory.mktemp("realised")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    allocation.configure(workspace)
    with duckdb.connect(":memory:") as con:
        lines.build(con, STORY, Span(STORY.months()[0].start, STORY.today, STORY.today))
        for month in STORY.months():
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    assert all(not done.failed for done in workspace.sync(["aws-main"]))
    realised.configure(workspace, STORY)
    yield workspace
    workspace.close()


def test_the_clean_up_is_proven_and_what_is_back_is_told(company: Workspace) -> None:
    found = {one.resource: one.state for one in SavingStore(company.resources.engine).listed()}
    assert found == {one.resource: "regressed" if one.returns else "sustained" for one in CLEANUPS}


def test_the_bill_shows_what_was_promised_but_for_what_is_back(company: Workspace) -> None:
    back = {one.resource for one in CLEANUPS if one.returns}
    ledger = listing.ledger(company, by="recommendation")
    resources = {one.id: one.resource for one in SavingStore(company.resources.engine).listed()}
    for row in ledger.rows:
        share = row.sums.realised / row.sums.promised
        if resources[int(row.value)] in back:
            assert share < 1
        else:
            assert abs(share - 1) < 0.02
    assert ledger.totals[0].realised == total(row.sums.realised for row in ledger.rows)


def test_a_day_brings_nothing_twice(company: Workspace) -> None:
    before = store(company).entries()
    realised.configure(company, STORY)
    assert store(company).entries() == before
    assert len(store(company).baselines()) == len(CLEANUPS)
