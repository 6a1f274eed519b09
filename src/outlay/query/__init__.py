"""One question, one expression language, one result."""

from outlay.query.errors import QueryError
from outlay.query.measures import MEASURES
from outlay.query.model import CostQuery
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
    "Column",
    "CostQuery",
    "DimensionInfo",
    "QueryError",
    "RateUsed",
    "Result",
    "Row",
    "Unconverted",
    "ValueInfo",
    "run",
]
