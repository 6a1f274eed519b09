"""Contracts as use cases: where each stands, and what of it wants somebody.

A contract is of the whole ledger: those who see a part of it see none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.unchanged import kept
from outlay.expression.errors import QueryError
from outlay.lake import LakeError
from outlay.query import CostQuery
from outlay.resources import ResourceNotFoundError
from outlay.savings.contracts.burn import Known, TermStatus, burn
from outlay.savings.contracts.model import CONTRACT, ContractSpec

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace

MOST_AHEAD = 790
"""So many days are forecast at most (`outlay.app.forecasting`); what lies beyond goes on as the
last four weeks of them."""

_TAIL = 28
_SOON_DAYS = 60


@dataclass(frozen=True)
class Contract:
    """A contract that is kept."""

    name: str
    spec: ContractSpec
    version: int

    @property
    def title(self) -> str:
        """The title, or the name."""
        return self.spec.title or self.name


@dataclass(frozen=True)
class Ending:
    """How a contract ends: its last day (exclusive), the day by which notice is due, how many days
    are left to each (below 0: it is past)."""

    ends: date
    notice_on: date
    days_left: int
    notice_days_left: int
    automatic: bool


@dataclass(frozen=True)
class ContractStatus:
    """A contract and where it stands. `present` is the term that holds today (None: none does);
    `problem` says why it cannot be told ('' when it can)."""

    contract: Contract
    terms: tuple[TermStatus, ...]
    ending: Ending
    known: Known | None
    problem: str = ""
    today: date = date.min

    @property
    def present(self) -> TermStatus | None:
        """The term of today."""
        for one in self.terms:
            if one.term.from_ <= self.today < one.term.until:
                return one
        return None

    @property
    def state(self) -> str:
        """In one or two words: that of the present term, *ended*, *not begun* or *failed*."""
        if self.problem:
            return "failed"
        if self.present is not None:
            return self.present.state
        return "not begun" if self.today < self.contract.spec.begins else "ended"

    @property
    def wants(self) -> tuple[str, ...]:
        """What of it wants somebody: ``shortfall``, ``overage``, ``notice``."""
        found = []
        term = self.present
        if term is not None and term.state == "falls short":
            found.append("shortfall")
        if term is not None and term.state == "exceeds":
            found.append("overage")
        if -_SOON_DAYS <= self.ending.notice_days_left <= _SOON_DAYS and self.ending.days_left > 0:
            found.append("notice")
        return tuple(found)


def ending(spec: ContractSpec, today: date) -> Ending:
    """How a contract ends, seen from a day."""
    notice = spec.ends - timedelta(days=spec.renewal.notice_days)
    return Ending(
        spec.ends, notice, (spec.ends - today).days, (notice - today).days, spec.renewal.automatic
    )


@served("GET /contracts")
def contracts(workspace: Workspace) -> tuple[Contract, ...]:
    """Every contract, by name."""
    whole_only("contracts")
    return tuple(
        Contract(found.name, found.spec, found.version)
        for found in sorted(workspace.resources.list(CONTRACT.name), key=lambda one: one.name)
        if isinstance(found.spec, ContractSpec)
    )


@served("GET /contracts/{name}")
def contract(workspace: Workspace, name: str) -> Contract:
    """One contract; ResourceNotFoundError lists those that there are."""
    found = contracts(workspace)
    for one in found:
        if one.name == name:
            return one
    there = ", ".join(one.name for one in found) or "none yet"
    raise ResourceNotFoundError(f"there is no contract {name!r}. There are: {there}.")


@served("GET /contracts")
def statuses(workspace: Workspace, now: datetime | None = None) -> tuple[ContractStatus, ...]:
    """Where every contract stands: those that hold first, by what is left to their notice. One
    that cannot be told says why; the others are told all the same."""
    moment = now or utc_now()
    found = [status_of(workspace, one, moment) for one in contracts(workspace)]
    return tuple(
        sorted(found, key=lambda one: (one.ending.days_left <= 0, one.ending.notice_on,
                                       one.contract.name))
    )  # fmt: skip


@served("GET /contracts/{name}")
def show(workspace: Workspace, name: str, now: datetime | None = None) -> ContractStatus:
    """Where one contract stands."""
    return status_of(workspace, contract(workspace, name), now or utc_now())


def status_of(workspace: Workspace, one: Contract, now: datetime) -> ContractStatus:
    """Where a contract stands at a moment (UTC), kept or not."""
    today = now.date()
    end = ending(one.spec, today)
    try:
        known = _known(workspace, one.spec, now)
    except (QueryError, LakeError) as error:
        return ContractStatus(one, (), end, None, str(error), today)
    return ContractStatus(one, burn(one.spec, known, today), end, known, "", today)


def question(spec: ContractSpec) -> CostQuery:
    """The charges that count, in the contract's currency; what splits share of them is no charge
    of a vendor."""
    query = CostQuery(
        measures=(spec.measure,), where=spec.scope, currency=spec.currency, splits="direct"
    )
    return query.but(rates=spec.rates) if spec.rates else query


def _known(workspace: Workspace, spec: ContractSpec, now: datetime) -> Known:
    """The days of a contract: what was, and what is expected of the present term."""
    from outlay.app.forecasting.series import complete_until
    from outlay.app.planning.budget_forecast import rest_of

    today = now.date()
    query = question(spec)
    # Days that are not whole count as what was used, up to and with today.
    was = _by_day(workspace, query, spec.begins, min(spec.ends, today + timedelta(days=1)), now)
    complete = complete_until(workspace, query, today)
    term = next((one for one in spec.terms if one.from_ <= today < one.until), None)
    if term is None or complete >= term.until:
        return Known(was, complete)
    # Days of the term before that are not whole yet are expected too: what is used beyond carries.
    since = max(spec.begins, complete)
    until = min(term.until, today + timedelta(days=MOST_AHEAD))
    rest, reason = rest_of(workspace, query, since, until, now)
    if rest is None:
        return Known(was, complete, None, reason=reason)
    ahead = {since + timedelta(days=n): amount for n, amount in enumerate(rest.days)}
    if until == term.until:
        return Known(was, complete, ahead, rest.lower, rest.upper)
    # The band is told of what is forecast; what goes on beyond it has none.
    return Known(was, complete, ahead | _beyond(ahead, until, term.until))


def _by_day(
    workspace: Workspace, query: CostQuery, since: date, until: date, now: datetime
) -> Mapping[date, Decimal]:
    """The exact amounts by day; QueryError where charges count that no rate converts."""
    if since >= until:
        return {}
    asked = query.but(grain="day", range=f"{since}..{until}")
    return kept(
        workspace, "contracts.days", repr(asked.to_json()), lambda: _days(workspace, asked, now),
        now=now,
    )  # fmt: skip


def _days(workspace: Workspace, query: CostQuery, now: datetime) -> Mapping[date, Decimal]:
    result = workspace.query(query, now=now)
    if result.unconverted:
        codes = ", ".join(sorted({one.currency for one in result.unconverted}))
        raise QueryError(
            f"charges in {codes} count towards it, and no rate converts them to {query.currency}",
            field="currency",
            hint="State rates for these days, or narrow what counts.",
        )
    return {
        row["period"]: Decimal(row[query.measures[0]] or 0)  # type: ignore[misc, arg-type]
        for row in result.rows()
        if row["period"] is not None
    }


def _beyond(ahead: Mapping[date, Decimal], since: date, until: date) -> dict[date, Decimal]:
    """The days after the horizon, each as the day four weeks before it."""
    found: dict[date, Decimal] = {}
    day = since
    while day < until:
        before = day - timedelta(days=_TAIL)
        found[day] = found.get(before, ahead.get(before, Decimal(0)))
        day += timedelta(days=1)
    return found
