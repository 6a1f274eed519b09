"""Alerts in their table: each signal once, on both databases, whoever raises it at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from outlay.alerts.errors import AlertError, AlertNotFoundError
from outlay.alerts.signal import Owner, Signal, from_json, to_json
from outlay.alerts.store import AlertStore, Look, Step, add_step, change
from outlay.reports.document import Figure
from outlay.resources.database import open_database
from tests.resources.conftest import database_url, postgres_server  # noqa: F401

NOW = datetime(2026, 11, 28, 9)
HOUR = timedelta(hours=1)
SIGNAL = Signal(
    kind="budget",
    subject="payments",
    occurrence="2026-11/forecast",
    title="Payments will exceed its budget",
    severity="warning",
    lines=("The month ends at 11,200.10 EUR of 10,000.00 EUR.",),
    figures=(Figure("Forecast", Decimal("11200.10"), currency="EUR"),),
    driver="Amazon EC2 in eu-central-1",
    link="/budgets/payments",
    amount=Decimal("1200.100000000000000000001"),
    currency="EUR",
    owner=Owner("payments", "team"),
    where="team = 'payments'",
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:  # noqa: F811
    found = open_database(database_url)
    yield found
    found.dispose()


def test_a_signal_is_read_back_to_the_last_digit() -> None:
    assert from_json(to_json(SIGNAL)) == SIGNAL


def test_a_signal_is_one_alert_however_often_it_is_raised(engine: Engine) -> None:
    store = AlertStore(engine)
    assert store.put(SIGNAL, NOW, "outlay") is True
    assert store.put(SIGNAL, NOW + HOUR, "outlay") is False
    fresher = replace(SIGNAL, title="Payments exceeds its budget")
    assert store.put(fresher, NOW + HOUR, "outlay") is False
    (alert,) = store.unsettled()
    assert alert.signal == fresher
    assert (alert.raised_at, alert.updated_at) == (NOW, NOW + HOUR)
    assert [step.action for step in store.steps([alert.id])[alert.id]] == ["raised"]


def test_a_rise_of_severity_is_noted_and_opens_what_was_acknowledged(engine: Engine) -> None:
    store = AlertStore(engine)
    store.put(SIGNAL, NOW, "outlay")
    with store.locked(SIGNAL.key) as (connection, alert):
        change(connection, alert, {"state": "acknowledged", "next_step_at": None})
    store.put(replace(SIGNAL, severity="critical"), NOW + HOUR, "outlay")
    alert = store.get(alert.id)
    assert (alert.state, alert.severity, alert.next_step_at) == ("open", "critical", NOW + HOUR)
    store.put(SIGNAL, NOW + 2 * HOUR, "outlay")
    assert store.get(alert.id).severity == "warning"
    actions = [step.action for step in store.steps([alert.id])[alert.id]]
    assert actions == ["raised", "severity"]


def test_what_the_product_settled_opens_again_and_what_a_person_settled_does_not(
    engine: Engine,
) -> None:
    store = AlertStore(engine)
    other = replace(SIGNAL, occurrence="2026-11/actual")
    store.put(SIGNAL, NOW, "outlay")
    store.put(other, NOW, "outlay")
    assert store.settle("budget", "payments", "back below", NOW, "outlay", "product") == 2
    assert store.settle("budget", "payments", "back below", NOW, "outlay", "product") == 0
    assert store.put(SIGNAL, NOW + HOUR, "outlay") is False
    assert [alert.key for alert in store.unsettled()] == [SIGNAL.key]
    assert store.settle("budget", "payments", "known", NOW + HOUR, "ada", "person") == 1
    store.put(SIGNAL, NOW + 2 * HOUR, "outlay")
    assert store.unsettled() == []
    store.put(replace(SIGNAL, severity="critical"), NOW + 2 * HOUR, "outlay")
    assert [alert.severity for alert in store.unsettled()] == ["critical"]


def test_many_at_once_make_one_alert(engine: Engine) -> None:
    store, new, ready = AlertStore(engine), [], threading.Barrier(4)

    def raise_it() -> None:
        ready.wait()
        new.append(store.put(SIGNAL, NOW, "outlay"))

    threads = [threading.Thread(target=raise_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [False, False, False, True]
    (alert,) = store.unsettled()
    assert [step.action for step in store.steps([alert.id])[alert.id]] == ["raised"]


def test_what_cannot_be_kept_is_refused_with_its_reason(engine: Engine) -> None:
    store = AlertStore(engine)
    with pytest.raises(AlertError, match="the subject of a signal has 256 characters at most"):
        store.put(replace(SIGNAL, subject="x" * 257), NOW, "outlay")
    with pytest.raises(AlertNotFoundError, match="there is no alert 7"):
        store.get(7)
    assert store.unsettled() == []


def test_digests_looks_and_deliveries_are_noted_once(engine: Engine) -> None:
    store = AlertStore(engine)
    store.put(SIGNAL, NOW, "outlay")
    (alert,) = store.unsettled()
    tell = Step("tell", NOW, "outlay", "teams", "mail", "lead@acme.example", "warning")
    with store.alone() as connection:
        assert not store.digest_made("teams", NOW, connection)
        number = add_step(connection, alert.id, tell)
        store.note_digest(connection, "teams", NOW, NOW)
        assert store.digest_made("teams", NOW, connection)
    assert not store.digest_made("teams", NOW + HOUR)
    assert not store.digest_made("others", NOW)
    (cut_off,) = store.undelivered()
    assert (cut_off.id, cut_off.address, cut_off.about) == (number, tell.address, "warning")
    assert store.any_due(NOW - HOUR)  # also before its own next step: it was cut off
    store.delivered([number], 7)
    assert store.undelivered() == []
    assert not store.any_due(NOW - HOUR)
    assert store.last_look() is None
    for hours in (0, 1):
        look = Look(NOW + hours * HOUR, f"s{hours}", NOW, {"plans": "broken"} if hours else {})
        store.note_look(look)
        assert store.last_look() == look
    assert store.open_count(NOW) == 1
    with store.locked(SIGNAL.key) as (connection, found):
        change(connection, found, {"snoozed_until": NOW + HOUR})
    assert (store.open_count(NOW), store.open_count(NOW + HOUR)) == (0, 1)
    assert store.end(alert.id, "over", NOW, "ada")
    assert not store.end(alert.id, "over", NOW, "ada")
    assert [one.id for one in store.pending(NOW)] == [alert.id]  # those told are to hear of it
