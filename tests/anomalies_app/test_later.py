"""Events that are kept while the ledger, the rules and the monitors around them change."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outlay.access import Level, Principal, acting
from outlay.app import Workspace
from outlay.app.anomalies.away import question
from outlay.app.anomalies.detecting import store
from outlay.app.anomalies.exact import daily
from outlay.app.anomalies.monitors import kept
from outlay.app.anomalies.renewing import renewed
from outlay.app.anomalies.telling import driver
from outlay.app.anomalies.watch import watch
from outlay.app.anomalies.watching import watching
from outlay.app.anomalies.working import base_of
from outlay.app.errors import WorkspaceError
from outlay.app.runs import utc_now
from outlay.cli.main import app
from outlay.mcp.registry import Context
from outlay.mcp.tools import anomalies as tools
from outlay.money import total
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import events, load, look, make
from tests.web.conftest import serving
from tests.web.page import parse


def test_an_event_of_a_tag_that_is_gone_stops_no_look(tmp_path: Path) -> None:
    path = bill.write(tmp_path / "bill.csv", bill.lines(), bill.spike())
    workspace = make(tmp_path / "ws", path)
    workspace.put_resource("AnomalyMonitor", "default", {"groupings": ["team"]}, author="ana")
    look(workspace)
    (event,) = events(workspace)
    by_service = {"groupings": ["ServiceName"]}
    workspace.put_resource("AnomalyMonitor", "default", by_service, author="ana")
    workspace.delete_resource("VirtualTag", "team", author="ana")
    small = bill.more(bill.FIRST, bill.END, bill.EXTRA / 1000)
    load(workspace, bill.write(tmp_path / "again.csv", bill.lines(), bill.spike(), small))
    found = look(workspace)
    assert found.run.outcome == "detected" and "failed" not in found.run.detail
    before, fresh = events(workspace)
    assert before == event and event.grouping == "team"
    assert fresh.grouping == "ServiceName" and fresh.is_open
    workspace.close()


def test_an_event_that_is_seen_elsewhere_by_now_hides_no_new_one(spiked: Workspace) -> None:
    for groupings, found in ((["team"], 1), (["ServiceName"], 2), (["ServiceName"], 2)):
        spec = {"groupings": groupings}
        spiked.put_resource("AnomalyMonitor", "default", spec, author="ana")
        look(spiked, force=True)
        assert len(events(spiked)) == found
    first, second = events(spiked)
    assert (first.grouping, second.grouping) == ("team", "ServiceName")
    assert second.is_open and second.key != first.key


def test_figures_that_moved_are_taken_apart_again(spiked: Workspace) -> None:
    (event,) = events(spiked)
    assert event.explained is not None and event.split is not None
    assert renewed(event, event, utc_now()) is None
    on = renewed(event, replace(event, ongoing=True), utc_now())
    assert on is not None and not on.moved and on.event.split == event.split
    day = event.days[-1]
    moved = replace(event, days=(*event.days[:-1], replace(day, actual=2 * day.actual)))
    other = renewed(event, moved, utc_now())
    assert other is not None and other.moved
    # The parts of the figures before do not add up to the new impact: none are shown as its own.
    assert other.event.impact != event.impact
    assert other.event.explained is None and other.event.split is None


def test_what_was_not_taken_apart_is_not_said_to_be_spread(spiked: Workspace) -> None:
    (event,) = events(spiked)
    assert driver(replace(event, explained=None, split=None)) == ""
    assert driver(replace(event, explained=None)) == "It is from more usage."


def test_bills_in_another_currency_are_no_part_of_an_event(
    spiked: Workspace, tmp_path: Path
) -> None:
    (event,) = events(spiked)
    rows = [row | {"BillingCurrency": "ZAR"} for row in bill.lines()]
    load(spiked, bill.write(tmp_path / "rand.csv", rows), "rand")
    (monitor,) = kept(spiked)
    asked = question(event, base_of(monitor), event.range)
    assert list(daily(spiked, asked).values()) == [day.actual for day in event.days]
    shown = parse(serving(spiked).get("/anomalies/1").text)
    chart = json.loads(shown.one("div", **{"class": "chart"}).attrs["data-chart"])
    place = chart["marks"][0]["from"]
    drawn = chart["series"][0]["values"][place : chart["marks"][0]["to"] + 1]
    assert drawn == [float(day.actual) for day in event.days]


def test_an_event_is_asked_in_its_own_terms_when_its_monitor_asks_for_others(
    spiked: Workspace,
) -> None:
    (event,) = events(spiked)
    spec = {"measure": "BilledCost", "currency": "EUR"}
    spiked.put_resource("AnomalyMonitor", "default", spec, author="ana")
    (monitor,) = kept(spiked)
    asked = question(event, base_of(monitor), event.range)
    assert (asked.measures, asked.currency) == ((event.measure,), event.currency)
    assert total(daily(spiked, asked).values()) == event.actual


def test_a_look_that_failed_is_not_told_as_nothing_found(usual: Workspace) -> None:
    assert watching(usual).doubt == ""
    usual.settings = usual.settings.model_copy(update={"holidays": "ZZ"})
    with pytest.raises(WorkspaceError):
        look(usual, force=True)
    doubt = watching(usual).doubt
    assert doubt.startswith("The last look failed: ") and "ZZ" in doubt
    said = CliRunner().invoke(app, ["-w", str(usual.path), "anomalies", "list"]).output
    assert "The last look failed" in said and "Nothing out of the ordinary" not in said
    told = tools.list_anomalies.run(Context(usual), tools.AnomaliesInput(days=36500)).text
    assert "No anomaly is like that." in told and "The last look failed" in told
    shown = serving(usual).get("/anomalies").text
    assert "The last look failed" in shown and "Nothing out of the ordinary" not in shown
    with acting(Principal("sam", Level.EDITOR, role="part", scope="team = 'storefront'")):
        # Those of a part hear that it failed, and nothing of what it was over.
        mine = watching(usual)
        assert mine.doubt == "The last look failed." and mine.failed is not None
        assert (mine.failed.message, mine.failed.snapshot, mine.monitors) == ("", "", 0)
        assert mine.last is not None and mine.last.series == 0


def test_without_a_look_nothing_is_said_to_be_in_order(tmp_path: Path) -> None:
    workspace = make(tmp_path / "ws", bill.write(tmp_path / "bill.csv", bill.lines()))
    assert watching(workspace).doubt.startswith("No look was taken yet")
    assert "Nothing out of the ordinary" not in serving(workspace).get("/anomalies").text
    workspace.close()


@pytest.mark.parametrize("grain", ["day", "hour"])
def test_amounts_without_a_rate_are_no_quiet(spiked: Workspace, grain: str) -> None:
    spec = {"currency": "KES", "grain": grain}
    spiked.put_resource("AnomalyMonitor", "default", spec, author="ana")
    before = events(spiked)
    told = watch(spiked, utc_now())
    assert told.failed == (
        "The monitor default cannot be asked: amounts in USD have no rate into KES."
    )
    assert events(spiked) == before and watching(spiked).failed is not None


def test_what_nobody_watches_does_not_go_on(tmp_path: Path) -> None:
    path = bill.write(tmp_path / "bill.csv", bill.lines(), bill.more(date(2026, 8, 30), bill.END))
    workspace = make(tmp_path / "ws", path)
    look(workspace)
    (event,) = events(workspace)
    assert event.ongoing and event.state == "active"
    workspace.put_resource("AnomalyMonitor", "default", {"enabled": False}, author="ana")
    found = look(workspace)
    assert (found.run.outcome, found.run.message) == ("short", "No monitor is on.")
    (event,) = events(workspace)
    assert not event.ongoing and event.state == "ended"
    assert store(workspace).steps(event.id)[-1].note == "The monitor default is off."
    workspace.close()
