"""The rows of the explorer's table, ready to be written: text, links, bars, sparklines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from outlay.query import CostQuery, Result
from outlay.query.result import Row
from outlay.web import numbers, words
from outlay.web.drivers.address import result_url
from outlay.web.explore import filters
from outlay.web.explore.address import CHARGES, Ask, next_dimension
from outlay.web.explore.answers import Answers, is_by_change
from outlay.web.explore.colours import MISSING, OTHER

PAGE_ROWS = 200
Key = tuple[object, ...]
Colours = Mapping[tuple[object, ...], str]


@dataclass(frozen=True)
class Cell:
    """One value of a row: its text, where a click leads, and what the click does in words."""

    text: str
    missing: bool
    href: str | None = None
    hint: str = ""


@dataclass(frozen=True)
class Delta:
    """A change with what is needed to write it, and the address of what drove it."""

    value: Decimal | None
    ratio: Decimal | None
    previous: Decimal | None
    drivers: str = ""


@dataclass(frozen=True)
class RowView:
    """One row as it is shown. `bar` is a percentage of the largest row, `spark` SVG points;
    `direct` and `shared` add up to the amount where splits take part; `key` are its values."""

    cells: tuple[Cell, ...]
    currency: str | None
    amount: Decimal | None
    others: tuple[Decimal | None, ...]
    share: Decimal | None
    delta: Delta | None
    bar: str
    negative: bool
    spark: str
    colour: str | None
    direct: Decimal | None = None
    shared: Decimal | None = None
    key: Key = ()


@dataclass(frozen=True)
class TableView:
    """The table: rows of one page, totals over all pages (one a currency)."""

    rows: tuple[RowView, ...]
    totals: tuple[RowView, ...]
    row_count: int
    page: int
    pages: int
    has_sparks: bool
    has_splits: bool = False


def table(
    ask: Ask, got: Answers, fixed: set[str], present: set[str], colours: Colours
) -> TableView:
    """The rows of the page that is asked for."""
    everything = list(merged(ask.query, got))
    pages = max(1, -(-len(everything) // PAGE_ROWS))
    page = min(ask.page, pages)
    shown = everything[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    largest = _largest(ask, shown)
    sparks = _sparks(ask, got.sparks)
    link = _Linker(ask, got, fixed, present)
    rows = tuple(
        _row(ask, got, row, change, largest, sparks, link, colours) for row, change in shown
    )
    splits = any(column.role == "shared" for column in got.table.columns)
    return TableView(rows, _totals(ask, got), len(everything), page, pages, bool(sparks), splits)


def merged(query: CostQuery, got: Answers) -> Sequence[tuple[Row, Row | None]]:
    """Each row with its comparison, in the asked order."""
    names = _key_names(got.table)
    rows: dict[Key, Row] = {_key(row, names): row for row in got.table.table.to_pylist()}
    if got.changes is None:
        return [(row, None) for row in rows.values()]
    if got.changes is got.table:
        return [(row, row) for row in rows.values()]
    changes: dict[Key, Row] = {_key(row, names): row for row in got.changes.table.to_pylist()}
    order = dict.fromkeys([*changes, *rows] if is_by_change(query) else [*rows, *changes])
    return [(rows.get(key) or _blank(changes[key], query), changes.get(key)) for key in order]


def _blank(row: Row, query: CostQuery) -> Row:
    """A group that only the comparison has: its amounts are none."""
    parts = (f"{name}_{part}" for name in query.measures for part in ("share", "direct", "shared"))
    return {**row, **dict.fromkeys((*query.measures, *parts))}


def _key_names(result: Result) -> tuple[str, ...]:
    roles = ("period", "dimension", "currency")
    return tuple(column.name for column in result.columns if column.role in roles)


def _key(row: Row, names: Sequence[str]) -> Key:
    return tuple(row.get(name) for name in names)


def _delta(
    row: Row | None, measure: str, changes: Result | None, *, total: bool = False
) -> Delta | None:
    if row is None or changes is None:
        return None
    names = ("BillingCurrency",) if total else _key_names(changes)
    values = {name: row[name] for name in names if name in row}
    return Delta(
        _decimal(row.get(f"{measure}_change")),
        _decimal(row.get(f"{measure}_change_ratio")),
        _decimal(row.get(f"{measure}_previous")),
        result_url(changes, measure, values),
    )


def _row(
    ask: Ask,
    got: Answers,
    row: Row,
    change: Row | None,
    largest: Decimal,
    sparks: Mapping[Key, str],
    link: _Linker,
    colours: Colours,
) -> RowView:
    amount = _decimal(row.get(ask.measure))
    values = tuple(row.get(name) for name in ask.query.by)
    cells = link.cells(row, values)
    return RowView(
        cells=cells,
        currency=_text(row.get("BillingCurrency")) or got.table.currency,
        amount=amount,
        others=tuple(_decimal(row.get(name)) for name in ask.query.measures[1:]),
        share=_decimal(row.get(f"{ask.measure}_share")),
        delta=_delta(change, ask.measure, got.changes),
        bar=_percent(amount, largest),
        negative=bool(amount and amount < 0),
        spark=sparks.get((*values, row.get("BillingCurrency")), ""),
        colour=_colour(values, colours),
        direct=_decimal(row.get(f"{ask.measure}_direct")),
        shared=_decimal(row.get(f"{ask.measure}_shared")),
        key=values,
    )


def _colour(values: tuple[object, ...], colours: Colours) -> str | None:
    """The colour of the row's series; what is not drawn by itself is part of Other."""
    if not values:
        return None
    if all(value is None for value in values):
        return MISSING
    return colours.get(values, OTHER)


