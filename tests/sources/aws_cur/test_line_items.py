"""Every line item type: the line beside the charge that it becomes."""

from pathlib import Path

import pytest

from tests.sources.aws_cur.bills import RI_ARN, SP_ARN, Line, lift_lines, line, plain

MAIN = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
MEANING = ("ChargeCategory", "ChargeClass", "ChargeFrequency", "PricingCategory")

FORMS = pytest.mark.parametrize("form", ["legacy", "athena", "parquet"])


def charge(folder: Path, one: Line, form: str) -> tuple[object, ...]:
    """The only charge of a line: its four costs, then what it is."""
    (row,) = lift_lines(folder, one, form=form).rows(*MAIN, *MEANING)
    return plain(row)


@FORMS
@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(
            line("Usage", "1.5", pricing__publicOnDemandCost="2"),
            ("1.5", "1.5", "2", "1.5", "Usage", None, "Usage-Based", "Standard"),
            id="usage",
        ),
        pytest.param(
            line("Usage", "1.5"),
            ("1.5", "1.5", "1.5", "1.5", "Usage", None, "Usage-Based", "Standard"),
            id="usage without a public price",
        ),
        pytest.param(
            line("Usage", "0.3", pricing__publicOnDemandCost="1", pricing__term="Spot"),
            ("0.3", "0.3", "1", "0.3", "Usage", None, "Usage-Based", "Dynamic"),
            id="spot by its term",
        ),
        pytest.param(
            line("Usage", "0.3", lineItem__UsageType="EU-SpotUsage:c7g.xlarge"),
            ("0.3", "0.3", "0.3", "0.3", "Usage", None, "Usage-Based", "Dynamic"),
            id="spot by its usage type",
        ),
        pytest.param(
            line("Usage", "0", pricing__publicOnDemandCost="0.7", lineItem__UsageAmount="5"),
            ("0", "0", "0.7", "0", "Usage", None, "Usage-Based", "Standard"),
            id="free tier",
        ),
        pytest.param(
            line(
                "DiscountedUsage",
                "0",
                reservation__EffectiveCost="2.42",
                pricing__publicOnDemandCost="5.544",
                reservation__ReservationARN=RI_ARN,
            ),
            ("0", "2.42", "5.544", "5.544", "Usage", None, "Usage-Based", "Committed"),
            id="covered by a reservation",
        ),
        pytest.param(
            line("SavingsPlanUpfrontFee", "1489.2", savingsPlan__SavingsPlanARN=SP_ARN),
            ("1489.2", "0", "0", "0", "Purchase", None, "One-Time", "Standard"),
            id="savings plan upfront",
        ),
        pytest.param(
            line("Fee", "438", reservation__ReservationARN=RI_ARN),
            ("438", "0", "0", "0", "Purchase", None, "One-Time", "Standard"),
            id="reservation upfront",
        ),
        pytest.param(
            line("Fee", "100", lineItem__ProductCode="AWSSupportBusiness"),
            ("100", "100", "100", "100", "Purchase", None, "Recurring", "Standard"),
            id="support",
        ),
        pytest.param(
            line("Fee", "12", bill__BillType="Purchase", lineItem__ProductCode="AmazonRegistrar"),
            ("12", "12", "12", "12", "Purchase", None, "One-Time", "Standard"),
            id="a purchase outside the month's bill",
        ),
        pytest.param(
            line("Tax", "19.19", lineItem__TaxType="VAT"),
            ("19.19", "19.19", "19.19", "19.19", "Tax", None, "Usage-Based", None),
            id="tax",
        ),
        pytest.param(
            line("Credit", "-25"),
            ("-25", "-25", "-25", "-25", "Credit", None, "One-Time", None),
            id="credit",
        ),
        pytest.param(
            line("Refund", "-10.8", bill__BillType="Refund"),
            ("-10.8", "-10.8", "-10.8", "-10.8", "Usage", "Correction", "One-Time", None),
            id="refund of a closed period",
        ),
        pytest.param(
            line("Refund", "-10.8"),
            ("-10.8", "-10.8", "-10.8", "-10.8", "Usage", None, "One-Time", None),
            id="refund inside the period",
        ),
        pytest.param(
            line("Refund", "-10.8", lineItem__UsageStartDate="2026-07-03T00:00:00Z"),
            ("-10.8", "-10.8", "-10.8", "-10.8", "Usage", "Correction", "One-Time", None),
            id="refund of usage before the period",
        ),
        *(
            pytest.param(
                line(kind, "-0.5"),
                ("-0.5", "-0.5", "0", "-0.5", "Adjustment", None, "Usage-Based", None),
                id=kind,
            )
            for kind in ("EdpDiscount", "PrivateRateDiscount", "BundledDiscount", "SppDiscount")
        ),
    ],
)
def test_one_line_is_one_charge(
    tmp_path: Path, form: str, one: Line, expected: tuple[object, ...]
) -> None:
    assert charge(tmp_path, one, form) == expected


