"""Which alert goes to whom, and when: decided alone from the alert, the routes and the clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.alerts.digests import digest_due, digests
from outlay.alerts.routing import quiet_until
from outlay.alerts.signal import SEVERITIES, Owner
from outlay.alerts.store import Alert, Step
from outlay.alerts.targets import Route, Target, matching, reached
from outlay.reports.document import Severity
from tests.alerts.world import DIRECTORY, START, World, alert, route, signal

HOUR = timedelta(hours=1)
QUIET = {"nights": "20:00-07:00", "weekends": True, "unless": "critical"}


# --- which routes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "fits"),
    [
        ({}, True),
        ({"enabled": False}, False),
        ({"signals": ["anomaly"]}, False),
        ({"signals": ["anomaly", "budget"]}, True),
        ({"min_severity": "warning"}, True),
        ({"min_severity": "critical"}, False),
        ({"min_amount": {"EUR": "1200.50"}}, True),
        ({"min_amount": {"EUR": "1200.500000000000000000001"}}, False),
        ({"min_amount": {"USD": "99999"}}, True),
        ({"tag": "team"}, True),
        ({"tag": "product"}, False),
        ({"tag": "team", "values": ["checkout-*"]}, True),
        ({"tag": "team", "values": ["data", "search"]}, False),
        ({"subjects": ["check*"]}, True),
        ({"subjects": ["search"]}, False),
    ],
)
def test_a_route_fits_where_all_its_conditions_hold(spec: dict[str, object], fits: bool) -> None:
    assert bool(matching([route("one", **spec)], signal(), "warning")) is fits


def test_an_alert_without_money_passes_a_minimum() -> None:
    one = route("one", min_amount={"EUR": 100})
    assert matching([one], signal(amount=None, currency=""), "warning") == [one]


def test_routes_are_asked_in_order_up_to_the_first_that_stops() -> None:
    routes = [route("z", order=1), route("b", order=2, stop=True), route("c", order=3)]
    assert [one.name for one in matching(routes, signal(), "info")] == ["z", "b"]


def test_the_owner_is_reached_by_its_contact_and_a_fallback_stands_in() -> None:
    aim = route("one", to={"owner": True, "fallback": ["finops"]}).spec.to
    assert reached(aim, signal(), DIRECTORY) == (
        [Target("checkout-slack"), Target("mail", "lead@example.com")], [],
    )  # fmt: skip
    told, problems = reached(aim, signal(owner=Owner("search", "team")), DIRECTORY)
    assert (told, problems) == ([Target("finops")], ["no contact for team = search"])


def test_people_get_what_their_part_of_the_ledger_holds_and_nothing_else() -> None:
    aim = route("one", to={"people": ["ada", "bo", "cy", "eve"], "mail": "mail"}).spec.to
    told, problems = reached(aim, signal(), DIRECTORY)
    assert told == [Target("mail", "ada@example.com")]
    assert problems == [
        "bo sees a part of the ledger that does not hold this",
        "cy has no address of mail",
        "there is no account 'eve'",
    ]
    told, _ = reached(aim, signal(where="SubAccountId = 'bo'"), DIRECTORY)
    assert told == [Target("mail", "ada@example.com"), Target("mail", "bo@example.com")]


# --- at once ----------------------------------------------------------------------------------


def test_several_routes_tell_a_channel_once_and_no_route_tells_nobody() -> None:
    world = World([route("a", to={"channels": ["ops"]}), route("b", to={"channels": ["ops"]})])
    world.look(START)
    assert world.told() == [("tell", "ops", "warning")]
    nobody = World([])
    nobody.look(START)
    assert nobody.told() == []
    assert nobody.alert.next_step_at is None


def test_a_route_that_is_written_later_tells_nothing_that_is_old() -> None:
    world = World([])
    world.look(START)
    levels = [{"after_hours": 1, "to": {"channels": ["pager"]}}]
    world.routes = [route("late", to={"channels": ["ops"]}, repeat_hours=1, escalate=levels)]
    world.look(START + HOUR)
    world.until(START + 72 * HOUR)
    assert world.told() == []


def test_quiet_hours_delay_what_is_told_and_never_drop_it() -> None:
    friday_night = datetime(2026, 10, 23, 21)
    one = route("a", to={"channels": ["ops"]}, timezone="Europe/Berlin", quiet=QUIET)
    world = World([one], alert(at=friday_night))
    world.look(friday_night)
    assert world.told() == []
    world.until(friday_night + timedelta(days=5))
    (told,) = [step for step in world.steps if step.action == "tell"]
    # Monday at seven; clocks went back on Sunday, so that it is an hour later in UTC.
    assert told.at == datetime(2026, 10, 26, 6)


def test_who_may_not_see_an_alert_any_more_is_not_told_of_it_later() -> None:
    to = {"people": ["ada", "bo"], "mail": "mail"}
    quiet = route("quiet", to=to, quiet=QUIET)
    often = route("often", to=to, repeat_hours=2)
    for found, first in ((quiet, "hold"), (often, "tell")):
        world = World([found], alert(signal(where="SubAccountId = 'bo'")))
        world.look(START if first == "tell" else START + 13 * HOUR)
        steps = [(s.action, s.address) for s in world.steps if s.channel]
        assert steps == [(first, "ada@example.com"), (first, "bo@example.com")]
        # It grows beyond the part of the ledger that bo sees.
        world.alert = replace(world.alert, signal=signal(where="SubAccountId in ('bo', 'al')"))
        world.until(START + 100 * HOUR)
        later = [s for s in world.steps if s.at > START + 13 * HOUR or s.action == "remind"]
        assert {s.address for s in later if s.channel} == {"ada@example.com"}
        (noted,) = [s.note for s in world.steps if s.action == "nobody"]
        assert noted == "bo@example.com may not see it any more"


def test_what_waits_is_told_though_its_route_was_removed() -> None:
    night = datetime(2026, 10, 22, 22)
    world = World([route("a", to={"channels": ["ops"]}, quiet=QUIET)], alert(at=night))
    world.look(night)
    world.routes = []
    world.look(night + HOUR)
    assert world.told() == [("tell", "ops", "warning")]


def test_a_critical_alert_is_told_at_night() -> None:
    night = datetime(2026, 10, 22, 22)
    world = World([route("a", to={"channels": ["ops"]}, quiet=QUIET)], alert(at=night))
    world.look(night)
    world.alert = replace(world.alert, severity="critical")
    world.look(night + HOUR)
    assert world.told() == [("tell", "ops", "critical")]
    world.until(night + timedelta(days=3))
    assert world.told() == [("tell", "ops", "critical")]


def test_a_rise_of_severity_tells_again_and_a_fall_does_not() -> None:
    world = World([route("a", to={"channels": ["ops"]})])
    world.look(START)
    rises: tuple[Severity, ...] = ("critical", "warning", "critical")
    for hours, severity in enumerate(rises, 1):
        world.alert = replace(world.alert, severity=severity)
        world.look(START + hours * HOUR)
    assert world.told() == [("tell", "ops", "warning"), ("tell", "ops", "critical")]


# --- again, and to others ---------------------------------------------------------------------


def test_reminders_come_after_their_hours_and_end() -> None:
    world = World([route("a", to={"channels": ["ops"]}, repeat_hours=4, repeat_most=2)])
    world.until(START + timedelta(days=3))
    assert world.told() == [
        ("tell", "ops", "warning"), ("remind", "ops", "1"), ("remind", "ops", "2"),
    ]  # fmt: skip
    assert [s.at - START for s in world.steps if s.action == "remind"] == [4 * HOUR, 8 * HOUR]


def test_escalations_go_once_each_until_somebody_acknowledges() -> None:
    levels = [
        {"after_hours": 2, "to": {"channels": ["finops"]}},
        {"after_hours": 8, "to": {"channels": ["pager"]}},
        {"after_hours": 20, "to": {"channels": ["mail"]}},
    ]
    world = World([route("a", to={"channels": ["ops"]}, escalate=levels)])
    world.until(START + 10 * HOUR)
    assert world.told("escalate") == [("escalate", "finops", "a 1"), ("escalate", "pager", "a 2")]
    world.alert = replace(world.alert, state="acknowledged", acknowledged_by="ada")
    world.look(START + 11 * HOUR)
    assert world.told("follow") == [("follow", "pager", "acknowledge 1")]
    assert world.alert.next_step_at is None
    world.alert = replace(world.alert, state="settled")
    world.look(START + 30 * HOUR)
    assert world.told("follow") == [
        ("follow", "pager", "acknowledge 1"), ("follow", "pager", "resolve 2"),
    ]  # fmt: skip
    assert len(world.told("escalate")) == 2


def test_hours_count_anew_for_an_alert_that_is_opened_again() -> None:
    escalation = {"after_hours": 4, "to": {"channels": ["finops"]}}
    world = World([route("a", to={"channels": ["ops"]}, repeat_hours=6, escalate=[escalation])])
    world.look(START)
    day = START + 24 * HOUR
    world.steps += [Step("acknowledged", START + HOUR, "ada"), Step("reopened", day, "ada")]
    world.look(day)
    assert world.told() == [("tell", "ops", "warning")]
    assert world.alert.next_step_at == day + 4 * HOUR
    world.look(day + 4 * HOUR)
    world.look(day + 6 * HOUR)
    assert world.told()[1:] == [("escalate", "finops", "a 1"), ("remind", "ops", "1")]


def test_a_rise_that_nobody_had_acknowledged_puts_no_escalation_off() -> None:
    escalation = {"after_hours": 4, "to": {"channels": ["finops"]}}
    world = World([route("a", to={"channels": ["ops"]}, escalate=[escalation])])
    world.look(START)
    world.steps.append(Step("severity", START + 3 * HOUR, "outlay"))
    world.look(START + 4 * HOUR)
    assert ("escalate", "finops", "a 1") in world.told()


def test_a_channel_is_told_at_once_where_it_is_quiet_for_one_route_alone() -> None:
    quiet = route("a", order=1, to={"channels": ["ops"]}, quiet={"nights": "00:00-23:59"})
    world = World([quiet, route("b", to={"channels": ["ops"]})])
    world.look(START)
    world.until(START + 48 * HOUR)
    assert world.told() == [("tell", "ops", "warning")]
    assert [(s.route, s.at) for s in world.steps if s.channel] == [("b", START)]


def test_an_escalation_to_nobody_is_noted_once() -> None:
    levels = [{"after_hours": 2, "to": {"people": ["eve"], "mail": "mail"}}]
    world = World([route("a", to={"channels": ["ops"]}, escalate=levels)])
    world.until(START + 48 * HOUR)
    (step,) = [s for s in world.steps if s.action == "nobody"]
    assert (step.at - START, step.note) == (2 * HOUR, "there is no account 'eve'")


def test_a_snooze_is_silent_and_tells_once_as_it_ends() -> None:
    world = World([route("a", to={"channels": ["ops"]}, repeat_hours=2, repeat_most=1)])
    world.look(START)
    world.alert = replace(world.alert, snoozed_until=START + 24 * HOUR)
    world.look(START + HOUR)
    world.until(START + 23 * HOUR)
    assert world.told("remind") == []
    world.until(START + 72 * HOUR)
    assert [s.at - START for s in world.steps if s.action == "remind"] == [24 * HOUR]


# --- digests ----------------------------------------------------------------------------------


def test_a_digest_is_due_by_the_clock_of_its_place() -> None:
    one = route("a", digest="daily at 08:00", timezone="Europe/Berlin", to={"channels": ["ops"]})
    saturday, sunday = datetime(2026, 10, 24, 6), datetime(2026, 10, 25, 7)
    assert digest_due(one, saturday - HOUR, saturday) == saturday
    assert digest_due(one, saturday, sunday - HOUR) is None
    assert digest_due(one, saturday, sunday) == sunday  # an hour later in UTC: clocks went back
    assert digest_due(one, saturday - HOUR, sunday + timedelta(days=9, hours=1)) == datetime(
        2026, 11, 3, 7
    )


STATES = ("open", "acknowledged", "settled")


@given(
    st.lists(
        st.tuples(st.sampled_from(STATES), st.integers(-3, 3), st.integers(-3, 3), st.booleans()),
        max_size=8,
    )
)
def test_a_digest_holds_exactly_what_is_open(
    found: list[tuple[str, int, int, bool]],
) -> None:
    one = route("a", digest="daily at 08:00", tag="team", to={"channels": ["ops", "pager"]})
    due = datetime(2026, 10, 24, 8)
    now = due + timedelta(minutes=5)
    alerts: list[Alert] = []
    for ident, (state, raised, snoozed, owned) in enumerate(found, 1):
        told = signal(subject=str(ident), owner=Owner("checkout", "team") if owned else None)
        made = alert(told, due + raised * HOUR, ident)
        until = due + snoozed * HOUR if snoozed else None
        alerts.append(replace(made, state=state, snoozed_until=until))  # type: ignore[arg-type]
    made_up = digests(one, [one], alerts, DIRECTORY, due, now)
    expected = tuple(
        a
        for a in alerts
        if a.state == "open"
        and a.raised_at <= due
        and (a.snoozed_until is None or a.snoozed_until <= now)
        and a.signal.owner is not None
    )
    # No digest goes to a channel of incidents, and none that says nothing.
    assert [(d.target, d.alerts) for d in made_up] == (
        [(Target("ops"), expected)] if expected else []
    )


def test_owners_get_digests_of_their_own_alone() -> None:
    one = route("a", digest="daily at 08:00", to={"owner": True, "fallback": ["finops"]})
    due = START + timedelta(days=1)
    mine = alert(signal(), START, 1)
    other = alert(signal(subject="x", owner=Owner("search", "team")), START, 2)
    made_up = digests(one, [one], [mine, other], DIRECTORY, due, due)
    assert [(d.target, d.alerts) for d in made_up] == [
        (Target("checkout-slack"), (mine,)),
        (Target("finops"), (other,)),
        (Target("mail", "lead@example.com"), (mine,)),
    ]  # fmt: skip


# --- whatever happens -------------------------------------------------------------------------

CHANNELS = ("ops", "finops", "pager", "mail")
ROUTES = st.builds(
    lambda number, channels, severity, quiet, zone, repeat, hours, stop: route(
        f"r{number}",
        order=number,
        to={"channels": sorted(channels)},
        at_once=severity,
        quiet=QUIET if quiet else None,
        timezone=zone,
        repeat_hours=repeat,
        repeat_most=2,
        stop=stop,
        escalate=[{"after_hours": hours, "to": {"channels": ["pager"]}}] if hours else [],
    ),
    number=st.integers(1, 999),
    channels=st.sets(st.sampled_from(CHANNELS), max_size=3),
    severity=st.sampled_from((*SEVERITIES, "never")),
    quiet=st.booleans(),
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")),
    repeat=st.sampled_from((None, 1, 7)),
    hours=st.sampled_from((0, 1, 30)),
    stop=st.booleans(),
)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(("info", "warning", "critical", "acknowledge", "snooze", "settle", "look")),
    ),
    max_size=10,
)


def _happen(world: World, at: datetime, event: str) -> None:
    """What the store would do with it."""
    before = world.alert
    if event in SEVERITIES:
        rose = SEVERITIES.index(event) > SEVERITIES.index(before.severity)
        changed = replace(before, severity=event)
        if rose:
            changed = replace(changed, state="open", snoozed_until=None)
        world.alert = changed
    elif event == "acknowledge" and before.state == "open":
        world.alert = replace(before, state="acknowledged")
    elif event == "settle":
        world.alert = replace(before, state="settled")
    elif event == "snooze" and before.state == "open":
        world.alert = replace(before, snoozed_until=at + 20 * HOUR)


@given(routes=st.lists(ROUTES, max_size=4, unique_by=lambda one: one.name), events=EVENTS)
def test_whatever_happens_nobody_is_told_twice_or_while_it_is_quiet(
    routes: list[Route], events: list[tuple[int, str]]
) -> None:
    by_name = {one.name: one for one in routes}
    world = World(routes)

    def looked(now: datetime, steps: list) -> None:  # type: ignore[type-arg]
        for step in steps:
            if step.action in ("tell", "remind", "escalate"):
                assert world.alert.state == "open"
                assert not world.alert.snoozed(now)
                assert quiet_until(by_name[step.route], world.alert.severity, now) is None

    world.looked = looked
    for hours, event in sorted(events):
        at = START + hours * HOUR
        world.until(at)
        _happen(world, at, event)
        world.look(at)
    world.until(START + timedelta(days=40))
    told = Counter((s.channel, s.about) for s in world.steps if s.action == "tell")
    assert set(told.values()) <= {1}
    escalated = Counter((s.channel, s.about) for s in world.steps if s.action == "escalate")
    assert set(escalated.values()) <= {1}
    if world.alert.state == "open":  # what waited was told, by this severity or a higher one
        for held in (s for s in world.steps if s.action == "hold"):
            assert any(
                s.action == "tell"
                and s.channel == held.channel
                and SEVERITIES.index(s.about) >= SEVERITIES.index(held.about)
                for s in world.steps
            )


@given(routes=st.lists(ROUTES, max_size=4, unique_by=lambda one: one.name))
def test_an_alert_that_nobody_touches_reaches_every_channel_of_its_routes(
    routes: list[Route],
) -> None:
    world = World(routes)
    world.until(START + timedelta(days=10))
    told = signal()
    wanted = {
        channel
        for one in matching(routes, told, told.severity)
        if SEVERITIES.index(told.severity) >= one.spec.at_once_from()
        for channel in one.spec.to.channels
    }
    assert {s.channel for s in world.steps if s.action == "tell"} == wanted


def test_amounts_are_compared_exactly() -> None:
    one = route("one", min_amount={"EUR": Decimal("0.1")})
    assert matching([one], signal(amount=Decimal("0.09999999999999999999")), "info") == []
