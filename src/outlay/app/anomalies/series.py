"""What is watched: the daily series of a monitor, each with the days that its charges are known of.

A day is looked at when it is complete. Most sources deliver every day, and the newest complete day
is that of the latest of them (`outlay.app.complete`). A source that delivers by the month, or has
fallen silent, would drag everything else back, or look like a fall to nothing on the days that it
has not told yet. Its charges are therefore series of their own, up to the last day that it told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from outlay.app.anomalies.events import NONE
from outlay.app.anomalies.monitors import Monitor, groupings
from outlay.app.complete import incomplete_from
from outlay.expression import text_literal
from outlay.expression.errors import QueryError
from outlay.query import CostQuery, equals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from outlay.allocation.rules import Ruleset
    from outlay.app.forecasting.series import SeriesSet
    from outlay.app.workspace import Workspace
    from outlay.lake import Slice

HISTORY_DAYS = 420
"""How far back series go: a year, and what is needed before its first day."""

HOURLY_DAYS = 63
"""How far back hourly series go: nine weeks of each hour of the week."""

_LAG = timedelta(days=1)


@dataclass(frozen=True)
class Series:
    """One series: the values of a grouping's dimensions (None: charges that have none), the
    currency of its amounts, and the condition of its charges."""

    grouping: tuple[str, ...]
    values: tuple[str | None, ...]
    currency: str
    where: str

    @property
    def by(self) -> str:
        """The grouping as one text."""
        return ",".join(self.grouping)

    @property
    def name(self) -> str:
        """The values for people."""
        return " / ".join(NONE if value is None else value for value in self.values)


@dataclass(frozen=True, eq=False)
class Batch:
    """The series of a monitor that are known up to one day. Row i of `values` is the series i;
    columns are the days from `start` to `until` (exclusive). `base` is the question that they are
    of, without their own values."""

    base: CostQuery
    series: tuple[Series, ...]
    values: NDArray[np.float64]
    start: date
    until: date
    hourly: bool = False


@dataclass(frozen=True)
class Horizon:
    """Up to which day (exclusive) charges are complete: of the ledger as a whole, and of the
    sources that are known less far."""

    until: date
    behind: dict[str, date]

    def parts(self) -> list[tuple[date, str]]:
        """Each day with the condition on the sources that are known up to it, the whole first."""
        late: dict[date, list[str]] = {}
        for source, day in self.behind.items():
            late.setdefault(day, []).append(source)
        names = _listed(self.behind)
        whole = f"x_SourceName NOT IN ({names})" if names else ""
        return [(self.until, whole)] + [
            (day, f"x_SourceName IN ({_listed(late[day])})") for day in sorted(late, reverse=True)
        ]


def horizon(slices: Iterable[Slice], today: date) -> Horizon | None:
    """Up to which day charges are complete; None for a ledger without charges."""
    kept = [one for one in slices if one.delivery.rows]
    newest: dict[str, Slice] = {}
    for item in kept:
        known = newest.get(item.source)
        if known is None or item.billing_period > known.billing_period:
            newest[item.source] = item
    if not newest:
        return None
    own = {name: min(_own(item), today) for name, item in newest.items()}
    until = incomplete_from(kept) or max(own.values())
    until = min(until, today)
    return Horizon(until, {name: day for name, day in own.items() if day < until})


def _own(newest: Slice) -> date:
    """The first day whose charges a source may still deliver."""
    told = newest.delivery.loaded_at.date() - _LAG
    return min(told, newest.billing_period.end)


def first_day(workspace: Workspace) -> date | None:
    """The first day that has a charge; None for a ledger without any."""
    from outlay.lake.facts import slice_facts

    facts = slice_facts(workspace.lake, workspace.lake.pin())
    return min((one.first_day for one in facts if one.first_day), default=None)


def batches(workspace: Workspace, monitor: Monitor, horizon: Horizon) -> list[Batch]:
    """Every series of a monitor; see `outlay.app.forecasting.series` for how they are asked."""
    spec = monitor.spec
    rules = workspace.rules()
    names = groupings(rules, spec)
    found = []
    for until, sources in horizon.parts():
        where = " AND ".join(filter(None, (spec.condition, sources)))
        base = CostQuery(
            measures=(spec.measure,),
            where=where,
            currency=spec.currency or None,
            splits="direct",
        )
        make = _hourly if spec.grain == "hour" else _batch
        batch = make(workspace, base, names, until, rules)
        if batch is not None:
            found.append(batch)
    return found


def _batch(
    workspace: Workspace,
    base: CostQuery,
    names: list[tuple[str, ...]],
    until: date,
    rules: Ruleset,
) -> Batch | None:
    import numpy as np

    from outlay.app.forecasting.series import series_of

    since = until - timedelta(days=HISTORY_DAYS)
    sets = [
        series_of(workspace, base.but(by=by), since=since, until=until, parts=False) for by in names
    ]
    _all_converted(base, {code for one in sets for code in one.unconverted})
    sets = [one for one in sets if one.keys and one.days]
    if not sets:
        return None
    start = min(one.start for one in sets)
    days = (until - start).days
    codes = {code for one in sets for code in one.currencies}
    series: list[Series] = []
    rows = []
    for one in sets:
        padded = np.zeros((len(one.keys), days))
        first = (one.start - start).days
        padded[:, first : first + one.days] = one.usage
        kept = _kept(rules, one)
        rows.append(padded[kept])
        for key, code in ((one.keys[at], one.currencies[at]) for at in kept):
            values = tuple(None if value is None else str(value) for value in key)
            where = _where(base, one.query.by, values, code if len(codes) > 1 else None)
            series.append(Series(one.query.by, values, code or base.currency or "", where))
    return Batch(base, tuple(series), np.concatenate(rows), start, until)


def _hourly(
    workspace: Workspace,
    base: CostQuery,
    names: list[tuple[str, ...]],
    until: date,
    rules: Ruleset,
) -> Batch | None:
    """The series by hour, of the last weeks: asked of the charges themselves."""
    import numpy as np

    start = until - timedelta(days=HOURLY_DAYS)
    found: dict[Series, dict[int, object]] = {}
    for by in names:
        query = base.but(by=by, grain="hour", range=f"{start}..{until}")
        defaults = {n: rules.tags[n].default for n in by if n in rules.tags}
        result = workspace.query(query)
        _all_converted(base, {one.currency or "" for one in result.unconverted})
        rows = list(result.rows())
        codes = {row.get("BillingCurrency") for row in rows}
        for row in rows:
            if any(row[name] == default for name, default in defaults.items()):
                continue
            values = tuple(None if row[name] is None else str(row[name]) for name in by)
            code = str(row.get("BillingCurrency") or base.currency or "") or _sole(workspace)
            where = _where(base, by, values, code if len(codes) > 1 else None)
            moment = row["period"]
            assert isinstance(moment, datetime)
            hour = (moment.date() - start).days * 24 + moment.hour
            found.setdefault(Series(by, values, code, where), {})[hour] = row[base.measures[0]]
    if not found:
        return None
    matrix = np.zeros((len(found), HOURLY_DAYS * 24))
    for at, amounts in enumerate(found.values()):
        matrix[at, list(amounts)] = np.array(list(amounts.values()), dtype=np.float64)
    return Batch(base, tuple(found), matrix, start, until, True)


def _all_converted(base: CostQuery, missing: set[str]) -> None:
    """QueryError where charges have no rate: without them a day would look like a fall."""
    if missing:
        raise QueryError(
            f"amounts in {', '.join(sorted(missing))} have no rate into {base.currency}",
            field="currency",
        )


def _sole(workspace: Workspace) -> str:
    """The ledger's currency, where it has but one."""
    from outlay.lake.facts import slice_facts

    facts = slice_facts(workspace.lake, workspace.lake.pin())
    return next(iter(sorted({code for one in facts for code in one.currencies if code})), "")


def _kept(rules: Ruleset, found: SeriesSet) -> list[int]:
    """The rows of a set but those of a virtual tag's default, which is nobody's."""
    defaults = [rules.tags[n].default if n in rules.tags else None for n in found.query.by]
    return [
        at
        for at, key in enumerate(found.keys)
        if not any(d is not None and key[i] == d for i, d in enumerate(defaults))
    ]


def _where(
    base: CostQuery, by: tuple[str, ...], values: tuple[str | None, ...], currency: str | None
) -> str:
    """The condition of one series: exactly the charges that its days are sums of."""
    query = base
    for name, value in zip(by, values, strict=True):
        query = query.narrowed(equals(name, value))
    if currency and not base.currency:
        query = query.narrowed(equals("BillingCurrency", currency))
    return query.where


def _listed(names: Iterable[str]) -> str:
    return ", ".join(text_literal(name) for name in sorted(names))
