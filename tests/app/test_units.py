"""Unit costs over a small company's bills: exact sides, honest gaps, margins, what drove it."""

import csv
import io
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.expression.errors import QueryError
from outlay.query.unit import Cell, UnitQuery, UnitResult
from outlay.resources import ResourceError
from tests.web.company import line

D = Decimal
NOW = datetime(2026, 12, 15, 12)
BILLS = {
    "2026-09": [("300", "2026-09-05", "web"), ("320", "2026-09-06", "app")],
    "2026-10": [("330", "2026-10-05", "web"), ("480", "2026-10-06", "app"),
                ("7.5", "2026-10-07", None)],
    "2026-11": [("0.000000000000000000001", "2026-11-01", "web"), ("12", "2026-11-30", "app")],
}  # fmt: skip
ORDERS = {  # the month's orders, on its first day; the others have none
    ("2026-09", "web"): 600, ("2026-09", "app"): 400, ("2026-10", "web"): 600,
    ("2026-10", "app"): 600, ("2026-11", "web"): 0, ("2026-11", "app"): 0,
}  # fmt: skip


def write_bill(folder: Path, month: str, rows: list[tuple[str, str, str | None]]) -> None:
    lines = [line(cost, day, team=team) for cost, day, team in rows]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    folder.mkdir(exist_ok=True)
    (folder / f"{month}.csv").write_text(out.getvalue())


def days(month: str, channel: str, first: int, labels: str = "channel") -> list[dict[str, Any]]:
    """A value on every day of a month, all of it on the first."""
    day = datetime.fromisoformat(f"{month}-01")
    found = []
    while f"{day:%Y-%m}" == month:
        value = first if day.day == 1 else 0
        found.append({"date": f"{day:%Y-%m-%d}", "value": str(value), "labels": {labels: channel}})
        day += timedelta(days=1)
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's folder, to be copied."""
    folder = tmp_path_factory.mktemp("made")
    workspace = Workspace.init(folder / "shop", name="Shop")
    for month, rows in BILLS.items():
        write_bill(folder / "bills", month, rows)
    assert all(not load.failed for load in workspace.load([str(folder / "bills")]))
    put = workspace.resources.put
    put("Metric", "orders", {"unit": "order", "labels": ["channel"]}, author="test")
    put("Metric", "revenue", {"currency": "USD", "labels": ["channel"]}, author="test")
    for (month, channel), orders in ORDERS.items():
        workspace.metrics.push("orders", days(month, channel, orders))
        workspace.metrics.push("revenue", days(month, channel, orders * 2))
    put("UnitCost", "per-order", spec(), author="test")
    workspace.close()
    return folder


