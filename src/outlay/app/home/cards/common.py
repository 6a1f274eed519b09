"""What several cards need: figures and rows of a result, and what must be said beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.app.home import words
from outlay.app.home.asked import zero
from outlay.app.home.model import Figure, Good, Line
from outlay.expression import text_literal
from outlay.query import MEASURES, CostQuery
from outlay.query.result import Result, Row

if TYPE_CHECKING:
    from outlay.app.home.asked import At


def figure(
    at: At, result: Result, *, measure: str = "", label: str = "", good: Good = ""
) -> Figure:
    """The total of a question with its change."""
    name = measure or result.query.measures[0]
    return row_figure(at, result, result.total or {}, name, label, good)


def row_figure(
    at: At, result: Result, row: Row, name: str, label: str = "", good: Good = "",
    query: CostQuery | None = None,
) -> Figure:  # fmt: skip
    """A row's measure with its change; `query` is the question behind the row's change."""
    compared = result.query.compare is not None
    return Figure(
        label=label or MEASURES[name].title,
        value=zero(row.get(name)),
        kind="count" if MEASURES[name].kind == "count" else "money",
        currency=result.currency if MEASURES[name].kind == "money" else None,
        term=name,
        period=at.period.title,
        previous=zero(row.get(f"{name}_previous")) if compared else None,
        change=zero(row.get(f"{name}_change")) if compared else None,
        change_ratio=row.get(f"{name}_change_ratio") if compared else None,  # type: ignore[arg-type]
        drivers=at.drivers(query or result.query) if compared else "",
        good=good,
    )


def lines(
    at: At,
    result: Result,
    dimension: str,
    *,
    then: str = "",
    good: Good = "",
    rows: Iterable[Row] | None = None,
    none: str = "",
    title: Callable[[Any], str] = str,
) -> tuple[Line, ...]:
    """A row a value: each leads to the question narrowed to it, grouped by `then` (or to its
    charges)."""
    found = []
    measure = result.query.measures[0]
    for row in result.rows() if rows is None else rows:
        value = row[dimension]
        narrowed = narrow(result.query, dimension, value)
        link = at.explore(narrowed.but(by=(then,))) if then else at.charges(narrowed)
        found.append(
            Line(
                none or f"without {dimension}" if value is None else title(value),
                link,
                row_figure(at, result, row, measure, good=good, query=narrowed),
            )
        )
    return tuple(found)


def narrow(query: CostQuery, dimension: str, value: Any) -> CostQuery:
    """The question over charges with one value of a dimension, without order and limit."""
    condition = f"{dimension} IS NULL" if value is None else f"{dimension} = {literal(value)}"
    return query.but(limit=None, sort="").narrowed(condition)


def literal(value: Any) -> str:
    """A value as the language of conditions writes it."""
    return text_literal(str(value))


def notes(result: Result) -> tuple[str, ...]:
    """What must be said beside a result: rates, amounts that nothing converts, warnings."""
    said = []
    for one in result.unconverted:
        shown = [
            words.amount(value, one.currency)
            for name, value in one.amounts.items()
            if name in result.query.measures and MEASURES[name].kind == "money" and value
        ]
        if shown:
            said.append(f"Not in it: {words.listed(shown)}, for which no rate is known.")
    sources = sorted({rate.source for rate in result.rates})
    if sources:
        newest = max(rate.day for rate in result.rates)
        said.append(
            f"{words.listed(sources)} converted to {result.currency} day by day, by the bill's own "
            f"rates and the European Central Bank's; the newest is of {words.day(newest)}."
        )
    said += [text for text in result.warnings if not text.startswith("Exchange rates end")]
    return tuple(said)


def main_mover(result: Result, dimension: str, than: str, name: Callable[[Any], str] = str) -> str:
    """Which value moved most, as a part of the net change; '' where nothing changed.

    A part is only called one where it goes the same way and is no larger than the whole; what is
    larger is set against what went the other way.
    """
    total = result.total or {}
    measure = result.query.measures[0]
    net = zero(total.get(f"{measure}_change"))
    rows = [
        (name(row[dimension]) if row[dimension] is not None else f"what has no {dimension}",
         zero(row.get(f"{measure}_change")))
        for row in result.rows()
    ]  # fmt: skip
    moved = [(title, change) for title, change in rows if change]
    if not moved:
        return ""
    return mover_sentence(moved, net, result.currency, than)


def mover_sentence(
    moved: list[tuple[str, Decimal]], net: Decimal, currency: str | None, than: str
) -> str:
    """The sentence of `main_mover`: `moved` are names and changes, the largest change first."""
    from outlay.money.quotients import quotient

    title, change = moved[0]
    if not net:
        return f"{title} moved most ({words.signed(change, currency)}); other changes cancel it."
    same = [(name, part) for name, part in moved if (part > 0) == (net > 0)]
    way = "rise" if net > 0 else "fall"
    if same and same[0][0] == title and abs(change) <= abs(net):
        share = quotient(change, net)
        assert share is not None
        part = words.percent(share, 0)
        return f"{part} of the {way} is {title} ({words.signed(change, currency)})."
    other = next(((n, part) for n, part in moved if (part > 0) != (change > 0)), None)
    verb = "rose" if change > 0 else "fell"
    text = f"{title} {verb} by {words.size(change, currency)}"
    if other is None:
        return f"{text}."
    back = "rose" if other[1] > 0 else "fell"
    return f"{text}, while {other[0]} {back} by {words.size(other[1], currency)}."
