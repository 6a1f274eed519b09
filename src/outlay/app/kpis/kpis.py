"""The KPIs of saving, from the ledger, the recommendations and the ledger of what was realised.

They are of the whole ledger: those who see a part of it have their recommendations and budgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from outlay.access import whole_only
from outlay.app.commitments.figures import Figures, figures
from outlay.app.commitments.ledger import window
from outlay.app.commitments.overview import last_days
from outlay.app.realised import listing as realised
from outlay.app.runs import utc_now
from outlay.app.savings import listing as savings
from outlay.app.savings.acting import store
from outlay.app.savings.policy import owner_tag, policy
from outlay.app.served import served
from outlay.app.unchanged import decisions, kept
from outlay.expression.errors import QueryError
from outlay.money import total
from outlay.query import CostQuery, equals
from outlay.savings.kpis import (
    WASTE_ACTIONS,
    Acted,
    Kpi,
    OwnerKpis,
    Part,
    by_cost,
    days_to,
    decided,
    realisation,
    share,
)

if TYPE_CHECKING:
    from outlay.app.realised.listing import Ledger
    from outlay.app.savings.listing import Listed, Row
    from outlay.app.workspace import Workspace
    from outlay.savings.realised.ledger import Row as LedgerRow

DAYS = 30
"""Whole days that costs and commitments are of."""

ACTED_DAYS = 180
"""So far back decisions count for time to act and acceptance."""

_MONTHS = 12


@dataclass(frozen=True)
class MonthKpis:
    """What was promised and realised of a month."""

    month: str
    promised: Decimal
    realised: Decimal
    missed: Decimal


@dataclass(frozen=True)
class Kpis:
    """The KPIs in one currency, over the whole days `since` to `until` (exclusive, UTC).
    `currencies` are those of the ledger, `owner_tag` is by what owners are told ('' for none)."""

    currency: str
    currencies: tuple[str, ...]
    since: date
    until: date
    kpis: tuple[Kpi, ...]
    owner_tag: str
    owners: tuple[OwnerKpis, ...]
    months: tuple[MonthKpis, ...]

    def kpi(self, name: str) -> Kpi:
        """One of them by name."""
        return next(one for one in self.kpis if one.name == name)


@served("GET /kpis")
def kpis(workspace: Workspace, currency: str = "", now: datetime | None = None) -> Kpis:
    """The KPIs of what is charged in `currency` ('' the workspace's, or the ledger's largest).
    QueryError for a currency that nothing is charged in."""
    whole_only("KPIs")
    moment = now or utc_now()
    return kept(
        workspace, "kpis", currency, lambda: _kpis(workspace, currency, moment), now=moment,
        also=decisions(workspace),
    )  # fmt: skip


def _kpis(workspace: Workspace, currency: str, now: datetime) -> Kpis:
    since, until = window(workspace, DAYS, now)
    costs = _costs(workspace, since, until, now)
    code = _currency(workspace, costs, currency)
    return _Reckoning(workspace, code, costs, since, until, now).kpis()


def _costs(workspace: Workspace, since: date, until: date, now: datetime) -> dict[str, Decimal]:
    """What the days cost, by currency, the largest first; nothing where nothing was loaded."""
    if not workspace.holds_charges():
        return {}
    query = CostQuery(by=("BillingCurrency",), range=f"{since}..{until}")
    rows = workspace.query(query, now=now).rows()
    found = {str(r["BillingCurrency"]): Decimal(r["EffectiveCost"] or 0) for r in rows}  # type: ignore[arg-type]
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _currency(workspace: Workspace, costs: Mapping[str, Decimal], asked: str) -> str:
    if asked and asked not in costs:
        raise QueryError(
            f"nothing was charged in {asked!r} in these days", field="currency", text=asked,
            allowed=tuple(costs) or ("a currency of the ledger",),
        )  # fmt: skip
    if asked or workspace.currency in costs:
        return asked or workspace.currency
    return next(iter(costs), workspace.currency)


class _Reckoning:
    def __init__(
        self, workspace: Workspace, code: str, costs: Mapping[str, Decimal], since: date,
        until: date, now: datetime,
    ) -> None:  # fmt: skip
        self.workspace, self.code, self.now = workspace, code, now
        self.since, self.until = since, until
        self.costs = costs
        every: Listed = savings.recommendations(workspace, savings.Sought(state="all"), now)
        self.rows = [
            row for row in every.rows
            if savings.is_of(row.recommendation, "open") and row.recommendation.currency == code
        ]  # fmt: skip
        self.ledger: Ledger = realised.ledger(workspace)
        self.acted = _acted(workspace, every)
        self.cost = costs.get(code, Decimal(0))

    def kpis(self) -> Kpis:
        """All of them."""
        now_, before = self._figures()
        found = (
            *_of_commitments(now_, before, self.code),
            self._waste(now_),
            self._potential(),
            self._realisation(),
            *self._acting(),
        )
        tag = owner_tag(self.workspace.rules(), policy(self.workspace))
        return Kpis(
            self.code, tuple(self.costs) or (self.code,), self.since, self.until, found, tag,
            self._owners(tag), self._months(),
        )  # fmt: skip

    def _figures(self) -> tuple[Figures, Figures]:
        """What commitments did in the days, and in as many before."""
        if not self.workspace.holds_charges():
            return figures((), self.code), figures((), self.code)
        looked, before = last_days(self.workspace, DAYS, self.now)
        return figures(looked.cells, self.code), figures(before.cells, self.code)

    def _by(self, tag: str, since: date, until: date) -> dict[str, Decimal]:
        """What the days cost in the currency, by a virtual tag."""
        if not self.workspace.holds_charges():
            return {}
        # Recommendations are of what an owner runs, and so is this: without what splits share.
        query = CostQuery(by=(tag,), range=f"{since}..{until}", splits="direct")
        query = query.narrowed(equals("BillingCurrency", self.code))
        result = self.workspace.query(query, now=self.now)
        return {
            str(row[tag] or ""): Decimal(row["EffectiveCost"] or 0)  # type: ignore[arg-type]
            for row in result.rows()
        }

    def _waste(self, held: Figures) -> Kpi:
        idle = _net(r for r in self.rows if r.recommendation.action in WASTE_ACTIONS)
        waste = total((idle, held.unused))
        return Kpi(
            "waste", "Waste share", share(waste, self.cost), "ratio",
            "(net saving of what can be deleted or stopped + unused commitments) ÷ effective cost "
            f"of {DAYS} days",
            "down",
            (Part("What can be deleted or stopped", idle), Part("Unused commitments", held.unused),
             Part("Effective cost", self.cost)),
            link="/savings?action=Delete",
            reason="" if self.cost > 0 else "nothing was charged in these days",
        )  # fmt: skip

    def _potential(self) -> Kpi:
        net = _net(self.rows)
        return Kpi(
            "potential", "Open potential", share(net, self.cost), "ratio",
            f"net saving a month of open recommendations ÷ effective cost of {DAYS} days",
            "down", (Part("Open, net", net), Part("Effective cost", self.cost)),
            link="/savings",
            reason="" if self.cost > 0 else "nothing was charged in these days",
        )  # fmt: skip

    def _realisation(self) -> Kpi:
        pace = total(one.month for one in self.ledger.pace if one.currency == self.code)
        net = _net(self.rows)
        part = realisation(pace, net)
        none = "nothing is open, and nothing was realised yet"
        if pace or net:
            none = "what was realised and what is open do not come to more than nothing"
        return Kpi(
            "realised", "Realised against potential", part, "ratio",
            "realised a month, at the present pace ÷ (realised a month + open, net)",
            "up", (Part("Realised a month", pace), Part("Open, net", net)),
            link="/realised",
            reason="" if part is not None else none,
        )  # fmt: skip

    def _acting(self) -> tuple[Kpi, ...]:
        since = self.now.date() - timedelta(days=ACTED_DAYS)
        before = since - timedelta(days=ACTED_DAYS)
        earlier = [one for one in self.acted if not _done_since(one, since)]
        days, count = days_to(self.acted, "implemented", since)
        was, _ = days_to(earlier, "implemented", before)
        yes, no = decided(self.acted, since)
        late = sum(1 for row in self.rows if row.overdue)
        none = f"nothing was implemented in {ACTED_DAYS} days"
        return (
            Kpi("time-to-act", "Time to act", days, "days",
                f"median days from found to implemented, of the last {ACTED_DAYS} days", "down",
                (Part("Implemented", Decimal(count), "count"),), was,
                "" if days is not None else none, "/savings?state=implemented"),
            Kpi("acceptance", "Acceptance", share(Decimal(yes), Decimal(yes + no)), "ratio",
                f"accepted ÷ (accepted + dismissed) in {ACTED_DAYS} days", "up",
                (Part("Accepted", Decimal(yes), "count"), Part("Dismissed", Decimal(no), "count")),
                reason="" if yes + no else "nothing was accepted or dismissed yet",
                link="/savings?state=all"),
            Kpi("overdue", "Overdue", Decimal(late), "count",
                "open recommendations past the day by which they should have moved on", "down",
                (Part("Open", Decimal(len(self.rows)), "count"),), link="/savings?late=true"),
        )  # fmt: skip

    def _owners(self, tag: str) -> tuple[OwnerKpis, ...]:
        if not tag:
            return ()
        # Nobody's value of the tag is its default; recommendations of it have no owner.
        costs = self._by(tag, self.since, self.until)
        nobody = self.workspace.rules().tags[tag].default
        if nobody in costs:
            costs[""] = total((costs.get("", Decimal(0)), costs.pop(nobody)))
        since = self.now.date() - timedelta(days=ACTED_DAYS)
        done = {row.value: row.sums for row in self._ledger_by_owner()}
        names = {*costs, *(r.recommendation.owner for r in self.rows), *done}
        found = []
        for name in names:
            mine = [row for row in self.rows if row.recommendation.owner == name]
            acted = [one for one in self.acted if one.owner == name]
            cost, potential = costs.get(name, Decimal(0)), _net(mine)
            waste = _net(r for r in mine if r.recommendation.action in WASTE_ACTIONS)
            yes, no = decided(acted, since)
            sums = done.get(name)
            found.append(
                OwnerKpis(
                    name, cost, potential, share(potential, cost), waste, share(waste, cost),
                    sums.realised if sums else Decimal(0), sums.missed if sums else Decimal(0),
                    len(mine), sum(1 for row in mine if row.overdue),
                    days_to(acted, "implemented", since)[0], yes, no,
                )
            )  # fmt: skip
        return by_cost(found)

    def _ledger_by_owner(self) -> tuple[LedgerRow, ...]:
        months = self._months()
        if not months:
            return ()
        sought = realised.Sought(since=months[0].month, currency=self.code)
        return realised.ledger(self.workspace, sought, "owner").rows

    def _months(self) -> tuple[MonthKpis, ...]:
        months = [row for row in self.ledger.months if row.sums.currency == self.code]
        return tuple(
            MonthKpis(str(row.value), row.sums.promised, row.sums.realised, row.sums.missed)
            for row in months[-_MONTHS:]
        )


def _net(rows: Iterable[Row]) -> Decimal:
    return total(row.net for row in rows)


def _done_since(one: Acted, since: date) -> bool:
    return one.implemented is not None and one.implemented.date() >= since


def _acted(workspace: Workspace, every: Listed) -> list[Acted]:
    """When each recommendation was found, accepted, implemented and dismissed, the last time."""
    moments: dict[tuple[int, str], datetime] = {}
    for step in store(workspace).steps(actions=("accept", "implement", "dismiss")):
        moments[step.recommendation, step.action] = step.at
    found = []
    for row in every.rows:
        one = row.recommendation
        if one.first_seen is None:
            continue
        found.append(
            Acted(
                one.owner,
                one.first_seen,
                moments.get((one.id, "accept")) or one.accepted_at,
                moments.get((one.id, "implement")) or one.implemented_at,
                moments.get((one.id, "dismiss")),
            )
        )
    return found


def _of_commitments(now: Figures, before: Figures, code: str) -> tuple[Kpi, ...]:
    nothing = "" if now.eligible > 0 else f"nothing in {code} could be covered by a commitment"
    none = "" if now.cost > 0 else f"no commitment is paid in {code}"
    return (
        Kpi("savings-rate", "Effective savings rate", now.savings_rate, "ratio",
            "(on-demand equivalent of what commitments covered - their cost, unused part included) "
            "÷ on-demand equivalent of everything that could be covered", "up",
            (Part("Saved", now.saved), Part("On-demand equivalent", now.eligible)),
            before.savings_rate, nothing, "/commitments"),
        Kpi("coverage", "Coverage", now.coverage, "ratio",
            "covered ÷ everything that could be covered, at on-demand prices", "up",
            (Part("Covered", now.covered), Part("On-demand equivalent", now.eligible)),
            before.coverage, nothing, "/commitments"),
        Kpi("utilisation", "Utilisation", now.utilisation, "ratio",
            "used part of what commitments cost ÷ what they cost", "up",
            (Part("Used", now.used), Part("Unused", now.unused)),
            before.utilisation, none, "/commitments"),
    )  # fmt: skip
