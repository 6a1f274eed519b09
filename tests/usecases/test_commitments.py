"""Use cases of commitments, reservations, rates and savings."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from outlay.app import Workspace
from tests.usecases.company import BOTH, CAPACITY, NOVEMBER, OCTOBER, SEPTEMBER, Charge
from tests.usecases.conftest import Answers
from tests.usecases.naive import Row, added, bills, days, grouped, is_, period, ratio, same, where

IN_OCTOBER = days(OCTOBER, NOVEMBER)
EVER = "all"
FLEXIBLE, RESERVATION = "FlexibleSpendPlan", "ResourceReservation"


def is_eligible(row: Charge) -> bool:
    return row["CommitmentProgramEligibilityDetails"] == BOTH


def test_coverage_rate_with_eligibility(answers: Answers) -> None:
    covered = where(IN_OCTOBER, is_(CommitmentDiscountStatus="Used"))
    eligible = [*covered, *where(IN_OCTOBER, is_eligible)]
    assert len(covered) == 4 and len(eligible) == 35
    row: Row = {
        "ServiceProviderName": "Nimbus Cloud", "BillingCurrency": "USD",
        "CoveredCost": added(c["EffectiveCost"] for c in covered),
        "EligibleCost": added(c["EffectiveCost"] for c in eligible),
    }  # fmt: skip
    row["CoverageRate"] = ratio(row["CoveredCost"], row["EligibleCost"])
    name = "calculate-commitment-discount-coverage-rate-with-eligibility-adjusted-denominator"
    answers(name, [row])
    alone = row | {"EligibleCost": row["CoveredCost"], "CoverageRate": Decimal(1)}
    answers(name, [alone], programs="NoSuchProgram")


def test_commitment_discount_effective_cost_breakdown(answers: Answers) -> None:
    keys = same("ServiceProviderName", "CommitmentDiscountId", "CommitmentDiscountStatus",
                "BillingCurrency") | {"ChargeDay": "ChargePeriodStart"}  # fmt: skip
    charges = where(IN_OCTOBER, is_(CommitmentDiscountId="plan-1", ChargeCategory="Usage"))
    rows = grouped(charges, keys, same("EffectiveCost"))
    answers("commitment-discount-effective-cost-breakdown", rows)
    assert added(row["EffectiveCost"] for row in rows) == 100  # the month's fee


def test_compare_commitment_opportunities_across_providers(answers: Answers) -> None:
    uncovered = added(c["EffectiveCost"] for c in where(IN_OCTOBER, is_eligible))
    rows = [
        {
            "ServiceProviderName": "Nimbus Cloud", "ProgramType": program,
            "BillingCurrency": "USD", "EligibleCost": uncovered, "UncoveredCost": uncovered,
            "UncoveredRate": Decimal(1),
        }
        for program in (FLEXIBLE, RESERVATION)
    ]  # fmt: skip
    name = "compare-commitment-opportunities-across-providers-cross-provider-with-saas"
    answers(name, rows)
    answers(name, rows[:1], programs=FLEXIBLE)


def test_identify_eligible_uncovered_spend_by_program_type(answers: Answers) -> None:
    rows = [
        row | {"ProgramType": program}
        for program in (FLEXIBLE, RESERVATION)
        for row in grouped(
            where(IN_OCTOBER, is_eligible),
            same("ServiceProviderName", "ServiceName", "BillingCurrency"),
            {"EligibleUncoveredCost": "BilledCost"},
        )
    ]
    answers("identify-eligible-uncovered-spend-by-program-type", rows)


def test_identify_eligible_capacity_reservation_spend(answers: Answers) -> None:
    charges = where(IN_OCTOBER, is_(CommitmentProgramEligibilityDetails=CAPACITY))
    keys = same("ServiceProviderName", "ServiceName", "CapacityReservationStatus",
                "BillingCurrency")  # fmt: skip
    rows = grouped(charges, keys, same("BilledCost") | {"Charges": lambda c: Decimal(1)})
    expected = [row | {"ProgramType": "AdvanceResourceCommitment"} for row in rows]
    assert {row["CapacityReservationStatus"] for row in rows} == {"Used", "Unused"}
    answers("identify-eligible-capacity-reservation-spend", expected)


def test_analyze_capacity_reservations_on_compute_costs(answers: Answers) -> None:
    def status(row: Charge) -> str:
        if not row["CapacityReservationId"]:
            return "Compute without Capacity Reservation"
        used = row["CapacityReservationStatus"] == "Used"
        return "Compute using Capacity Reservation" if used else "Unused Capacity Reservation"

    rows = grouped(
        where(IN_OCTOBER, is_(ServiceCategory="Compute")),
        same("ServiceProviderName", "BillingAccountId", "BillingCurrency") | {"Status": status},
        same("BilledCost", "EffectiveCost"),
    )
    assert len({row["Status"] for row in rows}) == 3
    answers("analyze-capacity-reservations-on-compute-costs", rows)


def test_identify_unused_capacity_reservations(answers: Answers) -> None:
    row = {
        "ServiceProviderName": "Nimbus Cloud", "BillingAccountId": "N-1",
        "CapacityReservationId": "cap-1", "BillingCurrency": "USD", "BilledCost": Decimal("9.8"),
        "EffectiveCost": Decimal("9.8"),
    }  # fmt: skip
    answers("identify-unused-capacity-reservations", [row])


def test_identify_unused_commitments(answers: Answers) -> None:
    row = {
        "FirstDay": OCTOBER, "LastDay": OCTOBER, "ServiceProviderName": "Nimbus Cloud",
        "BillingAccountId": "N-1", "CommitmentDiscountId": "plan-1",
        "CommitmentDiscountType": "Spend Plan", "BillingCurrency": "USD",
        "BilledCost": Decimal(0), "EffectiveCost": Decimal("15.5"),
    }  # fmt: skip
    answers("identify-unused-commitments", [row])


def test_report_commitment_discount_purchases(answers: Answers) -> None:
    row = {
        "FirstCharge": SEPTEMBER, "LastCharge": NOVEMBER, "ServiceProviderName": "Nimbus Cloud",
        "BillingAccountId": "N-1", "CommitmentDiscountId": "plan-1",
        "CommitmentDiscountType": "Spend Plan", "CommitmentDiscountUnit": "USD",
        "CommitmentDiscountQuantity": Decimal(200), "ChargeFrequency": "Recurring",
        "BillingCurrency": "USD", "BilledCost": Decimal(200),
    }  # fmt: skip
    answers("report-commitment-discount-purchases", [row], range="2026-09-01..2026-11-01")


def test_report_on_initial_contract_commitments(answers: Answers) -> None:
    """Every digit of the JSON's number, which no binary number has."""
    row = {
        "FirstCharge": SEPTEMBER, "LastCharge": date(2026, 9, 2),
        "ServiceProviderName": "Nimbus Cloud", "ContractId": "K-1",
        "ContractCommitmentId": "K-1-spend", "BillingCurrency": "USD",
        "AppliedCost": Decimal("1000.000000000000000000001"), "AppliedUnit": None,
        "AppliedQuantity": None,
    }  # fmt: skip
    answers("report-on-initial-contract-commitments", [row])


