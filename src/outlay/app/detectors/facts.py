"""What detectors look at: one snapshot of the lake, through one connection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import duckdb

from outlay.app.complete import incomplete_from
from outlay.lake import Pin
from outlay.query.studying import studied

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

RECENT_DAYS = 100
"""How far back ``daily`` and ``charges`` reach."""

LOOK_BACK_DAYS = 400
"""How far back ``history`` and measurements reach: an old snapshot is told by its first day."""

_KEPT_ROWS = 20_000
"""Detectors of one kind ask the same of one snapshot: answers of so many rows are kept."""


class LakeFacts:
    """The facts of one look; see `outlay.savings.detectors.contract.Facts`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, pin: Pin, today: date, environment: str
    ) -> None:
        self._connection = connection
        self._pin = pin
        self._today = today
        self._environment = environment
        self._answers: dict[tuple[str, str], list[dict[str, Any]]] = {}

    @property
    def today(self) -> date:
        """Today, UTC."""
        return self._today

    @property
    def environment(self) -> str:
        """The virtual tag of environments; '' when there is none."""
        return self._environment

    @property
    def snapshot(self) -> str:
        """The lake's snapshot that is looked at."""
        return str(self._pin.snapshot_id or "")

    def window(self, days: int, provider: str = "") -> tuple[date, date]:
        """As `Facts.window`."""
        end = self._until.get(provider) or self._until.get("") or self._today
        end = min(end, self._today)
        return end - timedelta(days=days), end

    def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """As `Facts.rows`."""
        if not sql.lstrip().startswith(("SELECT", "WITH")):
            # A table that is made anew may change what was asked before.
            self._answers.clear()
            return self._asked(sql, parameters)
        asked = (sql, repr(parameters))
        if asked not in self._answers:
            found = self._asked(sql, parameters)
            if len(found) > _KEPT_ROWS:
                return found
            self._answers[asked] = found
        return [dict(row) for row in self._answers[asked]]

    def _asked(self, sql: str, parameters: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        done = self._connection.execute(sql, dict(parameters or {}))
        names = [column[0] for column in done.description or ()]
        return [dict(zip(names, row, strict=True)) for row in done.fetchall()]

    def utilization_of(self, metric: str) -> bool:
        """As `Facts.utilization_of`."""
        return metric in self._measured

    @cached_property
    def _measured(self) -> frozenset[str]:
        return frozenset(
            str(row["Metric"]) for row in self.rows("SELECT DISTINCT Metric FROM utilization")
        )

    @cached_property
    def _until(self) -> dict[str, date]:
        """The first day that is not whole, by provider and ('') over all of them."""
        sources: dict[str, set[str]] = {}
        for row in self.rows(
            "SELECT DISTINCT ServiceProviderName AS provider, x_SourceName AS source FROM history "
            "WHERE ServiceProviderName IS NOT NULL"
        ):
            sources.setdefault(str(row["provider"]), set()).add(str(row["source"]))
        found = {"": incomplete_from(self._pin.slices)}
        for provider, names in sources.items():
            found[provider] = incomplete_from(s for s in self._pin.slices if s.source in names)
        return {name: day for name, day in found.items() if day is not None}


@contextmanager
def facts(
    workspace: Workspace, today: date, *, environment: str = "", tags: tuple[str, ...] = ()
) -> Iterator[LakeFacts]:
    """The facts of the newest snapshot. `environment` is the virtual tag of environments, `tags`
    further ones that are to be columns."""
    rules = workspace.rules()
    named = tuple(dict.fromkeys(t for t in (environment, *tags) if t and t in rules.tags))
    pin = workspace.pin()
    since = today - timedelta(days=LOOK_BACK_DAYS)
    recent = today - timedelta(days=RECENT_DAYS)
    with studied(
        workspace.lake, since=since, recent=recent, pin=pin, rules=rules, tags=named
    ) as connection:
        yield LakeFacts(connection, pin, today, environment if environment in named else "")
