"""What of a series is calendar, and what is left: places in the month, holidays, weekdays.

Arrays are [days, series] here: a day's row lies together in memory, and everything is done for all
series at once. Nothing looks past the last day that it is given, so that a forecast made on days
of the past knows no more than was known then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outlay.forecast.calendar import WEEK, Days
from outlay.forecast.steps import without_steps

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TINY = 1e-9
NORMAL = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""

LEAST_FACTOR = 0.02
"""The least weekly factor that is divided by."""

OUTLIER = 3.0
NEWEST = 2 * WEEK
"""The days that are looked at for something that lasts up to the last one."""

RUN = 4
"""Days in a row, up to the last one, from which on something unusual is how it is now."""

WEEKS = 26
"""Weeks that the weekly shape is taken from."""


@dataclass(frozen=True)
class Shape:
    """The parts of series [days, series] and of the days to come [horizon, series].

    `plain` is the series without places in the month, holidays and outliers; `flat` is that
    without the weekly shape; `level` is that with all steps taken out, at today's level, and `age`
    the days since the newest step.
    `factors` says which series are products (level × weekday) and which are sums. `add` and
    `share` are what places in the month and holidays bring on days to come, as an amount and as a
    share of the day's cost."""

    plain: Floats
    flat: Floats
    level: Floats
    age: NDArray[np.int64]
    week: Floats
    factors: Bools
    add: Floats
    share: Floats
    future: Days

    def whole(self, level: Floats) -> Floats:
        """The days to come from their level [horizon, series]."""
        week = self.week[self.future.weekday]
        return self.placed(np.where(self.factors, level * week, level + week))

    def placed(self, values: Floats) -> Floats:
        """Days to come that have their weekday already, with places in the month and holidays."""
        return values * (1 + self.share) + self.add