def burn_down(cost: Decimal | None) -> list[Row]:
    """Of the machines' costs and of the credits, month by month."""
    rows: list[Row] = []
    for commitment, services, applied in (
        ("K-1-spend", "Nimbus Machines", "EffectiveCost"),
        ("K-1-credits", "Nimbus Assistant", None),
    ):
        charges = where(
            bills(SEPTEMBER, NOVEMBER),
            is_(ServiceName=services, ChargeCategory="Usage"),
            lambda c: c["ContractApplied"] is not None,
        )
        far = None
        for row in grouped(charges, {"BillingPeriod": period}, same("EffectiveCost")):
            amount = row["EffectiveCost"] if applied else None
            far = added((far, amount))
            known = cost if commitment == "K-1-spend" else None
            rest = known - far if known is not None and far is not None else None
            rows.append(
                row
                | {"ServiceProviderName": "Nimbus Cloud", "BillingAccountId": "N-1",
                   "ContractCommitmentId": commitment, "BillingCurrency": "USD",
                   "AppliedCost": amount, "AppliedSoFar": far, "Commitment": known,
                   "Remaining": rest, "FulfilledShare": ratio(far, known)}
            )  # fmt: skip
    return rows


def test_track_contract_commitment_burn_down_over_time(answers: Answers) -> None:
    answers("track-contract-commitment-burn-down-over-time", burn_down(Decimal(1000)))


