"""The values of answers: exact numbers, moments and days."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import WithJsonSchema

Number = Annotated[
    Decimal,
    WithJsonSchema({"type": "string", "format": "decimal", "examples": ["1741.635178104212"]}),
]
"""An amount, quantity or quotient: text in JSON with all its decimals, a Decimal in Python."""

Moment = Annotated[
    datetime,
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-02T10:00:00Z"]}),
]
"""A time, UTC."""

Day = Annotated[
    date, WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-01"]})
]
"""A day, UTC."""