@FORMS
def test_covered_usage_and_its_negation(tmp_path: Path, form: str) -> None:
    covered = line(
        "SavingsPlanCoveredUsage",
        "4.608",
        savingsPlan__SavingsPlanEffectiveCost="3.12",
        savingsPlan__SavingsPlanARN=SP_ARN,
        pricing__publicOnDemandCost="4.608",
    )
    negation = line("SavingsPlanNegation", "-4.608", savingsPlan__SavingsPlanARN=SP_ARN)
    lifted = lift_lines(tmp_path, covered, negation, form=form)
    assert [plain(row) for row in lifted.rows(*MAIN, *MEANING)] == [
        ("0", "3.12", "4.608", "4.608", "Usage", None, "Usage-Based", "Committed")
    ]
    assert [
        plain(row)
        for row in lifted.rows(
            "CommitmentDiscountId",
            "CommitmentDiscountStatus",
            "CommitmentDiscountCategory",
            "CommitmentDiscountQuantity",
            "CommitmentDiscountUnit",
        )
    ] == [(SP_ARN, "Used", "Spend", "3.12", "USD")]
    assert list(lifted.folded.values()) == [1]
    assert not lifted.mapping.notes


@FORMS
def test_negations_that_do_not_cancel_stay_as_charges(tmp_path: Path, form: str) -> None:
    effective = {"savingsPlan__SavingsPlanEffectiveCost": "3"}
    lines = [
        line("SavingsPlanCoveredUsage", "4", **effective),
        line("SavingsPlanNegation", "-4"),
        # another account: a thousandth of a cent short
        line("SavingsPlanCoveredUsage", "4", lineItem__UsageAccountId="333333333333", **effective),
        line("SavingsPlanNegation", "-3.99999", lineItem__UsageAccountId="333333333333"),
        # another currency of the first account
        line("SavingsPlanCoveredUsage", "4", lineItem__CurrencyCode="CNY", **effective),
    ]
    lifted = lift_lines(tmp_path, *lines, form=form)
    columns = ("SubAccountId", "BillingCurrency", "BilledCost", "EffectiveCost", "ChargeCategory")
    assert [plain(row) for row in lifted.rows(*columns)] == [
        ("222222222222", "USD", "0", "3", "Usage"),
        ("333333333333", "USD", "4", "3", "Usage"),
        ("333333333333", "USD", "-3.99999", "0", "Adjustment"),
        ("222222222222", "CNY", "4", "3", "Usage"),
    ]
    assert list(lifted.folded.values()) == [1]
    (note,) = lifted.mapping.notes
    assert "do not cancel" in note and "in 2 " in note and "333333333333" in note


