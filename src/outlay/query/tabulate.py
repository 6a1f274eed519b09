"""From the rows of SQL to a result: shares and changes are worked out here, in decimals."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING, Any

from outlay.expression.columns import column_type
from outlay.expression.dimensions import parse_dimension
from outlay.money import MONEY_CONTEXT
from outlay.money.rates import Rate
from outlay.query.answer import Amount, Answer, Cell, PeriodSum, RateKey, added, less
from outlay.query.measures import MEASURES
from outlay.query.model import PERIOD, CostQuery
from outlay.query.result import Column, RateUsed, Result, Type, Unconverted, arrow_table

if TYPE_CHECKING:
    from outlay.query.run import Prepared

RATIO = Decimal("0.000001")
_DIVISION = Context(prec=60)


def tabulate(
    answer: Answer | None,
    prepared: "Prepared",
    rates: Mapping[RateKey, Rate],
    tables: Mapping[str, int],
) -> Result:
    """The result of an answer (None: no slice is in range)."""
    query = prepared.query
    totals = answer.totals if answer else {}
    several = len(totals) > 1
    columns = result_columns(query, several, shared=prepared.expansion is not None)
    cells = answer.cells() if answer else []
    rows = [_row(query, cell, totals[cell.currency], several) for cell in cells]
    other = [
        _other(query, rest, totals[rest.currency], several)
        for rest in (_rest(answer, cells) if answer and query.limit else ())
    ]
    sole = next(iter(totals)) if len(totals) == 1 else None
    return Result(
        query=query,
        columns=columns,
        table=arrow_table(columns, rows),
        other=tuple(other),
        totals=tuple(_total(query, c, a, several) for c, a in totals.items()),
        currency=query.currency or sole,
        range=prepared.range,
        previous_range=prepared.previous_range,
        group_count=answer.group_count if answer else 0,
        unconverted=_unconverted(answer),
        rates=_rates_used(rates, prepared),
        snapshot=None if prepared.pin.snapshot_id is None else str(prepared.pin.snapshot_id),
        as_of=prepared.pin.committed_at,
        tables=tables,
    )


def _rest(answer: Answer, cells: Sequence[Cell]) -> list[PeriodSum]:
    """What the rows leave of each period and currency: its sums less what is shown."""
    shown: dict[tuple[Any, str | None], tuple[int, tuple[Amount, ...]]] = {}
    for cell in cells:
        count, amounts = shown.get((cell.period, cell.currency), (0, None))
        shown[cell.period, cell.currency] = (count + 1, added(amounts, cell.amounts))
    found = []
    for whole in answer.period_sums:
        count, amounts = shown.get((whole.period, whole.currency), (0, None))
        if whole.groups > count:
            rest = less(whole.amounts, amounts)
            found.append(PeriodSum(whole.period, whole.currency, whole.groups - count, rest))
    return found


def result_columns(query: CostQuery, several: bool, *, shared: bool = False) -> tuple[Column, ...]:
    """The columns of a result; `several` tells that it holds several currencies, `shared` that
    splits take part in it."""
    columns: list[Column] = []
    if query.grain != "none":
        kind: Type = "timestamp" if query.grain == "hour" else "date"
        columns.append(Column(PERIOD, "period", kind, query.grain.capitalize()))
    for name in query.by:
        dimension = parse_dimension(name)
        kind = column_type(dimension.name) if dimension.kind == "column" else "text"
        columns.append(Column(name, "dimension", kind, dimension.name))
    if several and "BillingCurrency" not in query.by:
        columns.append(Column("BillingCurrency", "currency", "text", "Currency"))
    for name in query.measures:
        measure = MEASURES[name]
        columns.append(Column(name, "measure", measure.kind, measure.title, name))
        if query.by or query.grain != "none":
            title = f"Share of {measure.title.lower()}"
            columns.append(Column(f"{name}_share", "share", "ratio", title, name))
        if shared and measure.kind == "money":
            columns += [
                Column(f"{name}_direct", "direct", "money", "Direct", name),
                Column(f"{name}_shared", "shared", "money", "Shared", name),
            ]
        if query.compare:
            columns += [
                Column(f"{name}_previous", "previous", measure.kind, "Before", name),
                Column(f"{name}_change", "change", measure.kind, "Change", name),
                Column(f"{name}_change_ratio", "change_ratio", "ratio", "Change, ratio", name),
            ]
    return tuple(columns)


def _row(query: CostQuery, cell: Cell, total: tuple[Amount, ...], several: bool) -> dict[str, Any]:
    row: dict[str, Any] = {PERIOD: cell.period} if query.grain != "none" else {}
    row.update(zip(query.by, cell.values, strict=True))
    if several and "BillingCurrency" not in row:
        row["BillingCurrency"] = cell.currency
    row.update(amounts_row(query, cell.amounts, total))
    return row


def _other(
    query: CostQuery, rest: PeriodSum, total: tuple[Amount, ...], several: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {PERIOD: rest.period} if query.grain != "none" else {}
    if several:
        row["BillingCurrency"] = rest.currency
    row["groups"] = rest.groups
    row.update(amounts_row(query, rest.amounts, total))
    return row


def _total(
    query: CostQuery, currency: str | None, amounts: tuple[Amount, ...], several: bool
) -> dict[str, Any]:
    row: dict[str, Any] = {"BillingCurrency": currency} if several else {}
    row.update(amounts_row(query, amounts, None))
    return row


def amounts_row(
    query: CostQuery, amounts: tuple[Amount, ...], total: tuple[Amount, ...] | None
) -> dict[str, Any]:
    """A row's measures with shares (of `total`, if given), what is direct and shared of them where
    splits take part, and changes."""
    row: dict[str, Any] = {}
    step = 2 if query.compare else 1
    whole = step * len(query.measures)
    for index, name in enumerate(query.measures):
        now = amounts[index * step]
        row[name] = now
        if total is not None and (query.by or query.grain != "none"):
            row[f"{name}_share"] = ratio(now, total[index * step])
        if len(amounts) > whole and MEASURES[name].kind == "money":
            shared = amounts[whole + index * step]
            row[f"{name}_direct"] = change(now, shared)
            row[f"{name}_shared"] = shared
        if query.compare:
            before = amounts[index * step + 1]
            row[f"{name}_previous"] = before
            row[f"{name}_change"] = change(now, before)
            row[f"{name}_change_ratio"] = ratio(row[f"{name}_change"], _absolute(before))
    return row


def change(now: Amount, before: Amount) -> Amount:
    """Now less before, exactly; None where either is unknown."""
    if now is None or before is None:
        return None
    if isinstance(now, int) and isinstance(before, int):
        return now - before
    return MONEY_CONTEXT.subtract(Decimal(now), Decimal(before))


def ratio(part: Amount, whole: Amount) -> Decimal | None:
    """Part ÷ whole, rounded half to even to six decimals; None where there is no base."""
    if part is None or not whole:
        return None
    quotient = _DIVISION.divide(Decimal(part), Decimal(whole))
    return quotient.quantize(RATIO, rounding=ROUND_HALF_EVEN, context=_DIVISION)


def _absolute(amount: Amount) -> Amount:
    # A change from -10 to -5 is a rise: the ratio keeps the sign of the change.
    if amount is None or isinstance(amount, int):
        return None if amount is None else abs(amount)
    return amount.copy_abs()


def _unconverted(answer: Answer | None) -> tuple[Unconverted, ...]:
    if answer is None:
        return ()
    return tuple(
        # What of them is shared stands behind the whole amounts.
        Unconverted(row[0], dict(zip(answer.query.measures, row[1:], strict=False)))
        for row in answer.unconverted()
    )


def _rates_used(rates: Mapping[RateKey, Rate], prepared: "Prepared") -> tuple[RateUsed, ...]:
    """The rate of the newest asked day, a currency and publisher, and how many others there are."""
    newest: dict[tuple[str, str], tuple[date, Rate]] = {}
    different: dict[tuple[str, str], set[Decimal]] = {}
    asked = prepared.range
    for (currency, day, _), rate in rates.items():
        if asked is None or day >= asked.end:
            continue
        key = (currency, rate.publisher)
        if day >= asked.start:
            different.setdefault(key, set()).add(rate.value)
        if key not in newest or day > newest[key][0]:
            newest[key] = (day, rate)
    return tuple(
        RateUsed(
            rate.source, rate.day, rate.value, rate.publisher,
            max(0, len(different.get(key, ())) - 1),
        )
        for key, (_, rate) in sorted(newest.items(), key=lambda item: item[0])
    )  # fmt: skip
