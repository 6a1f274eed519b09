"""What people say of an event changes what is raised next, and can be left out again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from outlay.anomalies.model import Feedback, Settings, SettingsError
from tests.anomalies.series import ALL, START, at, found, usual


def spikes() -> np.ndarray:
    values = usual(260)
    values[120] *= 1.6
    values[171] *= 1.5
    values[221] *= 2.5
    return values


def said(verdict: str, first: int, last: int, **more: object) -> Settings:
    days = START + timedelta(days=first), START + timedelta(days=last)
    return ALL.with_feedback(Feedback(0, verdict, *days, **more))  # type: ignore[arg-type]


def places(settings: Settings) -> list[int]:
    return [at(event)[0] for event in found(spikes(), settings=settings)]


def test_without_feedback() -> None:
    assert places(ALL) == [120, 171, 221]


def test_expected_widens_what_is_normal_from_then_on() -> None:
    assert places(said("expected", 120, 120, percent=Decimal(60))) == [221]
    assert places(said("expected", 120, 120, percent=Decimal(60), direction="down")) == [171, 221]
    (event,) = found(spikes(), settings=said("expected", 120, 120, percent=Decimal(60)))
    assert event.basis.limits["feedback"] == pytest.approx(0.6)


def test_an_expected_level_is_normal_at_once() -> None:
    values = usual(260)
    values[200:] *= 1.5
    settings = said("expected", 200, 210, percent=Decimal(60))
    assert found(values, settings=settings) == []


def test_a_known_event_is_neither_judged_nor_history() -> None:
    assert places(said("known", 165, 175)) == [120, 221]
    values = usual(260)
    values[100:150] *= 3
    values[200] *= 1.5
    (event,) = found(values, settings=said("known", 100, 149))
    assert at(event) == (200, 200)
    assert event.expected == pytest.approx(found(with_spike_only())[0].expected, rel=0.03)


def with_spike_only() -> np.ndarray:
    values = usual(260)
    values[200] *= 1.5
    return values


def test_too_small_raises_the_least_impact() -> None:
    events = found(spikes())
    money = Decimal(repr(abs(events[0].impact)))
    assert places(said("too_small", 120, 120, money=money)) == [221]


def test_unexpected_keeps_the_level_from_becoming_normal() -> None:
    values = usual(260)
    values[200:] *= 1.5
    (event,) = found(values)
    assert at(event) == (200, 213)
    (held,) = found(values, settings=Settings(days=90, feedback=said_of(values)))
    assert held.active and at(held) == (200, 259)


def said_of(values: np.ndarray) -> tuple[Feedback, ...]:
    return (Feedback(0, "unexpected", START + timedelta(days=200), START + timedelta(days=205)),)


def test_feedback_on_another_series_changes_nothing() -> None:
    other = Feedback(7, "known", START, START + timedelta(days=250))
    assert places(ALL.with_feedback(other)) == [120, 171, 221]


def test_feedback_has_an_order_of_days() -> None:
    with pytest.raises(SettingsError, match="ends before it begins"):
        Feedback(0, "known", START, START - timedelta(days=1))
