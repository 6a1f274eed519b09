"""The forecast of any question."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import current
from outlay.app.forecasting.answer import (
    ForecastAnswer,
    Month,
    SeriesForecast,
    months_of,
)
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.money import BillingPeriod, DateRange, total
from outlay.money.cents import places as places_of
from outlay.query import CostQuery, QueryError
from outlay.query.measures import MEASURES

if TYPE_CHECKING:
    from outlay.app.forecasting.reckoned import Block, Line
    from outlay.app.forecasting.series import SeriesSet
    from outlay.app.workspace import Workspace
    from outlay.forecast import Calendar

DEFAULT_DAYS = 90
MOST_DAYS = 800
"""Two years and a bit: a plan of the next year is made in the autumn before."""
MOST_SERIES = 2_000
"""Groups that are forecast by themselves; smaller ones are forecast together."""
MONTHS_BEFORE = 3

TOTAL = "Total"
OTHER = "Other"
NEW = "Without a forecast of their own"

Key = tuple[tuple[object, ...], str | None]

_kept: OrderedDict[object, ForecastAnswer] = OrderedDict()
_lock = threading.Lock()
_MOST_KEPT = 24


@served("GET /forecast")
def forecast(
    workspace: Workspace,
    query: CostQuery,
    *,
    days: int | None = None,
    until: date | None = None,
    measure: str = "",
    cut: date | None = None,
    changes: bool = True,
    now: datetime | None = None,
) -> ForecastAnswer:
    """Forecast a question's groups and their total, each currency by itself, in the reader's scope.

    `query` says measure (its first, or `measure`), groups, condition, currency, rates and moment;
    its range and grain have no part: history is everything up to the last complete day. The days
    to come run up to `until` (exclusive) or for `days` (default 90; at most 800). `cut` leaves out
    what is on that day or later, as though it were the first day that is not complete. Planned
    changes are counted unless `changes` is false. Amounts are in the measure's currency, quantised
    to its smallest unit; quantities to three decimals.

    Raises QueryError for a horizon that holds no day or too many, and for what cannot be asked.
    """
    from outlay.app.forecasting.series import complete_until

    asked = query.but(measures=(measure or query.measures[0],), limit=None, compare=None, sort="")
    moment = now or utc_now()
    start = complete_until(workspace, asked, moment.date())
    start = min(start, cut) if cut else start
    end = _end(start, days, until)
    key = (
        str(workspace.path), repr(asked.but(range="all", grain="none").to_json()), start, end,
        changes, moment.date(), current().scope, workspace.settings.holidays,
        workspace.settings.rates, workspace.configuration(),
        workspace.lake.pin(asked.as_of_moment()).snapshot_id,
    )  # fmt: skip
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return replace(_kept[key], query=asked)
    made = _made(workspace, asked, start, end, changes, moment)
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _end(start: date, days: int | None, until: date | None) -> date:
    """The end of the horizon, checked."""
    if days is not None and until is not None:
        raise QueryError(
            "days and until exclude each other", field="until", text=str(until),
            hint="Give either how many days, or the day after the last.",
        )  # fmt: skip
    ahead = (until - start).days if until else DEFAULT_DAYS if days is None else days
    field, text = ("until", str(until)) if until else ("days", str(days))
    if ahead <= 0:
        raise QueryError(
            f"there is no day to forecast: the first that is not complete is {start}",
            field=field, text=text, hint="Forecasts begin on it: end the horizon after it.",
        )  # fmt: skip
    if ahead > MOST_DAYS:
        raise QueryError(
            f"{ahead} days are too far ahead: at most {MOST_DAYS} are forecast",
            field=field, text=text, allowed=(f"1 to {MOST_DAYS} days",),
        )  # fmt: skip
    return start + timedelta(days=ahead)


def calendar_of(workspace: Workspace) -> Calendar:
    """The calendar of a workspace; WorkspaceError for a country whose holidays are not known."""
    from outlay.app.errors import WorkspaceError
    from outlay.forecast import Calendar, CalendarError

    country, _, part = workspace.settings.holidays.partition("-")
    calendar = Calendar(country, part)
    try:
        calendar.days(date(2026, 1, 1), 1)
    except CalendarError as error:
        raise WorkspaceError(f"holidays in outlay.yaml: {error}") from None
    return calendar


def _made(
    workspace: Workspace, query: CostQuery, start: date, end: date, changes: bool, now: datetime
) -> ForecastAnswer:
    """Ask the series, reckon, count planned changes, quantise."""
    from outlay.app.forecasting.planned import counted
    from outlay.app.forecasting.reckoned import reckon
    from outlay.app.forecasting.series import series_of

    measure = query.measures[0]
    series, beyond = _fewer(series_of(workspace, query, until=start, now=now), MOST_SERIES)
    before = _months_before(start)
    actuals = _Actuals.of(workspace, query, before, start, now)
    digits = {currency: _places(measure, currency) for currency in set(series.currencies)}
    horizon = (end - start).days
    calendar = calendar_of(workspace)
    blocks = reckon(series, horizon, calendar, max(digits.values(), default=2))
    planned = counted(workspace, series, blocks, start, end, now) if changes else ()
    maker = _Maker(query, series, beyond, actuals, start, end, digits, before)
    made = [maker.block(block) for block in blocks]
    reasons = [one.reason for one, _, _ in made]
    notes = [
        f"Amounts in {currency} have no rate and are not in the forecast."
        for currency in series.unconverted
    ]
    return ForecastAnswer(
        query=query,
        measure=measure,
        kind=MEASURES[measure].kind,
        history=DateRange(series.start, start) if series.keys and series.start < start else None,
        start=start,
        end=end,
        series=tuple(part for _, parts, _ in made for part in parts),
        totals=tuple(whole for whole, _, _ in made),
        alone=tuple(part for _, _, alone in made for part in alone),
        before=before,
        periods=months_of(start, end),
        reason=_reason(reasons),
        changes=planned,
        notes=tuple(notes),
        snapshot=series.snapshot,
    )


def _reason(reasons: Sequence[str]) -> str:
    """Why there is no forecast at all; '' as soon as one currency has one."""
    if not reasons:
        return "no charge before the first day to forecast"
    return reasons[0] if all(reasons) else ""


def _places(measure: str, currency: str | None) -> int:
    """The decimals of the smallest unit: of a currency by ISO 4217, of a quantity 3, of a count
    none."""
    kind = MEASURES[measure].kind
    if kind != "money":
        return 3 if kind == "quantity" else 0
    return places_of(currency or "")


def _months_before(start: date) -> tuple[BillingPeriod, ...]:
    """The months before the one of `start`, oldest first."""
    found = [BillingPeriod.of(start).previous()]
    while len(found) < MONTHS_BEFORE:
        found.append(found[-1].previous())
    return tuple(reversed(found))


def _fewer(series: SeriesSet, most: int) -> tuple[SeriesSet, int]:
    """The largest series, and the others of each currency as one row each with an empty key; and
    how many those are."""
    if len(series.keys) <= most:
        return series, 0
    import numpy as np

    rest = range(most, len(series.keys))
    currencies = list(dict.fromkeys(series.currencies[row] for row in rest))
    place = {row: most + currencies.index(series.currencies[row]) for row in rest}
    usage = np.vstack([series.usage[:most], np.zeros((len(currencies), series.days))])
    for row in rest:
        usage[place[row]] += series.usage[row]
    streams = tuple(replace(s, series=place.get(s.series, s.series)) for s in series.streams)
    fewer = replace(
        series,
        keys=(*series.keys[:most], *[() for _ in currencies]),
        currencies=(*series.currencies[:most], *currencies),
        usage=usage,
        streams=streams,
    )
    return fewer, len(rest)


@dataclass(frozen=True)
class _Actuals:
    """Exact amounts by group and month, and by month alone."""

    groups: Mapping[Key, Mapping[BillingPeriod, Decimal]]
    wholes: Mapping[str | None, Mapping[BillingPeriod, Decimal]]

    @classmethod
    def of(
        cls, workspace: Workspace, query: CostQuery, before: Sequence[BillingPeriod], start: date,
        now: datetime,
    ) -> _Actuals:  # fmt: skip
        """Ask the months before, and the days before `start` of its own month."""
        asked = query.but(grain="month", range=f"{before[0].start}..{start}", sort="", limit=None)
        result = workspace.query(asked, now=now)
        groups: dict[Key, dict[BillingPeriod, Decimal]] = {}
        parts: dict[str | None, dict[BillingPeriod, list[Decimal]]] = {}
        for row in result.rows():
            currency = row.get("BillingCurrency") or result.currency
            key = (
                tuple(row[name] for name in query.by),
                None if currency is None else str(currency),
            )
            period = BillingPeriod.of(row["period"])  # type: ignore[arg-type]
            amount = Decimal(row[query.measures[0]] or 0)  # type: ignore[arg-type]
            groups.setdefault(key, {})[period] = amount
            parts.setdefault(key[1], {}).setdefault(period, []).append(amount)
        wholes = {c: {p: total(a) for p, a in by.items()} for c, by in parts.items()}
        return cls(groups, wholes)


class _Maker:
    """Turns reckoned lines into exact forecasts."""

    def __init__(
        self,
        query: CostQuery,
        series: SeriesSet,
        beyond: int,
        actuals: _Actuals,
        start: date,
        end: date,
        digits: Mapping[str | None, int],
        before: tuple[BillingPeriod, ...],
    ) -> None:
        self.query, self.series, self.beyond, self.actuals = query, series, beyond, actuals
        self.start, self.end, self.digits, self.before = start, end, digits, before
        self.periods = months_of(start, end)

    def block(
        self, block: Block
    ) -> tuple[SeriesForecast, tuple[SeriesForecast, ...], tuple[SeriesForecast, ...]]:
        """The total of a currency, its parts (which add up to it), and the groups within `new`."""
        currency = block.currency
        wholes = self.actuals.wholes.get(currency, {})
        if block.total.mean is None:
            alone = [self._row(row, line, None) for row, line in block.rows.items()]
            return self._told((), currency, "total", TOTAL, block.total, wholes), (), tuple(alone)
        import numpy as np

        from outlay.app.forecasting.reckoned import in_units

        own = {row: line for row, line in block.rows.items() if line.mean is not None}
        lines = [
            *own.values(),
            *([block.rest] if block.rest else []),
            *(p.line for p in block.planned),
        ]
        means = np.array([line.mean for line in lines])
        whole, units = in_units(block.total.mean, means, self.digits[currency])
        alone_rows = [row for row, line in block.rows.items() if line.mean is None]
        parts = [
            self._row(row, line, units[place]) for place, (row, line) in enumerate(own.items())
        ]
        at = len(own)
        if block.rest is not None:
            amounts = _added([self._amounts(row) for row in alone_rows])
            parts.append(
                self._told(
                    (), currency, "new", NEW, block.rest, amounts, units[at], len(alone_rows)
                )
            )
            at += 1
        for place, one in enumerate(block.planned):
            parts.append(
                self._told((), currency, "planned", one.title, one.line, {}, units[at + place], 0)
            )
        alone = [self._row(row, block.rows[row], None) for row in alone_rows]
        made = self._told((), currency, "total", TOTAL, block.total, wholes, whole, len(block.rows))
        return made, tuple(sorted(parts, key=_by_size)), tuple(sorted(alone, key=_by_size))

    def _row(self, row: int, line: Line, units: Any) -> SeriesForecast:
        key, currency = self.series.keys[row], self.series.currencies[row]
        amounts = self._amounts(row)
        if self._is_other(row):
            return self._told(
                (), currency, "other", f"{OTHER} ({self.beyond:,})", line, amounts, units,
                self.beyond,
            )  # fmt: skip
        return self._told(key, currency, "series", _title(key), line, amounts, units)

    def _is_other(self, row: int) -> bool:
        return bool(self.query.by) and self.series.keys[row] == ()

    def _amounts(self, row: int) -> Mapping[BillingPeriod, Decimal]:
        """The exact months of a row; of the row of all others, what is left of the whole."""
        key, currency = self.series.keys[row], self.series.currencies[row]
        if not self._is_other(row):
            return self.actuals.groups.get((key, currency), {})
        shown = {(k, c) for k, c in zip(self.series.keys, self.series.currencies, strict=True)}
        return _added(
            [months for one, months in self.actuals.groups.items()
             if one[1] == currency and one not in shown]
        )  # fmt: skip

    def _told(
        self,
        key: tuple[object, ...],
        currency: str | None,
        part: Any,
        title: str,
        line: Line,
        amounts: Mapping[BillingPeriod, Decimal],
        units: Any = None,
        groups: int = 1,
    ) -> SeriesForecast:
        digits = self.digits.get(currency, 2)
        lower, upper = {}, {}
        if units is not None and line.mean is not None:
            lower = {
                level: units - _units(line.mean - low, digits) for level, low in line.lower.items()
            }
            upper = {
                level: units + _units(up - line.mean, digits) for level, up in line.upper.items()
            }
        made = SeriesForecast(
            key=key,
            currency=currency,
            part=part,
            title=title,
            reason=line.reason,
            method=line.method,
            tried=line.tried,
            places=digits,
            mean=units,
            lower=lower,
            upper=upper,
            before={period: amounts.get(period, Decimal(0)) for period in self.before},
            charges=line.charges,
            groups=groups,
            errors=line.errors,
        )
        return replace(made, months=tuple(self._month(made, p, amounts) for p in self.periods))

    def _month(
        self,
        made: SeriesForecast,
        period: BillingPeriod,
        amounts: Mapping[BillingPeriod, Decimal],
    ) -> Month:
        from outlay.app.forecasting.reckoned import band_of_units

        first = max((period.start - self.start).days, 0)
        last = min((period.end - self.start).days, (self.end - self.start).days)
        actual = amounts.get(period, Decimal(0)) if period.start < self.start else Decimal(0)
        expected = made.sum(first, last)
        outlook = total((actual, expected))
        bands = {}
        if made.mean is not None:
            for level in made.lower:
                low, high = band_of_units(made, first, last, level)
                bands[level] = (total((outlook, low)), total((outlook, high)))
        return Month(period, min(period.end, self.end), actual, expected, bands)


def _units(values: Any, digits: int) -> Any:
    import numpy as np

    return np.rint(values * 10.0**digits).astype(np.int64)


def _added(
    amounts: Sequence[Mapping[BillingPeriod, Decimal]],
) -> dict[BillingPeriod, Decimal]:
    parts: dict[BillingPeriod, list[Decimal]] = {}
    for one in amounts:
        for period, amount in one.items():
            parts.setdefault(period, []).append(amount)
    return {period: total(found) for period, found in parts.items()}


_LAST = {"other": 1, "new": 2, "planned": 3}


def _by_size(one: SeriesForecast) -> tuple[int, Decimal, str]:
    """Largest outlook first; what is no group of the question comes last."""
    size = total([*(month.outlook for month in one.months), *one.before.values()])
    return _LAST.get(one.part, 0), size.copy_negate(), one.title


def _title(key: tuple[object, ...]) -> str:
    if not key:
        return TOTAL
    return " · ".join("(none)" if value is None else str(value) for value in key)
