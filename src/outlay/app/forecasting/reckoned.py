"""From series to days to come: the engine's forecasts made to add up, then whole cents.

The total of a currency is forecast by itself, from the sum of its series: it is the same whatever
the question is grouped by, and what is small within a group evens out in it. Groups are forecast
each by itself too, and what their sum is off the total is dealt out by how unsure each is (the
square of its band), as least squares would with a total that is certain (Hyndman and others,
"Optimal combination forecasts for hierarchical time series", 2011).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np

from outlay.app.forecasting.answer import BY_CALENDAR, LEVELS, Charge, Tried

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from outlay.app.forecasting.answer import SeriesForecast
    from outlay.app.forecasting.series import SeriesSet, Stream
    from outlay.forecast import Calendar, ChargeForecast, Forecasts

    Floats = NDArray[np.float64]
    Units = NDArray[np.int64]

_SHORT_WEEK = 7
_PASSES = 4


@dataclass(eq=False)
class Line:
    """A row that a forecast is made of: `mean` and bands [days] in the currency (None: none, and
    the `reason`), how it came about, and the errors of the past [trials, days]."""

    reason: str = ""
    method: str = ""
    tried: Tried = field(default_factory=Tried)
    mean: Floats | None = None
    lower: dict[int, Floats] = field(default_factory=dict)
    upper: dict[int, Floats] = field(default_factory=dict)
    errors: Floats | None = None
    charges: tuple[Charge, ...] = ()

    def move(self, by: Floats) -> None:
        """Shift mean and bands alike."""
        if self.mean is None:
            return
        self.mean = self.mean + by
        for band in (self.lower, self.upper):
            for level in band:
                band[level] = band[level] + by


@dataclass(eq=False)
class PlannedLine:
    """What is planned and not charged yet: a line of its own."""

    title: str
    line: Line


@dataclass(eq=False)
class Block:
    """The lines of one currency: its total, its rows by their number in the series, the rest of
    the total that no row with a forecast of its own has (None: there is none), and what is planned
    beside them."""

    currency: str | None
    total: Line
    rows: dict[int, Line]
    rest: Line | None = None
    planned: list[PlannedLine] = field(default_factory=list)

    def change(self, row: int, by: Floats) -> None:
        """Put an amount by day on a row, and on the total."""
        line = self.rows.get(row)
        target = line if line is not None and line.mean is not None else self.rest
        if target is not None:
            target.move(by)
            self.total.move(by)

    def plan(self, title: str, by: Floats) -> None:
        """Put an amount by day on a line of its own, and on the total."""
        zero = {level: by.copy() for level in LEVELS}
        made = Line(
            "", "planned", mean=by, lower=zero, upper={k: v.copy() for k, v in zero.items()}
        )
        self.planned.append(PlannedLine(title, made))
        self.total.move(by)


def reckon(
    series: SeriesSet, horizon: int, calendar: Calendar | None = None, digits: int = 2
) -> list[Block]:
    """The forecast lines of a set of series, a block a currency in the order of size, coherent in
    floats: rows and rest add up to the total on each day."""
    from outlay.forecast import forecast_many

    currencies = list(dict.fromkeys(series.currencies))
    parts = {currency: series.rows_of(currency) for currency in currencies}
    totals = [series.usage[parts[currency]].sum(axis=0) for currency in currencies]
    matrix = np.vstack([series.usage, *totals]) if currencies else series.usage
    if not series.days or not len(matrix):
        return [_nothing(currency, parts[currency]) for currency in currencies]
    some = np.flatnonzero(matrix.any(axis=1))
    levels = [level / 100 for level in LEVELS]
    made = forecast_many(matrix[some], series.start, horizon, calendar=calendar, levels=levels)
    place_of = {int(row): place for place, row in enumerate(some)}

    def line(row: int) -> Line:
        return _line(made, place_of[row]) if row in place_of else _unused(horizon)

    by_row = _charges(series, horizon, digits)
    blocks = []
    for place, currency in enumerate(currencies):
        total = line(len(series.keys) + place)
        rows = {int(row): line(int(row)) for row in parts[currency]}
        blocks.append(_block(series, currency, total, rows, by_row, horizon, digits))
    return blocks


def _nothing(currency: str | None, rows: NDArray[np.int64]) -> Block:
    reason = "no complete day yet"
    return Block(currency, Line(reason), {int(row): Line(reason) for row in rows})


def _unused(horizon: int) -> Line:
    """A row of which nothing was ever used: what it has comes by a calendar."""
    zero = np.zeros(horizon)
    found = Line("", BY_CALENDAR, Tried(untried="its charges are repeated on their days"), zero)
    found.lower = {level: zero.copy() for level in LEVELS}
    found.upper = {level: zero.copy() for level in LEVELS}
    return found


def _line(made: Forecasts, row: int) -> Line:
    """The engine's answer of one row."""
    if made.reason[row]:
        return Line(made.reason[row])
    error = made.errors[row]
    tried = Tried(error.wape, error.mase, error.days, len(error.windows), dict(error.candidates))
    return Line(
        "",
        made.method[row],
        tried,
        made.mean[row].copy(),
        {level: made.lower[level / 100][row].copy() for level in LEVELS},
        {level: made.upper[level / 100][row].copy() for level in LEVELS},
        made.residuals[:, row],
    )


