"""Each kind of event is found, on its days, and told as one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from outlay.anomalies.detect import detect
from outlay.anomalies.model import Settings, SettingsError
from tests.anomalies.series import ALL, DAYS, START, at, found, usual


def test_nothing_happens() -> None:
    assert found(usual()) == []


def test_spike() -> None:
    values = usual()
    values[150:152] *= 1.8
    (event,) = found(values)
    assert (event.kind, event.direction, at(event)) == ("spike", "up", (150, 151))
    assert not event.active
    assert event.raised_on == START + timedelta(days=150)
    assert event.impact == pytest.approx(values[150:152].sum() * 0.8 / 1.8, rel=0.1)


@pytest.mark.parametrize(("factor", "direction"), [(1.5, "up"), (0.6, "down")])
def test_step_is_one_event_that_ends_when_its_level_is_normal(
    factor: float, direction: str
) -> None:
    values = usual()
    values[150:] *= factor
    (event,) = found(values)
    assert (event.kind, event.direction) == ("step", direction)
    assert at(event) == (150, 163)
    assert event.accepted and not event.active
    assert not found(values, settings=Settings(days=DAYS - 164))


def test_a_step_is_active_until_its_level_is_normal() -> None:
    values = usual()
    values[190:] *= 1.5
    (event,) = found(values)
    assert event.active and not event.accepted and at(event) == (190, DAYS - 1)


def test_slow_leak() -> None:
    values = usual()
    ramp = np.clip((np.arange(DAYS) - 150 + 1) / 35, 0, 1) * 0.7
    values *= 1 + ramp
    events = found(values)
    assert events[0].kind == "leak"
    assert 148 <= at(events[0])[0] <= 158
    assert events[0].raised_on <= START + timedelta(days=165)


def test_outage_to_zero() -> None:
    values = usual()
    values[150:154] = 0
    (event,) = found(values)
    assert (event.kind, event.direction, at(event)) == ("outage", "down", (150, 153))
    assert event.raised_on == START + timedelta(days=151)  # a fall waits one day
    assert event.percent == pytest.approx(-100)


def test_another_shape_of_the_week() -> None:
    values = usual()
    weekend = np.array([(START.weekday() + t) % 7 >= 5 for t in range(DAYS)])
    values[weekend & (np.arange(DAYS) >= 145)] *= 1.7
    (event,) = found(values)
    assert (event.kind, event.direction) == ("shape", "up")
    assert at(event)[0] == 145
    assert event.accepted
    flagged = {day.day.weekday() for day in event.days if day.flagged}
    assert flagged == {5, 6}


def test_new_spend_where_there_was_none() -> None:
    values = np.zeros(DAYS)
    values[180:] = 40.0
    (event,) = found(values)
    assert (event.kind, event.direction) == ("step", "up")
    assert at(event) == (180, 193) and event.percent is None
    assert event.expected == 0 and event.impact == pytest.approx(40 * 14)


def test_sensitivity() -> None:
    values = usual(noise=0.04)
    values[150] *= 1.25
    kinds = {
        name: found(values, settings=Settings(sensitivity=name, days=DAYS))
        for name in ("low", "normal", "high")
    }
    assert (len(kinds["low"]), len(kinds["normal"])) == (0, 1)
    assert len(kinds["high"]) >= 1


def test_minimum_impact_in_money_and_percent() -> None:
    values = usual()
    values[150] *= 1.5
    (event,) = found(values)
    money = Decimal(repr(event.impact))
    assert found(values, settings=Settings(days=DAYS, minimum_money=money - 1))
    assert not found(values, settings=Settings(days=DAYS, minimum_money=money + 1))
    assert not found(values, settings=Settings(days=DAYS, minimum_percent=Decimal(60)))


def test_an_earlier_anomaly_does_not_move_the_expectation() -> None:
    quiet, loud = usual(), usual()
    loud[140:144] *= 5
    quiet[160] *= 2
    loud[160] *= 2
    (alone,) = found(quiet)
    second = found(loud)[-1]
    assert second.expected == pytest.approx(alone.expected, rel=0.01)


def test_days_of_settings() -> None:
    values = usual()
    values[150] *= 2
    assert found(values, settings=Settings(days=DAYS - 150))
    assert not found(values, settings=Settings(days=DAYS - 151))


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(SettingsError, match="matrix"):
        detect(np.zeros(5), START)
    with pytest.raises(SettingsError, match="complete_until"):
        detect(np.zeros((2, 5)), START, complete_until=[START])
    with pytest.raises(SettingsError, match="low, normal or high"):
        Settings(sensitivity="loud")  # type: ignore[arg-type]
    assert detect(np.zeros((0, 0)), START) == []
    assert detect(np.zeros((1, 3)), START, settings=ALL) == []
