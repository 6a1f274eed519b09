"""What people do with recommendations: every step, what it needs, and what is refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from outlay.access import AccessDeniedError, Level, Principal, acting
from outlay.app import Workspace
from outlay.app.savings import acting as steps
from outlay.app.savings.acting import store
from outlay.app.savings.errors import SavingError, SavingNotFoundError
from outlay.app.savings.listing import Sought, least, recommendation, recommendations
from outlay.app.savings.looking import look
from outlay.app.savings.watch import watch
from outlay.expression.errors import QueryError
from outlay.savings.life import MOVES, Times, moved, steps_of
from outlay.savings.model import STATES
from tests.realised.company import FINDINGS
from tests.savings_app.conftest import NOW, Tools, again, of

DAY = timedelta(days=1)
ANA = Principal("ana", Level.EDITOR, via="session")


def states(workspace: Workspace, number: int) -> list[str]:
    """What was done, in words."""
    return [f"{step.author} {step.action}" for step in store(workspace).steps(number)]


def test_every_state_is_reached_and_every_step_leads_somewhere() -> None:
    reached = {move.target for move in MOVES.values() if move.target} | {"identified", "assigned"}
    assert reached == set(STATES)
    for move in MOVES.values():
        assert move.sources


def test_from_identified_to_sustained(looked: Workspace) -> None:
    number = of(looked, "i-1").id
    with acting(ANA):
        one = steps.assign(looked, number, "ben", now=NOW + DAY)
        assert (one.state, one.assignee) == ("assigned", "ben")
        # Being assigned gives no new time: it is due 14 days after it was found.
        assert one.due_on == date(2026, 10, 15)
        one = steps.accept(looked, number, "next release", now=NOW + 2 * DAY)
    assert (one.state, one.accepted_by, one.accepted_at) == ("accepted", "ana", NOW + 2 * DAY)
    # The effort is medium: 60 days.
    assert one.due_on == date(2026, 12, 2)
    one = steps.implement(looked, number, now=NOW + 3 * DAY)
    assert (one.state, one.implemented_at, one.due_on) == ("implemented", NOW + 3 * DAY, None)
    assert steps.verify(looked, number, "seen", now=NOW + 20 * DAY).state == "verified"
    assert steps.sustain(looked, number, now=NOW + 60 * DAY).state == "sustained"
    one = steps.regress(looked, number, "it is back", now=NOW + 70 * DAY)
    assert (one.state, one.reason) == ("regressed", "it is back")
    # It is open again, and to be decided within 14 days.
    assert one.due_on == date(2026, 12, 24)
    assert [s.split()[1] for s in states(looked, number)] == [
        "identify", "assign", "accept", "implement", "verify", "sustain", "regress",
    ]  # fmt: skip
    assert store(looked).steps(number)[2].note == "next release"


def test_the_accepted_estimate_stays_as_it_was(looked: Workspace, tools: Tools) -> None:
    number = of(looked, "i-8").id
    steps.accept(looked, number, now=NOW)
    from dataclasses import replace

    tools.own = [replace(FINDINGS["i-8"], monthly_saving=Decimal(10))]
    again(looked, NOW + DAY)
    one = store(looked).one(number)
    assert str(one.finding.monthly_saving) == "72"
    assert one.chosen == 0


@pytest.mark.parametrize(
    ("before", "step", "words"),
    [
        ((), "implement", "implemented can only be one that is accepted or regressed"),
        (("accept",), "accept", "accepted can only be one that is identified, assigned or"),
        (("accept", "implement"), "dismiss", "Possible now: assign, reopen."),
    ],
)
def test_what_does_not_lead_on_is_refused_in_words(
    looked: Workspace, before: tuple[str, ...], step: str, words: str
) -> None:
    number = of(looked, "vol-1").id
    for one in before:
        getattr(steps, one)(looked, number, now=NOW)
    with pytest.raises(SavingError) as told:
        getattr(steps, step)(looked, number, "why not", now=NOW)
    assert words in str(told.value)


def test_snoozed_is_out_of_sight_until_its_day(looked: Workspace) -> None:
    number = of(looked, "vol-1").id
    one = steps.snooze(looked, number, date(2026, 10, 10), "after the sale", now=NOW)
    assert (one.state, one.snoozed_until, one.due_on) == ("snoozed", date(2026, 10, 10), None)
    rows = recommendations(looked, now=NOW).rows
    assert number not in {row.recommendation.id for row in rows}
    assert not again(looked, datetime(2026, 10, 9, 12)).back
    found = again(looked, datetime(2026, 10, 10, 12))
    assert [(one.id, one.state) for one in found.back] == [(number, "identified")]
    assert found.back[0].due_on == date(2026, 10, 24)


def test_dismissed_needs_a_reason_and_may_come_back(looked: Workspace) -> None:
    number = of(looked, "vol-1").id
    with pytest.raises(SavingError, match="why not"):
        steps.dismiss(looked, number, " ", now=NOW)
    with pytest.raises(SavingError, match="no day to come"):
        steps.dismiss(looked, number, "no", date(2026, 10, 1), now=NOW)
    one = steps.dismiss(looked, number, "It is a backup.", now=NOW)
    assert (one.state, one.reason, one.snoozed_until) == ("dismissed", "It is a backup.", None)
    assert not again(looked, NOW + 300 * DAY).back  # for good
    assert steps.reopen(looked, number, now=NOW + DAY).state == "identified"
    steps.dismiss(looked, number, "Not this year.", date(2026, 10, 12), now=NOW + DAY)
    assert [one.id for one in again(looked, NOW + 11 * DAY).back] == [number]


def test_nobody_touches_it_and_it_expires_once(looked: Workspace) -> None:
    number = of(looked, "vol-1").id
    commented = of(looked, "i-8").id
    steps.comment(looked, commented, "I look at it.", now=NOW + 80 * DAY)
    again(looked, NOW + 91 * DAY)
    one = store(looked).one(number)
    assert (one.state, one.reason) == ("expired", "Nobody touched it for 90 days.")
    assert store(looked).one(commented).state == "identified"
    # It is found all the time; that alone does not bring it back.
    assert not again(looked, NOW + 92 * DAY).back
    assert steps.reopen(looked, number, now=NOW + 93 * DAY).state == "identified"
    assert store(looked).one(number).state == "identified"
    again(looked, NOW + 94 * DAY)
    assert store(looked).one(number).state == "identified"


def test_an_accepted_one_that_is_gone_asks_whether_it_is_done(
    looked: Workspace, tools: Tools
) -> None:
    number = of(looked, "vol-1").id
    steps.accept(looked, number, now=NOW)
    tools.own = []
    again(looked, NOW + DAY)
    one = store(looked).one(number)
    assert one.state == "accepted"
    assert one.gone == (
        "No tool finds it any more, since 2026-10-02. It may have been done already."
    )


def test_overdue_is_told(looked: Workspace) -> None:
    number = of(looked, "vol-1").id
    on_time = recommendation(looked, number, datetime(2026, 10, 15, 23))
    late = recommendation(looked, number, datetime(2026, 10, 16))
    assert (on_time.row.overdue, late.row.overdue) == (False, True)
    listed = recommendations(looked, Sought(late=True), datetime(2026, 10, 16))
    assert len(listed.rows) == 9


def test_bulk_is_all_or_nothing_and_says_which_cannot(looked: Workspace) -> None:
    one, other = of(looked, "vol-1").id, of(looked, "i-8").id
    steps.dismiss(looked, other, "no", now=NOW)
    done = steps.bulk(looked, [one, other, 999], "accept", now=NOW)
    assert done.done == ()
    assert set(done.refused or {}) == {other, 999}
    assert "is dismissed" in (done.refused or {})[other]
    assert "no recommendation 999" in (done.refused or {})[999]
    assert store(looked).one(one).state == "identified"
    done = steps.bulk(looked, [one, one], "assign", now=NOW, person="ben")
    assert [each.assignee for each in done.done] == ["ben"]
    for numbers, step, words in (
        ([], "accept", "mark at least one"),
        ([one], "verify", "no step 'verify' of many"),
        ([one], "snooze", "until when"),
        (list(range(1, 600)), "accept", "at most 500"),
    ):
        with pytest.raises(SavingError, match=words):
            steps.bulk(looked, numbers, step, now=NOW)


def test_a_choice_of_another_tools_estimate(acme: Workspace, tools: Tools) -> None:
    from dataclasses import replace

    hub = replace(FINDINGS["i-1"], tool="aws-cost-hub", native_id="r", monthly_saving=Decimal(50))
    tools.own, tools.native = [FINDINGS["i-1"]], [hub]
    look(acme, NOW)
    number = of(acme, "i-1").id
    with pytest.raises(SavingError, match="no estimate 2"):
        steps.accept(acme, number, now=NOW, finding=2)
    one = steps.accept(acme, number, now=NOW, finding=1)
    assert [str(each.monthly_saving) for each in one.findings] == ["50", "72"]


def test_what_cannot_be_frozen_is_not_accepted(
    looked: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outlay.app.realised import baselines

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the snapshot is gone")

    monkeypatch.setattr(baselines, "freeze", broken)
    numbers = [of(looked, "vol-1").id, of(looked, "i-8").id]
    with pytest.raises(SavingError, match="nothing was accepted.*the snapshot is gone"):
        steps.bulk(looked, numbers, "accept", now=NOW)
    assert [store(looked).one(number).state for number in numbers] == ["identified"] * 2
    assert states(looked, numbers[0])[-1].endswith(" reopen")


def test_viewers_change_nothing_and_others_see_no_part_that_is_not_theirs(
    looked: Workspace,
) -> None:
    mine, others = of(looked, "vol-1").id, of(looked, "i-3").id
    with acting(Principal("vic", Level.VIEWER)), pytest.raises(AccessDeniedError):
        steps.accept(looked, mine, now=NOW)
    with acting(Principal("sam", Level.EDITOR, scope="team = 'shop'")):
        seen = {row.recommendation.resource for row in recommendations(looked).rows}
        # i-2, i-3 and vol-2 are of the team data.
        assert seen == {"vol-1", "i-1", "i-6", "i-8", ""}
        with pytest.raises(SavingNotFoundError):
            steps.accept(looked, others, now=NOW)
        with pytest.raises(SavingNotFoundError):
            recommendation(looked, others)
        refused = steps.bulk(looked, [mine, others], "accept", now=NOW).refused
        assert set(refused or {}) == {others}
        assert steps.comment(looked, mine, "mine", now=NOW).id == mine
    with acting(Principal("sam", Level.EDITOR, scope="team = 'nobody'")):
        assert recommendations(looked).rows == ()


def test_owners_are_told_of_large_new_ones_and_of_overdue_ones_once(
    acme: Workspace, tools: Tools
) -> None:
    from outlay.app.alerts.raising import store as alerts

    def told() -> list[str]:
        return [one.signal.title for one in alerts(acme).listed() if one.signal.kind == "saving"]

    assert watch(acme, NOW).raised == 2
    assert sorted(told()) == [
        "data: 2 recommendations to save 245.14 USD a month",
        "shop: 1 recommendation to save 300.00 USD a month",
    ]
    assert watch(acme, NOW + DAY).raised == 0
    late = datetime(2026, 10, 16, 9)
    assert watch(acme, late).raised == 2
    assert "shop: 5 recommendations overdue, 519.00 USD a month" in told()
    assert watch(acme, late + DAY).raised == 0
    for one in store(acme).listed():
        steps.dismiss(acme, one.id, "no", now=late + DAY)
    watch(acme, late + 2 * DAY)
    open_ones = [one for one in alerts(acme).listed() if "overdue" in one.signal.title]
    assert {one.shown_state(late + 2 * DAY) for one in open_ones} == {"settled"}


def test_steps_that_people_may_take_are_those_that_lead_on(looked: Workspace) -> None:
    one = of(looked, "vol-1")
    limits = Times(14, {"Medium": 60})
    for step in steps_of(one):
        assert moved(one, step, NOW, limits).updated_at == NOW
    with pytest.raises(ValueError, match="Possible now"):
        moved(one, "verify", NOW, limits)


def test_what_nobody_has_is_not_assigned(looked: Workspace) -> None:
    number = of(looked, "i-1").id
    assert steps.assign(looked, number, "", now=NOW).state == "identified"
    assert steps.assign(looked, number, "ben", now=NOW).state == "assigned"
    one = steps.assign(looked, number, " ", now=NOW + DAY)
    assert (one.state, one.assignee, one.due_on) == ("identified", "", date(2026, 10, 15))


def test_being_assigned_gives_what_regressed_no_new_time(looked: Workspace) -> None:
    number = of(looked, "i-1").id
    for step in (steps.accept, steps.implement, steps.regress):
        step(looked, number, now=NOW)
    one = steps.assign(looked, number, "ben", now=NOW + 10 * DAY)
    assert (one.state, one.due_on) == ("regressed", date(2026, 10, 15))


@pytest.mark.parametrize("text", ["much", "1e9999999", "0." + "1" * 80])
def test_a_minimum_that_is_no_amount_is_refused_in_words(text: str) -> None:
    with pytest.raises(QueryError, match="is no amount"):
        least(text)
