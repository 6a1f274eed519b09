"""Commitments that are paid and not used, as bills state them by the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from outlay.savings.detectors.billed import STILL_DAYS, Window
from outlay.savings.detectors.contract import Detector, Facts
from outlay.savings.detectors.reckon import monthly
from outlay.savings.model import MONTH_DAYS, Confidence, Evidence, Finding


@dataclass(frozen=True)
class Commitment:
    """A commitment in a window: what was paid for it and what of that no usage took, effective.
    `payer` is the billing account, whose usage alone it covers."""

    id: str
    name: str
    kind: str
    account: str
    region: str
    service: str
    currency: str
    paid: Decimal
    unused: Decimal
    first: date
    last: date
    payer: str = ""


def commitments(
    facts: Facts, detector: Detector, window: Window, percent: Decimal
) -> list[Commitment]:
    """Those of which at least `percent` was unused, on at least the detector's least days and on
    one of the last; the largest waste first."""
    rows = facts.rows(
        """SELECT CommitmentDiscountId AS id, BillingCurrency AS currency,
            coalesce(max(CommitmentDiscountName), CommitmentDiscountId) AS name,
            coalesce(max(CommitmentDiscountType), '') AS kind,
            coalesce(max(SubAccountId) FILTER (CommitmentDiscountStatus = 'Unused'), '') AS account,
            coalesce(max(RegionId), '') AS region, coalesce(max(ServiceName), '') AS service,
            coalesce(max(BillingAccountId), '') AS payer, sum(EffectiveCost) AS paid,
            coalesce(sum(EffectiveCost) FILTER (CommitmentDiscountStatus = 'Unused'), 0) AS unused,
            count(DISTINCT ChargeDay) FILTER (CommitmentDiscountStatus = 'Unused'
                AND EffectiveCost > 0) AS days,
            min(ChargeDay) FILTER (CommitmentDiscountStatus = 'Unused') AS first,
            max(ChargeDay) FILTER (CommitmentDiscountStatus = 'Unused' AND EffectiveCost > 0)
                AS last
        FROM daily
        WHERE ServiceProviderName = $provider AND ChargeDay >= $first AND ChargeDay < $end
            AND ChargeCategory = 'Usage' AND CommitmentDiscountId IS NOT NULL
            AND CommitmentDiscountStatus IN ('Used', 'Unused')
        GROUP BY CommitmentDiscountId, BillingCurrency ORDER BY unused DESC, id, currency""",
        {"provider": detector.provider, **window.arguments},
    )
    still = window.end - timedelta(days=STILL_DAYS)
    return [
        Commitment(
            str(row["id"]), str(row["name"]), str(row["kind"]), str(row["account"]),
            str(row["region"]), str(row["service"]), str(row["currency"]),
            Decimal(row["paid"]), Decimal(row["unused"]), row["first"], row["last"],
            str(row["payer"]),
        )
        for row in rows
        if row["unused"] > 0 and row["days"] >= detector.minimum_days and row["last"] >= still
        and row["unused"] * 100 >= row["paid"] * percent
    ]  # fmt: skip


def unused_finding(
    detector: Detector,
    one: Commitment,
    window: Window,
    *,
    title: str,
    saving: Decimal,
    where: str,
    recommended: str,
    evidence: Sequence[Evidence] = (),
    reasons: Sequence[str] = (),
    confidence: Confidence = "medium",
) -> Iterator[Finding]:
    """A finding on a commitment, which is its own resource on the bill; none where nothing is
    saved."""
    if saving <= 0:
        return
    yield Finding(
        tool="outlay",
        detector=detector.id,
        provider=detector.provider,
        action=detector.action,
        title=title,
        currency=one.currency,
        monthly_saving=saving,
        basis=f"effective cost of {window.days} days, as {MONTH_DAYS} days",
        account=one.account,
        region=one.region,
        service=one.service or detector.service,
        resource=one.id,
        resource_name=one.name,
        resource_type=one.kind,
        where=where,
        group=detector.group,
        current="Paid and not used",
        recommended=recommended,
        monthly_cost=monthly(one.paid, window.days),
        evidence=(
            Evidence("Paid in the window", one.paid, one.currency, "EffectiveCost"),
            Evidence("of it not used", one.unused, one.currency, "CommitmentDiscountStatus"),
            Evidence("Days in the window", Decimal(window.days), "days", "ChargePeriodStart"),
            *evidence,
        ),
        first_day=one.first,
        end_day=window.end,
        confidence=confidence,
        reasons=tuple(reasons),
        effort=detector.effort,
        restart=detector.restart,
        rollback=detector.rollback,
        risk=detector.risk,
    )
