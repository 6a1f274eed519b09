"""What the anomaly engine takes and gives: settings, feedback, candidates, causes, explanations.

Plain data; no NumPy here, so that reading stored events costs nothing. Days are UTC dates, the
hours of an hourly series are UTC datetimes; both ends of an event are **inclusive**. The engine's
numbers are floats of one currency: they decide what is an event (also whether it is worth a word:
`Settings.minimum_money`). What is shown as money is reckoned anew from exact amounts, with the
expected rounded once to the currency's smallest unit (``outlay.app.anomalies.drafting``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

Sensitivity = Literal["low", "normal", "high"]
Direction = Literal["up", "down"]
Kind = Literal["spike", "step", "leak", "outage", "shape"]
Verdict = Literal["expected", "unexpected", "too_small", "known"]

# What thresholds are multiplied by.
SENSITIVITY: Mapping[Sensitivity, float] = {"low": 1.5, "normal": 1.0, "high": 0.7}


class SettingsError(ValueError):
    """Settings or feedback that cannot be meant."""


@dataclass(frozen=True)
class Feedback:
    """What a person said about an event of one series, as the engine uses it.

    `series` is the row of the matrix. `start` and `end` are the event's days, inclusive.

    - ``expected``: a change of this size is normal here. The days count as history, and in this
      `direction` the series is raised from now on only for changes of more than `percent` of the
      expected cost.
    - ``known``: a known event. Its days are neither judged nor counted as history.
    - ``too_small``: events of this series are raised only above `money`.
    - ``unexpected``: it was a true anomaly. Its level is not taken for normal after
      `Settings.accept_days`; only when it has lasted for `Settings.days`.
    """

    series: int
    verdict: Verdict
    start: date
    end: date
    direction: Direction = "up"
    percent: Decimal = Decimal(0)
    money: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise SettingsError(
                f"feedback on {self.start} to {self.end} ends before it begins; give the first "
                "and the last day of the event"
            )


@dataclass(frozen=True)
class Settings:
    """How sharply to look, and from which size on a difference is worth a word.

    - `minimum_money`: the least |difference| of an event's flagged days, in the series' currency.
    - `minimum_percent`: the same in percent of what was expected on these days.
    - `minimum_history`: complete days before the first judged day; 35 are five of each weekday
      and one turn of a month.
    - `accept_days`: after so many days a new, steady level is the normal one and the event ends.
    - `days`: how many of the last days events are given for (an event counts when its last day
      lies there, or when it is active).
    - `feedback`: what people said, oldest first. The same settings on the same values give the
      same events, so that what feedback changed can be recomputed by leaving it out.
    """

    sensitivity: Sensitivity = "normal"
    minimum_money: Decimal = Decimal(0)
    minimum_percent: Decimal = Decimal(10)
    minimum_history: int = 35
    accept_days: int = 14
    days: int = 60
    feedback: tuple[Feedback, ...] = ()

    def __post_init__(self) -> None:
        if self.sensitivity not in SENSITIVITY:
            raise SettingsError(
                f"sensitivity {self.sensitivity!r} is not known; use low, normal or high"
            )
        if self.minimum_money < 0 or self.minimum_percent < 0:
            raise SettingsError("a minimum impact is an amount of zero or more")
        if self.minimum_history < 21:
            raise SettingsError("minimum history is at least 21 days: three of each weekday")
        if self.accept_days < 7 or self.days < 1:
            raise SettingsError("a level is accepted after 7 days or more; judge 1 day or more")

    def with_feedback(self, *feedback: Feedback) -> Settings:
        """The same settings and what people said besides."""
        return replace(self, feedback=(*self.feedback, *feedback))


@dataclass(frozen=True)
class DayNumbers:
    """One day (or hour) of an event and how it was judged.

    `expected` = `level` × `factor`; `error` = actual ÷ expected − 1 (of the series' usual size
    where next to nothing was expected); `lower` and `upper` bound what is normal; `z` = `error` ÷
    the usual error, to be held against the threshold. `flagged`: the day is
    outside the band; in a change of the week's shape the days between are not. `left_out`: a charge
    of the month fell on the day, so that what came is what was expected.
    """

    day: date
    actual: float
    expected: float
    lower: float
    upper: float
    level: float
    factor: float
    error: float
    z: float
    flagged: bool
    left_out: bool = False


@dataclass(frozen=True)
class HistoryDay:
    """One day before the event as the engine saw it. `used` is the actual, or what was expected
    where the day belonged to an earlier event; `factor` its weekday factor; `steady` = `used` ÷
    `factor`, of which the level is the median; `error` as in DayNumbers; `counted`: False where
    the day's error says nothing of what is usual (a day of an event, a charge of the month)."""

    day: date
    actual: float
    used: float
    factor: float
    steady: float
    error: float
    counted: bool


