"""Looks after deliveries: each threshold once a period, over restatements and month ends."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from outlay.alerts.store import AlertStore
from outlay.app import Workspace
from outlay.app.planning import budget_marks, budgets, watch_budgets
from outlay.app.planning.budget_marks import Mark
from outlay.app.watching import watch
from outlay.expression.errors import QueryError
from outlay.planning.budgets.periods import period_of
from outlay.resources import tables
from outlay.resources.database import writing
from tests.budgets.company import NOVEMBER, NOW, OCTOBER, keep, lines
from tests.budgets.conftest import MOMENT
from tests.budgets.specs import spec, status
from tests.web.company import load

ACTUAL = [
    {"of": "actual", "percent": "50"},
    {"of": "actual", "percent": "80"},
    {"of": "actual", "percent": "100", "severity": "critical"},
]


def alerts(workspace: Workspace) -> list[tuple[str, str, str, str]]:
    """Subject, occurrence, severity and state of each alert, oldest first."""
    found = sorted(AlertStore(workspace.resources.engine).listed(), key=lambda one: one.id)
    return [(a.signal.subject, a.signal.occurrence, a.signal.severity, a.state) for a in found]


def marks(workspace: Workspace, name: str, period: str = "") -> list[tuple[str, str]]:
    return [(one.threshold, one.state) for one in budget_marks.of(workspace, name, period)]


def look(workspace: Workspace, now: datetime = MOMENT) -> int:
    (step,) = watch(workspace, now, only=["budgets"]).steps
    assert not step.failed, step.failed
    return step.raised


def only(workspace: Workspace, **fields) -> None:
    """One budget, of the shop, in place of those of the company."""
    for name in ("data", "shop", "all"):
        workspace.resources.delete("Budget", name, author="test")
    keep(workspace, "shop", scope="team = 'shop'", thresholds=ACTUAL, **fields)


def test_a_jump_is_told_once_with_amount_driver_and_link(own: Workspace) -> None:
    only(own, amount="300", title="The shop", owner={"tag": "team", "value": "shop"})
    assert look(own) == 1
    assert alerts(own) == [("shop", "2026-10/actual/80%", "warning", "open")]
    assert marks(own, "shop") == [("actual/80%", "raised"), ("actual/50%", "passed")]
    (alert,) = AlertStore(own.resources.engine).listed()
    signal = alert.signal
    assert signal.title == "The shop is at 96.7% of its budget for Oct 2026"
    assert (signal.amount, signal.currency) == (Decimal("290.00"), "USD")
    assert signal.link == "/budgets/shop?period=2026-10"
    assert signal.where == "team = 'shop'"
    assert signal.owner is not None and signal.owner.text == "team = shop"
    # 290 on the first twenty days of both months.
    assert signal.driver == "Spend is the same as in 1 to 20 September 2026."
    assert "290.00 USD of 300.00 USD were spent by 20 Oct 2026." in signal.lines[0]
    assert [one.title for one in signal.figures] == ["Actual", "Budget", "Forecast"]
    assert look(own) == 0, "the same look tells nothing again"


def test_deliveries_restatements_and_a_changed_amount(own: Workspace, tmp_path: Path) -> None:
    only(own, amount="500")
    assert look(own) == 1
    assert alerts(own)[-1][1:3] == ("2026-10/actual/50%", "warning")
    # October is restated: the shop cost 20 a day, 490 in all.
    load(own, tmp_path, "october", lines(OCTOBER, NOW, Decimal(20)))
    assert look(own) == 1
    assert alerts(own) == [
        ("shop", "2026-10/actual/50%", "warning", "settled"),
        ("shop", "2026-10/actual/80%", "warning", "open"),
    ]
    # Back to 290, and up again: nothing is told a second time.
    load(own, tmp_path, "october", lines(OCTOBER, NOW))
    assert look(own) == 0
    load(own, tmp_path, "october", lines(OCTOBER, NOW, Decimal(20)))
    assert look(own) == 0
    # A lowered amount passes 100 % for the first time, and then no more.
    keep(own, "shop", scope="team = 'shop'", thresholds=ACTUAL, amount="490")
    assert look(own) == 1
    keep(own, "shop", scope="team = 'shop'", thresholds=ACTUAL, amount="100")
    assert look(own) == 0
    assert [one[1] for one in alerts(own)] == [
        "2026-10/actual/50%", "2026-10/actual/80%", "2026-10/actual/100%",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_period_that_ends_settles_and_the_next_begins_anew(own: Workspace, tmp_path) -> None:
    only(own, amount="300")
    look(own)
    november = datetime(2026, 11, 3, 9)
    # October's last days come: it is watched until it is complete, and passes 100 %.
    load(own, tmp_path, "october", lines(OCTOBER, NOVEMBER))
    load(own, tmp_path, "november", lines(NOVEMBER, november.date()))
    assert look(own, november) == 1
    assert alerts(own) == [
        ("shop", "2026-10/actual/80%", "warning", "settled"),
        ("shop", "2026-10/actual/100%", "critical", "settled"),
    ]
    assert budget_marks.watched(own)["shop", "2026-10"] == "settled"
    assert budget_marks.watched(own)["shop", "2026-11"] == "watched"
    # What is restated later raises nothing in October; November's own 50 % is told.
    load(own, tmp_path, "october", lines(OCTOBER, NOVEMBER, Decimal(40)))
    load(own, tmp_path, "november", lines(NOVEMBER, november.date(), Decimal(40)))
    assert look(own, november) == 1
    assert alerts(own)[-1][1] == "2026-11/actual/50%"
    assert [one for one in alerts(own) if "2026-10" in one[1] and one[3] == "open"] == []


def test_what_ended_before_the_first_look_is_not_told(own: Workspace) -> None:
    only(own, amount="10000")
    keep(own, "july", scope="team = 'shop'", amount="10", period="custom",
         **{"from": "2026-07-01", "until": "2026-08-01"})  # fmt: skip
    assert look(own) == 0 and alerts(own) == []
    assert ("july", "2026-07-01..2026-08-01") not in budget_marks.watched(own)


def test_a_removed_budget_ends_its_alerts_and_is_forgotten(own: Workspace) -> None:
    only(own, amount="300")
    look(own)
    own.resources.delete("Budget", "shop", author="test")
    assert look(own) == 0
    assert [state for *_, state in alerts(own)] == ["settled"]
    assert marks(own, "shop") == []


def test_a_forecast_threshold_needs_a_forecast(own: Workspace) -> None:
    only(own, amount="395")
    thresholds = [{"of": "forecast", "percent": "100", "severity": "info"}]
    keep(own, "shop", scope="team = 'shop'", thresholds=thresholds, amount="395")
    assert look(own) == 1
    (alert,) = AlertStore(own.resources.engine).listed()
    assert alert.signal.occurrence == "2026-10/forecast/100%"
    assert "is forecast to come to" in alert.signal.title
    assert alert.signal.amount is not None and alert.signal.amount > 395


@pytest.mark.slow
def test_what_has_no_rate_is_noted(own: Workspace, tmp_path: Path) -> None:
    from tests.web.company import line

    only(own, amount="10000")
    euro = [line("100.00", "2026-10-05", "Hetzner Cloud", team="shop", currency="EUR")]
    load(own, tmp_path, "europe", euro)
    own.resources.put(
        "ExchangeRates", "none", {"pairs": {"GBP/USD": {"2026-10": "1"}}}, author="test"
    )
    keep(own, "shop", scope="team = 'shop'", rates="none", amount="10000")
    (step,) = watch(own, MOMENT, only=["budgets"]).steps
    assert step.notes == (
        "shop: 100.00 EUR could not be converted, since there is no rate, and is not counted",
    )


def test_a_budget_that_cannot_be_asked_is_told_and_hides_no_other(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Workspace.query

    def refuse(self, query, now=None):
        if "'data'" in query.where:
            raise QueryError("the lake is away")
        return real(self, query, now)

    monkeypatch.setattr(Workspace, "query", refuse)
    (step,) = watch(own, MOMENT, only=["budgets"]).steps
    assert step.failed == "data: the lake is away"
    assert set(budget_marks.watched(own)) == {("all", "2026-10"), ("shop", "2026-10")}


def test_alerts_of_periods_that_a_budget_has_no_more_end(own: Workspace) -> None:
    only(own, amount="300")
    assert look(own) == 1
    keep(own, "shop", scope="team = 'shop'", amount="300", period="quarter", thresholds=ACTUAL)
    assert look(own) == 1
    assert alerts(own) == [
        ("shop", "2026-10/actual/80%", "warning", "settled"),
        ("shop", "2026-Q4/actual/80%", "warning", "open"),
    ]
    assert look(own) == 0
    # It has months again: what was told of October is told no second time.
    keep(own, "shop", scope="team = 'shop'", amount="300", thresholds=ACTUAL)
    assert look(own) == 0
    assert alerts(own)[1] == ("shop", "2026-Q4/actual/80%", "warning", "settled")


def test_without_budgets_a_look_is_cheap(tmp_path: Path, monkeypatch) -> None:
    workspace = Workspace.init(tmp_path / "ws")
    monkeypatch.setattr(Workspace, "query", lambda *_: pytest.fail("nothing is to be asked"))
    assert look(workspace) == 0
    workspace.close()


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with one budget and no bill."""
    workspace = Workspace.init(tmp_path_factory.mktemp("looks"))
    keep(workspace, "shop", thresholds=ACTUAL)
    yield workspace
    workspace.close()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["2026-09", "2026-10"])),
        min_size=1,
        max_size=8,
    )
)
def test_any_order_of_looks_and_deliveries(looked: Workspace, monkeypatch, sequence) -> None:
    """The cost of two months as deliveries may leave it, looked at in any order: each threshold of
    each month is raised once at most, and the alerts are those that the marks say."""
    workspace = looked
    with writing(workspace.resources.engine) as connection:
        for table in (tables.budget_marks, tables.alert_steps, tables.alerts):
            connection.execute(delete(table))
    (budget,) = budgets.budgets(workspace)
    raised: list[str] = []
    for cost, month in sequence:
        period = period_of(spec(), datetime.fromisoformat(f"{month}-01").date())
        assert period is not None
        told = status(str(cost), period=period)
        monkeypatch.setattr(
            "outlay.app.planning.budgets.status_on",
            lambda ws, one, p, now, told=told: budgets.BudgetStatus(
                one, told, marks=budget_marks.of(ws, one.name, p.key)
            ),
        )
        monkeypatch.setattr("outlay.app.planning.budget_words.driver", lambda *_: "")
        before = len(alerts(workspace))
        watch_budgets._look(workspace, budget, period, MOMENT)
        raised += [occurrence for _, occurrence, *_ in alerts(workspace)[before:]]
    assert len(raised) == len(set(raised))
    said = {f"{m.period}/{m.threshold}" for m in budget_marks.of(workspace, "shop")
            if m.state == "raised"}  # fmt: skip
    assert said == set(raised)
    for month in ("2026-09", "2026-10"):
        most = max((cost for cost, m in sequence if m == month), default=0)
        reached = {key for key, at in (("50%", 500), ("80%", 800), ("100%", 1000)) if most >= at}
        known = {m.threshold for m in budget_marks.of(workspace, "shop", month)}
        assert known == {f"actual/{key}" for key in reached}
        if reached:
            highest = max(reached, key=lambda key: int(key[:-1]))
            assert f"{month}/actual/{highest}" in raised, "the highest is always told"


def test_two_looks_at_once_keep_one_mark(own: Workspace) -> None:
    mark = Mark("shop", "2026-10", "actual/80%", "raised", MOMENT, Decimal(1), Decimal(1), "USD")
    assert budget_marks.put(own, mark) is True
    assert budget_marks.put(own, mark) is False
    assert marks(own, "shop", "2026-10") == [("actual/80%", "raised")]
