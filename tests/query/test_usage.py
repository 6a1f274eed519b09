"""Questions about usage: sums by metric, exact; nothing misspelt widens an answer."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.query import QueryError, sql
from outlay.query.usage import UsageQuery, metrics, usage
from tests.query.usage_lake import Ledger, pod

NOW = datetime(2026, 10, 20)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    made = Ledger(tmp_path_factory.mktemp("usage"))
    team = {"labels": {"team": "checkout"}}
    made.cluster(
        "prod",
        [pod("2026-09-05", "1.25", "i-1", "web", **team), pod("2026-09-05", "2.5", "i-1", "db")],
        [pod("2026-10-05", "3.000000001", "i-1", "web", **team)],
        [pod("2026-10-06", "4", "i-2", "web", cpuCoreRequestAverage=2, **team)],
    )
    made.cluster("dev", [pod("2026-10-06", "0.5", "i-9", "web")])
    return made


def ask(ledger: Ledger, **parts: Any) -> list[tuple[Any, ...]]:
    """Metric, values, period, quantity and dollars of each row."""
    result = usage(ledger.lake, UsageQuery.of(parts), now=NOW)
    return [
        (row.metric, row.values, row.period, row.quantity, row.estimates.get("USD"))
        for row in result.rows
    ]


def test_metrics_never_add_up_and_estimates_are_exact(ledger: Ledger) -> None:
    assert ask(ledger) == [
        ("cpu_allocated", (), None, Decimal(120), Decimal("11.250000001")),
        ("cpu_request", (), None, Decimal(48), None),
    ]


def test_by_columns_and_tags_largest_first(ledger: Ledger) -> None:
    found = ask(ledger, metric="cpu_allocated", by="x_SourceName,tags.team")
    assert found == [
        ("cpu_allocated", ("prod", "checkout"), None, Decimal(72), Decimal("8.250000001")),
        ("cpu_allocated", ("dev", None), None, Decimal(24), Decimal("0.5")),
        ("cpu_allocated", ("prod", None), None, Decimal(24), Decimal("2.5")),
    ]


def test_by_time(ledger: Ledger) -> None:
    found = ask(ledger, metric="cpu_allocated", grain="month")
    assert [(row[2], row[4]) for row in found] == [
        (date(2026, 9, 1), Decimal("3.75")),
        (date(2026, 10, 1), Decimal("7.500000001")),
    ]


@pytest.mark.parametrize(
    ("parts", "cost"),
    [
        ({"from": "2026-10-01"}, "7.500000001"),
        ({"from": "2026-10-05", "to": "2026-10-06"}, "3.000000001"),
        ({"range": "last-month"}, "3.75"),
        ({"where": "x_Pod = 'db'"}, "2.5"),
        ({"where": "tags.team = 'checkout' AND ResourceId <> 'i-2'"}, "4.250000001"),
        ({"where": "Metric = 'cpu_allocated' AND x_SourceName IN ('dev')"}, "0.5"),
        ({"where": "PriceSource IS NULL"}, None),
    ],
)
def test_ranges_and_conditions(ledger: Ledger, parts: dict[str, str], cost: str | None) -> None:
    result = usage(ledger.lake, UsageQuery.of(parts), now=NOW)
    assert dict(result.estimates) == ({} if cost is None else {"USD": Decimal(cost)})


def test_a_limit_keeps_the_largest_and_sums_the_others(ledger: Ledger) -> None:
    result = usage(ledger.lake, UsageQuery.of({"by": "x_Pod,x_SourceName", "limit": "1"}), now=NOW)
    found = [(r.metric, r.values, r.quantity, r.is_other) for r in result.rows]
    assert found == [
        ("cpu_allocated", ("web", "prod"), Decimal(72), False),
        ("cpu_allocated", (None, None), Decimal(48), True),
        ("cpu_request", ("web", "prod"), Decimal(48), False),
    ]
    assert result.estimates == {"USD": Decimal("11.250000001")}


def test_totals_are_the_sum_of_all_rows(ledger: Ledger) -> None:
    result = usage(ledger.lake, UsageQuery.of({"by": "x_Pod", "grain": "day"}), now=NOW)
    (allocated, requested) = result.totals
    assert (allocated.metric, allocated.quantity) == ("cpu_allocated", Decimal(120))
    assert (requested.metric, requested.quantity) == ("cpu_request", Decimal(48))


def test_as_of_a_moment(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.cluster("prod", [pod("2026-10-05", "1", "i-1")])
    before = ledger.lake.pin().snapshot_id
    ledger.cluster("prod", [pod("2026-10-05", "2", "i-1")])
    assert ask(ledger)[0][4] == Decimal(2)
    assert ask(ledger, as_of=str(before))[0][4] == Decimal(1)


def test_an_empty_lake_has_no_usage(tmp_path: Path) -> None:
    lake = Ledger(tmp_path).lake
    assert usage(lake, UsageQuery(), now=NOW).rows == ()
    assert metrics(lake) == []


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"by": "x_Namspace"}, "Did you mean x_Namespace"),
        ({"by": "Quantity"}, "'Quantity' is not a column of usage"),
        ({"by": "ServiceCategory"}, "is not a column of usage"),
        ({"by": "x_Moon"}, "no usage has x_Moon"),
        ({"by": "tags.taem"}, "Did you mean tags.team"),
        ({"where": "tags.taem = 'x'"}, "Did you mean tags.team"),
        ({"where": "ServiceCategory = 'x'"}, "no usage has ServiceCategory"),
        ({"where": "Quantity = '5'"}, "Quantity is an amount"),
        ({"where": "x_Pod ="}, "is missing here"),
        ({"metric": "cpu_requests"}, "Did you mean cpu_request"),
        ({"grain": "fortnight"}, "'fortnight' is not a grain"),
        ({"range": "lately"}, "'lately' is not a range"),
        ({"range": "last-month", "from": "2026-10-01"}, "exclude each other"),
        ({"limit": "0"}, "not a number of groups"),
        ({"metrics": "cpu_request"}, "Did you mean metric"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    ledger: Ledger, parts: dict[str, str], says: str
) -> None:
    with pytest.raises(QueryError, match=says):
        usage(ledger.lake, UsageQuery.of(parts), now=NOW)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"metric": "cpu_request,cpu_usage", "by": "x_Namespace,tags.team", "grain": "day"},
        {"where": "x_Pod = 'web'", "limit": "5", "as_of": "2026-10-06"},
        {"range": "last-30-days"},
        {"from": "2026-10-01", "to": "2026-11-01"},
    ],
)
def test_a_question_is_its_address(params: dict[str, str]) -> None:
    query = UsageQuery.of(params)
    assert query.to_params() == params
    assert UsageQuery.of(query.to_params()) == query


def test_metrics_say_where_they_are_from(ledger: Ledger) -> None:
    allocated, requested = metrics(ledger.lake)
    assert (allocated.metric, allocated.unit, allocated.sources) == (
        "cpu_allocated", "Core-Hours", ("dev", "prod"),
    )  # fmt: skip
    assert allocated.rows == 5
    assert (allocated.first, allocated.last) == (datetime(2026, 9, 5), datetime(2026, 10, 7))
    assert requested.sources == ("prod",)
    assert requested.estimates == {}


def test_json_and_csv_hold_every_digit(ledger: Ledger) -> None:
    result = usage(
        ledger.lake, UsageQuery.of({"by": "x_Pod", "where": "x_SourceName = 'prod'"}), now=NOW
    )
    (first, *_) = result.to_json()["rows"]
    assert first == {
        "metric": "cpu_allocated", "unit": "Core-Hours", "x_Pod": "web", "quantity": "72.00",
        "estimates": {"USD": "8.250000001"}, "rows": 3,
    }  # fmt: skip
    assert result.to_csv().splitlines() == [
        "x_Pod,Metric,Unit,Quantity,EstimatedCost USD,UsageRows",
        "web,cpu_allocated,Core-Hours,72.00,8.250000001,3",
        "db,cpu_allocated,Core-Hours,24.00,2.50,1",
        "web,cpu_request,Core-Hours,48.00,,1",
    ]


def test_usage_is_a_view_of_sql(ledger: Ledger, tmp_path: Path) -> None:
    found = sql(
        ledger.lake,
        "SELECT x_SourceName, sum(EstimatedCost) AS cost FROM usage GROUP BY 1 ORDER BY 1",
    )
    assert found.rows() == [
        {"x_SourceName": "dev", "cost": Decimal("0.5")},
        {"x_SourceName": "prod", "cost": Decimal("10.750000001")},
    ]
    with pytest.raises(QueryError, match="no usage"):
        sql(Ledger(tmp_path).lake, "SELECT * FROM usage")
