"""The answer to a question as blocks of a document: headlines, a sentence, a chart, a table.

What people read is grouped and cut; the table for files has every row as `Result` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from outlay.app.home import words
from outlay.money import DateRange, total
from outlay.money.quotients import quotient
from outlay.query import MEASURES, Column, Result, Row
from outlay.query.titles import dimension
from outlay.reports.cells import summed
from outlay.reports.document import (
    Block,
    Chart,
    Figure,
    Figures,
    Note,
    Sentence,
    Series,
    Table,
)

TOP = 9
_BARS = 10
_LABEL = " · "
_OTHER = "Other"
_NONE = "(none)"


def blocks(result: Result, name: str = "", *, title: str = "") -> list[Block]:
    """Everything that a saved question tells, in the order in which it is read."""
    found: list[Block] = [Figures(tuple(figures(result)))]
    found += [Sentence(text) for text in sentences(result)]
    drawn = chart(result)
    found += [drawn] if drawn is not None else []
    found += tables(result, name or "table", title)
    found += notes(result)
    return found


def notes(result: Result) -> list[Block]:
    """What must be said beside the numbers."""
    found: list[Block] = [Note(text, "warn") for text in result.warnings]
    found += [
        Note(f"No rate converts {one.currency}: its charges are not in the amounts.", "warn")
        for one in result.unconverted
    ]
    found += [
        Note(
            f"1 {rate.source} = {format(rate.value.normalize(), 'f')} {result.currency} "
            f"({rate.publisher}, {rate.day})"
            + (f" and {rate.others:,} more rates of other days." if rate.others else ".")
        )
        for rate in result.rates
    ]
    return found


# --- headlines ----------------------------------------------------------------------------------


def figures(result: Result) -> Iterator[Figure]:
    """The totals: one headline for each measure and currency."""
    rows = result.totals or ((result.total or {},) if result.snapshot else ())
    before = days_text(result.previous_range) if result.query.compare else ""
    for row in rows:
        currency = str(row.get("BillingCurrency") or result.currency or "") or None
        for column in result.columns:
            if column.role != "measure":
                continue
            measure, kind = column.name, MEASURES[column.name].kind
            yield Figure(
                title=column.title,
                value=_decimal(row.get(measure)),
                kind=kind,
                currency=currency if kind == "money" else None,
                before=_decimal(row.get(f"{measure}_previous")),
                change=_decimal(row.get(f"{measure}_change")),
                ratio=_decimal(row.get(f"{measure}_change_ratio")),
                note=f"against {before}" if before else "",
            )


def days_text(span: DateRange | None) -> str:
    """Days in words; a whole month by its name."""
    return "" if span is None else words.days(span)


def period_text(result: Result) -> str:
    """The days that were asked, and what they are compared with."""
    here, before = days_text(result.range), days_text(result.previous_range)
    return f"{here}, against {before}" if here and before and result.query.compare else here


def sentences(result: Result) -> list[str]:
    """What the totals and the largest mover say, computed."""
    if not result.totals:
        return ["No charge is in this."] if result.snapshot else ["The ledger has no charge yet."]
    found = []
    if result.query.compare:
        than = days_text(result.previous_range)
        first = next(c.title for c in result.columns if c.name == result.query.measures[0])
        for figure in figures(result):
            if figure.title == first and figure.kind == "money" and figure.value is not None:
                found.append(" ".join([_moved(figure, than), *_mover(result, figure.currency)]))
    return found[:3]


def _moved(figure: Figure, than: str) -> str:
    assert figure.value is not None
    return words.moved(
        figure.title,
        figure.value,
        figure.before,
        figure.change,
        figure.ratio,
        currency=figure.currency,
        than=than,
    )


def _mover(result: Result, currency: str | None) -> list[str]:
    """The group that changed the most, in the first measure and one currency."""
    dimensions = [c for c in result.columns if c.role == "dimension"]
    measure = result.query.measures[0]
    if not dimensions or MEASURES[measure].kind != "money":
        return []
    groups = [
        row
        for row in grouped(result)
        if row.get("BillingCurrency") in (None, currency) and row.get(f"{measure}_change")
    ]
    if len(groups) < 2:
        return []
    most = max(groups, key=lambda row: abs(Decimal(str(row[f"{measure}_change"]))))
    shown = words.signed(Decimal(str(most[f"{measure}_change"])), currency)
    return [f"{_named(most, dimensions)} changed the most ({shown})."]


# --- charts -------------------------------------------------------------------------------------


def chart(result: Result, form: str = "", title: str = "") -> Chart | None:
    """The first measure over time, or the largest groups; None when there is nothing to draw."""
    every = [*result.rows(), *_other_rows(result)]
    currency, hidden = _currency(result, every)
    rows = [row for row in every if currency is None or row.get("BillingCurrency") == currency]
    measure = next(c for c in result.columns if c.name == result.query.measures[0])
    unit = (currency or result.currency or "") if measure.type == "money" else ""
    note = f"Not drawn: {words.listed(hidden)}." if hidden else ""
    dimensions = [c for c in result.columns if c.role == "dimension"]
    if result.query.grain != "none":
        drawn = _over_time(rows, dimensions, measure.name, result.query.grain)
        if drawn is None or len(drawn[0]) < 2:
            return None
        labels, lines = drawn
        shape: Literal["line", "stack"] = "line" if form == "line" else "stack"
        return Chart(title or measure.title, shape, labels, lines, unit, note)
    if not dimensions:
        return None
    ranked = _ranked(rows, dimensions, measure.name)
    if len(ranked) < 2:
        return None
    values = tuple(value for _, value in ranked)
    names = tuple(name for name, _ in ranked)
    series = (Series(measure.title, values),)
    return Chart(title or measure.title, "rank", names, series, unit, note)


def _other_rows(result: Result) -> Iterator[Row]:
    """What the limit left out, as rows of a group that is named so."""
    dimensions = [c.name for c in result.columns if c.role == "dimension"]
    for row in result.other:
        yield {**row, **dict.fromkeys(dimensions, ""), **dict.fromkeys(dimensions[:1], _OTHER)}


def _currency(result: Result, rows: Sequence[Row]) -> tuple[str | None, list[str]]:
    """The currency that is drawn (None: there is one) and those that are not. The one with the
    most rows is drawn: amounts of different currencies cannot be compared."""
    counts: dict[str, int] = {}
    for row in rows:
        if row.get("BillingCurrency"):
            name = str(row["BillingCurrency"])
            counts[name] = counts.get(name, 0) + 1
    if len(counts) < 2:
        return None, []
    most = max(sorted(counts), key=lambda name: counts[name])
    return most, sorted(set(counts) - {most})


def _over_time(
    rows: Sequence[Row], dimensions: Sequence[Column], measure: str, grain: str
) -> tuple[tuple[str, ...], tuple[Series, ...]] | None:
    periods = sorted({row["period"] for row in rows if isinstance(row.get("period"), date)})  # type: ignore[type-var]
    sums: dict[str, dict[Any, list[Decimal]]] = {}
    for row in rows:
        value = _decimal(row.get(measure))
        if value is not None:
            name = _named(row, dimensions) if dimensions else MEASURES[measure].title
            sums.setdefault(name, {}).setdefault(row.get("period"), []).append(value)
    if not sums or not periods:
        return None
    sizes = {name: total(v for vs in by.values() for v in vs) for name, by in sums.items()}
    order = sorted((n for n in sums if n != _OTHER), key=lambda n: (-abs(sizes[n]), n))
    kept, rest = order[:TOP], order[TOP:]
    if _OTHER in sums:
        rest.append(_OTHER)
    series = [_series(name, [sums[name]], periods) for name in kept]
    if rest:
        series.append(_series(_OTHER, [sums[name] for name in rest], periods))
    return tuple(period_label(p, grain) for p in periods), tuple(series)


def _series(
    name: str, parts: Sequence[Mapping[Any, Sequence[Decimal]]], periods: Sequence[Any]
) -> Series:
    values = []
    for period in periods:
        found = [value for part in parts for value in part.get(period, ())]
        values.append(total(found) if found else None)
    return Series(name, tuple(values))


def _ranked(
    rows: Sequence[Row], dimensions: Sequence[Column], measure: str
) -> list[tuple[str, Decimal]]:
    pairs = [(_named(row, dimensions), _decimal(row.get(measure)) or Decimal(0)) for row in rows]
    other = [value for name, value in pairs if name == _OTHER]
    named = sorted((p for p in pairs if p[0] != _OTHER), key=lambda p: -abs(p[1]))
    other += [value for _, value in named[_BARS:]]
    return named[:_BARS] + ([(_OTHER, total(other))] if other else [])


def period_label(value: Any, grain: str) -> str:
    """A period on an axis: 3 Nov, Nov 26, Q4 26."""
    if isinstance(value, datetime) and grain == "hour":
        return f"{value.day} {value:%b %H:%M}"
    if grain in ("day", "week"):
        return f"{value.day} {value:%b}"
    if grain == "month":
        return f"{value:%b %y}"
    return f"Q{(value.month - 1) // 3 + 1} {value:%y}" if grain == "quarter" else str(value.year)


# --- tables -------------------------------------------------------------------------------------


def tables(result: Result, name: str, title: str = "") -> list[Block]:
    """The rows as they are, for files; by group without periods, for people."""
    whole = _titled(result.complete())
    rows = tuple(whole.rows())
    unit = None if len(result.totals) > 1 else result.currency
    if unit is None and len(result.totals) == 1:
        unit = str(result.totals[0].get("BillingCurrency") or "") or None
    full = Table(name, title, whole.columns, rows, whole.totals, unit)
    dimensions = [c for c in whole.columns if c.role == "dimension"]
    if whole.query.grain == "none" or not dimensions or len(rows) <= TOP:
        return [full]
    columns = tuple(c for c in whole.columns if c.role != "period")
    people = Table(name, title, columns, tuple(grouped(whole)), whole.totals, unit, on="page")
    note = f"By {whole.query.grain} in the attached files."
    return [
        Table(**{**people.__dict__, "note": note}),
        Table(**{**full.__dict__, "on": "file"}),
    ]


def _titled(result: Result) -> Result:
    """With the titles of dimensions that pages have."""
    columns = tuple(
        replace(c, title=dimension(c.name)) if c.role == "dimension" else c for c in result.columns
    )
    return replace(result, columns=columns)


def grouped(result: Result) -> list[Row]:
    """The rows of a result added up over time, largest first; sums are exact."""
    if result.query.grain == "none":
        return list(result.rows())
    dimensions = [c.name for c in result.columns if c.role in ("dimension", "currency")]
    columns = [c for c in result.columns if c.role != "period"]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in result.rows():
        groups.setdefault(tuple(row.get(name) for name in dimensions), []).append(row)
    totals = {row.get("BillingCurrency"): row for row in result.totals}
    found: list[Row] = []
    for key, rows in groups.items():
        one = summed(columns, rows, "") | dict(zip(dimensions, key, strict=True))
        every = totals.get(one.get("BillingCurrency")) or result.total or {}
        for column in columns:
            if column.role == "share" and column.measure:
                part, whole = one.get(column.measure), _decimal(every.get(column.measure))
                one[column.name] = None if part is None else quotient(part, whole or 0)
        found.append(one)
    first = result.query.measures[0]
    # Amounts of different currencies have no order: each currency's rows stand together.
    currencies = [row.get("BillingCurrency") for row in result.totals]
    places = {name: number for number, name in enumerate(currencies)}
    return sorted(
        found,
        key=lambda row: (
            places.get(row.get("BillingCurrency"), len(places)),
            -(_decimal(row.get(first)) or Decimal(0)),
        ),
    )


def _named(row: Row, dimensions: Sequence[Column]) -> str:
    if dimensions and row.get(dimensions[0].name) == _OTHER:
        return _OTHER
    return _LABEL.join(
        _NONE if row.get(c.name) is None else str(row.get(c.name)) for c in dimensions
    )


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None
