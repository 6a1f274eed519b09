"""Azure's reservations and savings plans that are paid and not used."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from outlay.money.quotients import rounded
from outlay.savings.detectors.azure.words import MACHINES, PROVIDER
from outlay.savings.detectors.billed import window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.detectors.unused import Commitment, commitments, unused_finding
from outlay.savings.model import Confidence, Evidence, Finding, Insufficient


def _unused(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """Reservations in full, since Microsoft takes them back or exchanges them; of savings plans,
    which it does not, what other usage at on-demand prices could take."""
    window = window_of(facts, UNUSED)
    rows = facts.rows(
        f"""SELECT BillingCurrency AS currency, coalesce(BillingAccountId, '') AS payer,
            sum(EffectiveCost) AS cost FROM daily
        WHERE ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
            AND ChargeCategory = 'Usage' AND CommitmentDiscountStatus IS NULL AND ({MACHINES})
            AND PricingCategory = 'Standard' GROUP BY ALL ORDER BY ALL""",
        {"provider": PROVIDER, **window.arguments},
    )
    open_ = {(str(row["payer"]), str(row["currency"])): Decimal(row["cost"]) for row in rows}
    for one in commitments(facts, UNUSED, window, settings.number("unused_share")):
        amount, words = one.unused, _RESERVATION
        evidence: tuple[Evidence, ...] = ()
        confidence: Confidence = "medium"
        if one.kind == "Savings Plan":
            place = (one.payer, one.currency)
            uncovered = open_.get(place, Decimal(0))
            amount, words, confidence = min(one.unused, uncovered), _PLAN, "low"
            # What one plan would take is not there for the next.
            open_[place] = uncovered - amount
            evidence = (
                Evidence("Machines at on-demand prices in the window", uncovered, one.currency,
                         "EffectiveCost"),
            )  # fmt: skip
        if amount > 0:
            yield from unused_finding(
                UNUSED, one, window,
                saving=monthly(amount, window.days),
                title=_title(one),
                recommended=words, evidence=evidence, confidence=confidence,
                where=condition(CommitmentDiscountId=one.id, CommitmentDiscountStatus="Unused"),
                reasons=(f"{rounded(Fraction(one.unused) * 100 / Fraction(one.paid), 1)} % of it "
                         "was paid and not used",),
            )  # fmt: skip


def _title(one: Commitment) -> str:
    if one.kind == "Savings Plan":
        return f"Let other machines use the savings plan {one.name}"
    return f"Exchange or return what is not used of the reservation {one.name}"


_RESERVATION = "Exchange it for what runs, widen its scope, or return it"
_PLAN = "Widen its scope to machines that pay on-demand prices"

UNUSED = Detector(
    id="azure-commitment-unused",
    title="Reservation or savings plan that is not used",
    provider=PROVIDER,
    service="Virtual Machines",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate=(
        "At least 5 % of a reservation or savings plan was paid and not used (lines "
        "UnusedReservation, UnusedSavingsPlan), on at least 14 of 30 days and to the end."
    ),
    formula=(
        "A reservation: the effective cost of its unused part, as a month. A savings plan: the "
        "same, at most what machines cost at on-demand prices meanwhile: it can only take those."
    ),
    verification="The commitment's charges of status Unused fall to nothing.",
    action="Configure",
    group="purchase",
    effort="Medium",
    confidence="medium",
    rollback=False,
    risk=(
        "Microsoft takes back reservations of 50,000 USD in twelve months at most, and no savings "
        "plan."
    ),
    exclusions=(
        "what was unused on fewer than 14 days, or is used again",
        "savings plans while no machine pays on-demand prices: then they are a fee to the end",
    ),
    parameters=(
        Parameter("unused_share", Decimal(5), "From which unused share on it is told", "percent",
                  least=Decimal(0), most=Decimal(100)),
    ),
    source="Microsoft's rules of exchanges and refunds; UnusedReservation in amortized exports",
    find=_unused,
)  # fmt: skip

DETECTORS = (UNUSED,)
