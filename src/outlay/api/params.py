"""The parameters of a question, declared once for the documentation, read once by the codec."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator

from outlay.query import CostQuery
from outlay.query.codec import from_params

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _written_as_day(value: object) -> object:
    """Numbers, and text that is one, would be taken for seconds since 1970."""
    if value is None or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written as 2026-10-01")


Day = Annotated[date, BeforeValidator(_written_as_day)]
"""A day in an address or a body, written ``YYYY-MM-DD``."""


def _declared(
    m: Annotated[
        str,
        Query(
            description="Measures, comma-separated; default EffectiveCost",
            examples=["EffectiveCost,BilledCost"],
        ),
    ] = "",
    by: Annotated[
        str, Query(description="Dimensions, comma-separated", examples=["ServiceName,tags.team"])
    ] = "",
    grain: Annotated[
        str, Query(description="none, hour, day, week, month, quarter or year", examples=["day"])
    ] = "",
    range: Annotated[
        str, Query(description="A relative range; default all", examples=["last-30-days"])
    ] = "",
    from_: Annotated[
        str, Query(alias="from", description="First day, UTC", examples=["2026-10-01"])
    ] = "",
    to: Annotated[str, Query(description="Day after the last one", examples=["2026-11-01"])] = "",
    where: Annotated[
        str,
        Query(
            description="A condition in the expression language",
            examples=["ServiceName = 'AmazonEC2' AND tags.team IS NULL"],
        ),
    ] = "",
    compare: Annotated[str, Query(description="previous or previous-year")] = "",
    limit: Annotated[str, Query(description="Groups kept; the others are summed as `other`")] = "",
    sort: Annotated[
        str,
        Query(description="A column, `-` for descending, or movers", examples=["-EffectiveCost"]),
    ] = "",
    currency: Annotated[
        str, Query(description="Convert at daily rates to this currency", examples=["EUR"])
    ] = "",
    rates: Annotated[
        str,
        Query(description="Convert by `ecb` or a table's name; default: the setting"),
    ] = "",
    as_of: Annotated[
        str, Query(description="A day, a UTC time or a snapshot id: what was known then")
    ] = "",
    splits: Annotated[
        str,
        Query(description="`applied`: with what splits give and take; `direct`: without"),
    ] = "",
    rules_as_of: Annotated[
        str, Query(description="A day or UTC time: the virtual tags and splits of then")
    ] = "",
) -> None:
    """Declared for the documentation; `question` reads them with the product's own messages."""


QuestionParams = Annotated[None, Depends(_declared)]


def question(request: Request, *others: str) -> CostQuery:
    """The question in the parameters of a request; `others` may stand beside it.

    Raises QueryError, also for a parameter that is not known: a misspelt filter must not widen
    the answer.
    """
    return from_params(dict(request.query_params), others=others)