def _block(
    series: SeriesSet,
    currency: str | None,
    total: Line,
    rows: dict[int, Line],
    by_row: Mapping[int, Sequence[Charge]],
    horizon: int,
    digits: int,
) -> Block:
    """One currency: calendar charges put in, and the rows made to add up to the total."""
    if total.mean is None:
        for line in rows.values():
            line.reason, line.mean = line.reason or total.reason, None
        return Block(currency, total, rows)
    alone = [row for row, line in rows.items() if line.mean is None]
    rest = Line("", "the rest of the total", mean=_level(series, alone, horizon)) if alone else None
    if rest is not None and rest.mean is not None:
        rest.lower = {level: rest.mean.copy() for level in LEVELS}
        rest.upper = {level: rest.mean.copy() for level in LEVELS}
    sharing = [line for line in rows.values() if line.mean is not None]
    _spread(total.mean, sharing + ([rest] if rest else []))
    merged = _merged(series, [row for row in rows], horizon, digits)
    total.charges = tuple(merged)
    charged: Floats = np.zeros(horizon)
    for row, line in rows.items():
        charges = tuple(by_row.get(row, ()))
        amounts = _by_day(charges, series.complete_until, horizon)
        charged = charged + amounts
        if line.mean is None and rest is not None:
            rest.move(amounts)
        else:
            line.charges = charges
            line.move(amounts)
    whole = _by_day(merged, series.complete_until, horizon)
    _spread_charges(whole - charged, rows, rest)
    total.move(whole)
    return Block(currency, total, rows, rest)


def _level(series: SeriesSet, rows: Sequence[int], horizon: int) -> Floats:
    """What rows without a forecast came to a day of the last week: where their share begins."""
    recent = series.usage[list(rows), -_SHORT_WEEK:]
    return np.full(horizon, recent.sum(axis=0).mean() if recent.size else 0.0)


def _spread(total: Floats, lines: Sequence[Line]) -> None:
    """Move lines so that they add up to `total` on each day: by the square of their bands; what
    was never below zero is not pushed there."""
    if not lines:
        return
    means = np.array([line.mean for line in lines])
    widths = np.array([_width(line) for line in lines])
    weights = widths**2 if widths.any() else np.abs(means).sum(axis=1)
    if not weights.any():
        weights = np.ones(len(lines))
    floor = np.where((means >= 0).all(axis=1), 0.0, -np.inf)
    moved = means.copy()
    for _ in range(_PASSES):
        gap = total - moved.sum(axis=0)
        free = (moved > floor[:, None]) | (gap > 0)
        part = weights[:, None] * free
        of_all = part.sum(axis=0)
        step = np.divide(part * gap, of_all, out=np.zeros_like(part), where=of_all > 0)
        moved = np.maximum(moved + step, floor[:, None])
    # Whatever could not be placed is with the largest: the parts must add up.
    moved[int(np.argmax(np.abs(means).sum(axis=1)))] += total - moved.sum(axis=0)
    for line, before, after in zip(lines, means, moved, strict=True):
        line.move(after - before)


def _width(line: Line) -> float:
    """Half the width of a line's first band over the horizon; of one without, a fifth of it."""
    level = LEVELS[0]
    assert line.mean is not None
    if line.errors is None:
        fifth: float = np.abs(line.mean).mean().item() / 5
        return fifth
    half: float = (line.upper[level] - line.lower[level]).mean().item() / 2
    return half


def _spread_charges(gap: Floats, rows: Mapping[int, Line], rest: Line | None) -> None:
    """What merged streams charge more or less than those of the rows goes to the rows that are
    charged on that day, else to the largest."""
    if not gap.any():
        return
    lines = [line for line in rows.values() if line.mean is not None] or ([rest] if rest else [])
    for day in np.flatnonzero(np.abs(gap) > 1e-12):
        sizes = np.array([abs(_on(line, int(day))) for line in lines])
        if not sizes.any():
            sizes = np.array([_size(line) for line in lines])
        shares = sizes / sizes.sum() if sizes.sum() else np.full(len(lines), 1 / len(lines))
        for line, part in zip(lines, shares, strict=True):
            moved = np.zeros(len(gap))
            moved[day] = gap[day] * part
            line.move(moved)


def _size(line: Line) -> float:
    assert line.mean is not None
    size: float = np.abs(line.mean).sum().item()
    return size


def _on(line: Line, day: int) -> float:
    assert line.mean is not None
    amount: float = line.mean[day].item()
    return amount


# --- charges that come by a calendar ---


def _charges(series: SeriesSet, horizon: int, digits: int) -> dict[int, list[Charge]]:
    """The charges to come of each row, by its streams."""
    found: dict[int, list[Charge]] = {}
    told = _told(series, series.streams, series.stream_values, horizon, digits)
    for stream, charge in zip(series.streams, told, strict=True):
        if charge.amounts:
            found.setdefault(stream.series, []).append(_charge(charge))
    return found


