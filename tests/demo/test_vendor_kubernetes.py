"""The demo's cluster: the same every time, on the bill's own nodes, with what was left running."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app.demo.fleet import nodes
from outlay.app.demo.story import Story
from outlay.app.demo.vendors import kubernetes
from tests.sources.kubernetes.usage import Usage

pytestmark = pytest.mark.slow

STORY = Story(date(2026, 11, 28), date(2026, 11, 28), 3)


def bill(folder: Path, story: Story = STORY) -> Path:
    folder.mkdir(exist_ok=True)
    for month in story.months():
        kubernetes.write(folder, month, story)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_it_is_a_function_of_dates_and_a_later_day_changes_the_open_month_alone(
    tmp_path: Path,
) -> None:
    first = contents(bill(tmp_path / "a"))
    assert first == contents(bill(tmp_path / "b"))
    after = contents(bill(tmp_path / "a", Story(STORY.anchor, date(2026, 11, 29), STORY.span)))
    assert [name for name in first if after[name] != first[name]] == ["allocation-2026-11.json.gz"]


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Usage:
    folder = tmp_path_factory.mktemp("cluster")
    made = Usage(folder / "lake")
    for outcome in made.loaded(bill(folder / "bill")):
        assert outcome.record is not None
        assert outcome.record.proof.rows_read < 3000
        assert outcome.record.proof.rows_rejected == 0
    return made


def test_its_nodes_are_the_instances_of_the_bill(usage: Usage) -> None:
    found = {row[0] for row in usage.ask("DISTINCT ResourceId")}
    assert found == {node.resource for node in nodes()}


def test_a_whole_node_is_given_out_each_day(usage: Usage) -> None:
    where = "Metric = 'cpu_allocated' AND UsagePeriodStart = TIMESTAMP '2026-11-03'"
    found = usage.ask("DISTINCT sum(Quantity)", where, "GROUP BY ResourceId")
    assert found == [(Decimal(16 * 24),)]


def test_today_is_there_as_far_as_it_has_come(usage: Usage) -> None:
    last = usage.ask("max(UsagePeriodEnd)")[0][0]
    assert STORY.today == last.date()


def test_a_load_test_requested_what_it_never_used(usage: Usage) -> None:
    first, last = kubernetes.load_test(STORY)
    where = "x_Controller = 'load-test' AND Metric = '{}'"
    days = usage.ask("min(UsagePeriodStart), max(UsagePeriodEnd)", where.format("cpu_request"))
    assert [moment.date() for moment in days[0]] == [first, last + timedelta(days=1)]
    (requested,) = usage.ask("sum(Quantity)", where.format("cpu_request"))
    (used,) = usage.ask("sum(Quantity)", where.format("cpu_usage"))
    assert requested[0] > 50 * used[0] > 0
