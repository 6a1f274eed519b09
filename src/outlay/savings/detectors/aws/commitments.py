"""Commitments that are paid and not used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.money import total
from outlay.money.quotients import quotient, rounded
from outlay.savings.detectors.aws.parts import PROVIDER, used
from outlay.savings.detectors.billed import STILL_DAYS
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.model import MONTH_DAYS, Evidence, Finding

_COMPUTE = "^BoxUsage:|Fargate-|^Lambda-"
"""Usage types that Savings Plans of compute cover."""


def _unused(facts: Facts, settings: Settings) -> Iterator[Finding]:
    detector = UNUSED
    first, end = facts.window(detector.window_days, PROVIDER)
    least = Fraction(settings.number("least_percent"))
    open_ = _on_demand(facts, first, end)
    for row in _commitments(facts, first, end):
        unused = _per_day(row["unused"], first, end)
        if unused is None:
            continue
        daily, days = unused
        share = _share(daily, Fraction(row["used"]) / (end - (row["begun"] or first)).days)
        if share * 100 < least or days < detector.minimum_days:
            continue
        kind = str(row["kind"] or "commitment")
        if _is_compute(kind):
            # What one plan would take is not there for the next.
            place = (str(row["payer"]), str(row["currency"]))
            daily = min(daily, open_.get(place, Fraction(0)))
            open_[place] = open_.get(place, Fraction(0)) - daily
        saving = rounded(daily * MONTH_DAYS, 2)
        if saving <= 0:
            continue
        yield _finding(row, kind, saving, share, days, end)


def _is_compute(kind: str) -> bool:
    """Whether it is a plan that covers compute, and that nobody takes back."""
    plan = kind.lower()
    return "savings" in plan and "sagemaker" not in plan and "database" not in plan


def _on_demand(facts: Facts, first: date, end: date) -> dict[tuple[str, str], Fraction]:
    """(payer, currency) → what compute that a Savings Plan covers costs on demand a day."""
    rows = facts.rows(
        f"""SELECT coalesce(payer, '') AS payer, currency, sum(effective) AS cost FROM {used()}
        WHERE NOT covered AND NOT spot AND regexp_matches(meter, $meters)
        GROUP BY ALL HAVING sum(effective) > 0 ORDER BY ALL""",
        {"first": first, "end": end, "meters": _COMPUTE},
    )
    return {
        (str(row["payer"]), str(row["currency"])): Fraction(row["cost"]) / (end - first).days
        for row in rows
    }


def _finding(
    row: dict[str, Any], kind: str, saving: Decimal, share: Fraction, days: int, end: date
) -> Finding:
    detector = UNUSED
    reserved = "savings" not in kind.lower()
    advice = (
        "use it by moving machines to its kind; exchange a convertible one, sell a standard one of "
        "EC2 on the marketplace, or let it end"
        if reserved
        else "use it by moving usage to it; a plan of the last seven days can be returned; else "
        "let it end, and buy less"
    )
    name = str(row["commitment"])
    return Finding(
        tool="outlay", detector=detector.id, provider=PROVIDER, action=detector.action,
        title=f"Use or give up the unused part of {name.rsplit('/', 1)[-1].rsplit(':', 1)[-1]}",
        currency=str(row["currency"]), monthly_saving=saving, monthly_saving_list=None,
        monthly_cost=saving, basis=f"its unused part, {days} days",
        account=str(row["account"] or ""), service=str(row["service"] or ""), resource=name,
        resource_type=kind,
        where=condition(CommitmentDiscountId=name, CommitmentDiscountStatus="Unused"),
        group=detector.group, current=f"{rounded(share * 100, 1)} % unused", recommended=advice,
        evidence=(
            Evidence("unused", rounded(share * 100, 2), "% of the commitment", "EffectiveCost"),
            Evidence("used in the window", row["used"], str(row["currency"]), "EffectiveCost"),
            Evidence("days", Decimal(days), "days", "ChargePeriodStart"),
        ),
        first_day=end - timedelta(days=days), end_day=end, confidence=detector.confidence,
        reasons=(
            "nothing comes back by itself: the bill falls where other usage takes it over (as much "
            "on-demand usage ends), or the commitment is exchanged, sold or returned",
        ),
        effort=detector.effort, restart=detector.restart, rollback=detector.rollback,
        risk=detector.risk,
        detail={"term": str(row["term"] or ""), "payment": str(row["payment"] or "")},
    )  # fmt: skip


def _commitments(facts: Facts, first: date, end: date) -> list[dict[str, Any]]:
    """Commitments with an unused part: its lines as they are, and what was used in the window."""
    return facts.rows(
        """WITH lines AS (SELECT CommitmentDiscountId AS commitment, BillingCurrency AS currency,
                *, CAST(ChargePeriodStart AS DATE) AS begins, CAST(ChargePeriodEnd AS DATE) AS ends
            FROM charges WHERE ServiceProviderName IN ('AWS', 'Amazon Web Services')
                AND ChargeCategory = 'Usage' AND CommitmentDiscountId IS NOT NULL)
        SELECT commitment, currency,
            max(SubAccountId) FILTER (CommitmentDiscountStatus = 'Unused') AS account,
            coalesce(max(BillingAccountId), '') AS payer,
            min(begins) FILTER (CommitmentDiscountStatus = 'Used'
                AND begins >= $first AND begins < $end) AS begun,
            max(CommitmentDiscountType) AS kind, max(x_CommitmentTerm) AS term,
            max(x_CommitmentPaymentOption) AS payment,
            max(ServiceName) FILTER (CommitmentDiscountStatus = 'Unused') AS service,
            coalesce(sum(EffectiveCost) FILTER (CommitmentDiscountStatus = 'Used'
                AND begins >= $first AND begins < $end), 0) AS used,
            list({'begins': begins, 'ends': ends, 'cost': EffectiveCost}) FILTER (
                CommitmentDiscountStatus = 'Unused') AS unused
        FROM lines GROUP BY commitment, currency
        HAVING count(*) FILTER (CommitmentDiscountStatus = 'Unused' AND EffectiveCost > 0) > 0
        ORDER BY commitment, currency""",
        {"first": first, "end": end},
    )


def _per_day(lines: list[dict[str, Any]], first: date, end: date) -> tuple[Fraction, int] | None:
    """What was unused a day, and over how many days that is: of lines of a day (or hours) those of
    the window; of lines of a month the newest whole one, or the present one up to its last whole
    day, since a line of a month that has not ended tells what was unused so far."""
    short = [one for one in lines if (one["ends"] - one["begins"]).days <= 1]
    if short:
        inside = [one for one in short if first <= one["begins"] < end]
        if not inside or max(one["begins"] for one in inside) < end - timedelta(days=3):
            return None
        begun = min(one["begins"] for one in inside)
        days = (end - begun).days
        return Fraction(total(one["cost"] for one in inside)) / days, days
    past = [one for one in lines if one["ends"] <= end]
    if not past:
        return None
    newest = max(one["begins"] for one in past)
    if newest < (end.replace(day=1) - timedelta(days=1)).replace(day=1):
        return None  # it has ended, or is used by now
    chosen = [one for one in past if one["begins"] == newest]
    days = (chosen[0]["ends"] - newest).days
    return Fraction(total(one["cost"] for one in chosen)) / days, days


def _share(unused: Fraction, used: Fraction) -> Fraction:
    whole = unused + used
    return unused / whole if whole > 0 else Fraction(0)


def _capacity(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """Capacity that is reserved, paid on demand and not used by a machine."""
    detector = CAPACITY
    first, end = facts.window(detector.window_days, PROVIDER)
    rows = facts.rows(
        """SELECT CapacityReservationId AS reservation, BillingCurrency AS currency,
            SubAccountId AS account, max(RegionId) AS region, max(ServiceName) AS service,
            sum(EffectiveCost) FILTER (CapacityReservationStatus = 'Unused') AS unused,
            sum(ListCost) FILTER (CapacityReservationStatus = 'Unused') AS listed,
            sum(ConsumedQuantity) FILTER (CapacityReservationStatus = 'Unused') AS hours,
            coalesce(sum(ConsumedQuantity), 0) AS whole, min(ChargeDay) AS begun,
            max(ChargeDay) FILTER (CapacityReservationStatus = 'Unused') AS last
        FROM daily WHERE ServiceProviderName IN ('AWS', 'Amazon Web Services')
            AND ChargeCategory = 'Usage' AND ChargeClass IS NULL
            AND CapacityReservationId IS NOT NULL AND ChargeDay >= $first AND ChargeDay < $end
            AND coalesce(CommitmentDiscountStatus, '') = ''
        GROUP BY ALL HAVING unused > 0 ORDER BY reservation, currency, account""",
        {"first": first, "end": end},
    )
    for row in rows:
        days = (end - row["begun"]).days
        share = quotient(row["hours"] or 0, row["whole"], 6)
        if days < detector.minimum_days or row["last"] < end - timedelta(days=STILL_DAYS):
            continue
        if share is None or share * 100 < settings.number("least_percent"):
            continue
        saving = monthly(row["unused"], days)
        if saving <= 0:
            continue
        yield _less_capacity(row, share, saving, days, end)


def _less_capacity(
    row: dict[str, Any], share: Decimal, saving: Decimal, days: int, end: date
) -> Finding:
    detector = CAPACITY
    name, currency = str(row["reservation"]), str(row["currency"])
    return Finding(
        tool="outlay", detector=detector.id, provider=PROVIDER, action=detector.action,
        title=f"Reserve less capacity in {name.rsplit('/', 1)[-1]}", currency=currency,
        monthly_saving=saving, monthly_saving_list=monthly(row["listed"] or Decimal(0), days),
        monthly_cost=saving, basis=f"its hours that no machine used, {days} days",
        account=str(row["account"] or ""), region=str(row["region"] or ""),
        service=str(row["service"] or ""), resource=name, resource_type="Capacity Reservation",
        where=condition(CapacityReservationId=name, CapacityReservationStatus="Unused"),
        group=detector.group, current=f"{rounded(Fraction(share) * 100, 1)} % unused",
        recommended="as much as machines use, or none",
        evidence=(
            Evidence("cost in the window", row["unused"], currency, "EffectiveCost"),
            Evidence("unused", row["hours"], "hours in the window", "ConsumedQuantity"),
            Evidence("reserved", row["whole"], "hours in the window", "ConsumedQuantity"),
        ),
        first_day=row["begun"], end_day=end, confidence=detector.confidence,
        reasons=("capacity may be kept on purpose, for a launch or a disaster",),
        effort=detector.effort, restart=detector.restart, rollback=detector.rollback,
        risk=detector.risk,
    )  # fmt: skip


UNUSED = Detector(
    id="aws-commitment-unused",
    title="Savings Plans and reservations that are not used",
    provider=PROVIDER,
    service="ComputeSavingsPlans",
    inputs=("charges", "daily"),
    window_days=30,
    minimum_days=7,
    predicate="A commitment's unused part is at least the parameter's share of it, in the window "
    "(of reservations, whose unused part is a line of a month: in the newest whole month).",
    formula="The effective cost of its unused lines, as a month. Savings Plans of compute, which "
    "nobody takes back: at most what compute of the same payer costs on demand meanwhile.",
    verification="The commitment's unused lines become less.",
    action="Configure",
    group="purchase",
    effort="Medium",
    confidence="medium",
    find=_unused,
    rollback=False,
    risk="An exchange begins a new term; what is sold may bring less than what is left of it.",
    exclusions=(
        "commitments that have ended",
        "Savings Plans of compute while none is on demand: then they are a fee to the end",
    ),
    parameters=(
        Parameter(
            "least_percent", Decimal(2), "the least share of it that is unused", "%", Decimal(0),
            Decimal(100),
        ),
    ),
    source="Flexera RI and SP utilisation; AWS Cost Explorer utilisation reports",
)  # fmt: skip

CAPACITY = Detector(
    id="aws-capacity-reservation-unused",
    title="Reserved capacity that no machine uses",
    provider=PROVIDER,
    service="AmazonEC2",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate="Hours of an On-Demand Capacity Reservation that no machine used are at least the "
    "parameter's share of it, up to the last days.",
    formula="The effective cost of its unused hours, without those that a commitment pays.",
    verification="The reservation's unused hours become less.",
    action="ScaleIn",
    group="configuration",
    effort="VeryLow",
    confidence="medium",
    find=_capacity,
    risk="Capacity that is given up may not be there when it is wanted.",
    exclusions=("hours that a commitment pays", "reservations younger than 14 days"),
    parameters=(
        Parameter(
            "least_percent", Decimal(5), "the least share of it that is unused", "%", Decimal(0),
            Decimal(100),
        ),
    ),
    source="FOCUS CapacityReservationStatus",
)  # fmt: skip

DETECTORS = (UNUSED, CAPACITY)