def _merged(series: SeriesSet, rows: Sequence[int], horizon: int, digits: int) -> list[Charge]:
    """The charges of all rows of one currency, told by streams that no grouping cuts."""
    wanted = set(rows)
    places: dict[tuple[str | None, ...], list[int]] = {}
    first: dict[tuple[str | None, ...], Stream] = {}
    for place, one in enumerate(series.streams):
        if one.series in wanted:
            key = (one.category, one.frequency, one.service, one.account)
            places.setdefault(key, []).append(place)
            first.setdefault(key, one)
    if not places:
        return []
    values = np.array([series.stream_values[at].sum(axis=0) for at in places.values()])
    told = _told(series, list(first.values()), values, horizon, digits)
    return [_charge(one) for one in told if one.amounts]


def _told(
    series: SeriesSet, streams: Sequence[Stream], values: Floats, horizon: int, digits: int
) -> list[ChargeForecast]:
    from outlay.forecast import ChargeStream, monthly_charges

    asked = []
    for stream, row in zip(streams, values, strict=True):
        days = np.flatnonzero(row)
        dated = [
            (series.start + timedelta(days=int(day)), _decimal(row[day].item())) for day in days
        ]
        asked.append(ChargeStream(_name(stream), dated, _frequency(stream, dated)))
    return monthly_charges(asked, series.complete_until, horizon, digits=digits)


def _name(stream: Stream) -> str:
    told = [stream.service, stream.category]
    return " · ".join(text for text in told if text) or "Charge"


def _frequency(
    stream: Stream, dated: Sequence[tuple[date, Decimal]]
) -> Literal["recurring", "one-time"]:
    """Providers say *One-Time* also of a tax that each invoice has: what came in three months is
    no single charge. A purchase is."""
    if stream.frequency != "One-Time":
        return "recurring"
    months = {(day.year, day.month) for day, _ in dated}
    return "one-time" if stream.category == "Purchase" or len(months) < 3 else "recurring"


def _decimal(value: float) -> Decimal:
    return Decimal(repr(round(value, 9)))


def _charge(told: ChargeForecast) -> Charge:
    return Charge(told.name, told.rhythm, told.rule, dict(told.amounts))


def _by_day(charges: Sequence[Charge], start: date, horizon: int) -> Floats:
    amounts: Floats = np.zeros(horizon)
    for charge in charges:
        for day, amount in charge.amounts.items():
            amounts[(day - start).days] += np.float64(amount)
    return amounts


# --- sums of days, and cents ---


def band_of_units(
    made: SeriesForecast, first: int, last: int, level: int = LEVELS[0]
) -> tuple[Decimal, Decimal]:
    """What the band of the sum of days `first` to `last` (exclusive) is below it (negative) and
    above it, in the forecast's currency.

    Days do not all err to one side: the sum of their half-widths is scaled by how the sums of as
    many days erred in past trials, against their days."""
    assert made.mean is not None
    ratio = _ratio(made.errors, last - first)
    mean, low, high = (
        rows[first:last] for rows in (made.mean, made.lower[level], made.upper[level])
    )
    below, above = (round(ratio * (edge - mean).sum().item()) for edge in (low, high))
    return Decimal(below).scaleb(-made.places), Decimal(above).scaleb(-made.places)


def _ratio(errors: Floats | None, days: int) -> float:
    """The error of a sum of days over the sum of their errors: 1 when all err to one side.

    Few trials say little, so that what is usual (measured by the backtest) counts as much as three
    trials; only trials that looked so many days ahead count."""
    from outlay.forecast.bands import of_days

    if days <= 0:
        return 0.0
    usual = of_days(days)
    if errors is None or errors.shape[1] < days:
        return usual
    known = errors[:, :days]
    known = known[~np.isnan(known).any(axis=1)]
    each: float = np.sqrt((known**2).mean(axis=0)).sum().item() if known.size else 0.0
    if not each:
        return usual
    found: float = np.sqrt((known.sum(axis=1) ** 2).mean()).item() / each
    trials = len(known)
    return (trials * found + 3 * usual) / (trials + 3)


def in_units(total: Floats, parts: Floats, places: int) -> tuple[Units, Units]:
    """Whole minor units of a total [days] and its parts [n, days], so that parts add up to it on
    each day; what rounding leaves on one day is carried to the next, in each part."""
    from outlay.forecast.cents import cents

    whole = cents(total, places)
    units = np.zeros(parts.shape, dtype=np.int64)
    if not len(parts):
        return whole, units
    carried = np.zeros(len(parts))
    for day in range(parts.shape[1]):
        wanted = parts[:, day] * 10.0**places + carried
        down = np.floor(wanted).astype(np.int64)
        missing = int(whole[day] - down.sum())
        each, more = divmod(missing, len(parts))
        down += each
        if more:
            down[np.argsort(-(wanted - down), kind="stable")[:more]] += 1
        units[:, day] = down
        carried = wanted - down
    return whole, units
