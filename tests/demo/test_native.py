"""What AWS's hub says of the demo company comes by the ordinary path, and meets our findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.demo import allocation, lines, native, write_cur
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span
from outlay.app.native import reading
from outlay.app.savings.acting import store
from outlay.app.savings.looking import look

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24), 3)


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The organisation's main bill of three months, with what the tools say."""
    folder = tmp_path_factory.mktemp("native")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    allocation.configure(workspace)
    with duckdb.connect(":memory:") as con:
        lines.build(con, STORY, Span(STORY.months()[0].start, STORY.today, STORY.today))
        for month in STORY.months():
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    assert all(not done.failed for done in workspace.sync(["aws-main"]))
    native.configure(workspace, STORY)
    yield workspace
    workspace.close()


def test_each_tool_is_a_source_that_is_read(company: Workspace) -> None:
    found = {one.name: one for one in reading.statuses(company)}
    assert set(found) == set(native.SOURCES)
    assert found["aws-hub"].findings == 17
    # Azure gives no amount for a disk; its purchases come once a term and look-back.
    assert (found["azure-advisor"].findings, found["azure-advisor"].told) == (5, 1)
    native.configure(company, STORY)  # the same again is no new delivery
    assert len(reading.source(company, "aws-hub").deliveries) == 1


def test_what_two_tools_say_of_one_resource_is_one_recommendation(company: Workspace) -> None:
    assert look(company, datetime.combine(STORY.today, time(9))).failed == {}
    kept = store(company).listed()
    both = [one for one in kept if {f.tool for f in one.findings} >= {"outlay", "aws-cost-hub"}]
    # Four gp2 volumes, the gateway, and the machines that could be of another make at least.
    assert len(both) >= 6
    assert {"Upgrade", "Delete"} <= {one.action for one in both}
    assert all(one.owner for one in both)
    alone = [one for one in kept if {f.tool for f in one.findings} == {"aws-cost-hub"}]
    assert {"PurchaseReservedInstances", "Stop"} <= {one.action for one in alone}
