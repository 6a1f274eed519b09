"""Working out a unit cost: cost of a scope and metric, period by period, divided.

A period counts only where its units are known: a sum of which a day is missing is no number to
divide by, and the period says which days are missing. The newest period, while it is not over or
its values may still come, is counted up to the last day that charges and metrics all know, cost
and units alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from outlay.access import whole_only
from outlay.allocation.metrics import MetricSpec, StoredMetrics
from outlay.allocation.metrics.reader import PeriodValues, floor
from outlay.expression.errors import QueryError
from outlay.money import MONEY_CONTEXT, total
from outlay.money.rates import Rates
from outlay.query import ranges
from outlay.query.model import CostQuery
from outlay.query.result import Result
from outlay.query.unit.drivers import Amounts, decompose
from outlay.query.unit.model import UnitCostSpec, UnitQuery
from outlay.query.unit.result import Cell, Change, PeriodUnits, UnitResult

Ask = Callable[[CostQuery], Result]
Value = str | None
_NAMED_DAYS = 5
_QUIET = timedelta(days=3)  # without any charge: what comes after may be missing
ZERO = Decimal(0)


@dataclass(frozen=True)
class Ledger:
    """What a unit cost stands on: how charges are asked, metrics, rates for revenue in another
    currency, the currency where the unit cost names none, the first day of the oldest billing
    period and the last day with charges (None: none at all), and now (UTC)."""

    ask: Ask
    metrics: StoredMetrics
    rates: Callable[[], Rates]
    currency: str
    first: date | None
    last: date | None
    now: datetime


def unit_costs(name: str, spec: UnitCostSpec, query: UnitQuery, ledger: Ledger) -> UnitResult:
    """Answer. QueryError for what cannot be asked: an unknown metric, label or dimension."""
    whole_only("a unit cost")
    work = _Work(spec, query, ledger)
    span = work.span()
    base = UnitResult(
        name, spec, query, work.metric.noun, work.currency, work.grain, span, (), None, None
    )
    if span is None:
        return base
    charges = ledger.ask(work.question(span))
    totals, rows = work.costs(charges)
    periods = work.periods(span, totals, rows)
    return replace(
        base,
        periods=periods,
        overall=_overall(periods, work.metric),
        change=work.change(periods),
        snapshot=charges.snapshot,
        warnings=(*charges.warnings, *work.warnings(charges, periods)),
    )


class _Work:
    """One answer in the making."""

    def __init__(self, spec: UnitCostSpec, query: UnitQuery, ledger: Ledger) -> None:
        self.spec, self.query, self.ledger = spec, query, ledger
        self.grain = query.grain or spec.grain
        self.currency = spec.currency or ledger.currency
        self.metric = ledger.metrics.spec(spec.metric)
        self.by = spec.by if query.by else None
        self.labels = (self.by.label,) if self.by else ()
        ledger.metrics.check_labels(spec.metric, (*self.labels, *spec.only))
        self.revenue: MetricSpec | None = None
        self.revenue_labels: tuple[str, ...] = ()
        self.revenue_only: dict[str, tuple[str, ...]] = {}
        if spec.revenue:
            self.revenue = self._revenue(spec.revenue)

    def _revenue(self, name: str) -> MetricSpec:
        found = self.ledger.metrics.spec(name, "revenue")
        if found.currency is None:
            raise QueryError(
                f"the metric {name!r} is no money: it has no currency",
                field="revenue",
                text=name,
                hint="Give the metric a currency, or name another one as revenue.",
            )
        if found.currency != self.currency and found.aggregation != "sum":
            raise QueryError(
                f"the revenue {name!r} is in {found.currency} and not summed over days: it cannot "
                f"be converted to {self.currency}",
                field="currency",
                text=self.currency,
                hint=f"Ask in {found.currency}, or make the metric's aggregation sum.",
            )
        self.revenue_only = {k: v for k, v in self.spec.only.items() if k in found.labels}
        if self.by is not None:
            label = self.spec.revenue_label or self.by.label
            if self.spec.revenue_label:
                self.ledger.metrics.check_labels(name, (label,))
            self.revenue_labels = (label,) if label in found.labels else ()
        return found

    # ------------------------------------------------------------------ days

    def span(self) -> tuple[date, date] | None:
        """The days that are counted."""
        today = self.ledger.now.date()
        days = ranges.resolve(self.query.range, today)
        first, last = self.ledger.first, self.ledger.last
        if first is None or last is None:
            return None
        start = max(days.start or first, first)
        whole = ranges.step(floor(last, self.grain, start), self.grain, 1)
        end = min(days.end or whole, whole)
        if start >= end:
            return None
        newest = floor(end - timedelta(days=1), self.grain, start)
        if self.is_open(newest):
            known = [day for day in (last, *self._last_days()) if day >= max(newest, start)]
            end = min([end, *(day + timedelta(days=1) for day in known)])
        return start, end

    def _last_days(self) -> list[date]:
        names = [self.spec.metric, *([self.spec.revenue] if self.spec.revenue else [])]
        lasts = [self.ledger.metrics.coverage(name).last for name in names]
        return [last for last in lasts if last is not None]

    def is_open(self, start: date) -> bool:
        """Whether a period is not over, or its values may still come."""
        step = ranges.step(start, self.grain, 1)
        return step + timedelta(days=self.metric.late_days) > self.ledger.now.date()

    # ------------------------------------------------------------------ cost

    def question(self, span: tuple[date, date]) -> CostQuery:
        """The question whose amounts are divided."""
        return CostQuery(
            measures=(self.spec.measure,),
            by=(self.by.dimension,) if self.by else (),
            grain=self.grain,
            range=ranges.between(*span),
            where=self.spec.where,
            currency=self.currency,
            rates=self.spec.rates,
            splits=self.spec.splits,
            as_of=self.query.as_of,
        )

    def costs(
        self, charges: Result
    ) -> tuple[dict[date, Decimal], dict[date, dict[Value, Decimal]]]:
        """Cost by period, and by period and value."""
        rows: dict[date, dict[Value, Decimal]] = {}
        totals: dict[date, Decimal] = {}
        for row in charges.rows():
            period, cost = row["period"], row[self.spec.measure]
            assert isinstance(period, date) and isinstance(cost, Decimal | None)
            cost = cost or ZERO
            value = row[self.by.dimension] if self.by else None
            named = None if value is None else str(value)
            mine = rows.setdefault(period, {})
            mine[named] = MONEY_CONTEXT.add(mine.get(named, ZERO), cost)
            totals[period] = MONEY_CONTEXT.add(totals.get(period, ZERO), cost)
        return totals, rows

    # ------------------------------------------------------------------ the two together

    def periods(
        self,
        span: tuple[date, date],
        totals: Mapping[date, Decimal],
        rows: Mapping[date, Mapping[Value, Decimal]],
    ) -> tuple[PeriodUnits, ...]:
        """Every period with its cells."""
        units = self.ledger.metrics.periods(
            self.spec.metric, self.labels, *span, self.grain, self.spec.only
        )
        earned = self._earned(span)
        silent = self._silent(span, [known.start for known in units], totals)
        found = []
        for known in units:
            start = known.start
            revenue = earned.get(start, _NOTHING)
            cost = None if start in silent else totals.get(start, ZERO)
            over, open_ = ranges.step(start, self.grain, 1), self.is_open(start)
            found.append(
                PeriodUnits(
                    start,
                    max(start, span[0]),
                    min(over, span[1]),
                    open_,
                    not open_ and start >= span[0] and over <= span[1],
                    self._cell(known, known.total, cost, revenue.total, revenue.reason),
                    self._rows(known, rows.get(start, {}), cost, revenue) if self.by else {},
                )
            )
        return tuple(found)

    def _silent(
        self, span: tuple[date, date], starts: list[date], totals: Mapping[date, Decimal]
    ) -> set[date]:
        """Periods of which the ledger has no charge at all: their cost is not nought, it is not
        known."""
        absent = {start for start in starts if start not in totals}
        if not absent:
            return set()
        asked = CostQuery(
            measures=(self.spec.measure,),
            grain=self.grain,
            range=ranges.between(*span),
            as_of=self.query.as_of,
        )
        return absent - {row["period"] for row in self.ledger.ask(asked).rows()}

    def _rows(
        self,
        known: PeriodValues,
        costs: Mapping[Value, Decimal],
        cost: Decimal | None,
        revenue: "_Earned",
    ) -> dict[Value, Cell]:
        """The cells of a period by label value, costliest first."""
        units = {key[0] or None: value for key, value in known.values.items()}
        found = {}
        # A value that gave all its cost away in splits and has no units is nothing to tell of.
        values = {*(value for value, amount in costs.items() if amount), *units, *revenue.rows}
        for value in sorted(
            values, key=lambda v: (costs.get(v, ZERO).copy_negate(), v is None, v or "")
        ):
            mine = None if cost is None else costs.get(value, ZERO)
            earned, why = revenue.of(value)
            found[value] = self._cell(known, units.get(value), mine, earned, why)
        return found

    def _cell(
        self,
        known: PeriodValues,
        units: Decimal | None,
        cost: Decimal | None,
        revenue: Decimal | None,
        revenue_reason: str,
    ) -> Cell:
        counted, reason = self._counted(known, units)
        if cost is None:
            reason = "the ledger has no charges of this time"
        partial = units if counted is None else None
        return Cell(cost, counted, reason, partial, revenue, revenue_reason)

    def _counted(self, known: PeriodValues, units: Decimal | None) -> tuple[Decimal | None, str]:
        """The units to divide by, or None and why there are none."""
        name, metric = self.spec.metric, self.metric
        missing = _missing(known, metric, name)
        if missing:
            return None, missing
        if units is None and metric.missing == "zero":
            return ZERO, "no activity"
        if units is None:
            return None, f"{name} has no value of it in this time"
        if units < 0:
            return units, f"{name} is below zero"
        return units, "" if units else "no activity"

    # ------------------------------------------------------------------ revenue

    def _earned(self, span: tuple[date, date]) -> dict[date, "_Earned"]:
        """Revenue by period, in the currency of the cost."""
        if self.revenue is None or self.spec.revenue is None:
            return {}
        name, metrics, labels = self.spec.revenue, self.ledger.metrics, self.revenue_labels
        found: dict[date, _Earned] = {}
        for known in metrics.periods(name, labels, *span, self.grain, self.revenue_only):
            why = _missing(known, self.revenue, name)
            rows = {key[0] or None: value for key, value in known.values.items()} if labels else {}
            found[known.start] = _Earned(known.total if not why else None, why, rows, bool(labels))
        if self.revenue.currency != self.currency:
            self._convert(span, found)
        return found

    def _convert(self, span: tuple[date, date], found: dict[date, "_Earned"]) -> None:
        """Bring revenue into the currency of the cost, each day at its rate."""
        assert self.revenue is not None and self.spec.revenue is not None
        source, rates = str(self.revenue.currency), self.ledger.rates()
        sums: dict[date, _Earned] = {
            start: replace(earned, total=None if earned.reason else ZERO, rows={})
            for start, earned in found.items()
        }
        days = self.ledger.metrics.periods(
            self.spec.revenue, self.revenue_labels, *span, "day", self.revenue_only
        )
        for day in days:
            start = floor(day.start, self.grain, span[0])
            mine = sums[start]
            rate = rates.rate(source, self.currency, day.start)
            if mine.reason or day.total is None:
                continue
            if rate is None:
                reason = f"there is no rate of {source} to {self.currency} on {day.start}"
                sums[start] = replace(mine, total=None, rows={}, reason=reason)
                continue
            rows = dict(mine.rows)
            for key, value in day.values.items() if self.revenue_labels else ():
                amount = MONEY_CONTEXT.multiply(value, rate.value)
                rows[key[0] or None] = MONEY_CONTEXT.add(rows.get(key[0] or None, ZERO), amount)
            whole = MONEY_CONTEXT.multiply(day.total, rate.value)
            sums[start] = replace(
                mine, total=MONEY_CONTEXT.add(mine.total or ZERO, whole), rows=rows
            )
        found.update(sums)

    # ------------------------------------------------------------------ what changed

    def change(self, periods: tuple[PeriodUnits, ...]) -> Change | None:
        """The change between two periods, taken apart."""
        known = [p for p in periods if p.total.status == "ok" and p.whole]
        before = self._period(periods, self.query.before, "before")
        after = self._period(periods, self.query.after, "after")
        if after is None:
            after = next((p for p in reversed(known) if before is None or p.start > before.start),
                         None)  # fmt: skip
        if before is None and after is not None:
            before = next((p for p in reversed(known) if p.start < after.start), None)
        if before is None or after is None:
            return None
        for period in (before, after):
            if period.total.status != "ok":
                return Change(
                    before.start, after.start, None, f"{period.start}: {period.total.reason}"
                )
        # The largest value of a period is not the sum of its parts' largest.
        by = self.by is not None and self.metric.aggregation != "max"
        drivers = decompose(_amounts(before, by=by), _amounts(after, by=by))
        reason = "" if drivers else "no label value has units before: there is no price to start at"
        return Change(before.start, after.start, drivers, reason)

    def _period(
        self, periods: tuple[PeriodUnits, ...], day: date | None, field: str
    ) -> PeriodUnits | None:
        if day is None:
            return None
        for period in periods:
            if period.first <= day < period.end:
                return period
        raise QueryError(
            f"{day} is in none of the periods",
            field=field,
            text=str(day),
            allowed=[str(period.start) for period in periods],
        )

    def warnings(self, charges: Result, periods: tuple[PeriodUnits, ...]) -> list[str]:
        """What is not in the numbers."""
        last = self.ledger.last
        end = max((period.end for period in periods), default=None)
        found = []
        if last is not None and end is not None and last + _QUIET < end:
            found.append(
                f"The newest charge is of {last}; the cost of {end - timedelta(days=1)} and the "
                "days before may be missing from the ledger."
            )
        found += [
            f"Cost in {one.currency} has no rate to {self.currency} and is not counted."
            for one in charges.unconverted
        ]
        if self.revenue and self.by and not self.revenue_labels:
            found.append(
                f"The revenue {self.spec.revenue} has no label {self.by.label}: there is a margin "
                "in total alone."
            )
        return found


@dataclass(frozen=True)
class _Earned:
    """Revenue of a period; `total` None with the `reason`, or because there is no revenue
    metric."""

    total: Decimal | None = None
    reason: str = ""
    rows: Mapping[Value, Decimal] = field(default_factory=dict)
    by: bool = False

    def of(self, value: Value) -> tuple[Decimal | None, str]:
        """The revenue of one label value."""
        if not self.by or self.reason:
            return None, self.reason
        found = self.rows.get(value)
        return found, "" if found is not None else "no revenue is known of it"


_NOTHING = _Earned()


def _missing(known: PeriodValues, metric: MetricSpec, name: str) -> str:
    """Why a metric cannot be told of a period; '' where it can."""
    if known.known == 0:
        return f"{name} has no value in this time"
    if metric.aggregation != "sum" or known.complete:
        return ""
    absent = known.days - known.known
    days = ", ".join(str(day) for day in known.missing[:_NAMED_DAYS])
    more = f" and {absent - _NAMED_DAYS} more" if absent > _NAMED_DAYS else ""
    return f"{name} has no value on {absent} of {known.days} days: {days}{more}"


def _amounts(period: PeriodUnits, *, by: bool) -> dict[Value, Amounts]:
    cells = period.rows if by else {None: period.total}
    return {value: Amounts(cell.cost or ZERO, cell.units) for value, cell in cells.items()}


def _overall(periods: tuple[PeriodUnits, ...], metric: MetricSpec) -> Cell | None:
    """All periods together; None where units of periods do not add up."""
    if metric.aggregation != "sum" or not periods:
        return None
    cells = [period.total for period in periods]
    unknown = [p for p in periods if p.total.status == "unknown"]
    cost = None if any(c.cost is None for c in cells) else total(c.cost or ZERO for c in cells)
    earned = [c.revenue for c in cells]
    revenue = None if None in earned else total(r or ZERO for r in earned)
    reason = f"{unknown[0].start}: {unknown[0].total.reason}" if unknown else ""
    units = None if unknown else total(c.units or ZERO for c in cells)
    why = next((c.revenue_reason for c in cells if c.revenue_reason), "")
    return Cell(cost, units, reason or ("" if units else "no activity"), None, revenue, why)
