"""Purchase plans as use cases: worked out live from the ledger by their assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from outlay.access import whole_only
from outlay.app.commitments.demand import Prepared, prepare, whole_weeks
from outlay.app.commitments.figures import payers
from outlay.app.commitments.held import Terms, terms_of
from outlay.app.commitments.ledger import Looked, look, window
from outlay.app.commitments.model import PURCHASE_PLAN, PurchasePlanSpec
from outlay.app.runs import utc_now
from outlay.app.served import served
from outlay.app.unchanged import kept
from outlay.expression.errors import QueryError
from outlay.money.display import day
from outlay.savings.planner.catalogue import Catalogue, catalogue
from outlay.savings.planner.model import Migration, Scenario
from outlay.savings.planner.offers import offers
from outlay.savings.planner.plan import Assumptions, Part, Planned, Term, plan
from outlay.savings.planner.reckon import added

if TYPE_CHECKING:
    from outlay.app.workspace import Workspace
    from outlay.resources import Resource

_FEW_DAYS = 28


@dataclass(frozen=True)
class CurrencySum:
    """The sums of all payers of one currency, over the horizon, where usage goes on as it is."""

    currency: str
    now: Decimal
    planned: Decimal
    level: Decimal
    upfront: Decimal

    @property
    def saved(self) -> Decimal:
        """What the plans save."""
        return added((self.now, self.planned.copy_negate()))


@dataclass(frozen=True)
class PurchasePlanned:
    """The answer: a plan for each payer (provider, billing account, currency) that uses something
    that can be committed to. The days looked at are `first` to `last` (exclusive), `rates_as_of`
    the day of the public rates, `hourly` whether all usage is known by the hour."""

    spec: PurchasePlanSpec
    first: date
    last: date
    hourly: bool
    rates_as_of: date
    plans: tuple[Planned, ...]
    notes: tuple[str, ...]

    @property
    def sums(self) -> tuple[CurrencySum, ...]:
        """The plans by currency."""
        found: dict[str, list[Planned]] = {}
        for one in self.plans:
            found.setdefault(one.demand.currency, []).append(one)
        return tuple(
            CurrencySum(
                currency,
                added(one.main.now.cost for one in many),
                added(one.main.planned.cost for one in many),
                added(one.level for one in many),
                added(one.upfront for one in many),
            )
            for currency, many in sorted(found.items())
        )


@served("POST /commitments/plan")
def planned(
    workspace: Workspace, spec: PurchasePlanSpec | Mapping[str, Any], now: datetime | None = None
) -> PurchasePlanned:
    """The plan by some assumptions. For those who see the whole ledger.

    QueryError for a scope that the ledger does not know; ResourceError for assumptions that do
    not hold together.
    """
    whole_only("a purchase plan")
    checked = spec if isinstance(spec, PurchasePlanSpec) else checked_spec(spec)
    return kept(
        workspace, "commitments.plan", checked.model_dump_json(),
        lambda: _made(workspace, checked, now), now=now or utc_now(),
    )  # fmt: skip


def checked_spec(data: Mapping[str, Any]) -> PurchasePlanSpec:
    """The assumptions that plain data says; QueryError says what is wrong and what is allowed."""
    from pydantic import ValidationError

    from outlay.resources.kinds import problem_text

    try:
        return PurchasePlanSpec.model_validate(dict(data))
    except ValidationError as error:
        problems = "; ".join(problem_text(one) for one in error.errors())
        raise QueryError(problems, field="plan", allowed=PurchasePlanSpec.model_fields) from None


def plans(workspace: Workspace) -> list[Resource]:
    """The purchase plans that are kept, by name."""
    return workspace.resources.list(PURCHASE_PLAN.name)


def kept_plan(workspace: Workspace, name: str) -> PurchasePlanSpec:
    """The assumptions of one; ResourceError lists the names there are."""
    spec = workspace.resources.get(PURCHASE_PLAN.name, name).spec
    assert isinstance(spec, PurchasePlanSpec)
    return spec


@served("GET /commitments/plans/{name}")
def planned_by(workspace: Workspace, name: str, now: datetime | None = None) -> PurchasePlanned:
    """The plan by the assumptions that are kept under a name."""
    return planned(workspace, kept_plan(workspace, name), now)


def _made(workspace: Workspace, spec: PurchasePlanSpec, now: datetime | None) -> PurchasePlanned:
    known = catalogue()
    days = whole_weeks(spec.lookback)
    first, last = window(workspace, days, now)
    looked = look(workspace, first, last, scope=spec.scope, by_hour=True, now=now)
    held = any(one.commitment for one in looked.cells)
    terms: Mapping[str, Terms] = terms_of(workspace, now) if held else {}
    prepared = [
        found
        for payer in payers(looked.cells)
        if (found := prepare(_since_begun(looked, payer), payer, terms, known)) is not None
    ]
    start = (now or utc_now()).date() + timedelta(days=1)
    made = [_plan(one, spec, start, known) for one in prepared]
    made.sort(key=lambda one: (-one.main.saved, one.demand.provider, one.demand.payer))
    return PurchasePlanned(
        spec, first, last, looked.hourly, known.as_of, tuple(made),
        tuple(_notes(made, prepared, looked.hourly, known)),
    )  # fmt: skip


def _since_begun(looked: Looked, payer: tuple[str, str, str]) -> Looked:
    """The whole weeks since a payer's first eligible usage: days before a bill began are no days
    without usage."""
    begun = min(
        (
            one.day
            for one in looked.cells
            if (one.provider, one.payer, one.currency) == payer and one.matched is not None
        ),
        default=looked.start,
    )
    days = whole_weeks((looked.end - begun).days)
    return looked.within(max(looked.start, looked.end - timedelta(days=days)), looked.end)


def terms_wanted(spec: PurchasePlanSpec) -> tuple[Term, ...]:
    """The terms that are weighed, or those of the mix."""
    if spec.mix:
        return tuple((one.years, one.payment) for one in spec.mix)
    return tuple((years, payment) for years in spec.years for payment in spec.payments)


def assumptions(spec: PurchasePlanSpec, start: date) -> Assumptions:
    """A spec as the planner takes it: percents as shares."""
    return Assumptions(
        start,
        spec.months,
        terms_wanted(spec),
        tuple(Part((one.years, one.payment), one.share / 100) for one in spec.mix),
        spec.tranche,
        spec.cost_of_money / 100,
        spec.most_an_hour,
        None if spec.coverage_limit is None else spec.coverage_limit / 100,
        tuple(
            Scenario(
                one.name,
                one.usage / 100,
                one.growth / 100,
                tuple(
                    Migration(m.day, m.service, m.family, m.region, m.percent / 100)
                    for m in one.migrations
                ),
                one.weight,
            )
            for one in spec.scenarios
        ),
    )


def _plan(one: Prepared, spec: PurchasePlanSpec, start: date, known: Catalogue) -> Planned:
    found = offers(one.demand, known, terms_wanted(spec), one.rates, one.ratios)
    wanted = {
        term: tuple(o for o in listed if not spec.programs or o.program in spec.programs)
        for term, listed in found.items()
    }
    made = plan(one.demand, wanted, assumptions(spec, start))
    # What it was reckoned from is large, and nobody asks for it.
    bare = tuple(replace(each, cost=(), covered={}) for each in one.demand.held)
    return replace(made, demand=replace(one.demand, on_demand={}, held=bare))


def _notes(
    made: Sequence[Planned], prepared: Sequence[Prepared], hourly: bool, known: Catalogue
) -> list[str]:
    """What has to be known to read the answer."""
    if not made:
        return []
    found = []
    daily = [one for one in prepared if one.demand.slot_hours == 24]
    if daily:
        whose = "The bill is" if len(daily) == len(prepared) else "Some bills are"
        found.append(
            f"{whose} daily: an hour is the day's mean. Peaks and troughs within a day are not "
            "seen, so that real coverage is somewhat lower and less should be bought than shown."
        )
    sources = {
        source for one in made for position in one.positions
        for source in position.offer.sources.values()
    }  # fmt: skip
    if any(source.startswith("public") for source in sources):
        found.append(
            f"Rates that the bill does not show are public ones of {day(known.as_of)}: "
            f"{known.note} Check the vendor's quote before buying."
        )
    short = [one.demand for one in prepared if one.demand.days < _FEW_DAYS]
    if short:
        found.append(
            "Few days of usage stand for the months ahead: "
            + ", ".join(f"{one.days} of {one.provider} {one.payer}" for one in short)
            + ". Plan again when there are more."
        )
    if any(one.ends is None for p in prepared for one in p.demand.held):
        found.append(
            "Commitments whose end the bill does not tell are taken to go on. State it in "
            "stated.yaml."
        )
    return found
