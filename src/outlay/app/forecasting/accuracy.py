"""What a forecast said some days ago, against what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from outlay.app.forecasting.answer import LEVELS, ForecastAnswer, SeriesForecast
from outlay.app.forecasting.forecasting import TOTAL, Key, forecast
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.lake import LakeError
from outlay.money import total
from outlay.money.quotients import quotient
from outlay.query import CostQuery, QueryError

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

How = Literal["known", "cut"]

_MOST_LATE = 10
"""Data of a snapshot may end so many days before it; older data is no history of that day."""


@dataclass(frozen=True)
class Said:
    """One series: what was `expected` of the days and what they came to (`actual`), exact; on how
    many of them the actual was within the band of 80 %. `off` is the difference as a share of the
    actual (None without a base); `reason` why nothing was said then."""

    key: tuple[object, ...]
    currency: str | None
    title: str
    part: str
    expected: Decimal | None
    actual: Decimal
    inside: int
    reason: str = ""

    @property
    def difference(self) -> Decimal | None:
        """Actual less expected."""
        return None if self.expected is None else total((self.actual, self.expected.copy_negate()))

    @property
    def off(self) -> Decimal | None:
        """The difference as a share of the actual amount, rounded to six decimals."""
        if self.difference is None:
            return None
        return quotient(self.difference, self.actual.copy_abs())


@dataclass(frozen=True, eq=False)
class Accuracy:
    """A forecast of the past beside what came on the days [`start`, `end`).

    `how` says what it stood on: ``known``, the ledger as it was known at `as_of`, or ``cut``,
    today's ledger without what is on `start` or later (then `why` says why not as known).
    `rows` add up to `totals` (one a currency); `answer` is the forecast, `actual` what came by day
    and currency.
    """

    query: CostQuery
    how: How
    why: str
    as_of: datetime | int | None
    start: date
    end: date
    rows: tuple[Said, ...]
    totals: tuple[Said, ...]
    answer: ForecastAnswer
    actual: Mapping[str | None, Mapping[date, Decimal]]
    reason: str = ""

    @property
    def days(self) -> int:
        """How many days are compared."""
        return (self.end - self.start).days


@served("GET /forecast/accuracy")
def accuracy(
    workspace: Workspace, query: CostQuery, *, days: int = 30, now: datetime | None = None
) -> Accuracy:
    """Forecast the last `days` complete days (1 to 180) from before them, and compare.

    As the ledger was known then, where it holds a snapshot of that day; else from today's ledger,
    cut before them. Planned changes have no part in it. Raises QueryError as `forecast` does.
    """
    from outlay.app.forecasting.series import complete_until

    if not 1 <= days <= 180:
        raise QueryError(
            f"{days} days cannot be compared", field="days", text=str(days),
            allowed=("1 to 180",),
        )  # fmt: skip
    moment = now or utc_now()
    end = complete_until(workspace, query, moment.date())
    cut = end - timedelta(days=days)
    plain = query.but(range="all", grain="none")
    answer, why = _as_known(workspace, plain, cut, end, moment)
    how: How = "known"
    if answer is None:
        how = "cut"
        answer = forecast(workspace, plain, until=end, cut=cut, changes=False, now=moment)
    came = _came(workspace, plain, answer.start, end, moment)
    rows = [_said(one, came.groups, answer) for one in (*answer.series, *answer.alone)]
    totals = [_whole(one, came.wholes, answer) for one in answer.totals]
    totals += [_unforeseen(currency, days) for currency, days in came.wholes.items()
               if currency not in answer.currencies and any(days.values())]  # fmt: skip
    return Accuracy(
        query=plain,
        how=how,
        why=why,
        as_of=None if how == "cut" else answer.query.as_of_moment(),
        start=answer.start,
        end=end,
        rows=_summing(rows, totals, came),
        totals=tuple(totals),
        answer=answer,
        actual=came.wholes,
        reason=answer.reason,
    )


def _as_known(
    workspace: Workspace, query: CostQuery, cut: date, end: date, now: datetime
) -> tuple[ForecastAnswer | None, str]:
    """The forecast by what the ledger knew when `cut` began; None and why where it cannot be."""
    from outlay.app.forecasting.series import complete_until

    if query.as_of is not None:
        return None, "the question itself is as of a day"
    then = query.but(as_of=moment_of(cut))
    try:
        complete = complete_until(workspace, then, now.date())
    except LakeError:
        return None, f"the ledger has no snapshot of {cut}"
    if complete > cut + timedelta(days=1) or (cut - complete).days > _MOST_LATE:
        return None, f"the ledger of {cut} had no complete days up to then"
    return forecast(workspace, then, until=end, changes=False, now=now), ""


def moment_of(cut: date) -> str:
    """The moment whose ledger a forecast of `cut` could stand on: the end of that day."""
    return str(cut)


@dataclass(frozen=True)
class _Came:
    """Exact amounts by day: of each group, and of each currency."""

    groups: Mapping[Key, Mapping[date, Decimal]]
    wholes: Mapping[str | None, Mapping[date, Decimal]]


def _came(workspace: Workspace, query: CostQuery, start: date, end: date, now: datetime) -> _Came:
    asked = query.but(grain="day", range=f"{start}..{end}", sort="", limit=None, compare=None)
    result = workspace.query(asked, now=now)
    groups: dict[Key, dict[date, Decimal]] = {}
    parts: dict[str | None, dict[date, list[Decimal]]] = {}
    for row in result.rows():
        found = row.get("BillingCurrency") or result.currency
        currency = None if found is None else str(found)
        amount = Decimal(row[query.measures[0]] or 0)  # type: ignore[arg-type]
        day: date = row["period"]  # type: ignore[assignment]
        key = tuple(row[name] for name in query.by)
        groups.setdefault((key, currency), {})[day] = amount
        parts.setdefault(currency, {}).setdefault(day, []).append(amount)
    return _Came(groups, {c: {d: total(a) for d, a in by.items()} for c, by in parts.items()})


def _said(
    one: SeriesForecast, groups: Mapping[Key, Mapping[date, Decimal]], answer: ForecastAnswer
) -> Said:
    return _compared(one, groups.get((one.key, one.currency), {}), answer)


def _whole(
    one: SeriesForecast,
    wholes: Mapping[str | None, Mapping[date, Decimal]],
    answer: ForecastAnswer,
) -> Said:
    return _compared(one, wholes.get(one.currency, {}), answer)


def _unforeseen(currency: str | None, came: Mapping[date, Decimal]) -> Said:
    """The total of a currency in which nothing had been charged before."""
    reason = f"nothing in {currency} had been charged before"
    return Said((), currency, TOTAL, "total", None, total(came.values()), 0, reason)


def _compared(one: SeriesForecast, came: Mapping[date, Decimal], answer: ForecastAnswer) -> Said:
    inside = 0
    unit = Decimal(1).scaleb(-one.places)  # what is told in cents is within one of what came
    if one.mean is not None:
        for place, day in enumerate(answer.dates()):
            low, high = one.day(place).bands[LEVELS[0]]
            amount = came.get(day, Decimal(0))
            inside += total((low, unit.copy_negate())) <= amount <= total((high, unit))
    expected = None if one.mean is None else one.sum()
    actual = total(came.values())
    return Said(one.key, one.currency, one.title, one.part, expected, actual, inside, one.reason)


def _summing(rows: Sequence[Said], totals: Sequence[Said], came: _Came) -> tuple[Said, ...]:
    """The rows that add up to the totals: what no row of the forecast names is the last one, and
    so are groups that were too new for a forecast of their own, since it was of them together."""
    found: list[Said] = []
    for whole in totals:
        own = [row for row in rows if row.currency == whole.currency]
        alone = whole.expected is None
        told = [row for row in own if row.part == "series" and (row.expected is not None or alone)]
        rest = total([whole.actual, *(row.actual.copy_negate() for row in told)])
        others = [row for row in own if row.part in ("other", "new")]
        expected = [row.expected for row in others if row.expected is not None]
        found += sorted(told, key=lambda row: (row.actual.copy_negate(), row.title))
        if rest or others:
            title = (
                "New since, or too new then"
                if not any(r.part == "other" for r in others)
                else "Other"
            )
            said = None if alone else total(expected)
            found.append(Said((), whole.currency, title, "other", said, rest, 0))
    return tuple(found)