@dataclass(frozen=True)
class WindowDay:
    """A day that a test looked at: what it cost (as in HistoryDay.used) and its factor."""

    day: date
    used: float
    factor: float


@dataclass(frozen=True)
class Basis:
    """What an event was raised by, with all that is needed to reckon it again by hand.

    `window`: how many days the test looked at together (1, 3, 7 or 14); `looked_at`: these days
    (the last seven of 14), the last is `test_day`. `change` = (Σ used − `before` × Σ factor) ÷
    `base`, where `before` is the level before the window and `base` what was expected, or the
    series' usual size where next to nothing was. `typical`: the median of the past changes (0 for
    one day). `usual`: the larger of 1.4826 × the median and 1.2533 × the mean of their distances
    from it, at least 0.02. `z` = (|change| − `typical` in its direction) ÷ `usual`. `threshold`:
    the |change| above which it is raised: the largest of `limits`, which are named: ``usual``
    (`multiplier` × usual + typical in the direction of the change), ``seen`` (for one day the third
    largest weekly maximum of twelve weeks, for longer windows the largest change compared),
    ``minimum`` (the minimum in percent), ``feedback``. `changes`: the past changes of which `usual`
    is made, newest first. `level`: the median of `history`'s `steady` on `level_days`.
    """

    window: int
    test_day: date
    looked_at: tuple[WindowDay, ...]
    before: float
    base: float
    change: float
    typical: float
    usual: float
    z: float
    threshold: float
    limits: Mapping[str, float]
    multiplier: float
    level: float
    level_days: tuple[date, ...]
    history: tuple[HistoryDay, ...]
    changes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """An event in one series. `days` run from `start` to `end`, both inclusive; `actual`,
    `expected` and `impact` = actual − expected are their sums. `active`: it has not ended.
    `accepted`: it ended because its level became the normal one. `percent` is the difference of the
    flagged days in percent of what was expected on them, None where nothing was. `confidence`: 0.5
    at the threshold, towards 1 far above it. `raised_on`: the first day on which a test raised it
    and its impact was large enough to be told."""

    series: int
    kind: Kind
    direction: Direction
    start: date
    end: date
    active: bool
    accepted: bool
    actual: float
    expected: float
    impact: float
    percent: float | None
    confidence: float
    raised_on: date
    days: tuple[DayNumbers, ...]
    basis: Basis


@dataclass(frozen=True)
class SeriesName:
    """Which series a row of the matrix is: the grouping (a dimension or virtual tag) and its
    value. Two values of one grouping never hold the same money."""

    grouping: str
    value: str


@dataclass(frozen=True)
class Cause:
    """One event: the candidate that says it best, and the same money seen in other series.
    `lead` and `others` are positions in the list of candidates given."""

    lead: int
    others: tuple[int, ...] = ()


@dataclass(frozen=True)
class Row:
    """Money of one combination of dimension values: what came and what was expected."""

    dims: Mapping[str, str]
    actual: Decimal
    expected: Decimal


@dataclass(frozen=True)
class Element:
    """A combination of dimension values and its share of the impact."""

    values: Mapping[str, str]
    actual: Decimal
    expected: Decimal
    impact: Decimal


@dataclass(frozen=True)
class Explanation:
    """The smallest set of dimension values that explains an impact.

    `elements`: the set, largest share first. `explained`: their impact; `rest` = `impact` −
    `explained`. `share`: explained ÷ impact, in percent, to one decimal. `where`: dimensions in
    which all of the elements' money has one value, the elements' own left out.
    """

    impact: Decimal
    elements: tuple[Element, ...]
    explained: Decimal
    rest: Decimal
    share: Decimal
    where: Mapping[str, str] = field(default_factory=dict)
