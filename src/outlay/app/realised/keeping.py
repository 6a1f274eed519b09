"""The tables of realised savings: baselines and entries of the ledger, both only ever added to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, Row, insert, select

from outlay.money import money_text
from outlay.resources.database import one_writer, writing
from outlay.resources.tables import saving_baselines as b
from outlay.resources.tables import saving_entries as e
from outlay.savings.realised.model import Baseline, Entry

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace


@lru_cache(maxsize=1)
def _baselines() -> TypeAdapter[Baseline]:
    return TypeAdapter(Baseline)


@lru_cache(maxsize=1)
def _entries() -> TypeAdapter[Entry]:
    return TypeAdapter(Entry)


class RealisedStore:
    """What was frozen and what was measured, in a workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def freeze(
        self, baseline: Baseline, promising: Callable[[Connection, Baseline], Baseline]
    ) -> Baseline:
        """Keep a baseline with its promise, and give it with its number; one that was frozen at the
        same moment for the same recommendation stands, and is given instead.

        `promising` says what it promises, within the transaction: no other promise is given
        meanwhile, so that two who accept at once promise no dollar twice."""
        with writing(self._engine) as connection:
            one_writer(connection)
            known = connection.execute(
                select(b).where(
                    b.c.recommendation == baseline.recommendation,
                    b.c.frozen_at == baseline.frozen_at,
                )
            ).first()
            if known is not None:
                return _baseline(known)
            baseline = promising(connection, baseline)
            document = _baselines().dump_python(baseline, mode="json")
            document.pop("id")
            key = connection.execute(
                insert(b).values(
                    recommendation=baseline.recommendation,
                    frozen_at=baseline.frozen_at,
                    snapshot=baseline.snapshot,
                    currency=baseline.currency,
                    document=document,
                )
            ).inserted_primary_key
        assert key is not None
        return replace(baseline, id=int(key[0]))

    def baselines(self, recommendation: int | None = None) -> list[Baseline]:
        """The baselines of a recommendation (None: of all), oldest first."""
        query = select(b).order_by(b.c.frozen_at, b.c.id)
        if recommendation is not None:
            query = query.where(b.c.recommendation == recommendation)
        with self._engine.connect() as connection:
            return [_baseline(row) for row in connection.execute(query)]

    @staticmethod
    def frozen(connection: Connection) -> set[tuple[int, datetime]]:
        """Of which recommendations baselines were frozen, and when (UTC), as a transaction sees
        it."""
        rows = connection.execute(select(b.c.recommendation, b.c.frozen_at))
        return {(int(row[0]), row[1]) for row in rows}

    def add(self, entries: Sequence[Entry]) -> list[Entry]:
        """Keep entries, each with its number; what is kept already is not touched."""
        found = []
        with writing(self._engine) as connection:
            one_writer(connection)
            for one in entries:
                document = _entries().dump_python(one, mode="json")
                document.pop("id")
                key = connection.execute(
                    insert(e).values(
                        recommendation=one.recommendation, month=one.month, at=one.at,
                        snapshot=one.snapshot, currency=one.currency, nature=one.nature,
                        promised=money_text(one.promised), realised=money_text(one.realised),
                        document=document,
                    )
                ).inserted_primary_key  # fmt: skip
                assert key is not None
                found.append(replace(one, id=int(key[0])))
        return found

    def entries(
        self, recommendation: int | None = None, *, known_at: datetime | None = None
    ) -> list[Entry]:
        """Every entry of a recommendation (None: of all), oldest first; `known_at` leaves out those
        that were made after a moment (UTC)."""
        query = select(e).order_by(e.c.id)
        if recommendation is not None:
            query = query.where(e.c.recommendation == recommendation)
        if known_at is not None:
            query = query.where(e.c.at <= known_at)
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]


def store(workspace: Workspace) -> RealisedStore:
    """What was frozen and measured in a workspace."""
    return RealisedStore(workspace.resources.engine)


def _baseline(row: Row[Any]) -> Baseline:
    return _baselines().validate_python({**row._mapping["document"], "id": row._mapping["id"]})


def _entry(row: Row[Any]) -> Entry:
    return _entries().validate_python({**row._mapping["document"], "id": row._mapping["id"]})
