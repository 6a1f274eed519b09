"""What panels answer: the figures of the plain question, and errors that stay by themselves."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.dashboards.answers import PanelAnswer, answers, log
from outlay.app.dashboards.model import DashboardSpec, Variables
from outlay.money import total as exact
from outlay.query import CostQuery
from tests.web.company import AUGUST_TOTAL, SEPTEMBER_TOTAL

NOW = datetime(2026, 10, 15, 12)
SEPTEMBER = "2026-09-01..2026-10-01"
BOTH = Decimal(AUGUST_TOTAL) + Decimal(SEPTEMBER_TOTAL)


def board(*panels: dict[str, Any], **parts: Any) -> DashboardSpec:
    return DashboardSpec.model_validate({"panels": list(panels), **parts})


def shown(
    workspace: Workspace, *panels: dict[str, Any], over: Variables | None = None, **parts: Any
) -> list[PanelAnswer]:
    return answers(workspace, board(*panels, **parts), NOW, over)


def amount(found: PanelAnswer, measure: str = "EffectiveCost") -> Decimal:
    assert not found.error, found.error
    assert found.result is not None
    (total,) = found.result.totals
    value = total[measure]
    assert isinstance(value, Decimal)
    return value


def summed(found: PanelAnswer) -> Decimal:
    assert found.result is not None
    rows = [*found.result.rows(), *found.result.other]
    return exact(Decimal(str(row["EffectiveCost"])) for row in rows)


QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"by": ["ServiceName"]},
    {"by": ["ServiceName"], "grain": "day", "limit": 1},
    {"by": ["SubAccountName", "tags.team"], "where": "ChargeCategory <> 'Credit'"},
    {"range": "2026-08-01..2026-09-04", "grain": "month"},
)


@pytest.mark.parametrize("kind", ["figure", "line", "bar", "area", "table"])
@pytest.mark.parametrize("asked", QUERIES)
@pytest.mark.parametrize(
    "over",
    [
        Variables(),
        Variables(range=SEPTEMBER),
        Variables(where="SubAccountName = 'Shop'"),
        Variables(range="last-month", where="tags.team = 'data'", currency="EUR"),
    ],
)
def test_a_panel_s_figure_is_that_of_the_plain_question(
    acme: Workspace, kind: str, asked: dict[str, Any], over: Variables
) -> None:
    (found,) = shown(acme, {"kind": kind, "query": asked}, over=over)
    plain = over.applied(CostQuery.from_json(asked))
    assert found.query == plain
    expected = acme.query(plain.but(by=(), grain="none", limit=None, sort=""), now=NOW).total
    assert expected is not None
    assert amount(found) == expected["EffectiveCost"]
    assert summed(found) == expected["EffectiveCost"]


def test_the_figures_are_those_that_the_bills_say(acme: Workspace) -> None:
    whole, september, shop = shown(
        acme,
        {"kind": "figure", "query": {}},
        {"kind": "figure", "query": {"range": SEPTEMBER}},
        {"kind": "figure", "query": {"where": "SubAccountName = 'Shop'", "range": SEPTEMBER}},
    )
    assert amount(whole) == BOTH
    assert amount(september) == Decimal(SEPTEMBER_TOTAL)
    assert amount(shop) == Decimal("110.10") + Decimal("0.004") + Decimal("7.7") + Decimal(
        "12.34"
    ) - Decimal(25)


def test_a_view_is_asked_and_gives_its_title(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "w")
    workspace.save_view("teams", CostQuery(by=("tags.team",)), title="Teams")
    one, named = shown(
        workspace,
        {"kind": "table", "view": "teams"},
        {"kind": "bar", "view": "teams", "title": "T"},
    )
    assert (one.title, named.title) == ("Teams", "T")
    assert one.query == CostQuery(by=("tags.team",))
    assert one.state == "no-data"
    workspace.close()


def test_one_failed_panel_leaves_the_others_and_is_no_zero(acme: Workspace) -> None:
    gone, odd, whole, text = shown(
        acme,
        {"kind": "figure", "view": "gone", "title": "Gone"},
        {"kind": "area", "query": {"by": ["no-such-tag"]}},
        {"kind": "figure", "query": {}},
        {"kind": "text", "text": "**Hello**"},
    )
    assert (gone.state, gone.result, gone.title) == ("failed", None, "Gone")
    assert "there is no view 'gone'" in gone.error
    assert (odd.state, odd.result) == ("failed", None)
    assert "no-such-tag" in odd.error
    assert amount(whole) == BOTH
    assert (text.state, text.text) == ("answered", "**Hello**")


def test_what_breaks_by_accident_is_said_too(
    acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(log, "exception", lambda text, *parts: logged.append(text % parts))

    def breaks(query: CostQuery, now: datetime) -> Any:
        raise RuntimeError("the disk is gone")

    (found,) = answers(acme, board({"kind": "figure", "query": {}}), NOW, ask=breaks)
    assert (found.state, found.error) == ("failed", "RuntimeError: the disk is gone")
    assert logged == ["the panel figure failed"]


def test_nothing_that_matches_is_no_zero_and_no_data_is_something_else(
    acme: Workspace, empty: Workspace
) -> None:
    nothing = {"where": "ServiceName = 'none of it'"}
    for kind in ("figure", "area", "table"):
        (found,) = shown(acme, {"kind": kind, "query": nothing})
        assert found.state == "empty"
        (none,) = shown(empty, {"kind": kind, "query": {}})
        assert none.state == "no-data"


def test_charges_that_add_up_to_zero_are_an_answer(acme: Workspace) -> None:
    (found,) = shown(acme, {"kind": "figure", "query": {"measures": ["BilledCost"],
                     "where": "ServiceName = 'Amazon Simple Storage Service'",
                     "range": "2026-08-04..2026-08-05"}})  # fmt: skip
    assert found.state == "answered"


def test_a_comparison_is_of_complete_days(acme: Workspace) -> None:
    (found,) = shown(acme, {"kind": "figure", "query": {"range": SEPTEMBER, "compare": "previous"}})
    assert found.compared is found.result
    assert found.compared is not None and found.compared.total is not None
    change = Decimal(SEPTEMBER_TOTAL) - Decimal(AUGUST_TOTAL)
    assert found.compared.total["EffectiveCost_change"] == change
    assert found.incomplete_from is None


def test_a_dashboard_moves_all_and_the_reader_moves_the_dashboard(acme: Workspace) -> None:
    panels = ({"kind": "figure", "query": {}}, {"kind": "table", "query": {"by": ["tags.team"]}})
    for found in shown(acme, *panels, range=SEPTEMBER):
        assert amount(found) == Decimal(SEPTEMBER_TOTAL)
    over = Variables(range="2026-08-01..2026-09-01")
    for found in shown(acme, *panels, range=SEPTEMBER, over=over):
        assert amount(found) == Decimal(AUGUST_TOTAL)


def test_a_figure_has_its_course(acme: Workspace) -> None:
    with_it, without = shown(
        acme,
        {"kind": "figure", "query": {"range": SEPTEMBER}},
        {"kind": "figure", "query": {"range": SEPTEMBER}, "options": {"spark": False}},
    )
    assert without.course is None
    assert with_it.course is not None
    days = [row["period"] for row in with_it.course.rows()]
    assert days == [date(2026, 9, day) for day in (3, 4, 5, 30)]


def test_panels_come_in_reading_order(acme: Workspace) -> None:
    found = shown(
        acme,
        {"kind": "text", "text": "second", "x": 0, "y": 5, "w": 12, "h": 1},
        {"kind": "text", "text": "first", "x": 0, "y": 0, "w": 12, "h": 1},
    )
    assert [one.text for one in found] == ["first", "second"]
