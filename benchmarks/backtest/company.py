"""The sample company as daily series: the usage of its AWS bills by account and service."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
from numpy.typing import NDArray

from outlay.app.demo import lines
from outlay.app.demo.story import Story
from outlay.app.demo.table import Span

MONTHS = 16
"""Months of the story: a year of history, and the three months held back."""


def daily(anchor: date, months: int = MONTHS) -> tuple[date, dict[str, NDArray[np.float64]]]:
    """The first day, and usage cost by day of every "account / service" (USD), of `months` months
    up to the anchor (exclusive)."""
    story = Story(anchor=anchor, today=anchor, span=months)
    first = story.months()[0].start
    with duckdb.connect() as con:
        lines.build(con, story, Span(first, story.today, story.today))
        rows = con.execute(
            "SELECT account || ' / ' || service, day - ?::DATE, sum(cost)::DOUBLE FROM line "
            "WHERE type LIKE '%Usage' GROUP BY ALL",
            [first],
        ).fetchall()
    found: dict[str, NDArray[np.float64]] = {}
    count = (story.today - first) // timedelta(days=1)
    for name, day, cost in rows:
        if 0 <= day < count:
            found.setdefault(name, np.zeros(count))[day] = cost
    return first, dict(sorted(found.items()))
