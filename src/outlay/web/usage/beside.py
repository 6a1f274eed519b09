"""The provisional line beside a question about charges: labelled, and in none of its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from outlay.access import current
from outlay.app import Workspace
from outlay.app import usage as usages
from outlay.query import MEASURES, CostQuery, QueryError, ranges
from outlay.query.usage import UsageQuery


class Provisional:
    """What usage in a question's range and scope is estimated to cost until its bill comes.

    Kept per snapshot, day and set of ties, since nothing else changes it.
    """

    def __init__(self, workspace: Workspace, most: int = 128) -> None:
        self.workspace = workspace

        def asked(range_: str, where: str, _day: date, _lake: object) -> dict[str, Decimal]:
            query = UsageQuery.of({"range": range_, "where": where})
            lane = usages.provisional(workspace, query, open_only=True)
            return {code: amount for code, amount in lane.provisional.items() if amount}

        self._asked = lru_cache(maxsize=most)(asked)

    def __call__(self, query: CostQuery, now: datetime) -> Mapping[str, Decimal]:
        """Currency → estimate; nothing for a question of the past, of quantities, or with a
        condition that usage cannot answer; nothing to people of a scope, of which usage knows
        nothing."""
        if not current().whole or query.as_of or MEASURES[query.measures[0]].kind != "money":
            return {}
        ties = usages.ties(self.workspace)
        if not ties:
            return {}
        lake = (self.workspace.pin().snapshot_id, tuple(sorted(ties.items())))
        try:
            return self._asked(_up_to_now(query.range, now.date()), query.where, now.date(), lake)
        except QueryError:
            return {}


def _up_to_now(text: str, today: date) -> str:
    """The days of a range; one that ends with yesterday, as bills do, has today: estimates do."""
    days = ranges.resolve(text, today)
    ends_today = ranges.is_relative(text) and days.end == today
    return ranges.between(days.start, None if ends_today else days.end)
