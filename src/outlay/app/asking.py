"""The questions that a workspace answers, and the views in which they are saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outlay.allocation.rules import Ruleset
    from outlay.focus.datasets import Stated
    from outlay.lake import Lake
    from outlay.query import (
        ChargePage,
        CostQuery,
        DimensionInfo,
        Explanation,
        SqlResult,
        ValueInfo,
    )
    from outlay.resources import Resource, ResourceStore


class Asking(ABC):
    """The part of `Workspace` that asks the lake."""

    @property
    @abstractmethod
    def lake(self) -> Lake:
        """The lake."""

    @property
    @abstractmethod
    def resources(self) -> ResourceStore:
        """The store of everything configured."""

    @abstractmethod
    def stated(self) -> Stated:
        """What the user states beside the bills."""

    @abstractmethod
    def today(self) -> date:
        """Today, UTC."""

    def rules(self, at: datetime | None = None) -> Ruleset:
        """The virtual tags, dictionaries and splits as they are, or were at a UTC moment."""
        from outlay.app.rules import ruleset

        return ruleset(self.resources, at, self.lake)

    def configuration(self) -> object:
        """What tells the present configuration from any other, metrics' values included: an
        answer that was kept is true as long as this is the same."""
        rules = self.rules()
        weighed = {s.metric.metric for s in rules.splits.values() if s.metric is not None}
        values = tuple(
            (name, rules.metrics.version(name))
            for name in sorted(weighed & set(self.resources.names("Metric")))
            if rules.metrics is not None
        )
        kinds = [kind.name for kind in self.resources.registry]
        return self.resources.heads(*kinds), values

    def rules_of(self, query: CostQuery | None) -> Ruleset:
        """The rules that a question is asked by: today's, unless it names a moment; with the
        shipped virtual tags that it asks for."""
        from outlay.app.shipped import asked_for, scoped_by, with_shipped

        if query is None:
            return with_shipped(self.rules(), scoped_by())
        return with_shipped(self.rules(query.rules_moment()), (*asked_for(query), *scoped_by()))

    def holds_charges(self) -> bool:
        """Whether any charge was loaded."""
        return any(item.delivery.rows for item in self.lake.pin().slices)

    def incomplete_from(self, as_of: datetime | int | None = None) -> date | None:
        """The first day whose charges may still come (see `outlay.app.complete`): how new the
        numbers are, which is no secret."""
        from outlay.app.complete import incomplete_from

        return incomplete_from(self.lake.pin(as_of).slices)

    def values(
        self,
        dimension: str,
        *,
        search: str = "",
        limit: int = 50,
        within: CostQuery | None = None,
        now: datetime | None = None,
    ) -> tuple[ValueInfo, ...]:
        """The values of a dimension with the money behind them, largest first."""
        from outlay import query
        from outlay.app.shipped import with_shipped

        return query.values(
            self.lake,
            dimension,
            search=search,
            limit=limit,
            within=within,
            now=now,
            rules=with_shipped(self.rules_of(within), [dimension]),
        )

    def dimensions(
        self,
        *,
        within: CostQuery | None = None,
        now: datetime | None = None,
        virtual: bool = True,
    ) -> tuple[DimensionInfo, ...]:
        """Every column, tag key and `x_` column that some charge has a value of, and with
        `virtual` every virtual tag: each of these is a question of its own."""
        from outlay import query
        from outlay.app.shipped import evident, with_shipped

        rules = self.rules_of(within)
        if virtual:
            rules = with_shipped(rules, evident(self.lake))
        return query.dimensions(self.lake, within=within, now=now, rules=rules, virtual=virtual)

    def charges(
        self,
        query: CostQuery,
        *,
        limit: int = 100,
        offset: int = 0,
        now: datetime | None = None,
    ) -> ChargePage:
        """The charges under a question, largest first, each with the file and line it is from."""
        from outlay.query import charges

        return charges(
            self.lake, query, limit=limit, offset=offset, now=now, rules=self.rules_of(query)
        )

    def explain(
        self, query: CostQuery, *, lines: int = 3, now: datetime | None = None
    ) -> Explanation:
        """What the amounts of a question are made of: group, delivery, file, line."""
        from outlay.query import explain

        return explain(self.lake, query, lines=lines, now=now, rules=self.rules_of(query))

    def sql(
        self,
        text: str,
        *,
        as_of: datetime | int | None = None,
        limit: int = 10_000,
        timeout_seconds: float = 60.0,
    ) -> SqlResult:
        """One SELECT over the views of `outlay.query.rawsql`, read-only."""
        from outlay.query import sql

        return sql(
            self.lake,
            text,
            as_of=as_of,
            limit=limit,
            timeout_seconds=timeout_seconds,
            stated=self.stated(),
            today=self.today(),
            rules=self.rules(),
        )

    # --- saved views ---

    def views(self) -> list[Resource]:
        """Saved views, by name."""
        return self.resources.list("View")

    def view(self, name: str) -> Resource:
        """One saved view; ResourceError lists the names there are."""
        return self.resources.get("View", name)

    def view_query(self, name: str) -> CostQuery:
        """The question of a saved view."""
        from outlay.query.views import ViewSpec

        spec = self.view(name).spec
        assert isinstance(spec, ViewSpec)
        return spec.query

    def save_view(
        self,
        name: str,
        query: CostQuery,
        *,
        title: str = "",
        description: str = "",
        author: str = "",
    ) -> Resource:
        """Save a question under a name (a new version when the name exists)."""
        from outlay.access import who
        from outlay.query.views import ViewSpec

        known = self.resources.find("View", name)
        kept = {"owner": who()}
        if known is not None and isinstance(known.spec, ViewSpec):
            kept = known.spec.model_dump(include={"owner", "pinned"})
        spec = {"title": title or name, "description": description, "query": query.to_json()}
        return self.resources.put("View", name, spec | kept, author=author or who())

    def delete_view(self, name: str, *, author: str = "") -> None:
        """Remove a saved view; its history stays."""
        self.resources.delete("View", name, author=author)
