"""After a delivery: told once a month when the year leaves the approved plan."""

from datetime import datetime
from decimal import Decimal

import pytest

from outlay.alerts.store import AlertStore
from outlay.app import Workspace
from outlay.app.planning import plan_baseline, plan_outlook, plans
from outlay.app.watching import watch
from outlay.expression.errors import QueryError
from tests.plans.company import SPEC
from tests.plans.test_ledger import CUT

FEBRUARY, MARCH = datetime(2025, 2, 10, 9), datetime(2025, 3, 1, 9)


def look(workspace: Workspace, now: datetime) -> int:
    (step,) = watch(workspace, now, only=["plans"]).steps
    assert not step.failed, step.failed
    return step.raised


def alerts(workspace: Workspace) -> list[tuple[str, str, str]]:
    found = sorted(AlertStore(workspace.resources.engine).listed(), key=lambda one: one.id)
    return [(a.signal.subject, a.signal.occurrence, a.state) for a in found]


def test_an_outlook_beyond_the_tolerance_is_told_once_a_month(own: Workspace) -> None:
    assert look(own, FEBRUARY) == 0
    plans.new_plan(own, "fy25", SPEC | {"owner": "finance@acme.example"})
    plan_baseline.make_baseline(own, "fy25", cut=CUT)
    assert look(own, FEBRUARY) == 0, "a draft is nobody's plan yet"
    plans.submit(own, "fy25")
    plans.approve(own, "fy25", 1)
    assert [look(own, FEBRUARY), look(own, FEBRUARY), look(own, MARCH)] == [1, 0, 1]
    assert [occurrence for _, occurrence, _ in alerts(own)] == ["2025-02", "2025-03"]
    signal = AlertStore(own.resources.engine).listed()[0].signal
    year = plans.version(own, "fy25").document.total
    assert signal.figures[0].value == year
    assert signal.amount is not None and signal.amount > Decimal(0)
    assert signal.amount == signal.figures[1].change
    assert "above plan" in signal.title
    assert signal.link == "/plans/fy25"


def test_a_year_without_a_complete_month_is_not_said_to_be_nought_so_far(own: Workspace) -> None:
    plans.new_plan(own, "fy26", SPEC | {"starts": "2025-02"})
    plan_baseline.make_baseline(own, "fy26", cut=CUT)
    plans.submit(own, "fy26")
    plans.approve(own, "fy26", 1)
    assert look(own, FEBRUARY) == 1
    signal = AlertStore(own.resources.engine).listed()[0].signal
    assert signal.driver.endswith("; no month is complete yet.")


def approved(workspace: Workspace, name: str, **more: str) -> None:
    plans.new_plan(workspace, name, SPEC | more)
    plan_baseline.make_baseline(workspace, name, cut=CUT)
    plans.submit(workspace, name)
    plans.approve(workspace, name, 1)


def test_what_a_month_told_ends_as_the_next_month_tells_it_anew(own: Workspace) -> None:
    approved(own, "fy25")
    assert [look(own, FEBRUARY), look(own, MARCH)] == [1, 1]
    assert alerts(own) == [("fy25", "2025-02", "settled"), ("fy25", "2025-03", "open")]
    steps = AlertStore(own.resources.engine).steps([1])[1]
    assert steps[-1].note == "told anew for 2025-03"


def test_a_plan_that_is_put_away_has_nothing_to_tell_any_more(own: Workspace) -> None:
    approved(own, "fy25")
    approved(own, "other")
    assert look(own, FEBRUARY) == 2
    own.put_resource("Plan", "fy25", SPEC | {"archived": True}, author="ana")
    assert look(own, FEBRUARY) == 0
    assert alerts(own) == [("fy25", "2025-02", "settled"), ("other", "2025-02", "open")]
    own.put_resource("Plan", "other", SPEC | {"archived": True}, author="ana")
    assert look(own, FEBRUARY) == 0
    assert [state for *_, state in alerts(own)] == ["settled", "settled"]


def test_a_plan_that_cannot_be_told_hides_no_other(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(own, "fy25")
    approved(own, "later")
    asked = plan_outlook.outlook_of

    def outlook_of(workspace, against, tolerance, now):
        if against.info.plan == "fy25":
            raise QueryError("amounts have no rate")
        return asked(workspace, against, tolerance, now)

    monkeypatch.setattr(plan_outlook, "outlook_of", outlook_of)
    (step,) = watch(own, FEBRUARY, only=["plans"]).steps
    assert (step.raised, step.failed) == (1, "fy25: amounts have no rate")
    assert [subject for subject, *_ in alerts(own)] == ["later"]


def test_what_is_within_again_or_over_is_settled(own: Workspace) -> None:
    plans.new_plan(own, "fy25", SPEC)
    plan_baseline.make_baseline(own, "fy25", cut=CUT)
    plans.submit(own, "fy25")
    plans.approve(own, "fy25", 1)
    assert look(own, FEBRUARY) == 1
    own.put_resource("Plan", "fy25", SPEC | {"tolerance": "100"}, author="ana")
    assert look(own, FEBRUARY) == 0
    assert [state for *_, state in alerts(own)] == ["settled"]
    assert look(own, datetime(2025, 10, 1)) == 0