def test_a_commitment_that_no_bill_states_can_be_stated(
    answers: Answers, acme: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = acme.path / "stated.yaml"
    stated.write_text("commitments:\n  K-1-spend: {ContractCommitmentCost: 5000}\n")
    try:
        answers("track-contract-commitment-burn-down-over-time", burn_down(Decimal(5000)))
    finally:
        Path(stated).unlink()


def savings(rows: list[Row]) -> list[Row]:
    for row in rows:
        row["Savings"] = row["ContractedCost"] - row["EffectiveCost"]
        row["EffectiveSavingsRate"] = ratio(row["Savings"], row["ContractedCost"])
    return rows


def test_determine_effective_savings_rate(answers: Answers) -> None:
    usage = where(IN_OCTOBER, is_(ChargeCategory="Usage"))
    costs = same("ContractedCost", "EffectiveCost")
    rows = savings(grouped(usage, same("BillingCurrency"), costs))
    answers("determine-effective-savings-rate", rows)
    keys = same("ServiceProviderName", "ServiceName", "BillingCurrency")
    by_service = savings(grouped(usage, keys, costs))
    answers("determine-effective-savings-rate-by-service", by_service)


def test_determine_effective_savings_rate_by_service(answers: Answers) -> None:
    usage = where(days(SEPTEMBER, OCTOBER), is_(ChargeCategory="Usage"))
    keys = same("ServiceProviderName", "ServiceName", "BillingCurrency")
    rows = savings(grouped(usage, keys, same("ContractedCost", "EffectiveCost")))
    # The unused part of the plan has no contracted cost: no rate.
    plans = next(row for row in rows if row["ServiceName"] == "Nimbus Plans")
    assert plans["EffectiveSavingsRate"] is None
    answers("determine-effective-savings-rate-by-service", rows, range="2026-09-01..2026-10-01")


def test_discount_effectiveness_by_service(answers: Answers) -> None:
    def unless_covered(column: str) -> object:
        def get(row: Charge) -> Decimal:
            covered = (
                row["ChargeCategory"] == "Usage"
                and not row["BilledCost"]
                and bool(row["EffectiveCost"])
            )
            return Decimal(0) if covered else row[column]

        return get

    charges = where(bills(OCTOBER, NOVEMBER), is_(ChargeClass=None))
    rows = grouped(
        charges,
        same("ServiceProviderName", "BillingAccountId", "BillingAccountName", "BillingCurrency",
             "ServiceName"),
        same("EffectiveCost", "BilledCost")
        | {name: unless_covered(name) for name in ("ListCost", "ContractedCost")},  # type: ignore[dict-item]
    )  # fmt: skip
    for row in rows:
        row["ContractedDiscount"] = ratio(row["ListCost"] - row["ContractedCost"], row["ListCost"])
        row["EffectiveDiscount"] = ratio(row["ListCost"] - row["EffectiveCost"], row["ListCost"])
    answers("discount-effectiveness-by-service", rows)


def test_ever_is_a_range(answers: Answers) -> None:
    usage = where(is_(ChargeCategory="Usage"))
    rows = savings(grouped(usage, same("BillingCurrency"), same("ContractedCost", "EffectiveCost")))
    answers("determine-effective-savings-rate", rows, range=EVER)