def _totals(ask: Ask, got: Answers) -> tuple[RowView, ...]:
    changes = {
        row.get("BillingCurrency"): row for row in (got.changes.totals if got.changes else ())
    }
    return tuple(
        RowView(
            cells=(),
            currency=_text(row.get("BillingCurrency")) or got.table.currency,
            amount=_decimal(row.get(ask.measure)),
            others=tuple(_decimal(row.get(name)) for name in ask.query.measures[1:]),
            share=Decimal(1) if row.get(ask.measure) else None,
            delta=_delta(
                changes.get(row.get("BillingCurrency")), ask.measure, got.changes, total=True
            ),
            bar="0",
            negative=False,
            spark="",
            colour=None,
            direct=_decimal(row.get(f"{ask.measure}_direct")),
            shared=_decimal(row.get(f"{ask.measure}_shared")),
        )
        for row in got.table.totals
    )


class _Linker:
    """Where the values of a row lead: one filter more and the next grouping."""

    def __init__(self, ask: Ask, got: Answers, fixed: set[str], present: set[str]) -> None:
        self.ask, self.got, self.fixed, self.present = ask, got, fixed, present

    def cells(self, row: Row, values: Sequence[object]) -> tuple[Cell, ...]:
        if not self.ask.query.by:
            return (self._period(row.get("period")),)
        return tuple(
            self._value(name, value) for name, value in zip(self.ask.query.by, values, strict=True)
        )

    def _value(self, name: str, value: object) -> Cell:
        text = "(none)" if value is None else value_text(value)
        where = filters.toggled(self.ask.query.where, filters.equal(name, value))
        following = next_dimension(self.ask.query, self.fixed | {name}, self.present)
        if following is None:
            href = self.ask.url(CHARGES, where=where, by=(), compare=None, grain="none", sort="")
            return Cell(text, value is None, href, "Show these charges")
        others = tuple(other for other in self.ask.query.by if other not in (name, following))
        href = self.ask.url(where=where, by=(following, *others[1:]))
        title = words.dimension(following)
        return Cell(text, value is None, href, f"Only this, by {title[:1].lower()}{title[1:]}")

    def _period(self, value: object) -> Cell:
        if not isinstance(value, date):
            return Cell("All", False)
        return Cell(words.period(value, self.got.grain), False)


def value_text(value: object) -> str:
    """A dimension's value as text."""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _largest(ask: Ask, shown: Sequence[tuple[Row, Row | None]]) -> Decimal:
    sizes = [abs(_decimal(row.get(ask.measure)) or Decimal(0)) for row, _ in shown]
    return max(sizes, default=Decimal(0))


def _percent(amount: Decimal | None, largest: Decimal) -> str:
    """A width for drawing, in percent of the largest."""
    return "0" if not amount or not largest else f"{abs(float(amount)) / float(largest) * 100:.1f}"


def _sparks(ask: Ask, result: Result | None) -> dict[Key, str]:
    """Points of a small line per group, 100 × 20; drawn, never read as numbers."""
    if result is None:
        return {}
    rows = result.table.to_pylist()
    periods = sorted({row["period"] for row in rows if row["period"] is not None})
    if len(periods) < 3:
        return {}
    place = {period: index for index, period in enumerate(periods)}
    lines: dict[Key, list[float]] = {}
    for row in rows:
        key = (*(row[name] for name in ask.query.by), row.get("BillingCurrency"))
        line = lines.setdefault(key, [0.0] * len(periods))
        line[place[row["period"]]] = float(row[ask.measure] or 0)
    return {key: _points(line) for key, line in lines.items()}


def _points(line: Sequence[float]) -> str:
    low, high = min(0.0, *line), max(0.0, *line)
    span = (high - low) or 1.0
    step = 100 / (len(line) - 1)
    return " ".join(
        f"{index * step:.1f},{20 - (value - low) / span * 20:.1f}"
        for index, value in enumerate(line)
    )


def _decimal(value: object) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def spoken(row: RowView, measure: str) -> str:
    """The amount with all its digits, for the title of a cell."""
    if words.kind(measure) != "money":
        return numbers.exact(row.amount)
    return f"{row.currency or ''} {numbers.exact(row.amount)}".strip()
