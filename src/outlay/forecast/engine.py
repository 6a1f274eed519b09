"""Forecasts of many daily series at once: the door of this room."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.answers import Forecasts, PastError
from outlay.forecast.bands import band
from outlay.forecast.calendar import WEEK, Calendar
from outlay.forecast.candidates import NAMES
from outlay.forecast.choose import LEAST, LOOK, WINDOWS, Chosen, choose
from outlay.forecast.events import KnownEvent, applied, undone

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

MINIMUM_DAYS = 2 * WEEK
"""Days of history, from the first amount on, below which there is no forecast."""

MOST_DAYS = 160 * WEEK
"""What lies further back than about three years is not looked at."""

SILENT_DAYS = 28
"""A series that has charged nothing for so long, and never was silent for so long, has ended."""

BLOCK = 400
"""Series worked on at a time, so that their days stay in the processor's cache."""

NAMED = 0.15
"""A candidate with at least this share is named in the method."""


def forecast_many(
    values: Floats,
    start: date,
    horizon: int,
    *,
    calendar: Calendar | None = None,
    levels: Sequence[float] = (0.8, 0.95),
    known: Sequence[KnownEvent] = (),
) -> Forecasts:
    """Forecast `values` [n, days], amounts by complete day from `start` on (UTC), over the
    `horizon` days after them. Each series is of one currency; a series' forecast depends on no
    other series, and its first days are the same for any horizon.

    Days before a series' first amount do not count as its history; NaN is a day that is not
    known. `levels` are the shares of days that should fall inside the bands. Raises ValueError for
    values that are no matrix, a horizon under one day or a level outside 0…1."""
    values = np.asarray(values, dtype=np.float64)
    _check(values, horizon, levels, known)
    count = values.shape[1]
    first = start + timedelta(days=count)
    plain = _filled(undone(values, start, known))
    answer = _empty(plain, first, horizon, levels)
    calendar = calendar or Calendar()
    blocks = list(_blocks(plain, answer))

    def work(block: tuple[int, Rows]) -> None:
        length, rows = block
        _forecast(plain, start, rows, length, calendar, answer)

    threads = min(len(blocks), os.cpu_count() or 1)
    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work, blocks))
    else:
        for block in blocks:
            work(block)
    return _with_events(answer, first, known)


def _check(
    values: Floats, horizon: int, levels: Sequence[float], known: Sequence[KnownEvent]
) -> None:
    if values.ndim != 2:
        raise ValueError(f"series are a matrix [series, days]; this has {values.ndim} dimensions")
    if np.isinf(values).any():
        raise ValueError("an amount is infinite; give NaN for a day that is not known")
    if horizon < 1:
        raise ValueError(f"a forecast looks at least one day ahead, not {horizon}")
    for level in levels:
        if not 0 < level < 1:
            raise ValueError(f"a band's level is between 0 and 1, e.g. 0.8, not {level}")
    for event in known:
        for row in event.series or ():
            if not 0 <= row < len(values):
                raise ValueError(
                    f"the known event {event.name!r} is about series {row}; there are {len(values)}"
                )


def _filled(values: Floats) -> Floats:
    """Days that are not known, as the same weekday before (or else after, or else 0)."""
    unknown = np.isnan(values)
    if not unknown.any():
        return values
    filled = values.copy()
    for row in np.flatnonzero(unknown.any(axis=1)).tolist():
        series = filled[row]
        for day in np.flatnonzero(unknown[row]).tolist():
            series[day] = series[day - WEEK] if day >= WEEK else np.nan
        for day in np.flatnonzero(np.isnan(series)).tolist()[::-1]:
            later = day + WEEK
            series[day] = series[later] if later < len(series) else np.nan
    return np.nan_to_num(filled)


def _empty(plain: Floats, first: date, horizon: int, levels: Sequence[float]) -> Forecasts:
    """An answer in which every series is zero until it has a forecast or a reason."""
    n = len(plain)

    def zeros() -> Floats:
        return np.zeros((n, horizon))

    return Forecasts(
        start=first,
        mean=zeros(),
        lower={level: zeros() for level in levels},
        upper={level: zeros() for level in levels},
        method=[""] * n,
        errors=[PastError()] * n,
        reason=[""] * n,
        residuals=np.full((len(WINDOWS), n, LOOK), np.nan),
        past=plain,
    )


def _blocks(plain: Floats, answer: Forecasts) -> Iterator[tuple[int, Rows]]:
    """Series that need work, by how many days of history are looked at, in blocks.

    Series with nothing to tell are answered here: too short, ended, or nothing charged at all."""
    n, count = plain.shape
    charged = plain != 0
    ever = charged.any(axis=1)
    length = np.zeros(n, dtype=np.int64)
    silent = np.zeros(n, dtype=np.int64)
    if count:
        length = np.where(ever, count - charged.argmax(axis=1), 0)
        silent = np.where(ever, charged[:, ::-1].argmax(axis=1), 0)
    by_length: dict[int, list[int]] = {}
    for row in range(n):
        days = int(length[row])
        if count and not days:
            answer.method[row] = "nothing charged"
        elif days < MINIMUM_DAYS:
            _too_short(answer, row, days)
        elif silent[row] >= SILENT_DAYS and silent[row] > 1.5 * _longest_gap(charged[row]):
            last = answer.start - timedelta(days=int(silent[row]) + 1)
            answer.method[row] = f"ended: nothing since {last}"
        else:
            by_length.setdefault(_looked_at(days, count), []).append(row)
    for days, rows in sorted(by_length.items()):
        for begin in range(0, len(rows), BLOCK):
            yield days, np.array(rows[begin : begin + BLOCK])


