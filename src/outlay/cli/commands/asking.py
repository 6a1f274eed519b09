"""The options that ask a question; the same for `query`, `views save` and `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from outlay.query import CostQuery

Measure = Annotated[
    str | None,
    typer.Option(
        metavar="M1,M2",
        help="EffectiveCost (default), BilledCost, ListCost, ContractedCost, Credits, Tax…",
    ),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="D1,D2", help="Dimensions: FOCUS columns, tags.KEY, x_ columns, e.g. ServiceName."
    ),
]
Grain = Annotated[
    str | None, typer.Option(metavar="G", help="none, hour, day, week, month, quarter or year.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="First day, YYYY-MM-DD, UTC.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="The day after the last: it is excluded.")
]
Range = Annotated[
    str | None,
    typer.Option(
        "--range",
        metavar="R",
        help="last-month, this-month, last-30-days, last-6-months, year-to-date, all (default)…",
    ),
]
Where = Annotated[
    str | None,
    typer.Option(metavar="EXPR", help="A condition, e.g. \"ServiceName = 'Amazon EC2'\"."),
]
Compare = Annotated[str | None, typer.Option(metavar="C", help="previous or previous-year.")]
Limit = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="So many groups; the rest is Other.")
]
Sort = Annotated[
    str | None, typer.Option(metavar="S", help="A column, - before it for descending, or movers.")
]
Currency = Annotated[
    str | None, typer.Option(metavar="C", help="Convert to this currency at daily rates.")
]
RatesName = Annotated[
    str | None,
    typer.Option(
        "--rates", metavar="NAME", help="Convert by ecb or by a table; `outlay rates list`."
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="T", help="The ledger as it was: a day, a UTC time or a snapshot."),
]
RulesAsOf = Annotated[
    str | None,
    typer.Option(metavar="T", help="The virtual tags and splits as they were: a day or UTC time."),
]
Splits = Annotated[
    str | None,
    typer.Option(
        metavar="HOW", help="applied (default): with what splits give and take; direct: without."
    ),
]


def question(
    *,
    measures: str | None,
    by: str | None,
    grain: str | None,
    start: str | None,
    end: str | None,
    range: str | None,
    where: str | None,
    compare: str | None,
    limit: int | None,
    sort: str | None,
    currency: str | None,
    rates: str | None = None,
    splits: str | None = None,
    as_of: str | None,
    rules_as_of: str | None,
) -> CostQuery:
    """The question that the options ask; QueryError points at what cannot be understood."""
    from outlay.query.codec import from_json

    parts = {
        "measures": measures,
        "by": by,
        "grain": grain,
        "from": start,
        "to": end,
        "range": range,
        "where": where,
        "compare": compare,
        "limit": limit,
        "sort": sort,
        "currency": currency,
        "rates": rates,
        "splits": splits,
        "as_of": as_of,
        "rules_as_of": rules_as_of,
    }
    return from_json({name: value for name, value in parts.items() if value is not None})


def within(range_: str | None, where: str | None) -> CostQuery:
    """The part of the ledger that discovery looks at."""
    from outlay.query.codec import from_json

    parts = {"range": range_, "where": where}
    return from_json({name: value for name, value in parts.items() if value is not None})
