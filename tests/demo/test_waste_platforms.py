"""What the demo company wastes in its cluster, on data platforms and with language models is found
by the ordinary path."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from outlay.app import Workspace
from outlay.app.demo import lines, write_cur
from outlay.app.demo.fees import EDP_RATE
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span
from outlay.app.demo.vendors import anthropic, databricks, kubernetes, openai, snowflake
from outlay.app.detectors.running import Ran, run
from outlay.money import total
from outlay.query import CostQuery
from outlay.savings.detectors.registry import areas, detectors

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 24), date(2026, 11, 24), 2)
VENDORS = {
    "kubernetes": kubernetes,
    "snowflake": snowflake,
    "databricks": databricks,
    "openai": openai,
    "anthropic": anthropic,
}
OURS = [
    one
    for name, one in detectors().items()
    if areas()[name] in ("Kubernetes", "Data platforms", "AI")
]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Two months of the main bill, the cluster's usage, and four vendors."""
    folder = tmp_path_factory.mktemp("platforms")
    workspace = Workspace.init(folder / "kestrel", currency="USD")
    with duckdb.connect(":memory:") as con:
        lines.build(con, STORY, Span(STORY.months()[0].start, STORY.today, STORY.today))
        for month in STORY.months():
            write_cur.write_cur2(con, folder / "main", month, "run", STORY.closed(month))
    workspace.add_source("aws-main", "aws-cur", str(folder / "main"), None, author="test")
    for name, vendor in VENDORS.items():
        (folder / name).mkdir()
        for month in STORY.months():
            vendor.write(folder / name, month, STORY)
        workspace.add_source(name, name, str(folder / name), None, author="test")
    assert all(not done.failed for done in workspace.sync(["aws-main", *VENDORS]))
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def found(company: Workspace) -> Ran:
    ran = run(company, datetime(2026, 11, 24, 9), only=OURS)
    assert ran.failed == {}
    return ran


def test_every_detector_fires(found: Ran) -> None:
    assert {one.detector for one in found.findings} == {one.id for one in OURS}


def test_what_is_told_is_what_happened(found: Ran) -> None:
    named = {(one.detector, one.resource_name or one.scope) for one in found.findings}
    assert {
        ("kubernetes-unused-workload", "push-preview"),
        ("databricks-all-purpose-jobs", "price-sync"),
        ("databricks-always-on", "0611-scratch"),
        ("snowflake-warehouse-idle", "BI_WH"),
        ("snowflake-warehouse-idle", "ADHOC_WH"),
        ("ai-prompt-cache", "key_storefront_sizes"),
        ("ai-model-choice", "apikey_search_ranking"),
        ("ai-batch", "key_search_index"),
    } <= named
    assert ("snowflake-warehouse-idle", "LOAD_WH") not in named
    assert ("kubernetes-requests", "collector") not in named
    assert ("kubernetes-requests", "push-preview") not in named


def test_the_cluster_promises_no_more_than_its_nodes_on_demand_cost(found: Ran) -> None:
    saved = total(
        one.monthly_saving for one in found.findings if one.detector.startswith("kubernetes-")
    )
    # Three m6i.4xlarge at 0.768 an hour, of which a month has 720.
    assert Decimal(500) < saved <= 3 * 720 * Decimal("0.768")


def test_the_condition_of_each_finds_the_cost_that_it_tells(company: Workspace, found: Ran) -> None:
    """Owners, access and proof stand on it: the charges it selects cost what the finding says,
    once the enterprise discount is off what AWS sells without a commitment."""

    def cost_of(where: str, days: str) -> Decimal:
        (row,) = company.query(CostQuery(where=where, range=days)).rows()
        return Decimal(str(row["EffectiveCost"] or 0))

    for one in found.findings:
        assert one.first_day is not None and one.end_day is not None
        span = f"{one.first_day}..{one.end_day}"
        cost = cost_of(one.where, span)
        if one.provider == "AWS":
            on_demand = f"({one.where}) AND CommitmentDiscountId IS NULL"
            cost -= cost_of(on_demand, span) * EDP_RATE
        days = (one.end_day - one.first_day).days
        assert one.monthly_cost is not None
        assert abs(cost * 30 / days - one.monthly_cost) < Decimal("0.01"), one.title
        assert one.monthly_saving <= one.monthly_cost, one.title
