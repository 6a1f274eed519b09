"""Unit costs as use cases: what is kept, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from outlay.app.runs import utc_now
from outlay.query.unit import UNIT_COST, Ledger, UnitCostSpec, UnitQuery, UnitResult, unit_costs
from outlay.resources import Resource

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.money.rates import Rates
    from outlay.query import CostQuery, Result


@dataclass(frozen=True)
class UnitCost:
    """A unit cost that is kept."""

    name: str
    spec: UnitCostSpec
    version: int

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name


class Units:
    """The unit costs of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def all(self) -> list[UnitCost]:
        """Every unit cost, by name."""
        return [_unit(found) for found in self._workspace.resources.list(UNIT_COST.name)]

    def show(self, name: str) -> UnitCost:
        """One unit cost; ResourceNotFoundError lists the names there are."""
        return _unit(self._workspace.resources.get(UNIT_COST.name, name))

    def define(self, name: str, spec: Mapping[str, Any], *, author: str = "") -> Resource:
        """Keep a unit cost, having asked it once: what cannot be asked is refused with the
        reason. ResourceConflictError when there is one of that name."""
        typed = UNIT_COST.parse(spec)
        assert isinstance(typed, UnitCostSpec)
        self.ask_spec(name, typed, UnitQuery())
        return self._workspace.resources.put(
            UNIT_COST.name, name, typed, author=author, expected_version=0
        )

    def ask(
        self, name: str, query: UnitQuery | None = None, now: datetime | None = None
    ) -> UnitResult:
        """What a kept unit cost is. QueryError when its metric, label or dimension is gone."""
        return self.ask_spec(name, self.show(name).spec, query or UnitQuery(), now)

    def ask_spec(
        self, name: str, spec: UnitCostSpec, query: UnitQuery, now: datetime | None = None
    ) -> UnitResult:
        """What a unit cost would be."""
        from outlay.lake.facts import slice_facts

        workspace, moment = self._workspace, now or utc_now()
        as_of = query.moment()
        facts = slice_facts(workspace.lake, workspace.lake.pin(as_of))
        firsts = [fact.slice.billing_period.start for fact in facts if fact.first_day]
        lasts = [fact.last_day for fact in facts if fact.last_day]

        def ask(asked: CostQuery) -> Result:
            return workspace.query(asked, now)

        def rates() -> Rates:
            from outlay.app.rates import rates_of

            return rates_of(workspace, spec.rates)[0]

        ledger = Ledger(
            ask=ask,
            metrics=workspace.metrics.reader(as_of),
            rates=rates,
            currency=workspace.currency,
            first=min(firsts, default=None),
            # A charge may be dated ahead (a commitment that was paid); units may not.
            last=min(max(lasts), moment.date()) if lasts else None,
            now=moment,
        )
        return unit_costs(name, spec, query, ledger)


def _unit(resource: Resource) -> UnitCost:
    assert isinstance(resource.spec, UnitCostSpec)
    return UnitCost(resource.name, resource.spec, resource.version)
