"""A look: one event for one cause, exact money, nothing twice, nothing from what is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from outlay.app.alerts import use as alerts
from outlay.app.anomalies.detecting import store
from outlay.app.anomalies.series import horizon
from outlay.app.anomalies.watch import watch
from outlay.app.errors import WorkspaceError
from outlay.app.runs import utc_now
from outlay.money import total
from tests.anomalies_app import bill
from tests.anomalies_app.conftest import events, load, look, make


def test_a_spike_is_one_event_whatever_it_is_seen_in(spiked: Workspace) -> None:
    (event,) = events(spiked)
    assert (event.range.start, event.last) == bill.SPIKE
    assert event.direction == "up" and event.state == "ended" and event.reason == ""
    seen = {(member.grouping, member.values[0]) for member in event.members}
    assert seen == {
        ("SubAccountId", bill.ACCOUNTS["shop"]), ("ServiceName", "Compute"),
        ("team", "storefront"),
    }  # fmt: skip
    assert (event.owner_tag, event.owner) == ("team", "storefront")


def test_its_money_is_exact_and_can_be_reckoned_by_hand(spiked: Workspace) -> None:
    (event,) = events(spiked)
    assert (event.grouping, event.value) == ("ServiceName", "Compute")
    charged = [total((bill.usual(day, "Compute"), bill.EXTRA)) for day in bill.SPIKE]
    assert [day.actual for day in event.days] == charged
    assert all(day.expected == day.expected.quantize(Decimal("0.01")) for day in event.days)
    assert all(day.lower <= day.expected <= day.upper < day.actual for day in event.days)
    assert event.impact == total((*charged, *(day.expected.copy_negate() for day in event.days)))
    # The usual noise is two per cent: the impact is the runaway resource, within that.
    assert abs(event.impact - 2 * bill.EXTRA) < Decimal(25)
    basis = event.basis
    for day, judged in zip(event.days, basis["days"], strict=True):
        by_hand = Decimal(repr(judged["level"] * judged["factor"])).quantize(Decimal("0.01"))
        assert day.expected == by_hand


def test_what_drove_it_adds_up_to_the_impact(spiked: Workspace) -> None:
    (event,) = events(spiked)
    assert event.explained is not None and event.split is not None
    (part,) = event.explained.parts
    assert part.values == {"ResourceId": "runaway-1"}
    assert part.actual == 2 * bill.EXTRA and part.expected == 0
    assert total((part.impact, event.explained.rest)) == event.impact
    effects = {one.name: one.amount for one in event.split.effects}
    assert total(effects.values()) == event.impact
    assert effects["usage"] > 2 * bill.EXTRA - Decimal(25)
    assert "runaway-1" in event.driver and "more usage" in event.driver
    assert event.sentence == (
        f"Compute rose {event.impact:,.2f} USD above what was expected on 26 to 27 August 2026."
    )


@pytest.mark.slow
def test_two_causes_on_the_same_days_are_two_events(tmp_path: Path) -> None:
    end = bill.SPIKE[1] + timedelta(days=1)
    other = bill.more(bill.SPIKE[0], end, bill.EXTRA, "Storage")
    path = bill.write(tmp_path / "bill.csv", bill.lines(), bill.spike(), other)
    workspace = make(tmp_path / "ws", path)
    look(workspace)
    found = {
        one.owner: {(member.grouping, member.values[0]) for member in one.members}
        for one in events(workspace)
    }
    assert found == {
        "storefront": {("ServiceName", "Compute"), ("SubAccountId", bill.ACCOUNTS["shop"]),
                       ("team", "storefront")},
        "insight": {("ServiceName", "Storage"), ("SubAccountId", bill.ACCOUNTS["data"]),
                    ("team", "insight")},
    }  # fmt: skip
    workspace.close()


def test_a_look_over_the_same_changes_nothing(spiked: Workspace) -> None:
    before, steps = events(spiked), store(spiked).steps()
    assert look(spiked).run.outcome == "unchanged"
    forced = look(spiked, force=True)
    assert forced.run.outcome == "detected" and not forced.new and not forced.changed
    assert events(spiked) == before
    assert store(spiked).steps() == steps


def test_people_are_told_once(spiked: Workspace) -> None:
    listed = alerts.alerts(spiked, "all", "anomaly").alerts
    assert [one.signal.subject for one in listed] == ["anomaly-1"]
    look(spiked, force=True)
    assert len(alerts.alerts(spiked, "all", "anomaly").alerts) == 1
    (signal,) = [one.signal for one in listed]
    (event,) = events(spiked)
    assert signal.amount == event.impact and signal.link == "/anomalies/1"
    assert signal.owner is not None and signal.owner.value == "storefront"


def test_nothing_is_found_where_nothing_happened(usual: Workspace) -> None:
    assert events(usual) == []
    (run,) = store(usual).runs()
    assert run.outcome == "detected" and run.series == 8  # 2 accounts, 4 services, 2 teams


@pytest.mark.slow
def test_an_event_that_goes_on_grows_and_ends_as_the_same(tmp_path: Path) -> None:
    start = date(2026, 8, 30)
    first = bill.write(tmp_path / "a.csv", bill.lines(), bill.more(start, bill.END))
    workspace = make(tmp_path / "new", first)
    look(workspace)
    (event,) = events(workspace)
    assert event.ongoing and event.state == "active" and len(event.days) == 2
    september = date(2026, 10, 1)
    last = date(2026, 9, 5)
    longer = bill.write(tmp_path / "b.csv", bill.lines(end=september), bill.more(start, last))
    load(workspace, longer)
    found = look(workspace)
    assert not found.new and [one.id for one in found.changed] == [event.id]
    (later,) = events(workspace)
    assert later.id == event.id and later.key == event.key
    assert not later.ongoing and later.state == "ended" and later.range.end == last
    assert later.impact > event.impact
    actions = [step.action for step in store(workspace).steps(event.id)]
    assert actions == ["detected", "grew", "ended"]
    workspace.close()


def test_a_day_that_is_not_complete_is_no_anomaly(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    rows = bill.lines(today - timedelta(days=75), today)
    rows += [bill.line(today, one, Decimal("1.00")) for one in bill.SERVICES]
    workspace = make(tmp_path / "ws", bill.write(tmp_path / "bill.csv", rows))
    look(workspace)
    known = horizon(workspace.pin().slices, today)
    assert known is not None and known.until <= today
    assert events(workspace) == []
    workspace.close()


def test_a_source_that_has_not_told_yet_is_no_fall(tmp_path: Path) -> None:
    mine = [one for one in bill.SERVICES if bill.SERVICES[one][0] == "shop"]
    rest = [one for one in bill.SERVICES if one not in mine]
    workspace = make(tmp_path / "ws", bill.write(tmp_path / "shop.csv", bill.lines(services=mine)))
    july = bill.lines(end=date(2026, 8, 1), services=rest)
    load(workspace, bill.write(tmp_path / "data.csv", july), "late")
    known = horizon(workspace.pin().slices, workspace.today())
    assert known is not None and known.until == bill.END
    assert known.behind == {"late": date(2026, 8, 1)}
    found = look(workspace)
    assert found.run.series == 8 and events(workspace) == []
    workspace.close()


def test_too_little_history_is_said(tmp_path: Path) -> None:
    rows = bill.lines(date(2026, 8, 1), bill.END)
    workspace = make(tmp_path / "ws", bill.write(tmp_path / "bill.csv", rows))
    found = watch(workspace, utc_now())
    assert found.notes == (
        "The ledger has 31 complete days; 36 are needed to say what is expected.",
    )
    assert [run.outcome for run in store(workspace).runs()] == ["short"]
    workspace.close()


def test_holidays_are_those_of_the_workspace(usual: Workspace) -> None:
    """Anomalies and forecasts know the same calendar; one that is none is an error, not silence."""
    usual.settings = usual.settings.model_copy(update={"holidays": "ZZ"})
    with pytest.raises(WorkspaceError, match=r"holidays in outlay\.yaml: .*ZZ"):
        look(usual, force=True)
