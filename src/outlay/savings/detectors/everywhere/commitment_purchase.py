"""Commitments that would pay on usage that runs on demand, by the purchase planner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from outlay.expression import text_literal
from outlay.money import total
from outlay.money.display import day
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import Evidence, Finding, Insufficient
from outlay.savings.planner.catalogue import Catalogue, catalogue
from outlay.savings.planner.gathering import (
    HOUR_UNITS,
    Metered,
    Slots,
    class_key,
    demand_class,
    price_ratio,
)
from outlay.savings.planner.model import PAYMENTS, Demand, DemandClass, Payment, Position
from outlay.savings.planner.offers import offers
from outlay.savings.planner.plan import Assumptions, Planned, plan
from outlay.savings.planner.reckon import added

WINDOW_DAYS = 91
_MONTHS = 3
_COMPUTE = ("ec2", "fargate", "lambda", "azure-vm", "gce", "cloud-run")

_SQL = """
    SELECT ChargeDay AS day, ServiceProviderName AS provider,
        coalesce(BillingAccountId, '') AS payer, BillingCurrency AS currency,
        ServiceName AS service, coalesce(RegionId, '') AS region,
        coalesce(SkuMeter, '') AS meter, coalesce(x_InstanceType, '') AS instance,
        lower(coalesce(PricingUnit, '')) AS unit, sum(EffectiveCost) AS effective,
        sum(ContractedCost) AS contracted, sum(PricingQuantity) AS quantity
    FROM daily
    WHERE ChargeCategory = 'Usage' AND PricingCategory = 'Standard'
        AND CommitmentDiscountId IS NULL AND ChargeDay >= $first AND ChargeDay < $end
        AND ServiceProviderName = $provider AND list_contains($services, ServiceName)
    GROUP BY ALL ORDER BY ALL
