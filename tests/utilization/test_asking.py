"""How busy resources are, how much of the bill is measured, and what is in no sum of usage."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace, usage
from outlay.app.utilization import asking
from outlay.query import QueryError
from outlay.query.usage import UsageQuery
from outlay.query.utilization import UtilizationQuery
from tests.utilization.conftest import ARN, NOW, make

D = Decimal


def ask(workspace: Workspace, **parts: str) -> list[tuple[object, ...]]:
    """Values, metric, average, p95, maximum, days."""
    result = asking.measurements(workspace, UtilizationQuery.of(parts), now=NOW)
    return [(*r.values, r.metric, r.average, r.p95, r.maximum, r.days) for r in result.rows]


def test_by_resource(workspace: Workspace) -> None:
    # 20 and 40 are 30 on average; p95 was measured once; bytes are sums of days.
    assert ask(workspace) == [
        ("i-1", "cpu", D(30), D(70), D("95.5"), 2),
        ("i-1", "network_in", D(2000), D(3000), D(3000), 2),
        ("i-gone", "cpu", D(1), D(1), None, 1),
        ("orders-1", "memory_available", None, None, None, 1),
    ]


@pytest.mark.parametrize("name", ["orders-1", ARN, "db:ORDERS-1"])
def test_a_resource_by_any_of_its_names(workspace: Workspace, name: str) -> None:
    assert [row[0] for row in ask(workspace, resource=name)] == ["orders-1"]


def test_by_day_metric_and_range(workspace: Workspace) -> None:
    rows = ask(workspace, metric="cpu", grain="day", resource="i-1")
    assert [(row[2], row[5]) for row in rows] == [(D(20), 1), (D(40), 1)]
    rows = ask(workspace, metric="cpu", **{"from": "2026-10-06", "to": "2026-10-07"})
    assert rows == [("i-1", "cpu", D(40), D(40), None, 1)]
    assert ask(workspace, by="ServiceProviderName", metric="cpu")[0][:3] == (
        "AWS", "cpu", D("20.333333"),
    )  # fmt: skip
    assert ask(workspace, range="last-7-days", metric="gpu") == []


def test_a_limit_says_what_it_left_out(workspace: Workspace) -> None:
    query = UtilizationQuery.of({"limit": "1"})
    result = asking.measurements(workspace, query, now=NOW)
    assert (len(result.rows), result.left_out) == (1, 3)


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"metric": "heat"}, "metric"),
        ({"by": "Colour"}, "by"),
        ({"grain": "hour"}, "grain"),
        ({"range": "soon"}, "range"),
        ({"range": "last-7-days", "from": "2026-10-01"}, "range"),
        ({"limit": "0"}, "limit"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_question_that_is_none(parts: dict[str, str], field: str) -> None:
    with pytest.raises(QueryError) as raised:
        UtilizationQuery.of(parts)
    assert raised.value.field == field


def test_as_json_and_csv(workspace: Workspace) -> None:
    result = asking.measurements(workspace, UtilizationQuery.of({"metric": "cpu"}), now=NOW)
    first = result.to_json()["rows"][0]
    assert (first["ResourceId"], first["average"], first["minimum"]) == ("i-1", "30", None)
    assert first["statistics"] == ["average", "maximum", "p95"]
    assert result.to_csv().splitlines()[1].startswith("i-1,cpu,Percent,,30,70,95.5,,2,1,4,")


def test_how_much_of_the_bill_is_measured(workspace: Workspace) -> None:
    found = asking.coverage(workspace, now=NOW)
    (total,) = found.totals
    # i-1 (30) and the database (60, by the end of its ARN) of 100.
    assert (total.cost, total.measured, total.share) == (D(100), D(90), D("0.9"))
    assert (total.resources, total.measured_resources, total.unnamed) == (3, 2, D(0))
    assert total.metrics == ("cpu", "memory_available", "network_in")
    assert found.unbilled == ("i-gone",)
    assert found.to_json()["totals"][0]["share"] == "0.9000"


def test_coverage_without_a_bill_or_measurements(tmp_path: Path) -> None:
    empty = Workspace.init(tmp_path / "empty", name="Empty")
    assert asking.coverage(empty, now=NOW).rows == ()
    assert ask(empty) == []
    empty.close()
    bare = make(tmp_path, measured="")
    (total,) = asking.coverage(bare, now=NOW).totals
    assert (total.measured, total.share) == (D(0), D(0))
    bare.close()


# --- no sum of usage has it ---


def test_measurements_are_in_no_sum_of_usage(workspace: Workspace) -> None:
    assert usage.metrics(workspace) == []
    assert usage.usage(workspace, UsageQuery.of({}), now=NOW).rows == ()
    assert usage.dimensions(workspace) == []


def test_asking_usage_for_a_measurement_says_where_it_is() -> None:
    with pytest.raises(QueryError, match="outlay utilization --metric cpu"):
        UsageQuery.of({"metric": "utilization.cpu"})


def test_detectors_see_it(workspace: Workspace) -> None:
    from outlay.app.detectors.facts import facts

    with facts(workspace, NOW.date()) as known:
        assert known.utilization_of("cpu") and not known.utilization_of("gpu")
        (row,) = known.rows("SELECT sum(Value) AS v FROM utilization WHERE Statistic = 'sum'")
        assert row["v"] == D(4000)
