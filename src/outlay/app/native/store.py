"""The tables of native recommendations: deliveries, and what each said.

A delivery and its items come in one transaction, so that a reader sees the old list or the new one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, func, insert, select

from outlay.resources.database import one_writer, writing
from outlay.resources.tables import native_deliveries as d
from outlay.resources.tables import native_findings as f
from outlay.savings.model import Finding
from outlay.savings.native.model import Answer, Sizing, Told

_KINDS: dict[str, type[Any]] = {"finding": Finding, "sizing": Sizing, "told": Told}
_FORMAT = 64


@dataclass(frozen=True)
class Delivery:
    """One delivery of a source (UTC): how many items it had, of which formats, and its counts by
    what became of them (`detail`: findings, sizings, told, files)."""

    id: int
    source: str
    at: datetime
    digest: str
    items: int
    format: str
    detail: Mapping[str, Any]


@lru_cache(maxsize=8)
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(_KINDS[kind])


def _documents(answer: Answer) -> list[dict[str, Any]]:
    parts: tuple[tuple[str, Sequence[Any]], ...] = (
        ("finding", answer.findings), ("sizing", answer.sizings), ("told", answer.told),
    )  # fmt: skip
    return [
        {"kind": kind, "item": _adapter(kind).dump_python(one, mode="json")}
        for kind, items in parts
        for one in items
    ]


class NativeStore:
    """The native recommendations of a workspace's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(
        self, source: str, answer: Answer, files: int, since: datetime, now: datetime
    ) -> Delivery | None:
        """Keep an answer as the newest delivery of a source, whole or not at all; None where the
        newest one (of those since the source was made) says the same."""
        documents = _documents(answer)
        told = json.dumps([answer.format, documents], sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(told.encode()).hexdigest()
        detail = {
            "findings": len(answer.findings),
            "sizings": len(answer.sizings),
            "told": len(answer.told),
            "files": files,
        }
        with writing(self._engine) as connection:
            one_writer(connection)
            last = _newest(connection, source, since)
            if last is not None and last.digest == digest:
                return None
            values = {
                "source": source,
                "at": now,
                "digest": digest,
                "items": answer.items,
                "format": answer.format[:_FORMAT],
                "detail": detail,
            }
            key = connection.execute(insert(d).values(**values)).inserted_primary_key
            assert key is not None
            number = int(key[0])
            rows = [
                {"delivery": number, "number": at, "document": document}
                for at, document in enumerate(documents)
            ]
            if rows:
                connection.execute(insert(f), rows)
        return Delivery(id=number, **values)  # type: ignore[arg-type]

    def newest(self, source: str, since: datetime) -> Delivery | None:
        """The newest delivery of a source since a moment."""
        with self._engine.connect() as connection:
            return _newest(connection, source, since)

    def deliveries(self, source: str, limit: int = 50) -> list[Delivery]:
        """The deliveries of a source, newest first, also those of one that was removed."""
        query = select(d).where(d.c.source == source).order_by(d.c.id.desc()).limit(limit)
        with self._engine.connect() as connection:
            return [Delivery(**row._mapping) for row in connection.execute(query)]

    def count(self, source: str) -> int:
        """How many deliveries a source had."""
        query = select(func.count()).select_from(d).where(d.c.source == source)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def items(self, delivery: int) -> Answer:
        """What a delivery said; an empty answer for one that is none."""
        query = select(f.c.document).where(f.c.delivery == delivery).order_by(f.c.number)
        found: dict[str, list[Any]] = {kind: [] for kind in _KINDS}
        with self._engine.connect() as connection:
            for (document,) in connection.execute(query):
                kind = document["kind"]
                found[kind].append(_adapter(kind).validate_python(document["item"]))
        return Answer("", tuple(found["finding"]), tuple(found["sizing"]), tuple(found["told"]))


def _newest(connection: Connection, source: str, since: datetime) -> Delivery | None:
    query = select(d).where(d.c.source == source, d.c.at >= since).order_by(d.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Delivery(**row._mapping)