"""


def _find(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    known = catalogue()
    for provider in sorted({one.provider for one in known.programs}):
        first, end = facts.window(WINDOW_DAYS, provider)
        rows = list(_rows(facts, provider, first, end, known))
        for payer, currency in sorted({(one.payer, one.currency) for one in rows}):
            own = [one for one in rows if (one.payer, one.currency) == (payer, currency)]
            yield from _of_payer(own, first, end, settings, known)


def _rows(
    facts: Facts, provider: str, first: date, end: date, known: Catalogue
) -> Iterator[Metered]:
    services = sorted({one.service for one in known.usages if one.provider == provider})
    asked = {"first": first, "end": end, "provider": provider, "services": services}
    for row in facts.rows(_SQL, asked):
        matched = known.match(provider, row["service"], row["meter"], row["instance"])
        if matched is None:
            continue
        yield Metered(
            datetime.combine(row["day"], datetime.min.time()), provider, row["payer"],
            str(row["currency"]), row["service"], row["region"], row["meter"], matched,
            row["effective"] or Decimal(0), row["contracted"] or Decimal(0),
            (row["quantity"] or Decimal(0)) if row["unit"] in HOUR_UNITS else Decimal(0),
        )  # fmt: skip


def _of_payer(
    rows: Sequence[Metered], first: date, end: date, settings: Settings, known: Catalogue
) -> Iterator[Finding]:
    begun = max(first, min(one.at.date() for one in rows))
    days = (end - begun).days // 7 * 7
    if days < MINIMUM_DAYS // 7 * 7 or (end - begun).days < MINIMUM_DAYS:
        return
    begun = end - timedelta(days=days)
    rows = [one for one in rows if one.at.date() >= begun]
    if not rows:
        return
    planned = _planned(rows, begun, days, end, settings, known)
    for what, positions in _together(planned):
        finding = _finding(planned, rows, what, positions, days, end, known)
        if finding is not None:
            yield finding


def _planned(
    rows: Sequence[Metered], begun: date, days: int, end: date, settings: Settings, known: Catalogue
) -> Planned:
    """The plan on what runs on demand, as if nothing else changed."""
    groups: dict[str, list[Metered]] = {}
    for one in rows:
        groups.setdefault(class_key(one), []).append(one)
    slots = Slots(begun, days, hourly=False)
    demand = Demand(
        rows[0].payer, rows[0].provider, rows[0].currency, begun, slots.count, slots.hours,
        tuple(demand_class(key, many) for key, many in sorted(groups.items())),
        {key: slots.sums((c.at, c.effective) for c in many) for key, many in groups.items()},
    )  # fmt: skip
    term = (int(settings.number("years")), cast("Payment", settings.text("payment")))
    if term[1] not in PAYMENTS:
        raise ValueError(f"payment is one of {', '.join(PAYMENTS)}, not {term[1]!r}")
    ratios = {key: price_ratio(many) for key, many in groups.items()}
    assumed = Assumptions(
        end, _MONTHS, (term,), coverage_limit=settings.number("coverage_percent") / 100
    )
    return plan(demand, offers(demand, known, (term,), (), ratios), assumed)


def _together(planned: Planned) -> Iterator[tuple[str, list[Position]]]:
    """The positions by what they cover, in words: compute, or one service. No two of these cover
    the same usage."""
    usage = {one.key: one for one in planned.demand.classes}
    groups: dict[str, list[Position]] = {}
    for one in planned.positions:
        first = usage[next(iter(one.offer.discounts))]
        what = "Compute" if first.usage in _COMPUTE else first.service
        groups.setdefault(what, []).append(one)
    yield from sorted(groups.items())


def _finding(
    planned: Planned, rows: Sequence[Metered], what: str, positions: Sequence[Position], days: int,
    end: date, known: Catalogue,
) -> Finding | None:  # fmt: skip
    demand = planned.demand
    chosen = {id(one) for one in positions}
    sums = [
        told
        for one, told in zip(planned.positions, planned.main.planned.positions, strict=True)
        if id(one) in chosen
    ]
    horizon = (planned.assumptions.end - planned.assumptions.start).days
    saved = monthly(added(one.saved for one in sums), horizon)
    if saved <= 0:
        return None
    keys = {key for one in positions for key in one.offer.discounts}
    classes = [one for one in demand.classes if one.key in keys]
    covered = [one for one in rows if class_key(one) in keys]
    services = sorted({one.service for one in classes})
    main = max(positions, key=lambda one: one.level)
    listed = "; ".join(_said(one, demand.currency) for one in positions)
    used = added(one.used for one in sums)
    cost = added(one.cost for one in sums)
    spent = total(one.effective for one in covered)
    return Finding(
        tool="outlay", detector=PURCHASE.id, provider=demand.provider, action=main.offer.action,
        title=f"Commit to {what} usage that runs on demand, {main.offer.terms}",
        currency=demand.currency, monthly_saving=saved,
        monthly_saving_list=None, monthly_cost=monthly(spent, days),
        basis="effective cost of on-demand usage in the window, less what it would cost with the "
        "commitments: their own cost, used or not, and what stays on demand",
        account=demand.payer, service=services[0] if len(services) == 1 else "",
        scope=f"{what} commitments of {demand.payer}", group="purchase",
        where=_where(demand, classes), current="on demand", recommended=listed,
        evidence=(
            Evidence("on-demand cost in the window", spent, demand.currency, "EffectiveCost"),
            Evidence("days in the window", Decimal(days), "days"),
            Evidence("commitments a month", monthly(cost, horizon), demand.currency,
                     f"public rates of {day(known.as_of)}"),
            Evidence("of it used", monthly(used, horizon), demand.currency, "simulation"),
            Evidence("on-demand cost in their place a month",
                     monthly(added(one.displaced for one in sums), horizon), demand.currency,
                     "simulation"),
        ),
        first_day=end - timedelta(days=days), end_day=end, confidence="medium",
        reasons=("usage by the day: peaks within a day are not seen", "public rates"),
        effort=PURCHASE.effort, restart=False, rollback=False, risk=PURCHASE.risk,
        detail={
            "positions": [
                {"offer": one.offer.id, "per_hour": str(one.level),
                 "units": None if one.units is None else str(one.units)}
                for one in positions
            ],
            "break_even_usage": None if planned.break_even is None else str(planned.break_even),
        },
    )  # fmt: skip


def _said(one: Position, currency: str) -> str:
    if one.units is None:
        return f"{one.offer.title}: {one.level.normalize():f} {currency} an hour"
    return f"{one.offer.title}: {one.units} × {one.offer.unit}"


def _where(demand: Demand, classes: Iterable[DemandClass]) -> str:
    """The on-demand usage of the classes, one condition a service and region."""
    meters: dict[tuple[str, str], set[str]] = {}
    for one in classes:
        meters.setdefault((one.service, one.region), set()).update(one.meters)
    parts = []
    for (service, region), names in sorted(meters.items()):
        listed = ", ".join(text_literal(name) for name in sorted(names))
        said = [f"ServiceName = {text_literal(service)}"]
        if region:
            said.append(f"RegionId = {text_literal(region)}")
        parts.append(" AND ".join([*said, f"SkuMeter IN ({listed})"]))
    either = " OR ".join(f"({one})" for one in parts) if len(parts) > 1 else parts[0]
    payer = f"BillingAccountId = {text_literal(demand.payer)} AND " if demand.payer else ""
    return (
        f"ServiceProviderName = {text_literal(demand.provider)} AND {payer}"
        f"ChargeCategory = 'Usage' AND PricingCategory = 'Standard' AND ({either})"
    )


MINIMUM_DAYS = 30

PURCHASE = Detector(
    id="commitment-purchase",
    title="Usage on demand that commitments would make cheaper",
    provider="",
    service="",
    inputs=("daily",),
    window_days=WINDOW_DAYS,
    minimum_days=MINIMUM_DAYS,
    predicate="The purchase planner finds commitments that cost less than the on-demand usage they "
    "would cover in the window, per paying account, within the coverage limit.",
    formula="On-demand cost that the commitments would have covered, less their cost, used or not, "
    "as a month. Rates are public ones; `outlay commitments plan` uses the bill's own.",
    verification="The usage is covered: its CommitmentDiscountStatus is Used, and the effective "
    "cost of it with the unused part falls.",
    action="PurchaseSavingsPlans",
    group="purchase",
    effort="Low",
    confidence="medium",
    find=_find,
    rollback=False,
    risk="A commitment is paid for its whole term, used or not.",
    exclusions=(
        "spot usage, and usage that a commitment covers already",
        "services that nothing can be committed to for, and families whose price is not known",
        "paying accounts with less than the minimum of days",
    ),
    parameters=(
        Parameter("years", Decimal(1), "the term", "years", Decimal(1), Decimal(3)),
        Parameter("payment", "none", "how it is paid: none, partial or all upfront"),
        Parameter(
            "coverage_percent", Decimal(80), "the most that is covered of what runs on demand",
            "%", Decimal(0), Decimal(100),
        ),
    ),
    source="AWS Savings Plans recommendations; FinOps Foundation, rate optimisation",
)  # fmt: skip

DETECTORS = (PURCHASE,)
