"""One question, one expression language, one result."""

from outlay.expression.errors import QueryError
from outlay.query.discover import dimensions, values
from outlay.query.explain import Explanation, explain
from outlay.query.lines import ChargeLine, ChargePage, Origin, charges
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery
from outlay.query.narrow import equals, of_row
from outlay.query.rawsql import SqlResult, sql
from outlay.query.result import (
    Column,
    DimensionInfo,
    RateUsed,
    Result,
    Row,
    Unconverted,
    ValueInfo,
)
from outlay.query.run import run

__all__ = [
    "MEASURES",
    "ChargeLine",
    "ChargePage",
    "Column",
    "CostQuery",
    "DimensionInfo",
    "Explanation",
    "Origin",
    "QueryError",
    "RateUsed",
    "Result",
    "Row",
    "SqlResult",
    "Unconverted",
    "ValueInfo",
    "charges",
    "dimensions",
    "equals",
    "explain",
    "of_row",
    "run",
    "sql",
    "values",
]