def shape(values: Floats, days: Days, future: Days) -> Shape:
    """Take series apart. `values` are [days, series] without NaN, at least two weeks of them."""
    size = np.abs(values[-8 * WEEK :]).mean(0)
    recent = np.sort(values[-8 * WEEK :], axis=0)[len(values[-8 * WEEK :]) // 2]
    factors = ((values >= 0).all(0)) & (recent > 0)
    middle, low, high = neighbours(values)
    off = values - middle
    noise = 0.9 * NORMAL * median(np.abs(off[-26 * WEEK :])) + TINY * size
    past, add, share = _places(off, middle, days, future, noise, factors)
    plain = values - past
    if past.any():
        middle, low, high = neighbours(plain)
    plain = _without_outliers(plain, low, high, noise, factors)
    week = weekly(plain, days, factors, WEEKS)
    flat = flattened(plain, days, week, factors)
    level, age = without_steps(flat, factors)
    return Shape(plain, flat, level, age, week, factors, add, share, future)


def median(values: Floats) -> Floats:
    """The lower median of the days, by series: as good here as NumPy's, and faster."""
    place = (len(values) - 1) // 2
    found: Floats = np.partition(values, place, axis=0)[place]
    return found


def _middle(few: Floats) -> Floats:
    """The median of a few rows: by sorting, which is faster for few than NumPy's median."""
    rows = np.sort(few, axis=0)
    middle: Floats = (rows[(len(rows) - 1) // 2] + rows[len(rows) // 2]) / 2
    return middle


def neighbours(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each day's four neighbours of the same weekday (two before, two after; at the ends those
    that there are): the mean of the middle two, the lowest, the highest."""
    count = len(values)
    day = np.arange(count)[:, None]
    places = day + np.array([[-14, -7, 7, 14]])
    for other in ((-21, -14, -7, 7), (-28, -21, -14, -7), (-7, 7, 14, 21), (7, 14, 21, 28)):
        instead = day + np.array([other])
        fits = ((instead >= 0) & (instead < count)).all(1)
        missing = ((places < 0) | (places >= count)).any(1) & fits
        places[missing] = instead[missing]
    for column in range(4):  # a history of few weeks: the nearest day of the same weekday
        short = places[:, column]
        while (short < 0).any() or (short >= count).any():
            short = np.where(short < 0, short + WEEK, np.where(short >= count, short - WEEK, short))
        places[:, column] = short
    a, b, c, d = (values[places[:, column]] for column in range(4))
    low = np.minimum(np.minimum(a, b), np.minimum(c, d))
    high = np.maximum(np.maximum(a, b), np.maximum(c, d))
    return (a + b + c + d - low - high) / 2, low, high


def _places(
    off: Floats, middle: Floats, days: Days, future: Days, noise: Floats, factors: Bools
) -> tuple[Floats, Floats, Floats]:
    """Charges that belong to a day of the month, counted from its start or its end, and holidays.

    Returns what they were on past days, and for days to come the amount and the share."""
    past = np.zeros_like(off)
    add = np.zeros((len(future), off.shape[1]))
    share = np.zeros_like(add)
    for left in range(3):
        rows, ahead = days.before_end == left, future.before_end == left
        _place(off, middle, past, (add, share), rows, ahead, noise, factors)
    for day in range(1, 29):
        rows = (days.day == day) & (days.before_end > 2)
        ahead = (future.day == day) & (future.before_end > 2)
        _place(off, middle, past, (add, share), rows, ahead, noise, factors)
    _holidays(off, middle, past, share, days, future, noise, factors)
    return past, add, share


def _place(
    off: Floats,
    middle: Floats,
    past: Floats,
    to_come: tuple[Floats, Floats],
    rows: Bools,
    ahead: Bools,
    noise: Floats,
    factors: Bools,
) -> None:
    """One place of the month. It counts where at least three of four of its last six days are far
    from what their neighbours tell, all to one side and about equally far."""
    found = np.flatnonzero(rows)[-6:]
    if len(found) < 2:
        return
    amounts = off[found] - past[found]
    typical = _middle(amounts)
    far = np.abs(typical) > 3 * noise
    if not far.any():
        return
    agree = (np.abs(amounts) > 3 * noise) & (np.sign(amounts) == np.sign(typical))
    spread = _middle(np.abs(amounts - typical))
    counts = far & (agree.mean(0) >= 0.75) & (spread < 0.5 * np.abs(typical))
    if len(found) == 2:
        counts &= agree.all(0) & (np.ptp(amounts, axis=0) < 0.3 * np.abs(typical))
    if not counts.any():
        return
    base = np.where(np.abs(middle[found]) > TINY, middle[found], 1.0)
    shares = amounts / base
    usual = _middle(shares)
    even = _middle(np.abs(shares - usual)) * np.abs(typical) <= spread * np.abs(usual)
    as_share = counts & factors & even
    past[found] += np.where(counts, amounts, 0.0)
    add, share = to_come
    add[ahead] += np.where(counts & ~as_share, _middle(amounts[-3:]), 0.0)
    share[ahead] += np.where(as_share, usual, 0.0)


def _holidays(
    off: Floats,
    middle: Floats,
    past: Floats,
    share: Floats,
    days: Days,
    future: Days,
    noise: Floats,
    factors: Bools,
) -> None:
    """Holidays as a share of the day's usual cost: the holiday's own last three, drawn towards
    what holidays do in this series. They count where half of the last twelve are unusual."""
    found = np.flatnonzero(days.holiday)
    if len(found) < 2 or not factors.any():
        return
    amounts = off[found] - past[found]
    base = np.where(np.abs(middle[found]) > TINY, middle[found], 1.0)
    shares = np.clip(amounts / base, -1.0, 3.0) * factors
    common = np.median(shares[-12:], axis=0)
    unusual = (np.abs(amounts) > 2 * noise)[-12:].mean(0) >= 0.5
    counts = factors & unusual & (np.abs(common * middle[-1]) > noise)
    names = days.which[found]
    for name in np.unique(future.which[future.holiday]):
        own = np.flatnonzero(names == name)[-3:]
        told = (shares[own].sum(0) + 0.5 * common) / (len(own) + 0.5)
        share[future.which == name] += np.where(counts, told, 0.0)
    past[found] += np.where(counts, amounts, 0.0)


def _without_outliers(
    values: Floats, low: Floats, high: Floats, noise: Floats, factors: Bools
) -> Floats:
    """Days beyond all their neighbours are drawn to the nearest of them, give or take the noise.

    Days up to the last one that are all unusual to one side, and about equally, are left: so many
    in a row are no outlier, but how it is now."""
    floor, roof = low - OUTLIER * noise, high + OUTLIER * noise
    over, under = values > roof, values < floor
    if len(values) >= 7 * WEEK:
        over[-NEWEST:] &= ~_lasting(values, noise, factors, 1)
        under[-NEWEST:] &= ~_lasting(values, noise, factors, -1)
    result: Floats = np.where(over, roof, np.where(under, floor, values))
    return result


def _lasting(values: Floats, noise: Floats, factors: Bools, side: int) -> Bools:
    """Which of the newest days [NEWEST, series] belong to a run up to the last day, of at least
    RUN days, that are all further to one side (1 above, -1 below) than any of the same weekday
    two to five weeks before, and the last of them about equally far."""
    count = len(values)
    day = np.arange(count - NEWEST, count)
    before = np.sort(values[day[:, None] - NEWEST - WEEK * np.arange(4)], axis=1)
    usual = before[:, 1:3].mean(axis=1)
    now = values[-NEWEST:]
    edge = before[:, -1] if side > 0 else before[:, 0]
    beyond = side * (now - edge) > OUTLIER * noise
    run = np.cumprod(beyond[::-1], axis=0)[::-1].astype(bool)
    far = (now - usual) / np.where(factors, np.maximum(np.abs(usual), TINY), 1.0)
    far = far[-RUN:]
    even = (np.abs(far - far.mean(axis=0)) < 0.5 * np.abs(far.mean(axis=0))).all(axis=0)
    lasting: Bools = run & run[-RUN:].all(axis=0) & even
    return lasting


def running_mean(values: Floats, length: int) -> Floats:
    """Means of `length` days in a row: [days - length + 1, series]."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    found: Floats = (sums[length:] - sums[:-length]) / length
    return found


def weekly(plain: Floats, days: Days, factors: Bools, weeks: int) -> Floats:
    """The weekly shape [7, series], Monday first: factors of mean 1, or amounts of mean 0.

    Each weekday's is a trimmed mean over the last `weeks`. It is drawn towards none at all by as
    much as it could be noise (James and Stein's shrinkage)."""
    around = running_mean(plain, WEEK)
    around = np.concatenate([around[:1]] * 3 + [around] + [around[-1:]] * 3)
    size = np.where(np.abs(around) > TINY, around, 1.0)
    against = np.where(factors, plain / size, plain - around)
    shape_of = np.zeros((WEEK, plain.shape[1]))
    spread = np.zeros(plain.shape[1])
    for day in range(WEEK):
        found = np.sort(against[np.flatnonzero(days.weekday == day)[-weeks:]], axis=0)
        cut = len(found) // 5
        found = found[cut : len(found) - cut]
        shape_of[day] = found.mean(0)
        spread += found.var(0) / WEEK
    none = np.where(factors, 1.0, 0.0)
    shape_of -= shape_of.mean(0)
    strength = (shape_of**2).mean(0)
    believed = max(min(weeks, len(plain) // WEEK), 1)
    kept = np.clip(1 - 1.5 * spread / believed / np.maximum(strength, 1e-300), 0, 1)
    shrunk: Floats = none + shape_of * kept
    return shrunk


def flattened(plain: Floats, days: Days, week: Floats, factors: Bools) -> Floats:
    """The series without its weekly shape."""
    by_day = week[days.weekday]
    flat: Floats = np.where(factors, plain / np.maximum(by_day, LEAST_FACTOR), plain - by_day)
    return flat
