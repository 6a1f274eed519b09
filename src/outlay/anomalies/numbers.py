"""An event's numbers as they are told: the days, the band, and what it was raised by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import cast

import numpy as np

from outlay.anomalies.life import Event, kind_of
from outlay.anomalies.model import Basis, Candidate, DayNumbers, HistoryDay, Kind, WindowDay
from outlay.anomalies.track import Track

HISTORY_DAYS = 84


def step_date(start: date, t: int, per_day: int) -> date:
    """The day of a step, or its hour (UTC) where steps are hours."""
    if per_day == 1:
        return start + timedelta(days=t)
    return datetime(start.year, start.month, start.day) + timedelta(hours=t)


def candidate_of(track: Track, event: Event, start: date) -> Candidate:
    """The event as it is told."""

    def at(t: int) -> date:
        return step_date(start, t, track.clock.per_day)

    days = tuple(_day(track, event, t, at(t)) for t in range(event.start, event.end + 1))
    actual, expected = sum(d.actual for d in days), sum(d.expected for d in days)
    impact = actual - expected
    usual = sum(d.expected for d in days if d.flagged)
    apart = sum(d.actual - d.expected for d in days if d.flagged)
    change, threshold = abs(event.judged.change), event.judged.threshold
    return Candidate(
        series=event.row,
        kind=cast(Kind, kind_of(track, event)),
        direction="up" if event.sign > 0 else "down",
        start=at(event.start),
        end=at(event.end),
        active=event.open,
        accepted=event.accepted,
        actual=actual,
        expected=expected,
        impact=impact,
        percent=100 * apart / abs(usual) if usual else None,
        confidence=change / (change + threshold) if change else 0.5,
        raised_on=at(event.raised if event.told is None else event.told),
        days=days,
        basis=_basis(track, event, start),
    )


def _day(track: Track, event: Event, t: int, day: date) -> DayNumbers:
    row = event.row
    level, factor = event.level, float(event.factors[t - event.start])
    expected = level * factor
    base = max(abs(expected), float(event.bases[t - event.start]))
    actual = expected if track.missing[t, row] else float(track.actual[t, row])
    left_out = t in event.left_out
    if left_out:
        expected = actual  # a charge of the month: it came as it comes
    error = (actual - expected) / base if base else event.sign * 100.0
    return DayNumbers(
        day=day,
        actual=actual,
        expected=expected,
        lower=expected - event.band * base,
        upper=expected + event.band * base,
        level=level,
        factor=factor,
        error=error,
        z=error / event.judged.usual,
        flagged=t in event.flagged,
        left_out=left_out,
    )


def _basis(track: Track, event: Event, start: date) -> Basis:
    row, judged, per_day = event.row, event.judged, track.clock.per_day
    first = max(0, event.start - track.clock.history)
    span = slice(first, event.start)
    columns = (
        np.nan_to_num(track.actual[span, row]),
        track.used[span, row],
        track.factor[span, row],
        track.steady[span, row],
        track.error[span, row],
        track.counted[span, row],
    )
    history = tuple(
        HistoryDay(step_date(start, first + place, per_day), *numbers)
        for place, numbers in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    )
    level_days = tuple(
        step_date(start, t, per_day)
        for t in range(max(0, event.start - track.clock.level), event.start)
    )
    return Basis(
        window=judged.window,
        test_day=step_date(start, judged.day, per_day),
        looked_at=tuple(
            WindowDay(step_date(start, t, per_day), used, factor)
            for t, used, factor in judged.looked_at
        ),
        before=judged.before,
        base=judged.base,
        change=judged.change,
        typical=judged.typical,
        usual=judged.usual,
        z=(abs(judged.change) - judged.typical * event.sign) / judged.usual,
        threshold=judged.threshold,
        limits=judged.limits,
        multiplier=judged.multiplier,
        level=event.level,
        level_days=level_days,
        history=history,
        changes=judged.compared,
    )
