"""What looks like an anomaly and is none: late days, charges of the month, calendars."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from outlay.anomalies.detect import detect
from outlay.anomalies.model import Settings
from tests.anomalies.series import ALL, DAYS, START, at, found, usual


def test_a_partial_day_is_not_judged() -> None:
    values = usual()
    values[-1] *= 0.2
    last = START + timedelta(days=DAYS - 1)
    assert found(values, until=last) == []
    values[-2] = 0
    assert found(values, until=last - timedelta(days=1)) == []
    values[-1] *= 1000
    assert found(values, until=last - timedelta(days=1)) == []


def test_days_that_did_not_come_are_no_outage() -> None:
    values = usual()
    values[160:163] = np.nan
    values[-4:] = np.nan
    assert found(values) == []


def test_a_late_series_does_not_hold_up_the_others() -> None:
    late, other = usual(seed=1), usual(seed=2)
    late[-3:] = 0
    other[-1] *= 3
    until = [START + timedelta(days=DAYS - 3), None]
    (event,) = detect(np.array([late, other]), START, settings=ALL, complete_until=until)
    assert event.series == 1


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_money_booked_a_day_late(share: float) -> None:
    values = usual()
    moved = values[150] * share
    values[150] -= moved
    values[151] += moved
    assert found(values) == []


def test_a_fall_is_told_when_the_next_day_does_not_bring_the_money() -> None:
    values = usual()
    values[150] *= 0.3
    (event,) = found(values)
    assert (event.direction, at(event)) == ("down", (150, 150))
    assert event.raised_on == START + timedelta(days=151)
    assert found(values[:151]) == []


@pytest.mark.parametrize("day", [1, 15, 31])
def test_a_charge_of_the_month(day: int) -> None:
    values = usual(300)
    for t in range(300):
        on = START + timedelta(days=t)
        last = (on + timedelta(days=1)).day == 1
        if on.day == day or (day == 31 and last):
            values[t] += 250
    assert found(values) == []


def test_a_charge_that_does_not_come_is_no_anomaly_and_another_size_is_one() -> None:
    values = usual(300)
    firsts = [t for t in range(300) if (START + timedelta(days=t)).day == 1]
    values[firsts] += 250
    values[firsts[-2]] -= 250
    assert found(values) == []
    values[firsts[-1]] += 1000
    (event,) = found(values)
    assert at(event) == (firsts[-1], firsts[-1])


def test_a_charge_on_a_day_of_an_event_is_left_out_of_it() -> None:
    values = usual(300)
    firsts = [t for t in range(300) if (START + timedelta(days=t)).day == 1]
    with_charge = values.copy()
    with_charge[firsts] += 250
    first = firsts[-2]
    values[first - 3 : first + 9] *= 1.5
    with_charge[first - 3 : first + 9] += values[first - 3 : first + 9] / 3
    (event,) = found(with_charge)
    (left,) = [day for day in event.days if day.left_out]
    assert left.day == START + timedelta(days=first)
    assert left.expected == left.actual
    assert event.impact == pytest.approx(
        sum(d.actual - d.expected for d in event.days if not d.left_out)
    )


def test_leap_day() -> None:
    start = date(2023, 9, 1)
    values = usual(300, start=start)
    assert found(values, start=start) == []
    firsts = [t for t in range(300) if (start + timedelta(days=t)).day == 1]
    ends = [t - 1 for t in firsts if t]
    values[ends] += 200  # a charge on the last day of each month, on the 29th of February too
    assert date(2024, 2, 29) in {start + timedelta(days=t) for t in ends}
    assert found(values, start=start) == []


def test_a_flat_fee_over_months_of_other_lengths() -> None:
    start = date(2023, 9, 1)
    lengths = {9: 30, 10: 31, 11: 30, 12: 31, 1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30}
    values = np.array([3000 / lengths[(start + timedelta(days=t)).month] for t in range(290)])
    assert found(values, start=start) == []


def test_local_days_of_23_and_25_hours() -> None:
    start = date(2025, 1, 6)
    values = usual(330, start=start, noise=0.005)
    values[(date(2025, 3, 30) - start).days] *= 23 / 24
    values[(date(2025, 10, 26) - start).days] *= 25 / 24
    assert found(values, start=start) == []


def test_hours_of_a_dst_day() -> None:
    rng = np.random.default_rng(3)
    start = date(2025, 8, 4)
    hours = 24 * 7 * 14 + 24 * 2
    change = (date(2025, 10, 26) - start).days * 24
    local = np.where(np.arange(hours) < change, 2, 1)
    of_day = (np.arange(hours) + local) % 24
    busy = np.where((of_day >= 8) & (of_day < 18), 10.0, 1.0)  # office hours of a summer-time zone
    values = busy * np.exp(rng.normal(0, 0.02, hours))
    settings = Settings(days=10_000)
    assert detect(values[None, :], start, None, settings, hourly=True) == []
    values[change + 24 * 9 : change + 24 * 9 + 5] += 40
    (event,) = detect(values[None, :], start, None, settings, hourly=True)
    assert event.direction == "up" and len(event.days) == 5


def test_holidays_of_a_country() -> None:
    start = date(2025, 1, 6)
    values = usual(360, start=start)
    for off in (date(2025, 5, 26), date(2025, 7, 4), date(2025, 11, 27), date(2025, 12, 25)):
        values[(off - start).days] *= 0.55
    assert found(values, start=start, country="US") == []
    assert found(values, start=start)


def test_noise_of_a_tiny_series() -> None:
    rng = np.random.default_rng(5)
    values = rng.poisson(3, size=(20, 300)) * 0.01
    settings = Settings(days=10_000, minimum_money=Decimal(1))
    assert detect(values, START, None, settings) == []


def test_batches_that_come_now_and_then_are_how_a_series_is() -> None:
    values = usual(DAYS)
    values[10::14] *= 3
    assert [event for event in found(values) if event.start > START + timedelta(days=70)] == []


def test_steady_growth() -> None:
    values = usual(300) * np.exp(np.arange(300) / 30 * 0.1)
    assert found(values) == []


def test_little_history() -> None:
    values = usual(60)
    values[20] *= 4
    assert found(values[:34]) == []
    assert [e for e in found(values) if at(e)[0] < 35] == []