@FORMS
def test_a_savings_plan_fee_is_a_purchase_and_its_unused_part(tmp_path: Path, form: str) -> None:
    fee = line(
        "SavingsPlanRecurringFee",
        "126.48",
        savingsPlan__SavingsPlanARN=SP_ARN,
        savingsPlan__TotalCommitmentToDate="252.96",
        savingsPlan__UsedCommitment="193.44",
        lineItem__LineItemDescription="1 year plan",
        lineItem__UsageAmount="1",
    )
    rows = lift_lines(tmp_path, fee, form=form).rows(
        *MAIN,
        *MEANING,
        "CommitmentDiscountStatus",
        "CommitmentDiscountQuantity",
        "ResourceId",
        "CommitmentDiscountId",
        "ConsumedQuantity",
        "ChargeDescription",
    )
    assert [plain(row) for row in rows] == [
        (
            "126.48",
            "0",
            "0",
            "0",
            "Purchase",
            None,
            "Recurring",
            "Standard",
            None,
            "252.96",
            SP_ARN,
            SP_ARN,
            None,
            "1 year plan",
        ),
        (
            "0",
            "59.52",
            "0",
            "0",
            "Usage",
            None,
            "Usage-Based",
            "Committed",
            "Unused",
            "59.52",
            SP_ARN,
            SP_ARN,
            None,
            "Unused: 1 year plan",
        ),
    ]


@FORMS
def test_a_reservation_fee_is_a_purchase_and_its_unused_part(tmp_path: Path, form: str) -> None:
    fee = line(
        "RIFee",
        "44.64",
        reservation__ReservationARN=RI_ARN,
        pricing__unit="Hrs",
        reservation__UnusedAmortizedUpfrontFeeForBillingPeriod="3.1",
        reservation__UnusedRecurringFee="3.72",
        reservation__UnusedQuantity="62",
        lineItem__UsageAmount="744",
    )
    rows = lift_lines(tmp_path, fee, form=form).rows(
        *MAIN,
        "ChargeCategory",
        "ChargeFrequency",
        "CommitmentDiscountStatus",
        "ResourceType",
        "CommitmentDiscountCategory",
        "CommitmentDiscountQuantity",
        "CommitmentDiscountUnit",
    )
    assert [plain(row) for row in rows] == [
        (
            "44.64",
            "0",
            "0",
            "0",
            "Purchase",
            "Recurring",
            None,
            "Reserved Instance",
            "Usage",
            "744",
            "Hrs",
        ),
        (
            "0",
            "6.82",
            "0",
            "0",
            "Usage",
            "Usage-Based",
            "Unused",
            "Reserved Instance",
            "Usage",
            "62",
            "Hrs",
        ),
    ]


@FORMS
def test_split_cost_is_kept_and_counted_nowhere(tmp_path: Path, form: str) -> None:
    node = line("Usage", "2.304", lineItem__ResourceId="i-0aa1")
    pod = line(
        "Usage",
        "0",
        splitLineItem__ParentResourceId="i-0aa1",
        splitLineItem__SplitCost="1.1",
        splitLineItem__UnusedCost="0.404",
        lineItem__ResourceId="arn:aws:eks:us-east-1:1:pod/prod/shop/web-1/0c0ffee",
    )
    lifted = lift_lines(tmp_path, node, pod, form=form)
    columns = (
        "BilledCost",
        "EffectiveCost",
        "x_SplitParentResourceId",
        "x_SplitCost",
        "x_SplitUnusedCost",
    )
    assert [plain(row) for row in lifted.rows(*columns)] == [
        ("2.304", "2.304", None, None, None),
        ("0", "0", "i-0aa1", "1.1", "0.404"),
    ]


def test_an_unknown_type_is_an_adjustment_and_said(tmp_path: Path) -> None:
    lifted = lift_lines(tmp_path, line("Surcharge", "3"))
    assert [plain(row) for row in lifted.rows(*MAIN, "ChargeCategory")] == [
        ("3", "3", "3", "3", "Adjustment")
    ]
    assert lifted.mapping.notes == (
        "1 lines of the unknown type Surcharge: taken as adjustments at their cost",
    )


def test_amortised_amounts_that_are_empty_are_said(tmp_path: Path) -> None:
    lines = [
        line("DiscountedUsage", "0", reservation__EffectiveCost=value) for value in ("2", None)
    ]
    lifted = lift_lines(tmp_path, *lines)
    assert [plain(row) for row in lifted.rows("EffectiveCost")] == [("2",), ("0",)]
    assert lifted.mapping.notes == (
        "1 DiscountedUsage lines have no reservation/EffectiveCost: their EffectiveCost is 0",
    )
