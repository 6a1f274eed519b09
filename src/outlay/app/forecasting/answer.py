"""What a forecast answers: days and months to come, exact from here on.

Amounts are whole minor units of their currency (cents), kept as integers in arrays and told as
Decimals, so that parts add up to their total to the cent on every day and in every month.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from outlay.money import BillingPeriod, DateRange, total

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from outlay.query import CostQuery

    Units = NDArray[np.int64]

LEVELS = (80, 95)
"""The bands of a forecast, in per cent: so many of the days to come should fall inside."""

BY_CALENDAR = "by calendar"
"""The method of a series that has nothing but charges of a calendar."""

Part = Literal["series", "other", "new", "planned", "total"]


@dataclass(frozen=True)
class Tried:
    """How a forecast did when it was made on days of the past, with what was known then.

    `wape` is the sum of absolute daily errors over the sum of amounts (0.04 is 4 %), `mase` the
    mean absolute error over that of repeating the week before (below 1 is better); None where it
    cannot be told. `days` is how far each trial looked, `trials` how many there were, `others` the
    MASE of the methods that were not chosen, `untried` why there was none, in words."""

    wape: float | None = None
    mase: float | None = None
    days: int = 0
    trials: int = 0
    others: Mapping[str, float] = field(default_factory=dict)
    untried: str = "not tried: too little history to hold days back"

    @property
    def words(self) -> str:
        """The past error in words: ``off by 4 % a day over 28 days, tried 3 times``."""
        if self.wape is None:
            return self.untried
        times = "once" if self.trials == 1 else f"{self.trials} times"
        tried = f", tried {times}" if self.trials else ""
        return f"off by {_percent(self.wape)} a day over {self.days} days{tried}"


@dataclass(frozen=True)
class Amounts:
    """An expected amount with its bands: percentage of the band → (lower, upper)."""

    mean: Decimal
    bands: Mapping[int, tuple[Decimal, Decimal]]


@dataclass(frozen=True)
class Month:
    """One month of a series: `actual` is what its complete days have, `forecast` what is expected
    of the days after them, both exact; `outlook` is their sum, with the bands of what is still to
    come around it. `to` is the day after the last that is counted: the end of the month, or of the
    horizon within it."""

    period: BillingPeriod
    to: date
    actual: Decimal
    forecast: Decimal
    bands: Mapping[int, tuple[Decimal, Decimal]]

    @property
    def outlook(self) -> Decimal:
        """Actual so far and forecast for the rest."""
        return total((self.actual, self.forecast))

    @property
    def whole(self) -> bool:
        """Whether all days of the month are counted."""
        return self.to == self.period.end


@dataclass(frozen=True)
class Charge:
    """A charge that comes by its own calendar: on which days (within the horizon) how much, and by
    which rule it is expected, in words."""

    name: str
    rhythm: str
    rule: str
    amounts: Mapping[date, Decimal]

    @property
    def whole(self) -> Decimal:
        """All of it within the horizon, exactly."""
        return total(self.amounts.values())


@dataclass(frozen=True, eq=False)
class SeriesForecast:
    """The forecast of one series.

    `key` are the values of the question's `by`. `part` says what it is: a group of the question,
    `other` (the groups beyond the largest), `new` (the groups without a forecast of their own: the
    rest of the total), `planned` (a planned change of what is not charged yet), `total`; `groups`
    how many groups of the question are in it. `reason` says why there is no forecast ('' where
    there is one); `method` and `tried` are about what is used, `charges` about what comes by a
    calendar. `mean`, `lower` and `upper` [days] are in 10^-`places` of `currency` from the
    forecast's first day on; `months` as `ForecastAnswer.periods`. `errors` [trials, days] are
    those of the past, of which sums of days have their bands.
    """

    key: tuple[object, ...]
    currency: str | None
    part: Part
    title: str
    reason: str
    method: str
    tried: Tried
    places: int
    mean: Units | None
    lower: Mapping[int, Units]
    upper: Mapping[int, Units]
    before: Mapping[BillingPeriod, Decimal]
    months: tuple[Month, ...] = ()
    charges: tuple[Charge, ...] = ()
    groups: int = 1
    errors: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)

    def day(self, index: int) -> Amounts:
        """The amounts of one day of the horizon; ValueError where there is no forecast."""
        if self.mean is None:
            raise ValueError(f"there is no forecast of {self.title}: {self.reason}")
        bands = {
            level: (self._amount(low[index]), self._amount(self.upper[level][index]))
            for level, low in self.lower.items()
        }
        return Amounts(self._amount(self.mean[index]), bands)

    def sum(self, first: int = 0, last: int | None = None) -> Decimal:
        """The expected amount of days `first` to `last` (exclusive) of the horizon; 0 without a
        forecast."""
        return Decimal(0) if self.mean is None else self._amount(self.mean[first:last].sum())

    def _amount(self, units: Any) -> Decimal:
        return Decimal(int(units)).scaleb(-self.places)


@dataclass(frozen=True, eq=False)
class ForecastAnswer:
    """A forecast of a question.

    History ends before `start`, the first day that is not complete; `days` are forecast from it on
    and end before `end` (UTC days). `series` are in order of size, each with the currency of its
    amounts; `totals` has one a currency: the parts of a currency add up to it, day by day and
    month by month, to the cent. `alone` are the groups within a part `new`, each with its reason.
    `periods` are the months told: those before (`before`), and from
    the month of `start` on. `reason` says why nothing is forecast at all. `changes` are the planned
    changes that were counted, `notes` what a reader should know.
    """

    query: CostQuery
    measure: str
    kind: str
    history: DateRange | None
    start: date
    end: date
    series: tuple[SeriesForecast, ...]
    totals: tuple[SeriesForecast, ...]
    alone: tuple[SeriesForecast, ...]
    before: tuple[BillingPeriod, ...]
    periods: tuple[BillingPeriod, ...]
    reason: str = ""
    changes: tuple[CountedChange, ...] = ()
    notes: tuple[str, ...] = ()
    snapshot: str | None = None

    @property
    def days(self) -> int:
        """How many days are forecast."""
        return (self.end - self.start).days

    @property
    def currencies(self) -> tuple[str | None, ...]:
        """The currencies, largest history first."""
        return tuple(one.currency for one in self.totals)

    def total(self, currency: str | None = None) -> SeriesForecast | None:
        """The total of a currency; of the only one where none is named; None where there is
        none."""
        if currency is None and len(self.totals) == 1:
            return self.totals[0]
        return next((one for one in self.totals if one.currency == currency), None)

    def of(self, currency: str | None) -> tuple[SeriesForecast, ...]:
        """The parts of one currency."""
        return tuple(one for one in self.series if one.currency == currency)

    def dates(self) -> Iterator[date]:
        """The days of the forecast."""
        return (self.start + timedelta(days=index) for index in range(self.days))


@dataclass(frozen=True)
class CountedChange:
    """A planned change and what it adds to a forecast: `name` and `title` for people, `effect` in
    words, `amounts` by currency over the horizon; `reason` says why it was not counted ('' where
    it was)."""

    name: str
    title: str
    effect: str
    day: date
    until: date | None
    amounts: Mapping[str, Decimal]
    reason: str = ""


@dataclass(frozen=True)
class TotalForecast:
    """What a scope comes to over some days [`since`, `until`), in one currency.

    `actual` is the exact amount of its complete days (before `complete_until`), `forecast` what the
    rest is expected to be, in cents; `low` and `high` are the 80 % band of their sum. `by_day` is
    the expected amount of each day to come, `actual_by_day` the exact one of each day that was.
    `reason` says why there is no forecast: then `forecast`, `low` and `high` are None."""

    currency: str
    since: date
    until: date
    complete_until: date
    actual: Decimal
    forecast: Decimal | None
    low: Decimal | None
    high: Decimal | None
    method: str
    tried: Tried
    reason: str
    by_day: Mapping[date, Decimal]
    actual_by_day: Mapping[date, Decimal]

    @property
    def outlook(self) -> Decimal | None:
        """Actual and forecast; None without a forecast where days are still to come."""
        if self.until <= self.complete_until:
            return self.actual
        return None if self.forecast is None else total((self.actual, self.forecast))


def months_of(start: date, end: date) -> tuple[BillingPeriod, ...]:
    """The months from the one of `start` to the one of the day before `end`."""
    found, period = [], BillingPeriod.of(start)
    while period.start < end:
        found.append(period)
        period = period.next()
    return tuple(found)


def _percent(share: float) -> str:
    """A share in per cent as people say it: 4 %, 0.6 %."""
    percent = share * 100
    return f"{percent:.0f} %" if percent >= 9.95 or not percent else f"{percent:.1f} %"
