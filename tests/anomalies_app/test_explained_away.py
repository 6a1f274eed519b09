"""Jumps that bills delivered again or changed rules explain: named so, and nobody is called."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from outlay.app import Workspace
from outlay.app.alerts import use as alerts
from outlay.app.anomalies.detecting import store
from outlay.money import total
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import TEAM, events, load, look


def subjects(workspace: Workspace, state: str) -> list[str]:
    """What alerts of anomalies of a state are about."""
    return [one.signal.subject for one in alerts.alerts(workspace, state, "anomaly").alerts]


def test_a_restatement_that_makes_a_jump_is_named(usual: Workspace, tmp_path: Path) -> None:
    load(usual, bill.write(tmp_path / "again.csv", bill.lines(), bill.spike()))
    found = look(usual)
    assert found.raised == 0
    (event,) = events(usual)
    assert event.reason == "restatement" and event.state == "ended" and not event.is_open
    away = event.explaining
    assert away is not None and (away.source, away.period) == ("acme", "2026-08")
    assert away.amount == 2 * bill.EXTRA
    newest = next(s for s in usual.deliveries("acme") if str(s.billing_period) == "2026-08")
    assert away.delivery == newest.delivery.id
    assert "acme was delivered again for 2026-08" in event.driver
    assert event.split is not None
    effects = {one.name: one.amount for one in event.split.effects}
    assert effects["restatement"] == 2 * bill.EXTRA
    assert total(effects.values()) == event.impact
    assert subjects(usual, "all") == []
    look(usual, force=True)
    assert [one.reason for one in events(usual)] == ["restatement"]


def test_a_restatement_that_takes_an_event_away_ends_it(spiked: Workspace, tmp_path: Path) -> None:
    assert subjects(spiked, "open") == ["anomaly-1"]
    load(spiked, bill.write(tmp_path / "again.csv", bill.lines()))
    found = look(spiked)
    assert not found.new
    (event,) = events(spiked)
    assert event.reason == "restatement" and event.state == "ended"
    assert event.explaining is not None and event.explaining.amount == -2 * bill.EXTRA
    assert subjects(spiked, "open") == []
    assert store(spiked).steps(1)[-1].action == "restatement"
    # Delivered a third time as at first, it is an event again.
    load(spiked, bill.write(tmp_path / "third.csv", bill.lines(), bill.spike()))
    look(spiked)
    assert [one.reason for one in events(spiked)] == [""]
    assert subjects(spiked, "open") == ["anomaly-1"]


def _dated(**moved: Any) -> dict[str, Any]:
    """The tag with a rule that gives Compute to another team from a day on."""
    rule = {"when": "ServiceName = 'Compute'", "value": "search", **moved}
    return {"rules": [rule, *TEAM["rules"]]}


def test_rules_that_changed_since_the_last_look_are_named(usual: Workspace) -> None:
    start = date(2026, 8, 20)
    usual.put_resource("VirtualTag", "team", _dated(**{"from": str(start)}), author="ana")
    found = look(usual)
    made = events(usual)
    assert made and found.raised == 0
    assert {one.reason for one in made} == {"tag-change"}
    assert {one.grouping for one in made} == {"team"}
    down = next(one for one in made if one.direction == "down")
    assert down.value == "storefront" and down.explaining is not None
    assert down.explaining.tag == "team" and down.explaining.at is not None
    gone = total(bill.usual(day, "Compute") for day in bill.days(start, down.range.end))
    assert down.explaining.amount == -gone
    assert subjects(usual, "all") == []


@pytest.mark.slow
def test_a_rule_that_begins_on_a_day_is_named_at_the_first_look(
    usual: Workspace, tmp_path: Path
) -> None:
    workspace = Workspace.init(tmp_path / "ws", name="Acme", currency="USD")
    load(workspace, bill.write(tmp_path / "bill.csv", bill.lines()))
    workspace.put_resource("VirtualTag", "team", _dated(**{"from": "2026-08-20"}), author="ana")
    look(workspace)
    made = events(workspace)
    assert made and {one.reason for one in made} == {"tag-change"}
    assert all(one.explaining and "2026-08-20" in one.explaining.note for one in made)
    workspace.close()


@pytest.mark.slow
def test_rules_that_take_an_event_out_of_its_tag_end_it(spiked: Workspace) -> None:
    spec = {"groupings": ["team"], "title": "Teams"}
    spiked.put_resource("AnomalyMonitor", "default", spec, author="ana")
    store_ = store(spiked)
    look(spiked)
    (event,) = events(spiked)  # the same event, though now seen in teams alone
    assert event.id == 1 and [one.grouping for one in event.members] == ["team"]
    spiked.put_resource("VirtualTag", "team", _dated(), author="ana")
    look(spiked)
    known = {one.id: one for one in events(spiked)}
    assert known[1].reason == "tag-change" and known[1].explaining is not None
    assert known[1].explaining.tag == "team"
    assert store_.steps(1)[-1].action == "tag-change"
