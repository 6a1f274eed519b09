"""Google's committed use that is paid and not used, while the same usage is paid elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outlay.expression import text_literal
from outlay.money.quotients import rounded
from outlay.savings.detectors.billed import Window, part, window_of
from outlay.savings.detectors.contract import Detector, Facts, Parameter, Settings
from outlay.savings.detectors.gcp.words import PROVIDER, SKU
from outlay.savings.detectors.reckon import condition, monthly
from outlay.savings.detectors.unused import Commitment, commitments, unused_finding
from outlay.savings.model import Evidence, Finding, Insufficient

_NAME = re.compile(r"Commitment v\d+: (?:([A-Z]\d[A-Z]?) )?(Cpu|Ram) in .*", re.IGNORECASE)


def _unused(facts: Facts, settings: Settings) -> Iterator[Finding | Insufficient]:
    """Nobody gives committed use back: what is unused is saved by usage at on-demand prices that
    could take it, which shared discounts let it do in any project."""
    window = window_of(facts, UNUSED)
    counted: dict[tuple[str, str, str, str, str], Fraction] = {}
    for one in commitments(facts, UNUSED, window, settings.number("unused_share")):
        match = _NAME.fullmatch(one.name)
        price = _fee(facts, window, one) if match else None
        if match is None or price is None:
            yield Insufficient(
                UNUSED.id, one.id,
                "which usage its unused part could take: only resource-based commitments of cores "
                "and memory name it",
                PROVIDER, one.account, one.currency, monthly(one.paid, window.days),
            )  # fmt: skip
            continue
        family = (match[1] or "N1").upper()
        kind = "Core" if match[2].lower() == "cpu" else "Ram"
        amount, cost = _open(facts, window, one, family, kind)
        if amount <= 0 or cost <= 0:
            continue
        free = Fraction(one.unused) / price
        # What one commitment would take is not there for the next.
        key = (one.payer, one.currency, one.region, family, kind)
        taken = min(free, Fraction(amount) - counted.get(key, Fraction(0)))
        counted[key] = counted.get(key, Fraction(0)) + taken
        sku = _sku(family, kind)
        where = (
            f"{condition(CommitmentDiscountId=one.id)} OR matches(SkuMeter, {text_literal(sku)})"
        )
        yield from unused_finding(
            UNUSED, one, window,
            title=f"Let other projects use {one.name}",
            saving=part(cost, taken / Fraction(amount), window.days),
            recommended="Share committed use discounts across the projects of the billing account",
            where=f"{_where(one)} AND ({where})",
            evidence=(
                Evidence("Fee of a unit", rounded(price, 9), one.currency,
                         "the commitment's purchases"),
                Evidence("Units not used", rounded(free, 6), "units", "unused fee / fee of a unit"),
                Evidence(f"Units of {family} {kind} at on-demand prices", amount, "units",
                         "PricingQuantity"),
                Evidence("which cost", cost, one.currency, "EffectiveCost"),
            ),
            reasons=(
                "the fee is paid anyway: what falls away is the on-demand price of what it takes",
            ),
        )  # fmt: skip


def _where(one: Commitment) -> str:
    payer = {"BillingAccountId": one.payer} if one.payer else {}
    return condition(RegionId=one.region or None, **payer)


def _sku(family: str, kind: str) -> str:
    """The usage that a commitment of a family takes, as a regular expression of its SKU."""
    return f"^{family} ((Predefined|Custom) )?Instance {kind}"


def _fee(facts: Facts, window: Window, one: Commitment) -> Fraction | None:
    """The fee of one unit of a commitment, by its purchases in the window."""
    row = _one(
        facts, window,
        "ChargeCategory = 'Purchase' AND CommitmentDiscountId = $id "
        "AND BillingCurrency = $currency",
        {"id": one.id, "currency": one.currency},
        "ListCost",
    )  # fmt: skip
    if not row["amount"] or not row["cost"]:
        return None
    return Fraction(Decimal(row["cost"])) / Fraction(Decimal(row["amount"]))


def _open(
    facts: Facts, window: Window, one: Commitment, family: str, kind: str
) -> tuple[Decimal, Decimal]:
    """Units and cost of usage of its billing account that the commitment could take and no
    commitment pays."""
    row = _one(
        facts, window,
        f"ChargeCategory = 'Usage' AND CommitmentDiscountStatus IS NULL "
        f"AND PricingCategory = 'Standard' AND RegionId = $region AND BillingCurrency = $currency "
        f"AND coalesce(BillingAccountId, '') = $payer "
        f"AND regexp_matches({SKU}, $sku)",
        {
            "region": one.region, "currency": one.currency, "payer": one.payer,
            "sku": _sku(family, kind),
        },
        "EffectiveCost",
    )  # fmt: skip
    return Decimal(row["amount"] or 0), Decimal(row["cost"] or 0)


def _one(
    facts: Facts, window: Window, what: str, parameters: dict[str, Any], cost: str
) -> dict[str, Any]:
    return facts.rows(
        f"""SELECT sum(PricingQuantity) AS amount, sum({cost}) AS cost FROM daily
        WHERE ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
            AND {what}""",
        {"provider": PROVIDER, **window.arguments, **parameters},
    )[0]


UNUSED = Detector(
    id="gcp-cud-unused",
    title="Committed use that is not used",
    provider=PROVIDER,
    service="Compute Engine",
    inputs=("daily",),
    window_days=30,
    minimum_days=14,
    predicate=(
        "At least 5 % of a commitment's fee has no usage, on at least 14 of 30 days and to the "
        "end, while cores or memory of the same family and region are paid at on-demand prices."
    ),
    formula=(
        "The lesser of the units not used (unused fee / fee of a unit) and the units at on-demand "
        "prices, times what a unit of those costs, as a month."
    ),
    verification=(
        "The commitment's charges of status Unused fall, and usage of the family is covered by it."
    ),
    action="Configure",
    group="purchase",
    effort="Low",
    confidence="medium",
    risk="Shared discounts move cost between projects: tell whom it concerns.",
    exclusions=(
        "commitments while no usage could take them: they are a fee to the end of the term",
        "spend-based commitments: what they could take cannot be told from the bill",
        "what was unused on fewer than 14 days, or is used again",
        "spot machines, which no commitment takes",
    ),
    parameters=(
        Parameter("unused_share", Decimal(5), "From which unused share on it is told", "percent",
                  least=Decimal(0), most=Decimal(100)),
    ),
    source="Google's committed use discounts: sharing across projects; fees without credits",
    find=_unused,
)  # fmt: skip

DETECTORS = (UNUSED,)