def _too_short(answer: Forecasts, row: int, days: int) -> None:
    """No forecast, and the reason."""
    for part in (answer.mean, *answer.lower.values(), *answer.upper.values()):
        part[row] = np.nan
    answer.reason[row] = (
        f"too little history: {days} {'day' if days == 1 else 'days'} since the first amount, a "
        f"forecast needs {MINIMUM_DAYS}"
    )


def _looked_at(days: int, count: int) -> int:
    """How much of a history is looked at: all of it if it fills the matrix, else whole fortnights
    or four weeks of it, so that series of about one age are worked on together."""
    if days == count:
        return min(days, MOST_DAYS)
    step = 2 * WEEK if days < 8 * WEEK else 4 * WEEK
    return min(days // step * step, MOST_DAYS)


def _longest_gap(charged: NDArray[np.bool_]) -> int:
    """Most days in a row without a charge, between two charges."""
    days = np.flatnonzero(charged)
    return int(np.diff(days).max()) - 1 if len(days) > 1 else 0


def _forecast(
    plain: Floats, start: date, rows: Rows, length: int, calendar: Calendar, answer: Forecasts
) -> None:
    """Forecast the series of one block, and write them into the answer."""
    count = plain.shape[1]
    values = np.ascontiguousarray(plain[rows, count - length :].T)
    size = np.abs(values).mean(axis=0)
    size[size == 0] = 1.0  # nothing was charged for as long as it is looked back
    size = np.where(size > 0, size, 1.0)
    values = values / size  # so that thresholds mean the same for cents and for millions
    days = calendar.days(start + timedelta(days=count - length), length)
    horizon = answer.mean.shape[1]
    chosen = choose(values, days, calendar.days(answer.start, horizon), calendar)
    floor = np.where((values >= 0).all(axis=0), 0.0, -np.inf)
    roof = np.where((values <= 0).all(axis=0), 0.0, np.inf)
    mean = np.clip(chosen.mean, floor, roof)
    answer.mean[rows] = (mean * size).T
    answer.residuals[:, rows] = (chosen.residuals * size).transpose(0, 2, 1)
    reach = band(values, chosen.residuals, horizon, list(answer.lower))
    for level, (below, above) in reach.items():
        answer.lower[level][rows] = (np.clip(mean - below, floor, roof) * size).T
        answer.upper[level][rows] = (np.clip(mean + above, floor, roof) * size).T
    _tell(chosen, rows, length, answer)


def _tell(chosen: Chosen, rows: Rows, length: int, answer: Forecasts) -> None:
    """Write down how the series were forecast, and how that erred before."""
    off = np.nansum(np.abs(chosen.residuals), axis=(0, 1))
    came = np.nansum(np.abs(chosen.actual), axis=(0, 1))
    known = (~np.isnan(chosen.residuals)).sum(axis=(0, 1))
    windows = tuple(
        answer.start - timedelta(days=back) for back in WINDOWS if length - back >= LEAST
    )
    looked = max((back for back in WINDOWS if length - back >= LEAST), default=0)
    order = np.argsort(-chosen.shares, axis=0, kind="stable")
    for place, row in enumerate(rows.tolist()):
        answer.method[row] = _method(chosen.shares[:, place], order[:, place])
        if windows:
            answer.errors[row] = PastError(
                wape=float(off[place] / came[place]) if came[place] else None,
                mase=float(off[place] / known[place] / chosen.unit[place]),
                windows=windows,
                days=looked,
                candidates={
                    name: error
                    for name, error in zip(NAMES, chosen.mase[:, place].tolist(), strict=True)
                    if error == error  # NaN: not tried
                },
            )


def _method(shares: Floats, order: Rows) -> str:
    """The candidates that a forecast is mostly made of, with their shares."""
    named = [place for place in order.tolist() if shares[place] >= NAMED][:3]
    if not named:
        several = int((shares >= 0.01).sum())
        return f"mean of {several} methods, {NAMES[order[0]]} foremost"
    told = ", ".join(f"{NAMES[place]} ({shares[place]:.0%})" for place in named)
    return told if shares[named].sum() > 0.995 else f"{told}, other methods"


def _with_events(answer: Forecasts, first: date, known: Sequence[KnownEvent]) -> Forecasts:
    """The days to come with what is known of them; bands move and grow along."""
    if not known:
        return answer
    return Forecasts(
        answer.start,
        applied(answer.mean, first, known),
        {level: applied(part, first, known) for level, part in answer.lower.items()},
        {level: applied(part, first, known) for level, part in answer.upper.items()},
        answer.method,
        answer.errors,
        answer.reason,
        answer.residuals,
        answer.past,
    )
