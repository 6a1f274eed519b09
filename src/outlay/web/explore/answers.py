"""What the page asks the workspace for one question, and nothing that is not asked there."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from outlay.access import current
from outlay.app import Workspace
from outlay.money import DateRange
from outlay.query import CostQuery, Result
from outlay.query.model import MOVERS
from outlay.web.explore import filters
from outlay.web.explore.address import Ask, changed
from outlay.web.explore.colours import SLOTS

TOP = 9
SPARKS = 50
_MOST_DAYS_BY_DAY = 62
_MOST_DAYS_BY_WEEK = 200
_RESULTS_REMEMBERED = 200
_ROWS_REMEMBERED = 5_000


@dataclass(frozen=True)
class Answers:
    """The results behind one page. `grain` is that of the chart.

    `changes` is the comparison over complete days; it is the table's own result unless days of
    the range are incomplete. `incomplete_from` is the first day whose charges may still come.
    """

    table: Result
    changes: Result | None
    chart: Result
    sparks: Result | None
    parts: Result
    grain: str
    incomplete_from: date | None


def answers(asker: Asker, ask: Ask, now: datetime) -> Answers:
    """Ask everything that the page shows; raises QueryError and LakeError."""
    query = ask.query
    flat = changed(query, grain="none", limit=None, compare=None)
    span = asker(flat.but(by=(), sort="", measures=query.measures[:1]), now).range
    grain = query.grain if query.grain != "none" else _fitting_grain(span)
    incomplete = asker.workspace.incomplete_from(query.as_of_moment())
    if span is None or incomplete is None or incomplete >= span.end:
        incomplete = None

    sorted_ = flat.sort or (f"-{ask.measure}" if query.by else "period")
    base = changed(
        query, grain="none" if query.by else grain, limit=None, sort=query.sort or sorted_
    )
    table, changes = _table(asker, base, span, incomplete, now)
    drawn = changed(
        query, grain=grain, limit=TOP if query.by else None, sort="", measures=(ask.measure,)
    )
    return Answers(
        table=table,
        changes=changes,
        chart=asker(drawn, now),
        sparks=_sparks(asker, ask, grain, now),
        parts=_parts(asker, ask, now),
        grain=grain,
        incomplete_from=incomplete,
    )


def _table(
    asker: Asker,
    base: CostQuery,
    span: DateRange | None,
    incomplete: date | None,
    now: datetime,
) -> tuple[Result, Result | None]:
    """The rows of the range, and the comparison of its complete days."""
    if not base.compare:
        return asker(base, now), None
    if incomplete is None or span is None or incomplete <= span.start:
        result = asker(base, now)
        return result, result
    complete = asker(base.but(range=f"{span.start}..{incomplete}"), now)
    plain = changed(base, compare=None)
    return asker(plain, now), complete


def _sparks(asker: Asker, ask: Ask, grain: str, now: datetime) -> Result | None:
    if not ask.query.by or ask.page > 1 or ask.query.sort not in ("", f"-{ask.measure}"):
        return None
    query = changed(
        ask.query, grain=grain, limit=SPARKS, sort="", compare=None, measures=(ask.measure,)
    )
    return asker(query, now)


def _parts(asker: Asker, ask: Ask, now: datetime) -> Result:
    """What the total is made of, by charge category, with the in-or-out toggles all in."""
    where = ask.query.where
    for condition in (filters.WITHOUT_CREDITS, filters.WITHOUT_TAX):
        if filters.holds(where, condition):
            where = filters.toggled(where, condition)
    query = changed(
        ask.query,
        by=("ChargeCategory",),
        grain="none",
        limit=None,
        sort="",
        compare=None,
        where=where,
        measures=(ask.measure,),
    )
    return asker(query, now)


def _fitting_grain(span: DateRange | None) -> str:
    if span is None or span.days <= _MOST_DAYS_BY_DAY:
        return "day"
    return "week" if span.days <= _MOST_DAYS_BY_WEEK and span.days % 7 == 0 else "month"


def is_by_change(query: CostQuery) -> bool:
    """Whether the rows are ordered by the comparison."""
    return query.sort == MOVERS or query.sort.endswith(("_change", "_previous"))


class Asker:
    """Asks the workspace, and remembers recent answers.

    One page asks several questions, and Back asks them again. An answer stays true as long as
    its snapshot is the newest (or the one that is asked for), the day is the same and nothing
    that is configured has changed: a saved tag or split is seen at the next question. It is an
    answer to people of the same scope.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._known: OrderedDict[tuple[object, ...], Result] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, query: CostQuery, now: datetime) -> Result:
        """The result of a question; raises QueryError and LakeError."""
        snapshot = self.workspace.pin(query.as_of_moment()).snapshot_id
        key = (query, snapshot, now.date(), self.workspace.configuration(), current().scope)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        result = self.workspace.query(query, now=now)
        if result.table.num_rows <= _ROWS_REMEMBERED and str(snapshot) == str(result.snapshot):
            with self._lock:
                self._known[key] = result
                while len(self._known) > _RESULTS_REMEMBERED:
                    self._known.popitem(last=False)
        return result


class Ranks:
    """The rank of each group of a grouping by money over everything that who asks may see.

    Colours follow from it, so that a series keeps its colour whatever is filtered. Kept per
    snapshot and configuration, since groups only change with these.
    """

    def __init__(self, workspace: Workspace, most: int = SLOTS) -> None:
        def ranked(
            snapshot: str | None,
            by: tuple[str, ...],
            measure: str,
            _configuration: object,
            _scope: str,
        ) -> dict[tuple[object, ...], int]:
            everything = workspace.query(
                CostQuery(
                    measures=(measure,), by=by, limit=most, sort=f"-{measure}", as_of=snapshot
                )
            )
            # Largest first across currencies: an order for colours, not a sum.
            rows = sorted(
                everything.rows(), key=lambda row: Decimal(str(row[measure] or 0)), reverse=True
            )
            groups = (tuple(row[name] for name in by) for row in rows)
            return {group: index for index, group in enumerate(dict.fromkeys(groups))}

        self.workspace = workspace
        self._ranked = lru_cache(maxsize=128)(ranked)

    def of(self, result: Result) -> dict[tuple[object, ...], int]:
        """Group → rank from 0, for the largest groups as of the result's snapshot."""
        query = result.query
        configuration = self.workspace.configuration()
        return self._ranked(
            result.snapshot, query.by, query.measures[0], configuration, current().scope
        )
