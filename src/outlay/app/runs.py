"""The run log: when each source was brought up to date, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Engine, Row, func, insert, select, update

from outlay.app.status import Outcome, RunRecord
from outlay.resources.database import writing
from outlay.resources.tables import runs

_MAX_MESSAGE = 4000


def utc_now() -> datetime:
    """Now, UTC, naive."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Streak:
    """Failed runs without one between them that did not fail: the first, the last, how many."""

    first: RunRecord
    last: RunRecord
    times: int


class RunLog:
    """Rows of the table `runs` of the workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, source: str, action: Literal["load", "sync"]) -> int:
        """Note that a run begins; gives its id."""
        values = {
            "source": source,
            "action": action,
            "started_at": utc_now(),
            "outcome": "running",
            "message": "",
        }
        with writing(self._engine) as connection:
            result = connection.execute(insert(runs).values(**values))
            key = result.inserted_primary_key
        assert key is not None
        return int(key[0])

    def end(self, run: int, outcome: Outcome, message: str = "") -> None:
        """Note how a run ended."""
        values = {"ended_at": utc_now(), "outcome": outcome, "message": message[:_MAX_MESSAGE]}
        with writing(self._engine) as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))

    def abandon(self, source: str, message: str) -> None:
        """Note as failed what is still noted as running: the caller knows that nothing runs."""
        values = {"ended_at": utc_now(), "outcome": "failed", "message": message}
        wanted = (runs.c.source == source) & (runs.c.outcome == "running")
        with self._engine.connect() as connection:
            if connection.execute(select(runs.c.id).where(wanted)).first() is None:
                return
        with writing(self._engine) as connection:
            connection.execute(update(runs).where(wanted).values(**values))

    def list(
        self, source: str | None = None, limit: int = 50, before: int | None = None
    ) -> list[RunRecord]:
        """The newest runs (of those before the one with an id), newest first."""
        query = select(runs).order_by(runs.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(runs.c.id < before)
        if source is not None:
            query = query.where(runs.c.source == source)
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query)]

    def recent(self, limit: int) -> Mapping[str, Sequence[RunRecord]]:
        """The newest runs of each source, newest first, in one look at the database."""
        rank = func.row_number().over(partition_by=runs.c.source, order_by=runs.c.id.desc())
        ranked = select(runs.c.id, rank.label("rank")).subquery()
        wanted = (
            select(runs)
            .join(ranked, ranked.c.id == runs.c.id)
            .where(ranked.c.rank <= limit)
            .order_by(runs.c.id.desc())
        )
        found: dict[str, tuple[RunRecord, ...]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(wanted):
                found[row.source] = (*found.get(row.source, ()), _record(row))
        return found

    def failing(self, source: str) -> Streak | None:
        """The failed runs of a source since the last that did not fail; one that is under way
        neither counts nor ends them. None where there is none."""
        own = runs.c.source == source
        good = select(func.coalesce(func.max(runs.c.id), 0)).where(
            own, runs.c.outcome.not_in(("failed", "running"))
        )
        failed = own & (runs.c.outcome == "failed") & (runs.c.id > good.scalar_subquery())
        ends = select(func.min(runs.c.id), func.max(runs.c.id), func.count()).where(failed)
        with self._engine.connect() as connection:
            first, last, times = connection.execute(ends).one()
            if not times:
                return None
            found = connection.execute(select(runs).where(runs.c.id.in_((first, last))))
            records = {row.id: _record(row) for row in found}
        return Streak(records[first], records[last], times)

    def newest(self) -> dict[str, RunRecord]:
        """The last run of each source."""
        last = select(func.max(runs.c.id)).group_by(runs.c.source)
        with self._engine.connect() as connection:
            rows = connection.execute(select(runs).where(runs.c.id.in_(last)))
            return {row.source: _record(row) for row in rows}


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord(
        row.id, row.source, row.action, row.started_at, row.ended_at, row.outcome, row.message
    )