@pytest.fixture
def shop(made: Path, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    workspace = Workspace.open(tmp_path / "shop")
    yield workspace
    workspace.close()


def spec(**more: Any) -> dict[str, Any]:
    return {"metric": "orders", "by": {"label": "channel", "dimension": "tags.team"},
            "revenue": "revenue", **more}  # fmt: skip


def ask(workspace: Workspace, name: str = "per-order", **query: Any) -> UnitResult:
    return workspace.units.ask(name, UnitQuery(**({"range": "all"} | query)), NOW)


def by_month(result: UnitResult) -> dict[str, Cell]:
    return {f"{period.start:%m}": period.total for period in result.periods}


def test_cost_per_order_by_month_and_channel(shop: Workspace) -> None:
    found = ask(shop)
    september, october, november = found.periods
    assert (september.total.cost, september.total.units) == (D(620), D(1000))
    assert september.total.unit_cost == D("0.62")
    assert {v: (c.cost, c.units, c.unit_cost) for v, c in october.rows.items()} == {
        "app": (D(480), D(600), D("0.8")),
        "web": (D(330), D(600), D("0.55")),
        None: (D("7.5"), None, None),
    }
    assert october.rows[None].reason == "orders has no value of it in this time"
    assert (october.total.margin, october.total.margin_ratio) == (
        D(2400) - D("817.5"), D("0.659375"),
    )  # fmt: skip
    assert november.total.status == "no activity"
    assert november.total.cost == D("12.000000000000000000001")
    assert november.total.unit_cost is None
    assert found.overall is not None
    assert (found.overall.units, found.overall.cost) == (
        D(2200), D("1449.500000000000000000001"),
    )  # fmt: skip


def test_the_rows_of_a_period_are_its_total(shop: Workspace) -> None:
    for period in ask(shop).periods:
        assert sum((c.cost or D(0) for c in period.rows.values()), D(0)) == period.total.cost
        units = [c.units for c in period.rows.values() if c.units is not None]
        assert sum(units, D(0)) == period.total.units


def test_what_drove_the_change_and_the_marginal_cost(shop: Workspace) -> None:
    found = ask(shop)
    assert found.change is not None and found.change.drivers is not None
    drivers = found.change.drivers
    # November has no orders: it has no cost per order to compare.
    assert (str(found.change.before), str(found.change.after)) == ("2026-09-01", "2026-10-01")
    assert (drivers.volume, drivers.mix, drivers.price, drivers.without_units) == (
        D(124), D(36), D(30), D("7.5"),
    )  # fmt: skip
    assert drivers.change == D("197.5")
    data = found.to_json()
    # 197.50 more for 200 more orders.
    assert data["periods"][1]["total"]["marginal_cost"] == "0.987500000000"
    assert data["periods"][0]["total"]["marginal_cost"] is None


def test_json_and_csv_hold_both_sides_exactly(shop: Workspace) -> None:
    found = ask(shop, range="2026-11-01..2026-12-01")
    (month,) = found.to_json()["periods"]
    assert month["total"]["cost"] == "12.000000000000000000001"
    assert (month["total"]["units"], month["total"]["status"]) == ("0", "no activity")
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [(r["value"], r["is_total"], r["cost"], r["units"], r["unit_cost"]) for r in rows] == [
        ("app", "false", "12.00", "0", ""),
        ("web", "false", "0.000000000000000000001", "0", ""),
        ("", "true", "12.000000000000000000001", "0", ""),
    ]


def test_a_missing_day_makes_a_month_unknown_and_never_zero(shop: Workspace) -> None:
    shop.metrics.push("orders", [
        {"date": "2026-10-09", "value": None, "labels": {"channel": c}} for c in ("web", "app")
    ])  # fmt: skip
    cell = by_month(ask(shop))["10"]
    assert (cell.status, cell.units, cell.partial) == ("unknown", None, D(1200))
    assert cell.reason == "orders has no value on 1 of 31 days: 2026-10-09"
    found = ask(shop, before=datetime(2026, 9, 1).date(), after=datetime(2026, 10, 1).date())
    assert found.change is not None
    assert found.change.drivers is None
    assert found.change.reason == f"2026-10-01: {cell.reason}"
    # With days that mean zero the month is known again.
    zero = {"unit": "order", "labels": ["channel"], "missing": "zero"}
    shop.resources.put("Metric", "orders", zero, author="test")
    assert by_month(ask(shop))["10"].units == D(1200)


def test_time_without_any_charge_has_no_cost_rather_than_none(shop: Workspace) -> None:
    found = ask(shop, grain="day", range="2026-09-05..2026-09-08")
    assert [(p.total.cost, p.total.status) for p in found.periods] == [
        (D(300), "no activity"), (D(320), "no activity"), (None, "unknown"),
    ]  # fmt: skip
    assert found.periods[2].total.reason == "the ledger has no charges of this time"
    narrow = spec(where="tags.team = 'web'")
    shop.resources.put("UnitCost", "web", narrow, author="test")
    found = ask(shop, "web", grain="day", range="2026-09-06..2026-09-07")
    # The ledger knows the day, and the scope cost nothing on it.
    assert found.periods[0].total.cost == D(0)


def test_the_running_month_counts_up_to_what_all_know(shop: Workspace, tmp_path: Path) -> None:
    write_bill(
        tmp_path / "bills", "2026-12",
        [("1", "2026-12-01", "web"), ("2", "2026-12-02", "web"), ("4", "2026-12-03", "web")],
    )  # fmt: skip
    shop.load([str(tmp_path / "bills")])
    values = [{"date": f"2026-12-0{day}", "value": "1", "labels": {"channel": "web"}}
              for day in (1, 2)]  # fmt: skip
    shop.metrics.push("orders", values)
    shop.metrics.push("revenue", values)
    december = ask(shop, range="2026-12-01..2027-01-01").periods[0]
    assert december.open
    assert str(december.end) == "2026-12-03"
    assert (december.total.cost, december.total.units) == (D(3), D(2))
    change = ask(shop).change
    assert change is not None
    assert str(change.after) == "2026-10-01"


def test_only_whole_periods_are_compared(shop: Workspace) -> None:
    found = ask(shop, range="2026-09-10..2026-11-20")
    assert [period.whole for period in found.periods] == [False, True, False]
    assert found.change is None
    steps = {str(period.start): step for period, _, _, step, total in found.cells() if total}
    assert set(steps.values()) == {None}


def test_a_late_value_restates_and_the_past_can_be_asked(shop: Workspace) -> None:
    before = datetime.now() + timedelta(days=1)
    shop.metrics.store.put(
        "orders",
        [v for v in _values("2026-10-01", "web", "900")],
        origin="late",
        now=before + timedelta(days=1),
    )
    assert by_month(ask(shop))["10"].units == D(1500)
    at = before.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert by_month(ask(shop, as_of=at))["10"].units == D(1200)


def _values(day: str, channel: str, number: str) -> list[Any]:
    from outlay.allocation.metrics import MetricValue

    return [MetricValue(datetime.fromisoformat(day), (("channel", channel),), D(number))]


def test_revenue_of_another_currency_is_converted_day_by_day(shop: Workspace) -> None:
    rates = {"pairs": {"EUR/USD": {"2026-10-01": "1.1", "2026-10-15": "2"}}}
    shop.resources.put("ExchangeRates", "finance", rates, author="test")
    euro = {"currency": "EUR", "labels": ["channel"]}
    shop.resources.put("Metric", "revenue", euro, author="test")
    shop.resources.put("UnitCost", "per-order", spec(rates="finance"), author="test")
    shop.metrics.push("revenue", [
        {"date": "2026-10-20", "value": "50", "labels": {"channel": "web"}}
    ])  # fmt: skip
    september, october, _ = ask(shop).periods
    assert october.total.revenue == D(2400) * D("1.1") + D(50) * D(2)
    assert october.rows["web"].revenue == D(1200) * D("1.1") + D(50) * D(2)
    assert september.total.revenue is None
    assert september.total.revenue_reason == "there is no rate of EUR to USD on 2026-09-01"


def test_what_splits_give_is_in_the_cost_per_unit(shop: Workspace) -> None:
    put = shop.resources.put
    put("VirtualTag", "seller", {"rules": [{"value": {"from": "tags.team"}}]}, author="test")
    split = {"tag": "seller", "take": "Unallocated", "method": "fixed", "shares": {"web": "100"}}
    put("Split", "share", split, author="test")
    by = {"label": "channel", "dimension": "seller"}
    for splits, web in (("applied", D("337.5")), ("direct", D(330))):
        put("UnitCost", "split", spec(by=by, splits=splits), author="test")
        october = ask(shop, "split").periods[1]
        assert october.rows["web"].cost == web
        assert ("Unallocated" in october.rows) == (splits == "direct")
        assert october.total.cost == D("817.5")


def test_units_are_those_of_the_scope(shop: Workspace) -> None:
    of_web = spec(where="tags.team = 'web'", only={"channel": ["web"]})
    shop.resources.put("UnitCost", "web", of_web, author="test")
    total = ask(shop, "web", by=False).periods[1].total
    assert (total.cost, total.units, total.revenue) == (D(330), D(600), D(1200))
    everything = ask(shop, by=False).periods[1].total
    assert (everything.units, everything.revenue) == (D(1200), D(2400))


def test_what_cannot_be_asked_says_why(shop: Workspace) -> None:
    for wrong, expected in (
        ({"metric": "order"}, "there is no metric 'order'"),
        ({"revenue": "orders"}, "is no money"),
        ({"only": {"chanel": ["web"]}}, "has no label 'chanel'"),
        ({"by": {"label": "chanel", "dimension": "tags.team"}}, "has no label 'chanel'"),
        ({"by": {"label": "channel", "dimension": "team"}}, "there is no virtual tag 'team'"),
    ):
        with pytest.raises(QueryError, match=expected):
            shop.units.define("wrong", spec(**wrong))
    with pytest.raises(ResourceError, match="is no cost"):
        shop.units.define("wrong", spec(measure="LineCount"))
    with pytest.raises(QueryError, match="in none of the periods"):
        ask(shop, before=datetime(2020, 1, 1).date())
    assert [unit.name for unit in shop.units.all()] == ["per-order"]


def test_a_workspace_without_charges_answers_nothing(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "empty")
    workspace.resources.put("Metric", "orders", {}, author="test")
    workspace.resources.put("UnitCost", "per-order", {"metric": "orders"}, author="test")
    found = ask(workspace)
    assert (found.periods, found.range_, found.overall, found.change) == ((), None, None, None)
    workspace.close()
